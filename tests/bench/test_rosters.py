"""The roster bench: its checker judges as the product's does, and random rosters hold before both."""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from housekeeping.optimise import check
from housekeeping.optimise.model import Cells, Problem
from housekeeping.optimise.roster import solve
from plantops.engines import Limits
from tests.bench import rosters
from tests.bench.rosters_check import broken, penalty
from tests.bench.rosters_made import plant_half_hours, plant_month
from tests.bench.tables import Asked
from tests.housekeeping.optimise.tiny import SHIFTS, problems

CELL = st.sampled_from([None, *SHIFTS])


@st.composite
def any_cells(draw: st.DrawFn) -> tuple[Problem, Cells]:
    problem = draw(problems())
    return problem, {p.id: tuple(draw(CELL) for _ in range(problem.days)) for p in problem.people}


@settings(max_examples=40, deadline=None, derandomize=True, phases=[Phase.generate])
@given(any_cells())
def test_both_checkers_say_the_same(given_: tuple[Problem, Cells]) -> None:
    problem, cells = given_
    assert bool(broken(problem, cells)) == bool(check.violations(problem, cells))
    assert penalty(problem, cells) == check.penalty(problem, cells)


def holds(problem: Problem) -> None:
    plan = solve(problem, Limits(iterations=20))
    if plan.penalty is None:
        assert plan.clashes
        return
    assert not broken(problem, plan.cells)
    assert penalty(problem, plan.cells) == plan.penalty
    assert plan.outcome.bound is not None and plan.outcome.bound <= plan.penalty


@settings(max_examples=15, deadline=None, derandomize=True, phases=[Phase.generate])
@given(problems(days=6, persons=4))
def test_random_rosters_hold_before_a_checker_of_its_own(problem: Problem) -> None:
    holds(problem)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(problems(days=14, persons=8))
def test_three_hundred_random_rosters_hold(problem: Problem) -> None:
    holds(problem)


def test_a_made_up_plant_is_the_same_for_the_same_seed_and_has_all_that_is_asked() -> None:
    problem = plant_month(3, 40)
    assert problem == plant_month(3, 40) != plant_month(4, 40)
    assert len(problem.people) == 40 and problem.days == 28
    assert any(person.absent for person in problem.people) and any(person.skills for person in problem.people)
    assert {len(cover.shifts) for cover in plant_half_hours(1, 30).cover} > {1}


def test_a_quick_case_is_measured_on_both_sides() -> None:
    case = next(case for case in rosters.cases(Asked(None, None, quick=True)) if case.name == "2")  # type: ignore[arg-type]
    row = rosters.line(case, 4, {engine: rosters.run(engine, case, 4) for engine in rosters.ENGINES})
    assert (row["plantops"], row["plantops bound"], row["gap"]) == (828, 828, 0)
    assert row["PuLP + HiGHS"] == "no roster" or row["PuLP + HiGHS"] >= 828
    assert "1 of 1 proved" in rosters.notes([row])
