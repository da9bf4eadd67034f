"""Where an order can go and what that costs: beside trying each place, and read again by the checker."""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace

import pytest

from tests.transport.optimise.hand import delivery, line, van
from tests.transport.optimise.small import Features, Step, cost_of_steps, random_problem
from transport.optimise.board import (
    Board,
    after,
    insert,
    insert_at,
    lay_out,
    lay_out_plan,
    move,
    move_to,
    new_route,
    plan_of,
)
from transport.optimise.check import broken
from transport.optimise.day import RELOAD, prepare
from transport.optimise.explain import insert_what_fits
from transport.optimise.model import BadProblem, Breaks, Constraint, Fixed, Kind, Offer, Order, Problem, Stop

ALL = 120
SAMPLE = range(0, ALL, 5)


def laid(problem: Problem, left: Sequence[str] = ()) -> Board:
    """A plan in which each order goes where it costs least, without those that are left out on purpose."""
    day = prepare(problem)
    idle = [list(members) for members in day.members]
    visits = {
        idle[k].pop(0): [(None, Kind.RELOAD) if v == RELOAD else (day.visits[v][0].id, day.visits[v][1]) for v in steps]
        for k, steps in insert_what_fits(day, [])
    }
    routes = {name: [visit for visit in own if visit[0] not in left] for name, own in visits.items()}
    return lay_out(problem, routes)


def steps_of(board: Board, steps: Sequence[int]) -> tuple[Step, ...]:
    """Visits as the tests' own reckoning takes them."""
    named = [("load", None) if v == RELOAD else (board.day.visits[v][1].value, board.day.visits[v][0]) for v in steps]
    return tuple(named)


def every_place(steps: Sequence[int], own: Sequence[int], reloads: bool) -> Iterator[tuple[int, ...]]:
    """The order's visits at every place, with a load of their own or not."""
    for cuts in itertools.product((False, True), repeat=2) if reloads else [(False, False)]:
        for x in range(len(steps) + 1):
            for y in range(x, len(steps) + 1) if len(own) == 2 else [x]:
                before = ([RELOAD] if cuts[0] else []) + [own[0]]
                behind = list(own[1:]) + ([RELOAD] if cuts[1] else [])
                tried = [*steps[:x], *before, *steps[x:y], *behind, *steps[y:]]
                pairs = itertools.pairwise([RELOAD, *tried, RELOAD])
                if not any(a == b == RELOAD for a, b in pairs):
                    yield tuple(tried)


def cheapest_by_trying(board: Board, vehicle: str, steps: Sequence[int], n: int) -> float | None:
    one = next(v for v in board.day.problem.vehicles if v.id == vehicle)
    order = board.day.problem.orders[n]
    if order.id in one.forbidden or not order.skills <= one.skills:
        return None
    costs = [
        cost
        for tried in every_place(steps, board.day.visits_of[n], one.trips > 1)
        if tried.count(RELOAD) < one.trips
        and (cost := cost_of_steps(board.day.problem, one, steps_of(board, tried))) is not None
    ]
    return min(costs, default=None)


def drawn(seed: int) -> Problem:
    dice = random.Random(f"board {seed}")
    has = {field.name: dice.random() < 0.35 for field in fields(Features)}
    if has["on_the_way"]:
        has["several_windows"] = False
    return random_problem(seed, Features(**has), dice.randint(3, 7), dice.randint(2, 4))


def same_as_trying(seed: int) -> None:
    """Each order to each vehicle: what is offered is the cheapest of all places, and nothing is offered where none
    holds."""
    problem = drawn(seed)
    dice = random.Random(f"left {seed}")
    board = laid(problem, [o.id for o in problem.orders if dice.random() < 0.3])
    now = plan_of(board, board.steps)
    assert broken(problem, now) == []
    for n, order in enumerate(problem.orders):
        carrier = board.carrier(order.id)
        offers = move(board, order.id) if carrier else insert(board, order.id)
        assert [offer.vehicle for offer in offers] == [vehicle.id for vehicle in problem.vehicles]
        for offer in offers:
            same_offer(board, offer, n, carrier, now.outcome.objective or 0.0)


