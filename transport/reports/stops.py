"""Stops on time, and what a stop costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from plantops.context import Context, within
from plantops.weekly import Better, Cause, Column, Indicator, Part, Rows, Span, WeekTotal
from transport.permissions import Can

# A stop is due when its order was planned or ended in the week; what the customer cancelled is left out.
DUE = """
FROM transport_order o JOIN core_site s ON s.id = o.site_id AND s.in_totals
JOIN transport_address a ON a.id = o.address_id
WHERE o.day >= :first AND o.day < :after
  AND o.state IN ('planned', 'delivered', 'partial', 'refused', 'nobody_there') AND o.day <= :today
"""
WINDOW_END = "((o.day + o.to_minute * interval '1 minute') AT TIME ZONE s.zone)"
ON_TIME = f"(o.arrived_at IS NOT NULL AND o.arrived_at <= {WINDOW_END})"
COMPLETED = "o.state IN ('delivered', 'partial')"

COSTS = """
FROM transport_trip t JOIN transport_plan p ON p.id = t.plan_id AND p.state = 'published'
JOIN core_site s ON s.id = p.site_id AND s.in_totals JOIN transport_vehicle v ON v.id = t.vehicle_id
WHERE p.day >= :first AND p.day < :after AND p.day <= :today
"""


def _ask(ctx: Context, span: Span, statement: str, **more: Any) -> Sequence[Mapping[str, Any]]:
    values = {"first": span.first, "after": span.after, "today": ctx.today, **more}
    return [dict(row) for row in ctx.session.execute(sa.text(statement), values).mappings()]


# --- Stops on time


@within("the weekly report checks the right of each figure")
def on_time_weeks(ctx: Context, span: Span) -> list[WeekTotal]:
    """Stops reached by the end of their window, over stops due, by week."""
    rows = _ask(
        ctx,
        span,
        f"SELECT date_trunc('week', o.day)::date AS monday, count(*) FILTER (WHERE {ON_TIME}) AS ontime,"
        f" count(*) AS due {DUE} GROUP BY 1 ORDER BY 1",
    )
    return [WeekTotal(row["monday"], Decimal(row["ontime"]), Decimal(row["due"])) for row in rows]


ON_TIME_COLUMNS = (
    Column("origin", "Transport order", "origin"),
    Column("day", "Day", "date"),
    Column("address", "Where", "text"),
    Column("window_end", "Window ends", "moment"),
    Column("arrived_at", "Arrived", "moment"),
    Column("state", "State", "text"),
    Column("amount", "Counts", "number"),
)


@within("the weekly report checks the right of each figure")
def on_time_rows(ctx: Context, span: Span, part: Part, limit: int) -> Rows:
    """The stops behind the figure: on time, due, or left out because the customer cancelled."""
    columns = (
        f"'transport_order:' || o.id AS origin, o.day, a.name AS address, {WINDOW_END} AS window_end, o.arrived_at,"
        " o.state, 1 AS amount"
    )
    source = DUE
    if part is Part.NUMERATOR:
        source = f"{DUE} AND {ON_TIME}"
    if part is Part.EXCLUDED:
        source = (
            "FROM transport_order o JOIN core_site s ON s.id = o.site_id AND s.in_totals"
            " JOIN transport_address a ON a.id = o.address_id"
            " WHERE o.day >= :first AND o.day < :after AND o.state = 'cancelled' AND o.day <= :today"
        )
    rows = _ask(ctx, span, f"SELECT {columns} {source} ORDER BY o.day, o.id LIMIT :limit", limit=limit)
    total = _ask(ctx, span, f"SELECT count(*) AS n {source}")[0]["n"]
    return Rows(ON_TIME_COLUMNS, rows, Decimal(total))


@within("the weekly report checks the right of each figure")
def late_causes(ctx: Context, span: Span) -> list[Cause]:
    """Where the late stops were, most first."""
    rows = _ask(
        ctx, span, f"SELECT a.name, count(*) AS late {DUE} AND NOT {ON_TIME} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5"
    )
    return [Cause(row["name"], Decimal(row["late"])) for row in rows]


# --- Cost per stop


@within("the weekly report checks the right of each figure")
def cost_weeks(ctx: Context, span: Span) -> list[WeekTotal]:
    """Cost of the published trips over completed stops, by week."""
    rows = _ask(
        ctx,
        span,
        "WITH cost AS (SELECT date_trunc('week', p.day)::date AS monday, sum(t.cost) AS cost "  # noqa: S608
        f"{COSTS} GROUP BY 1), done AS (SELECT date_trunc('week', o.day)::date AS monday, count(*) AS stops {DUE}"
        f" AND {COMPLETED} GROUP BY 1) SELECT monday, COALESCE(cost, 0) AS cost, COALESCE(stops, 0) AS stops"
        " FROM cost FULL JOIN done USING (monday) ORDER BY 1",
    )
    return [WeekTotal(row["monday"], Decimal(row["cost"]), Decimal(row["stops"])) for row in rows]


COST_COLUMNS = (
    Column("day", "Day", "date"),
    Column("what", "Trip or stop", "text"),
    Column("km", "km", "number"),
    Column("amount", "Amount", "money"),
)


@within("the weekly report checks the right of each figure")
def cost_rows(ctx: Context, span: Span, part: Part, limit: int) -> Rows:
    """The trips with their cost, or the completed stops."""
    if part is Part.EXCLUDED:
        return Rows(COST_COLUMNS, (), Decimal(0))
    if part is Part.NUMERATOR:
        columns, source, total = "p.day, v.name AS what, t.km, t.cost AS amount", COSTS, "COALESCE(sum(t.cost), 0)"
        order = "p.day, v.name"
    else:
        columns, source = "o.day, o.number || ' ' || a.name AS what, NULL AS km, 1 AS amount", f"{DUE} AND {COMPLETED}"
        total, order = "count(*)", "o.day, o.id"
    rows = _ask(ctx, span, f"SELECT {columns} {source} ORDER BY {order} LIMIT :limit", limit=limit)
    return Rows(COST_COLUMNS, rows, Decimal(_ask(ctx, span, f"SELECT {total} AS n {source}")[0]["n"]))


@within("the weekly report checks the right of each figure")
def cost_causes(ctx: Context, span: Span) -> list[Cause]:
    rows = _ask(ctx, span, f"SELECT v.name, sum(t.cost) AS cost {COSTS} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5")
    return [Cause(row["name"], Decimal(row["cost"])) for row in rows]


STOPS_ON_TIME = Indicator(
    number=10,
    key="transport.stops_on_time",
    title="Stops on time",
    unit="%",
    better=Better.HIGH,
    definition="Stops reached by the end of their window, over stops due in the week.",
    exclusions="Without orders that the customer cancelled.",
    owner="dispatcher",
    target=Decimal(95),
    tolerance=Decimal(2),
    permission=Can.READ_PLANS,
    weeks=on_time_weeks,
    rows=on_time_rows,
    causes=late_causes,
    ledger=sa.text(
        "SELECT sum(CASE WHEN q.arrived <= q.day + make_interval(mins => q.to_minute) THEN 1 ELSE 0 END), count(*)"
        " FROM (SELECT day, to_minute::int, (arrived_at AT TIME ZONE (SELECT zone FROM core_site WHERE id = site_id))"
        " AS arrived FROM transport_order WHERE state NOT IN ('requested', 'cancelled') AND day >= :from"
        " AND day < LEAST(CAST(:to AS date), CAST(:today AS date) + 1)"
        " AND site_id IN (SELECT id FROM core_site WHERE in_totals)) AS q"
    ),
    scale=Decimal(100),
)
COST_PER_STOP = Indicator(
    number=10,
    position=2,
    key="transport.cost_per_stop",
    title="Cost per stop",
    unit="EUR",
    better=Better.LOW,
    definition="Cost of the published trips of the week, over completed stops.",
    exclusions="Without orders that the customer cancelled.",
    owner="dispatcher",
    target=Decimal(12),
    tolerance=Decimal("0.5"),
    permission=Can.READ_COSTS,
    weeks=cost_weeks,
    rows=cost_rows,
    causes=cost_causes,
    ledger=sa.text(
        "SELECT (SELECT COALESCE(sum(cost), 0) FROM transport_trip WHERE plan_id IN (SELECT id FROM transport_plan"
        " WHERE state = 'published' AND day >= :from AND day < LEAST(CAST(:to AS date), CAST(:today AS date) + 1)"
        " AND site_id IN (SELECT id FROM core_site WHERE in_totals))),"
        " (SELECT count(*) FROM transport_order WHERE state IN ('delivered', 'partial') AND day >= :from"
        " AND day < LEAST(CAST(:to AS date), CAST(:today AS date) + 1)"
        " AND site_id IN (SELECT id FROM core_site WHERE in_totals))"
    ),
    digits=2,
)
