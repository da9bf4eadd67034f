"""A day of 107 real orders is planned, a vehicle falls out, the day is planned again, and the manifest is printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from importlib.resources import as_file, files

import pytest
from playwright.sync_api import Page, expect

from plantops import imports
from plantops.places import Site
from tests.browser import Served
from tests.stories.stage import COMPUTED_MS, press, toast, working
from transport import addresses

pytestmark = [pytest.mark.db, pytest.mark.browser]

DAY = "2026-11-23"


@pytest.fixture(scope="module")
def real_day(served: Served) -> int:
    """The real delivery days on a site of their own, brought by the product's import."""
    folder = files("transport").joinpath("demo")
    with served.house.acting() as ctx:
        site = Site(code="SAM", name="Sample data", zone="UTC", currency="USD", country="US", in_totals=False)
        ctx.session.add(site)
        ctx.session.flush()
        addresses.add(
            ctx,
            site.id,
            "1000",
            "Depot",
            Decimal("43.373918"),
            Decimal("17.601717"),
            is_depot=True,
            from_minute=360,
            to_minute=1080,
        )
        for kind, name, data in (
            ("transport-orders", "bih", "orders"),
            ("vehicles", "bih_vehicles", "vehicles"),
            ("roads", "bih_roads", "depot_distances"),
            ("forbidden-pairs", "bih_forbidden", "forbidden"),
        ):
            text = folder.joinpath("maps", f"{name}.toml").read_text(encoding="utf-8")
            with as_file(folder.joinpath("data", "bih", f"{data}.csv")) as path:
                report = imports.bring(ctx, kind, path, text)
            assert kind == "forbidden-pairs" or report.loaded == report.rows
        return site.id


def plan(page: Page, site_id: int) -> str:
    """Asks for a plan and waits for it; returns the page's address."""
    page.goto(f"/transport?site={site_id}&day={DAY}")
    page.get_by_label("Seconds to think").fill("4")
    page.get_by_role("button", name="Plan this day").click()
    expect(page.get_by_role("heading", name="Plan for 23 Nov 2026")).to_be_visible()
    address = page.url
    expect(page.get_by_role("button", name="Publish")).to_be_enabled(timeout=COMPUTED_MS)
    return address


def publish(page: Page) -> None:
    """The sample site has no drivers of its own: that is said, and a reason is asked for."""
    page.get_by_role("button", name="Publish without drivers").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why without?").fill("The carrier's own drivers")
    dialog.get_by_role("button", name="Publish without drivers").click()
    expect(page.get_by_text("Published: the drivers have their day.")).to_be_visible()


def move_a_stop(page: Page, draft: str) -> None:
    """The first stop of the plan goes where it costs least on another vehicle, without a mouse."""
    page.goto(draft)
    page.get_by_role("link", name=re.compile("^Move ")).first.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("^Move "))).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="stays: no cheaper place on it")).to_have_count(1)
    page.get_by_role("button", name="Move here").first.press("Enter")
    toast(page, "Moved: +")
    expect(page.get_by_text("Changed by hand since it was computed.", exact=True)).to_be_visible()


def test_the_day_is_planned_published_and_planned_again(
    served: Served, real_day: int, browser: Callable[..., Page]
) -> None:
    page = browser("dispatcher")
    with working(served.house):
        page.goto(f"/transport?site={real_day}&day={DAY}")
        expect(page.get_by_text("Not planned").locator("xpath=following-sibling::*[1]")).to_have_text("107")
        first = plan(page, real_day)
        expect(page.get_by_text("Left out").locator("xpath=following-sibling::*[1]")).to_have_text("0")
        move_a_stop(page, first)
        publish(page)

        used = page.locator("main h2").filter(has_text="-").first.inner_text()
        page.goto(f"/transport/vehicles?site={real_day}")
        page.get_by_role("link", name=used).click()
        page.get_by_role("button", name="Take out of service").first.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Why?").fill("Gearbox")
        dialog.get_by_label("From").fill(DAY)
        dialog.get_by_role("button", name="Take out of service").click()
        expect(page.get_by_text("It stays in today: it is out of service: Gearbox.")).to_be_visible()

        page.goto(first)
        expect(
            page.get_by_text("A vehicle of this plan was taken out. Plan the day again.", exact=True)
        ).to_be_visible()
        second = plan(page, real_day)
        expect(page.get_by_role("heading", name=used, exact=True)).to_have_count(0)
        publish(page)

        press(page, "Print the manifest")
        expect(page.get_by_text("The manifest is ready.")).to_be_visible(timeout=COMPUTED_MS)
        page.goto(second)
        expect(page.get_by_role("link", name="manifest-2026-11-23").first).to_be_visible()
