"""Goods come in and go out; what lies there is always the sum of what moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from plantops import reservations, stock
from plantops.core import House
from plantops.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from plantops.events import LowStock, OnOrder, StockReceived
from plantops.items import ItemKind
from plantops.module import Module, ordered
from plantops.stock_ledger import Balance
from tests.houses import Someone
from tests.plantops.stocking import bearing, broken, left, main_store, put, take

pytestmark = pytest.mark.db
D = Decimal


# --- In and out


def test_what_lies_there_is_what_came_in_less_what_went_out(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    put(ctx(), store, item, 10)
    take(ctx(as_="storekeeper"), store, item, "2.5")
    assert left(ctx(), store, item) == D("7.5")
    assert broken(ctx()) == []


def test_a_store_never_goes_below_zero_and_says_what_is_there(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    put(ctx(), store, item, 3)
    with pytest.raises(Conflict, match=r"Main store has 3 pieces of 6204-2RS Bearing 6204-2RS, not 5"):
        take(ctx(as_="storekeeper"), store, item, 5)
    assert left(ctx(), store, item) == 3


def test_a_store_that_may_goes_below_zero(ctx: Someone) -> None:
    store, item = main_store(ctx(), may_go_negative=True), bearing(ctx())
    take(ctx(), store, item, 5)
    assert left(ctx(), store, item) == -5
    assert broken(ctx()) == []


def test_boxes_become_pieces_by_the_items_own_pack(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx(), packs={"box": D(100)})
    stock.receive(ctx(), store.id, [stock.Line(item.id, D(10), "box")], origin="r:1", key="k")
    assert left(ctx(), store, item) == 1000
    with pytest.raises(Invalid, match="Nothing says how many"):
        stock.receive(ctx(), store.id, [stock.Line(item.id, D(1), "pallet")], origin="r:1", key="k2")


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity", "1e30", "0.0000001"])
def test_a_quantity_that_cannot_be_moves_nothing(ctx: Someone, quantity: str) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    with pytest.raises(Invalid):
        put(ctx(), store, item, quantity)
    assert left(ctx(), store, item) == 0


def test_services_and_closed_stores_take_nothing(ctx: Someone) -> None:
    store = main_store(ctx())
    with pytest.raises(Invalid, match="a store keeps goods only"):
        put(ctx(), store, bearing(ctx(), "lift-check", kind=ItemKind.SERVICE), 1)
    store.archived = True
    with pytest.raises(Invalid, match="was closed"):
        put(ctx(), store, bearing(ctx()), 1)


def test_what_goes_out_goes_at_the_average_and_the_last_takes_the_rest(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    put(ctx(), store, item, 1, "10")
    put(ctx(), store, item, 2, "10")
    costs = [take(ctx(), store, item, 1)[0].cost for _ in range(3)]
    assert costs == [D("-6.6667"), D("-6.6667"), D("-6.6666")]
    assert sum(costs) == -20
    assert broken(ctx()) == []


def test_a_line_that_fails_leaves_the_whole_issue_undone(plant: House) -> None:
    with plant.acting() as ctx:
        store, one, two = main_store(ctx), bearing(ctx, "one"), bearing(ctx, "two")
        put(ctx, store, one, 5)
    lines = [stock.Line(one.id, D(1)), stock.Line(two.id, D(1))]
    with pytest.raises(Conflict) as refused, plant.acting() as ctx:
        stock.issue(ctx, store.id, lines, origin="x:1", key="both")
    assert refused.value.field == "lines.2.quantity"
    with plant.acting() as ctx:
        assert left(ctx, store, one) == 5


# --- Who may, and twice


def test_who_may_not_move_count_or_see_stock_there(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    line = [stock.Line(item.id, D(1))]
    for wrong in (ctx(as_="employee"), ctx(as_="auditor")):
        with pytest.raises(Forbidden):
            stock.issue(wrong, store.id, line, origin="x:1", key="a")
        with pytest.raises(Forbidden):
            stock.adjust(wrong, store.id, [stock.Counted(item.id, D(1))], reason="x", key="a")
        with pytest.raises(Forbidden):
            stock.set_level(wrong, item.id, store.id, minimum=D(1))
    keeper = ctx(as_="storekeeper")
    elsewhere = tuple(replace(grant, site_id=store.site_id + 1000) for grant in keeper.user.grants)
    keeper.user = replace(keeper.user, grants=elsewhere)
    with pytest.raises(NotFound):
        stock.issue(keeper, store.id, line, origin="x:1", key="a")
    with pytest.raises(NotFound):
        stock.list_stock(keeper, store.id)


def test_the_same_key_again_posts_nothing_and_with_other_quantities_is_refused(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    put(ctx(), store, item, 10)
    first = take(ctx(), store, item, 2, "one click")
    assert take(ctx(), store, item, 2, "one click") == first
    assert left(ctx(), store, item) == 8
    with pytest.raises(Conflict, match="posted before with other quantities"):
        take(ctx(), store, item, 3, "one click")


def test_a_move_is_never_changed_nor_deleted(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    put(ctx(), store, item, 1)
    for wrong in ("UPDATE core_stock_move SET quantity = 2", "DELETE FROM core_stock_move"):
        with pytest.raises(DBAPIError, match="never changed"), ctx().session.begin_nested():
            ctx().session.execute(sa.text(wrong))


# --- Back, across, counted


def test_what_is_taken_back_is_gone_once_at_the_value_it_had(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    put(ctx(), store, item, 10, "10")
    moves = take(ctx(), store, item, 4)
    put(ctx(), store, item, 10, "100")
    stock.take_back(ctx(as_="storekeeper"), moves[0].id, reason="wrong item", key="back")
    assert left(ctx(), store, item) == 20
    assert ctx().session.get_one(Balance, (item.id, store.id)).value == 110
    with pytest.raises(Conflict, match="taken back already"):
        stock.take_back(ctx(as_="storekeeper"), moves[0].id, reason="again", key="back 2")
    assert broken(ctx()) == []


def test_a_receipt_is_taken_back_by_its_document_only_and_not_when_it_is_gone(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    moves = put(ctx(), store, item, 4)
    with pytest.raises(Conflict, match="goods receipt"):
        stock.take_back(ctx(), moves[0].id, reason="x", key="back")
    take(ctx(), store, item, 1)
    with pytest.raises(Conflict, match="has 3 pieces"):
        stock.reverse(ctx(), moves, reason="damaged", key="back")


def test_a_reversal_is_not_reversed(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    put(ctx(), store, item, 4)
    moves = take(ctx(), store, item, 1)
    back = stock.take_back(ctx(), moves[0].id, reason="x", key="back")
    with pytest.raises(Conflict, match="Post what is right"):
        stock.take_back(ctx(), back[0].id, reason="y", key="forth")


def test_a_transfer_carries_the_value_and_is_taken_back_on_both_sides(ctx: Someone) -> None:
    keeper = ctx(as_="storekeeper")
    main, van, item = main_store(ctx()), main_store(ctx(), "VAN"), bearing(ctx())
    put(ctx(), main, item, 4, "20")
    moves = stock.transfer(keeper, main.id, van.id, [stock.Line(item.id, D(1))], key="t")
    assert [left(keeper, main, item), left(keeper, van, item)] == [D(3), D(1)]
    assert ctx().session.get_one(Balance, (item.id, van.id)).value == 5
    stock.take_back(keeper, moves[1].id, reason="wrong van", key="back")
    assert [left(keeper, main, item), left(keeper, van, item)] == [D(4), D(0)]
    with pytest.raises(Invalid, match="lies in this store already"):
        stock.transfer(keeper, main.id, main.id, [stock.Line(item.id, D(1))], key="t2")
    assert broken(ctx()) == []


def test_a_transfer_of_the_same_item_in_several_lines_leaves_no_value_behind(ctx: Someone) -> None:
    keeper = ctx(as_="storekeeper")
    main, van, item = main_store(ctx()), main_store(ctx(), "VAN"), bearing(ctx())
    put(ctx(), main, item, 3, "10")
    moves = stock.transfer(keeper, main.id, van.id, [stock.Line(item.id, D(1))] * 3, key="t")
    here, there = (ctx().session.get_one(Balance, (item.id, store.id)) for store in (main, van))
    assert [(here.on_hand, here.value), (there.on_hand, there.value)] == [(D(0), D(0)), (D(3), D(10))]
    assert sum(move.cost for move in moves) == 0
    assert broken(ctx()) == []


def test_what_was_handed_out_comes_back_and_what_is_wrong_goes_to_the_supplier(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    put(ctx(), store, item, 4, "20")
    take(ctx(), store, item, 2)
    line = [stock.Line(item.id, D(1))]
    stock.hand_back(ctx(as_="storekeeper"), store.id, line, origin="core_cost_centre:1", key="h")
    stock.send_back(ctx(), store.id, line, origin="purchasing_return:1", key="s")
    balance = ctx().session.get_one(Balance, (item.id, store.id))
    assert [balance.on_hand, balance.value] == [D(2), D(10)]


def test_a_count_sets_what_is_there_and_keeps_what_moved_since(ctx: Someone) -> None:
    store, item, same = main_store(ctx()), bearing(ctx()), bearing(ctx(), "same")
    put(ctx(), store, item, 10)
    put(ctx(), store, same, 5)
    keeper = ctx(as_="storekeeper", now=ctx().now + timedelta(hours=1))
    take(keeper, store, item, 3)
    counted_at = ctx().now + timedelta(minutes=30)
    lines = [stock.Counted(item.id, D(9), counted_at), stock.Counted(same.id, D(5), counted_at)]
    moves = stock.adjust(keeper, store.id, lines, reason="count of November", key="count")
    assert [(move.item_id, move.quantity) for move in moves] == [(item.id, D(-1))]
    assert left(keeper, store, item) == 6
    assert stock.adjust(keeper, store.id, lines, reason="count of November", key="count") == moves
    with pytest.raises(Invalid, match="twice"):
        stock.adjust(keeper, store.id, [lines[0], lines[0]], reason="x", key="k")
    with pytest.raises(Invalid, match="0 or more"):
        stock.adjust(keeper, store.id, [stock.Counted(item.id, D(-1))], reason="x", key="k")
    with pytest.raises(Invalid, match="Say why"):
        stock.adjust(keeper, store.id, lines, reason=" ", key="k")


def test_a_blind_sheet_does_not_say_what_should_be_there(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    put(ctx(), store, item, 10)
    stock.set_level(ctx(), item.id, store.id, minimum=None, bin="A-03")
    keeper = ctx(as_="storekeeper")
    assert [(row.bin, row.on_hand) for row in stock.count_sheet(keeper, store.id)] == [("A-03", None)]
    assert stock.count_sheet(keeper, store.id, blind=False)[0].on_hand == 10


# --- Reservations


def test_what_is_promised_is_not_free_but_may_still_go_out(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    put(ctx(), store, item, 10)
    reservations.reserve(ctx(), store.id, item.id, D(7), origin="work:1")
    assert stock.available(ctx(), item.id, store.id) == 3
    with pytest.raises(Conflict, match="Only 3 pieces"):
        reservations.reserve(ctx(), store.id, item.id, D(4), origin="work:2")
    take(ctx(), store, item, 5)
    assert stock.available(ctx(), item.id, store.id) == -2
    assert broken(ctx()) == []


def test_picking_hands_out_what_was_promised_once(ctx: Someone) -> None:
    keeper = ctx(as_="storekeeper")
    store, item = main_store(ctx()), bearing(ctx())
    put(ctx(), store, item, 10)
    promised = reservations.reserve(ctx(), store.id, item.id, D(4), origin="work:1", wanted_on=keeper.today)
    assert [row.open_quantity for row in reservations.list_reservations(keeper, store.id)] == [4]
    moves = reservations.pick(keeper, [promised.id], key="p")
    assert [(move.quantity, move.origin) for move in moves] == [(D(-4), "work:1")]
    assert reservations.pick(keeper, [promised.id], key="p") == moves
    with pytest.raises(Conflict, match="Nothing of it is reserved"):
        reservations.pick(keeper, [promised.id], key="another")
    assert reservations.list_reservations(keeper, store.id) == []
    assert broken(ctx()) == []


def test_released_promises_are_free_again(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    put(ctx(), store, item, 10)
    reservations.reserve(ctx(), store.id, item.id, D(4), origin="work:1")
    assert reservations.release(ctx(), "work:1") == 1
    assert reservations.release(ctx(), "work:1") == 0
    assert stock.available(ctx(), item.id, store.id) == 10


# --- Low stock


class Ears:
    """A house of the core and one module that listens to stock and says what is on order."""

    def __init__(self, ctx: Someone, on_order: int = 0) -> None:
        self.heard: list[LowStock] = []
        self.received: list[StockReceived] = []
        module = Module(
            name="ears",
            title="Ears",
            listens={
                LowStock: (lambda _, event: self.heard.append(event),),
                StockReceived: (lambda _, event: self.received.append(event),),
            },
            answers={OnOrder: (lambda _, question: [D(on_order)],)},
        )
        ctx.house = replace(ctx.house, registry=ordered([ctx.house.registry["core"], module]))


def test_low_stock_is_told_once_per_crossing(ctx: Someone) -> None:
    ears = Ears(ctx)
    store, item = main_store(ctx()), bearing(ctx())
    put(ctx(), store, item, 10)
    stock.set_level(ctx(), item.id, store.id, minimum=D(4), target=D(20))
    take(ctx(), store, item, 5)
    assert ears.heard == []
    take(ctx(), store, item, 1)
    take(ctx(), store, item, 1)
    assert ears.heard == [LowStock(item.id, store.id, D(4), D(0), D(16))]
    stock.asked(ctx(), item.id, store.id, "purchasing_requisition:17")
    assert stock.tell_low(ctx()) == 0
    put(ctx(), store, item, 17)
    take(ctx(), store, item, 16)
    assert [event.on_hand for event in ears.heard] == [4, 4]
    assert [event.quantity for event in ears.received] == [10, 17]


def test_a_withdrawn_request_is_told_again_by_the_daily_look(ctx: Someone) -> None:
    ears = Ears(ctx)
    store, item = main_store(ctx()), bearing(ctx())
    stock.set_level(ctx(), item.id, store.id, minimum=D(4))
    assert len(ears.heard) == 1
    stock.asked(ctx(), item.id, store.id, "purchasing_requisition:17")
    assert [row.asked_origin for row in stock.list_stock(ctx(), store.id)] == ["purchasing_requisition:17"]
    stock.no_longer_asked(ctx(), "purchasing_requisition:17")
    assert (stock.tell_low(ctx()), stock.tell_low(ctx())) == (1, 0)
    assert len(ears.heard) == 2


def test_what_is_on_order_is_not_asked_for_again(ctx: Someone) -> None:
    ears = Ears(ctx, on_order=20)
    store, item = main_store(ctx()), bearing(ctx())
    stock.set_level(ctx(), item.id, store.id, minimum=D(4), target=D(20))
    assert ears.heard == []


@pytest.mark.parametrize(
    ("minimum", "target", "field"), [(-1, None, "minimum"), (5, 4, "target"), (None, 4, "minimum")]
)
def test_levels_that_cannot_be(ctx: Someone, minimum: int | None, target: int | None, field: str) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    low = None if minimum is None else D(minimum)
    with pytest.raises(Invalid) as refused:
        stock.set_level(ctx(), item.id, store.id, minimum=low, target=None if target is None else D(target))
    assert list(refused.value.fields) == [field]


def test_a_minimum_is_set_by_somebody_who_saw_the_one_that_stands(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    put(ctx(), store, item, 10)
    first = stock.set_level(ctx(), item.id, store.id, minimum=D(4), bin="A-1")
    with pytest.raises(Stale):
        stock.set_level(ctx(), item.id, store.id, minimum=D(1))
    (row,) = stock.list_stock(ctx(), store.id)
    assert row.level_version == first.version
    stock.set_level(ctx(), item.id, store.id, minimum=D(5), version=row.level_version)
    with pytest.raises(Stale):
        stock.set_level(ctx(), item.id, store.id, minimum=D(6), version=row.level_version)
    (row,) = stock.list_stock(ctx(), store.id)
    assert (row.minimum, row.bin) == (5, "A-1")
