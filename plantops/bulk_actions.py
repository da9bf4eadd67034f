"""One action on many rows: tried out first, begun half a minute later, so that it can be taken back until then."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from plantops import jobs, links, listing_pages
from plantops.context import Context, anyone, within
from plantops.errors import Invalid, NotFound, PlantopsError
from plantops.jobs import Done, JobRun, Pieces, SoFar
from plantops.listing import BulkAction, Listing, ListParams, named
from plantops.wording import say

JOB = "core.act_on_rows"
HELD = timedelta(seconds=30)
"""For so long nothing has happened yet: whoever clicked wrongly takes it back and nobody was told anything."""
MOST = 5000
TRIED, TRIED_SECONDS = 500, 2.0
IN_ONE_PIECE = 50
MOST_TOLD = 200
LONGEST_REASON = 1000
TRIAL = "trial"
Rows = tuple[tuple[int, int], ...]
"""Ids, and the versions that the person saw."""


@dataclass(frozen=True)
class Refused:
    id: int
    label: str
    reason: str


@dataclass(frozen=True)
class Trial:
    """What would happen: which rows would be taken, which not and why, and how many were not tried."""

    rows: Rows
    refused: tuple[Refused, ...]
    untried: int


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
    """Does it with the first 500 rows, as far as two seconds reach, and takes it back: what is refused is known before.

    The rest is not tried; how many that are, the trial says.
    """
    listing.need(ctx)
    _need(ctx, action)
    versions = _versions(ctx, listing, ids)
    wanted = [id for id in dict.fromkeys(ids) if id in versions]
    reasons: dict[int, str] = {}
    until, tried = time.monotonic() + TRIED_SECONDS, 0
    for id in wanted[:TRIED]:
        if tried and time.monotonic() > until:
            break
        tried += 1
        attempt = ctx.session.begin_nested()
        try:
            action.act(ctx, id, versions[id], TRIAL)
        except PlantopsError as error:
            reasons[id] = error.message
        attempt.rollback()
    rows = tuple((id, versions[id]) for id in wanted if id not in reasons)
    return Trial(rows, _told(ctx, listing, reasons), len(wanted) - tried)


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
    named = links.links(ctx, [links.origin_of(listing.origin, id) for id in reasons])
    labels = {id: named[links.origin_of(listing.origin, id)].label for id in reasons}
    return tuple(Refused(id, labels[id], reason) for id, reason in reasons.items())


@anyone("each person sees their own")
def run_of(ctx: Context, run_id: int) -> JobRun:
    run = jobs.one(ctx, run_id)
    if run.name != JOB:
        raise NotFound(say("There is no such action, or you may not see it."))
    return run


# --- Actions


@anyone("the action's own right is asked for here, and by the action for each row")
def begin(
    ctx: Context, listing: Listing[Any], action: BulkAction, rows: Rows, reason: str = "", *, back: str = "/"
) -> int:
    """The worker does it in half a minute, in this person's name; returns the run, to be taken back till then."""
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
        run_at=ctx.now + HELD,
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

    def piece(ctx: Context, kept: Mapping[str, Any]) -> SoFar | Done:
        listing = named(ctx.registry, list)
        deed = action_of(listing, action)
        _need(ctx, deed)
        at, done, refused, told = _so_far(kept)
        tried, reasons = _act(ctx, deed, in_turn[at : at + IN_ONE_PIECE], reason, at / len(in_turn))
        at, done, refused = at + tried, done + tried - len(reasons), refused + len(reasons)
        told |= {each.label: each.reason for each in _told(ctx, listing, reasons)[: MOST_TOLD - len(told)]}
        if tried == IN_ONE_PIECE and at < len(in_turn):
            return SoFar({"at": at, "done": done, "refused": refused, "told": told}, at / len(in_turn),
                         f"{done:,} done, {refused:,} refused")  # fmt: skip
        left = len(in_turn) - at
        said = say(
            "{label}: {done:,} done, {refused:,} refused{value}.",
            label=deed.label,
            done=done,
            refused=refused,
            value=f", {left:,} left as they were" if left else "",
        )
        return Done(said, back, told)

    _need(ctx, action_of(named(ctx.registry, list), action))  # who may not do it is told before the first row
    return Pieces(piece)


def _so_far(kept: Mapping[str, Any]) -> tuple[int, int, int, dict[str, str]]:
    """How many were tried, done and refused before this piece, and why."""
    return kept.get("at", 0), kept.get("done", 0), kept.get("refused", 0), dict(kept.get("told", {}))


def _act(
    ctx: Context, deed: BulkAction, rows: Sequence[tuple[int, int]], reason: str, share: float
) -> tuple[int, dict[int, str]]:
    """How many of these rows were tried before somebody said stop, and why which of them were refused."""
    telling = jobs.reporter(ctx)
    reasons: dict[int, str] = {}
    for tried, (id, version) in enumerate(rows):
        if not telling.tell(share):
            return tried, reasons
        try:
            with ctx.session.begin_nested():
                deed.act(ctx, id, version, reason)
        except PlantopsError as error:
            reasons[id] = error.message
    return len(rows), reasons
