"""The rest of a day planned anew: a plan beside the one that stands, what differs, and taking it over or not."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from plantops import lifecycle, verify
from plantops.engines import Limits
from plantops.errors import Conflict, Forbidden, Invalid, Stale
from tests.houses import Someone
from tests.transport import making
from transport import boards, moves, orders, plans, replans, vehicles
from transport.models import Order, OrderState, Plan, PlanState, Vehicle
from transport.optimise.check import broken
from transport.optimise.replanning import replan
from transport.optimise.routes import solve

pytestmark = pytest.mark.db

QUICK = Limits(iterations=30)


def two_vans(ctx: Someone, kg: tuple[str, ...] = ("100", "100", "100")) -> tuple[Plan, list[Order]]:
    """A draft of the planner: all stops on the cheaper one of two vans; the dearer one holds 250 kg."""
    boss = ctx(as_="dispatcher")
    making.address(boss, "D", "49.60", "6.10", is_depot=True)
    places = [making.address(boss, f"A{n}", f"49.{64 + 2 * n}", "6.10") for n in range(len(kg))]
    wanted = [making.order(boss, place, weight) for place, weight in zip(places, kg, strict=True)]
    making.van(boss)
    making.van(boss, "VAN-2", capacity_kg=Decimal(250), cost_per_km=Decimal("0.8"))
    asked = plans.ask_at_once(boss, making.site_id(boss), making.DAY)
    plan = plans.keep_at_once(boss, making.site_id(boss), making.DAY, 1, asked, solve(asked.problem, QUICK))
    assert [len(trip.stops) for trip in plan.trips] == [len(kg)]
    return plan, wanted


def van(ctx: Someone, code: str) -> Vehicle:
    return ctx(as_="dispatcher").session.scalars(sa.select(Vehicle).where(Vehicle.code == code)).one()


def computed(ctx: Someone, made: Plan) -> Plan:
    """What the job does, without a process of its own."""
    boss = ctx(as_="dispatcher")
    question, day, _, _ = replans.begin(boss, made.id)
    answer = replan(question, QUICK)
    problem = question.problem
    assert broken(problem, answer.plan) == []
    return replans.keep(boss, made.id, day, answer.plan)


def out(ctx: Someone, plan: Plan, code: str = "VAN-1", *, others_stay: bool = False) -> Plan:
    asked = replans.ask(ctx(as_="dispatcher"), plan.id, plan.version, van(ctx, code).id, others_stay=others_stay)
    return computed(ctx, asked)


def difference(ctx: Someone, plan: Plan) -> replans.Difference:
    found = replans.difference(ctx(as_="dispatcher"), plan.id)
    assert found is not None
    return found


def carriers(ctx: Someone, plan: Plan) -> dict[int, str]:
    sheet = boards.sheet(ctx(as_="dispatcher"), plan.id)
    return {stop.order_id: trip.vehicle for trip in sheet.trips for stop in trip.stops}


def test_a_van_that_is_out_is_looked_at_and_then_taken_over(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    base, wanted = two_vans(ctx)
    seen, before, cost = base.version, carriers(ctx, base), base.cost or Decimal(0)
    plan = out(ctx, base)
    assert (plan.state, base.version, carriers(ctx, base)) == (PlanState.DRAFT, seen, before)
    what = difference(ctx, plan)
    assert (what.vehicle_out, what.cost_before, what.why_not_apply) == ("VAN-1", cost, None)
    assert what.extra_cost == (plan.cost or 0) - cost
    assert {(row.before, row.after) for row in what.moved} == {("VAN-1", "VAN-2")}
    (missing,) = what.left_out
    assert missing.reasons == ("VAN-2: weight would be 50 kg over its 250 kg",)
    assert {row.order_id for row in (*what.moved, missing)} == {order.id for order in wanted}

    applied = replans.apply(boss, plan.id, plan.version)
    assert (applied.id, applied.version, applied.cost, applied.state) == (base.id, seen + 1, plan.cost, PlanState.DRAFT)
    assert carriers(ctx, base) == carriers(ctx, plan) == {row.order_id: "VAN-2" for row in what.moved}
    assert [line.order_id for line in boards.sheet(boss, base.id).left_out] == [missing.order_id]
    assert (plan.state, base.bound) == (PlanState.SUPERSEDED, None)
    assert [one for one in verify.verify(ctx()).broken if one.module == "transport"] == []
    stop = next(iter(carriers(ctx, base)))
    assert moves.offers(boss, base.id, stop).vehicle == "VAN-2"  # the planner takes what was written for a plan


def test_what_was_changed_meanwhile_is_not_written_over(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    base, wanted = two_vans(ctx)
    plan = out(ctx, base)
    with pytest.raises(Stale):
        replans.apply(boss, plan.id, plan.version + 1)
    moves.move(boss, base.id, base.version, wanted[0].id, van(ctx, "VAN-2").id)
    with pytest.raises(Conflict, match=f"plan {base.id} was changed since this was asked"):
        replans.apply(boss, plan.id, plan.version)
    why = difference(ctx, plan).why_not_apply
    assert why is not None and why.startswith(f"plan {base.id} was changed")
    with pytest.raises(Stale):
        replans.ask(boss, base.id, base.version - 1)
    again = out(ctx, base)
    orders.cancel(boss, next(iter(wanted)).id, wanted[0].version, "not needed")
    if wanted[0].id in carriers(ctx, again):
        with pytest.raises(Conflict, match="1 of its orders was cancelled"):
            replans.apply(boss, again.id, again.version)


def test_who_may_not_plan_may_neither_ask_nor_take_over(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    base, _ = two_vans(ctx)
    plan = out(ctx, base)
    with pytest.raises(Forbidden):
        replans.ask(ctx(as_="driver"), base.id, base.version)
    with pytest.raises(Forbidden):
        replans.apply(ctx(as_="driver"), plan.id, plan.version)
    with pytest.raises(Forbidden):
        replans.difference(ctx(as_="requester"), plan.id)
    with pytest.raises(Invalid, match="does not drive in this plan"):
        replans.ask(boss, base.id, base.version, van(ctx, "VAN-2").id)
    with pytest.raises(Invalid, match="time of this day"):
        replans.ask(boss, base.id, base.version, None, 2000)
    replans.apply(boss, plan.id, plan.version)
    with pytest.raises(Conflict, match="not a draft"):
        replans.apply(boss, plan.id, plan.version)
    with pytest.raises(Conflict, match="drafts and the published plan"):
        replans.ask(boss, plan.id, plan.version)
    assert replans.difference(boss, base.id) is None


def test_only_orders_that_lose_their_vehicle_change_hands(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    base, (one, two, three) = two_vans(ctx)
    moves.move(boss, base.id, base.version, one.id, van(ctx, "VAN-2").id)
    free = computed(ctx, replans.ask(boss, base.id, base.version))
    assert [row.order_id for row in difference(ctx, free).moved] == [one.id]
    held = computed(ctx, replans.ask(boss, base.id, base.version, others_stay=True))
    assert difference(ctx, held).moved == ()
    gone = out(ctx, base, "VAN-2", others_stay=True)
    assert [(row.order_id, row.after) for row in difference(ctx, gone).moved] == [(one.id, "VAN-1")]
    assert {two.id, three.id} <= carriers(ctx, gone).keys()


def test_what_has_begun_by_a_time_stays(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    base, _ = two_vans(ctx, ("100", "100", "60"))
    trip = base.trips[0]
    first, second, third = sorted(trip.stops, key=lambda stop: stop.sequence)
    times = (first.order_id, first.starts_minute, first.departs_minute)
    minute = int(first.departs_minute) + 1
    made = replans.ask(boss, base.id, base.version, trip.vehicle_id, minute)
    plan = computed(ctx, made)
    done = next(one for one in plan.trips if one.vehicle_id == trip.vehicle_id)
    assert [(stop.order_id, stop.starts_minute, stop.departs_minute) for stop in done.stops] == [times]
    assert {row.order_id for row in difference(ctx, plan).moved} == {second.order_id, third.order_id}
    other = next(one for one in plan.trips if one.vehicle_id != trip.vehicle_id)
    assert other.leaves_minute >= minute
    replans.apply(boss, plan.id, plan.version)
    assert len(base.trips) == 2
    assert [one for one in verify.verify(ctx()).broken if one.module == "transport"] == []


def test_a_doubtful_draft_is_mended(ctx: Someone) -> None:
    """A vehicle was taken out and an order cancelled: the rest is planned without them, and with what came since."""
    boss = ctx(as_="dispatcher")
    base, (one, two, _) = two_vans(ctx)
    vehicles.take_out(boss, van(ctx, "VAN-1").id, van(ctx, "VAN-1").version, "gearbox", making.DAY)
    orders.cancel(boss, one.id, one.version, "not needed")
    late = making.order(boss, making.address(boss, "L", "49.65", "6.12"), "40")
    plan = computed(ctx, replans.ask(boss, base.id, base.version))
    what = difference(ctx, plan)
    assert ([row.order_id for row in what.gone], [row.order_id for row in what.served]) == ([one.id], [late.id])
    assert two.id in {row.order_id for row in what.moved}
    replans.apply(boss, plan.id, plan.version)
    assert set(carriers(ctx, base).values()) == {"VAN-2"}
    assert [one for one in verify.verify(ctx()).broken if one.module == "transport"] == []


def test_a_day_under_way_goes_on_with_what_is_done(ctx: Someone) -> None:
    """The published plan's first stop is done and its van breaks down: the new plan keeps the one, hands on the rest,
    and takes its place."""
    boss = ctx(as_="dispatcher")
    base, _ = two_vans(ctx, ("100", "100", "60"))
    plans.publish(boss, base.id, base.version, "the agency drives")
    first, *rest = sorted(base.trips[0].stops, key=lambda stop: stop.sequence)
    lifecycle.move(boss, orders.order(boss, first.order_id), OrderState.DELIVERED)
    plan = out(ctx, base)
    kept, other = sorted(plan.trips, key=lambda trip: trip.vehicle_id)
    (stays,) = kept.stops
    assert (stays.order_id, round(stays.starts_minute, 2)) == (first.order_id, round(first.starts_minute, 2))
    assert {stop.order_id for stop in other.stops} == {stop.order_id for stop in rest}
    with pytest.raises(Conflict, match="is with the drivers; publish this one in its place"):
        replans.apply(boss, plan.id, plan.version)
    plans.publish(boss, plan.id, plan.version, "the agency drives")
    assert (base.state, plan.state) == (PlanState.SUPERSEDED, PlanState.PUBLISHED)
    assert [orders.order(boss, stop.order_id).state for stop in (first, *rest)] == [
        OrderState.DELIVERED, OrderState.PLANNED, OrderState.PLANNED
    ]  # fmt: skip
    assert [one for one in verify.verify(ctx()).broken if one.module == "transport"] == []
