"""Plant time: what day it is here, which days we work, how long a night shift really lasted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from plantops.errors import Invalid
from plantops.wording import say, weekday

DEFAULT_COUNTRY = "LU"
MONDAY_TO_FRIDAY = frozenset(range(5))
LONGEST_CLOSURE_DAYS = 3 * 366
_WEEK = re.compile(r"(\d{4})-?W(\d{2})")
_DAY = timedelta(days=1)


@cache
def zone(name: str) -> ZoneInfo:
    """The IANA time zone of a site, such as Europe/Luxembourg."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            say("There is no time zone '{name}'; use a name such as Europe/Luxembourg.", name=name), field="zone"
        ) from None


def local_date(instant: datetime, tz: ZoneInfo) -> date:
    """The calendar date at the plant at that instant."""
    return _aware(instant).astimezone(tz).date()


def at_local(day: date, clock: time, tz: ZoneInfo) -> datetime:
    """
    The instant in UTC when the plant's clocks show this time on this day.

    A time that the spring change leaves out (02:30) is taken as the one an hour later; of a time that the
    autumn change shows twice, the first.
    """
    return datetime.combine(day, clock, tz).astimezone(UTC)


def day_bounds(day: date, tz: ZoneInfo) -> Period:
    """Local midnight to local midnight: 23 hours in spring, 25 in autumn."""
    return Period(at_local(day, time.min, tz), at_local(day + _DAY, time.min, tz))


def days(first: date, last: date) -> Iterator[date]:
    """Each day from the first to the last, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise TypeError("A moment needs its time zone; a naive datetime says nothing about when it was.")
    return instant


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant up to, not including, another; lengths are real hours, taken in UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if _aware(self.end) < _aware(self.start):
            raise Invalid(say("A period ends before it starts."), field="end")
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    @property
    def hours(self) -> float:
        return self.length / timedelta(hours=1)

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    def overlaps(self, other: Period) -> bool:
        return self.start < other.end and other.start < self.end

    def shared(self, other: Period) -> Period | None:
        """The part that both have, if any."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class ShiftTimes:
    """When a shift starts and ends by the plant's clock; one that ends at or before its start ends next day."""

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start.tzinfo or self.end.tzinfo:
            raise TypeError("Shift times are clock times of the plant, without a time zone.")

    @property
    def crosses_midnight(self) -> bool:
        return self.end <= self.start

    def period(self, business_date: date, tz: ZoneInfo) -> Period:
        """The real period of the shift that starts on that local date."""
        last_day = business_date + _DAY if self.crosses_midnight else business_date
        return Period(at_local(business_date, self.start, tz), at_local(last_day, self.end, tz))

    def hours(self, business_date: date, tz: ZoneInfo) -> float:
        """Real hours: 22 to 06 lasts 7 in the night when clocks go forward, 9 when they go back."""
        return self.period(business_date, tz).hours

    def business_date(self, instant: datetime, tz: ZoneInfo) -> date:
        """The local start date of the shift that this instant belongs to: 02:00 belongs to last night's shift."""
        local = _aware(instant).astimezone(tz)
        if self.crosses_midnight and local.time() < self.end:
            return local.date() - _DAY
        return local.date()


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """An ISO week, Monday to Sunday: 2026-W46."""

    year: int
    number: int

    def __post_init__(self) -> None:
        try:
            date.fromisocalendar(self.year, self.number, 1)
        except ValueError:
            raise Invalid(
                say("The year {year} has no week {number}.", year=self.year, number=self.number), field="week"
            ) from None

    @classmethod
    def parse(cls, text: str) -> Week:
        """From '2026-W46'."""
        found = _WEEK.fullmatch(text.strip().upper())
        if not found:
            raise Invalid(say("'{text}' is not a week; write it like 2026-W46.", text=text), field="week")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> Week:
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(days(self.monday, self.sunday))

    def moved(self, weeks: int) -> Week:
        return Week.of(self.monday + timedelta(weeks=weeks))

    def year_ago(self) -> Week:
        """The week of the same number a year before; week 53 compares with 52 when there was no 53."""
        last = Week.of(date(self.year - 1, 12, 28)).number
        return Week(self.year - 1, min(self.number, last))

    def bounds(self, tz: ZoneInfo) -> Period:
        return Period(at_local(self.monday, time.min, tz), at_local(self.sunday + _DAY, time.min, tz))

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02d}"


@cache
def public_holidays(country: str, subdivision: str | None, year: int) -> Mapping[date, str]:
    """Date -> name of each public holiday of a place in a year, after the `holidays` library."""
    try:
        found = holidays.country_holidays(country, subdiv=subdivision, years=year, language="en_US")
    except NotImplementedError:
        place = f"{country}-{subdivision}" if subdivision else country
        raise Invalid(
            say(
                "No public holidays are known for '{place}'; use a country code such as LU, or DE with BY.", place=place
            ),
            field="country",
        ) from None
    return MappingProxyType(dict(found))


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Days on which the plant stands still, both included."""

    first: date
    last: date
    name: str

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise Invalid(say("The shutdown '{name}' ends before it starts.", name=self.name), field="last")


@dataclass(frozen=True)
class PlantCalendar:
    """
    Which days a site works: its weekdays, the holidays of its place, days of its own, and shutdowns.

    `extra_holidays` are days off that only this plant has; `worked_holidays` are holidays on which it works.
    """

    zone_name: str = "Europe/Luxembourg"
    country: str | None = DEFAULT_COUNTRY
    subdivision: str | None = None
    weekdays: frozenset[int] = MONDAY_TO_FRIDAY
    extra_holidays: Mapping[date, str] = field(default_factory=dict)
    worked_holidays: frozenset[date] = frozenset()
    shutdowns: tuple[Shutdown, ...] = ()

    @property
    def tz(self) -> ZoneInfo:
        return zone(self.zone_name)

    def holiday(self, day: date) -> str | None:
        """The name of the holiday, or None."""
        if day in self.worked_holidays:
            return None
        if day in self.extra_holidays:
            return self.extra_holidays[day]
        if self.country is None:
            return None
        return public_holidays(self.country, self.subdivision, day.year).get(day)

    def shutdown(self, day: date) -> Shutdown | None:
        return next((stop for stop in self.shutdowns if stop.first <= day <= stop.last), None)

    def why_not_working(self, day: date) -> str | None:
        """Why nobody of the day staff works on that day; None when they do."""
        if stop := self.shutdown(day):
            return stop.name
        if name := self.holiday(day):
            return name
        return None if day.weekday() in self.weekdays else weekday(day)

    def is_working_day(self, day: date) -> bool:
        return self.why_not_working(day) is None

    def working_day_from(self, day: date) -> date:
        """That day, or the next one on which the plant works."""
        return self._seek(day, _DAY)

    def working_day_until(self, day: date) -> date:
        """That day, or the last one before on which the plant works."""
        return self._seek(day, -_DAY)

    def _seek(self, day: date, step: timedelta) -> date:
        seen = day
        for _ in range(LONGEST_CLOSURE_DAYS):
            if self.is_working_day(seen):
                return seen
            seen += step
        raise Invalid(say("The calendar has no working day within three years of {day}: check its weekdays.", day=day))

    def add_working_days(self, day: date, number: int) -> date:
        """The number-th working day after that day, or before it when negative; 0 gives the day itself."""
        step = _DAY if number >= 0 else -_DAY
        for _ in range(abs(number)):
            day = self._seek(day + step, step)
        return day

    def working_days(self, first: date, last: date) -> int:
        """How many days of the range, both ends included, are worked."""
        return sum(self.is_working_day(day) for day in days(first, last))
