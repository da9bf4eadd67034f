"""A made-up plant: forty people of the support crews, two weeks, three shifts in two works, leave and wishes."""

from __future__ import annotations

import random

from housekeeping.optimise.labour import EU_2003_88, with_limits, with_rest
from housekeeping.optimise.model import OFF, ON, Cover, Person, Problem, Request, Shift

HOURS = {"early": (360, 840), "late": (840, 1320), "night": (1320, 1800)}
WORKS = ("cleaning", "facility")
DAYS = 14


def plant_fortnight(seed: int, count: int = 40) -> Problem:
    """Always solvable: every rule has room. The seed decides leave, wishes and who can do what."""
    chance = random.Random(seed)
    shifts = with_rest(
        EU_2003_88,
        [Shift(f"{name} {work}", 480, start, end) for name, (start, end) in HOURS.items() for work in WORKS],
    )
    people = tuple(_person(chance, n) for n in range(count))
    cover = tuple(
        Cover(
            day,
            frozenset({shift.id}),
            _needed(shift.id, day, count),
            100,
            3,
            name=shift.id,
        )
        for day in range(DAYS)
        for shift in shifts
    )
    aiders = tuple(
        Cover(day, frozenset(s.id for s in shifts if s.id.startswith(name)), 1, 60, 0, "first aid", f"first aid {name}")
        for day in range(DAYS)
        for name in HOURS
    )
    wishes = tuple(
        Request(person.id, chance.randrange(DAYS), chance.choice(sorted(person.shifts)), chance.choice([ON, OFF]), 2)
        for person in people
        for _ in range(2)
    )
    return Problem(DAYS, shifts, people, (*cover, *aiders), wishes)


def _needed(shift: str, day: int, count: int) -> int:
    weekend = day % 7 >= 5
    share = {"early": 0.16, "late": 0.12, "night": 0.04}[shift.split()[0]]
    return max(1, round(count * share / (2 if weekend else 1)))


def _person(chance: random.Random, number: int) -> Person:
    works = chance.sample(WORKS, chance.choice([1, 1, 2]))
    kinds = ["early", "late", *(["night"] if chance.random() < 0.6 else [])]
    weekly = chance.choice([40, 40, 40, 30, 20]) * 60
    first = chance.randrange(DAYS)
    away = frozenset(range(first, min(first + 5, DAYS))) if chance.random() < 0.15 else frozenset()
    person = Person(
        f"p{number:03}",
        frozenset(f"{kind} {work}" for kind in kinds for work in works),
        skills=frozenset({"first aid"} if chance.random() < 0.3 else ()),
        absent=away,
        min_minutes=max(0, 2 * weekly - 960 - 480 * len(away)),
        max_minutes=2 * weekly,
        max_consecutive_work=5,
        min_consecutive_work=2,
        min_consecutive_off=1,
        max_weekends=1,
        history=tuple(chance.choice([None, f"early {works[0]}"]) for _ in range(3)),
    )
    return with_limits(EU_2003_88, person, DAYS)
