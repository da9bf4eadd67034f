"""The worker: takes jobs from the queue, runs each in one transaction, and picks up what a dead worker left."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import procrastinate
import psycopg
import sqlalchemy as sa
import structlog
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as QueuedJob
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from plantops import schedule
from plantops.context import Context
from plantops.core import House, open_house
from plantops.errors import PlantopsError, Stale, Unavailable
from plantops.jobs import (
    RUN_MARK,
    RUNNING,
    Cancelled,
    Computation,
    Done,
    JobRun,
    Pieces,
    Reporter,
    SoFar,
    State,
    WorkerStopping,
    put_on_queue,
)
from plantops.module import Job
from plantops.people import User
from plantops.settings import Settings
from plantops.wording import say, speaking

T = TypeVar("T")

log = structlog.get_logger()

AWAY = (OperationalError, ConnectorException, psycopg.OperationalError, Unavailable)
"""How it shows that the database is not there."""

LOST = """
SELECT r.id, r.name, r.lock, r.run_at FROM core_job_run r
WHERE r.state IN ('queued', 'running') AND COALESCE(r.started_at, r.queued_at) < now() - make_interval(secs => :age)
    AND NOT EXISTS (SELECT FROM procrastinate_jobs q WHERE q.id = r.queue_id AND q.status IN ('todo', 'doing'))
FOR UPDATE OF r SKIP LOCKED
"""


@dataclass(frozen=True)
class Pace:
    """How quickly a worker looks, tries again and notices that another one is dead, in seconds."""

    at_once: int = 3
    poll: float = 5.0
    heartbeat: float = 5.0
    dead_after: float = 20.0
    sweep: float = 10.0
    tick: float = 15.0
    first_retry: float = 5.0
    grace: float = 8.0
    reconnect: float = 2.0


@dataclass(frozen=True)
class Claim:
    """One attempt at one run. `attempt` tells a worker that was thought dead from the one that took over."""

    run_id: int
    attempt: int
    name: str
    arguments: dict[str, Any]
    acts_as_id: int
    asked_by_id: int
    language: str
    """Of who asked, for what they read of it."""


class TryAgain(Exception):
    """Tells the queue to bring the job back after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class Superseded(Exception):
    """Another worker took this run over: what this one did must not count."""


class OnTryAgain(BaseRetryStrategy):
    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:  # noqa: ARG002
        if isinstance(exception, TryAgain):
            return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=exception.seconds))
        return None


# --- One attempt


def run(house: House, run_id: int, *, pace: Pace = Pace(), stopping: threading.Event | None = None) -> None:
    """One attempt at a run. Raises TryAgain when the queue shall bring it back."""
    claim = house.database.run(lambda session: _claim(session, run_id, house.clock()))
    if claim is None:
        return
    job = house.registry.job(claim.name)
    bound = log.bind(job=claim.name, run=run_id, attempt=claim.attempt)
    if claim.attempt > job.retries + 1:
        _note(
            house,
            claim,
            State.FAILED,
            error=say("Its worker ended {retries} times while it ran.", retries=job.retries + 1),
        )
        return
    try:
        with speaking(claim.language):
            _work(house, claim, job, Reporter(house.database, run_id, seconds=job.seconds, stopping=stopping))
        bound.info("job done")
    except Superseded:
        bound.warning("job was taken over by another worker")
    except Cancelled:
        _note(house, claim, State.CANCELLED, message=say("stopped, nothing was changed"))
    except WorkerStopping:
        _note(house, claim, State.QUEUED, message=say("waits for the next worker"), attempts=claim.attempt - 1)
        raise TryAgain(0) from None
    except Exception as error:
        _failed(house, claim, job, error, pace)


def _claim(session: Session, run_id: int, now: datetime) -> Claim | None:
    """Marks the run as running; None when it is over, so that a doubled delivery does nothing."""
    row = session.execute(
        sa.update(JobRun)
        .where(JobRun.id == run_id, JobRun.state.in_((State.QUEUED, State.RUNNING)), User.id == JobRun.asked_by_id)
        .values(
            state=State.RUNNING,
            attempts=JobRun.attempts + 1,
            started_at=now,
            # Pieces go on behind what is kept; everything else begins anew.
            progress_from=sa.case((JobRun.result.is_not(None), sa.func.coalesce(JobRun.progress, 0)), else_=0),
            progress=sa.case((JobRun.result.is_not(None), JobRun.progress)),
            news=[],
            error=None,
        )
        .returning(JobRun.attempts, JobRun.name, JobRun.arguments, JobRun.acts_as_id, JobRun.asked_by_id, User.language)
    ).first()
    return Claim(run_id, *row) if row else None


