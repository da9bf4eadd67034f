"""One route: its times, its cost, and what it breaks, reckoned by hand."""

from dataclasses import replace

import pytest

from tests.transport.optimise.hand import delivery, line, van
from transport.optimise.day import RELOAD, money_scale, prepare
from transport.optimise.model import Kind, Order, Stop
from transport.optimise.schedule import (
    DISTANCE,
    DURATION,
    FORBIDDEN,
    HOLDS,
    HOURS,
    LATE,
    ORDER,
    TOO_MUCH,
    TRIPS,
    timetable,
    try_route,
)


def test_a_route_costs_its_way_its_day_and_its_hours() -> None:
    day = prepare(line([delivery("a", 3, 1, 4), delivery("b", 7)], [van(cost_fixed=2.5, cost_per_hour=6.0)]))
    verdict = try_route(day, 0, [0, 1])
    assert verdict.metres == 14_000
    assert verdict.returns - verdict.leaves == 18
    assert day.money(verdict.cost) == pytest.approx(2.5 + 14 + 18 / 60 * 6)


def test_it_leaves_as_late_as_it_may_without_coming_back_later() -> None:
    day = prepare(line([delivery("a", 3, 1, 0, (20, 30)), delivery("b", 5)], [van()]))
    verdict = try_route(day, 0, [0, 1])
    assert (verdict.leaves, verdict.returns) == (17, 27)


def test_leaving_later_for_a_later_window_can_make_the_day_shorter() -> None:
    early_and_late = delivery("a", 2, 1, 0, (5, 6), (40, 50))
    only_late = delivery("b", 4, 1, 0, (42, 60))
    day = prepare(line([early_and_late, only_late], [van()]))
    verdict = try_route(day, 0, [0, 1])
    assert (verdict.leaves, verdict.returns) == (38, 46)
    short = prepare(line([early_and_late, only_late], [van(max_duration=8)]))
    assert try_route(short, 0, [0, 1]).holds


def test_what_breaks_first_is_named_with_its_amount() -> None:
    orders = [delivery("a", 3, 6, 0, (0, 5)), delivery("b", 9, 6)]
    cases = [
        ({"capacity": 10}, [0, 1], TOO_MUCH, 2),
        ({"capacity": 20}, [1, 0], LATE, 10),
        ({"capacity": 20, "closes": 15}, [0, 1], HOURS, 3),
        ({"capacity": 20, "max_duration": 16}, [0, 1], DURATION, 2),
        ({"capacity": 20, "max_distance_m": 17_500}, [0, 1], DISTANCE, 500),
        ({"capacity": 20, "forbidden": frozenset({"b"})}, [0, 1], FORBIDDEN, 0),
        ({"capacity": 20}, [0, RELOAD, 1], TRIPS, 1),
        ({"capacity": 20}, [0, 0], ORDER, 0),
        ({"capacity": 20}, [0, 1], HOLDS, 0),
    ]
    for more, sequence, code, by in cases:
        day = prepare(line(orders, [van(**more)]))  # type: ignore[arg-type]
        verdict = try_route(day, 0, sequence)
        assert (verdict.code, verdict.by) == (code, by), more


def test_goods_on_the_way_are_picked_up_first_and_on_the_same_trip() -> None:
    order = Order("x", (4,), delivery=Stop(2), pickup=Stop(5))
    day = prepare(line([order, delivery("d", 1, 7)], [van(capacity=10, trips=2)]))
    pick, drop, other = 0, 1, 2
    assert try_route(day, 0, [other, pick, drop]).holds
    assert try_route(day, 0, [drop, pick, other]).code == ORDER
    assert try_route(day, 0, [pick, other]).code == ORDER
    assert try_route(day, 0, [pick, RELOAD, drop]).code == ORDER
    assert try_route(day, 0, [pick, drop, other]).code == TOO_MUCH


def test_a_second_trip_waits_for_its_goods() -> None:
    late = replace(delivery("b", 4), ready=30)
    day = prepare(line([delivery("a", 3), late], [van(trips=2)]))
    route = timetable(day, 0, "van", [0, RELOAD, 1])
    kinds = [visit.kind for visit in route.visits]
    assert kinds == [Kind.DELIVERY, Kind.RELOAD, Kind.DELIVERY]
    assert route.visits[1].departure == 30
    assert (route.leaves, route.returns) == (24, 38)
    assert try_route(day, 0, [0, 1]).leaves == 30


def test_the_timetable_tells_arrivals_slack_and_load() -> None:
    orders = [delivery("a", 3, 2, 5, (0, 10)), delivery("b", 6, 3, 0, (20, 40))]
    day = prepare(line(orders, [van(closes=60)]))
    route = timetable(day, 0, "van", [0, 1])
    a, b = route.visits
    assert (route.leaves, a.arrival, a.start, a.departure) == (7, 10, 10, 15)
    assert (b.arrival, b.start, b.departure) == (18, 20, 20)
    assert (a.slack, b.slack) == (0, 20)
    assert (a.loads, b.loads) == ((3,), (0,))
    assert route.cost == pytest.approx(12)


def test_a_route_that_breaks_something_has_no_timetable() -> None:
    day = prepare(line([delivery("a", 3, 20)], [van()]))
    with pytest.raises(ValueError, match="breaks its constraints"):
        timetable(day, 0, "van", [0])


def test_vehicles_that_differ_in_their_name_only_are_one_type() -> None:
    fleet = [van("x"), van("y"), van("z", capacity=5), van("w", forbidden=frozenset({"a"}))]
    day = prepare(line([delivery("a", 1)], fleet))
    assert day.members == (("x", "y"), ("z",), ("w",))


def test_money_becomes_whole_without_loss_where_it_can() -> None:
    assert money_scale([van()], 60) == 1000
    day = prepare(line([delivery("a", 3)], [replace(van(), cost_per_km=0.19, cost_per_hour=0.3)]))
    assert day.money(try_route(day, 0, [0]).cost) == pytest.approx(0.19 * 6 + 0.3 * 0.1, abs=1e-12)
    third = prepare(line([delivery("a", 3)], [replace(van(), cost_per_hour=1 / 7)]))
    assert third.money(try_route(third, 0, [0]).cost) == pytest.approx(6 + 0.1 / 7, rel=1e-5)


def test_serving_one_more_order_is_worth_more_than_any_plan() -> None:
    day = prepare(line([delivery("a", 9), delivery("b", 8)], [van(cost_fixed=50.0, cost_per_hour=30.0)]))
    dearest = 50 + (9 + 1 + 8) + 30 * 100 / 60
    assert all(day.money(int(prize)) > dearest for prize in day.prize)
