"""One schedule of orders per item so that together they keep budgets, the dock and minimum values: in PuLP.

A column is one item's orders over the whole horizon. Columns come from planning the items under the prices that the
linear program gives to what they share (column generation, G. B. Dantzig and P. Wolfe 1960), within given weeks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pulp

from plantops.solving import Limits, Master, Outcome, Progress, ShouldStop, Stopwatch
from purchasing.optimise.calendars import Flags
from purchasing.optimise.lots import Floats
from purchasing.optimise.replenish_check import CLOSE
from purchasing.optimise.shadow import Packs, Prices, Shared

EPSILON = 1e-6
HALF = 0.5
TIGHT = 1.0 - 0.1 * CLOSE


@dataclass(frozen=True)
class Column:
    """One item's schedule: packs by week of arrival, and what it costs by itself (goods, lines, stock)."""

    item: int
    packs: tuple[int, ...]
    cost: float


class Schedules:
    """The program over the weeks that are open for each supplier; no schedule orders in another week."""

    def __init__(self, shared: Shared, opened: Flags) -> None:
        self.shared, self.open = shared, opened
        self.columns: list[Column] = []
        self.known: dict[tuple[int, tuple[int, ...]], int] = {}
        self.at_line: dict[tuple[int, int], int] = {}
        self.at_value: dict[tuple[int, int], int] = {}
        self.at_budget: dict[int, int] = {}
        self.at_dock: dict[int, int] = {}
        self.objective: dict[pulp.LpVariable, float] = {}
        self.rows: list[tuple[dict[pulp.LpVariable, float], str, float]] = []
        program = pulp.LpProblem("schedules", pulp.LpMinimize)
        self._frame(program)
        program.setObjective(pulp.LpAffineExpression(self.objective))
        for terms, sense, right in self.rows:
            left = pulp.LpAffineExpression(terms)
            program.addConstraint(left == right if sense == "=" else left <= right if sense == "<=" else left >= right)
        self.master = Master(program)
        self.first = len(self.master.variables)
        self.add(np.zeros((len(shared.every), shared.problem.weeks), np.int32))

    def _frame(self, program: pulp.LpProblem) -> None:
        shared = self.shared
        for _ in shared.every:
            self._row({}, "=", 1.0)
        for at, members in enumerate(shared.members):
            for week in np.flatnonzero(self.open[at]).tolist():
                order = program.add_variable(f"order{at}_{week}", 0, 1, pulp.LpBinary)
                self.objective[order] = float(shared.order_cost[at])
                for item in members:
                    self.at_line[int(item), week] = self._row({order: -1.0}, "<=", 0.0)
                if shared.minimum[at] > 0:
                    terms = {order: -1.0}
                    if not shared.refuses[at]:
                        small = program.add_variable(f"small{at}_{week}", 0, 1, pulp.LpBinary)
                        self.objective[small] = float(shared.charge[at])
                        terms[small] = 1.0
                    self.at_value[at, week] = self._row(terms, ">=", 0.0)
        for number in range(len(shared.limits)):
            self.at_budget[number] = self._row({}, "<=", TIGHT)
        if shared.has_dock:
            for week in range(shared.problem.weeks):
                self.at_dock[week] = self._row({}, "<=", TIGHT)

    def _row(self, terms: dict[pulp.LpVariable, float], sense: str, right: float) -> int:
        self.rows.append((terms, sense, right))
        return len(self.rows) - 1

    # --- Columns

    def own_costs(self, packs: Packs) -> Floats:
        """What each item's schedule costs by itself."""
        shared, lots = self.shared, self.shared.lots
        found = shared.pack_value * packs.sum(axis=1) + shared.line_cost * (packs > 0).sum(axis=1)
        ordered = np.cumsum(packs, axis=1)
        for group in lots.groups:
            weeks = np.arange(packs.shape[1])[None, :]
            rows = np.arange(len(group.items))[:, None]
            found[group.items] += group.stage[rows, weeks, ordered[group.items]].sum(axis=1)
        return np.asarray(found, float)

    def add(self, packs: Packs) -> int:
        """A schedule for every item; those that are known already are left out. How many are new."""
        return self.add_for(self.shared.every.tolist(), packs)

    def add_for(self, items: list[int], packs: Packs) -> int:
        costs = self.own_costs(packs)
        names, prices, entries = [], [], []
        for item in items:
            schedule = tuple(int(count) for count in packs[int(item)])
            column = Column(int(item), schedule, float(costs[int(item)]))
            if (column.item, schedule) in self.known or not self._fits(column):
                continue
            self.known[column.item, schedule] = len(self.columns)
            names.append(f"schedule{len(self.columns)}")
            self.columns.append(column)
            prices.append(column.cost)
            entries.append(self._entries(column))
        self.master.add_columns(names, prices, entries)
        return len(names)

    def _fits(self, column: Column) -> bool:
        opened = self.open[self.shared.supplier[column.item]]
        return all(opened[week] for week, count in enumerate(column.packs) if count)

    def _entries(self, column: Column) -> list[tuple[int, float]]:
        shared, item = self.shared, column.item
        at = int(shared.supplier[item])
        entries: dict[int, float] = {item: 1.0}
        for week, count in enumerate(column.packs):
            if not count:
                continue
            value = float(shared.pack_value[item]) * count
            entries[self.at_line[item, week]] = 1.0
            if (at, week) in self.at_value:
                entries[self.at_value[at, week]] = value / float(shared.minimum[at])
            for number in np.flatnonzero(shared.in_budget[:, item, week]):
                row, part = self.at_budget[int(number)], value / max(float(shared.limits[number]), 1e-9)
                entries[row] = entries.get(row, 0.0) + part
            if self.at_dock and shared.pack_load[item]:
                load = float(shared.pack_load[item]) * count
                entries[self.at_dock[week]] = load / max(float(shared.dock[week]), 1e-9)
        return sorted(entries.items())

    # --- Prices

    def generate(self, rounds: int, limits: Limits, should_stop: ShouldStop | None = None) -> Prices | None:
        """Add the schedules that the linear program would like, until it likes no more; its last prices."""
        watch, prices = Stopwatch(limits.seconds, limits.cpu), None
        for _ in range(rounds):
            if watch.over or (should_stop is not None and should_stop()):
                return prices
            outcome = self.master.solve(replace(watch.rest(limits), iterations=None), should_stop)
            if outcome.bound is None:
                return prices
            prices = self.prices()
            packs, reduced = self.priced(prices)
            wanted = np.flatnonzero(reduced < -EPSILON * (1.0 + np.abs(self.master.duals[: len(reduced)])))
            if not self.add_for(wanted.tolist(), packs):
                return prices
        return prices

    def prices(self) -> Prices:
        """The duals of the linear program as prices."""
        shared, duals = self.shared, self.master.duals
        line = np.zeros((len(shared.every), shared.problem.weeks))
        value = np.zeros((len(shared.members), shared.problem.weeks))
        for (item, week), row in self.at_line.items():
            line[item, week] = max(0.0, -duals[row])
        for (at, week), row in self.at_value.items():
            value[at, week] = max(0.0, duals[row]) / shared.minimum[at]
        budget = np.array([max(0.0, -duals[row]) for row in self.at_budget.values()])
        dock = np.zeros(shared.problem.weeks)
        for week, row in self.at_dock.items():
            dock[week] = max(0.0, -duals[row]) / max(float(shared.dock[week]), 1e-9)
        return Prices(line, value, budget / np.maximum(shared.limits, 1e-9) if len(budget) else budget, dock)

    def priced(self, prices: Prices) -> tuple[Packs, Floats]:
        """The best schedule of every item within the open weeks, and what it would take off the program's cost."""
        shared = self.shared
        setup = shared.line_cost[:, None] + prices.line
        setup = np.where(self.open[shared.supplier], setup, np.inf)
        costs, packs = shared.lots.best(shared.every, setup, shared.each(prices))
        return packs, costs - self.master.duals[: len(shared.every)]

    # --- The choice

    def choose(
        self,
        limits: Limits,
        start: Packs | None,
        progress: Progress | None = None,
        should_stop: ShouldStop | None = None,
    ) -> tuple[Outcome, Packs | None]:
        """One schedule per item that keeps everything; None when none was found in time."""
        values = None if start is None else self._start(start)
        outcome = self.master.solve_integer(limits, values, progress, should_stop)
        if outcome.objective is None:
            return outcome, None
        packs = np.zeros((len(self.shared.every), self.shared.problem.weeks), np.int32)
        for column, variable in zip(self.columns, self.master.variables[self.first :], strict=True):
            if (variable.varValue or 0.0) > HALF:
                packs[column.item] = column.packs
        return outcome, packs

    def _start(self, packs: Packs) -> Floats | None:
        """A known plan by column; the orders are left to the solver."""
        values = np.full(len(self.master.variables), np.nan)
        values[self.first :] = 0.0
        for item in self.shared.every:
            at = self.known.get((int(item), tuple(int(count) for count in packs[item])))
            if at is None:
                return None
            values[self.first + at] = 1.0
        return values
