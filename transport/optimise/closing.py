"""The last step of a proof: all routes that could still matter, cuts, and an integer program in PuLP."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pulp
from numba import njit
from numpy.typing import NDArray

from plantops.engines import Limits, ShouldStop, Status, Stopwatch
from plantops.solving import Master, solve
from transport.optimise.columns import money_unit
from transport.optimise.day import Day
from transport.optimise.enumeration import routes_below
from transport.optimise.generation import Bound
from transport.optimise.heuristic import Tour
from transport.optimise.network import Network
from transport.optimise.pool import Column
from transport.optimise.schedule import judge_on_all
from transport.optimise.subsets import tolls

MOST_ROUTES = 150_000
STEPS_PER_SECOND = 60e6
STEPS_PER_ROUTE = 1_500  # what a route takes of that when it is a column
CUT_ROUNDS = 30
CUTS_AT_ONCE = 60
VIOLATED = 0.03
CERTAIN = 1e-6  # fraction of a solver's bound that is given away before it is believed

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Closed:
    """`lower` is the bound that holds now; `tours` a better plan when one was found."""

    lower: int
    tours: list[Tour] | None


def close(
    day: Day,
    networks: Sequence[Network],
    bound: Bound,
    upper: int,
    work: int,
    limits: Limits,
    should_stop: ShouldStop | None = None,
) -> Closed | None:
    """Close the gap between `bound` and a plan of cost `upper` on a day of which nothing is relaxed (see `relaxing`);
    None when there are too many routes for it, or more `work` to list them."""
    assert bound.lower is not None
    watch = Stopwatch(limits.seconds, limits.cpu)
    columns = _everything(day, networks, bound, upper, work, watch)
    if columns is None:
        return None
    program = _Program(day, columns, money_unit(columns), upper)
    if program.strengthen(watch, limits, should_stop):
        return Closed(upper, None)
    if watch.over:
        return Closed(max(bound.lower, program.lower), None)
    lower, tours = program.finish(watch.rest(limits), should_stop)
    return Closed(max(bound.lower, min(lower, upper)), tours)


def _everything(
    day: Day, networks: Sequence[Network], bound: Bound, upper: int, work: int, watch: Stopwatch
) -> list[Column] | None:
    """A column for every route that a plan cheaper than `upper` could have."""
    gap = float(upper - 1 - _exact_lower(networks, bound))
    best: dict[tuple[int, tuple[int, ...]], Column] = {}
    for network, least in zip(networks, bound.least, strict=True):
        left = watch.left
        most = work if left is None else min(work, int(0.5 * left * STEPS_PER_SECOND))
        cuts = tolls(network, *bound.active())
        room = min(MOST_ROUTES, most // STEPS_PER_ROUTE) - len(best)
        routes = routes_below(network, bound.prices, cuts, gap + min(0.0, least), room, most)
        if routes is None:
            return None
        for route in routes:
            sequence = tuple(int(network.visits[row]) for row in route)
            cost = int(judge_on_all(day.arrays, np.array(sequence, np.int32))[network.k])
            column = Column(network.k, sequence, cost, day.served(sequence))
            known = best.get((column.k, column.orders))
            if cost >= 0 and (known is None or cost < known.cost):
                best[column.k, column.orders] = column
    return list(best.values())


def _exact_lower(networks: Sequence[Network], bound: Bound) -> float:
    """The Lagrangian value before it was rounded up."""
    value = float(bound.prices.sum() - bound.tolls.sum())
    for network, least in zip(networks, bound.least, strict=True):
        value += min(network.slots, len(bound.prices)) * least
    return value


class _Program:
    """Set partitioning over all columns that matter, with subset-row cuts (Jepsen et al. 2008)."""

    def __init__(self, day: Day, columns: list[Column], unit: float, upper: int) -> None:
        self.day, self.unit, self.upper = day, unit, upper
        self.columns = columns
        self.cuts: list[tuple[int, int, int]] = []
        self.lower = 0
        self._member = np.zeros((len(columns), len(day.problem.orders)), np.bool_)
        for at, column in enumerate(columns):
            self._member[at, list(column.orders)] = True
        self._alive = np.ones(len(columns), np.bool_)

    def strengthen(self, watch: Stopwatch, limits: Limits, should_stop: ShouldStop | None) -> bool:
        """Add cuts while they help and drop columns by reduced cost; True when no better plan is left."""
        problem, take = self._problem(self._kept(), pulp.LpContinuous)
        master, rows = Master(problem), {x.name: at for at, x in zip(self._kept(), take, strict=True)}
        column_of = np.array([rows.get(x.name, -1) for x in master.variables])
        for _ in range(CUT_ROUNDS):
            outcome = master.solve(watch.rest(limits), should_stop)
            if outcome.status is Status.INFEASIBLE:
                return True
            if outcome.status is not Status.OPTIMAL or outcome.objective is None:
                return False
            value = outcome.objective * self.unit * (1 - CERTAIN)
            self.lower = max(self.lower, math.ceil(value))
            if value > self.upper - 1:
                return True
            self._fix(value, master, column_of)
            values = np.zeros(len(self.columns))
            values[column_of[column_of >= 0]] = master.values[column_of >= 0]
            if not self._cut(master, take, values):
                return False
        return False

    def _kept(self) -> NDArray[np.int64]:
        return np.flatnonzero(self._alive)

    def _fix(self, value: float, master: Master, column_of: NDArray[np.int64]) -> None:
        """Columns that would lift the value to the plan in hand are in no better plan."""
        reduced = master.reduced_costs * self.unit
        dear = (column_of >= 0) & self._alive[column_of] & (reduced > self.upper - 1 - value + CERTAIN * self.upper)
        self._alive[column_of[dear]] = False
        master.forbid([int(column) for column in np.flatnonzero(dear)])

    def _cut(self, master: Master, take: list[pulp.LpVariable], values: Floats) -> bool:
        """The most violated subset-row cuts; False when there are none."""
        half = np.flatnonzero(values > 1e-6)
        if np.all(np.abs(values[half] - 1) < 1e-6):
            return False
        triples, _ = _subset_rows(self._member[half], values[half], VIOLATED, CUTS_AT_ONCE)
        new = [(int(a), int(b), int(c)) for a, b, c in triples]
        variables = dict(zip(self._first, take, strict=True))
        for triple in new:
            twice = np.flatnonzero(self._member[:, list(triple)].sum(axis=1) >= 2)
            terms = [(variables[int(at)], 1) for at in twice if int(at) in variables]
            name = f"cut{len(self.cuts)}"
            master.add_row(pulp.LpConstraint(pulp.LpAffineExpression(terms), pulp.LpConstraintLE, name, 1), name)
            self.cuts.append(triple)
        return bool(new)

    def _problem(self, kept: NDArray[np.int64], category: str) -> tuple[pulp.LpProblem, list[pulp.LpVariable]]:
        day = self.day
        self._first = [int(at) for at in kept]
        problem = pulp.LpProblem("closing", pulp.LpMinimize)
        take = [problem.add_variable(f"r{at}", 0, 1, category) for at in kept]
        leave = [problem.add_variable(f"u{n}", 0, 1, category) for n in range(len(day.problem.orders))]
        problem += pulp.LpAffineExpression(
            [(x, self.columns[at].cost / self.unit) for x, at in zip(take, kept, strict=True)]
            + [(u, int(prize) / self.unit) for u, prize in zip(leave, day.prize, strict=True)]
        )
        serving: list[list[tuple[pulp.LpVariable, int]]] = [[(u, 1)] for u in leave]
        driving: list[list[tuple[pulp.LpVariable, int]]] = [[] for _ in day.types]
        for x, at in zip(take, kept, strict=True):
            driving[self.columns[at].k].append((x, 1))
            for n in self.columns[at].orders:
                serving[n].append((x, 1))
        for n, terms in enumerate(serving):
            problem += pulp.LpConstraint(pulp.LpAffineExpression(terms), pulp.LpConstraintEQ, f"order{n}", 1)
        for k, terms in enumerate(driving):
            problem += pulp.LpConstraint(
                pulp.LpAffineExpression(terms), pulp.LpConstraintLE, f"fleet{k}", day.counts[k]
            )
        return problem, take

    def finish(self, limits: Limits, should_stop: ShouldStop | None) -> tuple[int, list[Tour] | None]:
        """(bound, better plan or None) from the integer program over what is left."""
        kept = self._kept()
        problem, take = self._problem(kept, pulp.LpBinary)
        for number, triple in enumerate(self.cuts):
            twice = self._member[kept][:, list(triple)].sum(axis=1) >= 2
            terms = [(x, 1) for x, both in zip(take, twice, strict=True) if both]
            if len(terms) > 1:
                problem += pulp.LpConstraint(pulp.LpAffineExpression(terms), pulp.LpConstraintLE, f"cut{number}", 1)
        outcome = solve(problem, limits, should_stop=should_stop)
        if outcome.status is Status.INFEASIBLE:
            return self.upper, None
        lower = self.lower
        if outcome.bound is not None:
            lower = max(lower, math.ceil(outcome.bound * self.unit * (1 - CERTAIN)))
        if outcome.objective is None:
            return lower, None
        chosen = [self.columns[at] for x, at in zip(take, kept, strict=True) if x.varValue > 0.5]
        served = {n for column in chosen for n in column.orders}
        cost = sum(column.cost for column in chosen)
        cost += sum(int(p) for n, p in enumerate(self.day.prize) if n not in served)
        if outcome.status is Status.OPTIMAL:
            lower = min(cost, self.upper)
        return lower, [(column.k, column.sequence) for column in chosen] if cost < self.upper else None


@njit(cache=True, error_model="numpy")
def _subset_rows(
    member: NDArray[np.bool_], values: Floats, violated: float, most: int
) -> tuple[NDArray[np.int32], Floats]:
    """Triples of orders of which the columns with at least two of them sum to more than 1, by how much."""
    columns, n = member.shape
    pairs = np.zeros((n, n))
    for c in range(columns):
        own = np.flatnonzero(member[c])
        for x in range(len(own)):
            for y in range(x + 1, len(own)):
                pairs[own[x], own[y]] += values[c]
    triples, excess, found = np.zeros((most, 3), np.int32), np.zeros(most), 0
    for i in range(n):
        for j in range(i + 1, n):
            for k in range(j + 1, n):
                together = pairs[i, j] + pairs[i, k] + pairs[j, k]
                if together <= 1 + violated:
                    continue
                for c in range(columns):
                    if member[c, i] and member[c, j] and member[c, k]:
                        together -= 2 * values[c]
                if together - 1 <= violated:
                    continue
                at = found if found < most else int(np.argmin(excess))
                if found < most or together - 1 > excess[at]:
                    triples[at, 0], triples[at, 1], triples[at, 2] = i, j, k
                    excess[at] = together - 1
                    found = min(found + 1, most)
    return triples[:found], excess[:found]
