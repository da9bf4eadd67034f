"""Plans of tiny random days against every plan there is, and the manners of a long run."""

import time

import pytest

from plantops.engines import Limits, ProgressReport, Status
from tests.transport.optimise.small import Features, best_by_trying, random_problem
from transport.optimise.check import broken
from transport.optimise.model import Plan, Problem
from transport.optimise.routes import solve

KINDS = {
    "plain": Features(),
    "windows": Features(windows=True),
    "several windows": Features(several_windows=True),
    "unlike vehicles": Features(windows=True, unlike=True),
    "paid by the hour": Features(windows=True, hours=True, unlike=True),
    "hours and several windows": Features(several_windows=True, hours=True),
    "short days": Features(windows=True, short_days=True),
    "pickups": Features(windows=True, pickups=True),
    "too little fleet": Features(windows=True, scarce=True, priorities=True),
    "skills": Features(windows=True, skills=True, unlike=True),
    "pickup and delivery": Features(on_the_way=True, windows=True),
    "reloading": Features(trips=True, scarce=True),
}


def weight(problem: Problem, plan: Plan) -> int:
    left = {unassigned.id for unassigned in plan.unassigned}
    return sum(order.priority + 1 for order in problem.orders if order.id not in left)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_a_tiny_day_is_planned_as_well_as_by_trying_everything(kind: str, seed: int) -> None:
    hard = kind in ("pickup and delivery", "reloading")
    problem = random_problem(seed, KINDS[kind], orders=4 if hard else 5, vehicles=2 if hard else 3)
    most, cheapest = best_by_trying(problem)
    plan = solve(problem, Limits(iterations=300, seed=1))
    assert broken(problem, plan) == []
    assert weight(problem, plan) == most
    assert plan.outcome.objective == pytest.approx(cheapest)
    if plan.outcome.bound is not None:
        assert plan.outcome.bound <= cheapest + 1e-6
    if plan.outcome.status is Status.OPTIMAL:
        assert plan.outcome.bound == pytest.approx(cheapest)
    for unassigned in plan.unassigned:
        assert unassigned.reasons and all(reason.text for reason in unassigned.reasons)
