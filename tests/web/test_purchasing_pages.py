"""Purchasing as people see it: from “we need gloves” to a paid bill, each with their own role."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from playwright.sync_api import Page, expect

from plantops import items, places, stores, tokens
from plantops.items import ItemFacts
from plantops.parties import PartyFacts
from purchasing import catalogue, suppliers
from purchasing.catalogue import OfferFacts
from purchasing.suppliers import Terms
from tests.browser import Client, Served, axe

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


def drafted(client: Client, shop: Shop, boxes: int, **head: object) -> str:
    """A draft requisition for so many boxes; its address."""
    path = went(client.submit("/purchasing/requisitions/new", "head", **(
        {"cost_centre_id": shop.centre_id, "need_by": shop.need_by} | head)))  # fmt: skip
    client.send(f"{path}/lines", lines_form(client, path, item_id=shop.gloves_id, quantity=boxes, unit="box"))
    return path


def asked(client: Client, shop: Shop, boxes: int, **head: object) -> str:
    """A submitted requisition for so many boxes; its address."""
    path = drafted(client, shop, boxes, **head)
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


def received(client: Enter, id: str, note: str) -> str:
    return went(client("receiver,storekeeper", "remo").submit(
        f"/purchasing/receive/{id}", "receive", delivery_note=note, all="yes"))  # fmt: skip


def number_of(client: Client, id: str) -> str:
    found = re.search(r"PO-[\w-]+", text(client, f"/purchasing/orders/{id}"))
    assert found
    return found[0]


def test_requisition_to_paid_invoice_across_five_roles(client: Enter, shop: Shop) -> None:
    id = ordered(client, shop)
    buyer = client("buyer")
    number = number_of(buyer, id)
    went(buyer.submit(f"/purchasing/orders/{id}", "acknowledge", reference="AB-17"))
    assert "AB-17" in text(buyer, f"/purchasing/orders/{id}")
    assert "Kessling Hygiene" in text(client("receiver,storekeeper", "remo"), "/purchasing/receive")
    receipt = received(client, id, "LS-1")
    assert "It lies in Main store" in text(client("receiver,storekeeper", "remo"), receipt)
    payable = client("accounts_payable")
    captured = f"/purchasing/invoices/new?order={number}"
    bill = went(payable.submit(captured, "bill", supplier_number="R-1", stated_gross="380.00"))
    assert "no bank account of the supplier was verified" in text(payable, bill).lower()
    supplier = f"/purchasing/suppliers/{shop.supplier_id}"
    went(buyer.submit(supplier, "account", iban="DE89 3704 0044 0532 0130 00", holder="Kessling Hygiene"))
    went(button(payable, supplier, "verify"))
    assert "Order, receipt and bill agree." in text(payable, bill)
    for step in ("approve", "post"):
        went(button(payable, bill, step))
    went(button(payable, bill, "paid", reference="SEPA 4711"))
    assert "Paid" in payable.page(bill).xpath("string(//h1/..)")
    again = payable.submit("/purchasing/invoices/new", "bill", supplier_id=shop.supplier_id, supplier_number="r 1",
                           stated_gross="10", **{"lines.0.quantity": 1, "lines.0.price": 10,
                                                 "lines.0.cost_centre_id": shop.centre_id})  # fmt: skip
    assert "it may be here twice" in text(payable, went(again)).lower()


def test_a_dearer_bill_shows_only_the_difference_until_it_is_let_pass(client: Enter, shop: Shop) -> None:
    id = ordered(client, shop, 50)
    received(client, id, "LS-2")
    payable = client("accounts_payable")
    bill = went(payable.submit(f"/purchasing/invoices/new?order={number_of(payable, id)}", "bill",
                               supplier_number="R-2", stated_gross="750.00", **{"lines.0.price": "15.00"}))  # fmt: skip
    page = payable.page(bill)
    assert page.xpath("//section[@aria-label='What differs']//h2[normalize-space()='The price differs from the order']")
    named = "string(//section[@aria-label='What differs']//p/strong[1])"
    assert page.xpath(named) == page.xpath("string((//details//th[contains(@class, 'c-lead')])[1]/text())").strip()
    assert not page.xpath("//details[@open]")
    assert "275.00" in text(payable, bill)
    (form,) = page.xpath("//form[contains(@action, '/accept') and starts-with(@id, 'accept-')][1]")
    went(payable.submit(bill, form.get("id"), reason="The price list changed on Monday"))
    assert "The price list changed on Monday" in text(payable, bill)


def test_a_receipt_sent_twice_is_posted_once(client: Enter, shop: Shop) -> None:
    id = ordered(client, shop, 30)
    path = f"/purchasing/receive/{id}"
    receiver = client("receiver,storekeeper", "remo")
    form = receiver.page(path).get_element_by_id("receive")
    fields = {name: value or "" for name, value in form.form_values()} | {"lines.0.accepted": "10"}
    first = went(receiver.send(path, fields, came_from=path))
    assert went(receiver.send(path, fields, came_from=path)) == first
    order = client("buyer").page(f"/purchasing/orders/{id}")
    assert len(order.xpath("//a[starts-with(@href, '/purchasing/receipts/')]")) == 1
    assert re.search(r"20 box(es)? of 30 box(es)? still to come", text(receiver, path))
    damaged = receiver.submit(path, "receive", **{"lines.0.rejected": 1})
    assert damaged.status_code == 422
    assert "say why it was rejected" in damaged.text
    assert receiver.submit(path, "receive", **{"lines.0.accepted": 21}).status_code == 409


def test_an_old_page_cannot_change_what_others_changed(client: Enter, shop: Shop) -> None:
    asker = client("requester,storekeeper", "rita")
    path = went(asker.submit("/purchasing/requisitions/new", "head", cost_centre_id=shop.centre_id))
    old = lines_form(asker, path, item_id_text="Ladder", quantity=1, price=80)
    assert asker.send(f"{path}/lines", old | {"_key": "first"}, came_from=path).status_code == 200
    assert asker.send(f"{path}/lines", old | {"_key": "second"}, came_from=path).status_code == 409
    head, lines = (asker.page(path).xpath(f"string({where})") for where in ("//main//h1", "//*[@id='lines']"))
    assert (head.count("Ladder"), lines.count("Ladder")) == (1, 1), "in the head and as one line"
    refused = client("requester", "rosa").get(path)
    assert refused.status_code == 404


def test_the_requester_reads_why_it_was_rejected(client: Enter, shop: Shop) -> None:
    asker, approver = client("requester,storekeeper", "rita"), client("approver")
    path = asked(asker, shop, 60)
    assert path in approver.get("/purchasing/approvals").text
    assert approver.submit(path, "reject", reason="").status_code == 422
    went(approver.submit(path, "reject", reason="Use up the old ones first"))
    page = text(asker, path)
    assert "Use up the old ones first" in page
    went(asker.submit(path, "cancel", reason="No longer needed"))
    assert "Cancelled" in text(asker, path)


def test_a_blocked_supplier_gets_no_order(client: Enter, shop: Shop) -> None:
    path = asked(client("requester,storekeeper", "rita"), shop, 70)
    went(button(client("approver"), path, "approve"))
    buyer = client("buyer")
    draft = went(buyer.submit("/purchasing/to-order", f"order-{shop.supplier_id}", ids=line_of(buyer, path)))
    supplier = f"/purchasing/suppliers/{shop.supplier_id}"
    went(buyer.submit(supplier, "block", reason="Late three times"))
    answer = button(buyer, draft, "place")
    assert answer.status_code == 409
    assert "Late three times" in answer.text
    went(button(buyer, supplier, "unblock"))
    went(button(buyer, draft, "place"))
    went(buyer.submit(draft, "hold", reason="The hall is closed"))
    assert "The hall is closed" in text(client("receiver"), draft.replace("orders", "receive"))
    went(button(buyer, draft, "free"))
    went(buyer.submit(draft, "cancel", reason="Not needed now"))
    assert line_of(buyer, path)


def test_requisitions_by_the_api_are_approved_by_somebody_else_only(served: Served, shop: Shop) -> None:
    served.person("requester,approver", "api-both")
    served.person("approver", "api-approver")
    with served.house.acting() as ctx:
        scopes = "purchasing.requisition"
        mine = tokens.add(ctx, served.logins["api-both"], scopes)
        other = tokens.add(ctx, served.logins["api-approver"], scopes)
    with httpx.Client(base_url=f"{served.url}/api/v1", timeout=20) as api:
        as_me, as_other = {"Authorization": f"Bearer {mine}"}, {"Authorization": f"Bearer {other}"}
        head = {"site_id": shop.site_id, "cost_centre_id": shop.centre_id, "need_by": shop.need_by, "title": "Ladder"}
        made = api.post("/requisitions", json={"head": head}, headers=as_me)
        assert made.status_code == 201, made.text
        path = f"/requisitions/{made.json()['id']}"
        line = {"quantity": "2", "description": "Ladder 3 m", "price": "180.00"}
        lined = api.post(f"{path}/lines", json=line, headers=as_me | {"If-Match": made.headers["etag"]})
        assert lined.json()["total"] == "360.0000", lined.text
        stale = api.post(f"{path}/submit", headers=as_me | {"If-Match": made.headers["etag"]})
        assert stale.status_code == 412
        sent = api.post(f"{path}/submit", headers=as_me | {"If-Match": lined.headers["etag"]})
        assert sent.json()["state"] == "submitted"
        refused = api.post(f"{path}/approve", headers=as_me | {"If-Match": sent.headers["etag"]})
        assert refused.status_code in (403, 409)
        assert refused.headers["content-type"].startswith("application/problem+json")
        assert "yourself" in refused.text
        done = api.post(f"{path}/approve", headers=as_other | {"If-Match": sent.headers["etag"]})
        assert done.json()["state"] == "approved", done.text
        assert api.get(path, headers=as_me).json()["version"] == done.json()["version"]


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_pages_on_a_phone_have_nothing_for_axe(browser: Open, client: Enter, shop: Shop, every: bool) -> None:
    """Every rule; the short form takes a page of each kind. Colours and sizes are looked at in test_every_page.py."""
    draft = asked(client("requester,storekeeper", "rita"), shop, 80)
    out = ordered(client, shop, 90)
    on_the_list = asked(client("requester,storekeeper", "rita"), shop, 110)
    went(button(client("approver"), on_the_list, "approve"))
    on_the_way = ordered(client, shop, 100)
    receipt = received(client, out, "LS-9")
    payable = client("accounts_payable")
    bill = went(payable.submit(f"/purchasing/invoices/new?order={number_of(payable, out)}", "bill",
                               supplier_number="R-9", stated_gross="900.00"))  # fmt: skip
    roles = "requester,approver,buyer,receiver,storekeeper,accounts_payable"
    paths = (
        "/purchasing/requisitions", "/purchasing/requisitions/new", draft, "/purchasing/approvals",
        "/purchasing/to-order", "/purchasing/orders", f"/purchasing/orders/{on_the_way}", "/purchasing/receive",
        f"/purchasing/receive/{on_the_way}", receipt, "/purchasing/invoices", "/purchasing/invoices/new", bill,
        "/purchasing/suppliers", f"/purchasing/suppliers/{shop.supplier_id}", "/purchasing/catalogue",
    )  # fmt: skip
    kinds = (draft, "/purchasing/to-order", "/purchasing/orders", f"/purchasing/receive/{on_the_way}", bill)
    page = browser(roles, "eva", width=390)
    for path in paths if every else kinds:
        page.goto(path)
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_line_is_added_and_a_delivery_received_by_hand(browser: Open, client: Enter, shop: Shop) -> None:
    page = browser("requester,storekeeper", "rita")
    page.goto("/purchasing/requisitions/new")
    page.get_by_label("Cost centre").select_option(index=1)
    page.get_by_role("button", name="Go on to the lines").click()
    page.get_by_role("combobox", name="What").fill("glov")
    page.get_by_role("option", name="Nitrile gloves L").click()
    page.get_by_label("Quantity").fill("2")
    page.get_by_label("Unit").fill("box")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#lines")).to_contain_text("19.00")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#toasts")).to_contain_text("small orders of the catalogue need no yes")
    id = ordered(client, shop, 120)
    phone = browser("receiver,storekeeper", "remo", width=390)
    phone.goto(f"/purchasing/receive/{id}")
    phone.get_by_label("Number of the delivery note").fill("LS-77")
    phone.get_by_role("button", name="All received").click()
    expect(phone.locator("main")).to_contain_text("It lies in Main store")
