"""The four weekly figures on a hand-made week: each equals the ledger and the sum of its rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from personnel import absences, attendance, certificates, cover, incidents, leave, leave_decisions
from personnel.absences import NewAbsence
from personnel.attendance import Badge
from personnel.certificates import NewCertificate
from personnel.cover import NewDemand
from personnel.incidents import NewIncident
from personnel.leave_days import Asked
from personnel.models import IncidentKind, Outcome
from personnel.reports.cover import COVERED
from personnel.reports.duties import DUTIES, oldest
from personnel.reports.hours import ABSENCE, OVERTIME
from personnel.reports.injuries import INJURIES, completeness, next_week, yearly_rates
from plantops import figures, places, weekly_report
from plantops.context import Context
from plantops.weekly import Indicator, Part, Span, WeekTotal
from tests.houses import Someone
from tests.personnel.office import DAY, Office, at, broken, office

pytestmark = pytest.mark.db

MONDAY = date(2026, 11, 16)
WEEK = Span(MONDAY, MONDAY + timedelta(days=7))


def day(n: int) -> date:
    return MONDAY + timedelta(days=n)


def badge(id: int, n: int, start: tuple[int, int], end: tuple[int, int]) -> Badge:
    return Badge(id, day(n), at(day(n), *start), at(day(n), *end))


@pytest.fixture
def o(ctx: Someone) -> Office:
    """Ada works all week and three hours too much on Tuesday; Bo is sick Monday to Wednesday; Cy is on leave."""
    made = office(ctx())
    ada = made.hire("Ada Anvil").id
    bo = made.hire("Bo Bearing").id
    boss = made.hire("Di Dowel", user_id=ctx("line_manager,employee", login="di").user.id)
    cy_user = ctx("employee", login="cy")
    cy = made.hire("Cy Clutch", user_id=cy_user.user.id, manager_id=boss.id, entitled=True).id
    asked = leave.ask(ctx("employee", login="cy", now=at(day(-7), 9)), cy, made.vacation_id, Asked(day(0), day(4)))
    leave_decisions.approve(ctx("line_manager,employee", login="di"), asked.id, asked.version)
    absences.report(ctx(), NewAbsence(bo, day(0), day(2)))
    week = [badge(ada, n, (8, 0), (20, 0) if n == 1 else (17, 0)) for n in range(5)]
    attendance.record(ctx(), made.site_id, [*week, badge(bo, 3, (8, 0), (17, 0)), badge(bo, 4, (8, 0), (17, 0))])
    attendance.record(ctx(), made.site_id, [badge(boss.id, n, (8, 0), (17, 0)) for n in range(5)])
    attendance.close_days(ctx(), made.site_id, MONDAY, day(6))
    return made


def week_of(ctx: Context, indicator: Indicator, span: Span = WEEK) -> WeekTotal:
    """The week's total, after it was compared with the ledger and with its own rows."""
    total = next((one for one in indicator.weeks(ctx, span) if one.monday == span.first), None)
    assert total is not None
    assert weekly_report.equals(total, weekly_report._in_ledger(ctx, indicator, span))
    for part, expected in ((Part.NUMERATOR, total.numerator), (Part.DENOMINATOR, total.denominator)):
        rows = indicator.rows(ctx, span, part, 500)
        if expected is not None:
            assert rows.total == expected == sum(row["amount"] for row in rows.rows)
            assert all({column.key for column in rows.columns} == set(row) for row in rows.rows)
    return total


def test_absence_is_sickness_over_what_was_owed_without_leave(o: Office, ctx: Someone) -> None:
    total = week_of(ctx(), ABSENCE)
    assert (total.numerator, total.denominator) == (3 * DAY, 3 * 5 * DAY)
    assert ABSENCE.value(total) == 20
    assert ABSENCE.causes is not None
    assert [(c.name, c.amount) for c in ABSENCE.causes(ctx(), WEEK)] == [("Assembly", 3 * DAY)]
    assert broken(ctx()) == []


