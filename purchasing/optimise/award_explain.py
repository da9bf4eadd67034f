"""Why an award is not cheaper, and why there is none: the limits by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from plantops.solving import Limits, ShouldStop, Status
from purchasing.optimise.award_check import costs, is_small, tier_of, values
from purchasing.optimise.award_model import Binding, Line, Minimum, Offer, Position, Problem
from purchasing.optimise.award_program import AwardProgram
from purchasing.optimise.choices import Choices, Way

CLOSE = 1e-6


# --- No award


def why_no_way(choices: Choices) -> tuple[str, ...]:
    """A sentence for each line that nobody can deliver, whatever happens to the other lines."""
    return tuple(
        _why_not(choices, line) for at, line in enumerate(choices.problem.lines) if not _can_cover(choices, at, line)
    )


def _can_cover(choices: Choices, at: int, line: Line) -> bool:
    ways = [choices.ways[number] for number in choices.of_line[at]]
    locked = {choices.supplier_number[name] for name in choices.locks.get(line.id, {})}
    if locked - {way.supplier for way in ways}:
        return False
    if line.max_suppliers == 1:
        return bool(ways)
    most: dict[int, float] = {}
    for way in ways:
        most[way.supplier] = max(most.get(way.supplier, 0.0), way.top * way.quantity)
    chosen = sorted(most, key=lambda supplier: (supplier not in locked, -most[supplier]))[: line.max_suppliers]
    return sum(most[supplier] for supplier in chosen) >= float(line.quantity) - CLOSE


def _why_not(choices: Choices, line: Line) -> str:
    offers = [offer for offer in choices.problem.offers if offer.line == line.id]
    for lock in choices.locks.get(line.id, {}).values():
        if not any(way.supplier == choices.supplier_number[lock.supplier] for way in _ways(choices, line)):
            wanted = "it" if lock.quantity is None else f"{lock.quantity} of it"
            return f"{line.id} is locked to {lock.supplier}, which has no offer for {wanted} that can be used."
    if not offers and not _ways(choices, line):
        return f"Nobody offers {line.id}."
    in_time = [offer for offer in offers if line.need_in_days is None or offer.lead_days <= line.need_in_days]
    if not in_time:
        fastest = min(offer.lead_days for offer in offers)
        return f"{line.id} is needed in {line.need_in_days} days and the fastest offer takes {fastest}."
    return f"{line.id} needs {line.quantity} and no offer, or the most that may share it, delivers that much."


def _ways(choices: Choices, line: Line) -> list[Way]:
    return [choices.ways[number] for number in choices.of_line[choices.line_number[line.id]]]


def way_out(choices: Choices, limits: Limits, should_stop: ShouldStop | None = None) -> tuple[str, ...]:
    """The limits that would have to give way, and by how much: as little as possible, then as cheaply as possible."""
    program = AwardProgram(choices, range(len(choices.ways)), elastic=True)
    outcome, packs = program.solve(limits, start=False, should_stop=should_stop)
    if packs is None:
        return ("The limits contradict each other; which of them could not be found out in time.",)
    said = []
    for soft, gives in program.given:
        by = gives.varValue or 0.0
        if by > CLOSE:
            said.append(soft.says.format(by=f"{by:.{soft.decimals}f}"))
    if outcome.status is not Status.OPTIMAL:
        said.append("It may be that less has to give way: there was no time to prove it.")
    return tuple(said)


# --- What binds


def binding(problem: Problem, positions: Sequence[Position]) -> tuple[Binding, ...]:
    """The limits that the award touches: without them it might be cheaper."""
    return (*_at_suppliers(problem, positions), *_over_all(problem, positions), *_at_lines(problem, positions))


def _at_suppliers(problem: Problem, positions: Sequence[Position]) -> Iterator[Binding]:
    ordered = values(problem, positions)
    smallest = _smallest(problem, positions)
    everything = sum(ordered.values(), Decimal(0))
    for one in problem.suppliers:
        value = ordered.get(one.id)
        if value is None:
            continue
        if is_small(one, value):
            words = "a surcharge" if one.minimum_rule is Minimum.SURCHARGE else "freight"
            missing = f"{_money(one.minimum_value - value)} more"
            yield Binding(
                one.id, f"{one.id} charges {words} of {_money(one.charge)}: {missing} would save it.", one.charge
            )
        elif one.minimum_rule is not Minimum.NONE and value - smallest[one.id] < one.minimum_value:
            least = _money(one.minimum_value)
            yield Binding(one.id, f"{one.id} is just over its minimum value of {least}: no line can be taken from it.")
        if one.max_value is not None and value + smallest[one.id] > one.max_value:
            yield Binding(one.id, f"{one.id} is close to the {_money(one.max_value)} that may go there.")
        if one.max_share is not None and value + smallest[one.id] > one.max_share * everything:
            yield Binding(one.id, f"{one.id} is close to its share of {100 * one.max_share:.0f} % of the value.")
        lines = len({position.line for position in positions if position.supplier == one.id})
        if one.max_lines is not None and lines >= one.max_lines:
            yield Binding(one.id, f"{one.id} has the {one.max_lines} lines that may go there.")


def _smallest(problem: Problem, positions: Sequence[Position]) -> dict[str, Decimal]:
    """The smallest position of each supplier, in money."""
    offers = {(offer.line, offer.supplier): offer for offer in problem.offers}
    bundles = {bundle.id: bundle.price for bundle in problem.bundles}
    found: dict[str, Decimal] = {}
    for position in positions:
        if position.bundle is None:
            offer = offers[position.line, position.supplier]
            value = position.quantity * tier_of(offer, position.quantity).price
        else:
            value = bundles[position.bundle]
        found[position.supplier] = min(value, found.get(position.supplier, value))
    return found


def _over_all(problem: Problem, positions: Sequence[Position]) -> Iterator[Binding]:
    count = len({position.supplier for position in positions})
    if problem.max_suppliers is not None and count >= problem.max_suppliers:
        yield Binding("suppliers", f"{count} suppliers get an order, and no more may.")
    if problem.budget is not None:
        left = problem.budget - costs(problem, positions).money
        if left * 100 < problem.budget:
            yield Binding("budget", f"{_money(left)} of the budget is left.")


def _at_lines(problem: Problem, positions: Sequence[Position]) -> Iterator[Binding]:
    """Locks that keep a line from a cheaper offer, and lines where packs or least quantities make it more."""
    lines = {line.id: line for line in problem.lines}
    offers = {(offer.line, offer.supplier): offer for offer in problem.offers}
    locked = {(lock.line, lock.supplier) for lock in problem.locks}
    taken = {(position.line, position.supplier): position for position in positions if position.bundle is None}
    for (line, supplier), position in taken.items():
        if (line, supplier) in locked:
            now = _alone(offers[line, supplier], position.quantity)
            others = [
                _alone(offer, position.quantity)
                for offer in problem.offers
                if offer.line == line and offer.supplier != supplier and _would(lines[line], offer, position.quantity)
            ]
            if others and min(others) < now:
                saves = now - min(others)
                yield Binding(line, f"{line} is locked to {supplier}: elsewhere it is {_money(saves)} cheaper.", saves)


def _would(line: Line, offer: Offer, quantity: Decimal) -> bool:
    return (
        offer.least <= quantity
        and offer.tiers[0].from_quantity <= quantity
        and quantity % offer.pack == 0
        and (offer.capacity is None or quantity <= offer.capacity)
        and (line.need_in_days is None or offer.lead_days <= line.need_in_days)
    )


def _alone(offer: Offer, quantity: Decimal) -> Decimal:
    return quantity * (tier_of(offer, quantity).price + offer.freight_per_unit) + offer.late_cost


def _money(value: Decimal) -> str:
    return f"{value:,.2f}"
