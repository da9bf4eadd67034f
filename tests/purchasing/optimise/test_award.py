"""The award engine: equal to trying everything on tiny problems, valid and bounded on larger ones."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings

from plantops.engines import Limits, ProgressReport, Status
from plantops.errors import Invalid
from purchasing.optimise.award import solve
from purchasing.optimise.award_check import costs, faults
from purchasing.optimise.award_model import Award, Line, Lock, Minimum, Offer, Problem, Supplier, Tier
from tests.bench.awards_made import made
from tests.purchasing.optimise.tiny import best_of_all, problems

D = Decimal


def offer(line: str, supplier: str, *prices: tuple[int, str], **more: Decimal) -> Offer:
    return Offer(line, supplier, tuple(Tier(D(start), D(price)) for start, price in prices), **more)


def agrees_with_the_checker(problem: Problem, award: Award) -> None:
    assert not faults(problem, award.positions)
    assert award.costs == costs(problem, award.positions)
    assert award.outcome.objective == float(award.costs.total)
    if award.outcome.bound is not None:
        assert award.outcome.bound <= award.outcome.objective
    for baseline in award.baselines:
        if baseline.costs is not None:
            assert not faults(problem, baseline.positions)
            assert baseline.costs == costs(problem, baseline.positions)
            assert award.costs.total <= baseline.costs.total


# --- Against trying everything


def equals_trying_everything(problem: Problem) -> None:
    award, best = solve(problem, Limits(seconds=30)), best_of_all(problem)
    if best is None:
        assert award.outcome.status is Status.INFEASIBLE
        assert (award.costs, award.outcome.objective, award.outcome.bound) == (None, None, None)
        assert award.clashes
        return
    agrees_with_the_checker(problem, award)
    assert award.outcome.status is Status.OPTIMAL
    assert float(award.costs.total) == pytest.approx(float(best.total), abs=1e-6)
    assert award.outcome.bound == pytest.approx(float(best.total), abs=1e-4)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(problems())
def test_tiny_awards_equal_the_best_of_all(problem: Problem) -> None:
    equals_trying_everything(problem)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None)
@given(problems(lines=4))
def test_many_tiny_awards_equal_the_best_of_all(problem: Problem) -> None:
    equals_trying_everything(problem)


# --- Larger ones


def test_a_usual_request_is_proved_and_beats_what_a_buyer_would_do() -> None:
    problem = made(30, 8, 4, seed=1)
    award = solve(problem, Limits())
    agrees_with_the_checker(problem, award)
    assert award.outcome.status is Status.OPTIMAL
    assert award.saving is not None
    parts = award.saving
    assert parts.total == parts.price + parts.freight + parts.minimums + parts.late > 0


def test_the_same_seed_gives_the_same_award() -> None:
    problem = made(30, 6, 4, seed=3)
    first, second = (solve(problem, Limits(seed=5, iterations=5)) for _ in range(2))
    assert (first.positions, first.outcome.bound) == (second.positions, second.outcome.bound)


def test_a_cancel_keeps_the_best_so_far() -> None:
    problem = made(100, 10, 4, seed=2)
    reports: list[ProgressReport] = []
    award = solve(problem, Limits(seconds=60), reports.append, lambda: any(r.incumbent is not None for r in reports))
    agrees_with_the_checker(problem, award)
    known = [report for report in reports if report.incumbent is not None]
    assert known
    assert award.outcome.objective <= known[0].incumbent


@pytest.mark.parametrize(("size", "seconds"), [((120, 12, 4), 1), ((160, 16, 6), 1), ((500, 20, 4), 2)])
def test_the_time_limit_holds(size: tuple[int, int, int], seconds: float) -> None:
    """Unlimited they take up to a minute."""
    problem = made(*size, seed=4)
    begun = time.process_time()
    award = solve(problem, Limits(seconds=seconds))
    assert time.process_time() - begun < 1.1 * seconds
    assert award.outcome.status in (Status.FEASIBLE, Status.OPTIMAL, Status.UNKNOWN)


# --- What a buyer sees


def two_suppliers(**more: object) -> Problem:
    """A is cheaper for both lines, B has no minimum."""
    return Problem(
        (Line("oil", D(10)), Line("bolts", D(100))),
        (
            Supplier("A", minimum_rule=Minimum.SURCHARGE, minimum_value=D(500), charge=D(40)),
            Supplier("B", order_cost=D(5)),
        ),
        (
            offer("oil", "A", (0, "20")),
            offer("oil", "B", (0, "21")),
            offer("bolts", "A", (0, "0.50")),
            offer("bolts", "B", (0, "0.55"), (200, "0.40")),
        ),
        **more,
    )


def test_a_surcharge_moves_the_order_to_the_dearer_supplier() -> None:
    award = solve(two_suppliers(), Limits())
    assert {(one.line, one.supplier) for one in award.positions} == {("oil", "B"), ("bolts", "B")}
    assert award.costs is not None
    assert (award.costs.price, award.costs.freight, award.costs.minimums) == (D(265), D(5), D(0))


def test_a_lock_is_kept_and_its_price_is_said() -> None:
    award = solve(two_suppliers(locks=(Lock("oil", "B"), Lock("bolts", "A"))), Limits())
    assert {(one.line, one.supplier) for one in award.positions} == {("oil", "B"), ("bolts", "A")}
    said = [one.sentence for one in award.binding]
    assert "oil is locked to B: elsewhere it is 10.00 cheaper." in said
    assert "A charges a surcharge of 40.00: 450.00 more would save it." in said


def test_a_saving_of_nothing_is_nothing() -> None:
    problem = Problem((Line("oil", D(1)),), (Supplier("A"),), (offer("oil", "A", (0, "7")),))
    award = solve(problem, Limits())
    assert award.saving is not None
    assert award.saving.total == 0
    assert award.outcome.status is Status.OPTIMAL


def test_no_award_says_which_limit_has_to_give_way() -> None:
    award = solve(two_suppliers(budget=D(200)), Limits())
    assert award.outcome.status is Status.INFEASIBLE
    assert award.clashes == ("The budget of 200 would have to be 70.00 higher.",)
    small = Supplier("A", minimum_rule=Minimum.REFUSE, minimum_value=D(50))
    award = solve(Problem((Line("oil", D(1)),), (small,), (offer("oil", "A", (0, "7")),)), Limits())
    assert award.clashes == ("A would have to take an order 43.00 under its minimum value.",)


def test_a_line_that_nobody_can_deliver_is_named() -> None:
    lines = (Line("oil", D(1)), Line("belt", D(1), need_in_days=3), Line("hose", D(5)))
    late = Offer("belt", "A", (Tier(D(0), D(1)),), lead_days=9)
    few = Offer("hose", "A", (Tier(D(0), D(1)),), capacity=D(4))
    award = solve(Problem(lines, (Supplier("A"),), (late, few)), Limits())
    assert award.clashes == (
        "Nobody offers oil.",
        "belt is needed in 3 days and the fastest offer takes 9.",
        "hose needs 5 and no offer, or the most that may share it, delivers that much.",
    )


BAD = {
    "There is nothing to award: give at least one line.": Problem((), (Supplier("A"),), ()),
    "There is nobody to buy from: give at least one supplier.": Problem((Line("oil", D(1)),), (), ()),
    "oil needs -1; it must be more than nothing.": Problem((Line("oil", D(-1)),), (Supplier("A"),), ()),
    "oil needs NaN; it must be more than nothing.": Problem((Line("oil", D("NaN")),), (Supplier("A"),), ()),
    "At most 1 may be bought of oil and 2 are needed; that contradicts itself.": Problem(
        (Line("oil", D(2), most=D(1)),), (Supplier("A"),), ()
    ),
    "oil is locked to 2 suppliers and may have 1.": replace(
        two_suppliers(), locks=(Lock("oil", "A"), Lock("oil", "B"))
    ),
    "The offer of Z for oil names a supplier that there is not.": Problem(
        (Line("oil", D(1)),), (Supplier("A"),), (offer("oil", "Z", (0, "1")),)
    ),
}


@pytest.mark.parametrize("sentence", BAD)
def test_a_bad_problem_is_one_sentence(sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        solve(BAD[sentence], Limits())
    assert str(refused.value) == sentence
