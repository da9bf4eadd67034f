"""The solver wrapper: what it says about an answer must be true."""

import itertools
import random
import time

import numpy as np
import pulp
import pytest

from plantops.solving import EngineFailed, Limits, Master, ProgressReport, Status, relative_gap, solve

TEN = Limits(seconds=10)


def market_split(rows: int = 5, columns: int = 40, seed: int = 1) -> pulp.LpProblem:
    """Cornuejols and Dawande: tiny, and beyond branch and bound. Slack makes a first solution easy."""
    rng = random.Random(seed)
    problem = pulp.LpProblem("market_split", pulp.LpMinimize)
    take = [problem.add_variable(f"x{j}", cat="Binary") for j in range(columns)]
    over = [problem.add_variable(f"o{i}", 0) for i in range(rows)]
    under = [problem.add_variable(f"u{i}", 0) for i in range(rows)]
    problem += pulp.lpSum(over) + pulp.lpSum(under) + 1000
    for i in range(rows):
        weights = [rng.randrange(100) for _ in range(columns)]
        problem += pulp.lpDot(weights, take) + over[i] - under[i] == sum(weights) // 2
    return problem


def knapsack(sense: int, constant: float, seed: int) -> tuple[pulp.LpProblem, float]:
    rng = random.Random(seed)
    worth, weight = [rng.randint(1, 50) for _ in range(10)], [rng.randint(1, 30) for _ in range(10)]
    problem = pulp.LpProblem("knapsack", sense)
    take = [problem.add_variable(f"x{j}", cat="Binary") for j in range(10)]
    problem += (1 if sense == pulp.LpMaximize else -1) * pulp.lpDot(worth, take) + constant
    problem += pulp.lpDot(weight, take) <= 80
    best = max(
        sum(w for w, t in zip(worth, chosen, strict=True) if t)
        for chosen in itertools.product((0, 1), repeat=10)
        if sum(w for w, t in zip(weight, chosen, strict=True) if t) <= 80
    )
    return problem, (best if sense == pulp.LpMaximize else -best) + constant


@pytest.mark.parametrize("sense", [pulp.LpMinimize, pulp.LpMaximize])
@pytest.mark.parametrize("constant", [0.0, 7.5, -1000.0])
def test_objective_and_bound_contain_the_constant_in_the_problems_own_sense(sense: int, constant: float) -> None:
    problem, best = knapsack(sense, constant, seed=3)
    outcome = solve(problem, TEN)
    assert outcome.status is Status.OPTIMAL
    assert outcome.objective == pytest.approx(best)
    assert outcome.bound == pytest.approx(best)
    assert outcome.gap == pytest.approx(0, abs=1e-6)
    assert pulp.value(problem.objective) == pytest.approx(best)
    assert problem.status == pulp.LpStatusOptimal


def test_a_linear_problem_is_bounded_by_its_own_optimum() -> None:
    problem = pulp.LpProblem("blend", pulp.LpMaximize)
    x, y = problem.add_variable("x", 0, 4), problem.add_variable("y", 0)
    problem += 3 * x + 2 * y + 5
    problem += x + y <= 6
    outcome = solve(problem, TEN)
    assert (outcome.status, outcome.objective, outcome.bound) == (Status.OPTIMAL, 21.0, 21.0)
    assert (x.varValue, y.varValue) == (4.0, 2.0)


def test_a_limit_with_a_solution_in_hand_is_feasible_and_not_optimal() -> None:
    problem = market_split()
    outcome = solve(problem, Limits(seconds=0.6))
    assert outcome.status is Status.FEASIBLE
    assert outcome.objective is not None and outcome.bound is not None
    assert 1000 <= outcome.bound < outcome.objective
    assert outcome.gap == relative_gap(outcome.objective, outcome.bound)
    assert pulp.value(problem.objective) == pytest.approx(outcome.objective, abs=1e-4)
    assert outcome.seconds < 1.3
    assert problem.sol_status == pulp.LpSolutionIntegerFeasible


