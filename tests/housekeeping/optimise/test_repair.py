"""A sick call: who could step in, what it breaks, and a repair that moves few cells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from housekeeping.optimise.check import line_violations, penalty, shortfalls, violations
from housekeeping.optimise.model import OFF, ON, Cells, Cover, Person, Plan, Problem, Request, Rule, Shift
from housekeeping.optimise.repair import MOVES_FOR_A_HOLE, least_change, stand_ins
from housekeeping.optimise.roster import solve
from plantops.engines import Limits
from plantops.errors import Invalid
from tests.bench.rosters_made import plant_month
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


def missing(problem: Problem, cells: Cells) -> int:
    return sum(miss.missing for miss in shortfalls(problem, cells))


def moves(published: Cells, cells: Cells) -> list[tuple[str, int]]:
    return [(p, day) for p, line in cells.items() for day, cell in enumerate(line) if cell != published[p][day]]


def sick(problem: Problem, published: Cells, days: range) -> tuple[str, Problem, Cells]:
    """Somebody who works most of these days falls ill: who, the problem since, and the roster when nobody steps in."""
    own = max(problem.people, key=lambda p: sum(cell is not None for cell in published[p.id][days.start : days.stop]))
    ill = replace(own, absent=own.absent | set(days), min_minutes=0)
    changed = replace(problem, people=tuple(ill if p.id == own.id else p for p in problem.people))
    line = tuple(None if day in days else cell for day, cell in enumerate(published[own.id]))
    return own.id, changed, {**published, own.id: line}


def is_repaired(published: Cells, who: str, changed: Problem, left: Cells, plan: Plan, today: int) -> None:
    """Valid, nothing before today moved, and so few others that each hole that was filled is worth it."""
    assert not violations(least_change(changed, published, today), plan.cells)
    others = [(name, day) for name, day in moves(published, plan.cells) if name != who]
    assert all(day >= today for _, day in moves(published, plan.cells))
    filled = missing(changed, left) - missing(changed, plan.cells)
    assert filled > 0 and len(others) <= MOVES_FOR_A_HOLE * filled


def test_a_sick_call_is_filled_by_few_moves_and_no_frozen_cell() -> None:
    problem = plant_fortnight(seed=2, count=20)
    published = solve(problem, Limits(iterations=25)).cells
    who, changed, left = sick(problem, published, range(4, 8))
    plan = solve(least_change(changed, published, frozen_until=4), Limits(iterations=10))
    is_repaired(published, who, changed, left, plan, 4)


@pytest.mark.slow
@pytest.mark.parametrize(("first", "last"), [(7, 12), (8, 15), (20, 24)])
def test_sixty_people_for_four_weeks_are_repaired_in_three_seconds(first: int, last: int) -> None:
    problem = plant_month(1, 60)
    published = solve(problem, Limits(seconds=0.5, cpu=True)).cells
    who, changed, left = sick(problem, published, range(first, last))
    plan = solve(least_change(changed, published, first), Limits(seconds=3, cpu=True))
    assert plan.outcome.cpu_seconds < 3.3
    is_repaired(published, who, changed, left, plan, first)


def test_a_hole_is_filled_at_once_or_by_a_chain_and_left_when_it_would_only_move() -> None:
    free, busy = (Person(name, frozenset({"day"}), max_minutes=2 * 480) for name in ("Free", "Busy"))
    gone = Person("Gone", frozenset({"day"}), absent=frozenset({1}))
    cover = tuple(Cover(day, frozenset({"day"}), 1 + (day == 3), 100, 1) for day in range(4))
    published: Cells = {"Free": (None,) * 4, "Busy": ("day", None, "day", None), "Gone": (None, "day", None, "day")}
    problem = Problem(4, (DAY,), (free, busy, gone), cover)
    asked = least_change(problem, published)
    assert asked.cover[3].required == 1  # that hole was accepted
    assert moves(published, solve(asked, Limits(iterations=20)).cells) == [("Free", 1), ("Gone", 1)]
    two = {name: published[name] for name in ("Busy", "Gone")}
    chain = solve(least_change(replace(problem, people=(busy, gone)), two), Limits(iterations=20))
    assert moves(published, chain.cells) == [("Busy", 1), ("Busy", 2), ("Gone", 1), ("Gone", 2)]
    full = replace(gone, max_minutes=480)
    left = solve(least_change(replace(problem, people=(busy, full)), two), Limits(iterations=20))
    assert moves(published, left.cells) == [("Gone", 1)]


def test_no_wish_is_worth_a_move() -> None:
    people_ = tuple(Person(name, frozenset({"day"})) for name in ("Ann", "Ben"))
    wishes = (Request("Ann", 0, "day", OFF, 9), Request("Ben", 0, "day", ON, 9))
    problem = Problem(2, (DAY,), people_, (Cover(0, frozenset({"day"}), 1, 100, 1),), wishes)
    published: Cells = {"Ann": ("day", None), "Ben": (None, "day")}
    assert solve(least_change(problem, published), Limits(iterations=20)).cells == published
    assert solve(problem, Limits(iterations=20)).cells["Ben"][0] == "day"


@pytest.mark.parametrize(("weight", "moved"), [(0, True), (2, True), (9, False)])
def test_the_stability_weight_is_the_price_of_a_cell_that_moves(weight: int, moved: bool) -> None:
    ann = Person("Ann", frozenset({"day"}))
    wish = (Request("Ann", 0, "day", OFF, 5),)
    problem = Problem(1, (DAY,), (ann,), (), wish, {"Ann": ("day",)}, weight)
    plan = solve(problem, Limits(iterations=20))
    assert plan.cells["Ann"] == ((None,) if moved else ("day",))
    assert plan.penalty == min(weight, 5)


def test_a_roster_without_somebody_is_refused() -> None:
    problem = Problem(4, (DAY, NIGHT), people(), (HOLE,))
    with pytest.raises(Invalid, match="Free has no line of 4 days"):
        stand_ins(problem, {}, HOLE)
