"""Cells of a list that are changed where they stand: by keyboard, refused in the cell, and nobody's work lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect

from plantops import stock, stores
from plantops.stock import Line
from purchasing import catalogue
from tests.browser import Served, axe
from tests.web.test_purchasing_pages import Enter, Shop, shop

__all__ = ["shop"]
pytestmark = [pytest.mark.db, pytest.mark.browser]
CELLS = "/lists/core.stock/cells"


@pytest.fixture(scope="module")
def gloves(served: Served, shop: Shop) -> int:
    """Gloves lie in the main store without a level; the row of the list."""
    with served.house.acting() as ctx:
        line = Line(shop.gloves_id, Decimal(500), cost=Decimal(50))
        stock.receive(ctx, shop.store_id, [line], origin="test", key="gloves to be kept")
        return stock.balance_id(ctx, shop.gloves_id, shop.store_id)


def field(page: Page, column: str) -> Locator:
    """The field of the open cell."""
    return page.locator(f"form[data-column={column}] [name=value]")


def level(served: Served, shop: Shop) -> stores.Level:
    with served.house.acting() as ctx:
        found = stores.level(ctx, shop.gloves_id, shop.store_id)
        assert found is not None
        return found


def test_cells_are_changed_by_keyboard_one_after_the_other(
    browser: Callable[..., Page], served: Served, shop: Shop, gloves: int
) -> None:
    page = browser("storekeeper", "kim")
    page.goto("/stock?q=glov&view=0")
    page.keyboard.press("j")
    page.keyboard.press("F2")
    expect(field(page, "bin")).to_be_focused()
    page.keyboard.type("A-07")
    page.keyboard.press("Tab")
    expect(field(page, "minimum")).to_be_focused()
    expect(page.get_by_role("button", name="Change Bin: A-07")).to_be_visible()
    assert axe(page) == []
    page.keyboard.press("Tab")
    expect(field(page, "target")).to_be_focused()
    page.keyboard.type("300")
    page.keyboard.press("Enter")
    expect(page.locator(".cell-form .field-error")).to_have_text(
        "Say at which quantity it is to be filled up to the target."
    )
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Enter Target")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(field(page, "minimum")).to_be_focused()
    page.keyboard.type("100")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Change Minimum: 100 each")).to_be_focused()
    kept = level(served, shop)
    assert (kept.bin, kept.minimum, kept.target) == ("A-07", Decimal(100), None)


def test_two_change_one_cell_and_both_are_shown(
    browser: Callable[..., Page], served: Served, shop: Shop, gloves: int
) -> None:
    page = browser("storekeeper", "kim")
    page.goto("/stock?q=glov&view=0")
    page.get_by_role("button", name="Bin").first.click()
    field(page, "bin").fill("B-01")
    with served.house.acting() as ctx:
        now = stores.level(ctx, shop.gloves_id, shop.store_id)
        stock.set_level(
            ctx, shop.gloves_id, shop.store_id, minimum=Decimal(5), bin="C-02", version=now.version if now else None
        )
    page.keyboard.press("Enter")
    expect(page.locator(".cell-form fieldset")).to_contain_text("Theirs: C-02")
    assert level(served, shop).bin == "C-02", "nothing is overwritten"
    field(page, "bin").press("Enter")
    expect(page.get_by_role("button", name="Change Bin: B-01")).to_be_visible()
    assert level(served, shop).minimum == 5


def test_a_cell_opens_only_for_who_may_change_it(client: Enter, gloves: int) -> None:
    reader, keeper = client("auditor"), client("storekeeper")
    assert not reader.page("/stock?view=0").xpath("//button[@data-cell]")
    assert reader.get(f"{CELLS}/{gloves}/bin", partial=True).status_code == 403
    assert reader.post(f"{CELLS}/{gloves}/bin", value="X", _version=1).status_code == 403
    assert keeper.get(f"{CELLS}/{gloves}/on_hand", partial=True).status_code == 404
    assert keeper.get(f"{CELLS}/999999/bin", partial=True).status_code == 404
    for value, said in (("a few", "is not a number"), ("-3", "0 or more")):
        answer = keeper.post(f"{CELLS}/{gloves}/minimum", value=value, _version=1)
        assert answer.status_code == 422 and said in answer.text


def test_a_new_price_ends_the_old_one_and_the_list_shows_the_new(
    browser: Callable[..., Page], served: Served, shop: Shop
) -> None:
    page = browser("buyer", "bea")
    page.goto("/purchasing/prices?running=yes")
    page.locator("[data-cell=price]").first.click()
    field(page, "price").fill("9.75")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Change Price: 9.75 EUR")).to_be_visible()
    expect(page.locator("#list-rows tr")).to_have_count(1)
    with served.house.acting() as ctx:
        prices = catalogue.list_offers(ctx, supplier_id=shop.supplier_id, past=True)
    assert [str(one.price.normalize()) for one in prices] == ["9.75", "9.5"], "the old one is kept"
    assert prices[1].valid_until == ctx.today - timedelta(days=1)
