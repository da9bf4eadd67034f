"""The plan of the day: the question to the optimiser, its answer as a draft, and publishing it to the drivers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from plantops import lifecycle, places
from plantops.context import Context, requires, within
from plantops.db import get, one_at_a_time
from plantops.errors import Conflict, Invalid
from plantops.wording import plural, say, whole_day
from transport import addresses, drivers, orders, planning, vehicles
from transport.events import PlanPublished, VehicleTakenOut
from transport.models import DONE, OPEN, LeftOut, Order, OrderState, Plan, PlanState, Stop, Trip, Vehicle
from transport.optimise.model import Plan as Answer
from transport.optimise.model import Problem, Reason, Route
from transport.permissions import Can

SHORTEST, LONGEST = 1, 600  # seconds that a person may ask the optimiser to think
USUAL_SECONDS = 20
JUST_AS_GOOD = 0.00005  # a gap that would be shown as 0.0 %


@dataclass(frozen=True)
class Asked:
    """One day as the optimiser is asked, and what its places, vehicle codes and order numbers stand for."""

    problem: Problem
    ways: addresses.Ways
    vehicle_ids: dict[str, int]
    order_ids: dict[str, int]


@dataclass(frozen=True)
class PlanRow:
    id: int
    version: int
    day: date
    state: PlanState
    cost: Decimal | None
    bound: Decimal | None
    gap: Decimal | None
    made_by: int


# --- Rules


def why_not_publish(plan: Plan, there_ids: set[int], planned_ids: set[int]) -> str | None:
    """Why a draft cannot become the drivers' day any more. `there_ids`: orders that are open, or that were done in
    the plan that it replaces."""
    if plan.state is not PlanState.DRAFT:
        return say("it is {state}, not a draft", state=lifecycle.spoken(plan.state))
    if gone := planned_ids - there_ids:
        return plural(
            "{n} of its orders was cancelled or done meanwhile; plan again",
            "{n} of its orders were cancelled or done meanwhile; plan again",
            len(gone),
        )
    return None


def why_nobody_drives(vehicles_without_driver: Sequence[str]) -> str | None:
    """Which trips nobody would drive: a plan goes out without drivers only when somebody says why."""
    if not vehicles_without_driver:
        return None
    names = ", ".join(vehicles_without_driver)
    return plural("{names} has no driver", "{names} have no driver", len(vehicles_without_driver), names=names)


# --- Questions


def visible(ctx: Context) -> sa.Select[Plan]:
    sites = ctx.sites(Can.READ_PLANS)
    every = sa.select(Plan)
    return every if sites is None else every.where(Plan.site_id.in_(sites))


@requires(Can.READ_PLANS)
def plan(ctx: Context, id: int) -> Plan:
    """A plan with its trips, stops and what it leaves out."""
    whole = visible(ctx).options(selectinload(Plan.trips).selectinload(Trip.stops), selectinload(Plan.left_out))
    return get(ctx.session, whole.where(Plan.id == id), what="plan")


@requires(Can.READ_PLANS)
def list_plans(ctx: Context, site_id: int, day: date) -> list[PlanRow]:
    """The plans of a day, newest first."""
    rows = ctx.session.scalars(
        visible(ctx).where(Plan.site_id == site_id, Plan.day == day).order_by(Plan.id.desc()).limit(50)
    )
    return [PlanRow(p.id, p.version, p.day, p.state, p.cost, p.bound, p.gap, p.made_by_id) for p in rows]


@within("the job and the command line ask for the day as it stands")
def question(
    ctx: Context, site_id: int, day: date, *, also: Sequence[Order] = (), driving: Collection[int] = ()
) -> Asked:
    """The open orders, the vehicles that may be used, and the ways between all places of a day.

    `also`: orders that are done, and `driving`: vehicles that are there whether they may be used or not.
    """
    wanted = [*orders.open_orders(ctx, site_id, day), *also]
    in_fleet = sa.or_(~Vehicle.archived, Vehicle.id.in_(driving))
    fleet = ctx.session.scalars(
        sa.select(Vehicle).where(Vehicle.site_id == site_id, in_fleet).order_by(Vehicle.code)
    ).all()
    staying = vehicles.stay_in(ctx, [vehicle.id for vehicle in fleet], day).keys() - set(driving)
    usable = [vehicle for vehicle in fleet if vehicle.id not in staying and vehicle.capacity_kg > 0]
    start = addresses.depot(ctx, site_id)
    not_there = addresses.banned(ctx, [vehicle.id for vehicle in usable])
    ways = addresses.ways_between(ctx, [start.id, *sorted({order.address_id for order in wanted} - {start.id})])
    return Asked(
        planning.problem(day.isoformat(), start, usable, wanted, ways, not_there),
        ways,
        {vehicle.code: vehicle.id for vehicle in usable},
        {order.number: order.id for order in wanted},
    )


# --- Actions


@requires(Can.PLAN)
def ask(ctx: Context, site_id: int, day: date, seconds: int = USUAL_SECONDS) -> Plan:
    """Starts planning a day: the worker computes, the plan appears as a draft. Changes nothing on the road."""
    need_a_day(ctx, site_id, day, seconds)
    made = empty(ctx, site_id, day, seconds)
    made.job_run_id = ctx.enqueue("transport.plan_day", plan_id=made.id)
    ctx.session.flush()
    return made


@requires(Can.PLAN)
def ask_at_once(ctx: Context, site_id: int, day: date, seconds: int = USUAL_SECONDS) -> Asked:
    """The day as it stands, for who computes it on the spot and brings the answer to `keep_at_once`."""
    need_a_day(ctx, site_id, day, seconds)
    return question(ctx, site_id, day)


@requires(Can.PLAN)
def keep_at_once(ctx: Context, site_id: int, day: date, seconds: int, asked: Asked, answer: Answer) -> Plan:
    """The answer as a draft, like one that the worker computed."""
    ctx.need(Can.PLAN, site_id=site_id)
    return keep(ctx, empty(ctx, site_id, day, seconds).id, asked, answer)


@within("an action that lets a day be planned")
def need_a_day(ctx: Context, site_id: int, day: date, seconds: int) -> None:
    """Refuses who may not plan there, too short or long a time, and a day without orders."""
    ctx.need(Can.PLAN, site_id=site_id)
    if not SHORTEST <= seconds <= LONGEST:
        raise Invalid(
            say("The optimiser may think for {shortest} to {longest} seconds.", shortest=SHORTEST, longest=LONGEST),
            field="seconds",
        )
    if not orders.open_orders(ctx, site_id, day):
        raise Conflict(say("There is nothing to move on {day}: no open order.", day=whole_day(day)))


@within("an action that lets a day be planned")
def empty(ctx: Context, site_id: int, day: date, seconds: int) -> Plan:
    """A plan that is to be computed."""
    made = Plan(
        site_id=site_id,
        day=day,
        state=PlanState.COMPUTING,
        made_by_id=ctx.user.id,
        made_at=ctx.now,
        seconds_asked=seconds,
        currency=places.site(ctx, site_id).currency,
    )
    ctx.session.add(made)
    ctx.session.flush()
    return made


@within("the job that computes the plan, and the command line")
def keep(ctx: Context, plan_id: int, asked: Asked, answer: Answer) -> Plan:
    """Stores the optimiser's answer as a draft with a driver for each trip where one may drive."""
    whole = sa.select(Plan).options(selectinload(Plan.trips), selectinload(Plan.left_out)).where(Plan.id == plan_id)
    kept = get(ctx.session, whole, what="plan", lock=True)
    kept.status = answer.outcome.status.value
    kept.cost = _money(answer.outcome.objective)
    kept.bound = _money(answer.outcome.bound)
    kept.gap = None if answer.outcome.gap is None else Decimal(str(round(answer.outcome.gap, 8)))
    kept.seconds = Decimal(str(round(answer.outcome.seconds, 3)))
    kept.note = answer.note
    numbered = sa.select(Order).where(Order.id.in_(asked.order_ids.values()))  # one may be cancelled meanwhile
    wanted = {order.number: order for order in ctx.session.scalars(numbered)}
    for route in answer.routes:
        kept.trips.append(_trip(route, wanted, asked))
    for missing in answer.unassigned:
        reasons = [as_kept(reason) for reason in missing.reasons]
        kept.left_out.append(LeftOut(order_id=asked.order_ids[missing.id], reasons=reasons))
    drivers.assign(ctx, kept.site_id, kept.day, kept.trips)
    lifecycle.move(ctx, kept, PlanState.DRAFT)
    return kept


