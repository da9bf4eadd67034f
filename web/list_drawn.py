"""A page of a listing on its way to the macro: its heads, rows, cells, filters, chips and groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup, escape

from plantops import bulk_actions, import_templates, links, listing_board, listing_edits, listing_groups, views, wording
from plantops.catalogues import ENGLISH
from plantops.context import Context
from plantops.listing import BOARD, NONE, FacetView, Kind, Listing, ListPage, ListParams, may_open
from plantops.listing import Column as Declared
from plantops.views import Shelf
from plantops.wording import language, number, plural, say, says
from web import formats
from web.list_parts import (
    EDIT,
    LINK,
    Bulk,
    Chip,
    Column,
    ColumnChoice,
    Empty,
    Facet,
    Group,
    Lane,
    ListView,
    Option,
    Row,
    Saved,
    Tab,
    Tools,
)
from web.visit import this_visit

PILL = Markup('<span class="pill tone-{}">{}</span>')
SITE = "site"
VIEW, WHOLE = "view", "0"


@says("label")
@dataclass(frozen=True)
class Named:
    """A tab of a list page: its filters, as they stand in the address."""

    label: str
    filters: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=1000)
def pill(tone: str, state: str) -> Markup:
    return worded(tone, wording.label(state))


def worded(tone: str, words: str) -> Markup:
    """The same with words of its own."""
    return PILL.format(tone, words)


class Drawn:
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
        self.open_kinds: dict[str, bool] = {}
        self.shown, self.lead = listing.chosen(params.columns), listing.lead.key
        self.shown = tuple(one for one in self.shown if not self.is_left_out(one)) if params.show else self.shown
        self.opens = listing_edits.offered(ctx, listing) if path and not params.show else frozenset()

    def is_left_out(self, column: Declared) -> bool:
        """A card says what its column says by where it stands, and leaves out what a phone does."""
        return column is not self.listing.lead and (
            column.place == "rest" or (self.listing.board is not None and column.key == self.listing.board.column)
        )

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
        kinds = (("CSV", "export.csv"), ("Excel (XLSX)", "export.xlsx"), (say("Print"), "print"))
        return tuple(Option(label, f"{place}/{end}?{asked}" if asked else f"{place}/{end}") for label, end in kinds)

    def view(self, tabs: Sequence[Named], bulk: Sequence[Bulk], add: tuple[str, str] | None) -> ListView:
        found = self.found
        nothing = (
            Empty(say("Nothing matches. Take a filter off."), self.whole, say("Show all"))
            if self.params.filtered
            else None
        )
        if self.params.group and self.params.within is None and found.rows:
            return self.grouped(tabs, bulk)
        return replace(
            self.frame(tabs, bulk),
            rows=tuple(self.row(row) for row in found.rows),
            total=say("{shown:,} of {total}", shown=len(found.rows), total=found.total_capped)
            if found.total_capped
            else "",
            more_url=self.url(after=found.next_cursor) if found.next_cursor else "",
            empty=nothing or Empty(self.listing.empty, *((add[1], add[0]) if add else ())),
        )

    def frame(self, tabs: Sequence[Named] = (), bulk: Sequence[Bulk] = ()) -> ListView:
        """All that stands around the rows."""
        given, found = self.params.given, self.found
        chips = [chip for facet in found.facets if facet.is_active for chip in self.chips(facet)]
        return ListView(
            title=self.listing.title,
            path=self.path,
            columns=tuple(self.column(column) for column in self.shown),
            rows=(),
            search=self.params.q if self.listing.search else None,
            facets=tuple(self.facet(facet) for facet in found.facets),
            chips=(*chips, *self.group_chips()),
            clear_url=self.whole,
            kept=tuple((name, value) for name, value in given.items() if name != "q"),
            tabs=tuple(self.tab(tab) for tab in tabs),
            bulk=tuple(bulk),
            deeds=self.deeds(),
            deeds_asked=urlencode({name: value for name, value in given.items() if name not in self.unasked}),
            exports=self.copies(),
            imports=self.imports(),
            tools=self.tools(),
            here=self.url(),
            cells_url=f"/lists/{self.listing.name}/cells" if self.opens else "",
            columns_asked=",".join(self.params.columns),
        )

    @property
    def unasked(self) -> tuple[str, ...]:
        """What is done with all that match asks nothing of how they are put together."""
        return ("group",) if self.params.group and self.params.within is None else ()

    def board(self, tabs: Sequence[Named], add: tuple[str, str] | None) -> ListView:
        """The same rows as cards under their states. Nothing is picked or changed in a card but by its moves."""
        board = self.listing.board
        assert board is not None, "a list is shown as a board only where it has one"
        lanes = tuple(self.lane(lane) for lane in listing_board.lanes(self.ctx, self.listing, self.params))
        nothing = (
            Empty(say("Nothing matches. Take a filter off."), self.whole, say("Show all"))
            if self.params.filtered
            else None
        )
        return replace(
            self.frame(tabs),
            lanes=lanes if any(lane.cards for lane in lanes) else (),
            moves_url=self.moves_url,
            empty=nothing or Empty(self.listing.empty, *((add[1], add[0]) if add else ())),
        )

    @property
    def moves_url(self) -> str:
        board = self.listing.board
        rights = {right for move in board.moves for right in move.permissions} if board else ()
        return f"/lists/{self.listing.name}/moves" if any(self.ctx.may(right) for right in rights) else ""

    def lane(self, lane: listing_board.Lane) -> Lane:
        key = str(lane.state)
        more = self.url(within=key, after=lane.next_cursor) if lane.next_cursor else ""
        many = lane.count > listing_board.COUNTED_TO
        return Lane(
            key=key,
            label=pill(self.tones.get(key, "plain"), key),
            count=f"{number(listing_board.COUNTED_TO, ',')}+" if many else number(lane.count, ","),
            cards=tuple(self.row(row) for row in lane.rows),
            more_url=more,
        )

    def more_cards(self, rows: Sequence[Any], cursor: str | None) -> Lane:
        """What follows in one column of the board."""
        key = self.params.within or ""
        more = self.url(within=key, after=cursor) if cursor else ""
        return Lane(key, "", "", tuple(self.row(row) for row in rows), more)

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
            columns=()
            if self.params.show
            else tuple(
                ColumnChoice(column.key, column.title, column.key in shown, column.key == self.lead)
                for column in self.listing.shown
            ),
            groupings=tuple(
                Option(
                    column.title, self.url(group=column.key, within=None, show=None), column.key == self.params.group
                )
                for column in self.listing.groupings
            ),
            ungroup_url=self.url(group=None, within=None) if self.params.group else "",
            shows=(
                Option(say("As a list"), self.url(show=None, within=None), not self.params.show),
                Option(say("As a board"), self.url(show=BOARD, group=None, within=None), bool(self.params.show)),
            )
            if self.listing.board
            else (),
        )

    def told(self, view: views.View) -> str:
        """Whose view it is, where it is not only one's own."""
        if view.role is None:
            return ""
        team = (
            say("Everybody")
            if view.role == views.EVERYBODY
            else self.ctx.registry.role_titles().get(view.role, view.role)
        )
        return team if view.is_own else say("{team}, by {owner}", team=team, owner=view.owner)

    # --- Groups

    def grouped(self, tabs: Sequence[Named], bulk: Sequence[Bulk]) -> ListView:
        found = listing_groups.read(self.ctx, self.listing, self.params)
        by = self.listing.by_key[self.params.group]
        cut = (
            say("These are the first {most_groups}; the totals are of all.", most_groups=listing_groups.MOST_GROUPS)
            if found.is_cut
            else ""
        )
        return replace(
            self.frame(tabs, bulk),
            total=self.counted(found),
            groups=tuple(
                Group(
                    label=self.group_label(by, group.key),
                    count=number(group.count, ","),
                    url=self.url(within=group.key),
                    load_url=self.url(within=group.key, into=f"list-g{place}"),
                    cells=tuple(self.added(column, group.sums) for column in self.shown),
                )
                for place, group in enumerate(found.groups)
            ),
            totals=tuple(self.added(column, found.sums) for column in self.shown),
            group_note=cut,
        )

    @staticmethod
    def counted(found: listing_groups.Groups) -> str:
        """How many rows in how many groups."""
        if found.is_cut:
            return say("{rows:,} in {groups:,}+ groups", rows=found.count, groups=len(found.groups))
        return plural("{rows:,} in {n} group", "{rows:,} in {n} groups", len(found.groups), rows=found.count)

    def added(self, column: Declared, sums: listing_groups.Sums) -> Markup | str:
        """An amount for each currency or unit, below one another."""
        form = formats.money if column.kind is Kind.MONEY else formats.quantity
        amounts = (form(amount, unit, self.language) for amount, unit in sums.get(column.key, ()))
        return Markup("<br>").join(amounts)

    def group_label(self, column: Declared, key: str) -> Markup | str:
        if key == NONE:
            return say("None")
        if column.kind in (Kind.DATE, Kind.TIME):
            return formats.month(key, self.language)
        if column.kind is Kind.YES_NO:
            return f"{column.title}: {say('yes') if key == 'yes' else say('no')}"
        return pill(self.tones.get(key, "plain"), key) if column.kind is Kind.CHOICE else key

    def group_chips(self) -> list[Chip]:
        if not self.params.group:
            return []
        column, chips = self.listing.by_key[self.params.group], []
        if self.params.within is not None:
            label = self.group_label(column, self.params.within)
            words = label.striptags() if isinstance(label, Markup) else label
            chips = [Chip(f"{column.title}: {words}", self.url(within=None))]
        by = column.title.lower() if language() == ENGLISH else column.title
        return [*chips, Chip(say("By {column}", column=by), self.url(group=None, within=None))]

    def into(self, place: str) -> tuple[str, str, str]:
        """Where the rows of a group go: below its head, or behind those that are shown."""
        return f"#{place}", "group_rows", "outerHTML" if place.endswith("-more") else "innerHTML"

    # --- Heads and cells

    def column(self, column: Declared) -> Column:
        is_number = column.kind in (Kind.NUMBER, Kind.MONEY, Kind.QUANTITY)
        titled = column.kind in (Kind.NUMBER, Kind.DATE, Kind.TIME, Kind.YES_NO) or column.key in self.opens
        place = "lead" if column.key == self.lead else column.place
        time = column.kind in (Kind.DATE, Kind.TIME)
        if column.key not in self.listing.sortable:
            return Column(column.key, column.title, is_number, place, titled, is_time=time)
        now = self.found.sort
        sorted_now = {column.key: "ascending", f"-{column.key}": "descending"}.get(now, "")
        other = f"-{column.key}" if now == column.key else column.key
        return Column(column.key, column.title, is_number, place, titled, self.url(sort=other), sorted_now, time)

    def row(self, row: Any, *, leads: bool = True) -> Row:
        origin = self.listing.origin if leads else ""
        url = links.url(self.ctx.registry, f"{origin}:{row.id}") if origin else ""
        cells = tuple(self.cell(column, row) for column in self.shown)
        lead = self.listing.lead
        after = self.opener(lead, row, "") if url and lead.key in self.opens else ""
        return Row(row.id, url, cells, after)

    def opener(self, column: Declared, row: Any, inside: Markup | str) -> Markup:
        """The cell as a button that opens it to be changed."""
        shown = self.text(column, getattr(row, column.key), row)
        words = shown.striptags() if isinstance(shown, Markup) else shown
        told = (
            say("Change {title}: {words}", title=column.title, words=words)
            if words
            else say("Enter {title}", title=column.title)
        )
        return EDIT.format(column.key, told, inside)

    def cell(self, column: Declared, row: Any) -> Markup | str:
        if column.key in self.opens and not (column.key == self.lead and self.listing.origin):
            return self.opener(column, row, self.text(column, getattr(row, column.key), row))
        if column.key in self.cells:
            return self.cells[column.key](row)
        value = getattr(row, column.key)
        text = self.text(column, value, row)
        leads = column.key == self.lead and bool(self.listing.origin)  # that link is drawn by the row
        if column.link and value is not None and not leads:
            origin = f"{column.link}:{getattr(row, column.link_key)}"
            url = links.url(self.ctx.registry, origin) if self.leads_on(column.link) else ""
            return LINK % (url, text) if url else text
        return text

    def leads_on(self, kind: str) -> bool:
        """Asked once for all rows: a link that would be refused is plain text."""
        if kind not in self.open_kinds:
            self.open_kinds[kind] = may_open(self.ctx, kind)
        return self.open_kinds[kind]

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
                return say("Yes") if value else say("No")
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
        if facet.low and facet.high:
            span = say("{low} to {high}", low=facet.low, high=facet.high)
        else:
            span = facet.high or say("from {low}", low=facet.low)
        return [Chip(f"{facet.title}: {facet.low if facet.kind is Kind.TEXT else span}", self.url(**off))]

    def tab(self, tab: Named) -> Tab:
        filters = {name: value for name, value in self.params.filtered.items() if name not in ("q", SITE)}
        url = f"{self.path}?{urlencode(tab.filters)}" if tab.filters else self.whole
        return Tab(tab.label, url, is_current=filters == dict(tab.filters))
