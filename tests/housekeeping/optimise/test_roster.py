"""The roster engine: equal to trying everything on tiny problems, valid and bounded on the published ones."""

from __future__ import annotations

import csv
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from housekeeping.instances import read
from housekeeping.optimise.check import penalty, shortfalls, violations
from housekeeping.optimise.model import Cover, Person, Plan, Problem, Shift
from housekeeping.optimise.roster import solve
from plantops.engines import Limits, ProgressReport, Status
from plantops.errors import Invalid
from tests.housekeeping.optimise.plant import plant_fortnight
from tests.housekeeping.optimise.tiny import best_penalty, problems, valid_lines

FILES = Path(__file__).parents[2] / "data" / "housekeeping"


def best_known() -> dict[int, int]:
    with (FILES / "best_known.csv").open() as file:
        return {int(row["instance"]): int(row["best"]) for row in csv.DictReader(file)}


def instance(number: int) -> Problem:
    return read(FILES / f"Instance{number}.txt")


def agrees_with_the_checker(problem: Problem, plan: Plan) -> None:
    assert not violations(problem, plan.cells)
    assert plan.penalty == penalty(problem, plan.cells)
    assert plan.shortfalls == shortfalls(problem, plan.cells)
    assert plan.outcome.objective == plan.penalty
    if plan.outcome.bound is not None:
        assert plan.outcome.bound <= plan.penalty
        assert plan.outcome.status == (Status.OPTIMAL if plan.outcome.bound == plan.penalty else Status.FEASIBLE)


# --- Against trying everything


def equals_trying_everything(problem: Problem) -> None:
    plan = solve(problem, Limits(seconds=30))
    best = best_penalty(problem)
    if best is None:
        without = {person.id for person in problem.people if not valid_lines(problem, person)}
        assert plan.outcome.status is Status.INFEASIBLE
        assert {clash.person for clash in plan.clashes} == without
        assert set(plan.cells) == {person.id for person in problem.people} - without
        assert (plan.penalty, plan.outcome.objective, plan.outcome.bound) == (None, None, None)
        return
    agrees_with_the_checker(problem, plan)
    assert (plan.outcome.status, plan.penalty, plan.outcome.bound) == (Status.OPTIMAL, best, best)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(problems(days=4, persons=3))
def test_tiny_rosters_equal_the_best_of_all(problem: Problem) -> None:
    equals_trying_everything(problem)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(problems(days=5, persons=3))
def test_many_tiny_rosters_equal_the_best_of_all(problem: Problem) -> None:
    equals_trying_everything(problem)


# --- The published instances


@pytest.mark.parametrize("number", [2, 3, 4, 5])
def test_small_published_instances_are_proved_optimal(number: int) -> None:
    problem = instance(number)
    plan = solve(problem, Limits(iterations=200))
    agrees_with_the_checker(problem, plan)
    assert (plan.outcome.status, plan.penalty) == (Status.OPTIMAL, best_known()[number])


def test_a_harder_instance_is_valid_and_bounded_after_a_short_search() -> None:
    problem = instance(7)
    plan = solve(problem, Limits(iterations=40))
    agrees_with_the_checker(problem, plan)
    assert plan.outcome.bound is not None and plan.penalty is not None
    assert 1050 <= plan.outcome.bound <= best_known()[7] <= plan.penalty


@pytest.mark.slow
@pytest.mark.parametrize(("number", "worst"), [(1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0.02)])
def test_published_instances_in_a_minute(number: int, worst: float) -> None:
    problem, best = instance(number), best_known()[number]
    begun = time.monotonic()
    plan = solve(problem, Limits(seconds=60, seed=1))
    assert time.monotonic() - begun < 66 + 10  # compilation does not count
    assert plan.outcome.seconds < 66
    agrees_with_the_checker(problem, plan)
    assert plan.outcome.bound is not None and plan.penalty is not None
    assert plan.outcome.bound <= best <= plan.penalty <= best * (1 + worst)
    assert plan.outcome.status == (Status.FEASIBLE if worst else Status.OPTIMAL)


