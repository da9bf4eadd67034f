"""Prices as suppliers quote them: per 1, 100 or 1,000, with least quantities, packs and breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from functools import lru_cache

from plantops.errors import Invalid
from plantops.money import Money
from plantops.units import PRICE_QUANTITIES, UNITS, plain, why_not_unit
from plantops.wording import say
from purchasing.models.sources import MinimumRule

LARGEST_QUANTITY = Decimal(100_000_000)
LARGEST_PRICE = Decimal(100_000_000)
QUANTITY_STEP = Decimal("0.000001")
PRICE_STEP = Decimal("0.0001")


@dataclass(frozen=True)
class Break:
    """From this quantity on, every unit costs this."""

    from_quantity: Decimal
    price: Decimal


@dataclass(frozen=True)
class Quote:
    """One supplier's conditions for one item, as they hold on a day."""

    offer_id: int
    supplier_id: int
    supplier: str
    item_id: int
    currency: str
    unit: str
    factor: Decimal
    """How many of the item's stock unit one `unit` is."""
    price: Decimal
    per: int
    least_quantity: Decimal
    pack_quantity: Decimal
    lead_days: int
    supplier_code: str
    preferred: bool
    breaks: tuple[Break, ...] = ()

    def price_at(self, quantity: Decimal) -> Decimal:
        """The price of each unit when this many are ordered."""
        reached = [step for step in self.breaks if step.from_quantity <= quantity]
        return max(reached, key=lambda step: step.from_quantity).price if reached else self.price

    def amount(self, quantity: Decimal) -> Decimal:
        return amount(quantity, self.price_at(quantity), self.per, self.currency)


@dataclass(frozen=True)
class MinimumVerdict:
    """What the supplier's minimum value does to an order: refused, dearer, or with freight."""

    refused: str | None
    surcharge: Decimal
    freight: Decimal


# --- Rules


@lru_cache(maxsize=4096)
def amount(quantity: Decimal, price: Decimal, per: int, currency: str) -> Decimal:
    """quantity x price / per, rounded half up to the currency's smallest step, once."""
    return Money(quantity * price / per, currency).rounded().amount


def orderable(needed: Decimal, least: Decimal, pack: Decimal) -> Decimal:
    """The least quantity in whole packs that covers the need and the supplier's least quantity."""
    wanted = max(needed, least)
    packs = (wanted / pack).to_integral_value(ROUND_CEILING)
    return (packs * pack).quantize(QUANTITY_STEP, ROUND_HALF_UP).normalize() + 0


def why_not_quantity(quantity: Decimal, unit: str) -> str | None:
    if not quantity.is_finite() or quantity <= 0:
        return say("it must be more than nothing")
    if quantity > LARGEST_QUANTITY:
        return say("it is more than {largest_quantity}", largest_quantity=plain(LARGEST_QUANTITY))
    if quantity != quantity.quantize(QUANTITY_STEP):
        return say("it has more than six decimals")
    return why_not_unit(unit)


def why_not_price(price: Decimal, per: int) -> str | None:
    if not price.is_finite() or price < 0:
        return say("it must not be negative")
    if price > LARGEST_PRICE:
        return say("it is more than {largest_price}", largest_price=plain(LARGEST_PRICE))
    if price != price.quantize(PRICE_STEP):
        return say("it has more than four decimals: say the price per 100 or per 1,000")
    if per not in PRICE_QUANTITIES:
        return say("a price is per 1, 100 or 1,000, not per {per}", per=per)
    return None


def check_line(quantity: Decimal, unit: str, price: Decimal, per: int, *, at: str = "") -> None:
    """Raises Invalid naming the field (under `at`, such as `lines.3.`) that cannot be."""
    wrong: dict[str, str] = {}
    if reason := why_not_quantity(quantity, unit):
        wrong[f"{at}quantity"] = say("This quantity cannot be: {reason}.", reason=reason)
    if reason := why_not_price(price, per):
        wrong[f"{at}price"] = say("This price cannot be: {reason}.", reason=reason)
    if wrong:
        raise Invalid(next(iter(wrong.values())), fields=wrong)


def why_not_packs(quantity: Decimal, unit: str, least: Decimal, pack: Decimal) -> str | None:
    """Why a supplier would not deliver this quantity; names the nearest one that it would."""
    if quantity < least:
        return say("the supplier delivers at least {least} {plural}", least=plain(least), plural=UNITS[unit].plural)
    if quantity % pack:
        right = plain(orderable(quantity, least, pack))
        return say(
            "the supplier delivers in packs of {pack}: order {right} {plural}",
            pack=plain(pack),
            right=right,
            plural=UNITS[unit].plural,
        )
    return None


def holds_on(day: date, valid_from: date, valid_until: date | None) -> bool:
    return valid_from <= day and (valid_until is None or day <= valid_until)


def best(quotes: Sequence[Quote], stock_quantity: Decimal, rates: dict[str, Decimal]) -> Quote | None:
    """The preferred supplier's quote, else the cheapest in company currency for what would really be ordered."""

    def cost(quote: Quote) -> tuple[bool, Decimal, int]:
        quantity = orderable(stock_quantity / quote.factor, quote.least_quantity, quote.pack_quantity)
        return (not quote.preferred, quote.amount(quantity) * rates[quote.currency], quote.offer_id)

    usable = [quote for quote in quotes if quote.currency in rates]
    return min(usable, key=cost, default=None)


def minimum(rule: MinimumRule, value: Decimal, least_value: Decimal, charge: Decimal, currency: str) -> MinimumVerdict:
    """What an order of `value` means under the supplier's minimum order value."""
    nothing = Decimal(0)
    if rule is MinimumRule.NONE or value >= least_value:
        return MinimumVerdict(None, nothing, nothing)
    if rule is MinimumRule.SURCHARGE:
        return MinimumVerdict(None, charge, nothing)
    if rule is MinimumRule.FREE_FREIGHT:
        return MinimumVerdict(None, nothing, charge)
    missing = Money(least_value - value, currency).rounded()
    return MinimumVerdict(
        say(
            "the supplier takes no order under {least}; {missing} are missing",
            least=Money(least_value, currency).rounded(),
            missing=missing,
        ),
        nothing,
        nothing,
    )
