"""The lists of purchasing: what their filters tell, and what a cell of the price list changes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plantops import listing_board, listing_pages, listing_params
from plantops.context import Context
from plantops.errors import Conflict
from purchasing import catalogue, requisition_approval, requisitions
from purchasing.catalogue import OfferFacts
from purchasing.lists import PRICES, REQUISITIONS
from purchasing.prices import Break
from purchasing.requisition_lines import NewLine
from tests.purchasing.shop import TODAY, D, Shop, add_supplier

pytestmark = pytest.mark.db


def chosen(ctx: Context, supplier: str) -> str:
    """What the filter calls the supplier that an address asks for."""
    page = listing_pages.page(ctx, PRICES, listing_params.read(PRICES, {"supplier": supplier}))
    (facet,) = (one for one in page.facets if one.key == "supplier")
    return next(option.label for option in facet.options if option.is_chosen)


def test_the_filter_names_a_supplier_only_to_who_may_read_suppliers(shop: Shop) -> None:
    secret = add_supplier(shop.someone, "Takeover Partners", iban=None)
    assert chosen(shop.buyer, str(secret.id)) == "Takeover Partners"
    assert chosen(shop.someone(as_="employee", login="emil"), str(secret.id)) == str(secret.id)
    assert chosen(shop.buyer, "none") == "None"


def test_looking_where_a_card_can_go_takes_no_number(shop: Shop) -> None:
    first = shop.requisition()
    draft = requisitions.start(shop.asker, shop.head(), (NewLine(D(500), shop.gloves_id),))
    for _ in range(2):
        card = listing_board.card(shop.asker, REQUISITIONS, draft.id)
        assert [way.why_not for way in card.ways if way.move.key == "submit"] == [""]
    sent = requisition_approval.submit(shop.asker, draft.id, draft.version)
    assert [int(str(one.number)[-5:]) for one in (first, sent)] == [1, 2]


@pytest.mark.parametrize("days_ago", [0, 30], ids=["corrected", "ended and begun anew"])
def test_a_price_never_falls_below_its_breaks(shop: Shop, days_ago: int) -> None:
    other = add_supplier(shop.someone, "Stepwise", iban=None)
    begins = TODAY - timedelta(days=days_ago)
    steps = (Break(D(100), D(9)), Break(D(500), D(7)))
    offer = catalogue.set_offer(shop.buyer, OfferFacts(other.id, shop.bearing_id, "each", D(10), begins, breaks=steps))
    with pytest.raises(Conflict, match="From 100 on it costs 9, more than that"):
        catalogue.reprice(shop.buyer, offer.id, offer.version, D(8))
    assert catalogue.reprice(shop.buyer, offer.id, offer.version, D("9.50")).price == D("9.50")
