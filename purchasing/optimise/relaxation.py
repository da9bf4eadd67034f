"""The award as a linear program: a lower limit of every award's cost, and what each way would add to it.

Columns are ways at their least and at their most packs. Only a few stand in the program at first; those that would
lower its cost are added until there are none (column generation), and so are the rows "nothing from a supplier who
gets no order" for the line and supplier that break them, which is what makes the limit strong (disaggregated
facility location, J. Krarup and P. M. Pruzan 1983).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pulp

from plantops.solving import Limits, Master, ShouldStop, Stopwatch
from purchasing.optimise.award_model import Minimum
from purchasing.optimise.choices import Choices, Floats, Ints

FIRST_PER_LINE, MOST_NEW, ROUNDS = 6, 800, 400
EPSILON, NOT_COVERED = 1e-7, 20.0


@dataclass(frozen=True)
class Ends:
    """All columns: a way at one end of its range of packs. [C] each; `rows_of` columns by line for bundles too."""

    way: Ints
    packs: Floats
    supplier: Ints
    cost: Floats
    money: Floats
    value: Floats
    lifts: Floats
    """What it counts towards the supplier's minimum value."""
    lines: list[tuple[int, ...]]
    line: Ints
    covers: Floats


def ends(choices: Choices) -> Ends:
    """The two ends of every way (one when they are the same)."""
    way, packs, lifts, covers = [], [], [], []
    minimum = [float(one.minimum_value) for one in choices.problem.suppliers]
    for number, one in enumerate(choices.ways):
        for count in sorted({one.low, one.top}):
            way.append(number)
            packs.append(float(count))
            worth = one.value * count
            lifts.append(min(worth, minimum[one.supplier]) if one.low == one.top else worth)
            shared = one.bundle is None and choices.shared[one.lines[0]]
            need = float(choices.need[one.lines[0]])
            covers.append(min(1.0, one.quantity * count / need) if shared else 1.0)
    known = [choices.ways[number] for number in way]
    counts = np.array(packs)
    value = np.array([one.value for one in known])
    money = (value + np.array([one.freight for one in known])) * counts
    return Ends(
        np.array(way),
        counts,
        np.array([one.supplier for one in known]),
        money + np.array([one.late for one in known]),
        money,
        value * counts,
        np.array(lifts),
        [one.lines for one in known],
        np.array([one.lines[0] for one in known]),
        np.array(covers),
    )


