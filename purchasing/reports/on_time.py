"""Figure 6: do suppliers deliver on time and in full?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from plantops.context import Context, within
from plantops.weekly import Better, Cause, Column, Indicator, Part, Rows, Span, WeekTotal
from purchasing.permissions import Can

DUE_ON = "coalesce(l.confirmed_first, l.need_by)"
LINES = f"""
FROM purchasing_order_line l JOIN purchasing_order o ON o.id = l.order_id
JOIN core_site s ON s.id = o.site_id AND s.in_totals
JOIN purchasing_supplier u ON u.id = o.supplier_id JOIN core_party p ON p.id = u.party_id
WHERE {DUE_ON} >= :first AND {DUE_ON} < :after AND {DUE_ON} <= :today AND l.three_way
  AND o.state IN ('issued', 'acknowledged', 'closed') AND l.state <> 'cancelled'
"""
COUNTED = "AND NOT l.moved_by_us"
KEPT = f"AND l.received_on IS NOT NULL AND l.received_on <= {DUE_ON}"

COLUMNS = (
    Column("origin", "Order", "origin"),
    Column("supplier", "Supplier"),
    Column("what", "What"),
    Column("due_on", "First confirmed", "date"),
    Column("received_on", "Complete on", "date"),
    Column("amount", "Counts", "number"),
)


def ask(ctx: Context, span: Span, statement: str, **more: Any) -> Sequence[Mapping[str, Any]]:
    values = {"first": span.first, "after": span.after, "today": ctx.today, **more}
    return [dict(row) for row in ctx.session.execute(sa.text(statement), values).mappings()]


@within("the weekly report checks the right of each figure")
def weeks(ctx: Context, span: Span) -> list[WeekTotal]:
    """Lines complete by their first confirmed date, over lines due, by week."""
    rows = ask(
        ctx,
        span,
        f"SELECT date_trunc('week', {DUE_ON})::date AS monday, count(*) AS due,"
        f" count(*) FILTER (WHERE true {KEPT}) AS kept {LINES} {COUNTED} GROUP BY 1 ORDER BY 1",
    )
    return [WeekTotal(row["monday"], Decimal(row["kept"]), Decimal(row["due"])) for row in rows]


@within("the weekly report checks the right of each figure")
def rows(ctx: Context, span: Span, part: Part, limit: int) -> Rows:
    """The lines behind the figure: kept, due, or left out because we moved the date."""
    which = {Part.NUMERATOR: f"{COUNTED} {KEPT}", Part.DENOMINATOR: COUNTED, Part.EXCLUDED: "AND l.moved_by_us"}[part]
    found = ask(
        ctx,
        span,
        "SELECT 'purchasing_order:' || o.id AS origin, p.name AS supplier, l.description AS what,"
        f" {DUE_ON} AS due_on, l.received_on, 1 AS amount {LINES} {which} ORDER BY p.sort_key, o.id, l.id LIMIT :limit",
        limit=limit,
    )
    total = ask(ctx, span, f"SELECT count(*) AS n {LINES} {which}")[0]["n"]
    return Rows(COLUMNS, found, Decimal(total))


@within("the weekly report checks the right of each figure")
def causes(ctx: Context, span: Span) -> list[Cause]:
    """The suppliers with most lines that came late or not in full."""
    found = ask(
        ctx,
        span,
        f"SELECT p.name, count(*) AS late {LINES} {COUNTED} AND (true {KEPT}) IS NOT TRUE"
        " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5",
    )
    return [Cause(row["name"], Decimal(row["late"])) for row in found]


ON_TIME_IN_FULL = Indicator(
    number=6,
    key="purchasing.on_time_in_full",
    title="Supplier on time in full",
    unit="%",
    better=Better.HIGH,
    definition="Order lines complete within tolerance by their first confirmed date, over lines due in the week.",
    exclusions="Without dates that we moved ourselves, and without services.",
    owner="buyer",
    target=Decimal(95),
    tolerance=Decimal(2),
    permission=Can.READ_ORDERS,
    weeks=weeks,
    rows=rows,
    causes=causes,
    ledger=sa.text(
        "SELECT sum(CASE WHEN received_on <= coalesce(confirmed_first, need_by) THEN 1 ELSE 0 END), count(*)"
        " FROM purchasing_order_line WHERE NOT moved_by_us AND three_way AND state <> 'cancelled'"
        " AND coalesce(confirmed_first, need_by) >= :from"
        " AND coalesce(confirmed_first, need_by) < LEAST(CAST(:to AS date), CAST(:today AS date) + 1)"
        " AND order_id IN (SELECT id FROM purchasing_order WHERE state IN ('issued', 'acknowledged', 'closed')"
        " AND site_id IN (SELECT id FROM core_site WHERE in_totals))"
    ),
    scale=Decimal(100),
)
