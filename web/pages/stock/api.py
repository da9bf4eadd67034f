"""Stock, items and companies for programs: the same actions and the same refusals as on the pages."""

from __future__ import annotations

from collections.abc import Sequence

from plantops import items, parties, places, reservations, stock, stores
from plantops.context import Context, requires
from plantops.items import Category, Item, ItemPack
from plantops.lists import ITEMS, MOVES, PARTIES, STOCK, STORES
from plantops.parties import Party
from plantops.permissions import Can
from plantops.places import CostCentre, PlaceRow, Site
from plantops.stock import Line
from plantops.stock_ledger import Move
from plantops.stores import Level, Store
from web.resources import Routes, many, view

# --- Where things are

SITE = view(Site, "id version code name zone currency country subdivision address in_totals")
COST_CENTRE = view(CostCentre, "id version site_id code name holder_id archived")

where = Routes("places")
where("GET /sites", places.list_sites, many(SITE))
where("GET /sites/{site_id}/cost-centres", places.list_cost_centres, many(COST_CENTRE))
where("GET /sites/{site_id}/places", places.list_places, many(PlaceRow))

# --- Companies

PARTY = view(
    Party,
    "id version name is_supplier is_carrier is_contractor is_one_time legal_name street postcode town country vat_id"
    " email phone language blocked blocked_reason archived",
)

companies = Routes("parties")
companies.lists("/parties", PARTIES)
companies("GET /parties/{id}", parties.read_party, PARTY)
companies("POST /parties", parties.add_party, PARTY)
companies("PUT /parties/{id}", parties.change_party, PARTY)
companies.acts("/parties/{id}", PARTY, parties.archive, parties.block, parties.unblock)

# --- Items and their categories

ITEM = view(
    Item,
    "id version sku name description category_id kind stock_unit barcode is_critical shelf_life_days archived",
    packs=many(view(ItemPack, "unit factor barcode")),
)
CATEGORY = view(Category, "id version code name matching inspect approves_itself over_percent under_percent archived")

things = Routes("items")
things.lists("/items", ITEMS)
things("GET /items/{id}", items.read_item, ITEM)
things("POST /items", items.add_item, ITEM)
things("PUT /items/{id}", items.change_item, ITEM)
things("PUT /items/{id}/packs/{unit}", items.set_pack, ITEM)
things.acts("/items/{id}", ITEM, items.archive)
things("GET /item-categories", items.list_categories, many(CATEGORY))
things("POST /item-categories", items.add_category, CATEGORY)

# --- Stores, what lies in them, and what moves

STORE = view(Store, "id version site_id place_id cost_centre_id code name may_go_negative archived")
MOVE = view(
    Move, "id item_id store_id quantity kind cost currency origin cost_centre_id note moved_by_id at reverses_id"
)
LEVEL = view(Level, "id version item_id store_id bin minimum target")


@requires(Can.MOVE_STOCK)
def issue(
    ctx: Context, store_id: int, lines: Sequence[Line], key: str, cost_centre_id: int | None = None
) -> list[Move]:
    """Goods leave a store."""
    return stock.issue(ctx, store_id, lines, origin=f"core_store:{store_id}", key=key, cost_centre_id=cost_centre_id)


@requires(Can.MOVE_STOCK)
def hand_back(
    ctx: Context, store_id: int, lines: Sequence[Line], key: str, cost_centre_id: int | None = None
) -> list[Move]:
    """Goods that were issued come back."""
    return stock.hand_back(
        ctx, store_id, lines, origin=f"core_store:{store_id}", key=key, cost_centre_id=cost_centre_id
    )


keeping = Routes("stock")
keeping.lists("/stores", STORES)
keeping("GET /stores/{id}", stores.read_store, STORE)
keeping("POST /stores", stores.add_store, STORE)
keeping("PUT /stores/{id}", stores.change_store, STORE)
keeping("POST /stores/{id}/close", stock.close_store, STORE)
keeping("GET /stores/{store_id}/stock", stock.list_stock)
keeping("GET /stores/{store_id}/count-sheet", stock.count_sheet)
keeping("GET /stores/{store_id}/reservations", reservations.list_reservations)
keeping("POST /stores/{store_id}/hand-out", reservations.hand_out, many(MOVE))
keeping("POST /stores/{store_id}/issue", issue, many(MOVE))
keeping("POST /stores/{store_id}/hand-back", hand_back, many(MOVE))
keeping("POST /stores/{store_id}/count", stock.adjust, many(MOVE))
keeping("POST /stores/{from_store_id}/transfer", stock.transfer, many(MOVE))
keeping("PUT /stores/{store_id}/levels/{item_id}", stock.set_level, LEVEL)
keeping.lists("/stock", STOCK)
keeping("GET /stock/{id}", stock.read_stock)
keeping("GET /items/{item_id}/stock", stock.list_stock_of)
keeping.lists("/moves", MOVES)
keeping("GET /moves/{id}", stock.read_move)
keeping("POST /moves/{move_id}/take-back", stock.take_back, many(MOVE))

ROUTERS = (where.router, companies.router, things.router, keeping.router)
