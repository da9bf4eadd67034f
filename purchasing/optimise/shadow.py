"""Prices on what items share (orders, minimum values, budgets, the dock), and the lower limit that they prove.

Lagrangian relaxation: with shared limits priced, every item is planned by itself; the sum is a lower limit of any
plan's cost whatever the prices are. The prices are improved by a projected subgradient method (B. T. Polyak 1969)
with deflected directions (P. M. Camerini, L. Fratta and F. Maffioli 1975).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from purchasing.optimise.award_model import Minimum
from purchasing.optimise.lots import Floats, Ints, Lots
from purchasing.optimise.replenish_model import Problem

Packs = NDArray[np.int32]
DEFLECTION, SHRINK, PATIENCE = 0.4, 0.6, 8
LARGE = 1e6


@dataclass(frozen=True)
class Prices:
    """`line` [items, weeks]: an item's part of the cost of an order. `value` [suppliers, weeks]: what a unit of money
    towards the minimum value is worth. `budget` [budgets], `dock` [weeks]."""

    line: Floats
    value: Floats
    budget: Floats
    dock: Floats


class Shared:
    """What items share, as arrays; weeks are those of arrival."""

    def __init__(self, problem: Problem, lots: Lots) -> None:
        self.problem, self.lots = problem, lots
        items, sellers, weeks = problem.items, problem.suppliers, problem.weeks
        number = {one.id: at for at, one in enumerate(sellers)}
        self.supplier = np.array([number[item.supplier] for item in items])
        self.members: list[Ints] = [np.flatnonzero(self.supplier == at) for at in range(len(sellers))]
        self.order_cost = np.array([one.order_cost for one in sellers])
        rules = [one.minimum_rule if one.minimum_value > 0 else Minimum.NONE for one in sellers]
        asked = [0.0 if rule is Minimum.NONE else one.minimum_value for rule, one in zip(rules, sellers, strict=True)]
        self.minimum = np.array(asked)
        self.refuses = np.array([rule is Minimum.REFUSE for rule in rules])
        self.charge = np.array([one.charge for one in sellers])
        bare = np.where(self.minimum > 0, self.minimum, 1.0)
        self.most_value_price = np.where(self.refuses, LARGE, np.where(self.minimum > 0, self.charge / bare, 0.0))
        self.pack_value = np.array([item.price * item.pack for item in items])
        self.pack_load = np.array([item.load for item in items])
        self.line_cost = np.array([item.line_cost for item in items])
        self.limits = np.array([one.amount for one in problem.budgets])
        self.dock = np.array(problem.dock, float) if problem.dock else np.full(weeks, np.inf)
        self.has_dock = bool(problem.dock) and bool(self.pack_load.any())
        self.in_budget = np.zeros((len(problem.budgets), len(items), weeks), bool)
        lead = lots.lead
        for at, budget in enumerate(problem.budgets):
            ordered = np.arange(weeks)[None, :] - lead[:, None]
            self.in_budget[at] = (ordered >= budget.first) & (ordered <= budget.last)
        self.every = np.arange(len(items))

    def no_prices(self) -> Prices:
        """Order costs shared equally; the rest free."""
        weeks, sizes = self.problem.weeks, np.array([max(1, len(one)) for one in self.members])
        line = np.repeat((self.order_cost / sizes)[self.supplier][:, None], weeks, 1)
        value = np.zeros((len(self.members), weeks))
        return Prices(line, value, np.zeros(len(self.limits)), np.zeros(weeks))

    def each(self, prices: Prices) -> Floats:
        """What a pack costs by item and week of arrival, with prices."""
        share = 1.0 - prices.value[self.supplier] + np.einsum("b,biw->iw", prices.budget, self.in_budget)
        return np.asarray(self.pack_value[:, None] * share + self.pack_load[:, None] * prices.dock[None, :], float)

    def relaxed(self, prices: Prices) -> tuple[float, Packs, Floats]:
        """The lower limit that the prices prove, the packs by item and week, and each item's cost under them."""
        costs, packs = self.lots.best(self.every, self.line_cost[:, None] + prices.line, self.each(prices))
        return float(costs.sum()) + self.constant(prices), packs, costs

    def constant(self, prices: Prices) -> float:
        """The part of the limit that is not the items': orders that pay for themselves, less what limits are worth."""
        asked = np.zeros((len(self.members), self.problem.weeks))
        np.add.at(asked, self.supplier, prices.line)
        orders = self.order_cost[:, None] + prices.value * self.minimum[:, None] - asked
        small = np.where(self.refuses[:, None], 0.0, self.charge[:, None] - prices.value * self.minimum[:, None])
        small = np.where(self.minimum[:, None] > 0, small, 0.0)
        total = np.minimum(0.0, orders).sum() + np.minimum(0.0, small).sum()
        total -= float(prices.budget @ self.limits) if len(self.limits) else 0.0
        return float(total - (prices.dock @ self.dock if self.has_dock else 0.0))

    def values(self, packs: Packs) -> Floats:
        """The value of goods by supplier and week of arrival."""
        found = np.zeros((len(self.members), self.problem.weeks))
        np.add.at(found, self.supplier, packs * self.pack_value[:, None])
        return found

    def spent(self, packs: Packs) -> Floats:
        return np.asarray(np.einsum("biw,iw->b", self.in_budget, packs * self.pack_value[:, None]), float)

    def unloaded(self, packs: Packs) -> Floats:
        return np.asarray(self.pack_load @ packs, float)


