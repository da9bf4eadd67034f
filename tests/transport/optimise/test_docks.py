"""Docks: never more vehicles at a place than it has docks, at any moment; tiny days against trying every timing."""

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest

from plantops.engines import Limits, Status
from tests.bench.routes_made import made
from tests.transport.optimise.hand import delivery, line, van
from tests.transport.optimise.small import Features, random_problem
from transport.optimise.board import lay_out
from transport.optimise.check import broken
from transport.optimise.day import prepare
from transport.optimise.model import BadProblem, Constraint, Dock, Fixed, Plan, Problem
from transport.optimise.routes import solve
from transport.optimise.schedule import judge_on_all

END = 60


def starts(plan: Plan) -> dict[str, int]:
    return {str(visit.order): visit.start for route in plan.routes for visit in route.visits}


def test_two_vehicles_at_one_dock_come_one_after_the_other() -> None:
    orders = [delivery("a", 4, 10, 5, (0, 30)), delivery("b", 4, 10, 5, (0, 30))]
    problem = replace(line(orders, [van("x"), van("y")]), docks=(Dock(4, (1,)),))
    plan = solve(problem, Limits(iterations=50))
    assert broken(problem, plan) == []
    first, second = sorted(starts(plan).values())
    assert second >= first + 5
    assert plan.outcome.status is Status.OPTIMAL
    assert plan.outcome.objective == pytest.approx(16)


def test_a_dock_that_opens_later_is_waited_for() -> None:
    problem = replace(line([delivery("a", 4, 1, 5)], [van()]), docks=(Dock(4, (0, 1), 20),))
    plan = solve(problem, Limits(iterations=20))
    assert broken(problem, plan) == []
    assert starts(plan)["a"] == 20


def test_a_service_does_not_reach_into_hours_without_a_dock() -> None:
    problem = replace(line([delivery("a", 4, 1, 5)], [van()]), docks=(Dock(4, (0, 1, 0, 2), 6),))
    plan = solve(problem, Limits(iterations=20))
    assert broken(problem, plan) == []
    assert starts(plan)["a"] in {6, 7, *range(18, 80)}


def test_the_search_knows_when_there_is_no_dock() -> None:
    """By its windows alone x would serve a first; only b first gets both their dock."""
    orders = [delivery("a", 2, 1, 3, (0, 40)), delivery("b", 6, 1, 3, (0, 40))]
    problem = replace(line(orders, [van(closes=44)]), docks=(Dock(2, (0, 0, 1), 10), Dock(6, (1, 0), 10)))
    plan = solve(problem, Limits(iterations=50))
    assert broken(problem, plan) == []
    assert plan.unassigned == ()
    assert [order for route in plan.routes for order in route.orders] == ["b", "a"]
    assert plan.outcome.status is Status.OPTIMAL


def test_an_order_that_finds_no_dock_is_left_out_and_says_so() -> None:
    orders = [delivery("a", 4, 10, 9, (4, 6)), delivery("b", 4, 10, 9, (4, 6))]
    problem = replace(line(orders, [van("x"), van("y")]), docks=(Dock(4, (1,)),))
    plan = solve(problem, Limits(iterations=50))
    assert broken(problem, plan) == []
    (left,) = plan.unassigned
    reason = next(reason for reason in left.reasons if reason.constraint is Constraint.DOCK)
    assert "no dock of p4 is free" in reason.text
    assert reason.extra_cost == pytest.approx(8)


def test_frozen_stops_have_their_dock_first() -> None:
    orders = [delivery("a", 4, 10, 5, (0, 30)), delivery("b", 4, 10, 5, (0, 30))]
    fixed = [Fixed("x", ("a",), frozen=True)]
    problem = replace(line(orders, [van("x"), van("y")], fixed=fixed), docks=(Dock(4, (1,)),))
    alone = solve(replace(problem, docks=()), Limits(iterations=50))
    plan = solve(problem, Limits(iterations=50))
    assert broken(problem, plan) == []
    assert plan.unassigned == ()
    assert starts(plan)["a"] == starts(alone)["a"]


def test_frozen_stops_that_need_more_docks_than_there_are_are_refused() -> None:
    orders = [delivery("a", 4, 10, 5, (4, 4)), delivery("b", 4, 10, 5, (4, 4))]
    fixed = [Fixed("x", ("a",), frozen=True), Fixed("y", ("b",), frozen=True)]
    problem = replace(line(orders, [van("x"), van("y")], fixed=fixed), docks=(Dock(4, (1,)),))
    with pytest.raises(BadProblem, match="need more docks than there are"):
        solve(problem, Limits(iterations=10))


@pytest.mark.parametrize(
    ("docks", "says"),
    [
        ((Dock(99, (1,)),), "a place that is not there"),
        ((Dock(4, (1,)), Dock(4, (2,))), "are there 2 times"),
        ((Dock(4, (-1,)),), "is negative"),
        ((Dock(4, ()),), "need 1 to"),
        ((Dock(4, (1,), 0),), "at least one tick"),
    ],
)
def test_docks_that_make_no_sense_are_refused(docks: tuple[Dock, ...], says: str) -> None:
    with pytest.raises(BadProblem, match=says):
        solve(replace(line([delivery("a", 4)], [van()]), docks=docks), Limits(iterations=10))


def test_a_board_with_docks_is_refused_rather_than_wrong() -> None:
    problem = replace(line([delivery("a", 4)], [van()]), docks=(Dock(4, (1,)),))
    with pytest.raises(BadProblem, match="day with docks"):
        lay_out(problem, {})


