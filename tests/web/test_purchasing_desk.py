"""The ways out of a stuck document: a changed order, a parked delivery, goods sent back, a bill set right."""

from __future__ import annotations

import re

import pytest

from purchasing import suppliers
from tests.browser import Client, Served
from tests.web.test_purchasing_pages import Enter, Shop, button, number_of, ordered, received, shop, text, went

__all__ = ["shop"]
pytestmark = [pytest.mark.db, pytest.mark.browser]

IBAN = "DE89370400440532013000"
RECEIVER = ("receiver,storekeeper", "remo")


@pytest.fixture(scope="module", autouse=True)
def account(served: Served, shop: Shop) -> None:
    """Kessling's account is known and verified, so that bills are held for what the tests are about only."""
    people = [served.logins[served.person(login)] for login in ("buyer", "accounts_payable")]
    with served.house.acting(people[0]) as ctx:
        entered = suppliers.enter_account(ctx, shop.supplier_id, IBAN, "Kessling Hygiene")
    with served.house.acting(people[1]) as ctx:
        suppliers.verify_account(ctx, entered.id, entered.version)


def billed(client: Enter, id: str, number: str, gross: str, **typed: object) -> str:
    payable = client("accounts_payable")
    form = f"/purchasing/invoices/new?order={number_of(payable, id)}"
    return went(payable.submit(form, "bill", supplier_number=number, stated_gross=gross, **typed))


def test_an_order_that_gets_dearer_waits_for_a_yes_and_is_then_the_new_order(client: Enter, shop: Shop) -> None:
    id = ordered(client, shop, 40)
    buyer, approver = client("buyer"), client("approver")
    form = f"/purchasing/orders/{id}/revise"
    assert buyer.submit(form, "revise", reason="Nothing").status_code == 422, "nothing would change"
    revision = went(buyer.submit(form, "revise", reason="One more shift", **{"lines.0.quantity": 900}))
    assert revision in buyer.get(f"/purchasing/orders/{id}").text
    assert "40 box" in text(approver, revision) and "900 box" in text(approver, revision)
    waits = approver.get("/purchasing/approvals").text
    assert revision in waits and re.search(r", revision \d+ One more shift", waits)
    went(button(approver, revision, "approve"))
    assert "8,550.00" in text(buyer, f"/purchasing/orders/{id}")
    cheaper = went(buyer.submit(form, "revise", reason="Fewer", **{"lines.0.quantity": 50}))
    assert "Approved" in text(buyer, cheaper), "what costs less needs nobody"


def test_a_change_is_withdrawn_before_anybody_decided(client: Enter, shop: Shop) -> None:
    id = ordered(client, shop, 41)
    buyer = client("buyer")
    typed = {"new.0.item_id_text": "Delivery by hand", "new.0.quantity": 1, "new.0.price": "9000"}
    revision = went(buyer.submit(f"/purchasing/orders/{id}/revise", "revise", reason="Urgent", **typed))
    assert "Delivery by hand" in text(buyer, revision)
    went(buyer.submit(revision, "withdraw", reason="They come by themselves"))
    assert "Delivery by hand" not in text(buyer, f"/purchasing/orders/{id}")
    assert client("requester").get(revision).status_code in (403, 404)


def test_a_parked_delivery_finds_its_order(client: Enter, shop: Shop) -> None:
    id = ordered(client, shop, 43)
    receiver = client(*RECEIVER)
    refused = receiver.submit("/purchasing/unknown/new", "park", sender="Kessling")
    assert refused.status_code == 422
    parked = went(receiver.submit("/purchasing/unknown/new", "park", sender="Kessling?", text="43 boxes"))
    assert "Kessling?" in text(client("buyer"), "/purchasing/unknown?state=open")
    assert f"{parked}/order/{id}" in receiver.get(f"{parked}?q=Kessling").text
    receipt = went(receiver.submit(f"{parked}/order/{id}", "receive", all="yes", delivery_note="LS-43"))
    assert "43 box" in text(receiver, receipt)
    assert receipt in receiver.get(parked).text
    assert button(receiver, f"{parked}/order/{id}", f"order/{id}", all="yes").status_code == 409


def test_what_nobody_ordered_is_sent_away_with_a_reason(client: Enter, shop: Shop) -> None:
    receiver = client(*RECEIVER)
    parked = went(receiver.submit("/purchasing/unknown/new", "park", sender="Nobody", text="A pallet"))
    assert client("buyer").submit(parked, "away", reason="").status_code == 422
    went(client("buyer").submit(parked, "away", reason="Meant for the neighbour"))
    assert "Meant for the neighbour" in text(receiver, parked)


