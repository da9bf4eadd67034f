"""The rest of a day planned anew: a plan beside the one that stands, what differs, and taking it over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from plantops import lifecycle, places
from plantops.context import Context, requires, within
from plantops.db import bump, get
from plantops.engines import Outcome, Status
from plantops.errors import Conflict, Invalid
from plantops.wording import mark, plural, say
from transport import boards, moves, plans, vehicles
from transport.models import (
    DAY_MINUTES,
    DONE,
    OPEN,
    Address,
    LeftOut,
    Order,
    OrderKind,
    Plan,
    PlanState,
    Replan,
    Stop,
    Trip,
    Vehicle,
)
from transport.optimise.model import Fixed, Kind, Problem, Route, Visit
from transport.optimise.model import Plan as Answer
from transport.optimise.rest import Question
from transport.permissions import Can

USUAL_SECONDS = 10
CHANGEABLE = (PlanState.DRAFT, PlanState.PUBLISHED)
ANEW = mark("Planned anew since it was computed.")


@dataclass(frozen=True)
class ChangeRow:
    """One order that the two plans treat differently. A vehicle is None where the plan does not serve it."""

    order_id: int
    number: str
    place: str
    before: str | None
    after: str | None
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """A plan beside its base as that stands now. `extra_cost` is below zero when it is cheaper."""

    base_id: int
    base_version: int
    base_state: PlanState
    vehicle_out: str | None
    as_if: datetime | None
    others_stay: bool
    cost_before: Decimal | None
    cost_after: Decimal | None
    moved: tuple[ChangeRow, ...]
    left_out: tuple[ChangeRow, ...]
    served: tuple[ChangeRow, ...]
    gone: tuple[ChangeRow, ...]
    """Orders of the base that were cancelled since."""
    why_not_apply: str | None

    @property
    def extra_cost(self) -> Decimal | None:
        return None if self.cost_before is None or self.cost_after is None else self.cost_after - self.cost_before


class Asked(NamedTuple):
    """What the planner is asked, the day behind it, the seconds to think, and the seed."""

    question: Question
    day: plans.Asked
    seconds: int
    seed: int


# --- Rules


def why_not_replan(plan: Plan) -> str | None:
    """Why the rest of this plan cannot be planned anew."""
    if plan.state not in CHANGEABLE:
        return say("this plan is {state}; drafts and the published plan are planned anew", state=_spoken(plan))
    return None


def why_not_apply(plan: Plan, base: Plan, base_version: int) -> str | None:
    """Why a plan cannot be taken over into its base."""
    if plan.state is not PlanState.DRAFT:
        return say("this plan is {state}, not a draft", state=_spoken(plan))
    if base.state is PlanState.PUBLISHED:
        return say("plan {id} is with the drivers; publish this one in its place", id=base.id)
    if base.state is not PlanState.DRAFT:
        return say("plan {id} is {state}, not a draft", id=base.id, state=_spoken(base))
    if base.version != base_version:
        return say("plan {id} was changed since this was asked; plan its rest anew", id=base.id)
    return None


def _spoken(plan: Plan) -> str:
    return lifecycle.spoken(plan.state)


def standing(plan: Plan, day: plans.Asked, wanted: Mapping[int, Order]) -> Answer:
    """A stored plan as the planner knows one, in the places and ticks of `day`, without orders and vehicles that are
    not there any more. `wanted`: orders by id."""
    codes = {id: code for code, id in day.vehicle_ids.items()}
    routes = [_route(trip, codes[trip.vehicle_id], day, wanted) for trip in plan.trips if trip.vehicle_id in codes]
    outcome = Outcome(Status.FEASIBLE, float(plan.cost or 0), None, None, 0.0, 0.0)
    return Answer(outcome, tuple(route for route in routes if route.visits), (), "")


def _route(trip: Trip, code: str, day: plans.Asked, wanted: Mapping[int, Order]) -> Route:
    stops = [(stop, wanted[stop.order_id]) for stop in trip.stops if stop.order_id in wanted]
    place = {id: position for position, id in enumerate(day.ways.ids)}
    loads = {order.id: order.loads for order in day.problem.orders}
    brings = [order.number for _, order in stops if order.kind is OrderKind.DELIVERY]
    aboard = [sum(loads[name][m] for name in brings) for m in range(len(day.problem.measures))]
    visits = []
    for stop, order in stops:
        sign = -1 if order.kind is OrderKind.DELIVERY else 1
        aboard = [now + sign * load for now, load in zip(aboard, loads[order.number], strict=True)]
        visits.append(
            Visit(
                order=order.number,
                kind=Kind.DELIVERY if order.kind is OrderKind.DELIVERY else Kind.PICKUP,
                place=place[order.address_id],
                arrival=_ticks(stop.arrives_minute, day.problem),
                start=_ticks(stop.starts_minute, day.problem),
                departure=_ticks(stop.departs_minute, day.problem),
                slack=_ticks(stop.slack_minutes, day.problem),
                loads=tuple(aboard),
            )
        )
    leaves, returns = (_ticks(minute, day.problem) for minute in (trip.leaves_minute, trip.returns_minute))
    return Route(code, tuple(visits), leaves, returns, round(trip.km * 1000), float(trip.cost))


def _ticks(minutes: Decimal, problem: Problem) -> int:
    return round(minutes * problem.ticks_per_minute)


def kept_apart(problem: Problem, plan: Answer, out: Collection[str]) -> Problem:
    """The problem in which only the orders of vehicles that are out may change hands."""
    stay = tuple(Fixed(route.vehicle, route.orders) for route in plan.routes if route.vehicle not in out)
    return replace(problem, fixed=(*problem.fixed, *stay))


# --- Questions


def _whole(ctx: Context, plan_id: int) -> sa.Select[Plan]:
    parts = (selectinload(Plan.trips).selectinload(Trip.stops), selectinload(Plan.left_out))
    return plans.visible(ctx).options(*parts).where(Plan.id == plan_id)


@requires(Can.READ_PLANS)
def difference(ctx: Context, plan_id: int) -> Difference | None:
    """What a plan changes of its base; None for one that has none, or while nothing is there to compare."""
    plan = get(ctx.session, _whole(ctx, plan_id), what="plan")
    asked = ctx.session.get(Replan, plan_id)
    if asked is None or plan.state in (PlanState.COMPUTING, PlanState.FAILED):
        return None
    base = get(ctx.session, _whole(ctx, asked.base_id), what="plan")
    names = _vehicle_names(
        ctx, {trip.vehicle_id for one in (base, plan) for trip in one.trips} | {asked.vehicle_out_id}
    )
    rows = _changes(ctx, base, plan, names)
    left = {missing.order_id for missing in plan.left_out}
    zone = places.site(ctx, plan.site_id).zone
    return Difference(
        base_id=base.id,
        base_version=base.version,
        base_state=base.state,
        vehicle_out=names[asked.vehicle_out_id] if asked.vehicle_out_id else None,
        as_if=None if asked.as_if_minute is None else boards.moment(plan.day, asked.as_if_minute, zone),
        others_stay=asked.others_stay,
        cost_before=base.cost,
        cost_after=plan.cost,
        moved=tuple(row for row in rows if row.before and row.after),
        left_out=tuple(row for row in rows if not row.after and row.order_id in left),
        served=tuple(row for row in rows if not row.before),
        gone=tuple(row for row in rows if not row.after and row.order_id not in left),
        why_not_apply=why_not_apply(plan, base, asked.base_version),
    )


def _changes(ctx: Context, base: Plan, plan: Plan, names: Mapping[int | None, str]) -> list[ChangeRow]:
    before, after = _carriers(base), _carriers(plan)
    changed = [id for id in before.keys() | after.keys() if before.get(id) != after.get(id)]
    query = sa.select(Order.id, Order.number, Address.name).join(Address, Address.id == Order.address_id)
    why = {missing.order_id: tuple(boards.said_reason(one) for one in missing.reasons) for missing in plan.left_out}
    return [
        ChangeRow(
            row.id,
            row.number,
            row.name,
            names[before[row.id]] if row.id in before else None,
            names[after[row.id]] if row.id in after else None,
            why.get(row.id, ()),
        )
        for row in ctx.session.execute(query.where(Order.id.in_(changed)).order_by(Order.number))
    ]


def _carriers(plan: Plan) -> dict[int, int]:
    """Order -> vehicle."""
    return {stop.order_id: trip.vehicle_id for trip in plan.trips for stop in trip.stops}


def _vehicle_names(ctx: Context, ids: Collection[int | None]) -> dict[int | None, str]:
    rows = ctx.session.execute(sa.select(Vehicle.id, Vehicle.name).where(Vehicle.id.in_([id for id in ids if id])))
    return {row.id: row.name for row in rows}


# --- Actions


@requires(Can.PLAN)
def ask(
    ctx: Context,
    plan_id: int,
    version: int,
    vehicle_out_id: int | None = None,
    as_if_minute: int | None = None,
    *,
    others_stay: bool = False,
    seconds: int = USUAL_SECONDS,
) -> Plan:
    """Starts planning the rest of a plan's day anew, as a draft beside it; the plan itself stays as it is.

    `vehicle_out_id`: it does nothing more. `as_if_minute`: what has begun by then stays as it is. `others_stay`: only
    orders that lose their vehicle get another one.
    """
    base = get(ctx.session, _whole(ctx, plan_id), what="plan", version=version, lock=True)
    plans.need_a_day(ctx, base.site_id, base.day, seconds)
    if why := why_not_replan(base):
        raise Conflict(say("Cannot plan this anew: {why}.", why=why))
    if vehicle_out_id is not None and vehicle_out_id not in {trip.vehicle_id for trip in base.trips}:
        raise Invalid(say("This vehicle does not drive in this plan. Choose another."), field="vehicle_out_id")
    if as_if_minute is not None and not 0 <= as_if_minute <= DAY_MINUTES:
        raise Invalid(say("Choose a time of this day."), field="as_if_minute")
    made = plans.empty(ctx, base.site_id, base.day, seconds)
    ctx.session.add(
        Replan(
            plan_id=made.id,
            base_id=base.id,
            base_version=base.version,
            vehicle_out_id=vehicle_out_id,
            as_if_minute=as_if_minute,
            others_stay=others_stay,
        )
    )
    made.job_run_id = ctx.enqueue("transport.plan_anew", plan_id=made.id)
    ctx.session.flush()
    return made


@within("the job that plans the rest of a day anew")
def begin(ctx: Context, plan_id: int) -> Asked:
    """The question of a plan that is to be computed beside its base, as the day is now."""
    made = get(ctx.session, sa.select(Plan).where(Plan.id == plan_id), what="plan", lock=True)
    if made.state is not PlanState.COMPUTING:
        raise Conflict(say("This plan is {state} already.", state=_spoken(made)))
    asked = get(ctx.session, sa.select(Replan).where(Replan.plan_id == plan_id), what="plan")
    base = get(ctx.session, _whole(ctx, asked.base_id), what="plan")
    done = _done(ctx, base)
    driving = {trip.vehicle_id for trip in base.trips}
    day = plans.question(ctx, base.site_id, base.day, also=done, driving=driving)
    rows = ctx.session.scalars(sa.select(Order).where(Order.id.in_(day.order_ids.values())))
    was = standing(base, day, {order.id: order for order in rows})
    archived = sa.select(Vehicle.id).where(Vehicle.id.in_(driving), Vehicle.archived)
    staying = {*vehicles.stay_in(ctx, sorted(driving), base.day), *ctx.session.scalars(archived), asked.vehicle_out_id}
    out = tuple(code for code, id in day.vehicle_ids.items() if id in staying)
    problem = kept_apart(day.problem, was, out) if asked.others_stay else day.problem
    minute = _now(base, asked.as_if_minute, {order.id for order in done})
    now = None if minute is None else _ticks(minute, problem)
    return Asked(Question(problem, was, now, out), day, made.seconds_asked, made.id)


def _done(ctx: Context, base: Plan) -> list[Order]:
    """The orders of a plan that are done."""
    query = sa.select(Order).where(Order.id.in_(moves.order_ids(base)), Order.state.in_(DONE))
    return list(ctx.session.scalars(query.order_by(Order.number)))


def _now(base: Plan, as_if_minute: int | None, done: Collection[int]) -> Decimal | None:
    """The minute as which is planned: not before anything that is done already was to be done."""
    behind = [stop.departs_minute for trip in base.trips for stop in trip.stops if stop.order_id in done]
    asked = [] if as_if_minute is None else [Decimal(as_if_minute)]
    return max([*behind, *asked], default=None)


@within("the job that plans the rest of a day anew")
def keep(ctx: Context, plan_id: int, day: plans.Asked, answer: Answer) -> Plan:
    """Stores the answer as a draft; a vehicle of the base keeps its driver."""
    bare = replace(answer, note="")  # what the planner says of it holds for what was asked, not for the day
    kept = plans.keep(ctx, plan_id, day, bare)
    asked = get(ctx.session, sa.select(Replan).where(Replan.plan_id == plan_id), what="plan")
    rows = ctx.session.execute(sa.select(Trip.vehicle_id, Trip.driver_id).where(Trip.plan_id == asked.base_id))
    had = {row.vehicle_id: row.driver_id for row in rows if row.driver_id}
    taken = {had[trip.vehicle_id] for trip in kept.trips if trip.vehicle_id in had}
    for trip in kept.trips:
        if trip.vehicle_id in had:
            trip.driver_id = had[trip.vehicle_id]
        elif trip.driver_id in taken:
            trip.driver_id = None
    ctx.session.flush()
    return kept


@requires(Can.PLAN)
def apply(ctx: Context, plan_id: int, version: int) -> Plan:
    """Takes a draft over into the draft that it was asked to change; refused when that was changed meanwhile.

    Returns the changed plan. The one that was taken over is superseded.
    """
    asked = get(ctx.session, sa.select(Replan).where(Replan.plan_id == plan_id), what="plan")
    base = get(ctx.session, _whole(ctx, asked.base_id), what="plan", lock=True)
    plan = get(ctx.session, _whole(ctx, plan_id), what="plan", version=version, lock=True)
    ctx.need(Can.PLAN, site_id=plan.site_id)
    if why := why_not_apply(plan, base, asked.base_version) or _why_not_there(ctx, plan):
        raise Conflict(say("Cannot take this over: {why}.", why=why))
    served = moves.order_ids(base)
    _rewrite(ctx, base, plan)
    base.cost, base.status = plan.cost, plan.status
    if served != moves.order_ids(plan) or base.bound is None or not base.cost:  # else what was proved still holds
        base.bound = base.gap = None
    else:
        base.gap = max(Decimal(0), round((base.cost - base.bound) / base.cost, 8))
    base.note = ANEW
    bump(base)
    lifecycle.move(ctx, plan, PlanState.SUPERSEDED, say("Taken over into plan {id}.", id=base.id))
    return base


def _why_not_there(ctx: Context, plan: Plan) -> str | None:
    """What the plan uses has gone."""
    still = sa.select(Order.id).where(Order.id.in_(moves.order_ids(plan)), Order.state.in_(OPEN))
    if gone := moves.order_ids(plan) - set(ctx.session.scalars(still)):
        return plural(
            "{n} of its orders was cancelled or done meanwhile; plan again",
            "{n} of its orders were cancelled or done meanwhile; plan again",
            len(gone),
        )
    if vehicles.stay_in(ctx, [trip.vehicle_id for trip in plan.trips], plan.day):
        return say("one of its vehicles stays in; plan again")
    return None


def _rewrite(ctx: Context, base: Plan, plan: Plan) -> None:
    """The base's trips and what it leaves out as the plan has them; a trip that no vehicle makes is gone."""
    wanted = {trip.vehicle_id: trip for trip in plan.trips}
    for trip in list(base.trips):
        if trip.vehicle_id not in wanted:
            base.trips.remove(trip)
        trip.stops.clear()
    base.left_out.clear()
    ctx.session.flush()  # a stop's number is free only when the stop that had it is gone
    there = {trip.vehicle_id: trip for trip in base.trips}
    for vehicle_id, source in wanted.items():
        facts = _copied(source, "id", "plan_id")
        stops = [Stop(**_copied(stop, "id", "trip_id")) for stop in source.stops]
        if vehicle_id not in there:
            base.trips.append(Trip(stops=stops, **facts))
            continue
        there[vehicle_id].stops.extend(stops)
        for name, value in facts.items():
            setattr(there[vehicle_id], name, value)
    base.left_out.extend(LeftOut(order_id=missing.order_id, reasons=missing.reasons) for missing in plan.left_out)
    ctx.session.flush()


def _copied(row: Trip | Stop, *without: str) -> dict[str, Any]:
    """The columns of a row, without its keys."""
    return {column.key: getattr(row, column.key) for column in type(row).__table__.columns if column.key not in without}