class Relaxation:
    """The linear program, its columns and its limit. `whole`: it was solved to the end, so `bound` is proved."""

    def __init__(self, choices: Choices) -> None:
        self.choices, self.ends = choices, ends(choices)
        self.problem = choices.problem
        self.whole = False
        self.bound: float | None = None
        self.uncovered = False
        self._rows: dict[tuple[str, int], int] = {}
        self._links: dict[tuple[int, int], int] = {}
        self._column: dict[int, int] = {}
        self._frame()

    # --- Rows that are there from the beginning

    def _frame(self) -> None:
        program = pulp.LpProblem("award", pulp.LpMinimize)
        self.objective: dict[pulp.LpVariable, float] = {}
        self.rows: list[tuple[tuple[str, int], dict[pulp.LpVariable, float], str, float]] = []
        suppliers = self.problem.suppliers
        self.used = [program.add_variable(f"order{at}", 0, 1) for at in range(len(suppliers))]
        self.total = program.add_variable("value", 0)
        budget: dict[pulp.LpVariable, float] = {}
        for at, one in enumerate(suppliers):
            self.objective[self.used[at]] = budget[self.used[at]] = float(one.order_cost)
            if one.minimum_rule is not Minimum.NONE and one.minimum_value > 0:
                row = {self.used[at]: -float(one.minimum_value)}
                if one.minimum_rule is not Minimum.REFUSE:
                    small = program.add_variable(f"small{at}", 0, 1)
                    row[small] = float(one.minimum_value)
                    self.objective[small] = budget[small] = float(one.charge)
                self.rows.append((("least", at), row, ">=", 0.0))
            if one.max_value is not None:
                self.rows.append((("value", at), {self.used[at]: -float(one.max_value)}, "<=", 0.0))
            if one.max_lines is not None:
                self.rows.append((("lines", at), {self.used[at]: -float(one.max_lines)}, "<=", 0.0))
            if one.max_share is not None:
                self.rows.append((("share", at), {self.total: -float(one.max_share)}, "<=", 0.0))
        if self.choices.has_share_caps:
            self.rows.append((("total", 0), {self.total: -1.0}, "=", 0.0))
        if self.problem.max_suppliers is not None:
            self.rows.append((("orders", 0), dict.fromkeys(self.used, 1.0), "<=", float(self.problem.max_suppliers)))
        if self.problem.budget is not None:
            self.rows.append((("budget", 0), budget, "<=", float(self.problem.budget)))
        self._frame_lines(program)
        program.setObjective(pulp.LpAffineExpression(self.objective))
        for number, (key, terms, sense, right) in enumerate(self.rows):
            left = pulp.LpAffineExpression(terms)
            program.addConstraint(left >= right if sense == ">=" else left <= right if sense == "<=" else left == right)
            self._rows[key] = number
        self.master = Master(program)

    def _frame_lines(self, program: pulp.LpProblem) -> None:
        dearest = float(self.ends.cost.max(initial=0.0)) + sum(float(one.order_cost) for one in self.problem.suppliers)
        self.missing = []
        for at, line in enumerate(self.problem.lines):
            missing = program.add_variable(f"missing{at}", 0)
            self.missing.append(missing)
            self.objective[missing] = NOT_COVERED * (1.0 + dearest)
            self.rows.append((("line", at), {missing: 1.0}, ">=" if line.max_suppliers > 1 else "=", 1.0))
            if line.max_suppliers > 1:
                self.rows.append((("count", at), {}, "<=", float(line.max_suppliers)))
                for name in self.choices.locks.get(line.id, {}):
                    supplier = self.choices.supplier_number[name]
                    row = {program.add_variable(f"unlocked{at}_{supplier}", 0): 1.0}
                    self.objective[next(iter(row))] = NOT_COVERED * (1.0 + dearest)
                    self.rows.append((("lock", at * len(self.problem.suppliers) + supplier), row, ">=", 1.0))

    # --- Columns and links

    def solve(self, limits: Limits, should_stop: ShouldStop | None = None) -> None:
        """Add columns and links until there are none to add, or the time is over."""
        watch = Stopwatch(limits.seconds, limits.cpu)
        first = np.concatenate([self._cheapest(line) for line in range(len(self.problem.lines))] or [np.zeros(0, int)])
        self._add(np.unique(first))
        for _ in range(ROUNDS):
            outcome = self.master.solve(replace(watch.rest(limits), iterations=None), should_stop)
            if outcome.objective is None or outcome.bound is None or watch.over:
                return
            reduced = self.reduced()
            self.objective_value = outcome.objective
            new = np.flatnonzero(reduced < -EPSILON * (1.0 + self.ends.cost))
            new = np.array([column for column in new if column not in self._column], dtype=int)
            if len(new):
                self._add(new[np.argsort(reduced[new])[:MOST_NEW]])
            elif not self._add_links():
                self.whole, self.bound = True, outcome.objective
                values = self.master.values
                at = {variable: number for number, variable in enumerate(self.master.variables)}
                self.uncovered = any(
                    values[at[one]] > 1e-6 for one in at if one.name.startswith(("missing", "unlocked"))
                )
                return

    def _cheapest(self, line: int) -> Ints:
        mine = np.flatnonzero(self.ends.line == line)
        per_cover = self.ends.cost[mine] / self.ends.covers[mine]
        return mine[np.argsort(per_cover)[:FIRST_PER_LINE]]

    def _add(self, columns: Ints) -> None:
        names = [f"x{column}" for column in columns]
        entries = [self._entries(int(column)) for column in columns]
        made = self.master.add_columns(names, self.ends.cost[columns].tolist(), entries)
        self._column.update(zip((int(column) for column in columns), made, strict=True))

    def _entries(self, column: int) -> list[tuple[int, float]]:
        found, supplier = [], int(self.ends.supplier[column])
        for line in self.ends.lines[column]:
            found.append((("line", line), self.ends.covers[column]))
            found.append((("count", line), 1.0))
            found.append((("lock", line * len(self.problem.suppliers) + supplier), 1.0))
        found.append((("least", supplier), self.ends.lifts[column]))
        found.append((("value", supplier), self.ends.value[column]))
        found.append((("share", supplier), self.ends.value[column]))
        found.append((("lines", supplier), float(len(self.ends.lines[column]))))
        found.append((("total", 0), self.ends.value[column]))
        found.append((("budget", 0), self.ends.money[column]))
        entries = [(self._rows[key], float(value)) for key, value in found if key in self._rows and value]
        links = [self._links.get((line, supplier)) for line in self.ends.lines[column]]
        return entries + [(row, 1.0) for row in links if row is not None]

    def _add_links(self) -> bool:
        """Rows for lines that get more from a supplier than there is of an order to it."""
        values = self.master.values
        taken: dict[tuple[int, int], list[tuple[int, float]]] = {}
        for column, at in self._column.items():
            for line in self.ends.lines[column]:
                taken.setdefault((line, int(self.ends.supplier[column])), []).append((at, float(values[at])))
        number = {variable: at for at, variable in enumerate(self.master.variables)}
        made = False
        for (line, supplier), members in taken.items():
            if (line, supplier) in self._links:
                continue
            if sum(value for _, value in members) > values[number[self.used[supplier]]] + 1e-6:
                terms = {self.master.variables[at]: 1.0 for at, _ in members} | {self.used[supplier]: -1.0}
                row = self.master.add_row(pulp.LpAffineExpression(terms) <= 0, f"link{line}_{supplier}")
                self._links[line, supplier] = row
                made = True
        return made

    # --- What the limit says of each way

    def reduced(self) -> Floats:
        """By column: what taking it would add to the limit."""
        duals, ends, suppliers = self.master.duals, self.ends, len(self.problem.suppliers)

        def of(kind: str, count: int) -> Floats:
            return np.array([duals[self._rows[kind, at]] if (kind, at) in self._rows else 0.0 for at in range(count)])

        link = np.zeros((len(self.problem.lines), suppliers))
        for (line, supplier), row in self._links.items():
            link[line, supplier] = duals[row]
        for (kind, at), row in self._rows.items():
            if kind == "lock":
                link[divmod(at, suppliers)] += duals[row]
        lines, counts = of("line", len(self.problem.lines)), of("count", len(self.problem.lines))
        found = ends.cost - ends.covers * lines[ends.line] - counts[ends.line] - link[ends.line, ends.supplier]
        for column in np.flatnonzero([len(each) > 1 for each in ends.lines]):
            for more in ends.lines[column][1:]:
                found[column] -= lines[more] + counts[more] + link[more, ends.supplier[column]]
        found -= ends.lifts * of("least", suppliers)[ends.supplier]
        found -= ends.value * (of("value", suppliers) + of("share", suppliers))[ends.supplier]
        found -= np.array([len(each) for each in ends.lines]) * of("lines", suppliers)[ends.supplier]
        return np.asarray(found - ends.value * of("total", 1)[0] - ends.money * of("budget", 1)[0], float)

    def ways_in(self) -> list[int]:
        """The ways whose columns are in the program."""
        return sorted({int(self.ends.way[column]) for column in self._column})

    def near(self, best: float) -> list[int]:
        """The ways that an award cheaper than `best` may hold; all of them when the limit is not proved."""
        if not self.whole or self.bound is None:
            return list(range(len(self.choices.ways)))
        slack = best - self.bound + 1e-6 * (1.0 + abs(best))
        return sorted({int(way) for way in self.ends.way[self.reduced() <= slack]})
