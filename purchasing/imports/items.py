"""Items and their prices from a file: one row per item and supplier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from plantops import items, jobs
from plantops.context import Context, within
from plantops.errors import Invalid
from plantops.import_kinds import Column, Holds, ImportKind, ImportRun, Loaded, Refusal, Row
from plantops.imports import ImportRow
from plantops.items import Category, Item, ItemFacts, ItemKind, ItemPack
from plantops.parties import Party, match_key
from plantops.units import Pack, ratio, why_not_unit
from plantops.wording import say
from purchasing import catalogue, price_lists
from purchasing.catalogue import OfferFacts
from purchasing.models import Supplier
from purchasing.permissions import Can

ZERO, EACH = Decimal(0), "each"
IN_ONE_GO = 5000
COLUMNS = {"unit": "price_unit"}
"""What a price calls otherwise than a column of the file."""


def why_not_row(row: Row) -> Iterator[tuple[str, str]]:
    for field in ("stock_unit", "price_unit", "pack_unit"):
        unit = row.text(field)
        if unit is not None and (why := why_not_unit(unit)):
            yield field, say("the unit is wrong: {why}", why=why)
    if row.text("supplier") and row.decimal("price") is None:
        yield "price", say("a supplier without a price quotes nothing")
    if row.text("pack_unit") and not row.decimal("pack_holds"):
        yield "pack_holds", say("say how many of the stock unit the pack holds")


@dataclass(frozen=True)
class Known:
    """An item that is there already."""

    id: int
    archived: bool
    stock_unit: str
    packs: tuple[Pack, ...]


@dataclass(frozen=True)
class Catalogue:
    """What is there already of what some rows name."""

    items: Mapping[str, Known]
    suppliers: Mapping[str, int]
    prices: Mapping[tuple[int, int], date]
    """The first day of the newest price of a supplier for an item."""


@within("an import that the person may run")
def load_items(ctx: Context, run: ImportRun, rows: Sequence[Row]) -> Loaded:
    """A new item for each new number; a row with a known number adds a supplier's price to it.

    A number that went out of the catalogue comes back into it with what the row says.
    """
    categories, here = _categories(ctx, rows), _catalogue(ctx, rows)
    refused: dict[int, Refusal] = {}
    new: dict[str, Row] = {}
    for row in rows:
        if why := why_not_load(row, new.get(_sku(row)), here, ctx.today):
            refused[row.number] = _refusal(row, *why)
        elif _sku(row) not in new and _is_new(here.items.get(_sku(row))):
            new[_sku(row)] = row
    facts = [(facts_of(row, categories[row.text("category") or ""]), packs_of(row)) for row in new.values()]
    ids = {sku: one.id for sku, one in here.items.items()}
    ids |= zip(new, items.add_items(ctx, facts), strict=True)
    quoted = [row for row in rows if row.text("supplier") and row.number not in refused]
    offers = [offer_of(row, ids[_sku(row)], here.suppliers[_seller(row)], ctx.today) for row in quoted]
    for place, why in price_lists.set_offers(ctx, offers, run.id).items():
        refused[quoted[place].number] = _refusal(quoted[place], *why)
    return Loaded(refused=list(refused.values()), made={row.number: ids[sku] for sku, row in new.items()})


def why_not_load(row: Row, new: Row | None, here: Catalogue, today: date) -> tuple[str, str] | None:
    """(column, why) of what only the catalogue can know; `new` is the row of this file that makes its item."""
    known, supplier = here.items.get(_sku(row)), row.text("supplier")
    if supplier and _seller(row) not in here.suppliers:
        return "supplier", say("there is no such supplier: import it first")
    if _is_new(known):
        stock_unit = (new or row).text("stock_unit") or EACH
        packs = tuple(Pack(unit, holds, stock_unit) for unit, holds in packs_of(new or row).items())
    else:
        assert known is not None
        stock_unit, packs = known.stock_unit, known.packs
    if known is not None and stock_unit != known.stock_unit:
        return "stock_unit", items.counted_otherwise(_sku(row), known.stock_unit)
    if supplier:
        offer = offer_of(row, known.id if known else 0, here.suppliers[_seller(row)], today)
        return _why_not_quote(offer, stock_unit, packs, here)
    if new is not None or not _is_new(known):
        return "sku", say("this item number is there already")
    return None


def _why_not_quote(
    offer: OfferFacts, stock_unit: str, packs: Sequence[Pack], here: Catalogue
) -> tuple[str, str] | None:
    if wrong := catalogue.wrong_offer(offer):
        field, why = next(iter(wrong.items()))
        return COLUMNS.get(field, field), why
    if unit := _why_not_unit(offer.unit, stock_unit, packs):
        return "price_unit", unit
    return price_lists.why_not_after(offer, here.prices.get((offer.supplier_id, offer.item_id)))


def _why_not_unit(unit: str, stock_unit: str, packs: Sequence[Pack]) -> str | None:
    if unit == stock_unit:
        return None
    try:
        ratio(unit, stock_unit, packs)
    except Invalid as error:
        return str(error)
    return None


def _is_new(known: Known | None) -> bool:
    return known is None or known.archived


def _sku(row: Row) -> str:
    return row.text("sku") or ""


def _seller(row: Row) -> str:
    return match_key(row.text("supplier") or "")


def _refusal(row: Row, column: str, why: str) -> Refusal:
    value = row.values.get(column)
    return Refusal(row.number, column, "" if value is None else str(value), why)


def _catalogue(ctx: Context, rows: Sequence[Row]) -> Catalogue:
    query = sa.select(Item.sku, Item.id, Item.archived, Item.stock_unit).where(
        Item.sku.in_({_sku(row) for row in rows})
    )
    found = ctx.session.execute(query).all()
    ids = [row.id for row in found]
    packs: dict[int, list[ItemPack]] = {}
    for pack in ctx.session.scalars(sa.select(ItemPack).where(ItemPack.item_id.in_(ids))):
        packs.setdefault(pack.item_id, []).append(pack)
    known = {
        row.sku: Known(
            row.id,
            row.archived,
            row.stock_unit,
            tuple(Pack(pack.unit, pack.factor, row.stock_unit) for pack in packs.get(row.id, ())),
        )
        for row in found
    }
    suppliers = {match_key(name): id for id, name in _suppliers(ctx)}
    return Catalogue(known, suppliers, price_lists.newest(ctx, ids))


def _categories(ctx: Context, rows: Sequence[Row]) -> dict[str, int]:
    """Categories by code; one that is not there is added under its code."""
    found = {row.code: row.id for row in ctx.session.execute(sa.select(Category.code, Category.id))}
    for code in sorted({row.text("category") or "" for row in rows} - set(found)):
        if not code:
            raise Invalid(say("An item needs a category."), field="category")
        found[code] = items.add_category(ctx, code, code).id
    return found


def _suppliers(ctx: Context) -> list[tuple[int, str]]:
    query = sa.select(Supplier.id, Party.name).join(Party, Party.id == Supplier.party_id).where(~Party.archived)
    return [(row.id, row.name) for row in ctx.session.execute(query)]


def facts_of(row: Row, category_id: int) -> ItemFacts:
    return ItemFacts(
        sku=row.text("sku") or "",
        name=row.text("name") or "",
        category_id=category_id,
        stock_unit=row.text("stock_unit") or EACH,
        kind=ItemKind(row.text("kind") or "good"),
        barcode=row.text("barcode"),
        description=row.text("description") or "",
    )


def packs_of(row: Row) -> dict[str, Decimal]:
    pack, holds = row.text("pack_unit"), row.decimal("pack_holds")
    return {pack: holds} if pack and holds else {}


def offer_of(row: Row, item_id: int, supplier_id: int, today: date) -> OfferFacts:
    return OfferFacts(
        supplier_id=supplier_id,
        item_id=item_id,
        unit=row.text("price_unit") or row.text("stock_unit") or EACH,
        price=row.decimal("price") or ZERO,
        per=row.whole("per") or 1,
        currency=row.text("currency") or "",
        least_quantity=row.decimal("least_quantity") or ZERO,
        pack_quantity=row.decimal("pack_quantity") or Decimal(1),
        lead_days=row.whole("lead_days"),
        supplier_code=row.text("supplier_code") or "",
        valid_from=row.day("valid_from") or today,
        valid_until=row.day("valid_until"),
        preferred=bool(row.values.get("preferred")),
    )


@within("an import that the person may undo")
def undo_items(ctx: Context, run: ImportRun) -> None:
    """Out of the catalogue; documents that name them keep them. Prices are as they were before."""
    price_lists.take_back(ctx, run.id)
    made = sa.select(ImportRow.made_id).where(ImportRow.import_id == run.id, ImportRow.made_id.is_not(None))
    ids = sorted({id for id in ctx.session.scalars(made) if id is not None})
    for start in range(0, len(ids), IN_ONE_GO):
        some = sa.update(Item).where(Item.id.in_(ids[start : start + IN_ONE_GO]), ~Item.archived)
        some = some.values(archived=True, version=Item.version + 1).execution_options(synchronize_session=False)
        ctx.session.execute(some)
        share = min(1.0, (start + IN_ONE_GO) / len(ids))
        jobs.tell_or_stop(ctx, share, say("{done:,} of {ready:,} rows", done=int(share * len(ids)), ready=len(ids)))


ITEMS = ImportKind(
    name="items",
    title="Items and prices",
    lists=("core.items",),
    permission=Can.MANAGE_CATALOGUE,
    columns=(
        Column(
            "sku",
            "Item number",
            longest=60,
            also=("item no", "article number", "Artikelnummer", "Artikel-Nr", "Material", "Materialnummer"),
        ),
        Column(
            "name", "Name", longest=300, also=("item name", "article", "Bezeichnung", "Artikelbezeichnung", "Kurztext")
        ),
        Column("category", "Category", longest=40, also=("product group", "Warengruppe", "Artikelgruppe")),
        Column("kind", "Kind", required=False, choices=tuple(ItemKind)),
        Column("description", "Description", required=False, longest=2000),
        Column(
            "stock_unit",
            "Stock unit",
            required=False,
            longest=20,
            also=("unit", "UOM", "Einheit", "Mengeneinheit", "ME"),
        ),
        Column("barcode", "Barcode", required=False, longest=60, also=("EAN", "GTIN")),
        Column("pack_unit", "Pack", required=False, longest=20),
        Column("pack_holds", "Pack holds", Holds.NUMBER, required=False, decimals=6, at_least=ZERO),
        Column("supplier", "Supplier", required=False, longest=200),
        Column("supplier_code", "Supplier's number", required=False, longest=60),
        Column("price", "Price", Holds.NUMBER, required=False, decimals=4, at_least=ZERO),
        Column("per", "Price per", Holds.WHOLE, required=False),
        Column("price_unit", "Unit of the price", required=False, longest=20),
        Column("currency", "Currency", required=False, longest=3),
        Column("least_quantity", "Least quantity", Holds.NUMBER, required=False, decimals=6, at_least=ZERO),
        Column("pack_quantity", "Ordered in steps of", Holds.NUMBER, required=False, decimals=6, at_least=ZERO),
        Column("lead_days", "Days to deliver", Holds.WHOLE, required=False),
        Column("valid_from", "Price valid from", Holds.DAY, required=False),
        Column("valid_until", "Price valid until", Holds.DAY, required=False),
        Column("preferred", "Preferred", Holds.YES, required=False),
    ),
    load=load_items,
    undo=undo_items,
    rule=why_not_row,
    needs_site=False,
)
