"""One action on many rows: tried out first, done by the worker, and taken back in half a minute before or after."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from plantops import db, jobs, links, listing_pages, undo
from plantops.context import Context, anyone, within
from plantops.db import get
from plantops.errors import Conflict, Invalid, NotFound, PlantopsError
from plantops.jobs import Done, JobRun, Pieces, SoFar
from plantops.listing import BulkAction, Listing, ListParams, named
from plantops.wording import plural, say

JOB, BACK = "core.act_on_rows", "core.take_rows_back"
HELD = timedelta(seconds=undo.SECONDS)
"""For so long nothing has happened yet of what the house cannot take back: whoever clicked wrongly stops it."""
MOST = 5000
TRIED_ANYWAY, TRIED, TRIED_SECONDS = 50, 500, 1.0
IN_ONE_PIECE = 50
MOST_TOLD = 200
LONGEST_REASON = 1000
TRIAL = "trial"
CHANGED = sa.text(
    "SELECT DISTINCT CAST(row_id AS bigint) FROM core_audit WHERE table_name = :table AND row_id = ANY(:rows)"
    " AND operation <> 'I' AND request = :request AND actor_id = :actor"
)
"""The rows that a job really changed, by the audit trail."""
Rows = tuple[tuple[int, int], ...]
"""Ids, and the versions that the person saw."""
Act = Callable[[Context, BulkAction, int, int], None]
"""What is done with one row of a version."""
COUNTS = ("done", "refused")
"""In the result of a run, before the refused rows by their numbers."""


@dataclass(frozen=True)
class Refused:
    id: int
    label: str
    reason: str


@dataclass(frozen=True)
class Trial:
    """What would happen: which rows would be taken, which not and why, and how many were not tried.

    `asked` is all of them: what is refused now is tried again with the others, so that the end tells of every row.
    """

    asked: Rows
    rows: Rows
    refused: tuple[Refused, ...]
    untried: int

    @property
    def tried(self) -> int:
        return len(self.asked) - self.untried


# --- Rules


def why_not_take_back(run: JobRun, action: BulkAction, now: datetime, *, again: bool = False) -> str | None:
    """Why what this run did cannot be undone; None when it can."""
    if run.name != JOB or run.state is not jobs.State.DONE or run.finished_at is None:
        return say("it is not done")
    if action.undo is None:
        return say("others were told of it already")
    if again:
        return say("it was undone before")
    if now - run.finished_at > HELD:
        return say("more than {seconds} seconds have passed", seconds=undo.SECONDS)
    if not (run.result or {}).get("done"):
        return say("nothing was changed")
    return None


# --- Questions


@anyone("it names what the list can do")
def action_of(listing: Listing[Any], key: str) -> BulkAction:
    for action in listing.bulk:
        if action.key == key:
            return action
    raise NotFound(say("{title} cannot do this with many at once.", title=listing.title))


@anyone("each person sees what they may do")
def offered(ctx: Context, listing: Listing[Any]) -> tuple[BulkAction, ...]:
    return tuple(action for action in listing.bulk if any(ctx.may(right) for right in action.permissions))


@anyone("the list's own right is asked for first; its rows are those that the person may see")
def matching(ctx: Context, listing: Listing[Any], params: ListParams) -> list[int]:
    """The ids of everything that is filtered. Raises Invalid when that is more than one action takes."""
    if listing_pages.how_many(ctx, listing, params, MOST) > MOST:
        raise Invalid(say("At most {most:,} rows are done at once. Filter the list first.", most=MOST))
    return listing_pages.ids(ctx, listing, params)


@anyone("the list's own right is asked for first, the action's by the action itself; all of it is undone")
def try_out(ctx: Context, listing: Listing[Any], action: BulkAction, ids: Sequence[int]) -> Trial:
    """Does it with the first 50 rows, with up to 500 as far as a second of work reaches, and takes it back.

    So what is refused is known before. The rest is not tried; how many that are, the trial says. Time in which
    others used the machine does not count: on a busy day as many are tried as on a quiet one.
    """
    listing.need(ctx)
    _need(ctx, action)
    versions = _versions(ctx, listing, ids)
    wanted = [id for id in dict.fromkeys(ids) if id in versions]
    reasons: dict[int, str] = {}
    until, tried = time.thread_time() + TRIED_SECONDS, 0
    for id in wanted[:TRIED]:
        if tried >= TRIED_ANYWAY and time.thread_time() > until:
            break
        tried += 1
        try:
            with db.tried(ctx.session):
                action.act(ctx, id, versions[id], TRIAL)
        except PlantopsError as error:
            reasons[id] = error.message
    asked = tuple((id, versions[id]) for id in wanted)
    rows = tuple(row for row in asked if row[0] not in reasons)
    return Trial(asked, rows, _told(ctx, listing, reasons), len(wanted) - tried)


def _need(ctx: Context, action: BulkAction) -> None:
    if not any(ctx.may(right) for right in action.permissions):
        ctx.need(action.permissions[0])


def _versions(ctx: Context, listing: Listing[Any], ids: Sequence[int]) -> dict[int, int]:
    """The versions of these rows, as far as the person sees them in the list."""
    key: Any = listing.key
    version = key.class_.version
    query = listing.rows(ctx).order_by(None).with_only_columns(key, version).where(key.in_(list(ids)))
    return {row[0]: row[1] for row in ctx.session.execute(query)}


def _told(ctx: Context, listing: Listing[Any], reasons: dict[int, str]) -> tuple[Refused, ...]:
    """By their numbers, as far as the person sees them: who sends ids of others' rows learns nothing of them."""
    origins = {id: links.origin_of(listing.origin, id) for id in reasons}
    seen = {origins[id] for id in _versions(ctx, listing, list(reasons))} if reasons else set()
    named = links.links(ctx, seen)
    return tuple(
        Refused(id, named[of].label if (of := origins[id]) in seen else links.spoken(ctx.registry, of), reason)
        for id, reason in reasons.items()
    )