@within("the job that computes the plan")
def begin(ctx: Context, plan_id: int) -> tuple[Asked, int, int]:
    """The question of a plan that is to be computed, the seconds to think, and the seed."""
    waiting = get(ctx.session, sa.select(Plan).where(Plan.id == plan_id), what="plan", lock=True)
    if waiting.state is not PlanState.COMPUTING:
        raise Conflict(say("This plan is {state} already.", state=lifecycle.spoken(waiting.state)))
    return question(ctx, waiting.site_id, waiting.day), waiting.seconds_asked, waiting.id


@within("the job that could not compute the plan")
def fail(ctx: Context, plan_id: int, why: str) -> None:
    failed = get(ctx.session, sa.select(Plan).where(Plan.id == plan_id), what="plan", lock=True)
    failed.note = why
    lifecycle.move(ctx, failed, PlanState.FAILED)


def in_words(incumbent: float | None, bound: float | None, gap: float | None) -> str:
    """The state of the search in a sentence."""
    if incumbent is None:
        return say("Looking for a first plan.")
    if bound is None or gap is None:
        return say(
            "Best so far {incumbent:,.2f}. By how much a plan could be cheaper at most is not known yet.",
            incumbent=incumbent,
        )
    return say(
        "Best so far {incumbent:,.2f}. No plan can cost less than {bound:,.2f}, so this one is {gap}.",
        incumbent=incumbent,
        bound=bound,
        gap=_dearer(gap),
    )


