"""A list as a board: cards under their states, moved on by keyboard, with the reason where that cannot be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from housekeeping import requests
from housekeeping.requests import NewRequest
from plantops import listing_board, places
from tests.browser import Served, axe
from tests.web.test_purchasing_pages import Enter, text

pytestmark = [pytest.mark.db, pytest.mark.browser]
BOARD = "/housekeeping/requests?show=board"
MOVES = "/lists/housekeeping.requests/moves"


@pytest.fixture(scope="module")
def taps(served: Served) -> list[int]:
    """Eighteen taps drip; the last is settled already."""
    served.person("facility_manager", "fay")
    with served.house.acting(served.logins["fay"]) as ctx:
        site = places.list_sites(ctx)[0].id
        made = [
            requests.report(ctx, site, NewRequest("Other", f"Tap {number} drips in the wash room")).id
            for number in range(listing_board.CARDS + 3)
        ]
        last = requests.request(ctx, made[-1])
        requests.resolve(ctx, last.id, last.version, "New seal.")
    return made


def test_cards_stand_under_their_states_and_more_are_shown(client: Enter, taps: list[int]) -> None:
    boss = client("facility_manager", "fay")
    page = boss.page(f"{BOARD}&q=drips")
    lanes = {str(lane.get("id")): len(lane.xpath("./li")) for lane in page.xpath("//ul[contains(@id, '-lane-')]")}
    assert lanes["list-lane-new"] == listing_board.CARDS and lanes["list-lane-resolved"] == 1
    assert "17" in str(page.xpath("string(//h2[@id='list-head-new'])"))
    (more,) = page.xpath("//div[@id='list-more-new']//a/@href")
    assert boss.get(str(more), partial=True).text.count("card-of") == 2
    (rows,) = page.xpath("//a[contains(., 'As a list')]/@href")
    assert "show=" not in rows and "q=drips" in rows
    only = boss.page(f"{BOARD}&state=new&q=drips")
    assert len(only.xpath("//section[@class='lane']")) == 1, "the same filters"
    assert boss.get("/parties?show=board").status_code == 422, "not every list is a board"
    assert "Nothing matches" in text(boss, f"{BOARD}&q=volcano")


def test_a_move_is_offered_or_its_reason_told(client: Enter, served: Served, taps: list[int]) -> None:
    boss, other = client("facility_manager", "fay"), client("auditor")
    menu = boss.get(f"{MOVES}/{taps[-1]}", partial=True).text
    assert "from there it cannot become refused" in menu and "Accept" in menu
    assert "move-resolve" not in menu, "it stands there already"
    with served.house.acting() as ctx:
        version = requests.request(ctx, taps[0]).version
    assert "data-moves" not in other.get(BOARD).text and other.get(BOARD).status_code == 200
    assert "nowhere to move" in other.get(f"{MOVES}/{taps[0]}", partial=True).text
    assert other.post(f"{MOVES}/{taps[0]}/accept", _version=version).status_code == 403
    assert boss.post(f"{MOVES}/{taps[0]}/refuse", _version=version, reason="").status_code == 422
    assert boss.post(f"{MOVES}/{taps[0]}/sing", _version=version).status_code == 404
    assert boss.post(f"{MOVES}/{taps[0]}/accept", _version=version).status_code == 200
    assert boss.post(f"{MOVES}/{taps[0]}/refuse", _version=version, reason="No").status_code == 409, "seen before"
    with served.house.acting() as ctx:
        assert requests.request(ctx, taps[0]).state == "accepted"


@pytest.mark.parametrize("width", [1280, 390])
def test_a_card_is_moved_by_keyboard(browser: Callable[..., Page], served: Served, taps: list[int], width: int) -> None:
    number = taps[1] if width == 390 else taps[2]
    page = browser("facility_manager", "fay", width=width)
    with served.house.acting() as ctx:
        name = requests.request(ctx, number).number
    page.goto(f"{BOARD}&q={name}")
    page.keyboard.press("j")
    page.keyboard.press("m")
    summary = page.locator("details.way summary", has_text="Refuse")
    expect(summary).to_be_visible()
    assert axe(page) == []
    summary.focus()
    page.keyboard.press("Enter")
    page.locator("#move-refuse [name=reason]").fill("It is a fountain.")
    page.keyboard.press("Enter")
    expect(page.locator("#list-lane-refused li")).to_have_count(1)
    expect(page.locator(f"#list-c{number} [data-moves]")).to_be_focused()
    expect(page.locator("#toasts")).to_contain_text(f"{name} is refused now.")
    assert axe(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert wide, "nothing sticks out of the page"


def test_who_presses_at_once_gets_what_was_asked_for(browser: Callable[..., Page], taps: list[int]) -> None:
    """htmx looks at the page by a timer, and here the timer never comes: the page has seen to it before."""
    page = browser("facility_manager", "fay")
    page.add_init_script(
        "const later = setTimeout; window.setTimeout = (f, ms, ...a) => ms == null || later(f, ms, ...a)"
    )
    page.goto(f"{BOARD}&state=new")
    page.keyboard.press("j")
    page.keyboard.press("m")
    expect(page.locator("details.way summary", has_text="Refuse")).to_be_visible()
