"""Draft orders by page: begun without a requisition, lines typed by keyboard, the head changed, then sent."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import Client, axe
from tests.web.test_purchasing_pages import Enter, Open, Shop, button, lines_form, shop, text, went

__all__ = ["shop"]
pytestmark = [pytest.mark.db, pytest.mark.browser]


def begun(buyer: Client, shop: Shop) -> str:
    """A draft to Kessling, into the store; its address."""
    return went(
        buyer.submit(
            "/purchasing/orders/new", "head", supplier_id=shop.supplier_id, cost_centre_id=shop.centre_id, freight=12,
            store_id="",
        )
    )  # fmt: skip


def line(buyer: Client, path: str, shop: Shop, **typed: object) -> dict[str, str]:
    return lines_form(buyer, path, need_by=shop.need_by, cost_centre_id=shop.centre_id, **typed)


def add(buyer: Client, path: str, shop: Shop, **typed: object) -> int:
    return buyer.send(f"{path}/lines", line(buyer, path, shop, **typed)).status_code


def line_ids(buyer: Client, path: str) -> list[str]:
    return [str(value) for value in buyer.page(path).xpath("//button[@name='change']/@value")]


def press(buyer: Client, path: str, **what: str) -> httpx.Response:
    """One of the buttons of a row."""
    form = buyer.page(path).get_element_by_id("line-acts")
    return buyer.send(f"{path}/lines/act", {name: value or "" for name, value in form.form_values()} | what)


def change(buyer: Client, path: str, shop: Shop, **typed: object) -> httpx.Response:
    """The first line, changed where it stands."""
    id = line_ids(buyer, path)[0]
    assert f'id="change-{id}"' in press(buyer, path, change=id).text
    form = buyer.page(f"{path}/lines/{id}").get_element_by_id(f"change-{id}")
    fields = {name: value or "" for name, value in form.form_values()}
    fields |= {"need_by": shop.need_by, "cost_centre_id": str(shop.centre_id)}
    return buyer.send(f"{path}/lines/{id}", fields | {name: str(value) for name, value in typed.items()})


def test_a_buyer_orders_without_a_requisition(client: Enter, shop: Shop) -> None:
    buyer = client("buyer")
    assert "/purchasing/orders/new" in buyer.get("/purchasing/orders").text
    path = begun(buyer, shop)
    assert "it has no lines" in text(buyer, path)
    assert add(buyer, path, shop, item_id=shop.gloves_id, quantity=3, unit="box") == 200
    assert add(buyer, path, shop, item_id_text="Delivery by hand", quantity=1, price="20.00") == 200
    assert add(buyer, path, shop, item_id_text="Without a price", quantity=1) == 422
    assert add(buyer, path, shop, item_id=shop.gloves_id, quantity=-1) == 422
    found = text(buyer, path)
    assert "Nitrile gloves L" in found and "28.50" in found and "60.50" in found, (
        "3 boxes at 9.50, 20 by hand, 12 freight"
    )
    went(button(buyer, path, "place"))
    assert re.search(r"PO-[\w-]+: Kessling", text(buyer, path))
    assert "new-line" not in buyer.get(path).text


def test_a_drafts_head_and_lines_are_changed_by_who_saw_them(client: Enter, shop: Shop) -> None:
    buyer = client("buyer")
    path = begun(buyer, shop)
    assert add(buyer, path, shop, item_id_text="A shelf", quantity=1, price="80.00") == 200
    old = line(buyer, path, shop, item_id_text="Another shelf", quantity=1, price="90.00")
    went(buyer.submit(f"{path}/head", "head", freight=5, note="Ring at gate 2"))
    assert "85.00" in text(buyer, path)
    assert buyer.send(f"{path}/lines", old).status_code == 409, "the head was changed meanwhile"
    assert change(buyer, path, shop, quantity=2, price="70.00").status_code == 200
    assert "145.00" in text(buyer, path)
    (id,) = line_ids(buyer, path)
    assert "line-acts" in buyer.get(path).text
    assert press(buyer, path, remove=id).status_code == 200
    assert "it has no lines" in text(buyer, path)


def test_only_buyers_begin_and_fill_orders(client: Enter, shop: Shop) -> None:
    path = begun(client("buyer"), shop)
    auditor = client("auditor")
    assert "A draft" not in auditor.get(path).text and "new-line" not in auditor.get(path).text
    assert auditor.get("/purchasing/orders/new").status_code == 403
    assert auditor.get(f"{path}/head").status_code == 403
    assert "/purchasing/orders/new" not in auditor.get("/purchasing/orders").text
    fields = line(client("buyer"), path, shop, item_id_text="A shelf", quantity=1, price="80.00")
    assert auditor.post(f"{path}/lines", **fields).status_code == 403


def test_words_that_may_mean_an_item_are_never_taken_for_it(client: Enter, shop: Shop) -> None:
    buyer = client("buyer")
    path = begun(buyer, shop)
    refused = buyer.send(f"{path}/lines", line(buyer, path, shop, item_id_text="Nitrile", quantity=1, price="1.00"))
    assert refused.status_code == 422 and "may mean Nitrile gloves L" in refused.text
    assert add(buyer, path, shop, item_id_text="nitrile gloves l", quantity=3, unit="box") == 200
    assert "28.50" in text(buyer, path), "its own name in other letters is the item, at the supplier's price"


def type_lines(page: Page, count: int) -> None:
    """Like a clerk: words, Tab, number, Tab, Tab, price, Enter; never the mouse."""
    expect(page.get_by_role("combobox", name="What")).to_be_visible()
    page.get_by_role("combobox", name="What").focus()
    for n in range(1, count + 1):
        page.keyboard.type(f"Shelf number {n} by hand")
        page.keyboard.press("Tab")
        page.keyboard.type(str(n))
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.type("2,50")
        page.keyboard.press("Enter")
        expect(page.locator("#line-rows tr")).to_have_count(n)
        expect(page.get_by_role("combobox", name="What")).to_be_focused()
        expect(page.get_by_role("combobox", name="What")).to_have_value("")


def test_an_order_is_typed_by_keyboard(browser: Open, shop: Shop) -> None:
    page = browser("buyer")
    page.goto("/purchasing/orders/new")
    expect(page.get_by_label("Supplier *")).to_be_focused()
    page.keyboard.type("Kess")
    page.get_by_label("Freight").press("Enter")
    expect(page.locator("main h1")).to_contain_text("Kessling Hygiene")
    type_lines(page, 5)
    expect(page.locator("#line-totals")).to_contain_text("37.50")
    page.get_by_role("button", name="Change Shelf number 2 by hand").press("Enter")
    field = page.get_by_label("Quantity of Shelf number 2 by hand")
    expect(field).to_be_focused()
    assert axe(page) == []
    field.fill("12")
    field.press("Enter")
    expect(page.locator("#line-totals")).to_contain_text("62.50")
    page.get_by_role("button", name="Take off Shelf number 1 by hand").press("Enter")
    expect(page.locator("#line-rows tr")).to_have_count(4)
    expect(page.locator("#line-totals")).to_contain_text("60.00")
    page.get_by_role("button", name="Place order", exact=True).press("Enter")
    expect(page.locator("#line-rows")).to_have_count(0)


def test_a_fast_tab_never_takes_another_item(browser: Open, client: Enter, shop: Shop) -> None:
    path = begun(client("buyer"), shop)
    page = browser("buyer")
    page.goto(path)

    def late(route: Route) -> None:
        page.wait_for_timeout(150)
        route.continue_()

    page.route("**/purchasing/items/lookup*", late)
    box = page.get_by_role("combobox", name="What")
    box.focus()
    page.keyboard.type("Nitrile")
    page.keyboard.type(" scissors", delay=1)  # faster than the first answer, which would be the gloves
    page.keyboard.press("Tab")
    page.keyboard.type("3")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(page.locator("#line-rows tr")).to_have_count(1)
    expect(page.locator("#line-rows")).to_contain_text("Nitrile scissors")
    expect(page.locator("#line-rows")).not_to_contain_text("gloves")
