"""The outbox: mails written in the transaction that they tell of, and posted only after it was committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from plantops import files, mail
from plantops.context import Context, anyone, requires, within
from plantops.db import Base, Id, choice, get, unaudited
from plantops.errors import Conflict, Invalid
from plantops.jobs import Computation, Done, Reporter
from plantops.mail import Letter, Posted
from plantops.permissions import Can
from plantops.wording import mark, say

UNDO_SECONDS = 30  # a mail cannot be called back, so it waits this long
LONGEST_SUBJECT = 250
NO_SERVER = mark("no mail server is set: set PLANTOPS_SMTP_URL, then waiting mails go out by themselves")
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
LOOKED_AT_ONCE = 500


class State(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    RECALLED = "recalled"


class OutgoingMail(Base):
    """One mail to one address. At least once: a doubled delivery carries the same Message-ID."""

    __tablename__ = "core_outbox"
    __table_args__ = (
        sa.Index("ix_core_outbox_due", "next_try_at", postgresql_where=sa.text("state = 'waiting'")),
        sa.Index("ix_core_outbox_origin", "origin"),
        unaudited(),
    )

    id: Mapped[Id]
    state: Mapped[State] = mapped_column(choice(State, "outbox_state"), default=State.WAITING)
    to_address: Mapped[str]
    to_name: Mapped[str] = mapped_column(default="")
    reply_to: Mapped[str | None]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str | None]
    file_ids: Mapped[list[int]] = mapped_column(JSONB, default=list)
    origin: Mapped[str]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(sa.Integer, default=0)
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None]


@dataclass(frozen=True)
class MailRow:
    """A mail as the record that it tells of shows it."""

    created_at: datetime
    to_address: str
    subject: str
    state: State
    sent_at: datetime | None


WRITTEN = """
SELECT 'mail' AS part, o.id, o.created_at AS at, '' AS actor, NULL AS on_behalf_of,
    jsonb_build_object('to_address', o.to_address, 'subject', o.subject, 'state', o.state, 'sent_at', o.sent_at) AS more
FROM core_outbox o WHERE o.origin = :origin
"""


@dataclass(frozen=True)
class Count:
    """How the outbox stands."""

    waiting: int
    failed: int
    server: bool


# --- Rules


def why_not_address(address: str) -> str | None:
    """Why nothing can be sent there: one plain mailbox, no list, no trick with line ends."""
    try:
        parsed = Address(addr_spec=address)
    except (ValueError, IndexError, AttributeError, MessageError):
        parsed = None
    if parsed is None or not parsed.username or "." not in parsed.domain.strip(".") or not address.isprintable():
        return say("'{address}' is not a mail address; write one such as ana@marenfeld.example", address=address[:80])
    return None


def after_failure(tries: int, posted: Posted) -> timedelta | None:
    """How long to wait after this many failed tries; None when it is given up."""
    return None if posted.final or tries > len(WAITS) else WAITS[tries - 1]


# --- Questions


def visible(ctx: Context) -> sa.Select[OutgoingMail]:
    """The mails that one's own actions wrote; all of them for who may read the outbox everywhere."""
    every = sa.select(OutgoingMail)
    return every if ctx.may_everywhere(Can.READ_OUTBOX) else every.where(OutgoingMail.created_by_id == ctx.user.id)


@anyone("each person sees the mails of the own actions")
def list_mails(
    ctx: Context, state: State | None = None, origin: str | None = None, limit: int = 100
) -> list[OutgoingMail]:
    query = visible(ctx).order_by(OutgoingMail.id.desc()).limit(limit)
    if state is not None:
        query = query.where(OutgoingMail.state == state)
    if origin is not None:
        query = query.where(OutgoingMail.origin == origin)
    return list(ctx.session.scalars(query))


@anyone("each person sees the mails of the own actions")
def one(ctx: Context, id: int) -> OutgoingMail:
    return get(ctx.session, visible(ctx).where(OutgoingMail.id == id), what="mail")


@within("shown on a record that the person may see")
def of_record(ctx: Context, origin: str) -> list[MailRow]:
    """The mails that went out about a record, or wait to, oldest first."""
    return [mail_row(row) for row in ctx.session.execute(sa.text(f"{WRITTEN} ORDER BY id"), {"origin": origin})]


def mail_row(row: sa.Row[Any]) -> MailRow:
    sent_at = row.more["sent_at"]
    at = datetime.fromisoformat(sent_at) if sent_at else None
    return MailRow(row.at, row.more["to_address"], row.more["subject"], State(row.more["state"]), at)


@requires(Can.READ_OUTBOX)
def count(ctx: Context) -> Count:
    """For the outbox page and for health: without a server mails wait, and the page says so."""
    how_many = visible(ctx).with_only_columns(OutgoingMail.state, sa.func.count()).group_by(OutgoingMail.state)
    found = {state: number for state, number in ctx.session.execute(how_many)}  # noqa: C416
    return Count(found.get(State.WAITING, 0), found.get(State.FAILED, 0), ctx.settings.smtp_url is not None)


# --- Actions


