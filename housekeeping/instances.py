"""Shift scheduling files of Curtois and Qu, read into a roster problem.

Format and meaning: T. Curtois and R. Qu, "Computational results on new staff scheduling benchmark instances" (2014).
Horizons begin on a Monday; what lies before and after counts as long enough for every minimum run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from housekeeping.optimise.model import OFF, ON, Cover, Person, Problem, Request, Shift
from plantops.errors import Invalid
from plantops.wording import say

MAX_BYTES = 20_000_000
HORIZON, SHIFTS, STAFF, DAYS_OFF = "HORIZON", "SHIFTS", "STAFF", "DAYS_OFF"
ON_REQUESTS, OFF_REQUESTS, COVER = "SHIFT_ON_REQUESTS", "SHIFT_OFF_REQUESTS", "COVER"
NEEDED = (HORIZON, SHIFTS, STAFF, COVER)
SECTIONS = (*NEEDED, DAYS_OFF, ON_REQUESTS, OFF_REQUESTS)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a section, split at commas, with its number in the file for messages."""

    number: int
    fields: tuple[str, ...]

    def text(self, at: int) -> str:
        if at >= len(self.fields):
            raise Invalid(
                say(
                    "Line {number}: only {fields} fields, the one at {at} is missing.",
                    number=self.number,
                    fields=len(self.fields),
                    at=at + 1,
                )
            )
        return self.fields[at]

    def whole(self, at: int) -> int:
        text = self.text(at)
        if not text.isdecimal() or not text.isascii() or len(text) > 9:
            raise Invalid(
                say("Line {number}: {text} is not a whole number of 0 or more.", number=self.number, text=repr(text))
            )
        return int(text)

    def one_of(self, at: int, known: set[str], what: str) -> str:
        text = self.text(at)
        if text not in known:
            raise Invalid(
                say("Line {number}: there is no {what} {text}.", number=self.number, what=what, text=repr(text))
            )
        return text

    def day(self, at: int, days: int) -> int:
        day = self.whole(at)
        if day >= days:
            raise Invalid(
                say(
                    "Line {number}: day {day} is outside the horizon of {days} days.",
                    number=self.number,
                    day=day,
                    days=days,
                )
            )
        return day


