"""PyVRP alone on a real delivery day: the plainest honest model, its own defaults, the same CPU seconds and seed."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyvrp
from numpy.typing import NDArray

from tests.bench.routes_check import Tour
from transport.instances import Format, read
from transport.optimise.day import RELOAD, Day, prepare
from transport.optimise.heuristic import Search
from transport.optimise.model import Problem

BIH = Path(__file__).parents[2] / "transport" / "demo" / "data" / "bih"
FAR = 10_000_000  # metres and seconds: longer than any day
MONEY = 100_000  # PyVRP counts whole money per metre: a hundred thousandth
GRAMMES_AND_LITRES = 1_000


@dataclass(frozen=True)
class Peer:
    """What PyVRP alone found: the cost (None when nothing held) and the iterations that it made."""

    cost: float | None
    iterations: int


def model(problem: Problem) -> pyvrp.ProblemData:
    """The day in metres, seconds, grammes and litres, rounded to the safe side; a matrix per set of forbidden
    customers. For days of deliveries with one window each, from one depot, paid by the kilometre."""
    per_second = problem.ticks_per_minute / 60
    grains = [measure.per_unit // GRAMMES_AND_LITRES for measure in problem.measures]
    metres, seconds = problem.distance_m[0], np.ceil(problem.duration[0] / per_second).astype(np.int64)
    place = {order.id: order.delivery.place for order in problem.orders if order.delivery}
    barred = sorted({vehicle.forbidden & frozenset(place) for vehicle in problem.vehicles}, key=sorted)
    kinds = [
        pyvrp.VehicleType(
            capacity=[most // grain for most, grain in zip(vehicle.capacities, grains, strict=True)],
            fixed_cost=round(vehicle.cost_fixed * MONEY),
            tw_early=int(np.ceil(vehicle.window.opens / per_second)),
            tw_late=int(vehicle.window.closes // per_second),
            unit_distance_cost=round(vehicle.cost_per_km * MONEY / 1000),
            profile=barred.index(vehicle.forbidden & frozenset(place)),
        )
        for vehicle in problem.vehicles
    ]
    clients = [
        pyvrp.Client(
            order.delivery.place,
            delivery=[-(-load // grain) for load, grain in zip(order.loads, grains, strict=True)],
            service_duration=int(np.ceil(order.delivery.service / per_second)),
            tw_early=int(np.ceil(order.delivery.windows[0].opens / per_second)),
            tw_late=int(order.delivery.windows[0].closes // per_second),
        )
        for order in problem.orders
        if order.delivery
    ]
    return pyvrp.ProblemData(
        [pyvrp.Location(0, 0) for _ in problem.places],
        clients,
        [pyvrp.Depot(0)],
        kinds,
        [_without(metres, [place[id] for id in names]) for names in barred],  # type: ignore[misc]
        [_without(seconds, [place[id] for id in names]) for names in barred],  # type: ignore[misc]
    )


def _without(matrix: NDArray[np.int64], places: list[int]) -> NDArray[np.int64]:
    walled = matrix.copy()
    walled[places, :] = FAR
    walled[:, places] = FAR
    np.fill_diagonal(walled, 0)
    return walled


def alone(problem: Problem, cpu_seconds: float, seed: int) -> Peer:
    """PyVRP's own `solve` with its own parameters until this process has used so many CPU seconds."""
    began = time.process_time()

    def stop(best_cost: int) -> bool:
        return time.process_time() - began >= cpu_seconds

    result = pyvrp.solve(model(problem), stop, seed=seed, collect_stats=False)
    best = result.best
    cost = (best.distance_cost() + best.fixed_vehicle_cost()) / MONEY if best.is_feasible() else None
    return Peer(cost, result.num_iterations)


def solve(problem: Problem, seconds: float, seed: int) -> list[Tour]:
    """Any day: PyVRP's own `solve` with its own parameters on the data that the planner gives it; its routes.

    The data are the planner's (forbidden pairs as walled matrices, reloads, shipments); the search is not."""
    began = time.process_time()
    world = Search(prepare(problem))

    def stop(best_cost: int) -> bool:
        return time.process_time() - began >= seconds

    result = pyvrp.solve(world.data, stop, seed=seed, collect_stats=False)
    return named(world.day, world.tours(result.best)) if result.best.is_feasible() else []


def named(day: Day, tours: Sequence[tuple[int, Sequence[int]]]) -> list[Tour]:
    """Routes by vehicle type and number of visit as routes by vehicle and order."""
    idle = [list(members) for members in day.members]
    return [
        (idle[k].pop(0), [None if v == RELOAD else (day.visits[v][0].id, day.visits[v][1].value) for v in sequence])
        for k, sequence in tours
    ]


def main() -> None:
    """`python -m tests.bench.peer_pyvrp --day 2946091 --seconds 10 --seed 1`"""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--day", required=True)
    words.add_argument("--seconds", type=float, default=10.0, help="CPU seconds")
    words.add_argument("--seed", type=int, default=1)
    args = words.parse_args()
    found = alone(read(BIH, Format.BIH, args.day), args.seconds, args.seed)
    print(json.dumps({"day": args.day, "seed": args.seed, "cost": found.cost, "iterations": found.iterations}))


if __name__ == "__main__":
    main()
