"""The lines of a requisition: an item brings its unit and price, anything else is described and estimated."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from plantops import items
from plantops.context import Context, within
from plantops.errors import Invalid
from plantops.items import Item
from plantops.units import Quantity
from plantops.wording import say
from purchasing import catalogue, prices, rates


@dataclass(frozen=True)
class NewLine:
    """One thing that is needed. An item brings its own price; anything else needs an estimate."""

    quantity: Decimal
    item_id: int | None = None
    description: str = ""
    unit: str = ""
    supplier_id: int | None = None
    price: Decimal | None = None
    per: int = 1


@within("the requisition's actions write the lines")
def priced(ctx: Context, currency: str, lines: tuple[NewLine, ...]) -> list[dict[str, object]]:
    """The columns of lines: items take unit and price of the catalogue, the rest is taken as it was written."""
    ids = [line.item_id for line in lines if line.item_id is not None]
    known = items.items(ctx, ids)
    offered = catalogue.quotes(ctx, ids, ctx.today) if ids else {}
    currencies = {quote.currency for quotes in offered.values() for quote in quotes}
    worth = rates.known_rates(ctx, currencies, currency, ctx.today)
    found: list[dict[str, object]] = []
    for line in lines:
        if line.item_id is None:
            found.append(_free(currency, line))
        elif line.item_id not in known:
            raise Invalid(say("This item is not in the catalogue."), field="item_id")
        else:
            quotes = offered.get(line.item_id, [])
            if line.supplier_id is not None:
                quotes = [quote for quote in quotes if quote.supplier_id == line.supplier_id]
            found.append(_of_item(currency, line, known[line.item_id], quotes, worth))
    return found


def _free(currency: str, line: NewLine) -> dict[str, object]:
    if not line.description.strip():
        raise Invalid(say("Say what is needed."), field="description")
    if line.price is None:
        raise Invalid(say("Estimate the price: the approver needs it."), field="price")
    unit = line.unit or "each"
    prices.check_line(line.quantity, unit, line.price, line.per)
    return {
        "item_id": None,
        "description": line.description.strip()[:500],
        "quantity": line.quantity,
        "unit": unit,
        "factor": Decimal(1),
        "supplier_id": line.supplier_id,
        "price": line.price,
        "per": line.per,
        "amount": prices.amount(line.quantity, line.price, line.per, currency),
        "from_catalogue": False,
    }


def _of_item(
    currency: str, line: NewLine, item: Item, quotes: list[prices.Quote], worth: dict[str, Decimal]
) -> dict[str, object]:
    if reason := items.why_not_use(item):
        raise Invalid(say("This cannot be asked for: {reason}.", reason=reason), field="item_id")
    unit = line.unit or item.stock_unit
    prices.check_line(line.quantity, unit, line.price or Decimal(0), line.per)
    Quantity(line.quantity, unit)
    in_stock = items.in_stock_unit(item, line.quantity, unit)
    quote = prices.best(quotes, in_stock, worth)
    if quote is None and line.price is None:
        raise Invalid(say("Nobody quotes a price for {name} today: estimate one.", name=item.name), field="price")
    if line.price is not None:
        price, per, catalogue_price = line.price, line.per, False
        amount = prices.amount(line.quantity, price, per, currency)
    else:
        assert quote is not None
        exact = quote.price_at(in_stock / quote.factor) * in_stock / quote.factor / quote.per * worth[quote.currency]
        amount = prices.amount(Decimal(1), exact, 1, currency)
        price, per, catalogue_price = (amount / line.quantity).quantize(prices.PRICE_STEP, ROUND_HALF_UP), 1, True
    return {
        "item_id": item.id,
        "description": line.description.strip()[:500] or item.name,
        "quantity": line.quantity,
        "unit": unit,
        "factor": in_stock / line.quantity,
        "supplier_id": line.supplier_id or (quote.supplier_id if quote else None),
        "price": price,
        "per": per,
        "amount": amount,
        "from_catalogue": catalogue_price,
    }
