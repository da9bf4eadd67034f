"""Figure 7: will the year's budget last? And the money strip of the page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from plantops.context import Context, within
from plantops.weekly import Better, Cause, Column, Indicator, Part, Rows, Span, Strip, WeekTotal
from plantops.wording import say
from purchasing.permissions import Can
from purchasing.reports.on_time import ask

# Billed money counts from its day. Ordered money counts from the day on which it is due or has come, whichever is
# first: later than that it is still part of the plan for the rest of the year.
ENTRIES = """
SELECT c.cost_centre_id, c.year, c.amount, CASE WHEN c.stage = 'invoiced' THEN c."on"
    ELSE greatest(c."on", least(coalesce(l.promised_on, l.need_by), coalesce(l.received_on, l.need_by)))
    END AS counts_on
FROM purchasing_commitment c LEFT JOIN purchasing_order_line l ON l.id = c.order_line_id
JOIN core_site s ON s.id = c.site_id AND s.in_totals
JOIN purchasing_budget b ON b.cost_centre_id = c.cost_centre_id AND b.year = c.year
WHERE c.stage IN ('invoiced', 'ordered')
"""
# What is planned after a day: later months whole, its own month by the days that are left.
REST = """
round(sum(CASE WHEN m.month > date_part('month', {day}) THEN m.amount WHEN m.month = date_part('month', {day})
    THEN m.amount * (date_part('day', {last}) - date_part('day', {day}))::numeric / date_part('day', {last})::numeric
    ELSE 0 END), 2)
