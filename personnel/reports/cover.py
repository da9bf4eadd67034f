"""Cover of the week: of what was needed half hour by half hour, how much was there. A surplus never fills a hole."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from personnel.permissions import Can
from personnel.reports.asking import ask, rows_of, weeks_of
from plantops.context import Context, within
from plantops.weekly import Better, Cause, Column, Indicator, Part, Rows, Span, WeekTotal

# Somebody is present in a half hour when they were there in its middle: a badge three minutes late is no hole.
# Demands that everybody needed stayed for to the end are counted as a whole; only the others half hour by half hour.
COVER = """
WITH demand AS (
    SELECT q.id, q.business_date AS day, q.department_id, q.certificate_type_id, q.starts_at, q.ends_at, q.needed,
        (extract(epoch FROM q.ends_at - q.starts_at) / 1800)::int AS halves
    FROM personnel_shift_demand q JOIN core_site s ON s.id = q.site_id AND s.in_totals
    WHERE q.withdrawn_at IS NULL AND q.business_date >= :first AND q.business_date < :after
        AND q.business_date < :today
), there AS MATERIALIZED (
    SELECT q.id, a.first_in, a.last_out FROM demand q
    JOIN personnel_attendance_day a ON a.business_date = q.day AND a.worked_minutes > 0
        AND a.first_in < q.ends_at AND a.last_out > q.starts_at
    JOIN personnel_assignment g ON g.employee_id = a.employee_id AND g.superseded_at IS NULL
        AND g.department_id = q.department_id AND g.valid_from <= q.day AND (g.valid_to IS NULL OR g.valid_to > q.day)
    WHERE q.certificate_type_id IS NULL OR EXISTS (SELECT FROM personnel_certificate c
        WHERE c.employee_id = a.employee_id AND c.type_id = q.certificate_type_id AND c.issued_on <= q.day
            AND COALESCE(c.expires_on, 'infinity') > q.day AND COALESCE(c.withdrawn_on, 'infinity') > q.day)
), whole AS MATERIALIZED (
    SELECT q.id, count(t.id) AS staying FROM demand q LEFT JOIN there t ON t.id = q.id
        AND t.first_in <= q.starts_at + interval '15 min' AND t.last_out >= q.ends_at - interval '15 min'
    GROUP BY q.id
), parts AS (
    SELECT q.id, LEAST(q.needed, count(t.id)) AS covered FROM demand q
    JOIN whole w ON w.id = q.id AND w.staying < q.needed
    CROSS JOIN LATERAL generate_series(q.starts_at, q.ends_at - interval '30 min', interval '30 min') AS half(start)
    LEFT JOIN there t ON t.id = q.id AND t.first_in <= half.start + interval '15 min'
        AND t.last_out >= half.start + interval '15 min'
    GROUP BY q.id, q.needed, half.start
), holes AS MATERIALIZED (
    SELECT id, sum(covered) AS covered FROM parts GROUP BY id
), counted AS (
    SELECT q.day, q.department_id, q.starts_at, q.needed * q.halves AS below,
        CASE WHEN w.staying >= q.needed THEN q.needed * q.halves ELSE h.covered END AS above
    FROM demand q JOIN whole w ON w.id = q.id LEFT JOIN holes h ON h.id = q.id
)
"""


def _rows(amount: str) -> str:
    return (
        f"{COVER} SELECT c.day, d.name AS department, c.starts_at, {amount} AS amount FROM counted c"  # noqa: S608
        f" JOIN personnel_department d ON d.id = c.department_id WHERE {amount} > 0 ORDER BY c.starts_at, d.name"
    )


COLUMNS = (
    Column("day", "Day", "date"),
    Column("department", "Department"),
    Column("starts_at", "Shift from", "moment"),
    Column("amount", "Half hours of one person", "number"),
)
ROWS = {Part.NUMERATOR: _rows("c.above"), Part.DENOMINATOR: _rows("c.below")}


@within("the weekly report checks the right of each figure")
def cover_weeks(ctx: Context, span: Span) -> list[WeekTotal]:
    """Half hours of one person covered, over those needed, by week."""
    statement = (
        f"{COVER} SELECT date_trunc('week', day)::date AS monday, sum(above) AS above, sum(below) AS below"  # noqa: S608
        " FROM counted GROUP BY 1 ORDER BY 1"
    )
    return weeks_of(ctx, span, statement)


@within("the weekly report checks the right of each figure")
def cover_rows(ctx: Context, span: Span, part: Part, limit: int) -> Rows:
    """Shift by shift what was covered or needed. Shutdowns have no demand, so nothing is left out."""
    return rows_of(ctx, span, part, limit, COLUMNS, ROWS)


@within("the weekly report checks the right of each figure")
def cover_causes(ctx: Context, span: Span) -> list[Cause]:
    """Departments with the largest holes."""
    rows = ask(
        ctx,
        span,
        f"{COVER} SELECT d.name, sum(c.below - c.above) AS hole FROM counted c JOIN personnel_department d"  # noqa: S608
        " ON d.id = c.department_id GROUP BY 1 HAVING sum(c.below - c.above) > 0 ORDER BY 2 DESC, 1 LIMIT 5",
    )
    return [Cause(row["name"], Decimal(row["hole"])) for row in rows]


COVERED = Indicator(
    number=3,
    key="personnel.cover",
    title="Cover",
    unit="%",
    better=Better.HIGH,
    definition="Qualified people present, at most those needed, over those needed, half hour by half hour.",
    exclusions="Without shutdowns; a surplus in one half hour does not fill a hole in another.",
    owner="line_manager",
    target=Decimal(98),
    tolerance=Decimal(1),
    permission=Can.READ_FIGURES,
    weeks=cover_weeks,
    rows=cover_rows,
    causes=cover_causes,
    ledger=sa.text(
        "SELECT COALESCE(sum(LEAST(needed, present)), 0), COALESCE(sum(needed), 0) FROM (SELECT q.id, q.needed,"
        " h.moment, count(p.employee_id) AS present FROM personnel_shift_demand q CROSS JOIN LATERAL generate_series("
        "q.starts_at + interval '15 min', q.ends_at, interval '30 min') AS h(moment) LEFT JOIN"
        " (SELECT a.*, g.department_id FROM personnel_attendance_day a, personnel_assignment g"
        " WHERE a.worked_minutes > 0 AND a.business_date >= :from AND a.business_date < :to"
        " AND g.employee_id = a.employee_id AND g.superseded_at IS NULL"
        " AND daterange(g.valid_from, g.valid_to) @> a.business_date) AS p ON p.business_date = q.business_date"
        " AND p.department_id = q.department_id AND h.moment BETWEEN p.first_in AND p.last_out"
        " AND (q.certificate_type_id IS NULL OR p.employee_id IN (SELECT c.employee_id FROM personnel_certificate c"
        " WHERE c.type_id = q.certificate_type_id AND daterange(c.issued_on, LEAST(c.expires_on, c.withdrawn_on))"
        " @> q.business_date)) WHERE q.withdrawn_at IS NULL"
        " AND q.site_id IN (SELECT id FROM core_site WHERE in_totals) AND q.business_date >= :from"
        " AND q.business_date < LEAST(CAST(:to AS date), CAST(:today AS date)) GROUP BY q.id, q.needed, h.moment)"
        " AS halves"
    ),
    scale=Decimal(100),
)
