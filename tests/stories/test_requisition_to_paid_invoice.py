"""Rita needs gloves; five people later the bill is paid. Each works at a browser of their own."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pypdf
import pytest
from playwright.sync_api import Page, expect

from plantops import items
from plantops.items import ItemFacts
from plantops.parties import PartyFacts
from purchasing import catalogue, suppliers
from purchasing.catalogue import OfferFacts
from purchasing.suppliers import Terms
from tests.browser import Served
from tests.plantops.test_outbox import Mailbox, free_port, server
from tests.stories.stage import menu, number, press, tab_to, toast, wait_until, working

pytestmark = [pytest.mark.db, pytest.mark.browser]

Open = Callable[..., Page]
MAILED_MS = 60_000
IBAN = "DE89370400440532013000"


@pytest.fixture(scope="module")
def letterbox(served: Served) -> Iterator[Mailbox]:
    """The supplier's mail server. Mails wait half a minute by the clock, so the clock is the real one."""
    box, port = Mailbox(), free_port()
    served.house.settings = replace(served.house.settings, smtp_url=f"smtp://127.0.0.1:{port}")
    served.house.clock = lambda: datetime.now(UTC)
    with server(box, port):
        yield box


@pytest.fixture(scope="module")
def kessling(served: Served, letterbox: Mailbox) -> None:
    """Gloves in boxes of 100 from Kessling Hygiene, whose account two people looked at."""
    served.person("buyer", "bea")
    served.person("accounts_payable", "paula")
    with served.house.acting() as ctx:
        goods = items.add_category(ctx, "GOODS", "Goods", over_percent=Decimal(0), under_percent=Decimal(0))
        gloves = items.add_item(ctx, ItemFacts("GL-L", "Nitrile gloves L", goods.id), packs={"box": Decimal(100)})
        facts = PartyFacts("Kessling Hygiene", email="orders@kessling.example")
        supplier = suppliers.add_supplier(ctx, facts, Terms())
        first = ctx.today - timedelta(days=400)
        catalogue.set_offer(ctx, OfferFacts(supplier.id, gloves.id, "box", Decimal("9.50"), first))
    with served.house.acting(served.logins["bea"]) as ctx:
        account = suppliers.enter_account(ctx, supplier.id, IBAN, "Kessling Hygiene")
    with served.house.acting(served.logins["paula"]) as ctx:
        suppliers.verify_account(ctx, account.id, account.version)


def test_gloves_are_asked_for_ordered_received_billed_and_paid(
    served: Served, letterbox: Mailbox, kessling: None, browser: Open
) -> None:
    rita = browser("requester", "rita")
    asked = asks_for_forty_boxes(rita)

    aron = browser("approver", "aron")
    approves_by_keyboard(aron, asked)
    rita.reload()
    expect(rita.locator(".head")).to_contain_text("Approved")

    with working(served.house):
        bea = browser("buyer", "bea")
        order = orders(bea, asked)

        remo = browser("receiver", "remo", width=390)
        receives(remo, order)

        paula = browser("accounts_payable", "paula")
        captures_a_dearer_bill(paula, order)
        lets_it_pass_by_keyboard(paula)
        pays(paula)

        it_went_out_as_paper(bea, letterbox, order)
    rita.reload()
    expect(rita.locator(".head")).to_contain_text("Closed")


def asks_for_forty_boxes(rita: Page) -> str:
    rita.goto("/")
    menu(rita, "Requisitions")
    rita.get_by_role("link", name="New requisition").first.click()
    rita.get_by_label("What is it for?").fill("Gloves for Hall 1")
    rita.get_by_label("Cost centre").select_option("4100 Maintenance")
    rita.get_by_role("button", name="Go on to the lines").click()
    rita.get_by_role("combobox", name="What").fill("glov")
    rita.get_by_role("option", name="Nitrile gloves L").click()
    rita.get_by_label("Quantity").fill("40")
    rita.get_by_label("Unit").fill("box")
    rita.get_by_role("button", name="Add").click()
    expect(rita.locator("#lines tfoot")).to_contain_text("380.00")
    rita.get_by_role("button", name="Submit").click()
    toast(rita, "waits for approval")
    return number(rita, "PR")


