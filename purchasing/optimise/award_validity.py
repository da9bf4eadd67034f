"""What makes an award impossible to read: said before any planning, in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from plantops.errors import Invalid
from purchasing.optimise.award_model import Bundle, Line, Offer, Problem, Supplier

MAX_LINES, MAX_SUPPLIERS = 5000, 200
LARGEST = Decimal(10) ** 12


def refuse(problem: Problem) -> None:
    """Raise Invalid with the first thing that is wrong with the problem, if any."""
    if sentence := why_not_solve(problem):
        raise Invalid(sentence)


def why_not_solve(problem: Problem) -> str | None:
    """The first contradiction or unknown name in a problem, as a sentence; None when it can be planned.

    A problem that is well formed but has no award is not refused here: that is an answer.
    """
    return next(_faults(problem), None)


def _faults(problem: Problem) -> Iterator[str]:
    if not problem.lines:
        yield "There is nothing to award: give at least one line."
    if not problem.suppliers:
        yield "There is nobody to buy from: give at least one supplier."
    if len(problem.lines) > MAX_LINES:
        yield f"{len(problem.lines)} lines are too many for one award; up to {MAX_LINES} are possible."
    if len(problem.suppliers) > MAX_SUPPLIERS:
        yield f"{len(problem.suppliers)} suppliers are too many for one award; up to {MAX_SUPPLIERS} are possible."
    lines, suppliers = {line.id: line for line in problem.lines}, {one.id for one in problem.suppliers}
    known = set(lines)
    yield from _twice("line", [line.id for line in problem.lines])
    yield from _twice("supplier", [one.id for one in problem.suppliers])
    yield from _twice("bundle", [one.id for one in problem.bundles])
    yield from _twice("offer of", [f"{one.supplier} for {one.line}" for one in problem.offers])
    yield from _twice("lock of", [f"{one.line} to {one.supplier}" for one in problem.locks])
    for line in problem.lines:
        yield from _of_line(line)
    for supplier in problem.suppliers:
        yield from _of_supplier(supplier)
    for offer in problem.offers:
        yield from _of_offer(offer, known, suppliers)
    for bundle in problem.bundles:
        yield from _of_bundle(bundle, lines, suppliers)
    for lock in problem.locks:
        if lock.line not in lines:
            yield f"A lock names the line {lock.line}; there is none."
        if lock.supplier not in suppliers:
            yield f"The lock of {lock.line} names the supplier {lock.supplier}; there is none."
        if lock.quantity is not None and not _fine(lock.quantity, above=True):
            yield f"The lock of {lock.line} is for {lock.quantity}; it must be more than nothing."
    for name, count in Counter(lock.line for lock in problem.locks).items():
        if name in lines and count > lines[name].max_suppliers:
            yield f"{name} is locked to {count} suppliers and may have {lines[name].max_suppliers}."
    if problem.max_suppliers is not None and problem.max_suppliers < 1:
        yield "At most 0 suppliers may get an order: allow at least one."
    if problem.budget is not None and not _fine(problem.budget):
        yield f"The budget is {problem.budget}; it must be 0 or more."


def _twice(what: str, names: list[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"The {what} {name} is given {count} times."


def _fine(value: Decimal, *, above: bool = False) -> bool:
    return value.is_finite() and (value > 0 if above else value >= 0) and value <= LARGEST


def _of_line(line: Line) -> Iterator[str]:
    if not _fine(line.quantity, above=True):
        yield f"{line.id} needs {line.quantity}; it must be more than nothing."
    if line.max_suppliers < 1:
        yield f"{line.id} may have {line.max_suppliers} suppliers; allow at least one."
    if not 0 < line.max_share <= 1:
        yield f"{line.id} has a share of {line.max_share}; it is more than 0 and at most 1."
    elif line.max_share * line.max_suppliers < 1:
        yield (
            f"{line.id} may have {line.max_suppliers} suppliers with at most {line.max_share} of it each: "
            "that cannot cover it."
        )
    if line.most is not None and not (line.most.is_finite() and line.most >= line.quantity):
        yield f"At most {line.most} may be bought of {line.id} and {line.quantity} are needed; that contradicts itself."
    elif line.most is not None and line.max_suppliers > 1:
        yield f"{line.id} may be shared, so it cannot have a most quantity: leave one of the two out."


def _of_supplier(one: Supplier) -> Iterator[str]:
    money = (one.order_cost, one.minimum_value, one.charge, *([] if one.max_value is None else [one.max_value]))
    if not all(_fine(amount) for amount in money):
        yield f"{one.id} has an amount of money that is negative or not a number."
    if one.max_lines is not None and one.max_lines < 0:
        yield f"{one.id} may get {one.max_lines} lines; 0 or more are possible."
    if one.max_share is not None and not 0 <= one.max_share <= 1:
        yield f"{one.id} may get a share of {one.max_share}; it is between 0 and 1."


def _of_offer(offer: Offer, lines: set[str], suppliers: set[str]) -> Iterator[str]:
    what = f"The offer of {offer.supplier} for {offer.line}"
    if offer.line not in lines:
        yield f"{what} names a line that there is not."
    if offer.supplier not in suppliers:
        yield f"{what} names a supplier that there is not."
    if not offer.tiers:
        yield f"{what} has no price."
    steps = [tier.from_quantity for tier in offer.tiers]
    if not all(_fine(tier.from_quantity) and _fine(tier.price) for tier in offer.tiers):
        yield f"{what} has a price or a quantity that is negative or not a number."
    elif steps != sorted(set(steps)):
        yield f"{what} has price breaks that do not rise."
    if not _fine(offer.pack, above=True):
        yield f"{what} has packs of {offer.pack}; a pack holds more than nothing."
    if not all(_fine(value) for value in (offer.least, offer.freight_per_unit, offer.late_cost)):
        yield f"{what} has a least quantity, freight or late cost that is negative or not a number."
    if offer.capacity is not None and not _fine(offer.capacity):
        yield f"{what} has a capacity of {offer.capacity}; it must be 0 or more."


def _of_bundle(bundle: Bundle, lines: dict[str, Line], suppliers: set[str]) -> Iterator[str]:
    if bundle.supplier not in suppliers:
        yield f"The bundle {bundle.id} names the supplier {bundle.supplier}; there is none."
    if not bundle.lines or len(set(bundle.lines)) < len(bundle.lines):
        yield f"The bundle {bundle.id} holds no line, or one twice."
    for name in bundle.lines:
        if name not in lines:
            yield f"The bundle {bundle.id} names the line {name}; there is none."
        elif lines[name].max_suppliers > 1:
            yield f"The bundle {bundle.id} holds the line {name}, which may be shared: a bundle takes a line whole."
    if not all(_fine(value) for value in (bundle.price, bundle.freight, bundle.late_cost)):
        yield f"The bundle {bundle.id} has an amount of money that is negative or not a number."
