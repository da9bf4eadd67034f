"""Lists as pages show them: a listing declared in the core becomes columns, rows, chips and the next page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi.responses import Response
from markupsafe import Markup, escape

from plantops import (
    bulk_actions,
    exports,
    import_templates,
    links,
    listing_groups,
    listing_pages,
    listing_params,
    views,
)
from plantops.context import Context
from plantops.errors import Invalid
from plantops.listing import NONE, FacetView, Kind, Listing, ListPage, ListParams
from plantops.listing import Column as Declared
from plantops.views import Shelf
from web import formats, page
from web.list_parts import (
    LINK,
    Bulk,
    Chip,
    Column,
    ColumnChoice,
    Empty,
    Facet,
    Group,
    ListView,
    Option,
    Row,
    Saved,
    Tab,
    Tools,
)
from web.page import Query
from web.visit import this_visit

__all__ = ["Bulk", "Named", "asked_again", "list_page", "list_print", "pill"]

PILL = Markup('<span class="pill tone-{}">{}</span>')
SITE = "site"
VIEW, WHOLE, SUGGESTED = "view", "0", "menu"
LONGEST_ADDRESS = 8000
IN_GROUP = re.compile(r"list-g\d{1,4}(-more)?")


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
    into, shelf = first(given.pop("into", [""])), views.shelf(ctx, listing)
    given = opened(shelf, given, is_first=not visit.is_partial)
    params = listing_params.read(listing, with_site(listing, given, visit.site_id))
    params = params if params.columns else replace(params, columns=shelf.columns)
    is_grouped = bool(params.group) and params.within is None
    # Of a list that is grouped only the filters are drawn; its rows come with the group that is opened.
    found = listing_pages.page(ctx, listing, replace(params, limit=1) if is_grouped else params)
    drawn = _Drawn(ctx, listing, params, found, cells or {}, formats.TONES | dict(tones or {}), visit.path, shelf)
    view = drawn.view(tabs, bulk, add)
    if visit.is_partial and IN_GROUP.fullmatch(into):
        return page.parts(ctx, drawn.into(into), view=view, into=into)
    if visit.is_partial and params.after:
        return page.parts(
            ctx, (f"#{view.id}-rows", "rows", "beforeend"), (f"#{view.id}-more", "more", "outerHTML"), view=view
        )
    if visit.is_partial:
        return page.parts(ctx, (f"#{view.id}", "list", "outerMorph"), view=view)
    return page.render(ctx, template, view=view, add=add, **values)


def first(values: Sequence[str]) -> str:
    return values[0] if values else ""


def opened(shelf: Shelf, given: dict[str, list[str]], *, is_first: bool) -> dict[str, list[str]]:
    """What is asked for: in the address, by the view that it names, or by the view that opens first.

    What the menu suggests gives way to a view that opens first for this person.
    """
    named = first(given.pop(VIEW, []))
    if named == SUGGESTED and is_first and shelf.start is not None:
        given = {}
    view = shelf.view(int(named)) if named.isascii() and named.isdigit() and int(named[:18]) > 0 else None
    if view is None and is_first and not given and named != WHOLE:
        view = shelf.start
    return {name: [value] for name, value in view.asked.items()} if view is not None and not given else given


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
        shelf: Shelf = Shelf(),
    ) -> None:
        self.ctx, self.listing, self.params, self.found = ctx, listing, params, found
        self.cells, self.tones, self.path, self.shelf = cells, tones, path, shelf
        self.language = ctx.user.language
        self.shown, self.lead = listing.chosen(params.columns), listing.lead.key

    def url(self, **changes: str | None) -> str:
        """The address of this list with something changed; None takes a parameter off."""
        merged = {**self.params.given, **changes}
        kept = [(name, value) for name, value in merged.items() if value]
        return f"{self.path}?{urlencode(kept)}" if kept else self.whole

    @property
    def whole(self) -> str:
        """The list without filters, also where a view opens first."""
        return f"{self.path}?{VIEW}={WHOLE}" if self.shelf.start else self.path

    def copies(self) -> tuple[Option, ...]:
        """The same rows and columns as a file or on paper."""
        columns = {"columns": ",".join(self.params.columns)} if self.params.columns else {}
        asked, place = urlencode({**self.params.given, **columns}), f"/lists/{self.listing.name}"
        kinds = (("CSV", "export.csv"), ("Excel (XLSX)", "export.xlsx"), ("Print", "print"))
        return tuple(Option(label, f"{place}/{end}?{asked}" if asked else f"{place}/{end}") for label, end in kinds)

    def view(self, tabs: Sequence[Named], bulk: Sequence[Bulk], add: tuple[str, str] | None) -> ListView:
        given, found = self.params.given, self.found
        nothing = Empty("Nothing matches. Take a filter off.", self.whole, "Show all") if self.params.filtered else None
        total = f"{len(found.rows):,} of {found.total_capped}" if found.total_capped else ""
        chips = [chip for facet in found.facets if facet.is_active for chip in self.chips(facet)]
        if self.params.group and self.params.within is None and found.rows:
            return self.grouped(tabs, bulk, chips)
        return ListView(
            title=self.listing.title,
            path=self.path,
            columns=tuple(self.column(column) for column in self.shown),
            rows=tuple(self.row(row) for row in found.rows),
            search=self.params.q if self.listing.search else None,
            facets=tuple(self.facet(facet) for facet in found.facets),
            chips=(*chips, *self.group_chips()),
            clear_url=self.whole,
            kept=tuple((name, value) for name, value in given.items() if name != "q"),
            tabs=tuple(self.tab(tab) for tab in tabs),
            bulk=tuple(bulk),
            deeds=self.deeds(),
            deeds_asked=urlencode(given),
            total=total,
            exports=self.copies(),
            imports=self.imports(),
            tools=self.tools(),
            more_url=self.url(after=found.next_cursor) if found.next_cursor else "",
            empty=nothing or Empty(self.listing.empty, *((add[1], add[0]) if add else ())),
        )

    def deeds(self) -> tuple[Bulk, ...]:
        """What this person may do with many rows at once."""
        place = f"/lists/{self.listing.name}/bulk"
        found = bulk_actions.offered(self.ctx, self.listing)
        return tuple(Bulk(one.label, f"{place}/{one.key}", one.icon, one.tone) for one in found)

    def imports(self) -> tuple[Option, ...]:
        """Files that this person may bring into this list."""
        found = import_templates.offered(self.ctx, self.listing.name)
        return tuple(Option(kind.title, f"/admin/imports/new?kind={kind.name}") for kind in found)

    # --- How it is looked at

    def asked(self) -> dict[str, str]:
        """What a view of this keeps: all but the site of the top bar, which each person chooses."""
        chosen = str(this_visit().site_id)
        asked = {name: value for name, value in self.params.given.items() if (name, value) != (SITE, chosen)}
        return asked | ({"columns": ",".join(self.params.columns)} if self.params.columns else {})

    def tools(self) -> Tools:
        asked, shown = self.asked(), {column.key for column in self.shown}
        narrowed = {name: value for name, value in asked.items() if name != "columns"}
        saved = tuple(
            Saved(
                id=view.id,
                title=view.title,
                url=f"{self.path}?{VIEW}={view.id}",
                detail=self.told(view),
                is_current=dict(view.asked) in (asked, narrowed),
                is_start=view == self.shelf.start,
            )
            for view in self.shelf.views
            if view.fits
        )
        return Tools(
            name=self.listing.name,
            asked=urlencode(asked),
            whole_url=f"{self.path}?{VIEW}={WHOLE}",
            is_whole=not narrowed,
            opens_whole=self.shelf.start is None,
            views=saved,
            teams=tuple(views.teams(self.ctx)),
            columns=tuple(
                ColumnChoice(column.key, column.title, column.key in shown, column.key == self.lead)
                for column in self.listing.shown
            ),
            groupings=tuple(
                Option(column.title, self.url(group=column.key, within=None), column.key == self.params.group)
                for column in self.listing.groupings
            ),
            ungroup_url=self.url(group=None, within=None) if self.params.group else "",
        )

    def told(self, view: views.View) -> str:
        """Whose view it is, where it is not only one's own."""
        if view.role is None:
            return ""
        team = (
            "Everybody" if view.role == views.EVERYBODY else self.ctx.registry.role_titles().get(view.role, view.role)
        )
        return team if view.is_own else f"{team}, by {view.owner}"

    # --- Groups

    def grouped(self, tabs: Sequence[Named], bulk: Sequence[Bulk], chips: Sequence[Chip]) -> ListView:
        found = listing_groups.read(self.ctx, self.listing, self.params)
        by = self.listing.by_key[self.params.group]
        cut = f"These are the first {listing_groups.MOST_GROUPS}; the totals are of all." if found.is_cut else ""
        return ListView(
            title=self.listing.title,
            path=self.path,
            columns=tuple(self.column(column) for column in self.shown),
            rows=(),
            search=self.params.q if self.listing.search else None,
            facets=tuple(self.facet(facet) for facet in self.found.facets),
            chips=(*chips, *self.group_chips()),
            clear_url=self.whole,
            kept=tuple((name, value) for name, value in self.params.given.items() if name != "q"),
            tabs=tuple(self.tab(tab) for tab in tabs),
            bulk=tuple(bulk),
            deeds=self.deeds(),
            deeds_asked=urlencode({name: value for name, value in self.params.given.items() if name != "group"}),
            total=f"{found.count:,} in {len(found.groups):,}{'+' if found.is_cut else ''} groups",
            exports=self.copies(),
            imports=self.imports(),
            tools=self.tools(),
            groups=tuple(
                Group(
                    label=self.group_label(by, group.key),
                    count=f"{group.count:,}",
                    url=self.url(within=group.key),
                    load_url=self.url(within=group.key, into=f"list-g{place}"),
                    cells=tuple(self.added(column, group.sums) for column in self.shown),
                )
                for place, group in enumerate(found.groups)
            ),
            totals=tuple(self.added(column, found.sums) for column in self.shown),
            group_note=cut,
        )

    def added(self, column: Declared, sums: listing_groups.Sums) -> Markup | str:
        """An amount for each currency or unit, below one another."""
        form = formats.money if column.kind is Kind.MONEY else formats.quantity
        amounts = (form(amount, unit, self.language) for amount, unit in sums.get(column.key, ()))
        return Markup("<br>").join(amounts)

    def group_label(self, column: Declared, key: str) -> Markup | str:
        if key == NONE:
            return "None"
        if column.kind in (Kind.DATE, Kind.TIME):
            return formats.month(key, self.language)
        if column.kind is Kind.YES_NO:
            return f"{column.title}: {key}"
        return pill(self.tones.get(key, "plain"), key) if column.kind is Kind.CHOICE else key

    def group_chips(self) -> list[Chip]:
        if not self.params.group:
            return []
        column, chips = self.listing.by_key[self.params.group], []
        if self.params.within is not None:
            label = self.group_label(column, self.params.within)
            words = label.striptags() if isinstance(label, Markup) else label
            chips = [Chip(f"{column.title}: {words}", self.url(within=None))]
        return [*chips, Chip(f"By {column.title.lower()}", self.url(group=None, within=None))]

    def into(self, place: str) -> tuple[str, str, str]:
        """Where the rows of a group go: below its head, or behind those that are shown."""
        return f"#{place}", "group_rows", "outerHTML" if place.endswith("-more") else "innerHTML"

    # --- Heads and cells

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
        url = f"{self.path}?{urlencode(tab.filters)}" if tab.filters else self.whole
        return Tab(tab.label, url, is_current=filters == dict(tab.filters))
