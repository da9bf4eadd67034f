"""Period time: cases 22 and 31 to 36 of features/personnel.md, labour rules and shift patterns."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from personnel.labour import LabourRules, mean_week_minutes, presets, rest_broken, why_not_plan
from personnel.shift_patterns import DUPONT, TWO_TWO_THREE, TWO_TWO_TWO, ShiftPattern, shifts_in
from personnel.worked_time import (
    Basis,
    Direction,
    NightWindow,
    Punch,
    business_date,
    is_missing,
    minutes_by_calendar_day,
    minutes_by_shift_day,
    night_minutes,
    overtime_by_day,
    overtime_by_week,
    paired,
    pay_with_overtime,
    unseen,
    worked_minutes,
)
from plantops.calendar import Period

LUXEMBOURG = ZoneInfo("Europe/Luxembourg")
BERLIN = ZoneInfo("Europe/Berlin")


def work(start: str, end: str, zone: ZoneInfo = LUXEMBOURG) -> Period:
    return Period(datetime.fromisoformat(start).replace(tzinfo=zone), datetime.fromisoformat(end).replace(tzinfo=zone))


def test_case_22_a_night_in_utc_is_one_day_in_tokyo() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    shift = Period(datetime(2025, 4, 1, 22, tzinfo=UTC), datetime(2025, 4, 2, 7, tzinfo=UTC))
    assert minutes_by_calendar_day([shift], tokyo) == {date(2025, 4, 2): 9 * 60}
    assert business_date(shift.start, tokyo) == date(2025, 4, 2)


def test_case_31_one_record_on_the_first_day() -> None:
    shift = work("2026-02-02 22:00", "2026-02-03 06:05")
    assert minutes_by_shift_day([shift], LUXEMBOURG) == {date(2026, 2, 2): 8 * 60 + 5}


def test_case_32_overtime_by_calendar_day_and_by_shift_day() -> None:
    shifts = [work("2026-02-02 22:00", "2026-02-03 10:00"), work("2026-02-03 14:00", "2026-02-03 18:00")]
    one, two = date(2026, 2, 2), date(2026, 2, 3)
    assert overtime_by_day(shifts, 480, Basis.CALENDAR_DAY, LUXEMBOURG) == {two: 6 * 60}
    assert overtime_by_day(shifts, 480, Basis.SHIFT_DAY, LUXEMBOURG) == {one: 4 * 60}


@pytest.mark.parametrize(
    ("window", "shift", "night"),
    [
        ((0, 6), ("2026-02-02 01:00", "2026-02-02 09:00"), 5),
        ((22, 6), ("2026-02-02 22:00", "2026-02-03 06:00"), 8),
        ((22, 6), ("2026-02-02 14:00", "2026-02-02 22:00"), 0),
        ((22, 6), ("2026-02-02 05:00", "2026-02-02 23:00"), 2),
    ],
)
def test_case_33_night_hours(window: tuple[int, int], shift: tuple[str, str], night: int) -> None:
    stretch = work(*shift)
    minutes = night_minutes([stretch], NightWindow(window[0] * 60, window[1] * 60), LUXEMBOURG)
    assert minutes == night * 60
    assert 0 <= minutes <= worked_minutes([stretch])


@pytest.mark.parametrize(
    ("zone", "start", "end", "hours"),
    [
        ("Europe/Berlin", "2026-03-28 22:00", "2026-03-29 06:00", 7),
        ("Europe/Berlin", "2026-10-24 22:00", "2026-10-25 06:00", 9),
        ("America/New_York", "2026-03-07 22:00", "2026-03-08 06:00", 7),
        ("America/New_York", "2026-10-31 22:00", "2026-11-01 06:00", 9),
    ],
)
def test_case_34_nights_with_a_clock_change(zone: str, start: str, end: str, hours: int) -> None:
    info = ZoneInfo(zone)
    shift = work(start, end, info)
    assert worked_minutes([shift]) == hours * 60
    assert night_minutes([shift], NightWindow(22 * 60, 6 * 60), info) == hours * 60
    assert sum(minutes_by_calendar_day([shift], info).values()) == hours * 60


def punch(seq: int, hour: int, direction: Direction) -> Punch:
    return Punch("gate", str(seq), datetime(2026, 2, 2, hour, tzinfo=UTC), direction)


def test_case_35_the_same_log_twice_adds_nothing() -> None:
    log = [punch(1, 6, Direction.IN), punch(2, 14, Direction.OUT), punch(2, 14, Direction.OUT)]
    fresh = unseen([], log)
    assert [p.device_seq for p in fresh] == ["1", "2"]
    assert unseen([(p.device_id, p.device_seq) for p in fresh], log) == ()


def test_case_35_three_punches_of_unknown_type_are_first_in_last_out_and_flagged() -> None:
    found = paired([punch(3, 14, Direction.UNKNOWN), punch(1, 6, Direction.UNKNOWN), punch(2, 10, Direction.UNKNOWN)])
    assert worked_minutes(found.stretches) == 8 * 60
    assert found.flags == ("3 punches, direction unknown: first taken as in, last as out",)


def test_punches_with_a_direction() -> None:
    both = paired(
        [
            punch(1, 6, Direction.IN),
            punch(2, 10, Direction.OUT),
            punch(3, 11, Direction.IN),
            punch(4, 15, Direction.OUT),
        ]
    )
    assert (worked_minutes(both.stretches), both.flags) == (8 * 60, ())
    assert paired([punch(1, 6, Direction.IN)]).flags == ("in at 06:00 without an out",)
    assert paired([punch(1, 6, Direction.OUT)]).flags == ("out at 06:00 without an in",)
    again = paired([punch(1, 6, Direction.IN), punch(2, 7, Direction.IN), punch(3, 9, Direction.OUT)])
    assert (worked_minutes(again.stretches), again.flags) == (2 * 60, ("in at 06:00 without an out",))
    assert paired([punch(1, 6, Direction.UNKNOWN)]).stretches == ()
    assert paired([]).flags == ()


def test_peer_41_nobody_is_missing_before_the_device_was_heard_past_the_window() -> None:
    window = Period(datetime(2022, 1, 3, 13, tzinfo=UTC), datetime(2022, 1, 4, 1, 30, tzinfo=UTC))
    assert not is_missing([], window, heard_until=window.end)
    assert is_missing([], window, heard_until=window.end + timedelta(minutes=1))
    late = Punch("gate", "1", window.end, Direction.IN)
    assert not is_missing([late], window, heard_until=window.end + timedelta(hours=1))


def test_case_36_kolkata_shift_across_midnight_worked_exactly_has_no_overtime() -> None:
    kolkata = ZoneInfo("Asia/Kolkata")
    shift = work("2026-01-08 20:00", "2026-01-09 04:00", kolkata)
    scheduled = {date(2026, 1, 8): 240, date(2026, 1, 9): 240}
    assert worked_minutes([shift]) == 8 * 60
    assert overtime_by_day([shift], scheduled, Basis.CALENDAR_DAY, kolkata) == {}


def test_flsa_forty_six_hours_at_six_dollars_pay_294() -> None:
    monday = datetime(2026, 2, 2, tzinfo=LUXEMBOURG)
    days = [Period(monday + timedelta(days=n, hours=8), monday + timedelta(days=n, hours=8 + 9.2)) for n in range(5)]
    overtime = overtime_by_week(days, 40 * 60, monday)
    assert overtime == {monday: 6 * 60}
    assert pay_with_overtime(worked_minutes(days), 6 * 60, Decimal("6")) == Decimal("294.00")


def test_flsa_weeks_are_never_averaged_and_cut_at_their_boundary() -> None:
    start = datetime(2026, 2, 2, tzinfo=UTC)
    long = [Period(start + timedelta(days=n), start + timedelta(days=n, hours=10)) for n in range(5)]
    short = [Period(start + timedelta(days=7 + n), start + timedelta(days=7 + n, hours=6)) for n in range(5)]
    assert overtime_by_week([*long, *short], 40 * 60, start) == {start: 10 * 60}
    across = Period(start + timedelta(days=6, hours=20), start + timedelta(days=7, hours=4))
    assert overtime_by_week([across], 3 * 60, start) == {start: 60, start + timedelta(days=7): 60}


# --- labour rules


def test_presets_hold_the_numbers() -> None:
    eu, us = presets()["eu_2003_88"], presets()["us_flsa"]
    assert (eu.daily_rest_hours, eu.weekly_rest_hours, eu.mean_week_hours, eu.break_after_hours) == (11, 35, 48, 6)
    assert (us.workweek_hours, us.overtime_factor, us.daily_rest_hours) == (40, "1.5", None)


def test_a_shift_needs_eleven_hours_of_rest_around_it() -> None:
    eu = presets()["eu_2003_88"]
    late = work("2026-02-02 14:00", "2026-02-02 22:00")
    early = work("2026-02-03 06:00", "2026-02-03 14:00")
    assert why_not_plan(early, [late], eu) == "only 8.0 h of rest remain; EU directive 2003/88 asks for 11 h"
    assert why_not_plan(late, [early], eu) is not None
    assert why_not_plan(early, [late], presets()["plain"]) is None
    assert why_not_plan(early, [early], presets()["plain"]) == "it overlaps a shift that is planned already"
    assert why_not_plan(work("2026-02-03 14:00", "2026-02-03 22:00"), [late], eu) is None
    assert rest_broken([late, early], LabourRules("none")) == ()


def test_eleven_hours_are_real_hours_when_the_clock_changes() -> None:
    late = work("2026-03-28 12:00", "2026-03-28 20:00", BERLIN)
    next_day = work("2026-03-29 07:00", "2026-03-29 15:00", BERLIN)
    assert why_not_plan(next_day, [late], presets()["eu_2003_88"]) is not None


def test_leave_is_neutral_in_the_average_week() -> None:
    assert mean_week_minutes(48 * 60 * 2, 28, 14) == 48 * 60
    assert mean_week_minutes(0, 14, 14) == 0.0


# --- patterns


def test_dupont_averages_42_hours_with_one_week_of_72() -> None:
    assert len(DUPONT) == 28
    assert sum(12 for shift in DUPONT if shift) / 4 == 42
    hours = [sum(12 for n in range(7) if DUPONT[(start + n) % 28]) for start in range(28)]
    assert max(hours) == 72
    assert min(hours) == 0


@pytest.mark.parametrize("cycle", [DUPONT, TWO_TWO_THREE])
def test_four_crews_cover_day_and_night(cycle: tuple[str | None, ...]) -> None:
    pattern = ShiftPattern(cycle, date(2026, 1, 5))
    offsets = [crew * len(cycle) // 4 for crew in range(4)]
    for day in range(56):
        working = sorted(filter(None, (pattern.shift_on(date.fromordinal(737000 + day), o) for o in offsets)))
        assert working == ["D", "N"]


def test_two_two_two_covers_eighteen_shifts_with_36_hours_each() -> None:
    pattern = ShiftPattern(TWO_TWO_TWO, date(2026, 1, 5), frozenset({6}))
    first, last = date(2026, 1, 5), date(2026, 1, 5) + timedelta(days=55)
    crews = [list(shifts_in(pattern, first, last, offset)) for offset in (0, 2, 4, 6)]
    for worked in crews:
        assert len(worked) * 8 / 8 == 36
    by_day = sorted(slot for worked in crews for slot in worked)
    assert len(by_day) == len(set(by_day)) == 18 * 8
