"""500 small days drawn from seeds: every plan holds, tiny ones are as cheap as the cheapest plan there is, no bound is
above it."""

import random
from dataclasses import fields

import pytest

from plantops.engines import Limits, Status
from tests.transport.optimise.small import Features, best_by_trying, random_problem
from transport.optimise.check import broken
from transport.optimise.model import Problem
from transport.optimise.routes import solve

ALL, TINY = 500, 400  # days, and of them those of which every plan is tried
SAMPLE = (*range(0, TINY, 50), *range(TINY, ALL, 40))


def drawn(seed: int) -> Problem:
    """A day with every feature now and then. The larger ones have 8 to 14 orders."""
    dice = random.Random(f"features {seed}")
    has = {field.name: dice.random() < 0.3 for field in fields(Features)}
    if has["on_the_way"]:  # of which nobody takes several windows
        has["several_windows"] = False
    if seed >= TINY:
        return random_problem(seed, Features(**has), dice.randint(8, 14), dice.randint(3, 6))
    long = has["on_the_way"] or has["trips"]
    return random_problem(seed, Features(**has), dice.randint(2, 3 if long else 4), dice.randint(1, 2 if long else 3))


def holds(seed: int) -> None:
    problem = drawn(seed)
    plan = solve(problem, Limits(iterations=150, seed=seed))
    assert broken(problem, plan) == []
    bound, cost = plan.outcome.bound, plan.outcome.objective
    assert cost is not None
    if seed >= TINY:
        return
    most, cheapest = best_by_trying(problem)
    left = {unassigned.id for unassigned in plan.unassigned}
    assert sum(order.priority + 1 for order in problem.orders if order.id not in left) == most
    assert cost == pytest.approx(cheapest)
    assert bound is None or bound <= cheapest + 1e-6
    assert plan.outcome.status is not Status.OPTIMAL or bound == pytest.approx(cheapest)


@pytest.mark.parametrize("seed", SAMPLE)
def test_a_drawn_day_is_planned_well(seed: int) -> None:
    holds(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [seed for seed in range(ALL) if seed not in SAMPLE])
def test_every_drawn_day_is_planned_well(seed: int) -> None:
    holds(seed)
