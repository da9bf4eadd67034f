"""Items: what the plant buys, stores and uses, in which unit it is counted and how it is packed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship, selectinload

from plantops import units
from plantops.bulk import insert_many
from plantops.context import Context, requires, within
from plantops.db import Base, Id, Quantity, SortKey, Versioned, bump, choice, get
from plantops.errors import Conflict, Invalid
from plantops.findable import found_by
from plantops.permissions import Can
from plantops.places import sort_key
from plantops.wording import say

WRITTEN = (
    "sku", "name", "sort_key", "category_id", "kind", "stock_unit", "description", "barcode", "is_critical",
    "shelf_life_days",
)  # fmt: skip
"""What `ItemFacts` say."""

Percent = Annotated[Decimal, mapped_column(sa.Numeric(7, 3))]


class ItemKind(StrEnum):
    GOOD = "good"
    SERVICE = "service"


class Matching(StrEnum):
    THREE_WAY = "three_way"
    TWO_WAY = "two_way"


# --- Tables


class Category(Versioned, Base):
    """A group of items and the rules of buying that go with it."""

    __tablename__ = "core_item_category"
    __table_args__ = (
        sa.CheckConstraint("over_percent IS NULL OR over_percent >= 0", name="over_not_negative"),
        sa.CheckConstraint("under_percent IS NULL OR under_percent BETWEEN 0 AND 100", name="under_in_percent"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    sort_key: Mapped[SortKey]
    matching: Mapped[Matching] = mapped_column(choice(Matching), default=Matching.THREE_WAY)
    """Invoices are matched with order and receipt, or (services, energy) with the order only."""
    inspect: Mapped[bool] = mapped_column(default=False)
    """Goods are looked at by quality before they count as accepted."""
    approves_itself: Mapped[bool] = mapped_column(default=True)
    """Small catalogue requisitions of it need nobody's approval."""
    over_percent: Mapped[Percent | None]
    under_percent: Mapped[Percent | None]
    """Tolerance at receipt; None takes the plant's."""
    archived: Mapped[bool] = mapped_column(default=False)


class ItemPack(Base):
    """A pack of an item: one `unit` (a box) holds `factor` of the item's stock unit."""

    __tablename__ = "core_item_pack"
    __table_args__ = (
        sa.UniqueConstraint("item_id", "unit"),
        sa.CheckConstraint("factor > 0", name="holds_something"),
    )

    id: Mapped[Id]
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("core_item.id"))
    unit: Mapped[str]
    factor: Mapped[Quantity]
    barcode: Mapped[str | None] = mapped_column(index=True)


class Item(Versioned, Base):
    """A thing or a service of the catalogue. Stock, orders and prices all come back to its stock unit."""

    __tablename__ = "core_item"
    __table_args__ = (*found_by("core_item", "name", "sku", "barcode"),)

    id: Mapped[Id]
    sku: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    sort_key: Mapped[SortKey] = mapped_column(index=True)
    description: Mapped[str] = mapped_column(default="")
    category_id: Mapped[int] = mapped_column(sa.ForeignKey("core_item_category.id"), index=True)
    kind: Mapped[ItemKind] = mapped_column(choice(ItemKind), default=ItemKind.GOOD)
    stock_unit: Mapped[str]
    barcode: Mapped[str | None] = mapped_column(index=True)
    is_critical: Mapped[bool] = mapped_column(default=False)
    """The plant stands when it is missing."""
    shelf_life_days: Mapped[int | None] = mapped_column(sa.Integer)
    archived: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    packs: Mapped[list[ItemPack]] = relationship(
        lazy="raise", order_by=ItemPack.factor, cascade="all, delete-orphan", passive_deletes=True
    )


@dataclass(frozen=True)
class ItemFacts:
    """What somebody writes down about an item."""

    sku: str
    name: str
    category_id: int
    stock_unit: str = "each"
    kind: ItemKind = ItemKind.GOOD
    description: str = ""
    barcode: str | None = None
    is_critical: bool = False
    shelf_life_days: int | None = None


@dataclass(frozen=True)
class ItemRow:
    id: int
    sku: str
    name: str
    category: str
    kind: str
    stock_unit: str
    is_critical: bool
    archived: bool


# --- Rules


