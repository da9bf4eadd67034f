"""Requests resolved by the time they were due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from housekeeping.permissions import Can
from plantops.context import Context, within
from plantops.weekly import Better, Cause, Column, Indicator, Part, Rows, Span, WeekTotal

DUE_DAY = "(r.due_at AT TIME ZONE s.zone)::date"
FROM = f"""
FROM housekeeping_request r JOIN core_site s ON s.id = r.site_id AND s.in_totals
LEFT JOIN core_place p ON p.id = r.place_id
WHERE {DUE_DAY} >= :first AND {DUE_DAY} < :after AND {DUE_DAY} <= :today
"""
COUNTED = "r.state NOT IN ('refused', 'duplicate')"
IN_TIME = "(r.resolved_at IS NOT NULL AND r.resolved_at <= r.due_at)"

COLUMNS = (
    Column("origin", "Request", "origin"),
    Column("category", "Category", "text"),
    Column("place", "Place", "text"),
    Column("due_at", "Due", "moment"),
    Column("resolved_at", "Resolved", "moment"),
    Column("state", "State", "text"),
    Column("amount", "Counts", "number"),
)


def _ask(ctx: Context, span: Span, statement: str, **more: Any) -> Sequence[Mapping[str, Any]]:
    values = {"first": span.first, "after": span.after, "today": ctx.today, **more}
    return [dict(row) for row in ctx.session.execute(sa.text(statement), values).mappings()]


@within("the weekly report checks the right of each figure")
def weeks(ctx: Context, span: Span) -> list[WeekTotal]:
    """Requests resolved by their due time, over requests due, by the week in which they were due."""
    statement = (
        f"SELECT date_trunc('week', {DUE_DAY})::date AS monday, count(*) FILTER (WHERE {IN_TIME}) AS n,"
        f" count(*) AS d {FROM} AND {COUNTED} GROUP BY 1 ORDER BY 1"
    )
    return [WeekTotal(row["monday"], Decimal(row["n"]), Decimal(row["d"])) for row in _ask(ctx, span, statement)]


@within("the weekly report checks the right of each figure")
def rows(ctx: Context, span: Span, part: Part, limit: int) -> Rows:
    """The requests in time, all that were due, or those left out as refused or duplicate."""
    which = {
        Part.NUMERATOR: f"{COUNTED} AND {IN_TIME}",
        Part.DENOMINATOR: COUNTED,
        Part.EXCLUDED: f"NOT ({COUNTED})",
    }[part]
    columns = (
        "'housekeeping_request:' || r.id AS origin, r.category, p.name AS place, r.due_at, r.resolved_at, r.state,"
        " 1 AS amount"
    )
    found = _ask(ctx, span, f"SELECT {columns} {FROM} AND {which} ORDER BY r.due_at, r.id LIMIT :limit", limit=limit)
    total = _ask(ctx, span, f"SELECT count(*) AS n {FROM} AND {which}")[0]["n"]
    return Rows(COLUMNS, found, Decimal(total))


@within("the weekly report checks the right of each figure")
def causes(ctx: Context, span: Span) -> list[Cause]:
    """The categories with most late requests."""
    statement = (
        f"SELECT r.category, count(*) AS n {FROM} AND {COUNTED} AND NOT {IN_TIME} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5"
    )
    return [Cause(row["category"], Decimal(row["n"])) for row in _ask(ctx, span, statement)]


REQUESTS_IN_TIME = Indicator(
    number=9,
    key="housekeeping.requests_in_time",
    title="Requests in time",
    unit="%",
    better=Better.HIGH,
    definition="Requests resolved by the time they were due, over requests due in the week.",
    exclusions="Without duplicates and refused requests.",
    owner="facility_manager",
    target=Decimal(90),
    tolerance=Decimal(3),
    permission=Can.READ_REQUESTS,
    weeks=weeks,
    rows=rows,
    causes=causes,
    ledger=sa.text(
        "SELECT COALESCE(sum(CASE WHEN q.resolved_at <= q.due_at THEN 1 ELSE 0 END), 0), count(*) FROM (SELECT"
        " resolved_at, due_at, (SELECT due_at AT TIME ZONE zone FROM core_site c WHERE c.id = site_id) AS local"
        " FROM housekeeping_request WHERE state IN ('new', 'accepted', 'resolved')"
        " AND site_id IN (SELECT id FROM core_site WHERE in_totals)) AS q"
        " WHERE q.local >= :from AND q.local < LEAST(CAST(:to AS date), CAST(:today AS date) + 1)"
    ),
    scale=Decimal(100),
)
