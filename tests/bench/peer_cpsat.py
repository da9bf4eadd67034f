"""CP-SAT on one of our rosters: a true-or-false variable per person, day and shift, rules as clauses, 8 workers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from housekeeping.optimise.arrays import Arrays, compile_problem
from housekeeping.optimise.model import Cells, Person, Problem

WORKERS = 8
ASK_EVERY = 0.1


class Model:
    """The roster for CP-SAT; `cell[e][day][s]` are its literals, the day off last, days of the history negative."""

    def __init__(self, problem: Problem) -> None:
        self.arrays: Arrays = compile_problem(problem)
        self.model: Any = cp_model.CpModel()
        self.yes: Any = self.model.new_constant(1)
        self.cell = [self._cells(e) for e in range(self.arrays.people)]
        for e, person in enumerate(problem.people):
            self._totals(e, person)
            self._successions(e, person)
            self._runs(e, person)
            self._weekends(e, person)
        self._costs()

    def _cells(self, e: int) -> dict[int, list[Any]]:
        arrays, person = self.arrays, self.arrays.problem.people[e]
        names = [*arrays.shift_ids, None]
        found: dict[int, list[Any]] = {}
        for day, told in enumerate(person.history, start=-len(person.history)):
            found[day] = [self.yes if name == told else ~self.yes for name in names]
        for day in range(arrays.days):
            may = arrays.possible[e, day]
            found[day] = [self.model.new_bool_var("") if may[s] else ~self.yes for s in range(len(names))]
            self.model.add_exactly_one(found[day])
        return found

    def _totals(self, e: int, person: Person) -> None:
        arrays, days = self.arrays, range(self.arrays.days)
        for s, name in enumerate(arrays.shift_ids):
            if person.max_shifts.get(name, arrays.days) < arrays.days:
                self.model.add(sum(self.cell[e][day][s] for day in days) <= person.max_shifts[name])
        minutes = sum(int(arrays.minutes[s]) * self.cell[e][day][s] for day in days for s in range(arrays.off))
        if person.min_minutes:
            self.model.add(minutes >= person.min_minutes)
        if person.max_minutes is not None:
            self.model.add(minutes <= person.max_minutes)

    def _successions(self, e: int, person: Person) -> None:
        arrays, cell = self.arrays, self.cell[e]
        for day in range(arrays.days):
            for s in range(arrays.off):
                if day - 1 in cell and arrays.not_next[s].any():
                    late = [cell[day][t] for t in np.flatnonzero(arrays.not_next[s])]
                    self.model.add_at_most_one([cell[day - 1][s], *late])
                if day - 2 in cell:
                    for t in np.flatnonzero(arrays.not_after_off[s]):
                        self.model.add_bool_or([~cell[day - 2][s], ~cell[day - 1][arrays.off], ~cell[day][t]])

    def _runs(self, e: int, person: Person) -> None:
        off = {day: cells[-1] for day, cells in self.cell[e].items()}
        days, first = self.arrays.days, min(off)
        if person.max_consecutive_work is not None:
            most = person.max_consecutive_work
            for start in range(max(first, -most), days - most):
                self.model.add_bool_or([off[day] for day in range(start, start + most + 1)])
        for start, inside, end in _short(person.min_consecutive_work, first, days):
            if not {start, end} & person.absent:
                self.model.add_bool_or([~off[start], *(off[day] for day in inside), ~off[end]])
        for start, inside, end in _short(person.min_consecutive_off, first, days):
            if not set(inside) & person.absent:
                self.model.add_bool_or([off[start], *(~off[day] for day in inside), off[end]])

    def _weekends(self, e: int, person: Person) -> None:
        if person.max_weekends is None:
            return
        weekend, cell, worked = self.arrays.weekend, self.cell[e], list[Any]()
        for day in np.flatnonzero(weekend).tolist():
            if weekend[day] == 1 or day == 0:
                if weekend[day] == 2 and -1 in cell and person.history[-1] is not None:
                    continue  # its Saturday was worked and counted before
                worked.append(self.model.new_bool_var(""))
            self.model.add_implication(~cell[day][-1], worked[-1])
        self.model.add(sum(worked) <= person.max_weekends)

    def _costs(self) -> None:
        arrays = self.arrays
        terms = [
            int(arrays.base[e, day, s]) * self.cell[e][day][s]
            for e, day, s in np.argwhere(arrays.possible & (arrays.base > 0)).tolist()
        ]
        present: list[list[Any]] = [[] for _ in arrays.required]
        for e in range(arrays.people):
            group = arrays.group[e]
            for at, row in zip(arrays.cell_of[group].tolist(), arrays.row_of[group].tolist(), strict=True):
                day, s = divmod(at, arrays.off + 1)
                present[row].append(self.cell[e][day][s])
        for row, required in enumerate(arrays.required.astype(int).tolist()):
            missing = self.model.new_int_var(0, required, "")
            extra = self.model.new_int_var(0, arrays.people, "")
            self.model.add(sum(present[row]) + missing - extra == required)
            terms += [int(arrays.under[row]) * missing, int(arrays.over[row]) * extra]
        self.model.minimize(sum(terms))


def _short(least: int, first: int, days: int) -> Iterator[tuple[int, range, int]]:
    """Runs shorter than `least` that end within the horizon: the day before, the days, the day after."""
    for length in range(1, least):
        for start in count(max(first, -length - 1)):
            end = start + length + 1
            if end >= days:
                break
            yield start, range(start + 1, end), end


def solve(problem: Problem, seconds: float, seed: int) -> tuple[Cells, float | None]:
    """The best roster (none: empty) and the bound after so many CPU seconds of all workers together."""
    began = time.process_time()
    model = Model(problem)
    solver: Any = cp_model.CpSolver()
    solver.parameters.num_workers, solver.parameters.random_seed = WORKERS, seed
    over = threading.Event()

    def watch() -> None:
        while not over.wait(ASK_EVERY):
            if time.process_time() - began > seconds:
                solver.stop_search()

    watching = threading.Thread(target=watch)
    watching.start()
    status = solver.solve(model.model)
    over.set()
    watching.join()
    bound = None if status in (cp_model.UNKNOWN, cp_model.INFEASIBLE) else float(solver.best_objective_bound)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return {}, bound
    names = [*model.arrays.shift_ids, None]
    chosen = {
        person.id: tuple(
            names[next(s for s, literal in enumerate(model.cell[e][day]) if solver.value(literal))]
            for day in range(problem.days)
        )
        for e, person in enumerate(problem.people)
    }
    return chosen, bound
