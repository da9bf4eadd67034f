"""The arrays of a roster problem: what asks the same is one row, and nothing costs another price by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from housekeeping.optimise.arrays import compile_problem
from housekeeping.optimise.check import penalty
from housekeeping.optimise.model import Cover, Person, Problem, Shift

EARLY, LATE = frozenset({"early"}), frozenset({"early", "late"})


def test_half_hours_that_ask_the_same_are_one_row_and_cost_what_they_cost_before() -> None:
    shifts = (Shift("early", 480), Shift("late", 480))
    people = tuple(Person(f"p{n}", LATE, skills=frozenset({"key"} if n else ())) for n in range(3))
    half = Cover(0, LATE, 2, 10, 1, name="08.0 h")
    cover = (
        half,
        replace(half, name="08.5 h", over_weight=4),
        replace(half, required=1),
        replace(half, shifts=EARLY),
        replace(half, skill="key"),
        replace(half, day=1),
    )
    problem = Problem(2, shifts, people, cover)
    arrays = compile_problem(problem)
    assert list(zip(arrays.required, arrays.under, arrays.over, strict=True))[:2] == [(2, 20, 5), (1, 10, 1)]
    assert len(arrays.required) == len(cover) - 1
    for cells in ((0, 0), (1, 0), (2, 2), (0, 1)):
        lines = {e: np.array(cells if e else cells[::-1], np.int16) for e in range(3)}
        assert arrays.cost(lines) == penalty(problem, arrays.cells(lines))
