"""Why somebody has no line: the rules named are enough to contradict themselves, and each of them is needed."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given, settings

from housekeeping.optimise.explain import DROPS, clash
from housekeeping.optimise.model import Person, Problem, Rule, Shift
from tests.housekeeping.optimise.tiny import problems, valid_lines

DAY = Shift("day", 480)


def explained(person: Person, days: int = 7) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    found = clash(Problem(days, (DAY,), (person,)), person)
    return found.rules, found.way_out


def test_hours_that_days_in_a_row_do_not_allow() -> None:
    person = Person("Ann", frozenset({"day"}), min_minutes=6 * 480, max_consecutive_work=2, min_consecutive_off=2)
    rules, way_out = explained(person)
    assert set(rules) == {Rule.MIN_MINUTES, Rule.MAX_WORK}
    assert len(way_out) >= 1


def test_leave_that_leaves_too_few_days_proposes_fewer_hours() -> None:
    person = Person("Ann", frozenset({"day"}), absent=frozenset(range(5)), min_minutes=3 * 480)
    rules, way_out = explained(person)
    assert rules == (Rule.ABSENT, Rule.MIN_MINUTES)
    assert way_out == ("960 minutes, at least 1440",)


def test_a_frozen_cell_on_a_day_off() -> None:
    person = Person("Ann", frozenset({"day"}), days_off=frozenset({2}), frozen={2: "day"})
    rules, way_out = explained(person)
    assert rules == (Rule.DAY_OFF, Rule.FROZEN)
    assert way_out == ("day 2 is frozen as day, not off",)


def test_what_the_history_makes_impossible() -> None:
    person = Person("Ann", frozenset({"day"}), max_consecutive_work=2, history=("day", "day"), frozen={0: "day"})
    rules, _ = explained(person)
    assert set(rules) == {Rule.FROZEN, Rule.MAX_WORK}


@settings(max_examples=35, deadline=None, derandomize=True)
@given(problems(days=4, persons=1))
def test_rules_named_contradict_and_none_can_be_spared(problem: Problem) -> None:
    person = problem.people[0]
    assume(not valid_lines(problem, person))
    rules = clash(problem, person).rules
    assert rules
    only = relaxed(problem, [rule for rule in DROPS if rule not in rules])
    assert not valid_lines(only, only.people[0])
    for rule in rules:
        spared = relaxed(only, [rule])
        assert valid_lines(spared, spared.people[0])


def relaxed(problem: Problem, rules: list[Rule]) -> Problem:
    state = problem.people[0], problem.shifts
    for rule in rules:
        state = DROPS[rule](state)
    return replace(problem, people=(state[0],), shifts=state[1])
