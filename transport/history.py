"""Days gone by, taken over from another system: plans and what became of their orders, set-wise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from plantops import bulk, places
from plantops.context import Context, requires
from plantops.errors import Invalid
from plantops.wording import say
from transport import orders
from transport.models import DONE, OrderState, Plan, PlanState, Stop, Trip, Vehicle
from transport.orders import Ended, NewOrder
from transport.permissions import Can


@dataclass(frozen=True)
class PastStop:
    """A stop as it was planned and as it ended. Minutes of the plant's day."""

    order: NewOrder
    arrives_minute: Decimal
    departs_minute: Decimal
    slack_minutes: Decimal
    arrived_at: datetime
    outcome: OrderState
    signed_by: str = ""


@dataclass(frozen=True)
class PastTrip:
    day: date
    vehicle_id: int
    driver_id: int | None
    leaves_minute: Decimal
    returns_minute: Decimal
    km: Decimal
    empty_km: Decimal
    cost: Decimal
    weight_kg: Decimal
    volume_m3: Decimal
    stops: tuple[PastStop, ...]


# --- Rules


def why_not_past(trip: PastTrip, today: date, capacity_kg: Decimal, capacity_m3: Decimal) -> str | None:
    if trip.day >= today:
        return say("{day} is not over yet", day=trip.day)
    if trip.weight_kg > capacity_kg or trip.volume_m3 > capacity_m3:
        return say(
            "on {day} vehicle {vehicle_id} would carry more than it holds", day=trip.day, vehicle_id=trip.vehicle_id
        )
    if any(stop.outcome not in DONE for stop in trip.stops):
        return say("on {day} a stop has no outcome", day=trip.day)
    return None


# --- Actions


@requires(Can.PUBLISH)
def take_over(ctx: Context, site_id: int, trips: Sequence[PastTrip]) -> int:
    """Records the trips of days that are over, one published plan a day; returns how many plans."""
    ctx.need(Can.PUBLISH, site_id=site_id)
    holds = {
        row.id: (row.capacity_kg, row.capacity_m3)
        for row in ctx.session.execute(
            sa.select(Vehicle.id, Vehicle.capacity_kg, Vehicle.capacity_m3).where(Vehicle.site_id == site_id)
        )
    }
    for trip in trips:
        if why := why_not_past(trip, ctx.today, *holds[trip.vehicle_id]):
            raise Invalid(say("This history cannot be taken over: {why}.", why=why))
    plans = _add_plans(ctx, site_id, trips)
    keys = [(trip.day, trip.vehicle_id) for trip in trips]
    rows = [
        {
            "plan_id": plans[trip.day],
            "vehicle_id": trip.vehicle_id,
            "driver_id": trip.driver_id,
            "leaves_minute": trip.leaves_minute,
            "returns_minute": trip.returns_minute,
            "km": trip.km,
            "empty_km": trip.empty_km,
            "cost": trip.cost,
            "weight_kg": trip.weight_kg,
            "volume_m3": trip.volume_m3,
            "capacity_kg": holds[trip.vehicle_id][0],
            "capacity_m3": holds[trip.vehicle_id][1],
        }
        for trip in trips
    ]
    ids = dict(zip(keys, bulk.insert_many(ctx, Trip, rows), strict=True))
    served = iter(orders.take_over(ctx, [_ended(stop) for trip in trips for stop in trip.stops]))
    bulk.insert_many(ctx, Stop, [row for trip in trips for row in _stops(trip, ids, served)])
    return len(plans)


def _ended(stop: PastStop) -> Ended:
    return Ended(stop.order, stop.arrived_at, stop.outcome, stop.signed_by)


def _add_plans(ctx: Context, site_id: int, trips: Sequence[PastTrip]) -> dict[date, int]:
    costs: dict[date, Decimal] = {}
    for trip in trips:
        costs[trip.day] = costs.get(trip.day, Decimal(0)) + trip.cost
    days = sorted(costs)
    currency = places.site(ctx, site_id).currency
    rows = [
        {
            "site_id": site_id,
            "day": day,
            "state": PlanState.PUBLISHED,
            "made_by_id": ctx.user.id,
            "made_at": ctx.now,
            "seconds_asked": 0,
            "cost": costs[day],
            "currency": currency,
            "note": say("Taken over from before."),
        }
        for day in days
    ]
    return dict(zip(days, bulk.insert_many(ctx, Plan, rows), strict=True))


def _stops(trip: PastTrip, ids: dict[tuple[date, int], int], served: Iterator[int]) -> list[dict[str, Any]]:
    return [
        {
            "trip_id": ids[trip.day, trip.vehicle_id],
            "sequence": number,
            "order_id": next(served),
            "arrives_minute": stop.arrives_minute,
            "starts_minute": stop.arrives_minute,
            "departs_minute": stop.departs_minute,
            "slack_minutes": stop.slack_minutes,
        }
        for number, stop in enumerate(trip.stops, start=1)
    ]
