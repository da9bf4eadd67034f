"""Invoices of the past: matched with what came, approved, posted and paid on their days, in a few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from plantops import numbers
from plantops.bulk import insert_many
from plantops.context import Context, within
from plantops.errors import Conflict
from plantops.money import Money
from plantops.wording import say
from purchasing import budgets
from purchasing.budgets import Target
from purchasing.history import steps
from purchasing.matching import number_key
from purchasing.models import Invoice, InvoiceLine, Match
from purchasing.models.bills import BillLine, InvoiceKind, InvoiceState
from purchasing.models.sources import Stage

ZERO = Decimal(0)


@dataclass(frozen=True)
class PastBillLine:
    """A billed line: of an order line with the receipt lines that it pays for, or of a cost centre alone."""

    description: str
    quantity: Decimal
    unit: str
    price: Decimal
    amount: Decimal
    cost_centre_id: int
    budget_year: int
    per: int = 1
    order_line_id: int | None = None
    receipts: tuple[tuple[int | None, Decimal], ...] = ()
    """Receipt lines and how much of each; the whole quantity altogether."""


@dataclass(frozen=True)
class PastBill:
    site_id: int
    supplier_id: int
    number: str
    invoice_date: date
    arrived_on: date
    lines: tuple[PastBillLine, ...]
    captured_by_id: int
    approved_by_id: int
    approved_on: date | None
    paid_on: date | None
    currency: str = "EUR"
    rate: Decimal = Decimal(1)
    order_id: int | None = None
    tax_percent: Decimal = ZERO
    terms_days: int = 30


# --- Rules


def state_of(bill: PastBill) -> InvoiceState:
    if bill.paid_on is not None:
        return InvoiceState.PAID
    return InvoiceState.POSTED if bill.approved_on is not None else InvoiceState.MATCHED


def why_not_past_bill(bill: PastBill) -> str | None:
    """A bill of an order that is not covered by receipts, or one that ran ahead of itself."""
    for line in bill.lines:
        covered = sum((quantity for _, quantity in line.receipts), ZERO)
        if line.order_line_id is not None and covered != line.quantity:
            return say(
                "{covered:f} of {quantity:f} of {description} came",
                covered=covered,
                quantity=line.quantity,
                description=line.description,
            )
    if bill.approved_on is not None and bill.approved_by_id == bill.captured_by_id:
        return say("who captured it approved it")
    if bill.arrived_on < bill.invoice_date or (bill.approved_on or bill.arrived_on) < bill.arrived_on:
        return say("its days are not in order")
    if bill.paid_on is not None and (bill.approved_on is None or bill.paid_on < bill.approved_on):
        return say("it was paid before it was approved")
    return None


# --- Writing


@within("the demo writes history")
def write_bills(ctx: Context, bills: Sequence[PastBill], *, reason: str) -> list[int]:
    """Bills that matched. Each supplier's number once: the database refuses the second."""
    for bill in bills:
        if why := why_not_past_bill(bill):
            raise Conflict(say("Bill {number} cannot be: {why}.", number=bill.number, why=why))
    heads = [_head(bill) for bill in bills]
    _number(ctx, bills, heads)
    ids = insert_many(ctx, Invoice, heads)
    lines = [(bill, id, line, n) for bill, id in zip(bills, ids, strict=True) for n, line in enumerate(bill.lines, 1)]
    line_ids = insert_many(ctx, InvoiceLine, [_line(bill, id, line, n) for bill, id, line, n in lines])
    matches = [match for (_, _, line, _), id in zip(lines, line_ids, strict=True) for match in _matches(line, id)]
    insert_many(ctx, Match, matches)
    steps(ctx, Invoice.__tablename__, [(head["state"], id) for head, id in zip(heads, ids, strict=True)], reason)
    entries = [
        (
            Target(
                Stage.INVOICED,
                (line.amount * bill.rate).quantize(budgets.CENT, ROUND_HALF_UP),
                bill.site_id,
                line.cost_centre_id,
                line.budget_year,
                invoice_line_id=line_id,
            ),
            bill.arrived_on,
        )
        for (bill, _, line, _), line_id in zip(lines, line_ids, strict=True)
    ]
    budgets.write_first(ctx, "history", entries)
    return ids


def _head(bill: PastBill) -> dict[str, Any]:
    net = sum((line.amount for line in bill.lines), ZERO)
    tax = Money(net * bill.tax_percent / 100, bill.currency).rounded().amount
    return {
        "site_id": bill.site_id,
        "kind": InvoiceKind.INVOICE,
        "state": state_of(bill),
        "supplier_id": bill.supplier_id,
        "supplier_number": bill.number,
        "number_key": number_key(bill.number),
        "order_id": bill.order_id,
        "invoice_date": bill.invoice_date,
        "arrived_on": bill.arrived_on,
        "due_on": bill.invoice_date + timedelta(days=bill.terms_days),
        "currency": bill.currency,
        "rate": bill.rate,
        "net": net,
        "tax": tax,
        "gross": net + tax,
        "stated_gross": net + tax,
        "in_dispute": False,
        "captured_by_id": bill.captured_by_id,
        "approved_by_id": bill.approved_by_id if bill.approved_on else None,
        "approved_on": bill.approved_on,
        "posted_on": bill.approved_on,
        "paid_on": bill.paid_on,
        "payment_reference": f"camt {bill.paid_on:%y%m%d}" if bill.paid_on else "",
        "booking_number": None,
        "version": 1,
    }


def _number(ctx: Context, bills: Sequence[PastBill], heads: Sequence[dict[str, Any]]) -> None:
    """Our own numbers as they come, booking numbers in order of posting and without gaps per year."""
    by_site: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    by_year: defaultdict[tuple[int, int], list[tuple[date, int, dict[str, Any]]]] = defaultdict(list)
    for place, (bill, head) in enumerate(zip(bills, heads, strict=True)):
        by_site[bill.site_id].append(head)
        if bill.approved_on:
            by_year[bill.site_id, bill.approved_on.year].append((bill.approved_on, place, head))
    for site_id, mine in by_site.items():
        for head, number in zip(mine, numbers.plain_many(ctx, "SI", site_id, len(mine)), strict=True):
            head["number"] = number
    for (site_id, year), posted in sorted(by_year.items()):
        posted.sort(key=lambda one: one[:2])
        taken = numbers.gapless_many(ctx, "BK", site_id, len(posted), year=year)
        for (_, _, head), number in zip(posted, taken, strict=True):
            head["booking_number"] = number


def _line(bill: PastBill, invoice_id: int, line: PastBillLine, position: int) -> dict[str, Any]:
    return {
        "invoice_id": invoice_id,
        "position": position,
        "kind": BillLine.GOODS if line.order_line_id else BillLine.OTHER,
        "order_line_id": line.order_line_id,
        "cost_centre_id": line.cost_centre_id,
        "description": line.description,
        "quantity": line.quantity,
        "unit": line.unit,
        "price": line.price,
        "per": line.per,
        "amount": line.amount,
        "tax_percent": bill.tax_percent,
    }


def _matches(line: PastBillLine, id: int) -> list[dict[str, Any]]:
    return [
        {
            "invoice_line_id": id,
            "order_line_id": line.order_line_id,
            "receipt_line_id": receipt_line_id,
            "quantity": quantity,
            "amount": budgets.share(line.amount, quantity, line.quantity),
        }
        for receipt_line_id, quantity in line.receipts
        if line.order_line_id is not None
    ]
