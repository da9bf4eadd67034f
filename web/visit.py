"""One request as a page sees it: who looks, in which colours, with which token, and what was said last."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import quote, unquote

from fastapi import Request
from markupsafe import Markup

from plantops import desk, dossier, links, places, undo
from plantops.catalogues import ENGLISH, languages
from plantops.context import Context
from plantops.desk import DeskView
from plantops.dossier import Dossier
from plantops.permissions import Can
from plantops.places import SiteRow
from plantops.wording import speaking
from web.menu import Entry, Pages, Section, Step, current_entry, trail, visible_menu

FLASH_COOKIE = "said"
SITE_COOKIE = "site"
LONGEST_FLASH = 3800  # browsers keep cookies of 4,096 bytes
LONGEST_TOAST = 280  # of letters that take twelve signs each in a cookie
LONGEST_HEADER = 200


@dataclass(frozen=True)
class Toast:
    """A short word after something was done: read out once, gone soon."""

    text: str
    tone: str = "ok"


@dataclass
class OpenForm:
    """The form that is being drawn: its fields take their names, values and errors from here."""

    id: str
    values: Any = None
    errors: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str) -> Any:
        if isinstance(self.values, Mapping):
            return self.values.get(name)
        return getattr(self.values, name, None)


@dataclass
class Visit:
    """What every template may ask beside the values that its page gives it."""

    request: Request
    ctx: Context | None = None
    csrf: str = ""
    packages: Sequence[Pages] = ()
    forms: list[OpenForm] = field(default_factory=list)
    is_shown: bool = False
    """A whole page that somebody asked for, and no error."""
    title: str = ""
    has_said: bool = False
    """Was it drawn what the last page had to say?"""
    has_aside: bool = False
    """What hangs on the record stands in the page's own right column."""

    @property
    def person(self) -> int:
        """The id of who is signed in; 0 is nobody."""
        return self.ctx.user.id if self.ctx is not None and self.ctx.channel != "public" else 0

    @property
    def is_partial(self) -> bool:
        """Did htmx ask for a part of the page that is already open?"""
        return self.request.headers.get("hx-request-type") == "partial"

    @property
    def theme(self) -> str:
        chosen = self.request.cookies.get("theme", "")
        return chosen if chosen in ("light", "dark") else ""

    @property
    def language(self) -> str:
        """The person's own; before anybody has signed in what the browser asks for."""
        if self.ctx is not None and self.ctx.channel != "public":
            self.request.state.language = self.ctx.user.language
        known: str = getattr(self.request.state, "language", "")
        return known or wanted_language(self.request.headers.get("accept-language", ""))

    @property
    def is_known(self) -> bool:
        """Has a route found out already who is spoken to?"""
        return bool(getattr(self.request.state, "language", ""))

    @property
    def path(self) -> str:
        return str(self.request.url.path)

    @cached_property
    def menu(self) -> tuple[Section, ...]:
        return visible_menu(self.packages, self.ctx)

    @cached_property
    def deeds(self) -> tuple[Entry, ...]:
        """What this person may want to do at once, of all page packages."""
        every = (entry for package in self.packages for entry in package.actions)
        return tuple(entry for entry in every if self.ctx is not None and entry.is_for(self.ctx))

    @cached_property
    def current_entry(self) -> Entry | None:
        return current_entry(self.menu, self.path)

    @property
    def address(self) -> str:
        """This page with what was asked of it, for a favourite."""
        query = self.request.url.query
        return f"{self.path}?{query}" if query else self.path

    def stand(self, title: Markup | str) -> str:
        """Said by the page before anything is drawn: what it is called."""
        self.title = title.unescape() if isinstance(title, Markup) else title
        return ""

    def trail(self, steps: Sequence[Step]) -> list[tuple[str, str]]:
        return trail(self.current_entry, self.path, steps)

    @cached_property
    def desk(self) -> DeskView:
        """Favourites, what was opened last, the bell, what was typed: one question for each whole page."""
        if self.ctx is None or not self.is_shown:
            return DeskView()
        is_record = bool(links.shown_at(self.ctx.registry, self.path))
        return desk.mine(self.ctx, self.path, self.title if is_record else None)

    @cached_property
    def dossier(self) -> Dossier | None:
        """What hangs on the record that this page shows; None where it shows none."""
        origin = links.shown_at(self.ctx.registry, self.path) if self.ctx and self.is_shown else ""
        return dossier.of(self.ctx, origin) if self.ctx and origin else None

    def takes_aside(self) -> bool:
        """The page has a column of its own for what hangs on its record; True where there is such a thing."""
        self.has_aside = self.dossier is not None
        return self.has_aside

    @cached_property
    def undo(self) -> undo.Offer | None:
        """The step of this record that the person took a moment ago and may take back."""
        if self.ctx is None or self.dossier is None:
            return None
        stepped_at = self.dossier.stepped_at  # nothing is asked of what stands still
        is_fresh = stepped_at is not None and stepped_at >= undo.since(self.ctx)
        return undo.offered(self.ctx, self.dossier.origin) if is_fresh else None

    @property
    def is_marked(self) -> bool:
        return any(place.url == self.address for place in self.desk.marked)

    @property
    def role_titles(self) -> list[str]:
        if self.ctx is None:
            return []
        titles = self.ctx.registry.role_titles()
        return [titles.get(role, role) for role in self.ctx.user.roles]

    @property
    def sites(self) -> list[tuple[int, str]]:
        """The sites among which this person may choose."""
        return [(site.id, site.name) for site in self._sites]

    @cached_property
    def _sites(self) -> list[SiteRow]:
        return places.site_names(self.ctx) if self.ctx is not None and self.ctx.may(Can.READ_PLACES) else []

    @property
    def site_id(self) -> int | None:
        """The site that the person has chosen to look at; None is every site.

        Who has not chosen sees the plant, not the samples that stand beside it and count in no total.
        """
        chosen = self.request.cookies.get(SITE_COOKIE)
        if chosen is not None:
            return next((id for id, _name in self.sites if str(id) == chosen), None)
        plants = [site.id for site in self._sites if site.in_totals]
        return plants[0] if 0 < len(plants) < len(self._sites) else None

    def slot(self, place: str, **values: Any) -> list[Markup | str]:
        """What page packages put at a place of somebody else's page."""
        functions = [function for package in self.packages for function in package.slots.get(place, ())]
        return [html for function in functions if (html := function(self.ctx, **values))]

    def may(self, *permissions: StrEnum) -> bool:
        return self.ctx is not None and any(self.ctx.may(permission) for permission in permissions)

    def said(self) -> list[Toast]:
        """What the last page had to say, if it led here."""
        self.has_said = True
        return read_flash(self.request.cookies.get(FLASH_COOKIE, ""))


