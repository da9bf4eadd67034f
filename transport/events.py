"""What transport announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from plantops.events import Event


@dataclass(frozen=True)
class PlanPublished(Event):
    """The drivers' day stands; earlier plans of the day are superseded."""

    plan_id: int
    site_id: int
    day: date


@dataclass(frozen=True)
class OrderDelivered(Event):
    """A transport order arrived, in whole or in part."""

    order_id: int
    origin: str


@dataclass(frozen=True)
class VehicleTakenOut(Event):
    """A vehicle cannot be used; plans with it on these days no longer hold."""

    vehicle_id: int
    first_day: date
    last_day: date | None
