"""Period time: which day a shift belongs to, how many of its minutes are night or overtime, what a badge log says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from personnel.calendars import DAY_MINUTES, instant
from plantops.calendar import Period
from plantops.calendar import days as each_day
from plantops.wording import say

ONE_MINUTE = timedelta(minutes=1)


class Basis(StrEnum):
    """Overtime by the calendar day on which each minute fell, by the day on which the shift began, or by week."""

    CALENDAR_DAY = "calendar_day"
    SHIFT_DAY = "shift_day"
    WEEK = "week"


# --- Rules: length and day


def minutes_between(start: datetime, end: datetime) -> int:
    """Whole minutes that really passed: a night with a clock change has 7 or 9 hours, not 8."""
    return int((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() // 60)


def worked_minutes(stretches: Iterable[Period]) -> int:
    return sum(minutes_between(w.start, w.end) for w in stretches)


def business_date(start: datetime, zone: ZoneInfo) -> date:
    """A shift belongs to the local day on which it starts, also when it ends on the next one."""
    return start.astimezone(zone).date()


def minutes_by_shift_day(stretches: Iterable[Period], zone: ZoneInfo) -> dict[date, int]:
    totals: dict[date, int] = {}
    for w in stretches:
        day = business_date(w.start, zone)
        totals[day] = totals.get(day, 0) + minutes_between(w.start, w.end)
    return totals


def minutes_by_calendar_day(stretches: Iterable[Period], zone: ZoneInfo) -> dict[date, int]:
    """Cut at local midnight, which is not UTC midnight and not always 24 hours after the last one."""
    totals: dict[date, int] = {}
    for w in stretches:
        for day in each_day(business_date(w.start, zone), business_date(w.end, zone)):
            minutes = _shared_minutes(w, instant(day, 0, zone), instant(day, DAY_MINUTES, zone))
            if minutes:
                totals[day] = totals.get(day, 0) + minutes
    return totals


def _shared_minutes(w: Period, start: datetime, end: datetime) -> int:
    """Whole minutes that a stretch has in common with [start, end); both moments are in UTC already."""
    shared = min(w.end, end) - max(w.start, start)
    return max(0, shared // ONE_MINUTE)


# --- Rules: night


@dataclass(frozen=True, slots=True)
class NightWindow:
    """Local minutes of the day; a window from 22:00 to 06:00 has its end before its start."""

    from_minute: int
    to_minute: int


def night_minutes(stretches: Iterable[Period], window: NightWindow, zone: ZoneInfo) -> int:
    length = (window.to_minute - window.from_minute) % DAY_MINUTES or DAY_MINUTES
    total = 0
    for w in stretches:
        first = business_date(w.start, zone).toordinal() - 1
        for day in range(first, business_date(w.end, zone).toordinal() + 1):
            start, end = _night(day, window.from_minute, length, zone)
            if start < w.end and w.start < end:
                total += _shared_minutes(w, start, end)
    return total


@lru_cache(maxsize=4096)
def _night(day: int, from_minute: int, length: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The night that begins on a day, counted from 1 January of year 1; a hundred thousand badge days share it."""
    begins = date.fromordinal(day)
    return instant(begins, from_minute, zone), instant(begins, from_minute + length, zone)


# --- Rules: overtime


def overtime_by_day(
    stretches: Sequence[Period], allowed_minutes: Mapping[date, int] | int, basis: Basis, zone: ZoneInfo
) -> dict[date, int]:
    """Minutes beyond what a day allows: a fixed limit, or what was scheduled on each date (no entry: 0)."""
    by_day = minutes_by_calendar_day if basis is Basis.CALENDAR_DAY else minutes_by_shift_day
    found = {}
    for day, minutes in by_day(stretches, zone).items():
        allowed = allowed_minutes if isinstance(allowed_minutes, int) else allowed_minutes.get(day, 0)
        if minutes > allowed:
            found[day] = minutes - allowed
    return found


def overtime_by_week(stretches: Iterable[Period], limit_minutes: int, week_starts: datetime) -> dict[datetime, int]:
    """Overtime of fixed workweeks of 168 h counted from `week_starts` (29 CFR 778.105): weeks are never
    averaged, and a shift across the boundary is cut there. Keys are the starts of weeks with overtime."""
    totals: dict[datetime, int] = {}
    week, origin = timedelta(hours=168), week_starts.astimezone(UTC)
    for w in stretches:
        start = origin + ((w.start - origin) // week) * week
        while start < w.end:
            totals[start] = totals.get(start, 0) + _shared_minutes(w, start, start + week)
            start += week
    return {start: minutes - limit_minutes for start, minutes in totals.items() if minutes > limit_minutes}


def pay_with_overtime(worked: int, overtime: int, hourly_rate: Decimal, factor: Decimal = Decimal("1.5")) -> Decimal:
    """Pay for so many worked minutes, of which `overtime` minutes at `factor` times the hourly rate."""
    return ((Decimal(worked - overtime) + Decimal(overtime) * factor) * hourly_rate / 60).quantize(
        Decimal("0.01"), ROUND_HALF_UP
    )


# --- Rules: badge logs


class Direction(StrEnum):
    IN = "in"
    OUT = "out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Punch:
    device_id: str
    device_seq: str
    at: datetime
    direction: Direction


@dataclass(frozen=True, slots=True)
class Paired:
    """Stretches of work read from punches; `flags` say in words what a person must look at."""

    stretches: tuple[Period, ...]
    flags: tuple[str, ...] = ()


def unseen(known: Iterable[tuple[str, str]], log: Iterable[Punch]) -> tuple[Punch, ...]:
    """Punches of a device log that are not stored yet: the same file again adds nothing."""
    seen = set(known)
    fresh = []
    for punch in log:
        key = (punch.device_id, punch.device_seq)
        if key not in seen:
            seen.add(key)
            fresh.append(punch)
    return tuple(fresh)


def paired(punches: Iterable[Punch]) -> Paired:
    """In and out become stretches. When a device did not say which is which, the first punch is taken as in
    and the last as out, and that is flagged; an in without an out is flagged and counts nothing."""
    ordered = sorted(punches, key=lambda p: p.at)
    if not ordered:
        return Paired(())
    if any(p.direction is Direction.UNKNOWN for p in ordered):
        flag = say("{n} punches, direction unknown: first taken as in, last as out", n=len(ordered))
        if len(ordered) == 1:
            return Paired((), (say("one punch at {at:%H:%M}, direction unknown", at=ordered[0].at),))
        return Paired((Period(ordered[0].at, ordered[-1].at),), (flag,))
    return _by_direction(ordered)


def _by_direction(ordered: Sequence[Punch]) -> Paired:
    stretches, flags = [], []
    opened: datetime | None = None
    for punch in ordered:
        if punch.direction is Direction.IN:
            if opened is not None:
                flags.append(say("in at {at:%H:%M} without an out", at=opened))
            opened = punch.at
        elif opened is None:
            flags.append(say("out at {at:%H:%M} without an in", at=punch.at))
        else:
            stretches.append(Period(opened, punch.at))
            opened = None
    if opened is not None:
        flags.append(say("in at {at:%H:%M} without an out", at=opened))
    return Paired(tuple(stretches), tuple(flags))


def is_missing(punches: Iterable[Punch], window: Period, heard_until: datetime) -> bool:
    """Nobody is marked missing before the device was heard after the whole punching window had passed:
    a device that reported up to the very end of the window may still hold that last punch."""
    if any(window.start <= p.at <= window.end for p in punches):
        return False
    return heard_until > window.end
