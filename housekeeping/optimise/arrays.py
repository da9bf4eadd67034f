"""The roster problem as arrays, the form in which the engine computes.

Throughout the engine a line is an int16 array of H cells holding a shift number or S for a day off; cost tables are
float64 [H, S + 1] per person with the day off last, and a cell that cannot be has the cost `NEVER`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from housekeeping.optimise.model import ON, Cells, Cover, Person, Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
LineArray = NDArray[np.int16]

NEVER = 1e12


@dataclass(frozen=True)
class Arrays:
    """`base` [E, H, S+1]: wishes, stability and what cannot be. Cover rows r: `required`, `under`, `over` [R]; a row
    stands for all requirements that ask the same number of the same people in the same shifts of the day `day_of`.

    People with the same cover-relevant skills form a group; `cell_of[g]`, `row_of[g]` list, sorted by cell, which
    cells (day * (S + 1) + shift) of the group count in which row; those of cell c begin at `first_row[g][c]`.
    `weekend` [H]: 0 none, 1 first day of a weekend, 2 second day.
    """

    problem: Problem
    days: int
    shift_ids: tuple[str, ...]
    minutes: Ints
    not_next: Flags
    not_after_off: Flags
    weekend: Ints
    base: Floats
    day_of: Ints
    required: Floats
    under: Floats
    over: Floats
    group: Ints
    cell_of: tuple[Ints, ...]
    row_of: tuple[Ints, ...]
    first_row: tuple[Ints, ...]

    @property
    def people(self) -> int:
        return len(self.problem.people)

    @property
    def off(self) -> int:
        """The number that stands for a day off in a line."""
        return len(self.shift_ids)

    @property
    def possible(self) -> Flags:
        """Which cells may be [E, H, S+1]."""
        return self.base < NEVER / 2

    def prices(self, person: int, duals: Floats) -> Floats:
        """What each cell of a person earns [H, S+1] when cover row r pays `duals[r]`."""
        group = self.group[person]
        flat = np.bincount(self.cell_of[group], weights=duals[self.row_of[group]], minlength=self.days * (self.off + 1))
        return flat.reshape(self.days, self.off + 1).astype(float)

    def rows(self, person: int, line: LineArray) -> Ints:
        """The cover rows in which a line counts, each as often as it counts."""
        group = self.group[person]
        cells = np.arange(self.days) * (self.off + 1) + line
        low, high = self.first_row[group][cells], self.first_row[group][cells + 1]
        if (high - low).max() <= 1:
            found: Ints = self.row_of[group][low[high > low]]
            return found
        return np.concatenate([self.row_of[group][a:b] for a, b in zip(low, high, strict=True)])

    def present(self, lines: dict[int, LineArray]) -> Floats:
        """How many people of `lines` each cover row has [R]."""
        count = np.zeros(len(self.required))
        for person, line in lines.items():
            np.add.at(count, self.rows(person, line), 1)
        return count

    def line_cost(self, person: int, line: LineArray) -> float:
        """Wishes and stability of a line (the part that does not depend on other people)."""
        return float(self.base[person, np.arange(self.days), line].sum())

    def cheapest_cells(self) -> float:
        """What no roster can cost less than: everybody's cheapest cell of each day, and cover that costs nothing."""
        return float(self.base.min(axis=2).sum())

    def cover_cost(self, present: Floats) -> float:
        missing = self.required - present
        return float((np.maximum(missing, 0) * self.under + np.maximum(-missing, 0) * self.over).sum())

    def cost(self, lines: dict[int, LineArray]) -> float:
        """The penalty of a whole roster."""
        own = sum(self.line_cost(person, line) for person, line in lines.items())
        return own + self.cover_cost(self.present(lines))

    def margin(self, present: Floats) -> Floats:
        """What one more person in each cover row would cost [R] (negative: it helps)."""
        return np.where(present < self.required, -self.under, self.over)

    def cells(self, lines: dict[int, LineArray]) -> Cells:
        """The lines in the words of the problem."""
        names = (*self.shift_ids, None)
        people = self.problem.people
        return {people[e].id: tuple(names[cell] for cell in line) for e, line in sorted(lines.items())}

    def line(self, cells: tuple[str | None, ...]) -> LineArray:
        """A line of the problem as an array."""
        number = {name: at for at, name in enumerate(self.shift_ids)}
        return np.array([self.off if cell is None else number[cell] for cell in cells], np.int16)


