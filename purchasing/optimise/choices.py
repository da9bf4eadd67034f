"""All the ways to buy one line from one supplier, as columns of numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
from numpy.typing import NDArray

from purchasing.optimise.award_model import Bundle, Line, Lock, Minimum, Offer, Position, Problem, Tier

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Way:
    """A supplier, a price break and a range of whole packs for one line; or a bundle, which is one pack of itself.

    lines, supplier: numbers in the problem. Costs and values in money: `fixed` once, the others per pack.
    `covers`: how much of the need a pack covers (a bundle: all).
    """

    lines: tuple[int, ...]
    supplier: int
    low: int
    top: int
    value: float
    freight: float
    late: float
    quantity: float
    offer: Offer | None
    bundle: Bundle | None

    def cost(self, packs: float) -> float:
        return (self.value + self.freight) * packs + self.late


class Choices:
    """Every way of a problem that its rules for single lines allow: packs, breaks, dates, shares and locks.

    Rules that tie lines together are the matter of the programs that choose among the ways.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.line_number = {line.id: at for at, line in enumerate(problem.lines)}
        self.supplier_number = {one.id: at for at, one in enumerate(problem.suppliers)}
        self.need = np.array([float(line.quantity) for line in problem.lines])
        self.shared = np.array([line.max_suppliers > 1 for line in problem.lines])
        self.has_share_caps = any(one.max_share is not None for one in problem.suppliers)
        self.locks: dict[str, dict[str, Lock]] = {}
        for lock in problem.locks:
            self.locks.setdefault(lock.line, {})[lock.supplier] = lock
        self.ways: list[Way] = []
        for offer in problem.offers:
            self.ways += self._of_offer(offer)
        self.ways += [way for bundle in problem.bundles if (way := self._of_bundle(bundle)) is not None]
        self.of_line: list[list[int]] = [[] for _ in problem.lines]
        for number, way in enumerate(self.ways):
            for line in way.lines:
                self.of_line[line].append(number)

    # --- Ways of one offer

    def _of_offer(self, offer: Offer) -> list[Way]:
        line = self.problem.lines[self.line_number[offer.line]]
        if not self._may(line, offer.supplier) or (
            line.need_in_days is not None and offer.lead_days > line.need_in_days
        ):
            return []
        supplier = self.supplier_number[offer.supplier]
        lock = self.locks.get(line.id, {}).get(offer.supplier)
        found = []
        for at, tier in enumerate(offer.tiers):
            after = offer.tiers[at + 1].from_quantity if at + 1 < len(offer.tiers) else None
            low, top = self._packs(line, offer, tier, after)
            if lock is not None and lock.quantity is not None:
                low, top = self._decided(line, offer, tier, after, lock.quantity)
            if low <= top:
                value = float(tier.price * offer.pack)
                freight = float(offer.freight_per_unit * offer.pack)
                number = (self.line_number[line.id],)
                found.append(
                    Way(
                        number,
                        supplier,
                        low,
                        top,
                        value,
                        freight,
                        float(offer.late_cost),
                        float(offer.pack),
                        offer,
                        None,
                    )
                )
        return found

    def _may(self, line: Line, supplier: str) -> bool:
        """A line of one supplier that is locked has no other."""
        locked = self.locks.get(line.id)
        return not locked or supplier in locked or line.max_suppliers > len(locked)

    def _packs(self, line: Line, offer: Offer, tier: Tier, after: Decimal | None) -> tuple[int, int]:
        """The range of packs that makes sense in one price break; empty (low > top) when there is none."""
        low, high = tier_packs(offer, tier, after)
        needed = up(line.quantity / offer.pack)
        if line.max_suppliers == 1:
            low = max(low, needed)
            top = low if line.most is None else max(low, down(line.most / offer.pack))
            return low, min(high, max(low, min(top, self._useful(offer, tier))))
        if line.max_share < 1:
            return low, min(high, up(line.max_share * line.quantity / offer.pack))
        return low, min(high, max(low, needed))

    def _useful(self, offer: Offer, tier: Tier) -> int:
        """More packs than these reach nothing: the supplier's minimum value is met by this line alone."""
        supplier = self.problem.suppliers[self.supplier_number[offer.supplier]]
        price = tier.price * offer.pack
        if self.has_share_caps:
            return up(Decimal(10**12) / offer.pack)
        if supplier.minimum_rule is Minimum.NONE or not price:
            return 0
        return up(supplier.minimum_value / price)

    def _decided(
        self, line: Line, offer: Offer, tier: Tier, after: Decimal | None, quantity: Decimal
    ) -> tuple[int, int]:
        low, high = tier_packs(offer, tier, after)
        packs = quantity / offer.pack
        whole = packs == packs.to_integral_value() and (line.max_suppliers > 1 or quantity >= line.quantity)
        return (int(packs), int(packs)) if whole and low <= packs <= high else (1, 0)

    def _of_bundle(self, bundle: Bundle) -> Way | None:
        for name in bundle.lines:
            locked = self.locks.get(name, {})
            if locked and (bundle.supplier not in locked or locked[bundle.supplier].quantity is not None):
                return None
        numbers = tuple(self.line_number[name] for name in bundle.lines)
        supplier = self.supplier_number[bundle.supplier]
        price, freight, late = float(bundle.price), float(bundle.freight), float(bundle.late_cost)
        return Way(numbers, supplier, 1, 1, price, freight, late, 1.0, None, bundle)

    # --- Back to positions

    def positions(self, packs: dict[int, int]) -> tuple[Position, ...]:
        """What is bought when so many packs of these ways are taken, by line."""
        found = []
        for number, count in packs.items():
            way = self.ways[number]
            supplier = self.problem.suppliers[way.supplier].id
            for at in way.lines:
                line = self.problem.lines[at]
                if way.offer is None:
                    name = way.bundle.id if way.bundle else None
                    found.append((at, Position(line.id, supplier, 1, line.quantity, name)))
                else:
                    found.append((at, Position(line.id, supplier, count, count * way.offer.pack)))
        return tuple(position for _, position in sorted(found, key=lambda pair: (pair[0], pair[1].supplier)))

    def packs(self, positions: Iterable[Position]) -> dict[int, int]:
        """The ways and packs that positions are made of: the other way round."""
        found = {}
        for position in positions:
            supplier = self.supplier_number[position.supplier]
            for number in self.of_line[self.line_number[position.line]]:
                way = self.ways[number]
                name = None if way.bundle is None else way.bundle.id
                if way.supplier == supplier and name == position.bundle and way.low <= position.packs <= way.top:
                    found[number] = position.packs
        return found


def tier_packs(offer: Offer, tier: Tier, after: Decimal | None) -> tuple[int, int]:
    """The least and the most packs that are sold at one price break."""
    low = max(1, up(max(tier.from_quantity, offer.least) / offer.pack))
    high = 10**15 if offer.capacity is None else down(offer.capacity / offer.pack)
    if after is not None:
        high = min(high, up(after / offer.pack) - 1)
    return low, high


def up(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_CEILING))


def down(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_FLOOR))