def same_offer(board: Board, offer: Offer, n: int, carrier: str | None, cost_now: float) -> None:
    order = board.day.problem.orders[n]
    here = board.steps.get(offer.vehicle, ())
    base = tuple(v for v in here if v not in board.day.visits_of[n]) if offer.vehicle == carrier else here
    tidy = tuple(key for key, group in itertools.groupby(base) for key in ([key] if key == RELOAD else list(group)))
    while tidy and RELOAD in (tidy[0], tidy[-1]):
        tidy = tidy[1:] if tidy[0] == RELOAD else tidy[:-1]
    cheapest = cheapest_by_trying(board, offer.vehicle, tidy, n)
    if not offer.holds:
        assert offer.reason is not None
        of_other = offer.reason.vehicle != offer.vehicle
        assert of_other or cheapest is None, (order.id, offer)
        return
    plan = after(board, offer)
    assert broken(board.day.problem, plan) == []
    assert plan.outcome.objective == pytest.approx(cost_now + (offer.extra_cost or 0.0))
    route = next(route for route in plan.routes if route.vehicle == offer.vehicle)
    assert route.cost == pytest.approx(cheapest)
    assert route == new_route(board, offer)
    assert [route.visits[at].order for at in offer.stops] == [order.id] * len(order.stops)
    assert tuple(route.visits[at].start for at in offer.stops) == offer.starts
    assert (route.leaves, route.returns) == (offer.leaves, offer.returns)


@pytest.mark.parametrize("seed", SAMPLE)
def test_each_offer_is_the_cheapest_place_there_is(seed: int) -> None:
    same_as_trying(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [seed for seed in range(ALL) if seed not in SAMPLE])
def test_each_offer_of_every_drawn_day_is_the_cheapest_place(seed: int) -> None:
    same_as_trying(seed)


@pytest.mark.parametrize("seed", range(8))
def test_offers_hold_where_drivers_must_rest(seed: int) -> None:
    problem = drawn(seed)
    rules = Breaks(4, after_driving=9, after_work=14, drives_at_most=40)
    problem = replace(problem, vehicles=tuple(replace(vehicle, breaks=rules) for vehicle in problem.vehicles))
    board = laid(problem, ["o0", "o1"])
    before = plan_of(board, board.steps).outcome.objective or 0.0
    for order in problem.orders:
        offers = move(board, order.id) if board.carrier(order.id) else insert(board, order.id)
        for offer in offers:
            if offer.holds:
                plan = after(board, offer)
                assert broken(problem, plan) == []
                assert (plan.outcome.objective or 0.0) - before == pytest.approx(offer.extra_cost)


def at(order: str) -> tuple[str, Kind]:
    return order, Kind.DELIVERY


def test_a_stop_that_leaves_its_van_alone_saves_the_whole_day_of_that_van() -> None:
    fleet = [replace(van("x"), cost_fixed=20.0), van("y")]
    problem = line([delivery("a", 3), delivery("b", 5)], fleet)
    board = lay_out(problem, {"x": [at("a")], "y": [at("b")]})
    stays, goes = move(board, "a")
    assert (stays.extra_cost, stays.changed) == (0, ())
    assert goes.extra_cost == pytest.approx(-26)
    assert [route.vehicle for route in after(board, goes).routes] == ["y"]


def test_what_breaks_is_told_in_the_words_of_the_plan() -> None:
    board = lay_out(line([delivery("a", 3, 7), delivery("b", 5, 6)], [van("x"), van("y", 4)]), {"x": [at("a")]})
    texts = [offer.reason.text for offer in insert(board, "b") if offer.reason]
    assert texts == ["x: load would be 3 over its 10", "y: load would be 2 over its 4"]


def test_a_second_load_is_a_place_too() -> None:
    problem = line([delivery("a", 3, 7), delivery("b", 5, 6)], [van("x", trips=2)])
    board = lay_out(problem, {"x": [at("a")]})
    (offer,) = insert(board, "b")
    assert offer.extra_cost == pytest.approx(10)
    assert broken(problem, after(board, offer)) == []
    back = lay_out_plan(problem, after(board, offer))
    (stays,) = move(back, "b")
    assert stays.extra_cost == 0
    assert [visit.kind for visit in after(board, offer).routes[0].visits].count(Kind.RELOAD) == 1


