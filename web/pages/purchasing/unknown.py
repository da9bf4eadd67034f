"""Parked deliveries: goods without an order stay at the dock until somebody knows what they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fastapi.responses import Response
from starlette.datastructures import UploadFile

from plantops import files, people, places
from plantops.wording import say
from purchasing import deliveries, receipts
from purchasing.deliveries import Parked
from purchasing.lists import UNKNOWN
from purchasing.models.bills import UnknownState as State
from purchasing.permissions import Can
from purchasing.receipt_rules import Came
from purchasing.receipts import NewReceipt
from web import chosen
from web.lists import Named, list_page
from web.page import Context, Form, Query, pages_router, render, see
from web.pages.purchasing.chosen import places_of, stores_of
from web.pages.purchasing.receive import Delivery

router = pages_router()
TABS = (Named("Parked", {"state": "open"}), Named("All"))
TONES = {"open": "warn", "received": "ok", "sent_away": "plain"}


@dataclass(frozen=True)
class Carton:
    site_id: int
    sender: str
    text: str
    arrived_on: date
    delivery_note: str = ""
    place_id: int | None = None
    photo: UploadFile | None = None


def to(id: int) -> str:
    return f"/purchasing/unknown/{id}"


@router.get("/purchasing/unknown")
def index(ctx: Context, query: Query) -> Response:
    add = (say("Park a delivery"), "/purchasing/unknown/new") if ctx.may(Can.RECEIVE) else None
    return list_page(ctx, UNKNOWN, query, tabs=TABS, add=add, tones=TONES)


@router.get("/purchasing/unknown/new")
def new(ctx: Context, query: Query) -> Response:
    ctx.need(Can.RECEIVE)
    site_id = chosen.site_id(ctx, query)
    return render(
        ctx,
        "purchasing/unknown_new.html",
        sites=places.list_sites(ctx),
        site_id=site_id,
        places=places_of(ctx, site_id),
        today=ctx.today,
    )


@router.post("/purchasing/unknown")
def park(ctx: Context, form: Form) -> Response:
    typed = form.into(Carton)
    photo_id = files.keep(ctx, typed.photo.filename or "photo", typed.photo.file.read()).id if typed.photo else None
    done = deliveries.park(
        ctx,
        Parked(
            typed.site_id, typed.sender, typed.text, typed.arrived_on, typed.delivery_note, typed.place_id, photo_id
        ),
    )  # fmt: skip
    return see(ctx, to(done.id), say("Parked. The buyers see it on their first page."))


@router.get("/purchasing/unknown/{id}")
def show(ctx: Context, id: int, query: Query) -> Response:
    found = deliveries.read(ctx, id)
    search = query.get("q", "")
    may_receive = ctx.may(Can.RECEIVE, site_id=found.site_id)
    is_open = found.state is State.OPEN
    return render(
        ctx,
        "purchasing/unknown.html",
        Can=Can,
        d=found,
        url=to(id),
        states=((State.OPEN, say("Parked")), State.SENT_AWAY if found.state is State.SENT_AWAY else State.RECEIVED),
        tones=TONES,
        parked_by=people.name_of(ctx, found.parked_by_id),
        place=places.place(ctx, found.place_id).name if found.place_id else "",
        may_receive=may_receive,
        search=search,
        expected=receipts.list_expected(ctx, found.site_id, search=search, limit=20) if may_receive and is_open else [],
    )


@router.get("/purchasing/unknown/{id}/order/{order_id}")
def count(ctx: Context, id: int, order_id: int) -> Response:
    """It belongs to this order after all: what of it came?"""
    found, order = deliveries.read(ctx, id), receipts.expected_order(ctx, order_id)
    return render(
        ctx,
        "purchasing/receive_order.html",
        order=order,
        open=receipts.suggestion(order),
        stores=stores_of(ctx, order.site_id),
        today=found.arrived_on,
        parked=found,
    )


@router.post("/purchasing/unknown/{id}/order/{order_id}")
def receive(ctx: Context, id: int, order_id: int, form: Form) -> Response:
    typed = form.into(Delivery)
    came = tuple(Came(one.order_line_id, one.accepted, one.rejected, one.reason) for one in typed.lines)
    if form.text("all") == "yes":
        order = receipts.expected_order(ctx, order_id)
        came = tuple(Came(line.id, left) for line, left in receipts.suggestion(order) if left > 0)
    new = NewReceipt(order_id, came, typed.arrived_on, typed.delivery_note, store_id=typed.store_id)
    done = deliveries.receive_parked(ctx, id, form.version, new)
    return see(ctx, f"/purchasing/receipts/{done.id}", say("{number} is posted.", number=done.number))


@router.post("/purchasing/unknown/{id}/away")
def send_away(ctx: Context, id: int, form: Form) -> Response:
    deliveries.send_away(ctx, id, form.version, form.text("reason", required=True))
    return see(ctx, to(id), say("It goes back with the next lorry."))
