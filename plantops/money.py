"""Money: an amount and its currency, rounded the way the currency asks, never a float."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from functools import cache

from babel.core import get_global
from babel.numbers import format_currency, get_currency_precision

from plantops.errors import Invalid
from plantops.wording import say

LARGEST_AMOUNT = Decimal("999999999999999.9999")  # numeric(19,4)
RATE_DIGITS = 10  # numeric(20,10)
_CURRENCIES: frozenset[str] = frozenset(get_global("all_currencies"))


class Rounding(StrEnum):
    """The name of the rule is stored with a document, so that its totals can be computed again."""

    HALF_UP = "half-up"
    HALF_EVEN = "half-even"
    HALF_UP_5 = "half-up-0.05"  # Swiss cash
    DOWN = "down"


_MODES = {
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    Rounding.HALF_UP_5: ROUND_HALF_UP,
    Rounding.DOWN: ROUND_DOWN,
}


def why_not_currency(code: str) -> str | None:
    if code not in _CURRENCIES:
        return say("'{code}' is not a currency code; use three capital letters such as EUR or USD", code=code)
    return None


@cache
def smallest_step(currency: str, rule: Rounding = Rounding.HALF_UP) -> Decimal:
    """The smallest amount that the currency knows: 0.01 EUR, 1 JPY, 0.001 KWD; 0.05 under the cash rule."""
    if rule is Rounding.HALF_UP_5:
        return Decimal("0.05")
    return Decimal(1).scaleb(-get_currency_precision(currency))


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency. Arithmetic never rounds; `rounded()` does, by a named rule."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"Money takes a Decimal, not {type(self.amount).__name__}.")
        if reason := why_not_currency(self.currency):
            raise Invalid(say("The currency is wrong: {reason}.", reason=reason), field="currency")
        if not self.amount.is_finite() or abs(self.amount) > LARGEST_AMOUNT:
            raise Invalid(say("The amount {amount} is too large to be kept.", amount=self.amount), field="amount")

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> Money:
        """Money from written digits with a decimal point, e.g. Money.of("12.50", "EUR")."""
        if isinstance(amount, float):
            raise TypeError("Money is never made from a float; write the amount as text or Decimal.")
        try:
            return cls(Decimal(amount), currency)
        except InvalidOperation:
            raise Invalid(say("'{amount}' is not an amount of money.", amount=amount), field="amount") from None

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(Decimal(0), currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.amount), self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        if isinstance(factor, float):
            raise TypeError("Money is never multiplied by a float; use Decimal.")
        return Money(self.amount * factor, self.currency)

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other)

    def __str__(self) -> str:
        return f"{self.currency} {self.amount:,f}"

    def _same(self, other: Money) -> Decimal:
        if not isinstance(other, Money):
            raise TypeError(f"Money can only meet money, not {type(other).__name__}.")
        if other.currency != self.currency:
            raise Invalid(
                say(
                    "{value} and {other} are in different currencies: convert one of them with a rate first.",
                    value=self,
                    other=other,
                ),
                field="currency",
            )
        return other.amount

    def rounded(self, rule: Rounding = Rounding.HALF_UP) -> Money:
        """To the smallest step of the currency; 2.675 EUR gives 2.68, half away from zero."""
        step = smallest_step(self.currency, rule)
        steps = (self.amount / step).to_integral_value(_MODES[rule])
        return Money((steps * step).quantize(step, ROUND_HALF_UP), self.currency)

    def allocate(self, weights: Sequence[Decimal | int]) -> tuple[Money, ...]:
        """
        Parts in proportion to the weights that add up to exactly this amount.

        Largest remainder: every part gets its whole cents, the cents left over go one each to the parts
        that lost most, the earlier part first. Raises Invalid when the amount has fractions of a cent or
        when the weights are negative or all zero.
        """
        step = smallest_step(self.currency)
        cents, rest = divmod(abs(self.amount), step)
        if rest:
            raise Invalid(
                say("{value} has fractions of {step}: round it before it is shared out.", value=self, step=step),
                field="amount",
            )
        if any(weight < 0 for weight in weights) or not any(weights):
            raise Invalid(say("The shares must not be negative, and at least one must be above zero."))
        total = sum((Decimal(weight) for weight in weights), Decimal(0))
        exact = [cents * weight / total for weight in weights]
        whole = [share.to_integral_value(ROUND_DOWN) for share in exact]
        left = int(cents - sum(whole))
        by_loss = sorted(range(len(exact)), key=lambda place: (whole[place] - exact[place], place))
        for place in by_loss[:left]:
            whole[place] += 1
        sign = -1 if self.amount < 0 else 1
        return tuple(Money((share * step * sign).quantize(step, ROUND_HALF_UP), self.currency) for share in whole)

    def split(self, parts: int) -> tuple[Money, ...]:
        """Equal parts that differ by one cent at most: 10.00 in three is 3.34, 3.33, 3.33."""
        return self.allocate([1] * parts)

    def shown(self, locale: str = "en") -> str:
        """For people: €1,234.50 in English, 1.234,50 € in German."""
        return str(format_currency(self.amount, self.currency, locale=locale))


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of amounts in one currency; zero of that currency when there are none."""
    return sum(amounts, Money.zero(currency))


@dataclass(frozen=True, slots=True)
class Rate:
    """How much of `to_currency` one unit of `from_currency` buys, on a day, stored on the document that used it."""

    from_currency: str
    to_currency: str
    value: Decimal
    on: date
    source: str

    def __post_init__(self) -> None:
        for field, code in (("from_currency", self.from_currency), ("to_currency", self.to_currency)):
            if reason := why_not_currency(code):
                raise Invalid(say("The rate's currency is wrong: {reason}.", reason=reason), field=field)
        if not isinstance(self.value, Decimal) or not self.value.is_finite() or self.value <= 0:
            raise Invalid(say("A rate must be a number above zero, not {value}.", value=self.value), field="value")
        if self.value != self.value.quantize(Decimal(1).scaleb(-RATE_DIGITS)):
            raise Invalid(
                say(
                    "A rate has at most {rate_digits} digits after the point: {value}.",
                    rate_digits=RATE_DIGITS,
                    value=self.value,
                ),
                field="value",
            )


def convert(money: Money, rate: Rate, rule: Rounding = Rounding.HALF_UP) -> Money:
    """Money at a stored rate, in either direction of the rate, rounded once at the end."""
    if money.currency == rate.from_currency:
        return Money(money.amount * rate.value, rate.to_currency).rounded(rule)
    if money.currency == rate.to_currency:
        return Money(money.amount / rate.value, rate.from_currency).rounded(rule)
    raise Invalid(
        say(
            "The rate {from_currency} to {to_currency} cannot convert {money}: choose a rate for {currency}.",
            from_currency=rate.from_currency,
            to_currency=rate.to_currency,
            money=money,
            currency=money.currency,
        ),
        field="currency",
    )