def asked_language(headers: Mapping[str, str]) -> str:
    """What the browser asks for."""
    return wanted_language(headers.get("accept-language", ""))


@lru_cache
def wanted_language(accepted: str) -> str:
    """The best of our languages for an Accept-Language header such as `de-CH, de;q=0.9, en;q=0.5`."""
    wanted = []
    for place, each in enumerate(accepted[:LONGEST_HEADER].split(",")):
        code, _, weight = each.partition(";q=")
        try:
            wanted.append((-float(weight or 1), place, code.strip().partition("-")[0].lower()))
        except ValueError:
            continue
    ours = languages()
    return next((code for _weight, _place, code in sorted(wanted) if code in ours), ENGLISH)


_VISIT: ContextVar[Visit] = ContextVar("visit")


def this_visit() -> Visit:
    return _VISIT.get()


@contextmanager
def visiting(visit: Visit) -> Iterator[Visit]:
    mark = _VISIT.set(visit)
    try:
        with speaking(visit.language):
            yield visit
    finally:
        _VISIT.reset(mark)


def write_flash(toasts: Iterable[Toast]) -> str:
    """Toasts as the value of a cookie; plain text, never markup. A long one is cut, so that its beginning is said."""
    packed = json.dumps([[toast.tone, shortened(toast.text)] for toast in toasts], ensure_ascii=False)
    return quote(packed, safe="")


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TOAST else f"{text[: LONGEST_TOAST - 1]}…"


def read_flash(cookie: str) -> list[Toast]:
    """What a cookie says; a broken one says nothing."""
    try:
        pairs = json.loads(unquote(cookie)) if 0 < len(cookie) <= LONGEST_FLASH else []
        toasts = [Toast(str(text), str(tone)) for tone, text in pairs]
        "".join(toast.text + toast.tone for toast in toasts).encode()  # half a character cannot be drawn
    except (ValueError, TypeError, RecursionError):
        return []
    return toasts
