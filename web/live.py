"""Work that runs: how far it is, sent to the open page as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
import structlog
from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from plantops import jobs, links
from plantops.context import Context
from plantops.errors import PlantopsError
from plantops.listing import may_open
from plantops.notices import notices
from plantops.wording import mark, number, plural, say
from web import session
from web.charts import Chart, Series, line_chart
from web.visit import Visit, visiting

LOOK_AGAIN_SECONDS = 2.0
BEAT_SECONDS = 15.0
ENOUGH_DONE, ENOUGH_SECONDS = 0.03, 3.0
SECONDS_TOLD = 90
TONES = {"queued": "plain", "running": "info", "done": "ok", "failed": "bad", "cancelled": "warn"}

FIGURES = {
    "done": mark("Done"),
    "refused": mark("Refused"),
    "made": mark("made"),
    "changed": mark("changed"),
    "removed": mark("removed"),
}
"""What jobs call their figures."""

log = structlog.get_logger("web")


@dataclass(frozen=True)
class Work:
    """A job as the progress macro shows it."""

    id: int
    title: str
    state: str
    tone: str
    is_running: bool
    share: float | None
    message: str
    problem: str
    result_url: str
    result_label: str = ""
    stop_label: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    left: str = ""
    """How long it will take from here on, by how quick it was until now."""
    chart: Chart | None = None
    """What an optimiser found, and the bound, over time."""


def work_of(ctx: Context, run: jobs.JobRun) -> Work:
    job = ctx.registry.job(run.name)
    if job.all_or_nothing:
        stopping, stop_label = say("Asked to stop; nothing of it stays."), say("Stop, and change nothing")
    else:
        stopping, stop_label = (
            say("Asked to stop; the best so far is being kept."),
            say("Stop and keep the best so far"),
        )
    message = stopping if run.cancel_asked and not run.finished_at else run.message
    if run.state is jobs.State.QUEUED and run.run_at is not None and run.attempts == 0:
        begins = run.run_at.astimezone(ctx.zone)
        message, stop_label = say("Begins at {begins:%H:%M:%S}. Nothing has happened yet.", begins=begins), say("Undo")
    found = (run.result or {}) if run.state is jobs.State.DONE else {}  # before that it is what the job has to know
    return Work(
        id=run.id,
        title=job.title,
        state=str(run.state),
        tone=TONES[str(run.state)],
        is_running=run.state in (jobs.State.QUEUED, jobs.State.RUNNING),
        share=None if run.progress is None else float(run.progress),
        message=message,
        problem=run.error or "",
        result_url=opened_by(ctx, run.link or ""),
        stop_label=stop_label,
        left=time_left(run, ctx.now),
        chart=course_of(run),
        facts=(*best_of(run), *figures_of(ctx, found)),
    )


def opened_by(ctx: Context, url: str) -> str:
    """Where the result is, for who may open it."""
    return url if may_open(ctx, links.shown_at(ctx.registry, url)) else ""


def figures_of(ctx: Context, result: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a job left behind: figures under their names, refused rows under their numbers, rows by their kind."""
    for name, value in result.items():
        if isinstance(value, Mapping):
            yield from (
                (f"{links.noun(ctx.registry, kind)}: {figure_name(name)}", shown_figure(count))
                for kind, count in value.items()
            )
        else:
            yield figure_name(name), shown_figure(value)


def figure_name(name: str) -> str:
    return say(FIGURES[name]) if name in FIGURES else name


def shown_figure(value: object) -> str:
    return number(value, ",") if isinstance(value, int | float | Decimal) else str(value)


def time_left(run: jobs.JobRun, now: datetime) -> str:
    """Only when enough is done to tell; nothing is promised before."""
    if run.state is not jobs.State.RUNNING or run.progress is None or run.started_at is None:
        return ""
    done, seconds = float(run.progress - run.progress_from), (now - run.started_at).total_seconds()
    if done < ENOUGH_DONE or seconds < ENOUGH_SECONDS:
        return ""
    left = seconds * (1 - float(run.progress)) / done
    if left < SECONDS_TOLD:
        return plural("about {n} second left", "about {n} seconds left", max(round(left), 1))
    return plural("about {n} minute left", "about {n} minutes left", round(left / 60))


