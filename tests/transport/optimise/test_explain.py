"""Each order that is left out comes with a reason per vehicle: what breaks, by how much."""

from dataclasses import replace

import pytest

from plantops.engines import Limits
from tests.transport.optimise.hand import delivery, line, van
from transport.optimise.day import prepare
from transport.optimise.explain import insert_what_fits, reasons
from transport.optimise.model import Constraint, Fixed, Measure, Order, Problem, Reason, Stop, Vehicle
from transport.optimise.routes import solve


def why(problem: Problem, order: str, assigned: dict[str, list[str]]) -> dict[str, Reason]:
    """The reasons for `order` when vehicles already drive these orders."""
    day = prepare(problem)
    number = {o.id: at for at, o in enumerate(problem.orders)}
    kind = {member: k for k, members in enumerate(day.members) for member in members}
    tours = [
        (vehicle, (kind[vehicle], tuple(day.visits_of[number[name]][0] for name in names)))
        for vehicle, names in assigned.items()
    ]
    (left,) = reasons(day, tours, [number[order]])
    return {reason.vehicle: reason for reason in left.reasons}


def test_the_load_that_is_over_is_told_in_its_unit() -> None:
    problem = replace(
        line([delivery("a", 3, 7000), delivery("b", 5, 4500)], [van("x", 10_000), van("y", 4000)]),
        measures=(Measure("weight", "kg", 1000),),
    )
    found = why(problem, "b", {"x": ["a"]})
    assert found["x"].constraint is Constraint.LOAD
    assert (found["x"].by, found["x"].unit) == (1.5, "kg")
    assert found["x"].text == "x: weight would be 1.5 kg over its 10 kg"
    assert found["x"].extra_cost == pytest.approx(4)
    assert found["y"].text == "y: weight would be 0.5 kg over its 4 kg"
    assert found["y"].extra_cost == pytest.approx(10)


def test_the_least_lateness_over_all_places_in_the_route_is_told() -> None:
    orders = [delivery("a", 3, 1, 0, (3, 3)), delivery("b", 9, 1, 0, (9, 9)), delivery("c", 6, 1, 4, (0, 5))]
    found = why(line(orders, [van("x")]), "c", {"x": ["a", "b"]})
    assert found["x"].constraint is Constraint.WINDOW
    assert found["x"].by == 1
    assert "after its window closes at 00:05" in found["x"].text


def test_a_place_that_would_make_another_order_late_names_it() -> None:
    orders = [delivery("a", 8, 1, 0, (8, 8)), delivery("b", 2, 1, 2, (0, 9))]
    found = why(line(orders, [van("x")]), "b", {"x": ["a"]})
    assert found["x"].by == 2
    assert found["x"].text == "x: would come 2.0 min after order a's window closes at 00:08"


def test_a_vehicle_that_could_take_it_gives_no_reason() -> None:
    assert why(line([delivery("a", 3), delivery("b", 5)], [van("x"), van("y", 0)]), "b", {"x": ["a"]}).keys() == {"y"}


def test_hours_duration_and_distance_are_told() -> None:
    far = [delivery("a", 9)]
    fleet = [van("hours", closes=15), van("out", max_duration=12), van("range", max_distance_m=10_000)]
    found = why(line(far, fleet), "a", {})
    assert [found[name].constraint for name in ("hours", "out", "range")] == [
        Constraint.HOURS,
        Constraint.DURATION,
        Constraint.DISTANCE,
    ]
    assert [found[name].by for name in ("hours", "out", "range")] == [3, 6, 8]


def test_what_the_vehicle_may_not_do_comes_first() -> None:
    order = replace(delivery("a", 3, 99), skills=frozenset({"tail lift", "cooled"}))
    fleet = [
        Vehicle("plain", 0, 0, (10,)),
        replace(van("barred"), skills=frozenset({"tail lift", "cooled"}), forbidden=frozenset({"a"})),
        replace(van("other"), skills=frozenset({"tail lift", "cooled"})),
    ]
    problem = line([order], fleet, fixed=(Fixed("barred", ("a",)),))
    found = why(problem, "a", {})
    assert found["plain"].constraint is Constraint.FIXED
    assert found["other"].text == "other: it is fixed to barred"
    assert found["barred"].constraint is Constraint.FORBIDDEN
    free = why(replace(problem, fixed=()), "a", {})
    assert free["plain"].text == "plain: it lacks cooled, tail lift"


def test_like_idle_vehicles_are_named_once() -> None:
    problem = line([delivery("a", 3, 50), delivery("b", 2)], [van("x"), van("y"), van("z")])
    assert set(why(problem, "a", {"y": ["b"]})) == {"x", "y"}


def test_an_order_on_the_way_has_reasons_too() -> None:
    order = Order("a", (50,), delivery=Stop(2), pickup=Stop(5))
    assert why(line([order], [van("x")]), "a", {})["x"].constraint is Constraint.LOAD


def test_what_fits_is_put_in_where_it_costs_least() -> None:
    problem = line([delivery("a", 8), delivery("b", 4), delivery("c", 3, 9)], [van("x"), van("y")])
    day = prepare(problem)
    tours = insert_what_fits(day, [(0, (0,))])
    assert sorted(day.served(sequence) for _, sequence in tours) == [(0, 1), (2,)]


def test_reasons_in_a_plan_belong_to_the_routes_of_that_plan() -> None:
    orders = [delivery(name, place, 6) for name, place in (("a", 2), ("b", 5), ("c", 8))]
    plan = solve(line(orders, [van("x"), van("y")]), Limits(iterations=50))
    (left,) = plan.unassigned
    assert left.id == "c"
    assert [(reason.vehicle, reason.by) for reason in left.reasons] == [("x", 2), ("y", 2)]
