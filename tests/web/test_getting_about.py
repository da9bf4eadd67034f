"""Getting about: the palette, crumbs, favourites, what was opened last, the bell, and shortcuts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lxml.html
import pytest
import sqlalchemy as sa

from plantops import activity, items
from plantops.items import ItemFacts
from tests.browser import Client, Served, axe, browser, client, served
from web.app import page_packages

__all__ = ["browser", "client", "served"]
pytestmark = pytest.mark.db

Clients = Callable[..., Client]


@pytest.fixture(scope="module")
def bearing(served: Served) -> int:
    with served.house.acting() as ctx:
        goods = items.add_category(ctx, "GOODS", "Goods")
        return items.add_item(ctx, ItemFacts("6204-2RS", "Bearing 6204-2RS", goods.id)).id


OPTIONS = "//*[@id='found']//*[@role='option']"
CRUMBS = "//ol[@class='crumbs']/li"
MENU = "//nav[@id='menu']//a"
OPENED = "//details[@class='opened']//a"
BELL = "//header//a[@href='/bell']"


def texts(page: lxml.html.HtmlElement, path: str) -> list[str]:
    return [" ".join(one.text_content().split()) for one in page.xpath(path)]


def found(page: lxml.html.HtmlElement) -> list[str]:
    return texts(page, OPTIONS)


# --- The palette


def test_pages_actions_and_records_are_found_by_who_may_use_them(client: Clients, bearing: int) -> None:
    buyer = client("buyer")
    assert found(buyer.page("/find?q=requ"))[:2] == ["New requisition Do", "Requisitions Page"]
    assert "Bearing 6204-2RS 6204-2RS Item" in found(buyer.page("/find?q=6204+bear"))
    assert found(client("cleaner").page("/find?q=suppliers")) == []


def test_before_anything_is_typed_ones_own_places_and_deeds_stand_there(client: Clients, bearing: int) -> None:
    keeper = client("storekeeper", login="karl")
    keeper.page(f"/items/{bearing}")
    keeper.post("/desk/favourites", url="/stock", title="Stock", on="yes")
    shown = found(keeper.page("/find"))
    assert shown[:2] == ["Stock Favourite", "Bearing 6204-2RS Opened last"]
    assert any(one.endswith(" Do") for one in shown)


def test_what_is_typed_is_shown_as_text(client: Clients) -> None:
    page = client("buyer").page("/find?q=%3Cimg+src%3Dx%3E")
    assert "Nothing found for “<img src=x>”." in texts(page, "//*[@id='found']")[0]


def test_every_letter_after_g_leads_to_one_place_and_every_action_to_a_page(served: Served) -> None:
    packages = page_packages(served.house.registry)
    keys = [entry.key for package in packages for entry in package.menu if entry.key]
    assert sorted(set(keys)) == sorted(keys)
    assert "b" not in keys and all(len(key) == 1 and key.isalpha() for key in keys)
    paths = {route.path for package in packages for router in package.routers for route in router.routes}  # type: ignore[attr-defined]
    deeds = [entry for package in packages for entry in package.actions]
    assert [entry.url for entry in deeds if entry.url.partition("?")[0] not in paths] == []
    assert len(deeds) >= 10


# --- Where a page stands, favourites, what was opened last


def test_crumbs_begin_with_the_line_of_the_menu(client: Clients, bearing: int) -> None:
    page = client("storekeeper").page(f"/items/{bearing}")
    assert texts(page, CRUMBS) == ["Home", "Items", "Bearing 6204-2RS"]
    assert texts(page, CRUMBS + "[@aria-current]") == ["Bearing 6204-2RS"]
    assert texts(client("storekeeper").page("/due"), CRUMBS) == ["Home", "Falls due"]


def test_a_star_puts_a_page_into_the_menu_and_takes_it_off(client: Clients, bearing: int) -> None:
    buyer = client("buyer", login="stella")
    star = {"url": f"/items/{bearing}", "title": "My bearing"}
    buyer.post("/desk/favourites", **star, on="yes")
    page = buyer.page(f"/items/{bearing}")
    assert "My bearing" in texts(page, MENU)
    assert page.xpath("//form[@class='star']/button")[0].get("aria-pressed") == "true"
    buyer.post("/desk/favourites", **star, on="no")
    assert "My bearing" not in texts(buyer.page("/"), MENU)


def test_records_that_were_opened_stand_in_the_menu_and_lists_do_not(client: Clients, bearing: int) -> None:
    keeper = client("storekeeper", login="kim")
    for path in ("/stock", f"/items/{bearing}", "/items"):
        keeper.page(path)
    assert texts(keeper.page("/"), OPENED) == ["Bearing 6204-2RS"]
    assert keeper.get("/items/999999").status_code == 404
    assert texts(keeper.page("/"), OPENED) == ["Bearing 6204-2RS"]


# --- The bell


def test_the_bell_counts_leads_and_can_be_emptied(client: Clients, served: Served, bearing: int) -> None:
    ana = client("buyer", login="ana")
    with served.house.acting() as ctx:
        activity.comment(ctx, f"core_item:{bearing}", "@ana is this the right one?")
    assert ana.page("/").xpath(BELL)[0].get("aria-label") == "Bell: 1 unread"
    page = ana.page("/bell")
    assert "Bearing 6204-2RS @ana is this the right one?" in texts(page, "//tr[@class='unread']/th")
    answer = ana.get(page.xpath("//tr[@class='unread']//a")[0].get("href"))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/items/{bearing}")
    assert ana.page("/").xpath(BELL)[0].get("aria-label") == "Bell"


def test_the_own_desk_is_switched_by_forms(client: Clients) -> None:
    ana = client("buyer", login="switcher")
    ana.post("/desk/keys", on="no")
    ana.post("/desk/mail", on="no")
    page = ana.page("/desk")
    assert texts(page, "//main//strong") == ["off", "off"]
    assert page.xpath("//*[@data-single-keys]")[0].get("checked") is None


# --- What it costs


def test_getting_about_is_one_statement_of_a_page(client: Clients, served: Served, bearing: int) -> None:
    """Favourites, what was opened last, the bell's count and the note that a record was opened."""
    keeper = client("storekeeper", login="counter")
    keeper.page(f"/items/{bearing}")
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    sa.event.listen(served.house.database.engine, "before_cursor_execute", hear)
    try:
        keeper.page(f"/items/{bearing}")
    finally:
        sa.event.remove(served.house.database.engine, "before_cursor_execute", hear)
    assert len([one for one in said if "core_desk" in one or "read_at IS NULL" in one]) == 1


