"""A draft requisition is changed: its head, and its lines where they stand."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Client, Served
from tests.web.test_purchasing_pages import Shop, asked, drafted, shop, text, went

__all__ = ["shop"]
pytestmark = pytest.mark.db

Enter = Callable[..., Client]


@pytest.fixture
def rita(client: Enter) -> Client:
    return client("requester,storekeeper", "rita")


def the_line(rita: Client, path: str) -> str:
    return str(rita.page(path).xpath("string(//tr[starts-with(@id, 'line-')]/@id)")).removeprefix("line-")


def acts(rita: Client, path: str, **what: object) -> str:
    form = rita.page(path).get_element_by_id("line-acts")
    fields = {name: value or "" for name, value in form.form_values()} | {k: str(v) for k, v in what.items()}
    return rita.send(str(form.get("action")), fields, came_from=path).text


def test_the_head_of_a_draft_is_changed_and_of_no_other(rita: Client, shop: Shop) -> None:
    path = drafted(rita, shop, 75)
    assert went(rita.submit(f"{path}/head", "head", title="Gloves for the press shop")) == path
    assert "Gloves for the press shop" in text(rita, path)
    late = rita.submit(f"{path}/head", "head", need_by="2099-01-01")
    assert late.status_code == 422 and "two years ahead" in late.text
    out = asked(rita, shop, 80)
    assert rita.get(f"{out}/head").status_code == 409


def test_a_line_is_changed_where_it_stands(rita: Client, shop: Shop) -> None:
    path = drafted(rita, shop, 75)
    line = the_line(rita, path)
    opened = acts(rita, path, change=line)
    assert f'id="change-{line}"' in opened and "empty: as quoted" in opened
    assert f'id="change-{line}"' not in acts(rita, path, show=line)
    form = rita.page(f"{path}/lines/{line}").get_element_by_id(f"change-{line}")
    fields = {name: value or "" for name, value in form.form_values()}
    changed = rita.send(str(form.get("action")), fields | {"quantity": "2", "unit": "box", "price": ""})
    assert changed.status_code == 200 and "19.00" in text(rita, path)
    stale = rita.send(str(form.get("action")), fields | {"_key": "other", "quantity": "3", "unit": "box"})
    assert stale.status_code == 409
    assert "Line taken off." in acts(rita, path, remove=line)
    assert the_line(rita, path) == ""


@pytest.mark.browser
def test_a_line_is_changed_by_keyboard(served: Served, browser: Callable[..., Page], rita: Client, shop: Shop) -> None:
    path = drafted(rita, shop, 75)
    page = browser("requester,storekeeper", "rita")
    page.goto(path)
    page.get_by_role("button", name="Change Nitrile gloves L").press("Enter")
    quantity = page.get_by_role("textbox", name=re.compile("Quantity of Nitrile gloves L"))
    expect(quantity).to_be_focused()
    quantity.fill("2")
    page.keyboard.press("Enter")
    expect(page.locator("#lines tfoot")).to_contain_text("19.00")
    expect(page.locator("#toasts")).to_contain_text("Line changed.")