"""


def rest_after(day: str) -> str:
    """The SQL of what is planned after a day, given as SQL."""
    return REST.format(day=day, last=f"(date_trunc('month', {day}) + interval '1 month - 1 day')")


COLUMNS = (
    Column("cost_centre", "Cost centre"),
    Column("spent", "Billed, come or due", "money"),
    Column("planned", "Planned rest of the year", "money"),
    Column("budget", "Budget", "money"),
    Column("amount", "Counts", "money"),
)


@within("the weekly report checks the right of each figure")
def weeks(ctx: Context, span: Span) -> list[WeekTotal]:
    """Forecast of the year over its budget, as it stood at the end of each week."""
    found = ask(
        ctx,
        span,
        f"WITH week AS (SELECT w::date AS monday, (w + interval '6 days')::date AS last_day,"  # noqa: S608
        " date_part('year', w + interval '6 days')::int AS year"
        " FROM generate_series(CAST(:first AS date), CAST(:after AS date) - 1, interval '7 days') AS w),"
        f" entry AS ({ENTRIES}), day AS (SELECT year, counts_on, sum(amount) AS amount FROM entry GROUP BY 1, 2),"
        " spent AS (SELECT w.monday, coalesce(sum(d.amount), 0) AS amount FROM week w LEFT JOIN day d"
        "  ON d.year = w.year AND d.counts_on <= w.last_day GROUP BY 1),"
        f" plan AS (SELECT w.monday, b.id, b.amount AS budget, {rest_after('w.last_day')} AS rest FROM week w"
        "  JOIN purchasing_budget b ON b.year = w.year JOIN core_site s ON s.id = b.site_id AND s.in_totals"
        "  JOIN purchasing_budget_month m ON m.budget_id = b.id GROUP BY w.monday, w.last_day, b.id)"
        " SELECT s.monday, s.amount + sum(p.rest) AS forecast, sum(p.budget) AS budget FROM spent s"
        " JOIN plan p ON p.monday = s.monday GROUP BY s.monday, s.amount ORDER BY s.monday",
    )
    return [WeekTotal(row["monday"], row["forecast"], row["budget"]) for row in found]


def _by_centre(ctx: Context, span: Span, limit: int) -> list[dict[str, Any]]:
    found = ask(
        ctx,
        span,
        f"WITH entry AS ({ENTRIES})"  # noqa: S608
        " SELECT c.code || ' ' || c.name AS cost_centre, b.amount AS budget,"
        " coalesce((SELECT sum(e.amount) FROM entry e WHERE e.cost_centre_id = c.id AND e.year = b.year"
        "  AND e.counts_on <= :last), 0) AS spent,"
        f" (SELECT {rest_after('CAST(:last AS date)')} FROM purchasing_budget_month m"
        "  WHERE m.budget_id = b.id) AS planned"
        " FROM purchasing_budget b JOIN core_cost_centre c ON c.id = b.cost_centre_id"
        " JOIN core_site s ON s.id = b.site_id AND s.in_totals WHERE b.year = :year ORDER BY c.code LIMIT :limit",
        last=span.last,
        year=span.last.year,
        limit=limit,
    )
    return [dict(row) for row in found]


@within("the weekly report checks the right of each figure")
def rows(ctx: Context, span: Span, part: Part, limit: int) -> Rows:
    """One row per cost centre with a budget."""
    if part is Part.EXCLUDED:
        return Rows(COLUMNS, (), Decimal(0))
    every = _by_centre(ctx, span, 100_000)
    for row in every:
        row["amount"] = row["spent"] + row["planned"] if part is Part.NUMERATOR else row["budget"]
    return Rows(COLUMNS, every[:limit], sum((row["amount"] for row in every), Decimal(0)))


@within("the weekly report checks the right of each figure")
def causes(ctx: Context, span: Span) -> list[Cause]:
    """The cost centres that go furthest over their budget."""
    over = [
        Cause(row["cost_centre"], row["spent"] + row["planned"] - row["budget"])
        for row in _by_centre(ctx, span, 100_000)
    ]
    return sorted((one for one in over if one.amount > 0), key=lambda one: -one.amount)[:5]


BUDGET_FORECAST = Indicator(
    number=7,
    key="purchasing.budget_forecast",
    title="Budget forecast",
    unit="%",
    better=Better.LOW,
    definition="Billed, received and not billed, open orders that are due, and the plan for the rest of the year, over"
    " the year's budget, net.",
    exclusions="Without cost centres that have no budget.",
    owner="plant_manager",
    target=Decimal(100),
    tolerance=Decimal(2),
    permission=Can.READ_BUDGETS,
    weeks=weeks,
    rows=rows,
    causes=causes,
    ledger=sa.text(
        "WITH last AS (SELECT CAST(:to AS date) - 1 AS day), centre AS (SELECT b.id, b.cost_centre_id, b.year, b.amount"
        " FROM purchasing_budget b, last WHERE b.year = date_part('year', last.day)"
        " AND b.site_id IN (SELECT id FROM core_site WHERE in_totals)),"
        " billed AS (SELECT coalesce(sum(c.amount), 0) AS v FROM purchasing_commitment c, last"
        " WHERE c.stage = 'invoiced'"
        ' AND c."on" <= last.day AND (c.cost_centre_id, c.year) IN (SELECT cost_centre_id, year FROM centre)),'
        " due AS (SELECT coalesce(sum(c.amount), 0) AS v FROM last, purchasing_commitment c"
        " JOIN purchasing_order_line l ON l.id = c.order_line_id WHERE c.stage = 'ordered' AND c.\"on\" <= last.day"
        " AND (coalesce(l.promised_on, l.need_by) <= last.day OR coalesce(l.received_on, l.need_by) <= last.day)"
        " AND (c.cost_centre_id, c.year) IN (SELECT cost_centre_id, year FROM centre)),"
        " rest AS (SELECT sum(r.v) AS v FROM (SELECT round(sum(m.amount * greatest(0, least(1,"
        " ((make_date(centre.year, m.month, 1) + interval '1 month')::date - 1 - last.day)::numeric"
        " / ((make_date(centre.year, m.month, 1) + interval '1 month')::date - make_date(centre.year, m.month, 1))))),"
        " 2) AS v FROM last, centre JOIN purchasing_budget_month m ON m.budget_id = centre.id GROUP BY centre.id) r)"
        " SELECT billed.v + due.v + coalesce(rest.v, 0), (SELECT sum(amount) FROM centre) FROM billed, due, rest"
        " WHERE CAST(:from AS date) < CAST(:to AS date) AND CAST(:today AS date) IS NOT NULL"
    ),
    scale=Decimal(100),
    weekly_sums=False,
)


@within("the weekly report checks the right of each strip")
def money(ctx: Context, span: Span) -> list[tuple[str, Any, str, str]]:
    """Budget of the year, billed, received and not billed, still ordered, forecast."""
    year = span.last.year
    (row,) = ask(
        ctx,
        span,
        "SELECT (SELECT coalesce(sum(b.amount), 0) FROM purchasing_budget b JOIN core_site s ON s.id = b.site_id"
        "  AND s.in_totals WHERE b.year = :year) AS budget,"
        " (SELECT coalesce(sum(c.amount), 0) FROM purchasing_commitment c JOIN core_site s ON s.id = c.site_id"
        "  AND s.in_totals WHERE c.year = :year AND c.stage = 'invoiced' AND c.\"on\" < :after) AS billed,"
        " (SELECT coalesce(sum(c.amount), 0) FROM purchasing_commitment c JOIN core_site s ON s.id = c.site_id"
        "  AND s.in_totals WHERE c.year = :year AND c.stage = 'ordered' AND c.\"on\" < :after) AS ordered,"
        " (SELECT coalesce(round(sum(greatest(l.accepted - l.returned - l.invoiced + l.credited, 0) * l.amount"
        "  / l.quantity * o.rate), 2), 0) FROM purchasing_order_line l JOIN purchasing_order o ON o.id = l.order_id"
        "  JOIN core_site s ON s.id = o.site_id AND s.in_totals"
        "  WHERE l.state = 'open' AND l.budget_year = :year) AS come",
        year=year,
    )
    totals = weeks(ctx, span)
    forecast = totals[-1].numerator if totals else Decimal(0)
    centres = f"/weekly/{span.name}/{BUDGET_FORECAST.key}"  # its rows are these sums, a cost centre each
    orders = "/purchasing/orders?state=issued,acknowledged"
    strip = (
        (say("Budget {year}", year=year), row["budget"], centres),
        (say("Billed"), row["billed"], centres),
        (say("Received, not billed"), row["come"], orders),
        (say("Open orders"), row["ordered"] - row["come"], orders),
        (say("Forecast"), forecast, centres),
    )
    return [(title, round(amount, 2), "EUR", href) for title, amount, href in strip]


MONEY = Strip(place="money", title="Money", order=10, permission=Can.READ_BUDGETS, build=money)
