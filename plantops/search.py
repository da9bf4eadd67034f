"""Search: one box over pages, actions and records of all modules, of what the person may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from plantops.context import Context, anyone
from plantops.links import origin_of, url
from plantops.listing import Listing
from plantops.listing_pages import first_rows
from plantops.listing_params import LONGEST_SEARCH, read
from plantops.places import sort_key

EACH = 5
MOST = 30


@dataclass(frozen=True)
class Hit:
    """Something found: what it is called, what kind of thing it is, and where it leads."""

    title: str
    kind: str
    href: str
    detail: str = ""


@dataclass(frozen=True)
class Jump:
    """A page or an action, found by the words of its title and by `words` that people also say for it."""

    title: str
    href: str
    permission: StrEnum | None = None
    words: str = ""
    kind: str = "Page"


@dataclass(frozen=True, eq=False)
class Finder:
    """Records of one kind: `find(ctx, words, limit)` answers with hits that the person may see."""

    title: str
    permission: StrEnum
    find: Callable[[Context, str, int], Sequence[Hit]]


def in_listing(
    listing: Listing[Any], kind: str, title: Callable[[Any], str], detail: Callable[[Any], str] = lambda _: ""
) -> Finder:
    """A finder over a list that has search columns: `in_listing(ORDERS, "Order", lambda row: row.number)`."""

    def find(ctx: Context, words: str, limit: int) -> list[Hit]:
        rows = first_rows(ctx, listing, read(listing, {"q": words, "limit": str(limit)}))
        return [
            Hit(title(row), kind, url(ctx.registry, origin_of(listing.origin, row.id)), detail(row)) for row in rows
        ]

    return Finder(kind, listing.permission, find)


@anyone("each page, action and kind of record is left out for who lacks its right")
def search(ctx: Context, words: str) -> list[Hit]:
    """What the words find: pages and actions first, then a few records of each kind, beginnings before the rest."""
    wanted = " ".join(words.replace("\x00", " ").split())[:LONGEST_SEARCH]
    if not wanted:
        return []
    found: list[Hit] = []
    for module in ctx.registry.modules:
        for each in module.search:
            if each.permission is not None and not ctx.may(each.permission):
                continue
            if isinstance(each, Jump):
                found += [Hit(each.title, each.kind, each.href)] if says(each, wanted) else []
            else:
                found += each.find(ctx, wanted, EACH)
    key = sort_key(wanted)
    ranked = sorted(
        found, key=lambda hit: (hit.kind not in ("Page", "Action"), not sort_key(hit.title).startswith(key))
    )
    return [hit for hit in ranked if hit.href][:MOST]


def says(jump: Jump, words: str) -> bool:
    """Every word that was typed begins a word of the title or of its other names."""
    known = sort_key(f"{jump.title} {jump.words}").split()
    return all(any(word.startswith(typed) for word in known) for typed in sort_key(words).split())
