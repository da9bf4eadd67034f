"""Good plans fast: PyVRP's local search, climbed late-acceptance style, restarted warm, every good route kept."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyvrp
import pyvrp.search
from pyvrp.PenaltyManager import PenaltyManager, PenaltyParams

from plantops.engines import ShouldStop, Stopwatch
from transport.optimise.heuristic import Search, Tour
from transport.optimise.model import NO_ROAD

NEAR = 1.05  # candidates dearer than this times the best found are not worth keeping routes of
HOPELESS = 1_000  # iterations without any plan that holds before orders may be left out
HISTORY, CLIMB = 500, 1_500  # of a climb from a random plan: how long it remembers, and its least iterations in a turn
LONG_HISTORY = 300  # of one that is to go on
MANY = 150  # orders beyond which climbs are too slow to end in one turn
QUICK, STEADY = 100, 500  # plans between two looks at the penalties: in a first turn, to find their size, and later
SMALL = 40  # orders
PATIENCE = 200  # iterations without a better plan after which a climb may end
Keep = Callable[[Tour], None]
Penalties = tuple[list[float], float, float]


@dataclass(frozen=True)
class Pace:
    """Of climbs from a plan in hand: memory, least iterations, how many before somebody else has a turn, and the
    part of the cost by which one may begin worse (the next of them after one in vain)."""

    history: int
    least: int
    climbs: int
    warmth: tuple[float, ...]


WARM = Pace(200, 600, 1, (0.015, 0.02, 0.03))


@dataclass
class Finding:
    """What a search brings back: the best tours (None when no plan held), iterations made."""

    tours: list[Tour] | None
    iterations: int


@dataclass
class _Climb:
    """Where a climb stands: its plan, what it accepts at first, what it accepted `len(late)` iterations ago,
    iterations made, and the one of the last better plan."""

    current: pyvrp.Solution
    level: int
    late: list[pyvrp.Solution | None]
    at: int = 0
    better: int = 0


@dataclass
class Climber:
    """Searches in one world, slice after slice; random numbers and penalties go on from one to the next."""

    world: Search
    seed: int
    keep: Keep | None = None
    pace: Pace = WARM
    learned: Penalties | None = None
    _best: pyvrp.Solution | None = None
    _first: _Climb | None = None
    _vain: int = 0

    def __post_init__(self) -> None:
        data = self.world.data
        self._random = pyvrp.RandomNumberGenerator(seed=self.seed)
        self._local = pyvrp.search.LocalSearch(data, self._random, pyvrp.search.compute_neighbours(data))
        for operator in pyvrp.search.OPERATORS:
            if operator.supports(data):
                self._local.add_operator(operator(data))
        first, params = _penalties(data)
        self._penalties = PenaltyManager(self.learned or first, params)
        self._seen: set[tuple[int, int, int, int, int]] = set()

    @property
    def penalties(self) -> Penalties:
        """What the search has learned so far about the price of load, time and distance beyond the limits."""
        return self._penalties.penalties()

    @property
    def begun(self) -> bool:
        """Whether there is a climb to go on with."""
        return self._first is not None

    @property
    def stuck(self) -> bool:
        """Every warmth was tried in vain, and the day is so small that a climb from a random plan costs little."""
        return self._vain >= len(self.pace.warmth) and len(self.world.day.problem.orders) <= SMALL

    @property
    def many(self) -> bool:
        """Climbs do not end in one turn."""
        return len(self.world.day.problem.orders) > MANY

    def search(
        self,
        watch: Stopwatch,
        iterations: int | None,
        start: Sequence[Tour] | None = None,
        should_stop: ShouldStop | None = None,
    ) -> Finding:
        """Climb from a random plan, or a few times from `start`, unless the watch, the iterations or `should_stop`
        end it before. Gives up after HOPELESS iterations without any plan that holds.

        Every route of a plan that holds and is near the best is kept.
        """
        self._best = None
        stop = _Stop(watch, iterations, should_stop)
        if start is None:
            self._climb(self._begin(), CLIMB, stop)
            if self.many:
                self._steady()
        else:
            self._note(self.world.solution(start))
            for _ in range(self.pace.climbs):
                self._climb_warm(stop)
        return Finding(None if self._best is None else self.world.tours(self._best), stop.done)

    def go_on(
        self,
        watch: Stopwatch,
        iterations: int | None,
        start: Sequence[Tour],
        should_stop: ShouldStop | None = None,
    ) -> Finding:
        """On with the climb from a random plan where it was broken off, or from `start` when that is better."""
        climb, stop = self._first, _Stop(watch, iterations, should_stop)
        assert climb is not None
        known = self._best = self.world.solution(start)
        self._collect(known)
        prices = self._penalties.cost_evaluator()
        if prices.penalised_cost(known) < prices.penalised_cost(climb.current):
            climb.current = known
        climb.better = climb.at
        self._climb(climb, CLIMB, stop)
        return Finding(self.world.tours(self._best), stop.done)

    def _begin(self) -> _Climb:
        self._vain = 0
        self._penalties = PenaltyManager(*_penalties(self.world.data))
        dearest = self._penalties.max_cost_evaluator()
        random = pyvrp.Solution.make_random(self.world.data, self._random)
        plan = self._local(random, dearest, exhaustive=True)
        if plan.is_feasible():
            self._note(plan)
        level = self._penalties.cost_evaluator().penalised_cost(plan)
        self._first = _Climb(plan, level, [None] * (LONG_HISTORY if self.many else HISTORY))
        return self._first

    def _steady(self) -> None:
        """The penalties as they were learned, but no longer moved by every mood of the search."""
        _, params = _penalties(self.world.data, STEADY)
        self._penalties = PenaltyManager(self._penalties.penalties(), params)

    def _climb_warm(self, stop: "_Stop") -> None:
        before = self._best
        assert before is not None
        warmth = self.pace.warmth[self._vain % len(self.pace.warmth)]
        level = self._penalties.cost_evaluator().penalised_cost(before) + math.ceil(warmth * _driving(before))
        self._climb(_Climb(before, level, [None] * self.pace.history), self.pace.least, stop)
        self._vain = self._vain + 1 if self._best is before else 0

    def _climb(self, climb: _Climb, least: int, stop: "_Stop") -> None:
        """Late acceptance hill climbing (Burke and Bykov 2017, with both of their improvements, as PyVRP has it):
        as long as it remembers nothing it accepts what is up to the climb's level. At least `least` iterations."""
        begun = climb.at
        while not stop():
            stop.done += 1
            prices = self._penalties.cost_evaluator()
            found = self._local(climb.current, prices, exhaustive=False)
            self._penalties.register(found)
            if found.is_feasible():
                if self._best is None or prices.cost(found) < prices.cost(self._best):
                    found, climb.better = self._polished(found, prices), climb.at
                elif prices.cost(found) <= NEAR * prices.cost(self._best):
                    self._collect(found)
            slot = climb.at % len(climb.late)
            then = climb.late[slot]
            bar = climb.level if then is None else prices.penalised_cost(then)
            new, old = prices.penalised_cost(found), prices.penalised_cost(climb.current)
            if new < bar or new < old:
                climb.current, old = found, new
            if then is None or old < bar:
                climb.late[slot] = climb.current
            climb.at += 1
            hopeless = self._best is None and climb.at >= HOPELESS
            if hopeless or (
                self._best is not None and climb.at - begun >= least and climb.at - climb.better >= PATIENCE
            ):
                return

    def _polished(self, found: pyvrp.Solution, prices: pyvrp.CostEvaluator) -> pyvrp.Solution:
        """A new best plan, searched to the end of every neighbourhood."""
        finer = self._local(found, prices, exhaustive=True)
        if finer.is_feasible() and prices.cost(finer) <= prices.cost(found):
            found = finer
        self._note(found)
        return found

    def _note(self, best: pyvrp.Solution) -> None:
        self._best = best
        self._collect(best)

    def _collect(self, solution: pyvrp.Solution) -> None:
        """Hand on routes; one met before is known by its type, length and times."""
        if self.keep is None:
            return
        for route in solution.routes():
            mark = (
                route.vehicle_type(),
                route.distance(),
                route.duration(),
                route.num_clients(),
                route.service_duration(),
            )
            if mark not in self._seen:
                self._seen.add(mark)
                self.keep((route.vehicle_type(), self.world.sequence(route)))


