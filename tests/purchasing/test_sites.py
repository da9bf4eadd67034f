"""Sites in purchasing: who reads everywhere acts at the own site only, and documents name what is of their site."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from plantops import people, places, stores
from plantops.context import Context
from plantops.errors import Forbidden, Invalid
from plantops.jobs import Computation, Done
from plantops.places import CostCentre, Kind, Place, Site
from plantops.stores import Store
from purchasing import amendments, deliveries, invoices, jobs, orders, receipts, requisitions, settlement
from purchasing.deliveries import Parked
from purchasing.invoices import BillHead, NewBillLine
from purchasing.models import Hold, Invoice, Order
from purchasing.order_lines import NewOrderLine
from purchasing.orders import OrderHead
from purchasing.receipt_rules import Came
from purchasing.receipts import NewReceipt
from tests.purchasing.shop import TODAY, D, Shop

pytestmark = pytest.mark.db


class Elsewhere:
    """A second site with a place, a store and a cost centre, and somebody who reads everywhere and acts there."""

    def __init__(self, shop: Shop) -> None:
        ctx = shop.someone()
        self.shop = shop
        self.site: Site = places.add_site(ctx, "NOR", "Depot North", zone="Europe/Oslo", currency="NOK", country="NO")
        self.place: Place = places.add_place(ctx, self.site.id, "D1", "Dock", Kind.DOCK)
        self.centre: CostCentre = places.add_cost_centre(ctx, self.site.id, "9100", "North")
        self.store: Store = stores.add_store(ctx, self.site.id, "NORTH", "North store")
        self.shop.someone(as_="auditor,employee", login="nora")
        for role in ("buyer", "accounts_payable", "receiver"):
            people.grant(ctx, shop.someone.known["nora"], role, site_id=self.site.id)

    @property
    def nora(self) -> Context:
        return self.shop.someone(login="nora", as_="auditor,employee")


@pytest.fixture
def elsewhere(shop: Shop) -> Elsewhere:
    return Elsewhere(shop)


ON_ORDERS: dict[str, Callable[[Context, Order], object]] = {
    "take back": lambda ctx, order: orders.take_back(ctx, order.id, order.version),
    "hold": lambda ctx, order: orders.hold(ctx, order.id, order.version, "wait"),
    "free": lambda ctx, order: orders.free(ctx, order.id, order.version),
    "acknowledge": lambda ctx, order: amendments.acknowledge(ctx, order.id, order.version),
    "promise": lambda ctx, order: amendments.promise(ctx, order.id, order.version, {order.lines[0].id: TODAY}),
    "chase": lambda ctx, order: amendments.chase(ctx, order.id, order.version),
    "revise": lambda ctx, order: amendments.revise(
        ctx, order.id, order.version, "more", [amendments.LineChange(order.lines[0].id, D(6))]
    ),
    "close short": lambda ctx, order: amendments.close_short(
        ctx, order.id, order.version, order.lines[0].id, "no more comes"
    ),
    "cancel": lambda ctx, order: amendments.cancel(ctx, order.id, order.version, "not needed"),
}


@pytest.mark.parametrize("what", ON_ORDERS)
def test_a_buyer_of_another_site_reads_an_order_and_leaves_it_alone(
    shop: Shop, elsewhere: Elsewhere, what: str
) -> None:
    order = shop.issued()
    assert orders.read(elsewhere.nora, order.id).number == order.number
    with pytest.raises(Forbidden, match="buy for this site"):
        ON_ORDERS[what](elsewhere.nora, order)


def test_accounts_payable_of_another_site_leave_a_bill_alone(shop: Shop, elsewhere: Elsewhere) -> None:
    order = shop.issued()
    shop.receive(order, 5)
    bill = shop.bill(order, price="12.50")
    hold: Hold = bill.holds[0]
    nora = elsewhere.nora
    head = BillHead(shop.site_id, shop.supplier_id, "R-9", TODAY, D(1))
    line = NewBillLine(D(1), D(1), cost_centre_id=shop.centre_id)
    attempts: list[Callable[[], object]] = [
        lambda: invoices.change(nora, bill.id, bill.version, head, [line]),
        lambda: invoices.void(nora, bill.id, bill.version, "wrong"),
        lambda: settlement.ask(nora, hold.id, hold.version, "buyer"),
        lambda: settlement.accept(nora, hold.id, hold.version, "let it pass"),
        lambda: settlement.dispute(nora, bill.id, bill.version, True),
        lambda: settlement.confirm_payment(nora, bill.id, bill.version, TODAY, "bank 1"),
    ]
    for attempt in attempts:
        with pytest.raises(Forbidden, match="this site"):
            attempt()
    assert shop.fresh(Invoice, bill.id).version == bill.version


def test_a_parked_delivery_is_sent_away_by_its_own_site(shop: Shop, elsewhere: Elsewhere) -> None:
    parked = deliveries.park(shop.receiver, Parked(shop.site_id, "Unknown Ltd", "two boxes", TODAY))
    with pytest.raises(Forbidden):
        deliveries.send_away(elsewhere.nora, parked.id, parked.version, "not ours")


def test_goods_are_received_into_a_store_of_the_orders_site(shop: Shop, elsewhere: Elsewhere) -> None:
    order = shop.issued()
    new = NewReceipt(order.id, (Came(order.lines[0].id, D(1)),), TODAY)
    for wrong in (replace(new, store_id=elsewhere.store.id), replace(new, place_id=elsewhere.place.id)):
        with pytest.raises(Invalid) as caught:
            receipts.receive(shop.receiver, wrong)
        assert set(caught.value.fields) <= {"store_id", "place_id"}
    shop.receive(order, 5)
    with pytest.raises(Invalid, match="cannot be"):
        receipts.send_back(
            shop.receiver, order.id, [Came(order.lines[0].id, D(1))], "broken", store_id=elsewhere.store.id
        )


def test_an_order_names_what_is_of_its_site(shop: Shop, elsewhere: Elsewhere) -> None:
    for head in (
        OrderHead(store_id=elsewhere.store.id),
        OrderHead(place_id=elsewhere.place.id),
        OrderHead(cost_centre_id=elsewhere.centre.id),
    ):
        with pytest.raises(Invalid, match="cannot be"):
            orders.start(shop.buyer, shop.site_id, shop.supplier_id, head)
    line = NewOrderLine(D(5), TODAY, elsewhere.centre.id, shop.gloves_id)
    with pytest.raises(Invalid, match="not of the order's site"):
        orders.start(shop.buyer, shop.site_id, shop.supplier_id, lines=[line])


def test_a_requisition_names_a_store_of_its_site(shop: Shop, elsewhere: Elsewhere) -> None:
    with pytest.raises(Invalid) as caught:
        requisitions.start(shop.asker, shop.head(store_id=elsewhere.store.id))
    assert set(caught.value.fields) == {"store_id"}


def test_a_parked_delivery_stands_at_a_place_of_its_site(shop: Shop, elsewhere: Elsewhere) -> None:
    with pytest.raises(Invalid) as caught:
        deliveries.park(
            shop.receiver, Parked(shop.site_id, "Unknown Ltd", "two boxes", TODAY, place_id=elsewhere.place.id)
        )
    assert set(caught.value.fields) == {"place_id"}


def test_an_order_that_was_cancelled_while_it_was_printed_is_not_sent(shop: Shop) -> None:
    order = shop.issued(need_by=TODAY + timedelta(days=7))
    printing = jobs.send_order(shop.buyer, order.id, 0)
    assert isinstance(printing, Computation)
    amendments.cancel(shop.buyer, order.id, order.version, "not needed")
    done = printing.then(shop.buyer, b"%PDF-1.7")
    assert isinstance(done, Done)
    assert done.message == "not sent: the order is cancelled"
    assert jobs.send_order(shop.buyer, order.id, 0) == done
