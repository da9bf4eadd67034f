"""The bell: who was called in, asked to do something, or told that something is ready."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from plantops import links
from plantops.activity import DONE_WHEN_READ, Activity, ActivityKind, ActivityRow, waiting, words
from plantops.context import SYSTEM_ID, Context, anyone
from plantops.db import get
from plantops.people import User
from plantops.sight import may_see
from plantops.wording import say

SHOWN = 50
ASKED = (ActivityKind.MENTION, ActivityKind.TODO)


@dataclass(frozen=True)
class Notice:
    """One line of the bell."""

    id: int
    at: datetime
    author: str
    kind: ActivityKind
    label: str
    url: str
    text: str
    is_unread: bool
    is_open: bool


def visible(ctx: Context) -> sa.Select[Activity]:
    """What is meant for this person."""
    return sa.select(Activity).where(Activity.assigned_to_id == ctx.user.id)


@anyone("everybody hears their own bell")
def notices(ctx: Context, *, only_unread: bool = False, limit: int = SHOWN) -> list[Notice]:
    """The newest first. Of a document that the person may not see (any more) neither words nor name are told."""
    query = visible(ctx).join(User, User.id == Activity.author_id).with_only_columns(Activity, User.name)
    if only_unread:
        query = query.where(Activity.read_at.is_(None), Activity.done_at.is_(None))
    rows = ctx.session.execute(query.order_by(Activity.id.desc()).limit(limit)).all()
    seen = _seen(ctx, [(row.origin, row.author_id) for row, _author in rows])
    known = links.links(ctx, seen)
    found = []
    for row, author in rows:
        link = known.get(row.origin)
        found.append(
            Notice(
                id=row.id,
                at=row.at,
                author=author,
                kind=row.kind,
                label=link.label if link else "",
                url=link.url if link else "",
                text=words(row.kind, row.text) if link else _hidden(),
                is_unread=row.read_at is None and row.done_at is None,
                is_open=row.done_at is None,
            )
        )
    return found


@anyone("everybody sees what is asked of themselves")
def asked(ctx: Context, limit: int = SHOWN) -> list[ActivityRow]:
    """Mentions and to-dos that are not done, newest first; of what the person may not see, neither words nor place."""
    rows = waiting(ctx, ASKED)[:limit]
    seen = _seen(ctx, [(row.origin, row.author_id) for row in rows])
    return [row if row.origin in seen else replace(row, origin="", text=_hidden()) for row in rows]


def _seen(ctx: Context, told: Iterable[tuple[str, int]]) -> set[str]:
    """The documents that the person may see; what the house itself tells, it tells to whom it concerns."""
    pairs = list(told)
    by_house = {origin for origin, author in pairs if author == SYSTEM_ID}
    return by_house | {origin for origin in {one for one, _author in pairs} - by_house if may_see(ctx, origin)}


def _hidden() -> str:
    return say("You may not see what this is about.")


@anyone("everybody reads their own notices")
def read(ctx: Context, id: int) -> str:
    """Marks it as read; where it leads. A mention or a step is done with that, a to-do stays until it is done."""
    row = get(ctx.session, visible(ctx).where(Activity.id == id), what="notice", lock=True)
    row.read_at = row.read_at or ctx.now
    if row.kind in DONE_WHEN_READ and row.done_at is None:
        row.done_at, row.done_by_id = ctx.now, ctx.user.id
    ctx.session.flush()
    return links.url(ctx.registry, row.origin)


@anyone("everybody keeps their own notices")
def unread(ctx: Context, id: int) -> None:
    """It is to be looked at again; what somebody has done stays done."""
    row = get(ctx.session, visible(ctx).where(Activity.id == id), what="notice", lock=True)
    row.read_at = None
    if row.kind in DONE_WHEN_READ:
        row.done_at = row.done_by_id = None
    ctx.session.flush()


@anyone("everybody empties their own bell")
def read_all(ctx: Context) -> int:
    """Everything in the bell has been looked at; returns how much there was."""
    rows = ctx.session.scalars(
        visible(ctx)
        .where(Activity.done_at.is_(None), Activity.read_at.is_(None))
        .order_by(Activity.id)
        .with_for_update()
    ).all()
    for row in rows:
        row.read_at = ctx.now
        if row.kind in DONE_WHEN_READ:
            row.done_at, row.done_by_id = ctx.now, ctx.user.id
    ctx.session.flush()
    return len(rows)
