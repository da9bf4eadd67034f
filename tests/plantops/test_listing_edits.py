"""Cells of lists: changed by the module's action, with its right, its version and its sentence."""

from __future__ import annotations

import pytest

from plantops import listing_edits
from plantops.errors import Forbidden, Invalid, NotFound, Stale
from plantops.lists import ITEMS
from tests.houses import Someone
from tests.plantops.stocking import bearing

pytestmark = pytest.mark.db


def test_a_cell_changes_one_thing_and_leaves_the_rest(ctx: Someone) -> None:
    item = bearing(ctx(), barcode="4006381333931")
    keeper = ctx(as_="administrator")
    opened = listing_edits.cell(keeper, ITEMS, item.id, "name")
    assert opened.value == item.name
    assert listing_edits.change(keeper, ITEMS, item.id, "name", opened.version, "Ball bearing 6204")
    assert (item.name, item.barcode, item.version) == ("Ball bearing 6204", "4006381333931", opened.version + 1)
    with pytest.raises(Stale):
        listing_edits.change(keeper, ITEMS, item.id, "name", opened.version, "Somebody else's name")
    assert item.name == "Ball bearing 6204"


def test_what_cannot_be_is_said_of_the_one_field_that_is_seen(ctx: Someone) -> None:
    item = bearing(ctx())
    keeper = ctx(as_="administrator")
    with pytest.raises(Invalid) as empty:
        listing_edits.change(keeper, ITEMS, item.id, "name", item.version, "")
    assert list(empty.value.fields) == ["value"]
    with pytest.raises(NotFound):
        listing_edits.change(keeper, ITEMS, item.id, "sku", item.version, "X")
    with pytest.raises(NotFound):
        listing_edits.change(keeper, ITEMS, 999_999, "name", 1, "X")
    with pytest.raises(Forbidden):
        listing_edits.change(ctx(as_="requester", login="rob"), ITEMS, item.id, "name", item.version, "X")
    assert listing_edits.offered(ctx(as_="requester", login="rob"), ITEMS) == frozenset()