def _work(house: House, claim: Claim, job: Job, reporter: Reporter) -> None:
    """The job's function in one transaction; for a Computation, the thinking without one, then a second.

    For Pieces, as many as it takes.
    """

    def first(ctx: Context) -> Done | Computation[Any] | Pieces | None:
        found: Done | Computation[Any] | Pieces | None = job.function(ctx, **claim.arguments)
        if not isinstance(found, Computation | Pieces):
            _finish(ctx, claim, found)
        return found

    RUNNING[claim.run_id] = reporter
    try:
        found = _in_transaction(house, claim, first)
        if isinstance(found, Computation):
            rest, thought = found, found.compute(reporter)
            _in_transaction(house, claim, lambda ctx: _finish(ctx, claim, rest.then(ctx, thought)))
        if isinstance(found, Pieces):
            piece = found.piece
            while not _in_transaction(house, claim, lambda ctx: _one_piece(ctx, claim, piece)):
                pass
    finally:
        del RUNNING[claim.run_id]


def _in_transaction(house: House, claim: Claim, work: Callable[[Context], T]) -> T:
    def step(session: Session) -> T:
        return work(
            house.context(
                session,
                claim.acts_as_id,
                channel="job",
                on_behalf_of=claim.asked_by_id if claim.asked_by_id != claim.acts_as_id else None,
                request_id=f"{RUN_MARK}:{claim.run_id}",
            )
        )

    return house.database.run(step)


def _one_piece(ctx: Context, claim: Claim, piece: Callable[[Context, Mapping[str, Any]], SoFar | Done]) -> bool:
    """Does the next piece and keeps how far it is, in one transaction: no row is done twice. True after the last."""
    found = piece(ctx, ctx.session.scalar(sa.select(JobRun.result).where(JobRun.id == claim.run_id)) or {})
    if isinstance(found, Done):
        _finish(ctx, claim, found)
        return True
    kept = ctx.session.execute(
        sa.update(JobRun)
        .where(JobRun.id == claim.run_id, JobRun.state == State.RUNNING, JobRun.attempts == claim.attempt)
        .values(result=dict(found.kept), progress=Decimal(str(round(found.share, 4))), message=found.message)
        .returning(JobRun.id)
    ).first()
    if kept is None:
        raise Superseded
    return False


def _in_words(found: object) -> str:
    """What a job gave back that is no sentence: how many things it did."""
    if isinstance(found, int):
        return say("{count:,} done", count=found) if found else say("There was nothing to do.")
    return "" if found is None else str(found)


def _finish(ctx: Context, claim: Claim, found: object) -> None:
    """Done, in the transaction of the work itself: either both are there or neither."""
    done = found if isinstance(found, Done) else Done(_in_words(found))
    finished = ctx.session.execute(
        sa.update(JobRun)
        .where(JobRun.id == claim.run_id, JobRun.state == State.RUNNING, JobRun.attempts == claim.attempt)
        .values(
            state=State.DONE,
            finished_at=ctx.now,
            progress=1,
            message=done.message,
            link=done.link,
            result=dict(done.result),
        )
        .returning(JobRun.id)
    ).first()
    if finished is None:
        raise Superseded


def _failed(house: House, claim: Claim, job: Job, error: Exception, pace: Pace) -> None:
    final = isinstance(error, PlantopsError) and not isinstance(error, Unavailable | Stale)
    sentence = (
        str(error)
        if isinstance(error, PlantopsError)
        else say("The program failed: {name__}: {error}", name__=type(error).__name__, error=error)
    )
    if final or claim.attempt > job.retries:
        # As text: the console renderer would print every local variable, the whole house among them.
        trace = "" if final else "".join(traceback.format_exception(error))
        log.error("job failed", job=claim.name, run=claim.run_id, error=sentence, trace=trace)
        _note(house, claim, State.FAILED, error=sentence[:2000])
        return
    wait = pace.first_retry * 4 ** (claim.attempt - 1)
    log.warning("job will be tried again", job=claim.name, run=claim.run_id, error=sentence, seconds=wait)
    _note(house, claim, State.QUEUED, error=sentence[:2000], message=say("tried again in {wait:.0f} s", wait=wait))
    raise TryAgain(wait)


