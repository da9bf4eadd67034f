"""Every list for programs: the rows, columns and filters of its page, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from plantops import listing_pages, listing_params
from plantops.listing import listings, named
from web.api import Asked, Context, api_router

router = api_router("lists")


@dataclass(frozen=True)
class ColumnOut:
    key: str
    title: str
    kind: str
    unit: str | None
    """The key of the column that holds its currency or unit."""


@dataclass(frozen=True)
class FilterOut:
    key: str
    title: str
    kind: str
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class ListOut:
    name: str
    title: str
    columns: tuple[ColumnOut, ...]
    filters: tuple[FilterOut, ...]
    sortable: tuple[str, ...]


@dataclass(frozen=True)
class RowsOut:
    rows: tuple[dict[str, Any], ...]
    next: str | None
    """`after` of the next page; null at the end."""
    total: int | None
    """How many match, up to 1,000; null on later pages."""
    more_than_total: bool


@router.get("/lists")
def known(ctx: Context) -> tuple[ListOut, ...]:
    """The lists that this person may read, with their columns and the parameters of their filters."""
    return tuple(
        ListOut(
            name=listing.name,
            title=listing.title,
            columns=tuple(ColumnOut(one.key, one.title, one.kind, one.unit) for one in listing.columns),
            filters=tuple(FilterOut(one.key, one.title, one.kind, one.names) for one in listing.facets),
            sortable=tuple(listing.sortable),
        )
        for name, listing in sorted(listings(ctx.registry).items())
        if listing.is_open_to(ctx)
    )


@router.get("/lists/{name}")
def rows(ctx: Context, name: str, asked: Asked) -> RowsOut:
    """A page of a list. Parameters: q, sort, limit, after and the filters that `/lists` names."""
    listing = named(ctx.registry, name)
    params = listing_params.read(listing, asked)
    found = listing_pages.page(ctx, listing, params)
    keys = ("id", *(column.key for column in listing.columns))
    return RowsOut(
        rows=tuple({key: getattr(row, key) for key in keys} for row in found.rows),
        next=found.next_cursor,
        total=found.total,
        more_than_total=found.is_capped,
    )
