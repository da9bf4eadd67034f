"""Jobs: work that waits for the commit, runs in the worker, can be watched, stopped and tried again."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from plantops.context import Context, anyone, requires, within
from plantops.db import Base, Database, Id, choice, get, unaudited
from plantops.errors import Conflict
from plantops.permissions import Can
from plantops.wording import say

T = TypeVar("T")

TELL_EVERY_SECONDS = 0.5
MOST_NEWS = 40
KEEP, KEEP_OFTEN = timedelta(days=90), timedelta(days=2)
RUN_MARK = "job"
NEVER_BEGAN = "state = 'queued' AND started_at IS NULL"

RUNNING: dict[int, Reporter] = {}
"""The reporters of the jobs that this process runs, by run."""

# The share lock keeps the worker from beginning the waiting one before this transaction is committed: it would not
# see what this one did, and nobody would look again.
WAITING_OR_NEW = sa.text(
    """
    WITH waiting AS (
        SELECT id FROM core_job_run WHERE lock = CAST(:lock AS text) AND state = 'queued' ORDER BY id LIMIT 1 FOR SHARE
    ), added AS (
        INSERT INTO core_job_run (name, arguments, state, lock, acts_as_id, asked_by_id, queued_at, run_at, attempts,
            message, cancel_asked)
        SELECT :name, CAST(:arguments AS jsonb), 'queued', CAST(:lock AS text), :acts_as, :asked_by, :now,
            CAST(:run_at AS timestamptz), 0, '', false
        WHERE NOT EXISTS (SELECT FROM waiting)
        ON CONFLICT (lock) WHERE state = 'queued' AND started_at IS NULL DO NOTHING RETURNING id
    )
    SELECT id, false AS is_new FROM waiting UNION ALL SELECT id, true FROM added
    """
)
# What procrastinate's own `defer` does, by the function that our migration made, and in one round trip.
ON_QUEUE = sa.text(
    """
    UPDATE core_job_run SET queue_id = (
        SELECT unnest(procrastinate_defer_jobs_v1(ARRAY[CAST(ROW('default', CAST(:name AS text), 0,
            CAST(:lock AS text), NULL, jsonb_build_object('run_id', CAST(:run AS bigint)),
            CAST(:run_at AS timestamptz)) AS procrastinate_job_to_defer_v1)]))
    ) WHERE id = :run
    """
)


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OF_IMPORT = "(arguments ->> 'import_id')"


class JobRun(Base):
    """One job as people see it: who asked, how far it is, what came out. The queue itself is procrastinate's."""

    __tablename__ = "core_job_run"
    __table_args__ = (
        # One that goes back on the queue keeps its lock, though a newer one with the same may wait already.
        sa.Index("uq_core_job_run_lock", "lock", unique=True, postgresql_where=sa.text(NEVER_BEGAN)),
        sa.Index("ix_core_job_run_open", "state", postgresql_where=sa.text("state IN ('queued', 'running')")),
        sa.Index("ix_core_job_run_asked_by", "asked_by_id", "id"),
        sa.Index("ix_core_job_run_import", sa.text(OF_IMPORT), postgresql_where=sa.text(f"{OF_IMPORT} IS NOT NULL")),
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name="progress_is_a_share"),
        unaudited(),
    )

    id: Mapped[Id]
    name: Mapped[str]
    arguments: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[State] = mapped_column(choice(State, "job_state"), default=State.QUEUED)
    lock: Mapped[str | None]
    acts_as_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    """With whose rights it runs: the person who asked, or the system for a listener or a schedule."""
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    """On whose behalf: who sees it among the own jobs."""
    queue_id: Mapped[int | None]
    queued_at: Mapped[datetime]
    run_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    progress: Mapped[Decimal | None] = mapped_column(sa.Numeric(5, 4))
    progress_from: Mapped[Decimal] = mapped_column(sa.Numeric(5, 4), default=Decimal(0))
    """How far it was when this attempt began: what was done before says nothing of how quick this one is."""
    news: Mapped[list[dict[str, float | None]]] = mapped_column(JSONB, default=list)
    """What an optimiser found so far: seconds, the best plan's cost, the bound below which none can be."""
    message: Mapped[str] = mapped_column(default="")
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    link: Mapped[str | None]
    error: Mapped[str | None]


# --- What a job gives back


@dataclass(frozen=True)
class Done:
    """What a job tells at its end: a sentence, where its result is to be seen, and figures."""

    message: str = ""
    link: str | None = None
    result: Mapping[str, Any] = field(default_factory=dict)


class Cancelled(Exception):
    """Raised by a job that was told to stop and has nothing worth keeping: all that it did is undone."""


