"""The coarse bound for routes of many stops is below the best plan there is, whatever the day is made of."""

from pathlib import Path

import pytest

from plantops.engines import Stopwatch
from tests.transport.optimise.small import Features, best_by_trying, random_problem
from transport.instances import Format, read
from transport.optimise.day import Day, prepare
from transport.optimise.model import Problem
from transport.optimise.pool import Pool, whole_cost
from transport.optimise.proof import Proof

ROOT = Path(__file__).parents[3]

KINDS = {
    "windows": Features(windows=True),
    "several windows": Features(several_windows=True),
    "unlike vehicles by the hour": Features(windows=True, hours=True, unlike=True, skills=True),
    "short days": Features(windows=True, short_days=True, pickups=True),
    "too little fleet": Features(windows=True, scarce=True, priorities=True),
}


def coarse(problem: Problem, work: int | None = None) -> tuple[Day, Proof]:
    day = prepare(problem)
    proof, pool = Proof(day), Pool(day)
    pool.extend((k, (own[0],)) for own in day.visits_of for k in range(len(day.types)))
    proof.coarse(pool, whole_cost(day, []), Stopwatch(), work, None)
    return day, proof


@pytest.mark.parametrize("kind", KINDS)
def test_no_plan_is_cheaper_than_the_coarse_bound(kind: str) -> None:
    for seed in range(100, 112):
        problem = random_problem(seed, KINDS[kind], orders=4, vehicles=2)
        most, cheapest = best_by_trying(problem)
        day, proof = coarse(problem)
        everything = sum(order.priority + 1 for order in problem.orders)
        unit = int(day.prize[0]) // (problem.orders[0].priority + 1)
        best = round(cheapest * day.scale) + (everything - most) * unit
        assert proof.lower is not None
        assert proof.lower <= best
        assert proof.lower > 0


def test_it_is_near_the_best_where_routes_are_short_and_is_never_closed() -> None:
    day, proof = coarse(read(ROOT / "tests" / "data" / "transport" / "solomon" / "RC101.txt", Format.SOLOMON, None, 25))
    assert proof.lower is not None
    assert 0.8 * 461.1 <= day.money(proof.lower) <= 461.1
    assert not proof.worth_more(round(461.1 * day.scale))
