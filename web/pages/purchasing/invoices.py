"""Invoices: captured as they came, what differs is looked at, then approved, posted and paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fastapi.responses import Response

from plantops.wording import say
from purchasing import boards, invoices, settlement
from purchasing.lists import INVOICES
from purchasing.models.bills import InvoiceState as State
from purchasing.permissions import Can
from web.lists import Named, list_page
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()
TABS = (
    Named("Held", {"state": "captured,exception"}),
    Named("To approve", {"state": "matched"}),
    Named("To post", {"state": "approved"}),
    Named("Due", {"state": "posted"}),
    Named("Answered", {"answered": "yes"}),
    Named("All"),
)
MAIN_STATES = (State.CAPTURED, State.MATCHED, State.APPROVED, State.POSTED, State.PAID)
ASIDE = {
    State.EXCEPTION: (State.CAPTURED, State.EXCEPTION, *MAIN_STATES[1:]),
    State.VOIDED: (State.CAPTURED, State.VOIDED),
}
TONES = {"exception": "bad", "captured": "warn", "matched": "info", "approved": "info", "posted": "info", "paid": "ok"}


@dataclass(frozen=True)
class Payment:
    paid_on: date
    reference: str


def to(id: int) -> str:
    return f"/purchasing/invoices/{id}"


@router.get("/purchasing/invoices")
def index(ctx: Context, query: Query) -> Response:
    add = (say("Capture an invoice"), "/purchasing/invoices/new") if ctx.may(Can.CAPTURE) else None
    return list_page(ctx, INVOICES, query, tabs=TABS, add=add, tones=TONES)


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
        why_not_change=invoices.why_not_change(sheet.invoice),
        today=ctx.today,
        in_words=settlement.in_words,
    )


@router.post("/purchasing/holds/{id}/accept")
def accept(ctx: Context, id: int, form: Form) -> Response:
    done = settlement.accept(ctx, id, form.version, form.text("reason", required=True))
    return see(ctx, to(done.id), say("The difference may pass."))


@router.post("/purchasing/holds/{id}/ask")
def ask(ctx: Context, id: int, form: Form) -> Response:
    whom = form.text("whom", required=True)
    done = settlement.ask(ctx, id, form.version, whom)
    return see(ctx, to(done.id), say("It waits for what the {whom} knows.", whom=whom))


@router.post("/purchasing/invoices/{id}/approve")
def approve(ctx: Context, id: int, form: Form) -> Response:
    return see(ctx, to(id), say("{number} may be posted.", number=settlement.approve(ctx, id, form.version).number))


@router.post("/purchasing/invoices/{id}/post")
def post(ctx: Context, id: int, form: Form) -> Response:
    return see(
        ctx,
        to(id),
        say("Posted as {booking_number}.", booking_number=settlement.post(ctx, id, form.version).booking_number),
    )


@router.post("/purchasing/invoices/{id}/paid")
def paid(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Payment)
    settlement.confirm_payment(ctx, id, form.version, typed.paid_on, typed.reference)
    return see(ctx, to(id), say("Noted as paid."))


@router.post("/purchasing/invoices/{id}/dispute")
def dispute(ctx: Context, id: int, form: Form) -> Response:
    done = settlement.dispute(ctx, id, form.version, form.text("in_dispute") == "yes")
    return see(ctx, to(id), say("In dispute: nobody pays it.") if done.in_dispute else say("The dispute is over."))


@router.post("/purchasing/invoices/{id}/void")
def void(ctx: Context, id: int, form: Form) -> Response:
    invoices.void(ctx, id, form.version, form.text("reason", required=True))
    return see(ctx, to(id), say("Voided: it counts no more."))
