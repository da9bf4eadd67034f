"""Routes found fast hold, are worth their price, and lead the linear program over real routes to its end."""

from pathlib import Path

import numpy as np

from plantops.engines import Stopwatch
from tests.transport.optimise.hand import delivery, line, van
from transport.instances import Format, read
from transport.optimise.beaming import BREADTHS, rewarding
from transport.optimise.day import Day, prepare
from transport.optimise.network import Network, networks
from transport.optimise.pool import Pool, whole_cost
from transport.optimise.proof import Proof
from transport.optimise.schedule import try_route
from transport.optimise.sweeping import Sweeper

ROOT = Path(__file__).parents[3]


def visits(day: Day, network: Network, route: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(network.visits[row]) for row in route)


def test_the_best_route_of_a_few_orders_is_found_and_all_hold() -> None:
    orders = [delivery("a", 2, 4), delivery("b", 5, 4), delivery("c", 8, 4)]
    day = prepare(line(orders, [van(capacity=8)]))
    (network,) = networks(day, 8)
    prices = np.array([1.0, 11.0, 9.0]) * day.scale  # b and c: 20 for 16 km; a and b: 12 for 10; b alone: 11 for 10
    found = rewarding(network, prices, 0.0, BREADTHS[-1], 10, 0.0)
    assert list(dict.fromkeys(frozenset(route) for route in found)) == [{1, 2}, {0, 1}, {1}]
    for route in found:
        verdict = try_route(day, 0, visits(day, network, route))
        assert verdict.holds
        assert verdict.cost < prices[list(route)].sum()


def test_nothing_is_found_where_nothing_is_worth_it() -> None:
    day = prepare(line([delivery("a", 2), delivery("b", 5)], [van()]))
    (network,) = networks(day, 8)
    assert rewarding(network, np.array([2.0, 7.9]) * day.scale, 0.0, BREADTHS[-1], 10, 0.0) == []


def test_routes_of_a_real_day_hold_on_their_vehicle() -> None:
    day = prepare(read(ROOT / "transport" / "demo" / "data" / "bih", Format.BIH, "2939484"))
    prices = np.full(len(day.problem.orders), 3.0 * day.scale)
    for network in networks(day, 6)[:3]:
        found = rewarding(network, prices, 0.0, BREADTHS[0], 30, 0.0)
        assert len(found) >= 10
        assert all(len(set(route)) == len(route) for route in found)
        assert all(try_route(day, network.k, visits(day, network, route)).holds for route in found)


def test_real_routes_go_to_the_pool_and_memory_brings_the_bound_near_the_best() -> None:
    day = prepare(read(ROOT / "tests" / "data" / "transport" / "solomon" / "RC101.txt", Format.SOLOMON, None, 25))
    proof, pool = Proof(day), Pool(day)
    pool.extend((0, (own[0],)) for own in day.visits_of)
    alone = len(pool.columns)
    proof.coarse(pool, whole_cost(day, []), Stopwatch(), 300_000_000, None)
    assert len(pool.columns) > alone + 50
    assert proof.lower is not None
    assert 0.85 * 461.1 <= day.money(proof.lower) <= 461.1


def test_who_is_on_a_circle_remembers_who_begins_it() -> None:
    orders = [delivery(f"o{at}", at + 1) for at in range(9)]
    (network,) = networks(prepare(line(orders, [van(closes=200)], length=12)), 2)
    sweeper = Sweeper(network)
    route = (0, 4, 8, 0)
    assert sweeper.lets_pass(route)
    assert list(sweeper.circles(route)) == [(0, 4), (0, 8)]
    assert sweeper.remember(sweeper.circles(route))
    assert not sweeper.lets_pass(route)
    assert not sweeper.remember(sweeper.circles(route))
    assert sweeper.lets_pass((0, 4, 8, 5))
