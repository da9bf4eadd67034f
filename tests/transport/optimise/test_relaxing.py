"""A bound of days with reloads, frozen stops, and orders moved on the way is never above the best plan."""

import random
from dataclasses import replace

import pytest

from plantops.engines import Limits, Stopwatch
from tests.transport.optimise.small import Features, best_by_trying, random_problem
from transport.optimise.check import broken
from transport.optimise.day import prepare
from transport.optimise.model import Fixed, Problem, Visit
from transport.optimise.pool import Pool
from transport.optimise.proof import Proof
from transport.optimise.routes import solve


def bound_of(problem: Problem, long: bool = False) -> float:
    """The bound of an empty pool, solved to its end."""
    day = prepare(problem)
    proof = Proof(day)
    if long:
        proof.coarse(Pool(day), 1 << 60, Stopwatch(), None, None)
    else:
        proof.generate(Pool(day), 1 << 60, Stopwatch(), None, None)
    assert proof.lower is not None
    return day.money(proof.lower)


def served_by_all(problem: Problem) -> float | None:
    """The least cost, None when not all orders can be served."""
    most, cheapest = best_by_trying(problem)
    return cheapest if most == sum(order.priority + 1 for order in problem.orders) else None


@pytest.mark.parametrize("seed", range(24))
@pytest.mark.parametrize("kind", ["trips", "on_the_way", "both"])
def test_the_bound_of_a_relaxed_day_is_under_the_best_plan(seed: int, kind: str) -> None:
    dice = random.Random(f"relaxed {seed} {kind}")
    features = Features(
        trips=kind != "on_the_way",
        on_the_way=kind != "trips",
        windows=dice.random() < 0.6,
        hours=dice.random() < 0.5,
        unlike=dice.random() < 0.5,
        pickups=dice.random() < 0.3,
        scarce=dice.random() < 0.3,
    )
    problem = random_problem(seed, features, 3, 2)
    cheapest = served_by_all(problem)
    if cheapest is None:
        return
    for long in (False, True):
        assert bound_of(problem, long) <= cheapest + 1e-6


def test_of_many_days_the_bound_is_near_the_best_plan() -> None:
    """A bound that says nothing would pass all other tests."""
    near: list[float] = []
    for seed in range(20):
        problem = random_problem(seed, Features(on_the_way=True, windows=True), 3, 2)
        if (cheapest := served_by_all(problem)) is not None:
            near.append(bound_of(problem) / cheapest)
    assert len(near) > 6
    assert sum(near) / len(near) > 0.85


@pytest.mark.parametrize("seed", range(24))
def test_frozen_stops_of_the_best_plan_leave_a_bound_under_it(seed: int) -> None:
    dice = random.Random(f"frozen {seed}")
    features = Features(windows=dice.random() < 0.6, hours=dice.random() < 0.5, unlike=True, trips=dice.random() < 0.4)
    problem = random_problem(seed, features, 4, 2)
    cheapest = served_by_all(problem)
    plan = solve(problem, Limits(iterations=1_000, seed=seed))
    if cheapest is None or plan.unassigned:
        return
    assert plan.outcome.objective == pytest.approx(cheapest)
    fixed = tuple(
        Fixed(route.vehicle, tuple(str(visit.order) for visit in _first_trip(route.visits)), frozen=True)
        for route in plan.routes
    )
    frozen = replace(problem, fixed=fixed)
    for long in (False, True):
        assert bound_of(frozen, long) <= cheapest + 1e-6
    again = solve(frozen, Limits(iterations=100, seed=seed))
    assert broken(frozen, again) == []
    assert again.outcome.bound is not None
    assert again.outcome.bound <= cheapest + 1e-6
    assert again.outcome.objective is not None
    assert again.outcome.objective >= cheapest - 1e-6


def _first_trip(visits: tuple[Visit, ...]) -> list[Visit]:
    """About half of the visits before the first reload."""
    first = next((at for at, visit in enumerate(visits) if visit.order is None), len(visits))
    return list(visits[: (first + 1) // 2])
