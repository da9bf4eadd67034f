"""What a roster must respect, what it should achieve, and what the engine answers.

Plain frozen dataclasses. Days are whole numbers counted from the first day of the horizon, shifts and people are
named by text ids, and a line is one person's tuple of cells: a shift id, or None for a day off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from plantops.engines import Outcome

Cell = str | None
Line = tuple[Cell, ...]
Cells = Mapping[str, Line]

ON, OFF = "on", "off"


class Rule(StrEnum):
    """The hard rules of a line, as a person calls them."""

    LENGTH = "one cell per day"
    KNOWN_SHIFT = "known shift"
    QUALIFIED = "qualified"
    DAY_OFF = "day off"
    ABSENT = "absence"
    BARRED = "barred shift"
    FROZEN = "frozen cell"
    MAX_SHIFTS = "most shifts of a kind"
    MIN_MINUTES = "least working time"
    MAX_MINUTES = "most working time"
    MAX_WORK = "most days in a row"
    MIN_WORK = "least days in a row"
    MIN_OFF = "least days off in a row"
    REST = "rest between shifts"
    REST_DAY_OFF = "rest around a day off"
    WEEKENDS = "most weekends"


@dataclass(frozen=True, slots=True)
class Shift:
    """Something a person may be put to for a day; a shift in two zones or skills is two shifts with the same hours.

    `minutes` is counted working time. `start_minute` and `end_minute` count from midnight of the day on which the
    shift begins (a night ends past 1440); None when only `not_next_day` matters. `not_next_day` names the shifts
    that may not be worked on the day after, `not_after_day_off` those that may not follow a single day off.
    """

    id: str
    minutes: int
    start_minute: int | None = None
    end_minute: int | None = None
    not_next_day: frozenset[str] = frozenset()
    not_after_day_off: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Person:
    """Who may be rostered, and the hard rules of that person's line.

    shifts: ids that this person may work (certificates and skills allow it).
    max_shifts: shift id -> the most of them within the horizon.
    skills: names that a cover requirement may ask for.
    days_off: days without any work. absent: the same for leave or sickness: a run of work or of days off that an
    absence cuts counts as long enough. barred: (day, shift) that is impossible, e.g. after a certificate ends.
    frozen: day -> the cell that may not move.
    min_minutes, max_minutes: counted working time within the horizon, None for no bound.
    max_consecutive_work, min_consecutive_work, min_consecutive_off: days in a row. A run that is cut by the end of
    the horizon, or by the beginning of a known history, counts as long enough.
    max_weekends: weekends of the horizon with any work; one whose Saturday was worked in the history does not count
    again.
    history: the cells just before the horizon, the latest last; empty when nothing is known.
    """

    id: str
    shifts: frozenset[str]
    max_shifts: Mapping[str, int] = field(default_factory=dict)
    skills: frozenset[str] = frozenset()
    days_off: frozenset[int] = frozenset()
    absent: frozenset[int] = frozenset()
    barred: frozenset[tuple[int, str]] = frozenset()
    frozen: Mapping[int, Cell] = field(default_factory=dict)
    min_minutes: int | None = None
    max_minutes: int | None = None
    max_consecutive_work: int | None = None
    min_consecutive_work: int = 1
    min_consecutive_off: int = 1
    max_weekends: int | None = None
    history: Line = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A wish: `kind` on asks for the shift on that day, off asks to be spared it; shift None means any work.

    `weight` is the penalty when the wish is not met, in the same points as cover weights.
    """

    person: str
    day: int
    shift: str | None
    kind: str
    weight: int


@dataclass(frozen=True, slots=True)
class Cover:
    """How many people are needed on a day in one of these shifts, of those who have the skill (None: anybody).

    Each person missing costs `under_weight`, each one too many `over_weight`. `name` is what people call it.
    """

    day: int
    shifts: frozenset[str]
    required: int
    under_weight: int
    over_weight: int = 0
    skill: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A horizon of `days` days that begins on `first_weekday` (0 is Monday), and everything about it.

    `published` holds lines that people have already been told; each cell that differs costs `stability_weight`.
    """

    days: int
    shifts: tuple[Shift, ...]
    people: tuple[Person, ...]
    cover: tuple[Cover, ...] = ()
    requests: tuple[Request, ...] = ()
    published: Cells = field(default_factory=dict)
    stability_weight: int = 0
    first_weekday: int = 0
    weekend: frozenset[int] = frozenset({5, 6})

    def weekends(self) -> tuple[tuple[int, ...], ...]:
        """The days of the horizon that form each weekend, in order; a weekend cut by the edge has fewer days."""
        found: list[list[int]] = []
        for day in range(self.days):
            if (day + self.first_weekday) % 7 in self.weekend:
                if found and found[-1][-1] == day - 1:
                    found[-1].append(day)
                else:
                    found.append([day])
        return tuple(tuple(days) for days in found)


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A cover requirement that is not met exactly: `missing` or `extra` people, and what that costs."""

    cover: Cover
    missing: int
    extra: int
    penalty: int


@dataclass(frozen=True, slots=True)
class Violation:
    """A hard rule that a line breaks, on which day (None: over the horizon), and the sentence that says so."""

    person: str
    rule: Rule
    day: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Clash:
    """Why no line exists for a person: rules that cannot hold together, and the cheapest way out, as sentences."""

    person: str
    rules: tuple[Rule, ...]
    way_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The answer: cells per person (empty when infeasible), its penalty, what is uncovered, and which rules clash.

    `outcome.objective` and `outcome.bound` are in penalty points; the bound is None when it was not proved.
    """

    outcome: Outcome
    penalty: int | None
    cells: Cells
    shortfalls: tuple[Shortfall, ...] = ()
    clashes: tuple[Clash, ...] = ()