def best_of(run: jobs.JobRun) -> tuple[tuple[str, str], ...]:
    """The best so far in figures: its cost, the bound, and how far they lie apart."""
    if not run.news:
        return ()
    best, bound = run.news[-1]["best"], run.news[-1]["bound"]
    told = (
        [(say("Best found") if run.finished_at else say("Best so far"), number(best, ",.2f"))]
        if best is not None
        else []
    )
    if best is not None and bound is not None:
        gap = abs(best - bound) / max(abs(best), 1e-9)
        told += [
            (say("No plan can be below"), number(bound, ",.2f")),
            (say("At most this much better"), number(gap, ".1%")),
        ]
    return tuple(told)


def course_of(run: jobs.JobRun) -> Chart | None:
    if len(run.news) < 2:
        return None
    labels = [f"{one['seconds']:g} s" for one in run.news]
    series = [Series(say("Best so far"), [one["best"] for one in run.news])]
    if any(one["bound"] is not None for one in run.news):
        series.append(Series(say("Bound"), [one["bound"] for one in run.news]))
    return line_chart(say("What was found so far"), labels, series, from_zero=False, height=140)


class Hub:
    """The one listening connection of this process, and everybody who waits for a job to move."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.waiting: dict[str, set[asyncio.Event]] = {}
        self.listener: asyncio.Task[None] | None = None

    async def moved(self, job_id: int, seconds: float) -> None:
        """Returns when the job moved, at the latest after so many seconds: then look for yourself."""
        if self.listener is None or self.listener.done():
            self.listener = asyncio.create_task(self._listen())
        event = asyncio.Event()
        waiting = self.waiting.setdefault(str(job_id), set())
        waiting.add(event)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), seconds)
        finally:
            waiting.discard(event)
            if not waiting:
                self.waiting.pop(str(job_id), None)

    async def _listen(self) -> None:
        while True:
            try:
                async for job_id in notices(self.url):
                    for event in self.waiting.get(job_id, ()):
                        event.set()
            except (psycopg.Error, OSError) as error:
                # Who waits looks every two seconds anyway, so a lost connection costs only swiftness.
                log.warning("listening again", reason=str(error))
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def close(self) -> None:
        if self.listener is not None:
            self.listener.cancel()
            with suppress(asyncio.CancelledError):
                await self.listener


async def stream(request: Request, job_id: int, cancel_url: str) -> Response:
    """Server-sent events: the inside of the progress panel at each change, then `ended`."""
    try:
        await run_in_threadpool(look, request, job_id, cancel_url)
    except (PlantopsError, DBAPIError):
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(changes(request, job_id, cancel_url), media_type="text/event-stream", headers=headers)


async def changes(request: Request, job_id: int, cancel_url: str) -> AsyncIterator[str]:
    """The panel as it is first: the job may have moved between the page and its listening."""
    hub: Hub = request.app.state.live
    shown, silent = "", 0.0
    while not await request.is_disconnected():
        try:
            html, running = await run_in_threadpool(look, request, job_id, cancel_url)
        except (PlantopsError, DBAPIError):
            return  # the session or the database has gone; the page's own retry finds out which
        if html != shown:
            shown, silent = html, 0.0
            yield event(html)
        if not running:
            yield event("done", name="ended")
            return
        await hub.moved(job_id, LOOK_AGAIN_SECONDS)
        silent += LOOK_AGAIN_SECONDS
        if silent >= BEAT_SECONDS:
            silent = 0.0
            yield ": still here\n\n"


def look(request: Request, job_id: int, cancel_url: str) -> tuple[str, bool]:
    """The panel's inside as it is now; a transaction of its own each time, for nobody may hold one that long."""

    def draw(database_session: Session) -> tuple[str, bool]:
        ctx = session.signed_in(request, database_session, is_theirs=False)
        work = work_of(ctx, jobs.one(ctx, job_id))
        ui = request.app.state.templates.globals["ui"]
        csrf = session.csrf_of(session.session_token(request))
        with visiting(Visit(request, ctx, csrf)):
            return str(ui.progress_part(work, cancel_url)), work.is_running

    run: Callable[[Callable[[Session], tuple[str, bool]]], tuple[str, bool]] = session.house_of(request).database.run
    return run(draw)


def event(data: str, name: str = "") -> str:
    lines = "".join(f"data: {line}\n" for line in data.splitlines())
    return f"event: {name}\n{lines}\n" if name else f"{lines}\n"
