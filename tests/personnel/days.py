"""Expected days for tests: eight hours, Monday to Friday, unless said otherwise."""

from collections.abc import Iterable
from datetime import date

from personnel.calendars import (
    WHOLE_DAY,
    DatedCalendar,
    ExpectedDay,
    Half,
    Slot,
    WorkCalendar,
    expected_days,
)

MORNING, AFTERNOON = (8 * 60, 240), (13 * 60, 240)


def week_of(*weekdays: int, slots: tuple[tuple[int, int], ...] = (MORNING, AFTERNOON)) -> WorkCalendar:
    halves = (Half.FIRST, Half.SECOND)
    return WorkCalendar(
        tuple(
            Slot(weekday, start, minutes, half)
            for weekday in weekdays
            for (start, minutes), half in zip(slots, halves, strict=False)
        )
    )


FULL_WEEK = week_of(0, 1, 2, 3, 4)


def full_weeks(
    first: date, last: date, holidays: Iterable[date] = (), calendar: WorkCalendar = FULL_WEEK
) -> dict[date, ExpectedDay]:
    always = [DatedCalendar(date(1990, 1, 1), None, calendar)]
    return expected_days(always, first, last, dict.fromkeys(holidays, WHOLE_DAY))
