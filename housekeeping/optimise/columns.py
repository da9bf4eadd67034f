"""Choosing one line for each person: the master of the column generation, and the bound it proves.

One column is one person's whole line. Rows: each person has one line; each cover requirement is met, less those
missing, plus those too many. G. Desaulniers, J. Desrosiers, M. Solomon (eds.), Column Generation (2005), ch. 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pulp

from housekeeping.optimise.arrays import Arrays, Flags, Floats, LineArray
from plantops.solving import Limits, Master


@dataclass(frozen=True)
class Relaxation:
    """The master's LP: its value (with penalty for people without a line), duals, and column values."""

    value: float
    person_duals: Floats
    cover_duals: Floats
    weights: Floats


class LineMaster:
    """Lines in hand and the LP over them, solved again from its last basis whenever lines are added or barred."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.owners: list[int] = []
        self.lines: list[LineArray] = []
        self._known: dict[tuple[int, bytes], int] = {}
        self._barred = np.zeros(0, bool)
        problem = pulp.LpProblem("roster", pulp.LpMinimize)
        people, rows = arrays.people, len(arrays.required)
        absent = [pulp.LpVariable(f"nobody{e}", 0) for e in range(people)]
        missing = [pulp.LpVariable(f"missing{r}", 0) for r in range(rows)]
        extra = [pulp.LpVariable(f"extra{r}", 0) for r in range(rows)]
        self.no_line = 10.0 * (1.0 + float(arrays.under.max(initial=0)) * arrays.days)
        costs = [*[self.no_line] * people, *arrays.under, *arrays.over]
        problem += pulp.LpAffineExpression(dict(zip([*absent, *missing, *extra], costs, strict=True)))
        for e in range(people):
            problem += absent[e] == 1, f"person{e}"
        for r in range(rows):
            problem += missing[r] - extra[r] == float(arrays.required[r]), f"cover{r}"
        self._master = Master(problem)
        self._first = len(self._master.variables)

    def add(self, found: Iterable[tuple[int, LineArray]]) -> int:
        """Add lines of people that are not in hand yet; returns how many were new."""
        new: list[tuple[int, LineArray]] = []
        for e, line in found:
            key = e, line.tobytes()
            if key not in self._known:
                self._known[key] = len(self.lines) + len(new)
                new.append((e, line.copy()))
        people = self.arrays.people
        names = [f"line{len(self.lines) + i}" for i in range(len(new))]
        entries = []
        for e, line in new:
            rows, counts = np.unique(self.arrays.rows(e, line), return_counts=True)
            pairs = zip(rows, counts, strict=True)
            entries.append([(e, 1.0), *((people + int(r), float(n)) for r, n in pairs)])
        self._master.add_columns(names, [self.arrays.line_cost(e, line) for e, line in new], entries)
        self.owners.extend(e for e, _ in new)
        self.lines.extend(line for _, line in new)
        self._barred = np.append(self._barred, np.zeros(len(new), bool))
        return len(new)

    def number(self, e: int, line: LineArray) -> int:
        """The number of a line in hand."""
        return self._known[e, line.tobytes()]

    def bar(self, barred: Flags) -> None:
        """Take lines out of play (True) or back into it, by number."""
        changed = np.flatnonzero(barred != self._barred)
        if len(changed):
            upper = np.where(barred[changed], 0.0, np.inf)
            numbers = (changed + self._first).astype(np.int32)
            self._master.highs.changeColsBounds(len(changed), numbers, np.zeros(len(changed)), upper)
        self._barred = barred.copy()

    def solve(self) -> Relaxation:
        outcome = self._master.solve(Limits())
        duals, people = self._master.duals, self.arrays.people
        value = outcome.objective
        if value is None:
            raise RuntimeError("The relaxation of the roster has no solution; it always has one.")
        covers = np.clip(duals[people:], -self.arrays.over, self.arrays.under)
        return Relaxation(value, duals[:people], covers, self._master.values[self._first :])
