"""The talk about a document: comments, people called in, to-dos, and the mails that went out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plantops import files, followers, links, sight
from plantops.context import SYSTEM_ID, Context, anyone, within
from plantops.db import Base, Id, choice, get
from plantops.errors import Conflict, Invalid, NotFound
from plantops.events import DueItem, Moved, TakenBack
from plantops.files import AttachmentRow
from plantops.people import User
from plantops.wording import inside, label, say

LONGEST = 10_000
MENTION = re.compile(r"(?<![\w@])@([A-Za-z0-9][\w.+-]*[\w]|[A-Za-z0-9])")


class ActivityKind(StrEnum):
    COMMENT = "comment"
    MENTION = "mention"
    STEP = "step"
    """A document that one follows went on: `text` is the state as it is stored, said in the reader's language."""
    TODO = "todo"
    MAIL = "mail"


DONE_WHEN_READ = frozenset({ActivityKind.MENTION, ActivityKind.STEP})


class Activity(Base):
    """One line of the talk. A mention, a step or a to-do is open until somebody is done with it."""

    __tablename__ = "core_activity"
    __table_args__ = (
        sa.CheckConstraint(
            "(kind IN ('mention', 'step', 'todo')) = (assigned_to_id IS NOT NULL)", name="somebody_is_asked"
        ),
        sa.Index("ix_core_activity_origin", "origin", "id"),
        sa.Index(
            "ix_core_activity_open",
            "assigned_to_id",
            postgresql_where=sa.text("done_at IS NULL AND assigned_to_id IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    origin: Mapped[str]
    kind: Mapped[ActivityKind] = mapped_column(choice(ActivityKind))
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    text: Mapped[str]
    at: Mapped[datetime]
    assigned_to_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"))
    due_on: Mapped[date | None]
    read_at: Mapped[datetime | None]
    """When the person saw it in the bell."""
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"))


@dataclass(frozen=True)
class ActivityRow:
    id: int
    origin: str
    kind: ActivityKind
    author_id: int
    author: str
    text: str
    at: datetime
    assigned_to_id: int | None
    assigned_to: str | None
    due_on: date | None
    done_at: datetime | None


# --- Rules


def why_not_text(text: str) -> str | None:
    if not text.strip():
        return say("it is empty")
    return say("it is longer than {longest:,} characters", longest=LONGEST) if len(text) > LONGEST else None


def mentioned(text: str) -> list[str]:
    """The logins that a text calls with @: `@ana, see @bob.brandt.` but not `ana@plant.example`."""
    return list(dict.fromkeys(login.lower() for login in MENTION.findall(text)))


def words(kind: ActivityKind, text: str) -> str:
    """What is said, in the reader's language."""
    return say("It is now {state}.", state=inside(label(text))) if kind is ActivityKind.STEP else text


def why_not_finish(activity: Activity, user_id: int) -> str | None:
    if activity.kind is not ActivityKind.TODO and activity.kind not in DONE_WHEN_READ:
        return say("there is nothing to do about it")
    if activity.done_at is not None:
        return say("it is done already")
    if user_id not in (activity.author_id, activity.assigned_to_id):
        return say("it is somebody else's")
    return None


# --- Questions


SAID = """
SELECT 'talk' AS part, a.id, a.at, u.name AS actor, NULL AS on_behalf_of,
    jsonb_build_object('kind', a.kind, 'author_id', a.author_id, 'text', a.text, 'assigned_to_id', a.assigned_to_id,
        'assigned_to', w.name, 'due_on', a.due_on, 'done_at', a.done_at) AS more
FROM core_activity a JOIN core_user u ON u.id = a.author_id LEFT JOIN core_user w ON w.id = a.assigned_to_id
WHERE a.origin = :origin AND a.kind NOT IN ('mention', 'step')
"""
AUTHOR, ASKED = sa.alias(User.__table__, "author"), sa.alias(User.__table__, "asked")
# Built once: every page of a record asks it.
LINES: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        Activity.id,
        Activity.origin,
        Activity.kind,
        Activity.author_id,
        AUTHOR.c.name,
        Activity.text,
        Activity.at,
        Activity.assigned_to_id,
        ASKED.c.name,
        Activity.due_on,
    )
    .add_columns(Activity.done_at)
    .join(AUTHOR, AUTHOR.c.id == Activity.author_id)
    .outerjoin(ASKED, ASKED.c.id == Activity.assigned_to_id)
)


def _rows(ctx: Context, *conditions: sa.ColumnElement[bool], newest_first: bool = False) -> list[ActivityRow]:
    query = LINES.where(*conditions).order_by(Activity.id.desc() if newest_first else Activity.id)
    found: Iterable[Iterable[object]] = ctx.session.execute(query)
    rows = [ActivityRow(*row) for row in found]  # type: ignore[arg-type]
    return [replace(row, text=words(row.kind, row.text)) if row.kind is ActivityKind.STEP else row for row in rows]


@within("shown on a document that the person may see")
def talk(ctx: Context, origin: str) -> list[ActivityRow]:
    """Comments, to-dos and mails of a document, oldest first. Mentions stand in their comment, steps in the log."""
    rows = ctx.session.execute(sa.text(f"{SAID} ORDER BY id"), {"origin": origin})
    return [line(row, origin) for row in rows]


def line(row: sa.Row[Any], origin: str) -> ActivityRow:
    more = row.more
    return ActivityRow(
        id=row.id,
        origin=origin,
        kind=ActivityKind(more["kind"]),
        author_id=more["author_id"],
        author=row.actor,
        text=more["text"],
        at=row.at,
        assigned_to_id=more["assigned_to_id"],
        assigned_to=more["assigned_to"],
        due_on=date.fromisoformat(more["due_on"]) if more["due_on"] else None,
        done_at=datetime.fromisoformat(more["done_at"]) if more["done_at"] else None,
    )


@anyone("everybody sees what is asked of themselves")
def waiting(ctx: Context, kinds: Iterable[ActivityKind] = tuple(ActivityKind)) -> list[ActivityRow]:
    """Mentions, to-dos and steps that this person has not done or read, newest first."""
    mine = (Activity.assigned_to_id == ctx.user.id, Activity.done_at.is_(None), Activity.kind.in_(tuple(kinds)))
    return _rows(ctx, *mine, newest_first=True)


@anyone("everybody sees their own to-dos fall due")
def due(ctx: Context, until: date) -> list[DueItem]:
    rows = _rows(
        ctx,
        Activity.assigned_to_id == ctx.user.id,
        Activity.kind == ActivityKind.TODO,
        Activity.done_at.is_(None),
        Activity.due_on <= until,
    )
    return [
        DueItem(row.text.splitlines()[0][:120], row.due_on, links.url(ctx.registry, row.origin), ctx.user.id, "todo")
        for row in rows
        if row.due_on is not None
    ]


# --- Actions


def _check(origin: str, text: str) -> None:
    if why := why_not_text(text):
        raise Invalid(say("This cannot be kept: {why}.", why=why), field="text")
    links.parts(origin)


def _add(
    ctx: Context, origin: str, kind: ActivityKind, text: str, to: int | None = None, on: date | None = None
) -> Activity:
    _check(origin, text)
    new = Activity(
        origin=origin, kind=kind, author_id=ctx.user.id, text=text.strip(), at=ctx.now, assigned_to_id=to, due_on=on
    )
    ctx.session.add(new)
    ctx.session.flush()
    return new


@within("the document's page has checked that the person may see it")
def comment(ctx: Context, origin: str, text: str) -> Activity:
    """Says something about a document; @login calls somebody in. Names that nobody has are left as text.

    Who speaks or is called in follows the document from then on; who follows it hears what was said.
    """
    said = _add(ctx, origin, ActivityKind.COMMENT, text)
    query = sa.select(User.id).where(User.login.in_(mentioned(text)), User.active, User.id != ctx.user.id)
    called = ctx.session.scalars(query.order_by(User.id)).all()
    for user_id in called:
        _add(ctx, origin, ActivityKind.MENTION, text, user_id)
        followers.follow(ctx, origin, user_id)
    followers.follow(ctx, origin, ctx.user.id)
    tell(ctx, origin, text, but=called)
    return said


@within("what is told was done on a document by an action that checked the right")
def tell(
    ctx: Context, origin: str, text: str, *, but: Collection[int] = (), kind: ActivityKind = ActivityKind.MENTION
) -> None:
    """Who follows the document hears it in the bell: everybody but who did it, and nobody who may not see it."""
    _check(origin, text)
    hearers = followers.hearers(ctx, origin, but={ctx.user.id, *but})
    seen = sight.who_may_see(ctx, origin, hearers) if hearers else None
    if seen is None:
        return
    line = {
        "origin": origin,
        "kind": kind,
        "author_id": ctx.user.id,
        "text": text.strip(),
        "at": ctx.now,
    }
    said = [sa.literal(value, Activity.__table__.c[name].type) for name, value in line.items()]
    rows = sa.select(*said, *seen.subquery().c)
    ctx.session.execute(sa.insert(Activity).from_select([*line, "assigned_to_id"], rows))


@within("the lifecycle tells each step of a document")
def told_step(ctx: Context, event: Moved) -> None:
    """People's steps ring the bell of who follows the document; those that the house takes by itself do not."""
    if ctx.user.id != SYSTEM_ID:
        tell(ctx, event.origin, event.target, kind=ActivityKind.STEP)


@within("the document's page has checked that the person may see it")
def add_todo(
    ctx: Context, origin: str, text: str, *, for_id: int | None = None, due_on: date | None = None
) -> Activity:
    """Something to do about a document, for oneself or for somebody else."""
    to = ctx.user.id if for_id is None else for_id
    if not ctx.session.scalar(sa.select(User.id).where(User.id == to, User.active)):
        raise Invalid(say("This account does not exist or was closed. Choose somebody else."), field="for_id")
    return _add(ctx, origin, ActivityKind.TODO, text, to, due_on)


@within("the job that sends a document's mail writes down that it went")
def mailed(ctx: Context, origin: str, text: str) -> Activity:
    return _add(ctx, origin, ActivityKind.MAIL, text)


@within("work that ends while nobody looks tells whom it was for")
def told(ctx: Context, origin: str, text: str) -> Activity:
    """The house tells this person something: it stands in the bell until it was read."""
    return _add(ctx.as_system(), origin, ActivityKind.MENTION, text, ctx.user.id)


@within("a step that was undone")
def untell_step(ctx: Context, event: TakenBack) -> None:
    """What the step that was taken back, and its taking back, rang in the bells of those who follow is taken out."""
    ctx.session.execute(
        sa.delete(Activity).where(
            Activity.origin == event.origin,
            Activity.author_id == ctx.user.id,
            Activity.kind == ActivityKind.STEP,
            Activity.at >= event.since,
        )
    )


@anyone("a to-do or mention is finished by whom it is for, or by who wrote it")
def finish(ctx: Context, id: int) -> Activity:
    own = sa.or_(Activity.assigned_to_id == ctx.user.id, Activity.author_id == ctx.user.id)
    done = get(ctx.session, sa.select(Activity).where(Activity.id == id, own), what="to-do", lock=True)
    if why := why_not_finish(done, ctx.user.id):
        raise Conflict(say("This cannot be finished: {why}.", why=why))
    done.done_at, done.done_by_id = ctx.now, ctx.user.id
    ctx.session.flush()
    return done


@anyone("everybody empties their own bell")
def seen(ctx: Context, origin: str | None = None) -> int:
    """This person has read the mentions (of a document, or all); returns how many there were."""
    query = sa.select(Activity).where(
        Activity.assigned_to_id == ctx.user.id, Activity.kind.in_(DONE_WHEN_READ), Activity.done_at.is_(None)
    )
    if origin is not None:
        query = query.where(Activity.origin == origin)
    rows = list(ctx.session.scalars(query.order_by(Activity.id).with_for_update()))
    for row in rows:
        row.done_at, row.done_by_id = ctx.now, ctx.user.id
    ctx.session.flush()
    return len(rows)


@anyone("whoever may see a record may read what hangs on it")
def files_of(ctx: Context, origin: str) -> list[AttachmentRow]:
    """The files of a record, oldest first."""
    need_seen(ctx, origin)
    return files.attachments(ctx, origin)


@anyone("whoever may see a record may hang a file on it")
def add_file(ctx: Context, origin: str, name: str, content: bytes) -> AttachmentRow:
    """A file that somebody hangs on a record by hand; who follows the record hears of it."""
    need_seen(ctx, origin)
    kept = files.keep(ctx, name, content)
    hung = files.attach(ctx, origin, kept.id, by_hand=True)
    tell(ctx, origin, say("A file was added: {name}", name=kept.name))
    return next(row for row in files.attachments(ctx, origin) if row.id == hung.id)


@anyone("who put it there by hand may take it off again")
def take_file_off(ctx: Context, origin: str, id: int) -> None:
    need_seen(ctx, origin)
    files.take_off(ctx, origin, id)


@within("asked before one speaks of a record")
def need_seen(ctx: Context, origin: str) -> None:
    """A record that one may not see does not exist for one's talk either."""
    links.parts(origin)
    if not sight.may_see(ctx, origin):
        raise NotFound(say("There is no such document, or you may not see it."))
