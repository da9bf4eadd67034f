"""How often a page asks the database: as often for a full one as for an empty one, and not more than it must."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from plantops import activity
from tests.browser import Served
from tests.web.test_purchasing_pages import Enter, Shop, shop
from tests.web.test_typed import begun

__all__ = ["shop"]
pytestmark = [pytest.mark.db, pytest.mark.browser]
LIST, ORDER = 6, 7
WITH_A_FORM = 1  # a draft offers the cost centres to choose from


@contextmanager
def counted(served: Served) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(" ".join(statement.split())[:100])

    engine = served.house.database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def test_a_list_asks_for_its_rows_once_whatever_there_is(served: Served, client: Enter, shop: Shop) -> None:
    buyer = client("buyer", "bea")
    buyer.page("/purchasing/orders")
    begun(buyer, shop)
    with counted(served) as asked:
        buyer.page("/purchasing/orders")
    assert len(asked) <= LIST, "\n".join(asked)


def test_what_happened_on_an_order_is_one_question(served: Served, client: Enter, shop: Shop) -> None:
    """Its log, what is said and hangs on it, who follows and who may see it: however much there is of them."""
    buyer = client("buyer", "bea")
    order = begun(buyer, shop)
    buyer.page(order)
    with counted(served) as before:
        buyer.page(order)
    origin = f"purchasing_order:{order.rpartition('/')[2]}"
    with served.house.acting(served.logins["bea"]) as ctx:
        for number in range(3):
            activity.comment(ctx, origin, f"Word {number}")
            activity.add_todo(ctx, origin, f"Deed {number}")
            activity.add_file(ctx, origin, f"{number}.txt", b"words")
    with counted(served) as after:
        page = buyer.page(order)
    assert len(page.xpath("//ol[@class='log']/li")) >= 6
    assert len(after) == len(before), "\n".join(after)
    assert len(after) <= ORDER + WITH_A_FORM, "\n".join(after)