class Ascent:
    """Improves prices step by step; `bound` is the best limit so far and `best` its prices."""

    def __init__(self, shared: Shared, start: Prices) -> None:
        self.shared, self.now, self.best = shared, start, start
        self.bound = -np.inf
        self.stretch, self.misses = 1.0, 0
        self._direction: list[Floats] | None = None
        self.packs: Packs = np.zeros((len(shared.every), shared.problem.weeks), np.int32)

    def run(self, steps: int, target: Callable[[], float], over: Callable[[], bool]) -> None:
        """So many steps towards a cost that is known to be reached by a plan."""
        for _ in range(steps):
            if over() or not self._step(target()):
                return

    def _step(self, target: float) -> bool:
        limit, packs, _ = self.shared.relaxed(self.now)
        self.packs = packs
        if limit > self.bound:
            grown = limit - self.bound > 1e-5 * abs(limit)
            self.bound, self.best = limit, self.now
            self.misses = 0 if grown else self.misses + 1
        else:
            self.misses += 1
        if self.misses >= PATIENCE:
            self.stretch, self.misses = self.stretch * SHRINK, 0
            self.now, self._direction = self.best, None
            if self.stretch < 1e-3:
                return False
            limit, packs, _ = self.shared.relaxed(self.now)
        gap = target - limit
        if gap <= 1e-9 * abs(target):
            return False
        slopes = self._slopes(packs)
        if self._direction is not None:
            slopes = [a + DEFLECTION * b for a, b in zip(slopes, self._direction, strict=True)]
        self._direction = slopes
        size = sum(float((one * one).sum()) for one in slopes)
        if size <= 1e-12:
            return False
        self._move(slopes, self.stretch * gap / size)
        return True

    def _slopes(self, packs: Packs) -> list[Floats]:
        """How the limit changes with each price, in money per money."""
        shared = self.shared
        taken = (packs > 0).astype(float)
        share = np.zeros((len(shared.members), shared.problem.weeks))
        pays = (self.now.line > 1e-9).astype(float)
        count = np.zeros_like(share)
        np.add.at(share, shared.supplier, taken * pays)
        np.add.at(count, shared.supplier, pays)
        opened = np.clip(share / np.maximum(count, 1.0), 0.0, 1.0)
        line = np.where((pays > 0) | (taken > 0), taken - opened[shared.supplier], 0.0)
        least = np.where(shared.minimum > 0, shared.minimum, 1.0)[:, None]
        value = np.where(shared.minimum[:, None] > 0, opened - shared.values(packs) / least, 0.0)
        value = np.where((self.now.value <= 0) & (value < 0), 0.0, value)
        budget = shared.spent(packs) / np.maximum(shared.limits, 1e-9) - 1.0 if len(shared.limits) else np.zeros(0)
        budget = np.where((self.now.budget <= 0) & (budget < 0), 0.0, budget)
        dock = np.zeros(shared.problem.weeks)
        if shared.has_dock:
            dock = shared.unloaded(packs) / np.maximum(shared.dock, 1e-9) - 1.0
            dock = np.where((self.now.dock <= 0) & (dock < 0), 0.0, dock)
        return [line, value, budget * COMMON, dock * COMMON]

    def _move(self, slopes: list[Floats], step: float) -> None:
        shared, now = self.shared, self.now
        least = np.where(shared.minimum > 0, shared.minimum, np.inf)[:, None]
        value = np.clip(now.value + step * slopes[1] / least, 0.0, shared.most_value_price[:, None])
        budget = np.maximum(0.0, now.budget + step * COMMON * slopes[2] / np.maximum(shared.limits, 1e-9))
        dock = now.dock
        if shared.has_dock:
            dock = np.maximum(0.0, now.dock + step * COMMON * slopes[3] / np.maximum(shared.dock, 1e-9))
        line = now.line + step * slopes[0]
        for at, members in enumerate(shared.members):
            room = shared.order_cost[at] + value[at] * shared.minimum[at]
            line[members] = on_simplex(line[members], room)
        self.now = Prices(line, value, budget, dock)


COMMON = 4.0  # limits shared by all move faster than those of one supplier's week


def on_simplex(points: Floats, room: Floats) -> Floats:
    """The nearest columns that are not negative and add up to `room` [weeks]."""
    if not len(points):
        return points
    falling = -np.sort(-points, axis=0)
    sums = np.cumsum(falling, axis=0) - room[None, :]
    counts = np.arange(1, len(points) + 1)[:, None]
    inside = falling - sums / counts > 0
    last = np.maximum(inside.sum(axis=0) - 1, 0)
    shift = sums[last, np.arange(points.shape[1])] / (last + 1)
    return np.asarray(np.maximum(points - shift[None, :], 0.0), float)