class WorkerStopping(Exception):
    """The worker was told to end: the job is undone and runs again in the next worker."""


@dataclass(frozen=True)
class Computation(Generic[T]):
    """
    The rest of a job that thinks for long: what it read is committed, `compute` runs with no transaction open,
    `then` writes what came out in a transaction of its own and checks the versions that were read.
    """

    compute: Callable[[Reporter], T]
    then: Callable[[Context, T], Done | None]


@dataclass(frozen=True)
class SoFar:
    """How far a job is that works piece by piece, and what its next piece has to know."""

    kept: Mapping[str, Any]
    share: float
    message: str


@dataclass(frozen=True)
class Pieces:
    """
    Work in pieces, each in a transaction of its own that also keeps how far it is: what was done stays done, and a
    worker that takes over goes on behind it. `piece` gets what the last one kept, at first nothing.
    """

    piece: Callable[[Context, Mapping[str, Any]], SoFar | Done]


class Reporter:
    """How a job tells how far it is, and hears whether it shall go on. Outside of a job it is silent."""

    def __init__(
        self,
        database: Database | None = None,
        run_id: int = 0,
        *,
        seconds: float | None = None,
        stopping: threading.Event | None = None,
    ) -> None:
        self._database = database
        self._run_id = run_id
        self._until = None if seconds is None else time.monotonic() + seconds
        self._stopping = stopping
        self._told_at = 0.0
        self._go_on = True
        self._share: float | None = None
        self._message = ""
        self._clock: tuple[float, float] | None = None
        self._news: list[dict[str, float | None]] = []

    def found(self, seconds: float, best: float | None, bound: float | None) -> None:
        """What an optimiser has by now: the cost of its best plan, and the bound below which none can be."""
        if best is None or (self._news and self._news[-1]["best"] == best and self._news[-1]["bound"] == bound):
            return
        self._news.append({"seconds": round(seconds, 1), "best": best, "bound": bound})
        if len(self._news) > MOST_NEWS:  # every second one of the older half says as much
            half = MOST_NEWS // 2
            self._news = self._news[:half:2] + self._news[half:]

    def thinks(self, seconds: float, of_seconds: float, message: str) -> None:
        """What an engine says that has a time limit: from here on the clock tells how far it is, news or none."""
        self._clock = (time.monotonic() - seconds, of_seconds)
        self.tell(None, message)

    def tell(self, share: float | None, message: str = "") -> bool:
        """
        Note progress (0 to 1, None when unknown) at most twice a second. False: stop now and keep the best so far.

        What is told in between is kept and noted with the next. Raises WorkerStopping when the worker ends.
        """
        now = time.monotonic()
        if share is None and self._clock is not None:
            share = (now - self._clock[0]) / self._clock[1]
        self._share = self._share if share is None else share
        self._message = message or self._message
        if self._database is None:
            return True
        if self._stopping is not None and self._stopping.is_set():
            raise WorkerStopping
        if now - self._told_at >= TELL_EVERY_SECONDS:
            self._told_at = now
            self._go_on = not self._note()
        return self._go_on and (self._until is None or now < self._until)

    @property
    def stop(self) -> bool:
        """For engines that ask instead of telling."""
        return not self.tell(None)

    def _note(self) -> bool:
        values: dict[str, Any] = {}
        if self._share is not None:
            values["progress"] = Decimal(str(round(min(max(self._share, 0.0), 1.0), 4)))
        if self._message:
            values["message"] = self._message[:500]
        if self._news:
            values["news"] = list(self._news)
        with cast(Database, self._database).transaction() as session:
            if values:
                session.execute(sa.update(JobRun).where(JobRun.id == self._run_id).values(**values))
            return bool(session.scalar(sa.select(JobRun.cancel_asked).where(JobRun.id == self._run_id)))


@within("a step of a job")
def reporter(ctx: Context) -> Reporter:
    """The reporter of the job that this context runs; a silent one elsewhere."""
    mark, _, number = ctx.request_id.partition(":")
    return RUNNING.get(int(number), Reporter()) if mark == RUN_MARK and number else Reporter()


@within("a step of a job that has nothing worth keeping before its end")
def tell_or_stop(ctx: Context, share: float | None, message: str) -> None:
    """Note how far it is. Raises Cancelled when it shall stop."""
    if not reporter(ctx).tell(share, message):
        raise Cancelled


# --- Questions


def visible(ctx: Context) -> sa.Select[JobRun]:
    """One's own jobs; every job for who may read jobs everywhere: a job belongs to no one site."""
    every = sa.select(JobRun)
    return every if ctx.may_everywhere(Can.READ_JOBS) else every.where(JobRun.asked_by_id == ctx.user.id)


