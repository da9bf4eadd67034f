"""Tiny random days and their best plans by trying everything, apart from the solver."""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from transport.optimise.model import Order, Problem, Stop, Vehicle, Window

END = 60  # the last tick of a tiny day


@dataclass(frozen=True)
class Features:
    """What a tiny day has beside deliveries by one kind of vehicle."""

    windows: bool = False
    several_windows: bool = False
    unlike: bool = False
    hours: bool = False
    short_days: bool = False
    pickups: bool = False
    on_the_way: bool = False
    trips: bool = False
    scarce: bool = False
    skills: bool = False
    priorities: bool = False


def random_problem(seed: int, features: Features, orders: int = 5, vehicles: int = 3) -> Problem:
    rng = random.Random(seed)
    size = orders * 2 + 1
    points = np.array([[rng.randint(0, 8), rng.randint(0, 8)] for _ in range(size)])
    ways = np.rint(np.hypot(*(points[:, None] - points).transpose(2, 0, 1))).astype(np.int64)
    if rng.random() < 0.5:
        ways = ways + np.array([[rng.randint(0, 2) for _ in range(size)] for _ in range(size)])
        np.fill_diagonal(ways, 0)
    slow = ways + (rng.randint(0, 1) if features.unlike else 0)
    np.fill_diagonal(slow, 0)
    fleet = [_vehicle(rng, at, features) for at in range(vehicles)]
    return Problem(
        name=f"tiny {seed}",
        places=tuple(str(at) for at in range(size)),
        vehicles=tuple(fleet),
        orders=tuple(_order(rng, at, orders, features) for at in range(orders)),
        distance_m=(ways * 100, slow * 100),
        duration=(ways, slow),
        ticks_per_minute=1,
    )


def _vehicle(rng: random.Random, at: int, features: Features) -> Vehicle:
    unlike = features.unlike
    return Vehicle(
        id=f"v{at}",
        start=0,
        end=0,
        capacities=(rng.randint(3, 6) if unlike else (3 if features.scarce else 6),),
        window=Window(0, rng.randint(25, END) if features.scarce else END),
        cost_fixed=float(rng.choice([0, 2, 5])) if unlike else 1.0,
        cost_per_km=rng.choice([0.5, 1.0, 2.25]) if unlike else 1.0,
        cost_per_hour=rng.choice([0.0, 3.0, 7.5]) if features.hours else 0.0,
        max_duration=rng.randint(15, 30) if features.short_days else None,
        skills=frozenset({"lift"} if rng.random() < 0.5 else ()) if features.skills else frozenset(),
        forbidden=frozenset({"o0"} if rng.random() < 0.3 else ()) if features.skills else frozenset(),
        profile=rng.randint(0, 1) if unlike else 0,
        trips=2 if features.trips else 1,
    )


def _order(rng: random.Random, at: int, orders: int, features: Features) -> Order:
    stop = Stop(at + 1, rng.randint(0, 3), _windows(rng, features))
    order = Order(f"o{at}", (rng.randint(1, 3),), delivery=stop)
    if features.pickups and rng.random() < 0.5:
        order = replace(order, delivery=None, pickup=stop)
    if features.on_the_way and rng.random() < 0.6:
        order = replace(order, delivery=stop, pickup=Stop(at + 1 + orders, rng.randint(0, 2)))
    if features.trips and order.pickup is None:
        order = replace(order, ready=rng.choice([0, 0, 8]))
    if features.skills and rng.random() < 0.4:
        order = replace(order, skills=frozenset({"lift"}))
    if features.priorities:
        order = replace(order, priority=rng.choice([0, 0, 2]))
    return order


def _windows(rng: random.Random, features: Features) -> tuple[Window, ...]:
    first = rng.randint(0, 20)
    if features.several_windows:
        return Window(first, first + rng.randint(0, 4)), Window(first + 12, first + 12 + rng.randint(0, 8))
    return (Window(first, first + rng.randint(3, 18)),) if features.windows else (Window(0, END),)


Step = tuple[str, Order | None]  # "load", "pickup", "delivery"


def best_by_trying(problem: Problem) -> tuple[int, float]:
    """(weight of orders served, least cost for that weight) over every plan."""
    best: dict[frozenset[int], float] = {frozenset(): 0.0}
    for vehicle in problem.vehicles:
        alone = _routes_of(problem, vehicle)
        merged = dict(best)
        for served, cost in best.items():
            for more, extra in alone.items():
                if not served & more:
                    union = served | more
                    merged[union] = min(merged.get(union, float("inf")), cost + extra)
        best = merged
    weight = {served: sum(problem.orders[n].priority + 1 for n in served) for served in best}
    most = max(weight.values())
    return most, min(cost for served, cost in best.items() if weight[served] == most)


