"""What makes a replenishment problem impossible to read: said before any planning, in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import isfinite

from plantops.errors import Invalid
from purchasing.optimise.lots import most_packs
from purchasing.optimise.replenish_model import Item, Problem, Supplier

MAX_WEEKS, MAX_ITEMS, MAX_PACKS = 104, 5000, 20_000
LARGEST = 1e12


def refuse(problem: Problem) -> None:
    """Raise Invalid with the first thing that is wrong with the problem, if any."""
    if sentence := why_not_solve(problem):
        raise Invalid(sentence)


def why_not_solve(problem: Problem) -> str | None:
    """The first contradiction or unknown name in a problem, as a sentence; None when it can be planned."""
    return next(_faults(problem), None)


def _faults(problem: Problem) -> Iterator[str]:
    if not 1 <= problem.weeks <= MAX_WEEKS:
        yield f"A horizon of {problem.weeks} weeks cannot be planned; give 1 to {MAX_WEEKS}."
    if not problem.items:
        yield "There is nothing to replenish: give at least one item."
    if len(problem.items) > MAX_ITEMS:
        yield f"{len(problem.items)} items are too many for one plan; up to {MAX_ITEMS} are possible."
    for what, names in (("item", [i.id for i in problem.items]), ("supplier", [s.id for s in problem.suppliers])):
        for name, count in Counter(names).items():
            if count > 1:
                yield f"The {what} {name} is given {count} times."
    known = {one.id for one in problem.suppliers}
    for supplier in problem.suppliers:
        yield from _of_supplier(supplier)
    for item in problem.items:
        yield from _of_item(problem, item, known)
    for budget in problem.budgets:
        if not 0 <= budget.first <= budget.last:
            yield f"A budget runs from week {budget.first} to {budget.last}: that is not a time."
        if not _fine(budget.amount):
            yield f"The budget of weeks {budget.first} to {budget.last} is {budget.amount}; it must be 0 or more."
    if problem.dock and len(problem.dock) != problem.weeks:
        yield f"The dock has {len(problem.dock)} weeks for {problem.weeks}."
    if not all(_fine(room) for room in problem.dock):
        yield "The dock has a week whose capacity is negative or not a number."


def _fine(value: float) -> bool:
    return isfinite(value) and 0 <= value <= LARGEST


def _of_supplier(one: Supplier) -> Iterator[str]:
    if one.lead_weeks < 0:
        yield f"{one.id} delivers {one.lead_weeks} weeks after an order; 0 or more are possible."
    if not all(_fine(value) for value in (one.order_cost, one.minimum_value, one.charge)):
        yield f"{one.id} has an amount of money that is negative or not a number."


def _of_item(problem: Problem, item: Item, known: set[str]) -> Iterator[str]:
    if item.supplier not in known:
        yield f"{item.id} names the supplier {item.supplier}; there is none."
    if len(item.demand) != problem.weeks:
        yield f"{item.id} has use for {len(item.demand)} weeks of {problem.weeks}."
    if not all(_fine(quantity) for quantity in item.demand):
        yield f"{item.id} has a week whose use is negative or not a number."
    if not (isfinite(item.pack) and item.pack > 0):
        yield f"{item.id} has packs of {item.pack}; a pack holds more than nothing."
    money = (item.price, item.line_cost, item.holding, item.safety_cost, item.shortage_cost, item.load, item.least)
    if not all(_fine(value) for value in (*money, item.safety)):
        yield f"{item.id} has a cost, quantity or load that is negative or not a number."
    if not isfinite(item.stock) or abs(item.stock) > LARGEST:
        yield f"{item.id} has a stock of {item.stock}, which is not a number."
    for week, quantity in item.coming:
        if week < 0 or not _fine(quantity):
            yield f"{item.id} has {quantity} coming in week {week}; neither can be negative."
    if item.shelf_weeks is not None and item.shelf_weeks < 1:
        yield f"{item.id} keeps for {item.shelf_weeks} weeks; at least 1 is possible."
    if _countable(item) and most_packs(item, False) > MAX_PACKS:
        yield (
            f"{item.id} would need {most_packs(item, False)} packs of {item.pack:g}; up to {MAX_PACKS} can be planned: "
            "plan it in larger packs."
        )


def _countable(item: Item) -> bool:
    numbers = (*item.demand, item.safety, item.stock, item.least, item.pack)
    return item.pack > 0 and all(isfinite(number) for number in numbers)
