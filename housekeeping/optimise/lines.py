"""The best line for one person at given prices, by dynamic programming.

Limits that are small enough are counted exactly in the states; the others are priced (Lagrangian relaxation, M. Held
and R. Karp 1971) and only counted once a best line breaks them. The bound is therefore always safe: the value of the
relaxation. A line, when one is returned, meets every rule.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from housekeeping.optimise.arrays import Arrays, Flags, Floats, Ints, LineArray
from housekeeping.optimise.graph import Counting, PersonGraph, person_graph
from housekeeping.optimise.kernels import INFINITE, cost_to_go, priced_line, through

MOST_WORK = 200_000  # table entries of one exact pass: about 5 ms
SHARP = 4_000_000  # the same when a bound is to be proved
LAST_RESORT = 20_000_000  # the same when pricing finds no line within the limits: about 60 ms
TRIES = 12
LOOSE = 1e-5
FORGET = 0.9


@dataclass(frozen=True)
class Priced:
    """`bound` is never above the cost of the best line (INFINITE: there is none); `line` has cost `value`."""

    bound: float
    value: float
    line: LineArray | None


@dataclass
class _Priced:
    """One person's graph, and the limits that are priced instead of counted in it.

    limits, prices [n+1] by local shift and, last, for weekends: -1 where nothing is priced. columns: global numbers of
    the cells of the graph, the day off last.
    """

    graph: PersonGraph
    columns: Ints
    limits: Ints
    prices: Floats
    worked_before: bool
    refused: set[Counting]


class LinePricer:
    """Prices lines of all people of a problem; keeps tables and multipliers from call to call."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self._buffer = np.zeros(0)
        self._people = [self._prepare(e, Counting(), set()) for e in range(arrays.people)]
        self._loose: dict[int, Flags] = {}
        self.work = 0  # table entries filled so far: the time that was spent, without a clock

    def exists(self, e: int) -> bool:
        """False when already the rules in the graph leave person e no line."""
        return self._people[e].graph.exists

    def _prepare(self, e: int, counting: Counting, refused: set[Counting]) -> _Priced:
        arrays, person = self.arrays, self.arrays.problem.people[e]
        graph = person_graph(arrays, e, counting)
        names = [arrays.shift_ids[s] for s in graph.local]
        limits = [
            -1 if s in counting.shifts else person.max_shifts.get(n, -1)
            for s, n in zip(graph.local, names, strict=True)
        ]
        limits = [-1 if most >= arrays.days else most for most in limits]
        limits.append(-1 if counting.weekends or person.max_weekends is None else person.max_weekends)
        return _Priced(
            graph,
            np.append(graph.local, arrays.off),
            np.array(limits, np.int64),
            np.zeros(len(limits)),
            bool(person.history) and person.history[-1] is not None,
            refused,
        )

    def _table(self, graph: PersonGraph) -> Floats:
        shape = graph.table_shape
        size = shape[0] * shape[1] * shape[2]
        if len(self._buffer) < size:
            self._buffer = np.full(size, INFINITE)
        return self._buffer[:size].reshape(shape)

    def best(self, e: int, cost: Floats, tries: int = TRIES) -> Priced:
        """The best line of person e where cell (d, s) costs cost[d, s] (NEVER or more: not allowed)."""
        person = self._people[e]
        if not person.graph.exists:
            return Priced(INFINITE, INFINITE, None)
        person.prices *= FORGET
        person.prices[person.prices < 1e-3] = 0.0
        found, broken = self._run(person, cost, tries, probe=True)
        while broken.any() and self._count_more(e, broken, MOST_WORK):
            found, broken = self._run(self._people[e], cost, tries, probe=True)
        if broken.any():
            found, broken = self._run(self._people[e], cost, tries, probe=False)
            while found.line is None and broken.any() and self._count_more(e, broken, LAST_RESORT):
                found, broken = self._run(self._people[e], cost, tries, probe=False)
            if found.value > found.bound + LOOSE:
                self._loose[e] = broken
        return found

    def sharpen(self) -> bool:
        """Count exactly what left a gap between line and bound since the last time; False when nothing did or can."""
        loose, self._loose = self._loose, {}
        counted = [e for e, broken in loose.items() if self._count_more(e, broken, SHARP)]
        return bool(counted)

    def through(self, e: int, cost: Floats) -> tuple[float, Floats]:
        """A bound on the best line of person e, and one on the best line through each cell [H, S+1]."""
        person, arrays = self._people[e], self.arrays
        least = np.full((arrays.days, arrays.off + 1), INFINITE)
        if not person.graph.exists:
            return INFINITE, least
        priced = cost[:, person.columns] + person.prices * np.append(np.ones(len(person.prices) - 1), 0.0)
        graph, table, weekend = person.graph.graph, self._table(person.graph), float(person.prices[-1])
        paid = float((person.prices * np.maximum(person.limits, 0)).sum())
        self.work += 3 * person.graph.work
        best = cost_to_go(graph, priced, weekend, table)
        found = np.empty_like(priced)
        scratch = np.full((2, *table.shape[1:]), INFINITE)
        through(graph, priced, weekend, table, scratch[0], scratch[1], found)
        least[:, person.columns] = found - paid
        return best - paid, least

    def _run(self, person: _Priced, cost: Floats, tries: int, probe: bool) -> tuple[Priced, Flags]:
        own = np.ascontiguousarray(cost[:, person.columns])
        local = np.empty(self.arrays.days, np.int64)
        broken = np.zeros(len(person.limits), bool)
        graph = person.graph
        self.work += graph.work
        bound, value = priced_line(
            graph.graph,
            own,
            person.limits,
            person.prices,
            person.worked_before,
            tries,
            probe,
            self._table(graph),
            local,
            broken,
        )
        line = person.columns[local].astype(np.int16) if value < INFINITE else None
        return Priced(bound, value, line), broken

    def _count_more(self, e: int, broken: Flags, most_work: int) -> bool:
        """Take a broken limit into the states, weekends first, then the smallest, while a pass stays cheap."""
        person = self._people[e]
        counting, known = person.graph.counting, person.refused
        wanted = [Counting(counting.shifts, True)] if broken[-1] else []
        for at in sorted(np.flatnonzero(broken[:-1]), key=lambda at: int(person.limits[at])):
            wanted.append(Counting((*counting.shifts, int(person.graph.local[at])), counting.weekends))
        for more in wanted:
            if most_work == MOST_WORK and more in known:
                continue
            prepared = self._prepare(e, more, known)
            if prepared.graph.work <= most_work:
                self._people[e] = prepared
                return True
            known.add(more)
        return False
