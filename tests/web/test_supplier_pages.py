"""Suppliers from the first telephone call: entered, agreed with, quoting prices, blocked."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.browser import Served
from tests.web.test_purchasing_pages import Enter, Shop, shop, text, went

__all__ = ["shop"]
pytestmark = [pytest.mark.db, pytest.mark.browser]


def test_a_new_supplier_gets_terms_and_a_price_that_the_catalogue_shows(client: Enter, shop: Shop) -> None:
    buyer = client("buyer")
    wrong = buyer.submit("/purchasing/suppliers/new", "supplier", name="Novak Safety", minimum_rule="refuse")
    assert wrong.status_code == 422 and "which order value" in wrong.text
    made = went(buyer.submit("/purchasing/suppliers/new", "supplier", name="Novak Safety", town="Trier"))
    went(buyer.submit(f"{made}/terms", "supplier", terms_days=60, discount_percent="2", discount_days=10))
    page = text(buyer, made)
    assert "60 days" in page and "2 % within 10 days" in page
    assert "Novak Safety" in text(buyer, "/purchasing/suppliers?q=novak")
    form, first = f"{made}/prices/new?item={shop.gloves_id}", date(2026, 11, 1)
    typed = {"price": "8.80", "unit": "box", "valid_from": first.isoformat(), "preferred": "true"}
    assert buyer.submit(form, "price", **(typed | {"price": "-1"})).status_code == 422
    went(buyer.submit(form, "price", **typed, **{"breaks.0.from_quantity": 50, "breaks.0.price": "8.10"}))
    assert "8.80" in text(buyer, made)
    assert "Novak Safety" in text(buyer, f"/items/{shop.gloves_id}")
    assert "8.80" in text(client("requester"), "/purchasing/catalogue?q=glov")
    again = buyer.submit(form, "price", **typed)
    assert again.status_code == 409, "it has a price from that day already"
    dearer = {"price": "9.20", "valid_from": (first + timedelta(days=30)).isoformat()}
    went(buyer.submit(form, "price", **dearer))
    assert "9.20" in text(buyer, made)


def test_a_price_is_preferred_and_ended(client: Enter, shop: Shop) -> None:
    buyer = client("buyer")
    supplier = f"/purchasing/suppliers/{shop.supplier_id}"
    page = buyer.page(supplier)
    (prefer,) = page.xpath("//form[contains(@action, '/prefer')]/@id")
    went(buyer.submit(supplier, prefer))
    assert "Preferred" in text(buyer, supplier)
    (end,) = buyer.page(supplier).xpath("//form[starts-with(@id, 'end-')]/@id")
    assert buyer.submit(supplier, end, last_day="2020-01-01").status_code == 422
    went(buyer.submit(supplier, end, last_day="2026-12-31"))
    assert "31 Dec 2026" in text(buyer, supplier)


def test_a_known_company_becomes_a_supplier_once(client: Enter, shop: Shop) -> None:
    buyer = client("buyer")
    carrier = went(buyer.submit("/parties/new", "company", name="Spedition Mosel", is_carrier="true"))
    (address,) = buyer.page(carrier).xpath("//a[contains(@href, 'suppliers/new?party=')]/@href")
    made = went(buyer.submit(address, "supplier"))
    assert made in buyer.get(carrier).text
    assert buyer.submit(address, "supplier").status_code == 409
    went(buyer.submit(made, "block", reason="Late three times"))
    assert made in buyer.get("/purchasing/suppliers?blocked=yes").text


def test_who_may_not_manage_sees_and_changes_nothing(client: Enter, served: Served, shop: Shop) -> None:
    payable = client("accounts_payable")
    supplier = f"/purchasing/suppliers/{shop.supplier_id}"
    assert "Change terms" not in text(payable, supplier)
    for path in ("/purchasing/suppliers/new", f"{supplier}/terms", f"{supplier}/prices/new"):
        assert payable.get(path).status_code == 403
    assert client("requester").get(supplier).status_code in (403, 404)
