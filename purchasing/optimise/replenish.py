"""The replenishment engine: what to order of what and when, and how far the plan is at most from the cheapest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from plantops.solving import (
    Limits,
    Outcome,
    Progress,
    ProgressReport,
    ShouldStop,
    Status,
    Stopwatch,
    relative_gap,
)
from purchasing.optimise.award_model import Minimum
from purchasing.optimise.calendars import Calendars, Flags
from purchasing.optimise.lots import Lots
from purchasing.optimise.minmax import min_max
from purchasing.optimise.replenish_check import costs, faults, shortages, together
from purchasing.optimise.replenish_model import Costs, Order, Plan, Problem
from purchasing.optimise.replenish_validity import refuse
from purchasing.optimise.schedules import Schedules
from purchasing.optimise.shadow import Ascent, Packs, Prices, Shared

STEPS, GENERATIONS = 40, 15
USUAL_ROUNDS, STALLED = 4, 3
NODES = 400
PART_OF_GAP, CHOICE_GAP = 0.2, 5e-4
ENOUGH, PROVED = 1e-4, 1e-6
SHARE_CHOICE = 0.5
WORKING = 0.95  # of the time: the rest is for what cannot be broken off, and for reading out and checking
EVERY_WEEK = 6000  # suppliers x weeks x items: up to here the program chooses among all weeks
NEARLY, NEAR = 0.97, 0.01


def solve(
    problem: Problem,
    limits: Limits,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Plan:
    """The cheapest plan of orders found within the limits, with a proved bound and what min/max would cost.

    `limits.seconds` is wall time, `limits.iterations` a number of rounds (4 when neither is given), `limits.gap` a
    proved gap that is enough; the same seed and rounds with no seconds give the same plan. There is always a plan:
    what cannot be had is missing, at its cost, and stands in `shortages`. Raises Invalid with one sentence when the
    problem cannot be read.
    """
    watch = Stopwatch(None if limits.seconds is None else WORKING * limits.seconds, limits.cpu)
    refuse(problem)
    return _Run(problem, limits, watch, progress, should_stop).plan()


class _Run:
    """One run of the engine, from no orders at all to the answer."""

    def __init__(
        self,
        problem: Problem,
        limits: Limits,
        watch: Stopwatch,
        progress: Progress | None,
        should_stop: ShouldStop | None,
    ) -> None:
        self.problem, self.limits, self.progress, self.should_stop = problem, limits, progress, should_stop
        self.watch = watch
        self.lots = Lots(problem)
        self.shared = Shared(problem, self.lots)
        self.packs: Packs = np.zeros((len(problem.items), problem.weeks), np.int32)
        self.costs: Costs = costs(problem, ())
        self.orders: tuple[Order, ...] = ()
        self.ascent = Ascent(self.shared, self.shared.no_prices())

    def plan(self) -> Plan:
        usual = min_max(self.problem)
        minmax = costs(self.problem, usual)
        self._take(self._packs(usual), "min/max")
        rounds = self.limits.iterations or (USUAL_ROUNDS if self.limits.seconds is None else 10**6)
        stalled = 0
        for number in range(rounds):
            before = (self.costs.total, self.ascent.bound)
            self._round(first=number == 0)
            better = before[0] - self.costs.total > ENOUGH * before[0] * 0.1
            proved = self.ascent.bound - before[1] > ENOUGH * abs(self.ascent.bound) * 0.1
            stalled = 0 if better or proved else stalled + 1
            if self._done() or (stalled >= STALLED and self.limits.iterations is None):
                break
        return self._answer(minmax)

    def _round(self, *, first: bool) -> None:
        """Better prices, then weeks and packs that are best with them, then what keeps the shared limits."""
        if not first:
            self.ascent.stretch = max(self.ascent.stretch, 0.3)
        self.ascent.run(STEPS, self._target, self._stopped)
        self._tell("limit")
        if self._done():
            return
        packs = self.shared.relaxed(self.ascent.best)[1]
        self._take(packs, "items by themselves")
        calendars = Calendars(self.shared, self.ascent.best, packs)
        calendars.improve(self._stopped)
        self._take(calendars.packs, "weeks")
        if not self._done():
            self._choose(calendars)

    def _choose(self, calendars: Calendars) -> None:
        opened = calendars.open | self._open() | self._open_to_all()
        schedules = Schedules(self.shared, opened)
        schedules.add(calendars.packs)
        schedules.add(self.packs)
        prices = schedules.generate(GENERATIONS, self.watch.rest(self.limits), self.should_stop)
        if prices is not None:
            self._again(calendars, prices, schedules)
        if self._stopped():
            return
        left = self.watch.left
        seconds = None if left is None else max(0.001, SHARE_CHOICE * left)
        near = max(self.limits.gap / 4, ENOUGH, PART_OF_GAP * (self._gap() or 0.0))
        limits = replace(self.limits, seconds=seconds, iterations=NODES, gap=min(near, CHOICE_GAP))
        _, packs = schedules.choose(limits, self.packs, None, self.should_stop)
        if packs is not None:
            self._take(packs, "schedules")

    def _again(self, calendars: Calendars, prices: Prices, schedules: Schedules) -> None:
        """What the weeks would be with the prices that the schedules gave: more to choose from."""
        bound = self.shared.relaxed(prices)[0]
        if bound > self.ascent.bound:
            self.ascent.bound, self.ascent.best = bound, prices
        calendars.use(prices)
        calendars.improve(self._stopped)
        schedules.add(calendars.packs)

    def _open(self) -> Flags:
        """The weeks of the best plan so far."""
        opened = np.zeros((len(self.shared.members), self.problem.weeks), bool)
        for at, members in enumerate(self.shared.members):
            opened[at] = (self.packs[members] > 0).any(axis=0)
        return opened

    def _open_to_all(self) -> Flags:
        """Small problems choose among all weeks; large ones also among those next to a limit that is full."""
        shared, prices = self.shared, self.ascent.best
        opened = np.zeros((len(shared.members), self.problem.weeks), bool)
        if opened.size * len(shared.every) <= EVERY_WEEK:
            return ~opened
        full = prices.dock > 0
        for at, members in enumerate(shared.members):
            if len(members):
                spent = np.einsum("b,bw->w", prices.budget, shared.in_budget[:, members[0]]) > 0
                wanted = (self.ascent.packs[members] > 0).any(axis=0)
                near = full | np.roll(full, 1) | spent | np.roll(spent, 1)
                opened[at] = near & (wanted | np.roll(wanted, 1))
        return opened

    # --- The best so far

    def _take(self, packs: Packs, how: str) -> None:
        """Keep a plan that the independent checker allows, when it is the cheapest so far."""
        orders = self._orders(packs)
        found = costs(self.problem, orders)
        if found.total < self.costs.total - 1e-9 and not faults(self.problem, orders):
            self.packs, self.orders, self.costs = packs.copy(), orders, found
            self._tell(how)

    def _orders(self, packs: Packs) -> tuple[Order, ...]:
        found = []
        for number, week in zip(*np.nonzero(packs), strict=True):
            item, count = self.problem.items[number], int(packs[number, week])
            quantity = count * item.pack
            ordered = int(week) - int(self.lots.lead[number])
            found.append(Order(item.id, item.supplier, ordered, int(week), count, quantity, quantity * item.price))
        return tuple(sorted(found, key=lambda order: (order.week, order.supplier, order.item)))

    def _packs(self, orders: tuple[Order, ...]) -> Packs:
        number = {item.id: at for at, item in enumerate(self.problem.items)}
        packs = np.zeros_like(self.packs)
        for order in orders:
            packs[number[order.item], order.arrives] = order.packs
        return packs

    def _target(self) -> float:
        """The cost that the limit is driven towards: the best plan, but never far away."""
        bound = self.ascent.bound
        return self.costs.total if bound == -np.inf else max(bound, min(self.costs.total, bound + NEAR * abs(bound)))

    def _bound(self) -> float | None:
        return None if self.ascent.bound == -np.inf else min(self.ascent.bound, self.costs.total)

    def _gap(self) -> float | None:
        return relative_gap(self.costs.total, self._bound())

    def _stopped(self) -> bool:
        return self.watch.over or (self.should_stop is not None and self.should_stop())

    def _done(self) -> bool:
        gap = self._gap()
        return self._stopped() or (gap is not None and gap <= max(self.limits.gap, PROVED))

    def _tell(self, how: str) -> None:
        if self.progress is not None:
            self.progress(ProgressReport(self.costs.total, self._bound(), self._gap(), how, self.watch.seconds))

    def _answer(self, minmax: Costs) -> Plan:
        bound, gap = self._bound(), self._gap()
        status = Status.OPTIMAL if gap is not None and gap <= PROVED else Status.FEASIBLE
        outcome = Outcome(status, self.costs.total, bound, gap, self.watch.seconds, self.watch.cpu_seconds)
        missing = shortages(self.problem, self.orders)
        return Plan(outcome, self.orders, self.costs, missing, minmax, binding(self.problem, self.orders))


def binding(problem: Problem, orders: tuple[Order, ...]) -> tuple[str, ...]:
    """The shared limits that the plan touches, as sentences."""
    said = []
    for budget in problem.budgets:
        spent = sum(order.value for order in orders if budget.first <= order.week <= budget.last)
        if spent > NEARLY * budget.amount:
            weeks = f"weeks {budget.first + 1} to {budget.last + 1}"
            said.append(f"The budget of {weeks} is spent: {spent:,.2f} of {budget.amount:,.2f}.")
    loads = {item.id: item.load for item in problem.items}
    for week, room in enumerate(problem.dock):
        load = sum(loads[order.item] * order.packs for order in orders if order.arrives == week)
        if load > NEARLY * room:
            said.append(f"The dock is full in week {week + 1}: {load:.1f} of {room:.1f}.")
    suppliers = {one.id: one for one in problem.suppliers}
    for (id, week), value in sorted(together(orders).items(), key=lambda pair: (pair[0][1], pair[0][0])):
        one = suppliers[id]
        if one.minimum_rule in (Minimum.SURCHARGE, Minimum.FREE_FREIGHT) and value < one.minimum_value:
            least = f"under the {one.minimum_value:,.2f} that would spare its charge of {one.charge:,.2f}"
            said.append(f"{id} gets {value:,.2f} in week {week + 1}, {least}.")
    return tuple(said)
