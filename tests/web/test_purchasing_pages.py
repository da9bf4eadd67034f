"""Purchasing as people see it: from “we need gloves” to a paid bill, each with their own role."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from playwright.sync_api import Page

from plantops import items, places, stores
from plantops.items import ItemFacts
from plantops.parties import PartyFacts
from purchasing import catalogue, suppliers
from purchasing.catalogue import OfferFacts
from purchasing.suppliers import Terms
from tests.browser import Client, Served

pytestmark = [pytest.mark.db, pytest.mark.browser]

Open = Callable[..., Page]
Enter = Callable[..., Client]


@dataclass(frozen=True)
class Shop:
    site_id: int
    centre_id: int
    store_id: int
    supplier_id: int
    gloves_id: int
    need_by: str


@pytest.fixture(scope="module")
def shop(served: Served) -> Shop:
    """Gloves in boxes of 100 from Kessling, a store for them."""
    with served.house.acting() as ctx:
        site = places.list_sites(ctx)[0]
        centre = places.list_cost_centres(ctx, site.id)[0]
        goods = items.add_category(ctx, "GOODS", "Goods", over_percent=Decimal(0), under_percent=Decimal(0))
        gloves = items.add_item(ctx, ItemFacts("GL-L", "Nitrile gloves L", goods.id), packs={"box": Decimal(100)})
        supplier = suppliers.add_supplier(ctx, PartyFacts("Kessling Hygiene", email="orders@supply.example"), Terms())
        first = ctx.today - timedelta(days=400)
        catalogue.set_offer(ctx, OfferFacts(supplier.id, gloves.id, "box", Decimal("9.50"), first))
        store = stores.add_store(ctx, site.id, "MAIN", "Main store", cost_centre_id=centre.id)
        need_by = (ctx.today + timedelta(days=14)).isoformat()
        return Shop(site.id, centre.id, store.id, supplier.id, gloves.id, need_by)


def went(answer: httpx.Response) -> str:
    """Where an answer leads."""
    headers = answer.headers
    assert answer.status_code < 300 or answer.status_code in (302, 303), answer.text
    found = headers.get("hx-redirect") or headers.get("hx-location") or headers.get("location")
    assert found, answer.text
    return str(found)


def text(client: Client, path: str) -> str:
    return re.sub(r"\s+", " ", client.page(path).xpath("string(//main)"))


def asked(client: Client, shop: Shop, boxes: int, **head: object) -> str:
    """A submitted requisition for so many boxes; its address."""
    path = went(client.submit("/purchasing/requisitions/new", "new", **(
        {"cost_centre_id": shop.centre_id, "need_by": shop.need_by} | head)))  # fmt: skip
    client.send(f"{path}/lines", lines_form(client, path, item_id=shop.gloves_id, quantity=boxes, unit="box"))
    assert went(button(client, path, "submit")) == path
    return path


def lines_form(client: Client, path: str, **typed: object) -> dict[str, str]:
    form = client.page(path).get_element_by_id("new-line")
    fields = {name: value or "" for name, value in form.form_values()}
    return fields | {name: str(value) for name, value in typed.items()}


def button(client: Client, path: str, what: str, **typed: object) -> httpx.Response:
    """Presses a button of a page: the form whose address ends so."""
    (form,) = client.page(path).xpath(f"//form[substring(@action, string-length(@action) - {len(what)}) = '/{what}']")
    fields = {name: value or "" for name, value in form.form_values()}
    return client.send(str(form.get("action")), fields | {k: str(v) for k, v in typed.items()}, came_from=path)


def ordered(client: Enter, shop: Shop, boxes: int = 40, *, to_store: bool = True) -> str:
    """An order that is out, for boxes that the approver said yes to; its id."""
    head = {"store_id": shop.store_id} if to_store else {}
    path = asked(client("requester,storekeeper", "rita"), shop, boxes, **head)
    assert went(button(client("approver"), path, "approve")) == path
    buyer = client("buyer")
    draft = went(buyer.submit("/purchasing/to-order", f"order-{shop.supplier_id}", ids=line_of(buyer, path)))
    went(button(buyer, draft, "place"))
    return draft.rsplit("/", 1)[1]


def line_of(buyer: Client, path: str) -> str:
    """The box to tick for a requisition's line."""
    row = f"//tr[.//a[@href='{path}']]//input[@name='ids']/@value"
    return str(buyer.page("/purchasing/to-order").xpath(row)[0])


def test_requisition_to_receipt(client: Enter, shop: Shop) -> None:
    id = ordered(client, shop)
    page = text(client("buyer"), f"/purchasing/orders/{id}")
    assert "PO-" in page and "Kessling Hygiene" in page
    receiver = client("receiver,storekeeper", "remo")
    assert "Kessling Hygiene" in text(receiver, "/purchasing/receive")
    done = went(receiver.submit(f"/purchasing/receive/{id}", "receive", delivery_note="LS-1", all="yes"))
    assert "It lies in Main store" in text(receiver, done)
