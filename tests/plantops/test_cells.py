"""Cells: five kinds of dates and two of decimals, each only in the form that the map states."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from plantops.cells import BadCell, NumberForm, day, instant, moment, number, text, whole_number, yes
from plantops.errors import Invalid
from plantops.sheets import Cell

POINT = NumberForm()
COMMA = NumberForm(decimal=",", thousands=".")


@pytest.mark.parametrize(
    ("cell", "form", "expected"),
    [
        ("02-Jun-06", "%d-%b-%y", date(2006, 6, 2)),
        ("2006-06-02", "%Y-%m-%d", date(2006, 6, 2)),
        ("02.06.2006", "%d.%m.%Y", date(2006, 6, 2)),
        ("06/02/2006", "%m/%d/%Y", date(2006, 6, 2)),
        ("2006-06-02T03:03:15.000", "%Y-%m-%dT%H:%M:%S.%f", date(2006, 6, 2)),
        (datetime(2006, 6, 2, 14), "%Y-%m-%d", date(2006, 6, 2)),  # noqa: DTZ001
        (date(2006, 6, 2), "%Y-%m-%d", date(2006, 6, 2)),
    ],
)
def test_dates_of_each_kind_in_their_stated_form(cell: Cell, form: str, expected: date) -> None:
    assert day(cell, [form]) == expected


@pytest.mark.parametrize(
    "cell", ["31.02.2026", "2026-06-02", "soon", "", "1.6.26 ", "01.06.1026", Decimal(45000), True]
)
def test_what_is_no_date_in_that_form_is_refused_with_an_example(cell: Cell) -> None:
    with pytest.raises(BadCell) as refused:
        day(cell, ["%d.%m.%Y"])
    assert any(words in str(refused.value) for words in ("written like '31.12.2026'", "date is needed", "outside"))


def test_a_date_that_two_forms_read_differently_is_refused() -> None:
    both = ["%d/%m/%Y", "%m/%d/%Y"]
    assert day("13/02/2026", both) == date(2026, 2, 13)
    assert day("02/02/2026", both) == date(2026, 2, 2)
    with pytest.raises(BadCell, match="could be 02 Mar 2026 or 03 Feb 2026"):
        day("02/03/2026", both)


def test_times_are_taken_in_the_zone_of_the_file() -> None:
    zone = ZoneInfo("America/New_York")
    assert instant("2024-04-16T03:03:15", ["%Y-%m-%dT%H:%M:%S"], zone) == datetime(2024, 4, 16, 7, 3, 15, tzinfo=UTC)
    assert moment("16.04.2024 03:03", ["%d.%m.%Y %H:%M"]).hour == 3


@pytest.mark.parametrize(
    ("cell", "form", "expected"),
    [
        ("1234.5", POINT, "1234.5"),
        ("-0.07", POINT, "-0.07"),
        ("1,5", COMMA, "1.5"),
        ("1.234.567,89", COMMA, "1234567.89"),
        ("-1.234,5", COMMA, "-1234.5"),
        ("12", COMMA, "12"),
        ("1,234.50", NumberForm(".", ","), "1234.50"),
        ("1 234\u00a0567,5", NumberForm(",", " "), "1234567.5"),
        (Decimal("0.3"), COMMA, "0.3"),
    ],
)
def test_numbers_as_the_map_says_they_are_written(cell: Cell, form: NumberForm, expected: str) -> None:
    assert str(number(cell, form)) == expected


@pytest.mark.parametrize(
    ("cell", "form", "why"),
    [
        ("1,5", POINT, "decimal_comma = true"),
        ("1.234,5", POINT, "decimal_comma = true"),
        ("1,234", POINT, "decimal_comma = true"),
        ("1.5", NumberForm(","), "has a point"),
        ("1.23,4", COMMA, "wrong place"),
        ("1234.567,4", COMMA, "wrong place"),
        ("1,2,3", NumberForm(","), "not a number"),
        ("Freight Included", POINT, "not a number"),
        ("1e5", POINT, "not a number"),
        ("", POINT, "not a number"),
        ("١٢", POINT, "not a number"),
        ("--1", POINT, "not a number"),
        ("9" * 16, POINT, "too large"),
        (True, POINT, "a number is needed"),
        (date(2026, 1, 1), POINT, "a number is needed"),
    ],
)
def test_numbers_written_otherwise_are_refused(cell: Cell, form: NumberForm, why: str) -> None:
    with pytest.raises(BadCell, match=why):
        number(cell, form)


def test_a_form_of_numbers_must_make_sense() -> None:
    with pytest.raises(Invalid):
        NumberForm(",", ",")
    with pytest.raises(Invalid):
        NumberForm(";")


def test_whole_numbers_are_whole() -> None:
    assert whole_number("12.0") == 12
    with pytest.raises(BadCell, match="not a whole number"):
        whole_number("12.5")


@pytest.mark.parametrize(("cell", "expected"), [("Yes", True), ("x", True), (True, True), ("0", False), ("", False)])
def test_yes_and_no(cell: Cell, expected: bool) -> None:
    assert yes(cell) is expected


def test_maybe_is_neither() -> None:
    with pytest.raises(BadCell, match="neither yes nor no"):
        yes("maybe")


def test_texts_are_taken_as_they_stand_up_to_their_length() -> None:
    assert text(Decimal("7.0"), 10) == "7.0"
    assert text(datetime(2026, 1, 2), 40) == "2026-01-02"  # noqa: DTZ001
    with pytest.raises(BadCell, match="at most 3"):
        text("four", 3)
