"""Cuts of three orders: counted as by hand, broken where they are, and a bound with them holds and is higher."""

import itertools
import random
from pathlib import Path

import pytest

from plantops.engines import Limits, Stopwatch
from tests.transport.optimise.small import Features, best_by_trying, random_problem
from transport.instances import Format, read
from transport.optimise.day import Day, prepare
from transport.optimise.generation import Bound, Generation
from transport.optimise.model import Problem
from transport.optimise.network import networks
from transport.optimise.pool import Pool, whole_cost
from transport.optimise.pricing import Pricer
from transport.optimise.proof import Proof
from transport.optimise.subsets import AT_ONCE, VIOLATED, Cut, Subsets

SOLOMON = Path(__file__).parents[2] / "data" / "transport" / "solomon"
KINDS = {
    "windows": Features(windows=True),
    "unlike vehicles by the hour": Features(windows=True, hours=True, unlike=True, skills=True),
    "short days and pickups": Features(windows=True, short_days=True, pickups=True),
    "too little fleet": Features(windows=True, scarce=True, priorities=True),
}
NEVER = 10**15


def generation(problem: Problem, neighbours: int) -> tuple[Day, Generation]:
    day = prepare(problem)
    pool, nets = Pool(day), networks(day, neighbours)
    pool.extend((k, (own[0],)) for own in day.visits_of for k in range(len(day.types)))
    return day, Generation(day, pool, nets, [Pricer(network) for network in nets], Stopwatch())


def cut_to_the_end(run: Generation) -> tuple[Bound, Bound, int]:
    """The bound before the first cut, and after the last."""
    first = last = run.run(NEVER)
    rounds = 0
    while rounds < 5 and run.cut():
        last, rounds = run.go_on(NEVER, Stopwatch()), rounds + 1
    return first, last, rounds


def test_a_route_counts_for_every_second_of_the_three_that_it_still_remembers() -> None:
    cut = Cut(frozenset({1, 2, 3}), frozenset({1, 2, 3, 7}))
    assert [cut.times(route) for route in ((1,), (1, 2), (1, 7, 2), (1, 9, 2), (1, 2, 3), (1, 9, 2, 3))] == [
        0, 1, 1, 0, 1, 1,
    ]  # fmt: skip
    assert cut.times((1, 2, 1, 3)) == 2
    assert cut.times((1, 2, 9, 1, 3)) == 2


def test_broken_cuts_are_those_that_counting_finds_and_their_memory_loses_nothing() -> None:
    dice = random.Random(5)
    routes = [tuple(dice.randrange(7) for _ in range(dice.randint(2, 6))) for _ in range(12)]
    values = [dice.choice((0.25, 0.5, 0.5)) for _ in routes]

    def whole(orders: tuple[int, ...]) -> float:
        return sum(v * (sum(n in orders for n in route) // 2) for route, v in zip(routes, values, strict=True))

    broken = {frozenset(orders) for orders in itertools.combinations(range(7), 3) if whole(orders) > 1 + VIOLATED}
    found = Subsets(7).violated(routes, values)
    assert broken and 0 < len(found) <= AT_ONCE
    for cut in found:
        assert cut.orders in broken
        counted = sum(v * cut.times(route) for route, v in zip(routes, values, strict=True))
        assert counted == pytest.approx(whole(tuple(cut.orders)))


@pytest.mark.parametrize("kind", KINDS)
def test_no_plan_is_cheaper_than_a_bound_with_cuts(kind: str) -> None:
    cuts = 0
    for seed in range(200, 212):
        problem = random_problem(seed, KINDS[kind], orders=5, vehicles=3)
        most, cheapest = best_by_trying(problem)
        day, run = generation(problem, 2)
        first, last, rounds = cut_to_the_end(run)
        cuts += rounds
        everything = sum(order.priority + 1 for order in problem.orders)
        unit = int(day.prize[0]) // (problem.orders[0].priority + 1)
        best = round(cheapest * day.scale) + (everything - most) * unit
        assert first.lower is not None and last.lower is not None
        assert first.lower <= last.lower <= best
    assert cuts


def test_cuts_lift_the_bound_of_a_hard_day_to_its_best_plan() -> None:
    """RC101 with 25 orders costs 461.1 (proved by others too); the linear program without cuts is far below."""
    day, run = generation(read(SOLOMON / "RC101.txt", Format.SOLOMON, customers=25), 8)
    first, last, rounds = cut_to_the_end(run)
    assert first.lower is not None and last.lower is not None and rounds
    assert 400 < day.money(first.lower) < 0.95 * 461.1
    assert 0.98 * 461.1 < day.money(last.lower) <= 461.1


def test_the_gap_is_closed_with_routes_that_pay_for_cuts() -> None:
    day = prepare(read(SOLOMON / "RC101.txt", Format.SOLOMON, customers=25))
    proof, pool = Proof(day), Pool(day)
    pool.extend((k, (own[0],)) for own in day.visits_of for k in range(len(day.types)))
    upper = round(465 * day.scale)
    proof.generate(pool, upper, Stopwatch(), None, None)
    better = proof.tighten(upper, Stopwatch(), Limits(), None)
    assert better is not None
    assert whole_cost(day, better) == round(461.1 * day.scale) == proof.lower
