"""Invoices: captured as the supplier wrote them, never twice, across years; matched at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from plantops import lifecycle, numbers, places
from plantops.context import Context, requires, within
from plantops.db import get
from plantops.errors import Conflict, Invalid
from plantops.money import Money, why_not_currency
from plantops.places import CostCentre
from plantops.wording import say
from purchasing import prices, rates, suppliers, three_way
from purchasing.matching import number_key
from purchasing.models import Invoice, InvoiceLine, Order, OrderLine
from purchasing.models.bills import BillLine, InvoiceKind
from purchasing.models.bills import InvoiceState as State
from purchasing.models.orders import LineState
from purchasing.orders import line_of
from purchasing.permissions import Can
from purchasing.suppliers import plain_iban

ZERO = Decimal(0)
MOST_LINES = 1000
CHANGEABLE = (State.CAPTURED, State.EXCEPTION, State.MATCHED)
NEARBY = timedelta(days=45)


@dataclass(frozen=True)
class NewBillLine:
    """A line as it is printed. The amount is what is printed; without one, quantity x price."""

    quantity: Decimal
    price: Decimal
    description: str = ""
    unit: str = "each"
    per: int = 1
    amount: Decimal | None = None
    kind: BillLine = BillLine.GOODS
    tax_percent: Decimal = ZERO
    order_line_id: int | None = None
    cost_centre_id: int | None = None


@dataclass(frozen=True)
class BillHead:
    """The head of a bill or credit note, as it is printed."""

    site_id: int
    supplier_id: int
    supplier_number: str
    invoice_date: date
    stated_gross: Decimal
    kind: InvoiceKind = InvoiceKind.INVOICE
    order_id: int | None = None
    credits_id: int | None = None
    currency: str = ""
    arrived_on: date | None = None
    due_on: date | None = None
    iban: str = ""
    note: str = ""
    file_id: int | None = None


# --- Rules


def wrong_head(head: BillHead, today: date) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not number_key(head.supplier_number) or len(head.supplier_number) > 60:
        wrong["supplier_number"] = say("Enter the number that the supplier printed on the bill.")
    if not today - timedelta(days=3650) <= head.invoice_date <= today + timedelta(days=31):
        wrong["invoice_date"] = say("The date of the bill lies more than ten years back or in the future.")
    if head.arrived_on is not None and head.arrived_on > today:
        wrong["arrived_on"] = say("It cannot have arrived after today.")
    if head.due_on is not None and head.due_on < head.invoice_date:
        wrong["due_on"] = say("It is due before it was written.")
    if not head.stated_gross.is_finite() or not 0 <= head.stated_gross < 10**12:
        wrong["stated_gross"] = say("Enter the total of the bill: 0 or more. A credit note has a kind of its own.")
    if head.currency and (reason := why_not_currency(head.currency)):
        wrong["currency"] = say("The currency is wrong: {reason}.", reason=reason)
    return wrong


def tax_of(lines: Sequence[InvoiceLine], currency: str) -> Decimal:
    """Per rate on the sum of its lines, each rounded half up."""
    bases: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
    for line in lines:
        bases[line.tax_percent] += line.amount
    parts = (Money(base * percent / 100, currency).rounded().amount for percent, base in bases.items())
    return sum(parts, ZERO)


def why_not_change(invoice: Invoice) -> str | None:
    if invoice.state not in CHANGEABLE:
        return say("it is {spoken}: post a credit note", spoken=lifecycle.spoken(invoice.state))
    return None


# --- Questions


def visible_scope(ctx: Context) -> sa.ColumnElement[bool]:
    sites = ctx.sites(Can.READ_INVOICES)
    return sa.true() if sites is None else Invoice.site_id.in_(sites)


def visible(ctx: Context) -> sa.Select[Invoice]:
    every = sa.select(Invoice).options(selectinload(Invoice.lines), selectinload(Invoice.holds))
    return every.where(visible_scope(ctx))


@requires(Can.READ_INVOICES)
def read(ctx: Context, id: int) -> Invoice:
    return get(ctx.session, visible(ctx).where(Invoice.id == id), what="invoice")


@requires(Can.READ_INVOICES)
def look_alikes(ctx: Context, invoice: Invoice) -> list[Invoice]:
    """Same supplier, same total, another number, a few weeks apart: perhaps the same bill."""
    query = visible(ctx).where(
        Invoice.supplier_id == invoice.supplier_id,
        Invoice.kind == invoice.kind,
        Invoice.id != invoice.id,
        Invoice.gross == invoice.gross,
        Invoice.state != State.VOIDED,
        Invoice.invoice_date.between(invoice.invoice_date - NEARBY, invoice.invoice_date + NEARBY),
    )
    return list(ctx.session.scalars(query.order_by(Invoice.id).limit(5)))


@requires(Can.CAPTURE)
def open_lines(ctx: Context, order_id: int) -> list[NewBillLine]:
    """What of an order is still to be billed, for the form. Chosen again it offers only what is left."""
    order = get(ctx.session, _orders(ctx).where(Order.id == order_id), what="order")
    found: list[NewBillLine] = []
    for line in order.lines:
        came = line.accepted - line.returned if line.three_way else line.quantity
        left = came - line.invoiced + line.credited
        if left > 0 and line.state is not LineState.CANCELLED:
            found.append(
                NewBillLine(
                    quantity=left,
                    price=line.price,
                    per=line.per,
                    description=line.description,
                    unit=line.unit,
                    amount=(line.amount * left / line.quantity).quantize(Decimal("0.01"), ROUND_HALF_UP),
                    order_line_id=line.id,
                )
            )
    return found


@requires(Can.CAPTURE)
def creditable_lines(ctx: Context, order_id: int) -> list[NewBillLine]:
    """What a credit note of an order may give back: what was billed beyond what is here, or went back."""
    order = get(ctx.session, _orders(ctx).where(Order.id == order_id), what="order")
    found = [(line, _creditable(line)) for line in order.lines]
    if not any(quantity > 0 for _, quantity in found):
        found = [(line, line.invoiced - line.credited) for line in order.lines]
    return [
        NewBillLine(quantity, line.price, line.description, line.unit, line.per, order_line_id=line.id)
        for line, quantity in found
        if quantity > 0
    ]


def _creditable(line: OrderLine) -> Decimal:
    """Billed and not here; before anything was billed, what went back: both papers then come by the same post."""
    billed = line.invoiced - line.credited
    here = line.accepted - line.returned if line.three_way else line.quantity
    return billed - here if line.invoiced else line.returned - line.credited


def _orders(ctx: Context) -> sa.Select[Order]:
    """Orders that may be billed: those of the sites where the person captures invoices."""
    query = sa.select(Order).options(selectinload(Order.lines)).where(Order.number.is_not(None))
    sites = ctx.sites(Can.CAPTURE)
    return query if sites is None else query.where(Order.site_id.in_(sites))


# --- Actions


@requires(Can.CAPTURE)
def capture(ctx: Context, head: BillHead, lines: Sequence[NewBillLine]) -> Invoice:
    """A bill as it came. It is kept even when it is a duplicate, held for ever, so that nobody wonders."""
    ctx.need(Can.CAPTURE, site_id=head.site_id, to="capture invoices at this site")
    order = _order(ctx, head)
    invoice = Invoice(
        site_id=head.site_id,
        state=State.CAPTURED,
        captured_by_id=ctx.user.id,
        in_dispute=False,
        lines=[],
        holds=[],
    )
    _write(ctx, invoice, head, lines, order)
    invoice.number = numbers.plain(ctx, "SI", head.site_id)
    ctx.session.add(invoice)
    ctx.session.flush()
    three_way.rematch(ctx, invoice, order)
    return invoice


@requires(Can.CAPTURE)
def change(ctx: Context, id: int, version: int, head: BillHead, lines: Sequence[NewBillLine]) -> Invoice:
    """Corrects what was typed, until it is approved. Duplicates are looked for again."""
    order, invoice = both(ctx, id, version)
    ctx.need(Can.CAPTURE, site_id=invoice.site_id, to="capture invoices at this site")
    if reason := why_not_change(invoice):
        raise Conflict(say("Cannot change {number}: {reason}.", number=invoice.number, reason=reason))
    if head.site_id != invoice.site_id:
        raise Invalid(say("An invoice stays at its site. Void it and capture it at the other one."), field="site_id")
    old_supplier, old_number = invoice.supplier_id, invoice.number_key
    three_way.unclaim(ctx, invoice, order)
    if invoice.state is State.MATCHED:
        lifecycle.move(ctx, invoice, State.CAPTURED)
    three_way.let_go_of_money(ctx, invoice, order)
    new_order = _order(ctx, head) if head.order_id != invoice.order_id else order
    invoice.holds = [hold for hold in invoice.holds if hold.invoice_line_id is None]
    invoice.lines.clear()
    ctx.session.flush()
    with ctx.session.no_autoflush:
        _write(ctx, invoice, head, lines, new_order)
    ctx.session.flush()
    three_way.rematch(ctx, invoice, new_order)
    if (old_supplier, old_number) != (invoice.supplier_id, invoice.number_key):
        _first_of_the_rest(ctx, invoice.id)
    return invoice


@requires(Can.CAPTURE)
def void(ctx: Context, id: int, version: int, reason: str) -> Invoice:
    """Captured by mistake, or refused: it counts no more, and its number may be used again."""
    order, invoice = both(ctx, id, version)
    ctx.need(Can.CAPTURE, site_id=invoice.site_id, to="capture invoices at this site")
    if why := why_not_change(invoice):
        raise Conflict(say("Cannot void {number}: {why}.", number=invoice.number, why=why))
    invoice.voided_on = ctx.today
    lifecycle.move(ctx, invoice, State.VOIDED, reason)
    three_way.let_go(ctx, invoice, order)
    _first_of_the_rest(ctx, invoice.id)
    return invoice


def _first_of_the_rest(ctx: Context, freed_id: int) -> None:
    """The oldest duplicate of an invoice that is none any more becomes the invoice; the others are its duplicates."""
    query = sa.select(Invoice.id).where(Invoice.duplicate_of_id == freed_id, Invoice.state != State.VOIDED)
    for id in ctx.session.scalars(query.order_by(Invoice.id)).all():
        order, other = both(ctx, id, None)
        other.duplicate_of_id = None
        other.duplicate_of_id = _duplicate_of(ctx, other)
        ctx.session.flush()
        three_way.rematch(ctx, other, order)


@within("what acts on an invoice begins with it")
def both(ctx: Context, id: int, version: int | None) -> tuple[Order | None, Invoice]:
    """Order first, then invoice: everybody locks in this order."""
    order_id = get(ctx.session, visible(ctx).where(Invoice.id == id), what="invoice").order_id
    order = None
    if order_id is not None:
        this = sa.select(Order).options(selectinload(Order.lines)).where(Order.id == order_id)
        order = get(ctx.session, this, what="order", lock=True)
    invoice = get(ctx.session, visible(ctx).where(Invoice.id == id), what="invoice", version=version, lock=True)
    return order, invoice


def _order(ctx: Context, head: BillHead) -> Order | None:
    if head.order_id is None:
        return None
    order = get(ctx.session, _orders(ctx).where(Order.id == head.order_id), what="order", lock=True)
    if order.supplier_id != head.supplier_id or order.site_id != head.site_id:
        name = suppliers.name_of(ctx, order.supplier_id)
        raise Invalid(
            say(
                "Order {number} went to {name}. Choose that supplier, or another order.", number=order.number, name=name
            ),
            field="order_id",
        )
    return order


def _write(ctx: Context, invoice: Invoice, head: BillHead, lines: Sequence[NewBillLine], order: Order | None) -> None:
    if wrong := wrong_head(head, ctx.today):
        raise Invalid(say("Some of what was entered cannot be."), fields=wrong)
    supplier = suppliers.supplier(ctx, head.supplier_id)
    site = places.site(ctx, head.site_id)
    invoice.kind, invoice.supplier_id, invoice.order_id = head.kind, supplier.id, head.order_id
    invoice.supplier_number, invoice.number_key = head.supplier_number.strip(), number_key(head.supplier_number)
    invoice.invoice_date, invoice.arrived_on = head.invoice_date, head.arrived_on or invoice.arrived_on or ctx.today
    invoice.currency = head.currency or (order.currency if order else supplier.currency)
    same = order is not None and order.currency == invoice.currency
    invoice.rate = order.rate if order and same else rates.rate(ctx, invoice.currency, site.currency, head.invoice_date)
    terms = order.terms_days if order else supplier.terms_days
    invoice.due_on = head.due_on or head.invoice_date + timedelta(days=terms)
    invoice.discount_percent = supplier.discount_percent
    in_time = head.invoice_date + timedelta(days=supplier.discount_days)
    invoice.discount_until = in_time if supplier.discount_percent else None
    invoice.iban, invoice.note, invoice.file_id = plain_iban(head.iban), head.note.strip()[:4000], head.file_id
    invoice.credits_id = _credited(ctx, head)
    invoice.stated_gross = head.stated_gross
    invoice.lines.extend(_lines(ctx, invoice, lines, order))
    invoice.net = sum((line.amount for line in invoice.lines), ZERO)
    invoice.tax = tax_of(invoice.lines, invoice.currency)
    invoice.gross = invoice.net + invoice.tax
    key = f"bill {supplier.id} {invoice.number_key}"
    ctx.session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(key, 0))))
    invoice.duplicate_of_id = _duplicate_of(ctx, invoice)


def _duplicate_of(ctx: Context, invoice: Invoice) -> int | None:
    """The invoice with this supplier's number, whatever its year. Asked under a lock on supplier and number."""
    query = sa.select(Invoice.id).where(
        Invoice.supplier_id == invoice.supplier_id,
        Invoice.kind == invoice.kind,
        Invoice.number_key == invoice.number_key,
        Invoice.state != State.VOIDED,
        Invoice.duplicate_of_id.is_(None),
    )
    if invoice.id is not None:
        query = query.where(Invoice.id != invoice.id)
    with ctx.session.no_autoflush:
        return ctx.session.scalar(query.order_by(Invoice.id).limit(1))


