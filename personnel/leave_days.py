"""Leave days: how many days and minutes a request really takes, and whether it collides with another."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from personnel.calendars import LONGEST_DAY_MINUTES, ExpectedDay, Half
from plantops.calendar import days as each_day
from plantops.wording import plural, say


class Portion(StrEnum):
    FULL = "full"
    FIRST = "first"
    SECOND = "second"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Asked:
    """Dates as the person sees them in the calendar, both included; halves only where asked for."""

    first: date
    last: date
    halves: Mapping[date, Half] = field(default_factory=dict)
    from_minute: int | None = None
    to_minute: int | None = None


@dataclass(frozen=True, slots=True)
class LeaveDay:
    """One day of a leave. from_minute and to_minute bound the part of the day that it blocks."""

    day: date
    portion: Portion
    minutes: int
    from_minute: int = 0
    to_minute: int = LONGEST_DAY_MINUTES


# --- Rules: what a request takes


def why_not_ask(asked: Asked) -> str | None:
    if asked.last < asked.first:
        return say("it ends on {last} before it starts on {first}", last=asked.last, first=asked.first)
    if (asked.from_minute is None) != (asked.to_minute is None):
        return say("hours need a start and an end")
    if asked.from_minute is not None and asked.to_minute is not None:
        if asked.first != asked.last:
            return say("hours can be asked for one day at a time")
        if asked.to_minute <= asked.from_minute:
            return say("the hours end before they start")
    if outside := [day for day in asked.halves if not asked.first <= day <= asked.last]:
        return say("the half day on {outside} lies outside the request", outside=outside[0])
    return None


def counted(
    asked: Asked, expected: Mapping[date, ExpectedDay], *, counts_holidays: bool = False
) -> tuple[LeaveDay, ...]:
    """The days that cost something. A free day, a holiday and a half that nobody works cost nothing and are
    left out; a half day that was asked for on a holiday is simply that holiday.

    `expected` has an entry for every date of the request, each by the contract valid on that date.
    """
    days = (_one_day(asked, day, expected[day], counts_holidays) for day in each_day(asked.first, asked.last))
    return tuple(day for day in days if day.minutes > 0)


def _one_day(asked: Asked, day: date, expected: ExpectedDay, counts_holidays: bool) -> LeaveDay:
    if asked.from_minute is not None and asked.to_minute is not None:
        minutes = min(asked.to_minute - asked.from_minute, expected.minutes(counts_holidays=counts_holidays))
        return LeaveDay(day, Portion.HOURS, minutes, asked.from_minute, asked.to_minute)
    half = asked.halves.get(day)
    if half is None:
        return LeaveDay(day, Portion.FULL, expected.minutes(counts_holidays=counts_holidays))
    minutes = expected.minutes_of(half, counts_holidays=counts_holidays)
    if half is Half.FIRST:
        return LeaveDay(day, Portion.FIRST, minutes, 0, expected.middle_minute)
    return LeaveDay(day, Portion.SECOND, minutes, expected.middle_minute)


def total_minutes(days: Iterable[LeaveDay]) -> int:
    return sum(day.minutes for day in days)


def in_days(minutes: int, day_minutes: int, places: str = "0.001") -> Decimal:
    """Minutes as days of so many minutes, for people to read; the ledger itself only knows minutes."""
    return (Decimal(minutes) / day_minutes).quantize(Decimal(places), ROUND_HALF_UP)


# --- Rules: collisions


def why_not_also(existing: Iterable[LeaveDay], new: Iterable[LeaveDay]) -> str | None:
    """Leave that stands already (approved or waiting) leaves no room for more on the same part of a day."""
    standing: dict[date, list[LeaveDay]] = {}
    for day in existing:
        standing.setdefault(day.day, []).append(day)
    for day in new:
        for other in standing.get(day.day, []):
            if day.from_minute < other.to_minute and other.from_minute < day.to_minute:
                return say("{day} is taken already ({other})", day=day.day, other=_in_words(other))
    return None


def _in_words(day: LeaveDay) -> str:
    match day.portion:
        case Portion.FULL:
            return say("a full day")
        case Portion.FIRST:
            return say("the first half")
        case Portion.SECOND:
            return say("the second half")
        case _:
            return plural("{n} minute", "{n} minutes", day.minutes)


# --- Rules: what happens afterwards


@dataclass(frozen=True, slots=True)
class DayDifference:
    """A day of approved leave that costs something else now: positive minutes go back to the person."""

    day: date
    minutes: int


def differences(
    booked: Sequence[LeaveDay], expected: Mapping[date, ExpectedDay], *, counts_holidays: bool = False
) -> tuple[DayDifference, ...]:
    """Count booked days again after a holiday, a contract or a calendar was entered late."""
    changed = []
    for day in booked:
        now = _minutes_now(day, expected[day.day], counts_holidays)
        if now != day.minutes:
            changed.append(DayDifference(day.day, day.minutes - now))
    return tuple(changed)


def _minutes_now(day: LeaveDay, expected: ExpectedDay, counts_holidays: bool) -> int:
    if day.portion is Portion.FULL:
        return expected.minutes(counts_holidays=counts_holidays)
    if day.portion is Portion.HOURS:
        return min(day.to_minute - day.from_minute, expected.minutes(counts_holidays=counts_holidays))
    return expected.minutes_of(Half(day.portion.value), counts_holidays=counts_holidays)


def given_back_for_sickness(
    booked: Iterable[LeaveDay], sick_first: date, sick_last: date, *, with_note: bool
) -> tuple[DayDifference, ...]:
    """Whoever falls ill on leave and shows a note gets those leave days back (2003/88/EC art. 7, Pereda)."""
    if not with_note:
        return ()
    return tuple(DayDifference(day.day, day.minutes) for day in booked if sick_first <= day.day <= sick_last)
