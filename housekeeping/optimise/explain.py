"""Why somebody has no line: the rules that cannot hold together, and the cheapest way out.

The rules are a minimal set: dropping any one of them would give a line (deletion filter, J. Chinneck and
E. Dravnieks 1991). The way out is the line that breaks the hard rules least, from an elastic program in PuLP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pulp

from housekeeping.optimise.arrays import Arrays, Flags, LineArray, compile_problem
from housekeeping.optimise.check import line_violations
from housekeeping.optimise.compact import LineRows, collected
from housekeeping.optimise.kernels import INFINITE
from housekeeping.optimise.lines import LinePricer
from housekeeping.optimise.model import Clash, Person, Problem, Rule, Shift
from plantops.solving import EngineFailed, Limits, solve

SECONDS = 5.0
# What it costs to break a rule by one (a day, a shift, a weekend; working time by the minute): what people and the law
# mind least comes first. A missing qualification is never a way out.
PRICES: Mapping[Rule, float] = {
    Rule.MIN_MINUTES: 1 / 240,
    Rule.MAX_MINUTES: 1 / 240,
    Rule.MIN_WORK: 2.0,
    Rule.MIN_OFF: 2.0,
    Rule.MAX_SHIFTS: 2.0,
    Rule.MAX_WORK: 3.0,
    Rule.WEEKENDS: 3.0,
    Rule.FROZEN: 4.0,
    Rule.REST_DAY_OFF: 4.0,
    Rule.REST: 5.0,
    Rule.DAY_OFF: 6.0,
    Rule.BARRED: 10.0,
    Rule.ABSENT: 10.0,
}
Relaxed = tuple[Person, tuple[Shift, ...]]


def first_line(arrays: Arrays, pricer: LinePricer, e: int) -> LineArray | None:
    """A line of person e that meets every hard rule, the one with the fewest wishes missed; None when there is none."""
    priced = pricer.best(e, arrays.base[e])
    if priced.line is not None:
        return priced.line
    return None if priced.bound >= INFINITE else _by_program(arrays, e)


def clash(problem: Problem, person: Person) -> Clash:
    """What contradicts itself in the rules of a person without a line."""
    return Clash(person.id, _minimal(problem, person), _way_out(problem, person))


def _by_program(arrays: Arrays, e: int) -> LineArray | None:
    """The same question to PuLP, for limits too large to count and too tight to price."""
    rows = LineRows(arrays, e, arrays.possible[e], pulp.LpProblem("line", pulp.LpMinimize))
    line, _ = _solved(arrays, rows, elastic=False, forbidden={})
    return line


def _alone(problem: Problem, person: Person, shifts: tuple[Shift, ...]) -> Problem:
    return replace(problem, people=(person,), shifts=shifts, cover=(), requests=(), published={})


def _has_line(problem: Problem, relaxed: Relaxed) -> bool:
    arrays = compile_problem(_alone(problem, *relaxed))
    return first_line(arrays, LinePricer(arrays), 0) is not None


def _minimal(problem: Problem, person: Person) -> tuple[Rule, ...]:
    """The rules that are left when every rule that is not needed for the contradiction is dropped."""
    relaxed: Relaxed = (person, problem.shifts)
    needed = []
    for rule, drop in DROPS.items():
        without = drop(relaxed)
        if without == relaxed:
            continue
        if _has_line(problem, without):
            needed.append(rule)
        else:
            relaxed = without
    return tuple(needed)


DROPS: Mapping[Rule, Callable[[Relaxed], Relaxed]] = {
    Rule.QUALIFIED: lambda r: (replace(r[0], shifts=frozenset(shift.id for shift in r[1])), r[1]),
    Rule.ABSENT: lambda r: (replace(r[0], absent=frozenset()), r[1]),
    Rule.BARRED: lambda r: (replace(r[0], barred=frozenset()), r[1]),
    Rule.DAY_OFF: lambda r: (replace(r[0], days_off=frozenset()), r[1]),
    Rule.REST: lambda r: (r[0], tuple(replace(shift, not_next_day=frozenset()) for shift in r[1])),
    Rule.REST_DAY_OFF: lambda r: (r[0], tuple(replace(shift, not_after_day_off=frozenset()) for shift in r[1])),
    Rule.FROZEN: lambda r: (replace(r[0], frozen={}), r[1]),
    Rule.WEEKENDS: lambda r: (replace(r[0], max_weekends=None), r[1]),
    Rule.MAX_WORK: lambda r: (replace(r[0], max_consecutive_work=None), r[1]),
    Rule.MAX_SHIFTS: lambda r: (replace(r[0], max_shifts={}), r[1]),
    Rule.MIN_OFF: lambda r: (replace(r[0], min_consecutive_off=1), r[1]),
    Rule.MIN_WORK: lambda r: (replace(r[0], min_consecutive_work=1), r[1]),
    Rule.MAX_MINUTES: lambda r: (replace(r[0], max_minutes=None), r[1]),
    Rule.MIN_MINUTES: lambda r: (replace(r[0], min_minutes=None), r[1]),
}


def _way_out(problem: Problem, person: Person) -> tuple[str, ...]:
    """What would have to be allowed, at the least price, as sentences of the checker."""
    arrays = compile_problem(_alone(problem, person, problem.shifts))
    possible = np.zeros((arrays.days, arrays.off + 1), bool)
    possible[:, arrays.off] = True
    possible[:, [at for at, name in enumerate(arrays.shift_ids) if name in person.shifts]] = True
    rows = LineRows(arrays, 0, possible, pulp.LpProblem("line", pulp.LpMinimize))
    line, _ = _solved(arrays, rows, True, _forbidden(arrays, person, possible))
    if line is None:
        return ()
    cells = arrays.cells({0: line})[person.id]
    return tuple(broken.sentence for broken in line_violations(problem, person, cells))


def _forbidden(arrays: Arrays, person: Person, possible: Flags) -> dict[tuple[int, int], float]:
    """The price of each cell (day, shift or off) that a rule about cells forbids."""
    prices: dict[tuple[int, int], float] = {}
    names = (*arrays.shift_ids, None)
    for day in range(arrays.days):
        for s in np.flatnonzero(possible[day]).tolist():
            works = names[s] is not None
            price = PRICES[Rule.DAY_OFF] * (works and day in person.days_off)
            price += PRICES[Rule.ABSENT] * (works and day in person.absent)
            price += PRICES[Rule.BARRED] * ((day, names[s]) in person.barred)
            price += PRICES[Rule.FROZEN] * (day in person.frozen and person.frozen[day] != names[s])
            if price:
                prices[day, s] = price
    return prices


def _solved(
    arrays: Arrays, rows: LineRows, elastic: bool, forbidden: Mapping[tuple[int, int], float]
) -> tuple[LineArray | None, float]:
    """The cheapest line by PuLP; with `elastic` every rule but one shift a day may be broken at its price."""
    problem = rows.problem
    objective: dict[pulp.LpVariable, float] = {}
    for (day, s), variable in rows.variables.items():
        objective[variable] = forbidden.get((day, s), 0.0) - forbidden.get((day, arrays.off), 0.0)
    for at, (rule, _, terms, most) in enumerate(rows.rows()):
        expression, constant = collected(terms)
        left: dict[pulp.LpVariable, float] = dict(expression)
        if elastic and rule in PRICES:
            broken = problem.add_variable(f"broken{at}", 0)
            objective[broken] = PRICES[rule]
            left[broken] = -1
        if left:
            problem.addConstraint(pulp.LpAffineExpression(left) <= most - constant)
        elif constant > most:
            return None, INFINITE
    problem.setObjective(pulp.LpAffineExpression(objective))
    outcome = solve(problem, Limits(seconds=SECONDS))
    if outcome.objective is None:
        if outcome.bound is None and outcome.status == "unknown":
            raise EngineFailed(f"No line was found or excluded for a person within {SECONDS:g} seconds.")
        return None, INFINITE
    return rows.line(), outcome.objective
