"""The match as pure rules: values in, findings out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purchasing.matching import (
    Bill,
    Billed,
    Ordered,
    Tolerance,
    findings,
    number_key,
    shown_iban,
    warnings,
    why_not_iban,
)
from purchasing.models.bills import BillLine, Code

D = Decimal
BILL = Bill("EUR", D(1), D(100), D(100), order_currency="EUR", verified_iban="DE89")
ORDERED = Ordered(7, 1, D(10), D(100), D(10), D(0), D(0))
LINE = Billed(1, 1, BillLine.GOODS, 7, D(10), D(100))


def codes(bill: Bill = BILL, line: Billed = LINE, ordered: Ordered = ORDERED, *more: Billed) -> list[Code]:
    return [f.code for f in findings(bill, [line, *more], {ordered.id: ordered}, Tolerance())]


def test_what_was_ordered_received_and_billed_alike_matches() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    ("expected", "billed", "held"),
    [
        ("100", "105", False),  # at most EUR 5 never holds, whatever per cent
        ("10", "15", False),
        ("100", "105.01", True),  # more than EUR 5 and more than 2 %
        ("1000", "1020", False),  # more than EUR 5, not more than 2 %
        ("1000", "1020.01", True),
        ("20000", "20100", False),  # not more than EUR 100
        ("20000", "20100.01", True),  # more than EUR 100, though under 2 %
        ("100", "50", False),  # downward never holds
    ],
)
def test_price_holds_upward_only(expected: str, billed: str, held: bool) -> None:
    ordered, line = replace(ORDERED, amount=D(expected)), replace(LINE, amount=D(billed))
    bill = replace(BILL, gross=D(billed), stated_gross=D(billed))
    assert codes(bill, line, ordered) == ([Code.PRICE] if held else [])


def test_the_limit_is_in_the_companys_currency() -> None:
    yen = replace(BILL, currency="JPY", order_currency="JPY", rate=D("0.006"), gross=D(10500), stated_gross=D(10500))
    ordered, line = replace(ORDERED, amount=D(10000)), replace(LINE, amount=D(10500))
    assert codes(yen, line, ordered) == []
    assert codes(replace(yen, rate=D("0.06")), line, ordered) == [Code.PRICE]


def test_a_lower_price_is_only_said() -> None:
    said = warnings(BILL, [replace(LINE, amount=D(80))], {7: ORDERED}, Tolerance())
    assert said == ["Line 1 is 20.00 EUR cheaper than ordered."]


@pytest.mark.parametrize(
    ("accepted", "returned", "billed", "code"),
    [
        (D(10), D(0), D(0), None),
        (D(6), D(0), D(0), Code.NOT_RECEIVED),
        (D(10), D(2), D(0), Code.NOT_RECEIVED),  # ERPNext 25367: what went back does not count
        (D(10), D(0), D(1), Code.QTY),
        (D(0), D(0), D(0), Code.NOT_RECEIVED),
    ],
)
def test_quantities(accepted: Decimal, returned: Decimal, billed: Decimal, code: Code | None) -> None:
    ordered = replace(ORDERED, accepted=accepted, returned=returned, billed=billed)
    assert codes(ordered=ordered) == ([code] if code else [])


def test_nothing_comes_any_more_so_nothing_is_waited_for() -> None:
    assert codes(ordered=replace(ORDERED, accepted=D(6), may_still_come=False)) == [Code.QTY]


def test_the_same_order_line_twice_on_one_bill_is_seen() -> None:
    """Odoo 50026."""
    bill = replace(BILL, gross=D(200), stated_gross=D(200))
    assert codes(bill, LINE, ORDERED, replace(LINE, id=2, position=2)) == [Code.QTY]


def test_two_way_lines_need_no_receipt() -> None:
    assert codes(ordered=replace(ORDERED, accepted=D(0), three_way=False)) == []
    assert codes(ordered=replace(ORDERED, accepted=D(0), three_way=False, billed=D(1))) == [Code.QTY]


def test_tolerance_in_quantity() -> None:
    line = replace(LINE, quantity=D(11))
    assert codes(line=line, ordered=replace(ORDERED, bill_percent=D(10), amount=D(1000))) == []


def test_heads() -> None:
    assert codes(replace(BILL, stated_gross=D("100.01"))) == [Code.TAX]
    assert codes(replace(BILL, currency="USD")) == [Code.CURRENCY]
    assert codes(replace(BILL, iban="LU28")) == [Code.BANK_CHANGED]
    assert codes(replace(BILL, verified_iban=None)) == [Code.BANK_CHANGED]
    assert codes(replace(BILL, duplicate_of="SI-1", duplicate_on=date(2026, 3, 2))) == [Code.DUPLICATE]
    assert codes(replace(BILL, order_is_over=True)) == [Code.CLOSED_PO]


def test_freight_within_what_was_agreed() -> None:
    freight = Billed(2, 2, BillLine.FREIGHT, None, D(1), D(12))
    assert codes(replace(BILL, freight_left=D(12)), LINE, ORDERED, freight) == []
    assert codes(BILL, LINE, ORDERED, freight) == [Code.PRICE]


def test_without_order() -> None:
    loose = Billed(1, 1, BillLine.GOODS, None, D(1), D(4200))
    bill = replace(BILL, order_currency=None)
    assert [f.code for f in findings(bill, [loose], {}, Tolerance())] == [Code.NO_PO]
    expected = replace(bill, expected_without_order=D(4000), expected_percent=D(10))
    assert findings(expected, [loose], {}, Tolerance()) == []
    far = findings(replace(expected, expected_without_order=D(3000)), [loose], {}, Tolerance())
    assert [(f.code, f.difference) for f in far] == [(Code.NO_PO, D(1200))]


def test_a_credit_note_credits_no_more_than_was_billed() -> None:
    credit = replace(BILL, is_credit=True, verified_iban=None)
    assert codes(credit, ordered=replace(ORDERED, billed=D(10))) == []
    assert codes(credit, ordered=replace(ORDERED, billed=D(9))) == [Code.QTY]


@pytest.mark.parametrize(
    "written", ["RE-2025/00118", "re 2025 118", "RE2025-118", "ＲＥ２０２５-118", "RE–2025–0118", " re.2025.118 "]
)
def test_one_number_in_many_hands(written: str) -> None:
    assert number_key(written) == "RE2025118"


def test_different_numbers_stay_different() -> None:
    keys = {number_key(n) for n in ("118", "1180", "118A", "A118", "0", "")}
    assert len(keys) == 6
    assert number_key("000118") == "118"


@given(st.text(max_size=30))
def test_a_number_written_again_is_the_same(text: str) -> None:
    assert number_key(number_key(text)) in (number_key(text), number_key(number_key(number_key(text))))
    assert number_key(f"  {text.lower()}") == number_key(text.lower())


@pytest.mark.parametrize("iban", ["DE89370400440532013000", "LU280019400644750000", "GB82WEST12345698765432"])
def test_real_looking_accounts(iban: str) -> None:
    assert why_not_iban(iban) is None
    assert "mistyped" in (why_not_iban(iban[:-1] + ("1" if iban[-1] != "1" else "2")) or "")


def test_accounts_are_shown_by_their_ends() -> None:
    assert shown_iban("DE89370400440532013000") == "DE89 … 3000"
    assert why_not_iban("NOT AN IBAN") is not None