def how_good(cost: float | None, bound: float | None, gap: float | None) -> str:
    """What a finished plan is worth, for somebody who knows no optimiser."""
    if cost is None:
        return say("There is no plan yet that could be judged.")
    if bound is None or gap is None:
        return say(
            "This plan costs {cost:,.2f}. By how much another could be cheaper is not known: the time was "
            "too short to prove it. Plan again with more seconds to know.",
            cost=cost,
        )
    if gap < JUST_AS_GOOD:
        return say(
            "This plan costs {cost:,.2f}, and no plan for these orders and vehicles can cost less: it is proved.",
            cost=cost,
        )
    return say(
        "This plan costs {cost:,.2f}, and it is proved that none can cost less than {bound:,.2f}: "
        "at most {cost2:,.2f} ({gap:.1%}) could still be saved.",
        cost=cost,
        bound=bound,
        cost2=cost - bound,
        gap=gap,
    )


def _dearer(gap: float) -> str:
    return (
        say("the cheapest there is")
        if gap < JUST_AS_GOOD
        else say("at most {gap:.1%} dearer than the cheapest there can be", gap=gap)
    )


def _money(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(str(round(amount, 4)))


def _minutes(ticks: int, per_minute: int = 60) -> Decimal:
    return Decimal(ticks) / per_minute


def as_kept(reason: Reason) -> dict[str, Any]:
    """A reason as it is stored with an order that is left out."""
    told = {"vehicle": reason.vehicle, "constraint": reason.constraint.value, "by": reason.by}
    return told | {"unit": reason.unit, "text": reason.text}


def _trip(route: Route, wanted: dict[str, Order], asked: Asked) -> Trip:
    return Trip(
        vehicle_id=asked.vehicle_ids[route.vehicle], stops=stops_of(route, asked), **sums_of(route, wanted, asked)
    )


def sums_of(route: Route, wanted: dict[str, Order], asked: Asked) -> dict[str, Decimal]:
    """What a trip says of a whole route: times, kilometres, cost and load. `wanted`: its orders by number."""
    served = [wanted[number] for number in route.orders]
    kg, m3 = planning.capacities(asked.problem, route.vehicle)
    return {
        "leaves_minute": _minutes(route.leaves),
        "returns_minute": _minutes(route.returns),
        "km": Decimal(route.distance_m) / 1000,
        "empty_km": Decimal(str(round(planning.empty_km(route, asked.ways), 3))),
        "cost": _money(route.cost) or Decimal(0),
        "weight_kg": sum((order.weight_kg for order in served), Decimal(0)),
        "volume_m3": sum((order.volume_m3 for order in served), Decimal(0)),
        "capacity_kg": kg,
        "capacity_m3": m3,
    }


def stops_of(route: Route, asked: Asked) -> list[Stop]:
    """The stops of a route with their times."""
    visits = [visit for visit in route.visits if visit.order is not None]
    return [
        Stop(
            sequence=position,
            order_id=asked.order_ids[visit.order or ""],
            arrives_minute=_minutes(visit.arrival),
            starts_minute=_minutes(visit.start),
            departs_minute=_minutes(visit.departure),
            slack_minutes=_minutes(min(visit.slack, 2880 * 60)),
        )
        for position, visit in enumerate(visits, start=1)
    ]


@requires(Can.PUBLISH)
def publish(ctx: Context, id: int, version: int, reason: str = "") -> Plan:
    """The draft becomes the drivers' day; the plan that stood before is superseded.

    Trips without a driver go out only with a `reason`, which stands in what happened to the plan.
    """
    whole = visible(ctx).options(selectinload(Plan.trips).selectinload(Trip.stops)).where(Plan.id == id)
    asked = get(ctx.session, whole, what="plan")
    one_at_a_time(ctx.session, "transport day", asked.site_id, asked.day)
    draft = get(ctx.session, whole, what="plan", version=version, lock=True)
    ctx.need(Can.PUBLISH, site_id=draft.site_id)
    earlier = ctx.session.scalars(
        sa.select(Plan)
        .where(
            Plan.site_id == draft.site_id,
            Plan.day == draft.day,
            Plan.state == PlanState.PUBLISHED,
            Plan.id != draft.id,  # it is locked already, and read anew it would lose its trips
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    ids = [stop.order_id for trip in draft.trips for stop in trip.stops]
    locked = ctx.session.scalars(
        sa.select(Order)
        .where(Order.site_id == draft.site_id, Order.day == draft.day)
        .order_by(Order.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    done = _stops_of(ctx, earlier) & {order.id for order in locked if order.state in DONE}
    still_there = {order.id for order in locked if order.state in OPEN} | done
    if why := why_not_publish(draft, still_there, set(ids)):
        raise Conflict(say("Cannot publish this plan: {why}.", why=why))
    if not reason.strip() and (why := why_nobody_drives(_undriven(ctx, draft))):
        raise Conflict(say("Cannot publish this plan: {why}. Choose drivers, or publish without and say why.", why=why))
    for old in earlier:
        lifecycle.move(ctx, old, PlanState.SUPERSEDED)
    planned = set(ids)
    for order in locked:
        if order.id in planned and order.state is OrderState.REQUESTED:
            lifecycle.move(ctx, order, OrderState.PLANNED)
        elif order.id not in planned and order.state is OrderState.PLANNED:
            lifecycle.move(ctx, order, OrderState.REQUESTED)
    lifecycle.move(ctx, draft, PlanState.PUBLISHED, reason)
    ctx.enqueue("transport.print_manifest", plan_id=draft.id, lock=f"transport.manifest:{draft.id}")
    ctx.emit(PlanPublished(draft.id, draft.site_id, draft.day))
    return draft


def _stops_of(ctx: Context, some: Sequence[Plan]) -> set[int]:
    """The orders that stand in these plans: one that is done already keeps its stop when the rest is planned anew."""
    query = sa.select(Stop.order_id).join(Trip, Trip.id == Stop.trip_id)
    return set(ctx.session.scalars(query.where(Trip.plan_id.in_([one.id for one in some]))))


def _undriven(ctx: Context, draft: Plan) -> list[str]:
    empty = [trip.vehicle_id for trip in draft.trips if trip.driver_id is None]
    return list(ctx.session.scalars(sa.select(Vehicle.name).where(Vehicle.id.in_(empty)).order_by(Vehicle.code)))


@within("a vehicle that is taken out makes the drafts and the plan with it doubtful")
def vehicle_taken_out(ctx: Context, event: VehicleTakenOut) -> None:
    """Says so on each draft and published plan that uses the vehicle on these days."""
    until = event.last_day or date.max
    touched = ctx.session.scalars(
        sa.select(Plan)
        .join(Trip, Trip.plan_id == Plan.id)
        .where(
            Trip.vehicle_id == event.vehicle_id,
            Plan.day.between(event.first_day, until),
            Plan.state.in_((PlanState.DRAFT, PlanState.PUBLISHED)),
        )
        .with_for_update(of=Plan)
        .execution_options(populate_existing=True)
    ).unique()
    for plan in touched:
        plan.note = say("A vehicle of this plan was taken out. Plan the day again.")
        plan.version += 1
    ctx.session.flush()


@requires(Can.READ_PLANS)
def print_manifest(ctx: Context, id: int) -> int:
    """The manifest as PDF; returns the job that prints it."""
    wanted = get(ctx.session, visible(ctx).where(Plan.id == id), what="plan")
    if wanted.state not in (PlanState.DRAFT, PlanState.PUBLISHED):
        raise Conflict(say("This plan is {state}; print the one that stands.", state=lifecycle.spoken(wanted.state)))
    return ctx.enqueue("transport.print_manifest", plan_id=id, lock=f"transport.manifest:{id}")
