"""Stock: goods come in, are handed out, moved, counted and set right; nothing is ever rubbed out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from plantops import items, stores
from plantops.context import Context, requires, within
from plantops.db import get
from plantops.errors import Conflict, Invalid, NotFound
from plantops.items import Item
from plantops.people import User
from plantops.permissions import Can
from plantops.places import CostCentre
from plantops.stock_ledger import Balance, Entry, Move, MoveKind, at_average, lock, look_at_levels, post
from plantops.stores import Level, Store
from plantops.wording import plural, say


@dataclass(frozen=True)
class Line:
    """So much of an item, in `unit` (empty: its stock unit); `cost` is its whole value where it is known."""

    item_id: int
    quantity: Decimal
    unit: str = ""
    cost: Decimal | None = None


@dataclass(frozen=True)
class Counted:
    """What somebody counted of an item; `counted_at`: moves after it stay valid."""

    item_id: int
    quantity: Decimal
    counted_at: datetime | None = None


@dataclass(frozen=True)
class StockRow:
    item_id: int
    store_id: int
    sku: str
    name: str
    unit: str
    bin: str
    on_hand: Decimal | None
    reserved: Decimal
    minimum: Decimal | None
    target: Decimal | None
    is_critical: bool
    asked_origin: str | None
    id: int
    store: str
    site_id: int
    level_version: int | None


@dataclass(frozen=True)
class MoveRow:
    """One movement with names, as its own page shows it."""

    id: int
    item_id: int
    sku: str
    name: str
    unit: str
    store_id: int
    store: str
    site_id: int
    kind: str
    quantity: Decimal
    cost: Decimal
    currency: str
    origin: str
    cost_centre: str | None
    note: str
    by: str
    at: datetime
    reverses_id: int | None
    reversed_by_id: int | None


# --- Rules


def why_not_take_back(move: MoveRow) -> str | None:
    if move.kind == MoveKind.RECEIVE:
        return say("it belongs to a goods receipt, which is taken back as a whole")
    if move.reverses_id is not None:
        return say("it takes something back itself")
    if move.reversed_by_id is not None:
        return say("it was taken back already")
    return None


# --- Questions


def visible_balances(ctx: Context) -> sa.Select[Balance]:
    return sa.select(Balance).where(Balance.store_id.in_(stores.visible(ctx).with_only_columns(Store.id)))


def visible_moves(ctx: Context) -> sa.Select[Move]:
    return sa.select(Move).where(Move.store_id.in_(stores.visible(ctx).with_only_columns(Store.id)))


@requires(Can.READ_STOCK)
def list_stock(ctx: Context, store_id: int, *, low_only: bool = False, limit: int = 500) -> list[StockRow]:
    """What lies in a store, by name of the item."""
    get(ctx.session, stores.visible(ctx).where(Store.id == store_id), what="store")
    return _stock_rows(ctx, Balance.store_id == store_id, low_only=low_only, limit=limit)


@requires(Can.READ_STOCK)
def list_stock_of(ctx: Context, item_id: int) -> list[StockRow]:
    """In which stores an item lies."""
    here = visible_balances(ctx).with_only_columns(Balance.id)
    return _stock_rows(ctx, (Balance.item_id == item_id) & Balance.id.in_(here))


@requires(Can.READ_STOCK)
def read_stock(ctx: Context, id: int) -> StockRow:
    """One item in one store."""
    here = visible_balances(ctx).with_only_columns(Balance.id)
    rows = _stock_rows(ctx, (Balance.id == id) & Balance.id.in_(here))
    if not rows:
        raise NotFound(say("There is no such stock, or you may not see it."))
    return rows[0]


@within("the page of an item in a store is found by both")
def balance_id(ctx: Context, item_id: int, store_id: int) -> int:
    found = sa.select(Balance.id).where(Balance.item_id == item_id, Balance.store_id == store_id)
    return ctx.session.scalar(found) or 0


@requires(Can.READ_STOCK)
def list_moves(
    ctx: Context, *, item_id: int | None = None, store_id: int | None = None, id: int | None = None, limit: int = 20
) -> list[MoveRow]:
    """The last movements, the newest first."""
    undone = aliased(Move)
    query = (
        sa.select(
            Move.id, Item.id, Item.sku, Item.name, Item.stock_unit, Store.id, Store.name, Store.site_id, Move.kind,
            Move.quantity, Move.cost, Move.currency, Move.origin, CostCentre.code, Move.note, User.name, Move.at,
            Move.reverses_id, undone.id,
        )
        .join(Item, Item.id == Move.item_id)
        .join(Store, Store.id == Move.store_id)
        .join(User, User.id == Move.moved_by_id)
        .outerjoin(CostCentre, CostCentre.id == Move.cost_centre_id)
        .outerjoin(undone, undone.reverses_id == Move.id)
        .where(Move.store_id.in_(stores.visible(ctx).with_only_columns(Store.id)))
        .order_by(Move.id.desc())
        .limit(limit)
    )  # fmt: skip
    for column, value in ((Move.item_id, item_id), (Move.store_id, store_id), (Move.id, id)):
        if value is not None:
            query = query.where(column == value)
    rows: list[MoveRow] = []
    for row in ctx.session.execute(query):
        values: Sequence[object] = row
        rows.append(MoveRow(*values))  # type: ignore[arg-type]
    return rows


@requires(Can.READ_STOCK)
def read_move(ctx: Context, id: int) -> MoveRow:
    rows = list_moves(ctx, id=id)
    if not rows:
        raise NotFound(say("There is no such movement, or you may not see it."))
    return rows[0]


@requires(Can.COUNT_STOCK)
def count_sheet(ctx: Context, store_id: int, *, blind: bool = True) -> list[StockRow]:
    """What is to be counted, by bin; a blind sheet does not say what should be there."""
    ctx.need(Can.COUNT_STOCK, site_id=stores.store(ctx, store_id).site_id)
    rows = sorted(_stock_rows(ctx, Balance.store_id == store_id), key=lambda row: (row.bin, row.name, row.item_id))
    return [replace(row, on_hand=None, reserved=Decimal(0)) for row in rows] if blind else rows


def _stock_rows(
    ctx: Context, which: sa.ColumnElement[bool], *, low_only: bool = False, limit: int | None = None
) -> list[StockRow]:
    query = (
        sa.select(
            Balance.item_id,
            Balance.store_id,
            Item.sku,
            Item.name,
            Item.stock_unit,
            sa.func.coalesce(Level.bin, ""),
            Balance.on_hand,
            Balance.reserved,
            Level.minimum,
            Level.target,
            Item.is_critical,
            Balance.asked_origin,
            Balance.id,
            Store.name,
            Store.site_id,
            Level.version,
        )
        .join(Item, Item.id == Balance.item_id)
        .join(Store, Store.id == Balance.store_id)
        .outerjoin(Level, sa.and_(Level.item_id == Balance.item_id, Level.store_id == Balance.store_id))
        .where(which)
        .order_by(Item.sort_key, Item.id, Store.sort_key)
        .limit(limit)
    )
    if low_only:
        query = query.where(Balance.on_hand <= Level.minimum)
    rows: list[StockRow] = []
    for row in ctx.session.execute(query):
        values: Sequence[object] = row
        rows.append(StockRow(*values))  # type: ignore[arg-type]
    return rows


@within("other modules ask how much there is before they plan or promise")
def on_hand(ctx: Context, item_id: int, store_id: int) -> Decimal:
    query = sa.select(Balance.on_hand).where(Balance.item_id == item_id, Balance.store_id == store_id)
    return ctx.session.scalar(query) or Decimal(0)


@within("other modules ask how much is free before they plan or promise")
def available(ctx: Context, item_id: int, store_id: int) -> Decimal:
    """On hand without what is reserved; below zero when more was promised than is there."""
    query = sa.select(Balance.on_hand - Balance.reserved)
    return ctx.session.scalar(query.where(Balance.item_id == item_id, Balance.store_id == store_id)) or Decimal(0)


# --- Low stock


@within("who listens to LowStock says what was asked for")
def asked(ctx: Context, item_id: int, store_id: int, origin: str | None) -> None:
    """From now on nobody asks again for this item and store, until it arrives or the request is withdrawn.

    None: it could not be asked for; the next movement and the daily look tell it again.
    """
    lock(ctx, [(item_id, store_id)])[item_id, store_id].asked_origin = origin
    ctx.session.flush()


@within("who withdrew, refused or closed the request says so")
def no_longer_asked(ctx: Context, origin: str) -> None:
    """The request is off: what is still low is told again, at the latest by the daily look."""
    ctx.session.execute(
        sa.update(Balance)
        .where(Balance.asked_origin == origin)
        .values(asked_origin=None)
        .execution_options(synchronize_session="fetch")
    )


@within("a job of the system")
def tell_low(ctx: Context) -> int:
    """The daily look at everything that is low and not yet asked for."""
    query = (
        sa.select(Balance.item_id, Balance.store_id)
        .join(Level, sa.and_(Level.item_id == Balance.item_id, Level.store_id == Balance.store_id))
        .where(Balance.on_hand <= Level.minimum, Balance.asked_origin.is_(None))
    )
    pairs = [(item_id, store_id) for item_id, store_id in ctx.session.execute(query)]
    return look_at_levels(ctx, list(lock(ctx, pairs).values())) if pairs else 0


# --- Actions


def _entries(ctx: Context, store_id: int, lines: Sequence[Line], kind: MoveKind, sign: int) -> list[Entry]:
    known = items.items(ctx, [line.item_id for line in lines])
    made: list[Entry] = []
    for number, line in enumerate(lines, 1):
        item, field = known.get(line.item_id), f"lines.{number}"
        if item is None:
            raise Invalid(say("There is no such item."), field=f"{field}.item_id")
        if not line.quantity.is_finite() or line.quantity <= 0:
            raise Invalid(say("Enter a quantity above zero."), field=f"{field}.quantity")
        quantity = items.in_stock_unit(item, line.quantity, line.unit or item.stock_unit)
        cost = None if line.cost is None else sign * line.cost
        made.append(Entry(item.id, store_id, sign * quantity, kind, cost))
    if not made:
        raise Invalid(say("There is no line. Enter at least one item."), field="lines")
    return made


def _need(ctx: Context, right: Can, store_id: int) -> None:
    ctx.need(right, site_id=stores.read_store(ctx, store_id).site_id)


@within("the goods receipt has checked the right to receive")
def receive(ctx: Context, store_id: int, lines: Sequence[Line], *, origin: str, key: str) -> list[Move]:
    """Goods come in. `key` names this one receipt: sent twice, it is posted once."""
    return post(ctx, _entries(ctx, store_id, lines, MoveKind.RECEIVE, 1), origin=origin, key=key)


@within("the work order, round or trip that uses it up has checked the right")
def use(
    ctx: Context, store_id: int, lines: Sequence[Line], *, origin: str, key: str, cost_centre_id: int | None = None
) -> list[Move]:
    """Goods go out to what is named by `origin`, at the average cost, charged to a cost centre."""
    entries = [
        replace(entry, cost_centre_id=cost_centre_id) for entry in _entries(ctx, store_id, lines, MoveKind.ISSUE, -1)
    ]
    return post(ctx, entries, origin=origin, key=key)


@requires(Can.MOVE_STOCK)
def issue(
    ctx: Context, store_id: int, lines: Sequence[Line], *, origin: str, key: str, cost_centre_id: int | None = None
) -> list[Move]:
    """The storekeeper hands goods out, to a cost centre or for a work order."""
    _need(ctx, Can.MOVE_STOCK, store_id)
    return use(ctx, store_id, lines, origin=origin, key=key, cost_centre_id=cost_centre_id)


@requires(Can.MOVE_STOCK)
def hand_back(
    ctx: Context, store_id: int, lines: Sequence[Line], *, origin: str, key: str, cost_centre_id: int | None = None
) -> list[Move]:
    """What was handed out and not used comes back, at the average cost."""
    _need(ctx, Can.MOVE_STOCK, store_id)
    entries = [
        replace(entry, cost_centre_id=cost_centre_id) for entry in _entries(ctx, store_id, lines, MoveKind.RETURN, 1)
    ]
    return post(ctx, entries, origin=origin, key=key)


@within("the return to the supplier has checked the right")
def send_back(ctx: Context, store_id: int, lines: Sequence[Line], *, origin: str, key: str) -> list[Move]:
    """Goods leave for the supplier."""
    return post(ctx, _entries(ctx, store_id, lines, MoveKind.RETURN, -1), origin=origin, key=key)


@requires(Can.MOVE_STOCK)
def transfer(ctx: Context, from_store_id: int, to_store_id: int, lines: Sequence[Line], *, key: str) -> list[Move]:
    """From one store to another, out and in together, with the value that leaves."""
    _need(ctx, Can.MOVE_STOCK, from_store_id)
    _need(ctx, Can.MOVE_STOCK, to_store_id)
    if from_store_id == to_store_id:
        raise Invalid(say("It lies in this store already. Choose another one."), field="to_store_id")
    out = _entries(ctx, from_store_id, lines, MoveKind.TRANSFER, -1)
    balances = lock(ctx, [(e.item_id, store) for e in out for store in (from_store_id, to_store_id)])
    entries: list[Entry] = []
    left = {item_id: (row.on_hand, row.value) for (item_id, store), row in balances.items() if store == from_store_id}
    for entry in out:
        on_hand, value = left[entry.item_id]  # an item that stands there twice: what the line before left
        cost = at_average(on_hand, value, entry.quantity)
        left[entry.item_id] = (on_hand + entry.quantity, value + cost)
        entries += [
            replace(entry, cost=cost),
            replace(entry, cost=-cost, quantity=-entry.quantity, store_id=to_store_id),
        ]
    return post(ctx, entries, origin=f"core_store:{from_store_id}", key=key)


@requires(Can.COUNT_STOCK)
def adjust(ctx: Context, store_id: int, counted: Sequence[Counted], *, reason: str, key: str) -> list[Move]:
    """What was counted is what is there. Returns the differences only; moves after `counted_at` stay valid."""
    _need(ctx, Can.COUNT_STOCK, store_id)
    if not reason.strip():
        raise Invalid(say("Say why it is set right, for example: count of November."), field="reason")
    pairs = [(line.item_id, store_id) for line in counted]
    if len(set(pairs)) < len(pairs):
        raise Invalid(say("An item stands there twice. Enter one count for each."), field="lines")
    balances = lock(ctx, pairs)
    if before := ctx.session.scalars(sa.select(Move).where(Move.batch == key).order_by(Move.id)).all():
        return list(before)
    entries: list[Entry] = []
    for number, line in enumerate(counted, 1):
        if not line.quantity.is_finite() or line.quantity < 0:
            raise Invalid(say("Enter what was counted: 0 or more."), field=f"lines.{number}.quantity")
        later = sa.select(sa.func.coalesce(sa.func.sum(Move.quantity), 0)).where(
            Move.item_id == line.item_id, Move.store_id == store_id, Move.at > (line.counted_at or ctx.now)
        )
        then = balances[line.item_id, store_id].on_hand - (ctx.session.scalar(later) or 0)
        if line.quantity != then:
            entries.append(
                Entry(line.item_id, store_id, line.quantity - then, MoveKind.ADJUST, note=reason, at=ctx.now)
            )
    return post(ctx, entries, origin=f"core_store:{store_id}", key=key) if entries else []


@within("the document's own reversal, or take_back, has checked the right")
def reverse(ctx: Context, moves: Sequence[Move], *, reason: str, key: str) -> list[Move]:
    """Takes movements back by opposite ones, each once, at the value they had."""
    if not reason.strip():
        raise Invalid(say("Say why it is taken back."), field="reason")
    ids = [move.id for move in moves]
    lock(ctx, [(move.item_id, move.store_id) for move in moves])
    if ctx.session.scalar(sa.select(sa.func.count()).where(Move.reverses_id.in_(ids), Move.batch != key)):
        raise Conflict(say("This was taken back already."))
    if any(move.reverses_id for move in moves):
        raise Conflict(say("This takes something back itself. Post what is right instead."))
    entries = [
        Entry(
            item_id=move.item_id,
            store_id=move.store_id,
            quantity=-move.quantity,
            kind=move.kind,
            cost=-move.cost,
            cost_centre_id=move.cost_centre_id,
            note=reason,
            reverses_id=move.id,
            origin=move.origin,
        )
        for move in moves
    ]
    return post(ctx, entries, origin="", key=key)


@requires(Can.MOVE_STOCK)
def take_back(ctx: Context, move_id: int, *, reason: str, key: str) -> list[Move]:
    """Undoes what was posted together with this move, a transfer on both sides. Receipts go by their document."""
    move = get(ctx.session, sa.select(Move).where(Move.id == move_id), what="movement")
    together = ctx.session.scalars(sa.select(Move).where(Move.batch == move.batch).order_by(Move.id)).all()
    for store_id in sorted({each.store_id for each in together}):
        _need(ctx, Can.MOVE_STOCK, store_id)
    if move.kind is MoveKind.RECEIVE:
        raise Conflict(
            say("This belongs to a goods receipt. Take back {replace} instead.", replace=move.origin.replace("_", " "))
        )
    return reverse(ctx, together, reason=reason, key=key)


@requires(Can.MANAGE_STOCK)
def set_level(
    ctx: Context,
    item_id: int,
    store_id: int,
    *,
    minimum: Decimal | None,
    target: Decimal | None = None,
    bin: str | None = None,
    version: int | None = None,
) -> Level:
    """When an item is low in a store, what it is filled up to, and in which bin it lies (None: as before).

    `version` is that of the level that the person saw (`StockRow.level_version`); None when there was none.
    """
    _need(ctx, Can.MANAGE_STOCK, store_id)
    if why := stores.why_not_store(items.item(ctx, item_id), stores.store(ctx, store_id)):
        raise Invalid(say("It cannot lie there: {why}.", why=why), field="item_id")
    balance = lock(ctx, [(item_id, store_id)])[item_id, store_id]
    level = stores.write_level(ctx, item_id, store_id, version, minimum, target, bin)
    look_at_levels(ctx, [balance])
    return level


@requires(Can.MANAGE_STOCK)
def close_store(ctx: Context, id: int, version: int, *, closed: bool = True) -> Store:
    """An empty store goes out of the lists and pickers; its movements stay. `closed=False` opens it again."""
    kept = get(ctx.session, stores.visible(ctx).where(Store.id == id), what="store", version=version, lock=True)
    ctx.need(Can.MANAGE_STOCK, site_id=kept.site_id)
    if closed and (why := why_not_close(ctx, id)):
        raise Conflict(say("Cannot close {name}: {why}.", name=kept.name, why=why))
    kept.archived = closed
    kept.version += 1
    ctx.session.flush()
    return kept


@within("the store's page explains its button by it, the closing asks again")
def why_not_close(ctx: Context, store_id: int) -> str | None:
    there = sa.select(sa.func.count()).where(Balance.store_id == store_id, Balance.on_hand != 0)
    count = ctx.session.scalar(there) or 0
    if not count:
        return None
    lying = plural("{n} item lies in it", "{n} items lie in it", count)
    return say("{lying}: move or count out what is there first", lying=lying)
