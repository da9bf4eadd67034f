"""The replenishment engine: equal to Wagner and Whitin on single items, valid and bounded on shared limits."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plantops.engines import Limits, ProgressReport, Status
from plantops.errors import Invalid
from purchasing.optimise.award_model import Minimum
from purchasing.optimise.lots import Lots
from purchasing.optimise.replenish import solve
from purchasing.optimise.replenish_check import costs, faults, shortages
from purchasing.optimise.replenish_model import Budget, Item, Order, Plan, Problem, Supplier
from purchasing.optimise.shadow import Prices, Shared
from tests.bench.stocks_made import made

DEAR = 1e4


def agrees_with_the_checker(problem: Problem, plan: Plan) -> None:
    assert not faults(problem, plan.orders)
    assert plan.costs == costs(problem, plan.orders)
    assert plan.outcome.objective == plan.costs.total
    assert plan.shortages == shortages(problem, plan.orders)
    assert plan.minmax is not None
    assert plan.costs.total <= plan.minmax.total + 1e-6
    if plan.outcome.bound is not None:
        assert plan.outcome.bound <= plan.costs.total


# --- Single items


def wagner_whitin(demand: tuple[float, ...], order_cost: float, holding: float) -> float:
    """The classic recursion: an order covers a run of whole weeks."""
    best = [0.0]
    for end in range(1, len(demand) + 1):
        best.append(
            min(
                best[start]
                + (order_cost if sum(demand[start:end]) else 0.0)
                + sum(holding * (week - start) * demand[week] for week in range(start, end))
                for start in range(end)
            )
        )
    return best[-1]


def one_item(demand: tuple[float, ...], order_cost: float, holding: float) -> Problem:
    item = Item("a", "s", demand, 0.0, holding=holding, shortage_cost=DEAR)
    return Problem(len(demand), (item,), (Supplier("s", order_cost),))


def test_the_example_of_the_textbook() -> None:
    """Snyder and Shen, Fundamentals of Supply Chain Theory, example 3.9 (also in stockpyl)."""
    plan = solve(one_item((90.0, 120.0, 80.0, 70.0), 500.0, 2.0), Limits())
    assert (plan.outcome.status, plan.outcome.objective, plan.outcome.bound) == (Status.OPTIMAL, 1380.0, 1380.0)
    assert [(order.week, order.quantity) for order in plan.orders] == [(0, 210.0), (2, 150.0)]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=9), st.integers(0, 120), st.sampled_from((0.0, 0.5, 1.0, 3.0)))
def test_single_items_equal_wagner_and_whitin(demand: list[int], order_cost: int, holding: float) -> None:
    numbers = tuple(float(count) for count in demand)
    plan = solve(one_item(numbers, float(order_cost), holding), Limits())
    best = wagner_whitin(numbers, float(order_cost), holding)
    assert plan.outcome.objective == pytest.approx(best)
    assert plan.outcome.bound == pytest.approx(best)


@st.composite
def items(draw: st.DrawFn) -> Item:
    return Item(
        "a",
        "s",
        tuple(float(draw(st.integers(0, 5))) for _ in range(4)),
        price=float(draw(st.integers(0, 3))),
        stock=float(draw(st.integers(0, 4))),
        coming=((draw(st.integers(0, 3)), 2.0),) if draw(st.booleans()) else (),
        pack=float(draw(st.sampled_from((1, 2, 3)))),
        least=float(draw(st.sampled_from((0, 0, 4)))),
        line_cost=float(draw(st.integers(0, 3))),
        holding=draw(st.sampled_from((0.1, 0.5))),
        safety=float(draw(st.integers(0, 3))),
        safety_cost=1.0,
        shortage_cost=draw(st.sampled_from((0.5, 4.0))),
        shelf_weeks=draw(st.sampled_from((None, None, 1, 2))),
        load=1.0,
    )


def trying_everything(problem: Problem) -> float:
    """The least cost of all orders that the checker allows, for items with few packs."""
    lead = {one.id: one.lead_weeks for one in problem.suppliers}
    slots = [(item, week) for item in problem.items for week in range(problem.weeks - lead[item.supplier])]
    best = costs(problem, ()).total
    for counts in product(range(5), repeat=len(slots)):
        orders = tuple(
            Order(
                item.id,
                item.supplier,
                week,
                week + lead[item.supplier],
                count,
                count * item.pack,
                count * item.pack * item.price,
            )
            for (item, week), count in zip(slots, counts, strict=True)
            if count
        )
        total = costs(problem, orders).total
        if total < best and not faults(problem, orders):
            best = total
    return best


@settings(max_examples=8, deadline=None, derandomize=True)
@given(items(), st.integers(0, 1), st.sampled_from(Minimum), st.booleans())
def test_bounds_hold_and_tiny_plans_are_near_the_best(item: Item, lead: int, rule: Minimum, tight: bool) -> None:
    supplier = Supplier("s", 4.0, lead, rule, 4.0, 2.0)
    budgets = (Budget(0, 1, 6.0),) if tight else ()
    problem = Problem(4, (item,), (supplier,), budgets, (3.0,) * 4 if tight else ())
    if Lots(problem).most[0] > 4 * (4 - lead):
        return
    plan = solve(problem, Limits(iterations=3))
    best = trying_everything(problem)
    agrees_with_the_checker(problem, plan)
    assert plan.outcome.bound is not None
    assert plan.outcome.bound <= best + 1e-6
    assert plan.outcome.objective >= best - 1e-6 or Lots(problem).most[0] > 4


def test_any_prices_prove_a_limit() -> None:
    problem = made(8, 8, seed=1)
    best = solve(problem, Limits(iterations=3)).costs.total
    shared = Shared(problem, Lots(problem))
    dice = np.random.default_rng(1)
    for _ in range(20):
        prices = Prices(
            dice.uniform(0, 30, (8, 8)),
            dice.uniform(0, 0.2, (len(problem.suppliers), 8)) * (shared.minimum > 0)[:, None],
            dice.uniform(0, 0.3, len(problem.budgets)),
            dice.uniform(0, 3, 8),
        )
        assert shared.relaxed(prices)[0] <= best


# --- Many items and shared limits


def test_a_usual_plan_is_near_the_best_and_beats_min_max() -> None:
    problem = made(14, 8, seed=2)
    plan = solve(problem, Limits(iterations=2, gap=0.02))
    agrees_with_the_checker(problem, plan)
    assert plan.outcome.gap is not None
    assert plan.outcome.gap <= 0.03
    assert plan.minmax is not None
    assert plan.costs.total < plan.minmax.total


def test_the_same_seed_gives_the_same_plan() -> None:
    problem = made(12, 8, seed=3)
    first, second = (solve(problem, Limits(seed=1, iterations=1)) for _ in range(2))
    assert (first.orders, first.outcome.bound) == (second.orders, second.outcome.bound)


def test_a_cancel_keeps_the_best_so_far_and_the_time_limit_holds() -> None:
    problem = made(30, 13, seed=4)
    reports: list[ProgressReport] = []
    plan = solve(problem, Limits(seconds=60), reports.append, lambda: len(reports) >= 2)
    agrees_with_the_checker(problem, plan)
    assert plan.outcome.objective <= reports[0].incumbent
    for some in (problem, made(500, 26, seed=1)):
        begun = time.process_time()
        solve(some, Limits(seconds=2))
        assert time.process_time() - begun < 1.1 * 2


def test_two_items_share_the_cost_of_an_order() -> None:
    apart = [Item(name, "s", (5.0, 5.0), 1.0, holding=0.5, shortage_cost=DEAR) for name in "ab"]
    plan = solve(Problem(2, tuple(apart), (Supplier("s", 3.0),)), Limits())
    assert plan.costs.total == pytest.approx(20 + 3 + 3)
    plan = solve(Problem(2, tuple(apart), (Supplier("s", 6.0),)), Limits())
    assert plan.costs.total == pytest.approx(20 + 6 + 5)


def test_a_budget_and_a_dock_spread_the_orders() -> None:
    item = Item("a", "s", (4.0, 4.0, 4.0), 10.0, stock=4.0, holding=0.1, shortage_cost=DEAR, load=1.0)
    problem = Problem(3, (item,), (Supplier("s", 50.0),))
    assert [order.week for order in solve(problem, Limits()).orders] == [1]
    spread = solve(replace(problem, dock=(0.0, 4.0, 4.0)), Limits())
    assert [(order.week, order.packs) for order in spread.orders] == [(1, 4), (2, 4)]
    assert "The dock is full in week 2: 4.0 of 4.0." in spread.binding
    poor = solve(replace(problem, budgets=(Budget(0, 1, 40.0), Budget(2, 2, 40.0))), Limits())
    assert [(order.week, order.packs) for order in poor.orders] == [(1, 4), (2, 4)]


def test_what_cannot_come_in_time_is_missing() -> None:
    item = Item("a", "s", (4.0, 4.0), 1.0, shortage_cost=100.0)
    plan = solve(Problem(2, (item,), (Supplier("s", 1.0, lead_weeks=1),)), Limits())
    assert [(one.week, one.quantity) for one in plan.shortages] == [(0, 4.0)]
    assert plan.costs.shortage == 400.0


def test_goods_that_spoil_are_ordered_often() -> None:
    item = Item("a", "s", (4.0,) * 4, 1.0, holding=0.01, shortage_cost=DEAR)
    assert len(solve(Problem(4, (item,), (Supplier("s", 50.0),)), Limits()).orders) == 1
    fresh = replace(item, shelf_weeks=2)
    assert [order.week for order in solve(Problem(4, (fresh,), (Supplier("s", 50.0),)), Limits()).orders] == [0, 2]


ITEM = Item("a", "s", (1.0, 1.0), 1.0)
BAD = {
    "There is nothing to replenish: give at least one item.": Problem(2, (), (Supplier("s"),)),
    "A horizon of 0 weeks cannot be planned; give 1 to 104.": Problem(0, (ITEM,), (Supplier("s"),)),
    "a names the supplier s; there is none.": Problem(2, (ITEM,), ()),
    "a has use for 2 weeks of 3.": Problem(3, (ITEM,), (Supplier("s"),)),
    "a has a week whose use is negative or not a number.": Problem(
        2, (replace(ITEM, demand=(1.0, float("nan"))),), (Supplier("s"),)
    ),
    "a has packs of 0.0; a pack holds more than nothing.": Problem(2, (replace(ITEM, pack=0.0),), (Supplier("s"),)),
    "a would need 2000000 packs of 1; up to 20000 can be planned: plan it in larger packs.": Problem(
        2, (replace(ITEM, demand=(1e6, 1e6)),), (Supplier("s"),)
    ),
}


@pytest.mark.parametrize("sentence", BAD)
def test_a_bad_problem_is_one_sentence(sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        solve(BAD[sentence], Limits())
    assert str(refused.value) == sentence
