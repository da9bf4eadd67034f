"""Work calendars: at what hours a person is expected, weekday by weekday, and what a holiday takes away."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from plantops.calendar import at_local
from plantops.calendar import days as each_day

DAY_MINUTES = 24 * 60
# A night shift belongs to the day on which it starts and may end on the next one.
LONGEST_DAY_MINUTES = 2 * DAY_MINUTES


class Half(StrEnum):
    FIRST = "first"
    SECOND = "second"


WHOLE_DAY = frozenset(Half)


@dataclass(frozen=True, slots=True)
class Slot:
    """Expected hours on one weekday (Monday is 0). `half` says which half of the day a slot stands for;
    without it the expected minutes of the day are cut in the middle."""

    weekday: int
    start_minute: int
    minutes: int
    half: Half | None = None


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Fixed slots, or (flexible) only so many minutes per weekday at hours of the person's own choice."""

    slots: tuple[Slot, ...] = ()
    flexible_minutes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DatedCalendar:
    """A calendar and the half-open range [valid_from, valid_to) in which a person had it."""

    valid_from: date
    valid_to: date | None
    calendar: WorkCalendar


@dataclass(frozen=True, slots=True)
class ExpectedDay:
    """What one person owes on a day, before leave. Minutes of the day count from midnight, local time."""

    first_half_minutes: int
    second_half_minutes: int
    middle_minute: int
    holiday_halves: frozenset[Half] = frozenset()

    def minutes_of(self, half: Half, *, counts_holidays: bool = False) -> int:
        if half in self.holiday_halves and not counts_holidays:
            return 0
        return self.first_half_minutes if half is Half.FIRST else self.second_half_minutes

    def minutes(self, *, counts_holidays: bool = False) -> int:
        if counts_holidays or not self.holiday_halves:
            return self.first_half_minutes + self.second_half_minutes
        return self.minutes_of(Half.FIRST) + self.minutes_of(Half.SECOND)


# --- Rules: one day


def calendar_on(calendars: Sequence[DatedCalendar], day: date) -> WorkCalendar | None:
    """The calendar valid on that very day: a contract change in August never recounts a leave in July."""
    for dated in calendars:
        if dated.valid_from <= day and (dated.valid_to is None or day < dated.valid_to):
            return dated.calendar
    return None


def expected_day(
    calendar: WorkCalendar | None, day: date, holiday_halves: frozenset[Half] = frozenset()
) -> ExpectedDay:
    if calendar is None:
        return ExpectedDay(0, 0, 12 * 60, holiday_halves)
    if calendar.flexible_minutes:
        minutes = calendar.flexible_minutes[day.weekday()]
        return ExpectedDay(minutes - minutes // 2, minutes // 2, 12 * 60, holiday_halves)
    slots = sorted((s for s in calendar.slots if s.weekday == day.weekday()), key=lambda s: s.start_minute)
    if any(slot.half for slot in slots):
        return _by_named_halves(slots, holiday_halves)
    return expected_from_spans([(s.start_minute, s.start_minute + s.minutes) for s in slots], holiday_halves)


def _by_named_halves(slots: Sequence[Slot], holiday_halves: frozenset[Half]) -> ExpectedDay:
    first = sum(s.minutes for s in slots if s.half is not Half.SECOND)
    second = sum(s.minutes for s in slots if s.half is Half.SECOND)
    starts = [s.start_minute for s in slots if s.half is Half.SECOND]
    ends = [s.start_minute + s.minutes for s in slots if s.half is not Half.SECOND]
    middle = min(starts) if starts else max(ends)
    return ExpectedDay(first, second, middle, holiday_halves)


def expected_from_spans(spans: Sequence[tuple[int, int]], holiday_halves: frozenset[Half] = frozenset()) -> ExpectedDay:
    """A day from its working spans (a planned shift, or slots without named halves), cut in the middle."""
    total = sum(end - start for start, end in spans)
    left = total - total // 2
    middle = 12 * 60
    for start, end in sorted(spans):
        if end - start >= left:
            middle = start + left
            break
        left -= end - start
    return ExpectedDay(total - total // 2, total // 2, middle, holiday_halves)


def expected_days(
    calendars: Sequence[DatedCalendar],
    first: date,
    last: date,
    holidays: Mapping[date, frozenset[Half]],
) -> dict[date, ExpectedDay]:
    """Each day of a range by the calendar of that day. A date listed as holiday and as weekend is free once."""
    return {
        day: expected_day(calendar_on(calendars, day), day, holidays.get(day, frozenset()))
        for day in each_day(first, last)
    }


# --- Rules: instants


@lru_cache(maxsize=4096)
def instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The moment at which a wall clock in that zone shows this minute of the day (minutes may pass midnight)."""
    shown = day + timedelta(days=minute // DAY_MINUTES)
    return at_local(shown, time(minute % DAY_MINUTES // 60, minute % 60), zone)


def working_instants(calendar: WorkCalendar, days: Iterable[date], zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """The slots of a calendar as UTC intervals: for free-and-busy views across zones."""
    return [
        (instant(day, slot.start_minute, zone), instant(day, slot.start_minute + slot.minutes, zone))
        for day in days
        for slot in calendar.slots
        if slot.weekday == day.weekday()
    ]


def dates_entered(start: datetime, end: datetime, entered_in: ZoneInfo) -> tuple[date, date]:
    """First and last date that the person saw on the screen when entering these two instants (end exclusive).

    A leave is a matter of calendar dates. Reading the instants in the employee's zone instead turns one day
    into two as soon as manager and employee sit in different zones.
    """
    first = start.astimezone(entered_in).date()
    last = (end - timedelta(microseconds=1)).astimezone(entered_in).date()
    return first, last