def _note(
    house: House,
    claim: Claim,
    state: State,
    *,
    error: str | None = None,
    message: str = "",
    attempts: int | None = None,
) -> None:
    """What came of an attempt, in a transaction of its own, since that of the work was rolled back."""
    values: dict[str, Any] = {"state": state, "error": error, "message": message}
    if state is not State.QUEUED:
        values["finished_at"] = house.clock()
    if attempts is not None:
        values["attempts"] = attempts
    with house.database.transaction() as session:
        mine = sa.update(JobRun).where(JobRun.id == claim.run_id, JobRun.attempts == claim.attempt)
        session.execute(mine.where(JobRun.state == State.RUNNING).values(**values))


# --- The process


class Worker:
    """One worker process on one house."""

    def __init__(self, house: House, pace: Pace = Pace()) -> None:
        self.house = house
        self.pace = pace
        self.stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._runner: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Take no new job; running ones are told, undone and left for the next worker. From any thread."""
        self.stopping.set()
        if self._loop is not None and self._runner is not None:
            with contextlib.suppress(RuntimeError):  # it ended by itself meanwhile
                self._loop.call_soon_threadsafe(self._runner.cancel)

    def forever(self) -> None:
        """Work until stopped; a database that is away is waited for."""
        while not self.stopping.is_set():
            try:
                asyncio.run(self._until_stopped())
            except AWAY as error:
                log.warning("the worker waits for the database", error=str(error).splitlines()[0])
            self.stopping.wait(self.pace.reconnect)

    async def _until_stopped(self) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self._runner = asyncio.current_task()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.stop)
        app = self._make_app()
        beside: list[asyncio.Task[None]] = []
        async with app.open_async():
            beside += [
                asyncio.create_task(self._every(self.pace.sweep, lambda: self._sweep(app))),
                asyncio.create_task(self._every(self.pace.tick, self._tick)),
            ]
            try:
                await app.run_worker_async(
                    concurrency=self.pace.at_once,
                    fetch_job_polling_interval=self.pace.poll,
                    update_heartbeat_interval=self.pace.heartbeat,
                    stalled_worker_timeout=self.pace.dead_after,
                    shutdown_graceful_timeout=self.pace.grace,
                    delete_jobs="always",
                    install_signal_handlers=False,
                )
            except asyncio.CancelledError:
                log.info("the worker ends")
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)

    def _make_app(self) -> procrastinate.App:
        url = sa.make_url(self.house.database.url).set(drivername="postgresql")
        app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(
                conninfo=url.render_as_string(hide_password=False), min_size=1, max_size=4
            )
        )
        for module in self.house.registry.modules:
            for short in module.jobs:
                app.task(name=f"{module.name}.{short}", retry=OnTryAgain())(self._task)
        return app

    def _task(self, run_id: int) -> None:
        try:
            run(self.house, run_id, pace=self.pace, stopping=self.stopping)
        except AWAY as error:
            log.warning("a job misses the database", run=run_id, error=str(error).splitlines()[0])
            raise TryAgain(self.pace.reconnect) from error

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            started = time.monotonic()
            try:
                await work()
            except AWAY as error:
                log.warning("the worker misses the database", error=str(error).splitlines()[0])
            await asyncio.sleep(max(0.05, seconds - (time.monotonic() - started)))

    async def _sweep(self, app: procrastinate.App) -> None:
        """Jobs whose worker gives no sign of life go back on the queue."""
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=self.pace.dead_after):
            log.warning("job of a dead worker goes back on the queue", job=job.task_name, run=job.task_kwargs)
            with contextlib.suppress(ConnectorException):  # another worker was quicker
                await app.job_manager.retry_job(job)
        await asyncio.to_thread(self.house.run, self._bring_back_lost)

    def _bring_back_lost(self, ctx: Context) -> None:
        """Runs that the queue has forgotten: their worker died between telling the queue and telling us."""
        for run_id, name, lock, run_at in ctx.session.execute(sa.text(LOST), {"age": self.pace.dead_after}).all():
            log.warning("lost job goes back on the queue", job=name, run=run_id)
            put_on_queue(ctx.session, name, run_id, lock, run_at)

    async def _tick(self) -> None:
        await asyncio.to_thread(schedule.tick, self.house)


def work(settings: Settings, url: str) -> int:
    """`plantops worker`: until SIGTERM or SIGINT."""
    house = open_house(url, settings, pool_size=10)
    try:
        Worker(house).forever()
    finally:
        house.database.dispose()
    return 0
