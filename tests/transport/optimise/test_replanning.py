"""The rest of the day: what is done stays, the plan in hand is never made worse, and what-ifs come out as by hand."""

import random
from dataclasses import replace

import pytest

from plantops.engines import Limits
from tests.transport.optimise.hand import delivery, line, van
from tests.transport.optimise.test_board import at, drawn, laid
from transport.optimise.board import lay_out, plan_of
from transport.optimise.changes import with_order, with_windows, without_vehicle
from transport.optimise.check import broken
from transport.optimise.day import prepare
from transport.optimise.model import BadProblem, Breaks, Fixed, Kind, Order, Plan, Problem, Stop, Window
from transport.optimise.replanning import Answer, Moved, replan
from transport.optimise.rest import Question, rest_of
from transport.optimise.routes import that_hold

QUICK = Limits(iterations=40)


def plan(problem: Problem, routes: dict[str, list[str]]) -> Plan:
    board = lay_out(problem, {vehicle: [at(name) for name in names] for vehicle, names in routes.items()})
    return plan_of(board, board.steps)


def orders_of(found: Plan) -> dict[str, tuple[str, ...]]:
    return {route.vehicle: route.orders for route in found.routes}


def asked(problem: Problem, was: Plan, now: int | None = None) -> Answer:
    found = replan(Question(problem, was, now), QUICK)
    assert broken(problem, found.plan) == []
    return found


@pytest.mark.parametrize("seed", range(16))
def test_the_rest_of_a_drawn_day_holds_and_is_never_dearer(seed: int) -> None:
    problem = drawn(seed)
    if seed % 4 == 0:
        rules = Breaks(4, after_driving=9, after_work=14, drives_at_most=40)
        problem = replace(problem, vehicles=tuple(replace(vehicle, breaks=rules) for vehicle in problem.vehicles))
    board = laid(problem)
    was = plan_of(board, board.steps)
    now = random.Random(seed).choice([None, 0, 8, 15, 25])
    found = asked(problem, was, now)
    assert len(found.plan.unassigned) <= len(was.unassigned)
    weight = {order.id: order.priority + 1 for order in problem.orders}
    left = [sum(weight[one.id] for one in some.unassigned) for some in (was, found.plan)]
    assert left[1] < left[0] or (left[1] == left[0] and found.extra_cost <= 1e-6)
    for before in was.routes if now is not None else ():
        done = [visit for visit in before.visits if visit.departure <= (now or 0)]
        after = next((route for route in found.plan.routes if route.vehicle == before.vehicle), None)
        if before.leaves <= (now or 0):
            assert after is not None
            assert after.leaves >= before.leaves
            assert [(v.order, v.start) for v in after.visits[: len(done)]] == [(v.order, v.start) for v in done]


def test_what_is_done_or_under_way_stays_and_the_goods_on_board_too() -> None:
    problem = line([delivery("a", 3), delivery("b", 5), delivery("c", 9)], [van("x"), van("y")])
    was = plan(problem, {"x": ["a", "b", "c"]})
    rest = rest_of(Question(problem, was, now=4))
    assert [(one.orders, one.frozen) for one in rest.problem.fixed] == [(("a", "b"), True), (("a", "b", "c"), False)]
    assert rest.problem.orders[1].stops[0].windows == (Window(5, 5),)
    assert rest_of(Question(problem, was, now=9)).kept == was.routes


def test_one_more_stop_goes_to_a_van_that_can_still_load_it() -> None:
    problem = line([delivery("a", 3), delivery("b", 5)], [van("x"), van("y")])
    was = plan(problem, {"x": ["a", "b"]})
    more = with_order(problem, delivery("c", 4))
    assert asked(more, was).extra_cost == pytest.approx(0)
    later = asked(more, was, now=2)
    assert orders_of(later.plan) == {"x": ("a", "b"), "y": ("c",)}
    assert later.extra_cost == pytest.approx(8)
    assert (later.served, later.moved, later.left_out) == (("c",), (), ())
    alone = replace(more, vehicles=more.vehicles[:1])
    nobody = asked(alone, was, now=2)
    assert [one.reasons[0].text for one in nobody.plan.unassigned] == ["x: it has left without these goods"]


