"""Purchase orders from a file: lines become orders, deliveries become receipts, and all of it can be taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa

from plantops import places
from plantops.context import Context, within
from plantops.errors import Conflict
from plantops.import_kinds import Column, Holds, ImportKind, ImportRun, Loaded, Refusal, Row
from plantops.items import Item
from plantops.money import why_not_currency
from plantops.parties import Party, PartyFacts, match_key
from plantops.units import why_not_unit
from plantops.wording import mark, say
from purchasing import history, rates, suppliers
from purchasing.history import Delivery, PastLine, PastOrder
from purchasing.imports.suppliers import archive
from purchasing.models import Order, Supplier
from purchasing.models.orders import OrderState
from purchasing.permissions import Can
from purchasing.reversal import undo_orders
from purchasing.suppliers import INCOTERMS, Terms

ZERO = Decimal(0)
KEPT = (
    "quoted_on", "weight_kg", "freight", "insurance", "mode", "country", "project", "category", "manufacturer",
    "ordered_on", "received_on",
)  # fmt: skip
"""Columns that are kept with the line as the file said them, with the reason where they are empty."""


# --- Rules


def why_not_row(row: Row) -> Iterator[tuple[str, str]]:
    if why := why_not_unit(row.text("unit") or "pack"):
        yield "unit", say("the unit is wrong: {why}", why=why)
    currency = row.text("currency")
    if currency and (why := why_not_currency(currency)):
        yield "currency", why
        return
    if row.decimal("price") is None and row.decimal("amount") is None:
        yield "price", say("a line needs a price or an amount")
    if (row.decimal("quantity") or ZERO) <= 0:
        yield "quantity", say("a line orders more than nothing")
    elif why := history.why_not_past(line_of(row, None, {}), currency or "EUR"):
        yield "amount", why


def line_of(row: Row, item_id: int | None, reasons: dict[str, str]) -> PastLine:
    """A row as a line. The stated amount is authoritative; a missing price is what the amount says."""
    quantity, amount = row.decimal("quantity") or Decimal(1), row.decimal("amount")
    price = row.decimal("price")
    if price is None:
        price = ((amount or ZERO) / quantity).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    need_by, came = row.day("need_by"), row.day("received_on")
    due = need_by or came or row.day("ordered_on")
    assert due is not None, "need_by is a required column"
    note = row.text("delivery_note") or ""
    kept = {name: _plain(row.values.get(name)) for name in KEPT if row.values.get(name) is not None}
    return PastLine(
        description=row.text("item") or "",
        quantity=quantity,
        unit=row.text("unit") or "pack",
        price=price,
        need_by=due,
        amount=amount,
        item_id=item_id,
        supplier_code=row.text("supplier_code") or "",
        confirmed_first=need_by,
        deliveries=(Delivery(came, quantity, note, row.day("recorded_on")),) if came else (),
        imported={"row": row.number, **kept, **({"missing": reasons} if reasons else {})},
    )


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | None) else str(value)


# --- Loading


@within("an import that the person may run")
def load_orders(ctx: Context, run: ImportRun, rows: Sequence[Row]) -> Loaded:
    """Rows with the same number are one order; what is refused takes its whole order with it, and says so."""
    assert run.site_id is not None
    site = places.site(ctx, run.site_id)
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.text("number") or "", []).append(row)
    buyers = _suppliers(ctx, run, rows)
    here = _already_here(ctx, run.site_id, list(groups))
    known = _items(ctx, rows)
    refused: list[Refusal] = []
    wanted: list[tuple[list[Row], PastOrder]] = []
    for number, lines in groups.items():
        if found := _why_not_group(number, lines, buyers, here):
            refused += found
            continue
        wanted.append((lines, _order(ctx, run.site_id, site.currency, number, lines, buyers, known)))
    reason = say("brought in by import {id}", id=run.id)
    written = history.write_orders(ctx, [order for _, order in wanted], import_id=run.id, reason=reason)
    made = {row.number: one.order_id for (lines, _), one in zip(wanted, written, strict=True) for row in lines}
    return Loaded(refused=refused, made=made)


OTHERS = {
    "supplier": mark("order {number} names another supplier in row {row}: {value}"),
    "currency": mark("order {number} names another currency in row {row}: {value}"),
}


def _why_not_group(number: str, rows: Sequence[Row], buyers: dict[str, int], here: dict[str, str]) -> list[Refusal]:
    """Faults of an order as a whole, told at the row that has them and at those that fall with it."""
    first = rows[0]
    if number in here:
        why = say("this order is here already as {number}", number=here[number])
        return [Refusal(row.number, "number", number, why) for row in rows]
    for row in rows:
        for column, other in OTHERS.items():
            if row.text(column) != first.text(column):
                why = say(other, number=number, row=first.number, value=first.text(column))
                return _with_the_rest(rows, Refusal(row.number, column, row.text(column) or "", why))
        if match_key(row.text("supplier") or "") not in buyers:
            why = say("there is no such supplier: import it first, or say create_suppliers = true in the map")
            return _with_the_rest(rows, Refusal(row.number, "supplier", row.text("supplier") or "", why))
    return []


def _with_the_rest(rows: Sequence[Row], guilty: Refusal) -> list[Refusal]:
    why = say("its order does not load because of row {row}", row=guilty.row)
    others = [Refusal(row.number, "number", row.text("number") or "", why) for row in rows if row.number != guilty.row]
    return [guilty, *others]


def _order(
    ctx: Context,
    site_id: int,
    site_currency: str,
    number: str,
    rows: Sequence[Row],
    buyers: dict[str, int],
    known: dict[str, int],
) -> PastOrder:
    first = rows[0]
    days = [day for row in rows if (day := row.day("ordered_on"))]
    currency = first.text("currency") or site_currency
    ordered_on = min(days) if days else None
    incoterm = first.text("incoterm") or ""
    return PastOrder(
        site_id=site_id,
        supplier_id=buyers[match_key(first.text("supplier") or "")],
        currency=currency,
        rate=rates.rate(ctx, currency, site_currency, ordered_on or ctx.today),
        lines=tuple(line_of(row, known.get(row.text("sku") or ""), dict(row.reasons)) for row in rows),
        ordered_on=ordered_on,
        external_number=number,
        freight=sum((row.decimal("freight") or ZERO for row in rows), ZERO),
        incoterm=incoterm if incoterm in INCOTERMS else "",
    )


def _suppliers(ctx: Context, run: ImportRun, rows: Sequence[Row]) -> dict[str, int]:
    """Suppliers by the key of their name; missing ones are added when the map says so."""
    names = {match_key(name): name for row in rows if (name := row.text("supplier"))}
    query = (
        sa.select(Party.match_key, Supplier.id, Party.id.label("party_id"), Party.archived)
        .join(Supplier, Supplier.party_id == Party.id)
        .where(Party.match_key.in_(names))
        .order_by(Party.archived.desc(), Party.id.desc())
    )
    found = ctx.session.execute(query).all()
    known = {row.match_key: row.id for row in found if not row.archived}
    if run.options.get("create_suppliers") is True:
        for key in sorted(set(names) - set(known)):
            currency = next((row.text("currency") for row in rows if row.text("supplier") == names[key]), None)
            new = suppliers.add_supplier(ctx, PartyFacts(names[key]), Terms(currency=currency or "EUR"), sure=True)
            new.import_id = run.id
            known[key] = new.id
        ctx.session.flush()
    return known


def _already_here(ctx: Context, site_id: int, numbers: Sequence[str]) -> dict[str, str]:
    query = sa.select(Order.external_number, Order.number).where(
        Order.site_id == site_id, Order.external_number.in_(numbers), Order.state != OrderState.CANCELLED
    )
    return {row.external_number: row.number or "a draft" for row in ctx.session.execute(query)}


def _items(ctx: Context, rows: Sequence[Row]) -> dict[str, int]:
    skus = {sku for row in rows if (sku := row.text("sku"))}
    if not skus:
        return {}
    query = sa.select(Item.sku, Item.id).where(Item.sku.in_(skus), ~Item.archived)
    return {row.sku: row.id for row in ctx.session.execute(query)}


@within("an import that the person may undo")
def undo(ctx: Context, run: ImportRun) -> None:
    """Deliveries are reversed, orders cancelled, suppliers that came with them archived; numbers stay used."""
    undo_orders(ctx, run.id, say("import {id} was undone", id=run.id))
    others = sa.select(Order.id).join(Supplier, Supplier.id == Order.supplier_id)
    others = others.where(Supplier.import_id == run.id, Order.state != OrderState.CANCELLED)
    if ctx.session.scalar(others.limit(1)):
        raise Conflict(say("Something else was ordered from suppliers that came with this import. Cancel that first."))
    archive(ctx, run.id)


PURCHASE_ORDERS = ImportKind(
    name="purchase-orders",
    title="Purchase orders",
    lists=("purchasing.orders",),
    permission=Can.BUY,
    columns=(
        Column("number", "Order number", longest=60),
        Column("supplier", "Supplier", longest=200),
        Column("item", "Item", longest=500),
        Column("sku", "Our item number", required=False, longest=60),
        Column("supplier_code", "Supplier's number", required=False, longest=60),
        Column("quantity", "Quantity", Holds.NUMBER, decimals=6),
        Column("unit", "Unit", required=False, longest=20),
        Column("price", "Price", Holds.NUMBER, required=False, decimals=4, at_least=ZERO),
        Column("amount", "Line value", Holds.NUMBER, required=False, decimals=4, at_least=ZERO),
        Column("currency", "Currency", required=False, longest=3),
        Column("ordered_on", "Ordered on", Holds.DAY, required=False),
        Column("need_by", "Agreed date", Holds.DAY),
        Column("received_on", "Received on", Holds.DAY, required=False),
        Column("recorded_on", "Receipt recorded on", Holds.DAY, required=False),
        Column("delivery_note", "Delivery note", required=False, longest=60),
        Column("incoterm", "Incoterm", required=False, longest=40),
        Column("freight", "Freight", Holds.NUMBER, required=False, decimals=4, at_least=ZERO),
        Column("insurance", "Insurance", Holds.NUMBER, required=False, decimals=4, at_least=ZERO),
        Column("weight_kg", "Weight", Holds.NUMBER, required=False, decimals=3, at_least=ZERO),
        Column("quoted_on", "Asked for on", Holds.DAY, required=False),
        Column("mode", "Shipped by", required=False, longest=40),
        Column("country", "Country", required=False, longest=60),
        Column("project", "Project", required=False, longest=60),
        Column("category", "Category", required=False, longest=60),
        Column("manufacturer", "Made at", required=False, longest=200),
    ),
    load=load_orders,
    undo=undo,
    rule=why_not_row,
    group_by=("number",),
    options=("create_suppliers",),
)
