"""The core's own lists: every one can be read, sorted and filtered, and shows only what one may see."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from plantops import listing_pages, listing_params, lists, places, stock
from plantops.context import Context
from plantops.listing import Listing
from tests.houses import Someone
from tests.plantops.approving import verrin
from tests.plantops.stocking import bearing, main_store, put, take

pytestmark = pytest.mark.db


def rows(ctx: Context, listing: Listing[Any], **asked: str) -> list[Any]:
    return list(listing_pages.page(ctx, listing, listing_params.read(listing, asked)).rows)


@pytest.mark.parametrize("listing", lists.LISTINGS, ids=lambda listing: listing.name)
def test_every_list_can_be_read_and_sorted_each_way(ctx: Someone, listing: Listing[Any]) -> None:
    store, one, two = main_store(ctx()), bearing(ctx()), bearing(ctx(), "Z-9")
    put(ctx(), store, one, 5)
    put(ctx(), store, two, 5)
    for column in listing.sortable:
        for sort in (column, f"-{column}"):
            first = listing_pages.page(
                ctx(as_="auditor"), listing, listing_params.read(listing, {"sort": sort, "limit": "1"})
            )
            if first.next_cursor:
                rows(ctx(as_="auditor"), listing, sort=sort, after=first.next_cursor)


def test_stock_shows_what_is_low_in_which_store_and_the_moves_behind_it(ctx: Someone) -> None:
    store, low, enough = main_store(ctx()), bearing(ctx()), bearing(ctx(), "Z-9")
    put(ctx(), store, low, 5)
    put(ctx(), store, enough, 5)
    stock.set_level(ctx(), low.id, store.id, minimum=Decimal(4), bin="A-3")
    take(ctx(), store, low, 2)
    keeper = ctx(as_="storekeeper")
    (only,) = rows(keeper, lists.STOCK, low="yes")
    assert (only.sku, only.store, only.bin, only.on_hand, only.unit) == ("6204-2RS", "Main store", "A-3", 3, "each")
    moved = rows(keeper, lists.MOVES, item=str(low.id))
    assert [(row.kind, row.quantity) for row in moved] == [("issue", -2), ("receive", 5)]


def test_stock_of_another_site_is_not_seen(ctx: Someone) -> None:
    system = ctx()
    other = places.add_site(system, "OST", "Osterby", zone="Europe/Luxembourg", currency="EUR", country="LU")
    put(system, main_store(system), bearing(system), 5)
    keeper = ctx(as_="storekeeper")
    for site, seen in ((other.id, 0), (verrin(system), 1)):
        keeper.user = replace(keeper.user, grants=tuple(replace(g, site_id=site) for g in keeper.user.grants))
        assert len(rows(keeper, lists.STOCK)) == len(rows(keeper, lists.MOVES)) == seen
