"""What the dispatcher and the driver look at: a plan with names, times, loads and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from personnel import api as personnel
from plantops import places, sight
from plantops.calendar import at_local, zone
from plantops.catalogues import ENGLISH
from plantops.context import Context, requires, within
from plantops.sight import RecordSeen
from plantops.wording import language, mark, number, say
from transport import addresses, orders, plans, vehicles
from transport.models import OPEN, Address, Driver, Order, OrderState, Plan, PlanState, Stop, Trip, Vehicle
from transport.optimise.model import Constraint
from transport.permissions import Can


@dataclass(frozen=True)
class StopLine:
    """A stop as it stands on the manifest. Times are moments of the plant's day."""

    id: int
    order_id: int
    number: str
    state: OrderState
    place: str
    gate_note: str
    phone: str
    latitude: float
    longitude: float
    what: str
    weight_kg: Decimal
    window_from: datetime
    window_to: datetime
    arrives: datetime
    starts: datetime
    departs: datetime
    slack_minutes: Decimal
    arrived_at: datetime | None


@dataclass(frozen=True)
class TripSheet:
    id: int
    vehicle_id: int
    vehicle: str
    driver: str | None
    leaves: datetime
    returns: datetime
    km: Decimal
    cost: Decimal
    weight_kg: Decimal
    capacity_kg: Decimal
    stops: tuple[StopLine, ...]


@dataclass(frozen=True)
class LeftOutLine:
    order_id: int
    number: str
    place: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class PlanSheet:
    plan: Plan
    site: str
    depot: tuple[str, float, float]
    trips: tuple[TripSheet, ...]
    left_out: tuple[LeftOutLine, ...]
    since: tuple[LeftOutLine, ...]
    """Of a draft: orders of its day that it does not know."""

    @property
    def km(self) -> Decimal:
        return sum((trip.km for trip in self.trips), Decimal(0))

    @property
    def stops(self) -> int:
        return sum(len(trip.stops) for trip in self.trips)


@dataclass(frozen=True)
class DayNumbers:
    """The head of the board: how many orders stand how."""

    open: int
    planned: int
    done: int
    failed: int


# --- Rules


def moment(day: date, minutes: Decimal | int, zone_name: str) -> datetime:
    """A minute of the plant's day, by the clock on the wall, as a moment; past 1440 it is the next day."""
    wall = datetime.combine(day, datetime.min.time()) + timedelta(minutes=float(minutes))
    return at_local(wall.date(), wall.time(), zone(zone_name))


# --- Questions


@requires(Can.READ_ORDERS)
def numbers(ctx: Context, site_id: int, day: date) -> DayNumbers:
    sites = ctx.sites(Can.READ_ORDERS)
    if sites is not None and site_id not in sites:
        return DayNumbers(0, 0, 0, 0)
    counts = sa.select(Order.state, sa.func.count()).where(Order.site_id == site_id, Order.day == day)
    found = {row[0]: int(row[1]) for row in ctx.session.execute(counts.group_by(Order.state))}
    return DayNumbers(
        found.get(OrderState.REQUESTED, 0),
        found.get(OrderState.PLANNED, 0),
        found.get(OrderState.DELIVERED, 0) + found.get(OrderState.PARTIAL, 0),
        found.get(OrderState.REFUSED, 0) + found.get(OrderState.NOBODY, 0),
    )


@requires(Can.READ_PLANS)
def published(ctx: Context, site_id: int, day: date) -> int | None:
    """The id of the plan that the drivers have for a day."""
    standing = plans.visible(ctx).where(Plan.site_id == site_id, Plan.day == day, Plan.state == PlanState.PUBLISHED)
    return ctx.session.scalar(standing.with_only_columns(Plan.id))


@requires(Can.READ_PLANS)
def sheet(ctx: Context, plan_id: int) -> PlanSheet:
    """A plan with everything that its page and its manifest show, in a fixed number of queries."""
    whole = plans.plan(ctx, plan_id)
    site = places.site(ctx, whole.site_id)
    start = addresses.depot(ctx, whole.site_id)
    lines = _lines(ctx, plan_id, whole.day, site.zone)
    trips = ctx.session.execute(
        sa.select(Trip, Vehicle, Driver.employee_id)
        .join(Vehicle, Vehicle.id == Trip.vehicle_id)
        .outerjoin(Driver, Driver.id == Trip.driver_id)
        .where(Trip.plan_id == plan_id)
        .order_by(Vehicle.sort_key, Trip.id)
    ).all()
    names = personnel.names(ctx, [row[2] for row in trips if row[2]])
    return PlanSheet(
        plan=whole,
        site=site.name,
        depot=(start.name, float(start.latitude), float(start.longitude)),
        trips=tuple(
            TripSheet(
                trip.id,
                vehicle.id,
                vehicle.name,
                names.get(employee_id),
                moment(whole.day, trip.leaves_minute, site.zone),
                moment(whole.day, trip.returns_minute, site.zone),
                trip.km,
                trip.cost,
                trip.weight_kg,
                trip.capacity_kg,
                tuple(lines.get(trip.id, ())),
            )
            for trip, vehicle, employee_id in trips
        ),
        left_out=tuple(_left_out(ctx, whole)),
        since=tuple(_since(ctx, whole)),
    )


