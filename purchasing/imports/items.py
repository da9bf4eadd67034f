"""Items and their prices from a file: one row per item and supplier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import sqlalchemy as sa

from plantops import items
from plantops.context import Context, within
from plantops.errors import Invalid
from plantops.import_kinds import Column, Holds, ImportKind, ImportRun, Loaded, Refusal, Row
from plantops.imports import ImportRow
from plantops.items import Category, Item, ItemFacts, ItemKind
from plantops.parties import Party, match_key
from plantops.units import why_not_unit
from plantops.wording import say
from purchasing import catalogue
from purchasing.catalogue import OfferFacts
from purchasing.models import Offer, Supplier
from purchasing.permissions import Can

ZERO = Decimal(0)


def why_not_row(row: Row) -> Iterator[tuple[str, str]]:
    for field in ("stock_unit", "price_unit", "pack_unit"):
        unit = row.text(field)
        if unit is not None and (why := why_not_unit(unit)):
            yield field, say("the unit is wrong: {why}", why=why)
    if row.text("supplier") and row.decimal("price") is None:
        yield "price", say("a supplier without a price quotes nothing")
    if row.text("pack_unit") and not row.decimal("pack_holds"):
        yield "pack_holds", say("say how many of the stock unit the pack holds")


@within("an import that the person may run")
def load_items(ctx: Context, run: ImportRun, rows: Sequence[Row]) -> Loaded:
    """A new item for each new number; a row with a known number adds a supplier's price to it."""
    categories = _categories(ctx, rows)
    skus = [row.text("sku") or "" for row in rows]
    query = sa.select(Item.sku, Item.id).where(Item.sku.in_(skus))
    known = {row.sku: row.id for row in ctx.session.execute(query)}
    buyers = {match_key(name): id for id, name in _suppliers(ctx)}
    refused: list[Refusal] = []
    made: dict[int, int] = {}
    for row in rows:
        sku, supplier = row.text("sku") or "", row.text("supplier")
        if supplier and match_key(supplier) not in buyers:
            refused.append(Refusal(row.number, "supplier", supplier, say("there is no such supplier: import it first")))
            continue
        if sku not in known:
            known[sku] = _add(ctx, row, categories[row.text("category") or ""])
            made[row.number] = known[sku]
        elif not supplier:
            refused.append(Refusal(row.number, "sku", sku, say("this item number is there already")))
            continue
        if supplier:
            _quote(ctx, run, row, known[sku], buyers[match_key(supplier)])
    return Loaded(refused=refused, made=made)


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


def _add(ctx: Context, row: Row, category_id: int) -> int:
    facts = ItemFacts(
        sku=row.text("sku") or "",
        name=row.text("name") or "",
        category_id=category_id,
        stock_unit=row.text("stock_unit") or "each",
        kind=ItemKind(row.text("kind") or "good"),
        barcode=row.text("barcode"),
        description=row.text("description") or "",
    )
    pack, holds = row.text("pack_unit"), row.decimal("pack_holds")
    return items.add_item(ctx, facts, packs={pack: holds} if pack and holds else None).id


def _quote(ctx: Context, run: ImportRun, row: Row, item_id: int, supplier_id: int) -> None:
    offer = catalogue.set_offer(
        ctx,
        OfferFacts(
            supplier_id=supplier_id,
            item_id=item_id,
            unit=row.text("price_unit") or row.text("stock_unit") or "each",
            price=row.decimal("price") or ZERO,
            per=row.whole("per") or 1,
            currency=row.text("currency") or "",
            least_quantity=row.decimal("least_quantity") or ZERO,
            pack_quantity=row.decimal("pack_quantity") or Decimal(1),
            lead_days=row.whole("lead_days"),
            supplier_code=row.text("supplier_code") or "",
            valid_from=row.day("valid_from") or ctx.today,
            valid_until=row.day("valid_until"),
            preferred=bool(row.values.get("preferred")),
        ),
    )
    offer.import_id = run.id
    ctx.session.flush()


@within("an import that the person may undo")
def undo_items(ctx: Context, run: ImportRun) -> None:
    """Out of the catalogue; documents that name them keep them. Their prices end before they began to count."""
    ctx.session.execute(sa.delete(Offer).where(Offer.import_id == run.id))
    made = sa.select(ImportRow.made_id).where(ImportRow.import_id == run.id, ImportRow.made_id.is_not(None))
    ctx.session.execute(
        sa.update(Item)
        .where(Item.id.in_(made), ~Item.archived)
        .values(archived=True, version=Item.version + 1)
        .execution_options(synchronize_session="fetch")
    )


ITEMS = ImportKind(
    name="items",
    title="Items and prices",
    lists=("core.items",),
    permission=Can.MANAGE_CATALOGUE,
    columns=(
        Column("sku", "Item number", longest=60),
        Column("name", "Name", longest=300),
        Column("category", "Category", longest=40),
        Column("kind", "Kind", required=False, choices=tuple(ItemKind)),
        Column("description", "Description", required=False, longest=2000),
        Column("stock_unit", "Stock unit", required=False, longest=20),
        Column("barcode", "Barcode", required=False, longest=60),
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
