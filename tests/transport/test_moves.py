"""A dispatcher moves a stop by hand: what each vehicle says, what changes, and what cannot be done."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
import sqlalchemy as sa

from plantops.core import House
from plantops.engines import Limits
from plantops.errors import Conflict, Forbidden, Invalid, NotFound, PlantopsError, Stale
from tests.houses import Someone
from tests.transport import making
from transport import boards, moves, orders, plans, vehicles
from transport.models import Address, Order, Plan, Stop, Trip
from transport.optimise.check import broken
from transport.optimise.routes import solve

pytestmark = pytest.mark.db


def computed(ctx: Someone, kg: tuple[str, ...] = ("100", "100", "100")) -> tuple[Plan, list[Order]]:
    """A draft of the optimiser: three stops on one of two vans, of which the other is small."""
    boss = ctx(as_="dispatcher")
    making.address(boss, "D", "49.60", "6.10", is_depot=True)
    wanted = [
        making.order(boss, making.address(boss, f"A{n}", f"49.{64 + 2 * n}", "6.10"), weight)
        for n, weight in enumerate(kg)
    ]
    making.van(boss)
    making.van(boss, "VAN-2", capacity_kg=Decimal(150))
    asked = plans.ask_at_once(boss, making.site_id(boss), making.DAY)
    answer = solve(asked.problem, Limits(iterations=30))
    assert broken(asked.problem, answer) == []
    return plans.keep_at_once(boss, making.site_id(boss), making.DAY, 1, asked, answer), wanted


def carriers(ctx: Someone, plan: Plan) -> dict[int, int]:
    rows = ctx(as_="dispatcher").session.execute(
        sa.select(Stop.order_id, Trip.vehicle_id).join(Trip, Trip.id == Stop.trip_id).where(Trip.plan_id == plan.id)
    )
    return {row.order_id: row.vehicle_id for row in rows}


def test_each_vehicle_says_its_price_or_its_reason(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    plan, (_, heavy, _) = computed(ctx, ("100", "200", "100"))
    sheet = moves.offers(boss, plan.id, heavy.id)
    assert (sheet.number, sheet.vehicle) == (heavy.number, "VAN-1")
    stays, cannot = sheet.rows
    assert (stays.vehicle, stays.stays, stays.stop) == ("VAN-1", True, sheet.stop)
    assert stays.extra_cost == 0
    assert (cannot.vehicle, cannot.extra_cost) == ("VAN-2", None)
    assert cannot.reason == "VAN-2: weight would be 50 kg over its 150 kg"


def test_a_stop_moves_with_its_times_and_the_plan_says_what_that_costs(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    plan, (near, _, _) = computed(ctx)
    before, bound = plan.cost or Decimal(0), plan.bound
    other = next(row for row in moves.offers(boss, plan.id, near.id).rows if row.vehicle == "VAN-2")
    moved, extra = moves.move(boss, plan.id, plan.version, near.id, other.vehicle_id)
    assert extra == pytest.approx(other.extra_cost)
    assert moved.cost == before + extra == sum(trip.cost for trip in moved.trips)
    assert carriers(ctx, plan)[near.id] == other.vehicle_id
    assert [len(trip.stops) for trip in sorted(moved.trips, key=lambda trip: trip.vehicle_id)] == [2, 1]
    assert moved.bound == bound
    assert moved.note == "Changed by hand since it was computed."
    sheet = boards.sheet(boss, plan.id)
    line = next(line for trip in sheet.trips for line in trip.stops if line.order_id == near.id)
    assert other.starts is not None
    assert abs((line.starts - other.starts).total_seconds()) < 1
    back = next(row for row in moves.offers(boss, plan.id, near.id).rows if row.vehicle == "VAN-1")
    assert back.extra_cost == pytest.approx(-extra)
    moves.move(boss, plan.id, moved.version, near.id, back.vehicle_id)
    assert [trip.cost for trip in boards.sheet(boss, plan.id).trips] == [before]
    assert plan.gap == 0


def test_a_stop_goes_to_a_place_of_ones_own_choice(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    plan, wanted = computed(ctx)
    first, *_, last = boards.sheet(boss, plan.id).trips[0].stops
    trip = plan.trips[0]
    moves.move(boss, plan.id, plan.version, last.order_id, trip.vehicle_id, 1)
    now = [line.order_id for line in boards.sheet(boss, plan.id).trips[0].stops]
    assert now[:2] == [last.order_id, first.order_id]
    with pytest.raises(Conflict, match="stands there already"):
        moves.move(boss, plan.id, plan.version, last.order_id, trip.vehicle_id, 1)
    with pytest.raises(Conflict, match="can be stop 1 to 3"):
        moves.move(boss, plan.id, plan.version, wanted[0].id, trip.vehicle_id, 9)


def test_what_was_left_out_or_asked_for_since_is_put_in(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    plan, _ = computed(ctx, ("900", "140", "130"))
    (missing,) = boards.sheet(boss, plan.id).left_out
    late = making.order(boss, boss.session.scalars(sa.select(Address).where(Address.code == "A0")).one(), "1")
    assert [line.order_id for line in boards.sheet(boss, plan.id).since] == [late.id]
    free = next(row for row in moves.offers(boss, plan.id, late.id).rows if row.extra_cost is not None)
    moves.move(boss, plan.id, plan.version, late.id, free.vehicle_id)
    assert plan.bound is None
    assert boards.sheet(boss, plan.id).since == ()
    with pytest.raises(Conflict, match="over its"):
        moves.move(boss, plan.id, plan.version, missing.order_id, free.vehicle_id)


def test_what_cannot_be_moved_is_said(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    plan, (one, two, _) = computed(ctx)
    van = plan.trips[0].vehicle_id
    with pytest.raises(Stale):
        moves.move(boss, plan.id, plan.version + 1, one.id, van)
    with pytest.raises(Invalid, match="stays in"):
        moves.move(boss, plan.id, plan.version, one.id, 10**6)
    orders.cancel(boss, two.id, two.version, "not needed")
    with pytest.raises(Conflict, match="1 of its orders was cancelled"):
        moves.move(boss, plan.id, plan.version, one.id, van)
    with pytest.raises(Forbidden):
        moves.offers(ctx(as_="driver"), plan.id, one.id)
    with pytest.raises(NotFound):
        moves.offers(boss, 10**6, one.id)


def test_a_vehicle_that_stays_in_and_a_published_plan_are_left_alone(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    plan, (one, *_) = computed(ctx)
    plans.publish(boss, plan.id, plan.version, "the agency drives")
    with pytest.raises(Conflict, match="stops are moved in drafts"):
        moves.offers(boss, plan.id, one.id)
    other, _ = computed_again(ctx)
    van = vehicles.list_vehicles(boss, plan.site_id, plan.day)[0]
    vehicles.take_out(boss, other.trips[0].vehicle_id, van.version, "gearbox", making.DAY)
    with pytest.raises(Conflict, match="one of its vehicles stays in"):
        moves.offers(boss, other.id, one.id)


def computed_again(ctx: Someone) -> tuple[Plan, None]:
    boss = ctx(as_="dispatcher")
    asked = plans.ask_at_once(boss, making.site_id(boss), making.DAY)
    answer = solve(asked.problem, Limits(iterations=30))
    return plans.keep_at_once(boss, making.site_id(boss), making.DAY, 1, asked, answer), None


def test_of_two_who_move_at_once_one_is_told(plant: House) -> None:
    with plant.acting() as ctx:
        making.address(ctx, "D", "49.60", "6.10", is_depot=True)
        wanted = [making.order(ctx, making.address(ctx, f"A{n}", f"49.{64 + 2 * n}", "6.10")) for n in range(2)]
        first, second = making.van(ctx), making.van(ctx, "VAN-2")
        draft = making.draft(ctx, first, wanted)
    told: list[str] = []

    def go(order: Order) -> None:
        try:
            with plant.acting() as ctx:
                moves.move(ctx, draft.id, draft.version, order.id, second.id)
            told.append("moved")
        except PlantopsError as error:
            told.append(type(error).__name__)

    both = [threading.Thread(target=go, args=(order,)) for order in wanted]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(told) == ["Stale", "moved"]
