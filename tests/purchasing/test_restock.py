"""Low stock that nobody can pay for: goods are handed out all the same, and the right people are told."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from plantops import due, people, places, stock, stores
from plantops.context import Context
from plantops.events import OnOrder, Waiting
from plantops.places import CostCentre
from plantops.stock import Line
from plantops.stores import Store
from purchasing import orders, requisitions, restock
from purchasing.models import Requisition
from purchasing.order_lines import NewOrderLine
from purchasing.orders import OrderHead
from purchasing.requisition_lines import NewLine
from tests.purchasing.shop import D, Shop

pytestmark = pytest.mark.db


@dataclass
class North:
    """A site without a cost centre; its store has 300 gloves and fills up to 1000 when 200 are left."""

    shop: Shop
    site_id: int
    store: Store

    @property
    def keeper(self) -> Context:
        return self.shop.someone(as_="employee", login="stig")

    def hand_out(self, quantity: int, key: str = "one") -> None:
        lines = [Line(self.shop.gloves_id, D(quantity))]
        stock.issue(self.keeper, self.store.id, lines, origin=f"core_store:{self.store.id}", key=key)

    def asked(self) -> list[Requisition]:
        query = sa.select(Requisition).where(Requisition.site_id == self.site_id)
        return list(self.shop.someone.session.scalars(query))

    def told(self) -> list[str]:
        ctx = self.shop.someone(as_="plant_manager", login="pam")
        return [item.title for item in due.due(ctx, ctx.today, kind="low stock")]

    def cards(self) -> list[str]:
        cards = self.keeper.ask(Waiting("storekeeper"))
        return [card.title for card in cards if card.title.startswith("items low that")]


@pytest.fixture
def north(shop: Shop) -> North:
    ctx = shop.someone()
    site = places.add_site(ctx, "NOR", "Depot North", zone="Europe/Oslo", currency="EUR", country="NO")
    store = stores.add_store(ctx, site.id, "NORTH", "North store")
    shop.someone(as_="employee", login="stig")
    people.grant(ctx, shop.someone.known["stig"], "storekeeper", site_id=site.id)
    stock.receive(ctx, store.id, [Line(shop.gloves_id, D(300), cost=D(30))], origin="test", key="first gloves")
    stock.set_level(ctx, shop.gloves_id, store.id, minimum=D(200), target=D(1000))
    return North(shop, site.id, store)


def test_goods_are_handed_out_and_the_shortage_is_told(north: North) -> None:
    assert (north.told(), north.cards()) == ([], [])
    north.hand_out(150)
    assert stock.on_hand(north.keeper, north.shop.gloves_id, north.store.id) == 150
    assert north.asked() == []
    assert [title.partition(" is low in ")[2] for title in north.told()] == [
        "North store and nobody can pay for it: name a cost centre for the store"
    ]
    assert north.cards() == ["items low that nobody can pay for"]


def test_once_somebody_pays_it_is_asked_for(north: North) -> None:
    north.hand_out(150)
    centre = places.add_cost_centre(north.shop.someone(), north.site_id, "9100", "North")
    assert stock.tell_low(north.shop.someone()) == 1
    (draft,) = north.asked()
    assert draft.cost_centre_id == centre.id
    assert (north.told(), north.cards()) == ([], [])


def test_a_stores_cost_centre_that_was_closed_pays_no_more(north: North) -> None:
    ctx = north.shop.someone()
    closed = places.add_cost_centre(ctx, north.site_id, "9000", "Old north")
    north.store.cost_centre_id = closed.id
    ctx.session.execute(sa.update(CostCentre).where(CostCentre.id == closed.id).values(archived=True))
    north.hand_out(100)
    assert north.asked() == [] and len(north.told()) == 1
    open_one = places.add_cost_centre(ctx, north.site_id, "9200", "New north")
    north.hand_out(10, "two")
    (draft,) = north.asked()
    assert draft.cost_centre_id == open_one.id


def test_what_somebody_only_drafted_is_not_on_its_way(shop: Shop) -> None:
    """A person's draft may never be sent off; what covers a requisition on a buyer's draft is."""
    store, lines = shop.store_id, (NewLine(D(500), shop.gloves_id),)
    question = OnOrder(shop.gloves_id, store)
    requisitions.start(shop.asker, shop.head(store_id=store), lines)
    assert sum(restock.on_order(shop.someone(), question)) == 0
    head = OrderHead(store_id=store, cost_centre_id=shop.centre_id)
    draft = orders.start(shop.buyer, shop.site_id, shop.supplier_id, head)
    line = NewOrderLine(D(500), shop.head().need_by, shop.centre_id, shop.gloves_id)
    orders.add_lines(shop.buyer, draft.id, draft.version, (line,))
    assert sum(restock.on_order(shop.someone(), question)) == 0
    shop.draft_order(*lines, store_id=store)
    assert sum(restock.on_order(shop.someone(), question)) == D(500)
    requisitions.start(shop.asker, shop.head(store_id=store), lines, raised_by="core.low_stock:1:1")
    assert sum(restock.on_order(shop.someone(), question)) == D(1000)
