"""A sick call: who could step in, what it breaks, and a repair that moves few cells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from housekeeping.optimise.check import line_violations, penalty, violations
from housekeeping.optimise.model import Cover, Person, Problem, Rule, Shift
from housekeeping.optimise.repair import least_change, stand_ins
from housekeeping.optimise.roster import solve
from plantops.engines import Limits
from plantops.errors import Invalid
from tests.housekeeping.optimise.plant import plant_fortnight

DAY, NIGHT = Shift("day", 480), Shift("night", 480, not_next_day=frozenset({"day"}))
HOLE = Cover(2, frozenset({"day"}), 1, 100)


def people() -> tuple[Person, ...]:
    both = frozenset({"day", "night"})
    return (
        Person("Free", both),
        Person("Tired", both, max_minutes=3 * 480),
        Person("Night", both),
        Person("Untaught", frozenset({"night"})),
        Person("Away", both, absent=frozenset({2})),
        Person("There", both),
    )


CELLS = {
    "Free": (None, None, None, None),
    "Tired": ("day", "day", None, "day"),
    "Night": (None, "night", None, None),
    "Untaught": (None, None, None, None),
    "Away": (None, None, None, None),
    "There": (None, None, "day", None),
}


def test_everybody_is_named_with_what_stepping_in_breaks() -> None:
    problem = Problem(4, (DAY, NIGHT), people(), (replace(HOLE, required=2),))
    found = {candidate.person: candidate for candidate in stand_ins(problem, CELLS, HOLE)}
    assert next(iter(found)) == "Free"
    assert set(found) == {"Free", "Tired", "Night", "Untaught", "Away"}
    assert found["Free"].breaks == () and found["Free"].penalty == -100
    assert found["Free"].line == (None, None, "day", None) and found["Free"].moves == (2,)
    assert [broken.rule for broken in found["Tired"].breaks] == [Rule.MAX_MINUTES]
    assert found["Tired"].line is not None and len(found["Tired"].moves) == 2
    assert [broken.rule for broken in found["Night"].breaks] == [Rule.REST]
    assert found["Night"].line == (None, None, "day", None) and found["Night"].moves == (1, 2)
    assert [broken.rule for broken in found["Untaught"].breaks] == [Rule.QUALIFIED]
    assert [broken.rule for broken in found["Away"].breaks] == [Rule.ABSENT]
    assert found["Untaught"].line is None and found["Away"].line is None


def test_every_proposed_line_is_valid_and_priced_right() -> None:
    problem = plant_fortnight(seed=1, count=15)
    plan = solve(problem, Limits(iterations=10))
    before = penalty(problem, plan.cells)
    for candidate in stand_ins(problem, plan.cells, plan.shortfalls[0].cover):
        person = next(p for p in problem.people if p.id == candidate.person)
        if candidate.line is not None:
            assert not line_violations(problem, person, candidate.line)
            cells = {**plan.cells, person.id: candidate.line}
            assert penalty(problem, cells) - before == candidate.line_penalty
        else:
            assert candidate.breaks


def test_a_sick_call_moves_few_cells_and_no_frozen_one() -> None:
    problem = plant_fortnight(seed=2, count=20)
    published = solve(problem, Limits(iterations=25)).cells
    sick = next(p for p in problem.people if sum(cell is not None for cell in published[p.id][4:8]) >= 3)
    ill = replace(sick, absent=sick.absent | {4, 5, 6, 7}, min_minutes=0)
    changed = replace(problem, people=tuple(ill if p.id == sick.id else p for p in problem.people))
    asked = least_change(changed, published, frozen_until=4)
    plan = solve(asked, Limits(iterations=25))
    assert plan.penalty is not None
    assert not violations(asked, plan.cells)
    moved = [
        (name, day)
        for name, line in plan.cells.items()
        for day, cell in enumerate(line)
        if cell != published[name][day]
    ]
    assert all(day >= 4 for _, day in moved)
    assert {day for name, day in moved if name == sick.id} <= {4, 5, 6, 7}
    assert len(moved) <= 4


def test_a_roster_without_somebody_is_refused() -> None:
    problem = Problem(4, (DAY, NIGHT), people(), (HOLE,))
    with pytest.raises(Invalid, match="Free has no line of 4 days"):
        stand_ins(problem, {}, HOLE)
