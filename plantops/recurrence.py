"""Work that comes round again: every Monday, on the 31st, a year after it was last done."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from plantops.calendar import PlantCalendar, at_local
from plantops.errors import Invalid
from plantops.wording import say

MANY_SLOTS = 100_000
LONGEST_MOVE_DAYS = 92  # a day off may lie in a long shutdown


class Every(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Anchor(StrEnum):
    FIXED = "fixed"  # the next one keeps to the plan, however early or late this one was done
    COMPLETION = "completion"  # the next one counts from the day this one was done


class OnDayOff(StrEnum):
    KEEP = "keep"
    NEXT = "next-working-day"
    PREVIOUS = "previous-working-day"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Slot:
    """One turn of a plan: its day by the plan, and the day it is due after days off are stepped over."""

    planned: date
    due: date


@dataclass(frozen=True)
class Recurrence:
    """A plan: first day, interval, and what happens on days off. Days are civil days, never working days."""

    first: date
    interval: int
    every: Every
    anchor: Anchor = Anchor.FIXED
    on_day_off: OnDayOff = OnDayOff.KEEP
    at: time = time(6, 0)

    def __post_init__(self) -> None:
        if self.interval < 1:
            raise Invalid(say("The interval must be 1 or more."), field="interval")

    def planned(self, number: int) -> date:
        """The number-th day of the plan, counted from 0; always from the first day, so the 31st comes back."""
        return _later(self.first, self.interval * number, self.every)

    def slots(self, first: date, last: date, calendar: PlantCalendar) -> Iterator[Slot]:
        """Turns of the fixed plan that are due in a range, both ends included; never two on one day."""
        previous: date | None = None
        for number in range(self._number_before(first), MANY_SLOTS):
            planned = self.planned(number)
            if planned > last + timedelta(days=LONGEST_MOVE_DAYS):
                return
            due = self._due(planned, calendar)
            if due is None or due == previous:
                continue
            previous = due
            if first <= due <= last:
                yield Slot(planned, due)

    def after(self, slot: Slot, done_on: date, calendar: PlantCalendar) -> Slot:
        """
        The one turn that follows when this one is closed.

        Fixed: the next planned day after this turn's planned day. Completion: one interval after it was done.
        """
        if self.anchor is Anchor.COMPLETION:
            return self._after_completion(slot, done_on, calendar)
        for number in range(self._number_before(slot.planned), MANY_SLOTS):
            planned = self.planned(number)
            due = self._due(planned, calendar) if planned > slot.planned else None
            if due is not None and due > slot.due:
                return Slot(planned, due)
        raise Invalid(say("This plan never falls on a working day: change its interval or its calendar."))

    def _after_completion(self, slot: Slot, done_on: date, calendar: PlantCalendar) -> Slot:
        for number in range(1, MANY_SLOTS):
            planned = _later(done_on, self.interval * number, self.every)
            if planned == slot.planned:  # done a whole interval early: the turn keeps a day of its own
                planned += timedelta(days=1)
            due = self._due(planned, calendar)
            if due is not None and due > done_on:
                return Slot(planned, due)
        raise Invalid(say("This plan never falls on a working day: change its interval or its calendar."))

    def instant(self, due: date, calendar: PlantCalendar) -> datetime:
        """When it is due on that day (UTC): 06:00 stays 06:00 by the plant's clock all year."""
        return at_local(due, self.at, calendar.tz)

    def _due(self, planned: date, calendar: PlantCalendar) -> date | None:
        if self.on_day_off is OnDayOff.KEEP or calendar.is_working_day(planned):
            return planned
        if self.on_day_off is OnDayOff.NEXT:
            return calendar.working_day_from(planned)
        if self.on_day_off is OnDayOff.PREVIOUS:
            return calendar.working_day_until(planned)
        return None

    def _number_before(self, day: date) -> int:
        """A number whose planned day surely lies before `day`, found without counting up from the first."""
        longest = {Every.DAY: 1, Every.WEEK: 7, Every.MONTH: 31, Every.YEAR: 366}[self.every] * self.interval
        return max(0, (day - self.first).days // longest - LONGEST_MOVE_DAYS // longest - 2)


def _later(day: date, number: int, every: Every) -> date:
    if every is Every.DAY:
        return day + timedelta(days=number)
    if every is Every.WEEK:
        return day + timedelta(weeks=number)
    months = day.month - 1 + number * (12 if every is Every.YEAR else 1)
    year, month = day.year + months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
