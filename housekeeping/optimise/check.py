"""Is this roster right? Every hard rule and every penalty read off the cells, apart from the engine that made them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise

from housekeeping.optimise.model import ON, Cell, Cells, Cover, Line, Person, Problem, Rule, Shift, Shortfall, Violation


def violations(problem: Problem, cells: Cells) -> tuple[Violation, ...]:
    """Every hard rule that the roster breaks; empty when it is valid. A person without a line is a violation."""
    found: list[Violation] = []
    for person in problem.people:
        line = cells.get(person.id)
        if line is None:
            found.append(Violation(person.id, Rule.LENGTH, None, f"{person.id} has no line"))
        else:
            found.extend(line_violations(problem, person, line))
    known = {person.id for person in problem.people}
    strangers = sorted(set(cells) - known)
    found.extend(Violation(name, Rule.LENGTH, None, f"{name} is not in the problem") for name in strangers)
    return tuple(found)


def line_violations(problem: Problem, person: Person, line: Line) -> tuple[Violation, ...]:
    """Every hard rule that one person's line breaks, given the history before it."""
    if len(line) != problem.days:
        sentence = f"{person.id} has {len(line)} cells for {problem.days} days"
        return (Violation(person.id, Rule.LENGTH, None, sentence),)
    shifts = {shift.id: shift for shift in problem.shifts}
    strange = [(day, cell) for day, cell in enumerate(line) if cell is not None and cell not in shifts]
    if strange:
        return tuple(Violation(person.id, Rule.KNOWN_SHIFT, day, f"{cell} is not a shift") for day, cell in strange)
    broken = [
        *_cells(person, line),
        *_totals(problem, person, line, shifts),
        *_rests(person, line, shifts),
        *_runs(person, line),
    ]
    return tuple(Violation(person.id, rule, day, sentence) for rule, day, sentence in broken)


Broken = Iterator[tuple[Rule, int | None, str]]


def _cells(person: Person, line: Line) -> Broken:
    for day, cell in enumerate(line):
        if cell is not None:
            if day in person.days_off:
                yield Rule.DAY_OFF, day, f"{cell} on day {day}, a day off"
            if day in person.absent:
                yield Rule.ABSENT, day, f"{cell} on day {day}, away"
            if cell not in person.shifts:
                yield Rule.QUALIFIED, day, f"{cell} on day {day} without the qualification"
            if (day, cell) in person.barred:
                yield Rule.BARRED, day, f"{cell} on day {day}, which is barred"
        if day in person.frozen and person.frozen[day] != cell:
            yield Rule.FROZEN, day, f"day {day} is frozen as {person.frozen[day] or 'off'}, not {cell or 'off'}"


def _totals(problem: Problem, person: Person, line: Line, shifts: dict[str, Shift]) -> Broken:
    worked = [cell for cell in line if cell is not None]
    for name, most in person.max_shifts.items():
        if worked.count(name) > most:
            yield Rule.MAX_SHIFTS, None, f"{worked.count(name)} times {name}, at most {most}"
    minutes = sum(shifts[cell].minutes for cell in worked)
    if person.min_minutes is not None and minutes < person.min_minutes:
        yield Rule.MIN_MINUTES, None, f"{minutes} minutes, at least {person.min_minutes}"
    if person.max_minutes is not None and minutes > person.max_minutes:
        yield Rule.MAX_MINUTES, None, f"{minutes} minutes, at most {person.max_minutes}"
    if person.max_weekends is not None:
        count = sum(_weekend_counts(problem, person, line, days) for days in problem.weekends())
        if count > person.max_weekends:
            yield Rule.WEEKENDS, None, f"{count} weekends, at most {person.max_weekends}"


def _weekend_counts(problem: Problem, person: Person, line: Line, days: tuple[int, ...]) -> bool:
    """Worked in the horizon, and not already counted because its first day lies in the history."""
    cut = days[0] == 0 and (problem.first_weekday - 1) % 7 in problem.weekend
    counted_before = cut and bool(person.history) and person.history[-1] is not None
    return not counted_before and any(line[day] is not None for day in days)


def _rests(person: Person, line: Line, shifts: dict[str, Shift]) -> Broken:
    past = len(person.history)
    whole = (*person.history, *line)
    for at, (before, after) in enumerate(pairwise(whole), start=1 - past):
        if at >= 0 and before is not None and after is not None and after in shifts[before].not_next_day:
            yield Rule.REST, at, f"{after} on day {at} right after {before}"
    for at, (before, between, after) in enumerate(zip(whole, whole[1:], whole[2:], strict=False), start=2 - past):
        if at < 0 or between is not None or before is None or after is None:
            continue
        if after in shifts[before].not_after_day_off:
            yield Rule.REST_DAY_OFF, at, f"{after} on day {at}, one day off after {before}"


def _runs(person: Person, line: Line) -> Broken:
    """Runs of work and of days off that reach into the horizon or end right before it."""
    past = len(person.history)
    whole: tuple[Cell, ...] = (*person.history, *line)
    end = 0
    for works, group in groupby(whole, key=lambda cell: cell is not None):
        start, end = end, end + len(list(group))
        if end < past:
            continue
        length, day = end - start, max(0, start - past)
        cut = start == 0 or end == len(whole)
        if works:
            most = person.max_consecutive_work
            if most is not None and length > most and end > past:
                yield Rule.MAX_WORK, day, f"{length} days in a row from day {start - past}, at most {most}"
            cut = cut or start - past - 1 in person.absent or end - past in person.absent
            if length < person.min_consecutive_work and not cut:
                least = person.min_consecutive_work
                yield Rule.MIN_WORK, day, f"{length} days in a row from day {start - past}, at least {least}"
        elif length < person.min_consecutive_off and not cut and not _away(person, start - past, end - past):
            least = person.min_consecutive_off
            yield Rule.MIN_OFF, day, f"{length} days off from day {start - past}, at least {least}"


def _away(person: Person, start: int, end: int) -> bool:
    return any(day in person.absent for day in range(start, end))


def penalty(problem: Problem, cells: Cells) -> int:
    """All penalty points of a roster: wishes not met, cover missed, published cells moved."""
    wishes = sum(
        request.weight
        for request in problem.requests
        if _is_worked(cells[request.person][request.day], request.shift) != (request.kind == ON)
    )
    moved = sum(
        cell != told
        for person, line in problem.published.items()
        for cell, told in zip(cells[person], line, strict=True)
    )
    return wishes + moved * problem.stability_weight + sum(miss.penalty for miss in shortfalls(problem, cells))


def _is_worked(cell: Cell, shift: str | None) -> bool:
    return cell is not None if shift is None else cell == shift


def shortfalls(problem: Problem, cells: Cells) -> tuple[Shortfall, ...]:
    """Every cover requirement that is not met exactly, in the order of the problem."""
    found = []
    for cover in problem.cover:
        present = sum(_counts(person, cells[person.id], cover) for person in problem.people)
        missing, extra = max(0, cover.required - present), max(0, present - cover.required)
        if missing or extra:
            cost = missing * cover.under_weight + extra * cover.over_weight
            found.append(Shortfall(cover, missing, extra, cost))
    return tuple(found)


def _counts(person: Person, line: Line, cover: Cover) -> bool:
    return line[cover.day] in cover.shifts and (cover.skill is None or cover.skill in person.skills)
