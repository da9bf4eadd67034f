"""Changes of an order that the supplier has: written by the buyer, allowed where they cost more, sent anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fastapi.responses import Response

from plantops.wording import mark, say
from purchasing import amendments, boards
from purchasing.amendments import LineChange
from purchasing.models import Order
from purchasing.models.orders import RevisionState as State
from purchasing.order_lines import NewOrderLine
from purchasing.permissions import Can
from web.page import Context, Form, pages_router, render, see
from web.pages.purchasing.chosen import centres_of

router = pages_router()
STATES = {
    State.PENDING: (State.PENDING, State.APPROVED),
    State.APPROVED: (State.PENDING, State.APPROVED),
    State.REFUSED: (State.PENDING, State.REFUSED),
    State.SUPERSEDED: (State.PENDING, State.APPROVED, State.SUPERSEDED),
}
TONES = {"pending_approval": "warn", "approved": "ok", "refused": "bad", "superseded": "plain"}
NEW_ROWS = 2


@dataclass(frozen=True)
class Changed:
    line_id: int
    quantity: Decimal | None = None
    price: Decimal | None = None
    need_by: date | None = None


@dataclass(frozen=True)
class Added:
    """A row for a new line; without a quantity it is left out."""

    item_id: int | None = None
    item_id_text: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    price: Decimal | None = None
    cost_centre_id: int | None = None


@dataclass(frozen=True)
class Rewritten:
    reason: str
    lines: tuple[Changed, ...] = ()
    new: tuple[Added, ...] = ()
    new_need_by: date | None = None


def to(id: int) -> str:
    return f"/purchasing/revisions/{id}"


@router.get("/purchasing/orders/{id}/revise")
def write(ctx: Context, id: int) -> Response:
    ctx.need(Can.BUY)
    sheet = boards.order_sheet(ctx, id)
    return render(
        ctx,
        "purchasing/revise.html",
        sheet=sheet,
        o=sheet.order,
        why_not=sheet.why_not_amend,
        new_rows=range(NEW_ROWS),
        centres=centres_of(ctx, sheet.order.site_id),
    )


@router.post("/purchasing/orders/{id}/revise")
def revise(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Rewritten)
    order = boards.order_sheet(ctx, id).order
    done = amendments.revise(ctx, id, form.version, typed.reason, changes(order, typed.lines), added(order, typed))
    waits = mark("Revision {number} waits for approval: it costs more.")
    said = waits if done.state is State.PENDING else mark("Revision {number} goes to the supplier.")
    return see(ctx, to(done.id), say(said, number=done.number))


def changes(order: Order, typed: Sequence[Changed]) -> list[LineChange]:
    """Only what is another value than before; what stands there unchanged is no change."""
    lines = {line.id: line for line in order.lines}
    found: list[LineChange] = []
    for one in typed:
        line = lines.get(one.line_id)
        if line is None:
            continue
        change = LineChange(
            line.id,
            None if one.quantity == line.quantity else one.quantity,
            None if one.price == line.price else one.price,
            None if one.need_by == line.need_by else one.need_by,
        )
        if change != LineChange(line.id):
            found.append(change)
    return found


def added(order: Order, typed: Rewritten) -> list[NewOrderLine]:
    usual = order.lines[0].cost_centre_id
    last = max(line.need_by for line in order.lines)
    return [
        NewOrderLine(
            one.quantity,
            typed.new_need_by or last,
            one.cost_centre_id or usual,
            one.item_id,
            "" if one.item_id else one.item_id_text,
            one.unit,
            one.price,
        )
        for one in typed.new
        if one.quantity is not None
    ]


@router.get("/purchasing/revisions/{id}")
def show(ctx: Context, id: int) -> Response:
    sheet = boards.revision_sheet(ctx, id)
    return render(
        ctx,
        "purchasing/revision.html",
        Can=Can,
        sheet=sheet,
        r=sheet.revision,
        o=sheet.order,
        url=to(id),
        states=STATES[sheet.revision.state],
        tones=TONES,
    )


@router.post("/purchasing/revisions/{id}/approve")
def approve(ctx: Context, id: int, form: Form) -> Response:
    done = amendments.approve_revision(ctx, id, form.version)
    said = say("The changed order goes to the supplier.") if done.state is State.APPROVED else say("Your yes is noted.")
    return see(ctx, to(id), said)


@router.post("/purchasing/revisions/{id}/refuse")
def refuse(ctx: Context, id: int, form: Form) -> Response:
    amendments.refuse_revision(ctx, id, form.version, form.text("reason", required=True))
    return see(ctx, to(id), say("Refused: the order stays as it was."))


@router.post("/purchasing/revisions/{id}/withdraw")
def withdraw(ctx: Context, id: int, form: Form) -> Response:
    amendments.withdraw_revision(ctx, id, form.version, form.text("reason"))
    return see(ctx, to(id), say("Withdrawn: the order stays as it was."))
