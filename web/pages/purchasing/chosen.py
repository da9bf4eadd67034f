"""What forms of purchasing choose among: the cost centres, stores and places of a site."""

from __future__ import annotations

from plantops import places, stores
from plantops.permissions import Can as Core
from plantops.places import CostCentre
from plantops.stores import StoreRow
from web import chosen
from web.page import Context, Query

ALL = "all"


def site_or_all(ctx: Context, query: Query) -> int | None:
    """The site that a page is about; None for every site, which is also what somebody with one site only sees."""
    return None if query.get("site") == ALL else chosen.site_id(ctx, query)


def centres_of(ctx: Context, site_id: int) -> list[tuple[int, str]]:
    found: list[CostCentre] = places.list_cost_centres(ctx, site_id)
    return [(centre.id, f"{centre.code} {centre.name}") for centre in found]


def stores_of(ctx: Context, site_id: int) -> list[StoreRow]:
    """Goods go into a store only for who may see its stock."""
    return stores.list_stores(ctx, site_id) if ctx.may(Core.READ_STOCK) else []


def places_of(ctx: Context, site_id: int) -> list[tuple[int, str]]:
    """Where goods may stand or go to."""
    return [(place.id, f"{place.code} {place.name}") for place in places.list_places(ctx, site_id)]
