"""OR-Tools on one of our days: its routing library, parallel cheapest insertion and guided local search."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from tests.bench.routes_check import Tour
from transport.optimise.model import Problem, Stop

BIG = 10**10
LEFT_OUT = 10**11  # cost of an order that is left out


def why_not(problem: Problem) -> str | None:
    """What the day has and this model has not."""
    if any(vehicle.trips > 1 for vehicle in problem.vehicles):
        return "several trips"
    if any(len(stop.windows) > 1 for order in problem.orders for stop in order.stops):
        return "several windows"
    return None


class Model:
    """Nodes: a start and an end per vehicle, then a node per stop."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.stops: list[tuple[str, str, Stop]] = [
            (order.id, kind, stop)
            for order in problem.orders
            for kind, stop in (("pickup", order.pickup), ("delivery", order.delivery))
            if stop is not None
        ]
        count = len(problem.vehicles)
        starts, ends = list(range(count)), list(range(count, 2 * count))
        self.first = 2 * count
        places = [v.start for v in problem.vehicles] + [v.end for v in problem.vehicles]
        self.places = np.array(places + [stop.place for _, _, stop in self.stops])
        self.manager = pywrapcp.RoutingIndexManager(len(self.places), count, starts, ends)
        self.routing: Any = pywrapcp.RoutingModel(self.manager)
        self.scale = 1.0 if max(v.cost_per_km for v in problem.vehicles) >= 1 else 1000.0
        self._costs()
        self._loads()
        self._clock()
        self._orders()

    def index(self, at: int) -> int:
        return int(self.manager.NodeToIndex(self.first + at))

    def _matrix(self, matrix: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.asarray(np.minimum(matrix[np.ix_(self.places, self.places)], BIG))

    def _costs(self) -> None:
        known: dict[tuple[int, float], int] = {}
        for at, vehicle in enumerate(self.problem.vehicles):
            key = (vehicle.profile, vehicle.cost_per_km)
            if key not in known:
                metres = self._matrix(self.problem.distance_m[vehicle.profile])
                cost = np.rint(metres * (vehicle.cost_per_km * self.scale)).astype(np.int64)
                known[key] = self.routing.RegisterTransitMatrix(cost.tolist())
            self.routing.SetArcCostEvaluatorOfVehicle(known[key], at)
            self.routing.SetFixedCostOfVehicle(round(vehicle.cost_fixed * 1000 * self.scale), at)

    def _loads(self) -> None:
        loads = {order.id: order.loads for order in self.problem.orders}
        for d in range(len(self.problem.measures)):
            change = [0] * self.first
            for name, kind, _ in self.stops:
                change.append(loads[name][d] * (1 if kind == "pickup" else -1))
            alone = [order for order in self.problem.orders if len(order.stops) == 1 and order.delivery]
            call = self.routing.RegisterUnaryTransitVector(change)
            most = [vehicle.capacities[d] for vehicle in self.problem.vehicles]
            self.routing.AddDimensionWithVehicleCapacity(call, 0, most, not alone, f"load{d}")

    def _clock(self) -> None:
        service = np.array([0] * self.first + [stop.service for _, _, stop in self.stops])
        last = max(vehicle.window.closes for vehicle in self.problem.vehicles)
        known: dict[int, int] = {}
        calls = []
        for vehicle in self.problem.vehicles:
            if vehicle.profile not in known:
                ways = self._matrix(self.problem.duration[vehicle.profile]) + service[:, None]
                known[vehicle.profile] = self.routing.RegisterTransitMatrix(ways.tolist())
            calls.append(known[vehicle.profile])
        last = min(last, 10**12)
        self.routing.AddDimensionWithVehicleTransits(calls, last, last, False, "clock")
        self.clock: Any = self.routing.GetDimensionOrDie("clock")
        for at, vehicle in enumerate(self.problem.vehicles):
            for end in (self.routing.Start(at), self.routing.End(at)):
                self.clock.CumulVar(end).SetRange(vehicle.window.opens, min(vehicle.window.closes, last))
        for at, (_, _, stop) in enumerate(self.stops):
            window = stop.windows[0]
            self.clock.CumulVar(self.index(at)).SetRange(window.opens, min(window.closes, last))

    def _orders(self) -> None:
        at = 0
        for order in self.problem.orders:
            own = [self.index(at + n) for n in range(len(order.stops))]
            at += len(order.stops)
            may = [
                v
                for v, vehicle in enumerate(self.problem.vehicles)
                if order.id not in vehicle.forbidden and order.skills <= vehicle.skills
            ]
            for index in own:
                self.routing.AddDisjunction([index], LEFT_OUT)
                if len(may) < len(self.problem.vehicles):
                    self.routing.VehicleVar(index).SetValues([-1, *may])
            if len(own) == 2:
                self.routing.AddPickupAndDelivery(*own)
                solver = self.routing.solver()
                solver.Add(self.routing.VehicleVar(own[0]) == self.routing.VehicleVar(own[1]))
                solver.Add(self.clock.CumulVar(own[0]) <= self.clock.CumulVar(own[1]))

    def tours(self, found: Any) -> list[Tour]:
        tours: list[Tour] = []
        for at, vehicle in enumerate(self.problem.vehicles):
            here, steps = found.Value(self.routing.NextVar(self.routing.Start(at))), []
            while not self.routing.IsEnd(here):
                name, kind, _ = self.stops[self.manager.IndexToNode(here) - self.first]
                steps.append((name, kind))
                here = found.Value(self.routing.NextVar(here))
            if steps:
                tours.append((vehicle.id, steps))
        return tours


def solve(problem: Problem, seconds: float, seed: int) -> list[Tour]:
    """Routes after so many CPU seconds; the library's search has no seed."""
    del seed
    began = time.process_time()
    model = Model(problem)
    words: Any = pywrapcp.DefaultRoutingSearchParameters()
    words.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    words.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    words.time_limit.FromSeconds(max(1, round(20 * seconds)))
    limit = model.routing.solver().CustomLimit(lambda: time.process_time() - began > seconds)
    model.routing.AddSearchMonitor(limit)
    found = model.routing.SolveWithParameters(words)
    return model.tours(found) if found else []
