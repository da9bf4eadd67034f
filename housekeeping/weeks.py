"""From the plant's weeks to the question that the roster engine understands, and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from housekeeping.optimise.labour import LabourRules, with_limits, with_rest
from housekeeping.optimise.model import Cell, Cover, Person, Problem, Shift

UNDER_WEIGHT, OVER_WEIGHT, STABILITY = 100, 1, 5
MOST_NIGHTS_WEEKENDS = 3
HISTORY_DAYS = 7


@dataclass(frozen=True)
class Template:
    """A shift as personnel names it. Minutes from local midnight; `minutes` from start to end, `paid` counted."""

    id: int
    code: str
    start_minute: int
    minutes: int
    paid: int


@dataclass(frozen=True)
class Worker:
    """Somebody who may be rostered: for which works, on which days, with which hours a week."""

    id: int
    works: frozenset[str]
    days: frozenset[date]
    weekly_minutes: int


@dataclass(frozen=True)
class Wanted:
    """So many people of a work on a shift of a day."""

    day: date
    template_id: int
    work: str
    needed: int


Told = Mapping[tuple[int, date], tuple[int, str]]
"""(employee, day) -> (template, work): what people were told, or worked."""


def shift_id(template_id: int, work: str) -> str:
    """A shift in two works is two shifts for the engine."""
    return f"{template_id}/{work}"


def read_shift(text: str) -> tuple[int, str]:
    template, _, work = text.partition("/")
    return int(template), work


def problem(
    first: date,
    days: int,
    templates: Sequence[Template],
    workers: Sequence[Worker],
    wanted: Sequence[Wanted],
    told: Told,
    rules: LabourRules,
    *,
    frozen_until: date | None = None,
    free: Collection[tuple[int, date]] = (),
) -> Problem:
    """`told` holds the published cells of the horizon and the days before it (history). Days before
    `frozen_until` do not move. `free` are cells that may change although they are frozen: holes."""
    by_id = {template.id: template for template in templates}
    pairs = sorted({(one.template_id, one.work) for one in wanted} | set(told.values()))
    shifts = with_rest(rules, [_shift(by_id[template], work) for template, work in pairs if template in by_id])
    known = {shift.id for shift in shifts}
    people = [
        with_limits(rules, _person(worker, first, days, known, told, frozen_until, free), days) for worker in workers
    ]
    return Problem(
        days=days,
        shifts=shifts,
        people=tuple(people),
        cover=tuple(
            Cover(
                (one.day - first).days,
                frozenset({shift_id(one.template_id, one.work)}),
                one.needed,
                UNDER_WEIGHT,
                OVER_WEIGHT,
                name=f"{one.work} {by_id[one.template_id].code}",
            )
            for one in wanted
            if one.template_id in by_id
        ),
        published={
            str(worker.id): tuple(_cell(told, worker.id, first + timedelta(days=n), known) for n in range(days))
            for worker in workers
            if any((worker.id, first + timedelta(days=n)) in told for n in range(days))
        },
        stability_weight=STABILITY,
        first_weekday=first.weekday(),
    )


def _shift(template: Template, work: str) -> Shift:
    return Shift(
        shift_id(template.id, work),
        template.paid,
        template.start_minute,
        template.start_minute + template.minutes,
    )


def _cell(told: Told, worker: int, day: date, known: Collection[str]) -> Cell:
    found = told.get((worker, day))
    text = shift_id(*found) if found else None
    return text if text in known else None


def _person(
    worker: Worker,
    first: date,
    days: int,
    known: Collection[str],
    told: Told,
    frozen_until: date | None,
    free: Collection[tuple[int, date]],
) -> Person:
    horizon = [first + timedelta(days=n) for n in range(days)]
    absent = frozenset(n for n, day in enumerate(horizon) if day not in worker.days)
    here = days - len(absent)
    contract = worker.weekly_minutes * here // 7
    frozen = {
        n: _cell(told, worker.id, day, known)
        for n, day in enumerate(horizon)
        if frozen_until is not None and day < frozen_until and n not in absent and (worker.id, day) not in free
    }
    return Person(
        id=str(worker.id),
        shifts=frozenset(text for text in known if read_shift(text)[1] in worker.works),
        absent=absent,
        frozen=frozen,
        min_minutes=None,
        max_minutes=max(contract + 480, 0) if here else 0,
        max_consecutive_work=6,
        min_consecutive_work=1,
        min_consecutive_off=1,
        max_weekends=max(MOST_NIGHTS_WEEKENDS, days // 14 + 1) if days > 7 else None,
        history=tuple(_cell(told, worker.id, first - timedelta(days=n), known) for n in range(HISTORY_DAYS, 0, -1))
        if any((worker.id, first - timedelta(days=n)) in told for n in range(1, HISTORY_DAYS + 1))
        else (),
    )
