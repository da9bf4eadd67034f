"""The palette: pages, what can be done, and records, found by what somebody types."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi.responses import Response

from plantops import search
from plantops.desk import DeskView
from plantops.search import Hit
from plantops.wording import say
from web.menu import Entry
from web.page import Context, Query, pages_router, render
from web.visit import Visit, this_visit

router = pages_router()
MOST_PAGES = 8


@router.get("/find")
def find(ctx: Context, query: Query) -> Response:
    words = " ".join(query.get("q", "").split())[:200]
    visit = this_visit()
    visit.ctx, visit.is_shown = ctx, True
    hits = found_pages(visit, words) + search.search(ctx, words) if words else at_first(visit, visit.desk)
    return render(ctx, "home/find.html", "found", q=words, hits=hits)


def found_pages(visit: Visit, words: str) -> list[Hit]:
    """Pages of the menu and actions that the person may use, by the words of their titles and other names."""
    pages = [entry for section in visit.menu for entry in section.entries if entry.says(words)]
    deeds = [entry for entry in visit.deeds if entry.says(words)]
    return [*shown(deeds, say("Do"))[:MOST_PAGES], *shown(pages, say("Page"))[:MOST_PAGES]]


def at_first(visit: Visit, desk: DeskView) -> list[Hit]:
    """Before anything is typed: one's favourites, what was opened last, and what can be done."""
    places = [Hit(place.title, say("Favourite"), place.url) for place in desk.marked]
    places += [Hit(place.title, say("Opened last"), place.url) for place in desk.opened]
    return [*places, *shown(visit.deeds, say("Do"))]


def shown(entries: Iterable[Entry], kind: str) -> list[Hit]:
    return [Hit(entry.title, kind, entry.url) for entry in entries]
