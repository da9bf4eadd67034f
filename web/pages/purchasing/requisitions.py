"""Requisitions: ask for something, line by line; the budget holder says yes or no."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from fastapi.responses import Response

from plantops import places, units
from plantops.wording import mark, say
from purchasing import boards, catalogue, requisition_approval, requisitions
from purchasing.lists import REQUISITIONS
from purchasing.models.orders import Requisition
from purchasing.models.orders import RequisitionState as State
from purchasing.permissions import Can
from purchasing.requisition_lines import NewLine
from purchasing.requisitions import Head
from web import chosen
from web.lists import Named, list_page
from web.page import Context, Form, Query, options, pages_router, render, see
from web.pages.purchasing.chosen import centres_of, stores_of

router = pages_router()
TABS = (
    Named("Mine", {"mine": "yes"}),
    Named("Waiting for approval", {"state": "submitted"}),
    Named("To be ordered", {"state": "approved"}),
    Named("All"),
)
MAIN_STATES = (State.DRAFT, State.SUBMITTED, State.APPROVED, State.ORDERED, State.CLOSED)
USUAL_DAYS = 14


@dataclass(frozen=True)
class Line:
    """What was typed: an item of the list, or words of one's own with an estimate."""

    quantity: Decimal
    item_id: int | None = None
    item_id_text: str = ""
    unit: str = ""
    price: Decimal | None = None

    def as_line(self) -> NewLine:
        text = "" if self.item_id else self.item_id_text
        return NewLine(self.quantity, self.item_id, text, units.meant(self.unit), price=self.price)


@dataclass(frozen=True)
class Changed:
    quantity: Decimal
    unit: str
    price: Decimal | None = None


@router.get("/purchasing/requisitions")
def index(ctx: Context, query: Query) -> Response:
    add = (say("New requisition"), "/purchasing/requisitions/new") if ctx.may(Can.ASK) else None
    return list_page(ctx, REQUISITIONS, query, tabs=TABS, add=add)


@router.get("/purchasing/requisitions/new")
def new(ctx: Context, query: Query) -> Response:
    ctx.need(Can.ASK)
    return head_form(ctx, chosen.site_id(ctx, query), None)


def head_form(ctx: Context, site_id: int, found: Requisition | None) -> Response:
    return render(
        ctx,
        "purchasing/requisition_head.html",
        r=found,
        sites=places.list_sites(ctx),
        site_id=site_id,
        centres=centres_of(ctx, site_id),
        stores=stores_of(ctx, site_id),
        need_by=found.need_by if found else ctx.today + timedelta(days=USUAL_DAYS),
    )


@router.post("/purchasing/requisitions")
def start(ctx: Context, form: Form) -> Response:
    made = requisitions.start(ctx, form.into(Head))
    return see(ctx, f"/purchasing/requisitions/{made.id}", say("A draft. Add what you need, then submit it."))


@router.get("/purchasing/items/lookup")
def lookup(ctx: Context, query: Query) -> Response:
    rows = catalogue.list_catalogue(ctx, search=query.get("q", ""), limit=20)
    return options(ctx, [(row.item_id, row.name, f"{row.sku}, {row.stock_unit}") for row in rows], query)


@router.get("/purchasing/requisitions/{id}")
def show(ctx: Context, id: int) -> Response:
    return drawn(ctx, id)


@router.get("/purchasing/requisitions/{id}/head")
def head(ctx: Context, id: int) -> Response:
    found = requisitions.read(ctx, id)
    requisitions.need_change(ctx, found)
    return head_form(ctx, found.site_id, found)


@router.post("/purchasing/requisitions/{id}/head")
def change_head(ctx: Context, id: int, form: Form) -> Response:
    before = requisitions.read(ctx, id)
    requisitions.change_head(ctx, id, form.version, form.into(Head, site_id=before.site_id, place_id=before.place_id))
    return see(ctx, f"/purchasing/requisitions/{id}", say("The head is changed."))


def drawn(ctx: Context, id: int, *blocks: str, toast: str = "", editing: int = 0) -> Response:
    sheet = boards.requisition_sheet(ctx, id)
    found = sheet.requisition
    return render(
        ctx,
        "purchasing/requisition.html",
        *blocks,
        toast=toast,
        Can=Can,
        sheet=sheet,
        r=found,
        url=f"/purchasing/requisitions/{id}",
        states=(State.DRAFT, State.CANCELLED) if found.state is State.CANCELLED else MAIN_STATES,
        may_change=requisitions.why_not_change(found, ctx.user.id) is None,
        editing=editing,
        today=ctx.today,
    )