# --- Manners


def test_the_same_seed_and_iterations_give_the_same_plan() -> None:
    problem = instance(6)
    first, second = (solve(problem, Limits(seed=7, iterations=25)) for _ in range(2))
    assert (first.cells, first.penalty, first.outcome.bound) == (second.cells, second.penalty, second.outcome.bound)


def test_a_cancel_keeps_the_best_roster_so_far() -> None:
    problem = instance(8)
    news: list[ProgressReport] = []
    plan = solve(problem, Limits(seconds=60), news.append, lambda: len(news) >= 2)
    agrees_with_the_checker(problem, plan)
    assert plan.penalty == news[-1].incumbent
    assert plan.outcome.seconds < 30
    assert [report.incumbent for report in news] == sorted((report.incumbent for report in news), reverse=True)  # type: ignore[type-var]


def test_the_time_limit_holds() -> None:
    plan = solve(instance(8), Limits(seconds=2))
    agrees_with_the_checker(instance(8), plan)
    assert plan.outcome.seconds < 3


def test_a_gap_that_is_enough_ends_the_search() -> None:
    plan = solve(instance(7), Limits(seconds=60, gap=0.9))
    assert plan.outcome.gap is not None and plan.outcome.gap <= 0.9
    assert plan.outcome.status is Status.FEASIBLE


def test_a_plant_of_forty_people_for_two_weeks_is_planned_with_a_small_gap() -> None:
    problem = plant_fortnight(seed=3)
    plan = solve(problem, Limits(seconds=20, gap=0.02))
    agrees_with_the_checker(problem, plan)
    assert plan.outcome.gap is not None and plan.outcome.gap <= 0.02


# --- Answers that are not rosters


def test_somebody_without_a_line_is_named_and_the_others_are_planned() -> None:
    day = Shift("day", 480)
    stuck = Person("Ann", frozenset({"day"}), min_minutes=960, max_consecutive_work=1)
    free = Person("Ben", frozenset({"day"}))
    problem = Problem(2, (day,), (stuck, free), (Cover(0, frozenset({"day"}), 1, 10),))
    plan = solve(problem, Limits(seconds=5))
    assert plan.outcome.status is Status.INFEASIBLE
    assert plan.cells["Ben"][0] == "day"
    assert [clash.person for clash in plan.clashes] == ["Ann"]


def test_a_contradictory_problem_is_refused_in_a_sentence() -> None:
    problem = Problem(2, (Shift("day", 480),), (Person("Ann", frozenset({"night"})),))
    with pytest.raises(Invalid, match="Ann has the shift night; there is none"):
        solve(problem, Limits(seconds=5))
    with pytest.raises(Invalid, match="There is nobody to plan"):
        solve(replace(problem, people=()), Limits(seconds=5))


def test_nobody_qualified_leaves_holes_and_no_error() -> None:
    problem = Problem(1, (Shift("day", 480),), (Person("Ann", frozenset()),), (Cover(0, frozenset({"day"}), 2, 50),))
    plan = solve(problem, Limits(seconds=5))
    assert (plan.outcome.status, plan.penalty) == (Status.OPTIMAL, 100)
    assert [(miss.missing, miss.penalty) for miss in plan.shortfalls] == [(2, 100)]


def test_a_week_that_everybody_likes_is_proved_in_no_time() -> None:
    """Nobody's wish and no place is open: nothing can cost less, whatever the time that is left for proving."""
    day = Shift("d", 480)
    people = tuple(Person(f"p{number}", frozenset({"d"}), {"d": 7}) for number in range(3))
    easy = Problem(7, (day,), people, cover=tuple(Cover(at, frozenset({"d"}), 2, 100, 1) for at in range(7)))
    plan = solve(easy, Limits(seconds=0.001))
    assert (plan.outcome.status, plan.penalty, plan.outcome.bound) == (Status.OPTIMAL, 0, 0)
