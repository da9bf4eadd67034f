"""Is a roster what its engine says? Rules and penalty read anew, written apart from the product's own checker."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from housekeeping.optimise.model import Line, Person, Problem, Shift

SUNDAY = 6


def broken(problem: Problem, cells: Mapping[str, Line]) -> list[str]:
    """What does not hold, as sentences; empty when the roster is valid."""
    shifts = {shift.id: shift for shift in problem.shifts}
    if set(cells) != {person.id for person in problem.people}:
        return ["somebody has no line"]
    return [f"{person.id}: {fault}" for person in problem.people for fault in _faults(problem, person, cells, shifts)]


def _faults(problem: Problem, person: Person, cells: Mapping[str, Line], shifts: dict[str, Shift]) -> Iterator[str]:
    line = cells[person.id]
    if len(line) != problem.days:
        yield "too short or too long"
        return
    worked = [(day, cell) for day, cell in enumerate(line) if cell is not None]
    for day, cell in worked:
        if day in person.absent | person.days_off or cell not in person.shifts or (day, cell) in person.barred:
            yield f"{cell} on day {day} cannot be"
    if any(line[day] != told for day, told in person.frozen.items()):
        yield "a frozen cell moved"
    for name, most in person.max_shifts.items():
        if sum(cell == name for _, cell in worked) > most:
            yield f"too many {name}"
    minutes = sum(shifts[cell].minutes for _, cell in worked)
    if not (person.min_minutes or 0) <= minutes <= (minutes if person.max_minutes is None else person.max_minutes):
        yield f"{minutes} minutes"
    pairs = [(a, b) for a, b in pairwise([*person.history[-1:], *line]) if a and b]
    if any(b in shifts[a].not_next_day for a, b in pairs if a is not None):
        yield "too little rest"
    known = [*person.history[-2:], *line]
    threes = zip(known, known[1:], known[2:], strict=False)
    if any(a and c and b is None and c in shifts[a].not_after_day_off for a, b, c in threes):
        yield "too little rest around a day off"
    yield from _runs(person, line)
    weekends = {(day + problem.first_weekday) // 7 for day, _ in worked if (day + problem.first_weekday) % 7 >= 5}
    if problem.first_weekday == SUNDAY and person.history and person.history[-1] is not None:
        weekends.discard(0)  # its Saturday was worked and counted before
    if person.max_weekends is not None and len(weekends) > person.max_weekends:
        yield f"{len(weekends)} weekends"


def _runs(person: Person, line: Line) -> Iterator[str]:
    """Runs as letters: w works, o is off, a is away; what a border or an absence cuts is long enough."""
    text = "".join("w" if c else "o" for c in person.history)
    text += "".join("w" if cell else "a" if day in person.absent else "o" for day, cell in enumerate(line))
    most = person.max_consecutive_work
    if most is not None and any(m.end() > len(person.history) for m in re.finditer("w" * (most + 1), text)):
        yield f"more than {most} days in a row"
    for found in re.finditer("(?<=o)w+(?=o)", text):
        if found.end() >= len(person.history) and len(found[0]) < person.min_consecutive_work:
            yield f"only {len(found[0])} days in a row"
    for found in re.finditer("(?<=w)o+(?=w)", text):
        if found.end() >= len(person.history) and len(found[0]) < person.min_consecutive_off:
            yield f"only {len(found[0])} days off"


def penalty(problem: Problem, cells: Mapping[str, Line]) -> int:
    """Points for wishes, cover and moved cells."""
    total = 0
    for wish in problem.requests:
        cell = cells[wish.person][wish.day]
        met = cell is not None if wish.shift is None else cell == wish.shift
        total += wish.weight * (met != (wish.kind == "on"))
    skills = {person.id: person.skills for person in problem.people}
    for cover in problem.cover:
        there = sum(
            line[cover.day] in cover.shifts and (cover.skill is None or cover.skill in skills[name])
            for name, line in cells.items()
        )
        short = cover.required - there
        total += short * cover.under_weight if short > 0 else -short * cover.over_weight
    moved = sum(a != b for name, told in problem.published.items() for a, b in zip(told, cells[name], strict=True))
    return total + moved * problem.stability_weight
