"""What somebody typed and did not send: kept for them alone, offered again, never over somebody else's change."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from plantops import desk, typed
from tests.browser import Client, Served
from tests.web.test_purchasing_pages import Enter, Open, Shop, shop, went
from web import session

__all__ = ["shop"]
pytestmark = [pytest.mark.db, pytest.mark.browser]
NOTE = [["note", "Ring at gate 2", ""]]


def begun(buyer: Client, shop: Shop) -> str:
    return went(
        buyer.submit("/purchasing/orders/new", "head", supplier_id=shop.supplier_id, cost_centre_id=shop.centre_id)
    )


@pytest.mark.parametrize(
    ("place", "values", "why"),
    [
        ("/purchasing/orders/1/head#head", NOTE, None),
        ("//elsewhere.example/x", NOTE, "it belongs to no form of this house"),
        ("https://elsewhere.example/#x", NOTE, "it belongs to no form of this house"),
        ("/" + "x" * 400 + "#x", NOTE, "it belongs to no form of this house"),
        ("/x#x", [["note", "x" * 100_001, ""]], "it is too long to be kept"),
        ("/x#x", [["note", "half a \ud800", ""]], "it holds a character that cannot be stored"),
        ("/x#x", [["note", "", "nothing \0"]], "it holds a character that cannot be stored"),
    ],
)
def test_what_is_kept(place: str, values: list[list[str]], why: str | None) -> None:
    assert typed.why_not_keep(place, values) == why


def test_it_is_kept_for_its_writer_alone_and_gone_when_sent(client: Enter, shop: Shop, served: Served) -> None:
    buyer, other = client("buyer", "bea"), client("buyer", "bob")
    head = f"{begun(buyer, shop)}/head"
    assert buyer.post("/typed", place=f"{head}#head", values=json.dumps(NOTE)).status_code == 204
    assert "Ring at gate 2" in buyer.get(head).text and "Ring at gate 2" not in other.get(head).text
    for broken in ("nonsense", '{"a": 1}', '[["a", 1, ""]]', "[" * 5000):
        assert buyer.post("/typed", place=f"{head}#head", values=broken).status_code == 422
    went(buyer.submit(head, "head", note="Ring at gate 3"))
    assert "data-typed=" not in buyer.get(head).text


def test_too_many_forms_and_old_ones_go(client: Enter, served: Served) -> None:
    client("buyer", "bea")
    with served.house.acting(served.logins["bea"]) as ctx:
        for n in range(typed.MOST + 3):
            typed.keep(ctx, f"/many/{n}#form", NOTE)
        assert sum(len(desk.mine(ctx, f"/many/{n}").typed) for n in range(typed.MOST + 3)) <= typed.MOST
        ctx.now += typed.KEPT * 2
        assert typed.forget_old(ctx) > 0


def test_what_was_typed_is_offered_again_and_brought_together(browser: Open, client: Enter, shop: Shop) -> None:
    buyer = client("buyer", "bea")
    head = f"{begun(buyer, shop)}/head"
    page = browser("buyer", "bea")
    page.goto(head)
    page.get_by_label("Note").fill("Ring at gate 2")
    page.get_by_label("Freight").fill("7")
    with page.expect_response("**/typed"):
        leave(page)
    went(client("buyer", "bob").submit(head, "head", freight=9, terms_days=45))
    page.goto(head)
    offer = page.locator("[data-typed=head]")
    expect(offer).to_contain_text("Typed on")
    offer.get_by_role("button", name="Go on with it").press("Enter")
    expect(page.get_by_label("Note")).to_have_value("Ring at gate 2")
    expect(page.get_by_label("Bills are paid within")).to_have_value("45")
    choice = offer.get_by_role("group", name="Freight")
    expect(choice).to_contain_text("Yours: 7")
    expect(choice).to_contain_text("Theirs: 9")
    expect(choice).to_contain_text("Before: 0")
    choice.get_by_label("Theirs: 9").press("Space")
    expect(page.get_by_role("textbox", name="Freight")).to_have_value("9")
    page.get_by_role("textbox", name="Note").press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("The head is changed.")
    page.goto(head)
    expect(page.get_by_label("Note")).to_have_value("Ring at gate 2")
    expect(page.locator("[data-typed=head]")).to_have_count(0)


def leave(page: Page) -> None:
    """The browser keeps what was typed when the page goes away."""
    page.evaluate("dispatchEvent(new Event('pagehide'))")


def test_signed_in_again_in_another_tab_sends_the_form_once_more(
    browser: Open, client: Enter, shop: Shop, served: Served
) -> None:
    head = f"{begun(client('buyer', 'bea'), shop)}/head"
    page = browser("buyer", "bea")
    page.goto(head)
    page.get_by_label("Note").fill("Ring at gate 5")
    name = session.cookie_name(served.house.settings)
    page.context.add_cookies([{"name": name, "value": served.token("buyer", "bea"), "url": served.url}])
    page.get_by_label("Note").press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("The head is changed.")
    page.goto(head)
    expect(page.get_by_label("Note")).to_have_value("Ring at gate 5")
    page.get_by_label("Note").fill("Ring at gate 6")
    page.context.add_cookies([{"name": name, "value": served.token("buyer", "bob"), "url": served.url}])
    page.get_by_label("Note").press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Somebody else has signed in")
    expect(page.get_by_label("Note")).to_have_value("Ring at gate 6")
