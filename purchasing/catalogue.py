"""The catalogue: what can be bought, from whom, at which price, in which packs and how soon."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from plantops import items
from plantops.context import Context, requires, within
from plantops.db import bump, get, one_at_a_time
from plantops.errors import Conflict, Invalid
from plantops.items import Item
from plantops.parties import Party
from plantops.units import plain, ratio, why_not_unit
from plantops.wording import say, whole_day
from purchasing import prices, suppliers
from purchasing.models import Offer, OfferBreak, Supplier
from purchasing.permissions import Can
from purchasing.prices import Break, Quote


@dataclass(frozen=True)
class OfferFacts:
    """What a supplier quotes for an item from a day on."""

    supplier_id: int
    item_id: int
    unit: str
    price: Decimal
    valid_from: date
    per: int = 1
    currency: str = ""
    least_quantity: Decimal = Decimal(0)
    pack_quantity: Decimal = Decimal(1)
    lead_days: int | None = None
    supplier_code: str = ""
    valid_until: date | None = None
    preferred: bool = False
    breaks: tuple[Break, ...] = ()


@dataclass(frozen=True)
class CatalogueRow:
    """An item and what it would cost today."""

    item_id: int
    sku: str
    name: str
    category: str
    stock_unit: str
    supplier: str
    price: Decimal | None
    per: int
    unit: str
    currency: str
    lead_days: int | None
    suppliers: int


@dataclass(frozen=True)
class OfferRow:
    id: int
    version: int
    item_id: int
    sku: str
    item: str
    supplier_id: int
    supplier: str
    supplier_code: str
    price: Decimal
    per: int
    unit: str
    currency: str
    least_quantity: Decimal
    pack_quantity: Decimal
    lead_days: int
    valid_from: date
    valid_until: date | None
    preferred: bool


# --- Rules


def wrong_offer(facts: OfferFacts) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if reason := why_not_unit(facts.unit):
        wrong["unit"] = say("The unit is wrong: {reason}.", reason=reason)
    if reason := prices.why_not_price(facts.price, facts.per):
        wrong["price"] = say("This price cannot be: {reason}.", reason=reason)
    if not facts.least_quantity.is_finite() or not 0 <= facts.least_quantity <= prices.LARGEST_QUANTITY:
        wrong["least_quantity"] = say("The least quantity is 0 or more.")
    if not facts.pack_quantity.is_finite() or not 0 < facts.pack_quantity <= prices.LARGEST_QUANTITY:
        wrong["pack_quantity"] = say("A pack holds more than nothing.")
    if facts.lead_days is not None and not 0 <= facts.lead_days <= 1000:
        wrong["lead_days"] = say("A lead time is 0 to 1000 days.")
    if facts.valid_until is not None and facts.valid_until < facts.valid_from:
        wrong["valid_until"] = say("The last day is before the first.")
    steps = [step.from_quantity for step in facts.breaks]
    if any(step <= 0 for step in steps) or len(set(steps)) < len(steps):
        wrong["breaks"] = say("Each break begins at a quantity of its own above zero.")
    for step in facts.breaks:
        if reason := prices.why_not_price(step.price, facts.per):
            wrong["breaks"] = say(
                "The price from {from_quantity} on cannot be: {reason}.",
                from_quantity=step.from_quantity,
                reason=reason,
            )
    return wrong


def quote_of(offer: Offer, item: Item, supplier: str, lead_days: int) -> Quote:
    factor = ratio(offer.unit, item.stock_unit, items.packs_of(item))
    return Quote(
        offer_id=offer.id,
        supplier_id=offer.supplier_id,
        supplier=supplier,
        item_id=offer.item_id,
        currency=offer.currency,
        unit=offer.unit,
        factor=Decimal(factor.numerator) / Decimal(factor.denominator),
        price=offer.price,
        per=offer.per,
        least_quantity=offer.least_quantity,
        pack_quantity=offer.pack_quantity,
        lead_days=lead_days if offer.lead_days is None else offer.lead_days,
        supplier_code=offer.supplier_code,
        preferred=offer.preferred,
        breaks=tuple(Break(step.from_quantity, step.price) for step in offer.breaks),
    )


# --- Questions


def visible(ctx: Context) -> sa.Select[Offer]:
    every = sa.select(Offer)
    return every if ctx.may(Can.READ_PRICES) else every.where(sa.false())


def valid_on(day: date | sa.ColumnElement[date]) -> sa.ColumnElement[bool]:
    return (Offer.valid_from <= day) & (Offer.valid_until.is_(None) | (Offer.valid_until >= day))


QUOTED = (
    sa.select(Offer, Party.name, Supplier.lead_days)
    .join(Supplier, Supplier.id == Offer.supplier_id)
    .join(Party, Party.id == Supplier.party_id)
    .where(Offer.item_id.in_(sa.bindparam("items", expanding=True)), valid_on(sa.bindparam("day", type_=sa.Date())))
    .where(~Party.blocked, ~Party.archived)
    .options(joinedload(Offer.breaks))
    .order_by(Offer.item_id, Offer.preferred.desc(), Offer.id)
)


@within("requisitions, orders and the catalogue look prices up")
def quotes(
    ctx: Context, item_ids: Iterable[int], on: date, known: Mapping[int, Item] | None = None
) -> dict[int, list[Quote]]:
    """What suppliers that are not blocked or archived quote for these items on that day."""
    wanted = list(set(item_ids))
    rows = ctx.session.execute(QUOTED, {"items": wanted, "day": on}).unique().all()
    known = items.items(ctx, wanted) if known is None else known
    found: defaultdict[int, list[Quote]] = defaultdict(list)
    for offer, supplier, lead_days in rows:
        found[offer.item_id].append(quote_of(offer, known[offer.item_id], supplier, lead_days))
    return dict(found)


@requires(Can.READ_CATALOGUE)
def list_catalogue(
    ctx: Context, *, search: str = "", category_id: int | None = None, limit: int = 60
) -> list[CatalogueRow]:
    """Items with the price of the preferred, else the cheapest supplier; prices only for who may see them."""
    rows = items.list_items(ctx, search=search, category_id=category_id, limit=limit)
    offered = quotes(ctx, [row.id for row in rows], ctx.today)
    found: list[CatalogueRow] = []
    for row in rows:
        here = offered.get(row.id, [])
        best = min(here, key=lambda q: (not q.preferred, q.price / q.per / q.factor), default=None)
        shown = best if ctx.may(Can.READ_PRICES) else None
        found.append(
            CatalogueRow(
                item_id=row.id,
                sku=row.sku,
                name=row.name,
                category=row.category,
                stock_unit=row.stock_unit,
                supplier=best.supplier if best else "",
                price=shown.price if shown else None,
                per=best.per if best else 1,
                unit=best.unit if best else row.stock_unit,
                currency=best.currency if best else "",
                lead_days=best.lead_days if best else None,
                suppliers=len(here),
            )
        )
    return found


@requires(Can.ASK, Can.BUY)
def meant(ctx: Context, words: str) -> int | None:
    """The item that typed words name exactly, by name or item number; None when they describe something else.

    Raises Invalid when they could mean an item without naming it: never the wrong one is taken.
    """
    if not words.strip():
        return None
    found = items.list_items(ctx, search=words, limit=20)
    exact = [row for row in found if words.strip().casefold() in (row.name.casefold(), row.sku.casefold())]
    if len(exact) == 1:
        return exact[0].id
    if not found:
        return None
    names = ", ".join(row.name for row in found[:3])
    raise Invalid(
        say(
            "“{strip}” may mean {names}. Choose one from the list, or describe it in other words.",
            strip=words.strip()[:60],
            names=names,
        ),
        field="item_id",
    )


@requires(Can.READ_PRICES)
def list_offers(
    ctx: Context, *, item_id: int | None = None, supplier_id: int | None = None, past: bool = False
) -> list[OfferRow]:
    """The prices of an item or a supplier, the running ones first."""
    query: sa.Select[*tuple[Any, ...]] = (
        visible(ctx)
        .join(Supplier, Supplier.id == Offer.supplier_id)
        .join(Party, Party.id == Supplier.party_id)
        .join(Item, Item.id == Offer.item_id)
        .with_only_columns(
            Offer.id, Offer.version, Item.id, Item.sku, Item.name, Supplier.id, Party.name, Offer.supplier_code,
            Offer.price, Offer.per, Offer.unit, Offer.currency, Offer.least_quantity, Offer.pack_quantity,
            sa.func.coalesce(Offer.lead_days, Supplier.lead_days), Offer.valid_from, Offer.valid_until, Offer.preferred,
        )
        .order_by(Item.sort_key, Offer.valid_from.desc(), Offer.id)
        .limit(500)
    )  # fmt: skip
    if item_id is not None:
        query = query.where(Offer.item_id == item_id)
    if supplier_id is not None:
        query = query.where(Offer.supplier_id == supplier_id)
    if not past:
        query = query.where(Offer.valid_until.is_(None) | (Offer.valid_until >= ctx.today))
    return [OfferRow(*row) for row in ctx.session.execute(query)]


# --- Actions


@requires(Can.MANAGE_CATALOGUE)
def set_offer(ctx: Context, facts: OfferFacts) -> Offer:
    """A supplier's price from a day on. The running one of the same supplier ends the day before, and stays."""
    if wrong := wrong_offer(facts):
        raise Invalid(say("Some of what was entered cannot be."), fields=wrong)
    supplier = _lock_supplier(ctx, facts.supplier_id)
    item = items.item(ctx, facts.item_id)
    ratio(facts.unit, item.stock_unit, items.packs_of(item))
    _end_running(ctx, facts)
    new = Offer(
        supplier_id=supplier.id,
        item_id=item.id,
        supplier_code=facts.supplier_code.strip(),
        currency=facts.currency or supplier.currency,
        unit=facts.unit,
        price=facts.price,
        per=facts.per,
        least_quantity=facts.least_quantity,
        pack_quantity=facts.pack_quantity,
        lead_days=facts.lead_days,
        valid_from=facts.valid_from,
        valid_until=facts.valid_until,
        preferred=facts.preferred,
        breaks=[OfferBreak(from_quantity=step.from_quantity, price=step.price) for step in facts.breaks],
    )
    if facts.preferred:
        _prefer_no_other(ctx, item.id, supplier.id)
    ctx.session.add(new)
    ctx.session.flush()
    return new


