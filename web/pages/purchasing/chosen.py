"""What forms of purchasing choose among: the site at which one works, its cost centres and stores."""

from __future__ import annotations

from plantops import places, stores
from plantops.permissions import Can as Core
from plantops.places import CostCentre
from plantops.stores import StoreRow
from web.page import Context, Query
from web.visit import this_visit

ALL = "all"


def site_of(ctx: Context, query: Query) -> int:
    """The site that the address names, else the one of the top bar, else the first."""
    sites = [site.id for site in places.list_sites(ctx)]
    named = query.get("site", "")
    wanted = int(named) if named.isascii() and named.isdigit() and len(named) < 18 else this_visit().site_id
    return wanted if wanted in sites else sites[0]


def site_or_all(ctx: Context, query: Query) -> int | None:
    """The same; None for every site, which is also what somebody with one site only sees."""
    return None if query.get("site") == ALL else site_of(ctx, query)


def centres_of(ctx: Context, site_id: int) -> list[tuple[int, str]]:
    found: list[CostCentre] = places.list_cost_centres(ctx, site_id)
    return [(centre.id, f"{centre.code} {centre.name}") for centre in found]


def stores_of(ctx: Context, site_id: int) -> list[StoreRow]:
    """Goods go into a store only for who may see its stock."""
    return stores.list_stores(ctx, site_id) if ctx.may(Core.READ_STOCK) else []


def places_of(ctx: Context, site_id: int) -> list[tuple[int, str]]:
    """Where goods may stand or go to."""
    return [(place.id, f"{place.code} {place.name}") for place in places.list_places(ctx, site_id)]
