"""Companies are written down once, blocked with a reason, and never lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from plantops import parties
from plantops.errors import Conflict, Forbidden, Invalid, Stale
from plantops.parties import LOOKS_ALIKE, PartyFacts, PartyKind, match_key, plain_vat_id, why_not_use, wrong_facts
from plantops.wording import speaking
from tests.houses import Someone

KESSLING = PartyFacts(
    "Kessling Hygiene GmbH & Co. KG", vat_id="lu 123-456.78", town="Osterby", email="office@kessling.example"
)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Kessling Hygiene GmbH & Co. KG", "KESSLING-HYGIENE", True),
        ("Brandt Lager S.à r.l.", "Brandt Lager Sarl", True),
        ("Bäcker Müller", "Backer Muller Ltd.", True),
        ("Novak Safety", "Novak Paper", False),
        ("AG", "SE", False),
    ],
)
def test_the_same_name_in_other_clothes(one: str, other: str, same: bool) -> None:
    assert (match_key(one) == match_key(other)) is same


def test_a_vat_number_is_kept_plain() -> None:
    assert plain_vat_id("lu 123-456.78") == "LU12345678"
    assert plain_vat_id("  ") is None


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (PartyFacts("  "), "name"),
        (PartyFacts("x" * 201), "name"),
        (PartyFacts("A", kinds=frozenset()), "kinds"),
        (PartyFacts("A", country="lu"), "country"),
        (PartyFacts("A", email="nobody"), "email"),
        (PartyFacts("A", vat_id="12345"), "vat_id"),
    ],
)
def test_facts_that_cannot_be(facts: PartyFacts, field: str) -> None:
    assert list(wrong_facts(facts)) == [field]


@pytest.mark.db
@pytest.mark.parametrize(
    "again",
    [
        PartyFacts("Kesling Hygiene"),
        PartyFacts("Something else", vat_id="LU12345678"),
        PartyFacts("Something else", email="OFFICE@kessling.example"),
    ],
)
def test_what_may_be_there_already_is_said_and_can_be_overruled(ctx: Someone, again: PartyFacts) -> None:
    admin = ctx(as_="administrator")
    first = parties.add_party(admin, KESSLING)
    with pytest.raises(Conflict, match=r"Kessling Hygiene GmbH & Co\. KG in Osterby") as warned:
        parties.add_party(admin, again)
    assert warned.value.code == LOOKS_ALIKE
    assert [row["id"] for row in warned.value.details["alike"]] == [first.id]
    assert parties.add_party(admin, again, sure=True).id != first.id


@pytest.mark.db
def test_other_companies_and_oneself_are_no_doubles(ctx: Someone) -> None:
    admin = ctx(as_="administrator")
    first = parties.add_party(admin, KESSLING)
    parties.add_party(admin, PartyFacts("Kesseler Paper"))
    changed = parties.change_party(admin, first.id, 1, replace(KESSLING, town="Verrin"))
    assert (changed.town, changed.version, changed.vat_id) == ("Verrin", 2, "LU12345678")
    with pytest.raises(Stale):
        parties.change_party(admin, first.id, 1, KESSLING)


@pytest.mark.db
def test_a_blocked_archived_or_other_kind_of_party_gets_nothing_new(ctx: Someone) -> None:
    admin = ctx(as_="administrator")
    party = parties.add_party(admin, KESSLING)
    assert why_not_use(party, PartyKind.SUPPLIER) is None
    assert why_not_use(party, PartyKind.CARRIER) == "Kessling Hygiene GmbH & Co. KG is not a carrier"
    with pytest.raises(Invalid, match="Say why"):
        parties.block(admin, party.id, 1, " ")
    parties.block(admin, party.id, 1, "insolvent")
    assert why_not_use(party, PartyKind.SUPPLIER) == "Kessling Hygiene GmbH & Co. KG is blocked: insolvent"
    parties.unblock(admin, party.id, 2)
    parties.archive(admin, party.id, 3)
    assert why_not_use(party, PartyKind.SUPPLIER) == "Kessling Hygiene GmbH & Co. KG was archived"
    assert parties.list_parties(admin) == []
    assert len(parties.list_parties(admin, search="hygiène", kind=PartyKind.SUPPLIER, archived=True)) == 1
    assert parties.archive(admin, party.id, 4, archived=False).archived is False


@pytest.mark.db
def test_an_address_names_the_country_as_its_reader_does(ctx: Someone) -> None:
    facts = PartyFacts("Kessling", street="Hafenweg 1", postcode="10115", town="Osterby", country="LU")
    party = parties.add_party(ctx(), facts)
    assert party.address == "Hafenweg 1\n10115 Osterby\nLuxembourg"
    with speaking("de"):
        assert party.address == "Hafenweg 1\n10115 Osterby\nLuxemburg"


@pytest.mark.db
def test_who_may_not(ctx: Someone) -> None:
    party = parties.add_party(ctx(), KESSLING)
    reader = ctx(as_="auditor")
    assert parties.read_party(reader, party.id).address == "Osterby"
    changes: tuple[Callable[[], object], ...] = (
        lambda: parties.add_party(reader, PartyFacts("New")),
        lambda: parties.change_party(reader, party.id, 1, KESSLING),
        lambda: parties.block(reader, party.id, 1, "x"),
        lambda: parties.unblock(reader, party.id, 1),
        lambda: parties.archive(reader, party.id, 1),
        lambda: parties.read_party(ctx(as_="employee"), party.id),
    )
    for change in changes:
        with pytest.raises(Forbidden):
            change()
