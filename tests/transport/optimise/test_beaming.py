"""Routes found fast hold, are worth their price, and lead the linear program over real routes to its end."""

from pathlib import Path

import numpy as np
import pytest

from plantops.engines import Stopwatch
from tests.transport.optimise.hand import delivery, line, van
from transport.instances import Format, read
from transport.optimise.beaming import BREADTHS, rewarding
from transport.optimise.day import Day, prepare
from transport.optimise.network import Network, networks
from transport.optimise.pool import Pool, whole_cost
from transport.optimise.proof import Proof
from transport.optimise.schedule import try_route

ROOT = Path(__file__).parents[3]


def visits(day: Day, network: Network, route: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(day.visits_of[int(network.orders[row])][0] for row in route)


def test_the_best_route_of_a_few_orders_is_found_and_all_hold() -> None:
    orders = [delivery("a", 2, 4), delivery("b", 5, 4), delivery("c", 8, 4)]
    day = prepare(line(orders, [van(capacity=8)]))
    (network,) = networks(day, 8)
    prices = np.array([1.0, 11.0, 9.0]) * day.scale  # b and c together: 20 for 16 km; b alone: 11 for 10
    found = rewarding(network, prices, 0.0, BREADTHS[-1], 10, 0.0)
    assert [set(route) for route in found[:2]] == [{1, 2}, {1}]
    for route in found:
        verdict = try_route(day, 0, visits(day, network, route))
        assert verdict.holds
        assert verdict.cost < prices[list(route)].sum()


def test_nothing_is_found_where_nothing_is_worth_it() -> None:
    day = prepare(line([delivery("a", 2), delivery("b", 5)], [van()]))
    (network,) = networks(day, 8)
    assert rewarding(network, np.array([3.9, 9.9]) * day.scale, 0.0, BREADTHS[-1], 10, 0.0) == []


def test_routes_of_a_real_day_hold_on_their_vehicle() -> None:
    day = prepare(read(ROOT / "transport" / "demo" / "data" / "bih", Format.BIH, "2939484"))
    prices = np.full(len(day.problem.orders), 3.0 * day.scale)
    for network in networks(day, 6)[:3]:
        found = rewarding(network, prices, 0.0, BREADTHS[0], 30, 0.0)
        assert len(found) == 30
        assert all(len(set(route)) == len(route) for route in found)
        assert all(try_route(day, network.k, visits(day, network, route)).holds for route in found)


@pytest.mark.parametrize("long", [False, True])
def test_the_routes_that_it_finds_go_to_the_pool_and_the_bound_is_near_the_best(long: bool) -> None:
    day = prepare(read(ROOT / "tests" / "data" / "transport" / "solomon" / "RC101.txt", Format.SOLOMON, None, 25))
    proof, pool = Proof(day), Pool(day)
    pool.extend((0, (own[0],)) for own in day.visits_of)
    alone = len(pool.columns)
    proof.generate(pool, whole_cost(day, []), Stopwatch(), 300_000_000, None, long)
    assert len(pool.columns) > alone + 50
    assert proof.lower is not None
    assert (0.93 if long else 0.85) * 461.1 <= day.money(proof.lower) <= 461.1
