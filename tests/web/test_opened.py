"""What a list shows when it is opened: what was asked for, what opens first for this person, what the menu suggests."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from plantops.core import CORE
from plantops.module import discover
from plantops.views import Shelf, View
from web import lists
from web.app import page_packages

LATE = View(7, "Late ones", 2, "Bea", None, {"late": "yes"}, opens_first=False, version=1, is_own=True, fits=True)
FIRST, NONE = Shelf((LATE,), LATE), Shelf((LATE,))
MENU = {"state": ["draft,issued"], "view": ["menu"]}
ASKED = {"state": ["draft,issued"]}


@pytest.mark.parametrize(
    ("shelf", "given", "is_first", "shown"),
    [
        (FIRST, {}, True, {"late": ["yes"]}),
        (FIRST, MENU, True, {"late": ["yes"]}),
        (NONE, MENU, True, ASKED),
        (FIRST, MENU, False, ASKED),
        (FIRST, ASKED, True, ASKED),
        (FIRST, {"view": ["0"]}, True, {}),
        (NONE, {"view": ["7"]}, True, {"late": ["yes"]}),
    ],
)
def test_what_opens(shelf: Shelf, given: dict[str, list[str]], is_first: bool, shown: dict[str, list[str]]) -> None:
    assert lists.opened(shelf, dict(given), is_first=is_first) == shown


def test_every_filter_of_the_menu_gives_way_to_a_view_that_opens_first() -> None:
    filtered = [entry.url for pages in page_packages(discover(CORE)) for entry in pages.menu if "?" in entry.url]
    assert len(filtered) >= 3
    for url in filtered:
        assert parse_qs(urlsplit(url).query)["view"] == [lists.SUGGESTED], url
