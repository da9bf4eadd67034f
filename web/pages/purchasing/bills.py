"""Bills as they are typed in: a new one, a correction before it is approved, a credit note after it was posted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from fastapi.responses import Response
from starlette.datastructures import UploadFile

from plantops import files, places
from plantops.errors import Invalid
from plantops.wording import mark, say
from purchasing import boards, invoices, suppliers
from purchasing.invoices import BillHead, NewBillLine
from purchasing.models import Invoice, InvoiceLine, Order
from purchasing.models.bills import BillLine, InvoiceKind
from purchasing.models.bills import InvoiceState as State
from purchasing.permissions import Can
from web import chosen
from web.page import Context, Form, Query, pages_router, render, see
from web.pages.purchasing.chosen import centres_of

router = pages_router()
FREE_ROWS = 3
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Billed:
    """One row of the bill; a row that is left empty does not count."""

    quantity: Decimal | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    description: str = ""
    unit: str = "each"
    per: int = 1
    tax_percent: Decimal = NOTHING
    kind: BillLine = BillLine.GOODS
    order_line_id: int | None = None
    cost_centre_id: int | None = None


@dataclass(frozen=True)
class Bill:
    site_id: int
    supplier_id: int
    supplier_number: str
    invoice_date: date
    stated_gross: Decimal
    lines: tuple[Billed, ...]
    kind: InvoiceKind = InvoiceKind.INVOICE
    order_id: int | None = None
    credits_id: int | None = None
    due_on: date | None = None
    iban: str = ""
    note: str = ""
    file: UploadFile | None = None


@router.get("/purchasing/invoices/new")
def new(ctx: Context, query: Query) -> Response:
    ctx.need(Can.CAPTURE)
    kind = InvoiceKind.CREDIT_NOTE if query.get("kind") == InvoiceKind.CREDIT_NOTE else InvoiceKind.INVOICE
    number = query.get("order", "")
    order = boards.order_to_bill(ctx, number) if number else None
    site_id = order.site_id if order else chosen.site_id(ctx, query)
    rows: Sequence[Billed] = []
    if order:
        offered = invoices.open_lines if kind is InvoiceKind.INVOICE else invoices.creditable_lines
        rows = [offered_row(line) for line in offered(ctx, order.id)]
    head = {"kind": kind, "invoice_date": ctx.today}
    return drawn(ctx, say("Capture an invoice"), "/purchasing/invoices", site_id, order, rows, head, number=number)


@router.get("/purchasing/invoices/{id}/credit")
def credit(ctx: Context, id: int) -> Response:
    """A credit note for a bill that was posted: the only way in which it is corrected."""
    ctx.need(Can.CAPTURE)
    sheet = boards.invoice_sheet(ctx, id)
    found = sheet.invoice
    order = boards.order_to_bill(ctx, sheet.order) if sheet.order else None
    head = {
        "kind": InvoiceKind.CREDIT_NOTE,
        "invoice_date": ctx.today,
        "stated_gross": found.gross,
        "iban": found.iban,
        "credits_id": found.id,
        "supplier_id": found.supplier_id,
    }
    rows = [billed_row(line) for line in found.lines]
    return drawn(
        ctx,
        say("Credit note for {number}", number=found.number),
        "/purchasing/invoices",
        found.site_id,
        order,
        rows,
        head,
    )


@router.get("/purchasing/invoices/{id}/change")
def change_form(ctx: Context, id: int, query: Query) -> Response:
    """What was typed can be set right until it is approved; it may also find its order here."""
    ctx.need(Can.CAPTURE)
    sheet = boards.invoice_sheet(ctx, id)
    found = sheet.invoice
    number = query.get("order", "") or sheet.order
    order = boards.order_to_bill(ctx, number) if number else None
    if order and order.id != found.order_id:
        rows = [offered_row(line) for line in invoices.open_lines(ctx, order.id)]
    else:
        rows = [billed_row(line) for line in found.lines]
    return drawn(
        ctx,
        say("Correct {number}", number=found.number),
        f"/purchasing/invoices/{id}/change",
        found.site_id,
        order,
        rows,
        found,
        number=number,
        invoice=found,
        why_not=invoices.why_not_change(found),
    )


def drawn(
    ctx: Context,
    title: str,
    action: str,
    site_id: int,
    order: Order | None,
    rows: Sequence[Billed],
    head: object,
    *,
    number: str = "",
    invoice: Invoice | None = None,
    why_not: str | None = None,
) -> Response:
    """The form begins with the values of `head`; behind the known rows stand empty ones for what else is billed."""
    free = Billed(kind=BillLine.FREIGHT) if order else Billed()
    return render(
        ctx,
        "purchasing/bill.html",
        title=title,
        action=action,
        number=number,
        order=order,
        supplier=suppliers.name_of(ctx, order.supplier_id) if order else "",
        rows=[*rows, *[free] * (1 if order or rows else FREE_ROWS)],
        known=len(rows),
        head=head,
        invoice=invoice,
        why_not=why_not,
        sites=places.list_sites(ctx),
        site_id=site_id,
        centres=centres_of(ctx, site_id),
        suppliers=suppliers.choices(ctx),
        kinds=InvoiceKind,
        line_kinds=BillLine,
    )


def offered_row(line: NewBillLine) -> Billed:
    return Billed(
        line.quantity,
        line.price,
        printed(line.quantity, line.price, line.per, line.amount),
        line.description,
        line.unit,
        line.per,
        order_line_id=line.order_line_id,
    )


def billed_row(line: InvoiceLine) -> Billed:
    amount = printed(line.quantity, line.price, line.per, line.amount)
    return Billed(
        line.quantity, line.price, amount, line.description, line.unit, line.per, line.tax_percent, line.kind,
        line.order_line_id, line.cost_centre_id,
    )  # fmt: skip


def printed(quantity: Decimal, price: Decimal, per: int, amount: Decimal | None) -> Decimal | None:
    """The amount where it is not quantity x price to the cent, as on a bill that was rounded in another way."""
    computed = (quantity * price / per).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return None if amount is None or amount == computed else amount


@router.post("/purchasing/invoices")
def capture(ctx: Context, form: Form) -> Response:
    typed = form.into(Bill)
    done = invoices.capture(ctx, head_of(ctx, typed), lines_of(typed))
    said = mark("{number} matches.") if done.state is State.MATCHED else mark("{number} is held: look at what differs.")
    return see(ctx, f"/purchasing/invoices/{done.id}", say(said, number=done.number))


@router.post("/purchasing/invoices/{id}/change")
def change(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Bill)
    before = boards.invoice_sheet(ctx, id).invoice
    done = invoices.change(ctx, id, form.version, head_of(ctx, typed, before), lines_of(typed))
    matches, held = mark("{number} is corrected and matches now."), mark("{number} is corrected and is still held.")
    said = matches if done.state is State.MATCHED else held
    return see(ctx, f"/purchasing/invoices/{done.id}", say(said, number=done.number))


def head_of(ctx: Context, typed: Bill, before: Invoice | None = None) -> BillHead:
    file_id = files.keep(ctx, typed.file.filename or "bill", typed.file.file.read()).id if typed.file else None
    same_order = before is not None and before.order_id == typed.order_id
    return BillHead(
        typed.site_id,
        typed.supplier_id,
        typed.supplier_number,
        typed.invoice_date,
        typed.stated_gross,
        kind=typed.kind,
        order_id=typed.order_id,
        credits_id=typed.credits_id or (before.credits_id if before else None),
        currency=before.currency if before and same_order and before.supplier_id == typed.supplier_id else "",
        arrived_on=before.arrived_on if before else None,
        due_on=typed.due_on,
        iban=typed.iban,
        note=typed.note,
        file_id=file_id or (before.file_id if before else None),
    )


def lines_of(typed: Bill) -> list[NewBillLine]:
    wrong = {f"lines.{at}.quantity": reason for at, row in enumerate(typed.lines) if (reason := why_not_row(row))}
    if wrong:
        raise Invalid(say("A row of the bill has no quantity."), fields=wrong)
    return [billed_line(row) for row in map(charge_once, typed.lines) if row.quantity]


def charge_once(row: Billed) -> Billed:
    """Freight and the like are printed as an amount alone: that is one times the amount."""
    if row.order_line_id or row.quantity is not None or row.price is not None or not row.amount:
        return row
    return replace(row, quantity=Decimal(1), price=row.amount, amount=None)


def why_not_row(row: Billed) -> str | None:
    """What was typed is never left out without a word; an ordered row has its price and is empty all the same."""
    row = charge_once(row)
    typed = row.amount if row.order_line_id else row.amount or row.price or row.description
    return say("How many? A row that is not on the bill is left empty.") if typed and not row.quantity else None


def billed_line(row: Billed) -> NewBillLine:
    return NewBillLine(
        quantity=row.quantity or NOTHING,
        price=row.price or NOTHING,
        description=row.description,
        unit=row.unit,
        per=row.per,
        amount=row.amount,
        kind=row.kind,
        tax_percent=row.tax_percent,
        order_line_id=row.order_line_id,
        cost_centre_id=row.cost_centre_id,
    )