def _lines(ctx: Context, plan_id: int, day: date, zone_name: str) -> dict[int, list[StopLine]]:
    rows = ctx.session.execute(
        sa.select(Stop, Order, Address)
        .join(Trip, Trip.id == Stop.trip_id)
        .join(Order, Order.id == Stop.order_id)
        .join(Address, Address.id == Order.address_id)
        .where(Trip.plan_id == plan_id)
        .order_by(Stop.trip_id, Stop.sequence)
    )
    found: dict[int, list[StopLine]] = {}
    for stop, order, address in rows:
        found.setdefault(stop.trip_id, []).append(
            StopLine(
                stop.id,
                order.id,
                order.number,
                order.state,
                address.name,
                address.gate_note,
                address.phone,
                float(address.latitude),
                float(address.longitude),
                order.what,
                order.weight_kg,
                moment(day, order.from_minute, zone_name),
                moment(day, order.to_minute, zone_name),
                moment(day, stop.arrives_minute, zone_name),
                moment(day, stop.starts_minute, zone_name),
                moment(day, stop.departs_minute, zone_name),
                stop.slack_minutes,
                order.arrived_at,
            )
        )
    return found


LEFT_OUT = {
    Constraint.LOAD: mark("{vehicle}: {by} {unit} too much for it"),
    Constraint.WINDOW: mark("{vehicle}: would come {by} {unit} after a window has closed"),
    Constraint.HOURS: mark("{vehicle}: would be back {by} {unit} too late"),
    Constraint.DURATION: mark("{vehicle}: would be out {by} {unit} longer than it may"),
    Constraint.DRIVING: mark("{vehicle}: its driver would drive {by} {unit} longer than the rules allow"),
    Constraint.DISTANCE: mark("{vehicle}: would drive {by} {unit} further than it may"),
    Constraint.TRIPS: mark("{vehicle}: may not leave so often"),
    Constraint.ROAD: mark("{vehicle}: no road leads there"),
    Constraint.SKILL: mark("{vehicle}: lacks what this order asks for"),
    Constraint.FORBIDDEN: mark("{vehicle}: may not carry this order"),
    Constraint.FIXED: mark("{vehicle}: the order is fixed to another vehicle"),
    Constraint.DOCK: mark("{vehicle}: no dock is free when it could be there"),
}


def said_reason(reason: Mapping[str, Any]) -> str:
    """Why an order is left out. The planner's own words are English; others read the same from its figures."""
    if language() == ENGLISH:
        return str(reason["text"])
    by = number(round(float(reason["by"]), 1), "g")
    return say(LEFT_OUT[Constraint(reason["constraint"])], vehicle=reason["vehicle"], by=by, unit=reason["unit"])


def _left_out(ctx: Context, whole: Plan) -> list[LeftOutLine]:
    ids = [missing.order_id for missing in whole.left_out]
    rows = ctx.session.execute(
        sa.select(Order.id, Order.number, Address.name)
        .join(Address, Address.id == Order.address_id)
        .where(Order.id.in_(ids))
        .order_by(Order.number)
    ).all()
    reasons = {missing.order_id: tuple(said_reason(reason) for reason in missing.reasons) for missing in whole.left_out}
    return [LeftOutLine(row.id, row.number, row.name, reasons[row.id]) for row in rows]


def _since(ctx: Context, whole: Plan) -> list[LeftOutLine]:
    """Orders that were asked for, or set free again, after a draft was computed."""
    if whole.state is not PlanState.DRAFT:
        return []
    known = {missing.order_id for missing in whole.left_out}
    known |= {stop.order_id for trip in whole.trips for stop in trip.stops}
    rows = ctx.session.execute(
        sa.select(Order.id, Order.number, Address.name)
        .join(Address, Address.id == Order.address_id)
        .where(Order.site_id == whole.site_id, Order.day == whole.day, Order.state.in_(OPEN))
        .order_by(Order.number)
    )
    return [LeftOutLine(row.id, row.number, row.name, ()) for row in rows if row.id not in known]


@requires(Can.DRIVE)
def my_trip(ctx: Context, day: date) -> TripSheet | None:
    """The published trip that this person drives on a day."""
    employee = personnel.employee_of(ctx, ctx.user.id)
    query = (
        sa.select(Plan.id, Trip.id)
        .join(Trip, Trip.plan_id == Plan.id)
        .outerjoin(Driver, Driver.id == Trip.driver_id)
        .where(Plan.day == day, Plan.state == PlanState.PUBLISHED, Driver.employee_id == employee)
        .limit(1)
    )
    found = ctx.session.execute(query).first() if employee is not None else None
    if found is None:
        return None
    return next((trip for trip in sheet(ctx, found[0]).trips if trip.id == found[1]), None)


OWNED: sight.Owned = {
    "transport_plan": (Can.READ_PLANS, plans.visible),
    "transport_order": (None, orders.visible),
    "transport_vehicle": (Can.READ_VEHICLES, vehicles.visible),
}


@within("the core asks who may see a record's files")
def record_seen(ctx: Context, question: RecordSeen) -> list[sight.Sight]:
    """Who may see a plan may read its manifest; the same of orders and vehicles."""
    return sight.answer(ctx, question, OWNED)


STILL_OPEN = frozenset(OPEN)
