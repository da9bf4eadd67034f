"""Two buyers have the same draft order open: each changes it, nobody loses anything, and the log shows both."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.web.test_purchasing_drafts import add, begun, line_ids
from tests.web.test_purchasing_pages import Enter, Open, Shop, shop

__all__ = ["shop"]
pytestmark = [pytest.mark.db, pytest.mark.browser]


def test_two_people_edit_one_order_and_nobody_loses_anything(browser: Open, client: Enter, shop: Shop) -> None:
    clerk = client("buyer", "clerk")
    order = begun(clerk, shop)
    assert add(clerk, order, shop, item_id_text="A shelf", quantity=2, price="80.00") == 200
    (line,) = line_ids(clerk, order)
    bea, ben = browser("buyer", "bea"), browser("buyer", "ben")
    both_change_the_head(bea, ben, order)
    both_change_a_line(bea, ben, order, line)
    expect(bea.locator("#line-totals")).to_contain_text("370.00")
    the_log_names_both(bea)


def both_change_the_head(bea: Page, ben: Page, order: str) -> None:
    for page in (bea, ben):
        page.goto(f"{order}/head")
    bea.get_by_label("Freight").fill("20")
    bea.get_by_label("Note to the supplier").fill("Ring at gate 2")
    bea.get_by_role("button", name="Save").press("Enter")
    expect(bea.locator("#line-rows")).to_be_visible()
    ben.get_by_label("Bills are paid within").fill("14")
    ben.get_by_label("Note to the supplier").fill("Call before you come")
    ben.get_by_role("button", name="Save").press("Enter")
    asked = ben.locator("[data-compare]")
    expect(asked).to_contain_text("Their change of one other field was taken over. You both changed the following")
    expect(asked.get_by_label("Yours: Call before you come")).to_be_focused()
    ben.keyboard.press("ArrowDown")
    expect(asked.get_by_label("Theirs: Ring at gate 2")).to_be_checked()
    expect(ben.get_by_label("Freight")).to_have_value("20")
    ben.get_by_role("button", name="Save").press("Enter")
    expect(ben.locator("#line-totals")).to_contain_text("180.00")


def both_change_a_line(bea: Page, ben: Page, order: str, line: str) -> None:
    for page in (bea, ben):
        page.goto(order)
        page.get_by_role("button", name="Change A shelf").press("Enter")
        expect(page.get_by_label("Quantity of A shelf")).to_be_focused()
    ben.get_by_label("Price of A shelf").fill("70.00")
    ben.get_by_label("Quantity of A shelf").fill("4")
    ben.get_by_label("Quantity of A shelf").press("Enter")
    expect(ben.locator("#line-totals")).to_contain_text("300.00")
    bea.get_by_label("Quantity of A shelf").fill("5")
    bea.get_by_label("Quantity of A shelf").press("Enter")
    asked = bea.locator(f"#change-{line} [data-compare]")
    expect(asked.get_by_label("Yours: 5")).to_be_focused()
    expect(bea.get_by_label("Price of A shelf")).to_have_value("70")
    bea.get_by_label("Quantity of A shelf").press("Enter")


def the_log_names_both(bea: Page) -> None:
    bea.reload()
    log = bea.locator("ol.log")
    for who, what in (
        ("Bea", "Ring at gate 2"),
        ("Ben", "14"),
        ("Ben", "70"),
        ("Bea", "5"),
    ):
        expect(log.get_by_role("listitem").filter(has_text=who).filter(has_text=what).first).to_be_visible()
