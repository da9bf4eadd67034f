"""Transport orders: asking for one, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from fastapi.responses import Response

from plantops import places
from plantops.wording import say
from transport import addresses, orders
from transport.lists import ORDERS
from transport.models import OrderKind, OrderState
from transport.permissions import Can
from web import chosen
from web.lists import Named, list_page
from web.page import Context, Form, Query, options, pages_router, render, see

router = pages_router()
TABS = (Named("Open", {"state": "requested,planned"}), Named("Asked for by me", {"mine": "yes"}), Named("All"))


@dataclass(frozen=True)
class Wanted:
    site_id: int
    day: date
    address_id: int
    what: str
    weight_kg: Decimal
    volume_m3: Decimal = Decimal(0)
    earliest: time = time(6)
    latest: time = time(18)
    kind: OrderKind = OrderKind.DELIVERY


@router.get("/transport/orders")
def index(ctx: Context, query: Query) -> Response:
    add = (say("Ask for a transport"), "/transport/orders/new") if ctx.may(Can.REQUEST) else None
    return list_page(ctx, ORDERS, query, tabs=TABS, add=add)


@router.get("/transport/orders/new")
def new(ctx: Context, query: Query) -> Response:
    ctx.need(Can.REQUEST)
    return render(
        ctx,
        "transport/order_new.html",
        sites=places.list_sites(ctx),
        site_id=chosen.site_id(ctx, query),
        kinds=OrderKind,
        day=ctx.today,
    )


@router.get("/transport/addresses/lookup")
def lookup(ctx: Context, query: Query) -> Response:
    named = chosen.number(query, "site_id")
    site_id = chosen.site_id(ctx, query) if named is None else named
    found = addresses.list_addresses(ctx, site_id, query.get("q", ""))
    return options(ctx, [(row.id, row.name, row.code) for row in found], query)


@router.post("/transport/orders")
def add(ctx: Context, form: Form) -> Response:
    typed = form.into(Wanted)
    order = orders.request(
        ctx,
        orders.NewOrder(
            site_id=typed.site_id,
            day=typed.day,
            address_id=typed.address_id,
            what=typed.what,
            weight_kg=typed.weight_kg,
            volume_m3=typed.volume_m3,
            from_minute=typed.earliest.hour * 60 + typed.earliest.minute,
            to_minute=typed.latest.hour * 60 + typed.latest.minute,
            kind=typed.kind,
        ),
    )
    return see(ctx, f"/transport/orders/{order.id}", say("{number} is asked for.", number=order.number))


@router.get("/transport/orders/{id}")
def show(ctx: Context, id: int) -> Response:
    order = orders.order(ctx, id)
    return render(
        ctx,
        "transport/order.html",
        Can=Can,
        order=order,
        address=addresses.one(ctx, order.address_id),
        url=f"/transport/orders/{id}",
        main_states=(OrderState.REQUESTED, OrderState.PLANNED, OrderState.DELIVERED),
        why_not=order.lifecycle.why_not(order.state, OrderState.CANCELLED),
    )


@router.post("/transport/orders/{id}/cancel")
def cancel(ctx: Context, id: int, form: Form) -> Response:
    order = orders.cancel(ctx, id, form.version, form.text("reason"))
    return see(ctx, f"/transport/orders/{id}", say("{number} is cancelled.", number=order.number))
