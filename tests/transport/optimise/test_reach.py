"""Orders that no plan serves: found before the search, never one that some plan could serve, and the rest is proved."""

from dataclasses import replace

import numpy as np
import pytest

from plantops.engines import Limits, Status
from tests.transport.optimise.hand import delivery, line, van
from tests.transport.optimise.small import Features, _routes_of, random_problem
from transport.optimise.check import broken
from transport.optimise.day import prepare
from transport.optimise.model import NO_ROAD, Fixed, Order, Problem, Stop
from transport.optimise.reach import out_of_reach, renumbered, within_reach
from transport.optimise.routes import solve

HARD = Features(windows=True, unlike=True, short_days=True, on_the_way=True, scarce=True, skills=True)


def hard(seed: int) -> Problem:
    return random_problem(seed, replace(HARD, on_the_way=seed % 2 > 0, pickups=seed % 3 > 0), 4 - seed % 2, 2)


def served_by_some_route(problem: Problem) -> set[int]:
    return {n for vehicle in problem.vehicles for served in _routes_of(problem, vehicle) for n in served}


def test_who_is_out_of_reach_is_in_no_route_at_all() -> None:
    found, unserved = 0, 0
    for seed in range(60):
        problem = hard(seed)
        gone = set(out_of_reach(prepare(problem)))
        reached = served_by_some_route(problem)
        assert not gone & reached, seed
        found, unserved = found + len(gone), unserved + len(problem.orders) - len(reached)
    assert found > 0.9 * unserved > 0


def test_an_order_that_a_detour_reaches_in_time_is_within_reach() -> None:
    """The straight way to place 5 takes too long; by place 2 there is a shorter one."""
    problem = line([delivery("far", 5, 1, 0, (0, 6)), delivery("near", 2)], [van()])
    slow = problem.duration[0].copy()
    slow[0, 5] = 50
    detour = replace(problem, duration=(slow,))
    assert out_of_reach(prepare(detour)) == []
    assert solve(detour, Limits(iterations=50)).unassigned == ()
    slow = slow.copy()
    slow[2, 5] = slow[1, 5] = slow[3, 5] = slow[4, 5] = NO_ROAD
    assert out_of_reach(prepare(replace(problem, duration=(slow,)))) == [0]


@pytest.mark.parametrize(
    "impossible",
    [
        delivery("x", 8, 1, 0, (0, 7)),
        delivery("x", 3, 11),
        delivery("x", 9, 1, 90),
        replace(delivery("x", 2), skills=frozenset({"crane"})),
        replace(delivery("x", 2, 1, 0, (0, 20)), ready=19),
        Order("x", (1,), pickup=Stop(9), delivery=delivery("x", 1, 1, 0, (0, 16)).delivery),
    ],
)
def test_the_rest_of_a_day_is_proved_and_the_impossible_order_has_its_reasons(impossible: Order) -> None:
    orders = [delivery("a", 4), impossible, delivery("b", 6)]
    problem = line(orders, [van("v"), van("w", cost_fixed=5.0)])
    plan = solve(problem, Limits(iterations=50))
    assert broken(problem, plan) == []
    assert plan.outcome.status is Status.OPTIMAL
    assert plan.outcome.objective == pytest.approx(12)
    (left,) = plan.unassigned
    assert left.id == "x"
    assert {reason.vehicle for reason in left.reasons} == {"v", "w"}


def test_a_day_of_which_nothing_can_be_served_says_why() -> None:
    problem = line([delivery("a", 4, 50), delivery("b", 6, 50)], [van()])
    plan = solve(problem, Limits(iterations=50))
    assert plan.outcome.status is Status.INFEASIBLE
    assert [len(left.reasons) for left in plan.unassigned] == [1, 1]


def test_frozen_stops_stay_and_a_plan_in_hand_is_taken_up() -> None:
    orders = [delivery("x", 3, 11), delivery("a", 4), delivery("b", 6), delivery("c", 2)]
    problem = line(orders, [van("v"), van("w", capacity=3)], fixed=[Fixed("v", ("b",), frozen=True)])
    whole = prepare(problem)
    day = within_reach(whole)
    assert [order.id for order in day.problem.orders] == ["a", "b", "c"]
    tours = [(k, (2, 1, 3)) for k, prefix in enumerate(whole.prefix) if prefix]
    assert [day.visits[v][0].id for v in renumbered(tours, whole, day)[0][1]] == ["b", "a", "c"]
    plan = solve(problem, Limits(iterations=50), start=tours)
    assert broken(problem, plan) == []
    assert [left.id for left in plan.unassigned] == ["x"]
    assert plan.routes[0].orders[0] == "b"


def test_large_matrices_are_not_searched_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transport.optimise.reach.MOST_WORK", 10)
    problem = line([delivery("far", 8, 1, 0, (0, 7)), delivery("a", 4)], [van()])
    assert out_of_reach(prepare(problem)) == []
    assert np.isclose(solve(problem, Limits(iterations=50)).outcome.objective or 0, 8)
