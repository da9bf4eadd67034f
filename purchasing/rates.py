"""Exchange rates: entered once, then fixed on every document that uses them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import sqlalchemy as sa

from plantops.context import Context, requires, within
from plantops.db import one_at_a_time
from plantops.errors import Conflict, Invalid
from plantops.money import RATE_DIGITS, why_not_currency
from plantops.wording import say, whole_day
from purchasing.models import ExchangeRate
from purchasing.permissions import Can

OLDEST = timedelta(days=400)
STEP = Decimal(1).scaleb(-RATE_DIGITS)


# --- Questions


@within("a document fixes the rate of its day")
def rate(ctx: Context, from_currency: str, to_currency: str, on: date) -> Decimal:
    """What one unit was worth on that day: the last rate entered until then, in either direction.

    Raises Conflict when there is none that is younger than 400 days.
    """
    if from_currency == to_currency:
        return Decimal(1)
    query = (
        sa.select(ExchangeRate)
        .where(
            sa.tuple_(ExchangeRate.from_currency, ExchangeRate.to_currency).in_(
                [(from_currency, to_currency), (to_currency, from_currency)]
            ),
            ExchangeRate.on <= on,
            ExchangeRate.on >= on - OLDEST,
        )
        .order_by(ExchangeRate.on.desc(), ExchangeRate.id.desc())
        .limit(1)
    )
    found = ctx.session.scalar(query)
    if found is None:
        raise Conflict(
            say(
                "No exchange rate from {from_currency} to {to_currency} is known for {on}. Enter one first.",
                from_currency=from_currency,
                to_currency=to_currency,
                on=whole_day(on),
            ),
            field="currency",
        )
    return found.rate if found.from_currency == from_currency else (1 / found.rate).quantize(STEP, ROUND_HALF_UP)


@within("prices of several suppliers are compared in one currency")
def known_rates(ctx: Context, currencies: set[str], to_currency: str, on: date) -> dict[str, Decimal]:
    """The rates that are known; a currency without one is missing."""
    found: dict[str, Decimal] = {}
    for currency in currencies:
        try:
            found[currency] = rate(ctx, currency, to_currency, on)
        except Conflict:
            continue
    return found


# --- Actions


@requires(Can.MANAGE_BUDGETS, Can.MANAGE_SUPPLIERS)
def enter(
    ctx: Context, from_currency: str, to_currency: str, on: date, value: Decimal, source: str = ""
) -> ExchangeRate:
    """One unit of `from_currency` is worth `value` of `to_currency` from that day on. Entered twice: the last holds."""
    for field, code in (("from_currency", from_currency), ("to_currency", to_currency)):
        if reason := why_not_currency(code):
            raise Invalid(say("The currency is wrong: {reason}.", reason=reason), field=field)
    if from_currency == to_currency:
        raise Invalid(say("A rate stands between two different currencies."), field="to_currency")
    if not value.is_finite() or not STEP <= value < 10**9:
        raise Invalid(say("A rate is a number above zero."), field="value")
    if on > ctx.today:
        raise Invalid(say("A rate cannot be known before its day."), field="on")
    one_at_a_time(ctx.session, "rate", from_currency, to_currency, on)
    held = ctx.session.scalar(
        sa.select(ExchangeRate)
        .where(
            ExchangeRate.from_currency == from_currency, ExchangeRate.to_currency == to_currency, ExchangeRate.on == on
        )
        .with_for_update()
    )
    if held is None:
        held = ExchangeRate(from_currency=from_currency, to_currency=to_currency, on=on)
        ctx.session.add(held)
    held.rate, held.source = value.quantize(STEP, ROUND_HALF_UP), source.strip()
    ctx.session.flush()
    return held
