"""Cuts that say how many routes must enter a set hold for every plan, are found where a flow breaks them, and cost the
pricing what they say."""

import itertools
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import pytest

from plantops.engines import Stopwatch
from tests.transport.optimise.small import Features, random_problem
from transport.optimise.circling import LongRoutes
from transport.optimise.day import Day, prepare
from transport.optimise.gates import Gate, Gates, _least_cut, rebates
from transport.optimise.network import Network, networks
from transport.optimise.pool import Pool, whole_cost
from transport.optimise.schedule import try_route
from transport.optimise.sweeping import Sweeper

KINDS = {
    "loads": Features(),
    "windows": Features(windows=True, unlike=True),
    "short days": Features(windows=True, short_days=True, pickups=True),
}


def ways_to_split(items: Sequence[int]) -> Iterator[list[list[int]]]:
    """All partitions of a set."""
    if not items:
        yield []
        return
    for rest in ways_to_split(items[1:]):
        yield [[items[0]], *rest]
        for at in range(len(rest)):
            yield [*rest[:at], [items[0], *rest[at]], *rest[at + 1 :]]


def routes_needed(day: Day, visits: Sequence[int]) -> int | None:
    """By trying: the least number of routes that serve these visits."""

    vehicles = [k for k, count in enumerate(day.counts) for _ in range(count)]

    @cache
    def holds(k: int, group: tuple[int, ...]) -> bool:
        return any(try_route(day, k, order).holds for order in itertools.permutations(group))

    def can_be_driven(split: Sequence[Sequence[int]]) -> bool:
        choices = itertools.permutations(vehicles, len(split))
        return any(all(holds(k, tuple(group)) for k, group in zip(own, split, strict=True)) for own in choices)

    return min((len(split) for split in ways_to_split(list(visits)) if can_be_driven(split)), default=None)


@pytest.mark.parametrize("kind", KINDS)
def test_no_fewer_routes_than_a_gate_says_serve_its_visits(kind: str) -> None:
    several = 0
    for seed in range(8):
        day = prepare(random_problem(seed, KINDS[kind], orders=5, vehicles=4))
        gates = Gates(day, networks(day, 3))
        able = sorted({int(visit) for network in gates.networks for visit in network.visits})
        for size in range(1, len(able) + 1):
            for visits in itertools.combinations(able, size):
                inside = np.zeros(len(day.visits), np.bool_)
                inside[list(visits)] = True
                least, true = gates._gate(inside).least, routes_needed(day, visits)
                assert true is None or least <= true
                several += least > 1
    assert several > 10


def test_the_least_cut_is_the_one_found_by_trying() -> None:
    draw = np.random.default_rng(5)
    for _ in range(60):
        flow = draw.integers(0, 4, (6, 6)) * (draw.random((6, 6)) < 0.5) / 4
        np.fill_diagonal(flow, 0)
        flow[:, 5] = 0  # the last are starts

        def into(inside: np.ndarray, flow: np.ndarray = flow) -> float:
            return float(flow[~np.append(inside, False)][:, np.flatnonzero(inside)].sum())

        tried = [np.array(bits, np.bool_) for bits in itertools.product((False, True), repeat=5) if bits[2]]
        assert into(_least_cut(flow, 2)) == pytest.approx(min(into(inside) for inside in tried))


def test_rebates_are_what_a_route_counts_times_the_prices() -> None:
    day = prepare(random_problem(3, Features(windows=True, unlike=True), orders=6, vehicles=3))
    nets = networks(day, 3)
    gates, draw = Gates(day, nets), np.random.default_rng(2)
    everything = range(len(day.visits))
    for size in (2, 3, 4):
        for visits in itertools.combinations(everything, size):
            gates.found.append(Gate(frozenset(visits), 1))
            gates.found += [Gate(frozenset(visits), 0, network.k, visits[0]) for network in nets]
    prices = draw.integers(0, 9, len(gates.found)).astype(float)
    for network in nets:
        off = rebates(network, gates, prices)
        for rows in itertools.permutations(range(len(network.visits)), min(4, len(network.visits))):
            route = [int(network.visits[row]) for row in (*rows, rows[0])]  # a circle at the end
            path = [*rows, rows[0]]
            told = off.first[path[0]] + sum(off.between[a, b] for a, b in itertools.pairwise(path))
            assert told == float(prices @ gates.counts(network.k, tuple(route)))
            alone = [
                int(gate.counts(np.array([network.k]), np.array(route), np.array([0, len(route)]), len(day.visits))[0])
                for gate in gates.found
            ]
            assert alone == gates.counts(network.k, tuple(route)).tolist()


def test_a_flow_that_goes_round_is_broken_and_one_of_a_plan_is_not() -> None:
    day = prepare(random_problem(1, Features(), orders=6, vehicles=3))
    nets: list[Network] = networks(day, 3)
    k, size = nets[0].k, len(day.visits)
    circle = np.zeros((size + 1, size + 1))
    circle[size, 0] = 0.5  # one half of a route serves 0, 1, 2 and again 0, 1, 2
    for a, b in ((0, 1), (1, 2), (2, 0), (0, 1), (1, 2)):
        circle[a, b] += 0.5
    found = Gates(day, nets).search({k: circle})
    assert Gate(frozenset({0, 1, 2}), 0, k, 0) in found or Gate(frozenset({0, 1, 2}), 0, k, 1) in found
    assert any(gate.visits == frozenset({0, 1, 2}) and gate.least >= 1 for gate in found)
    plan = np.zeros((size + 1, size + 1))
    for visit in range(size):
        plan[size, visit] = 1.0  # everything on its own
    assert not Gates(day, nets).search({k: plan})


def test_cuts_lift_the_bound_and_columns_are_tidied(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the same day with and without cuts, with so few columns kept that they are thrown out often."""
    monkeypatch.setattr("transport.optimise.circling.MOST", 60)
    monkeypatch.setattr("transport.optimise.circling.KEPT", 30)
    day = prepare(random_problem(4, Features(windows=True), orders=9, vehicles=4))
    found = []
    for cuts in (True, False):
        if not cuts:
            monkeypatch.setattr("transport.optimise.circling.LongRoutes._gate", lambda _self: False)
        pool, nets = Pool(day), networks(day, 2)
        pool.extend((k, (own[0],)) for own in day.visits_of for k in range(len(day.types)))
        run = LongRoutes(day, pool, nets, [Sweeper(network) for network in nets], Stopwatch())
        bound = run.run(whole_cost(day, []))
        assert bound.lower is not None
        found.append(bound.lower)
    assert found[0] >= found[1] > 0