def wrong_facts(facts: ItemFacts) -> dict[str, str]:
    """Each field that cannot be, with its sentence."""
    wrong: dict[str, str] = {}
    if not facts.sku.strip() or len(facts.sku) > 60:
        wrong["sku"] = say("An item number is 1 to 60 characters long.")
    if not facts.name.strip() or len(facts.name) > 300:
        wrong["name"] = say("A name is 1 to 300 characters long.")
    if reason := units.why_not_unit(facts.stock_unit):
        wrong["stock_unit"] = say("The unit is wrong: {reason}.", reason=reason)
    if facts.shelf_life_days is not None and facts.shelf_life_days < 1:
        wrong["shelf_life_days"] = say("A shelf life is at least one day; leave it empty where there is none.")
    return wrong


def counted_otherwise(sku: str, stock_unit: str) -> str:
    return say(
        "{sku} is counted in {plural}, and so is its whole history. Add a new item for another unit.",
        sku=sku,
        plural=units.UNITS[stock_unit].plural,
    )


def why_not_bring_back(sku: str, archived: bool, stock_unit: str, facts: ItemFacts) -> str | None:
    """An item that is out of the catalogue comes back under its number, counted as it always was."""
    if not archived:
        return say("The item number {strip} is taken. Choose another.", strip=sku)
    return counted_otherwise(sku, stock_unit) if facts.stock_unit != stock_unit else None


def packs_of(item: Item) -> tuple[units.Pack, ...]:
    """The item's packs for `plantops.units`: convert, whole_packs, Price.value_of."""
    return tuple(units.Pack(pack.unit, pack.factor, item.stock_unit) for pack in item.packs)


def in_stock_unit(item: Item, quantity: Decimal, unit: str) -> Decimal:
    """10 boxes of 100 are 1,000 pieces. Raises Invalid when nothing says how many a `unit` holds."""
    return units.convert(units.Quantity(quantity, unit), item.stock_unit, packs_of(item)).value


def why_not_use(item: Item) -> str | None:
    """Why nothing new may be asked for or ordered of it."""
    return say("{sku} {name} is no longer in the catalogue", sku=item.sku, name=item.name) if item.archived else None


# --- Questions


def visible(ctx: Context) -> sa.Select[Item]:
    """The catalogue belongs to the whole company: who may read items reads all of them."""
    every = sa.select(Item).options(selectinload(Item.packs))
    return every if ctx.may(Can.READ_ITEMS) else every.where(sa.false())


def visible_categories(ctx: Context) -> sa.Select[Category]:
    every = sa.select(Category)
    return every if ctx.may(Can.READ_ITEMS) else every.where(sa.false())


@requires(Can.READ_ITEMS)
def list_items(
    ctx: Context, *, search: str = "", category_id: int | None = None, archived: bool = False, limit: int = 200
) -> list[ItemRow]:
    """Items by name; `search` finds words of the name, the item number and the barcode, what is called so first."""
    query = (
        sa.select(
            Item.id, Item.sku, Item.name, Category.name, Item.kind, Item.stock_unit, Item.is_critical, Item.archived
        )
        .join(Category, Category.id == Item.category_id)
        .where(Item.id.in_(visible(ctx).with_only_columns(Item.id)))
        .order_by(Item.sort_key, Item.id)
        .limit(limit)
    )
    if not archived:
        query = query.where(~Item.archived)
    if category_id:
        query = query.where(Item.category_id == category_id)
    words = sort_key(search)
    found = query
    for word in words.split():
        found = found.where(
            Item.sort_key.contains(word, autoescape=True)
            | sa.func.lower(Item.sku).contains(word, autoescape=True)
            | (Item.barcode == word)
        )
    rows = [ItemRow(*row) for row in ctx.session.execute(found)]
    if not words or len(rows) < limit:
        return rows
    # Among more than are told, the one that is called exactly so may stand behind: Bolt 7 after Bolt 17 and Bolt 27.
    called = query.where((Item.sort_key == words) | (sa.func.lower(Item.sku) == words))
    first = [ItemRow(*row) for row in ctx.session.execute(called)]
    return [*first, *(row for row in rows if row not in first)][:limit]


@requires(Can.READ_ITEMS)
def read_item(ctx: Context, id: int) -> Item:
    return get(ctx.session, visible(ctx).where(Item.id == id), what="item")


