"""One stop of a draft to another vehicle or another place: what each vehicle says to it, and doing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from plantops import lifecycle, places
from plantops.context import Context, requires
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid
from plantops.module import load
from plantops.wording import mark, plural, say
from transport import boards, plans
from transport.models import Address, Order, OrderKind, Plan, PlanState, Trip, Vehicle
from transport.optimise.model import BadProblem, Kind, Offer, Route
from transport.optimise.model import Plan as Answer
from transport.permissions import Can

ASK, TAKE = "transport.optimise.board:ask", "transport.optimise.board:take"  # compiled code: not for the start
BY_HAND = mark("Changed by hand since it was computed.")


@dataclass(frozen=True)
class OfferRow:
    """What one vehicle says: the cheapest place and what it costs more, or why it cannot."""

    vehicle_id: int
    vehicle: str
    stop: int | None
    starts: datetime | None
    extra_cost: Decimal | None
    stays: bool
    reason: str


@dataclass(frozen=True)
class MoveSheet:
    """An order and what all vehicles say to it, the cheapest first. `stops`: most stops that one can have then."""

    plan: Plan
    order_id: int
    number: str
    place: str
    vehicle: str | None
    stop: int | None
    rows: tuple[OfferRow, ...]
    stops: int


class Moved(NamedTuple):
    """The plan as it is now, and what it costs more than before."""

    plan: Plan
    extra_cost: Decimal


# --- Rules


def why_not_move(plan: Plan) -> str | None:
    """Why nothing can be moved in this plan."""
    if plan.state is not PlanState.DRAFT:
        return say("this plan is {state}; stops are moved in drafts", state=lifecycle.spoken(plan.state))
    return None


def why_not_known(plan: Plan, asked: plans.Asked) -> str | None:
    """Why the plan cannot be reckoned with any more: something that it uses has gone."""
    if gone := order_ids(plan) - set(asked.order_ids.values()):
        return plural(
            "{n} of its orders was cancelled or done meanwhile; plan again",
            "{n} of its orders were cancelled or done meanwhile; plan again",
            len(gone),
        )
    if {trip.vehicle_id for trip in plan.trips} - set(asked.vehicle_ids.values()):
        return say("one of its vehicles stays in; plan again")
    return None


def order_ids(plan: Plan) -> set[int]:
    """The orders that stand on a trip of the plan."""
    return {stop.order_id for trip in plan.trips for stop in trip.stops}


# --- Questions


@requires(Can.PLAN)
def offers(ctx: Context, plan_id: int, order_id: int) -> MoveSheet:
    """What each vehicle says to an order of a draft, or to one of its day that it does not serve."""
    plan = get(ctx.session, _whole(ctx, plan_id), what="plan")
    asked, wanted = _known(ctx, plan, order_id)
    order = next(one for one in wanted.values() if one.id == order_id)
    found: tuple[Offer, ...] = _engine(ASK, asked, plan, wanted, order.number)
    zone = places.site(ctx, plan.site_id).zone
    names = _names(ctx, asked)
    rows = [_row(offer, asked, names, plan, zone) for offer in found]
    trip = next((one for one in plan.trips if any(stop.order_id == order_id for stop in one.stops)), None)
    stop = next((one.sequence for one in trip.stops if one.order_id == order_id), None) if trip else None
    place = ctx.session.scalars(sa.select(Address.name).where(Address.id == order.address_id)).one()
    return MoveSheet(
        plan,
        order_id,
        order.number,
        place,
        names[trip.vehicle_id] if trip else None,
        stop,
        tuple(sorted(rows, key=lambda row: (row.extra_cost is None, row.extra_cost or 0, row.vehicle))),
        1 + max((len(one.stops) for one in plan.trips), default=0),
    )


def _whole(ctx: Context, plan_id: int) -> sa.Select[Plan]:
    parts = (selectinload(Plan.trips).selectinload(Trip.stops), selectinload(Plan.left_out))
    return plans.visible(ctx).options(*parts).where(Plan.id == plan_id)


def _known(ctx: Context, plan: Plan, order_id: int) -> tuple[plans.Asked, dict[str, Order]]:
    """The day as it stands, and its orders by number; refused where the plan has nothing to do with it any more."""
    ctx.need(Can.PLAN, site_id=plan.site_id)
    if why := why_not_move(plan):
        raise Conflict(say("Cannot move this order: {why}.", why=why))
    asked = plans.question(ctx, plan.site_id, plan.day)
    if why := why_not_known(plan, asked):
        raise Conflict(say("Cannot move this order: {why}.", why=why))
    if order_id not in asked.order_ids.values():
        raise Conflict(say("This order was cancelled or done meanwhile."))
    rows = ctx.session.scalars(sa.select(Order).where(Order.id.in_(asked.order_ids.values())))
    return asked, {order.number: order for order in rows}


def _engine(path: str, asked: plans.Asked, plan: Plan, wanted: Mapping[str, Order], *more: object) -> Any:
    """Asks the planner; what it cannot answer is a sentence."""
    by_id = {order.id: order for order in wanted.values()}
    codes = {id: code for code, id in asked.vehicle_ids.items()}
    routes = {
        codes[trip.vehicle_id]: [(by_id[stop.order_id].number, _kind(by_id[stop.order_id])) for stop in trip.stops]
        for trip in plan.trips
    }
    try:
        return load(path)(asked.problem, routes, *more)
    except BadProblem as error:
        raise Conflict(say("Cannot move this order: {why}", why=str(error))) from error


def _kind(order: Order) -> Kind:
    return Kind.DELIVERY if order.kind is OrderKind.DELIVERY else Kind.PICKUP


def _names(ctx: Context, asked: plans.Asked) -> dict[int, str]:
    query = sa.select(Vehicle.id, Vehicle.name).where(Vehicle.id.in_(asked.vehicle_ids.values()))
    return {row.id: row.name for row in ctx.session.execute(query)}


def _row(offer: Offer, asked: plans.Asked, names: Mapping[int, str], plan: Plan, zone: str) -> OfferRow:
    vehicle_id = asked.vehicle_ids[offer.vehicle]
    name = names[vehicle_id]
    if offer.reason is not None or offer.extra_cost is None:
        why = boards.said_reason(plans.as_kept(offer.reason)) if offer.reason else ""
        return OfferRow(vehicle_id, name, None, None, None, False, why)
    minutes = Decimal(offer.starts[0]) / asked.problem.ticks_per_minute
    extra = Decimal(str(round(offer.extra_cost, 4)))
    starts = boards.moment(plan.day, minutes, zone)
    return OfferRow(vehicle_id, name, offer.stops[0] + 1, starts, extra, not offer.changed, "")


# --- Actions


@requires(Can.PLAN)
def move(ctx: Context, plan_id: int, version: int, order_id: int, vehicle_id: int, stop: int | None = None) -> Moved:
    """Puts an order onto a vehicle of a draft, as its stop number `stop` or where it costs least; one that it
    does not serve is put in."""
    plan = get(ctx.session, _whole(ctx, plan_id), what="plan", version=version, lock=True)
    asked, wanted = _known(ctx, plan, order_id)
    order = next(one for one in wanted.values() if one.id == order_id)
    code = next((code for code, id in asked.vehicle_ids.items() if id == vehicle_id), None)
    if code is None:
        raise Invalid(say("This vehicle stays in on this day. Choose another."), field="vehicle_id")
    at = None if stop is None else (stop - 1,)
    taken: tuple[Offer, Answer | None] = _engine(TAKE, asked, plan, wanted, order.number, code, at)
    offer, answer = taken
    if offer.reason is not None or answer is None:
        why = boards.said_reason(plans.as_kept(offer.reason)) if offer.reason else ""
        raise Conflict(say("Cannot move {number}. {why}.", number=order.number, why=why))
    if not offer.changed:
        raise Conflict(say("{number} stands there already.", number=order.number))
    was_in = order_id in order_ids(plan)
    routes = {asked.vehicle_ids[route.vehicle]: route for route in answer.routes}
    for name, _steps in offer.changed:
        _rewrite(ctx, plan, asked.vehicle_ids[name], routes.get(asked.vehicle_ids[name]), asked, wanted)
    before = plan.cost or Decimal(0)
    _settle(plan, order_id, asked, answer, was_in)
    bump(plan)
    ctx.session.flush()
    return Moved(plan, (plan.cost or Decimal(0)) - before)


def _rewrite(
    ctx: Context, plan: Plan, vehicle_id: int, route: Route | None, asked: plans.Asked, wanted: dict[str, Order]
) -> None:
    """One trip as its new route says; without a route it is gone, and a new one has no driver yet."""
    trip = next((one for one in plan.trips if one.vehicle_id == vehicle_id), None)
    if route is None:
        if trip is not None:
            plan.trips.remove(trip)
        return
    sums = plans.sums_of(route, wanted, asked)
    if trip is None:
        plan.trips.append(Trip(vehicle_id=vehicle_id, stops=plans.stops_of(route, asked), **sums))
        return
    trip.stops.clear()
    ctx.session.flush()  # a stop's number is free only when the stop that had it is gone
    trip.stops.extend(plans.stops_of(route, asked))
    for field, value in sums.items():
        setattr(trip, field, value)


def _settle(plan: Plan, order_id: int, asked: plans.Asked, answer: Answer, was_in: bool) -> None:
    """What the whole plan says now. The proved bound still holds for as long as the same orders are served."""
    plan.cost = sum((trip.cost for trip in plan.trips), Decimal(0))
    plan.status = answer.outcome.status.value
    if not was_in or plan.bound is None or not plan.cost:
        plan.bound = plan.gap = None
    else:
        plan.gap = max(Decimal(0), round((plan.cost - plan.bound) / plan.cost, 8))
    plan.note = BY_HAND
    why = {asked.order_ids[one.id]: [plans.as_kept(reason) for reason in one.reasons] for one in answer.unassigned}
    for missing in list(plan.left_out):
        if missing.order_id == order_id:
            plan.left_out.remove(missing)
        elif missing.order_id in why:
            missing.reasons = why[missing.order_id]
