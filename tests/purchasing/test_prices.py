"""Prices, packs and minimum values as pure rules."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purchasing.models.sources import MinimumRule
from purchasing.prices import Break, Quote, amount, best, minimum, orderable, why_not_packs, why_not_price

D = Decimal


def quote(**more: object) -> Quote:
    values = {
        "offer_id": 1, "supplier_id": 1, "supplier": "A", "item_id": 1, "currency": "EUR", "unit": "each",
        "factor": D(1), "price": D(10), "per": 1, "least_quantity": D(0), "pack_quantity": D(1), "lead_days": 3,
        "supplier_code": "", "preferred": False,
    }  # fmt: skip
    return Quote(**{**values, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("quantity", "price", "per", "currency", "expected"),
    [
        ("40", "412.50", 100, "EUR", "165.00"),
        ("3", "0.333", 1, "EUR", "1.00"),
        ("1", "2.675", 1, "EUR", "2.68"),  # half up, not to even
        ("7", "1.5", 1, "JPY", "11"),
        ("1", "4.20", 1000, "EUR", "0.00"),
    ],
)
def test_amounts_round_once_by_the_currency(quantity: str, price: str, per: int, currency: str, expected: str) -> None:
    assert amount(D(quantity), D(price), per, currency) == D(expected)


@given(st.decimals("0.01", "10000", places=2), st.decimals("0", "500", places=0), st.decimals("0.5", "144", places=1))
def test_what_is_ordered_covers_the_need_in_whole_packs(needed: Decimal, least: Decimal, pack: Decimal) -> None:
    ordered = orderable(needed, least, pack)
    assert ordered >= needed and ordered >= least
    assert ordered % pack == 0
    assert ordered - pack < max(needed, least)


def test_the_nearest_right_quantity_is_named() -> None:
    assert "at least 10 boxes" in (why_not_packs(D(4), "box", D(10), D(5)) or "")
    assert "order 15 boxes" in (why_not_packs(D(12), "box", D(10), D(5)) or "")
    assert why_not_packs(D(15), "box", D(10), D(5)) is None


def test_breaks_count_from_their_quantity_on() -> None:
    stepped = quote(breaks=(Break(D(100), D(8)), Break(D(10), D(9))))
    assert [stepped.price_at(D(q)) for q in (9, 10, 99, 100)] == [D(10), D(9), D(9), D(8)]


def test_the_best_quote_is_the_cheapest_for_what_would_be_ordered() -> None:
    boxes = quote(offer_id=2, supplier_id=2, unit="box", factor=D(100), price=D(900), least_quantity=D(5))
    assert best([quote(), boxes], D(10), {"EUR": D(1)}) == quote()
    assert best([quote(), boxes], D(500), {"EUR": D(1)}) == boxes
    assert best([quote(preferred=True), boxes], D(500), {"EUR": D(1)}) == quote(preferred=True)
    dollars = quote(offer_id=3, currency="USD", price=D(9))
    assert best([quote(), dollars], D(1), {"EUR": D(1), "USD": D("0.9")}) == dollars
    assert best([quote(), dollars], D(1), {"EUR": D(1)}) == quote()
    assert best([], D(1), {}) is None


def test_minimum_values() -> None:
    assert minimum(MinimumRule.REFUSE, D(99), D(100), D(0), "EUR").refused
    assert minimum(MinimumRule.REFUSE, D(100), D(100), D(0), "EUR").refused is None
    assert minimum(MinimumRule.SURCHARGE, D(99), D(100), D(12), "EUR").surcharge == D(12)
    assert minimum(MinimumRule.FREE_FREIGHT, D(99), D(100), D(12), "EUR").freight == D(12)
    assert minimum(MinimumRule.FREE_FREIGHT, D(100), D(100), D(12), "EUR").freight == 0


@pytest.mark.parametrize("price", ["-0.01", "NaN", "Infinity", "0.00001", "1e12"])
def test_impossible_prices(price: str) -> None:
    assert why_not_price(D(price), 1)
    assert why_not_price(D(1), 10)
