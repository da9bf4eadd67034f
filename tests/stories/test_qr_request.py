"""Water under a rack: reported by the code at the door without an account, done by a cleaner, seen by who reported."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from plantops import places
from plantops.places import Kind
from tests.browser import Served
from tests.stories.stage import press, tab_to, toast, waiting

pytestmark = [pytest.mark.db, pytest.mark.browser]

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def code(served: Served) -> str:
    """What the QR code at the door of Hall 7 leads to."""
    with served.house.acting() as ctx:
        site = places.list_sites(ctx)[0]
        return f"/r/{places.add_place(ctx, site.id, 'H7', 'Hall 7', Kind.BUILDING).token}"


def test_a_report_by_code_becomes_work_and_comes_back_as_done(served: Served, code: str, browser: Open) -> None:
    served.person("cleaner", "cleo")
    phone = browser(width=390)
    number = reports_water(phone, code)

    desk = browser("facility_manager", "fred")
    triages_by_keyboard(desk, number)
    phone.reload()
    expect(phone.locator("main")).to_contain_text("is being worked on")
    gives_it_to(desk, "Cleo")

    cleo = browser("cleaner", "cleo", width=390, dark=True)
    does_the_work(cleo)

    phone.reload()
    expect(phone.get_by_role("heading", level=1)).to_have_text(f"Report {number}")
    expect(phone.locator("main")).to_contain_text("settled")
    expect(phone.locator("main")).to_contain_text("The seal was worn; a new one is in.")
    desk.reload()
    expect(desk.locator(".head")).to_contain_text("Resolved")


def reports_water(phone: Page, code: str) -> str:
    phone.goto(code)
    expect(phone.get_by_text("You are at")).to_contain_text("Hall 7")
    phone.get_by_label("What is wrong?").fill("Water under the second rack")
    phone.get_by_label("What is it about?").select_option("Water and drains")
    phone.get_by_role("button", name="Send the report").click()
    heading = phone.get_by_role("heading", level=1)
    expect(heading).to_contain_text("Thank you RQ-")
    expect(phone.locator("main")).to_contain_text("waits for the desk")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return heading.inner_text().split()[-1]


def triages_by_keyboard(desk: Page, number: str) -> None:
    waiting(desk, "request to triage", "1", keyboard=True)
    tab_to(desk, desk.get_by_role("link", name=number))
    desk.keyboard.press("Enter")
    expect(desk.locator("main")).to_contain_text("Water under the second rack")
    expect(desk.locator("main")).to_contain_text("Hall 7")
    press(desk, "Accept")
    tab_to(desk, desk.get_by_label("3: this week"))
    desk.keyboard.press("ArrowUp")
    press(desk, "Accept")
    toast(desk, f"{number} is accepted with priority 2")


def gives_it_to(desk: Page, who: str) -> None:
    desk.get_by_role("button", name="Open a work order").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("What is to be done?").fill("Find the leak and stop it")
    dialog.get_by_label("Who").select_option(who)
    dialog.get_by_label("Tasks").fill("Close the valve\nChange the seal")
    dialog.get_by_role("button", name="Open a work order").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Find the leak and stop it")
    desk.locator("main").get_by_role("link", name="RQ-").click()


def does_the_work(cleo: Page) -> None:
    waiting(cleo, "work order for me", "1")
    cleo.get_by_role("link", name="WO-").click()
    cleo.get_by_role("button", name="Start").click()
    toast(cleo, "is begun")
    for left in ("2 of its tasks are", "1 of its tasks is"):
        expect(cleo.locator("main")).to_contain_text(left)
        cleo.get_by_role("button", name="Tick off").first.click()
    cleo.get_by_label("What was done?").fill("The seal was worn; a new one is in.")
    cleo.get_by_label("Minutes of work").fill("25")
    cleo.get_by_role("button", name="Finish").click()
    toast(cleo, "is done")