def test_a_pickup_on_the_way_can_still_be_taken() -> None:
    problem = line([delivery("a", 3), delivery("b", 5)], [van("x")])
    was = plan(problem, {"x": ["a", "b"]})
    more = with_order(problem, Order("c", (1,), pickup=Stop(8)))
    found = asked(more, was, now=2)
    assert found.served == ("c",)
    assert found.extra_cost == pytest.approx(6)
    over = replan(Question(more, was, now=6), QUICK)
    assert [one.id for one in over.plan.unassigned] == ["c"]


def test_a_van_that_is_out_hands_its_stops_on() -> None:
    problem = line([delivery("a", 3), delivery("b", 5)], [van("x"), van("y")])
    was = plan(problem, {"x": ["a", "b"]})
    found = asked(without_vehicle(problem, "x"), was)
    assert [route.vehicle for route in found.plan.routes] == ["y"]
    assert set(found.moved) == {Moved("a", "x", "y"), Moved("b", "x", "y")}
    halfway = without_vehicle(problem, "x", was, now=4)
    after = replan(Question(halfway, was, now=4), QUICK)
    assert orders_of(after.plan) == {"x": ("a",), "y": ("b",)}
    assert broken(halfway, after.plan) == []


def test_a_later_window_may_send_another_van() -> None:
    problem = line([delivery("a", 3, 1, 0, (0, 4)), delivery("b", 5, 1, 0, (0, 8))], [van("x", closes=30), van("y")])
    was = plan(problem, {"x": ["a", "b"]})
    found = asked(with_windows(problem, "b", [Window(40, 50)]), was)
    assert "b" in orders_of(found.plan)["y"]
    gone = asked(with_windows(replace(problem, vehicles=problem.vehicles[:1]), "b", [Window(40, 50)]), was)
    assert gone.left_out == ("b",)
    assert gone.plan.unassigned[0].reasons[0].text == "x: would be back 15.0 min after 00:30"


def test_a_route_that_breaks_loses_no_more_than_it_must() -> None:
    orders = [delivery(name, place, 1, 0, (0, 20)) for name, place in (("a", 2), ("b", 4), ("c", 6))]
    problem = line(orders, [van("x", 3)])
    was = plan(problem, {"x": ["a", "b", "c"]})
    tight = replace(problem, vehicles=(van("x", 2),))
    found = asked(tight, was)
    assert len(found.left_out) == 1


def test_what_can_no_longer_be_changed_must_hold() -> None:
    problem = line([delivery("a", 3, 7), delivery("b", 5, 7)], [van("x", trips=2)])
    board = lay_out(problem, {"x": [at("a"), (None, Kind.RELOAD), at("b")]})
    was = plan_of(board, board.steps)
    assert orders_of(asked(problem, was, now=1).plan) == {"x": ("a", "b")}
    with pytest.raises(BadProblem, match=r"can no longer be changed, and does not hold\. x: would come .* min after"):
        replan(Question(with_windows(problem, "b", [Window(0, 6)]), was, now=1), QUICK)


def test_changes_that_make_no_sense_are_refused() -> None:
    problem = line([Order("a", (1,), pickup=Stop(2), delivery=Stop(8)), delivery("b", 5)], [van("x")])
    with pytest.raises(BadProblem, match="no vehicle q"):
        without_vehicle(problem, "q")
    with pytest.raises(BadProblem, match="no order q"):
        with_windows(problem, "q", [Window()])
    with pytest.raises(BadProblem, match="2 times"):
        with_order(problem, delivery("b", 3))
    with pytest.raises(BadProblem, match="no vehicles"):
        without_vehicle(problem, "x")
    board = laid(problem)
    was = plan_of(board, board.steps)
    with pytest.raises(BadProblem, match="has order a on board"):
        without_vehicle(problem, "x", was, now=was.routes[0].visits[0].departure + 1)


def test_a_search_that_breaks_a_route_with_frozen_stops_leaves_these_where_they_are() -> None:
    orders = [delivery("a", 3), delivery("b", 5, 1, 0, (0, 2)), delivery("c", 4)]
    problem = line(orders, [van("x"), van("y")], fixed=(Fixed("x", ("a",), frozen=True),))
    day = prepare(problem)
    x, y = (k for name in ("x", "y") for k, members in enumerate(day.members) if name in members)
    assert that_hold(day, [(x, (0, 1)), (y, (1,)), (y, (2,))]) == [(x, (0,)), (y, (2,))]
