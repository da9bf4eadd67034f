"""An order issued, amended, received and billed by several people at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from plantops.context import Context
from plantops.core import House
from purchasing import amendments, api, invoices, orders, receipts, settlement
from purchasing.amendments import LineChange
from purchasing.invoices import BillHead, NewBillLine
from purchasing.models import Invoice, Order, Requisition
from purchasing.models.orders import OrderState
from purchasing.receipt_rules import Came
from purchasing.receipts import NewReceipt
from tests.purchasing.shop import TODAY, D, Shop
from tests.purchasing.test_at_once import at_once, broken, prepared, refused

pytestmark = pytest.mark.db


def test_what_two_neighbours_ask_for_at_once_is_one_requisition(plant: House) -> None:
    shop, _ = prepared(plant, lambda _shop: None)
    wanted, need_by = [api.Wanted(D(500), shop.gloves_id)], TODAY + timedelta(days=14)

    def ask(ctx: Context) -> int:
        return api.request(ctx, shop.site_id, shop.centre_id, need_by, wanted, origin="housekeeping_work_order:17").id

    found = at_once(plant, shop, "rita", ask, ask, ask)
    assert len(set(found)) == 1
    with plant.acting() as ctx:
        assert ctx.session.scalar(sa.select(sa.func.count()).select_from(Requisition)) == 1


def test_an_order_is_issued_or_taken_back_never_both(plant: House) -> None:
    def steps(shop: Shop) -> Order:
        draft = shop.draft_order()
        return orders.submit(shop.buyer, draft.id, draft.version)

    shop, made = prepared(plant, steps)
    order: Order = made  # type: ignore[assignment]
    assert order.state is OrderState.APPROVED
    found = at_once(
        plant,
        shop,
        "bea",
        lambda ctx: orders.issue(ctx, order.id, order.version).state,
        lambda ctx: orders.take_back(ctx, order.id, order.version).state,
    )
    assert refused(found) == 1
    with plant.acting() as ctx:
        now = ctx.session.get_one(Order, order.id)
        assert (now.state is OrderState.ISSUED) == (now.number is not None) == (OrderState.ISSUED in found)
    assert broken(plant) == []


def test_two_amendments_and_a_cancellation_of_an_issued_order_are_one(plant: House) -> None:
    shop, made = prepared(plant, lambda shop: shop.issued())
    order: Order = made  # type: ignore[assignment]
    line_id = order.lines[0].id

    def revise(quantity: int) -> Callable[[Context], object]:
        change = [LineChange(line_id, quantity=D(quantity))]
        return lambda ctx: amendments.revise(ctx, order.id, order.version, "fewer are needed", change).number

    found = at_once(
        plant, shop, "bea", revise(4), revise(3), lambda ctx: amendments.cancel(ctx, order.id, order.version, "off").id
    )
    assert refused(found) == 2
    assert broken(plant) == []


def test_what_comes_while_the_order_is_cut_down_is_never_more_than_it_says(plant: House) -> None:
    shop, made = prepared(plant, lambda shop: shop.issued())
    order: Order = made  # type: ignore[assignment]
    line_id = order.lines[0].id
    came, change = NewReceipt(order.id, (Came(line_id, D(5)),), TODAY, "n-1"), [LineChange(line_id, quantity=D(2))]

    def as_bea(_: Context) -> object:
        bea = shop.someone.known["bea"]
        return plant.run(lambda ctx: amendments.revise(ctx, order.id, order.version, "fewer", change).number, bea)

    found = at_once(plant, shop, "remo", lambda ctx: receipts.receive(ctx, came).id, as_bea)
    assert refused(found) == 1
    assert broken(plant) == []


def test_a_bill_is_approved_as_it_was_or_corrected_never_both(plant: House) -> None:
    def steps(shop: Shop) -> tuple[Invoice, int]:
        order = shop.issued()
        shop.receive(order, 5)
        return shop.bill(order), order.lines[0].id

    shop, made = prepared(plant, steps)
    bill: Invoice = made[0]  # type: ignore[index]
    line_id: int = made[1]  # type: ignore[index]
    head = BillHead(shop.site_id, shop.supplier_id, "R-1", TODAY, D(19), order_id=bill.order_id)
    lines = [NewBillLine(D(2), D("9.50"), "Gloves", "box", order_line_id=line_id)]
    found = at_once(
        plant,
        shop,
        "paula",
        lambda ctx: settlement.approve(ctx, bill.id, bill.version).id,
        lambda ctx: invoices.change(ctx, bill.id, bill.version, head, lines).id,
    )
    assert refused(found) == 1
    assert broken(plant) == []


def test_a_bill_matched_while_its_goods_come_counts_them_once(plant: House) -> None:
    shop, made = prepared(plant, lambda shop: shop.issued())
    order: Order = made  # type: ignore[assignment]
    line_id = order.lines[0].id
    came = NewReceipt(order.id, (Came(line_id, D(5)),), TODAY, "n-1")
    head = BillHead(shop.site_id, shop.supplier_id, "R-1", TODAY, D("47.5"), order_id=order.id)
    lines = [NewBillLine(D(5), D("9.50"), "Gloves", "box", order_line_id=line_id)]

    def as_paula(_: Context) -> object:
        return plant.run(lambda ctx: invoices.capture(ctx, head, lines).id, shop.someone.known["paula"])

    found = at_once(plant, shop, "remo", lambda ctx: receipts.receive(ctx, came).id, as_paula)
    assert refused(found) == 0
    with plant.acting() as ctx:
        assert ctx.session.scalars(sa.select(Invoice.state)).one() == "matched"
    assert broken(plant) == []
