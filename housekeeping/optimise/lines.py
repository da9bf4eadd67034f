"""The best line for one person at given prices, by dynamic programming.

Limits that are small enough are counted exactly in the states; the others are priced (Lagrangian relaxation, M. Held
and R. Karp 1971) and only counted once a best line breaks them. The bound is therefore always safe: the value of the
relaxation. A line, when one is returned, meets every rule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from housekeeping.optimise.arrays import NEVER, Arrays, Floats, Ints, LineArray
from housekeeping.optimise.graph import Counting, PersonGraph, person_graph
from housekeeping.optimise.kernels import INFINITE, cost_to_go, trace

MOST_WORK = 600_000  # table entries of one exact pass: about 2 ms
TRIES = 12
FORGET = 0.9


@dataclass(frozen=True)
class Priced:
    """`bound` is never above the cost of the best line (INFINITE: there is none); `line` has cost `value`."""

    bound: float
    value: float
    line: LineArray | None


@dataclass
class _Limits:
    """What of a person is counted, and the multipliers of what is only priced."""

    graph: PersonGraph
    shift_limits: dict[int, int]
    weekend_limit: int | None
    shift_prices: dict[int, float]
    weekend_price: float = 0.0

    def broken(self, shift_counts: Ints, weekends: int) -> tuple[list[int], bool]:
        """Priced limits that a line exceeds."""
        shifts = [s for s, most in self.shift_limits.items() if shift_counts[s] > most]
        return shifts, self.weekend_limit is not None and weekends > self.weekend_limit


class LinePricer:
    """Prices lines of all people of a problem; keeps tables and multipliers from call to call."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.calls = 0
        self._buffer = np.zeros(0)
        self._limits = [self._fresh(e) for e in range(arrays.people)]

    def exists(self, e: int) -> bool:
        """False when already the rules in the graph leave person e no line."""
        return self._limits[e].graph.exists

    def _fresh(self, e: int) -> _Limits:
        person, arrays = self.arrays.problem.people[e], self.arrays
        graph = person_graph(arrays, e, Counting())
        limits = {
            int(s): person.max_shifts[arrays.shift_ids[s]]
            for s in graph.local
            if arrays.shift_ids[s] in person.max_shifts and person.max_shifts[arrays.shift_ids[s]] < arrays.days
        }
        return _Limits(graph, limits, person.max_weekends, dict.fromkeys(limits, 0.0))

    def _table(self, graph: PersonGraph) -> Floats:
        shape = graph.table_shape
        size = int(np.prod(shape))
        if len(self._buffer) < size:
            self._buffer = np.full(size, INFINITE)
        return self._buffer[:size].reshape(shape)

    def best(self, e: int, cost: Floats, tries: int = TRIES) -> Priced:
        """The best line of person e where cell (d, s) costs cost[d, s] (NEVER or more: not allowed)."""
        limits = self._limits[e]
        if not limits.graph.exists:
            return Priced(INFINITE, INFINITE, None)
        self._fade(limits)
        best, step, attempt = Priced(-INFINITE, INFINITE, None), 0.0, 0
        while attempt < tries:
            value, line = self._run(limits, cost)
            if line is None:
                return Priced(INFINITE, INFINITE, None)
            counts = np.bincount(line, minlength=self.arrays.off + 1)
            weekends = self._weekends(e, line)
            shifts, too_many = limits.broken(counts, weekends)
            if (shifts or too_many) and self._count_more(e, limits, shifts, too_many):
                continue
            bound = value - sum(p * limits.shift_limits[s] for s, p in limits.shift_prices.items())
            bound -= limits.weekend_price * (limits.weekend_limit or 0)
            found = replace(best, bound=max(best.bound, bound))
            if not shifts and not too_many:
                own = float(cost[np.arange(len(line)), line].sum())
                if own < found.value:
                    found = Priced(found.bound, own, line)
            best = found
            if best.line is not None and best.value <= best.bound + 1e-7:
                break
            step = 0.75 * step if step else max(1.0, 0.05 * float(np.abs(cost[cost < NEVER / 2]).max()))
            self._move_prices(limits, counts, weekends, step)
            attempt += 1
        return best

    def _run(self, limits: _Limits, cost: Floats) -> tuple[float, LineArray | None]:
        self.calls += 1
        graph, off = limits.graph, self.arrays.off
        own = self._own(limits, cost)
        table = self._table(graph)
        value = cost_to_go(graph.graph, own, limits.weekend_price, table)
        if value > NEVER / 2:
            return INFINITE, None
        local = np.empty(self.arrays.days, np.int64)
        trace(graph.graph, own, limits.weekend_price, table, 0.0, 0, local)
        return float(value), np.append(graph.local, off)[local].astype(np.int16)

    def _own(self, limits: _Limits, cost: Floats) -> Floats:
        own = cost[:, np.append(limits.graph.local, self.arrays.off)]
        for at, s in enumerate(limits.graph.local):
            own[:, at] += limits.shift_prices.get(int(s), 0.0)
        return np.ascontiguousarray(own)

    def _fade(self, limits: _Limits) -> None:
        """Last call's multipliers, a little smaller, so that one that is no longer needed dies out."""
        for s, price in limits.shift_prices.items():
            limits.shift_prices[s] = FORGET * price if price > 1e-3 else 0.0
        limits.weekend_price = FORGET * limits.weekend_price if limits.weekend_price > 1e-3 else 0.0

    def _weekends(self, e: int, line: LineArray) -> int:
        works = line != self.arrays.off
        history = self.arrays.problem.people[e].history
        before = np.append(bool(history) and history[-1] is not None, works[:-1])
        weekend = self.arrays.weekend
        return int((works & ((weekend == 1) | ((weekend == 2) & ~before))).sum())

    def _count_more(self, e: int, limits: _Limits, shifts: list[int], weekends: bool) -> bool:
        """Take broken limits into the states, the smallest first, while a pass stays cheap."""
        counting = limits.graph.counting
        wanted = [Counting(counting.shifts, True)] if weekends else []
        for s in sorted(shifts, key=lambda s: limits.shift_limits[s]):
            wanted.append(Counting((*counting.shifts, s), counting.weekends))
        for more in wanted:
            graph = person_graph(self.arrays, e, more)
            if graph.work <= MOST_WORK:
                limits.graph = graph
                if more.weekends:
                    limits.weekend_limit, limits.weekend_price = None, 0.0
                for s in more.shifts:
                    limits.shift_limits.pop(s, None)
                    limits.shift_prices.pop(s, None)
                return True
        return False

    @staticmethod
    def _move_prices(limits: _Limits, counts: Ints, weekends: int, step: float) -> None:
        for s, most in limits.shift_limits.items():
            limits.shift_prices[s] = max(0.0, limits.shift_prices[s] + step * np.sign(counts[s] - most))
        if limits.weekend_limit is not None:
            way = np.sign(weekends - limits.weekend_limit)
            limits.weekend_price = max(0.0, limits.weekend_price + step * way)
