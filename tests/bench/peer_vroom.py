"""VROOM on one of our days, by `pyvroom`: its own search at its highest level, one thread."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import vroom
from numpy.typing import NDArray

from tests.bench.routes_check import Tour
from transport.optimise.model import NO_ROAD, Order, Problem, Stop, Vehicle

LEVEL = 5
MOST = 2**31 - 1  # matrices hold 32 bits
SUM = 2_000_000_000  # of the longest, or dearest, way from every place: VROOM adds them in 32 bits


def why_not(problem: Problem) -> str | None:
    """What the day has and VROOM has not."""
    if any(vehicle.trips > 1 for vehicle in problem.vehicles):
        return "several trips"
    if any(order.ready for order in problem.orders):
        return "goods that are ready later"
    return None


def solve(problem: Problem, seconds: float, seed: int) -> list[Tour]:
    """Routes; VROOM has no seed and stops by itself, often long before the time."""
    del seed
    asked: Any = vroom.Input()
    kinds: dict[tuple[int, float], str] = {}
    scale = _scale(problem)
    for vehicle in problem.vehicles:
        key = (vehicle.profile, vehicle.cost_per_km)
        if key not in kinds:
            kinds[key] = f"p{len(kinds)}"
            asked.set_durations_matrix(kinds[key], _small(problem.duration[vehicle.profile]))
            metres = problem.distance_m[vehicle.profile]
            cost = np.where(metres >= NO_ROAD, NO_ROAD, np.rint(metres * (vehicle.cost_per_km * scale)))
            asked.set_costs_matrix(kinds[key], _small(cost.astype(np.int64)))
    for at, vehicle in enumerate(problem.vehicles):
        asked.add_vehicle(_vehicle(problem, at, vehicle, kinds[vehicle.profile, vehicle.cost_per_km], scale))
    for number, order in enumerate(problem.orders):
        asked.add_job(_job(number, order))
    answer = asked.solve(LEVEL, 1, timedelta(seconds=seconds))
    return _tours(problem, answer.routes)


def _scale(problem: Problem) -> float:
    """Cost per metre in the largest whole numbers that still fit."""
    dearest = max(vehicle.cost_per_km for vehicle in problem.vehicles)
    way = max(int(np.where(matrix < NO_ROAD, matrix, 0).max()) for matrix in problem.distance_m)
    return min(1.0, 20_000_000 / max(1.0, way * dearest)) if dearest >= 1 else 10_000_000 / max(1.0, way * dearest)


def _small(matrix: NDArray[np.int64]) -> NDArray[np.uint32]:
    """In 32 bits; a way that is not there is as long as can be."""
    return np.minimum(matrix, SUM // len(matrix)).astype(np.uint32)


def _vehicle(problem: Problem, at: int, vehicle: Vehicle, profile: str, scale: float) -> Any:
    may = {n for n, o in enumerate(problem.orders) if o.id not in vehicle.forbidden and o.skills <= vehicle.skills}
    closes = min(vehicle.window.closes, MOST)
    return vroom.Vehicle(
        at,
        start=vehicle.start,
        end=vehicle.end,
        profile=profile,
        capacity=list(vehicle.capacities),
        skills=may if len(may) < len(problem.orders) else set(range(len(problem.orders))),
        time_window=vroom.TimeWindow(vehicle.window.opens, closes),
        costs=vroom.VehicleCosts(fixed=round(vehicle.cost_fixed * 1000 * scale)),
    )


def _job(number: int, order: Order) -> Any:
    if order.pickup is not None and order.delivery is not None:
        steps = [_step(number, stop) for stop in (order.pickup, order.delivery)]
        return vroom.Shipment(*steps, amount=list(order.loads), skills={number})
    stop = order.stops[0]
    amount = {"delivery" if order.pickup is None else "pickup": list(order.loads)}
    windows = [vroom.TimeWindow(w.opens, min(w.closes, MOST)) for w in stop.windows]
    return vroom.Job(number, stop.place, default_service=stop.service, skills={number}, time_windows=windows, **amount)


def _step(number: int, stop: Stop) -> Any:
    windows = [vroom.TimeWindow(w.opens, min(w.closes, MOST)) for w in stop.windows]
    return vroom.ShipmentStep(number, stop.place, default_service=stop.service, time_windows=windows)


def _tours(problem: Problem, steps: Any) -> list[Tour]:
    tours: dict[str, list[tuple[str, str]]] = {}
    for step in steps.sort_values(["vehicle_id", "arrival"], kind="stable").to_dict("records"):
        if step["type"] in ("start", "end", "break"):
            continue
        order = problem.orders[int(step["id"])]
        kind = step["type"] if step["type"] != "job" else ("delivery" if order.pickup is None else "pickup")
        tours.setdefault(problem.vehicles[int(step["vehicle_id"])].id, []).append((order.id, str(kind)))
    return list(tours.items())
