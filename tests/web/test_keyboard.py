"""Five pieces of work without a mouse; at each step the person sees where they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from plantops import places
from tests.browser import Client, Served
from tests.housekeeping import making
from tests.web.test_purchasing_pages import Shop, asked, number_of, ordered, shop

__all__ = ["shop"]
pytestmark = [pytest.mark.db, pytest.mark.browser]

Open = Callable[..., Page]
Enter = Callable[..., Client]
MOST_TABS = 70
# What is wrong with where the person is: no frame around it, out of sight, or below a bar that stays.
# With little motion what moves has moved by the next frame.
UNSEEN = """async () => {
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
  if (e === document.body || e.id === "main") return "";
  const name = `${e.tagName} ${e.id} ${e.textContent.trim().slice(0, 30)}`;
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return name + " has no frame";
  if (box.bottom < 0 || box.top > innerHeight || !box.width) return name + " is out of sight";
  const top = document.elementFromPoint(box.x + box.width / 2, Math.min(box.y + box.height / 2, innerHeight - 1));
  return !top || e.contains(top) || top.contains(e) ? "" : name + " lies below " + top.tagName + " " + top.className;
}"""


@pytest.fixture
def enter(browser: Open) -> Open:
    """A window in which nothing glides: what has the focus is in sight at once."""

    def opened(*who: str, **more: int) -> Page:
        page = browser(*who, **more)
        page.emulate_media(reduced_motion="reduce")
        return page

    return opened


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    expect(target).to_be_visible()
    if page.evaluate("document.activeElement === document.body"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="To the content")).to_be_focused()
        page.keyboard.press("Enter")
    for _ in range(MOST_TABS):
        assert page.evaluate(UNSEEN) == ""
        if target.evaluate("it => it === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"The Tab key does not lead to {target}.")


def press(page: Page, button: str, inside: str = "main", key: str = "Tab") -> None:
    tab_to(page, page.locator(inside).get_by_role("button", name=button, exact=True), key)
    page.keyboard.press("Enter")


def test_an_order_is_entered(enter: Open, shop: Shop) -> None:
    page = enter("buyer")
    page.goto("/purchasing/orders/new")
    expect(page.get_by_label("Supplier *")).to_be_focused()
    page.keyboard.type("Kess")
    press(page, "Go on to the lines")
    expect(page.locator("main h1")).to_contain_text("Kessling Hygiene")
    tab_to(page, page.get_by_role("combobox", name="What"))
    for typed in ("A shelf by hand", "\t", "3", "\t", "\t", "2,50"):
        page.keyboard.press("Tab") if typed == "\t" else page.keyboard.type(typed)
        assert page.evaluate(UNSEEN) == ""
    page.keyboard.press("Enter")
    expect(page.locator("#line-totals")).to_contain_text("7.50")
    expect(page.get_by_role("combobox", name="What")).to_be_focused()
    press(page, "Place order", key="Shift+Tab")
    expect(page.locator("#line-rows")).to_have_count(0)


def test_a_requisition_is_approved(enter: Open, client: Enter, shop: Shop) -> None:
    path = asked(client("requester,storekeeper", "rita"), shop, 70)
    page = enter("approver")
    page.goto("/purchasing/approvals")
    tab_to(page, page.locator(f"main a[href='{path}']"))
    page.keyboard.press("Enter")
    press(page, "Approve")
    expect(page.locator("#toasts")).to_contain_text("approved")


def test_a_delivery_is_received_on_a_phone(enter: Open, client: Enter, shop: Shop) -> None:
    id = ordered(client, shop, 60)
    number = number_of(client("buyer"), id)
    page = enter("receiver,storekeeper", "remo", width=390)
    page.goto(f"/purchasing/receive?q={number}")
    tab_to(page, page.locator("main").get_by_role("link", name=number))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Number of the delivery note"))
    page.keyboard.type("LS-60")
    press(page, "All received")
    expect(page.locator("main")).to_contain_text("It lies in Main store")


def test_a_roster_is_accepted(enter: Open, served: Served) -> None:
    with served.house.acting() as ctx:
        crew = making.crew(ctx)
        made = making.proposal(ctx, crew, making.whole_week(crew)).id
        name = next(site.name for site in places.list_sites(ctx) if site.id == crew.site_id)
    page = enter("facility_manager")
    page.goto(f"/housekeeping/rosters?site={crew.site_id}")
    expect(page.locator("h1")).to_contain_text(name)
    tab_to(page, page.locator(f"main a[href='/housekeeping/rosters/{made}']"))
    page.keyboard.press("Enter")
    press(page, "Accept and publish")
    press(page, "Accept and publish", "dialog[open]")
    expect(page.locator("#toasts")).to_contain_text("the shifts are planned")


def test_a_fault_is_reported(enter: Open, served: Served) -> None:
    page = enter("employee")
    page.goto("/housekeeping/requests/new")
    tab_to(page, page.get_by_label("What is wrong?"))
    page.keyboard.type("Lamp out")
    tab_to(page, page.get_by_label("What is it about?"))
    page.keyboard.type("Elec")
    press(page, "Send the report")
    expect(page.locator("#toasts")).to_contain_text("RQ-")


def test_more_rows_have_the_focus_where_they_begin(enter: Open, served: Served) -> None:
    for name in ("mia", "max", "mona"):
        served.person("employee", name)
    page = enter("administrator", "mo")
    page.goto("/admin/users?limit=2")
    page.get_by_role("link", name="Show more").press("Enter")
    expect(page.locator("[data-row]").nth(2).locator(".c-lead a")).to_be_focused()
