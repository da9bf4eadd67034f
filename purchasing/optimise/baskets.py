"""A basket that fills line by line: what it costs, which limits it breaks, and what one change would do to both."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import permutations

from purchasing.optimise.award_model import Minimum, Position
from purchasing.optimise.choices import Choices, Way

CLOSE = 1e-7
MOST_PAIRS = 6  # of the cheapest ways of a shared line that are tried in pairs


@dataclass(frozen=True, slots=True)
class Part:
    """So many packs of one way; `lines` is how many lines it brings to its supplier's order."""

    way: int
    packs: int
    supplier: int
    value: float
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Option:
    """One whole way to cover a line: its parts and what they cost without anything per order."""

    cost: float
    money: float
    parts: tuple[Part, ...]


@dataclass(slots=True)
class Tally:
    """What an order to one supplier holds."""

    value: float = 0.0
    lines: int = 0


@dataclass
class Market:
    """The options of every line, cheapest first, and the rules of the suppliers as plain numbers."""

    choices: Choices
    options: list[list[Option]] = field(init=False)

    def __post_init__(self) -> None:
        problem = self.choices.problem
        self.suppliers = problem.suppliers
        self.minimum = [
            float(one.minimum_value) if one.minimum_rule is not Minimum.NONE else 0.0 for one in problem.suppliers
        ]
        self.refuses = [one.minimum_rule is Minimum.REFUSE for one in problem.suppliers]
        self.order_cost = [float(one.order_cost) for one in problem.suppliers]
        self.charge = [float(one.charge) for one in problem.suppliers]
        self.max_value = [float("inf") if one.max_value is None else float(one.max_value) for one in problem.suppliers]
        self.max_lines = [10**9 if one.max_lines is None else one.max_lines for one in problem.suppliers]
        self.max_share = [
            (at, float(one.max_share)) for at, one in enumerate(problem.suppliers) if one.max_share is not None
        ]
        self.budget = float("inf") if problem.budget is None else float(problem.budget)
        self.most_suppliers = problem.max_suppliers or len(problem.suppliers)
        self.options = [self._options(line) for line in range(len(problem.lines))]

    def _options(self, line: int) -> list[Option]:
        """Bundles are left to the programs: they tie lines together."""
        ways = [number for number in self.choices.of_line[line] if self.choices.ways[number].bundle is None]
        found = self._split(line, ways) if self.choices.shared[line] else self._whole(ways)
        return sorted(found, key=lambda option: option.cost)

    def _whole(self, ways: list[int]) -> list[Option]:
        found = []
        for number in ways:
            way = self.choices.ways[number]
            steps = {way.low, way.top, *self._just_enough(way)}
            found += [self._option({number: packs}) for packs in steps]
        return found

    def _just_enough(self, way: Way) -> set[int]:
        """A few sizes between least and most, so that an order under its minimum can be topped up."""
        span = way.top - way.low
        return {way.low + span * share // 8 for share in range(1, 8)} if span > 1 else set()

    def _split(self, line: int, ways: list[int]) -> list[Option]:
        need, known = float(self.choices.need[line]), self.choices.ways
        locked = {
            self.choices.supplier_number[name]
            for name in self.choices.locks.get(self.choices.problem.lines[line].id, {})
        }
        found: list[dict[int, int]] = []
        for number in ways:
            if known[number].top * known[number].quantity >= need - 1e-9:
                found.append({number: fitted(known[number], need)})
        near = sorted(ways, key=lambda n: known[n].cost(known[n].top) / (known[n].top * known[n].quantity))
        kept = near[: 2 * MOST_PAIRS] + [n for n in ways if known[n].supplier in locked]
        for size in range(2, min(self.choices.problem.lines[line].max_suppliers, 3) + 1):
            for group in permutations(dict.fromkeys(kept if size == 2 else kept[:MOST_PAIRS]), size):
                if len({known[n].supplier for n in group}) == size:
                    filled = fill([known[n] for n in group], need)
                    if filled is not None:
                        found.append(dict(zip(group, filled, strict=True)))
        options = [self._option(packs) for packs in found]
        return [one for one in options if locked <= {part.supplier for part in one.parts}]

    def _option(self, packs: dict[int, int]) -> Option:
        ways = self.choices.ways
        parts = tuple(Part(n, count, ways[n].supplier, ways[n].value * count) for n, count in packs.items())
        cost = sum(ways[n].cost(count) for n, count in packs.items())
        return Option(cost, cost - sum(ways[n].late for n in packs), parts)


def fitted(way: Way, need: float) -> int:
    """The least packs of a way that cover the need."""
    packs = max(way.low, int(need / way.quantity))
    return packs if packs * way.quantity >= need - 1e-9 else packs + 1


def fill(ways: list[Way], need: float) -> list[int] | None:
    """As much as may be from the first, the rest from the next: packs by way, None when it does not come out."""
    packs = [way.low for way in ways]
    left = need - sum(way.low * way.quantity for way in ways)
    for at, way in enumerate(ways):
        if left > 1e-9:
            more = min(way.top - way.low, -int(-left // way.quantity))
            packs[at] += more
            left -= more * way.quantity
    return packs if left <= 1e-9 else None


class Basket:
    """A choice of one option per line; `worth` is its cost plus `weight` times what it breaks, in money."""

    def __init__(self, market: Market, chosen: list[Option], weight: float) -> None:
        self.market, self.chosen, self.weight = market, list(chosen), weight
        self.tallies = [Tally() for _ in market.suppliers]
        self.fees = [(0.0, 0.0)] * len(market.suppliers)
        self.fee = self.broken = self.value = self.cost = self.money = 0.0
        self.used = 0
        for option in chosen:
            self._put(option, 1)

    def _put(self, option: Option, sign: int) -> None:
        """Add an option, or with sign -1 take it out again."""
        self.cost += sign * option.cost
        self.money += sign * option.money
        for part in option.parts:
            tally = self.tallies[part.supplier]
            self.used -= tally.lines > 0
            tally.value += sign * part.value
            tally.lines += sign * part.lines
            self.used += tally.lines > 0
            self.value += sign * part.value
            old, new = self.fees[part.supplier], self._fee(part.supplier)
            self.fees[part.supplier] = new
            self.fee += new[0] - old[0]
            self.broken += new[1] - old[1]

    def _fee(self, supplier: int) -> tuple[float, float]:
        """What the order to a supplier costs by itself, and what it breaks."""
        tally, market = self.tallies[supplier], self.market
        if tally.lines == 0:
            return 0.0, 0.0
        fee, missing = market.order_cost[supplier], market.minimum[supplier] - tally.value
        broken = max(0.0, tally.value - market.max_value[supplier])
        if tally.lines > market.max_lines[supplier]:
            broken += (1.0 + tally.value / tally.lines) * (tally.lines - market.max_lines[supplier])
        if missing > CLOSE:
            if market.refuses[supplier]:
                broken += missing
            else:
                fee += market.charge[supplier]
        return fee, broken

    def _over_all(self) -> float:
        """What is broken by the award as a whole."""
        broken, most = 0.0, self.market.most_suppliers
        if self.used > most:
            smallest = sorted(tally.value for tally in self.tallies if tally.lines)
            broken += 1.0 + sum(smallest[: self.used - most])
        for at, share in self.market.max_share:
            broken += max(0.0, self.tallies[at].value - share * self.value)
        return broken + max(0.0, self.money + self.fee - self.market.budget)

    @property
    def breaks(self) -> float:
        """By how much limits are broken, in money."""
        found = self.broken + self._over_all()
        return found if found > CLOSE else 0.0

    @property
    def worth(self) -> float:
        return self.cost + self.fee + self.weight * (self.broken + self._over_all())

    def swap(self, line: int, option: Option) -> Option:
        """Take another option for a line; returns the one that was there."""
        old = self.chosen[line]
        self._put(old, -1)
        self._put(option, 1)
        self.chosen[line] = option
        return old

    def positions(self) -> tuple[Position, ...]:
        return self.market.choices.positions(self.packs())

    def packs(self) -> dict[int, int]:
        return {part.way: part.packs for option in self.chosen for part in option.parts}
