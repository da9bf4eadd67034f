"""The menu: what page packages offer, shown to whom it is of use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from fastapi import APIRouter
from markupsafe import Markup

from plantops.context import Context
from plantops.places import sort_key
from plantops.wording import says

SlotFunction = Callable[..., Markup | str | None]
Step = str | tuple[str, str]


@says("title", "words")
@dataclass(frozen=True)
class Entry:
    """A line of the menu; shown to who holds one of the permissions, to everybody when none is named."""

    title: str
    url: str
    icon: str
    can: tuple[StrEnum, ...] = ()
    words: str = ""
    """What people also say for it, for the palette."""
    key: str = ""
    """The letter that leads here after a g."""

    def is_for(self, ctx: Context) -> bool:
        return not self.can or any(ctx.may(can) for can in self.can)

    def says(self, typed: str) -> bool:
        """Every word that was typed begins a word of the title or of its other names."""
        known = sort_key(f"{self.title} {self.words}").split()
        return all(any(word.startswith(part) for word in known) for part in sort_key(typed).split())


@dataclass(frozen=True)
class Section:
    title: str
    entries: tuple[Entry, ...]


@says("title")
@dataclass(frozen=True)
class Pages:
    """What a page package offers: its routes, its templates, its lines of the menu, and what it puts on others' pages.

    `slots` maps a place on somebody else's page (`home.panels`, `admin.user`) to functions `(ctx, **values)`
    that return HTML or None.
    """

    name: str
    title: str
    routers: tuple[APIRouter, ...]
    templates: Path
    menu: tuple[Entry, ...] = ()
    actions: tuple[Entry, ...] = ()
    """What somebody may want to do at once, for the palette: "New requisition"."""
    slots: Mapping[str, tuple[SlotFunction, ...]] = field(default_factory=dict)
    api: tuple[APIRouter, ...] = ()
    order: int = 50


def visible_menu(packages: Sequence[Pages], ctx: Context | None) -> tuple[Section, ...]:
    if ctx is None:
        return ()
    sections = []
    for package in packages:
        entries = tuple(one for one in package.menu if one.is_for(ctx))
        if entries:
            sections.append(Section(package.title, entries))
    return tuple(sections)


def trail(entry: Entry | None, path: str, steps: Sequence[Step]) -> list[tuple[str, str]]:
    """Where a page stands: its line of the menu, then the steps that it names; the last is the page itself.

    A page that names its line of the menu itself, too, does not have it twice.
    """
    named = [(step, "") if isinstance(step, str) else step for step in steps]
    if entry is None or entry.url.partition("?")[0] == path:
        return named
    line = entry.url.partition("?")[0]
    return [(entry.title, entry.url), *(step for step in named if step[1].partition("?")[0] != line)]


def current_entry(sections: Sequence[Section], path: str) -> Entry | None:
    """The entry that a page belongs to: the longest that the path begins with.

    An entry may open a list with filters on; they are no part of what is compared.
    """
    urls = {entry.url.partition("?")[0]: entry for section in sections for entry in section.entries}
    fitting = [url for url in urls if path == url or (url != "/" and path.startswith(url.rstrip("/") + "/"))]
    return urls.get(max(fitting, key=len, default=""))
