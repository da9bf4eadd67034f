"""Lists as pages show them: a listing declared in the core becomes columns, rows, chips and the next page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi.responses import Response
from markupsafe import Markup, escape

from plantops import exports, links, listing_pages, listing_params
from plantops.context import Context
from plantops.errors import Invalid
from plantops.listing import Column as Declared
from plantops.listing import FacetView, Kind, Listing, ListPage, ListParams
from web import formats, page
from web.list_parts import LINK, Bulk, Chip, Column, Empty, Facet, ListView, Option, Row, Tab
from web.page import Query
from web.visit import this_visit

__all__ = ["Bulk", "Named", "asked_again", "list_page", "list_print", "pill"]

PILL = Markup('<span class="pill tone-{}">{}</span>')
SITE = "site"
LONGEST_ADDRESS = 8000


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


def list_print(ctx: Context, listing: Listing[Any], given: Mapping[str, Sequence[str]]) -> Response:
    """Everything that is filtered as a page for the printer."""
    params = listing_params.read(listing, given)
    if listing_pages.how_many(ctx, listing, params, exports.AT_ONCE) > exports.AT_ONCE:
        raise Invalid(f"More than {exports.AT_ONCE:,} rows are not printed. Filter the list, or export it as a file.")
    rows = tuple(islice(listing_pages.stream(ctx, listing, params), exports.AT_ONCE))
    found = ListPage(rows, None, len(rows), False, (), params.sort)
    drawn = _Drawn(ctx, listing, params, found, {}, formats.TONES, "")
    view = ListView(
        title=listing.title,
        path="",
        columns=tuple(drawn.column(column) for column in drawn.shown),
        rows=tuple(drawn.row(row, leads=False) for row in rows),
        total=f"{len(rows):,} rows" if len(rows) != 1 else "1 row",
    )
    return page.render(ctx, "list_print.html", view=view, notes=exports.notes(ctx, listing, params)[::-1])


def asked_again(packed: str) -> dict[str, list[str]]:
    """The parameters of a list's address as a form carries them along."""
    return parse_qs(packed[:LONGEST_ADDRESS])


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
        self.shown, self.lead = listing.chosen(params.columns), listing.lead.key

    def url(self, **changes: str | None) -> str:
        """The address of this list with something changed; None takes a parameter off."""
        merged = {**self.params.given, **changes}
        kept = [(name, value) for name, value in merged.items() if value]
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    def copies(self) -> tuple[Option, ...]:
        """The same rows and columns as a file or on paper."""
        asked, place = urlencode(self.params.given), f"/lists/{self.listing.name}"
        kinds = (("CSV", "export.csv"), ("Excel (XLSX)", "export.xlsx"), ("Print", "print"))
        return tuple(Option(label, f"{place}/{end}?{asked}" if asked else f"{place}/{end}") for label, end in kinds)

    def view(self, tabs: Sequence[Named], bulk: Sequence[Bulk], add: tuple[str, str] | None) -> ListView:
        given, found = self.params.given, self.found
        nothing = Empty("Nothing matches. Take a filter off.", self.path, "Show all") if self.params.filtered else None
        total = f"{len(found.rows):,} of {found.total_capped}" if found.total_capped else ""
        return ListView(
            title=self.listing.title,
            path=self.path,
            columns=tuple(self.column(column) for column in self.shown),
            rows=tuple(self.row(row) for row in found.rows),
            search=self.params.q if self.listing.search else None,
            facets=tuple(self.facet(facet) for facet in found.facets),
            chips=tuple(chip for facet in found.facets if facet.is_active for chip in self.chips(facet)),
            kept=tuple((name, value) for name, value in given.items() if name != "q"),
            tabs=tuple(self.tab(tab) for tab in tabs),
            bulk=tuple(bulk),
            total=total,
            exports=self.copies(),
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

    def row(self, row: Any, *, leads: bool = True) -> Row:
        origin = self.listing.origin if leads else ""
        url = links.url(self.ctx.registry, f"{origin}:{row.id}") if origin else ""
        return Row(row.id, url, tuple(self.cell(column, row) for column in self.shown))

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
        filters = {name: value for name, value in self.params.filtered.items() if name not in ("q", SITE)}
        url = f"{self.path}?{urlencode(tab.filters)}" if tab.filters else self.path
        return Tab(tab.label, url, is_current=filters == dict(tab.filters))
