"""Routes of any engine, driven again from the question alone: do they hold, and what do they cost?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transport.optimise.model import NO_ROAD, Order, Problem, Stop, Vehicle

Step = tuple[str, str] | None
"""(order, "pickup" or "delivery"); None is a way back for a new load."""
Tour = tuple[str, Sequence[Step]]


@dataclass(frozen=True)
class Checked:
    """What a set of routes costs, whom it serves, and the first sentences about what it breaks."""

    cost: float
    served: int
    broken: tuple[str, ...]


def checked(problem: Problem, tours: Sequence[Tour]) -> Checked:
    """For vehicles that are paid by the kilometre and the day: each drives off as early as it may, and counts its
    hours from the latest start that brings it home no later."""
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    if any(vehicle.cost_per_hour for vehicle in problem.vehicles):
        raise ValueError("This check drives off early, which is not best for vehicles that are paid by the hour.")
    orders = {order.id: order for order in problem.orders}
    wrong: list[str] = []
    cost = 0.0
    for name, times in Counter(name for name, _ in tours).items():
        if times > 1 or name not in vehicles:
            wrong.append(f"vehicle {name} drives {times} times")
    visits = Counter(step for _, steps in tours for step in steps if step is not None)
    served = 0
    for order in problem.orders:
        times_each = [visits[order.id, kind] for kind in _kinds(order)]
        served += times_each == [1] * len(times_each)
        if times_each not in ([0] * len(times_each), [1] * len(times_each)):
            wrong.append(f"order {order.id} is visited {times_each} times")
    for name, steps in tours:
        vehicle = vehicles[name]
        wrong += [f"{name}: {text}" for text in _breaks(problem, vehicle, steps, orders)]
        metres = sum(int(problem.distance_m[vehicle.profile][a, b]) for a, b in _legs(vehicle, steps, orders))
        if vehicle.max_distance_m is not None and metres > vehicle.max_distance_m:
            wrong.append(f"{name}: {metres} m of {vehicle.max_distance_m}")
        cost += vehicle.cost_fixed + vehicle.cost_per_km * metres / 1000
    return Checked(cost, served, tuple(wrong))


def _kinds(order: Order) -> list[str]:
    return [kind for kind, stop in (("pickup", order.pickup), ("delivery", order.delivery)) if stop is not None]


def _stop(order: Order, kind: str) -> Stop:
    stop = order.pickup if kind == "pickup" else order.delivery
    assert stop is not None
    return stop


def _legs(vehicle: Vehicle, steps: Sequence[Step], orders: dict[str, Order]) -> Iterator[tuple[int, int]]:
    here = vehicle.start
    for step in steps:
        there = vehicle.start if step is None else _stop(orders[step[0]], step[1]).place
        yield here, there
        here = there
    yield here, vehicle.end


def _trips(steps: Sequence[Step]) -> list[list[tuple[str, str]]]:
    trips: list[list[tuple[str, str]]] = [[]]
    for step in steps:
        if step is None:
            trips.append([])
        else:
            trips[-1].append(step)
    return trips


def _breaks(problem: Problem, vehicle: Vehicle, steps: Sequence[Step], orders: dict[str, Order]) -> Iterator[str]:
    trips = _trips(steps)
    if len(trips) > vehicle.trips:
        yield f"{len(trips)} trips of {vehicle.trips}"
    for trip in trips:
        yield from _load_breaks(vehicle, trip, orders)
    for name in {step[0] for step in steps if step is not None}:
        if name in vehicle.forbidden or not orders[name].skills <= vehicle.skills:
            yield f"may not serve {name}"
    yield from _clock_breaks(problem, vehicle, trips, orders)


def _load_breaks(vehicle: Vehicle, trip: Sequence[tuple[str, str]], orders: dict[str, Order]) -> Iterator[str]:
    picked: set[str] = set()
    for d, most in enumerate(vehicle.capacities):
        board = sum(orders[n].loads[d] for n, kind in trip if kind == "delivery" and orders[n].pickup is None)
        fullest = board
        for name, kind in trip:
            board += orders[name].loads[d] * (1 if kind == "pickup" else -1)
            fullest = max(fullest, board)
        if fullest > most:
            yield f"load {fullest} of {most}"
    for name, kind in trip:
        if kind == "pickup":
            picked.add(name)
        elif orders[name].pickup is not None and name not in picked:
            yield f"{name} is delivered before it is picked up"


def _clock_breaks(
    problem: Problem, vehicle: Vehicle, trips: Sequence[Sequence[tuple[str, str]]], orders: dict[str, Order]
) -> Iterator[str]:
    ways = problem.duration[vehicle.profile]
    clock, here = vehicle.window.opens, vehicle.start
    for trip in trips:
        clock += int(ways[here, vehicle.start])
        fresh = [orders[n].ready for n, kind in trip if kind == "delivery" and orders[n].pickup is None]
        clock, here = max([clock, *fresh]), vehicle.start
        for name, kind in trip:
            stop = _stop(orders[name], kind)
            if ways[here, stop.place] >= NO_ROAD:
                yield f"there is no road to {name}"
            clock, here = clock + int(ways[here, stop.place]), stop.place
            opening = next((max(clock, w.opens) for w in stop.windows if clock <= w.closes), None)
            if opening is None:
                yield f"{name} is served at {clock}, too late"
                return
            clock = opening + stop.service
    clock += int(ways[here, vehicle.end])
    if clock > vehicle.window.closes:
        yield f"back at {clock}, after {vehicle.window.closes}"
    if vehicle.max_duration is not None:
        hours = _least_hours(problem, vehicle, trips, orders, clock)
        if hours > vehicle.max_duration:
            yield f"{hours} hours of {vehicle.max_duration}"


def _least_hours(
    problem: Problem, vehicle: Vehicle, trips: Sequence[Sequence[tuple[str, str]]], orders: dict[str, Order], home: int
) -> int:
    """From the latest start that meets every window to the way home, which is no earlier than `home`."""
    ways = problem.duration[vehicle.profile]
    stops = [_stop(orders[n], kind) for n, kind in trips[0]]
    if len(trips) > 1 or any(len(stop.windows) > 1 for stop in stops):
        raise ValueError("Hours are counted for one load and one window each only.")
    latest, busy, there = vehicle.window.closes, 0, vehicle.end
    for stop in reversed(stops):
        way = stop.service + int(ways[stop.place, there])
        latest, busy, there = min(stop.windows[0].closes, latest - way), busy + way, stop.place
    first = int(ways[vehicle.start, there])
    return max(busy + first, home - (latest - first))