def test_a_limit_without_a_solution_is_unknown_and_leaves_no_values_to_read() -> None:
    problem = market_split(rows=8, columns=60)
    for name in [f"{side}{i}" for side in "ou" for i in range(8)]:
        next(v for v in problem.variables() if v.name == name).upBound = 0
    outcome = solve(problem, Limits(seconds=0.5))
    assert (outcome.status, outcome.objective, outcome.gap) == (Status.UNKNOWN, None, None)
    assert all(v.varValue is None for v in problem.variables())
    assert problem.status == pulp.LpStatusNotSolved


def test_a_wanted_gap_that_is_not_zero_is_not_called_optimal() -> None:
    problem = market_split()
    outcome = solve(problem, Limits(seconds=10, gap=0.5))
    assert outcome.status is Status.FEASIBLE
    assert outcome.gap is not None and 0 < outcome.gap <= 0.5


@pytest.mark.parametrize("category", ["Continuous", "Integer"])
def test_infeasible_and_unbounded_are_told_apart(category: str) -> None:
    crossed = pulp.LpProblem("crossed", pulp.LpMaximize)
    x = crossed.add_variable("x", 0, cat=category)
    y = crossed.add_variable("y", 0, cat=category)
    crossed += x
    crossed += x - y >= 3
    crossed += x - y <= 2
    outcome = solve(crossed, TEN)
    assert (outcome.status, outcome.objective, outcome.bound) == (Status.INFEASIBLE, None, None)
    assert x.varValue is None
    endless = pulp.LpProblem("endless", pulp.LpMaximize)
    x = endless.add_variable("x", 0, cat=category)
    y = endless.add_variable("y", 0, cat=category)
    endless += x
    endless += x - y <= 2
    assert solve(endless, TEN).status is Status.UNBOUNDED


def test_constant_rows_without_variables_are_judged() -> None:
    for holds, told in [(True, Status.OPTIMAL), (False, Status.INFEASIBLE)]:
        problem = pulp.LpProblem("nothing")
        problem += pulp.LpAffineExpression(constant=4.0)
        problem += pulp.LpConstraint(pulp.LpAffineExpression(), pulp.LpConstraintGE, "r", -1 if holds else 1)
        outcome = solve(problem, TEN)
        assert outcome.status is told
        assert outcome.objective == (4.0 if holds else None)


def test_a_value_that_is_no_number_is_refused() -> None:
    problem = pulp.LpProblem("broken")
    x = problem.add_variable("x", 0, 1)
    x.bounds(float("nan"), 1)
    problem += x
    with pytest.raises(EngineFailed, match="not a number"):
        solve(problem, TEN)


def test_special_ordered_sets_are_refused_rather_than_ignored() -> None:
    problem, _ = knapsack(pulp.LpMaximize, 0, seed=1)
    problem.sos1["a"] = {v: i for i, v in enumerate(problem.variables())}
    with pytest.raises(ValueError, match="special ordered"):
        solve(problem, TEN)


def test_a_start_is_the_first_incumbent() -> None:
    problem = market_split()
    best = solve(problem, Limits(seconds=0.6)).objective
    assert best is not None
    again = solve(problem, Limits(iterations=1), start=True)
    assert again.objective is not None and again.objective <= best + 1e-4


def test_a_partial_start_is_completed() -> None:
    problem, best = knapsack(pulp.LpMaximize, 0, seed=4)
    problem.variables()[0].setInitialValue(1)
    assert solve(problem, TEN, start=True).objective == pytest.approx(best)


def test_cancel_keeps_the_best_so_far() -> None:
    problem = market_split()
    began = time.monotonic()
    outcome = solve(problem, Limits(seconds=60), should_stop=lambda: time.monotonic() - began > 0.7)
    assert time.monotonic() - began < 3
    assert outcome.status is Status.FEASIBLE
    assert pulp.value(problem.objective) == pytest.approx(outcome.objective, abs=1e-4)


def test_progress_tells_incumbents_that_only_improve_with_a_bound_below() -> None:
    reports: list[ProgressReport] = []
    outcome = solve(market_split(), Limits(seconds=0.6), progress=reports.append)
    seen = [r.incumbent for r in reports if r.incumbent is not None]
    assert seen and seen == sorted(seen, reverse=True)
    assert outcome.objective is not None and seen[-1] >= outcome.objective - 1e-6
    assert all(r.bound is None or r.bound <= outcome.objective + 1e-6 for r in reports)


