"""Forms: what people type is read as they meant it, or refused in a sentence at its field."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from plantops.errors import Invalid
from web.forms import Form, Wrong, clock, day, decimal, integer, moment, plain_text

PLANT = ZoneInfo("Europe/Luxembourg")


class Kind(StrEnum):
    GOODS = "goods"
    SERVICE = "service"


@dataclass(frozen=True)
class Line:
    item_id: int
    quantity: Decimal


@dataclass(frozen=True)
class Need:
    what: str
    wanted_on: date
    kind: Kind
    budget: Decimal | None
    at: datetime | None = None
    note: str = ""
    urgent: bool = False
    places: tuple[int, ...] = ()
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Reported:
    place_id: int | None = None


def form(*pairs: tuple[str, str], **fields: str) -> Form:
    return Form(FormData([*fields.items(), *pairs]), PLANT)


def refused(filled: Form) -> dict[str, str]:
    with pytest.raises(Invalid) as error:
        filled.into(Need)
    return error.value.fields


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12", "12"),
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1 234,5", "1234.5"),
        ("1'234.5", "1234.5"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("0,125", "0.125"),
        ("1.234", "1.234"),
        ("-3", "-3"),
        ("−3", "-3"),
        ("1e3", "1000"),
        ("  7 ", "7"),
    ],
)
def test_numbers_are_read_in_both_ways_of_writing(typed: str, meant: str) -> None:
    assert decimal(typed) == Decimal(meant)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("1,234", "can be read in two ways"),
        ("twelve", "is not a number"),
        ("", "is not a number"),
        ("1..2", "is not a number"),
        ("1,2,3", "is not a number"),
        ("1.2,3.4", "is not a number"),
        ("NaN", "is not a number"),
        ("Infinity", "is not a number"),
        ("1e999", "too large"),
        ("9" * 400, "too large"),
        ("1000000000000", "too large"),
        ("0.1234567", "At most 6 digits"),
        ("٣", "is not a number"),
        ("<script>", "is not a number"),
    ],
)
def test_what_is_no_number_is_refused(typed: str, says: str) -> None:
    with pytest.raises(Wrong, match=says):
        decimal(typed)


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_refused(typed: str) -> None:
    with contextlib.suppress(Wrong):
        assert decimal(typed).is_finite()


@given(st.decimals(min_value=-(10**11), max_value=10**11, places=4, allow_nan=False))
def test_every_number_that_we_write_is_read_back(number: Decimal) -> None:
    assert decimal(f"{number:f}") == number


def test_whole_numbers_only_where_whole_numbers_belong() -> None:
    assert integer("40") == 40
    with pytest.raises(Wrong, match="whole number"):
        integer("4.5")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("2026-02-31", "There is no 31 February 2026"),
        ("31.02.2026", "There is no 31 February 2026"),
        ("2026-13-01", "is not a date"),
        ("tomorrow", "is not a date"),
        ("0001-01-01", "between 1900 and 2200"),
        ("99999-01-01", "is not a date"),
    ],
)
def test_days_that_are_none_are_refused(typed: str, says: str) -> None:
    with pytest.raises(Wrong, match=says):
        day(typed)


def test_days_and_times() -> None:
    assert day("2026-11-23") == day("23.11.2026") == date(2026, 11, 23)
    assert clock("14:05") == time(14, 5)
    assert moment("2026-11-23T10:00", PLANT) == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_the_hour_that_the_spring_leaves_out_is_refused() -> None:
    with pytest.raises(Wrong, match="02:30 does not exist on 2026-03-29"):
        moment("2026-03-29T02:30", PLANT)


def test_text_is_trimmed_and_cannot_hold_what_cannot_be_stored() -> None:
    assert plain_text("  caffe\u0301\r\nnext ") == "caffé\nnext"
    for hostile in ("a\x00b", "a\x1bb", "\ud800"):
        with pytest.raises(Wrong, match="cannot be stored"):
            plain_text(hostile)
    with pytest.raises(Wrong, match="too long"):
        plain_text("x" * 1_000_000)
    assert plain_text("<script>alert(1)</script> \u202eright to left 🙂").startswith("<script>")


def test_a_form_becomes_its_dataclass() -> None:
    filled = form(
        ("places", "3"),
        ("places", "5"),
        ("lines.1.item_id", "8"),
        ("lines.1.quantity", "2,5"),
        ("lines.0.item_id", "7"),
        ("lines.0.quantity", "1"),
        what=" Gloves ",
        wanted_on="2026-12-01",
        kind="goods",
        budget="",
        urgent="true",
    )
    assert filled.into(Need) == Need(
        "Gloves",
        date(2026, 12, 1),
        Kind.GOODS,
        None,
        urgent=True,
        places=(3, 5),
        lines=(Line(7, Decimal(1)), Line(8, Decimal("2.5"))),
    )


def test_all_wrong_fields_are_told_at_once() -> None:
    filled = form(("lines.0.item_id", "x"), ("lines.0.quantity", ""), what="", wanted_on="2026-02-30", kind="people")
    assert refused(filled) == {
        "what": "Please fill this in.",
        "wanted_on": "There is no 30 February 2026.",
        "kind": "Choose one of the options.",
        "lines.0.item_id": "“x” is not a number.",
        "lines.0.quantity": "Please fill this in.",
    }


def test_words_of_which_nothing_was_chosen_are_told_and_not_dropped() -> None:
    with pytest.raises(Invalid, match="“kitchn” is not in the list"):
        form(place_id="", place_id_text="kitchn").into(Reported)
    assert form(place_id="7", place_id_text="Kitchen").into(Reported).place_id == 7
    assert form(place_id="", place_id_text=" ").into(Reported).place_id is None


def test_one_form_read_as_two_tells_what_is_wrong_in_both() -> None:
    with pytest.raises(Invalid) as error:
        form(quantity="2", place_id="x").into_both(Line, Reported)
    assert list(error.value.fields) == ["item_id", "place_id"]


def test_what_the_page_knows_is_not_taken_from_the_form() -> None:
    filled = form(item_id="999", quantity="2")
    assert filled.into(Line, item_id=4) == Line(4, Decimal(2))


def test_a_form_without_version_says_so() -> None:
    assert form(_version="7").version == 7
    for broken in ("", "seven", "-1", "9" * 30):
        with pytest.raises(Invalid, match="which version"):
            _ = form(_version=broken).version


def test_the_same_form_drawn_twice_has_one_fingerprint() -> None:
    first, again, other = form(_key="a", _csrf="b", x="1"), form(_key="c", _csrf="d", x="1"), form(_key="a", x="2")
    assert first.fingerprint() == again.fingerprint() != other.fingerprint()
