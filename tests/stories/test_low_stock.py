"""The gloves run low: the house drafts a requisition by itself, and in the end the shelf is full again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect

from plantops import items, places, stock, stores
from plantops.items import ItemFacts
from plantops.parties import PartyFacts
from plantops.stock import Line
from purchasing import catalogue, suppliers
from purchasing.catalogue import OfferFacts
from purchasing.suppliers import Terms
from tests.browser import Served
from tests.stories.stage import menu, number, press, tab_to, toast, waiting

pytestmark = [pytest.mark.db, pytest.mark.browser]

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def shelf(served: Served) -> None:
    """600 gloves lie in the main store; at 500 it is filled up to 5,000, in boxes of 100 from Kessling."""
    with served.house.acting() as ctx:
        site = places.list_sites(ctx)[0]
        centre = places.list_cost_centres(ctx, site.id)[0]
        goods = items.add_category(ctx, "GOODS", "Goods", over_percent=Decimal(0), under_percent=Decimal(0))
        gloves = items.add_item(ctx, ItemFacts("GL-L", "Nitrile gloves L", goods.id), packs={"box": Decimal(100)})
        supplier = suppliers.add_supplier(ctx, PartyFacts("Kessling Hygiene", email="orders@kessling.example"), Terms())
        first = ctx.today - timedelta(days=400)
        catalogue.set_offer(ctx, OfferFacts(supplier.id, gloves.id, "box", Decimal("9.50"), first))
        store = stores.add_store(ctx, site.id, "MAIN", "Main store", cost_centre_id=centre.id)
        bought = Line(gloves.id, Decimal(6), "box", cost=Decimal(57))
        stock.receive(ctx, store.id, [bought], origin="core_store:1", key="before the story")
        stock.set_level(ctx, gloves.id, store.id, minimum=Decimal(500), target=Decimal(5000), bin="A-07")


def test_what_runs_low_is_asked_for_and_lies_on_the_shelf_again(served: Served, shelf: None, browser: Open) -> None:
    sam = browser("storekeeper", "sam")
    looks_at_the_gloves(sam)
    expect(on_hand(sam)).to_have_text("600\xa0each")
    hands_out_by_keyboard(sam, "200")
    expect(on_hand(sam)).to_have_text("400\xa0each")
    expect(sam.locator(".head")).to_contain_text("Low")
    expect(sam.locator("main")).to_contain_text("It is asked for")

    asked = sends_off_what_the_house_drafted(sam)
    aron = browser("approver", "aron")
    waiting(aron, "to approve", "1")
    aron.get_by_role("link", name=asked).click()
    aron.get_by_role("button", name="Approve").click()
    toast(aron, f"{asked} is approved")

    order = orders(browser("buyer", "bea"))
    sam.goto("/")
    menu(sam, "Receive")
    sam.get_by_role("link", name=order).click()
    sam.get_by_role("button", name="All received").click()
    expect(sam.locator("main")).to_contain_text("It lies in Main store")

    looks_at_the_gloves(sam)
    expect(on_hand(sam)).to_have_text("5,000\xa0each")
    expect(sam.locator(".head")).not_to_contain_text("Low")
    expect(sam.locator("main")).not_to_contain_text("It is asked for")


def looks_at_the_gloves(sam: Page) -> None:
    sam.goto("/")
    menu(sam, "Stock")
    sam.get_by_role("link", name="Nitrile gloves L").click()
    expect(sam.get_by_role("heading", level=1)).to_have_text("Nitrile gloves L in Main store")


def on_hand(page: Page) -> Locator:
    return page.locator("dl.facts dt", has_text="On hand").locator("xpath=following-sibling::dd")


def hands_out_by_keyboard(sam: Page, many: str) -> None:
    press(sam, "Hand out")
    expect(sam.get_by_label("How much?")).to_be_focused()
    sam.keyboard.type(many)
    tab_to(sam, sam.get_by_label("Who pays?"))
    sam.keyboard.type("4100")
    press(sam, "Hand out")
    toast(sam, "Handed out")


def sends_off_what_the_house_drafted(sam: Page) -> str:
    waiting(sam, "drafted by the house", "1")
    sam.get_by_role("row").get_by_role("link", name="Draft").click()
    expect(sam.get_by_role("heading", level=1)).to_contain_text("Nitrile gloves L for Main store")
    expect(sam.locator("#lines")).to_contain_text("4,600")
    expect(sam.locator("#lines tfoot")).to_contain_text("437.00")
    sam.get_by_role("button", name="Submit").click()
    toast(sam, "waits for approval")
    return number(sam, "PR")


def orders(bea: Page) -> str:
    waiting(bea, "line to order", "1")
    bea.get_by_role("button", name="Put the picked on an order").click()
    bea.get_by_role("button", name="Place order", exact=True).click()
    toast(bea, "goes to the supplier")
    return number(bea, "PO")