def test_a_long_illness_is_shown_apart(o: Office, ctx: Someone) -> None:
    eve = o.hire("Eve Edge").id
    absences.report(ctx(), NewAbsence(eve, day(-42), day(4)))
    attendance.close_days(ctx(), o.site_id, MONDAY, day(6))
    assert week_of(ctx(), ABSENCE).numerator == 3 * DAY
    assert ABSENCE.rows(ctx(), WEEK, Part.EXCLUDED, 100).total == 5 * DAY
    before = Span(day(-7), day(0))
    assert ABSENCE.rows(ctx(), before, Part.EXCLUDED, 100).total == 0


def test_overtime_is_what_goes_beyond_the_schedule(o: Office, ctx: Someone) -> None:
    total = week_of(ctx(), OVERTIME)
    assert (total.numerator, total.denominator) == (180, 12 * DAY + 180)


def test_cover_counts_half_hours_and_a_surplus_fills_no_hole(o: Office, ctx: Someone) -> None:
    def demand(n: int, needed: int, certificate: int | None = None) -> NewDemand:
        return NewDemand(o.department_id, day(n), at(day(n), 8), at(day(n), 18), needed, certificate)

    licence = certificates.add_type(ctx(), "FORK", "Forklift licence", validity_months=12)
    certificates.record(ctx(), NewCertificate(o.people["Ada Anvil"], licence.id, date(2026, 1, 1)))
    past = ctx(now=at(day(-1), 9))
    cover.plan_demand(
        past,
        "roster:1",
        o.site_id,
        MONDAY,
        day(6),
        [demand(0, 1), demand(1, 2), demand(3, 4), demand(4, 2, licence.id)],
    )
    total = week_of(ctx(), COVERED)
    # Monday 1 of 1 until 17:00, Tuesday 2 of 2 until 17:00 and 1 until 18:00, Thursday 3 of 4, Friday 1 of 2
    assert total.denominator == 20 * (1 + 2 + 4 + 2)
    assert total.numerator == 18 + (36 + 2) + 18 * 3 + 18
    assert COVERED.causes is not None
    (cause,) = COVERED.causes(ctx(), WEEK)
    assert cause.amount == total.denominator - total.numerator


def test_a_demand_that_is_met_counts_as_a_whole(o: Office, ctx: Someone) -> None:
    early = [NewDemand(o.department_id, day(n), at(day(n), 8), at(day(n), 17), 1) for n in range(5)]
    cover.plan_demand(ctx(now=at(day(-1), 9)), "roster:1", o.site_id, MONDAY, day(6), early)
    total = week_of(ctx(), COVERED)
    assert total.numerator == total.denominator == 5 * 18


def test_injuries_count_what_is_recordable_and_leave_the_rest_apart(o: Office, ctx: Someone) -> None:
    def told(kind: IncidentKind, outcome: Outcome | None, **more: str) -> None:
        new = NewIncident(o.site_id, kind, day(2), "Something happened.", **more)  # type: ignore[arg-type]
        one = incidents.report(ctx(), new)
        if outcome:
            away = 2 if outcome is Outcome.DAYS_AWAY else 0
            incidents.classify(ctx(), one.id, one.version, outcome, days_away=away)

    told(IncidentKind.INJURY, Outcome.DAYS_AWAY)
    told(IncidentKind.INJURY, Outcome.OTHER_RECORDABLE)
    told(IncidentKind.INJURY, Outcome.FIRST_AID)
    told(IncidentKind.INJURY, Outcome.DAYS_AWAY, contractor="Rivo Lifts")
    told(IncidentKind.COMMUTING, Outcome.DAYS_AWAY)
    told(IncidentKind.NEAR_MISS, None)
    total = week_of(ctx(), INJURIES)
    assert (total.numerator, total.denominator) == (2, None)
    assert INJURIES.rows(ctx(), WEEK, Part.EXCLUDED, 100).total == 4
    rates = {title: value for title, value, _unit, _href in yearly_rates(ctx(), WEEK)}
    hours = Decimal(12 * DAY + 180) / 60
    assert rates["Recordable cases, 12 months"] == 2
    assert rates["TRIR (per 200,000 h)"] == (2 * Decimal(200_000) / hours).quantize(Decimal("0.1"))
    assert rates["Lost-time rate (per 1,000,000 h)"] == (Decimal(1_000_000) / hours).quantize(Decimal("0.1"))