@anyone("each person sees the own jobs")
def one(ctx: Context, id: int) -> JobRun:
    return get(ctx.session, visible(ctx).where(JobRun.id == id), what="job")


@anyone("each person sees the own jobs")
def list_runs(ctx: Context, *, only_open: bool = False, limit: int = 50) -> list[JobRun]:
    """The newest jobs first."""
    query = visible(ctx).order_by(JobRun.id.desc()).limit(limit)
    if only_open:
        query = query.where(JobRun.state.in_((State.QUEUED, State.RUNNING)))
    return list(ctx.session.scalars(query))


@requires(Can.READ_JOBS)
def overdue(ctx: Context, seconds: int = 300) -> int:
    """How many jobs should have begun that long ago: more than none means that no worker runs."""
    since = sa.func.coalesce(JobRun.run_at, JobRun.queued_at)
    late = sa.select(sa.func.count()).where(
        JobRun.state == State.QUEUED, since < sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    )
    return ctx.session.scalar(late) or 0


# --- Actions


@within("`ctx.enqueue` of an action that has checked the right")
def defer(
    ctx: Context, job: str, arguments: Mapping[str, Any], *, lock: str | None = None, run_at: datetime | None = None
) -> int:
    """
    Put a job on the queue in this transaction; returns the id of its run.

    While one with the same lock waits, also for its next try, that one's id is returned and nothing is added; two
    with the same lock never run at the same time. Raises Invalid for an unknown name.
    """
    ctx.registry.job(job)
    values = {
        "name": job,
        "arguments": json.dumps(dict(arguments)),
        "lock": lock,
        "acts_as": ctx.user.id,
        "asked_by": ctx.on_behalf_of or ctx.user.id,
        "now": ctx.now,
        "run_at": run_at,
    }
    while (found := ctx.session.execute(WAITING_OR_NEW, values).first()) is None:
        pass  # somebody else's was committed just now: look again
    if found.is_new:
        put_on_queue(ctx.session, job, found.id, lock, run_at)
    return int(found.id)


def put_on_queue(session: Session, job: str, run_id: int, lock: str | None, run_at: datetime | None) -> None:
    """Hand a run to procrastinate in this transaction: it is there when this one is committed."""
    session.execute(ON_QUEUE, {"name": job, "run": run_id, "lock": lock, "run_at": run_at})


@anyone("each person stops the own jobs; others' need core.job.manage")
def cancel(ctx: Context, id: int) -> JobRun:
    """A waiting job never starts; a running one is told to stop and keeps its best result so far."""
    run = get(ctx.session, visible(ctx).where(JobRun.id == id), what="job", lock=True)
    _need_own(ctx, run, "stop this job")
    if run.state is State.QUEUED:
        run.state, run.finished_at, run.message = State.CANCELLED, ctx.now, say("stopped before it began")
    elif run.state is State.RUNNING:
        run.cancel_asked = True
    else:
        raise Conflict(say("This job cannot be stopped: it is {state}.", state=run.state))
    ctx.session.flush()
    return run


@anyone("each person repeats the own jobs; others' need core.job.manage")
def again(ctx: Context, id: int) -> int:
    """A failed or stopped job once more, as it was asked; returns the id of the new run."""
    run = get(ctx.session, visible(ctx).where(JobRun.id == id), what="job", lock=True)
    _need_own(ctx, run, "repeat this job")
    if run.state not in (State.FAILED, State.CANCELLED):
        raise Conflict(
            say("Only a job that failed or was stopped can be repeated; this one is {state}.", state=run.state)
        )
    return defer(ctx, run.name, run.arguments, lock=run.lock)


def _need_own(ctx: Context, run: JobRun, to: str) -> None:
    if run.asked_by_id != ctx.user.id:
        ctx.need_everywhere(Can.MANAGE_JOBS, to=to)


@within("a job of the system")
def tidy(ctx: Context) -> Done:
    """Forget jobs that ended long ago; those that come every few minutes after two days."""
    ended = sa.delete(JobRun).where(JobRun.state.in_((State.DONE, State.CANCELLED)))
    often = [schedule.job for module in ctx.registry.modules for schedule in module.schedules if schedule.every_minutes]
    gone = 0
    for where in (
        (JobRun.finished_at < ctx.now - KEEP_OFTEN, JobRun.name.in_(often), JobRun.lock.like("schedule:%")),
        (JobRun.finished_at < ctx.now - KEEP,),
    ):
        gone += len(ctx.session.scalars(ended.where(*where).returning(JobRun.id)).all())
    return Done(say("{gone} jobs forgotten", gone=gone))