@anyone("each person sees their own")
def run_of(ctx: Context, run_id: int) -> JobRun:
    run = jobs.one(ctx, run_id)
    if run.name not in (JOB, BACK):
        raise NotFound(say("There is no such action, or you may not see it."))
    return run


@anyone("each person is offered it for their own")
def seconds_to_undo(ctx: Context, run: JobRun) -> int:
    """For how long what this run did can still be undone by who asked for it; 0: not at all."""
    action = action_of(named(ctx.registry, str(run.arguments["list"])), str(run.arguments["action"]))
    again = run.name == JOB and _was_taken_back(ctx, run.id)
    if run.acts_as_id != ctx.user.id or why_not_take_back(run, action, ctx.now, again=again) or run.finished_at is None:
        return 0
    return max(int((HELD - (ctx.now - run.finished_at)).total_seconds()), 0)


def _was_taken_back(ctx: Context, run_id: int) -> bool:
    later = sa.select(JobRun.id).where(JobRun.name == BACK, JobRun.id > run_id, JobRun.state != jobs.State.CANCELLED)
    return ctx.session.scalar(later.where(JobRun.arguments["run"].as_integer() == run_id).limit(1)) is not None


# --- Actions


@anyone("the action's own right is asked for here, and by the action for each row")
def begin(
    ctx: Context, listing: Listing[Any], action: BulkAction, rows: Rows, reason: str = "", *, back: str = "/"
) -> int:
    """The worker does it in this person's name; returns the run.

    At once when it can be undone afterwards, else in half a minute: till then it can be stopped.
    """
    listing.need(ctx)
    _need(ctx, action)
    if not 0 < len(rows) <= MOST:
        raise Invalid(say("Pick 1 to {most:,} rows.", most=MOST))
    if action.reason and not reason.strip():
        raise Invalid(say("Say why: the others will read it."), field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(
            say("A reason has at most {longest_reason:,} letters.", longest_reason=LONGEST_REASON), field="reason"
        )
    return ctx.enqueue(
        JOB,
        run_at=None if action.undo else ctx.now + HELD,
        list=listing.name,
        action=action.key,
        rows=[list(row) for row in rows],
        reason=reason.strip(),
        back=back,
    )


@within("the job of somebody who did one thing with many rows")
def act_by_worker(
    ctx: Context, list: str, action: str, rows: Sequence[Sequence[int]], reason: str = "", back: str = "/"
) -> Pieces:
    """Each row by itself, fifty in a transaction: what is refused is told, the others are done.

    Stopped, what is done stays; a worker that takes over goes on behind the last fifty.
    """
    in_turn = sorted((id, version) for id, version in rows)  # by id, so that two who do it never wait in a circle

    def act(ctx: Context, deed: BulkAction, id: int, version: int) -> None:
        deed.act(ctx, id, version, reason)

    def said(deed: BulkAction, done: int, refused: int, left: int) -> str:
        if left:
            return say("{action}: {done:,} done, {refused:,} refused, {left:,} left as they were.",
                       action=deed.label, done=done, refused=refused, left=left)  # fmt: skip
        return say("{action}: {done:,} done, {refused:,} refused.", action=deed.label, done=done, refused=refused)

    _need(ctx, action_of(named(ctx.registry, list), action))  # who may not do it is told before the first row
    return _pieces(list, action, in_turn, act, said, back)


@anyone("only who did it undoes it; the module's own reverse asks for the right to each row")
def begin_undo(ctx: Context, run_id: int) -> int:
    """The worker takes back what a run did a moment ago; returns the new run. Raises Conflict when it is too late."""
    run = get(ctx.session, jobs.visible(ctx).where(JobRun.id == run_id), what="action", lock=True)
    if run.name != JOB or run.acts_as_id != ctx.user.id:
        raise NotFound(say("There is nothing to undo here, or you may not see it."))
    action = action_of(named(ctx.registry, str(run.arguments["list"])), str(run.arguments["action"]))
    if why := why_not_take_back(run, action, ctx.now, again=_was_taken_back(ctx, run_id)):
        raise Conflict(say("This cannot be undone: {why}.", why=why), code="too_late")
    same = {name: run.arguments[name] for name in ("list", "action", "rows", "back")}
    return ctx.enqueue(BACK, run=run_id, **same)


@within("the job of somebody who takes back what they did with many rows")
def take_back_by_worker(
    ctx: Context, run: int, list: str, action: str, rows: Sequence[Sequence[int]], back: str = "/"
) -> Pieces:
    """Each row that the run changed, by the module's own reverse; what was changed since stays, and is told."""
    listing, mark = named(ctx.registry, list), f"{jobs.RUN_MARK}:{run}"
    before = get(ctx.session, sa.select(JobRun).where(JobRun.id == run), what="action")
    if why := why_not_take_back(before, action_of(listing, action), _asked_at(ctx)):
        raise Conflict(say("This cannot be undone: {why}.", why=why), code="too_late")
    table = _table(listing)
    ids = [str(id) for id, _version in rows]
    asked = {"table": table.name, "rows": ids, "request": mark, "actor": ctx.user.id}
    in_turn = sorted((id, 0) for id in ctx.session.scalars(CHANGED, asked))

    def act(ctx: Context, deed: BulkAction, id: int, _version: int) -> None:
        version = ctx.session.scalar(sa.select(table.c.version).where(table.c.id == id))
        why = undo.why_not_of(ctx, table.name, id, mark)
        if why or deed.undo is None or version is None:
            raise Conflict(say("This cannot be undone: {why}.", why=why or ""), code="too_late")
        with undo.in_time():
            deed.undo(ctx, id, version)

    def said(deed: BulkAction, done: int, refused: int, left: int) -> str:
        kept = plural("{n} stays as it is", "{n} stay as they are", refused + left)
        return say("{action}: {done:,} undone, {kept}.", action=deed.label, done=done, kept=kept)

    return _pieces(list, action, in_turn, act, said, back)


def _asked_at(ctx: Context) -> datetime:
    """When somebody asked for what is done now: an undo that was stopped is not gone on with for ever."""
    run = ctx.request_id.partition(":")[2]
    return ctx.session.get_one(JobRun, int(run)).queued_at if run.isdigit() else ctx.now


def _table(listing: Listing[Any]) -> sa.Table:
    key: Any = listing.key
    found: sa.Table = key.class_.__table__
    return found


def _pieces(
    name: str,
    key: str,
    in_turn: Sequence[tuple[int, int]],
    act: Act,
    said: Callable[[BulkAction, int, int, int], str],
    back: str,
) -> Pieces:
    """Fifty rows in a transaction, each by itself; what is refused is told by the number of its document."""

    def piece(ctx: Context, kept: Mapping[str, Any]) -> SoFar | Done:
        listing = named(ctx.registry, name)
        deed = action_of(listing, key)
        _need(ctx, deed)
        at, done, refused, told = _so_far(kept)
        share = at / max(len(in_turn), 1)
        tried, reasons = _act(ctx, deed, in_turn[at : at + IN_ONE_PIECE], act, share)
        at, done, refused = at + tried, done + tried - len(reasons), refused + len(reasons)
        told |= {each.label: each.reason for each in _told(ctx, listing, reasons)[: MOST_TOLD - len(told)]}
        if tried == IN_ONE_PIECE and at < len(in_turn):
            message = say("{done:,} done, {refused:,} refused", done=done, refused=refused)
            return SoFar({"at": at, "done": done, "refused": refused, "told": told}, at / len(in_turn), message)
        return Done(said(deed, done, refused, len(in_turn) - at), back, {"done": done, "refused": refused} | told)

    return Pieces(piece)


def _so_far(kept: Mapping[str, Any]) -> tuple[int, int, int, dict[str, str]]:
    """How many were tried, done and refused before this piece, and why."""
    return kept.get("at", 0), kept.get("done", 0), kept.get("refused", 0), dict(kept.get("told", {}))


def _act(
    ctx: Context, deed: BulkAction, rows: Sequence[tuple[int, int]], act: Act, share: float
) -> tuple[int, dict[int, str]]:
    """How many of these rows were tried before somebody said stop, and why which of them were refused."""
    telling = jobs.reporter(ctx)
    reasons: dict[int, str] = {}
    for tried, (id, version) in enumerate(rows):
        if not telling.tell(share):
            return tried, reasons
        try:
            with ctx.session.begin_nested():
                act(ctx, deed, id, version)
        except PlantopsError as error:
            reasons[id] = error.message
    return len(rows), reasons
