"""Is an award allowed, and what does it cost? Written apart from the engine, straight from the rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from purchasing.optimise.award_model import ZERO, Costs, Line, Minimum, Offer, Position, Problem, Supplier, Tier

Key = tuple[str, str]


def faults(problem: Problem, positions: Sequence[Position]) -> list[str]:
    """Every rule that the positions break, as sentences; empty when the award is allowed."""
    return list(_faults(problem, positions))


def costs(problem: Problem, positions: Sequence[Position]) -> Costs:
    """What the positions cost together, whether they are allowed or not. Exact: nothing is rounded to cents."""
    offers = {(offer.line, offer.supplier): offer for offer in problem.offers}
    bundles = {bundle.id: bundle for bundle in problem.bundles}
    price = freight = late = minimums = ZERO
    for position in positions:
        if position.bundle is None:
            offer = offers[position.line, position.supplier]
            price += position.quantity * tier_of(offer, position.quantity).price
            freight += position.quantity * offer.freight_per_unit
            late += offer.late_cost
    for id in {position.bundle for position in positions if position.bundle is not None}:
        price += bundles[id].price
        freight += bundles[id].freight
        late += bundles[id].late_cost
    ordered = values(problem, positions)
    for supplier in problem.suppliers:
        if supplier.id in ordered:
            freight += supplier.order_cost
            if is_small(supplier, ordered[supplier.id]) and supplier.minimum_rule is not Minimum.REFUSE:
                minimums += supplier.charge
    return Costs(price, freight, minimums, late)


def values(problem: Problem, positions: Sequence[Position]) -> dict[str, Decimal]:
    """The value of goods that each supplier with an order gets."""
    offers = {(offer.line, offer.supplier): offer for offer in problem.offers}
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for position in positions:
        found[position.supplier] += ZERO
        if position.bundle is None:
            offer = offers[position.line, position.supplier]
            found[position.supplier] += position.quantity * tier_of(offer, position.quantity).price
    for bundle in problem.bundles:
        if any(position.bundle == bundle.id for position in positions):
            found[bundle.supplier] += bundle.price
    return dict(found)


def is_small(supplier: Supplier, value: Decimal) -> bool:
    return supplier.minimum_rule is not Minimum.NONE and value < supplier.minimum_value


def tier_of(offer: Offer, quantity: Decimal) -> Tier:
    """The price break that a quantity reaches (the first one when it reaches none)."""
    reached = [tier for tier in offer.tiers if tier.from_quantity <= quantity]
    return reached[-1] if reached else offer.tiers[0]


def _faults(problem: Problem, positions: Sequence[Position]) -> Iterator[str]:
    yield from _wrong_positions(problem, positions)
    yield from _wrong_lines(problem, positions)
    yield from _wrong_bundles(problem, positions)
    yield from _wrong_suppliers(problem, positions)


def _wrong_positions(problem: Problem, positions: Sequence[Position]) -> Iterator[str]:
    lines = {line.id: line for line in problem.lines}
    offers = {(offer.line, offer.supplier): offer for offer in problem.offers}
    locked = {(lock.line, lock.supplier): lock.quantity for lock in problem.locks}
    seen: set[Key] = set()
    for position in positions:
        key = (position.line, position.supplier)
        if key in seen:
            yield f"{position.line} stands twice at {position.supplier}."
        seen.add(key)
        if position.bundle is not None:
            continue
        if key not in offers:
            yield f"{position.supplier} does not offer {position.line}."
        else:
            decided = key in locked and locked[key] is not None
            yield from _wrong_quantity(lines[position.line], offers[key], position, decided)


def _wrong_quantity(line: Line, offer: Offer, position: Position, decided: bool) -> Iterator[str]:
    what, quantity = f"{line.id} at {offer.supplier}", position.quantity
    if position.packs < 1 or quantity != position.packs * offer.pack:
        yield f"{what}: {quantity} is not {position.packs} whole packs of {offer.pack}."
    if quantity < offer.least or quantity < offer.tiers[0].from_quantity:
        yield f"{what}: {quantity} is less than the supplier delivers."
    if offer.capacity is not None and quantity > offer.capacity:
        yield f"{what}: {quantity} is more than the {offer.capacity} there are."
    if line.need_in_days is not None and offer.lead_days > line.need_in_days:
        yield f"{what}: it comes after {offer.lead_days} days and is needed in {line.need_in_days}."
    if not decided and position.packs > _most_packs(line, offer, quantity):
        yield f"{what}: {quantity} is more than may be bought."


def _most_packs(line: Line, offer: Offer, quantity: Decimal) -> int:
    tier = tier_of(offer, quantity)
    forced = max(1, _up(max(tier.from_quantity, offer.least) / offer.pack))
    if line.max_share < 1:
        return _up(line.max_share * line.quantity / offer.pack)
    needed = max(forced, _up(line.quantity / offer.pack))
    return needed if line.most is None else max(needed, int((line.most / offer.pack).to_integral_value(ROUND_FLOOR)))


def _up(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_CEILING))


def _wrong_lines(problem: Problem, positions: Sequence[Position]) -> Iterator[str]:
    by_line: defaultdict[str, list[Position]] = defaultdict(list)
    for position in positions:
        by_line[position.line].append(position)
    for line in problem.lines:
        mine = by_line[line.id]
        if sum((position.quantity for position in mine), ZERO) < line.quantity:
            yield f"{line.id} is not covered."
        if len({position.supplier for position in mine}) > line.max_suppliers:
            yield f"{line.id} has more than {line.max_suppliers} suppliers."
    by_key = {(position.line, position.supplier): position for position in positions}
    for lock in problem.locks:
        kept = by_key.get((lock.line, lock.supplier))
        if kept is None:
            yield f"{lock.line} is locked to {lock.supplier}, which gets nothing of it."
        elif lock.quantity is not None and (kept.quantity != lock.quantity or kept.bundle is not None):
            yield f"{lock.line} is locked to {lock.quantity} of {lock.supplier}, which gets {kept.quantity}."


def _wrong_bundles(problem: Problem, positions: Sequence[Position]) -> Iterator[str]:
    known = {bundle.id: bundle for bundle in problem.bundles}
    taken: defaultdict[str, set[Key]] = defaultdict(set)
    for position in positions:
        if position.bundle is not None:
            taken[position.bundle].add((position.line, position.supplier))
    for id, keys in taken.items():
        if id not in known:
            yield f"There is no bundle {id}."
        elif keys != {(line, known[id].supplier) for line in known[id].lines}:
            yield f"The bundle {id} is not taken whole."


def _wrong_suppliers(problem: Problem, positions: Sequence[Position]) -> Iterator[str]:
    ordered = values(problem, positions)
    known = {supplier.id: supplier for supplier in problem.suppliers}
    if problem.max_suppliers is not None and len(ordered) > problem.max_suppliers:
        yield f"{len(ordered)} suppliers get an order and {problem.max_suppliers} may."
    everything = sum(ordered.values(), ZERO)
    for id, value in ordered.items():
        supplier = known[id]
        if supplier.minimum_rule is Minimum.REFUSE and value < supplier.minimum_value:
            yield f"{id} takes no order under {supplier.minimum_value}, and gets {value}."
        if supplier.max_value is not None and value > supplier.max_value:
            yield f"{id} may get {supplier.max_value}, and gets {value}."
        if supplier.max_share is not None and value > supplier.max_share * everything:
            yield f"{id} may get {supplier.max_share} of the value, and gets {value} of {everything}."
        count = len({position.line for position in positions if position.supplier == id})
        if supplier.max_lines is not None and count > supplier.max_lines:
            yield f"{id} may get {supplier.max_lines} lines, and gets {count}."
    money = costs(problem, positions).money
    if problem.budget is not None and money > problem.budget:
        yield f"It costs {money} and the budget is {problem.budget}."
