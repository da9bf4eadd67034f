"""Who works when: planning, refusals, cover, certificates, and what neighbours learn."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from personnel import api, cards, certificates, cover, employees, shifts, work_calendars
from personnel.absences import NewAbsence, report
from personnel.certificates import Held, NewCertificate, Standing, is_qualified, standing_of
from personnel.cover import NewDemand
from personnel.shifts import NewShift
from personnel.time_models import PlannedShift, ShiftDemand
from plantops import options
from plantops.context import Context
from plantops.errors import Conflict, Forbidden, Invalid, Stale
from plantops.events import Absent, Waiting
from tests.houses import Someone
from tests.personnel.office import DAY, Office, at, broken, office

pytestmark = pytest.mark.db

MONDAY = date(2026, 12, 7)
TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def o(ctx: Someone) -> Office:
    return office(ctx())


def early(employee_id: int, day: date, work: str | None = None) -> NewShift:
    return NewShift(employee_id, day, at(day, 6), at(day, 14), work=work)


def late(employee_id: int, day: date) -> NewShift:
    return NewShift(employee_id, day, at(day, 14), at(day, 22))


def standing(ctx: Context) -> list[tuple[date, str]]:
    rows = ctx.session.execute(
        sa.select(PlannedShift.business_date, PlannedShift.origin)
        .where(PlannedShift.cancelled_at.is_(None))
        .order_by(PlannedShift.starts_at)
    )
    return [(row[0], row[1]) for row in rows]


# --- planning


def test_a_new_plan_replaces_what_the_same_origin_planned(o: Office) -> None:
    ada, bo = o.hire("Ada Anvil").id, o.hire("Bo Bearing").id
    shifts.plan(o.ctx, "roster:1", MONDAY, TUESDAY, [early(ada, MONDAY), early(bo, MONDAY), early(ada, TUESDAY)])
    shifts.plan(o.ctx, "trip:9", MONDAY, MONDAY, [late(bo, TUESDAY + timedelta(days=-1))], override_reason="short")
    shifts.plan(o.ctx, "roster:1", MONDAY, TUESDAY, [early(bo, TUESDAY)], override_reason="short rest agreed")
    assert standing(o.ctx) == [(MONDAY, "trip:9"), (TUESDAY, "roster:1")]
    assert broken(o.ctx) == []


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        (early, "overlaps a shift"),
        (lambda id, day: NewShift(id, day, at(day, 20), at(day, 23)), r"only 6.0 h of rest remain"),
        (lambda id, day: NewShift(id, day, at(day, 14), at(day, 14)), "more than nothing"),
    ],
)
def test_overlaps_and_short_rest_are_refused(o: Office, second: object, sentence: str) -> None:
    ada = o.hire("Ada Anvil").id
    shifts.plan(o.ctx, "roster:1", MONDAY, MONDAY, [early(ada, MONDAY)])
    with pytest.raises(Conflict, match=sentence):
        shifts.plan(o.ctx, "roster:2", MONDAY, MONDAY, [second(ada, MONDAY)])  # type: ignore[operator]


def test_a_reason_overrides_rest_but_never_an_overlap(o: Office, ctx: Someone) -> None:
    ada = o.hire("Ada Anvil").id
    shifts.plan(o.ctx, "roster:1", MONDAY, MONDAY, [late(ada, MONDAY)])
    shifts.plan(o.ctx, "roster:2", TUESDAY, TUESDAY, [early(ada, TUESDAY)], override_reason="nobody else is licensed")
    reasons = ctx.session.scalars(sa.select(PlannedShift.override_reason).order_by(PlannedShift.id)).all()
    assert reasons == [None, "nobody else is licensed"]
    with pytest.raises(Conflict, match="overlaps"):
        shifts.plan(o.ctx, "roster:3", TUESDAY, TUESDAY, [early(ada, TUESDAY)], override_reason="please")


def test_the_preset_of_the_site_decides_about_rest(o: Office) -> None:
    ada = o.hire("Ada Anvil").id
    options.change(o.ctx, "personnel.labour_rules", "plain", o.site_id)
    assert shifts.plan(o.ctx, "roster:1", MONDAY, TUESDAY, [late(ada, MONDAY), early(ada, TUESDAY)]) == 2
    options.change(o.ctx, "personnel.labour_rules", "mars", o.site_id)
    with pytest.raises(Invalid, match="no set of labour rules 'mars'"):
        shifts.problems(o.ctx, [early(ada, MONDAY)])


def test_who_is_away_or_not_employed_is_not_planned(o: Office) -> None:
    ada = o.hire("Ada Anvil").id
    new = o.hire("Nina New", hired_on=TUESDAY).id
    report(o.ctx, NewAbsence(ada, MONDAY, MONDAY))
    found = shifts.problems(o.ctx, [early(ada, MONDAY), early(ada, TUESDAY), early(new, MONDAY), early(new, TUESDAY)])
    assert [(p.employee_id, p.business_date, p.sentence) for p in found] == [
        (ada, MONDAY, "is not available on that day"),
        (new, MONDAY, "is not available on that day"),
    ]
    with pytest.raises(Conflict, match="Ada Anvil on 2026-12-07: is not available"):
        shifts.plan(o.ctx, "roster:1", MONDAY, MONDAY, [early(ada, MONDAY)])


def test_shifts_outside_the_plan_or_without_the_right_are_refused(o: Office, ctx: Someone) -> None:
    ada = o.hire("Ada Anvil").id
    with pytest.raises(Invalid, match="lies outside the plan"):
        shifts.plan(o.ctx, "roster:1", MONDAY, MONDAY, [early(ada, TUESDAY)])
    with pytest.raises(Forbidden):
        shifts.plan(ctx("line_manager"), "roster:1", MONDAY, MONDAY, [early(ada, MONDAY)])


def test_a_planned_week_counts_by_its_shifts(o: Office) -> None:
    ada = o.hire("Ada Anvil").id
    saturday = MONDAY + timedelta(days=5)
    shifts.plan(o.ctx, "roster:1", MONDAY, saturday, [early(ada, saturday)])
    days = work_calendars.expected(o.ctx, [ada], MONDAY, saturday + timedelta(days=2))[ada]
    assert [day.minutes() for day in days.values()] == [0, 0, 0, 0, 0, DAY, 0, DAY]


def test_the_next_shift_is_one_that_has_not_begun(o: Office, ctx: Someone) -> None:
    ada_user = ctx("employee", login="ada")
    ada = o.hire("Ada Anvil", user_id=ada_user.user.id).id
    today, tomorrow = ada_user.today, ada_user.today + timedelta(days=1)
    shifts.plan(o.ctx, "roster:1", today, tomorrow, [early(ada, today), early(ada, tomorrow)])
    (card,) = [one for one in cards.waiting(ada_user, Waiting("employee")) if "hift" in one.title]
    assert card.count == 1 and card.detail.startswith("next Tue 24 Nov")


def test_everybody_sees_their_own_shifts_and_planners_all(o: Office, ctx: Someone) -> None:
    ada_user = ctx("employee", login="ada")
    ada, bo = o.hire("Ada Anvil", user_id=ada_user.user.id).id, o.hire("Bo Bearing").id
    shifts.plan(o.ctx, "roster:1", MONDAY, MONDAY, [early(ada, MONDAY), early(bo, MONDAY)])
    assert [row.employee for row in shifts.list_shifts(ada_user, MONDAY, MONDAY)] == ["Ada Anvil"]
    assert len(shifts.list_shifts(ctx("dispatcher"), MONDAY, MONDAY)) == 2
    assert [row.employee for row in shifts.my_shifts(ada_user, MONDAY, MONDAY)] == ["Ada Anvil"]
    assert [row.employee for row in api.on_shift(o.ctx, at(MONDAY, 7), site_id=o.site_id)] == [
        "Ada Anvil",
        "Bo Bearing",
    ]
    assert api.on_shift(o.ctx, at(MONDAY, 15), site_id=o.site_id) == []


# --- certificates


def test_papers_that_follow_one_another_cover_a_range() -> None:
    first, second = date(2026, 1, 1), date(2026, 7, 1)
    held = [Held(1, 5, first, second), Held(1, 5, second, None)]
    assert is_qualified(held, {5}, date(2026, 6, 1), date(2026, 8, 1))
    assert not is_qualified(held[:1], {5}, date(2026, 6, 1), second)
    assert not is_qualified(held, {5, 6}, second, second)
    assert is_qualified([], set(), first, second)
    withdrawn = [Held(1, 5, first, None, withdrawn_on=second)]
    assert not is_qualified(withdrawn, {5}, second, second)


@pytest.mark.parametrize(
    ("expires_on", "expected"),
    [
        (None, Standing.VALID),
        (date(2027, 1, 22), Standing.SOON),
        (date(2027, 1, 23), Standing.VALID),
        (date(2026, 11, 23), Standing.EXPIRED),
    ],
)
def test_amber_sixty_days_before_and_red_after(expires_on: date | None, expected: Standing) -> None:
    held = [Held(1, 5, date(2020, 1, 1), expires_on)]
    assert standing_of(held, date(2026, 11, 23), 60) is expected
    assert standing_of([], date(2026, 11, 23), 60) is Standing.MISSING


def test_an_expired_certificate_blocks_the_shift(o: Office) -> None:
    ada, bo = o.hire("Ada Anvil").id, o.hire("Bo Bearing").id
    licence = certificates.add_type(o.ctx, "FORK", "Forklift licence", validity_months=12)
    certificates.require(o.ctx, licence.id, work="forklift")
    certificates.record(o.ctx, NewCertificate(ada, licence.id, date(2025, 12, 8)))
    certificates.record(o.ctx, NewCertificate(bo, licence.id, date(2025, 12, 7)))
    shifts.plan(o.ctx, "roster:1", MONDAY, MONDAY, [early(ada, MONDAY, "forklift")])
    with pytest.raises(Conflict, match="Bo Bearing on 2026-12-07: has no valid certificate for forklift"):
        shifts.plan(o.ctx, "roster:2", MONDAY, MONDAY, [early(bo, MONDAY, "forklift")])
    assert api.qualified(o.ctx, [ada, bo], "forklift", MONDAY, MONDAY) == {ada}
    assert api.qualified(o.ctx, [ada, bo], "FORK", MONDAY - timedelta(days=1), MONDAY - timedelta(days=1)) == {ada, bo}
    with pytest.raises(Invalid, match="Nobody recorded what 'juggle' requires"):
        api.qualified(o.ctx, [ada], "juggle", MONDAY, MONDAY)


def test_a_renewal_replaces_the_old_paper_on_the_list(o: Office, ctx: Someone) -> None:
    ada = o.hire("Ada Anvil").id
    licence = certificates.add_type(o.ctx, "FORK", "Forklift licence", validity_months=12)
    certificates.record(o.ctx, NewCertificate(ada, licence.id, date(2025, 12, 8)))
    assert [item.due_on for item in certificates.due(o.ctx, date(2026, 12, 31))] == [date(2026, 12, 8)]
    made = certificates.record(o.ctx, NewCertificate(ada, licence.id, date(2026, 11, 1)))
    assert certificates.due(o.ctx, date(2026, 12, 31)) == []
    (row,) = certificates.list_certificates(ctx("hr"), employee_id=ada)
    assert (row.id, row.expires_on) == (made.id, date(2027, 11, 1))
    certificates.withdraw(o.ctx, made.id, made.version, date(2026, 11, 20))
    assert api.qualified(o.ctx, [ada], "FORK", date(2026, 11, 23), date(2026, 11, 23)) == {ada}
    assert api.qualified(o.ctx, [ada], "FORK", date(2026, 12, 9), date(2026, 12, 9)) == frozenset()
    with pytest.raises(Stale):
        certificates.withdraw(o.ctx, made.id, 1, date(2026, 11, 20))


def test_certificates_that_make_no_sense_are_refused(o: Office, ctx: Someone) -> None:
    ada = o.hire("Ada Anvil").id
    licence = certificates.add_type(o.ctx, "FORK", "Forklift licence")
    with pytest.raises(Invalid, match="issued in the future"):
        certificates.record(o.ctx, NewCertificate(ada, licence.id, date(2030, 1, 1)))
    with pytest.raises(Invalid, match="expires before it was issued"):
        certificates.record(o.ctx, NewCertificate(ada, licence.id, date(2026, 1, 1), date(2025, 1, 1)))
    with pytest.raises(Conflict, match="The code FORK is taken"):
        certificates.add_type(o.ctx, "FORK", "Again")
    with pytest.raises(Invalid, match="either a position or a kind of work"):
        certificates.require(o.ctx, licence.id)
    with pytest.raises(Forbidden):
        certificates.record(ctx("line_manager"), NewCertificate(ada, licence.id, date(2026, 1, 1)))


def test_the_matrix_shows_who_holds_what(o: Office, ctx: Someone) -> None:
    ada = o.hire("Ada Anvil").id
    o.hire("Bo Bearing")
    licence = certificates.add_type(o.ctx, "FORK", "Forklift licence", validity_months=12)
    certificates.add_type(o.ctx, "AID", "First aid")
    certificates.record(o.ctx, NewCertificate(ada, licence.id, date(2025, 12, 8)))
    seen = certificates.matrix(ctx("hr"))
    assert [type.code for type in seen.types] == ["AID", "FORK"]
    (line,) = seen.lines
    assert line.cells == ((Standing.MISSING, None), (Standing.SOON, date(2026, 12, 8)))
    certificates.require(o.ctx, licence.id, position_id=o.position_id)
    assert [one.employee for one in certificates.matrix(ctx("hr")).lines] == ["Ada Anvil", "Bo Bearing"]


# --- cover


def crew_of_three(o: Office) -> list[int]:
    """Three people of one crew: early on 23 and 24 November, then late, night, off."""
    return [o.hire(name, work_calendar_id=o.crew_calendar_id, weekly_minutes=2160).id for name in ("Ada", "Bo", "Cy")]


def test_a_hole_is_named_before_a_leave_is_approved(o: Office) -> None:
    ada, bo, _cy = crew_of_three(o)
    cover.add_need(o.ctx, o.site_id, o.department_id, 2, template_id=o.shifts["E"])
    day = date(2026, 11, 24)
    assert cover.warn(o.ctx, Absent(ada, day, day)) == []
    report(o.ctx, NewAbsence(bo, day, day))
    assert cover.warn(o.ctx, Absent(ada, day, day)) == ["Tue 24 Nov, Early in Assembly: 1 of 2"]
    assert cover.warn(o.ctx, Absent(bo, day, day)) == []
    late_day = date(2026, 11, 25)
    assert cover.warn(o.ctx, Absent(ada, late_day, late_day)) == []


def test_only_the_qualified_count_where_a_certificate_is_needed(o: Office) -> None:
    ada, *_ = crew_of_three(o)
    licence = certificates.add_type(o.ctx, "FORK", "Forklift licence", validity_months=12)
    certificates.record(o.ctx, NewCertificate(ada, licence.id, date(2026, 1, 1)))
    cover.add_need(o.ctx, o.site_id, o.department_id, 1, template_id=o.shifts["E"], certificate_type_id=licence.id)
    (crew,) = cover.crews(o.ctx, o.site_id, date(2026, 11, 24), date(2026, 11, 24))
    assert (len(crew.due), crew.here, len(crew.unqualified), crew.missing) == (3, (ada,), 2, 0)
    with pytest.raises(Conflict, match="recorded already"):
        cover.add_need(o.ctx, o.site_id, o.department_id, 3, template_id=o.shifts["E"], certificate_type_id=licence.id)


@pytest.mark.parametrize(
    ("last", "why"), [(date(2026, 11, 19), "the last day is before the first"), (date(2200, 12, 31), "longer than 366")]
)
def test_needs_are_published_for_a_year_at_most(o: Office, last: date, why: str) -> None:
    cover.add_need(o.ctx, o.site_id, o.department_id, 2, template_id=o.shifts["E"])
    with pytest.raises(Invalid, match=why):
        cover.publish_needs(o.ctx, o.site_id, date(2026, 11, 20), last)


def test_needs_become_demand_once_and_the_past_stays(o: Office, ctx: Someone) -> None:
    crew_of_three(o)
    cover.add_need(o.ctx, o.site_id, o.department_id, 2, template_id=o.shifts["E"])
    first, last = date(2026, 11, 20), date(2026, 11, 30)
    assert cover.publish_needs(o.ctx, o.site_id, first, last) == 2
    assert cover.publish_needs(o.ctx, o.site_id, first, last) == 2
    live = sa.select(ShiftDemand.business_date).where(ShiftDemand.withdrawn_at.is_(None))
    assert ctx.session.scalars(live.order_by(ShiftDemand.business_date)).all() == [
        date(2026, 11, 23),
        date(2026, 11, 24),
    ]
    past = NewDemand(o.department_id, date(2026, 11, 20), at(date(2026, 11, 20), 6), at(date(2026, 11, 20), 14), 3)
    assert cover.plan_demand(o.ctx, "roster:1", o.site_id, first, last, [past]) == 1
    assert cover.plan_demand(o.ctx, "roster:1", o.site_id, first, last, []) == 0
    assert len(ctx.session.scalars(live).all()) == 3
    with pytest.raises(Invalid, match="lies outside the plan"):
        cover.plan_demand(o.ctx, "roster:1", o.site_id, last, last, [past])


def test_neighbours_learn_names_and_days_but_no_reasons(o: Office, ctx: Someone) -> None:
    user = ctx("employee", login="ada").user.id
    ada = o.hire("Ada Anvil", user_id=user).id
    assert api.names(o.ctx, [ada]) == {ada: "Ada Anvil"}
    assert api.employee_of(o.ctx, user) == ada
    assert api.people_of(o.ctx, [o.department_id], MONDAY) == [(ada, "Ada Anvil")]
    report(o.ctx, NewAbsence(ada, MONDAY, None, reason="flu"))
    roll = api.available(o.ctx, [ada], MONDAY - timedelta(days=1), TUESDAY)
    assert roll.days == {ada: frozenset({MONDAY - timedelta(days=1)})}
    assert employees.of_id(o.ctx, ada).name == "Ada Anvil"