def approves_by_keyboard(aron: Page, asked: str) -> None:
    aron.goto("/")
    card = aron.get_by_label("What waits for you").get_by_role("link").first
    tab_to(aron, card)
    aron.keyboard.press("Enter")
    link = aron.get_by_role("link", name=asked)
    tab_to(aron, link)
    aron.keyboard.press("Enter")
    expect(aron.get_by_role("heading", level=1)).to_contain_text("Gloves for Hall 1")
    expect(aron.locator("#lines")).to_contain_text("Nitrile gloves L")
    press(aron, "Approve")
    toast(aron, f"{asked} is approved")


def orders(bea: Page, asked: str) -> str:
    bea.goto("/")
    menu(bea, "To order")
    expect(bea.get_by_role("table")).to_contain_text(asked)
    bea.get_by_role("button", name="Put the picked on an order").click()
    expect(bea.get_by_role("heading", level=1)).to_contain_text("Draft: Kessling Hygiene")
    bea.get_by_role("button", name="Place order", exact=True).click()
    toast(bea, "goes to the supplier")
    return number(bea, "PO")


def receives(remo: Page, order: str) -> None:
    remo.goto("/purchasing/receive")
    remo.get_by_role("link", name=order).click()
    expect(remo.locator("main")).to_contain_text("still to come")
    remo.get_by_label("Number of the delivery note").fill("LS-4711")
    remo.get_by_role("button", name="All received").click()
    expect(remo.locator("main")).to_contain_text("It goes straight to who asked for it")


def captures_a_dearer_bill(paula: Page, order: str) -> None:
    """Twelve euros a box were billed, nine fifty were agreed."""
    paula.goto("/")
    menu(paula, "Invoices")
    paula.get_by_role("link", name="Capture an invoice").first.click()
    paula.get_by_label("Order number on the bill").fill(order)
    paula.get_by_role("button", name="Take its lines").click()
    paula.get_by_label("Their invoice number").fill("R-2026-88")
    paula.get_by_label("Total to pay, as printed").fill("480.00")
    paula.get_by_role("region", name="Nitrile gloves L").get_by_label("Price each").fill("12.00")
    paula.get_by_role("button", name="Capture it").click()
    toast(paula, "is held")
    differs = paula.get_by_label("What differs")
    expect(differs).to_contain_text("100.00")
    expect(differs.get_by_role("heading")).to_have_count(1)


def lets_it_pass_by_keyboard(paula: Page) -> None:
    press(paula, "Let it pass")
    expect(paula.get_by_label("Why may it pass?")).to_be_focused()
    paula.keyboard.type("The price list changed on Monday")
    press(paula, "Let it pass")
    expect(paula.locator("main")).to_contain_text("What differed was let pass.")
    expect(paula.locator(".head")).to_contain_text("Matched")


def pays(paula: Page) -> None:
    paula.get_by_role("button", name="Approve").click()
    toast(paula, "may be posted")
    paula.get_by_role("button", name="Post").click()
    toast(paula, "Posted as")
    paula.get_by_role("button", name="Mark as paid").click()
    paula.get_by_label("The bank's reference").fill("SEPA 4711")
    paula.get_by_role("dialog").get_by_role("button", name="Mark as paid").click()
    expect(paula.locator(".head")).to_contain_text("Paid")
    expect(paula.locator("main")).to_contain_text("The price list changed on Monday")


def it_went_out_as_paper(bea: Page, letterbox: Mailbox, order: str) -> None:
    """The buyer opens the PDF and reads that it was mailed; the supplier has the same paper."""

    def sent() -> bool:
        bea.reload()
        return bea.locator("#record li").filter(has_text="orders@kessling.example").get_by_text("Sent").count() == 1

    wait_until(lambda: bool(letterbox.got), MAILED_MS)  # without a page drawn twice a second meanwhile
    wait_until(sent, MAILED_MS)
    with bea.expect_download() as download:
        bea.get_by_role("link", name=f"{order}.pdf").first.click()
    paper = download.value.path().read_bytes()
    words = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper)).pages)
    assert order in words
    assert "Nitrile gloves L" in words
    assert "380.00" in words
    (mail,) = letterbox.got
    assert "orders@kessling.example" in mail["To"]
    assert order in mail["Subject"]
    assert [part.get_content() for part in mail.iter_attachments()] == [paper]
