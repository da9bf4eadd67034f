"""Carla brings a price list in: what is wrong is set right on the page, all of it loads, and is taken back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from plantops.core import House
from plantops.items import Item
from tests.browser import Served, axe
from tests.purchasing.price_list import DAYS, SUPPLIER, UNIT, PriceList, Wrong, write
from tests.purchasing.price_list import PRICE as WORDS
from tests.stories.stage import COMPUTED_MS, press, toast, working
from tests.web.test_purchasing_pages import Open, Shop, shop

__all__ = ["shop"]
pytestmark = [pytest.mark.db, pytest.mark.browser]

SELLER = "Kessling Hygiene"
MOST_NODES = 1_500
NODES = "document.querySelectorAll('*').length"
COLUMNS = {
    "Article": "sku", "Description": "name", "Group": "category", "Unit": "stock_unit", "Price": "price",
    "Supplier": "supplier", "Lead time": "lead_days", "EAN": "barcode",
}  # fmt: skip
# Every row of the tables that an import of prices may touch, but for those of this list.
THE_REST = sa.text(
    "SELECT md5(string_agg(one, '|' ORDER BY one)) FROM ("
    " SELECT CAST(i AS text) AS one FROM core_item i WHERE sku NOT LIKE :mark"
    " UNION ALL SELECT CAST(p AS text) FROM core_party p UNION ALL SELECT CAST(s AS text) FROM purchasing_supplier s"
    " UNION ALL SELECT CAST(k AS text) FROM core_item_pack k UNION ALL SELECT CAST(o AS text) FROM purchasing_offer o"
    " JOIN core_item i ON i.id = o.item_id WHERE i.sku NOT LIKE :mark) AS every"
)


def the_rest(house: House, mark: str) -> str:
    with house.acting() as ctx:
        return str(ctx.session.scalar(THE_REST, {"mark": f"{mark}-%"}))


def in_catalogue(house: House, mark: str) -> int:
    with house.acting() as ctx:
        found = sa.select(sa.func.count()).where(Item.sku.like(f"{mark}-%"), ~Item.archived)
        return ctx.session.scalar(found) or 0


def number(count: int) -> str:
    return f"{count:,}"


def brings(carla: Page, sheet: PriceList) -> None:
    carla.goto("/items")
    carla.get_by_role("link", name="Import", exact=True).click()
    expect(carla.get_by_label("What is in it")).to_have_value("items")
    carla.locator("input[name=file]").set_input_files(sheet.path)
    press(carla, "Go on")
    expect(carla.get_by_role("heading", level=1)).to_have_text(f"Columns of {sheet.path.name}")
    for head, column in COLUMNS.items():
        carla.get_by_label(f"{head} is", exact=True).select_option(column)
    expect(carla.get_by_role("table", name="Columns")).to_contain_text("Kessling")
    press(carla, "Read the rows")
    done = f"{number(sheet.rows)} rows are read"
    expect(carla.locator("main")).to_contain_text(done, timeout=COMPUTED_MS)


def to_set_right(carla: Page, count: int) -> None:
    """How many rows still have something wrong; the page stays small, however many there are."""
    tab = carla.locator("#staged-head").get_by_role("link", name=re.compile("^To set right"))
    if count:
        expect(tab).to_contain_text(number(count))
    else:
        expect(carla.locator("#load").get_by_role("button")).to_be_enabled()
        expect(tab).to_have_count(0)
    assert carla.evaluate(NODES) <= MOST_NODES


def sifts(carla: Page, count: int) -> None:
    """Only the rows with one kind of fault."""
    chips = carla.get_by_role("list", name="Kinds of faults").get_by_role("link")
    chips.filter(has_text="Unit").press("Enter")
    expect(carla.get_by_role("link", name="All faults")).to_be_visible()
    expect(carla.locator("#staged-rows tr")).to_have_count(min(count, 25))
    carla.get_by_role("link", name="All faults").press("Enter")
    expect(carla.get_by_role("link", name="All faults")).to_have_count(0)


def says_instead(carla: Page, old: str, new: str, count: int) -> None:
    """One answer for all rows with the same word."""
    form = carla.locator("form.fix-many").filter(has_text=f"“{old}”")
    expect(form).to_contain_text(f"{number(count)} row")
    form.get_by_role("textbox").fill(new)
    form.get_by_role("button", name="Replace all").press("Enter")
    toast(carla, f"{number(count)} cells now say “{new}”")


def leaves_out(carla: Page, sheet: PriceList) -> None:
    """There is no price for these: they come another time."""
    count = len(sheet.wrong["prices"])
    form = carla.locator("form.fix-many").filter(has_text=f"“{WORDS}”")
    form.get_by_role("button", name="Leave these out").press("Enter")
    toast(carla, f"{number(count)} rows are left out")


def types_right(carla: Page, sheet: PriceList) -> None:
    """What is wrong in one row only: typed where it stands, and Enter leads to the next."""
    rows = sorted(sheet.typos)
    carla.get_by_label(f"Price, row {rows[0]}", exact=True).focus()
    for row, after in zip(rows, [*rows[1:], 0], strict=True):
        cell = carla.get_by_label(f"Price, row {row}", exact=True)
        expect(cell).to_be_focused()
        carla.keyboard.type(sheet.typos[row])
        carla.keyboard.press("Enter")
        expect(carla.locator(f"#row-{row}")).to_contain_text("Ready")
        if after:
            expect(carla.get_by_label(f"Price, row {after}", exact=True)).to_be_focused()


def tell(served: Served, carla: Page, sheet: PriceList, mark: str) -> None:
    wrong: dict[str, Any] = {name: len(rows) for name, rows in sheet.wrong.items()}
    seen = sum(wrong.values()) - wrong["suppliers"]
    before = the_rest(served.house, mark)
    with working(served.house):
        brings(carla, sheet)
        to_set_right(carla, seen)
        assert axe(carla) == []
        sifts(carla, wrong["units"])
        says_instead(carla, UNIT, "each", wrong["units"])
        if wrong["days"]:
            says_instead(carla, DAYS, "14", wrong["days"])
        leaves_out(carla, sheet)
        to_set_right(carla, wrong["typos"])
        types_right(carla, sheet)
        to_set_right(carla, 0)
        tries_and_loads(carla, sheet)
        assert in_catalogue(served.house, mark) == sheet.rows - wrong["prices"]
        assert the_rest(served.house, mark) == before
        press(carla, "Take it back")
        carla.locator("#ask button[value=yes]").press("Enter")
        expect(carla.locator("main")).to_contain_text(f"{sheet.path.name} is taken back", timeout=COMPUTED_MS)
    assert in_catalogue(served.house, mark) == 0
    assert the_rest(served.house, mark) == before


def tries_and_loads(carla: Page, sheet: PriceList) -> None:
    """Only trying it finds the seller whose name nobody knows; nothing is loaded by that."""
    strangers = len(sheet.wrong["suppliers"])
    press(carla, "Try it first")
    left = sheet.rows - len(sheet.wrong["prices"])
    would = f"{number(left - strangers)} rows would load, {number(strangers)} would be refused"
    expect(carla.locator("main")).to_contain_text(would, timeout=COMPUTED_MS)
    says_instead(carla, SUPPLIER, SELLER, strangers)
    press(carla, f"Load {number(left)} rows")
    loaded = f"{number(left)} of {number(sheet.rows)} rows are loaded, 0 refused"
    expect(carla.locator("main")).to_contain_text(loaded, timeout=COMPUTED_MS)
    # The page reloads itself when the work ends: only the new one can take the rows back.
    expect(carla.get_by_role("button", name="Take it back", exact=True)).to_be_visible()
    assert carla.evaluate(NODES) <= MOST_NODES


def test_150_rows_with_7_bad_cells(served: Served, shop: Shop, browser: Open, tmp_path: Path) -> None:
    wrong = Wrong(units=2, prices=2, suppliers=2, typos=1)
    sheet = write(tmp_path / "autumn.csv", 150, [SELLER], wrong, mark="S")
    tell(served, browser("buyer", "carla"), sheet, "S")


@pytest.mark.slow
def test_5000_rows_with_200_bad_cells(served: Served, shop: Shop, browser: Open, tmp_path: Path) -> None:
    wrong = Wrong(units=90, prices=60, days=30, suppliers=12, typos=8)
    sheet = write(tmp_path / "winter.csv", 5_000, [SELLER], wrong, mark="L")
    tell(served, browser("buyer", "carla"), sheet, "L")
