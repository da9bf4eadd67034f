"""The catalogue: numbers are unique, ten boxes are never ten pieces, the stock unit stays."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from plantops import items, units
from plantops.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from plantops.items import ItemFacts, ItemKind
from plantops.money import Money
from tests.houses import Someone
from tests.plantops.stocking import bearing

pytestmark = pytest.mark.db
D = Decimal


def test_ten_boxes_are_a_thousand_pieces_and_nothing_is_guessed(ctx: Someone) -> None:
    item = bearing(ctx(), packs={"box": D(100), "pallet": D(4000)})
    assert items.in_stock_unit(item, D(10), "box") == 1000
    assert items.in_stock_unit(item, D(2), "dozen") == 24
    with pytest.raises(Invalid, match="Nothing says how many"):
        items.in_stock_unit(item, D(1), "kg")
    price = units.Price(Money(D("12.50"), "EUR"), "each", per=100)
    assert price.value_of(units.Quantity(D(3), "box"), items.packs_of(item)).amount == D("37.50")


def test_an_item_is_read_again_with_its_packs(ctx: Someone) -> None:
    id = bearing(ctx(), packs={"pallet": D(4000), "box": D(100)}).id
    ctx().session.expunge_all()
    assert [pack.unit for pack in items.item(ctx(), id).packs] == ["box", "pallet"]
    assert set(items.items(ctx(), [id, 999_999])) == {id}
    found = items.by_sku(ctx(), " 6204-2RS ")
    assert found is not None
    assert found.id == id
    assert items.by_sku(ctx(), "nothing") is None


def test_packs_are_set_changed_and_taken_away(ctx: Someone) -> None:
    admin, item = ctx(as_="administrator"), bearing(ctx())
    items.set_pack(admin, item.id, 1, "box", D(50))
    items.set_pack(admin, item.id, 2, "box", D(60), barcode="4006381333931")
    assert [(pack.unit, pack.factor, pack.barcode) for pack in item.packs] == [("box", D(60), "4006381333931")]
    items.set_pack(admin, item.id, 3, "box", None)
    ctx().session.expunge_all()
    assert items.item(ctx(), item.id).packs == []
    for unit, factor in (("box", D(0)), ("box", D("NaN")), ("dozen", D(10)), ("crate", D(1))):
        with pytest.raises(Invalid):
            items.set_pack(admin, item.id, 4, unit, factor)
    with pytest.raises(Stale):
        items.set_pack(admin, item.id, 1, "box", D(1))


def test_a_number_is_taken_once(ctx: Someone) -> None:
    admin, item = ctx(as_="administrator"), bearing(ctx())
    facts = ItemFacts("6204-2RS ", "Another", item.category_id)
    with pytest.raises(Conflict, match="taken") as refused:
        items.add_item(admin, facts)
    assert refused.value.field == "sku"
    other = items.add_item(admin, replace(facts, sku="6204"))
    with pytest.raises(Conflict, match="taken"):
        items.change_item(admin, other.id, 1, facts)
    with pytest.raises(NotFound):
        items.add_item(admin, replace(facts, sku="x", category_id=999_999))


def test_the_stock_unit_stays_and_the_rest_may_change(ctx: Someone) -> None:
    admin, item = ctx(as_="administrator"), bearing(ctx())
    facts = ItemFacts("6204-2RS", "Deep groove bearing", item.category_id, is_critical=True)
    changed = items.change_item(admin, item.id, 1, facts)
    assert (changed.name, changed.is_critical, changed.version) == ("Deep groove bearing", True, 2)
    with pytest.raises(Conflict, match="is counted in pieces"):
        items.change_item(admin, item.id, 2, replace(facts, stock_unit="kg"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sku": " "}, "sku"),
        ({"name": ""}, "name"),
        ({"stock_unit": "crate"}, "stock_unit"),
        ({"shelf_life_days": 0}, "shelf_life_days"),
    ],
)
def test_facts_that_cannot_be(changes: dict[str, object], field: str) -> None:
    facts = replace(ItemFacts("1", "One", 1, kind=ItemKind.GOOD), **changes)  # type: ignore[arg-type]
    assert list(items.wrong_facts(facts)) == [field]


def test_items_are_found_by_words_number_and_barcode_until_archived(ctx: Someone) -> None:
    item = bearing(ctx(), barcode="4006381333931")
    reader = ctx(as_="auditor")
    for search in ("BEAR", "6204 bearing", "4006381333931", ""):
        assert [row.sku for row in items.list_items(reader, search=search)] == ["6204-2RS"]
    assert items.list_items(reader, search="oil") == []
    assert items.list_items(reader, category_id=item.category_id + 1) == []
    items.archive(ctx(as_="administrator"), item.id, 1)
    assert items.list_items(reader) == []
    assert items.why_not_use(item) == "6204-2RS Bearing 6204-2RS is no longer in the catalogue"
    assert len(items.list_items(reader, archived=True)) == 1


def test_who_may_not(ctx: Someone) -> None:
    item = bearing(ctx())
    reader = ctx(as_="auditor")
    for change in (
        lambda: items.add_category(reader, "x", "X"),
        lambda: items.add_item(reader, ItemFacts("x", "X", item.category_id)),
        lambda: items.change_item(reader, item.id, 1, ItemFacts("x", "X", item.category_id)),
        lambda: items.set_pack(reader, item.id, 1, "box", D(1)),
        lambda: items.archive(reader, item.id, 1),
    ):
        with pytest.raises(Forbidden):
            change()
    with pytest.raises(Conflict, match="taken"):
        items.add_category(ctx(), "spares", "Again")
    with pytest.raises(Invalid):
        items.add_category(ctx(), " ", "Again")
