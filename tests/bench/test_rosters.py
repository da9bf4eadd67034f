"""The roster bench: its checker judges as the product's does, and random rosters hold before both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from housekeeping.instances import read
from housekeeping.optimise import check
from housekeeping.optimise.model import Cells, Problem
from housekeeping.optimise.roster import solve
from plantops.engines import Limits
from tests.bench import rosters
from tests.bench.rosters_check import broken, penalty
from tests.bench.rosters_made import drawn_anew, plant_half_hours, plant_month
from tests.bench.tables import Asked, run, unfinished
from tests.housekeeping.optimise.tiny import SHIFTS, best_penalty, problems

CELL = st.sampled_from([None, *SHIFTS])
Peer = Callable[[Problem], tuple[Cells, float | None]]


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    """CP-SAT in a process of its own: its library and that of HiGHS do not go together in one."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as child:
        yield lambda problem: child.submit(rosters.answer, rosters.CP_SAT, problem, 20).result()[:2]


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


def test_people_drawn_anew_can_all_be_rostered() -> None:
    problem = read(rosters.OWN / "Instance8.txt")
    drawn = drawn_anew(problem, 36, 1)
    assert drawn == drawn_anew(problem, 36, 1) != drawn_anew(problem, 36, 2)
    assert (len(drawn.people), drawn.days) == (36, problem.days) and drawn.requests
    assert abs(sum(c.required for c in drawn.cover) / sum(c.required for c in problem.cover) - 36 / 30) < 0.1
    assert not broken(drawn, solve(drawn, Limits(iterations=1)).cells)


@settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.generate])
@given(problem=problems(days=4, persons=2))
def test_the_peer_sets_the_same_rules(peer: Peer, problem: Problem) -> None:
    """What CP-SAT calls the best is the best, and where it finds nothing there is nothing."""
    cells, bound = peer(problem)
    best = best_penalty(problem)
    if best is None:
        assert not cells
        return
    assert not broken(problem, cells)
    assert (penalty(problem, cells), bound) == (best, best)


def test_a_quick_case_is_measured_beside_its_peers() -> None:
    case = next(case for case in rosters.cases(Asked(None, None, quick=True)) if case.name == "2")  # type: ignore[arg-type]
    (row,) = rosters.joined([rosters.line(case, 1, e, rosters.run(e, case, 1)) for e in rosters.ENGINES])
    assert (row["plantops"], row["plantops bound"], row["gap"]) == (828, 828, 0)
    assert all(row[peer] == "no roster" or row[peer] >= 828 for peer in rosters.PEERS)
    assert "1 of 1 proved" in rosters.notes([row])


def test_one_engine_on_one_roster_is_measured_and_the_rest_left_for_later(tmp_path: Path) -> None:
    asked = Asked(tmp_path, tmp_path, quick=True, only="plantops: Curtois and Qu: 1")
    assert run(rosters.TABLE, asked).count("| Curtois and Qu |") == 1
    ((name, (row,)),) = unfinished(tmp_path / "rosters.json", asked).items()
    assert (name, row["plantops"], row["gap"]) == (asked.only, 607, 0)