def _credited(ctx: Context, head: BillHead) -> int | None:
    if head.credits_id is None:
        return None
    if head.kind is not InvoiceKind.CREDIT_NOTE:
        raise Invalid(say("Only a credit note credits an invoice."), field="credits_id")
    credited = get(ctx.session, visible(ctx).where(Invoice.id == head.credits_id), what="invoice")
    if credited.supplier_id != head.supplier_id:
        raise Invalid(say("That invoice is of another supplier."), field="credits_id")
    return credited.id


def _lines(ctx: Context, invoice: Invoice, lines: Sequence[NewBillLine], order: Order | None) -> list[InvoiceLine]:
    if not lines or len(lines) > MOST_LINES:
        raise Invalid(say("A bill has 1 to {most_lines} lines.", most_lines=MOST_LINES), field="lines")
    centres = {line.cost_centre_id for line in lines if line.cost_centre_id is not None}
    known = sa.select(CostCentre.id).where(CostCentre.id.in_(centres), CostCentre.site_id == invoice.site_id)
    if set(ctx.session.scalars(known)) != centres:
        raise Invalid(say("A cost centre is not in use at this site. Choose another."), field="cost_centre_id")
    made: list[InvoiceLine] = []
    for number, line in enumerate(lines, start=1):
        at = f"lines.{number}."
        prices.check_line(line.quantity, line.unit, line.price, line.per, at=at)
        _check_line(line, order, at)
        made.append(InvoiceLine(position=number, **_columns(line, invoice.currency, order)))
    return made


