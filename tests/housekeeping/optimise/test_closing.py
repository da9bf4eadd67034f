"""Branch and price: it ends with the best roster, and what it proves is true while it is under way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from housekeeping.optimise.arrays import compile_problem
from housekeeping.optimise.closing import Closing
from housekeeping.optimise.generation import Generation
from housekeeping.optimise.model import Problem
from housekeeping.optimise.search import Search, respond
from tests.housekeeping.optimise.tiny import best_penalty, problems


def closes_at_the_best(problem: Problem) -> None:
    """From the rosters of the best response, without any other search."""
    best = best_penalty(problem)
    search = Search(compile_problem(problem), np.random.default_rng(0), lambda: False, lambda _: None)
    if best is None or not search.offer(respond(search, {}), "best response"):
        return
    root = Generation(search.arrays, search.master, search.pricer, search.possible).run(lambda: False, 1000, whole=True)
    closing = Closing(search, search.master, root)
    while not closing.over:
        closing.step()
        assert closing.bound <= best + 1e-6
    assert closing.lost >= best - 1e-6
    if closing.lost > search.penalty:
        assert search.penalty == best
        assert np.ceil(closing.bound - 1e-6) == best


@settings(max_examples=40, deadline=None, derandomize=True)
@given(problems(days=4, persons=3))
def test_the_last_node_leaves_the_best_roster(problem: Problem) -> None:
    closes_at_the_best(problem)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(problems(days=5, persons=3))
def test_the_last_node_leaves_the_best_roster_of_many(problem: Problem) -> None:
    closes_at_the_best(problem)
