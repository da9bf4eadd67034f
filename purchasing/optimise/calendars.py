"""In which weeks each supplier gets orders: found week by week, with every item planned exactly for each try."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from purchasing.optimise.lots import Floats
from purchasing.optimise.shadow import Packs, Prices, Shared

Flags = NDArray[np.bool_]
AGAIN = 10  # of the most promising changes are tried again after each step
MOST_STEPS = 60
REFUSED = 0.6  # what a unit of money under a minimum that is refused is taken to cost
EPSILON = 1e-6

Over = Callable[[], bool]


class Calendars:
    """The open weeks of every supplier, `open` [suppliers, weeks], and the packs that are best with them.

    Budgets and the dock are prices here; whoever uses the packs sees to it that they are kept.
    """

    def __init__(self, shared: Shared, prices: Prices, packs: Packs) -> None:
        self.shared = shared
        self.packs = np.zeros_like(packs)
        self.open = np.zeros((len(shared.members), shared.problem.weeks), bool)
        self.use(prices)
        for at, members in enumerate(shared.members):
            if len(members):
                often = (packs[members] > 0).sum(axis=0)
                self.open[at] = often >= max(1.0, 0.34 * often.max(initial=0))

    def use(self, prices: Prices) -> None:
        """From now on budgets and the dock cost this much."""
        free = Prices(np.zeros_like(prices.line), np.zeros_like(prices.value), prices.budget, prices.dock)
        self.each = self.shared.each(free)
        self.nudged = self.shared.each(Prices(free.line, 0.5 * prices.value, prices.budget, prices.dock))

    def improve(self, over: Over) -> None:
        for at, members in enumerate(self.shared.members):
            if len(members) and not over():
                self._supplier(at, over)

    def _supplier(self, at: int, over: Over) -> None:
        """The best change of one week, or of a week with its neighbour, again and again."""
        best, packs, used = self._tried(at, self.open[at][None, :])
        worth, self.open[at] = float(best[0]), used[0]
        self.packs[self.shared.members[at]] = packs[0]
        changes, fresh = self._changes(self.open[at]), True
        for _ in range(MOST_STEPS):
            if over():
                return
            costs, found, used = self._tried(at, self.open[at] ^ changes)
            order = np.argsort(costs, kind="stable")
            if costs[order[0]] < worth - EPSILON:
                worth, self.open[at] = float(costs[order[0]]), used[order[0]]
                self.packs[self.shared.members[at]] = found[order[0]]
                changes, fresh = changes[order[1 : AGAIN + 1]], False
            elif fresh:
                return
            else:
                changes, fresh = self._changes(self.open[at]), True

    def _changes(self, now: Flags) -> Flags:
        """One week opened or closed, and an open week moved to the week before or after."""
        weeks = len(now)
        single = np.eye(weeks, dtype=bool)
        moved = [single[week] | single[week + 1] for week in range(weeks - 1) if now[week] != now[week + 1]]
        return np.vstack([single, *moved]) if moved else single

    def _tried(self, at: int, calendars: Flags) -> tuple[Floats, Packs, Flags]:
        """For each calendar [C, weeks]: what it costs, the packs [C, items, weeks], and the weeks really used."""
        shared, members = self.shared, self.shared.members[at]
        count, size, weeks = len(calendars), len(members), shared.problem.weeks
        items = np.tile(members, count)
        setup = np.where(np.repeat(calendars, size, 0), shared.line_cost[items][:, None], np.inf)
        costs, packs = shared.lots.best(items, setup, (self.nudged if shared.minimum[at] else self.each)[items])
        packs = packs.reshape(count, size, weeks)
        total = costs.reshape(count, size).sum(axis=1)
        if shared.minimum[at]:
            extra = (self.nudged - self.each)[members]
            total -= np.einsum("ciw,iw->c", packs, extra)
        used = np.asarray((packs > 0).any(axis=1), bool)
        total += shared.order_cost[at] * used.sum(axis=1)
        missing = np.maximum(0.0, shared.minimum[at] - np.einsum("ciw,i->cw", packs, shared.pack_value[members]))
        missing = np.where(used, missing, 0.0)
        if shared.refuses[at]:
            total += REFUSED * missing.sum(axis=1) + shared.order_cost[at] * (missing > EPSILON).sum(axis=1)
        else:
            total += shared.charge[at] * (missing > EPSILON).sum(axis=1)
        return total, packs, used
