"""Schedules: once per date by the plant's clock, also when two workers look and when the night was switched off."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from plantops import schedule
from plantops.core import House, everything
from plantops.jobs import JobRun
from plantops.module import Schedule
from plantops.schedule import last_slot, tick
from tests.plantops.job_house import JOBS, with_jobs

TZ = ZoneInfo("Europe/Luxembourg")
DAILY = Schedule("testing.mark", at="06:00")
MONDAYS = Schedule("testing.mark", at="06:00", weekdays=(0,))


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=TZ)


@pytest.mark.parametrize(
    ("plan", "now", "expected"),
    [
        (DAILY, at(23, 6), at(23, 6)),
        (DAILY, at(23, 5, 59), at(22, 6)),
        (MONDAYS, at(25, 12), at(23, 6)),
        (MONDAYS, at(23, 5), at(16, 6)),
        (DAILY, at(30, 7, month=3), at(30, 6, month=3)),
        (DAILY, at(26, 7, month=10), at(26, 6, month=10)),
        (Schedule("testing.mark", every_minutes=5), at(23, 9, 14), at(23, 9, 10)),
        (Schedule("testing.mark", weekdays=()), at(23, 9), None),
    ],
)
def test_the_latest_turn_by_the_plants_clock(plan: Schedule, now: datetime, expected: datetime | None) -> None:
    assert last_slot(plan, now.astimezone(UTC), TZ) == expected


def test_every_schedule_of_the_house_names_a_job_and_a_time() -> None:
    registry = everything()
    for module in registry.modules:
        for plan in module.schedules:
            assert registry.job(plan.job)
            assert last_slot(plan, at(23, 9), TZ) is not None


@pytest.fixture
def shop(plant: House) -> Callable[[datetime], list[int]]:
    """Looks at the schedules at a moment; returns the runs that were put on the queue."""
    with_jobs(plant, replace(JOBS, schedules=(DAILY,)))

    def look(now: datetime) -> list[int]:
        plant.clock = lambda: now.astimezone(UTC)
        return tick(plant)

    return look


@pytest.mark.db
def test_a_daily_turn_comes_once_and_a_new_schedule_waits_for_its_next_turn(
    shop: Callable[[datetime], list[int]],
) -> None:
    assert shop(at(23, 9)) == []
    assert shop(at(24, 5, 59)) == []
    assert len(shop(at(24, 6, 0))) == 1
    assert shop(at(24, 6, 1)) == []
    assert shop(at(24, 23)) == []


@pytest.mark.db
def test_after_days_switched_off_it_catches_up_once(shop: Callable[[datetime], list[int]]) -> None:
    shop(at(20, 9))
    assert len(shop(at(23, 14))) == 1
    assert shop(at(23, 15)) == []


@pytest.mark.db
def test_a_schedule_that_is_moved_to_a_later_hour_does_not_run_twice_that_day(plant: House) -> None:
    for when, hour, expected in ((at(22, 9), "06:00", 0), (at(23, 7), "06:00", 1), (at(23, 9), "08:00", 0)):
        with_jobs(plant, replace(JOBS, schedules=(Schedule("testing.mark", at=hour),)))
        plant.clock = lambda now=when: now.astimezone(UTC)  # type: ignore[misc]
        assert len(tick(plant)) == expected
        plant.registry = replace(plant.registry, modules=plant.registry.modules[:-1])


@pytest.mark.db
def test_two_workers_that_look_at_once_start_it_once(plant: House) -> None:
    with_jobs(plant, replace(JOBS, schedules=(DAILY,)))
    plant.clock = lambda: at(22, 9).astimezone(UTC)
    tick(plant)
    plant.clock = lambda: at(23, 9).astimezone(UTC)
    start, found = threading.Barrier(4), list[int]()

    def look() -> None:
        start.wait()
        found.extend(tick(plant))

    workers = [threading.Thread(target=look) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert len(found) == 1
    with plant.acting() as ctx:
        assert ctx.session.scalar(sa.select(sa.func.count()).select_from(JobRun)) == 1
        assert ctx.session.scalars(sa.select(schedule.ScheduleState.run_id)).one() == found[0]