def _check_line(line: NewBillLine, order: Order | None, at: str) -> None:
    if not line.tax_percent.is_finite() or not 0 <= line.tax_percent <= 100:
        raise Invalid(say("A tax rate is 0 to 100 %."), field=f"{at}tax_percent")
    if line.amount is not None and (not line.amount.is_finite() or not 0 <= line.amount < 10**12):
        raise Invalid(say("An amount is 0 or more."), field=f"{at}amount")
    if line.order_line_id is not None:
        if order is None:
            raise Invalid(say("Choose the order that this line belongs to."), field="order_id")
        unit = line_of(order, line.order_line_id).unit
        if line.unit != unit:
            raise Invalid(
                say("The order counts this line in {unit}. Enter the quantity in {unit}.", unit=unit), field=f"{at}unit"
            )
    elif order is None and line.cost_centre_id is None:
        raise Invalid(say("Without an order a line needs the cost centre that pays."), field=f"{at}cost_centre_id")


def _columns(line: NewBillLine, currency: str, order: Order | None) -> dict[str, Any]:
    amount = prices.amount(line.quantity, line.price, line.per, currency) if line.amount is None else line.amount
    source = line_of(order, line.order_line_id) if order and line.order_line_id else None
    return {
        "kind": BillLine.GOODS if source else line.kind,
        "order_line_id": line.order_line_id,
        "cost_centre_id": line.cost_centre_id,
        "description": line.description.strip()[:500] or (source.description if source else str(line.kind)),
        "quantity": line.quantity,
        "unit": line.unit,
        "price": line.price,
        "per": line.per,
        "amount": amount,
        "tax_percent": line.tax_percent,
    }