@router.post("/purchasing/requisitions/{id}/lines")
def add_line(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Line)
    if typed.item_id is None:
        typed = replace(typed, item_id=catalogue.meant(ctx, typed.item_id_text))
    requisitions.add_line(ctx, id, form.version, typed.as_line())
    return drawn(ctx, id, "buttons", "lines", toast=say("Line added."))


@router.post("/purchasing/requisitions/{id}/lines/act")
def act_on_line(ctx: Context, id: int, form: Form) -> Response:
    """One button of a row: change it, leave it as it is, or take it off."""
    if form.text("remove"):
        requisitions.remove_line(ctx, id, form.version, form.number("remove"))
        return drawn(ctx, id, "buttons", "lines", toast=say("Line taken off."))
    if form.text("show"):
        return drawn(ctx, id, "lines")
    line = requisitions.line_of(requisitions.read(ctx, id), form.number("change"))
    return drawn(ctx, id, "lines", editing=line.id)


@router.get("/purchasing/requisitions/{id}/lines/{line_id}")
def line_alone(ctx: Context, id: int, line_id: int) -> Response:
    """The row as it is now, for who changed it at the same time as somebody else."""
    found = requisitions.read(ctx, id)
    line = requisitions.line_of(found, line_id)
    return render(ctx, "purchasing/requisition_line.html", r=found, line=line, url=f"/purchasing/requisitions/{id}")


@router.post("/purchasing/requisitions/{id}/lines/{line_id}")
def change_line(ctx: Context, id: int, line_id: int, form: Form) -> Response:
    typed = form.into(Changed)
    old = requisitions.line_of(requisitions.read(ctx, id), line_id)
    new = NewLine(
        typed.quantity, old.item_id, old.description, units.meant(typed.unit), old.supplier_id, typed.price, old.per
    )
    requisitions.change_line(ctx, id, form.version, line_id, new)
    return drawn(ctx, id, "buttons", "lines", toast=say("Line changed."))


@router.post("/purchasing/requisitions/{id}/submit")
def submit(ctx: Context, id: int, form: Form) -> Response:
    done = requisition_approval.submit(ctx, id, form.version)
    at_once = mark("{number} is approved: small orders of the catalogue need no yes.")
    said = at_once if done.approves_itself else mark("{number} waits for approval.")
    return see(ctx, f"/purchasing/requisitions/{id}", say(said, number=done.number))


@router.post("/purchasing/requisitions/{id}/approve")
def approve(ctx: Context, id: int, form: Form) -> Response:
    done = requisition_approval.approve(ctx, id, form.version)
    approved, waits = mark("{number} is approved."), mark("{number} has your yes and waits for the next.")
    said = approved if done.state is State.APPROVED else waits
    return see(ctx, after_decision(ctx, id), say(said, number=done.number))


@router.post("/purchasing/requisitions/{id}/reject")
def reject(ctx: Context, id: int, form: Form) -> Response:
    done = requisition_approval.reject(ctx, id, form.version, form.text("reason", required=True))
    return see(ctx, after_decision(ctx, id), say("{number} went back to its writer.", number=done.number))


def after_decision(ctx: Context, id: int) -> str:
    """A delegate may see a requisition only while it waits for them."""
    return f"/purchasing/requisitions/{id}" if ctx.may(Can.READ_REQUISITIONS) else "/purchasing/approvals"


@router.post("/purchasing/requisitions/{id}/take-back")
def take_back(ctx: Context, id: int, form: Form) -> Response:
    requisition_approval.take_back(ctx, id, form.version)
    return see(ctx, f"/purchasing/requisitions/{id}", say("It is a draft again."))


@router.post("/purchasing/requisitions/{id}/cancel")
def cancel(ctx: Context, id: int, form: Form) -> Response:
    requisition_approval.cancel(ctx, id, form.version, form.text("reason", required=True))
    return see(ctx, f"/purchasing/requisitions/{id}", say("The requisition is cancelled."))
