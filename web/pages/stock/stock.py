"""What lies where: an item in a store, handed out, brought back, moved, set right; and every movement."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fastapi.responses import Response

from plantops import items, links, places, stock, stores
from plantops.lists import MOVES, STOCK
from plantops.permissions import Can
from plantops.stock import Counted, Line
from plantops.wording import say
from web.lists import Named, list_page
from web.page import Context, Form, Query, options, pages_router, render, see

router = pages_router()
TABS = (Named("All"), Named("Low", {"low": "yes"}), Named("Critical", {"critical": "yes"}))
MOVE_TABS = (
    Named("All"),
    Named("Handed out", {"kind": "issue"}),
    Named("Came in", {"kind": "receive"}),
    Named("Set right", {"kind": "adjust"}),
)


@dataclass(frozen=True)
class Handed:
    quantity: Decimal
    cost_centre_id: int
    unit: str = ""


@dataclass(frozen=True)
class Moved:
    quantity: Decimal
    to_store_id: int
    unit: str = ""


@dataclass(frozen=True)
class SetRight:
    quantity: Decimal
    reason: str


@dataclass(frozen=True)
class Kept:
    """When it is low, what it is filled up to, and where it lies."""

    minimum: Decimal | None = None
    target: Decimal | None = None
    bin: str = ""


@dataclass(frozen=True)
class Lying:
    item_id: int
    store_id: int


def to(id: int) -> str:
    return f"/stock/{id}"


def key_of(ctx: Context, form: Form, what: str) -> str:
    """Sent twice, it is posted once."""
    return f"page:{what}:{ctx.user.id}:{form.sending}"


@router.get("/stock")
def index(ctx: Context, query: Query) -> Response:
    add = (say("Keep an item in a store"), "/stock/new") if ctx.may(Can.MANAGE_STOCK) else None
    return list_page(ctx, STOCK, query, tabs=TABS, add=add)


@router.get("/stock/moves")
def moves(ctx: Context, query: Query) -> Response:
    return list_page(ctx, MOVES, query, tabs=MOVE_TABS)


@router.get("/stock/new")
def new(ctx: Context) -> Response:
    ctx.need(Can.MANAGE_STOCK)
    return render(ctx, "stock/stock_new.html", stores=stores.list_stores(ctx))


@router.get("/stock/lookup")
def lookup(ctx: Context, query: Query) -> Response:
    rows = items.list_items(ctx, search=query.get("q", ""), limit=20)
    return options(ctx, [(row.id, row.name, f"{row.sku}, {row.stock_unit}") for row in rows], query)


@router.post("/stock")
def keep(ctx: Context, form: Form) -> Response:
    what, typed = form.into(Lying), form.into(Kept)
    stock.set_level(ctx, what.item_id, what.store_id, minimum=typed.minimum, target=typed.target, bin=typed.bin)
    return see(ctx, to(stock.balance_id(ctx, what.item_id, what.store_id)), say("It is kept in this store now."))


@router.get("/stock/{id}")
def show(ctx: Context, id: int) -> Response:
    row = stock.read_stock(ctx, id)
    item = items.item(ctx, row.item_id)
    may = {right: ctx.may(right, site_id=row.site_id) for right in (Can.MOVE_STOCK, Can.COUNT_STOCK, Can.MANAGE_STOCK)}
    units = [(item.stock_unit, item.stock_unit)] + [
        (pack.unit, say("{unit} of {content}", unit=pack.unit, content=f"{pack.factor.normalize():f}"))
        for pack in item.packs
    ]
    return render(
        ctx,
        "stock/stock.html",
        Can=Can,
        s=row,
        url=to(id),
        may=may,
        units=units,
        moves=stock.list_moves(ctx, item_id=row.item_id, store_id=row.store_id, limit=12),
        others=[one for one in stores.list_stores(ctx) if one.id != row.store_id],
        centres=[(one.id, f"{one.code} {one.name}") for one in places.list_cost_centres(ctx, row.site_id)],
        asked=links.link(ctx, row.asked_origin) if row.asked_origin and row.asked_origin.count("_") else None,
        why_not_issue=None if (row.on_hand or 0) > 0 else say("nothing is there"),
    )


@router.post("/stock/{id}/issue")
def issue(ctx: Context, id: int, form: Form) -> Response:
    row, typed = stock.read_stock(ctx, id), form.into(Handed)
    lines = [Line(row.item_id, typed.quantity, typed.unit)]
    stock.issue(
        ctx, row.store_id, lines, origin=f"core_store:{row.store_id}", key=key_of(ctx, form, "issue"),
        cost_centre_id=typed.cost_centre_id,
    )  # fmt: skip
    return see(ctx, to(id), say("Handed out."))


@router.post("/stock/{id}/back")
def hand_back(ctx: Context, id: int, form: Form) -> Response:
    row, typed = stock.read_stock(ctx, id), form.into(Handed)
    lines = [Line(row.item_id, typed.quantity, typed.unit)]
    stock.hand_back(
        ctx, row.store_id, lines, origin=f"core_store:{row.store_id}", key=key_of(ctx, form, "back"),
        cost_centre_id=typed.cost_centre_id,
    )  # fmt: skip
    return see(ctx, to(id), say("It lies in the store again."))


@router.post("/stock/{id}/transfer")
def transfer(ctx: Context, id: int, form: Form) -> Response:
    row, typed = stock.read_stock(ctx, id), form.into(Moved)
    lines = [Line(row.item_id, typed.quantity, typed.unit)]
    stock.transfer(ctx, row.store_id, typed.to_store_id, lines, key=key_of(ctx, form, "transfer"))
    return see(ctx, to(id), say("Moved to the other store."))


@router.post("/stock/{id}/count")
def count(ctx: Context, id: int, form: Form) -> Response:
    row, typed = stock.read_stock(ctx, id), form.into(SetRight)
    counted = [Counted(row.item_id, typed.quantity)]
    done = stock.adjust(ctx, row.store_id, counted, reason=typed.reason, key=key_of(ctx, form, "count"))
    return see(ctx, to(id), say("The stock is set right.") if done else say("It was right already."))


@router.post("/stock/{id}/level")
def level(ctx: Context, id: int, form: Form) -> Response:
    row, typed = stock.read_stock(ctx, id), form.into(Kept)
    stock.set_level(
        ctx, row.item_id, row.store_id, minimum=typed.minimum, target=typed.target, bin=typed.bin,
        version=form.version or None,
    )  # fmt: skip
    return see(ctx, to(id), say("Saved."))


@router.get("/stock/moves/{id}")
def show_move(ctx: Context, id: int) -> Response:
    row = stock.read_move(ctx, id)
    origin = links.link(ctx, row.origin) if row.origin and not row.origin.startswith("core_store:") else None
    return render(
        ctx,
        "stock/move.html",
        Can=Can,
        m=row,
        url=f"/stock/moves/{id}",
        origin=origin,
        may=ctx.may(Can.MOVE_STOCK, site_id=row.site_id),
        why_not=stock.why_not_take_back(row),
    )


@router.post("/stock/moves/{id}/take-back")
def take_back(ctx: Context, id: int, form: Form) -> Response:
    reason = form.text("reason", required=True)
    done = stock.take_back(ctx, id, reason=reason, key=key_of(ctx, form, "take-back"))
    return see(ctx, f"/stock/moves/{done[0].id}", say("Taken back by a movement the other way."))
