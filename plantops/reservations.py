"""Reservations: what is promised to a job or a round and still lies in the store. Soft: they warn and do not bar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plantops import items, stock, stores, units
from plantops.context import Context, requires, within
from plantops.db import Base, Id, Quantity, get
from plantops.errors import Conflict, Invalid
from plantops.events import Waiting, WaitingCard
from plantops.items import Item
from plantops.people import User
from plantops.permissions import Can
from plantops.stock_ledger import Balance, Move, MoveKind, lock
from plantops.stores import Level, Store
from plantops.wording import say

COUNTED_EVERY = timedelta(days=31)


class Reservation(Base):
    """So much of an item in a store for what `origin` names."""

    __tablename__ = "core_stock_reservation"
    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="reserves_something"),
        sa.CheckConstraint("open_quantity BETWEEN 0 AND quantity", name="open_within_quantity"),
        sa.Index(
            "ix_core_stock_reservation_open", "store_id", "item_id", postgresql_where=sa.text("open_quantity > 0")
        ),
        sa.Index("ix_core_stock_reservation_origin", "origin"),
    )

    id: Mapped[Id]
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("core_item.id"))
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("core_store.id"))
    quantity: Mapped[Quantity]
    open_quantity: Mapped[Quantity]
    """What was neither handed out nor released."""
    origin: Mapped[str]
    wanted_on: Mapped[date | None]
    reserved_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    reserved_at: Mapped[datetime]


@dataclass(frozen=True)
class ReservationRow:
    id: int
    item_id: int
    sku: str
    name: str
    unit: str
    open_quantity: Decimal
    origin: str
    wanted_on: date | None
    reserved_by: str


@requires(Can.READ_STOCK)
def list_reservations(ctx: Context, store_id: int) -> list[ReservationRow]:
    """What is to be picked in a store, the most urgent first."""
    get(ctx.session, stores.visible(ctx).where(Store.id == store_id), what="store")
    query = (
        sa.select(
            Reservation.id,
            Reservation.item_id,
            Item.sku,
            Item.name,
            Item.stock_unit,
            Reservation.open_quantity,
            Reservation.origin,
            Reservation.wanted_on,
            User.name,
        )
        .join(Item, Item.id == Reservation.item_id)
        .join(User, User.id == Reservation.reserved_by_id)
        .where(Reservation.store_id == store_id, Reservation.open_quantity > 0)
        .order_by(Reservation.wanted_on.nulls_last(), Reservation.id)
    )
    return [ReservationRow(*row) for row in ctx.session.execute(query)]


@within("the home page asks with the reader's rights")
def waiting(ctx: Context, _question: Waiting) -> list[WaitingCard]:
    """For who hands goods out: what is promised, what is low, and a store that nobody has counted for long."""
    if not ctx.may(Can.MOVE_STOCK):
        return []
    here = sa.select(Reservation.store_id).where(
        Reservation.open_quantity > 0, Reservation.store_id.in_(stores.visible(ctx).with_only_columns(Store.id))
    )
    picks = list(ctx.session.scalars(here))
    place = f"/stores/{picks[0]}" if len(set(picks)) == 1 else "/stores?closed=no"
    low = _low(ctx)
    cards = [
        WaitingCard("things to pick", len(picks), place, "info", order=10, one="thing to pick"),
        WaitingCard("items low", low, "/stock?low=yes", "warn", order=11, one="item low"),
        *(
            WaitingCard("count due", 1, f"/stores/{id}/count", "warn", f"{name}: not counted for a month", order=12)
            for id, name in _not_counted(ctx)
        ),
    ]
    return [card for card in cards if card.count]


def _low(ctx: Context) -> int:
    low = (
        stock.visible_balances(ctx)
        .join(Level, sa.and_(Level.item_id == Balance.item_id, Level.store_id == Balance.store_id))
        .where(Balance.on_hand <= Level.minimum)
        .with_only_columns(sa.func.count())
    )
    return ctx.session.scalar(low) or 0


def _not_counted(ctx: Context) -> list[tuple[int, str]]:
    """Stores with something in them where nothing was set right within a month."""
    seen = stores.visible(ctx).where(~Store.archived)
    holds = sa.exists().where(Balance.store_id == Store.id, Balance.on_hand != 0)
    counted = sa.exists().where(
        Move.store_id == Store.id, Move.kind == MoveKind.ADJUST, Move.at > ctx.now - COUNTED_EVERY
    )
    if ctx.may(Can.COUNT_STOCK):
        return [(one.id, one.name) for one in ctx.session.scalars(seen.where(holds, ~counted).order_by(Store.id))]
    return []


@within("the work order, round or request that needs it has checked the right")
def reserve(
    ctx: Context,
    store_id: int,
    item_id: int,
    quantity: Decimal,
    *,
    origin: str,
    unit: str = "",
    wanted_on: date | None = None,
) -> Reservation:
    """Promises what is free. Raises Conflict when less is free than is asked for."""
    item = items.item(ctx, item_id)
    if not quantity.is_finite() or quantity <= 0:
        raise Invalid(say("Enter a quantity above zero."), field="quantity")
    wanted = items.in_stock_unit(item, quantity, unit or item.stock_unit)
    balance = lock(ctx, [(item_id, store_id)])[item_id, store_id]
    free = balance.on_hand - balance.reserved
    if wanted > free:
        raise Conflict(
            say(
                "Only {quantity} of {sku} {name} is free. Reserve less, or order the rest.",
                quantity=units.Quantity(max(free, Decimal(0)), item.stock_unit),
                sku=item.sku,
                name=item.name,
            ),
            field="quantity",
        )
    balance.reserved += wanted
    made = Reservation(
        item_id=item_id,
        store_id=store_id,
        quantity=wanted,
        open_quantity=wanted,
        origin=origin,
        wanted_on=wanted_on,
        reserved_by_id=ctx.user.id,
        reserved_at=ctx.now,
    )
    ctx.session.add(made)
    ctx.session.flush()
    return made


def _open(ctx: Context, condition: sa.ColumnElement[bool]) -> list[Reservation]:
    """Open reservations with their balances locked first, in the order that posting locks them."""
    query = sa.select(Reservation).where(condition, Reservation.open_quantity > 0).order_by(Reservation.id)
    pairs = [(row.item_id, row.store_id) for row in ctx.session.scalars(query)]
    if not pairs:
        return []
    lock(ctx, pairs)
    return list(ctx.session.scalars(query.with_for_update().execution_options(populate_existing=True)))


@within("the work order, round or request that needed it has checked the right")
def release(ctx: Context, origin: str) -> int:
    """Frees what is still promised to it; returns how many lines."""
    rows = _open(ctx, Reservation.origin == origin)
    for row in rows:
        _take(ctx, row, row.open_quantity)
    ctx.session.flush()
    return len(rows)


@requires(Can.MOVE_STOCK)
def hand_out(
    ctx: Context, store_id: int, reservation_ids: list[int], *, key: str, cost_centre_id: int | None = None
) -> list[Move]:
    """The storekeeper hands out what was promised from a store."""
    store = stores.read_store(ctx, store_id)
    ctx.need(Can.MOVE_STOCK, site_id=store.site_id)
    mine = {row.id for row in list_reservations(ctx, store_id)}
    if not reservation_ids or not mine.issuperset(reservation_ids):
        raise Conflict(say("Some of it is no longer to be picked here. Load the page again and pick what is left."))
    return pick(ctx, reservation_ids, key=key, cost_centre_id=cost_centre_id)


@within("handing out what was promised has checked the right")
def pick(ctx: Context, reservation_ids: list[int], *, key: str, cost_centre_id: int | None = None) -> list[Move]:
    """Hands out what these reservations still promise, store by store."""
    rows = _open(ctx, Reservation.id.in_(reservation_ids))
    before = ctx.session.scalars(sa.select(Move).where(Move.batch.startswith(f"{key}/", autoescape=True))).all()
    if before:
        return list(before)
    if not rows:
        raise Conflict(say("Nothing of it is reserved any more. Load the page again."))
    moves: list[Move] = []
    for store_id, origin in dict.fromkeys((row.store_id, row.origin) for row in rows):
        here = [row for row in rows if (row.store_id, row.origin) == (store_id, origin)]
        lines = [stock.Line(row.item_id, row.open_quantity) for row in here]
        for row in here:
            _take(ctx, row, row.open_quantity)
        batch = f"{key}/{store_id}/{origin}"
        moves += stock.use(ctx, store_id, lines, origin=origin, key=batch, cost_centre_id=cost_centre_id)
    return moves


def _take(ctx: Context, row: Reservation, quantity: Decimal) -> None:
    balance = ctx.session.get_one(Balance, (row.item_id, row.store_id))
    balance.reserved -= quantity
    row.open_quantity -= quantity
