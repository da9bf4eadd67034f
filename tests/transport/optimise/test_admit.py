"""Bad questions get one clear sentence before any work is done."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from plantops.engines import Limits
from tests.transport.optimise.hand import delivery, line, van
from transport.optimise.model import MAX_ORDERS, NO_ROAD, BadProblem, Fixed, Order, Problem, Stop, Window
from transport.optimise.routes import solve

GOOD = line([delivery("a", 3), delivery("b", 5)], [van("x"), van("y")])


def with_order(order: Order) -> Problem:
    return replace(GOOD, orders=(GOOD.orders[0], order))


def walled() -> Problem:
    ways = GOOD.distance_m[0].copy()
    ways[:, 5] = NO_ROAD
    ways[5, :] = NO_ROAD
    return replace(GOOD, distance_m=(ways,))


def negative() -> Problem:
    ways = GOOD.duration[0].copy()
    ways[2, 3] = -1
    return replace(GOOD, duration=(ways,))


BAD: dict[str, tuple[Callable[[], Problem], str]] = {
    "no orders": (lambda: replace(GOOD, orders=()), "no orders"),
    "no vehicles": (lambda: replace(GOOD, vehicles=()), "no vehicles"),
    "too many": (
        lambda: replace(GOOD, orders=tuple(delivery(str(n), 3) for n in range(MAX_ORDERS + 1))),
        "at most 2000",
    ),
    "doubled order": (lambda: with_order(delivery("a", 4)), "order a is there 2 times"),
    "doubled vehicle": (lambda: replace(GOOD, vehicles=(van("x"), van("x"))), "vehicle x is there 2 times"),
    "small matrix": (lambda: replace(GOOD, duration=(GOOD.duration[0][:4, :4],)), "4x4, but there are 10"),
    "float matrix": (lambda: replace(GOOD, distance_m=(GOOD.distance_m[0] * 0.5,)), "whole numbers"),  # type: ignore[arg-type]
    "negative way": (negative, "negative from p2 to p3"),
    "no matrix": (lambda: replace(GOOD, duration=()), "needs a matrix"),
    "unreachable": (walled, "to which no road leads"),
    "unknown place": (lambda: with_order(delivery("b", 77)), "a place that is not there"),
    "negative load": (lambda: with_order(delivery("b", 4, -1)), "negative load"),
    "two loads": (lambda: with_order(replace(delivery("b", 4), loads=(1, 2))), "2 loads for 1 measures"),
    "nothing to do": (lambda: with_order(Order("b", (1,))), "neither a pickup nor a delivery"),
    "window turned": (lambda: with_order(delivery("b", 4, 1, 0, (9, 3))), "closes before it opens"),
    "windows overlap": (lambda: with_order(delivery("b", 4, 1, 0, (1, 5), (4, 9))), "overlap"),
    "negative service": (lambda: with_order(delivery("b", 4, 1, -3)), "negative service"),
    "never ready": (lambda: with_order(replace(delivery("b", 4), ready=1 << 50)), "never ready"),
    "priority": (lambda: with_order(replace(delivery("b", 4), priority=-1)), "priority -1"),
    "windows on the way": (
        lambda: with_order(Order("b", (1,), Stop(4, 0, (Window(1, 2), Window(5, 6))), Stop(3))),
        "several time windows",
    ),
    "bad price": (lambda: replace(GOOD, vehicles=(replace(van(), cost_per_hour=float("nan")),)), "cost_per_hour"),
    "bad capacity": (lambda: replace(GOOD, vehicles=(van(capacity=-1),)), "negative capacity"),
    "bad profile": (lambda: replace(GOOD, vehicles=(van(profile=3),)), "profile 3"),
    "no trips": (lambda: replace(GOOD, vehicles=(van(trips=0),)), "at least one trip"),
    "fixed nowhere": (lambda: replace(GOOD, fixed=(Fixed("z", ("a",)),)), "vehicle z, which is not there"),
    "fixed nothing": (lambda: replace(GOOD, fixed=(Fixed("x", ("q",)),)), "Order q is fixed"),
    "fixed twice": (lambda: replace(GOOD, fixed=(Fixed("x", ("a",)), Fixed("y", ("a",)))), "fixed to x and to y"),
    "frozen too often": (lambda: replace(GOOD, fixed=(Fixed("x", ("a", "a"), True),)), "2 times among the frozen"),
    "frozen cannot be": (
        lambda: replace(line([delivery("a", 5, 1, 0, (0, 2))], [van("x")]), fixed=(Fixed("x", ("a",), True),)),
        "do not hold any more",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_question_is_refused_in_one_sentence(name: str) -> None:
    make, sentence = BAD[name]
    with pytest.raises(BadProblem) as refused:
        solve(make(), Limits(iterations=10))
    text = str(refused.value)
    assert sentence in text
    assert "\n" not in text and text.endswith(".")


def test_the_good_one_is_let_in() -> None:
    plan = solve(GOOD, Limits(iterations=10))
    assert not plan.unassigned
    assert np.isclose(plan.outcome.objective or 0, 10)
