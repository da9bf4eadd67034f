"""Injuries of the week, the yearly rates behind them, and what else the page says of people."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa

from personnel import certificates, contracts
from personnel.incidents import incident_rate
from personnel.permissions import Can
from personnel.reports.asking import ask, rows_of, weeks_of
from plantops.context import Context, within
from plantops.weekly import Better, Cause, Column, Indicator, Part, Rows, Span, Strip, WeekTotal
from plantops.wording import say

EU_HOURS = Decimal(1_000_000)
RECORDABLE = "i.kind = 'injury' AND i.contractor IS NULL AND i.outcome IS NOT NULL AND i.outcome <> 'first_aid'"
SOURCE = (
    "FROM personnel_incident i JOIN core_site s ON s.id = i.site_id AND s.in_totals"
    " LEFT JOIN core_place p ON p.id = i.place_id"
    " WHERE i.happened_on >= :first AND i.happened_on < :after AND i.happened_on <= :today"
)
COLUMNS = (
    Column("number", "Case"),
    Column("day", "Day", "date"),
    Column("place", "Where"),
    Column("outcome", "Class"),
    Column("amount", "Counts", "number"),
)
CASES = "SELECT i.number, i.happened_on AS day, p.name AS place, COALESCE(i.outcome, i.kind) AS outcome, 1 AS amount"
ROWS = {
    Part.NUMERATOR: f"{CASES} {SOURCE} AND {RECORDABLE} ORDER BY 2, 1",
    Part.EXCLUDED: f"{CASES} {SOURCE} AND NOT ({RECORDABLE}) ORDER BY 2, 1",
}


@within("the weekly report checks the right of each figure")
def injury_weeks(ctx: Context, span: Span) -> list[WeekTotal]:
    """Recordable injuries by week; a week's rate would be noise, so there is nothing below the line."""
    return weeks_of(
        ctx,
        span,
        f"SELECT date_trunc('week', i.happened_on)::date AS monday, count(*) AS above, NULL AS below {SOURCE}"
        f" AND {RECORDABLE} GROUP BY 1 ORDER BY 1",
    )


@within("the weekly report checks the right of each figure")
def injury_rows(ctx: Context, span: Span, part: Part, limit: int) -> Rows:
    """The cases, without names."""
    return rows_of(ctx, span, part, limit, COLUMNS, ROWS)


@within("the weekly report checks the right of each figure")
def injury_causes(ctx: Context, span: Span) -> list[Cause]:
    rows = ask(
        ctx,
        span,
        f"SELECT p.name, count(*) AS cases {SOURCE} AND {RECORDABLE} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5",
    )
    return [Cause(row["name"] or say("elsewhere"), Decimal(row["cases"])) for row in rows]


# --- What stands beside the figures


@within("the weekly report checks the right of each strip")
def yearly_rates(ctx: Context, span: Span) -> list[tuple[str, Any, str, str]]:
    """Rates over the twelve months that end with the week: cases per 200,000 h and, in Europe, per 1,000,000 h."""
    year = Span(span.after - timedelta(days=365), span.after)
    cases = ask(
        ctx,
        year,
        "SELECT count(*) AS recordable, count(*) FILTER (WHERE i.outcome IN ('death', 'days_away')) AS lost,"
        " count(*) FILTER (WHERE i.outcome IN ('days_away', 'restricted')) AS dart"
        f" {SOURCE} AND {RECORDABLE}",
    )[0]
    worked = ask(
        ctx,
        year,
        "SELECT COALESCE(sum(worked_minutes), 0) / 60.0 AS hours FROM personnel_attendance_day a"
        " JOIN core_site s ON s.id = a.site_id AND s.in_totals"
        " WHERE a.business_date >= :first AND a.business_date < :after AND a.business_date < :today",
    )[0]
    hours, href = Decimal(worked["hours"]), "/personnel/incidents"
    return [
        (say("Recordable cases, 12 months"), cases["recordable"], "", href),
        (say("TRIR (per 200,000 h)"), incident_rate(cases["recordable"], hours), "", href),
        (say("DART (per 200,000 h)"), incident_rate(cases["dart"], hours), "", href),
        (say("Lost-time rate (per 1,000,000 h)"), incident_rate(cases["lost"], hours, EU_HOURS), "", href),
        (say("Hours worked, 12 months"), hours.quantize(Decimal(1), ROUND_HALF_UP), "h", ""),
    ]


@within("the weekly report checks the right of each strip")
def completeness(ctx: Context, span: Span) -> list[tuple[str, Any, str, str]]:
    """How much of the scheduled time is explained: worked, on leave or absent."""
    row = ask(
        ctx,
        span,
        "SELECT count(*) AS days, count(*) FILTER (WHERE a.worked_minutes > 0"
        " OR EXISTS (SELECT FROM personnel_absence_day m WHERE m.employee_id = a.employee_id"
        " AND m.day = a.business_date) OR EXISTS (SELECT FROM personnel_leave_request_day r WHERE r.standing"
        " AND r.employee_id = a.employee_id AND r.day = a.business_date)) AS explained"
        " FROM personnel_attendance_day a JOIN core_site s ON s.id = a.site_id AND s.in_totals"
        " WHERE a.business_date >= :first AND a.business_date < :after AND a.business_date < :today"
        " AND a.scheduled_minutes > 0",
    )[0]
    if not row["days"]:
        return [(say("Attendance"), Decimal(0), "%", "/personnel")]
    share = Decimal(row["explained"]) * 100 / Decimal(row["days"])
    return [(say("Attendance"), share.quantize(Decimal("0.1"), ROUND_HALF_UP), "%", "/personnel")]


@within("the weekly report checks the right of each strip")
def next_week(ctx: Context, span: Span) -> list[tuple[str, Any, str, str]]:
    """Certificates and probations that end in the week after; counted for everybody who reads the page."""
    system = ctx.as_system()
    until = span.after + timedelta(days=6)
    expiring = [item for item in certificates.due(system, until) if item.due_on >= span.after]
    ending = [item for item in contracts.due(system, until) if item.due_on >= span.after]
    return [
        (say("Certificates that expire"), len(expiring), "", "/personnel/certificates"),
        (say("Probations and contracts to decide"), len(ending), "", "/personnel/employees"),
    ]


INJURIES = Indicator(
    number=1,
    key="personnel.injuries",
    title="Injuries",
    unit="",
    better=Better.LOW,
    definition="Recordable injuries of our own and agency people in the week; rates over twelve months stand beside.",
    exclusions="Without commuting, first aid and near misses; contractors are counted apart.",
    owner="hr",
    target=Decimal(0),
    tolerance=Decimal(0),
    permission=Can.READ_FIGURES,
    weeks=injury_weeks,
    rows=injury_rows,
    causes=injury_causes,
    ledger=sa.text(
        "SELECT count(*) FROM personnel_incident WHERE site_id IN (SELECT id FROM core_site WHERE in_totals)"
        " AND outcome IN ('death', 'days_away', 'restricted', 'other_recordable') AND contractor IS NULL"
        " AND kind NOT IN ('commuting', 'near_miss') AND happened_on >= :from"
        " AND happened_on < LEAST(CAST(:to AS date), CAST(:today AS date) + 1)"
    ),
    digits=0,
)
STRIPS = (
    Strip("head", "Completeness", 40, Can.READ_FIGURES, completeness),
    Strip("next", "People", 40, Can.READ_FIGURES, next_week),
    Strip("second_page", "Injury rates", 40, Can.READ_FIGURES, yearly_rates),
)
