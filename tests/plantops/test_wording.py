"""Sentences, counts, labels, numbers and days in the language that is spoken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest
from markupsafe import Markup

from plantops import catalogues
from plantops.catalogues import Catalogue
from plantops.wording import (
    LABEL,
    day_and_month,
    inside,
    label,
    plural,
    say,
    say_html,
    says,
    speaking,
    weekday,
    weekday_and_day,
    whole_day,
)

GERMAN = Catalogue(
    sentences={
        ("", "There is no order {number}."): "Es gibt keine Bestellung {number}.",
        ("", "It cost {amount:,.2f} on {day}."): "Am {day} kostete es {amount:,.2f}.",
        ("", "From <b>{who}</b>"): "Von <b>{who}</b>",
        ("", "Number"): "Nummer",
        (LABEL, "Partly received"): "Teilweise eingegangen",
    },
    counted={"{n} order of {who}": ("{n} Bestellung von {who}", "{n} Bestellungen von {who}")},
)


@pytest.fixture(autouse=True)
def german(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("plantops.wording.catalogue", {"en": Catalogue(), "de": GERMAN}.__getitem__)
    with speaking("de"):
        yield


def test_a_sentence_is_said_in_the_language_that_is_spoken() -> None:
    assert say("There is no order {number}.", number=17) == "Es gibt keine Bestellung 17."
    with speaking("en"):
        assert say("There is no order {number}.", number=17) == "There is no order 17."
    assert say("Unknown {here}", here="x") == "Unknown x"


def test_numbers_and_days_take_the_form_of_the_language() -> None:
    said = say("It cost {amount:,.2f} on {day}.", amount=Decimal("1234.5"), day=date(2026, 12, 4))
    assert said == "Am 4. Dez. 2026 kostete es 1.234,50."
    assert (day_and_month(date(2026, 12, 4)), weekday(date(2026, 12, 4))) == ("4. Dez.", "Freitag")
    assert weekday_and_day(date(2026, 12, 4)) == "Fr., 4. Dez."
    with speaking("en"):
        assert (whole_day(date(2026, 12, 4)), weekday(date(2026, 12, 4))) == ("4 Dec 2026", "Friday")
        assert weekday_and_day(date(2026, 12, 4)) == "Fri 4 Dec"


def test_counts_choose_the_form_and_have_separators() -> None:
    one, many = "{n} order of {who}", "{n} orders of {who}"
    assert plural(one, many, 1, who="Ann") == "1 Bestellung von Ann"
    assert plural(one, many, 1200, who="Ann") == "1.200 Bestellungen von Ann"
    assert plural(one, many, Decimal("1.5"), who="Ann") == "1,5 Bestellungen von Ann"
    with speaking("en"):
        assert plural(one, many, 1200, who="Ann") == "1,200 orders of Ann"


def test_what_was_typed_is_never_read_as_a_sentence() -> None:
    assert say("There is no order {number}.", number="{number} {0}") == "Es gibt keine Bestellung {number} {0}."
    assert say_html("From <b>{who}</b>", who="<i>") == Markup("Von <b>&lt;i&gt;</b>")
    assert say_html("There is no order {number}.", number=Markup("<b>7</b>")) == Markup(
        "Es gibt keine Bestellung <b>7</b>."
    )
    assert not isinstance(say_html("There is no order {number}.", number="<i>"), Markup)


def test_states_are_labels_of_their_own() -> None:
    assert label("partly_received") == "Teilweise eingegangen"
    assert label("never_heard") == "Never heard"


def test_a_declared_field_is_said_when_it_is_read() -> None:
    @says("title")
    @dataclass(frozen=True)
    class Column:
        key: str
        title: str = "Number"

    column = Column("number")
    assert column.title == "Nummer"
    with speaking("en"):
        assert column.title == "Number"
        assert replace(column, key="other").title == "Number"
        assert column == Column("number", "Number")


def test_titles_within_a_sentence_are_small_in_english_only() -> None:
    assert inside("Suppliers") == "Suppliers"
    with speaking("en"):
        assert inside("Suppliers") == "suppliers"


def test_an_unknown_language_speaks_english() -> None:
    assert catalogues.catalogue("xx") == Catalogue({}, {}, catalogues.catalogue("xx").which_form)
    assert "en" in catalogues.languages()
