"""Accrual: how much leave a person earns in each period, from joining to leaving."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor


class Frequency(StrEnum):
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"


MONTHS = {Frequency.MONTHLY: 1, Frequency.QUARTERLY: 3, Frequency.HALF_YEARLY: 6, Frequency.YEARLY: 12}


class Timing(StrEnum):
    """In advance: granted on the first day of the period. In arrears: on its last day."""

    ADVANCE = "advance"
    ARREARS = "arrears"


class Proration(StrEnum):
    """What somebody gets for a period in which they joined or left."""

    NONE = "none"
    DAYS = "days"
    MONTHS = "months"


class Rounding(StrEnum):
    NEAREST = "nearest"
    DOWN = "down"
    UP = "up"


@dataclass(frozen=True, slots=True)
class AccrualRule:
    """`key` names the policy rule for good: it is part of every idempotency key."""

    key: str
    year_days: Fraction
    frequency: Frequency = Frequency.YEARLY
    timing: Timing = Timing.ADVANCE
    proration: Proration = Proration.DAYS
    month_counts_from_days: int | None = None
    rounding: Rounding = Rounding.NEAREST
    rounding_step_minutes: int = 1
    balance_cap_minutes: int | None = None
    year_starts_month: int = 1


@dataclass(frozen=True, slots=True)
class Employed:
    """A half-open stretch [since, until) of employment in which a full day had so many minutes."""

    since: date
    until: date | None
    day_minutes: int


@dataclass(frozen=True, slots=True)
class AccrualPeriod:
    """Half-open [start, end): the `number`-th of `count` periods of the leave year that starts on year_start."""

    start: date
    end: date
    number: int
    count: int
    year_start: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)


# --- Rules: periods


def add_months(day: date, months: int) -> date:
    """The same day so many months on, or the month's last day where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def leave_year_start(day: date, year_starts_month: int) -> date:
    year = day.year if day.month >= year_starts_month else day.year - 1
    return date(year, year_starts_month, 1)


def periods(rule: AccrualRule, first: date, last: date) -> Iterator[AccrualPeriod]:
    """Every period of the rule that touches the days first to last (both included)."""
    step = MONTHS[rule.frequency]
    count = 12 // step
    year_start = leave_year_start(first, rule.year_starts_month)
    while year_start <= last:
        for number in range(1, count + 1):
            start, end = add_months(year_start, (number - 1) * step), add_months(year_start, number * step)
            if end > first and start <= last:
                yield AccrualPeriod(start, end, number, count, year_start)
        year_start = add_months(year_start, 12)


def due_on(rule: AccrualRule, period: AccrualPeriod, joined: date, left: date | None) -> date:
    """The day on which a period's grant enters the ledger: never before joining, never after the last day."""
    if rule.timing is Timing.ADVANCE:
        return max(period.start, joined)
    return period.last if left is None or left > period.last else max(joined, left - timedelta(days=1))


# --- Rules: amounts


def amount_minutes(rule: AccrualRule, period: AccrualPeriod, employed: tuple[Employed, ...]) -> int:
    """What a person earns in a period: the year's days shared out so that full periods add up to the year.

    Days before joining and after leaving count as the rule prorates; within the period each contract counts
    for its own days, so that a change of hours in the middle is worth both parts.
    """
    worked = [(e, days) for e in employed if (days := _days_within(e, period)) > 0]
    if not worked:
        return 0
    employed_days = sum(days for _, days in worked)
    mean_day = Fraction(sum(e.day_minutes * days for e, days in worked), employed_days)
    share = _share(rule, period, employed, employed_days)
    if share == 1:
        full = rule.year_days * mean_day
        return _round(full * period.number / period.count, rule) - _round(
            full * (period.number - 1) / period.count, rule
        )
    return _round(rule.year_days * mean_day / period.count * share, rule)


def _share(rule: AccrualRule, period: AccrualPeriod, employed: tuple[Employed, ...], employed_days: int) -> Fraction:
    if rule.proration is Proration.NONE or employed_days >= period.days:
        return Fraction(1)
    if rule.proration is Proration.DAYS:
        return Fraction(employed_days, period.days)
    months = [
        AccrualPeriod(add_months(period.start, m), add_months(period.start, m + 1), 1, 1, period.year_start)
        for m in range(MONTHS[rule.frequency])
    ]
    counting = sum(1 for month in months if _month_counts(rule, month, employed))
    return Fraction(counting, len(months))


def _month_counts(rule: AccrualRule, month: AccrualPeriod, employed: tuple[Employed, ...]) -> bool:
    needed = month.days if rule.month_counts_from_days is None else rule.month_counts_from_days
    return sum(_days_within(e, month) for e in employed) >= min(needed, month.days)


def _days_within(employed: Employed, period: AccrualPeriod) -> int:
    end = period.end if employed.until is None else min(employed.until, period.end)
    return max(0, (end - max(employed.since, period.start)).days)


def _round(minutes: Fraction, rule: AccrualRule) -> int:
    steps = minutes / rule.rounding_step_minutes
    if rule.rounding is Rounding.DOWN:
        whole = floor(steps)
    elif rule.rounding is Rounding.UP:
        whole = ceil(steps)
    else:
        whole = floor(steps + Fraction(1, 2))
    return whole * rule.rounding_step_minutes


def under_cap(rule: AccrualRule, minutes: int, balance_minutes: int) -> int:
    """A balance at its cap earns nothing until some of it is taken; what was not earned does not come back."""
    if rule.balance_cap_minutes is None:
        return minutes
    return max(0, min(minutes, rule.balance_cap_minutes - balance_minutes))
