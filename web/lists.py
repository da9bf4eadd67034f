"""Lists as pages show them: a listing declared in the core becomes columns, rows, chips and the next page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlencode

from fastapi.responses import Response
from markupsafe import Markup, escape

from plantops import links, listing_pages, listing_params
from plantops.context import Context
from plantops.listing import Column as Declared
from plantops.listing import FacetView, Kind, Listing, ListPage, ListParams
from web import formats, page
from web.page import Query
from web.visit import this_visit

PILL = Markup('<span class="pill tone-{}">{}</span>')
LINK = Markup('<a href="%s">%s</a>')
SITE, LEAD = "site", "lead"


# --- What the macro draws


@dataclass(frozen=True)
class Column:
    """A head of a table. `place` says where its value stands on a phone: lead, aside, small or rest (left out)."""

    key: str
    title: str
    is_number: bool = False
    place: str = "small"
    is_titled: bool = False
    """On a phone the value needs its title before it, as a date or a number often does."""
    sort_url: str = ""
    sorted: str = ""
    """`ascending` or `descending` when the list is sorted by this column."""

    @property
    def frame(self) -> tuple[str, str]:
        """The tags around each of its cells."""
        if self.place == LEAD:
            return '<th scope="row" class="c-lead">', "</th>\n"
        title = f' data-title="{escape(self.title)}"' if self.is_titled else ""
        return f'<td class="c-{self.place}{" num" if self.is_number else ""}"{title}>', "</td>\n"


@dataclass(frozen=True)
class Row:
    """One line: where it leads and what stands in it, a cell for each column."""

    id: int
    url: str
    cells: tuple[Markup | str, ...]
    version: int | None = None


@dataclass(frozen=True)
class Option:
    label: str
    url: str
    is_chosen: bool = False
    count: str = ""


@dataclass(frozen=True)
class Facet:
    """A filter by a few known values, or by a typed value in a small form."""

    key: str
    title: str
    options: tuple[Option, ...] = ()
    kind: str = "choice"
    """choice, date, number or text; the last three are typed in."""
    is_active: bool = False
    low: str = ""
    high: str = ""


@dataclass(frozen=True)
class Chip:
    """A filter that is on; its link takes it off."""

    label: str
    url: str


@dataclass(frozen=True)
class Tab:
    """A view that people switch to with one click."""

    label: str
    url: str
    count: str = ""
    is_current: bool = False


@dataclass(frozen=True)
class Bulk:
    """Something to do with all rows that are picked."""

    label: str
    url: str
    icon: str = "check"
    tone: str = "plain"
    confirm: str = ""


@dataclass(frozen=True)
class Empty:
    """What an empty list says, and the next step."""

    text: str
    url: str = ""
    label: str = ""


@dataclass(frozen=True)
class ListView:
    """Everything that the list macro draws."""

    title: str
    path: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    search: str | None = None
    """The searched words; None where the list cannot be searched."""
    facets: tuple[Facet, ...] = ()
    chips: tuple[Chip, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    """Other parts of the address that a search or a typed filter must keep."""
    tabs: tuple[Tab, ...] = ()
    bulk: tuple[Bulk, ...] = ()
    total: str = ""
    more_url: str = ""
    exports: tuple[tuple[str, str], ...] = ()
    empty: Empty = field(default_factory=lambda: Empty("Nothing here yet."))
    clear_url: str = ""
    id: str = "list"

    @cached_property
    def frames(self) -> list[tuple[str, str]]:
        """What stands before and after each cell of a row; the same in every row, so it is made once."""
        return [column.frame for column in self.columns]

    def cells(self, row: Row) -> Markup:
        """The cells of a row. Joined here and not in the template: a list has hundreds of them."""
        parts: list[str] = []
        for (opening, closing), column, cell in zip(self.frames, self.columns, row.cells, strict=True):
            inside = LINK % (row.url, cell) if column.place == LEAD and row.url else escape(cell)
            parts += (opening, inside, closing)
        return Markup("".join(parts))  # noqa: S704  each part is escaped


# --- A page of it


@dataclass(frozen=True)
class Named:
    """A tab of a list page: its filters, as they stand in the address."""

    label: str
    filters: Mapping[str, str] = field(default_factory=dict)


def list_page(
    ctx: Context,
    listing: Listing[Any],
    query: Query,
    *,
    template: str = "list_page.html",
    tabs: Sequence[Named] = (),
    bulk: Sequence[Bulk] = (),
    add: tuple[str, str] | None = None,
    cells: Mapping[str, Callable[[Any], Markup | str]] | None = None,
    tones: Mapping[str, str] | None = None,
    **values: Any,
) -> Response:
    """A whole list page. `add` is the (label, address) of the button that begins a new one.

    `cells` draws single columns in another way, `tones` colours states that the house does not know.
    The template extends list_page.html where more than the list is to be seen.
    """
    visit = this_visit()
    given = {name: query.getlist(name) for name in query}
    params = listing_params.read(listing, with_site(listing, given, visit.site_id))
    found = listing_pages.page(ctx, listing, params)
    drawn = _Drawn(ctx, listing, params, found, cells or {}, formats.TONES | dict(tones or {}), visit.path)
    view = drawn.view(tabs, bulk, add)
    if visit.is_partial and params.after:
        return page.parts(
            ctx, (f"#{view.id}-rows", "rows", "beforeend"), (f"#{view.id}-more", "more", "outerHTML"), view=view
        )
    if visit.is_partial:
        return page.parts(ctx, (f"#{view.id}", "list", "outerMorph"), view=view)
    return page.render(ctx, template, view=view, add=add, **values)


def with_site(listing: Listing[Any], given: dict[str, list[str]], site_id: int | None) -> dict[str, list[str]]:
    """The site that the person chose in the top bar, for lists that know sites and are not asked for another."""
    knows_sites = any(facet.key == SITE for facet in listing.facets)
    return given | {SITE: [str(site_id)]} if knows_sites and site_id is not None and SITE not in given else given


@lru_cache(maxsize=1000)
def pill(tone: str, state: str) -> Markup:
    return PILL.format(tone, formats.words(state))


class _Drawn:
    """One page of a listing on its way to the macro."""

    def __init__(
        self,
        ctx: Context,
        listing: Listing[Any],
        params: ListParams,
        found: ListPage[Any],
        cells: Mapping[str, Callable[[Any], Markup | str]],
        tones: Mapping[str, str],
        path: str,
    ) -> None:
        self.ctx, self.listing, self.params, self.found = ctx, listing, params, found
        self.cells, self.tones, self.path = cells, tones, path
        self.language = ctx.user.language
        shown = listing.shown
        self.lead = next((c.key for c in shown if c.place == "lead"), shown[0].key)

    def url(self, **changes: str | None) -> str:
        """The address of this list with something changed; None takes a parameter off."""
        merged = {**self.params.given, **changes}
        kept = [(name, value) for name, value in merged.items() if value]
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    def view(self, tabs: Sequence[Named], bulk: Sequence[Bulk], add: tuple[str, str] | None) -> ListView:
        given, found = self.params.given, self.found
        filtered = {name: value for name, value in given.items() if name not in ("q", "sort")}
        is_filtered = bool(filtered or self.params.q)
        nothing = Empty("Nothing matches. Take a filter off.", self.path, "Show all") if is_filtered else None
        total = f"{len(found.rows):,} of {found.total_capped}" if found.total_capped else ""
        return ListView(
            title=self.listing.title,
            path=self.path,
            columns=tuple(self.column(column) for column in self.listing.shown),
            rows=tuple(self.row(row) for row in found.rows),
            search=self.params.q if self.listing.search else None,
            facets=tuple(self.facet(facet) for facet in found.facets),
            chips=tuple(chip for facet in found.facets if facet.is_active for chip in self.chips(facet)),
            kept=tuple((name, value) for name, value in given.items() if name != "q"),
            tabs=tuple(self.tab(tab) for tab in tabs),
            bulk=tuple(bulk),
            total=total,
            more_url=self.url(after=found.next_cursor) if found.next_cursor else "",
            empty=nothing or Empty(self.listing.empty, *((add[1], add[0]) if add else ())),
        )

    def column(self, column: Declared) -> Column:
        number = column.kind in (Kind.NUMBER, Kind.MONEY, Kind.QUANTITY)
        titled = column.kind in (Kind.NUMBER, Kind.DATE, Kind.TIME, Kind.YES_NO)
        place = "lead" if column.key == self.lead else column.place
        if column.key not in self.listing.sortable:
            return Column(column.key, column.title, number, place, titled)
        now = self.found.sort
        sorted_now = {column.key: "ascending", f"-{column.key}": "descending"}.get(now, "")
        other = f"-{column.key}" if now == column.key else column.key
        return Column(column.key, column.title, number, place, titled, self.url(sort=other), sorted_now)

    def row(self, row: Any) -> Row:
        url = links.url(self.ctx.registry, f"{self.listing.origin}:{row.id}") if self.listing.origin else ""
        return Row(row.id, url, tuple(self.cell(column, row) for column in self.listing.shown))

    def cell(self, column: Declared, row: Any) -> Markup | str:
        if column.key in self.cells:
            return self.cells[column.key](row)
        value = getattr(row, column.key)
        text = self.text(column, value, row)
        if column.link and value is not None and column.key != self.lead:
            url = links.url(self.ctx.registry, f"{column.link}:{getattr(row, column.link_key)}")
            return LINK % (url, text) if url else text
        return text

    def text(self, column: Declared, value: Any, row: Any) -> Markup | str:
        unit = str(getattr(row, column.unit) or "") if column.unit else ""
        match column.kind:
            case _ if value is None:
                return ""
            case Kind.MONEY:
                return formats.money(value, unit, self.language)
            case Kind.NUMBER | Kind.QUANTITY:
                return formats.quantity(Decimal(value), unit, self.language)
            case Kind.DATE:
                return formats.day(value, self.language)
            case Kind.TIME:
                return formats.moment(value, self.ctx.zone, self.language)
            case Kind.YES_NO:
                return "Yes" if value else "No"
            case Kind.CHOICE:
                return pill(self.tones.get(str(value), "plain"), str(value))
            case _:
                return escape(value)

    def facet(self, facet: FacetView) -> Facet:
        if facet.kind in (Kind.CHOICE, Kind.YES_NO):
            options = tuple(
                Option(
                    option.label,
                    self.url(**{facet.key: self.toggled(facet, option.value)}),
                    option.is_chosen,
                    "" if option.count is None else str(option.count),
                )
                for option in facet.options
            )
            return Facet(facet.key, facet.title, options, is_active=facet.is_active)
        kind = {Kind.DATE: "date", Kind.TIME: "date", Kind.TEXT: "text"}.get(facet.kind, "number")
        return Facet(facet.key, facet.title, (), kind, facet.is_active, facet.low, facet.high)

    @staticmethod
    def toggled(facet: FacetView, value: str) -> str:
        chosen = [option.value for option in facet.options if option.is_chosen]
        changed = [one for one in chosen if one != value] if value in chosen else [*chosen, value]
        return ",".join(changed)

    def chips(self, facet: FacetView) -> list[Chip]:
        if facet.kind in (Kind.CHOICE, Kind.YES_NO):
            return [
                Chip(f"{facet.title}: {option.label}", self.url(**{facet.key: self.toggled(facet, option.value)}))
                for option in facet.options
                if option.is_chosen
            ]
        off: dict[str, str | None] = {facet.key: None, f"{facet.key}_from": None, f"{facet.key}_to": None}
        span = " to ".join(part for part in (facet.low, facet.high) if part) if facet.high else f"from {facet.low}"
        return [Chip(f"{facet.title}: {facet.low if facet.kind is Kind.TEXT else span}", self.url(**off))]

    def tab(self, tab: Named) -> Tab:
        filters = {name: value for name, value in self.params.given.items() if name not in ("q", "sort", SITE)}
        url = f"{self.path}?{urlencode(tab.filters)}" if tab.filters else self.path
        return Tab(tab.label, url, is_current=filters == dict(tab.filters))
