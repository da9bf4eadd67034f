"""Schedules: work that comes every morning by the plant's clock, once per date, also after a night switched off."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plantops.db import Base, Id, unaudited


class ScheduleState(Base):
    """The last turn of each schedule that was put on the queue."""

    __tablename__ = "core_schedule"
    __table_args__ = unaudited()

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    """The job and, where a job has several schedules, its time: `core.seal_audit@every-1`."""
    last_date: Mapped[date]
    """The plant's date of the last turn: a schedule that is moved to a later hour does not run twice that day."""
    last_slot: Mapped[datetime]
    run_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_job_run.id", ondelete="SET NULL"))
