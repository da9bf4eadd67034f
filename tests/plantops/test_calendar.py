"""Plant time: the clock changes, holidays move, and a night shift still belongs to the day it began."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from plantops.calendar import (
    Period,
    PlantCalendar,
    ShiftTimes,
    Shutdown,
    Week,
    at_local,
    day_bounds,
    local_date,
    public_holidays,
    zone,
)
from plantops.errors import Invalid

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
NIGHT = ShiftTimes(time(22), time(6))
LUXEMBOURG = PlantCalendar()


@pytest.mark.parametrize(
    ("tz", "start", "hours"),
    [
        (BERLIN, date(2026, 3, 28), 7),
        (BERLIN, date(2026, 10, 24), 9),
        (BERLIN, date(2026, 10, 26), 8),
        (NEW_YORK, date(2026, 3, 7), 7),
        (NEW_YORK, date(2026, 10, 31), 9),
        (ZoneInfo("Asia/Kolkata"), date(2026, 3, 28), 8),
    ],
)
def test_a_night_shift_lasts_the_hours_that_it_really_lasts(tz: ZoneInfo, start: date, hours: int) -> None:
    assert NIGHT.hours(start, tz) == hours
    assert NIGHT.period(start, tz).start == at_local(start, time(22), tz)


@pytest.mark.parametrize(
    ("shift", "local", "expected"),
    [
        (NIGHT, datetime(2026, 11, 16, 22, 0, tzinfo=BERLIN), date(2026, 11, 16)),
        (NIGHT, datetime(2026, 11, 17, 5, 59, tzinfo=BERLIN), date(2026, 11, 16)),
        (NIGHT, datetime(2026, 11, 17, 6, 0, tzinfo=BERLIN), date(2026, 11, 17)),
        (ShiftTimes(time(6), time(14)), datetime(2026, 11, 17, 5, 55, tzinfo=BERLIN), date(2026, 11, 17)),
        (ShiftTimes(time(6), time(6)), datetime(2026, 11, 17, 5, 0, tzinfo=BERLIN), date(2026, 11, 16)),
    ],
)
def test_a_moment_belongs_to_the_shift_that_it_falls_into(shift: ShiftTimes, local: datetime, expected: date) -> None:
    assert shift.business_date(local, BERLIN) == expected


def test_work_in_tokyo_falls_on_tokyos_day() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    came = datetime(2026, 4, 1, 22, tzinfo=UTC)
    left = datetime(2026, 4, 2, 7, tzinfo=UTC)
    assert local_date(came, tokyo) == local_date(left, tokyo) == date(2026, 4, 2)


def test_the_days_of_the_clock_change_have_23_and_25_hours() -> None:
    assert day_bounds(date(2026, 3, 29), BERLIN).hours == 23
    assert day_bounds(date(2026, 10, 25), BERLIN).hours == 25


def test_the_hour_that_does_not_exist_is_an_hour_later() -> None:
    assert at_local(date(2026, 3, 29), time(2, 30), BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(TypeError, match="time zone"):
        local_date(datetime(2026, 1, 1), BERLIN)  # noqa: DTZ001


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="no time zone"):
        zone(name)


def test_periods_are_half_open() -> None:
    eight, ten, noon = (datetime(2026, 1, 5, hour, tzinfo=UTC) for hour in (8, 10, 12))
    morning, later = Period(eight, ten), Period(ten, noon)
    assert not morning.overlaps(later)
    assert ten not in morning
    assert ten in later
    assert Period(eight, noon).shared(later) == later
    assert morning.shared(later) is None
    with pytest.raises(Invalid, match="ends before"):
        Period(noon, eight)


@pytest.mark.parametrize(
    ("text", "monday"),
    [("2026-W46", date(2026, 11, 9)), ("2026w46", date(2026, 11, 9)), ("2026-W01", date(2025, 12, 29))],
)
def test_weeks_are_iso_weeks(text: str, monday: date) -> None:
    week = Week.parse(text)
    assert week.monday == monday
    assert week.days[-1] == week.sunday == monday + timedelta(days=6)
    assert Week.parse(str(week)) == week == Week.of(week.sunday)


@pytest.mark.parametrize("text", ["2026-46", "W46", "2025-W53", "2026-W00", "2026-W54", "last", ""])
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        Week.parse(text)


def test_week_53_compares_with_week_52_of_a_shorter_year() -> None:
    assert str(Week.parse("2026-W53").year_ago()) == "2025-W52"
    assert str(Week.parse("2026-W46").year_ago()) == "2025-W46"
    assert str(Week.parse("2027-W01").moved(-1)) == "2026-W53"
    assert Week.parse("2026-W13").bounds(BERLIN).hours == 7 * 24 - 1


def test_the_holidays_of_luxembourg_are_the_default() -> None:
    assert LUXEMBOURG.holiday(date(2026, 6, 23)) == "National Day"
    assert LUXEMBOURG.holiday(date(2026, 6, 24)) is None
    assert public_holidays("DE", "BY", 2026)[date(2026, 1, 6)] == "Epiphany"
    with pytest.raises(Invalid, match="No public holidays"):
        public_holidays("XX", None, 2026)


def test_a_plant_has_days_of_its_own_and_works_on_others() -> None:
    calendar = PlantCalendar(
        extra_holidays={date(2026, 10, 19): "Plant fair"},
        worked_holidays=frozenset({date(2026, 5, 9)}),
        shutdowns=(Shutdown(date(2026, 8, 3), date(2026, 8, 14), "Summer shutdown"),),
    )
    assert calendar.why_not_working(date(2026, 10, 19)) == "Plant fair"
    assert calendar.holiday(date(2026, 5, 9)) is None
    assert calendar.why_not_working(date(2026, 8, 14)) == "Summer shutdown"
    assert calendar.is_working_day(date(2026, 8, 17))
    assert calendar.why_not_working(date(2026, 8, 16)) == "Sunday"
    assert calendar.working_day_from(date(2026, 8, 1)) == date(2026, 8, 17)
    assert calendar.working_day_until(date(2026, 8, 16)) == date(2026, 7, 31)


def test_working_days_step_over_days_off() -> None:
    assert LUXEMBOURG.add_working_days(date(2026, 12, 24), 1) == date(2026, 12, 28)
    assert LUXEMBOURG.add_working_days(date(2026, 12, 28), -1) == date(2026, 12, 24)
    assert LUXEMBOURG.add_working_days(date(2026, 12, 26), 0) == date(2026, 12, 26)
    assert LUXEMBOURG.working_days(date(2026, 12, 24), date(2026, 12, 31)) == 5


def test_a_calendar_without_a_working_day_says_so() -> None:
    with pytest.raises(Invalid, match="no working day"):
        PlantCalendar(weekdays=frozenset()).working_day_from(date(2026, 1, 1))


def test_a_shutdown_runs_forward() -> None:
    with pytest.raises(Invalid, match="ends before"):
        Shutdown(date(2026, 8, 2), date(2026, 8, 1), "Summer")