def _lock_supplier(ctx: Context, id: int) -> Supplier:
    """The prices of a supplier change one after the other."""
    return get(ctx.session, sa.select(Supplier).where(Supplier.id == id), what="supplier", lock=True)


def _end_running(ctx: Context, facts: OfferFacts) -> None:
    same = sa.select(Offer).where(Offer.supplier_id == facts.supplier_id, Offer.item_id == facts.item_id)
    if ctx.session.scalar(same.where(Offer.valid_from >= facts.valid_from).limit(1)):
        raise Conflict(
            say(
                "This supplier has a price for this item from {valid_from} or later already. Choose a later first day.",
                valid_from=whole_day(facts.valid_from),
            ),
            field="valid_from",
        )
    before = facts.valid_from - timedelta(days=1)
    for old in ctx.session.scalars(same.where(Offer.valid_until.is_(None) | (Offer.valid_until > before))):
        old.valid_until = before
        bump(old)
    ctx.session.flush()


def _prefer_no_other(ctx: Context, item_id: int, supplier_id: int) -> None:
    one_at_a_time(ctx.session, "preferred supplier", item_id)
    others = sa.select(Offer).where(Offer.item_id == item_id, Offer.supplier_id != supplier_id, Offer.preferred)
    for other in ctx.session.scalars(others.with_for_update().execution_options(populate_existing=True)):
        other.preferred = False
        bump(other)


