"""The plan of the day: asked, kept, published, superseded."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from plantops import lifecycle
from plantops.core import House
from plantops.errors import Conflict, Forbidden, Invalid, PlantopsError
from tests.houses import Someone
from tests.transport import making
from transport import addresses, boards, drivers, orders, planning, plans, vehicles
from transport.models import Order, OrderState, Plan, PlanState

pytestmark = pytest.mark.db


def test_unmeasured_ways_follow_the_measured_ones() -> None:
    places = [(1, 49.0, 6.0), (2, 49.1, 6.0), (3, 49.2, 6.0)]
    straight = addresses.great_circle_km((49.0, 6.0), (49.1, 6.0))
    found = addresses.ways(places, {(1, 2): (straight * 1.5, straight * 3)})
    assert found.detour == pytest.approx(1.5)
    assert found.km_per_minute == pytest.approx(0.5)
    assert found.km[1][2] == pytest.approx(straight * 1.5, rel=1e-3)
    assert found.minutes[1][2] == pytest.approx(straight * 3, rel=1e-3)
    assert found.km[0][0] == 0


def test_the_question_holds_open_orders_and_usable_vehicles_only(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    depot = making.address(boss, "D", "49.6", "6.1", is_depot=True)
    where = making.address(boss, "A", "49.7", "6.2")
    van, broken = making.van(boss), making.van(boss, code="VAN-2")
    vehicles.take_out(boss, broken.id, broken.version, "gearbox", making.DAY)
    wanted, dropped = making.order(boss, where), making.order(boss, where)
    orders.cancel(boss, dropped.id, dropped.version, "not needed")
    addresses.ban(boss, van.id, where.id)
    asked = plans.question(boss, making.site_id(boss), making.DAY)
    assert [vehicle.id for vehicle in asked.problem.vehicles] == [van.code]
    assert [order.id for order in asked.problem.orders] == [wanted.number]
    assert asked.problem.vehicles[0].forbidden == {wanted.number}
    assert planning.capacities(asked.problem, van.code) == (van.capacity_kg, van.capacity_m3)
    assert asked.ways.ids[0] == depot.id


def test_an_empty_day_and_a_site_without_depot_are_said_before_anything_is_computed(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    with pytest.raises(Conflict, match="nothing to move"):
        plans.ask(boss, making.site_id(boss), making.DAY)
    with pytest.raises(Invalid, match="1 to 600 seconds"):
        plans.ask(boss, making.site_id(boss), making.DAY, seconds=0)


def test_who_asks_while_the_same_day_waits_gets_a_plan_too(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    making.van(boss)
    making.order(boss, making.address(boss, "A", "49.7", "6.2"))
    first, second = (plans.ask(boss, making.site_id(boss), making.DAY) for _ in range(2))
    assert first.job_run_id != second.job_run_id, "the second would be computing for ever"


def test_publishing_plans_the_orders_and_supersedes_the_plan_before(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    van = making.van(boss)
    where = making.address(boss, "A", "49.7", "6.2")
    one, two = making.order(boss, where), making.order(boss, where)
    first, second = making.draft(boss, van, [one, two]), making.draft(boss, van, [two])
    plans.publish(boss, first.id, first.version, "the agency drives")
    assert {one.state, two.state} == {OrderState.PLANNED}
    plans.publish(boss, second.id, second.version, "the agency drives")
    assert (one.state, two.state) == (OrderState.REQUESTED, OrderState.PLANNED)
    assert (first.state, second.state) == (PlanState.SUPERSEDED, PlanState.PUBLISHED)


def test_what_is_published_is_not_published_again(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    asked = making.order(boss, making.address(boss, "A", "49.7", "6.2"))
    plan = making.draft(boss, making.van(boss), [asked])
    plans.publish(boss, plan.id, plan.version, "the agency drives")
    with pytest.raises(Conflict, match="it is published, not a draft"):
        plans.publish(boss, plan.id, plan.version, "once more")


def test_a_draft_with_an_order_that_was_cancelled_meanwhile_is_not_published(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    gone = making.order(boss, making.address(boss, "A", "49.7", "6.2"))
    plan = making.draft(boss, making.van(boss), [gone])
    orders.cancel(boss, gone.id, gone.version, "not needed")
    with pytest.raises(Conflict, match="1 of its orders was cancelled"):
        plans.publish(boss, plan.id, plan.version)


def test_a_trip_without_a_driver_goes_out_only_with_a_reason(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    van = making.van(boss)
    draft = making.draft(boss, van, [making.order(boss, making.address(boss, "A", "49.7", "6.2"))])
    with pytest.raises(Conflict, match=f"{van.name} has no driver. Choose drivers, or publish without and say why"):
        plans.publish(boss, draft.id, draft.version)
    plans.publish(boss, draft.id, draft.version, "The agency's driver comes at 7")
    assert lifecycle.steps(boss, draft)[-1].reason == "The agency's driver comes at 7"


@pytest.mark.parametrize(
    ("bound", "gap", "said"),
    [
        (None, None, "By how much another could be cheaper is not known"),
        (95.0, 0.05, "at most 5.00 (5.0%) could still be saved"),
        (100.0, 0.0, "no plan for these orders and vehicles can cost less"),
    ],
)
def test_how_good_a_plan_is_in_plain_words(bound: float | None, gap: float | None, said: str) -> None:
    assert said in plans.how_good(100.0, bound, gap)


def test_a_driver_does_not_publish(ctx: Someone) -> None:
    plan = making.draft(ctx(as_="dispatcher"), making.van(ctx(as_="dispatcher")), [])
    with pytest.raises(Forbidden):
        plans.publish(ctx(as_="driver"), plan.id, plan.version)


def test_two_dispatchers_publish_at_once_and_one_plan_stands(plant: House) -> None:
    with plant.acting() as ctx:
        van = making.van(ctx)
        asked = making.order(ctx, making.address(ctx, "A", "49.7", "6.2"))
        drafts = [making.draft(ctx, van, [asked]) for _ in range(4)]
    seen: list[str] = []
    barrier = threading.Barrier(len(drafts))

    def publish(draft: Plan) -> None:
        barrier.wait()
        try:
            plant.run(lambda ctx: plans.publish(ctx, draft.id, draft.version, "the agency drives"))
            seen.append("published")
        except PlantopsError as error:
            seen.append(error.code)

    threads = [threading.Thread(target=publish, args=(draft,)) for draft in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with plant.acting() as ctx:
        states = ctx.session.scalars(sa.select(Plan.state)).all()
        assert states.count(PlanState.PUBLISHED) == 1
        assert ctx.session.scalar(sa.select(Order.state)) is OrderState.PLANNED
    assert seen == ["published"] * len(drafts)


def test_each_trip_gets_its_own_driver_and_as_many_as_possible() -> None:
    licensed = {"C": frozenset({1})}
    ready = [(1, 10), (2, None)]
    assert drivers.match([(10, None), (20, "C")], ready, licensed) == {10: 2, 20: 1}
    assert drivers.match([(10, None)], ready, licensed) == {10: 1}
    assert drivers.match([(20, "C"), (30, "C")], ready, licensed) in ({20: 1}, {30: 1})
    assert drivers.match([(10, None)], [], {}) == {}


def test_money_is_kept_exactly(ctx: Someone) -> None:
    van = making.van(ctx(as_="dispatcher"), cost_per_km=Decimal("0.1234"))
    assert van.cost_per_km == Decimal("0.1234")


def test_eight_o_clock_is_eight_o_clock_on_the_wall_also_when_the_clocks_change() -> None:
    back, forward, plain = date(2026, 10, 25), date(2026, 3, 29), date(2026, 11, 24)
    eight = [boards.moment(day, Decimal(480), "Europe/Luxembourg") for day in (back, forward, plain)]
    assert [(at.hour, at.minute) for at in eight] == [(7, 0), (6, 0), (7, 0)]
    past_midnight = boards.moment(plain, Decimal("1500.5"), "Europe/Luxembourg")
    assert past_midnight == datetime(2026, 11, 25, 0, 0, 30, tzinfo=UTC)
