"""Opening hours and the clocks that run in them: when an answer is due, and how long it took."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise

from plantops.calendar import LONGEST_CLOSURE_DAYS, Period, PlantCalendar, at_local, local_date
from plantops.errors import Invalid
from plantops.wording import say

MINUTES_A_DAY = 24 * 60
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_RULE = re.compile(r"(?P<first>\w{3})(?:-(?P<last>\w{3}))? (?P<times>[\d:, -]+)")
_TIMES = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_DAY = timedelta(days=1)
_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True, order=True)
class Open:
    """Open on a weekday (0 is Monday) from a minute of the local day to another; 1440 is midnight at its end."""

    weekday: int
    from_minute: int
    to_minute: int

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6 or not 0 <= self.from_minute < self.to_minute <= MINUTES_A_DAY:
            raise Invalid(
                say(
                    "Opening hours must lie within one day, 00:00 to 24:00, and end after they start; "
                    "write a night as two parts."
                ),
                field="hours",
            )


@dataclass(frozen=True)
class OpeningHours:
    """A week of opening hours; parts of one day do not overlap."""

    parts: tuple[Open, ...]

    def __post_init__(self) -> None:
        parts = tuple(sorted(self.parts))
        if not parts:
            raise Invalid(say("Opening hours need at least one day that is open."), field="hours")
        for one, following in pairwise(parts):
            if one.weekday == following.weekday and following.from_minute < one.to_minute:
                raise Invalid(
                    say("Opening hours overlap on {weekdays}.", weekdays=WEEKDAYS[one.weekday]), field="hours"
                )
        object.__setattr__(self, "parts", parts)

    @classmethod
    def parse(cls, text: str) -> OpeningHours:
        """From 'Mon-Fri 08:00-12:00, 13:00-18:00; Sat 08:00-12:00'."""
        parts: list[Open] = []
        for rule in text.split(";"):
            found = _RULE.fullmatch(rule.strip())
            if not found or found["first"] not in WEEKDAYS or (found["last"] or "Mon") not in WEEKDAYS:
                raise Invalid(
                    say("'{strip}' are not opening hours; write them like Mon-Fri 08:00-18:00.", strip=rule.strip()),
                    field="hours",
                )
            first = WEEKDAYS.index(found["first"])
            last = WEEKDAYS.index(found["last"]) if found["last"] else first
            times = [_minutes(part) for part in found["times"].split(",")]
            weekdays = [(first + n) % 7 for n in range((last - first) % 7 + 1)]
            parts += [Open(weekday, *span) for weekday in weekdays for span in times]
        return cls(tuple(parts))

    def on(self, day: date) -> tuple[Open, ...]:
        return tuple(part for part in self.parts if part.weekday == day.weekday())


def _minutes(text: str) -> tuple[int, int]:
    found = _TIMES.fullmatch(text.strip())
    if not found:
        raise Invalid(
            say("'{strip}' are not opening hours; write them like 08:00-18:00.", strip=text.strip()), field="hours"
        )
    start_hour, start_minute, end_hour, end_minute = (int(part) for part in found.groups())
    if max(start_minute, end_minute) > 59:
        raise Invalid(say("'{strip}' is not a time of day.", strip=text.strip()), field="hours")
    return start_hour * 60 + start_minute, end_hour * 60 + end_minute


AROUND_THE_CLOCK = OpeningHours(tuple(Open(weekday, 0, MINUTES_A_DAY) for weekday in range(7)))


@dataclass(frozen=True)
class BusinessClock:
    """
    A clock that runs only while the desk is open: its hours, less the plant's holidays and shutdowns.

    The calendar's own weekdays do not count here: the hours say which weekdays are open.
    """

    hours: OpeningHours
    calendar: PlantCalendar
    keeps_holidays: bool = True

    @classmethod
    def always(cls, calendar: PlantCalendar) -> BusinessClock:
        """Day and night, holidays too: the clock of priority 1."""
        return cls(AROUND_THE_CLOCK, calendar, keeps_holidays=False)

    def periods_on(self, day: date) -> tuple[Period, ...]:
        """When it is open on a local day, in UTC; a day of 23 or 25 hours keeps every minute it has."""
        if day not in self._known:
            self._known[day] = self._open_on(day)
        return self._known[day]

    @cached_property
    def _known(self) -> dict[date, tuple[Period, ...]]:
        """A clock is asked about the same days again and again."""
        return {}

    def _open_on(self, day: date) -> tuple[Period, ...]:
        if self.keeps_holidays and (self.calendar.holiday(day) or self.calendar.shutdown(day)):
            return ()
        return tuple(
            Period(self._instant(day, part.from_minute), self._instant(day, part.to_minute))
            for part in self.hours.on(day)
        )

    def _instant(self, day: date, minute: int) -> datetime:
        if minute == MINUTES_A_DAY:
            return at_local(day + _DAY, time.min, self.calendar.tz)
        return at_local(day, time(minute // 60, minute % 60), self.calendar.tz)

    def open_from(self, start: datetime) -> Iterator[Period]:
        """Open periods from an instant on, the running one cut at its start; without end."""
        day = local_date(start, self.calendar.tz)
        empty_days = 0
        while empty_days < LONGEST_CLOSURE_DAYS:
            periods = [period for period in self.periods_on(day) if period.end > start]
            empty_days = 0 if periods else empty_days + 1
            for period in periods:
                yield Period(max(period.start, start), period.end)
            day += _DAY
        raise Invalid(say("The desk has no open hours within three years: check its calendar."))

    def open_time(self, start: datetime, end: datetime) -> timedelta:
        """How long it was open between two instants."""
        passed = _NOTHING
        if end <= start:
            return passed
        for period in self.open_from(start):
            if period.start >= end:
                break
            passed += min(period.end, end) - period.start
        return passed

    def add(self, start: datetime, target: timedelta) -> datetime:
        """The first instant (UTC) at which it has been open for `target` since `start`."""
        if target < _NOTHING:
            raise Invalid(say("A target cannot be negative."), field="target")
        left = target
        for period in self.open_from(start):
            if period.length >= left:
                return period.start + left
            left -= period.length
        raise AssertionError("open_from never ends without an error")

    def add_working_days(self, start: datetime, number: int) -> datetime:
        """
        The same local time `number` open days later; what comes in while closed counts from the next opening.

        On a day that closes earlier than that time it is its closing time.
        """
        opened = self.add(start, _NOTHING)
        local = opened.astimezone(self.calendar.tz)
        day = local.date()
        for _ in range(number):
            day = self._next_open_day(day)
        periods = self.periods_on(day)
        wished = at_local(day, local.time(), self.calendar.tz)
        fitting = [max(period.start, wished) for period in periods if wished <= period.end]
        return min(fitting, default=periods[-1].end)

    def _next_open_day(self, day: date) -> date:
        for _ in range(LONGEST_CLOSURE_DAYS):
            day += _DAY
            if self.periods_on(day):
                return day
        raise Invalid(say("The desk has no open day within three years: check its calendar."))


@dataclass(frozen=True, slots=True)
class Target:
    """What is promised: so much open time, or so many working days."""

    open_time: timedelta | None = None
    working_days: int | None = None

    def __post_init__(self) -> None:
        if (self.open_time is None) == (self.working_days is None):
            raise Invalid(say("A target is either open time or working days, one of the two."), field="target")
        if (self.open_time is not None and self.open_time <= _NOTHING) or (
            self.working_days is not None and self.working_days <= 0
        ):
            raise Invalid(say("A target must be longer than nothing."), field="target")


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stands still while we wait for somebody else; `end` is None while it still does."""

    start: datetime
    end: datetime | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Elapsed:
    """How long it took in open time, with the pauses counted and without them."""

    with_pauses: timedelta
    without_pauses: timedelta


