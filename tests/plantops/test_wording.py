"""One of a thing is not said like two of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from plantops.context import what_is_missing
from plantops.events import WaitingCard
from plantops.permissions import Can
from plantops.wording import day_and_month, plural, whole_day


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 orders"), (1, "1 order"), (Decimal("1.0"), "1.0 order"), (2, "2 orders"), (1234, "1,234 orders")],
)
def test_a_count_takes_its_form(count: int, said: str) -> None:
    assert plural("{n} order", "{n} orders", count) == said


def test_a_phrase_without_its_number() -> None:
    assert plural("It is not filled.", "They are not filled.", 1) == "It is not filled."


def test_a_day_is_written_as_it_is_said() -> None:
    assert day_and_month(date(2026, 12, 4)) == "4 Dec"
    assert whole_day(date(2026, 12, 14)) == "14 Dec 2026"


def test_a_card_of_one_thing_is_said_in_the_singular() -> None:
    assert WaitingCard("orders late", 1, "/", one="order late").words == "order late"
    assert WaitingCard("orders late", 2, "/", one="order late").words == "orders late"
    assert WaitingCard("to approve", 1, "/").words == "to approve"


def test_a_refusal_names_the_right_in_words_and_who_gives_it() -> None:
    said = what_is_missing(Can.MANAGE_USERS)
    assert said == "It takes the right “manage user”. People with the role administrator can give it to you."
