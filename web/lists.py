"""List pages: what is asked of a listing in the address is read, and drawn whole or in part."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any
from urllib.parse import parse_qs

from fastapi.responses import Response
from markupsafe import Markup

from plantops import exports, listing_board, listing_pages, listing_params, views
from plantops.context import Context
from plantops.errors import Invalid
from plantops.listing import Listing, ListPage, ListParams
from plantops.views import Shelf
from plantops.wording import plural, say
from web import formats, page
from web.chosen import read_number
from web.list_drawn import SITE, VIEW, WHOLE, Drawn, Named, pill, worded
from web.list_parts import Bulk, ListView
from web.page import Query
from web.visit import this_visit

__all__ = ["Bulk", "Named", "asked_again", "list_page", "list_print", "pill", "worded"]

SUGGESTED, ROW = "menu", "row"
Look = tuple[Mapping[str, Callable[[Any], Markup | str]], Mapping[str, str], str, Shelf]
"""How a page draws a list: single columns in another way, the colours of states, its address, and its views."""
LONGEST_ADDRESS = 8000
IN_GROUP = re.compile(r"list-g\d{1,4}(-more)?")


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
    one_row = first(given.pop(ROW, [""]))
    given = opened(shelf, given, is_first=not visit.is_partial)
    params = listing_params.read(listing, with_site(listing, given, visit.site_id))
    params = params if params.columns else replace(params, columns=shelf.columns)
    look: Look = (cells or {}, formats.TONES | dict(tones or {}), visit.path, shelf)
    if visit.is_partial and (id := read_number(one_row)) is not None:
        row = listing_pages.one(ctx, listing, id)
        drawn = Drawn(ctx, listing, params, ListPage((row,), None, None, False, (), params.sort), *look)
        view = replace(drawn.frame(bulk=bulk), rows=(drawn.row(row),))
        return page.parts(ctx, (f"#{view.id}-r{row.id}", "rows", "outerHTML"), view=view)
    if params.show:
        return board_page(ctx, listing, params, look, template, tabs, add, values)
    is_grouped = bool(params.group) and params.within is None
    # Of a list that is grouped only the filters are drawn; its rows come with the group that is opened.
    found = listing_pages.page(ctx, listing, replace(params, limit=1) if is_grouped else params)
    drawn = Drawn(ctx, listing, params, found, *look)
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


def board_page(
    ctx: Context,
    listing: Listing[Any],
    params: ListParams,
    look: Look,
    template: str,
    tabs: Sequence[Named],
    add: tuple[str, str] | None,
    values: Mapping[str, Any],
) -> Response:
    """The list as cards under their states, or the next cards of one state."""
    visit = this_visit()
    if visit.is_partial and params.within is not None:
        rows, cursor = listing_pages.some(ctx, listing, replace(params, limit=listing_board.CARDS))
        drawn = Drawn(ctx, listing, params, ListPage((), None, None, False, (), params.sort), *look)
        lane = drawn.more_cards(rows, cursor)
        view = replace(drawn.frame(), moves_url=drawn.moves_url)
        into, more = f"#{view.id}-lane-{lane.key}", f"#{view.id}-more-{lane.key}"
        return page.parts(ctx, (into, "cards", "beforeend"), (more, "more_cards", "outerHTML"), view=view, lane=lane)
    # Of the list itself only the filters are drawn; its rows come with each state.
    found = listing_pages.page(ctx, listing, replace(params, limit=1, group="", within=None))
    params = replace(params, group="", within=None)
    view = Drawn(ctx, listing, params, found, *look).board(tabs, add)
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
    id = read_number(named)
    view = shelf.view(id) if id else None
    if view is None and is_first and not given and named != WHOLE:
        view = shelf.start
    return {name: [value] for name, value in view.asked.items()} if view is not None and not given else given


def list_print(ctx: Context, listing: Listing[Any], given: Mapping[str, Sequence[str]]) -> Response:
    """Everything that is filtered as a page for the printer."""
    params = listing_params.read(listing, given)
    if listing_pages.how_many(ctx, listing, params, exports.AT_ONCE) > exports.AT_ONCE:
        raise Invalid(
            say(
                "More than {at_once:,} rows are not printed. Filter the list, or export it as a file.",
                at_once=exports.AT_ONCE,
            )
        )
    rows = tuple(islice(listing_pages.stream(ctx, listing, params), exports.AT_ONCE))
    found = ListPage(rows, None, len(rows), False, (), params.sort)
    drawn = Drawn(ctx, listing, params, found, {}, formats.TONES, "")
    view = ListView(
        title=listing.title,
        path="",
        columns=tuple(drawn.column(column) for column in drawn.shown),
        rows=tuple(drawn.row(row, leads=False) for row in rows),
        total=plural("{n} row", "{n} rows", len(rows)),
    )
    return page.render(ctx, "list_print.html", view=view, notes=exports.notes(ctx, listing, params)[::-1])


def asked_again(packed: str) -> dict[str, list[str]]:
    """The parameters of a list's address as a form carries them along."""
    return parse_qs(packed[:LONGEST_ADDRESS])


def with_site(listing: Listing[Any], given: dict[str, list[str]], site_id: int | None) -> dict[str, list[str]]:
    """The site that the person chose in the top bar, for lists that know sites and are not asked for another."""
    knows_sites = any(facet.key == SITE for facet in listing.facets)
    return given | {SITE: [str(site_id)]} if knows_sites and site_id is not None and SITE not in given else given