@requires(Can.MANAGE_CATALOGUE)
def prefer(ctx: Context, offer_id: int, version: int) -> Offer:
    """Ordered from here first, whatever others ask."""
    chosen = get(ctx.session, visible(ctx).where(Offer.id == offer_id), what="price", version=version, lock=True)
    _prefer_no_other(ctx, chosen.item_id, chosen.supplier_id)
    chosen.preferred = True
    bump(chosen)
    ctx.session.flush()
    return chosen


@requires(Can.MANAGE_CATALOGUE)
def reprice(ctx: Context, offer_id: int, version: int, price: Decimal) -> Offer:
    """The same for another price from today on. One that begins today or later is corrected, an older one ends."""
    this = visible(ctx).where(Offer.id == offer_id)
    _lock_supplier(ctx, get(ctx.session, this, what="price").supplier_id)  # the supplier first, as where it is set
    old = get(ctx.session, this, what="price", version=version, lock=True)
    if reason := prices.why_not_price(price, old.per):
        raise Invalid(say("This price cannot be: {reason}.", reason=reason), field="price")
    if old.valid_until is not None and old.valid_until < ctx.today:
        raise Conflict(say("This price has ended. Change the one that holds now."), field="price")
    steps = ctx.session.scalars(sa.select(OfferBreak).where(OfferBreak.offer_id == old.id)).all()
    if dearest := max((step for step in steps if step.price > price), key=lambda step: step.price, default=None):
        raise Conflict(
            say(
                "From {quantity} on it costs {price}, more than that: enter this price with its breaks anew.",
                quantity=plain(dearest.from_quantity),
                price=plain(dearest.price),
            ),
            field="price",
        )
    if old.valid_from >= ctx.today:
        old.price = price
        bump(old)
        ctx.session.flush()
        return old
    return set_offer(
        ctx,
        OfferFacts(
            old.supplier_id, old.item_id, old.unit, price, ctx.today, old.per, old.currency, old.least_quantity,
            old.pack_quantity, old.lead_days, old.supplier_code, old.valid_until, old.preferred,
            tuple(Break(step.from_quantity, step.price) for step in steps),
        ),
    )  # fmt: skip


@requires(Can.MANAGE_CATALOGUE)
def end_offer(ctx: Context, offer_id: int, version: int, last_day: date) -> Offer:
    """The supplier quotes it no longer after that day."""
    ended = get(ctx.session, visible(ctx).where(Offer.id == offer_id), what="price", version=version, lock=True)
    if last_day < ended.valid_from:
        raise Invalid(
            say("It began on {valid_from}: end it on that day or later.", valid_from=whole_day(ended.valid_from)),
            field="last_day",
        )
    ended.valid_until = last_day
    bump(ended)
    ctx.session.flush()
    return ended


KNOWN = (suppliers,)  # prices belong to suppliers: their tables come first
