"""Receiving at the dock: which orders are to come, what came of one, where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fastapi.responses import Response
from starlette.datastructures import UploadFile

from plantops import files, places
from plantops.wording import say
from purchasing import boards, receipts
from purchasing.lists import RECEIPTS
from purchasing.models.bills import ReceiptState as State
from purchasing.permissions import Can
from purchasing.receipt_rules import Came
from purchasing.receipts import NewReceipt
from web.lists import Named, list_page
from web.page import Context, Form, Query, kept, pages_router, render, see
from web.pages.purchasing.chosen import site_or_all, stores_of

router = pages_router()
MOST_AHEAD = 25  # the most urgent orders come onto the device, to be received without network
TABS = (
    Named("All"),
    Named("Deliveries", {"kind": "delivery"}),
    Named("Sent back", {"kind": "return"}),
    Named("Taken back", {"kind": "reversal"}),
)
STATES = {
    State.DRAFT: (State.DRAFT, State.POSTED),
    State.POSTED: (State.DRAFT, State.POSTED),
    State.REVERSED: (State.DRAFT, State.POSTED, State.REVERSED),
}


@dataclass(frozen=True)
class Counted:
    order_line_id: int
    accepted: Decimal = Decimal(0)
    rejected: Decimal = Decimal(0)
    reason: str = ""


@dataclass(frozen=True)
class Delivery:
    arrived_on: date
    lines: tuple[Counted, ...]
    delivery_note: str = ""
    store_id: int | None = None
    photo: UploadFile | None = None


@dataclass(frozen=True)
class SentBack:
    reason: str
    lines: tuple[Counted, ...]
    note: str = ""
    store_id: int | None = None


@router.get("/purchasing/receive")
def index(ctx: Context, query: Query) -> Response:
    site_id = site_or_all(ctx, query)
    search, due = query.get("q", ""), query.get("due") == "yes"
    page = render(
        ctx,
        "purchasing/receive.html",
        sites=places.list_sites(ctx),
        site_id=site_id,
        search=search,
        due=due,
        most=receipts.MOST_EXPECTED,
        expected=receipts.list_expected(ctx, site_id, search=search, until=ctx.today if due else None),
        today=ctx.today,
        ahead=MOST_AHEAD,
    )
    return kept(page)


@router.get("/purchasing/receive/{order_id}")
def count(ctx: Context, order_id: int) -> Response:
    order = receipts.expected_order(ctx, order_id)
    page = render(
        ctx,
        "purchasing/receive_order.html",
        order=order,
        open=receipts.suggestion(order),
        stores=stores_of(ctx, order.site_id),
        today=ctx.today,
        parked=None,
    )
    return kept(page)


@router.post("/purchasing/receive/{order_id}")
def receive(ctx: Context, order_id: int, form: Form) -> Response:
    """“All received” fills the open quantities in here, so that it works without a script."""
    typed = form.into(Delivery)
    came = tuple(Came(one.order_line_id, one.accepted, one.rejected, one.reason) for one in typed.lines)
    if form.text("all") == "yes":
        order = receipts.expected_order(ctx, order_id)
        came = tuple(Came(line.id, left) for line, left in receipts.suggestion(order) if left > 0)
    photo_id = files.keep(ctx, typed.photo.filename or "photo", typed.photo.file.read()).id if typed.photo else None
    new = NewReceipt(order_id, came, typed.arrived_on, typed.delivery_note, store_id=typed.store_id, photo_id=photo_id)
    done = receipts.receive(ctx, new)
    return see(ctx, f"/purchasing/receipts/{done.id}", say("{number} is posted.", number=done.number))


@router.get("/purchasing/receipts")
def receipts_index(ctx: Context, query: Query) -> Response:
    return list_page(ctx, RECEIPTS, query, tabs=TABS)


@router.get("/purchasing/receipts/{id}")
def show(ctx: Context, id: int) -> Response:
    sheet = boards.receipt_sheet(ctx, id)
    return render(
        ctx,
        "purchasing/receipt.html",
        Can=Can,
        sheet=sheet,
        r=sheet.receipt,
        url=f"/purchasing/receipts/{id}",
        states=STATES[sheet.receipt.state],
        stores=stores_of(ctx, sheet.receipt.site_id),
    )


@router.post("/purchasing/receipts/{id}/reverse")
def reverse(ctx: Context, id: int, form: Form) -> Response:
    done = receipts.reverse(ctx, id, form.version, form.text("reason", required=True))
    return see(ctx, f"/purchasing/receipts/{done.id}", say("{number} takes it back.", number=done.number))


@router.post("/purchasing/receipts/{id}/back")
def send_back(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(SentBack)
    found = boards.receipt_sheet(ctx, id).receipt
    came = [Came(one.order_line_id, one.accepted) for one in typed.lines]
    done = receipts.send_back(ctx, found.order_id, came, typed.reason, note=typed.note, store_id=typed.store_id)
    return see(
        ctx,
        f"/purchasing/receipts/{done.id}",
        say("{number}: it goes back. The supplier owes a credit note.", number=done.number),
    )


@router.post("/purchasing/receipts/{id}/post")
def post(ctx: Context, id: int, form: Form) -> Response:
    return see(
        ctx,
        f"/purchasing/receipts/{id}",
        say("{number} is posted.", number=receipts.post(ctx, id, form.version).number),
    )


@router.post("/purchasing/receipts/{id}/discard")
def discard(ctx: Context, id: int, form: Form) -> Response:
    receipts.discard(ctx, id, form.version)
    return see(ctx, "/purchasing/receive", say("The draft is gone."))
