"""Stores: where goods lie, and how much of each should lie there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plantops.context import Context, requires, within
from plantops.db import Base, Id, Quantity, SortKey, Versioned, bump, check_seen, get
from plantops.errors import Conflict, Invalid, NotFound
from plantops.findable import found_by
from plantops.items import Item, ItemKind
from plantops.permissions import Can
from plantops.places import CostCentre, Place, Site, sort_key
from plantops.wording import say

# --- Tables


class Store(Versioned, Base):
    """A store of a site; its cost centre pays for what lies there."""

    __tablename__ = "core_store"
    __table_args__ = (
        *found_by("core_store", "name", "code"),
        sa.UniqueConstraint("site_id", "code"),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"))
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_place.id"))
    cost_centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_cost_centre.id"))
    code: Mapped[str]
    name: Mapped[str]
    sort_key: Mapped[SortKey]
    may_go_negative: Mapped[bool] = mapped_column(default=False)
    """Only where issues are written down before receipts; a store normally never goes below zero."""
    archived: Mapped[bool] = mapped_column(default=False)


class Level(Versioned, Base):
    """Where an item lies in a store, and when it is to be bought again."""

    __tablename__ = "core_stock_level"
    __table_args__ = (
        sa.UniqueConstraint("item_id", "store_id"),
        sa.CheckConstraint("minimum >= 0", name="minimum_not_negative"),
        sa.CheckConstraint("target >= minimum", name="target_above_minimum"),
    )

    id: Mapped[Id]
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("core_item.id"))
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("core_store.id"), index=True)
    bin: Mapped[str] = mapped_column(default="")
    minimum: Mapped[Quantity | None]
    """At or below this it is low; None: it is not bought again by itself."""
    target: Mapped[Quantity | None]
    """What a new order fills it up to."""


@dataclass(frozen=True)
class StoreRow:
    id: int
    site_id: int
    code: str
    name: str
    cost_centre_id: int | None


# --- Rules


def wrong_levels(minimum: Decimal | None, target: Decimal | None) -> dict[str, str]:
    wrong: dict[str, str] = {}
    for field, value in (("minimum", minimum), ("target", target)):
        if value is not None and (not value.is_finite() or not 0 <= value < Decimal(10) ** 12):
            wrong[field] = say("Enter a quantity of 0 or more.")
    if not wrong and target is not None and minimum is None:
        wrong["minimum"] = say("Say at which quantity it is to be filled up to the target.")
    elif not wrong and target is not None and minimum is not None and target < minimum:
        wrong["target"] = say("The target is below the minimum.")
    return wrong


def why_not_store(item: Item, store: Store) -> str | None:
    """Why an item cannot lie in a store."""
    if item.kind is ItemKind.SERVICE:
        return say("{sku} is a service; a store keeps goods only", sku=item.sku)
    return say("the store {name} was closed", name=store.name) if store.archived else None


# --- Questions


def visible(ctx: Context) -> sa.Select[Store]:
    """The stores of the sites where the person may read stock."""
    sites = ctx.sites(Can.READ_STOCK)
    every = sa.select(Store)
    return every if sites is None else every.where(Store.site_id.in_(sites))


@requires(Can.READ_STOCK)
def list_stores(ctx: Context, site_id: int | None = None) -> list[StoreRow]:
    query = (
        sa.select(Store.id, Store.site_id, Store.code, Store.name, Store.cost_centre_id)
        .where(Store.id.in_(visible(ctx).with_only_columns(Store.id)), ~Store.archived)
        .order_by(Store.site_id, Store.sort_key, Store.id)
    )
    if site_id:
        query = query.where(Store.site_id == site_id)
    return [StoreRow(*row) for row in ctx.session.execute(query)]


@requires(Can.READ_STOCK)
def read_store(ctx: Context, id: int) -> Store:
    return get(ctx.session, visible(ctx).where(Store.id == id), what="store")


@within("other actions name the store that they are about")
def store(ctx: Context, id: int) -> Store:
    return get(ctx.session, sa.select(Store).where(Store.id == id), what="store")


@within("what is posted to a store holds it: nobody closes it meanwhile, and one that was closed is seen")
def hold(ctx: Context, ids: Collection[int]) -> dict[int, Store]:
    """The stores as they are now; many may hold one, who closes or changes it waits for them."""
    query = sa.select(Store).where(Store.id.in_(ids)).order_by(Store.id).with_for_update(read=True)
    found = {row.id: row for row in ctx.session.scalars(query.execution_options(populate_existing=True))}
    if missing := set(ids) - set(found):
        raise NotFound(say("There is no store {missing}.", missing=min(missing)))
    return found


@requires(Can.READ_STOCK)
def level(ctx: Context, item_id: int, store_id: int) -> Level | None:
    read_store(ctx, store_id)
    return ctx.session.scalar(sa.select(Level).where(Level.item_id == item_id, Level.store_id == store_id))


@within("a document names places, stores and cost centres of its own site only")
def wrong_for_site(
    ctx: Context,
    site_id: int,
    *,
    place_id: int | None = None,
    store_id: int | None = None,
    cost_centre_id: int | None = None,
) -> dict[str, str]:
    """Each field that names something of another site, or something closed, with its sentence."""
    wrong: dict[str, str] = {}
    if place_id is not None and not _in_use(ctx.session.get(Place, place_id), site_id):
        wrong["place_id"] = say("This place is not on this site. Choose another.")
    if store_id is not None and not _in_use(ctx.session.get(Store, store_id), site_id):
        wrong["store_id"] = say("This store is not in use at this site. Choose another.")
    if cost_centre_id is not None and not _in_use(ctx.session.get(CostCentre, cost_centre_id), site_id):
        wrong["cost_centre_id"] = say("This cost centre is not in use at this site. Choose another.")
    return wrong


def _in_use(found: Place | Store | CostCentre | None, site_id: int) -> bool:
    return found is not None and found.site_id == site_id and not found.archived


# --- Actions


@requires(Can.MANAGE_STOCK)
def add_store(
    ctx: Context,
    site_id: int,
    code: str,
    name: str,
    *,
    place_id: int | None = None,
    cost_centre_id: int | None = None,
    may_go_negative: bool = False,
) -> Store:
    ctx.need(Can.MANAGE_STOCK, site_id=site_id)
    get(ctx.session, sa.select(Site).where(Site.id == site_id), what="site")
    _check(ctx, site_id, code, name, place_id, cost_centre_id)
    new = Store(
        site_id=site_id,
        code=code.strip(),
        name=name.strip(),
        sort_key=sort_key(name),
        place_id=place_id,
        cost_centre_id=cost_centre_id,
        may_go_negative=may_go_negative,
    )
    ctx.session.add(new)
    ctx.session.flush()
    return new


def _check(
    ctx: Context,
    site_id: int,
    code: str,
    name: str,
    place_id: int | None,
    cost_centre_id: int | None,
    besides: int | None = None,
) -> None:
    if not code.strip() or not name.strip():
        raise Invalid(say("A store needs a code and a name."), field="name" if code.strip() else "code")
    if place_id and ctx.session.scalar(sa.select(Place.site_id).where(Place.id == place_id)) != site_id:
        raise Invalid(say("This place is on another site. Choose one of the store's site."), field="place_id")
    centre_site = sa.select(CostCentre.site_id).where(CostCentre.id == cost_centre_id)
    if cost_centre_id and ctx.session.scalar(centre_site) != site_id:
        raise Invalid(
            say("This cost centre is of another site. Choose one of the store's site."), field="cost_centre_id"
        )
    taken = sa.select(Store.id).where(
        Store.site_id == site_id, Store.code == code.strip(), Store.id.is_distinct_from(besides)
    )
    if ctx.session.scalar(taken):
        raise Conflict(say("The code {strip} is taken on this site. Choose another.", strip=code.strip()), field="code")


@requires(Can.MANAGE_STOCK)
def change_store(
    ctx: Context,
    id: int,
    version: int,
    code: str,
    name: str,
    *,
    place_id: int | None = None,
    cost_centre_id: int | None = None,
    may_go_negative: bool = False,
) -> Store:
    changed = get(ctx.session, visible(ctx).where(Store.id == id), what="store", version=version, lock=True)
    ctx.need(Can.MANAGE_STOCK, site_id=changed.site_id)
    _check(ctx, changed.site_id, code, name, place_id, cost_centre_id, besides=id)
    changed.code, changed.name, changed.sort_key = code.strip(), name.strip(), sort_key(name)
    changed.place_id, changed.cost_centre_id, changed.may_go_negative = place_id, cost_centre_id, may_go_negative
    bump(changed)
    ctx.session.flush()
    return changed


@within("stock.set_level has checked the right, and looks whether the item is low now")
def write_level(
    ctx: Context,
    item_id: int,
    store_id: int,
    version: int | None,
    minimum: Decimal | None,
    target: Decimal | None,
    bin: str | None,
) -> Level:
    """`version`: of the level that the person saw, None when the item was not kept in this store."""
    if wrong := wrong_levels(minimum, target):
        raise Invalid(say("Some of what was entered cannot be."), fields=wrong)
    there = ctx.session.scalar(
        sa.select(Level)
        .where(Level.item_id == item_id, Level.store_id == store_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    check_seen(there, version, what="minimum")
    if there is None:
        there = Level(item_id=item_id, store_id=store_id, version=0)
        ctx.session.add(there)
    there.minimum, there.target = minimum, target
    there.bin = (there.bin or "") if bin is None else bin.strip()
    bump(there)
    ctx.session.flush()
    return there
