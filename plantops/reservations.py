"""Reservations: what is promised to a job or a round and still lies in the store. Soft: they warn and do not bar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plantops import items, stock, stores, units
from plantops.context import Context, requires, within
from plantops.db import Base, Id, Quantity, get
from plantops.errors import Conflict, Invalid
from plantops.items import Item
from plantops.people import User
from plantops.permissions import Can
from plantops.stock_ledger import Balance, Move, lock
from plantops.stores import Store


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
        raise Invalid("Enter a quantity above zero.", field="quantity")
    wanted = items.in_stock_unit(item, quantity, unit or item.stock_unit)
    balance = lock(ctx, [(item_id, store_id)])[item_id, store_id]
    free = balance.on_hand - balance.reserved
    if wanted > free:
        raise Conflict(
            f"Only {units.Quantity(max(free, Decimal(0)), item.stock_unit)} of {item.sku} {item.name} is free. "
            "Reserve less, or order the rest.",
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


@within("handing out what was promised has checked the right")
def pick(ctx: Context, reservation_ids: list[int], *, key: str, cost_centre_id: int | None = None) -> list[Move]:
    """Hands out what these reservations still promise, store by store."""
    rows = _open(ctx, Reservation.id.in_(reservation_ids))
    before = ctx.session.scalars(sa.select(Move).where(Move.batch.startswith(f"{key}/", autoescape=True))).all()
    if before:
        return list(before)
    if not rows:
        raise Conflict("Nothing of it is reserved any more. Load the page again.")
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
