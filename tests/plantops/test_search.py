"""One box finds pages, actions and records; nobody finds what they may not see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plantops import search
from plantops.module import Module, ordered
from plantops.parties import PartyFacts, add_party
from plantops.permissions import Can
from plantops.search import Hit, Jump
from tests.houses import Someone
from tests.plantops.stocking import bearing

pytestmark = pytest.mark.db
PAPER = Module(
    name="paper",
    title="Paper",
    search=(
        Jump("Stock", "/stock", Can.READ_STOCK, words="store inventory"),
        Jump("New bearing order", "/orders/new", kind="Action"),
    ),
    links={"core_item": "/items/{id}", "core_party": "/parties/{id}"},
)


@pytest.fixture
def someone(ctx: Someone) -> Someone:
    ctx.house = replace(ctx.house, registry=ordered([replace(ctx.house.registry["core"], links={}), PAPER]))
    return ctx


def titles(hits: list[Hit]) -> list[str]:
    return [hit.title for hit in hits]


def test_actions_come_first_then_records_that_begin_with_the_words(someone: Someone) -> None:
    item = bearing(someone())
    bearing(someone(), "Z-9")
    add_party(someone(), PartyFacts("Old Bearing Works", town="Osterby"))
    hits = search.search(someone(as_="auditor"), " bearing ")
    assert titles(hits) == ["New bearing order", "Bearing 6204-2RS", "Bearing Z-9", "Old Bearing Works"]
    assert hits[1] == Hit("Bearing 6204-2RS", "Item", f"/items/{item.id}", "6204-2RS")


def test_what_one_may_not_read_is_not_found(someone: Someone) -> None:
    bearing(someone())
    assert titles(search.search(someone(as_="employee"), "bearing")) == ["New bearing order"]
    assert search.search(someone(as_="employee"), "inventory") == []
    assert titles(search.search(someone(as_="storekeeper"), "inv sto")) == ["Stock"]


@pytest.mark.parametrize("words", ["", "   ", "\x00", "%", "_", "'; DROP TABLE core_user; --", "x" * 5000, "ÄÖ ß"])
def test_whatever_is_typed_finds_nothing_and_harms_nothing(someone: Someone, words: str) -> None:
    bearing(someone())
    assert search.search(someone(as_="auditor"), words) == []