@within("the action that the mail tells of has checked the right")
def write(
    ctx: Context,
    *,
    to: str,
    subject: str,
    text: str,
    origin: str,
    html: str | None = None,
    to_name: str = "",
    reply_to: str | None = None,
    file_ids: Sequence[int] = (),
    wait_seconds: int = UNDO_SECONDS,
) -> OutgoingMail:
    """
    A mail in this transaction; it leaves `wait_seconds` after the commit, with the stored files attached.

    Raises Invalid for an address or subject that cannot be.
    """
    for field, address in (("to", to), ("reply_to", reply_to)):
        if address is not None and (reason := why_not_address(address)):
            raise Invalid(say("The mail cannot be sent: {reason}.", reason=reason), field=field)
    line = " ".join(subject.split())
    if not line:
        raise Invalid(say("A mail needs a subject."), field="subject")
    letter = OutgoingMail(
        to_address=to,
        to_name=" ".join(to_name.split()),
        reply_to=reply_to,
        subject=line[:LONGEST_SUBJECT],
        text=text,
        html=html,
        file_ids=list(file_ids),
        origin=origin,
        created_by_id=ctx.on_behalf_of or ctx.user.id,
        created_at=ctx.now,
        next_try_at=ctx.now + timedelta(seconds=wait_seconds),
    )
    ctx.session.add(letter)
    ctx.session.flush()
    _enqueue(ctx, letter.id, letter.next_try_at)
    return letter


@anyone("each person recalls the mails of the own actions; others' need core.job.manage")
def recall(ctx: Context, id: int) -> OutgoingMail:
    """A mail that still waits is not sent."""
    letter = get(ctx.session, visible(ctx).where(OutgoingMail.id == id), what="mail", lock=True)
    if letter.created_by_id != ctx.user.id:
        ctx.need_everywhere(Can.MANAGE_JOBS, to="recall this mail")
    if letter.state is not State.WAITING:
        raise Conflict(
            say(
                "The mail to {to_address} cannot be recalled: it is {state} already.",
                to_address=letter.to_address,
                state=letter.state,
            )
        )
    letter.state = State.RECALLED
    ctx.session.flush()
    return letter


@requires(Can.MANAGE_JOBS)
def send_again(ctx: Context, id: int) -> OutgoingMail:
    """A mail that failed, from the first try on."""
    letter = get(ctx.session, visible(ctx).where(OutgoingMail.id == id), what="mail", lock=True)
    if letter.created_by_id != ctx.user.id:
        ctx.need_everywhere(Can.MANAGE_JOBS, to="send this mail again")
    if letter.state is not State.FAILED:
        raise Conflict(say("Only a mail that failed can be sent again; this one is {state}.", state=letter.state))
    letter.state, letter.tries, letter.next_try_at = State.WAITING, 0, ctx.now
    ctx.session.flush()
    _enqueue(ctx, letter.id, letter.next_try_at)
    return letter


def _enqueue(ctx: Context, id: int, when: datetime) -> None:
    ctx.as_system().enqueue("core.send_mail", mail_id=id, lock=f"mail:{id}", run_at=when)


# --- Jobs


@within("a job of the system")
def send(ctx: Context, mail_id: int) -> Computation[Posted] | Done:
    """One mail: read here, posted with no transaction open, and noted afterwards."""
    letter = ctx.session.get(OutgoingMail, mail_id, with_for_update=True, populate_existing=True)
    if letter is None or letter.state is not State.WAITING or letter.next_try_at > ctx.now:
        return Done(say("nothing to do any more"))
    server = ctx.settings.smtp_url
    if server is None:
        letter.error = NO_SERVER
        return Done(say(NO_SERVER))
    attached = []
    for file_id in letter.file_ids:
        file = files.readable(ctx, file_id)
        attached.append((file.name, file.media_type, files.content(ctx, file_id)))
    ready = mail.compose(
        Letter(
            id=letter.id,
            sender=ctx.settings.mail_from,
            to_address=letter.to_address,
            to_name=letter.to_name,
            reply_to=letter.reply_to,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            written_at=letter.created_at,
            attached=tuple(attached),
        )
    )

    def post(_telling: Reporter) -> Posted:
        return mail.post(server, ready)

    def then(later: Context, posted: Posted) -> Done:
        return _note(later, mail_id, posted)

    return Computation(post, then)


def _note(ctx: Context, mail_id: int, posted: Posted) -> Done:
    letter = ctx.session.get_one(OutgoingMail, mail_id, with_for_update=True, populate_existing=True)
    letter.tries += 1
    letter.error = posted.error
    if posted.error is None:
        letter.state, letter.sent_at = State.SENT, ctx.now
        return Done(say("sent to {to_address}", to_address=letter.to_address))
    wait = after_failure(letter.tries, posted)
    if wait is None:
        letter.state = State.FAILED
        return Done(say("given up: {error}", error=posted.error))
    letter.next_try_at = ctx.now + wait
    ctx.session.flush()
    _enqueue(ctx, letter.id, letter.next_try_at)
    return Done(
        say("tried again at {next_try_at:%H:%M} UTC: {error}", next_try_at=letter.next_try_at, error=posted.error)
    )


@within("a job of the system")
def look(ctx: Context) -> Done:
    """Every few minutes: mails that are due and that no job waits for, as after a server was set at last."""
    if ctx.settings.smtp_url is None:
        return Done(say(NO_SERVER))
    due = sa.select(OutgoingMail.id, OutgoingMail.next_try_at).where(
        OutgoingMail.state == State.WAITING, OutgoingMail.next_try_at <= ctx.now
    )
    found = ctx.session.execute(due.order_by(OutgoingMail.next_try_at).limit(LOOKED_AT_ONCE)).all()
    for id, when in found:
        _enqueue(ctx, id, when)
    return Done(say("{found} mails are due", found=len(found)))
