"""One box finds records of all modules by how they are called; nobody finds what they may not see."""

from __future__ import annotations

from typing import Any, cast

import pytest
import sqlalchemy as sa

from plantops import search
from plantops.core import everything
from plantops.findable import Findable, begins, words
from plantops.listing import Listing
from plantops.parties import PartyFacts, add_party
from plantops.search import Hit
from tests.houses import Someone
from tests.plantops.stocking import bearing

pytestmark = pytest.mark.db


def titles(hits: list[Hit]) -> list[str]:
    return [hit.title for hit in hits]


def test_what_begins_so_comes_first_then_what_has_the_words(ctx: Someone) -> None:
    item = bearing(ctx())
    bearing(ctx(), "Z-9")
    add_party(ctx(), PartyFacts("Old Bearing Works", town="Osterby"))
    hits = search.search(ctx(as_="auditor"), " bearing ")
    assert titles(hits)[:3] == ["Bearing 6204-2RS", "Bearing Z-9", "Old Bearing Works"]
    assert hits[0] == Hit("Bearing 6204-2RS", "Item", f"/items/{item.id}", "6204-2RS", f"core_item:{item.id}")


@pytest.mark.parametrize("typed", ["6204 bea", "BEARING 62", "6204-2rs", "2RS", "béaring 6204", "bearing 6204-2RS"])
def test_every_word_begins_one_of_the_records(ctx: Someone, typed: str) -> None:
    bearing(ctx())
    assert titles(search.search(ctx(as_="storekeeper"), typed)) == ["Bearing 6204-2RS"]


def test_accents_and_marks_make_no_difference(ctx: Someone) -> None:
    add_party(ctx(), PartyFacts("Ørsted & Söhne Großhandel “Łódź”", town="Ærø"))
    for typed in ("orsted", "SOHNE gross", "söhne", "aero", "Łódź", "ørsted & s"):
        assert titles(search.search(ctx(as_="buyer"), typed))[:1] == ["Ørsted & Söhne Großhandel “Łódź”"]


@pytest.mark.parametrize(
    ("typed", "settled"),
    [
        ("26", True),
        ("po", True),
        ("PO-VER-26-0", True),
        ("Bearing", True),
        ("bear", False),
        ("2rs", False),
        ("bear 62", False),
    ],
)
def test_how_things_are_called_is_enough_for_numbers_and_short_words(typed: str, settled: bool) -> None:
    begun = {"PO-VER-26-0": [Hit("PO-VER-26-000001", "Order", "/x")], "Bearing": [Hit("Bearing", "Item", "/x")]}
    assert search.is_settled(typed, begun.get(typed, [])) is settled


def test_what_one_may_not_read_is_not_found(ctx: Someone) -> None:
    add_party(ctx(), PartyFacts("Kessling Hygiene"))
    assert search.search(ctx(as_="employee"), "kessling") == []
    assert titles(search.search(ctx(as_="auditor"), "kess hyg")) == ["Kessling Hygiene"]


@pytest.mark.parametrize(
    "typed",
    ["", "   ", "\x00", "%", "_", "'; DROP TABLE core_user; --", "x" * 5000, "ÄÖ ß", "²", "' \\ ' :*", "’ – «x"],
)
def test_whatever_is_typed_finds_nothing_and_harms_nothing(ctx: Someone, typed: str) -> None:
    bearing(ctx())
    assert search.search(ctx(as_="auditor"), typed) == []


def test_a_renamed_or_undone_record_is_found_as_it_is_now(ctx: Someone) -> None:
    item = bearing(ctx())
    item.name = "Ball race 6204"
    ctx().session.flush()
    assert titles(search.search(ctx(as_="storekeeper"), "ball race")) == ["Ball race 6204"]
    assert search.search(ctx(as_="storekeeper"), "bearing") == []


KINDS = [(module.name, each) for module in everything().modules for each in module.search]


@pytest.mark.parametrize(("module", "each"), KINDS, ids=[f"{name}-{each.kind}" for name, each in KINDS])
def test_every_kind_has_both_indexes_and_a_page(ctx: Someone, module: str, each: Findable) -> None:
    """Asked for as the palette asks, the database walks the indexes and reads no table row by row."""
    house = ctx()
    assert any(each.origin in one.links for one in house.registry.modules)
    house.session.execute(sa.text("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off"))
    model = cast(Any, each.words[0]).class_
    table, only = model.__tablename__, sa.select(model.id)
    for condition, index in (
        (begins(each.words[0]) >= begins(sa.literal("abc")), f"ix_{table}_begins"),
        (words(*each.words).bool_op("@@")(sa.func.core_wanted("abc def")), f"ix_{table}_words"),
    ):
        explained = sa.text(
            f"EXPLAIN {only.where(condition).compile(house.session.bind, compile_kwargs={'literal_binds': True})}"
        )
        assert index in "\n".join(house.session.scalars(explained))


def test_every_numbered_list_is_found_by_the_palette() -> None:
    """A list whose rows have a page and a number or a name is in the search of its module, or stands here."""
    findable = {each.origin for _name, each in KINDS}
    without = {
        "core_job_run": "found under My running work",
        "core_outbox": "found by its document",
        "core_import": "found under Imports",
        "core_stock_balance": "found by its item",
        "core_stock_move": "found by its item",
        "core_webhook": "found under Webhooks",
        "core_webhook_delivery": "found under its webhook",
        "personnel_certificate": "found by its person",
        "housekeeping_round": "has no number; found under Rounds",
        "": "prices and addresses have no page of their own",
    }
    lists: list[Listing[object]] = [one for module in everything().modules for one in module.listings]
    assert [one.origin for one in lists if one.origin not in findable | set(without)] == []
