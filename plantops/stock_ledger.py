"""The stock ledger: every movement of goods, what they add up to, and who is told when something is low."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plantops import items, stores, units
from plantops.context import Context, within
from plantops.db import Base, Currency, Id, Money, Quantity, choice, unaudited
from plantops.errors import Conflict, Invalid
from plantops.events import LowStock, OnOrder, StockReceived
from plantops.items import Item
from plantops.places import Site
from plantops.stores import Level, Store
from plantops.wording import say

ASKED = "stock:low"  # marks a balance for which LowStock was told, until somebody says what was asked for
CENT_PART = Decimal("0.0001")


class MoveKind(StrEnum):
    RECEIVE = "receive"
    ISSUE = "issue"
    RETURN = "return"
    ADJUST = "adjust"
    TRANSFER = "transfer"


# --- Tables


class Move(Base):
    """One movement of one item in one store, never changed: a mistake is taken back by a second one."""

    __tablename__ = "core_stock_move"
    __table_args__ = (
        sa.CheckConstraint("quantity <> 0", name="moves_something"),
        sa.Index("ix_core_stock_move_item_store", "item_id", "store_id", "at"),
        sa.Index("ix_core_stock_move_store_at", "store_id", "at"),
        sa.Index("ix_core_stock_move_origin", "origin"),
        sa.Index("ix_core_stock_move_batch", "batch"),
    )

    id: Mapped[Id]
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("core_item.id"))
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("core_store.id"))
    quantity: Mapped[Quantity]
    """In the item's stock unit: above zero comes in, below zero goes out."""
    kind: Mapped[MoveKind] = mapped_column(choice(MoveKind))
    cost: Mapped[Money]
    """Value that came in or went out; what goes out goes at the average."""
    currency: Mapped[Currency]
    origin: Mapped[str]
    cost_centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_cost_centre.id"), index=True)
    note: Mapped[str] = mapped_column(default="")
    moved_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    at: Mapped[datetime]
    batch: Mapped[str]
    """What was posted together under one idempotency key."""
    key: Mapped[str] = mapped_column(unique=True)
    reverses_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_stock_move.id"), unique=True)


class Balance(Base):
    """What the moves add up to. Whoever moves an item in a store locks this row first."""

    __tablename__ = "core_stock_balance"
    __table_args__ = unaudited()

    id: Mapped[int] = mapped_column(sa.Identity(), unique=True)
    """For lists; whoever moves goods knows it by item and store."""
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("core_item.id"), primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("core_store.id"), primary_key=True, index=True)
    on_hand: Mapped[Quantity] = mapped_column(default=Decimal(0), server_default="0")
    value: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    reserved: Mapped[Quantity] = mapped_column(default=Decimal(0), server_default="0")
    asked_origin: Mapped[str | None]
    """What was asked for because it is low: at most one open request per item and store."""


@dataclass(frozen=True)
class Entry:
    """A movement to be posted: signed, in stock units. `cost` None means at the average."""

    item_id: int
    store_id: int
    quantity: Decimal
    kind: MoveKind
    cost: Decimal | None = None
    cost_centre_id: int | None = None
    note: str = ""
    at: datetime | None = None
    reverses_id: int | None = None
    origin: str = ""


Pair = tuple[int, int]


# --- Rules


def why_not_out(item: Item, store: Store, on_hand: Decimal, out: Decimal) -> str | None:
    """Why so much cannot go out: a store does not go below zero unless it may."""
    if on_hand - out >= 0 or store.may_go_negative:
        return None
    there = units.Quantity(on_hand, item.stock_unit)
    return say(
        "{name} has {there} of {sku} {name2}, not {plain}",
        name=store.name,
        there=there,
        sku=item.sku,
        name2=item.name,
        plain=units.plain(out),
    )


def cost_of(balance: Balance, entry: Entry) -> Decimal:
    """The value that moves: stated, or at the average of what lies there; the last one takes the rest."""
    return at_average(balance.on_hand, balance.value, entry.quantity) if entry.cost is None else entry.cost


def at_average(on_hand: Decimal, value: Decimal, quantity: Decimal) -> Decimal:
    """The value of so much (signed) of what lies there; the last one takes the rest."""
    if on_hand <= 0:
        return Decimal(0)
    if on_hand + quantity == 0:
        return -value
    return (value * quantity / on_hand).quantize(CENT_PART, ROUND_HALF_UP)


def wanted(level: Level, on_hand: Decimal, on_order: Decimal) -> Decimal:
    """How much fills it up to the target, with what is on its way counted in."""
    full = level.target if level.target is not None else level.minimum or Decimal(0)
    return max(Decimal(0), full - on_hand - on_order)


# --- Posting: the one way in


