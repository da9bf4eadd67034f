"""What makes a roster problem impossible to read: said before any planning, in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from housekeeping.optimise.model import OFF, ON, Person, Problem
from plantops.errors import Invalid

MAX_DAYS = 1000
MAX_WEIGHT = 10**7


def refuse(problem: Problem) -> None:
    """Raise Invalid with the first thing that is wrong with the problem, if any."""
    if sentence := why_not_solve(problem):
        raise Invalid(sentence)


def why_not_solve(problem: Problem) -> str | None:
    """The first contradiction or unknown name in a problem, as a sentence; None when it can be planned.

    A problem that is well formed but has no valid roster is not refused here: that is an answer.
    """
    return next(_faults(problem), None)


def _faults(problem: Problem) -> Iterator[str]:
    if not 1 <= problem.days <= MAX_DAYS:
        yield f"A horizon of {problem.days} days cannot be planned; give 1 to {MAX_DAYS}."
    if not problem.people:
        yield "There is nobody to plan: give at least one person."
    if not problem.shifts:
        yield "There is no shift to plan: give at least one."
    for what, names in (("shift", [s.id for s in problem.shifts]), ("person", [p.id for p in problem.people])):
        for name, count in Counter(names).items():
            if count > 1:
                yield f"The {what} {name} is given {count} times."
    known = {shift.id for shift in problem.shifts}
    for shift in problem.shifts:
        if not 0 <= shift.minutes <= 2 * 24 * 60:
            yield f"Shift {shift.id} has {shift.minutes} minutes; 0 to 2880 are possible."
        if unknown := (shift.not_next_day | shift.not_after_day_off) - known:
            yield f"Shift {shift.id} names {min(unknown)} as a shift that may not follow; there is none."
    for person in problem.people:
        yield from _person_faults(problem, person, known)
    yield from _cover_faults(problem, known)
    yield from _wish_faults(problem, known)


def _person_faults(problem: Problem, person: Person, known: set[str]) -> Iterator[str]:
    named = {*person.shifts, *person.max_shifts, *(shift for _, shift in person.barred)}
    named |= {cell for cell in (*person.frozen.values(), *person.history) if cell is not None}
    if unknown := named - known:
        yield f"{person.id} has the shift {min(unknown)}; there is none."
    for day in sorted({*person.days_off, *person.absent, *person.frozen, *(day for day, _ in person.barred)}):
        if not 0 <= day < problem.days:
            yield f"{person.id} has something on day {day}, outside the horizon of {problem.days} days."
    low, high = person.min_minutes, person.max_minutes
    if low is not None and high is not None and low > high:
        yield f"{person.id} must work at least {low} and at most {high} minutes; that contradicts itself."
    most = person.max_consecutive_work
    if most is not None and most < person.min_consecutive_work:
        yield (
            f"{person.id} must work at least {person.min_consecutive_work} and at most {most} days in a row; "
            "that contradicts itself."
        )
    limits = (low, high, person.max_weekends, most, *person.max_shifts.values())
    if any(limit is not None and limit < 0 for limit in limits):
        yield f"{person.id} has a limit below 0."
    if min(person.min_consecutive_work, person.min_consecutive_off) < 1:
        yield f"{person.id} has a least number of days in a row below 1."


def _cover_faults(problem: Problem, known: set[str]) -> Iterator[str]:
    for cover in problem.cover:
        title = cover.name or "a cover requirement"
        if not 0 <= cover.day < problem.days:
            yield f"{title} is on day {cover.day}, outside the horizon of {problem.days} days."
        if unknown := cover.shifts - known:
            yield f"{title} on day {cover.day} names the shift {min(unknown)}; there is none."
        if min(cover.required, cover.under_weight, cover.over_weight) < 0:
            yield f"{title} on day {cover.day} has a number below 0."
        if max(cover.under_weight, cover.over_weight) > MAX_WEIGHT:
            yield f"{title} on day {cover.day} has a weight above {MAX_WEIGHT}."


def _wish_faults(problem: Problem, known: set[str]) -> Iterator[str]:
    names = {person.id for person in problem.people}
    for request in problem.requests:
        if request.person not in names:
            yield f"A request names {request.person}; there is no such person."
        if request.shift is not None and request.shift not in known:
            yield f"A request of {request.person} names the shift {request.shift}; there is none."
        if not 0 <= request.day < problem.days:
            yield f"A request of {request.person} is on day {request.day}, outside {problem.days} days."
        if request.kind not in (ON, OFF) or not 0 <= request.weight <= MAX_WEIGHT:
            yield f"A request of {request.person} is neither {ON} nor {OFF}, or has a weight out of range."
    for name, line in problem.published.items():
        if name not in names:
            yield f"The published roster names {name}; there is no such person."
        if len(line) != problem.days:
            yield f"The published line of {name} has {len(line)} cells for {problem.days} days."
        if unknown := {cell for cell in line if cell is not None} - known:
            yield f"The published line of {name} names the shift {min(unknown)}; there is none."
    if not 0 <= problem.stability_weight <= MAX_WEIGHT:
        yield f"The stability weight is {problem.stability_weight}; 0 to {MAX_WEIGHT} are possible."
