"""What stories have in common: a worker at his work, hands that only have a keyboard, figures as a page shows them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from playwright.sync_api import Locator, Page, expect

from plantops.core import House
from plantops.worker import Worker
from tests.plantops.job_house import QUICK, with_jobs

COMPUTED_MS = 180_000  # on a fresh clone the engines are compiled first
MOST_TABS = 200


@contextmanager
def working(house: House) -> Iterator[None]:
    """The worker runs meanwhile, without the house's own schedules."""
    made = Worker(with_jobs(house), QUICK)
    thread = threading.Thread(target=made.forever)
    thread.start()
    try:
        yield
    finally:
        made.stop()
        thread.join(60)
        assert not thread.is_alive()


def tab_to(page: Page, target: Locator) -> None:
    """Goes there as somebody without a mouse does, and must be able to see where they are."""
    expect(target).to_be_visible()
    for _ in range(MOST_TABS):
        if target.evaluate("it => it === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"The Tab key does not lead to {target}.")


def press(page: Page, button: str) -> None:
    """A button or link of this name, by keyboard alone."""
    dialog = page.locator("dialog[open]")
    inside = dialog if dialog.count() else page.locator("main")
    tab_to(page, inside.get_by_role("button", name=button, exact=True))
    page.keyboard.press("Enter")


def toast(page: Page, words: str) -> None:
    expect(page.locator("#toasts")).to_contain_text(words)


def number(page: Page, kind: str) -> str:
    """The number in the heading of a document, such as PO-2026-00017, once it stands there."""
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text(re.compile(rf"{kind}-[\w-]+"))
    found = re.search(rf"{kind}-[\w-]+", heading.inner_text())
    assert found
    return found[0]


def figure(text: str) -> Decimal:
    """The number in a text such as `EUR 1,234.50` or `84.2 %`."""
    found = re.search(r"-?\d[\d,]*(\.\d+)?", text)
    assert found, f"no number in {text!r}"
    return Decimal(found[0].replace(",", ""))


def menu(page: Page, entry: str) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name=entry, exact=True).click()


def wait_until(done: Callable[[], bool], patience_ms: int) -> None:
    """For what a page shows only when it is loaded again."""
    end = time.monotonic() + patience_ms / 1000
    while not done():
        assert time.monotonic() < end, "It did not come about in time."
        time.sleep(0.5)


def waiting(page: Page, title: str, count: str, *, keyboard: bool = False) -> None:
    """Follows the card of the home page that says that so many of something wait."""
    page.goto("/")
    card = page.get_by_label("What waits for you").get_by_role("link").filter(has_text=title)
    expect(card.locator(".count")).to_have_text(count)
    if keyboard:
        tab_to(page, card)
        page.keyboard.press("Enter")
    else:
        card.click()
    expect(page.get_by_label("What waits for you")).to_have_count(0)
