"""Routes worth remembering: every one that held, on every vehicle type that could drive it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from transport.optimise.day import Day
from transport.optimise.heuristic import Tour
from transport.optimise.schedule import judge_on_all

MOST_ROUTES = 250_000


@dataclass(frozen=True, slots=True)
class Column:
    """A route of vehicle type k: visits in order, whole cost, and the orders that it serves."""

    k: int
    sequence: tuple[int, ...]
    cost: int
    orders: tuple[int, ...]


@dataclass
class Pool:
    """The cheapest known sequence per vehicle type and set of orders."""

    day: Day
    columns: list[Column] = field(default_factory=list)
    _at: dict[tuple[int, tuple[int, ...]], int] = field(default_factory=dict)
    _seen: set[tuple[int, ...]] = field(default_factory=set)
    _fresh: list[Column] = field(default_factory=list)

    def add(self, tour: Tour) -> None:
        """Judge a tour on all types and keep what holds; a full pool takes nothing more."""
        _, sequence = tour
        if sequence in self._seen or len(self.columns) >= MOST_ROUTES:
            return
        self._seen.add(sequence)
        costs = judge_on_all(self.day.arrays, np.array(sequence, np.int32))
        served = self.day.served(sequence)
        for k in np.flatnonzero(costs >= 0):
            prefix = self.day.prefix[k]
            if sequence[: len(prefix)] == prefix:
                self._keep(Column(int(k), sequence, int(costs[k]), served))

    def _keep(self, column: Column) -> None:
        key = (column.k, column.orders)
        at = self._at.get(key)
        if at is None or column.cost < self.columns[at].cost:
            self._fresh.append(column)
        if at is None:
            self._at[key] = len(self.columns)
            self.columns.append(column)
        elif column.cost < self.columns[at].cost:
            self.columns[at] = column

    def fresh(self) -> list[Column]:
        """What was new or cheaper since the last time that somebody asked."""
        found, self._fresh = self._fresh, []
        return found

    def extend(self, tours: Iterable[Tour]) -> None:
        for tour in tours:
            self.add(tour)


def whole_cost(day: Day, tours: Sequence[Tour]) -> int:
    """What a plan costs, with the prizes of the orders that it leaves out. Tours must hold."""
    served: set[int] = set()
    cost = 0
    for k, sequence in tours:
        cost += int(judge_on_all(day.arrays, np.array(sequence, np.int32))[k])
        served.update(day.served(sequence))
    return cost + sum(int(day.prize[n]) for n in range(len(day.problem.orders)) if n not in served)


@dataclass(frozen=True, eq=False)
class Table:
    """Columns as arrays: type, cost, and the orders of column c at `orders[at[c]:at[c + 1]]`."""

    k: NDArray[np.int32]
    cost: NDArray[np.float64]
    at: NDArray[np.int64]
    orders: NDArray[np.int32]

    @classmethod
    def of(cls, columns: Sequence[Column]) -> "Table":
        sizes = [len(column.orders) for column in columns]
        return cls(
            k=np.array([column.k for column in columns], np.int32),
            cost=np.array([column.cost for column in columns], float),
            at=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            orders=np.array([n for column in columns for n in column.orders], np.int32),
        )

    def reduced(self, prices: NDArray[np.float64], fleet: NDArray[np.float64]) -> NDArray[np.float64]:
        """Reduced cost of every column under a price per order and (not positive) per vehicle type."""
        gathered = np.concatenate([[0.0], np.cumsum(prices[self.orders])])
        return np.asarray(self.cost - (gathered[self.at[1:]] - gathered[self.at[:-1]]) - fleet[self.k])
