"""Is a plan of orders allowed, and what does it cost? Written apart from the engine, straight from the rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import ceil

from purchasing.optimise.award_model import Minimum
from purchasing.optimise.replenish_model import Costs, Item, Order, Problem, Shortage

CLOSE = 1e-6


def costs(problem: Problem, orders: Sequence[Order]) -> Costs:
    """What the orders and the stock that follows from them cost."""
    goods = sum(order.value for order in orders)
    lines = {item.id: item.line_cost for item in problem.items}
    fixed = sum(lines[order.item] for order in orders)
    charges = 0.0
    suppliers = {one.id: one for one in problem.suppliers}
    for (supplier, _), value in together(orders).items():
        one = suppliers[supplier]
        fixed += one.order_cost
        if one.minimum_rule in (Minimum.SURCHARGE, Minimum.FREE_FREIGHT) and value < one.minimum_value - CLOSE:
            charges += one.charge
    holding = safety = shortage = 0.0
    own = by_item(orders)
    for item in problem.items:
        for left in stock(problem, item, own.get(item.id, ())):
            holding += item.holding * max(left, 0.0)
            safety += item.safety_cost * min(max(item.safety - left, 0.0), item.safety)
            shortage += item.shortage_cost * max(-left, 0.0)
    return Costs(goods, fixed, holding, charges, safety, shortage)


def together(orders: Sequence[Order]) -> dict[tuple[str, int], float]:
    """The value of each order: what one supplier gets in one week."""
    found: defaultdict[tuple[str, int], float] = defaultdict(float)
    for order in orders:
        found[order.supplier, order.week] += order.value
    return dict(found)


def by_item(orders: Sequence[Order]) -> dict[str, list[Order]]:
    """The orders of each item that has any."""
    found: defaultdict[str, list[Order]] = defaultdict(list)
    for order in orders:
        found[order.item].append(order)
    return dict(found)


def stock(problem: Problem, item: Item, orders: Sequence[Order]) -> list[float]:
    """What is left of an item at the end of each week when these orders of it arrive; below zero is missing."""
    level, levels = item.stock, []
    for week in range(problem.weeks):
        level += sum(quantity for at, quantity in item.coming if at == week)
        level += sum(order.quantity for order in orders if order.arrives == week)
        level -= item.demand[week]
        levels.append(level)
    return levels


def shortages(problem: Problem, orders: Sequence[Order]) -> tuple[Shortage, ...]:
    """What is missing at the end of each week."""
    own = by_item(orders)
    return tuple(
        Shortage(item.id, week, -level)
        for item in problem.items
        for week, level in enumerate(stock(problem, item, own.get(item.id, ())))
        if level < -CLOSE
    )


def faults(problem: Problem, orders: Sequence[Order]) -> list[str]:
    """Every rule that the orders break, as sentences; empty when the plan is allowed."""
    return list(_faults(problem, orders))


def _faults(problem: Problem, orders: Sequence[Order]) -> Iterator[str]:
    items = {item.id: item for item in problem.items}
    suppliers = {one.id: one for one in problem.suppliers}
    for order in orders:
        item, supplier = items[order.item], suppliers[order.supplier]
        what = f"{order.item} in week {order.week}"
        if order.supplier != item.supplier or order.arrives != order.week + supplier.lead_weeks:
            yield f"{what} comes from the wrong supplier or at the wrong time."
        if order.week < 0 or order.arrives >= problem.weeks:
            yield f"{what} lies outside the horizon."
        if order.packs < 1 or abs(order.quantity - order.packs * item.pack) > CLOSE:
            yield f"{what} is not in whole packs."
        if order.quantity < item.least - CLOSE:
            yield f"{what} is less than the least quantity."
        if abs(order.value - order.quantity * item.price) > CLOSE * max(1.0, order.value):
            yield f"{what} has the wrong value."
    if len({(order.item, order.week) for order in orders}) < len(orders):
        yield "An item is ordered twice in a week."
    own = by_item(orders)
    for item in problem.items:
        yield from _wrong_item(problem, item, own.get(item.id, []))
    yield from _wrong_shared(problem, orders)


def _wrong_item(problem: Problem, item: Item, orders: list[Order]) -> Iterator[str]:
    refuses = any(one.id == item.supplier and one.minimum_rule is Minimum.REFUSE for one in problem.suppliers)
    there = item.stock + sum(quantity for _, quantity in item.coming)
    needed = ceil(max(0.0, sum(item.demand) + item.safety - there) / item.pack - 1e-9)
    least = max(1, ceil(item.least / item.pack - 1e-9))
    most = needed + max(least - 1, ceil(needed / 4) if refuses else 0) if needed else 0
    if sum(order.packs for order in orders) > most:
        yield f"Of {item.id} more is ordered than is needed."
    if item.shelf_weeks is not None:
        levels = stock(problem, item, orders)
        for order in orders:
            last = order.arrives + item.shelf_weeks
            if last <= problem.weeks and levels[order.arrives] > sum(item.demand[order.arrives + 1 : last]) + CLOSE:
                yield f"{item.id} of week {order.arrives} cannot be used before it spoils."


def _wrong_shared(problem: Problem, orders: Sequence[Order]) -> Iterator[str]:
    suppliers = {one.id: one for one in problem.suppliers}
    for (id, week), value in together(orders).items():
        if suppliers[id].minimum_rule is Minimum.REFUSE and value < suppliers[id].minimum_value - CLOSE:
            yield f"{id} takes no order of {value:.2f}, as in week {week}."
    for budget in problem.budgets:
        spent = sum(order.value for order in orders if budget.first <= order.week <= budget.last)
        if spent > budget.amount * (1 + CLOSE) + CLOSE:
            yield f"Weeks {budget.first} to {budget.last} spend {spent:.2f} of {budget.amount:.2f}."
    loads = {item.id: item.load for item in problem.items}
    for week, room in enumerate(problem.dock):
        load = sum(loads[order.item] * order.packs for order in orders if order.arrives == week)
        if load > room * (1 + CLOSE) + CLOSE:
            yield f"The dock takes {room:.2f} in week {week} and {load:.2f} arrive."
