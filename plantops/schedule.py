"""Schedules: work that comes every morning by the plant's clock, once per date, also after a night switched off."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from plantops.calendar import at_local, local_date
from plantops.context import Context, within
from plantops.db import Base, Id, unaudited
from plantops.module import Schedule

if TYPE_CHECKING:
    from plantops.core import House

LOOK_BACK_DAYS = 8  # a weekly turn is found after a week switched off


class ScheduleState(Base):
    """The last turn of each schedule that was put on the queue."""

    __tablename__ = "core_schedule"
    __table_args__ = unaudited()

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    """The job and which of its schedules: `core.seal_audit@0`."""
    last_date: Mapped[date]
    """The plant's date of the last turn: a schedule that is moved to a later hour does not run twice that day."""
    last_slot: Mapped[datetime]
    run_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_job_run.id", ondelete="SET NULL"))


# --- Rules


def key_of(schedules: tuple[Schedule, ...], schedule: Schedule) -> str:
    """Stays the same when the hour of a job's only schedule is changed."""
    same = [other for other in schedules if other.job == schedule.job]
    return f"{schedule.job}@{same.index(schedule)}"


def last_slot(schedule: Schedule, now: datetime, tz: ZoneInfo) -> datetime | None:
    """The latest turn at or before now; None when there was none within the days that are looked back."""
    if schedule.every_minutes:
        step = schedule.every_minutes * 60
        return datetime.fromtimestamp(now.timestamp() // step * step, UTC)
    hour, minute = schedule.at.split(":")
    today = local_date(now, tz)
    for back in range(LOOK_BACK_DAYS):
        day = today - timedelta(days=back)
        slot = at_local(day, time(int(hour), int(minute)), tz)
        if day.weekday() in schedule.weekdays and slot <= now:
            return slot
    return None


# --- Actions


def tick(house: House) -> list[int]:
    """Put on the queue what has fallen due; called by every worker several times a minute."""
    return house.run(due)


@within("the worker's own clock")
def due(ctx: Context) -> list[int]:
    """
    One run for each schedule with a turn since its last one; of several missed turns only the latest.

    Two workers at once: the second waits for the first one's row and finds the turn taken. A schedule that is seen
    for the first time starts with its next turn.
    """
    known = {state.key: state.last_slot for state in ctx.session.scalars(sa.select(ScheduleState))}
    started = []
    for module in ctx.registry.modules:
        for schedule in module.schedules:
            key, slot = key_of(module.schedules, schedule), last_slot(schedule, ctx.now, ctx.zone)
            if slot is None or (key in known and known[key] >= slot):
                continue
            if key not in known:
                _begin(ctx, key, slot)
            elif run_id := _take(ctx, key, schedule, slot):
                started.append(run_id)
    return started


def _begin(ctx: Context, key: str, slot: datetime) -> None:
    first = insert(ScheduleState).values(key=key, last_date=local_date(slot, ctx.zone), last_slot=slot)
    ctx.session.execute(first.on_conflict_do_nothing(index_elements=["key"]))


def _take(ctx: Context, key: str, schedule: Schedule, slot: datetime) -> int | None:
    day = local_date(slot, ctx.zone)
    newer = ScheduleState.last_slot < slot if schedule.every_minutes else ScheduleState.last_date < day
    won = ctx.session.scalar(
        sa.update(ScheduleState)
        .where(ScheduleState.key == key, newer)
        .values(last_date=day, last_slot=slot)
        .returning(ScheduleState.id)
    )
    if won is None:
        return None
    run_id = ctx.enqueue(schedule.job, lock=f"schedule:{key}")
    ctx.session.execute(sa.update(ScheduleState).where(ScheduleState.id == won).values(run_id=run_id))
    return run_id
