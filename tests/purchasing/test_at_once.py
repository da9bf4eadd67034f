"""Two people at once: each pair of actions on one document, on a database that really commits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from plantops import verify
from plantops.context import Context
from plantops.core import House
from plantops.errors import Conflict, PlantopsError
from purchasing import invoices, ordering, orders, receipts, requisition_approval, requisitions, settlement
from purchasing.invoices import BillHead, NewBillLine
from purchasing.models import Budget, Invoice, Order, Requisition
from purchasing.models.sources import Check
from purchasing.ordering import Pick
from purchasing.receipt_rules import Came
from purchasing.receipts import NewReceipt
from purchasing.requisition_lines import NewLine
from tests.houses import Someone
from tests.purchasing.shop import TODAY, D, Shop, open_shop

pytestmark = pytest.mark.db


def prepared(plant: House, steps: Callable[[Shop], object]) -> tuple[Shop, object]:
    """A shop that was committed, and what the steps made in it."""
    with plant.database.transaction() as session:
        shop = open_shop(Someone(plant, session))
        for login in ("rita", "bea", "aron", "remo", "paula"):
            getattr(
                shop, {"rita": "asker", "bea": "buyer", "aron": "approver", "remo": "receiver"}.get(login, "payable")
            )
        return shop, steps(shop)


def at_once(plant: House, shop: Shop, login: str, *works: Callable[[Context], object]) -> list[object]:
    """Each work in a transaction of its own, begun together; what it returned, or the error that it met."""
    barrier = threading.Barrier(len(works))
    found: list[object] = [None] * len(works)

    def run(place: int, work: Callable[[Context], object]) -> None:
        barrier.wait(10)
        try:
            found[place] = plant.run(work, shop.someone.known[login])
        except PlantopsError as error:
            found[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


def refused(found: list[object]) -> int:
    return sum(isinstance(one, Conflict) for one in found)


def broken(plant: House) -> list[str]:
    with plant.acting() as ctx:
        return [one.sentence for one in verify.verify(ctx).broken if one.module == "purchasing"]


def test_two_receive_the_same_order(plant: House) -> None:
    shop, made = prepared(plant, lambda shop: shop.issued())
    order: Order = made  # type: ignore[assignment]
    line_id = order.lines[0].id

    def receive(note: str) -> Callable[[Context], object]:
        new = NewReceipt(order.id, (Came(line_id, D(5)),), TODAY, note)
        return lambda ctx: receipts.receive(ctx, new).id

    found = at_once(plant, shop, "remo", *(receive(note) for note in ("a", "b", "c")))
    assert refused(found) == 2
    assert broken(plant) == []


def test_two_returns_of_the_same_goods(plant: House) -> None:
    def steps(shop: Shop) -> Order:
        order = shop.issued()
        shop.receive(order, 5)
        return order

    shop, made = prepared(plant, steps)
    order: Order = made  # type: ignore[assignment]
    back = [Came(order.lines[0].id, D(4))]
    found = at_once(plant, shop, "remo", *[lambda ctx: receipts.send_back(ctx, order.id, back, "torn").id] * 2)
    assert refused(found) == 1
    assert broken(plant) == []


def test_two_buyers_pick_the_same_line(plant: House) -> None:
    shop, made = prepared(plant, lambda shop: shop.approved().lines[0].id)
    pick = Pick(int(made))  # type: ignore[call-overload]
    found = at_once(plant, shop, "bea", *[lambda ctx: len(ordering.consolidate(ctx, [pick]))] * 2)
    assert refused(found) == 1
    assert broken(plant) == []


def test_who_fills_an_order_waits_for_it_before_it_takes_the_requisition(plant: House) -> None:
    """Submitting locks the order, then the requisitions behind it; the other way round two buyers block each other."""

    def steps(shop: Shop) -> tuple[int, int, int]:
        draft = shop.draft_order()
        wish = shop.approved()
        return draft.id, wish.id, wish.lines[0].id

    shop, made = prepared(plant, steps)
    order_id, wish_id, line_id = made  # type: ignore[misc]
    found: list[object] = []
    with plant.database.transaction() as submitting:
        submitting.execute(sa.select(Order.id).where(Order.id == order_id).with_for_update())
        filling = threading.Thread(target=lambda: found.extend(at_once(plant, shop, "bea", consolidate(line_id))))
        filling.start()
        _wait_until_somebody_waits(plant)
        wish = sa.select(Requisition.id).where(Requisition.id == wish_id).with_for_update(nowait=True)
        assert submitting.scalar(wish) == wish_id
    filling.join(30)
    assert found == [[order_id]]
    assert broken(plant) == []


def test_two_clicks_of_a_buyer_fill_one_draft(plant: House) -> None:
    """Both find no draft yet, and neither has a row to lock: the second waits all the same."""
    shop, made = prepared(plant, lambda shop: [shop.approved().lines[0].id, shop.approved().lines[0].id])
    lines: list[int] = made  # type: ignore[assignment]
    found: list[object] = []
    with plant.database.transaction() as holding:
        holding.execute(sa.select(Requisition.id).with_for_update())
        clicks = threading.Thread(target=lambda: found.extend(at_once(plant, shop, "bea", *map(consolidate, lines))))
        clicks.start()
        _wait_until_somebody_waits(plant, how_many=2)
    clicks.join(30)
    assert found[0] == found[1]
    with plant.acting() as ctx:
        (order,) = ctx.session.scalars(sa.select(Order).options(selectinload(Order.lines)))
        assert sum(line.quantity * line.factor for line in order.lines) == D(1000)
    assert broken(plant) == []


def consolidate(line_id: int) -> Callable[[Context], object]:
    return lambda ctx: [order.id for order in ordering.consolidate(ctx, [Pick(line_id)])]


def _wait_until_somebody_waits(plant: House, how_many: int = 1) -> None:
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(200):
        with plant.acting() as ctx:
            if (ctx.session.scalar(waiting) or 0) >= how_many:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits for the order")


def test_a_double_click_issues_one_order(plant: House) -> None:
    shop, made = prepared(plant, lambda shop: shop.draft_order())
    order: Order = made  # type: ignore[assignment]
    found = at_once(plant, shop, "bea", *[lambda ctx: orders.place(ctx, order.id, order.version).number] * 3)
    assert refused(found) == 2
    with plant.acting() as ctx:
        assert (
            ctx.session.scalar(sa.text("SELECT count(*) FROM core_job_run WHERE name = 'purchasing.send_order'")) == 1
        )
    assert broken(plant) == []


def test_one_bill_captured_by_two(plant: House) -> None:
    shop, _ = prepared(plant, lambda _shop: None)
    line = NewBillLine(D(1), D(20), "Boots", cost_centre_id=shop.centre_id)

    def capture(number: str) -> Callable[[Context], object]:
        head = BillHead(shop.site_id, shop.supplier_id, number, TODAY, D(20))
        return lambda ctx: invoices.capture(ctx, head, [line]).id

    at_once(plant, shop, "paula", *(capture(number) for number in ("R-77", "r 77", "R/0077")))
    with plant.acting() as ctx:
        counted = ctx.session.scalars(sa.select(Invoice.duplicate_of_id).order_by(Invoice.id)).all()
    assert (len(counted), sum(one is None for one in counted)) == (3, 1)
    assert broken(plant) == []


def test_bookings_at_once_leave_no_gap(plant: House) -> None:
    def steps(shop: Shop) -> list[tuple[int, int]]:
        order = shop.issued(NewLine(D(500), shop.gloves_id), NewLine(D(40), shop.bearing_id))
        shop.receive(order, 5, 40)
        bills = [
            shop.capture([line], f"R-{n}", order_id=order.id)
            for n, line in enumerate(invoices.open_lines(shop.payable, order.id))
        ]
        done = [settlement.approve(shop.payable, bill.id, bill.version) for bill in bills]
        return [(bill.id, bill.version) for bill in done]

    shop, made = prepared(plant, steps)
    pairs: list[tuple[int, int]] = made  # type: ignore[assignment]

    def post(id: int, version: int) -> Callable[[Context], object]:
        return lambda ctx: settlement.post(ctx, id, version).booking_number

    works = [post(id, version) for id, version in pairs for _ in range(2)]
    found = at_once(plant, shop, "paula", *works)
    assert refused(found) == 2
    assert {one for one in found if isinstance(one, str)} == {"BK-VER-26-00001", "BK-VER-26-00002"}
    assert broken(plant) == []


def test_two_wishes_do_not_both_fit_one_budget(plant: House) -> None:
    def steps(shop: Shop) -> list[tuple[int, int]]:
        ctx = shop.someone()
        ctx.session.add(
            Budget(site_id=shop.site_id, cost_centre_id=shop.centre_id, year=TODAY.year, amount=D(100), rule=Check.STOP,
                   months=[])
        )  # fmt: skip
        made = []
        for _ in range(2):
            line = NewLine(D(1), description="A shelf", price=D(60))
            draft = requisitions.start(shop.asker, shop.head(need_by=TODAY + timedelta(days=3)), (line,))
            made.append((draft.id, draft.version))
        return made

    shop, made = prepared(plant, steps)
    pairs: list[tuple[int, int]] = made  # type: ignore[assignment]

    def submit(id: int, version: int) -> Callable[[Context], object]:
        return lambda ctx: requisition_approval.submit(ctx, id, version).number

    found = at_once(plant, shop, "rita", *(submit(*pair) for pair in pairs))
    assert refused(found) == 1
    assert broken(plant) == []
