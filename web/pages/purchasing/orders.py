"""Orders: look over, send, hear from the supplier, and end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi.responses import Response

from plantops import lifecycle
from plantops.wording import say
from purchasing import amendments, boards, orders
from purchasing.lists import ORDERS
from purchasing.models.orders import Order
from purchasing.models.orders import OrderState as State
from purchasing.permissions import Can
from web.lists import Named, list_page
from web.page import Context, Form, Piece, Query, pages_router, render, see
from web.pages.purchasing.chosen import centres_of

router = pages_router()
TABS = (
    Named("Open", {"state": "issued,acknowledged"}),
    Named("Late", {"late": "yes"}),
    Named("Drafts", {"state": "draft"}),
    Named("Waiting for approval", {"state": "pending_approval"}),
    Named("To be sent", {"state": "approved"}),
    Named("All"),
)
USUAL_DAYS = timedelta(days=14)
MAIN_STATES = (State.DRAFT, State.PENDING, State.APPROVED, State.ISSUED, State.ACKNOWLEDGED, State.CLOSED)


@dataclass(frozen=True)
class Dated:
    line_id: int
    day: date | None = None


@dataclass(frozen=True)
class Promised:
    """The supplier's dates, one a line; a line left empty keeps its own."""

    lines: tuple[Dated, ...] = ()
    reference: str = ""
    by_us: bool = False

    def days(self) -> Mapping[int, date]:
        return {one.line_id: one.day for one in self.lines if one.day is not None}


def way(ctx: Context, order: Order) -> tuple[State, ...]:
    """The states in order; an order that was closed without the supplier's word does not claim to have it."""
    if order.state is State.CANCELLED:
        return State.DRAFT, State.CANCELLED
    been = {step.target for step in lifecycle.steps(ctx, order)} if order.state is State.CLOSED else set()
    unheard = order.state is State.CLOSED and State.ACKNOWLEDGED not in been
    return tuple(one for one in MAIN_STATES if not (unheard and one is State.ACKNOWLEDGED))


def to(id: int) -> str:
    return f"/purchasing/orders/{id}"


@router.get("/purchasing/orders")
def index(ctx: Context, query: Query) -> Response:
    add = (say("New order"), "/purchasing/orders/new") if ctx.may(Can.BUY) else None
    return list_page(ctx, ORDERS, query, tabs=TABS, add=add)


@router.get("/purchasing/orders/{id}")
def show(ctx: Context, id: int) -> Response:
    return drawn(ctx, id)


def drawn(
    ctx: Context, id: int, *blocks: str, toast: str = "", pieces: tuple[str, Sequence[Piece]] = ("", ())
) -> Response:
    sheet = boards.order_sheet(ctx, id)
    buys = ctx.may(Can.BUY, site_id=sheet.order.site_id)
    may_change = buys and orders.why_not_change(sheet.order) is None
    return render(
        ctx,
        "purchasing/order.html",
        *blocks,
        toast=toast,
        pieces=pieces,
        Can=Can,
        buys=buys,
        is_out=sheet.order.state in orders.OUT,
        may_change=may_change,
        centres=centres_of(ctx, sheet.order.site_id) if may_change else (),
        need_by=ctx.today + USUAL_DAYS,
        sheet=sheet,
        o=sheet.order,
        url=to(id),
        states=way(ctx, sheet.order),
        today=ctx.today,
    )


@router.post("/purchasing/orders/{id}/place")
def place(ctx: Context, id: int, form: Form) -> Response:
    done = orders.place(ctx, id, form.version)
    sent = (
        say("{number} goes to the supplier.", number=done.number)
        if done.number
        else say("It waits for approval before it goes out.")
    )
    return see(ctx, to(id), sent)


@router.post("/purchasing/orders/{id}/issue")
def issue(ctx: Context, id: int, form: Form) -> Response:
    return see(ctx, to(id), say("{number} goes to the supplier.", number=orders.issue(ctx, id, form.version).number))


@router.post("/purchasing/orders/{id}/approve")
def approve(ctx: Context, id: int, form: Form) -> Response:
    orders.approve(ctx, id, form.version)
    return see(ctx, to(id), say("Your yes is noted."))


@router.post("/purchasing/orders/{id}/refuse")
def refuse(ctx: Context, id: int, form: Form) -> Response:
    orders.refuse(ctx, id, form.version, form.text("reason", required=True))
    return see(ctx, to(id), say("It went back to the buyer."))


@router.post("/purchasing/orders/{id}/take-back")
def take_back(ctx: Context, id: int, form: Form) -> Response:
    orders.take_back(ctx, id, form.version)
    return see(ctx, to(id), say("It is a draft again."))


@router.post("/purchasing/orders/{id}/acknowledge")
def acknowledge(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Promised)
    amendments.acknowledge(ctx, id, form.version, typed.reference, typed.days())
    return see(ctx, to(id), say("The supplier's confirmation is noted."))


@router.post("/purchasing/orders/{id}/promise")
def promise(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Promised)
    amendments.promise(ctx, id, form.version, typed.days(), by_us=typed.by_us)
    return see(ctx, to(id), say("The new dates are noted."))


@router.post("/purchasing/orders/{id}/chase")
def chase(ctx: Context, id: int, form: Form) -> Response:
    amendments.chase(ctx, id, form.version)
    return see(ctx, to(id), say("The supplier is asked by mail."))


@router.post("/purchasing/orders/{id}/hold")
def hold(ctx: Context, id: int, form: Form) -> Response:
    orders.hold(ctx, id, form.version, form.text("reason", required=True))
    return see(ctx, to(id), say("Held: nothing is sent, received or paid on it."))


@router.post("/purchasing/orders/{id}/free")
def free(ctx: Context, id: int, form: Form) -> Response:
    orders.free(ctx, id, form.version)
    return see(ctx, to(id), say("Freed."))


@router.post("/purchasing/orders/{id}/cancel")
def cancel(ctx: Context, id: int, form: Form) -> Response:
    amendments.cancel(ctx, id, form.version, form.text("reason", required=True))
    return see(ctx, to(id), say("Cancelled: what it covered is to be ordered again."))


@router.post("/purchasing/orders/{id}/lines/{line_id}/short")
def close_short(ctx: Context, id: int, line_id: int, form: Form) -> Response:
    reorder = form.text("reorder") == "true"
    amendments.close_short(ctx, id, form.version, line_id, form.text("reason", required=True), reorder=reorder)
    return see(ctx, to(id), say("No more of this line is expected."))
