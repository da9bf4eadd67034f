"""How often writing an order asks the database: as often for ten lines as for two, and not more than it must."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from plantops import items
from plantops.items import ItemFacts
from purchasing import catalogue, ordering, orders
from purchasing.catalogue import OfferFacts
from purchasing.ordering import Pick
from purchasing.requisition_lines import NewLine
from tests.purchasing.shop import TODAY, D, Shop

pytestmark = pytest.mark.db
TO_A_DRAFT, TO_THE_SUPPLIER = 11, 22  # two more each in a request: who it is, and that it was sent once


@contextmanager
def counted(shop: Shop) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(" ".join(statement.split())[:100])

    connection = shop.buyer.session.connection()
    sa.event.listen(connection, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(connection, "before_cursor_execute", note)


def wishes(shop: Shop, count: int, name: str) -> list[Pick]:
    """One requisition for so many new items, each with a price."""
    ctx = shop.someone()
    category_id = ctx.session.scalars(sa.text("SELECT id FROM core_item_category WHERE code = 'GOODS'")).one()
    lines = []
    for number in range(count):
        item = items.add_item(ctx, ItemFacts(f"{name}{number}", f"Part {name}{number}", category_id))
        catalogue.set_offer(ctx, OfferFacts(shop.supplier_id, item.id, "each", D(2), TODAY))
        lines.append(NewLine(D(3), item.id))
    made = shop.approved(*lines)
    ctx.session.flush()
    ctx.session.expunge_all()
    ids = ctx.session.scalars(
        sa.text("SELECT id FROM purchasing_requisition_line WHERE requisition_id = :id"), {"id": made.id}
    )
    return [Pick(id) for id in ids]


def written(shop: Shop, count: int, name: str) -> tuple[int, int]:
    """Statements until the draft is there, and until it is out."""
    picks, buyer = wishes(shop, count, name), shop.buyer
    with counted(shop) as first:
        (draft,) = ordering.consolidate(buyer, picks)
    assert len(draft.lines) == count
    with counted(shop) as second:
        placed = orders.place(buyer, draft.id, draft.version)
    assert placed.number
    return len(first), len(second)


def test_an_order_of_ten_lines_asks_as_often_as_one_of_two(shop: Shop) -> None:
    written(shop, 1, "W")  # takes the year's first number
    few, many = written(shop, 2, "F"), written(shop, 10, "M")
    assert few == many
    assert few == (TO_A_DRAFT, TO_THE_SUPPLIER), "fewer is good news (three are for followers): write the new number"
