"""Money adds up to the cent, keeps its currency, and never becomes a float."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantops.errors import Invalid
from plantops.money import Money, Rate, Rounding, convert, smallest_step, total

CENTS = st.integers(min_value=-(10**9), max_value=10**9)


@pytest.mark.parametrize(
    ("amount", "currency", "rule", "expected"),
    [
        ("2.675", "EUR", Rounding.HALF_UP, "2.68"),
        ("-2.675", "EUR", Rounding.HALF_UP, "-2.68"),
        ("2.665", "EUR", Rounding.HALF_EVEN, "2.66"),
        ("2.679", "EUR", Rounding.DOWN, "2.67"),
        ("100.5", "JPY", Rounding.HALF_UP, "101"),
        ("1.0005", "KWD", Rounding.HALF_UP, "1.001"),
        ("1.025", "CHF", Rounding.HALF_UP_5, "1.05"),
        ("1.02", "CHF", Rounding.HALF_UP_5, "1.00"),
    ],
)
def test_rounds_by_the_currency_and_the_named_rule(amount: str, currency: str, rule: Rounding, expected: str) -> None:
    assert str(Money.of(amount, currency).rounded(rule).amount) == expected


def test_the_rule_is_stored_by_name() -> None:
    assert Rounding("half-up") is Rounding.HALF_UP
    assert str(Rounding.HALF_UP) == "half-up"


@pytest.mark.parametrize("wrong", [1.5, 0.1])
def test_a_float_never_becomes_money(wrong: float) -> None:
    with pytest.raises(TypeError):
        Money(wrong, "EUR")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money.of(wrong, "EUR")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money.of("1", "EUR") * wrong  # type: ignore[operator]


@pytest.mark.parametrize("currency", ["eur", "EURO", "", "XXZ", "E R"])
def test_an_unknown_currency_is_refused(currency: str) -> None:
    with pytest.raises(Invalid, match="currency"):
        Money.of("1", currency)


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e30", "abc", ""])
def test_an_amount_that_cannot_be_kept_is_refused(amount: str) -> None:
    with pytest.raises(Invalid) as refused:
        Money.of(amount, "EUR")
    assert "amount" in refused.value.fields


def test_currencies_do_not_mix() -> None:
    with pytest.raises(Invalid, match="convert one of them"):
        Money.of("1", "EUR") + Money.of("1", "USD")
    with pytest.raises(Invalid, match="different currencies"):
        assert Money.of("1", "EUR") < Money.of("1", "USD")
    assert Money.of("1", "EUR") != Money.of("1", "USD")
    with pytest.raises(TypeError):
        Money.of("1", "EUR") + 1  # type: ignore[operator]


def test_ten_euros_in_three_lose_no_cent() -> None:
    parts = Money.of("10.00", "EUR").split(3)
    assert [str(part.amount) for part in parts] == ["3.34", "3.33", "3.33"]
    assert [str(part.amount) for part in Money.of("-10.00", "EUR").split(3)] == ["-3.34", "-3.33", "-3.33"]


def test_shares_by_weight_and_a_weight_of_nothing() -> None:
    parts = Money.of("100", "JPY").allocate([1, 0, 2])
    assert [str(part.amount) for part in parts] == ["33", "0", "67"]


@pytest.mark.parametrize("weights", [[0, 0], [], [1, -1]])
def test_shares_that_make_no_sense_are_refused(weights: list[int]) -> None:
    with pytest.raises(Invalid, match="shares"):
        Money.of("1.00", "EUR").allocate(weights)


def test_fractions_of_a_cent_are_not_shared_out_silently() -> None:
    with pytest.raises(Invalid, match="round it"):
        Money.of("1.005", "EUR").split(2)


@given(cents=CENTS, weights=st.lists(st.integers(min_value=0, max_value=10_000), min_size=1, max_size=12))
def test_shares_always_add_up_and_miss_the_exact_share_by_less_than_a_cent(cents: int, weights: list[int]) -> None:
    money = Money(Decimal(cents).scaleb(-2), "EUR")
    if not any(weights):
        weights[0] = 1
    parts = money.allocate(weights)
    assert total(parts, "EUR") == money
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.amount - money.amount * weight / sum(weights)) < Decimal("0.01")


def test_a_sum_of_nothing_is_zero_of_the_currency() -> None:
    assert total([], "USD") == Money.zero("USD")
    assert not Money.zero("USD")


RATE = Rate("USD", "EUR", Decimal("0.9231"), date(2026, 11, 20), "ECB")


def test_converts_both_ways_at_the_stored_rate() -> None:
    assert convert(Money.of("100", "USD"), RATE) == Money.of("92.31", "EUR")
    assert convert(Money.of("92.31", "EUR"), RATE) == Money.of("100.00", "USD")


def test_a_rate_for_other_currencies_is_refused() -> None:
    with pytest.raises(Invalid, match="choose a rate for CHF"):
        convert(Money.of("1", "CHF"), RATE)


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "1.23456789012"])
def test_a_rate_must_be_above_zero_and_storable(value: str) -> None:
    with pytest.raises(Invalid) as refused:
        Rate("USD", "EUR", Decimal(value), date(2026, 1, 1), "ECB")
    assert "value" in refused.value.fields


def test_shown_in_the_readers_language() -> None:
    assert Money.of("1234.5", "EUR").shown("en") == "€1,234.50"
    assert Money.of("1234.5", "EUR").shown("de").replace("\xa0", " ") == "1.234,50 €"
    assert smallest_step("EUR") == Decimal("0.01")
