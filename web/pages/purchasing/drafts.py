"""Draft orders: begun without a requisition, with lines of their own, until they are sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fastapi.responses import Response

from plantops import places
from purchasing import orders, suppliers
from purchasing.models import Order
from purchasing.order_lines import NewOrderLine
from purchasing.orders import OrderHead
from purchasing.permissions import Can
from web.page import Context, Form, Query, pages_router, render, see
from web.pages.purchasing.chosen import centres_of, places_of, site_of, stores_of
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
            self.quantity, self.need_by, self.cost_centre_id, self.item_id, text, self.unit, self.price, self.per
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
    site_id = site_of(ctx, query)
    ctx.need(Can.BUY, site_id=site_id, to="buy for this site")
    return head_form(ctx, site_id, None)


@router.post("/purchasing/orders")
def start(ctx: Context, form: Form) -> Response:
    made = orders.start(ctx, form.number("site_id"), form.number("supplier_id"), form.into(OrderHead))
    return see(ctx, to(made.id), "A draft. Add what is ordered, then send it.")


@router.get("/purchasing/orders/{id}/head")
def head(ctx: Context, id: int) -> Response:
    order = orders.read(ctx, id)
    ctx.need(Can.BUY, site_id=order.site_id, to="buy for this site")
    return head_form(ctx, order.site_id, order)


@router.post("/purchasing/orders/{id}/head")
def change_head(ctx: Context, id: int, form: Form) -> Response:
    orders.change_head(ctx, id, form.version, form.into(OrderHead))
    return see(ctx, to(id), "The head is changed.")


@router.post("/purchasing/orders/{id}/lines")
def add_line(ctx: Context, id: int, form: Form) -> Response:
    orders.add_lines(ctx, id, form.version, (form.into(Line).as_line(),))
    return drawn(ctx, id, "buttons", "lines", toast="Line added.")


@router.post("/purchasing/orders/{id}/lines/{line_id}")
def change_line(ctx: Context, id: int, line_id: int, form: Form) -> Response:
    typed = form.into(Changed)
    line = orders.line_of(orders.read(ctx, id), line_id)
    changed = NewOrderLine(
        typed.quantity, typed.need_by, typed.cost_centre_id, line.item_id, line.description, line.unit,
        typed.price, line.per,
    )  # fmt: skip
    orders.change_line(ctx, id, form.version, line_id, changed)
    return see(ctx, to(id), "The line is changed.")