@requires(Can.READ_ITEMS)
def list_categories(ctx: Context, *, archived: bool = False) -> list[Category]:
    query = visible_categories(ctx).order_by(Category.sort_key, Category.id)
    return list(ctx.session.scalars(query if archived else query.where(~Category.archived)))


@within("other actions name the item that they are about")
def item(ctx: Context, id: int) -> Item:
    """One item with its packs."""
    return get(ctx.session, sa.select(Item).options(selectinload(Item.packs)).where(Item.id == id), what="item")


@within("other actions name the items that they are about")
def items(ctx: Context, ids: list[int]) -> dict[int, Item]:
    """Many items with their packs; a missing one is missing in the result."""
    query = sa.select(Item).options(joinedload(Item.packs)).where(Item.id.in_(set(ids)))
    return {found.id: found for found in ctx.session.scalars(query).unique()}


WITH_CATEGORIES = (
    sa.select(Item, Category)
    .join(Category, Category.id == Item.category_id)
    .options(joinedload(Item.packs))
    .where(Item.id.in_(sa.bindparam("ids", expanding=True)))
)


@within("orders look at the policy of what they buy")
def with_categories(ctx: Context, ids: list[int]) -> dict[int, tuple[Item, Category]]:
    """Many items with their packs and their categories, with one look."""
    rows = ctx.session.execute(WITH_CATEGORIES, {"ids": list(set(ids))}).unique()
    return {found.id: (found, category) for found, category in rows}


@within("other actions name the item that they are about")
def by_sku(ctx: Context, sku: str) -> Item | None:
    return ctx.session.scalar(sa.select(Item).options(selectinload(Item.packs)).where(Item.sku == sku.strip()))


@within("other actions name the category that they are about")
def category(ctx: Context, id: int) -> Category:
    return get(ctx.session, sa.select(Category).where(Category.id == id), what="category")


# --- Actions


@requires(Can.MANAGE_ITEMS)
def add_category(
    ctx: Context,
    code: str,
    name: str,
    *,
    matching: Matching = Matching.THREE_WAY,
    inspect: bool = False,
    approves_itself: bool = True,
    over_percent: Decimal | None = None,
    under_percent: Decimal | None = None,
) -> Category:
    if not code.strip() or not name.strip():
        raise Invalid(say("A category needs a code and a name."), field="name" if code.strip() else "code")
    if ctx.session.scalar(sa.select(Category.id).where(Category.code == code.strip())):
        raise Conflict(say("The code {code} is taken. Choose another.", code=code), field="code")
    new = Category(
        code=code.strip(),
        name=name.strip(),
        sort_key=sort_key(name),
        matching=matching,
        inspect=inspect,
        approves_itself=approves_itself,
        over_percent=over_percent,
        under_percent=under_percent,
    )
    ctx.session.add(new)
    ctx.session.flush()
    return new


def _check(ctx: Context, facts: ItemFacts, besides: int | None = None) -> None:
    if wrong := wrong_facts(facts):
        raise Invalid(say("Some of what was entered cannot be."), fields=wrong)
    category(ctx, facts.category_id)
    taken = sa.select(Item.id).where(Item.sku == facts.sku.strip(), Item.id.is_distinct_from(besides))
    if ctx.session.scalar(taken):
        raise Conflict(say("The item number {strip} is taken. Choose another.", strip=facts.sku.strip()), field="sku")


def _write(item: Item, facts: ItemFacts) -> None:
    item.sku, item.name, item.sort_key = facts.sku.strip(), facts.name.strip(), sort_key(facts.name)
    item.category_id, item.kind, item.stock_unit = facts.category_id, facts.kind, facts.stock_unit
    item.description, item.barcode = facts.description.strip(), (facts.barcode or "").strip() or None
    item.is_critical, item.shelf_life_days = facts.is_critical, facts.shelf_life_days


@requires(Can.MANAGE_ITEMS)
def add_item(ctx: Context, facts: ItemFacts, *, packs: dict[str, Decimal] | None = None) -> Item:
    """A new item; `packs` says for each unit how many of the stock unit it holds: {"box": Decimal(100)}."""
    _check(ctx, facts)
    new = Item(packs=[])
    _write(new, facts)
    for unit, factor in (packs or {}).items():
        units.Pack(unit, factor, facts.stock_unit)
        new.packs.append(ItemPack(unit=unit, factor=factor))
    ctx.session.add(new)
    ctx.session.flush()
    return new


