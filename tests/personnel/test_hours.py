"""Absences and hours worked: reports, open ends, badge days, the Today board, incidents."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from personnel import absences, attendance, cover, incidents, jobs, shifts
from personnel.absences import Hours, NewAbsence, spread
from personnel.attendance import Badge
from personnel.incidents import NewIncident, bradford, incident_rate
from personnel.models import IncidentKind, Outcome
from personnel.shifts import NewShift
from personnel.time_models import AbsenceDay, AbsenceKind, AttendanceDay
from plantops.errors import Conflict, Forbidden, Invalid, NotFound
from tests.houses import NOW, Someone
from tests.personnel.office import DAY, Office, at, broken, office

pytestmark = pytest.mark.db

TODAY = date(2026, 11, 23)
MONDAY = date(2026, 11, 16)


@pytest.fixture
def o(ctx: Someone) -> Office:
    return office(ctx())


def missed(o: Office) -> list[tuple[date, int]]:
    rows = o.ctx.session.execute(sa.select(AbsenceDay.day, AbsenceDay.minutes).order_by(AbsenceDay.day))
    return [(row.day, row.minutes) for row in rows]


# --- absences


def test_reporting_oneself_sick_releases_the_shift_and_names_no_reason(o: Office, ctx: Someone) -> None:
    ada_user = ctx("employee", login="ada")
    boss = o.hire("Bo Bearing", user_id=ctx("line_manager,employee", login="bo").user.id)
    ada = o.hire("Ada Anvil", user_id=ada_user.user.id, manager_id=boss.id)
    shifts.plan(o.ctx, "roster:1", TODAY, TODAY, [NewShift(ada.id, TODAY, at(TODAY, 14), at(TODAY, 22))])
    absences.report(ada_user, NewAbsence(ada.id, TODAY, reason="flu"))
    assert missed(o) == [(TODAY, DAY)]
    assert shifts.my_shifts(ada_user, TODAY, TODAY)[0].released
    (seen,) = absences.list_absences(ctx("line_manager,employee", login="bo"))
    assert (seen.kind, seen.reason) == ("absent", "")
    (office_sees,) = absences.list_absences(ctx("hr"))
    assert (office_sees.kind, office_sees.reason) == ("sick", "flu")
    assert broken(ctx()) == []


def test_an_open_absence_grows_each_night_until_it_is_closed(o: Office, ctx: Someone) -> None:
    ada = o.hire("Ada Anvil")
    made = absences.report(ctx(), NewAbsence(ada.id, TODAY))
    thursday = ctx(now=NOW + timedelta(days=3))
    assert jobs.extend_absences(thursday) == 1
    assert jobs.extend_absences(thursday) == 1
    assert [day for day, _ in missed(o)] == [TODAY + timedelta(days=n) for n in range(4)]
    absences.close(thursday, made.id, made.version, TODAY + timedelta(days=1))
    assert [day for day, _ in missed(o)] == [TODAY, TODAY + timedelta(days=1)]
    assert jobs.extend_absences(thursday) == 0
    with pytest.raises(Invalid, match="before the first"):
        absences.close(thursday, made.id, made.version, TODAY - timedelta(days=1))
    absences.withdraw(thursday, made.id, made.version)
    assert missed(o) == []
    with pytest.raises(NotFound):
        absences.withdraw(thursday, made.id, made.version)


def test_absences_that_cannot_be(o: Office, ctx: Someone) -> None:
    ada_user = ctx("employee", login="ada")
    ada, bo = o.hire("Ada Anvil", user_id=ada_user.user.id), o.hire("Bo Bearing")
    with pytest.raises(Invalid, match="ends before it starts"):
        absences.report(ada_user, NewAbsence(ada.id, TODAY, TODAY - timedelta(days=1)))
    with pytest.raises(Invalid, match="ask for leave instead"):
        absences.report(ada_user, NewAbsence(ada.id, TODAY + timedelta(days=100)))
    with pytest.raises(NotFound):
        absences.report(ada_user, NewAbsence(bo.id, TODAY))
    with pytest.raises(Forbidden, match="For anything else ask for leave"):
        absences.report(ada_user, NewAbsence(ada.id, TODAY, kind=AbsenceKind.EXCUSED))
    absences.report(ada_user, NewAbsence(ada.id, TODAY))
    with pytest.raises(Conflict, match="is reported as absent from 23 Nov 2026 already"):
        absences.report(ada_user, NewAbsence(ada.id, TODAY + timedelta(days=4)))


def test_hours_fill_one_working_day_after_the_other() -> None:
    room = [(MONDAY, 480), (MONDAY + timedelta(days=1), 300), (MONDAY + timedelta(days=2), -1)]
    assert spread(120, MONDAY, room, DAY) == [(MONDAY, 120)]
    assert spread(600, MONDAY, room, DAY) == [(MONDAY, 480), (MONDAY + timedelta(days=1), 120)]
    assert spread(900, MONDAY, room, DAY) == [(MONDAY, 480), (MONDAY + timedelta(days=1), 420)]
    assert spread(60, MONDAY, [(MONDAY, -1)], DAY) == [(MONDAY, 60)]
    assert spread(60, MONDAY, [], DAY) == [(MONDAY, 60)]
    assert spread(0, MONDAY, room, DAY) == []


def test_hours_of_a_file_keep_their_sum_and_never_fill_a_day_twice(o: Office, ctx: Someone) -> None:
    ada = o.hire("Ada Anvil").id
    rows = [Hours(ada, MONDAY, minutes, AbsenceKind.SICK) for minutes in (120, 600, 0)]
    assert len(absences.record_hours(ctx(), o.site_id, rows)) == 3
    per_day = sa.select(AbsenceDay.day, sa.func.sum(AbsenceDay.minutes)).group_by(AbsenceDay.day)
    found = {day: int(minutes) for day, minutes in ctx.session.execute(per_day)}
    assert found == {MONDAY: DAY, MONDAY + timedelta(days=1): 240}


# --- hours worked


def badge(id: int, day: date, start: int, end: int) -> Badge:
    ends_on = day if end > start else day + timedelta(days=1)
    return Badge(id, day, at(day, start), at(ends_on, end))


def test_a_badge_day_is_counted_against_the_schedule(o: Office, ctx: Someone) -> None:
    ada = o.hire("Ada Anvil").id
    crew = o.hire("Cy Clutch", work_calendar_id=o.crew_calendar_id).id
    night = date(2026, 11, 27)
    badges = [badge(ada, MONDAY, 8, 19), badge(ada, MONDAY + timedelta(days=5), 8, 12), badge(crew, night, 22, 6)]
    assert attendance.record(ctx(), o.site_id, badges) == 3
    rows = ctx.session.scalars(sa.select(AttendanceDay).order_by(AttendanceDay.business_date)).all()
    found = [(r.scheduled_minutes, r.worked_minutes, r.overtime_minutes, r.night_minutes) for r in rows]
    assert found == [(480, 600, 120, 0), (0, 240, 240, 0), (480, 480, 0, 480)]
    assert rows[2].template_id == o.shifts["N"]


def test_the_same_badge_file_twice_adds_nothing(o: Office, ctx: Someone) -> None:
    ada = o.hire("Ada Anvil").id
    badges = [badge(ada, MONDAY + timedelta(days=n), 8, 17) for n in range(5)]
    assert attendance.record(ctx(), o.site_id, badges) == 5
    assert attendance.record(ctx(), o.site_id, badges) == 0
    with pytest.raises(Invalid, match="not after the first in"):
        attendance.record(ctx(), o.site_id, [Badge(ada, MONDAY, at(MONDAY, 9), at(MONDAY, 8))])
    with pytest.raises(Forbidden):
        attendance.record(ctx("line_manager"), o.site_id, badges)


def test_days_without_a_badge_count_as_scheduled_and_not_worked(o: Office, ctx: Someone) -> None:
    ada = o.hire("Ada Anvil").id
    attendance.record(ctx(), o.site_id, [badge(ada, MONDAY, 8, 17)])
    assert jobs.close_attendance(ctx()) == 4 + 5
    assert jobs.close_attendance(ctx()) == 0
    rows = attendance.list_days(ctx("hr"), MONDAY, TODAY)
    assert [(row.scheduled_minutes, row.worked_minutes) for row in rows] == [(480, 0)] * 4 + [(480, 480)]


def test_the_board_of_today_names_the_missing_and_no_reason(o: Office, ctx: Someone) -> None:
    people = [o.hire(name, work_calendar_id=o.crew_calendar_id).id for name in ("Ada", "Bo", "Cy")]
    cover.add_need(o.ctx, o.site_id, o.department_id, 3, template_id=o.shifts["E"])
    absences.report(o.ctx, NewAbsence(people[1], TODAY, reason="flu"))
    (shift,) = attendance.board(ctx("hr"), o.site_id, TODAY)
    assert (shift.shift, shift.needed, shift.here, shift.short) == ("Early", 3, 2, 1)
    assert [one.name for one in shift.missing] == ["Bo"]
    (blind,) = attendance.board(ctx("dispatcher"), o.site_id, TODAY)
    assert (blind.here, blind.missing) == (2, ())


# --- incidents


def test_rates_as_the_log_asks_for_them() -> None:
    assert incident_rate(22, Decimal(645_089)) == Decimal("6.8")
    assert incident_rate(1, Decimal(8_100)) == Decimal("24.7")
    assert incident_rate(1, Decimal(0)) is None


@pytest.mark.parametrize(
    ("spells", "days", "score"), [(1, 10, 10), (5, 10, 250), (10, 10, 1000), (5, 8, 200), (3, 7, 63)]
)
def test_bradford(spells: int, days: int, score: int) -> None:
    assert bradford(spells, days) == score


def test_an_incident_is_told_by_anybody_and_classified_by_the_office(o: Office, ctx: Someone) -> None:
    ada_user = ctx("employee", login="ada")
    ada = o.hire("Ada Anvil", user_id=ada_user.user.id)
    told = incidents.report(
        ada_user, NewIncident(o.site_id, IncidentKind.INJURY, TODAY, "Forklift touched a foot.", ada.id)
    )
    with pytest.raises(Forbidden):
        incidents.classify(ada_user, told.id, told.version, Outcome.DAYS_AWAY, days_away=3)
    with pytest.raises(Invalid, match="need their number"):
        incidents.classify(ctx("hr"), told.id, told.version, Outcome.DAYS_AWAY)
    incidents.classify(ctx("hr"), told.id, told.version, Outcome.DAYS_AWAY, days_away=3, privacy_case=True)
    (row,) = incidents.list_incidents(ctx("hr"))
    assert (row.outcome, row.days_away, row.person) == (Outcome.DAYS_AWAY, 3, "privacy case")
    assert [one.id for one in incidents.list_incidents(ada_user)] == [told.id]
    assert incidents.list_incidents(ctx("employee", login="eve")) == []
    near = incidents.report(ada_user, NewIncident(o.site_id, IncidentKind.NEAR_MISS, TODAY, "Pallet slipped."))
    with pytest.raises(Conflict, match="A near miss has no class"):
        incidents.classify(ctx("hr"), near.id, near.version, Outcome.FIRST_AID)
    with pytest.raises(Invalid, match="in the future"):
        incidents.report(ada_user, NewIncident(o.site_id, IncidentKind.INJURY, TODAY + timedelta(days=1), "x"))
    assert broken(ctx()) == []