def test_a_place_of_ones_own_choice_is_judged_too() -> None:
    orders = [delivery("a", 3), delivery("b", 5, 1, 0, (0, 6)), delivery("c", 9)]
    board = lay_out(line(orders, [van("x"), van("y")]), {"x": [at("a"), at("b")]})
    assert insert_at(board, "c", "x", [2]).extra_cost == pytest.approx(8)
    late = insert_at(board, "c", "x", [0])
    assert late.reason is not None
    assert (late.reason.constraint, late.reason.by) == (Constraint.WINDOW, 11)
    assert "order b's window" in late.reason.text
    assert move_to(board, "a", "x", [1]).extra_cost == 0
    with pytest.raises(BadProblem, match="can be stop 1 to 3 of x"):
        insert_at(board, "c", "x", [3])


def test_a_detour_without_which_another_order_would_break_cannot_be_left_out() -> None:
    problem = line([delivery("a", 3), delivery("b", 5)], [van("x"), van("y")])
    problem.duration[0][0, 5] = 50
    problem = replace(problem, orders=(problem.orders[0], delivery("b", 5, 1, 0, (0, 20))))
    board = lay_out(problem, {"x": [at("a"), at("b")]})
    offer = move(board, "a")[1]
    assert offer.reason is not None
    assert offer.reason.text == "x: would come 30.0 min after order b's window closes at 00:20"


def test_frozen_and_fixed_orders_stay() -> None:
    orders = [delivery("a", 3), delivery("b", 5), delivery("c", 2)]
    fixed = (Fixed("x", ("a",), frozen=True), Fixed("x", ("b",)))
    board = lay_out(line(orders, [van("x"), van("y")], fixed=fixed), {"x": [at("a"), at("b")]})
    with pytest.raises(BadProblem, match="frozen stops of x"):
        move(board, "a")
    assert [offer.reason and offer.reason.text for offer in move(board, "b")] == [None, "y: it is fixed to x"]
    assert insert(board, "c")[0].stops[0] >= 1
    with pytest.raises(BadProblem, match="can be stop 2 to 3 of x"):
        insert_at(board, "c", "x", [0])


def test_a_plan_that_does_not_hold_says_why() -> None:
    orders = [delivery("a", 3, 7), delivery("b", 5, 6, 0, (0, 4))]
    with pytest.raises(BadProblem, match=r"does not hold as it stands\. x: load would be 3 over its 10"):
        lay_out(line(orders, [van("x")]), {"x": [at("a"), at("b")]})
    with pytest.raises(BadProblem, match="order b's window closes at 00:04"):
        lay_out(line(orders, [van("x", 20)]), {"x": [at("a"), at("b")]})
    with pytest.raises(BadProblem, match="y has a route but is not there"):
        lay_out(line(orders, [van("x")]), {"y": [at("a")]})
    with pytest.raises(BadProblem, match="may not serve this customer"):
        lay_out(line(orders, [van("x", forbidden=frozenset({"a"}))]), {"x": [at("a")]})


def test_questions_that_make_no_sense_are_refused() -> None:
    board = lay_out(line([delivery("a", 3), delivery("b", 5)], [van("x")]), {"x": [at("a")]})
    with pytest.raises(BadProblem, match="on x already"):
        insert(board, "a")
    with pytest.raises(BadProblem, match="left out; insert it"):
        move(board, "b")
    with pytest.raises(BadProblem, match="no order q"):
        insert(board, "q")
    with pytest.raises(BadProblem, match="no vehicle q"):
        insert_at(board, "b", "q", [0])


def test_goods_carried_on_the_way_are_placed_as_a_pair() -> None:
    orders = [Order("a", (5,), pickup=Stop(2), delivery=Stop(6)), delivery("b", 4, 6)]
    (roomy,) = insert(lay_out(line(orders, [van("x", 11)]), {"x": [at("b")]}), "a")
    assert (roomy.extra_cost, roomy.stops) == (4, (0, 1))
    (full,) = insert(lay_out(line(orders, [van("x", 10)]), {"x": [at("b")]}), "a")
    assert (full.extra_cost, full.stops) == (8, (1, 2))
