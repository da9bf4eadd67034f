"""How much of each item is used: what planning ahead stands on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from plantops import stores
from plantops.context import Context, requires
from plantops.items import Item, ItemKind
from plantops.permissions import Can
from plantops.stock_ledger import Balance, Move, MoveKind
from plantops.stores import Level, Store


@dataclass(frozen=True)
class Use:
    """An item that a store keeps a minimum of. Quantities in its stock unit; `first` is its first movement at all."""

    item_id: int
    store_id: int
    sku: str
    item: str
    store: str
    unit: str
    minimum: Decimal
    on_hand: Decimal
    used: Decimal
    first: datetime | None
    shelf_life_days: int | None = None


@requires(Can.READ_STOCK)
def list_use(ctx: Context, site_id: int, since: datetime) -> list[Use]:
    """What the open stores of a site keep a minimum of: what is there, and what was handed out since, less what came
    back or was taken back. What went back to a supplier, was counted or moved to another store is not used."""
    given = (Move.kind == MoveKind.ISSUE) | ((Move.kind == MoveKind.RETURN) & _came_back())
    here = (Move.item_id == Level.item_id) & (Move.store_id == Level.store_id)
    used = sa.select(-sa.func.sum(Move.quantity)).where(here, given, Move.at >= since).scalar_subquery()
    first = sa.select(sa.func.min(Move.at)).where(here).scalar_subquery()
    lies = (Balance.item_id == Level.item_id) & (Balance.store_id == Level.store_id)
    query = (
        sa.select(
            Item.id, Store.id, Item.sku, Item.name, Store.name, Item.stock_unit, Level.minimum,
            sa.func.coalesce(Balance.on_hand, 0), sa.func.greatest(sa.func.coalesce(used, 0), 0), first,
            Item.shelf_life_days,
        )
        .select_from(Level)
        .join(Item, Item.id == Level.item_id)
        .join(Store, Store.id == Level.store_id)
        .outerjoin(Balance, lies)
        .where(Store.id.in_(stores.visible(ctx).with_only_columns(Store.id)), Store.site_id == site_id)
        .where(Level.minimum.is_not(None), ~Store.archived, ~Item.archived, Item.kind == ItemKind.GOOD)
        .order_by(Item.sort_key, Item.id, Store.id)
    )  # fmt: skip
    return [Use(*row) for row in ctx.session.execute(query)]


def _came_back() -> sa.ColumnElement[bool]:
    """A return by whoever had it handed out comes in, one to the supplier goes out; a reversal turns that round."""
    return (Move.quantity > 0) == Move.reverses_id.is_(None)
