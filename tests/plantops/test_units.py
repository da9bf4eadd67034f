"""Ten pieces are never ten boxes, and nothing is lost on the way from one unit to another."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantops.errors import Invalid
from plantops.money import Money
from plantops.units import UNITS, Pack, Price, Quantity, convert, whole_packs, why_not_multiple, why_not_unit

BOX = Pack("box", Decimal(100), "each")
PALLET = Pack("pallet", Decimal(40), "box")


def amount(value: str, unit: str) -> Quantity:
    return Quantity(Decimal(value), unit)


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        ("10", "box", "each", "1000"),
        ("250", "each", "box", "2.5"),
        ("2", "pallet", "each", "8000"),
        ("1", "pallet", "pair", "2000"),
        ("4000", "each", "pallet", "1"),
        ("1.5", "m3", "l", "1500"),
        ("750", "g", "kg", "0.75"),
        ("45", "min", "h", "0.75"),
        ("3", "dozen", "each", "36"),
        ("0", "box", "each", "0"),
        ("-2", "box", "each", "-200"),
        ("0.1", "kg", "g", "100"),
    ],
)
def test_converts_exactly(value: str, unit: str, to: str, expected: str) -> None:
    assert convert(amount(value, unit), to, [BOX, PALLET]) == amount(expected, to)


@pytest.mark.parametrize(("unit", "to"), [("each", "box"), ("box", "pack"), ("kg", "l"), ("each", "kg"), ("h", "day")])
def test_without_a_pack_nothing_turns_pieces_into_boxes(unit: str, to: str) -> None:
    with pytest.raises(Invalid, match="Nothing says how many"):
        convert(amount("10", unit), to)


def test_an_item_may_say_what_a_litre_weighs() -> None:
    oil = Pack("drum", Decimal(20), "l"), Pack("l", Decimal("0.87"), "kg")
    assert convert(amount("2", "drum"), "kg", oil) == amount("34.8", "kg")


def test_seven_pieces_are_no_number_of_boxes_of_three() -> None:
    three = [Pack("box", Decimal(3), "each")]
    with pytest.raises(Invalid, match="between 2 and 3"):
        convert(amount("7", "each"), "box", three)
    assert why_not_multiple(amount("7", "each"), "box", three) == (
        "it comes in whole boxes: 7 pieces is not one; take 6 or 9 pieces"
    )
    assert why_not_multiple(amount("9", "each"), "box", three) is None
    assert "take 3 pieces" in str(why_not_multiple(amount("1", "each"), "box", three))


@pytest.mark.parametrize(("pieces", "boxes"), [("1", "1"), ("100", "1"), ("101", "2"), ("0", "0")])
def test_the_fewest_boxes_that_hold_enough(pieces: str, boxes: str) -> None:
    assert whole_packs(amount(pieces, "each"), "box", [BOX]) == amount(boxes, "box")


@pytest.mark.parametrize(("unit", "holds", "of"), [("pair", "3", "each"), ("kg", "5", "g"), ("box", "10", "box")])
def test_a_pack_cannot_change_what_a_pair_is(unit: str, holds: str, of: str) -> None:
    with pytest.raises(Invalid, match="measure the same thing"):
        Pack(unit, Decimal(holds), of)


@pytest.mark.parametrize("holds", ["0", "-1", "NaN"])
def test_a_pack_holds_something(holds: str) -> None:
    with pytest.raises(Invalid, match="more than nothing"):
        Pack("box", Decimal(holds), "each")


def test_unknown_units_and_impossible_numbers_are_refused() -> None:
    assert "not a unit" in str(why_not_unit("Each"))
    with pytest.raises(Invalid, match="not a unit"):
        amount("1", "crate")
    with pytest.raises(Invalid, match="too large"):
        amount("1e13", "each")
    with pytest.raises(TypeError):
        Quantity(1.0, "each")  # type: ignore[arg-type]


@given(st.decimals(min_value=-(10**6), max_value=10**6, places=6), st.sampled_from([1, 3, 7, 12, 100, 144]))
def test_there_and_back_is_the_same(value: Decimal, holds: int) -> None:
    packs = [Pack("box", Decimal(holds), "each")]
    there = convert(Quantity(value, "box"), "each", packs)
    assert convert(there, "box", packs).value == value


@pytest.mark.parametrize(
    ("price", "unit", "per", "value", "of", "expected"),
    [
        ("12.345", "each", 100, "3", "box", "37.04"),
        ("12.345", "each", 1000, "300", "each", "3.70"),
        ("4.00", "box", 1, "250", "each", "10.00"),
        ("1.99", "kg", 1, "250", "g", "0.50"),
        ("0.005", "each", 1, "1", "each", "0.01"),
        ("-0.005", "each", 1, "1", "each", "-0.01"),
    ],
)
def test_a_price_per_hundred_is_worth_what_it_says(
    price: str, unit: str, per: int, value: str, of: str, expected: str
) -> None:
    assert Price(Money.of(price, "EUR"), unit, per).value_of(amount(value, of), [BOX]) == Money.of(expected, "EUR")


def test_a_price_in_thirds_is_rounded_once() -> None:
    three = [Pack("box", Decimal(3), "each")]
    assert Price(Money.of("10", "EUR"), "box").value_of(amount("1", "each"), three) == Money.of("3.33", "EUR")
    assert Price(Money.of("10", "EUR"), "box").value_of(amount("2", "each"), three) == Money.of("6.67", "EUR")


def test_prices_are_per_one_a_hundred_or_a_thousand() -> None:
    with pytest.raises(Invalid, match="per 1, 100 or 1,000"):
        Price(Money.of("1", "EUR"), "each", 10)
    assert str(Price(Money.of("12.30", "EUR"), "each", 1000)) == "EUR 12.30 per 1,000 pieces"


def test_each_unit_has_its_e_invoice_code_once() -> None:
    codes = [unit.rec20 for unit in UNITS.values()]
    assert len(set(codes)) == len(codes)