# --- In a browser


@pytest.mark.browser
def test_by_keyboard_from_anywhere_to_a_record_and_back(browser: Any, served: Served, bearing: int) -> None:
    page = browser("storekeeper", login="kira")
    page.goto("/stock")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette[open]")
    page.keyboard.type("6204-2rs", delay=5)
    page.keyboard.press("Enter")  # before the answer is there: it waits for what was typed
    page.wait_for_url(f"**/items/{bearing}")
    page.keyboard.press("?")
    page.wait_for_selector("#shortcuts[open]")
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url("**/")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#found a")
    assert axe(page) == []
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#palette [role=combobox]", "aria-activedescendant") == "found-1"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/items/{bearing}")


@pytest.mark.browser
def test_single_keys_are_still_when_switched_off_or_in_a_field(browser: Any, served: Served, bearing: int) -> None:
    page = browser("storekeeper", login="kurt")
    page.goto("/items")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.hasAttribute('data-search')")
    page.keyboard.type("g?h", delay=5)
    assert page.url.endswith("/items") or "q=" in page.url
    assert page.query_selector("#shortcuts[open]") is None
    page.goto("/items")
    page.keyboard.press("?")
    with page.expect_response("**/desk/keys"):
        page.click("[data-single-keys]")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.query_selector("#shortcuts[open]") is None
    page.goto("/items")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.tagName") == "BODY"