def _routes_of(problem: Problem, vehicle: Vehicle) -> dict[frozenset[int], float]:
    """The cheapest route of one vehicle for every set of orders that it can serve."""
    able = [
        n
        for n, order in enumerate(problem.orders)
        if order.id not in vehicle.forbidden and order.skills <= vehicle.skills
    ]
    found: dict[frozenset[int], float] = {}
    for size in range(1, len(able) + 1):
        for chosen in itertools.combinations(able, size):
            costs = [
                cost
                for steps in _sequences([problem.orders[n] for n in chosen], vehicle.trips)
                if (cost := cost_of_steps(problem, vehicle, steps)) is not None
            ]
            if costs:
                found[frozenset(chosen)] = min(costs)
    return found


def _sequences(orders: Sequence[Order], trips: int) -> Iterator[tuple[Step, ...]]:
    steps: list[Step] = []
    for order in orders:
        steps += [("pickup", order)] if order.pickup else []
        steps += [("delivery", order)] if order.delivery else []
    for line in itertools.permutations(steps):
        if not _in_turn(line):
            continue
        yield line
        if trips == 2:
            for cut in range(1, len(line)):
                yield (*line[:cut], ("load", None), *line[cut:])


def _in_turn(line: Sequence[Step]) -> bool:
    seen = set()
    for kind, order in line:
        assert order is not None
        if kind == "delivery" and order.pickup is not None and order.id not in seen:
            return False
        seen.add(order.id)
    return True


def cost_of_steps(problem: Problem, vehicle: Vehicle, steps: Sequence[Step]) -> float | None:
    if not _loads_hold(vehicle, steps):
        return None
    places = [vehicle.start]
    for kind, order in steps:
        stop = None if order is None else (order.pickup if kind == "pickup" else order.delivery)
        places.append(vehicle.start if stop is None else stop.place)
    places.append(vehicle.end)
    metres = sum(int(problem.distance_m[vehicle.profile][a, b]) for a, b in itertools.pairwise(places))
    longest = END if vehicle.max_duration is None else vehicle.max_duration
    durations = [
        back - leave
        for leave in range(vehicle.window.opens, vehicle.window.closes + 1)
        if (back := _drive(problem, vehicle, steps, leave)) is not None and back - leave <= longest
    ]
    if not durations:
        return None
    hours = min(durations) / 60
    return vehicle.cost_fixed + vehicle.cost_per_km * metres / 1000 + vehicle.cost_per_hour * hours


def _loads_hold(vehicle: Vehicle, steps: Sequence[Step]) -> bool:
    trips: list[list[Step]] = [[]]
    for step in steps:
        if step[1] is None:
            trips.append([])
        else:
            trips[-1].append(step)
    picked: dict[str, int] = {}
    for number, trip in enumerate(trips):
        board = sum(o.loads[0] for kind, o in trip if o and kind == "delivery" and o.pickup is None)
        if board > vehicle.capacities[0]:
            return False
        for kind, order in trip:
            assert order is not None
            board += order.loads[0] if kind == "pickup" else -order.loads[0]
            if board > vehicle.capacities[0]:
                return False
            if kind == "pickup":
                picked[order.id] = number
            elif order.pickup is not None and picked.get(order.id) != number:
                return False
    return True


def _ready(steps: Sequence[Step]) -> int:
    latest = 0
    for kind, order in steps:
        if order is None:
            break
        if kind == "delivery" and order.pickup is None:
            latest = max(latest, order.ready)
    return latest


def _drive(problem: Problem, vehicle: Vehicle, steps: Sequence[Step], leave: int) -> int | None:
    """When it is back when it leaves at `leave` and never waits longer than it must."""
    if leave < _ready(steps):
        return None
    duration = problem.duration[vehicle.profile]
    here, clock = vehicle.start, leave
    for at, (kind, order) in enumerate(steps):
        if order is None:
            clock = max(clock + int(duration[here, vehicle.start]), _ready(steps[at + 1 :]))
            here = vehicle.start
            continue
        stop = order.pickup if kind == "pickup" else order.delivery
        assert stop is not None
        clock += int(duration[here, stop.place])
        opening = next((max(clock, w.opens) for w in stop.windows if clock <= w.closes), None)
        if opening is None:
            return None
        clock, here = opening + stop.service, stop.place
    clock += int(duration[here, vehicle.end])
    return clock if clock <= vehicle.window.closes else None