@within("receive, issue, transfer, adjust, and modules' own documents stand on it")
def lock(ctx: Context, pairs: Sequence[Pair]) -> dict[Pair, Balance]:
    """The balance rows of (item, store), made where missing, locked always in the same order."""
    ordered = sorted(set(pairs))
    ctx.session.execute(
        sa.text(
            "INSERT INTO core_stock_balance (item_id, store_id) SELECT i, s FROM unnest("
            "CAST(:items AS bigint[]), CAST(:stores AS bigint[])) AS p(i, s) ORDER BY i, s ON CONFLICT DO NOTHING"
        ),
        {"items": [item for item, _ in ordered], "stores": [store for _, store in ordered]},
    )
    rows = ctx.session.scalars(
        sa.select(Balance)
        .where(sa.tuple_(Balance.item_id, Balance.store_id).in_(ordered))
        .order_by(Balance.item_id, Balance.store_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {(row.item_id, row.store_id): row for row in rows}


@within("receive, issue, transfer, adjust, imports and demo history stand on it")
def post(ctx: Context, entries: Sequence[Entry], *, origin: str, key: str) -> list[Move]:
    """Writes movements together or not at all; the same `key` again returns what was posted then.

    Raises Conflict when a store would go below zero, or when the key was used for something else.
    """
    ctx.session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended("stock " + key, 0))))
    before = ctx.session.scalars(sa.select(Move).where(Move.batch == key).order_by(Move.id)).all()
    if before:
        return _posted_before(list(before), entries)
    known = items.items(ctx, [entry.item_id for entry in entries])
    places = stores.hold(ctx, {entry.store_id for entry in entries})
    for entry in entries:
        _check(known.get(entry.item_id), places[entry.store_id], entry)
    balances = lock(ctx, [(entry.item_id, entry.store_id) for entry in entries])
    currency = {row.id: row.currency for row in ctx.session.execute(sa.select(Site.id, Site.currency))}
    moves: list[Move] = []
    for number, entry in enumerate(entries, 1):
        balance, store = balances[entry.item_id, entry.store_id], places[entry.store_id]
        if entry.quantity < 0:
            why = why_not_out(known[entry.item_id], store, balance.on_hand, -entry.quantity)
            if why:
                raise Conflict(say("This cannot be taken out: {why}.", why=why), field=f"lines.{number}.quantity")
        cost = cost_of(balance, entry)
        balance.on_hand += entry.quantity
        balance.value += cost
        moves.append(_move(ctx, entry, cost, currency[store.site_id], origin, key, number))
    ctx.session.add_all(moves)
    ctx.session.flush()
    for entry in entries:
        if entry.kind is MoveKind.RECEIVE and entry.quantity > 0:
            ctx.emit(StockReceived(entry.item_id, entry.store_id, entry.quantity, entry.origin or origin))
    look_at_levels(ctx, list(balances.values()))
    return moves


def _check(item: Item | None, store: Store, entry: Entry) -> None:
    if item is None:
        raise Invalid(say("There is no item {item_id}.", item_id=entry.item_id), field="item_id")
    if why := stores.why_not_store(item, store):
        raise Invalid(say("{name} cannot be moved: {why}.", name=item.name, why=why), field="item_id")
    quantity = units.Quantity(entry.quantity, item.stock_unit).value
    if not quantity or quantity != quantity.quantize(Decimal(1).scaleb(-units.QUANTITY_DIGITS)):
        raise Invalid(
            say("The quantity of {sku} is zero or has more than 6 digits after the point.", sku=item.sku),
            field="quantity",
        )


def _move(ctx: Context, entry: Entry, cost: Decimal, currency: str, origin: str, key: str, number: int) -> Move:
    return Move(
        item_id=entry.item_id,
        store_id=entry.store_id,
        quantity=entry.quantity,
        kind=entry.kind,
        cost=cost,
        currency=currency,
        origin=entry.origin or origin,
        cost_centre_id=entry.cost_centre_id,
        note=entry.note.strip(),
        moved_by_id=ctx.user.id,
        at=entry.at or ctx.now,
        batch=key,
        key=f"{key}:{number}",
        reverses_id=entry.reverses_id,
    )


def _posted_before(moves: list[Move], entries: Sequence[Entry]) -> list[Move]:
    then = [(move.item_id, move.store_id, move.kind, move.quantity) for move in moves]
    now = [(entry.item_id, entry.store_id, entry.kind, entry.quantity) for entry in entries]
    if then != now:
        raise Conflict(say("This was posted before with other quantities. Load the page again."), code="key_used")
    return moves


# --- Low stock


@within("stock that moved, and the daily look, tell when something is low")
def look_at_levels(ctx: Context, balances: Sequence[Balance]) -> int:
    """Tells LowStock once for each of these that is at or below its minimum; returns how many were told."""
    if not balances:
        return 0
    pairs = [(balance.item_id, balance.store_id) for balance in balances]
    found = ctx.session.scalars(sa.select(Level).where(sa.tuple_(Level.item_id, Level.store_id).in_(pairs)))
    levels = {(level.item_id, level.store_id): level for level in found}
    told = 0
    for balance in sorted(balances, key=lambda row: (row.item_id, row.store_id)):
        level = levels.get((balance.item_id, balance.store_id))
        if level is None or level.minimum is None or balance.on_hand > level.minimum:
            balance.asked_origin = None
        elif balance.asked_origin is None:
            told += _tell(ctx, balance, level)
    ctx.session.flush()
    return told


def _tell(ctx: Context, balance: Balance, level: Level) -> int:
    pair = {"item_id": balance.item_id, "store_id": balance.store_id}
    coming = sum(ctx.ask(OnOrder(**pair)), Decimal(0))
    missing = wanted(level, balance.on_hand, coming)
    if not missing:
        return 0
    balance.asked_origin = ASKED
    ctx.session.flush()
    ctx.emit(LowStock(**pair, on_hand=balance.on_hand, on_order=coming, wanted=missing))
    return 1
