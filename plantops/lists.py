"""The core's own lists: parties, items, what lies in the stores, and every movement of it."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from plantops import items, parties, places, stock, stores
from plantops.context import Context, within
from plantops.findable import Findable
from plantops.items import Category, Item, ItemFacts, ItemKind
from plantops.listing import Column, Edit, Expression, Facet, Kind, Listing, Select
from plantops.parties import Party
from plantops.people import User
from plantops.permissions import Can
from plantops.places import CostCentre, Site
from plantops.stock_ledger import Balance, Move, MoveKind
from plantops.stores import Level, Store


@within("the filter by site")
def site_names(ctx: Context) -> list[tuple[int, str]]:
    return [(site.id, site.name) for site in places.site_names(ctx)] if ctx.may(Can.READ_PLACES) else []


def site_facet(column: Expression) -> Facet:
    """Every list that has a site is filtered by it in the same way."""
    return Facet("site", "Site", column, options=site_names, value=int)


def _categories(ctx: Context) -> list[tuple[int, str]]:
    return [(category.id, category.name) for category in items.list_categories(ctx)]


def _store_names(ctx: Context) -> list[tuple[int, str]]:
    return [(store.id, store.name) for store in stores.list_stores(ctx)]


# --- Parties


def _party_rows(ctx: Context) -> Select:
    return sa.select(Party.id).where(Party.id.in_(parties.visible(ctx).with_only_columns(Party.id)))


PARTIES: Listing[object] = Listing(
    name="core.parties",
    title="Suppliers, carriers and contractors",
    permission=Can.READ_PARTIES,
    rows=_party_rows,
    key=Party.id,
    columns=(
        Column("name", "Name", Party.name, sort=Party.sort_key, never_null=True, place="lead"),
        Column("town", "Town", Party.town, groups=True),
        Column("country", "Country", Party.country, groups=True),
        Column("vat_id", "VAT number", Party.vat_id, place="rest"),
        Column("email", "Mail", Party.email, place="rest"),
        Column("blocked", "Blocked", Party.blocked, Kind.YES_NO, place="aside"),
    ),
    facets=(
        Facet("supplier", "Supplier", Party.is_supplier, Kind.YES_NO),
        Facet("carrier", "Carrier", Party.is_carrier, Kind.YES_NO),
        Facet("contractor", "Contractor", Party.is_contractor, Kind.YES_NO),
        Facet("blocked", "Blocked", Party.blocked, Kind.YES_NO),
        Facet("archived", "Archived", Party.archived, Kind.YES_NO),
    ),
    search=(Party.sort_key, Party.town, Party.vat_id, Party.email),
    sort="name",
    origin="core_party",
    empty="No supplier, carrier or contractor yet.",
)


# --- Items


def _item_rows(ctx: Context) -> Select:
    seen = items.visible(ctx).with_only_columns(Item.id)
    return sa.select(Item.id).join(Category, Category.id == Item.category_id).where(Item.id.in_(seen))


def _item(field: str, *, required: bool = False) -> Edit:
    """A cell of an item; the rest of what was written down stays as it is."""

    def act(ctx: Context, id: int, version: int, value: Any) -> Item:
        now = items.read_item(ctx, id)
        facts = ItemFacts(**{one.name: getattr(now, one.name) for one in fields(ItemFacts)})
        return items.change_item(ctx, id, version, replace(facts, **{field: value}))

    return Edit(act, (Can.MANAGE_ITEMS,), required=required)


ITEMS: Listing[object] = Listing(
    name="core.items",
    title="Items",
    permission=Can.READ_ITEMS,
    rows=_item_rows,
    key=Item.id,
    columns=(
        Column(
            "name",
            "Name",
            Item.name,
            sort=Item.sort_key,
            never_null=True,
            place="lead",
            edit=_item("name", required=True),
        ),
        Column("sku", "Item number", Item.sku, never_null=True, place="aside"),
        Column("category", "Category", Category.name, sort=Category.sort_key, groups=True),
        Column("unit", "Unit", Item.stock_unit),
        Column(
            "critical",
            "Critical",
            Item.is_critical,
            Kind.YES_NO,
            place="rest",
            edit=_item("is_critical", required=True),
        ),
    ),
    facets=(
        Facet("category", "Category", Item.category_id, options=_categories, value=int),
        Facet("kind", "Kind", Item.kind, options=ItemKind),
        Facet("critical", "Critical", Item.is_critical, Kind.YES_NO),
        Facet("archived", "Archived", Item.archived, Kind.YES_NO),
    ),
    search=(Item.sort_key, Item.sku, Item.barcode),
    sort="name",
    origin="core_item",
    empty="The catalogue is empty.",
)


# --- Stock


def _level(field: str) -> Edit:
    """A cell of where an item lies in a store; the rest of the level stays as it is."""

    def act(ctx: Context, id: int, version: int, value: Any) -> Level:
        row = stock.read_stock(ctx, id)
        facts = {"minimum": row.minimum, "target": row.target, "bin": row.bin, field: value}
        return stock.set_level(ctx, row.item_id, row.store_id, version=version or None, **facts)

    return Edit(act, (Can.MANAGE_STOCK,), version=Level.version)


def _stock_rows(ctx: Context) -> Select:
    return (
        sa.select(Balance.id)
        .join(Item, Item.id == Balance.item_id)
        .join(Store, Store.id == Balance.store_id)
        .outerjoin(Level, sa.and_(Level.item_id == Balance.item_id, Level.store_id == Balance.store_id))
        .where(Balance.store_id.in_(stores.visible(ctx).with_only_columns(Store.id)))
    )


STOCK: Listing[object] = Listing(
    name="core.stock",
    title="Stock",
    permission=Can.READ_STOCK,
    rows=_stock_rows,
    key=Balance.id,
    columns=(
        Column("item", "Item", Item.name, sort=Item.sort_key, link="core_item", link_key="item_id", place="lead"),
        Column("sku", "Item number", Item.sku),
        Column("store", "Store", Store.name, sort=Store.sort_key, groups=True),
        Column("bin", "Bin", Level.bin, edit=_level("bin")),
        Column("on_hand", "On hand", Balance.on_hand, Kind.QUANTITY, unit="unit", place="aside"),
        Column("reserved", "Reserved", Balance.reserved, Kind.QUANTITY, unit="unit", place="rest"),
        Column("minimum", "Minimum", Level.minimum, Kind.QUANTITY, unit="unit", edit=_level("minimum")),
        Column("target", "Target", Level.target, Kind.QUANTITY, unit="unit", edit=_level("target")),
        Column("asked_origin", "Asked for", Balance.asked_origin, hidden=True),
        Column("unit", "Unit", Item.stock_unit, hidden=True),
        Column("item_id", "Item", Balance.item_id, hidden=True),
        Column("store_id", "Store", Balance.store_id, hidden=True),
    ),
    facets=(
        Facet("store", "Store", Balance.store_id, options=_store_names, value=int),
        site_facet(Store.site_id),
        Facet("category", "Category", Item.category_id, options=_categories, value=int),
        Facet("low", "Low", Balance.on_hand <= Level.minimum, Kind.YES_NO),
        Facet("critical", "Critical", Item.is_critical, Kind.YES_NO),
    ),
    search=(Item.sort_key, Item.sku, Item.barcode, Level.bin),
    sort="item",
    origin="core_stock_balance",
    empty="Nothing was ever put into a store.",
)


# --- Movements

mover = aliased(User)


def _move_rows(ctx: Context) -> Select:
    return (
        sa.select(Move.id)
        .join(Item, Item.id == Move.item_id)
        .join(Store, Store.id == Move.store_id)
        .join(Site, Site.id == Store.site_id)
        .join(mover, mover.id == Move.moved_by_id)
        .outerjoin(CostCentre, CostCentre.id == Move.cost_centre_id)
        .where(Move.store_id.in_(stores.visible(ctx).with_only_columns(Store.id)))
    )


MOVES: Listing[object] = Listing(
    name="core.moves",
    title="Movements of stock",
    permission=Can.READ_STOCK,
    rows=_move_rows,
    key=Move.id,
    columns=(
        Column("at", "When", Move.at, Kind.TIME, never_null=True, place="aside"),
        Column("item", "Item", Item.name, sort=Item.sort_key, link="core_item", link_key="item_id", place="lead"),
        Column("store", "Store", Store.name, sort=Store.sort_key, groups=True),
        Column("kind", "Kind", Move.kind, Kind.CHOICE),
        Column("quantity", "Quantity", Move.quantity, Kind.QUANTITY, unit="unit"),
        Column("cost", "Value", Move.cost, Kind.MONEY, unit="currency", place="rest"),
        Column("cost_centre", "Cost centre", CostCentre.code, place="rest", groups=True),
        Column("by", "By", mover.name, sort=mover.sort_key, place="rest", groups=True),
        Column("note", "Note", Move.note, sortable=False, place="rest"),
        Column("origin", "For", Move.origin, hidden=True),
        Column("unit", "Unit", Item.stock_unit, hidden=True),
        Column("currency", "Currency", Move.currency, hidden=True),
        Column("item_id", "Item", Move.item_id, hidden=True),
    ),
    facets=(
        Facet("item", "Item", Move.item_id, value=int, counted=False),
        Facet("store", "Store", Move.store_id, options=_store_names, value=int),
        site_facet(Store.site_id),
        Facet("kind", "Kind", Move.kind, options=MoveKind),
        Facet("at", "When", Move.at, Kind.TIME),
    ),
    search=(Item.sort_key, Item.sku, Move.note, Move.origin),
    sort="-at",
    origin="core_stock_move",
    empty="Nothing has moved yet.",
)


# --- Stores


def _store_rows(ctx: Context) -> Select:
    return (
        sa.select(Store.id)
        .join(Site, Site.id == Store.site_id)
        .outerjoin(CostCentre, CostCentre.id == Store.cost_centre_id)
        .where(Store.id.in_(stores.visible(ctx).with_only_columns(Store.id)))
    )


STORES: Listing[object] = Listing(
    name="core.stores",
    title="Stores",
    permission=Can.READ_STOCK,
    rows=_store_rows,
    key=Store.id,
    columns=(
        Column("name", "Name", Store.name, sort=Store.sort_key, never_null=True, place="lead"),
        Column("code", "Code", Store.code, never_null=True, place="aside"),
        Column("at", "Site", Site.name, groups=True),
        Column("cost_centre", "Paid by", CostCentre.code),
    ),
    facets=(
        site_facet(Store.site_id),
        Facet("closed", "Closed", Store.archived, Kind.YES_NO),
    ),
    search=(Store.sort_key, Store.code),
    sort="name",
    origin="core_store",
    empty="No store yet.",
)

LISTINGS = (PARTIES, ITEMS, STOCK, MOVES, STORES)

SEARCH = (
    Findable(
        "Item",
        (Can.READ_ITEMS,),
        _item_rows,
        Item.id,
        "core_item",
        (Item.name, Item.sku, Item.barcode),
        detail=Item.sku,
    ),
    Findable(
        "Company",
        (Can.READ_PARTIES,),
        _party_rows,
        Party.id,
        "core_party",
        (Party.name, Party.town, Party.vat_id),
        detail=Party.town,
    ),
    Findable(
        "Store", (Can.READ_STOCK,), _store_rows, Store.id, "core_store", (Store.name, Store.code), detail=Store.code
    ),
)