@pytest.mark.parametrize("seed", range(20))
def test_docks_enough_for_all_change_nothing(seed: int) -> None:
    problem = random_problem(seed, Features(windows=True, hours=True), 5, 3)
    plenty = replace(problem, docks=tuple(Dock(place, (9,)) for place in range(1, len(problem.places))))
    plain, docked = (solve(day, Limits(iterations=100, seed=seed)) for day in (problem, plenty))
    assert docked.outcome.objective == pytest.approx(plain.outcome.objective)
    assert [route.orders for route in docked.routes] == [route.orders for route in plain.routes]


def docked_day(seed: int) -> Problem:
    """Four orders of which three are for one place with one dock, and no price per hour."""
    dice = random.Random(f"docks {seed}")
    problem = random_problem(seed, Features(windows=seed % 3 > 0, scarce=seed % 2 > 0), 3, 2)
    orders = []
    for order in problem.orders:
        assert order.delivery is not None
        place = 1 if dice.random() < 0.7 else order.delivery.place
        orders.append(replace(order, delivery=replace(order.delivery, place=place, service=dice.randint(2, 8))))
    capacity = dice.choice([(1,), (1, 2), (0, 1)])
    return replace(problem, orders=tuple(orders), docks=(Dock(1, capacity, dice.randint(8, 20)),))


def cheapest_by_trying(problem: Problem) -> float | None:
    """The least cost of serving all orders, over every plan and every timing; None when there is none."""
    day = prepare(replace(problem, docks=()))
    numbers, best = range(len(problem.orders)), None
    for owners in itertools.product(range(len(problem.vehicles)), repeat=len(problem.orders)):
        groups = [[n for n in numbers if owners[n] == v] for v in range(len(problem.vehicles))]
        for lines in itertools.product(*(itertools.permutations(group) for group in groups)):
            cost = 0
            for v, own in enumerate(lines):
                kind = next(k for k, members in enumerate(day.members) if problem.vehicles[v].id in members)
                alone = int(judge_on_all(day.arrays, np.array(own, np.int32))[kind]) if own else 0
                cost = -1 if alone < 0 or cost < 0 else cost + alone
            if cost >= 0 and (best is None or cost < best) and _any_timing(problem, lines):
                best = cost
    return None if best is None else day.money(best)


def _any_timing(problem: Problem, lines: tuple[tuple[int, ...], ...]) -> bool:
    taken: list[tuple[int, int]] = []

    def place(v: int, at: int, clock: int, here: int) -> bool:
        if v == len(lines):
            return True
        vehicle = problem.vehicles[v]
        ways = problem.duration[vehicle.profile]
        if at == len(lines[v]):
            home = clock + int(ways[here, vehicle.end])
            return home <= vehicle.window.closes and place(v + 1, 0, 0, problem.vehicles[0].start)
        stop = problem.orders[lines[v][at]].delivery
        assert stop is not None
        for start in range(clock + int(ways[here, stop.place]), END + 1):
            if not any(w.opens <= start <= w.closes for w in stop.windows):
                continue
            end = start + stop.service
            docked = stop.place == problem.docks[0].place
            if docked and not _fits(problem.docks[0], taken, start, end):
                continue
            if docked:
                taken.append((start, end))
            if place(v, at + 1, end, stop.place):
                return True
            if docked:
                taken.pop()
            else:
                return False  # later is no better where no dock is asked for
        return False

    return place(0, 0, 0, problem.vehicles[0].start)


def _fits(dock: Dock, taken: list[tuple[int, int]], start: int, end: int) -> bool:
    for moment in range(start, end):
        there = sum(a <= moment < b for a, b in taken)
        if there >= dock.capacity[min(moment // dock.bucket, len(dock.capacity) - 1)]:
            return False
    return True


@pytest.mark.parametrize("seed", range(40))
def test_a_tiny_day_with_a_dock_is_never_better_than_trying_everything_and_mostly_as_good(seed: int) -> None:
    problem = docked_day(seed)
    plan = solve(problem, Limits(iterations=150, seed=seed))
    assert broken(problem, plan) == []
    cheapest = cheapest_by_trying(problem)
    cost, bound = plan.outcome.objective, plan.outcome.bound
    assert cost is not None
    if cheapest is None:
        assert plan.unassigned
        return
    if not plan.unassigned:
        assert cost >= cheapest - 1e-6
        assert plan.outcome.status is not Status.OPTIMAL or cost == pytest.approx(cheapest)
    assert bound is None or plan.unassigned or bound <= cheapest + 1e-6


def test_most_tiny_days_with_a_dock_are_planned_as_well_as_they_can_be() -> None:
    same = whole = 0
    for seed in range(40):
        problem = docked_day(seed)
        cheapest = cheapest_by_trying(problem)
        if cheapest is None:
            continue
        plan = solve(problem, Limits(iterations=150, seed=seed))
        whole += 1
        same += not plan.unassigned and plan.outcome.objective == pytest.approx(cheapest)
    assert whole >= 15
    assert same >= 0.9 * whole


@pytest.mark.parametrize("seed", [1, 2])
def test_a_large_day_with_docks_and_everything_else_holds(seed: int) -> None:
    problem = made(seed)
    busy = replace(problem, docks=tuple(Dock(place, (1, 0, 1), 400) for place in range(1, 40)))
    plan = solve(busy, Limits(iterations=120, seed=seed))
    assert broken(busy, plan) == []
    assert len(plan.routes) > 3
