"""Recurring work: the 31st comes back, 06:00 stays 06:00, and closing one makes exactly one next."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from plantops.calendar import PlantCalendar, Shutdown
from plantops.errors import Invalid
from plantops.recurrence import Anchor, Every, OnDayOff, Recurrence, Slot

PLAIN = PlantCalendar(country=None)


def due(plan: Recurrence, first: date, last: date, calendar: PlantCalendar = PLAIN) -> list[date]:
    return [slot.due for slot in plan.slots(first, last, calendar)]


def test_monthly_from_the_31st_of_january() -> None:
    plan = Recurrence(date(2026, 1, 31), 1, Every.MONTH)
    assert due(plan, date(2026, 1, 1), date(2026, 5, 31)) == [
        date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31),
    ]  # fmt: skip


def test_monthly_from_the_5th_and_yearly_from_a_leap_day() -> None:
    monthly = Recurrence(date(2026, 1, 5), 1, Every.MONTH)
    assert due(monthly, date(2026, 2, 1), date(2026, 3, 31)) == [date(2026, 2, 5), date(2026, 3, 5)]
    yearly = Recurrence(date(2024, 2, 29), 1, Every.YEAR)
    assert due(yearly, date(2025, 1, 1), date(2028, 12, 31)) == [
        date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29),
    ]  # fmt: skip


def test_every_seven_days_are_civil_days_moved_to_the_next_working_day() -> None:
    # 1 August 2026 is a Saturday.
    plan = Recurrence(date(2026, 8, 1), 7, Every.DAY, on_day_off=OnDayOff.NEXT)
    assert due(plan, date(2026, 8, 1), date(2026, 8, 31)) == [
        date(2026, 8, 3), date(2026, 8, 10), date(2026, 8, 17), date(2026, 8, 24), date(2026, 8, 31),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("anchor", "expected"), [(Anchor.FIXED, date(2027, 10, 1)), (Anchor.COMPLETION, date(2027, 9, 29))]
)
def test_an_annual_plan_done_two_days_early(anchor: Anchor, expected: date) -> None:
    plan = Recurrence(date(2025, 10, 1), 1, Every.YEAR, anchor)
    slot = Slot(date(2026, 10, 1), date(2026, 10, 1))
    assert plan.after(slot, date(2026, 9, 29), PLAIN).due == expected


def test_closing_late_skips_no_turn_of_a_fixed_plan() -> None:
    plan = Recurrence(date(2026, 1, 5), 1, Every.WEEK)
    slot = Slot(date(2026, 1, 12), date(2026, 1, 12))
    following = plan.after(slot, date(2026, 2, 20), PLAIN)
    assert following == plan.after(slot, date(2026, 1, 12), PLAIN) == Slot(date(2026, 1, 19), date(2026, 1, 19))


def test_a_turn_done_a_whole_interval_early_still_gets_a_day_of_its_own() -> None:
    plan = Recurrence(date(2026, 1, 5), 1, Every.WEEK, Anchor.COMPLETION)
    slot = Slot(date(2026, 1, 12), date(2026, 1, 12))
    assert plan.after(slot, date(2026, 1, 5), PLAIN).planned == date(2026, 1, 13)


def test_the_chain_of_next_turns_is_the_plan() -> None:
    plan = Recurrence(date(2026, 1, 31), 1, Every.MONTH, on_day_off=OnDayOff.NEXT)
    slot = next(plan.slots(date(2026, 1, 1), date(2026, 12, 31), PLAIN))
    chain = [slot]
    while chain[-1].due < date(2026, 12, 1):
        chain.append(plan.after(chain[-1], chain[-1].due, PLAIN))
    assert chain == list(plan.slots(date(2026, 1, 1), chain[-1].due, PLAIN))


def test_daily_work_falls_once_on_monday_not_three_times() -> None:
    plan = Recurrence(date(2026, 11, 16), 1, Every.DAY, on_day_off=OnDayOff.NEXT)
    assert due(plan, date(2026, 11, 19), date(2026, 11, 24)) == [
        date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 24),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (OnDayOff.KEEP, [date(2026, 8, 8)]),
        (OnDayOff.NEXT, [date(2026, 8, 17)]),
        (OnDayOff.PREVIOUS, [date(2026, 7, 31)]),
        (OnDayOff.SKIP, []),
    ],
)
def test_a_turn_in_the_shutdown_moves_as_the_plan_says(rule: OnDayOff, expected: list[date]) -> None:
    calendar = PlantCalendar(country=None, shutdowns=(Shutdown(date(2026, 8, 3), date(2026, 8, 14), "Summer"),))
    plan = Recurrence(date(2026, 8, 8), 1, Every.YEAR, on_day_off=rule)
    assert due(plan, date(2026, 7, 1), date(2026, 9, 30), calendar) == expected


def test_daily_at_six_stays_six_when_the_clocks_change() -> None:
    plan = Recurrence(date(2026, 3, 27), 1, Every.DAY, at=time(6))
    instants = [plan.instant(day, PLAIN) for day in due(plan, date(2026, 3, 27), date(2026, 3, 31))]
    assert {instant.astimezone(PLAIN.tz).time() for instant in instants} == {time(6)}
    assert instants[2] - instants[1] == timedelta(hours=23)


@pytest.mark.parametrize("interval", [0, -1])
def test_an_interval_of_nothing_is_refused(interval: int) -> None:
    with pytest.raises(Invalid) as refused:
        Recurrence(date(2026, 1, 1), interval, Every.DAY)
    assert "interval" in refused.value.fields


def test_years_later_a_plan_is_found_at_once() -> None:
    plan = Recurrence(date(1990, 1, 31), 1, Every.MONTH)
    assert due(plan, date(2026, 2, 1), date(2026, 3, 31)) == [date(2026, 2, 28), date(2026, 3, 31)]


def test_a_plan_that_never_falls_on_a_working_day_says_so() -> None:
    plan = Recurrence(date(2026, 11, 21), 1, Every.WEEK, on_day_off=OnDayOff.SKIP)
    with pytest.raises(Invalid, match="never falls"):
        plan.after(Slot(date(2026, 11, 14), date(2026, 11, 14)), date(2026, 11, 14), PLAIN)