@within("an import that may add items")
def add_items(ctx: Context, wanted: Sequence[tuple[ItemFacts, Mapping[str, Decimal]]]) -> list[int]:
    """
    Many at once, each with its packs, by the rules of `add_item`; returns their ids in this order.

    Numbers that are out of the catalogue come back with these facts; raises Conflict for one that is in it.
    """
    for facts, packs in wanted:
        if wrong := wrong_facts(facts):
            raise Invalid(say("Some of what was entered cannot be."), fields=wrong)
        for unit, factor in packs.items():
            units.Pack(unit, factor, facts.stock_unit)
    query = sa.select(Item).where(Item.sku.in_([facts.sku.strip() for facts, _ in wanted])).with_for_update()
    known = {item.sku: item for item in ctx.session.scalars(query.execution_options(populate_existing=True))}
    new = [facts for facts, _ in wanted if facts.sku.strip() not in known]
    ids = {facts.sku.strip(): id for facts, id in zip(new, insert_many(ctx, Item, list(map(_row, new))), strict=True)}
    for facts, _ in wanted:
        if back := known.get(facts.sku.strip()):
            ids[back.sku] = _bring_back(back, facts)
    ctx.session.execute(sa.delete(ItemPack).where(ItemPack.item_id.in_([item.id for item in known.values()])))
    packed = [
        {"item_id": ids[facts.sku.strip()], "unit": unit, "factor": factor, "barcode": None}
        for facts, packs in wanted
        for unit, factor in packs.items()
    ]
    insert_many(ctx, ItemPack, packed)
    return [ids[facts.sku.strip()] for facts, _ in wanted]


def _row(facts: ItemFacts) -> dict[str, Any]:
    item = Item(packs=[])
    _write(item, facts)
    return {name: getattr(item, name) for name in WRITTEN}


def _bring_back(item: Item, facts: ItemFacts) -> int:
    if reason := why_not_bring_back(item.sku, item.archived, item.stock_unit, facts):
        raise Conflict(reason, field="stock_unit" if item.archived else "sku")
    _write(item, facts)
    item.archived = False
    bump(item)
    return item.id


@requires(Can.MANAGE_ITEMS)
def change_item(ctx: Context, id: int, version: int, facts: ItemFacts) -> Item:
    """Everything but the stock unit, in which its whole history is counted."""
    changed = get(ctx.session, visible(ctx).where(Item.id == id), what="item", version=version, lock=True)
    _check(ctx, facts, besides=id)
    if facts.stock_unit != changed.stock_unit:
        raise Conflict(counted_otherwise(changed.sku, changed.stock_unit), field="stock_unit")
    _write(changed, facts)
    bump(changed)
    ctx.session.flush()
    return changed


@requires(Can.MANAGE_ITEMS)
def set_pack(
    ctx: Context, id: int, version: int, unit: str, factor: Decimal | None, *, barcode: str | None = None
) -> Item:
    """How many of the stock unit a `unit` holds from now on; None takes the pack away.

    Documents keep the factor that they were written with.
    """
    changed = get(ctx.session, visible(ctx).where(Item.id == id), what="item", version=version, lock=True)
    if factor is not None:
        units.Pack(unit, factor, changed.stock_unit)
    there = next((pack for pack in changed.packs if pack.unit == unit), None)
    if factor is None:
        if there is not None:
            changed.packs.remove(there)
    elif there is None:
        changed.packs.append(ItemPack(unit=unit, factor=factor, barcode=barcode))
    else:
        there.factor, there.barcode = factor, barcode
    bump(changed)
    ctx.session.flush()
    return changed


@requires(Can.MANAGE_ITEMS)
def archive(ctx: Context, id: int, version: int, *, archived: bool = True) -> Item:
    """Out of the catalogue and the pickers; every document that names it stays. `archived=False` brings it back."""
    kept = get(ctx.session, visible(ctx).where(Item.id == id), what="item", version=version, lock=True)
    kept.archived = archived
    bump(kept)
    ctx.session.flush()
    return kept