def test_goods_go_back_and_are_credited(client: Enter, shop: Shop) -> None:
    id = ordered(client, shop, 44)
    receipt = received(client, id, "LS-44")
    bill = billed(client, id, "R-44", "418.00")
    receiver, payable = client(*RECEIVER), client("accounts_payable")
    too_many = receiver.submit(receipt, "back", reason="Torn", **{"lines.0.accepted": 45})
    assert too_many.status_code == 409
    sent = went(receiver.submit(receipt, "back", reason="Torn", **{"lines.0.accepted": 4}))
    assert "The supplier owes a credit note" in text(receiver, sent)
    (address,) = payable.page(sent).xpath("//a[contains(@href, 'kind=credit_note')]/@href")
    note = went(payable.submit(address, "bill", supplier_number="C-44", stated_gross="38.00"))
    page = text(payable, note)
    assert "Credit note" in page and "4 box" in page and "38.00" in page
    assert "Order, receipt and bill agree." in text(payable, bill)


def test_a_bill_is_set_right_and_no_longer_differs(client: Enter, shop: Shop) -> None:
    id = ordered(client, shop, 45)
    received(client, id, "LS-45")
    bill = billed(client, id, "R-45", "500.00", **{"lines.0.price": "12.00"})
    payable = client("accounts_payable")
    assert "price" in text(payable, bill).lower()
    form = f"{bill}/change"
    assert payable.page(form).xpath("//input[@name='supplier_number']/@value") == ["R-45"]
    went(payable.submit(form, "bill", stated_gross="427.50", **{"lines.0.price": "9.50"}))
    assert not payable.page(bill).xpath("//section[@aria-label='What differs']//h2[normalize-space()='Price']")
    assert client("buyer").get(form).status_code == 403


def test_freight_is_typed_as_an_amount_and_no_row_is_lost(client: Enter, shop: Shop) -> None:
    id = ordered(client, shop, 50)
    received(client, id, "LS-50")
    bill = billed(client, id, "R-50", "493.00", **{"lines.1.description": "Freight", "lines.1.amount": "18.00"})
    payable = client("accounts_payable")
    assert "Freight" in text(payable, bill)
    assert "Net 493.00" in text(payable, bill)
    lost = payable.submit(f"{bill}/change", "bill", **{"lines.0.quantity": "", "lines.0.amount": "475.00"})
    assert lost.status_code == 422
    assert "How many?" in lost.text


def test_a_bill_without_an_order_finds_one(client: Enter, shop: Shop) -> None:
    id = ordered(client, shop, 46)
    received(client, id, "LS-46")
    payable = client("accounts_payable")
    bill = went(payable.submit("/purchasing/invoices/new", "bill", supplier_id=shop.supplier_id, supplier_number="R-46",
                               stated_gross="437.00", **{"lines.0.quantity": 46, "lines.0.price": "9.50",
                                                         "lines.0.cost_centre_id": shop.centre_id}))  # fmt: skip
    number = number_of(payable, id)
    went(payable.submit(f"{bill}/change?order={number}", "bill"))
    assert number in text(payable, bill)
    assert "It names no order" not in text(payable, bill)


def test_the_buyer_answers_without_seeing_the_bill(client: Enter, shop: Shop) -> None:
    id = ordered(client, shop, 47)
    received(client, id, "LS-47")
    bill = billed(client, id, "R-47", "940.00", **{"lines.0.price": "20.00"})
    payable, buyer = client("accounts_payable"), client("buyer")
    (ask,) = payable.page(bill).xpath(
        "//section[@aria-label='The price differs from the order']//form[contains(@action, '/ask')]/@id"
    )
    went(payable.submit(bill, ask, whom="buyer"))
    assert "/purchasing/questions" in buyer.get("/").text
    assert "R-47" in text(buyer, "/purchasing/questions")
    assert "R-47" not in text(client("receiver", "rosi"), "/purchasing/questions"), "it was not asked"
    question = buyer.page("/purchasing/questions").xpath("//section[contains(., 'R-47')]//form/@id")[0]
    assert buyer.submit("/purchasing/questions", question, text="").status_code == 422
    went(buyer.submit("/purchasing/questions", question, text="The list is from June, 9.50 is right"))
    assert "9.50 is right" in text(payable, bill)
    assert "1answer to your questions" in text(payable, "/")
    assert buyer.get(bill).status_code in (403, 404)


def test_lists_of_the_dock(client: Enter, shop: Shop, served: Served) -> None:
    id = ordered(client, shop, 48)
    receipt = received(client, id, "LS-48")
    receiver: Client = client(*RECEIVER)
    assert receipt in receiver.get("/purchasing/receipts?kind=delivery&q=LS-48").text
    assert receipt not in receiver.get("/purchasing/receipts?kind=return").text
    went(receiver.submit(receipt, "reverse", reason="Counted twice"))
    assert "Reversal" in text(receiver, "/purchasing/receipts?kind=reversal")