def _driving(solution: pyvrp.Solution) -> int:
    """What the routes of a solution cost, without prizes and penalties."""
    return int(solution.distance_cost() + solution.duration_cost() + solution.fixed_vehicle_cost())


@dataclass
class _Stop:
    watch: Stopwatch
    iterations: int | None
    should_stop: ShouldStop | None
    done: int = field(default=0)

    def __call__(self) -> bool:
        if self.watch.over or (self.should_stop is not None and self.should_stop()):
            return True
        return self.iterations is not None and self.done >= self.iterations


def _penalties(data: pyvrp.ProblemData, every: int = QUICK) -> tuple[Penalties, PenaltyParams]:
    """First penalties at the size of what they trade against: an average leg's cost per average load and per
    average leg's time; looked at after `every` so many plans. PyVRP's own midpoint suits loads and times of one size
    only."""
    kinds = data.vehicle_types()
    clients: list[pyvrp.Client | pyvrp.Shipment] = [*data.clients(), *data.shipments()]
    cost = float(np.mean([_leg_cost(data, kind) for kind in kinds])) + 1
    loads = []
    for d in range(data.num_load_dimensions):
        sizes = [_size(client, d) for client in clients]
        loads.append(cost / max(1.0, float(np.mean(sizes)) if sizes else 1.0))
    ticks = float(np.mean([_typical(data.duration_matrix(kind.profile)) for kind in kinds]))
    distance = max(1.0, float(np.mean([kind.unit_distance_cost for kind in kinds])))
    first = (loads, cost / max(1.0, ticks), distance)
    prize = max([client.prize for client in clients], default=0)
    most = max(10_000 * max(*loads, first[1], distance), 2.0 * prize)
    return first, PenaltyParams(solutions_between_updates=every, min_penalty=1e-6, max_penalty=most)


def _leg_cost(data: pyvrp.ProblemData, kind: pyvrp.VehicleType) -> float:
    metres, ticks = _typical(data.distance_matrix(kind.profile)), _typical(data.duration_matrix(kind.profile))
    return float(kind.unit_distance_cost * metres + kind.unit_duration_cost * ticks)


def _typical(raw: object) -> float:
    matrix = np.asarray(raw)
    roads = matrix[matrix < NO_ROAD]
    return float(roads.mean()) if roads.size else 0.0


def _size(client: pyvrp.Client | pyvrp.Shipment, d: int) -> float:
    if isinstance(client, pyvrp.Shipment):
        return float(client.amount[d])
    return float(max(client.delivery[d], client.pickup[d]))