def test_sites_outside_the_totals_are_left_out(o: Office, ctx: Someone) -> None:
    before = week_of(ctx(), ABSENCE)
    ctx.session.execute(sa.update(places.Site).values(in_totals=False))
    assert ABSENCE.weeks(ctx(), WEEK) == []
    ctx.session.execute(sa.update(places.Site).values(in_totals=True))
    assert week_of(ctx(), ABSENCE) == before


def test_the_page_says_how_complete_it_is_and_what_comes(o: Office, ctx: Someone) -> None:
    assert completeness(ctx(), WEEK) == [("Attendance", Decimal("100.0"), "%", "/personnel")]
    eve = o.hire("Eve Edge").id
    attendance.close_days(ctx(), o.site_id, MONDAY, day(6))
    assert completeness(ctx(), WEEK)[0][1] == Decimal("80.0")
    licence = certificates.add_type(ctx(), "FORK", "Forklift licence", validity_months=12)
    certificates.record(ctx(), NewCertificate(eve, licence.id, date(2025, 11, 25)))
    assert [value for _t, value, _u, _h in next_week(ctx("plant_manager"), WEEK)] == [1, 0]


def test_figures_by_plain_sql_agree(o: Office, ctx: Someone) -> None:
    def named(kind: str) -> dict[str, Decimal]:
        return {total.name: total.value for total in figures.totals(ctx("plant_manager"), kind, MONDAY, day(6))}

    assert named("absences") == {"VER hours absent": 24, "VER hours sick": 24, "VER absences": 1}
    hours = named("hours-worked")
    assert (hours["VER hours worked"], hours["VER hours overtime"]) == (99, 3)
    assert named("leave-taken") == {"VER vacation": 40}


def test_a_certificate_that_ran_out_counts_until_it_is_renewed_or_its_holder_leaves(o: Office, ctx: Someone) -> None:
    lift = certificates.add_type(ctx(), "LIFT", "Forklift", validity_months=None)
    ada, bo, cy = (o.people[name] for name in ("Ada Anvil", "Bo Bearing", "Cy Clutch"))

    def paper(id: int, first: date, until: date | None) -> None:
        certificates.record(ctx(), NewCertificate(id, lift.id, first, until))

    paper(ada, date(2025, 1, 1), day(2))  # runs out on Wednesday, renewed on the Monday after
    paper(ada, day(7), None)
    paper(bo, date(2025, 1, 1), day(-5))  # never renewed
    paper(cy, date(2025, 1, 1), day(7))  # still valid on Sunday
    spans = (Span(day(n), day(n + 7)) for n in (-14, -7, 0, 7))
    assert [week_of(ctx(), DUTIES, span).numerator for span in spans] == [0, 1, 2, 2]
    assert [row["days"] for row in DUTIES.rows(ctx(), WEEK, Part.NUMERATOR, 10).rows] == [12, 5]
    assert oldest(ctx(), WEEK)[0][1] == 12


def test_the_whole_page_reconciles(o: Office, ctx: Someone) -> None:
    only = ctx("plant_manager")
    made = weekly_report.make(replace(only, registry=only.registry.only(["personnel"])), WEEK)
    assert made["reconciled"]
    assert [row["number"] for row in made["figures"]] == [1, 2, 3, 4, 5]
