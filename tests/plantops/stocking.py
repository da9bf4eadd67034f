"""What stock tests need: a store, items, a storekeeper's moves."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

from plantops import items, stock, stores
from plantops.context import Context
from plantops.invariants import INVARIANTS
from plantops.items import Item, ItemFacts
from plantops.stock_ledger import Move
from plantops.stores import Store
from tests.plantops.approving import verrin

KEYS = count(1)


def bearing(ctx: Context, sku: str = "6204-2RS", *, packs: dict[str, Decimal] | None = None, **facts: Any) -> Item:
    there = next((c for c in items.list_categories(ctx) if c.code == "spares"), None)
    category = there or items.add_category(ctx, "spares", "Spare parts")
    return items.add_item(ctx, ItemFacts(sku, f"Bearing {sku}", category.id, **facts), packs=packs)


def main_store(ctx: Context, code: str = "MAIN", **more: Any) -> Store:
    return stores.add_store(ctx, verrin(ctx), code, f"{code.title()} store", **more)


def put(ctx: Context, store: Store, item: Item, quantity: int | str, cost: int | str | None = None) -> list[Move]:
    value = None if cost is None else Decimal(cost)
    line = stock.Line(item.id, Decimal(quantity), cost=value)
    return stock.receive(ctx, store.id, [line], origin="purchasing_receipt:1", key=f"put {next(KEYS)}")


def take(ctx: Context, store: Store, item: Item, quantity: int | str, key: str = "") -> list[Move]:
    line = stock.Line(item.id, Decimal(quantity))
    return stock.issue(ctx, store.id, [line], origin="core_cost_centre:1", key=key or f"take {next(KEYS)}")


def left(ctx: Context, store: Store, item: Item) -> Decimal:
    return stock.on_hand(ctx, item.id, store.id)


def broken(ctx: Context) -> list[str]:
    """What no longer holds of approvals and stock."""
    return [str(row[1]) for each in INVARIANTS for row in ctx.session.execute(each.query)]
