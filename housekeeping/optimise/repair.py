"""Somebody is missing: who could step in, what each would break or cost, and the least change to what was published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from housekeeping.optimise.arrays import NEVER, Arrays, compile_problem
from housekeeping.optimise.check import line_violations, penalty
from housekeeping.optimise.lines import LinePricer
from housekeeping.optimise.model import Cell, Cells, Cover, Line, Person, Problem, Violation
from housekeeping.optimise.validity import refuse
from plantops.errors import Invalid

# To fill one hole so many cells of a published roster may move; no wish and nobody too many is worth one.
MOVES_FOR_A_HOLE = 4
# For one line alone the number of moves comes before all else.
FIRST = 1e6


@dataclass(frozen=True, slots=True)
class StandIn:
    """A person who could fill a hole with `shift` on that day.

    `breaks`: hard rules that just changing that one cell would break (empty: it can be done at once).
    `penalty`: by how many points the roster's penalty changes with that one cell.
    `line`: the valid line with that cell that moves the fewest others, None when there is none; `moves` are the days
    on which it differs from the line so far, `line_penalty` what the roster's penalty changes by with it.
    """

    person: str
    shift: str
    breaks: tuple[Violation, ...]
    penalty: int
    line: Line | None
    moves: tuple[int, ...]
    line_penalty: int | None


def stand_ins(problem: Problem, cells: Cells, hole: Cover) -> tuple[StandIn, ...]:
    """Everybody who is not counted in `hole` yet and may work one of its shifts, the easiest first.

    First those for whom that one cell breaks nothing, then those with a valid line by the fewest moves, then the rest
    by how many rules break; ties by penalty. Frozen cells, absences and missing qualifications are named as what they
    are, never worked around. `cells` has a line for everybody. Raises Invalid when the problem cannot be read.
    """
    refuse(problem)
    if missing := [person.id for person in problem.people if len(cells.get(person.id, ())) != problem.days]:
        raise Invalid(f"{missing[0]} has no line of {problem.days} days in the roster that is to be repaired.")
    arrays = compile_problem(problem)
    pricer = LinePricer(arrays)
    before = penalty(problem, cells)
    found = [
        _stand_in(arrays, pricer, e, cells, hole.day, shift, before)
        for e, person in enumerate(problem.people)
        if cells[person.id][hole.day] not in hole.shifts and (hole.skill is None or hole.skill in person.skills)
        for shift in sorted(hole.shifts)
        if shift in arrays.shift_ids
    ]
    return tuple(sorted(found, key=_ease))


def least_change(problem: Problem, published: Cells, frozen_until: int = 0) -> Problem:
    """The problem whose best roster repairs `published` with the fewest moves; days before `frozen_until` stay.

    Holes that the published roster had are accepted, so nobody moves for them; a new one is filled when at most
    `MOVES_FOR_A_HOLE` cells move for it. A frozen cell that has become impossible (absence, bar, qualification) is left
    open, so that one sick call does not make the whole roster infeasible. The penalty is that of the changed problem;
    `check.penalty` tells what the repaired roster costs in the old one.
    """
    people = tuple(_frozen(problem, person, published.get(person.id), frozen_until) for person in problem.people)
    stay = max(problem.stability_weight, _dearest_cell(problem) + 1)
    least = min((cover.under_weight for cover in problem.cover if cover.under_weight), default=1)
    times = max(1, -(-(MOVES_FOR_A_HOLE * stay + 1) // least))
    cover = tuple(
        replace(
            one, required=min(one.required, _present(problem, published, one)), under_weight=one.under_weight * times
        )
        for one in problem.cover
    )
    return replace(problem, people=people, cover=cover, published=published, stability_weight=stay)


def _dearest_cell(problem: Problem) -> int:
    """The most that one cell can cost in wishes and in people too many."""
    arrays = compile_problem(replace(problem, published={}))
    wishes = arrays.base[arrays.possible].max(initial=0.0)
    extra = max((arrays.prices(e, arrays.over).max(initial=0.0) for e in range(arrays.people)), default=0.0)
    return int(wishes + extra)


def _present(problem: Problem, published: Cells, cover: Cover) -> int:
    """How many people the published roster told to be there; all that are asked when it says nothing."""
    skilled = [person.id for person in problem.people if cover.skill is None or cover.skill in person.skills]
    told = [published[name] for name in skilled if name in published]
    return sum(line[cover.day] in cover.shifts for line in told) if told else cover.required


def _frozen(problem: Problem, person: Person, line: Line | None, until: int) -> Person:
    if line is None:
        return person
    still = {day: line[day] for day in range(min(until, problem.days)) if _possible(person, day, line[day])}
    return replace(person, frozen={**still, **person.frozen})


def _possible(person: Person, day: int, cell: Cell) -> bool:
    if cell is None:
        return True
    away = day in person.days_off or day in person.absent or (day, cell) in person.barred
    return cell in person.shifts and not away


def _ease(candidate: StandIn) -> tuple[bool, bool, int, int, str, str]:
    return (
        bool(candidate.breaks),
        candidate.line is None,
        len(candidate.moves) if candidate.line is not None else len(candidate.breaks),
        candidate.penalty if candidate.line_penalty is None else candidate.line_penalty,
        candidate.person,
        candidate.shift,
    )


def _stand_in(arrays: Arrays, pricer: LinePricer, e: int, cells: Cells, day: int, shift: str, before: int) -> StandIn:
    problem, person = arrays.problem, arrays.problem.people[e]
    line = cells[person.id]
    direct = (*line[:day], shift, *line[day + 1 :])
    old = {(broken.rule, broken.day) for broken in line_violations(problem, person, line)}
    breaks = tuple(b for b in line_violations(problem, person, direct) if (b.rule, b.day) not in old)
    valid = direct if not breaks else _nearest(arrays, pricer, e, cells, day, shift)
    return StandIn(
        person.id,
        shift,
        breaks,
        _penalty_with(problem, cells, person.id, direct) - before,
        valid,
        () if valid is None else tuple(d for d, (a, b) in enumerate(zip(line, valid, strict=True)) if a != b),
        None if valid is None else _penalty_with(problem, cells, person.id, valid) - before,
    )


def _penalty_with(problem: Problem, cells: Cells, person: str, line: Line) -> int:
    changed: Mapping[str, Line] = {**cells, person: line}
    return penalty(problem, changed)


def _nearest(arrays: Arrays, pricer: LinePricer, e: int, cells: Cells, day: int, shift: str) -> Line | None:
    """The valid line with that cell which moves the fewest of the others; between equals, wishes and cover decide."""
    people = arrays.problem.people
    lines = {at: arrays.line(cells[person.id]) for at, person in enumerate(people)}
    own = lines.pop(e)
    others = np.arange(arrays.off + 1)
    cost = arrays.base[e] + arrays.prices(e, arrays.margin(arrays.present(lines)))
    for at, cell in enumerate(own):
        cost[at, others != cell] += FIRST
    cost[day, others != arrays.shift_ids.index(shift)] = NEVER
    found = pricer.best(e, cost)
    return None if found.line is None else arrays.cells({e: found.line})[people[e].id]
