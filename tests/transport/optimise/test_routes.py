"""Plans of tiny random days against every plan there is, and the manners of a long run."""

from dataclasses import replace
from pathlib import Path

import pytest

from plantops.engines import Limits, ProgressReport, Status, in_child
from tests.transport.optimise.hand import delivery, line, van
from tests.transport.optimise.small import Features, best_by_trying, random_problem
from transport.instances import Format, read
from transport.optimise.check import broken
from transport.optimise.model import Fixed, Order, Plan, Problem, Stop, Window
from transport.optimise.routes import solve

DATA = Path(__file__).parents[2] / "data" / "transport"

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


def rc101(customers: int) -> Problem:
    return read(DATA / "solomon" / "RC101.txt", Format.SOLOMON, customers=customers)


def stops(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {route.vehicle: route.orders for route in plan.routes}


def test_the_same_seed_and_iterations_give_the_same_plan() -> None:
    plans = [solve(rc101(25), Limits(iterations=60, seed=3)) for _ in range(2)]
    assert stops(plans[0]) == stops(plans[1])
    assert plans[0].outcome.bound == plans[1].outcome.bound


def test_a_time_limit_holds() -> None:
    """On a loaded machine one step may take long, so this is generous: it fails when a limit is not looked at."""
    plan = solve(read(DATA / "vrplib" / "X-n101-k25.vrp"), Limits(seconds=3, seed=1))
    assert plan.outcome.seconds > 2.5
    assert plan.outcome.cpu_seconds <= 3.3
    assert plan.outcome.seconds <= 9
    assert broken(rc101(5), solve(rc101(5), Limits(seconds=0.001))) == []


def test_cancel_gives_the_best_plan_so_far() -> None:
    asked = 0

    def after_a_while() -> bool:
        nonlocal asked
        asked += 1
        return asked > 60

    problem = read(DATA / "vrplib" / "X-n101-k25.vrp")
    plan = solve(problem, Limits(iterations=1_000_000), should_stop=after_a_while)
    assert plan.outcome.status is Status.FEASIBLE
    assert broken(problem, plan) == []
    assert not plan.unassigned
    at_once = solve(problem, Limits(iterations=1_000_000), should_stop=lambda: True)
    assert broken(problem, at_once) == []
    assert not at_once.unassigned


def test_progress_tells_plans_that_only_get_better() -> None:
    reports: list[ProgressReport] = []
    plan = solve(rc101(50), Limits(iterations=300, seed=1), reports.append)
    costs = [report.incumbent for report in reports if report.incumbent is not None]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == pytest.approx(plan.outcome.objective)
    assert any(report.bound is not None for report in reports)


def test_it_runs_in_a_process_of_its_own() -> None:
    reports: list[ProgressReport] = []
    problem = rc101(25)
    plan = in_child("transport.optimise.routes:solve", problem, Limits(iterations=100), reports.append)
    assert plan.outcome.objective == pytest.approx(461.1)
    assert broken(problem, plan) == []
    assert reports


def test_orders_fixed_to_a_vehicle_go_with_it() -> None:
    orders = [delivery(name, place) for name, place in (("a", 2), ("b", 5), ("c", 8))]
    free = line(orders, [van("x"), van("y")])
    assert len(solve(free, Limits(iterations=30)).routes) == 1
    fixed = replace(free, fixed=(Fixed("y", ("a",)), Fixed("x", ("c",))))
    plan = solve(fixed, Limits(iterations=30))
    assert broken(fixed, plan) == []
    assert plan.outcome.objective == pytest.approx(16 + 4)


def test_frozen_stops_stay_first_and_the_rest_is_planned_around_them() -> None:
    orders = [delivery(name, place) for name, place in (("a", 2), ("b", 5), ("c", 8), ("d", 3))]
    problem = line(orders, [van("x"), van("y", capacity=2)], fixed=(Fixed("y", ("b", "a"), frozen=True),))
    plan = solve(problem, Limits(iterations=60))
    assert broken(problem, plan) == []
    assert stops(plan)["y"][:2] == ("b", "a")
    assert plan.outcome.objective == pytest.approx(10 + 16)


def test_frozen_stops_are_driven_even_when_nothing_else_is() -> None:
    problem = line([delivery("a", 4)], [van("x"), van("y")], fixed=(Fixed("y", ("a",), frozen=True),))
    plan = solve(problem, Limits(iterations=20))
    assert broken(problem, plan) == []
    assert stops(plan) == {"y": ("a",)}


def test_a_day_on_which_nothing_can_be_served_says_why() -> None:
    problem = line([delivery("a", 4, 50), delivery("b", 9, 1, 0, (0, 3))], [van("x"), van("z")])
    plan = solve(problem, Limits(iterations=50))
    assert plan.outcome.status is Status.INFEASIBLE
    assert plan.routes == ()
    reasons = {left.id: left.reasons[0].text for left in plan.unassigned}
    assert reasons == {
        "a": "x: load would be 40 over its 10",
        "b": "x: would come 6.0 min after its window closes at 00:03",
    }


def test_more_important_orders_are_served_first() -> None:
    low = [delivery(f"low{n}", n + 1, 4) for n in range(3)]
    high = replace(delivery("high", 9, 9), priority=3)
    problem = line([*low, high], [van(capacity=10)])
    plan = solve(problem, Limits(iterations=100))
    assert [left.id for left in plan.unassigned] == ["low0", "low1", "low2"]
    assert plan.outcome.objective is not None
    assert plan.outcome.bound is None or plan.outcome.bound <= plan.outcome.objective


def test_the_bound_beside_left_out_orders_is_that_of_plans_that_leave_out_no_more() -> None:
    problem = line([delivery("a", 2, 6), delivery("b", 5, 6), delivery("c", 8, 6)], [van(capacity=10)])
    plan = solve(problem, Limits(iterations=100))
    assert len(plan.unassigned) == 2
    assert plan.outcome.objective == pytest.approx(4)
    assert plan.outcome.status is Status.OPTIMAL
    assert plan.outcome.bound == pytest.approx(4)


def test_an_order_moved_on_the_way_has_a_bound() -> None:
    on_the_way = Order("x", (1,), delivery=Stop(2), pickup=Stop(5))
    plan = solve(line([on_the_way], [van()]), Limits(iterations=20))
    assert plan.outcome.status is Status.OPTIMAL
    assert plan.outcome.bound == pytest.approx(10)


def test_a_day_that_only_its_vehicles_begin_late_is_planned_to_its_end() -> None:
    fleet = [replace(van(name, 3), window=Window(1_000, 9_000)) for name in ("x", "y")]
    problem = line([delivery("a", 3), delivery("b", 5), delivery("c", 9)], fleet)
    plan = solve(problem, Limits(iterations=30))
    assert broken(problem, plan) == []
    assert plan.outcome.status is Status.OPTIMAL
    assert plan.outcome.objective == plan.outcome.bound == 18
