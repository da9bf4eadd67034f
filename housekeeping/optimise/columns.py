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
from plantops.solving import EngineFailed, Limits, Master

SMALL = 1e-6
ROUNDING = 1e-9
ITERATION_WORK = 15  # a row of a simplex step takes as long as so many table entries of the pricing
DUAL_SIMPLEX, PRIMAL_SIMPLEX = 1, 4


@dataclass(frozen=True)
class Relaxation:
    """The master's LP: its value (with penalty for people without a line), duals, and column values.

    `missing`, `extra` [R] by cover row; `weights` by line in hand.
    """

    value: float
    person_duals: Floats
    cover_duals: Floats
    missing: Floats
    extra: Floats
    weights: Floats


class LineMaster:
    """Lines in hand and the LP over them, solved again from its last basis whenever lines are added or barred.

    People in `settled` keep that line: they have no row, and the cover rows are less by what they do. Values of the
    LP contain their cost, and `no_line` for a person without a line.
    """

    def __init__(self, arrays: Arrays, settled: dict[int, LineArray] | None = None) -> None:
        self.arrays = arrays
        self.settled = dict(settled or {})
        self.people = [e for e in range(arrays.people) if e not in self.settled]
        self.owners = np.zeros(0, np.int64)
        self.lines = np.zeros((0, arrays.days), np.int16)
        self._known: dict[tuple[int, bytes], int] = {}
        self._barred = np.zeros(0, bool)
        self._row = {e: row for row, e in enumerate(self.people)}
        self._moved = False
        self.work = 0  # entries of the basis touched so far: the time that was spent, without a clock
        self.no_line = 10.0 * (1.0 + float(arrays.under.max(initial=0)) * arrays.days)
        self._slack_low = np.zeros((2, len(arrays.required)))
        self._slack_up = np.full((2, len(arrays.required)), np.inf)
        self._master = Master(self._initial())
        self._first = len(self._master.variables)

    def _initial(self) -> pulp.LpProblem:
        arrays, rows = self.arrays, range(len(self.arrays.required))
        problem = pulp.LpProblem("roster", pulp.LpMinimize)
        # PuLP hands variables over by name: the names keep the order
        nobody = [problem.add_variable(f"a_nobody{e:06}", 0) for e in self.people]
        missing = [problem.add_variable(f"b_missing{r:06}", 0) for r in rows]
        extra = [problem.add_variable(f"c_extra{r:06}", 0) for r in rows]
        # what keeps the rows solvable while lines are lacking that meet the numbers of `confine`
        short = [problem.add_variable(f"d_short{r:06}", 0) for r in rows]
        beyond = [problem.add_variable(f"e_beyond{r:06}", 0) for r in rows]
        costs = [*[self.no_line] * len(nobody), *arrays.under, *arrays.over, *[self.no_line] * (2 * len(rows))]
        settled_cost = sum(arrays.line_cost(e, line) for e, line in self.settled.items())
        terms = dict(zip([*nobody, *missing, *extra, *short, *beyond], costs, strict=True))
        problem += pulp.LpAffineExpression(terms, constant=settled_cost)
        for e, variable in zip(self.people, nobody, strict=True):
            problem += variable == 1, f"person{e}"
        required = arrays.required - arrays.present(self.settled)
        for r in rows:
            problem += missing[r] - extra[r] + short[r] - beyond[r] == float(required[r]), f"cover{r}"
        return problem

    def add(self, found: Iterable[tuple[int, LineArray]]) -> int:
        """Add lines of people that are not in hand yet; returns how many were new."""
        new: dict[tuple[int, bytes], LineArray] = {}
        for e, line in found:
            if (e, line.tobytes()) not in self._known:
                new[e, line.tobytes()] = line
        if not new:
            return 0
        people, first = len(self.people), len(self.owners)
        entries, costs = [], []
        for (e, _), line in new.items():
            rows, counts = np.unique(self.arrays.rows(e, line), return_counts=True)
            entries.append(
                [(self._row[e], 1.0), *((people + int(r), float(n)) for r, n in zip(rows, counts, strict=True))]
            )
            costs.append(self.arrays.line_cost(e, line))
        names = [f"line{first + at}" for at in range(len(new))]
        self._master.add_columns(names, costs, entries)
        self._known.update((key, first + at) for at, key in enumerate(new))
        self.owners = np.append(self.owners, [e for e, _ in new])
        self.lines = np.concatenate([self.lines, np.stack(list(new.values()))])
        self._barred = np.append(self._barred, np.zeros(len(new), bool))
        return len(new)

    def allow(self, possible: Flags) -> None:
        """Take out of play every line with a cell that is not `possible` [E, H, S+1], and the others back into it."""
        days = np.arange(self.arrays.days)
        barred: Flags = np.logical_not(np.all(possible[self.owners[:, None], days, self.lines], axis=1))
        changed = np.flatnonzero(barred != self._barred)
        if len(changed):
            upper = np.where(barred[changed], 0.0, np.inf)
            numbers = (changed + self._first).astype(np.int32)
            self._master.highs.changeColsBounds(len(changed), numbers, np.zeros(len(changed)), upper)
            self._moved = True
        self._barred = barred

    def confine(self, least: Floats, most: Floats) -> None:
        """Let each cover row have at least and at most so many people [R]. For a master in which nobody is settled."""
        required = self.arrays.required
        low = np.maximum(0.0, [required - most, least - required])
        up = np.maximum(0.0, [required - least, most - required])
        changed = np.flatnonzero(((low != self._slack_low) | (up != self._slack_up)).ravel())
        if len(changed):
            numbers = (changed + len(self.people)).astype(np.int32)
            self._master.highs.changeColsBounds(len(changed), numbers, low.ravel()[changed], up.ravel()[changed])
            self._moved = True
        self._slack_low, self._slack_up = low, up

    def slack_cost(self, duals: Floats) -> float:
        """What missing and extra people cost at least at these duals."""
        cost = np.array([self.arrays.under - duals, self.arrays.over + duals])
        helps = (cost < 0) & ((cost < -ROUNDING) | np.isfinite(self._slack_up))
        return float((cost * np.where(helps, self._slack_up, self._slack_low)).sum())

    def shares(self, relaxation: Relaxation) -> Floats:
        """How much of each cell the relaxation works [E, H, S+1]."""
        used = np.flatnonzero(relaxation.weights > SMALL)
        share = np.zeros((self.arrays.people, self.arrays.days, self.arrays.off + 1))
        days = np.arange(self.arrays.days)
        for at in used:
            share[self.owners[at], days, self.lines[at]] += relaxation.weights[at]
        return share

    def chosen(self, relaxation: Relaxation) -> dict[int, LineArray]:
        """The settled lines, and for each other person the line with the largest weight; who has none is left out."""
        found: dict[int, tuple[float, LineArray]] = {}
        for at in np.flatnonzero(relaxation.weights > SMALL):
            e, weight = int(self.owners[at]), float(relaxation.weights[at])
            if weight > found.get(e, (0.0, None))[0]:
                found[e] = weight, self.lines[at]
        return {**self.settled, **{e: line for e, (_, line) in found.items()}}

    def solve(self) -> Relaxation:
        """The LP over the lines in play, from the last basis."""
        # barring lines leaves the basis dual feasible, adding lines leaves it primal feasible
        self._master.highs.setOptionValue("simplex_strategy", DUAL_SIMPLEX if self._moved else PRIMAL_SIMPLEX)
        self._moved = False
        outcome = self._master.run(Limits())
        if outcome.objective is None:
            raise EngineFailed("The relaxation of the roster was not solved, though it always has a solution.")
        self.work += int(self._master.highs.getInfo().simplex_iteration_count) * len(self._master.rows) * ITERATION_WORK
        duals, people = self._master.duals, np.zeros(self.arrays.people)
        people[self.people] = duals[: len(self.people)]
        # an open slack keeps its dual within its cost, but for rounding
        lowest = np.where(np.isinf(self._slack_up[1]), -self.arrays.over, -np.inf)
        highest = np.where(np.isinf(self._slack_up[0]), self.arrays.under, np.inf)
        covers = np.clip(duals[len(self.people) :], lowest, highest)
        missing, extra, _, _ = self._master.values[len(self.people) : self._first].reshape(4, -1)
        return Relaxation(outcome.objective, people, covers, missing, extra, self._master.values[self._first :])
