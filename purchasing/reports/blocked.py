"""Figure 8: whose invoices do we hold for too long? And what the receivers have not posted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from plantops.context import Context, within
from plantops.weekly import Better, Cause, Column, Indicator, Part, Rows, Span, Strip, WeekTotal
from plantops.wording import say
from purchasing.permissions import Can
from purchasing.reports.on_time import ask

# At the end of a week (Sunday) a bill that arrived on Thursday of the week before or earlier has waited for more than
# five working days: the day after tomorrow's Monday minus eleven.
HELD = """
FROM purchasing_invoice i JOIN core_site s ON s.id = i.site_id AND s.in_totals
JOIN purchasing_supplier u ON u.id = i.supplier_id JOIN core_party p ON p.id = u.party_id
WHERE i.kind = 'invoice' AND i.arrived_on < {after} - 10 AND (i.approved_on IS NULL OR i.approved_on >= {after})
  AND (i.voided_on IS NULL OR i.voided_on >= {after})
"""
COUNTED, DISPUTED = "AND NOT i.in_dispute", "AND i.in_dispute"
GROSS = "round(i.gross * i.rate, 2)"
COLUMNS = (
    Column("origin", "Invoice", "origin"),
    Column("supplier", "Supplier"),
    Column("supplier_number", "Their number"),
    Column("arrived_on", "Arrived", "date"),
    Column("due_on", "Due", "date"),
    Column("held_by", "Held by"),
    Column("amount", "Gross", "money"),
)


@within("the weekly report checks the right of each figure")
def weeks(ctx: Context, span: Span) -> list[WeekTotal]:
    """Gross value of bills that had waited for more than five working days, at the end of each week."""
    found = ask(
        ctx,
        span,
        f"SELECT w.monday, coalesce((SELECT sum({GROSS}) {HELD.format(after='(w.monday + 7)')} {COUNTED}), 0) AS held"  # noqa: S608
        " FROM (SELECT g::date AS monday FROM generate_series(CAST(:first AS date), CAST(:after AS date) - 1,"
        " interval '7 days') AS g) w WHERE w.monday <= CAST(:today AS date) ORDER BY 1",
    )
    return [WeekTotal(row["monday"], row["held"]) for row in found]


@within("the weekly report checks the right of each figure")
def rows(ctx: Context, span: Span, part: Part, limit: int) -> Rows:
    """The bills behind the figure, or those in dispute, which do not count."""
    if part is Part.DENOMINATOR:
        return Rows(COLUMNS, (), Decimal(0))
    source = f"{HELD.format(after='CAST(:after AS date)')} {COUNTED if part is Part.NUMERATOR else DISPUTED}"
    found = ask(
        ctx,
        span,
        "SELECT 'purchasing_invoice:' || i.id AS origin, p.name AS supplier, i.supplier_number, i.arrived_on, i.due_on,"  # noqa: S608
        " coalesce((SELECT string_agg(DISTINCT h.code, ', ') FROM purchasing_hold h WHERE h.invoice_id = i.id"
        f"  AND h.state = 'open'), '') AS held_by, {GROSS} AS amount {source} ORDER BY i.arrived_on, i.id LIMIT :limit",
        limit=limit,
    )
    total = ask(ctx, span, f"SELECT coalesce(sum({GROSS}), 0) AS n {source}")[0]["n"]
    return Rows(COLUMNS, found, total)


@within("the weekly report checks the right of each figure")
def causes(ctx: Context, span: Span) -> list[Cause]:
    """What holds most of the money, by the first reason of each bill."""
    source = f"{HELD.format(after='CAST(:after AS date)')} {COUNTED}"
    found = ask(
        ctx,
        span,
        "SELECT coalesce((SELECT min(h.code) FROM purchasing_hold h WHERE h.invoice_id = i.id AND h.state = 'open'),"  # noqa: S608
        f" 'not approved yet') AS name, sum({GROSS}) AS held {source} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5",
    )
    return [Cause(row["name"].replace("_", " ").capitalize(), row["held"]) for row in found]


BLOCKED_INVOICES = Indicator(
    number=8,
    key="purchasing.blocked_invoices",
    title="Blocked invoices",
    unit="EUR",
    better=Better.LOW,
    definition="Gross value of bills that were not approved more than five working days after they arrived.",
    exclusions="Without bills in dispute.",
    owner="accounts_payable",
    target=Decimal(0),
    tolerance=Decimal(2500),
    permission=Can.READ_INVOICES,
    weeks=weeks,
    rows=rows,
    causes=causes,
    ledger=sa.text(
        "SELECT coalesce(sum(round(gross * rate, 2)), 0), NULL FROM purchasing_invoice WHERE kind = 'invoice'"
        " AND NOT in_dispute AND arrived_on + 10 < CAST(:to AS date) AND coalesce(approved_on, 'infinity') >= :to"
        " AND coalesce(voided_on, 'infinity') >= :to AND site_id IN (SELECT id FROM core_site WHERE in_totals)"
        " AND CAST(:from AS date) < CAST(:to AS date) AND CAST(:today AS date) >= :from"
    ),
    digits=0,
    weekly_sums=False,
)


@within("the weekly report checks the right of each strip")
def unposted(ctx: Context, span: Span) -> list[tuple[str, Any, str, str]]:
    """How complete the figures are: what was counted at the dock and not posted."""
    (row,) = ask(
        ctx,
        span,
        "SELECT count(*) AS n FROM purchasing_receipt r JOIN core_site s ON s.id = r.site_id AND s.in_totals"
        " WHERE r.state = 'draft' AND r.arrived_on < :after",
    )
    return [(say("Receipts not posted"), row["n"], "", "/purchasing/receipts?state=draft")]


UNPOSTED = Strip(place="head", title="Receipts", order=30, permission=Can.READ_RECEIPTS, build=unposted)
