"""The palette finds documents by words that all of them have, and by words that one has."""

from __future__ import annotations

import pytest

from plantops import search
from purchasing import requisitions
from tests.purchasing.shop import Shop

pytestmark = pytest.mark.db


def test_a_word_that_all_have_finds_the_newest_and_a_rare_one_the_old(shop: Shop) -> None:
    """The newest are looked through first; what stands behind them is found all the same, and nothing twice."""
    asker = shop.asker
    eldest = requisitions.start(asker, shop.head(title="Ladder for workshop 7"))
    many = search.LATELY + search.EACH
    made = [requisitions.start(asker, shop.head(title=f"Lamps for workshop {100 + n}")) for n in range(many)]
    newest = {f"purchasing_requisition:{each.id}" for each in made[search.EACH :]}
    common = [hit.origin for hit in search.search(asker, "workshop")]
    assert len(set(common)) == len(common) == search.EACH and set(common) <= newest
    few = [hit.origin for hit in search.search(asker, "workshop 7")]
    assert few == [f"purchasing_requisition:{eldest.id}"]
