"""The menu: what page packages offer, shown to whom it is of use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from fastapi import APIRouter
from markupsafe import Markup

from plantops.context import Context

SlotFunction = Callable[..., Markup | str | None]


@dataclass(frozen=True)
class Entry:
    """A line of the menu; shown to who holds one of the permissions, to everybody when none is named."""

    title: str
    url: str
    icon: str
    can: tuple[StrEnum, ...] = ()


@dataclass(frozen=True)
class Section:
    title: str
    entries: tuple[Entry, ...]


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
    slots: Mapping[str, tuple[SlotFunction, ...]] = field(default_factory=dict)
    api: tuple[APIRouter, ...] = ()
    order: int = 50


def visible_menu(packages: Sequence[Pages], ctx: Context | None) -> tuple[Section, ...]:
    if ctx is None:
        return ()
    sections = []
    for package in packages:
        entries = tuple(one for one in package.menu if not one.can or any(ctx.may(can) for can in one.can))
        if entries:
            sections.append(Section(package.title, entries))
    return tuple(sections)


def current_entry(sections: Sequence[Section], path: str) -> str:
    """The address of the entry that a page belongs to: the longest that the path begins with.

    An entry may open a list with filters on; they are no part of what is compared.
    """
    urls = {entry.url.partition("?")[0]: entry.url for section in sections for entry in section.entries}
    fitting = [url for url in urls if path == url or (url != "/" and path.startswith(url.rstrip("/") + "/"))]
    return urls.get(max(fitting, key=len, default=""), "")
