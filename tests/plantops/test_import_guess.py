"""Which column of a file is which of ours: by our names, in every language, and by other words."""

from __future__ import annotations

from plantops import import_guess
from purchasing.imports.suppliers import SUPPLIERS


def test_heads_are_known_in_every_language_and_however_they_are_written() -> None:
    heads = ("Lieferant", "E-Mail", "Land", "Zahlungsziel", "TELEFON", "Currency", "Notes")
    assert import_guess.columns(SUPPLIERS, heads) == {
        "Lieferant": "name",
        "E-Mail": "email",
        "Land": "country",
        "Zahlungsziel": "terms_days",
        "TELEFON": "phone",
        "Currency": "currency",
    }


def test_what_a_head_meant_before_stands_above_a_guess() -> None:
    assert import_guess.columns(SUPPLIERS, ("Land",), {"land": "town"}) == {"Land": "town"}
