"""Counting leave days: cases 7 to 13 and 21 to 30 of features/personnel.md, and those of the peers beside them."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from personnel.calendars import (
    DatedCalendar,
    ExpectedDay,
    Half,
    Slot,
    WorkCalendar,
    dates_entered,
    expected_days,
    expected_from_spans,
    working_instants,
)
from personnel.leave_days import (
    Asked,
    LeaveDay,
    Portion,
    counted,
    differences,
    given_back_for_sickness,
    in_days,
    total_minutes,
    why_not_also,
    why_not_ask,
)
from personnel.worked_time import minutes_by_calendar_day
from plantops.calendar import Period
from tests.personnel.days import FULL_WEEK, MORNING, full_weeks, week_of

DAY = 480


def days(asked: Asked, holidays: tuple[date, ...] = (), calendar: WorkCalendar = FULL_WEEK) -> Decimal:
    expected = full_weeks(asked.first, asked.last, holidays, calendar)
    return in_days(total_minutes(counted(asked, expected)), DAY)


def december(day: int, year: int = 2022) -> date:
    return date(year, 12, day)


def test_case_07_a_half_day_on_a_holiday_is_that_holiday() -> None:
    holidays = (december(24), december(25), december(26))
    asked = Asked(december(23), december(27), {december(24): Half.FIRST})
    assert days(asked, holidays) == 2


def without_tuesday_afternoon() -> WorkCalendar:
    four = week_of(0, 2, 3, 4).slots
    return WorkCalendar((*four, Slot(1, *MORNING, Half.FIRST)))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Asked(date(2021, 3, 1), date(2021, 3, 7)), Decimal("4.5")),
        (Asked(date(2021, 3, 2), date(2021, 3, 2)), Decimal("0.5")),
        (Asked(date(2021, 3, 2), date(2021, 3, 2), {date(2021, 3, 2): Half.FIRST}), Decimal("0.5")),
        (Asked(date(2021, 3, 2), date(2021, 3, 2), {date(2021, 3, 2): Half.SECOND}), Decimal("0")),
    ],
)
def test_case_08_a_calendar_without_tuesday_afternoon(asked: Asked, expected: Decimal) -> None:
    assert days(asked, calendar=without_tuesday_afternoon()) == expected


def test_peer_10_a_short_wednesday_costs_its_own_four_hours() -> None:
    wednesday = WorkCalendar((Slot(2, 540, 240),))
    asked = Asked(date(2026, 1, 7), date(2026, 1, 7))
    assert days(asked, calendar=wednesday) == Decimal("0.5")


def test_case_09_only_the_day_named_is_half() -> None:
    asked = Asked(date(2026, 1, 8), date(2026, 1, 15), {date(2026, 1, 15): Half.FIRST})
    assert days(asked) == Decimal("5.5")
    counts = counted(asked, full_weeks(asked.first, asked.last))
    assert [d.portion for d in counts] == [Portion.FULL] * 5 + [Portion.FIRST]


def test_case_10_flexible_hours_on_a_holiday() -> None:
    flexible = WorkCalendar(flexible_minutes=(480, 480, 480, 480, 480, 0, 0))
    monday = date(2026, 5, 25)
    expected = full_weeks(monday, monday, [monday], flexible)
    asked = Asked(monday, monday)
    assert counted(asked, expected) == ()
    assert total_minutes(counted(asked, expected, counts_holidays=True)) == 1 * DAY


@pytest.mark.parametrize(
    ("asked", "holidays", "expected"),
    [
        pytest.param(Asked(date(2021, 8, 2), date(2021, 8, 6)), (date(2021, 8, 4),), 4, id="case-11"),
        pytest.param(Asked(date(2025, 12, 8), date(2026, 1, 3)), (date(2026, 1, 1),), 19, id="case-12"),
        pytest.param(
            Asked(december(24, 2026), december(28, 2026)), (december(25, 2026), december(26, 2026)), 2, id="case-13"
        ),
        pytest.param(Asked(date(2025, 12, 28), date(2026, 1, 3)), (date(2026, 1, 1),), 4, id="peer-15"),
        pytest.param(Asked(date(2025, 12, 29), date(2026, 1, 4)), (), 5, id="peer-16"),
        pytest.param(Asked(date(2022, 4, 15), date(2022, 4, 18)), (date(2022, 4, 15),), 1, id="case-29"),
    ],
)
def test_days_of_a_request(asked: Asked, holidays: tuple[date, ...], expected: int) -> None:
    assert days(asked, holidays) == expected


def test_peer_40_four_sundays_off_and_four_saturdays_half() -> None:
    weekdays = week_of(0, 1, 2, 3, 4).slots
    calendar = WorkCalendar((*weekdays, Slot(5, *MORNING, Half.FIRST)))
    assert days(Asked(date(2021, 4, 1), date(2021, 4, 30)), calendar=calendar) == 24


def test_case_21_five_hours_a_day_in_brisbane() -> None:
    calendar = WorkCalendar(tuple(Slot(weekday, 480, 300) for weekday in range(5)))
    brisbane = ZoneInfo("Australia/Brisbane")
    week = [date(2026, 3, 2) + timedelta(days=n) for n in range(7)]
    stretches = [Period(start, end) for start, end in working_instants(calendar, week, brisbane)]
    local = minutes_by_calendar_day(stretches, brisbane)
    assert sum(local.values()) == 25 * 60
    assert local.get(date(2026, 3, 7), 0) == 0
    assert total_minutes(counted(Asked(week[0], week[-1]), full_weeks(week[0], week[-1], (), calendar))) == 25 * 60
    assert counted(Asked(week[5], week[5]), full_weeks(week[5], week[5], (), calendar)) == ()


def test_case_23_a_manager_in_another_zone_books_exactly_one_day() -> None:
    manager = timezone(timedelta(hours=1))
    start = datetime(2020, 3, 5, 0, 0, tzinfo=manager)
    first, last = dates_entered(start, start + timedelta(days=1), ZoneInfo("Europe/Luxembourg"))
    assert (first, last) == (date(2020, 3, 5), date(2020, 3, 5))
    assert days(Asked(first, last)) == 1


def test_peer_30_a_day_picked_in_summer_for_winter_stays_that_day() -> None:
    madrid = ZoneInfo("Europe/Madrid")
    picked = datetime(2025, 10, 27, 0, 0, tzinfo=madrid)
    first, last = dates_entered(picked.astimezone(UTC), datetime(2025, 10, 28, tzinfo=madrid), madrid)
    assert (first, last) == (date(2025, 10, 27), date(2025, 10, 27))
    assert days(Asked(first, last)) == 1


def one(portion: Half | None, day: date = date(2026, 2, 2)) -> tuple[LeaveDay, ...]:
    return counted(Asked(day, day, {day: portion} if portion else {}), full_weeks(day, day))


def test_case_24_two_halves_make_a_day_and_a_third_is_refused() -> None:
    morning, afternoon = one(Half.FIRST), one(Half.SECOND)
    assert why_not_also(morning, afternoon) is None
    assert total_minutes([*morning, *afternoon]) == 1 * DAY
    assert why_not_also([*morning, *afternoon], one(Half.FIRST)) == "2 Feb 2026 is taken already (the first half)"
    assert why_not_also([*morning, *afternoon], one(Half.SECOND)) is not None


def test_peer_18_both_halves_of_one_day_in_one_span_make_one_day() -> None:
    assert total_minutes([*one(Half.FIRST), *one(Half.SECOND)]) == total_minutes(one(None)) == DAY


def test_case_25_inside_a_standing_leave_there_is_no_room() -> None:
    standing = counted(Asked(date(2021, 2, 8), date(2021, 2, 12)), full_weeks(date(2021, 2, 8), date(2021, 2, 12)))
    nested = counted(Asked(date(2021, 2, 9), date(2021, 2, 11)), full_weeks(date(2021, 2, 9), date(2021, 2, 11)))
    assert why_not_also(standing, nested) == "9 Feb 2021 is taken already (a full day)"
    assert why_not_also(one(None), one(Half.SECOND)) is not None
    assert why_not_also(one(Half.SECOND), one(None)) is not None


def test_hours_of_one_day_do_not_overlap() -> None:
    day = date(2026, 2, 2)

    def hours(start: int, end: int) -> tuple[LeaveDay, ...]:
        return counted(Asked(day, day, {}, start * 60, end * 60), full_weeks(day, day))

    assert total_minutes(hours(8, 10)) == 120
    assert why_not_also(hours(8, 10), hours(10, 12)) is None
    assert why_not_also(hours(8, 10), hours(9, 11)) == "2 Feb 2026 is taken already (120 minutes)"
    assert why_not_also(hours(8, 10), one(Half.FIRST)) is not None
    assert why_not_also(hours(8, 10), one(Half.SECOND)) is None
    assert total_minutes(hours(0, 24)) == DAY


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (Asked(date(2026, 2, 3), date(2026, 2, 2)), "it ends on 2 Feb 2026 before it starts on 3 Feb 2026"),
        (
            Asked(date(2026, 2, 2), date(2026, 2, 2), {date(2026, 2, 3): Half.FIRST}),
            "the half day on 3 Feb 2026 lies outside the request",
        ),
        (Asked(date(2026, 2, 2), date(2026, 2, 2), {}, 600, None), "hours need a start and an end"),
        (Asked(date(2026, 2, 2), date(2026, 2, 2), {}, 600, 600), "the hours end before they start"),
        (
            Asked(date(2026, 2, 2), date(2026, 2, 3), {}, 600, 660),
            "hours can be asked for one day at a time",
        ),
        (Asked(date(2026, 2, 2), date(2026, 2, 3)), None),
    ],
)
def test_requests_that_make_no_sense(asked: Asked, reason: str | None) -> None:
    assert why_not_ask(asked) == reason


def test_case_27_sick_on_leave_with_a_note_gives_the_days_back() -> None:
    first, last = date(2018, 7, 2), date(2018, 7, 3)
    booked = counted(Asked(first, last), full_weeks(first, last))
    assert sum(d.minutes for d in given_back_for_sickness(booked, first, last, with_note=True)) == 2 * DAY
    assert given_back_for_sickness(booked, first, last, with_note=False) == ()


def test_case_27_part_time_gets_back_only_the_days_it_would_have_worked() -> None:
    monday, sunday = date(2018, 7, 2), date(2018, 7, 8)
    booked = counted(Asked(monday, sunday), full_weeks(monday, sunday, (), week_of(0, 1, 2)))
    back = given_back_for_sickness(booked, monday, sunday, with_note=True)
    assert sum(d.minutes for d in back) == 3 * DAY


def test_case_28_each_leave_counts_by_the_contract_of_its_own_days() -> None:
    half_days = WorkCalendar(tuple(Slot(weekday, 540, 240) for weekday in range(5)))
    calendars = [
        DatedCalendar(date(2020, 1, 1), date(2025, 8, 24), FULL_WEEK),
        DatedCalendar(date(2025, 8, 24), None, half_days),
    ]
    august = Asked(date(2025, 8, 3), date(2025, 8, 9))
    september = Asked(date(2025, 9, 7), date(2025, 9, 13))

    def hours(asked: Asked) -> int:
        expected = expected_days(calendars, asked.first, asked.last, {})
        return total_minutes(counted(asked, expected)) // 60

    assert (hours(august), hours(september)) == (40, 20)
    booked = counted(september, full_weeks(september.first, september.last))
    later = expected_days(calendars, september.first, september.last, {})
    assert sum(d.minutes for d in differences(booked, later)) == 20 * 60


def test_case_30_holidays_entered_later_are_credited() -> None:
    first, last = date(2021, 3, 20), date(2021, 4, 19)
    every_day = week_of(*range(7))
    booked = counted(Asked(first, last), full_weeks(first, last, (), every_day))
    assert total_minutes(booked) == 31 * DAY
    holidays = [first + timedelta(days=n) for n in (1, 5, 6, 12, 15, 20)]
    back = differences(booked, full_weeks(first, last, holidays, every_day))
    assert [d.day for d in back] == holidays
    assert sum(d.minutes for d in back) == 6 * DAY
    assert total_minutes(booked) - sum(d.minutes for d in back) == 25 * DAY


def test_half_days_and_hours_are_counted_again_too() -> None:
    day = date(2026, 2, 2)
    holiday = full_weeks(day, day, [day])
    assert [d.minutes for d in differences(one(Half.FIRST, day), holiday)] == [240]
    hours = counted(Asked(day, day, {}, 480, 600), full_weeks(day, day))
    assert [d.minutes for d in differences(hours, holiday)] == [120]


def test_a_night_shift_is_cut_in_the_middle_and_belongs_to_its_first_day() -> None:
    day = date(2026, 2, 2)
    night = expected_from_spans([(22 * 60, 30 * 60)])
    assert night == ExpectedDay(240, 240, 26 * 60)
    second = counted(Asked(day, day, {day: Half.SECOND}), {day: night})
    assert [(d.day, d.minutes, d.from_minute) for d in second] == [(day, 240, 26 * 60)]
