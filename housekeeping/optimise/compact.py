"""The roster as one integer program in PuLP: a 0/1 variable per person, day and shift.

Used on what is left when most cells are settled (fix and optimise), and with slack in its rules to explain why a
person has no line. Sequence rows after T. Curtois and R. Qu (2014).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pulp

from housekeeping.optimise.arrays import Arrays, Flags, LineArray
from housekeeping.optimise.model import Person, Rule
from plantops.solving import Limits, Outcome, ShouldStop, solve

HALF = 0.5
Term: TypeAlias = "pulp.LpVariable | int"
Row: TypeAlias = "tuple[Rule, int | None, list[tuple[Term, int]], int]"  # rule, day, sum of factor x term, at most


@dataclass
class LineRows:
    """The variables and rules of one person's line; a cell that is settled is a number instead of a variable.

    `possible` [H, S+1] are the cells that may be; the variables are those of `problem`.
    """

    arrays: Arrays
    e: int
    possible: Flags
    problem: pulp.LpProblem
    work: dict[tuple[int, int], Term] = field(init=False)
    variables: dict[tuple[int, int], pulp.LpVariable] = field(init=False)
    weekends: list[pulp.LpVariable] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.work, self.variables = {}, {}
        for day in range(self.arrays.days):
            options = np.flatnonzero(self.possible[day])
            for s in range(self.arrays.off):
                if not self.possible[day, s]:
                    self.work[day, s] = 0
                elif len(options) == 1:
                    self.work[day, s] = 1
                else:
                    variable = self.problem.add_variable(f"x{self.e}_{day}_{s}", 0, 1, pulp.LpBinary)
                    self.work[day, s] = self.variables[day, s] = variable

    def line(self) -> LineArray:
        """The line that the solved variables say."""
        cells = np.full(self.arrays.days, self.arrays.off, np.int16)
        for (day, s), term in self.work.items():
            value = term if isinstance(term, int) else (term.varValue or 0.0)
            if value > HALF:
                cells[day] = s
        return cells

    @property
    def person(self) -> Person:
        return self.arrays.problem.people[self.e]

    def on(self, day: int, factor: int = 1) -> list[tuple[Term, int]]:
        """Terms that add up to `factor` when any shift is worked on a day, which may lie in the history."""
        if day < 0:
            return [(int(self.person.history[day] is not None), factor)]
        return [(self.work[day, s], factor) for s in range(self.arrays.off)]

    def rows(self) -> Iterator[Row]:
        """Every rule of the line as rows `sum <= at most`."""
        for day in range(self.arrays.days):
            if self.possible[day, self.arrays.off]:
                yield Rule.LENGTH, day, self.on(day), 1
            else:
                yield Rule.LENGTH, day, self.on(day), 1
                yield Rule.LENGTH, day, self.on(day, -1), -1
        yield from self._totals()
        yield from self._rests()
        yield from self._runs()
        yield from self._weekends()

    def _totals(self) -> Iterator[Row]:
        person, arrays = self.person, self.arrays
        minutes = [(cell, int(arrays.minutes[s])) for (_, s), cell in self.work.items()]
        if person.max_minutes is not None:
            yield Rule.MAX_MINUTES, None, minutes, person.max_minutes
        if person.min_minutes is not None:
            yield Rule.MIN_MINUTES, None, [(cell, -count) for cell, count in minutes], -person.min_minutes
        for s, name in enumerate(arrays.shift_ids):
            if name in person.max_shifts:
                cells = [(self.work[day, s], 1) for day in range(arrays.days)]
                yield Rule.MAX_SHIFTS, None, cells, person.max_shifts[name]

    def _rests(self) -> Iterator[Row]:
        arrays = self.arrays
        number = {name: at for at, name in enumerate(arrays.shift_ids)}

        def cell(day: int, s: int) -> Term:
            if day >= 0:
                return self.work[day, s]
            history = self.person.history
            return int(-day <= len(history) and history[day] is not None and number[history[day] or ""] == s)

        for day in range(arrays.days):
            for s in range(arrays.off):
                after = [(cell(day, t), 1) for t in _numbers(arrays.not_next[s])]
                if after:
                    yield Rule.REST, day, [(cell(day - 1, s), 1), *after], 1
                late = [(cell(day, t), 1) for t in _numbers(arrays.not_after_off[s])]
                if late and (day >= 1 or self.person.history):
                    yield Rule.REST_DAY_OFF, day, [(cell(day - 2, s), 1), *self.on(day - 1, -1), *late], 1

    def _runs(self) -> Iterator[Row]:
        person, days, past = self.person, self.arrays.days, len(self.person.history)
        most = person.max_consecutive_work
        if most is not None:
            for start in range(-min(past, most), days - most):
                terms = [term for day in range(start, start + most + 1) for term in self.on(day)]
                yield Rule.MAX_WORK, max(0, start), terms, most
        for least, sign, rule in (
            (person.min_consecutive_work, 1, Rule.MIN_WORK),
            (person.min_consecutive_off, -1, Rule.MIN_OFF),
        ):
            for length in range(1, least):
                for start in range(-min(past, length + 1), days - length - 1):
                    inside = range(start + 1, start + length + 1)
                    excuse = {start, inside[-1] + 1} if sign > 0 else set(inside)
                    if inside[-1] + 1 < 0 or excuse & person.absent:
                        continue
                    terms = [*self.on(start, -sign), *self.on(inside[-1] + 1, -sign)]
                    terms += [term for day in inside for term in self.on(day, sign)]
                    yield rule, max(0, start + 1), terms, length - 1 if sign > 0 else 1

    def _weekends(self) -> Iterator[Row]:
        person, arrays = self.person, self.arrays
        if person.max_weekends is None:
            return
        found: list[tuple[Term, int]] = []
        for day in np.flatnonzero(arrays.weekend):
            if arrays.weekend[day] == 2 and day > 0:
                yield Rule.WEEKENDS, int(day), [*self.on(int(day)), (found[-1][0], -1)], 0
            elif arrays.weekend[day] == 2 and person.history and person.history[-1] is not None:
                continue
            else:
                variable = self.problem.add_variable(f"weekend{self.e}_{day}", 0, 1, pulp.LpBinary)
                self.weekends.append(variable)
                found.append((variable, 1))
                yield Rule.WEEKENDS, int(day), [*self.on(int(day)), (variable, -1)], 0
        yield Rule.WEEKENDS, None, found, person.max_weekends


class CompactRoster:
    """The whole roster as one PuLP problem over the cells that are `possible` [E, H, S+1].

    People whose cells are all settled are constants. `start` [lines by person] is offered as first incumbent.
    """

    def __init__(self, arrays: Arrays, possible: Flags) -> None:
        self.arrays = arrays
        self.problem = pulp.LpProblem("cells", pulp.LpMinimize)
        self.people = [LineRows(arrays, e, possible[e], self.problem) for e in range(arrays.people)]
        self.objective: dict[pulp.LpVariable, float] = {}
        self._add_lines()
        self._add_cover()
        self.problem.setObjective(pulp.LpAffineExpression(self.objective, constant=self.settled_cost))

    def _add_lines(self) -> None:
        self.settled_cost = 0.0
        for line in self.people:
            base, off = self.arrays.base[line.e], self.arrays.off
            for (day, s), variable in line.variables.items():
                self.objective[variable] = base[day, s] - (base[day, off] if line.possible[day, off] else 0.0)
            for day in range(self.arrays.days):
                if line.possible[day, off]:
                    self.settled_cost += base[day, off]
                elif line.possible[day].sum() == 1:
                    self.settled_cost += base[day, int(np.argmax(line.possible[day]))]
            if line.variables:
                for _, _, terms, most in line.rows():
                    self._add_row(terms, most)

    def _add_row(self, terms: list[tuple[Term, int]], most: int) -> None:
        expression, constant = collected(terms)
        if expression:
            self.problem.addConstraint(pulp.LpAffineExpression(expression) <= most - constant)

    def _add_cover(self) -> None:
        arrays = self.arrays
        terms: list[list[tuple[Term, int]]] = [[] for _ in arrays.required]
        for line in self.people:
            group = arrays.group[line.e]
            for cell, row in zip(arrays.cell_of[group], arrays.row_of[group], strict=True):
                terms[row].append((line.work[divmod(int(cell), arrays.off + 1)], 1))
        for row, required in enumerate(arrays.required):
            missing, extra = (self.problem.add_variable(f"{name}{row}", 0) for name in ("missing", "extra"))
            self.objective[missing], self.objective[extra] = arrays.under[row], arrays.over[row]
            expression, constant = collected(terms[row])
            balance = pulp.LpAffineExpression({**expression, missing: 1, extra: -1})
            self.problem.addConstraint(balance == float(required) - constant)

    @property
    def size(self) -> int:
        """How many cells are open."""
        return sum(len(line.variables) for line in self.people)

    def solve(self, limits: Limits, should_stop: ShouldStop | None = None) -> tuple[Outcome, dict[int, LineArray]]:
        """The outcome and the lines (empty when none were found)."""
        outcome = solve(self.problem, limits, should_stop=should_stop)
        if outcome.objective is None:
            return outcome, {}
        return outcome, {line.e: line.line() for line in self.people}


def collected(terms: list[tuple[Term, int]]) -> tuple[dict[pulp.LpVariable, int], int]:
    """Variables with their factors, and the sum of what is settled."""
    expression: dict[pulp.LpVariable, int] = {}
    constant = 0
    for term, factor in terms:
        if isinstance(term, int):
            constant += term * factor
        else:
            expression[term] = expression.get(term, 0) + factor
    return expression, constant


def _numbers(flags: Flags) -> list[int]:
    return [int(at) for at in np.flatnonzero(flags)]
