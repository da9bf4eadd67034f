"""Jobs: work that waits for the commit, runs in the worker, can be watched, stopped and tried again."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from plantops.db import Base, Id, choice, unaudited


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobRun(Base):
    """One job as people see it: who asked, how far it is, what came out. The queue itself is procrastinate's."""

    __tablename__ = "core_job_run"
    __table_args__ = (
        sa.Index("uq_core_job_run_lock", "lock", unique=True, postgresql_where=sa.text("state = 'queued'")),
        sa.Index("ix_core_job_run_open", "state", postgresql_where=sa.text("state IN ('queued', 'running')")),
        sa.Index("ix_core_job_run_asked_by", "on_behalf_of", "id"),
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name="progress_is_a_share"),
        unaudited(),
    )

    id: Mapped[Id]
    name: Mapped[str]
    arguments: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[State] = mapped_column(choice(State, "job_state"), default=State.QUEUED)
    lock: Mapped[str | None]
    on_behalf_of: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    queue_id: Mapped[int | None]
    queued_at: Mapped[datetime]
    run_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    progress: Mapped[Decimal | None] = mapped_column(sa.Numeric(5, 4))
    message: Mapped[str] = mapped_column(default="")
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    link: Mapped[str | None]
    error: Mapped[str | None]
