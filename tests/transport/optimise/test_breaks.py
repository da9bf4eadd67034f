"""Drivers rest when they must: on the road, at a stop, by waiting; and the checker sees when they do not."""

from dataclasses import replace

import pytest

from plantops.engines import Limits
from tests.transport.optimise.hand import delivery, line, van
from tests.transport.optimise.small import Features, random_problem
from transport.optimise.check import broken
from transport.optimise.day import prepare
from transport.optimise.driving import Rules, under
from transport.optimise.model import FOREVER, Breaks, Constraint, Order, Plan, Problem, Route
from transport.optimise.routes import solve
from transport.optimise.schedule import timetable


def driven(orders: list[Order], breaks: Breaks, closes: int = 100) -> tuple[Problem, Route]:
    """All orders in their order on one van."""
    problem = line(orders, [van(closes=closes, breaks=breaks)], length=20)
    day = prepare(problem)
    return problem, timetable(day, 0, "van", tuple(own[0] for own in day.visits_of))


def faults(problem: Problem, route: Route) -> list[str]:
    outcome = solve(problem, Limits(iterations=1)).outcome
    return broken(problem, Plan(replace(outcome, objective=route.cost, bound=None, gap=None), (route,), (), ""))


def test_a_break_on_the_road_is_taken_as_late_as_it_may_be() -> None:
    problem, route = driven([delivery("a", 9)], Breaks(5, after_driving=6))
    assert (route.visits[0].rest, route.rest) == (5, 5)
    assert (route.visits[0].arrival, route.returns - route.leaves) == (14, 28)
    assert faults(problem, route) == []


def test_waiting_as_long_as_a_break_is_one_and_it_leaves_no_later_than_that() -> None:
    problem, route = driven([delivery("a", 6, 1, 0, (12, 12))], Breaks(5, after_driving=6))
    assert (route.leaves, route.returns, route.rest) == (1, 18, 0)
    assert faults(problem, route) == []


def test_work_counts_too_and_a_break_comes_before_the_service_that_would_be_too_much() -> None:
    orders = [delivery("a", 2, 1, 4), delivery("b", 3, 1, 4)]
    problem, route = driven(orders, Breaks(5, after_work=10))
    assert [visit.start - visit.arrival for visit in route.visits] == [0, 5]
    assert faults(problem, route) == []
    hurried = replace(route.visits[1], start=7, departure=11)
    early = replace(route, visits=(route.visits[0], hurried), returns=14)
    assert any("without a break" in text for text in faults(problem, early))


def test_a_long_service_is_a_break_from_driving_where_the_rules_say_so() -> None:
    orders = [delivery("a", 5, 1, 6)]
    assert driven(orders, Breaks(5, after_driving=6))[1].rest == 5
    problem, route = driven(orders, Breaks(5, after_driving=6, service_rests=True))
    assert route.rest == 0
    assert faults(problem, route) == []


def test_the_checker_finds_breaks_that_were_left_out_or_moved() -> None:
    problem, route = driven([delivery("a", 9)], Breaks(5, after_driving=6))
    (visit,) = route.visits
    rushed = replace(route, visits=(replace(visit, rest=0, arrival=9, start=9, departure=9),), returns=23)
    assert any("does not do for 9 of driving" in text for text in faults(problem, rushed))
    short = replace(route, rest=3, returns=route.returns - 2)
    assert any("rests for 3" in text for text in faults(problem, short))
    free = replace(problem, vehicles=(van(),))
    assert any("nobody asks" in text for text in faults(free, route))


def test_slack_is_what_may_be_lost_with_the_breaks_behind_it() -> None:
    problem, route = driven([delivery("a", 9)], Breaks(5, after_driving=6), closes=30)
    assert route.visits[0].slack == 30 - route.returns
    del problem


def test_too_much_driving_is_a_reason() -> None:
    problem = line([delivery("a", 9)], [van(breaks=Breaks(1, 100, 100, drives_at_most=15))])
    (left,) = solve(problem, Limits(iterations=10)).unassigned
    assert (left.reasons[0].constraint, left.reasons[0].by) == (Constraint.DRIVING, 3)
    assert left.reasons[0].text == "van: its driver would drive 3.0 min longer than the rules allow"


def test_rules_by_name() -> None:
    eu = under(van(max_duration=600), Rules.EU_561, 1)
    assert (eu.max_duration, eu.breaks) == (600, Breaks(45, 270, 360, 540))
    assert under(van(), Rules.VANS, 60).breaks == Breaks(1800, FOREVER, 21_600)
    hos = under(van(), Rules.US_HOS, 1)
    assert (hos.max_duration, hos.breaks) == (840, Breaks(30, 480, FOREVER, 660, True))


@pytest.mark.parametrize("seed", range(6))
def test_drawn_days_with_breaks_hold(seed: int) -> None:
    features = Features(windows=seed % 2 == 0, trips=seed % 3 == 0, on_the_way=seed == 4, unlike=True, hours=seed == 5)
    problem = random_problem(seed, features, orders=8, vehicles=3)
    rules = Breaks(3, after_driving=7 + seed, after_work=15, drives_at_most=40, service_rests=seed % 2 == 1)
    problem = replace(problem, vehicles=tuple(replace(one, breaks=rules) for one in problem.vehicles))
    plan = solve(problem, Limits(iterations=60, seed=1))
    assert broken(problem, plan) == []
    assert plan.routes