def due_at(
    clock: BusinessClock, opened: datetime, target: Target, pauses: Sequence[Pause] = (), *, now: datetime
) -> datetime:
    """
    When it is due (UTC). Pauses add their open time, never the closed time in them, so a weekend counts once.

    It is computed from the opening each time, so a changed target or clock keeps every pause that there was.
    A pause that still runs counts up to `now`. For a first response pass no pauses: it never pauses.
    """
    if target.open_time is not None:
        due = clock.add(opened, target.open_time)
    else:
        due = clock.add_working_days(opened, target.working_days or 0)
    for pause in _merged(pauses, opened, now):
        if pause.start >= due:
            break
        if stood := clock.open_time(pause.start, pause.end):
            due = clock.add(due, stood)
    return due.astimezone(UTC)


def elapsed(clock: BusinessClock, opened: datetime, until: datetime, pauses: Sequence[Pause] = ()) -> Elapsed:
    """Open time from the opening until an instant, with and without its pauses."""
    gross = clock.open_time(opened, until)
    paused = sum((clock.open_time(p.start, p.end) for p in _merged(pauses, opened, until)), _NOTHING)
    return Elapsed(with_pauses=gross, without_pauses=gross - paused)


def _merged(pauses: Iterable[Pause], opened: datetime, now: datetime) -> list[Period]:
    """Pauses in order, cut to the clock's own span, two that overlap made one."""
    merged: list[Period] = []
    for pause in sorted(pauses, key=lambda p: p.start):
        start, end = max(pause.start, opened), min(pause.end or now, now)
        if end <= start:
            continue
        if merged and start <= merged[-1].end:
            merged[-1] = Period(merged[-1].start, max(merged[-1].end, end))
        else:
            merged.append(Period(start, end))
    return merged