def test_progress_of_a_maximum_grows() -> None:
    problem = market_split()
    problem.sense = pulp.LpMaximize
    problem.setObjective(-1 * problem.objective)
    reports: list[ProgressReport] = []
    outcome = solve(problem, Limits(seconds=0.6), progress=reports.append)
    seen = [r.incumbent for r in reports if r.incumbent is not None]
    assert seen and seen == sorted(seen)
    assert outcome.objective is not None and outcome.bound is not None
    assert outcome.objective <= outcome.bound <= -1000 + 1e-6


def test_an_error_in_a_progress_callback_reaches_the_caller() -> None:
    def fail(_: ProgressReport) -> None:
        raise KeyError("my own fault")

    with pytest.raises(KeyError, match="my own fault"):
        solve(market_split(), Limits(seconds=5), progress=fail)


def test_the_same_seed_and_nodes_give_the_same_answer() -> None:
    seen = set()
    for _ in range(2):
        problem = market_split()
        solve(problem, Limits(iterations=50, seed=7))
        seen.add(tuple(v.varValue for v in problem.variables()))
    assert len(seen) == 1


def cutting_stock() -> tuple[pulp.LpProblem, list[tuple[int, int]]]:
    """Gilmore and Gomory: rolls of 100, (width, demand)."""
    orders = [(45, 97), (36, 610), (31, 395), (14, 211)]
    problem = pulp.LpProblem("rolls", pulp.LpMinimize)
    first = [problem.add_variable(f"p{i}", 0, cat="Integer") for i in range(len(orders))]
    problem += pulp.lpSum(first)
    for i, (width, demand) in enumerate(orders):
        problem += first[i] * (100 // width) >= demand, f"order{i}"
    return problem, orders


def best_pattern(duals: list[float], orders: list[tuple[int, int]]) -> tuple[float, list[int]]:
    ranges = [range(100 // width + 1) for width, _ in orders]
    fitting = (p for p in itertools.product(*ranges) if sum(n * w for n, (w, _) in zip(p, orders, strict=True)) <= 100)
    return max((sum(n * d for n, d in zip(p, duals, strict=True)), list(p)) for p in fitting)


def test_a_master_grows_to_the_column_generation_optimum() -> None:
    problem, orders = cutting_stock()
    master = Master(problem)
    for turn in range(50):
        outcome = master.solve(TEN)
        assert outcome.status is Status.OPTIMAL
        value, pattern = best_pattern(list(master.duals), orders)
        if value <= 1 + 1e-9:
            break
        column = master.add_column(f"new{turn}", 1.0, [(i, float(n)) for i, n in enumerate(pattern) if n])
        assert column == len(master.variables) - 1
    assert outcome.objective == pytest.approx(452.25)
    assert solve(problem, TEN).objective == 453
    assert master.values @ np.ones(len(master.values)) == pytest.approx(452.25)
    whole = master.solve_integer(TEN, start=np.ceil(master.values))
    assert (whole.status, whole.objective) == (Status.OPTIMAL, 453)


def test_a_master_takes_cuts_and_reports_duals_in_the_problems_sense() -> None:
    problem = pulp.LpProblem("grow", pulp.LpMaximize)
    x, y = problem.add_variable("x", 0), problem.add_variable("y", 0)
    problem += 3 * x + 2 * y + 10
    problem += x + y <= 4, "sum"
    master = Master(problem)
    assert master.solve(TEN).objective == pytest.approx(22)
    assert master.duals == pytest.approx([3])
    row = master.add_row(x <= 1, "cut")
    assert row == 1
    assert master.solve(TEN).objective == pytest.approx(19)
    assert master.duals == pytest.approx([2, 1])
    assert master.reduced_costs == pytest.approx([0, 0])


def test_a_forbidden_column_leaves_the_answer_and_the_integer_program() -> None:
    problem = pulp.LpProblem("grow")
    x, y = problem.add_variable("x", 0, cat="Integer"), problem.add_variable("y", 0, cat="Integer")
    problem += 2 * x + 3 * y
    problem += x + y >= 1.5, "need"
    master = Master(problem)
    assert master.solve(TEN).objective == pytest.approx(3)
    master.forbid([master.variables.index(x)])
    assert master.solve(TEN).objective == pytest.approx(4.5)
    assert master.solve_integer(TEN).objective == pytest.approx(6)
