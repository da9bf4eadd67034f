"""Facility clocks: a weekend is never counted, a pause never twice, and no minute is lost at midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from plantops.calendar import PlantCalendar, Shutdown
from plantops.errors import Invalid
from plantops.opening import BusinessClock, OpeningHours, Pause, Target, due_at, elapsed

TZ = ZoneInfo("Europe/Luxembourg")
PLAIN = PlantCalendar(country=None)
OFFICE = BusinessClock(OpeningHours.parse("Mon-Fri 08:00-18:00"), PLAIN)
NOW = datetime(2026, 12, 31, tzinfo=UTC)


def local(day: int, hour: int, minute: int = 0, month: int = 11, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=TZ)


# November 2026: the 19th is a Thursday, the 20th a Friday, the 23rd a Monday.
@pytest.mark.parametrize(
    ("opened", "due"),
    [
        (local(19, 16), local(20, 10)),
        (local(20, 16), local(23, 10)),
        (local(20, 8), local(20, 12)),
        (local(20, 14), local(20, 18)),
        (local(21, 3), local(23, 12)),
        (local(20, 18), local(23, 12)),
        (local(20, 23, 59), local(23, 12)),
    ],
)
def test_four_hours_from_8_to_18(opened: datetime, due: datetime) -> None:
    assert due_at(OFFICE, opened, Target(timedelta(hours=4)), now=NOW) == due


def test_one_working_day_with_a_pause_over_the_weekend_does_not_add_the_weekend() -> None:
    target = Target(working_days=1)
    assert due_at(OFFICE, local(20, 10), target, now=NOW) == local(23, 10)
    pause = Pause(local(20, 14), local(23, 9), "waiting for the requester")
    # 4 h of Friday and 1 h of Monday stood still: 10:00 + 5 h.
    assert due_at(OFFICE, local(20, 10), target, [pause], now=NOW) == local(23, 15)
    closed = Pause(local(20, 18), local(23, 8), "weekend")
    assert due_at(OFFICE, local(20, 10), target, [closed], now=NOW) == local(23, 10)


@pytest.mark.parametrize(
    ("holidays", "due"),
    [
        ({date(2016, 11, 11): "Armistice", date(2016, 11, 13): "Remembrance"}, local(15, 21, year=2016)),
        ({}, local(13, 21, year=2016)),
    ],
)
def test_48_hours_at_9_to_21_with_and_without_holidays(holidays: dict[date, str], due: datetime) -> None:
    calendar = PlantCalendar(country=None, extra_holidays=holidays)
    clock = BusinessClock(OpeningHours.parse("Mon-Sun 09:00-21:00"), calendar)
    assert due_at(clock, local(9, 23, year=2016), Target(timedelta(hours=48)), now=NOW) == due


@pytest.mark.parametrize("start", [local(19, 23, 59), local(28, 12, month=3), local(24, 12, month=10)])
def test_open_around_the_clock_loses_no_minute_not_even_when_clocks_change(start: datetime) -> None:
    clock = BusinessClock(OpeningHours.parse("Mon-Sun 00:00-24:00"), PLAIN)
    for hours in (1, 24, 72, 24 * 40):
        due = due_at(clock, start, Target(timedelta(hours=hours)), now=NOW)
        assert due - start.astimezone(UTC) == timedelta(hours=hours)
        assert clock.open_time(start, due) == timedelta(hours=hours)


def test_priority_one_runs_on_holidays_too() -> None:
    clock = BusinessClock.always(PlantCalendar())
    christmas = local(25, 3, month=12)
    assert due_at(clock, christmas, Target(timedelta(hours=1)), now=NOW) == local(25, 4, month=12)


def test_holidays_of_the_plant_stop_the_office_clock() -> None:
    office = BusinessClock(OFFICE.hours, PlantCalendar())
    eve = local(24, 16, month=12)
    assert due_at(office, eve, Target(timedelta(hours=4)), now=NOW) == local(28, 10, month=12)


def test_a_changed_target_keeps_the_pause_that_there_was() -> None:
    pause = [Pause(local(19, 10), local(19, 12), "part ordered")]
    assert due_at(OFFICE, local(19, 9), Target(timedelta(hours=4)), pause, now=NOW) == local(19, 15)
    assert due_at(OFFICE, local(19, 9), Target(timedelta(hours=8)), pause, now=NOW) == local(20, 9)
    around = BusinessClock.always(PLAIN)
    assert due_at(around, local(19, 9), Target(timedelta(hours=2)), pause, now=NOW) == local(19, 13)


def test_pauses_that_overlap_count_once_and_a_pause_after_the_due_time_counts_never() -> None:
    pauses = [
        Pause(local(19, 10), local(19, 12)),
        Pause(local(19, 11), local(19, 13)),
        Pause(local(23, 8), local(23, 18)),
    ]
    assert due_at(OFFICE, local(19, 9), Target(timedelta(hours=2)), pauses, now=NOW) == local(19, 14)


def test_a_pause_that_still_runs_pushes_the_due_time_as_time_goes_by() -> None:
    pauses = [Pause(local(19, 10), None)]
    at_noon = due_at(OFFICE, local(19, 9), Target(timedelta(hours=4)), pauses, now=local(19, 12))
    at_two = due_at(OFFICE, local(19, 9), Target(timedelta(hours=4)), pauses, now=local(19, 14))
    assert (at_noon, at_two) == (local(19, 15), local(19, 17))


def test_a_pause_ending_at_closing_time_does_not_move_a_due_time_at_closing_time() -> None:
    pauses = [Pause(local(19, 18), local(20, 8))]
    assert due_at(OFFICE, local(19, 17), Target(timedelta(hours=2)), pauses, now=NOW) == local(20, 9)
    assert due_at(OFFICE, local(19, 14), Target(timedelta(hours=4)), pauses, now=NOW) == local(19, 18)


def test_time_taken_is_shown_with_and_without_pauses() -> None:
    took = elapsed(OFFICE, local(19, 16), local(23, 10), [Pause(local(20, 9), local(20, 12))])
    assert took.with_pauses == timedelta(hours=2 + 10 + 2)
    assert took.without_pauses == timedelta(hours=11)
    assert elapsed(OFFICE, local(21, 9), local(22, 9)).with_pauses == timedelta(0)


def test_working_days_end_at_closing_time_of_a_shorter_day() -> None:
    clock = BusinessClock(OpeningHours.parse("Mon-Fri 08:00-18:00; Sat 08:00-12:00"), PLAIN)
    assert due_at(clock, local(20, 16), Target(working_days=1), now=NOW) == local(21, 12)
    assert due_at(clock, local(20, 16), Target(working_days=2), now=NOW) == local(23, 16)


def test_a_lunch_break_is_closed() -> None:
    clock = BusinessClock(OpeningHours.parse("Mon-Fri 08:00-12:00, 13:00-17:00"), PLAIN)
    assert due_at(clock, local(19, 11), Target(timedelta(hours=2)), now=NOW) == local(19, 14)
    assert due_at(clock, local(19, 12, 30), Target(working_days=1), now=NOW) == local(20, 13)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mon",
        "Mo-Fr 08:00-18:00",
        "Mon 8-18",
        "Mon 18:00-08:00",
        "Mon 08:00-25:00",
        "Mon 08:61-09:00",
        "Mon 08:00-12:00, 11:00-13:00",
        "Mon 08:00-08:00",
        "Mon-Xxx 08:00-09:00",
    ],
)
def test_hours_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        OpeningHours.parse(text)
    assert "hours" in refused.value.fields


@pytest.mark.parametrize("target", [{}, {"open_time": timedelta(0)}, {"working_days": 0}])
def test_a_target_of_nothing_is_refused(target: dict[str, timedelta | int]) -> None:
    with pytest.raises(Invalid, match="target"):
        Target(**target)  # type: ignore[arg-type]


def test_a_desk_that_never_opens_says_so() -> None:
    sundays = BusinessClock(OpeningHours.parse("Sun 08:00-09:00"), PLAIN)
    assert due_at(sundays, local(19, 9), Target(timedelta(minutes=30)), now=NOW) == local(22, 8, 30)
    closed = PlantCalendar(country=None, shutdowns=(Shutdown(date(2026, 1, 1), date(2036, 1, 1), "Mothballed"),))
    with pytest.raises(Invalid, match="no open hours"):
        due_at(BusinessClock(OFFICE.hours, closed), local(19, 9), Target(timedelta(hours=1)), now=NOW)
