"""Absence and overtime of the week, in minutes, by department and day: nobody is named."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from personnel.permissions import Can
from personnel.reports.asking import ask, rows_of, weeks_of
from plantops.context import Context, within
from plantops.weekly import Better, Cause, Column, Indicator, Part, Rows, Span, WeekTotal

LONG_DAYS = 42  # an absence is counted apart from its 43rd day on (practice: paid by somebody else)

# Whose department it was on the day itself.
SEAT = """
JOIN personnel_employee e ON e.id = {who}.employee_id JOIN core_site s ON s.id = e.site_id AND s.in_totals
JOIN personnel_assignment g ON g.employee_id = {who}.employee_id AND g.superseded_at IS NULL
    AND g.valid_from <= {day} AND (g.valid_to IS NULL OR g.valid_to > {day})
JOIN personnel_department d ON d.id = g.department_id
"""
MISSED = (
    "FROM personnel_absence_day m JOIN personnel_absence b ON b.id = m.absence_id AND b.kind IN ('sick', 'unexcused')"
    f"{SEAT.format(who='m', day='m.day')} WHERE m.day >= :first AND m.day < :after AND m.day < :today"
)
SHORT = f"{MISSED} AND m.day - b.first_day < {LONG_DAYS}"
LONG = f"{MISSED} AND m.day - b.first_day >= {LONG_DAYS}"
# Scheduled minutes of a day without those for which somebody was on leave.
OWED = (
    "FROM personnel_attendance_day a LEFT JOIN LATERAL (SELECT COALESCE(sum(r.minutes), 0) AS minutes"  # noqa: S608
    " FROM personnel_leave_request_day r JOIN personnel_leave_request q ON q.id = r.request_id AND q.state = 'approved'"
    " WHERE r.employee_id = a.employee_id AND r.day = a.business_date AND r.standing) l ON true"
    f"{SEAT.format(who='a', day='a.business_date')}"
    " WHERE a.business_date >= :first AND a.business_date < :after AND a.business_date < :today"
    " AND a.scheduled_minutes > l.minutes"
)
WORKED = (
    f"FROM personnel_attendance_day a {SEAT.format(who='a', day='a.business_date')}"
    " WHERE a.business_date >= :first AND a.business_date < :after AND a.business_date < :today"
)


def _per_day(source: str, day: str, amount: str) -> str:
    return (
        f"SELECT {day} AS day, d.name AS department, count(DISTINCT e.id) AS people, sum({amount}) AS amount"
        f" {source} AND {amount} <> 0 GROUP BY 1, 2 ORDER BY 1, 2"
    )


COLUMNS = (
    Column("day", "Day", "date"),
    Column("department", "Department"),
    Column("people", "People", "number"),
    Column("amount", "Minutes", "number"),
)
ABSENCE_ROWS = {
    Part.NUMERATOR: _per_day(SHORT, "m.day", "m.minutes"),
    Part.DENOMINATOR: _per_day(OWED, "a.business_date", "a.scheduled_minutes - l.minutes"),
    Part.EXCLUDED: _per_day(LONG, "m.day", "m.minutes"),
}
OVERTIME_ROWS = {
    Part.NUMERATOR: _per_day(WORKED, "a.business_date", "a.overtime_minutes"),
    Part.DENOMINATOR: _per_day(WORKED, "a.business_date", "a.worked_minutes"),
}


# --- Absence


@within("the weekly report checks the right of each figure")
def absence_weeks(ctx: Context, span: Span) -> list[WeekTotal]:
    """Minutes missed by sickness or without excuse, over minutes owed, by week."""
    return weeks_of(
        ctx,
        span,
        "WITH missed AS (SELECT date_trunc('week', m.day)::date AS monday, sum(m.minutes) AS above"  # noqa: S608
        f" {SHORT} GROUP BY 1),"
        " owed AS (SELECT date_trunc('week', a.business_date)::date AS monday,"
        f" sum(a.scheduled_minutes - l.minutes) AS below {OWED} GROUP BY 1)"
        " SELECT monday, above, COALESCE(below, 0) AS below FROM owed FULL JOIN missed USING (monday) ORDER BY 1",
    )


@within("the weekly report checks the right of each figure")
def absence_rows(ctx: Context, span: Span, part: Part, limit: int) -> Rows:
    """By department and day: missed, owed, or missed in a long illness."""
    return rows_of(ctx, span, part, limit, COLUMNS, ABSENCE_ROWS)


@within("the weekly report checks the right of each figure")
def absence_causes(ctx: Context, span: Span) -> list[Cause]:
    return _by_department(ctx, span, SHORT, "m.minutes")


def _by_department(ctx: Context, span: Span, source: str, amount: str) -> list[Cause]:
    rows = ask(
        ctx, span, f"SELECT d.name, sum({amount}) AS amount {source} GROUP BY 1 HAVING sum({amount}) > 0"
        " ORDER BY 2 DESC, 1 LIMIT 5"
    )  # fmt: skip
    return [Cause(row["name"], Decimal(row["amount"])) for row in rows]


# --- Overtime


@within("the weekly report checks the right of each figure")
def overtime_weeks(ctx: Context, span: Span) -> list[WeekTotal]:
    """Minutes above the schedule, over minutes worked, by week."""
    return weeks_of(
        ctx,
        span,
        "SELECT date_trunc('week', a.business_date)::date AS monday, sum(a.overtime_minutes) AS above,"
        f" sum(a.worked_minutes) AS below {WORKED} GROUP BY 1 ORDER BY 1",
    )


@within("the weekly report checks the right of each figure")
def overtime_rows(ctx: Context, span: Span, part: Part, limit: int) -> Rows:
    """By department and day: overtime, or everything worked."""
    return rows_of(ctx, span, part, limit, COLUMNS, OVERTIME_ROWS)


@within("the weekly report checks the right of each figure")
def overtime_causes(ctx: Context, span: Span) -> list[Cause]:
    return _by_department(ctx, span, WORKED, "a.overtime_minutes")


ABSENCE = Indicator(
    number=4,
    key="personnel.absence",
    title="Absence",
    unit="%",
    better=Better.LOW,
    definition="Hours missed by sickness or without excuse, over scheduled hours.",
    exclusions="Without leave and holidays; illness from its 43rd day on is shown apart.",
    owner="hr",
    target=Decimal(5),
    tolerance=Decimal(1),
    permission=Can.READ_FIGURES,
    weeks=absence_weeks,
    rows=absence_rows,
    causes=absence_causes,
    ledger=sa.text(
        "SELECT (SELECT COALESCE(sum(m.minutes), 0) FROM personnel_absence_day m, personnel_absence b, core_site s"
        " WHERE b.id = m.absence_id AND s.id = b.site_id AND s.in_totals AND b.kind <> 'excused'"
        " AND m.day < b.first_day + 42 AND m.day >= :from AND m.day < LEAST(CAST(:to AS date),"
        " CAST(:today AS date))),"
        " (SELECT COALESCE(sum(GREATEST(0, scheduled - leave)), 0) FROM (SELECT a.scheduled_minutes AS scheduled,"
        " COALESCE((SELECT sum(d.minutes) FROM personnel_leave_request_day d WHERE d.employee_id = a.employee_id"
        " AND d.day = a.business_date AND d.standing AND d.request_id IN (SELECT id FROM personnel_leave_request"
        " WHERE state = 'approved')), 0) AS leave FROM personnel_attendance_day a"
        " WHERE a.site_id IN (SELECT id FROM core_site WHERE in_totals) AND a.business_date >= :from"
        " AND a.business_date < LEAST(CAST(:to AS date), CAST(:today AS date))) AS owed)"
    ),
    scale=Decimal(100),
)
OVERTIME = Indicator(
    number=5,
    key="personnel.overtime",
    title="Overtime",
    unit="%",
    better=Better.LOW,
    definition="Hours above the contract's schedule, over hours worked.",
    exclusions="Without approved swaps: a shift that was swapped is scheduled.",
    owner="line_manager",
    target=Decimal(4),
    tolerance=Decimal(1),
    permission=Can.READ_FIGURES,
    weeks=overtime_weeks,
    rows=overtime_rows,
    causes=overtime_causes,
    ledger=sa.text(
        "SELECT COALESCE(sum(overtime_minutes), 0), COALESCE(sum(worked_minutes), 0) FROM personnel_attendance_day"
        " WHERE site_id IN (SELECT id FROM core_site WHERE in_totals) AND business_date >= :from"
        " AND business_date < LEAST(CAST(:to AS date), CAST(:today AS date))"
    ),
    scale=Decimal(100),
)
