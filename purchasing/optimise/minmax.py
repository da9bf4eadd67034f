"""Ordering up to a level when the stock would fall under the safety stock: what is done without planning ahead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import ceil, floor

from purchasing.optimise.award_model import Minimum
from purchasing.optimise.lots import least_packs, most_packs
from purchasing.optimise.replenish_model import Item, Order, Problem, Supplier

COVER_WEEKS = 4  # an order brings the stock to what this many weeks use, above the safety stock
CLOSE = 1e-9


def min_max(problem: Problem) -> tuple[Order, ...]:
    """Orders week by week; what a budget, the dock, shelf life or a refused minimum does not allow waits."""
    desk = _Desk(problem)
    for week in range(problem.weeks):
        for supplier in problem.suppliers:
            desk.order(supplier, week)
    return tuple(desk.orders)


class _Desk:
    """What has been ordered so far, and what is left of each limit."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.orders: list[Order] = []
        self.of_supplier: defaultdict[str, list[Item]] = defaultdict(list)
        for item in problem.items:
            self.of_supplier[item.supplier].append(item)
        self.left = {
            item.id: most_packs(item, one.minimum_rule is Minimum.REFUSE)
            for one in problem.suppliers
            for item in self.of_supplier[one.id]
        }
        self.ordered: defaultdict[str, float] = defaultdict(float)
        self.budgets = [budget.amount for budget in problem.budgets]
        self.room = list(problem.dock)

    def order(self, supplier: Supplier, week: int) -> None:
        arrives = week + supplier.lead_weeks
        if arrives >= self.problem.weeks:
            return
        wanted = list(self._wanted(supplier, week, arrives, COVER_WEEKS, early=False))
        if not wanted:
            return
        if supplier.minimum_rule is Minimum.REFUSE:
            for cover in (COVER_WEEKS, 2 * COVER_WEEKS, 3 * COVER_WEEKS):  # topped up with what will be needed later
                if sum(one.value for one in wanted) >= supplier.minimum_value:
                    break
                wanted = list(self._wanted(supplier, week, arrives, cover, early=True))
        kept = [one for one in wanted if self._fits(one)]
        if supplier.minimum_rule is Minimum.REFUSE and sum(one.value for one in kept) < supplier.minimum_value:
            for one in kept:
                self._book(one, -1)
            return
        for one in kept:
            self.left[one.item] -= one.packs
            self.ordered[one.item] += one.quantity
        self.orders += kept

    def _wanted(self, supplier: Supplier, week: int, arrives: int, cover: int, *, early: bool) -> Iterator[Order]:
        for item in self.of_supplier[supplier.id]:
            coming = sum(quantity for at, quantity in item.coming if at <= arrives)
            left = item.stock + coming + self.ordered[item.id] - sum(item.demand[: arrives + 1])
            if left >= item.safety - CLOSE and not early:
                continue
            level = item.safety + sum(item.demand[arrives + 1 : arrives + 1 + cover])
            packs = max(least_packs(item), ceil((level - left) / item.pack - CLOSE))
            packs = min(packs, self.left[item.id])
            if item.shelf_weeks is not None and arrives + item.shelf_weeks <= self.problem.weeks:
                usable = sum(item.demand[arrives + 1 : arrives + item.shelf_weeks]) - left
                packs = min(packs, floor(usable / item.pack + CLOSE))
            if packs >= least_packs(item):
                quantity = packs * item.pack
                yield Order(item.id, supplier.id, week, arrives, packs, quantity, quantity * item.price)

    def _fits(self, order: Order) -> bool:
        """Whether budgets and the dock allow it; they are booked when they do."""
        load = self._load(order)
        spends = [at for at, one in enumerate(self.problem.budgets) if one.first <= order.week <= one.last]
        if any(order.value > self.budgets[at] for at in spends):
            return False
        if self.room and load > self.room[order.arrives]:
            return False
        self._book(order, 1)
        return True

    def _book(self, order: Order, sign: int) -> None:
        for at, one in enumerate(self.problem.budgets):
            if one.first <= order.week <= one.last:
                self.budgets[at] -= sign * order.value
        if self.room:
            self.room[order.arrives] -= sign * self._load(order)

    def _load(self, order: Order) -> float:
        return order.packs * next(one.load for one in self.of_supplier[order.supplier] if one.id == order.item)