def read(path: Path) -> Problem:
    """The roster problem in a file. Raises Invalid with one sentence (and the line) when it cannot be read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Invalid(
                say(
                    "{path} is larger than {max_bytes} MB; that is no shift scheduling file.",
                    path=path,
                    max_bytes=MAX_BYTES // 1000000,
                )
            )
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Invalid(say("Cannot read {path}: {strerror}.", path=path, strerror=error.strerror)) from error
    except UnicodeDecodeError as error:
        raise Invalid(say("{path} is not a text file in UTF-8.", path=path)) from error
    return parse(text)


def parse(text: str) -> Problem:
    """The roster problem in the text of a file; see `read`."""
    sections = _sections(text)
    for name in NEEDED:
        if not sections.get(name):
            raise Invalid(
                say("There is no SECTION_{name} with content: this is not a complete shift scheduling file.", name=name)
            )
    days = sections[HORIZON][0].whole(0)
    if not 1 <= days <= 1000:
        raise Invalid(
            say(
                "Line {number}: a horizon of {days} days; 1 to 1000 can be planned.",
                number=sections[HORIZON][0].number,
                days=days,
            )
        )
    shifts = _shifts(sections[SHIFTS])
    shift_ids = {shift.id for shift in shifts}
    people = _people(sections[STAFF], shift_ids)
    people = _with_days_off(people, sections.get(DAYS_OFF, []), days)
    names = {person.id for person in people}
    requests = (
        *_requests(sections.get(ON_REQUESTS, []), ON, names, shift_ids, days),
        *_requests(sections.get(OFF_REQUESTS, []), OFF, names, shift_ids, days),
    )
    return Problem(days, shifts, people, _cover(sections[COVER], shift_ids, days), requests)


def _sections(text: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    current: list[Row] | None = None
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("SECTION_"):
            name = line.removeprefix("SECTION_")
            if name not in SECTIONS:
                raise Invalid(
                    say("Line {number}: {line} is not a section of a shift scheduling file.", number=number, line=line)
                )
            if name in found:
                raise Invalid(say("Line {number}: {line} stands twice.", number=number, line=line))
            current = found[name] = []
        elif current is None:
            raise Invalid(
                say(
                    "Line {number}: content before the first SECTION_; this is not a shift scheduling file.",
                    number=number,
                )
            )
        else:
            current.append(Row(number, tuple(part.strip() for part in line.split(","))))
    if not found:
        raise Invalid(say("The file is empty: there is no SECTION_ in it."))
    return found


def _shifts(rows: list[Row]) -> tuple[Shift, ...]:
    ids = [row.text(0) for row in rows]
    _refuse_doubles(rows, "shift")
    shifts = []
    for row in rows:
        barred = row.fields[2] if len(row.fields) > 2 else ""
        after = frozenset(part for part in barred.split("|") if part)
        if unknown := sorted(after - set(ids)):
            raise Invalid(
                say("Line {number}: there is no shift {unknown}.", number=row.number, unknown=repr(unknown[0]))
            )
        shifts.append(Shift(row.text(0), row.whole(1), not_next_day=after))
    return tuple(shifts)


def _refuse_doubles(rows: list[Row], what: str) -> None:
    seen: set[str] = set()
    for row in rows:
        if not row.text(0):
            raise Invalid(say("Line {number}: the {what} has no name.", number=row.number, what=what))
        if row.text(0) in seen:
            raise Invalid(
                say("Line {number}: {what} {text} stands twice.", number=row.number, what=what, text=repr(row.text(0)))
            )
        seen.add(row.text(0))


def _people(rows: list[Row], shift_ids: set[str]) -> tuple[Person, ...]:
    _refuse_doubles(rows, "person")
    people = []
    for row in rows:
        most: dict[str, int] = {}
        for part in row.text(1).split("|"):
            name, _, count = part.partition("=")
            limit = Row(row.number, (name, count))
            most[limit.one_of(0, shift_ids, "shift")] = limit.whole(1)
        person = Person(
            row.text(0),
            frozenset(name for name, count in most.items() if count > 0),
            {name: count for name, count in most.items() if count > 0},
            max_minutes=row.whole(2),
            min_minutes=row.whole(3),
            max_consecutive_work=row.whole(4),
            min_consecutive_work=max(1, row.whole(5)),
            min_consecutive_off=max(1, row.whole(6)),
            max_weekends=row.whole(7),
        )
        people.append(person)
    return tuple(people)


def _with_days_off(people: tuple[Person, ...], rows: list[Row], days: int) -> tuple[Person, ...]:
    off: dict[str, set[int]] = {person.id: set() for person in people}
    for row in rows:
        name = row.one_of(0, set(off), "person")
        off[name].update(row.day(at, days) for at in range(1, len(row.fields)))
    return tuple(replace(person, days_off=frozenset(off[person.id])) for person in people)


def _requests(rows: list[Row], kind: str, names: set[str], shift_ids: set[str], days: int) -> Iterator[Request]:
    for row in rows:
        person, shift = row.one_of(0, names, "person"), row.one_of(2, shift_ids, "shift")
        yield Request(person, row.day(1, days), shift, kind, row.whole(3))


def _cover(rows: list[Row], shift_ids: set[str], days: int) -> tuple[Cover, ...]:
    found: dict[tuple[int, str], Cover] = {}
    for row in rows:
        key = row.day(0, days), row.one_of(1, shift_ids, "shift")
        if key in found:
            raise Invalid(
                say(
                    "Line {number}: the cover of day {key} and shift {key2} stands twice.",
                    number=row.number,
                    key=key[0],
                    key2=repr(key[1]),
                )
            )
        cover = Cover(key[0], frozenset({key[1]}), row.whole(2), row.whole(3), row.whole(4), name=key[1])
        found[key] = cover
    return tuple(found.values())
