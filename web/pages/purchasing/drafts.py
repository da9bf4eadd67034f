"""Draft orders: begun without a requisition, with lines of their own, until they are sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from fastapi.responses import Response

from plantops import places, units
from plantops.errors import Invalid
from plantops.wording import say
from purchasing import catalogue, orders, suppliers
from purchasing.models import Order
from purchasing.order_lines import NewOrderLine
from purchasing.orders import OrderHead
from purchasing.permissions import Can
from web import chosen
from web.page import Context, Form, Piece, Query, pages_router, render, see
from web.pages.purchasing.chosen import centres_of, places_of, stores_of
from web.pages.purchasing.orders import drawn, to

router = pages_router()


@dataclass(frozen=True)
class Line:
    """What was typed: an item of the list, or words of one's own with the agreed price."""

    quantity: Decimal
    need_by: date
    cost_centre_id: int
    item_id: int | None = None
    item_id_text: str = ""
    unit: str = ""
    price: Decimal | None = None
    per: int = 1

    def as_line(self) -> NewOrderLine:
        text = "" if self.item_id else self.item_id_text
        return NewOrderLine(
            self.quantity,
            self.need_by,
            self.cost_centre_id,
            self.item_id,
            text,
            units.meant(self.unit),
            self.price,
            self.per,
        )


@dataclass(frozen=True)
class Changed:
    quantity: Decimal
    price: Decimal
    need_by: date
    cost_centre_id: int


def head_form(ctx: Context, site_id: int, order: Order | None) -> Response:
    return render(
        ctx,
        "purchasing/order_head.html",
        o=order,
        site_id=site_id,
        sites=places.list_sites(ctx),
        suppliers=suppliers.choices(ctx),
        stores=stores_of(ctx, site_id),
        places=places_of(ctx, site_id),
        centres=centres_of(ctx, site_id),
        incoterms=suppliers.INCOTERMS,
    )


@router.get("/purchasing/orders/new")
def new(ctx: Context, query: Query) -> Response:
    site_id = chosen.site_id(ctx, query)
    ctx.need(Can.BUY, site_id=site_id, to="buy for this site")
    return head_form(ctx, site_id, None)


@router.post("/purchasing/orders")
def start(ctx: Context, form: Form) -> Response:
    made = orders.start(ctx, form.number("site_id"), form.number("supplier_id"), form.into(OrderHead))
    return see(ctx, to(made.id), say("A draft. Add what is ordered, then send it."))


@router.get("/purchasing/orders/{id}/head")
def head(ctx: Context, id: int) -> Response:
    order = orders.read(ctx, id)
    ctx.need(Can.BUY, site_id=order.site_id, to="buy for this site")
    return head_form(ctx, order.site_id, order)


@router.post("/purchasing/orders/{id}/head")
def change_head(ctx: Context, id: int, form: Form) -> Response:
    orders.change_head(ctx, id, form.version, form.into(OrderHead))
    return see(ctx, to(id), say("The head is changed."))


@router.post("/purchasing/orders/{id}/lines")
def add_line(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Line)
    if typed.item_id is None:
        typed = replace(typed, item_id=catalogue.meant(ctx, typed.item_id_text))
    order = orders.add_lines(ctx, id, form.version, (typed.as_line(),))
    line, centres = order.lines[-1], centres_of(ctx, order.site_id)
    return changed(
        ctx,
        order,
        ("#line-rows", "row", "beforeend", (order, line, centres)),
        ("#new-line", "entry_form", "outerHTML", (order, to(id))),
        ("#line-said", "said_added", "innerHTML", (order, line)),
    )


@router.post("/purchasing/orders/{id}/lines/act")
def act_on_line(ctx: Context, id: int, form: Form) -> Response:
    """One button of a row: change it, leave it as it is, or take it off."""
    if taken_off := form.text("remove"):
        order = orders.remove_line(ctx, id, form.version, number(taken_off))
        gone = (f"#line-{taken_off}", "nothing", "delete", ())
        return changed(ctx, order, gone, ("#new-line", "entry_form", "outerHTML", (order, to(id))))
    order = orders.read(ctx, id)
    chosen = form.text("change") or form.text("show", required=True)
    line, centres = orders.line_of(order, number(chosen)), centres_of(ctx, order.site_id)
    drawn_as = ("editing", (order, line, to(id), centres)) if form.text("change") else ("row", (order, line, centres))
    return changed(ctx, order, (f"#line-{line.id}", drawn_as[0], "outerHTML", drawn_as[1]))


@router.get("/purchasing/orders/{id}/lines/{line_id}")
def line_alone(ctx: Context, id: int, line_id: int) -> Response:
    """The row as it is now, for who changed it at the same time as somebody else."""
    order = orders.read(ctx, id)
    line = orders.line_of(order, line_id)
    return render(
        ctx, "purchasing/order_line.html", o=order, line=line, url=to(id), centres=centres_of(ctx, order.site_id)
    )


@router.post("/purchasing/orders/{id}/lines/{line_id}")
def change_line(ctx: Context, id: int, line_id: int, form: Form) -> Response:
    typed = form.into(Changed)
    line = orders.line_of(orders.read(ctx, id), line_id)
    new = NewOrderLine(
        typed.quantity, typed.need_by, typed.cost_centre_id, line.item_id, line.description, line.unit,
        typed.price, line.per,
    )  # fmt: skip
    order = orders.change_line(ctx, id, form.version, line_id, new)
    line, centres = orders.line_of(order, line_id), centres_of(ctx, order.site_id)
    return changed(
        ctx,
        order,
        (f"#line-{line_id}", "row", "outerHTML", (order, line, centres)),
        ("#new-line", "entry_form", "outerHTML", (order, to(id))),
    )


def changed(ctx: Context, order: Order, *pieces: Piece) -> Response:
    """What one line changes on the page: itself, the totals, the buttons and the version that all of them send."""
    always: tuple[Piece, ...] = (
        ("#line-totals", "totals", "outerHTML", (order,)),
        ("#line-acts", "act_form", "outerHTML", (order, to(order.id))),
    )
    return drawn(ctx, order.id, "buttons", pieces=("purchasing/order_draft.html", (*pieces, *always)))


def number(given: str) -> int:
    found = chosen.read_number(given)
    if found is None:
        raise Invalid(say("This line is no longer there. Load the order again."))
    return found
