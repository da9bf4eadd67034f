"""The award as one integer program in PuLP, over those ways that may still be in the best one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import pulp

from plantops.solving import Limits, Outcome, Progress, ShouldStop, solve
from purchasing.optimise.award_model import Minimum, Supplier
from purchasing.optimise.choices import Choices

Terms = dict[pulp.LpVariable, float]
HALF = 0.5
GIVES = 1000.0


@dataclass(frozen=True)
class Soft:
    """A limit that may give way when nothing else helps: `says` with {by} filled in, `weight` money per unit of it."""

    says: str
    weight: float = 1.0
    decimals: int = 2


class AwardProgram:
    """A 0/1 variable per way, whole packs beyond its least, a 0/1 variable per order and per small order.

    With `elastic`, limits give way at a price that is far above every cost.
    """

    def __init__(self, choices: Choices, ways: Iterable[int], *, elastic: bool = False) -> None:
        self.choices, self.ways, self.elastic = choices, list(ways), elastic
        self.given: list[tuple[Soft, pulp.LpVariable]] = []
        self.program = pulp.LpProblem("award", pulp.LpMinimize)
        self.objective: Terms = {}
        self.take: dict[int, pulp.LpVariable] = {}
        self.more: dict[int, pulp.LpVariable] = {}
        for number in self.ways:
            self._way(number)
        suppliers = choices.problem.suppliers
        self.used = [self.program.add_variable(f"order{at}", 0, 1, pulp.LpBinary) for at in range(len(suppliers))]
        self.small: dict[int, pulp.LpVariable] = {}
        self.money: Terms = {}
        self._lines()
        for at, supplier in enumerate(suppliers):
            self._supplier(at, supplier)
        self._whole()
        self.program.setObjective(pulp.LpAffineExpression(self.objective))

    def _way(self, number: int) -> None:
        way = self.choices.ways[number]
        self.take[number] = self.program.add_variable(f"x{number}", 0, 1, pulp.LpBinary)
        self.objective[self.take[number]] = way.cost(way.low)
        if way.top > way.low:
            more = self.program.add_variable(f"more{number}", 0, way.top - way.low, pulp.LpInteger)
            self.more[number] = more
            self.objective[more] = way.value + way.freight
            self._row({more: 1.0, self.take[number]: -float(way.top - way.low)}, "<=", 0.0)

    def _row(self, terms: Terms, sense: str, right: float, soft: Soft | None = None) -> None:
        if self.elastic and soft is not None:
            gives = self.program.add_variable(f"gives{len(self.given)}", 0)
            self.given.append((soft, gives))
            self.objective[gives] = GIVES * soft.weight
            terms = terms | {gives: 1.0 if sense == ">=" else -1.0}
        left = pulp.LpAffineExpression(terms)
        self.program.addConstraint(
            left >= right if sense == ">=" else left <= right if sense == "<=" else left == right
        )

    def _packs(self, numbers: Iterable[int], per_pack: str, scale: float = 1.0) -> Terms:
        """Something that each pack of these ways counts, as terms."""
        terms: Terms = {}
        for number in numbers:
            way = self.choices.ways[number]
            each = scale * (getattr(way, per_pack) if per_pack != "money" else way.value + way.freight)
            if each:
                terms[self.take[number]] = each * way.low
                if number in self.more:
                    terms[self.more[number]] = each
        return terms

    # --- Rows

    def _lines(self) -> None:
        by_line: defaultdict[int, list[int]] = defaultdict(list)
        for number in self.ways:
            for covered in self.choices.ways[number].lines:
                by_line[covered].append(number)
        for at, line in enumerate(self.choices.problem.lines):
            mine = by_line[at]
            if not mine:
                self._row({self.used[0]: 0.0}, ">=", 1.0)
            elif line.max_suppliers == 1:
                self._row({self.take[number]: 1.0 for number in mine}, "=", 1.0)
            else:
                self._row(self._packs(mine, "quantity", 1.0 / float(line.quantity)), ">=", 1.0)
                self._row({self.take[number]: 1.0 for number in mine}, "<=", float(line.max_suppliers))
            self._links(at, mine)

    def _links(self, at: int, mine: list[int]) -> None:
        line, suppliers = self.choices.problem.lines[at], self.choices.problem.suppliers
        locked = self.choices.locks.get(line.id, {})
        for supplier in sorted({self.choices.ways[number].supplier for number in mine}):
            taken = {self.take[n]: 1.0 for n in mine if self.choices.ways[n].supplier == supplier}
            if line.max_suppliers > 1 and suppliers[supplier].id in locked:
                self._row(dict(taken), "=", 1.0)
            self._row(taken | {self.used[supplier]: -1.0}, "<=", 0.0)
        present = {suppliers[self.choices.ways[number].supplier].id for number in mine}
        if set(locked) - present:
            self._row({self.used[0]: 0.0}, ">=", 1.0)

    def _supplier(self, at: int, one: Supplier) -> None:
        mine = [number for number in self.ways if self.choices.ways[number].supplier == at]
        used, value = self.used[at], self._packs(mine, "value")
        self.objective[used] = self.money[used] = float(one.order_cost)
        self._row({self.take[number]: -1.0 for number in mine} | {used: 1.0}, "<=", 0.0)
        if one.minimum_rule is not Minimum.NONE and one.minimum_value > 0:
            row: Terms = value | {used: -float(one.minimum_value)}
            if one.minimum_rule is not Minimum.REFUSE:
                self.small[at] = small = self.program.add_variable(f"small{at}", 0, 1, pulp.LpBinary)
                self.objective[small] = self.money[small] = float(one.charge)
                row[small] = float(one.minimum_value)
            self._row(row, ">=", 0.0, Soft(f"{one.id} would have to take an order {{by}} under its minimum value."))
        if one.max_value is not None:
            soft = Soft(f"{one.id} would have to get {{by}} more than the {one.max_value} that may go there.")
            self._row(value | {used: -float(one.max_value)}, "<=", 0.0, soft)
        if one.max_lines is not None:
            lines = {self.take[number]: float(len(self.choices.ways[number].lines)) for number in mine}
            soft = Soft(
                f"{one.id} would have to get {{by}} lines more than the {one.max_lines} that may go there.", 50, 0
            )
            self._row(lines | {used: -float(one.max_lines)}, "<=", 0.0, soft)

    def _whole(self) -> None:
        """Rows over all suppliers."""
        problem = self.choices.problem
        if self.choices.has_share_caps:
            total = self.program.add_variable("value", 0)
            self._row(self._packs(self.ways, "value") | {total: -1.0}, "=", 0.0)
            for at, one in enumerate(problem.suppliers):
                if one.max_share is not None:
                    mine = [number for number in self.ways if self.choices.ways[number].supplier == at]
                    soft = Soft(f"{one.id} would have to get {{by}} more than its share of {one.max_share}.")
                    self._row(self._packs(mine, "value") | {total: -float(one.max_share)}, "<=", 0.0, soft)
        if problem.max_suppliers is not None:
            soft = Soft(f"{{by}} suppliers more than {problem.max_suppliers} would have to get an order.", 50, 0)
            self._row(dict.fromkeys(self.used, 1.0), "<=", float(problem.max_suppliers), soft)
        if problem.budget is not None:
            soft = Soft(f"The budget of {problem.budget} would have to be {{by}} higher.")
            self._row(self._packs(self.ways, "money") | self.money, "<=", float(problem.budget), soft)

    # --- Solving

    def offer(self, packs: dict[int, int]) -> bool:
        """A first award by way and packs; False when it holds a way that is not in the program."""
        if not packs.keys() <= self.take.keys():
            return False
        ways = self.choices.ways
        for number in self.ways:
            self.take[number].setInitialValue(1 if number in packs else 0)
            if number in self.more:
                self.more[number].setInitialValue(packs.get(number, ways[number].low) - ways[number].low)
        opened = {ways[number].supplier for number in packs}
        for at, used in enumerate(self.used):
            used.setInitialValue(1 if at in opened else 0)
            if at in self.small:
                value = sum(ways[n].value * count for n, count in packs.items() if ways[n].supplier == at)
                least = float(self.choices.problem.suppliers[at].minimum_value)
                self.small[at].setInitialValue(1 if at in opened and value < least - 1e-9 else 0)
        return True

    def solve(
        self, limits: Limits, *, start: bool, progress: Progress | None = None, should_stop: ShouldStop | None = None
    ) -> tuple[Outcome, dict[int, int] | None]:
        """The outcome, and packs by way (None when nothing was found)."""
        outcome = solve(self.program, limits, start=start, progress=progress, should_stop=should_stop)
        if outcome.objective is None:
            return outcome, None
        packs = {}
        for number, take in self.take.items():
            if (take.varValue or 0.0) > HALF:
                more = self.more.get(number)
                packs[number] = self.choices.ways[number].low + (round(more.varValue or 0.0) if more is not None else 0)
        return outcome, packs
