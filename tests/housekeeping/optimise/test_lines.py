"""The best line of one person equals the best of all lines that the checker passes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from housekeeping.optimise.arrays import compile_problem
from housekeeping.optimise.check import line_violations
from housekeeping.optimise.explain import first_line
from housekeeping.optimise.lines import LinePricer
from housekeeping.optimise.model import Person, Problem, Shift
from tests.housekeeping.optimise.tiny import problems, valid_lines


@settings(max_examples=150, deadline=None, derandomize=True)
@given(problems(days=5, persons=1), st.lists(st.integers(-20, 20), min_size=15, max_size=15))
def test_pricing_finds_the_best_line_or_proves_that_there_is_none(problem: Problem, prices: list[int]) -> None:
    arrays, person = compile_problem(problem), problem.people[0]
    extra = np.array(prices, float).reshape(5, 3)
    lines = valid_lines(problem, person)
    priced = LinePricer(arrays).best(0, arrays.base[0] + extra)
    costs = [arrays.line_cost(0, arrays.line(line)) + extra[np.arange(5), arrays.line(line)].sum() for line in lines]
    if not lines:
        assert priced.line is None
        assert first_line(arrays, LinePricer(arrays), 0) is None
        return
    assert priced.bound <= min(costs) + 1e-6
    assert priced.line is not None
    assert not line_violations(problem, person, arrays.cells({0: priced.line})[person.id])
    assert abs(priced.value - min(costs)) < 1e-6


def test_an_absence_within_the_horizon_excuses_no_run_that_ended_before_it() -> None:
    person = Person("Ann", frozenset({"a"}), absent=frozenset({2}), min_consecutive_work=2, history=(None, "a"))
    arrays = compile_problem(Problem(4, (Shift("a", 240),), (person,)))
    line = first_line(arrays, LinePricer(arrays), 0)
    assert line is not None and arrays.cells({0: line})["Ann"][0] == "a"


@pytest.mark.parametrize("least_off", [1, 2])
def test_a_single_day_of_absence_still_needs_the_rest_around_a_day_off(least_off: int) -> None:
    shifts = Shift("a", 240), Shift("b", 240, not_after_day_off=frozenset({"a"}))
    person = Person(
        "Ann",
        frozenset({"a"}),
        absent=frozenset({0}),
        frozen={1: "a"},
        min_consecutive_off=least_off,
        history=("b",),
    )
    arrays = compile_problem(Problem(3, shifts, (person,)))
    assert first_line(arrays, LinePricer(arrays), 0) is None
