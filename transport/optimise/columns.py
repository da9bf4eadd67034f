"""Out of many routes the cheapest plan: set partitioning in PuLP with a row per order and per vehicle type."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pulp
from numpy.typing import NDArray

from plantops.solving import Limits, Master, Outcome, Progress, ShouldStop, Status, Stopwatch, solve
from transport.optimise.day import RELOAD, Day
from transport.optimise.heuristic import Tour
from transport.optimise.pool import Column, Pool, Table, whole_cost
from transport.optimise.schedule import try_route

Floats = NDArray[np.float64]
AT_ONCE = 400  # columns that enter the linear program per round
MOST_IN_MIP = 20_000


@dataclass(frozen=True, eq=False)
class Served:
    """What the rows of a linear program over routes stand for: what it costs not to serve each (whole money), how many
    routes each type may have, and whether it must have all of them."""

    prizes: Floats
    slots: tuple[int, ...]
    must: tuple[bool, ...]


class Partition:
    """The linear program over routes: everything served (covered) or paid for with its prize, at most as many
    routes of a type as it may have.

    Money is divided by `unit` so that the solver sees numbers near one thousand. `served`: by default the orders of the
    day, and a route per vehicle (exactly one for a type with frozen stops). `means`: how many loads of each type are
    limited for the mean of its routes only.
    """

    def __init__(self, day: Day, unit: float, means: Sequence[int] = (), served: Served | None = None) -> None:
        if served is None:
            must = tuple(bool(prefix) for prefix in day.prefix)
            served = Served(day.prize.astype(float), tuple(day.counts), must)
        self.unit, self.size, types = unit, len(served.prizes), len(served.slots)
        problem = pulp.LpProblem("routes", pulp.LpMinimize)
        unserved = [problem.add_variable(f"u{n}", 0, 1, pulp.LpInteger) for n in range(self.size)]
        problem += pulp.lpSum(float(prize) / unit * u for prize, u in zip(served.prizes, unserved, strict=True))
        for n, u in enumerate(unserved):
            problem += u >= 1, f"order{n}"
        for k, (count, must_all) in enumerate(zip(served.slots, served.must, strict=True)):
            sense = pulp.LpConstraintEQ if must_all else pulp.LpConstraintLE
            problem += pulp.LpConstraint(pulp.LpAffineExpression(), sense, f"fleet{k}", count), f"fleet{k}"
        for k, count in enumerate(means):
            for s in range(count):
                row = pulp.LpConstraint(pulp.LpAffineExpression(), pulp.LpConstraintLE, f"mean{k}_{s}", 0)
                problem += row, f"mean{k}_{s}"
        self._mean_at = np.cumsum([self.size + types, *means])
        self.master = Master(problem)
        self._taken = 0

    def add(
        self,
        costs: Sequence[float],
        k: Sequence[int],
        orders: Sequence[Sequence[int]],
        shares: Sequence[Sequence[float]] | None = None,
        cuts: Sequence[Sequence[tuple[int, int]]] | None = None,
    ) -> range:
        """Routes with whole costs, type and orders (an order may come twice), the parts of the capacity that they
        take of each load whose mean is limited, and the cuts that count them; gives the numbers of their columns."""
        names = [f"r{self._taken + at}" for at in range(len(costs))]
        entries = [_entries(own, self.size + kind) for own, kind in zip(orders, k, strict=True)]
        for own, kind, share in zip(entries, k, shares or [()] * len(costs), strict=True):
            own += [(int(self._mean_at[kind]) + s, part - 1.0) for s, part in enumerate(share)]
        for own, counted in zip(entries, cuts or [], strict=False):
            own += [(int(self._mean_at[-1]) + cut, float(times)) for cut, times in counted]
        self._taken += len(costs)
        return self.master.add_columns(names, [cost / self.unit for cost in costs], entries)

    def cut(self, times: Iterable[tuple[int, int]], at_most: int = 1) -> None:
        """One more cut: (column, how often it counts), so often in all. The first columns are what is not served."""
        variables = self.master.variables
        terms = pulp.LpAffineExpression([(variables[column], often) for column, often in times])
        name = f"cut{len(self.master.rows)}"
        self.master.add_row(pulp.LpConstraint(terms, pulp.LpConstraintLE, name, at_most), name)

    def solve(self, watch: Stopwatch, should_stop: ShouldStop | None) -> tuple[float, Floats, Floats] | None:
        """(value, price per order, price per type, then per mean, then per cut) in whole money; None when time is up
        first."""
        outcome = self.master.solve(watch.rest(Limits(cpu=watch.cpu)), should_stop)
        if outcome.status is not Status.OPTIMAL or outcome.objective is None:
            return None
        duals = self.master.duals * self.unit
        return outcome.objective * self.unit, duals[: self.size], duals[self.size :]


def _entries(orders: Sequence[int], fleet_row: int) -> list[tuple[int, float]]:
    times: dict[int, float] = {fleet_row: 1.0}
    for n in orders:
        times[n] = times.get(n, 0.0) + 1.0
    return list(times.items())


def money_unit(columns: Sequence[Column]) -> float:
    """Whole money per unit of the solver: the dearest route in hand is about a thousand."""
    return max([1.0, *(column.cost / 1000 for column in columns)])


@dataclass(frozen=True)
class Choice:
    """The best plan out of a pool. `lowest` is the value of the linear program, None when time was up."""

    tours: list[Tour]
    cost: int
    lowest: float | None
    outcome: Outcome | None


def choose(
    pool: Pool,
    incumbent: Sequence[Tour],
    limits: Limits,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Choice:
    """The cheapest plan out of the pool, never dearer than the incumbent (whose tours must hold).

    Columns enter a linear program while their reduced cost is negative; those that cannot be in a plan better
    than the incumbent by their reduced cost are left out of the integer program.
    """
    watch, day = Stopwatch(limits.seconds, limits.cpu), pool.day
    pool.extend(incumbent)
    known = whole_cost(day, incumbent)
    table, unit = Table.of(pool.columns), money_unit(pool.columns)
    relaxed = _relax(pool, table, Partition(day, unit), watch, should_stop)
    if relaxed is None:
        return Choice(list(incumbent), known, None, None)
    lowest, reduced = relaxed
    if watch.over:
        return Choice(list(incumbent), known, lowest, None)
    keep = np.flatnonzero(reduced <= known - lowest - 1 + 1e-6 * abs(known))
    keep = keep[np.argsort(reduced[keep], kind="stable")][:MOST_IN_MIP]
    if lowest > known - 1 + 1e-9 * known or not len(keep):
        return Choice(list(incumbent), known, lowest, None)
    chosen, outcome = _integer(pool, keep, incumbent, unit, watch.rest(limits), progress, should_stop)
    tours = without_doubles(day, chosen) or list(incumbent)
    cost = whole_cost(day, tours)
    if cost >= known:
        return Choice(list(incumbent), known, lowest, outcome)
    return Choice(tours, cost, lowest, outcome)


def _relax(
    pool: Pool, table: Table, partition: Partition, watch: Stopwatch, should_stop: ShouldStop | None
) -> tuple[float, Floats] | None:
    """(value of the linear program over the whole pool, reduced cost of every column)."""
    inside = np.zeros(len(pool.columns), np.bool_)
    batch = np.arange(len(pool.columns))[-AT_ONCE:]
    while True:
        inside[batch] = True
        columns = [pool.columns[c] for c in batch]
        partition.add([c.cost for c in columns], [c.k for c in columns], [c.orders for c in columns])
        solved = partition.solve(watch, should_stop)
        if solved is None:
            return None
        value, prices, fleet = solved
        reduced = table.reduced(prices, fleet)
        wanted = np.flatnonzero((reduced < -1e-7 * partition.unit) & ~inside)
        if not len(wanted):
            return value, reduced
        batch = wanted[np.argsort(reduced[wanted], kind="stable")][:AT_ONCE]


def _integer(
    pool: Pool,
    keep: NDArray[np.int64],
    incumbent: Sequence[Tour],
    unit: float,
    limits: Limits,
    progress: Progress | None,
    should_stop: ShouldStop | None,
) -> tuple[list[Column], Outcome]:
    """Solve over the kept columns (and those of the incumbent, which is the start)."""
    day = pool.day
    start = {(k, day.served(sequence)) for k, sequence in incumbent}
    columns = [pool.columns[c] for c in keep]
    kept = {(column.k, column.orders) for column in columns}
    columns += [c for c in pool.columns if (c.k, c.orders) in start - kept]
    problem, take = covering(day, columns, unit)
    for column, variable in zip(columns, take, strict=True):
        variable.setInitialValue(1 if (column.k, column.orders) in start else 0)
    outcome = solve(problem, limits, start=True, progress=progress, should_stop=should_stop)
    return [c for c, x in zip(columns, take, strict=True) if (x.varValue or 0) > 0.5], outcome


def covering(day: Day, columns: Sequence[Column], unit: float) -> tuple[pulp.LpProblem, list[pulp.LpVariable]]:
    """The integer program over these columns, and their variables."""
    problem = pulp.LpProblem("plan", pulp.LpMinimize)
    take = [problem.add_variable(f"r{at}", cat=pulp.LpBinary) for at in range(len(columns))]
    leave = [problem.add_variable(f"u{n}", cat=pulp.LpBinary) for n in range(len(day.problem.orders))]
    problem += pulp.LpAffineExpression(
        [(x, column.cost / unit) for x, column in zip(take, columns, strict=True)]
        + [(u, int(prize) / unit) for u, prize in zip(leave, day.prize, strict=True)]
    )
    serving: list[list[tuple[pulp.LpVariable, int]]] = [[(u, 1)] for u in leave]
    driving: list[list[tuple[pulp.LpVariable, int]]] = [[] for _ in day.types]
    for x, column in zip(take, columns, strict=True):
        driving[column.k].append((x, 1))
        for n in column.orders:
            serving[n].append((x, 1))
    for n, terms in enumerate(serving):
        problem += pulp.LpConstraint(pulp.LpAffineExpression(terms), pulp.LpConstraintGE, f"order{n}", 1)
    for k, terms in enumerate(driving):
        sense = pulp.LpConstraintEQ if day.prefix[k] else pulp.LpConstraintLE
        problem += pulp.LpConstraint(pulp.LpAffineExpression(terms), sense, f"fleet{k}", day.counts[k])
    return problem, take


def without_doubles(day: Day, columns: Sequence[Column]) -> list[Tour] | None:
    """Orders that several chosen routes serve stay where leaving them out would save least; None when no
    route holds without such an order."""
    tours = [(column.k, column.sequence) for column in columns]
    served: dict[int, list[int]] = {}
    for at, column in enumerate(columns):
        for n in column.orders:
            served.setdefault(n, []).append(at)
    for n, places in served.items():
        while len(places) > 1:
            options = [(_saving(day, tours[at], n), at) for at in places]
            saving, at = max(options, key=lambda option: (option[0] is not None, option[0] or 0, -option[1]))
            if saving is None:
                return None
            tours[at] = less(day, tours[at], n)
            places.remove(at)
    return [(k, sequence) for k, sequence in tours if sequence]


def less(day: Day, tour: Tour, order: int) -> Tour:
    """A tour without an order, and without reloads that nothing follows."""
    k, sequence = tour
    kept = [visit for visit in sequence if visit == RELOAD or day.arrays.order[visit] != order]
    tidy = [
        visit for at, visit in enumerate(kept) if visit != RELOAD or (0 < at < len(kept) - 1 and kept[at - 1] != RELOAD)
    ]
    return k, tuple(tidy)


def _saving(day: Day, tour: Tour, order: int) -> int | None:
    """What the route would save without the order; None when it would not hold without."""
    k, sequence = less(day, tour, order)
    before = try_route(day, tour[0], tour[1]).cost
    if not sequence:
        return before
    after = try_route(day, k, sequence)
    return before - after.cost if after.holds else None
