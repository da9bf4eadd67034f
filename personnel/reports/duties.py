"""Safety duties overdue: certificates that ran out and were not renewed, of people who still work here."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from personnel.permissions import Can
from personnel.reports.asking import ask, rows_of, weeks_of
from plantops.context import Context, within
from plantops.weekly import Better, Cause, Column, Indicator, Part, Rows, Span, Strip, WeekTotal
from plantops.wording import say

# At the end of a week ({after} is the day that follows it): the last paper of a person and type, when it has run out.
OVERDUE = """
FROM (SELECT DISTINCT ON (c.employee_id, c.type_id) c.id, c.employee_id, c.type_id,
    LEAST(c.expires_on, c.withdrawn_on) AS ended_on
    FROM personnel_certificate c WHERE c.issued_on < {after}
    ORDER BY c.employee_id, c.type_id, COALESCE(LEAST(c.expires_on, c.withdrawn_on), 'infinity') DESC, c.id DESC
) AS last
JOIN personnel_certificate_type k ON k.id = last.type_id
JOIN personnel_assignment a ON a.employee_id = last.employee_id AND a.superseded_at IS NULL
    AND daterange(a.valid_from, a.valid_to) @> {after} - 1
JOIN personnel_department d ON d.id = a.department_id
JOIN core_site s ON s.id = d.site_id AND s.in_totals
WHERE last.ended_on < {after}
"""
AT_END = "LEAST(CAST(:after AS date), CAST(:today AS date) + 1)"
THEN = OVERDUE.format(after=AT_END)
COLUMNS = (
    Column("origin", "Certificate", "origin"),
    Column("type", "Kind"),
    Column("department", "Department"),
    Column("ended_on", "Ran out", "date"),
    Column("days", "Days overdue", "number"),
    Column("amount", "Counts", "number"),
)
ROWS = {
    Part.NUMERATOR: "SELECT 'personnel_certificate:' || last.id AS origin, k.name AS type, d.name AS department,"
    f" last.ended_on, {AT_END} - last.ended_on AS days, 1 AS amount {THEN} ORDER BY last.ended_on, last.id"
}


@within("the weekly report checks the right of each figure")
def weeks(ctx: Context, span: Span) -> list[WeekTotal]:
    """How many were overdue at the end of each week; of the week that runs, today."""
    counted = OVERDUE.format(after="LEAST(w.monday + 7, CAST(:today AS date) + 1)")
    return weeks_of(
        ctx,
        span,
        f"SELECT w.monday, (SELECT count(*) {counted}) AS above, NULL AS below"  # noqa: S608
        " FROM (SELECT g::date AS monday FROM generate_series(CAST(:first AS date), CAST(:after AS date) - 1,"
        " interval '7 days') AS g) AS w WHERE w.monday <= CAST(:today AS date) ORDER BY 1",
    )


@within("the weekly report checks the right of each figure")
def rows(ctx: Context, span: Span, part: Part, limit: int) -> Rows:
    """The papers, without names, the longest overdue first."""
    return rows_of(ctx, span, part, limit, COLUMNS, ROWS)


@within("the weekly report checks the right of each figure")
def causes(ctx: Context, span: Span) -> list[Cause]:
    """The kinds of certificates of which most are overdue."""
    found = ask(ctx, span, f"SELECT k.name, count(*) AS papers {THEN} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5")
    return [Cause(row["name"], Decimal(row["papers"])) for row in found]


@within("the weekly report checks the right of each strip")
def oldest(ctx: Context, span: Span) -> list[tuple[str, Any, str, str]]:
    """For how long the oldest of them has been overdue."""
    row = ask(ctx, span, f"SELECT COALESCE(max({AT_END} - last.ended_on), 0) AS days {THEN}")[0]
    return [(say("Oldest safety duty overdue"), row["days"], say("days"), "/personnel/certificates")]


DUTIES = Indicator(
    number=2,
    key="personnel.duties_overdue",
    title="Safety duties overdue",
    unit="",
    better=Better.LOW,
    definition="Certificates of people who work here that ran out by the end of the week and were not renewed.",
    exclusions="Nothing is left out; certificates that somebody needs and never had stand on the matrix.",
    owner="hr",
    target=Decimal(0),
    tolerance=Decimal(0),
    permission=Can.READ_FIGURES,
    weeks=weeks,
    rows=rows,
    causes=causes,
    ledger=sa.text(
        "SELECT count(*), NULL FROM (SELECT p.employee_id, p.type_id FROM personnel_certificate p"
        " WHERE p.issued_on < LEAST(CAST(:to AS date), CAST(:today AS date) + 1)"
        " AND CAST(:from AS date) < CAST(:to AS date) AND CAST(:today AS date) >= :from"
        " GROUP BY 1, 2 HAVING max(COALESCE(LEAST(p.expires_on, p.withdrawn_on), 'infinity'))"
        " < LEAST(CAST(:to AS date), CAST(:today AS date) + 1)) AS out WHERE EXISTS (SELECT FROM personnel_assignment g"
        " WHERE g.employee_id = out.employee_id AND g.superseded_at IS NULL"
        " AND g.valid_from < LEAST(CAST(:to AS date), CAST(:today AS date) + 1)"
        " AND COALESCE(g.valid_to, 'infinity') >= LEAST(CAST(:to AS date), CAST(:today AS date) + 1)"
        " AND g.department_id IN (SELECT v.id FROM personnel_department v, core_site c"
        " WHERE c.id = v.site_id AND c.in_totals))"
    ),
    digits=0,
    weekly_sums=False,
)
OLDEST = Strip("second_page", "Safety duties", 41, Can.READ_FIGURES, oldest)
