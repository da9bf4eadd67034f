"""A few routes searched apart from the rest: cheaper, nothing lost, the same again with the same seed."""

from pathlib import Path

from plantops.engines import Stopwatch
from tests.transport.optimise.hand import delivery, line, van
from transport.instances import Format, read
from transport.optimise.climbing import Climber
from transport.optimise.day import Day, prepare
from transport.optimise.heuristic import Search, Tour
from transport.optimise.parts import Parts
from transport.optimise.pool import Pool, whole_cost
from transport.optimise.schedule import try_route

BIH = Path(__file__).parents[3] / "transport" / "demo" / "data" / "bih"


def served(day: Day, tours: list[Tour]) -> list[int]:
    return sorted(n for _, sequence in tours for n in day.served(sequence))


def test_parts_of_a_real_day_get_better_and_lose_nothing() -> None:
    day = prepare(read(BIH, Format.BIH, "2604001"))
    world = Search(day)
    climber = Climber(world, 1)
    first = climber.search(Stopwatch(), 250).tours
    assert first is not None
    again = [Parts(world, 5, Pool(day).add).search(Stopwatch(), 900, first, climber.penalties) for _ in range(2)]
    assert again[0] == again[1]
    better = again[0].tours
    assert better is not None
    assert again[0].iterations == 900
    assert all(try_route(day, *tour).holds for tour in better)
    assert served(day, better) == served(day, first) == list(range(len(day.problem.orders)))
    assert whole_cost(day, better) < whole_cost(day, first)


def test_a_part_has_its_own_orders_and_vehicles_and_the_idle_ones() -> None:
    orders = [delivery(name, place) for name, place in (("a", 2), ("b", 5), ("c", 8))]
    day = prepare(line(orders, [van("x"), van("y"), van("z")]))
    tours: list[Tour] = [(0, (0,)), (0, (2,))]
    part = Search(day).part(tours, [1])
    assert (part.data.num_clients, part.data.num_vehicles) == (2, 3)
    assert sorted(part.tours(part.solution(tours))) == tours


def test_a_plan_of_few_routes_has_no_parts() -> None:
    day = prepare(line([delivery("a", 2)], [van("x")]))
    assert not Parts(Search(day), 1, Pool(day).add).fit([(0, (0,))] * 3)
    assert Parts(Search(day), 1, Pool(day).add).fit([(0, (0,))] * 4)
