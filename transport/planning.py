"""From the day as the plant knows it to the question that the optimiser understands."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from transport import models
from transport.addresses import Ways
from transport.optimise.model import Measure, Order, Problem, Route, Stop, Vehicle, Window

TICKS = 60  # seconds in a minute
GRAMMES, LITRES = 1000, 1000


def problem(
    name: str,
    depot: models.Address,
    fleet: Sequence[models.Vehicle],
    wanted: Sequence[models.Order],
    ways: Ways,
    not_there: dict[int, frozenset[int]],
) -> Problem:
    """Vehicles are named by code and orders by number, as people know them. Places are the positions of `ways` (the
    depot first), times seconds of the plant's day, loads grammes and litres; vehicles start and end at the depot
    within its hours. `not_there`: vehicle id -> banned addresses."""
    position = {id: place for place, id in enumerate(ways.ids)}
    return Problem(
        name=name,
        places=tuple(str(id) for id in ways.ids),
        vehicles=tuple(
            Vehicle(
                id=one.code,
                start=position[depot.id],
                end=position[depot.id],
                capacities=(whole(one.capacity_kg, GRAMMES), whole(one.capacity_m3, LITRES)),
                window=Window(
                    max(one.from_minute, depot.from_minute) * TICKS, min(one.to_minute, depot.to_minute) * TICKS
                ),
                cost_fixed=float(one.cost_fixed),
                cost_per_km=float(one.cost_per_km),
                cost_per_hour=float(one.cost_per_hour),
                forbidden=frozenset(
                    order.number for order in wanted if order.address_id in not_there.get(one.id, frozenset())
                ),
            )
            for one in fleet
        ),
        orders=tuple(asked(order, position[order.address_id]) for order in wanted),
        distance_m=(np.rint(np.array(ways.km) * 1000).astype(np.int64),),
        duration=(np.rint(np.array(ways.minutes) * TICKS).astype(np.int64),),
        measures=(Measure("weight", "kg", GRAMMES), Measure("volume", "m3", LITRES)),
        ticks_per_minute=TICKS,
    )


def asked(order: models.Order, place: int) -> Order:
    stop = Stop(
        place=place,
        service=whole(order.service_minutes, TICKS),
        windows=(Window(order.from_minute * TICKS, order.to_minute * TICKS),),
    )
    delivers = order.kind is models.OrderKind.DELIVERY
    return Order(
        id=order.number,
        loads=(whole(order.weight_kg, GRAMMES), whole(order.volume_m3, LITRES)),
        delivery=stop if delivers else None,
        pickup=None if delivers else stop,
        priority=order.priority,
    )


def capacities(asked: Problem, vehicle: str) -> tuple[Decimal, Decimal]:
    """What a vehicle of the question holds: kg and m3."""
    grammes, litres = next(one.capacities for one in asked.vehicles if one.id == vehicle)
    return Decimal(grammes) / GRAMMES, Decimal(litres) / LITRES


def whole(amount: Decimal, per_unit: int) -> int:
    return round(amount * per_unit)


def empty_km(route: Route, ways: Ways) -> float:
    """Kilometres driven with nothing on board: after each visit that leaves the vehicle empty, and to the first
    one when nothing is delivered. Places of the route are positions in `ways`; the depot is position 0."""
    stops = [0, *(visit.place for visit in route.visits), 0]
    loaded = [any(visit.kind.value == "delivery" for visit in route.visits)]
    loaded += [any(visit.loads) for visit in route.visits]
    return sum(ways.km[one][other] for one, other, full in zip(stops, stops[1:], loaded, strict=False) if not full)
