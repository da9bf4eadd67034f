"""The plant manager opens last week, clicks figures, adds up the rows behind them, and takes paper and sheets along."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pypdf
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, expect

from housekeeping import requests
from housekeeping.desk_models import Channel, RequestState
from plantops import places
from plantops.context import Context
from purchasing.invoices import NewBillLine
from tests.browser import Served
from tests.houses import NOW, Someone
from tests.purchasing.shop import open_shop
from tests.stories.stage import COMPUTED_MS, figure, menu, press, tab_to, working

pytestmark = [pytest.mark.db, pytest.mark.browser]

Open = Callable[..., Page]
HELD = (Decimal("412.37"), Decimal("97.50"), Decimal("1380.09"))
IN_TIME, LATE = 5, 3


@pytest.fixture(scope="module")
def last_week(served: Served) -> None:
    """Three bills have waited since the tenth; eight requests were due last week, five were done in time."""
    with served.house.acting() as ctx:
        shop = open_shop(Someone(served.house, ctx.session, NOW - timedelta(days=13)))
        for number, price in enumerate(HELD):
            line = NewBillLine(Decimal(1), price, "Repair of a door", cost_centre_id=shop.centre_id)
            shop.capture([line], f"R-{number}", invoice_date=date(2026, 11, 9))
        requests.take_many(ctx, [told(ctx, number) for number in range(IN_TIME + LATE + 1)])


def told(ctx: Context, number: int) -> dict[str, object]:
    """One of the requests; the last was refused, so it does not count."""
    due = datetime.combine(date(2026, 11, 16) + timedelta(days=number % 5), NOW.timetz())
    done = due - timedelta(hours=1) if number < IN_TIME else due + timedelta(days=1)
    refused = number == IN_TIME + LATE
    return {
        "site_id": places.list_sites(ctx)[0].id,
        "category": "Cleaning",
        "text": f"Spill {number}",
        "channel": Channel.PAGE,
        "reported_by_id": ctx.user.id,
        "reported_at": due - timedelta(days=2),
        "priority": 3,
        "state": RequestState.REFUSED if refused else RequestState.RESOLVED,
        "due_at": due,
        "resolved_at": None if refused else done,
        "resolution": "No." if refused else "Wiped.",
    }


def test_the_figures_of_last_week_add_up_on_the_page_on_paper_and_in_sheets(
    served: Served, last_week: None, browser: Open
) -> None:
    pia = browser("plant_manager", "pia")
    with working(served.house):
        makes_the_week(pia)
        blocked, in_time = reads(pia, "Blocked invoices"), reads(pia, "Requests in time")
        assert (blocked, in_time) == (Decimal(round(sum(HELD))), Decimal("62.5"))
        expect(pia.locator("main")).to_contain_text("figures equal the ledger")

        opens_by_keyboard(pia, "Blocked invoices")
        rows = added_up(pia)
        assert rows == sum(HELD)
        assert round(rows) == blocked

        pia.go_back()
        pia.get_by_role("link", name="Requests in time").first.click()
        done = added_up(pia)
        part = pia.get_by_role("navigation", name="Part of the figure").get_by_role("link", name="Denominator")
        part.click()
        expect(part).to_have_attribute("aria-current", "page")
        assert 100 * done / added_up(pia) == in_time

        pdf, xlsx = takes_along(pia)
    assert_carries(pdf, xlsx, {"Blocked invoices": sum(HELD, Decimal(0)), "Requests in time": in_time})


def makes_the_week(pia: Page) -> None:
    pia.goto("/")
    menu(pia, "The week")
    expect(pia.get_by_role("heading", level=1)).to_have_text("Week 2026-W47")
    pia.get_by_role("button", name="Make this week").click()
    pia.get_by_role("link", name="Show the result").click(timeout=COMPUTED_MS)


def reads(pia: Page, title: str) -> Decimal:
    return figure(row_of(pia, title).locator("td").first.inner_text())


def row_of(pia: Page, title: str) -> Locator:
    return pia.get_by_role("table", name="The ten figures").get_by_role("row").filter(has_text=title)


def opens_by_keyboard(pia: Page, title: str) -> None:
    tab_to(pia, row_of(pia, title).get_by_role("link").nth(1))
    pia.keyboard.press("Enter")
    expect(pia.get_by_role("heading", level=1)).to_contain_text(title)


def added_up(pia: Page) -> Decimal:
    """The last column of the rows that stand there, added up by hand; the page must say the same."""
    table = pia.get_by_role("table", name="Rows of")
    expect(table).to_be_visible()
    cells = table.locator("tbody tr td:last-child").all_inner_texts()
    total = sum((figure(text) for text in cells), Decimal(0))
    expect(pia.locator("#total strong")).to_have_text(f"{total:,}")
    return total


def takes_along(pia: Page) -> tuple[Path, Path]:
    menu(pia, "The week")
    press(pia, "PDF and workbook")
    pia.get_by_role("link", name="Show the result").click(timeout=COMPUTED_MS)
    found = []
    for name in ("PDF", "Workbook"):
        with pia.expect_download() as download:
            pia.get_by_role("link", name=name, exact=True).click()
        found.append(download.value.path())
    return found[0], found[1]


def assert_carries(pdf: Path, xlsx: Path, figures: dict[str, Decimal]) -> None:
    words = "".join(page.extract_text() for page in pypdf.PdfReader(pdf).pages)
    book = load_workbook(io.BytesIO(xlsx.read_bytes()), data_only=True)
    shown = {row[1]: row[3] for row in book.worksheets[0].iter_rows(values_only=True) if row[1]}
    for title, value in figures.items():
        assert title in words
        assert f"{round(value):,}" in words or f"{value:,}" in words
        assert Decimal(str(shown[title])) == value
