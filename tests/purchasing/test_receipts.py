"""Receipts: partial, too much, too little, twice, back again; stock, waiting invoices, unknown deliveries."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from plantops import stock
from plantops.errors import Conflict, Forbidden, Invalid, NotFound
from plantops.events import Waiting
from purchasing import cards, deliveries, ordering, orders, receipts, requisition_approval, requisitions
from purchasing.deliveries import Parked
from purchasing.models import Order, OrderLine, Requisition
from purchasing.ordering import Pick
from purchasing.receipt_rules import Came
from purchasing.receipts import NewReceipt
from purchasing.requisition_lines import NewLine
from tests.purchasing.shop import TODAY, D, Shop, category_of, set_stock_level

pytestmark = pytest.mark.db


def line_of(shop: Shop, order: Order) -> OrderLine:
    return shop.fresh(OrderLine, order.lines[0].id)


def test_partial_then_the_rest(shop: Shop) -> None:
    order = shop.issued()
    shop.receive(order, 2)
    assert (line_of(shop, order).accepted, line_of(shop, order).received_on) == (D(2), None)
    receipt = shop.receive(order, 3)
    assert receipt.number.startswith("GR-VER-26-")
    assert line_of(shop, order).received_on == TODAY
    assert requisitions.read(shop.asker, _wish(shop)).state == "closed"
    assert shop.broken() == []


def _wish(shop: Shop) -> int:
    return shop.someone.session.scalar(sa.select(sa.func.max(Requisition.id))) or 0


def test_two_drafts_of_the_whole_order_cannot_both_be_posted(shop: Shop) -> None:
    """ERPNext 13990: 200 % received."""
    order = shop.issued()
    came = (Came(order.lines[0].id, D(5)),)
    one, two = (receipts.start(shop.receiver, NewReceipt(order.id, came, TODAY, note)) for note in ("a", "b"))
    receipts.post(shop.receiver, one.id, one.version)
    with pytest.raises(Conflict, match="5 of 5 boxes came already, at most 0 more"):
        receipts.post(shop.receiver, two.id, two.version)
    with pytest.raises(Conflict, match="posted already"):
        receipts.post(shop.receiver, one.id, one.version)
    receipts.discard(shop.receiver, two.id, two.version)
    assert shop.broken() == []


def test_too_much_is_judged_per_line(shop: Shop) -> None:
    """ERPNext 31535: one line over made the whole order received."""
    order = shop.issued(NewLine(D(500), shop.gloves_id), NewLine(D(40), shop.bearing_id))
    with pytest.raises(Conflict, match="line 1: 0 of 5 boxes"):
        shop.receive(order, 45)
    shop.receive(order, 5)
    assert shop.fresh(Order, order.id).state == "issued"
    assert [row.open_lines for row in receipts.list_expected(shop.receiver, shop.site_id)] == [1]


def test_the_card_counts_what_the_list_shows(shop: Shop) -> None:
    """A card said 9 and the list behind it showed 11: one question is asked once."""
    shop.issued(NewLine(D(40), shop.bearing_id))
    for until, count in ((None, 1), (TODAY, 0)):
        listed = receipts.list_expected(shop.receiver, None, until=until)
        assert receipts.count_expected(shop.receiver, until=until) == len(listed) == count
    later = replace(shop.receiver, now=shop.receiver.now + timedelta(days=60))
    (due,) = (card for card in cards.waiting(later, Waiting("")) if card.title == "deliveries due")
    assert (due.count, due.words, due.href) == (1, "delivery due", "/purchasing/receive?site=all&due=yes")


@pytest.mark.parametrize(("came", "complete"), [(105, True), (95, True), (94, False)])
def test_tolerances_for_too_much_and_too_little(shop: Shop, came: int, complete: bool) -> None:
    goods = category_of(shop, shop.bearing_id)
    goods.over_percent = goods.under_percent = D(5)
    order = shop.issued(NewLine(D(100), shop.bearing_id))
    shop.receive(order, came)
    assert (line_of(shop, order).received_on is not None) is complete
    with pytest.raises(Conflict):
        shop.receive(order, 12)


def test_the_same_goods_under_another_delivery_note_stay_within_what_was_ordered(shop: Shop) -> None:
    """Another note is no new order: what the tolerance does not cover is parked or goes back."""
    category_of(shop, shop.bearing_id).over_percent = D(10)
    order = shop.issued(NewLine(D(100), shop.bearing_id))

    def deliver(note: str, quantity: int) -> None:
        came = (Came(order.lines[0].id, D(quantity)),)
        receipts.receive(shop.receiver, NewReceipt(order.id, came, TODAY, note))

    deliver("LS-1", 60)
    with pytest.raises(Conflict, match=r"60 of 100 .* at most 50 more can be accepted\. Park what is too much"):
        deliver("LS-2", 60)
    deliver("LS-3", 50)
    with pytest.raises(Conflict, match="at most 0 more"):
        deliver("LS-4", 1)
    too_much = deliveries.park(shop.receiver, Parked(shop.site_id, "Kessling", "10 bearings", TODAY, "LS-5"))
    came = NewReceipt(order.id, (Came(order.lines[0].id, D(10)),), TODAY)
    with pytest.raises(Conflict, match="at most 0 more"):
        deliveries.receive_parked(shop.receiver, too_much.id, too_much.version, came)
    assert (line_of(shop, order).accepted, shop.broken()) == (D(110), [])


def test_rejected_goods_stay_open_and_need_a_reason(shop: Shop) -> None:
    order = shop.issued()
    broken = Came(order.lines[0].id, D(3), D(2))
    with pytest.raises(Invalid, match="say why"):
        receipts.receive(shop.receiver, NewReceipt(order.id, (broken,), TODAY))
    wet = Came(order.lines[0].id, D(3), D(2), "wet")
    receipts.receive(shop.receiver, NewReceipt(order.id, (wet,), TODAY))
    (suggested,) = receipts.suggestion(receipts.expected_order(shop.receiver, order.id))
    assert suggested[1] == D(2)
    assert shop.broken() == []


@pytest.mark.parametrize("quantity", ["-1", "NaN", "1e12", "0.0000001"])
def test_impossible_quantities(shop: Shop, quantity: str) -> None:
    order = shop.issued()
    with pytest.raises(Invalid):
        shop.receive(order, quantity)


def test_nothing_came_and_days_that_cannot_be(shop: Shop) -> None:
    order = shop.issued()
    with pytest.raises(Invalid, match="Nothing came"):
        shop.receive(order, 0)
    for when in (TODAY + timedelta(days=1), TODAY - timedelta(days=90)):
        with pytest.raises(Invalid, match="Say when it came"):
            receipts.receive(shop.receiver, NewReceipt(order.id, (Came(order.lines[0].id, D(1)),), when))


def test_a_delivery_note_counts_once_per_supplier(shop: Shop) -> None:
    order = shop.issued()
    first = shop.receive(order, 1, note="LS-0047/11")
    with pytest.raises(Conflict, match="LS-0047/11 of Kessling Hygiene was received already"):
        shop.receive(order, 1, note="ls 47 11")
    receipts.reverse(shop.receiver, first.id, first.version, "wrong order")
    assert shop.receive(order, 1, note="LS-0047/11").state == "posted"
    assert shop.broken() == []


def test_receiving_is_a_right_of_its_own(shop: Shop) -> None:
    """InvenTree 3527: receiving could not be granted alone."""
    order = shop.issued()
    assert not shop.receiver.may(orders.Can.BUY) and not shop.receiver.may(orders.Can.READ_ORDERS)
    assert shop.receive(order, 1).state == "posted"
    for nobody in (shop.asker, shop.buyer, shop.payable):
        with pytest.raises(Forbidden):
            shop.receive(order, 1, ctx=nobody)


def test_a_receiver_of_another_site_does_not_find_the_order(shop: Shop) -> None:
    order = shop.issued()
    away = shop.someone(as_="employee", login="rosa")
    with pytest.raises(Forbidden):
        receipts.expected_order(away, order.id)
    with pytest.raises(NotFound):
        receipts.expected_order(shop.receiver, order.id + 999)


def test_what_is_not_out_or_is_held_cannot_be_received(shop: Shop) -> None:
    draft = shop.draft_order()
    with pytest.raises(NotFound):
        shop.receive(draft, 1)
    order = orders.place(shop.buyer, draft.id, draft.version)
    order = orders.hold(shop.buyer, order.id, order.version, "wrong goods")
    with pytest.raises(Conflict, match="on hold: wrong goods"):
        shop.receive(order, 1)


# --- Taking back


def test_a_reversal_is_a_second_document(shop: Shop) -> None:
    order = shop.issued()
    receipt = shop.receive(order, 5)
    reversal = receipts.reverse(shop.receiver, receipt.id, receipt.version, "another order")
    assert (reversal.kind, reversal.lines[0].accepted, reversal.reverses_id) == ("reversal", D(-5), receipt.id)
    assert receipts.read(shop.receiver, receipt.id).state == "reversed"
    assert line_of(shop, order).accepted == 0
    with pytest.raises(Conflict, match="cannot be reversed"):
        receipts.reverse(shop.receiver, receipt.id, receipt.version, "again")
    with pytest.raises(Conflict, match="cannot be reversed"):
        receipts.reverse(shop.receiver, reversal.id, reversal.version, "again")
    assert shop.broken() == []


def test_what_was_billed_cannot_be_reversed(shop: Shop) -> None:
    order = shop.issued()
    receipt = shop.receive(order, 5)
    assert shop.bill(order).state == "matched"
    with pytest.raises(Conflict, match="was billed"):
        receipts.reverse(shop.receiver, receipt.id, receipts.read(shop.receiver, receipt.id).version, "oops")


def test_posted_rows_are_never_edited(shop: Shop) -> None:
    receipt = shop.receive(shop.issued(), 5)
    with pytest.raises(DBAPIError, match="never edited"), shop.someone.session.begin_nested():
        shop.someone.session.execute(
            sa.text("UPDATE purchasing_receipt_line SET accepted = 6 WHERE receipt_id = :id"), {"id": receipt.id}
        )


def test_returns_never_exceed_what_is_here(shop: Shop) -> None:
    """ERPNext 34019, 13299: returns beyond what came; quantities wrong after returns."""
    order = shop.issued()
    shop.receive(order, 5)
    back = [Came(order.lines[0].id, D(2))]
    sent = receipts.send_back(shop.receiver, order.id, back, "torn")
    assert (sent.kind, line_of(shop, order).returned) == ("return", D(2))
    with pytest.raises(Conflict, match="only 3 are here"):
        receipts.send_back(shop.receiver, order.id, [Came(order.lines[0].id, D(4))], "torn")
    assert shop.receive(order, 2).state == "posted"
    with pytest.raises(Conflict, match="5 of 5 boxes came already"):
        shop.receive(order, 1)
    assert shop.broken() == []


def test_a_return_can_be_reversed_while_there_is_room(shop: Shop) -> None:
    order = shop.issued()
    shop.receive(order, 5)
    sent = receipts.send_back(shop.receiver, order.id, [Came(order.lines[0].id, D(2))], "torn")
    receipts.reverse(shop.receiver, sent.id, sent.version, "still here")
    line = line_of(shop, order)
    assert (line.accepted, line.returned) == (D(5), D(0))
    assert shop.broken() == []


# --- Stock


def test_low_stock_becomes_one_draft_and_then_stock(shop: Shop) -> None:
    set_stock_level(shop, 200, 1000)
    stock.tell_low(shop.someone())
    drafts = shop.someone.session.scalars(sa.select(Requisition).where(Requisition.origin != "")).all()
    (draft,) = drafts
    assert (draft.state, draft.store_id, draft.total) == ("draft", shop.store_id, D(95))
    keeper = shop.someone(as_="storekeeper,employee", login="stella")
    draft = requisitions.read(keeper, draft.id)
    sent = requisition_approval.submit(keeper, draft.id, draft.version)
    assert (sent.state, sent.asked_by_id) == ("approved", keeper.user.id)
    stock.tell_low(shop.someone())
    assert len(shop.someone.session.scalars(sa.select(Requisition).where(Requisition.origin != "")).all()) == 1
    order = _order(shop, sent)
    receipt = shop.receive(order, 10)
    assert stock.on_hand(keeper, shop.gloves_id, shop.store_id) == D(1000)
    receipts.reverse(shop.receiver, receipt.id, receipt.version, "wrong store")
    assert stock.on_hand(keeper, shop.gloves_id, shop.store_id) == 0
    assert shop.broken() == []


def test_a_cancelled_low_stock_requisition_is_asked_for_again(shop: Shop) -> None:
    set_stock_level(shop, 200, 1000)
    draft = shop.someone.session.scalars(sa.select(Requisition).where(Requisition.origin != "")).one()
    requisition_approval.cancel(shop.someone(), draft.id, draft.version, "not now")
    stock.tell_low(shop.someone())
    states = shop.someone.session.scalars(sa.select(Requisition.state).where(Requisition.origin != "")).all()
    assert sorted(states) == ["cancelled", "draft"]


def test_goods_go_back_out_of_the_store(shop: Shop) -> None:
    order = shop.issued(store_id=shop.store_id)
    shop.receive(order, 5)
    receipts.send_back(shop.receiver, order.id, [Came(order.lines[0].id, D(1))], "torn")
    assert stock.on_hand(shop.someone(), shop.gloves_id, shop.store_id) == D(400)
    assert shop.broken() == []


def _order(shop: Shop, wish: Requisition) -> Order:
    (order,) = ordering.consolidate(shop.buyer, [Pick(line.id) for line in wish.lines])
    return orders.place(shop.buyer, order.id, order.version)


# --- Unknown deliveries


def test_an_unknown_delivery_is_parked_and_found_later(shop: Shop) -> None:
    order = shop.issued()
    parked = deliveries.park(
        shop.receiver, Parked(shop.site_id, "Kessling", "two boxes", TODAY - timedelta(days=2), "LS-9")
    )
    assert [row.id for row in deliveries.list_unknown(shop.receiver, shop.site_id)] == [parked.id]
    new = NewReceipt(order.id, (Came(order.lines[0].id, D(2)),), TODAY)
    receipt = deliveries.receive_parked(shop.receiver, parked.id, parked.version, new)
    assert (receipt.arrived_on, receipt.delivery_note) == (TODAY - timedelta(days=2), "LS-9")
    assert deliveries.list_unknown(shop.receiver, shop.site_id) == []
    with pytest.raises(Conflict, match="received already"):
        deliveries.send_away(shop.buyer, parked.id, deliveries.read(shop.receiver, parked.id).version, "no")


def test_what_was_parked_long_ago_is_received_on_the_day_on_which_it_came(shop: Shop) -> None:
    order = shop.issued()
    parked = deliveries.park(shop.receiver, Parked(shop.site_id, "Kessling", "two boxes", TODAY - timedelta(days=30)))
    later = shop.someone(as_="receiver,employee", login="remo", now=shop.receiver.now + timedelta(days=60))
    new = NewReceipt(order.id, (Came(order.lines[0].id, D(2)),), TODAY - timedelta(days=30))
    with pytest.raises(Invalid, match="last two months"):
        receipts.receive(later, new)
    receipt = deliveries.receive_parked(later, parked.id, parked.version, new)
    assert (receipt.state, receipt.arrived_on) == ("posted", TODAY - timedelta(days=30))


def test_nobody_ordered_it(shop: Shop) -> None:
    with pytest.raises(Invalid, match="who sent it"):
        deliveries.park(shop.receiver, Parked(shop.site_id, " ", "a box", TODAY))
    parked = deliveries.park(shop.receiver, Parked(shop.site_id, "Unknown Ltd", "a box", TODAY))
    assert deliveries.send_away(shop.receiver, parked.id, parked.version, "nobody ordered it").state == "sent_away"
