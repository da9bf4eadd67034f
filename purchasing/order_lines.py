"""The lines of an order: the supplier's own unit, price and packs, and the plant's tolerances for what comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from plantops import items, options
from plantops.context import Context, within
from plantops.errors import Invalid
from plantops.items import Category, Item, ItemKind, Matching
from plantops.units import UNITS, plain
from plantops.wording import say
from purchasing import catalogue, prices
from purchasing.models import Order, OrderLine
from purchasing.prices import Quote


@dataclass(frozen=True)
class Offered:
    """The items that an order is about, and what suppliers quote for each."""

    items: dict[int, Item]
    categories: dict[int, Category]
    """By item."""
    quotes: dict[int, list[Quote]]


@dataclass(frozen=True)
class NewOrderLine:
    """What to order. Without a price the supplier's own of the catalogue is taken, in the supplier's unit."""

    quantity: Decimal
    need_by: date
    cost_centre_id: int | None
    item_id: int | None = None
    description: str = ""
    unit: str = ""
    price: Decimal | None = None
    per: int = 1
    round_up: bool = False
    """Fill up to whole packs and the least quantity instead of refusing."""


@dataclass(frozen=True)
class Policy:
    """How a line is received and matched."""

    three_way: bool
    over_percent: Decimal
    under_percent: Decimal
    bill_percent: Decimal


@within("the order's actions look items and prices up once")
def offered(ctx: Context, item_ids: Sequence[int]) -> Offered:
    if not item_ids:
        return Offered({}, {}, {})
    found = items.with_categories(ctx, list(item_ids))
    known = {id: item for id, (item, _) in found.items()}
    categories = {id: category for id, (_, category) in found.items()}
    return Offered(known, categories, catalogue.quotes(ctx, item_ids, ctx.today, known))


@within("the order's actions write the lines")
def columns(
    ctx: Context, order: Order, lines: Sequence[NewOrderLine], known: Offered | None = None
) -> list[dict[str, Any]]:
    """The columns of new order lines. Raises Invalid naming what the supplier would not deliver."""
    known = known or offered(ctx, [line.item_id for line in lines if line.item_id is not None])
    policies = _policies(ctx, order.site_id, known)
    _check_centres(ctx, order, lines)
    found: list[dict[str, Any]] = []
    for number, line in enumerate(lines):
        at = f"lines.{number}." if len(lines) > 1 else ""
        item = known.items.get(line.item_id) if line.item_id is not None else None
        if line.item_id is not None and item is None:
            raise Invalid(say("This item is not in the catalogue."), field=f"{at}item_id")
        own = [q for q in known.quotes.get(line.item_id or 0, []) if q.supplier_id == order.supplier_id]
        made = _line(order, line, item, own[0] if own else None, at)
        policy = policies[item.id if item else None]
        found.append(
            made
            | {
                "need_by": line.need_by,
                "budget_year": line.need_by.year,
                "cost_centre_id": line.cost_centre_id,
                "three_way": policy.three_way,
                "over_percent": policy.over_percent,
                "under_percent": policy.under_percent,
                "bill_percent": policy.bill_percent,
            }
        )
    return found


def _check_centres(ctx: Context, order: Order, lines: Sequence[NewOrderLine]) -> None:
    """Each line is paid by a cost centre of the order's site, or by none yet."""
    wanted = {line.cost_centre_id for line in lines if line.cost_centre_id is not None}
    here = sa.text("SELECT id FROM core_cost_centre WHERE id = ANY(:wanted) AND site_id = :site")
    if wanted and wanted != set(ctx.session.scalars(here, {"wanted": list(wanted), "site": order.site_id})):
        raise Invalid(say("This cost centre is not of the order's site. Choose another."), field="cost_centre_id")


def _line(order: Order, line: NewOrderLine, item: Item | None, quote: Quote | None, at: str) -> dict[str, Any]:
    if item is not None and (reason := items.why_not_use(item)):
        raise Invalid(say("This cannot be ordered: {reason}.", reason=reason), field=f"{at}item_id")
    if item is None and not line.description.strip():
        raise Invalid(say("Say what is ordered."), field=f"{at}description")
    unit = line.unit or (quote.unit if quote else item.stock_unit if item else "each")
    prices.check_line(line.quantity, unit, line.price or Decimal(0), line.per, at=at)
    quantity, factor = line.quantity, Decimal(1)
    if item is not None:
        in_stock = items.in_stock_unit(item, line.quantity, unit)
        factor = in_stock / line.quantity
        if quote is not None and line.price is None:
            quantity, unit, factor = _in_supplier_unit(in_stock, quote, line.round_up, at)
    if line.price is None and quote is None:
        raise Invalid(say("The supplier quotes no price for this today: enter the agreed one."), field=f"{at}price")
    price = quote.price_at(quantity) if line.price is None and quote else line.price or Decimal(0)
    per = quote.per if line.price is None and quote else line.per
    return {
        "item_id": item.id if item else None,
        "description": line.description.strip()[:500] or (item.name if item else ""),
        "supplier_code": quote.supplier_code if quote else "",
        "quantity": quantity,
        "unit": unit,
        "factor": factor,
        "price": price,
        "per": per,
        "amount": prices.amount(quantity, price, per, order.currency),
    }


def _in_supplier_unit(in_stock: Decimal, quote: Quote, round_up: bool, at: str) -> tuple[Decimal, str, Decimal]:
    """10 pieces of a box of 100 are one box when rounding up is meant, and an error that says so when it is not."""
    needed = in_stock / quote.factor
    quantity = prices.orderable(needed, quote.least_quantity, quote.pack_quantity)
    if quantity != needed and not round_up:
        unit = UNITS[quote.unit]
        raise Invalid(
            say(
                "{supplier} delivers {plural} of {factor}, in steps of "
                "{pack_quantity} and at least {least_quantity}: order {quantity} "
                "{title}.",
                supplier=quote.supplier,
                plural=unit.plural,
                factor=plain(quote.factor),
                pack_quantity=plain(quote.pack_quantity),
                least_quantity=plain(quote.least_quantity),
                quantity=plain(quantity),
                title=unit.title if quantity == 1 else unit.plural,
            ),
            field=f"{at}quantity",
        )
    return quantity, quote.unit, quote.factor


def _policies(ctx: Context, site_id: int, known: Offered) -> dict[int | None, Policy]:
    """Tolerances by item: the category's, else the plant's."""
    names = [f"purchasing.{name}_percent" for name in ("over", "under", "bill")]
    over, under, bill = options.amounts(ctx, names, site_id)
    policies: dict[int | None, Policy] = {None: Policy(True, over, under, bill)}
    for id, item in known.items.items():
        category = known.categories[id]
        policies[id] = Policy(
            three_way=category.matching is Matching.THREE_WAY and item.kind is not ItemKind.SERVICE,
            over_percent=over if category.over_percent is None else category.over_percent,
            under_percent=under if category.under_percent is None else category.under_percent,
            bill_percent=bill,
        )
    return policies


def base(line: OrderLine) -> Decimal:
    """What is ordered, in the item's stock unit."""
    return line.quantity * line.factor


def still_open(line: OrderLine) -> Decimal:
    """What has not come yet, in the line's unit."""
    return max(Decimal(0), line.quantity - line.accepted + line.returned)


def is_received(line: OrderLine) -> bool:
    """All there, within the tolerance for too little."""
    return line.accepted - line.returned >= line.quantity * (1 - line.under_percent / 100)


def most_receivable(line: OrderLine) -> Decimal:
    """How much more may be accepted, the tolerance for too much included."""
    return line.quantity * (1 + line.over_percent / 100) - line.accepted + line.returned