def compile_problem(problem: Problem) -> Arrays:
    """The arrays of a problem that `validity.refuse` has let pass."""
    ids = tuple(shift.id for shift in problem.shifts)
    number = {name: at for at, name in enumerate(ids)}
    not_next, not_after_off = (np.zeros((len(ids), len(ids)), bool) for _ in range(2))
    for at, shift in enumerate(problem.shifts):
        not_next[at, [number[name] for name in shift.not_next_day]] = True
        not_after_off[at, [number[name] for name in shift.not_after_day_off]] = True
    weekend = np.zeros(problem.days, np.int64)
    for days in problem.weekends():
        for day in days:
            weekend[day] = 1 + ((day - 1 + problem.first_weekday) % 7 in problem.weekend)
    cover = _merged(problem.cover)
    groups, cell_of, row_of = _cover_groups(problem, cover, number)
    return Arrays(
        problem,
        problem.days,
        ids,
        np.array([shift.minutes for shift in problem.shifts], np.int64),
        not_next,
        not_after_off,
        weekend,
        _base(problem, number),
        np.array([one.day for one in cover], np.int64),
        np.array([one.required for one in cover], float),
        np.array([one.under_weight for one in cover], float),
        np.array([one.over_weight for one in cover], float),
        groups,
        cell_of,
        row_of,
        tuple(np.searchsorted(cells, np.arange(problem.days * (len(ids) + 1) + 1)) for cells in cell_of),
    )


def _base(problem: Problem, number: dict[str, int]) -> Floats:
    off = len(number)
    base = np.zeros((len(problem.people), problem.days, off + 1))
    at = {person.id: e for e, person in enumerate(problem.people)}
    for request in problem.requests:
        cells = base[at[request.person], request.day]
        meets = np.zeros(off + 1, bool)
        meets[slice(0, off) if request.shift is None else number[request.shift]] = True
        cells[~meets if request.kind == ON else meets] += request.weight
    for name, line in problem.published.items():
        for day, cell in enumerate(line):
            told = off if cell is None else number[cell]
            base[at[name], day, np.arange(off + 1) != told] += problem.stability_weight
    for e, person in enumerate(problem.people):
        _forbid(base[e], person, number)
    return base


def _forbid(cost: Floats, person: Person, number: dict[str, int]) -> None:
    """Mark what one person may never work [H, S+1]."""
    off = len(number)
    cost[:, [at for name, at in number.items() if name not in person.shifts]] = NEVER
    cost[sorted(person.days_off | person.absent), :off] = NEVER
    for day, shift in person.barred:
        cost[day, number[shift]] = NEVER
    for day, cell in person.frozen.items():
        cost[day, np.arange(off + 1) != (off if cell is None else number[cell])] = NEVER


def _merged(cover: Sequence[Cover]) -> list[Cover]:
    """Half hours between which nobody comes or goes ask the same: one row with the sum of their weights."""
    found: dict[tuple[int, frozenset[str], str | None, int], Cover] = {}
    for one in cover:
        key = one.day, one.shifts, one.skill, one.required
        before = found.get(key, replace(one, under_weight=0, over_weight=0))
        under, over = before.under_weight + one.under_weight, before.over_weight + one.over_weight
        found[key] = replace(before, under_weight=under, over_weight=over)
    return list(found.values())


def _cover_groups(
    problem: Problem, wanted: Sequence[Cover], number: dict[str, int]
) -> tuple[Ints, tuple[Ints, ...], tuple[Ints, ...]]:
    asked = {cover.skill for cover in wanted if cover.skill is not None}
    kinds: dict[frozenset[str], int] = {}
    group = np.array([kinds.setdefault(person.skills & asked, len(kinds)) for person in problem.people], np.int64)
    cell_of, row_of = [], []
    for skills in kinds:
        pairs = sorted(
            (cover.day * (len(number) + 1) + number[shift], row)
            for row, cover in enumerate(wanted)
            if cover.skill is None or cover.skill in skills
            for shift in cover.shifts
        )
        cell_of.append(np.array([cell for cell, _ in pairs], np.int64))
        row_of.append(np.array([row for _, row in pairs], np.int64))
    return group, tuple(cell_of), tuple(row_of)
