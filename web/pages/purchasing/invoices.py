"""Invoices: captured as they came, what differs is looked at, then approved, posted and paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fastapi.responses import Response
from starlette.datastructures import UploadFile

from plantops import files, lifecycle, places
from purchasing import boards, invoices, settlement, suppliers
from purchasing.invoices import BillHead, NewBillLine
from purchasing.lists import INVOICES
from purchasing.models.bills import BillLine, InvoiceKind
from purchasing.models.bills import InvoiceState as State
from purchasing.permissions import Can
from web.lists import Named, list_page
from web.page import Context, Form, Query, pages_router, render, see
from web.pages.purchasing.chosen import centres_of, site_of

router = pages_router()
TABS = (
    Named("Held", {"state": "captured,exception"}),
    Named("To approve", {"state": "matched"}),
    Named("To post", {"state": "approved"}),
    Named("Due", {"state": "posted"}),
    Named("All"),
)
MAIN_STATES = (State.CAPTURED, State.MATCHED, State.APPROVED, State.POSTED, State.PAID)
ASIDE = {
    State.EXCEPTION: (State.CAPTURED, State.EXCEPTION, *MAIN_STATES[1:]),
    State.VOIDED: (State.CAPTURED, State.VOIDED),
}
TONES = {"exception": "bad", "captured": "warn", "matched": "info", "approved": "info", "posted": "info", "paid": "ok"}
EMPTY_ROWS = 3


@dataclass(frozen=True)
class Billed:
    """One row of the bill; a row without a quantity is left out."""

    quantity: Decimal | None = None
    price: Decimal | None = None
    description: str = ""
    unit: str = "each"
    per: int = 1
    tax_percent: Decimal = Decimal(0)
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
    due_on: date | None = None
    iban: str = ""
    note: str = ""
    file: UploadFile | None = None


@dataclass(frozen=True)
class Payment:
    paid_on: date
    reference: str


def to(id: int) -> str:
    return f"/purchasing/invoices/{id}"


@router.get("/purchasing/invoices")
def index(ctx: Context, query: Query) -> Response:
    add = ("Capture an invoice", "/purchasing/invoices/new") if ctx.may(Can.CAPTURE) else None
    return list_page(ctx, INVOICES, query, tabs=TABS, add=add, tones=TONES)


@router.get("/purchasing/invoices/new")
def new(ctx: Context, query: Query) -> Response:
    number = query.get("order", "")
    order = boards.order_to_bill(ctx, number) if number else None
    site_id = order.site_id if order else site_of(ctx, query)
    empty = [NewBillLine(Decimal(0), Decimal(0))] * EMPTY_ROWS
    return render(
        ctx,
        "purchasing/invoice_new.html",
        number=number,
        order=order,
        supplier=suppliers.name_of(ctx, order.supplier_id) if order else "",
        rows=invoices.open_lines(ctx, order.id) if order else empty,
        sites=places.list_sites(ctx),
        site_id=site_id,
        centres=centres_of(ctx, site_id),
        suppliers=suppliers.choices(ctx),
        kinds=InvoiceKind,
        line_kinds=BillLine,
        today=ctx.today,
    )


@router.post("/purchasing/invoices")
def capture(ctx: Context, form: Form) -> Response:
    typed = form.into(Bill)
    file_id = files.keep(ctx, typed.file.filename or "bill", typed.file.file.read()).id if typed.file else None
    head = BillHead(
        typed.site_id,
        typed.supplier_id,
        typed.supplier_number,
        typed.invoice_date,
        typed.stated_gross,
        kind=typed.kind,
        order_id=typed.order_id,
        due_on=typed.due_on,
        iban=typed.iban,
        note=typed.note,
        file_id=file_id,
    )
    lines = [as_line(row) for row in typed.lines if row.quantity]
    done = invoices.capture(ctx, head, lines)
    said = "matches" if done.state is State.MATCHED else "is held: look at what differs"
    return see(ctx, to(done.id), f"{done.number} {said}.")


def as_line(row: Billed) -> NewBillLine:
    return NewBillLine(
        quantity=row.quantity or Decimal(0),
        price=row.price or Decimal(0),
        description=row.description,
        unit=row.unit,
        per=row.per,
        kind=row.kind,
        tax_percent=row.tax_percent,
        order_line_id=row.order_line_id,
        cost_centre_id=row.cost_centre_id,
    )


@router.get("/purchasing/invoices/{id}")
def show(ctx: Context, id: int) -> Response:
    sheet = boards.invoice_sheet(ctx, id)
    return render(
        ctx,
        "purchasing/invoice.html",
        Can=Can,
        sheet=sheet,
        i=sheet.invoice,
        open=[hold for hold in sheet.invoice.holds if hold.state == "open"],
        passed=[hold for hold in sheet.invoice.holds if hold.state != "open"],
        url=to(id),
        states=ASIDE.get(sheet.invoice.state, MAIN_STATES),
        tones=TONES,
        steps=lifecycle.steps(ctx, sheet.invoice),
        why_not_void=invoices.why_not_change(sheet.invoice),
        today=ctx.today,
    )


@router.post("/purchasing/holds/{id}/accept")
def accept(ctx: Context, id: int, form: Form) -> Response:
    done = settlement.accept(ctx, id, form.version, form.text("reason", required=True))
    return see(ctx, to(done.id), "The difference may pass.")


@router.post("/purchasing/holds/{id}/ask")
def ask(ctx: Context, id: int, form: Form) -> Response:
    whom = form.text("whom", required=True)
    done = settlement.ask(ctx, id, form.version, whom)
    return see(ctx, to(done.id), f"It waits for what the {whom} knows.")


@router.post("/purchasing/invoices/{id}/approve")
def approve(ctx: Context, id: int, form: Form) -> Response:
    return see(ctx, to(id), f"{settlement.approve(ctx, id, form.version).number} may be posted.")


@router.post("/purchasing/invoices/{id}/post")
def post(ctx: Context, id: int, form: Form) -> Response:
    return see(ctx, to(id), f"Posted as {settlement.post(ctx, id, form.version).booking_number}.")


@router.post("/purchasing/invoices/{id}/paid")
def paid(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Payment)
    settlement.confirm_payment(ctx, id, form.version, typed.paid_on, typed.reference)
    return see(ctx, to(id), "Noted as paid.")


@router.post("/purchasing/invoices/{id}/dispute")
def dispute(ctx: Context, id: int, form: Form) -> Response:
    done = settlement.dispute(ctx, id, form.version, form.text("in_dispute") == "yes")
    return see(ctx, to(id), "In dispute: nobody pays it." if done.in_dispute else "The dispute is over.")


@router.post("/purchasing/invoices/{id}/void")
def void(ctx: Context, id: int, form: Form) -> Response:
    invoices.void(ctx, id, form.version, form.text("reason", required=True))
    return see(ctx, to(id), "Voided: it counts no more.")
