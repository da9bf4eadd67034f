"""The bench of delivery days: every engine's routes are driven again, and none is believed."""

from pathlib import Path

import pytest

from tests.bench import routes, routes_made
from tests.bench.routes_check import Step, Tour, checked
from tests.bench.routes_runs import ENGINES, Case, Ran, _run, run
from tests.bench.tables import Asked
from tests.transport.optimise.hand import delivery, line, van
from transport.instances import Format
from transport.optimise.admit import why_not
from transport.optimise.model import Order, Stop


def test_routes_that_break_something_are_found_out() -> None:
    goods = Order("x", (4,), delivery=Stop(2), pickup=Stop(5))
    problem = line([delivery("a", 3, 6, 0, (0, 5)), delivery("b", 9, 6), goods], [van(capacity=10)])
    good = checked(problem, [("van", [("a", "delivery")])])
    assert (good.cost, good.served, good.broken) == (6.0, 1, ())
    wrong: dict[str, list[Step]] = {
        "load 12 of 10": [("a", "delivery"), ("b", "delivery")],
        "a is served at 15, too late": [("b", "delivery"), ("a", "delivery")],
        "x is delivered before it is picked up": [("x", "delivery"), ("x", "pickup")],
        "order x is visited [1, 0] times": [("x", "pickup")],
        "order a is visited [2] times": [("a", "delivery"), ("a", "delivery")],
        "2 trips of 1": [("a", "delivery"), None, ("b", "delivery")],
    }
    for sentence, steps in wrong.items():
        assert any(sentence in text for text in checked(problem, [("van", steps)]).broken), sentence


def test_hours_count_from_the_latest_start_that_meets_every_window() -> None:
    """To place 3 (open from 50), place 5 (open from 60) and home: 10 on the road, 2 of service, 2 waiting."""
    orders = [delivery("a", 3, 1, 1, (50, 55)), delivery("b", 5, 1, 1, (60, 70))]
    tours: list[Tour] = [("van", [("a", "delivery"), ("b", "delivery")])]
    held = checked(line(orders, [van(max_duration=14)]), tours)
    assert held.broken == ()
    assert checked(line(orders, [van(max_duration=13)]), tours).broken == ("van: 14 hours of 13",)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_plans_a_small_file_and_holds(engine: str) -> None:
    path = routes.OWN / "solomon" / "R101.txt"
    case = Case("solomon 25", "R101.25", path, Format.SOLOMON, None, 25, 617.1)
    # OR-Tools brings a HiGHS of its own that does not bear another one in the same process.
    ran = run(engine, case, 1.0, 1) if engine == "OR-Tools" else Ran(**_run(engine, case, 1.0, 1))
    assert ran.wrong == ""
    assert ran.served == 25
    assert ran.cost is not None and ran.cost >= 617.1 - 1e-6
    assert ran.bound is None or ran.bound <= 617.1 + 1e-6


def test_the_table_has_a_row_per_day_and_says_where_a_peer_is_better(tmp_path: Path) -> None:
    known = {case.name for case in routes.cases(Asked(tmp_path, tmp_path))}
    assert {"R101.25", "RC208.100", "lc101", "PR01", "X-n101-k25", "2946091", "made 1"} <= known
    case = Case("x", "day", None, best=90.0)
    ours = Ran(101.0, 4, 4, bound=99.0, cpu_seconds=5.0)
    row = routes.line(
        case, 5.0, {"plantops": ours, "PyVRP alone": Ran(100.0, 4, 4), "VROOM": Ran(None, wrong="no plan")}
    )
    assert (row["worse_percent"], row["gap_percent"], row["over_best_percent"]) == (1.0, 1.98, 12.22)
    assert "against PyVRP alone +1.00 % mean, +1.00 % worst" in routes.notes([row])


def test_days_made_from_a_seed_are_let_in_and_are_the_same_again() -> None:
    for seed in range(3):
        problem = routes_made.made(seed)
        assert list(why_not(problem)) == []
        assert problem.orders == routes_made.made(seed).orders
        assert sum(len(order.stops) for order in problem.orders) >= 50
