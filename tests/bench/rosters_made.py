"""Made-up plants whose cleaners are to be rostered: zones with their visits, people with skills, leave and wishes.

And other people for a published roster: of the same kind, but nobody knows its best.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from housekeeping.optimise.labour import EU_2003_88, with_limits, with_rest
from housekeeping.optimise.model import OFF, ON, Cover, Person, Problem, Request, Shift

HOURS = {"early": (360, 840), "late": (840, 1320), "night": (1320, 1800)}
HALF_HOUR_STARTS = {"06": 360, "08": 480, "10": 600, "13": 780, "14": 840, "16": 960, "22": 1320}
WORKS = ("floors", "sanitary", "glass", "clean room")
SHARES = (0.5, 0.28, 0.12, 0.10)
DAYS = 28
MINUTES_OF_A_SHIFT = 420  # eight hours less break, ways and set-up
BUSY = 0.95  # work there is, as a share of the hours that people have
UNDER, OVER, AID = 100, 1, 60
UNPOPULAR = "night sanitary"


@dataclass(frozen=True)
class Zone:
    work: str
    time: str
    minutes: float
    weekdays: frozenset[int]


def plant_month(seed: int, count: int = 40, zones: int = 120) -> Problem:
    """Four weeks: three shifts in four works. Who had more unpopular shifts in the months before is rather spared."""
    chance = random.Random(seed)
    shifts = _shifts({f"{name} {work}": hours for name, hours in HOURS.items() for work in WORKS})
    people = [_person(chance, n, _kinds(chance)) for n in range(count)]
    cover = [
        Cover(day, frozenset({f"{time} {work}"}), needed, UNDER, OVER, name=f"{time} {work}")
        for (day, time, work), needed in _needed(_zones(chance, zones), people).items()
    ]
    aid = [
        Cover(
            day, frozenset(s.id for s in shifts if s.id.startswith(name)), 1, AID, 0, "first aid", f"first aid {name}"
        )
        for day in range(DAYS)
        for name in HOURS
    ]
    return Problem(DAYS, shifts, tuple(people), (*cover, *aid), tuple(_wishes(chance, people)))


def plant_half_hours(seed: int, count: int = 250) -> Problem:
    """Four weeks: so many people are needed in each half hour, and shifts begin at seven times of the day."""
    chance = random.Random(seed)
    shifts = _shifts({name: (start, start + 480) for name, start in HALF_HOUR_STARTS.items()})
    kinds = [list(HALF_HOUR_STARTS), [n for n in HALF_HOUR_STARTS if n != "22"]]
    people = [_person(chance, n, chance.choice(kinds)) for n in range(count)]
    hours = sum((p.min_minutes or 0) + (p.max_minutes or 0) for p in people) / 2
    curve = [_busy(slot / 2) for slot in range(48)]
    scale = BUSY * hours / (30 * sum(curve) * (20 + 8 * 0.5))
    cover = [
        Cover(day, inside, round(scale * curve[slot] * (0.5 if day % 7 > 4 else 1)), 10, 1, name=f"{slot / 2:04.1f} h")
        for day in range(DAYS)
        for slot in range(12, 48)
        if (inside := frozenset(s.id for s in shifts if _covers(s, slot * 30)))
    ]
    return Problem(DAYS, shifts, tuple(people), tuple(cover), tuple(_wishes(chance, people)))


def drawn_anew(problem: Problem, count: int, seed: int) -> Problem:
    """So many people drawn from those of the problem, wishes of others moved by whole weeks, and cover to match.

    People keep their own rules and days off, so everybody has a line when all of the problem have one.
    """
    chance = random.Random(seed)
    people = tuple(replace(chance.choice(problem.people), id=f"p{n:03}") for n in range(count))
    wishes = []
    for person in people:
        told, moved = chance.choice(problem.people).id, 7 * chance.randrange(problem.days // 7)
        for wish in problem.requests:
            day = (wish.day + moved) % problem.days
            known = wish.shift is None or wish.shift in person.shifts
            if wish.person == told and known and day not in person.days_off:
                wishes.append(replace(wish, person=person.id, day=day))
    share = count / len(problem.people)
    cover = tuple(replace(one, required=int(share * one.required + chance.random())) for one in problem.cover)
    return replace(problem, people=people, requests=tuple(wishes), cover=cover)


def _covers(shift: Shift, minute: int) -> bool:
    return (shift.start_minute or 0) <= minute < (shift.end_minute or 0)


def _busy(hour: float) -> float:
    return 0.3 if hour < 6 or hour >= 22 else 1.0 + (0.5 if 9 <= hour < 15 else 0.0)


def _shifts(hours: dict[str, tuple[int, int]]) -> tuple[Shift, ...]:
    return with_rest(EU_2003_88, [Shift(name, 480, start, end) for name, (start, end) in hours.items()])


def _kinds(chance: random.Random) -> list[str]:
    works = {WORKS[0], *chance.choices(WORKS, SHARES, k=chance.choice([2, 2, 3]))}
    times = ["early", "late", *(["night"] if chance.random() < 0.6 else [])]
    return [f"{time} {work}" for time in times for work in sorted(works)]


def _person(chance: random.Random, number: int, kinds: Sequence[str]) -> Person:
    weekly = chance.choice([40, 40, 40, 32, 20]) * 60
    first = chance.randrange(DAYS)
    away = frozenset(range(first, min(first + 7, DAYS))) if chance.random() < 0.15 else frozenset[int]()
    here = round(4 * weekly * (1 - len(away) / DAYS))
    person = Person(
        f"p{number:03}",
        frozenset(kinds),
        {kind: 8 for kind in kinds if kind.startswith("night")},
        skills=frozenset({"first aid"} if chance.random() < 0.3 else ()),
        absent=away,
        min_minutes=max(0, here - 1920),
        max_minutes=here + 480,
        max_consecutive_work=6,
        min_consecutive_work=2,
        min_consecutive_off=1,
        max_weekends=3,
        history=tuple(chance.choice([None, kinds[0]]) for _ in range(3)),
    )
    return with_limits(EU_2003_88, person, DAYS)


def _zones(chance: random.Random, count: int) -> list[Zone]:
    daily, week = frozenset(range(7)), frozenset(range(5))
    return [
        Zone(
            chance.choices(WORKS, SHARES)[0],
            chance.choices(list(HOURS), (0.5, 0.35, 0.15))[0],
            chance.uniform(20, 200),
            chance.choice([daily, daily, week, week, frozenset(chance.sample(range(5), 2))]),
        )
        for _ in range(count)
    ]


def _needed(zones: Sequence[Zone], people: Sequence[Person]) -> Counter[tuple[int, str, str]]:
    """People per day, shift and work: the minutes of the zones, scaled to what the people can do."""
    minutes = Counter[tuple[int, str, str]]()
    for zone in zones:
        for day in range(DAYS):
            if day % 7 in zone.weekdays:
                minutes[day, zone.time, zone.work] += round(zone.minutes)
    hours = sum((p.min_minutes or 0) + (p.max_minutes or 0) for p in people) / 2
    scale = BUSY * hours / 480 * MINUTES_OF_A_SHIFT / sum(minutes.values())
    return Counter({key: max(1, round(scale * done / MINUTES_OF_A_SHIFT)) for key, done in minutes.items()})


def _wishes(chance: random.Random, people: Sequence[Person]) -> list[Request]:
    """Four wishes each; and a night in the sanitary rooms is the dearer the more of them somebody has had."""
    own = [
        Request(p.id, chance.randrange(DAYS), chance.choice(sorted(p.shifts)), chance.choice([ON, OFF]), 2)
        for p in people
        for _ in range(4)
    ]
    had = {p.id: chance.randrange(4) for p in people if UNPOPULAR in p.shifts}
    fair = [Request(name, day, UNPOPULAR, OFF, times) for name, times in had.items() for day in range(DAYS) if times]
    return own + fair
