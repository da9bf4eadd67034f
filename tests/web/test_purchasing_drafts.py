"""Draft orders by page: begun without a requisition, lines typed by keyboard, the head changed, then sent."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import Client
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
    (change,) = buyer.page(path).xpath("//form[starts-with(@id, 'change-')]/@id")
    went(buyer.submit(path, str(change), quantity=2, price="70.00"))
    assert "145.00" in text(buyer, path)
    went(button(buyer, path, "remove"))
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


def test_an_order_is_typed_by_keyboard(browser: Open, shop: Shop) -> None:
    page = browser("buyer")
    page.goto("/purchasing/orders/new")
    expect(page.get_by_label("Supplier *")).to_be_focused()
    page.keyboard.type("Kess")
    page.get_by_label("Freight").press("Enter")
    expect(page.locator("main h1")).to_contain_text("Kessling Hygiene")
    for what, quantity, price in (("A shelf", "2", "30"), ("A hook", "4", "5")):
        page.get_by_role("combobox", name="What").focus()
        page.keyboard.type(what)
        page.keyboard.press("Tab")
        page.keyboard.type(quantity)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.type(price)
        page.keyboard.press("Enter")
        expect(page.locator("#lines tbody th", has_text=what)).to_be_visible()
    expect(page.locator("#lines tfoot")).to_contain_text("80.00")
