"""Passkeys: a key in the phone or computer signs in by itself, unlocked by a finger, a face or a PIN."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from plantops import authenticators, factors, sealing
from plantops.context import Context, anyone, mark_actor
from plantops.db import get
from plantops.errors import Conflict, Invalid, Unauthenticated
from plantops.factors import Passkey
from plantops.module import load
from plantops.settings import Settings
from plantops.wording import say

MOST_KEYS = 20
CHALLENGE_LASTS = timedelta(minutes=5)
NEW, SHOW = "new passkey", "show passkey"


# --- Questions


@anyone("each person sees their own passkeys")
def list_mine(ctx: Context) -> list[Passkey]:
    query = sa.select(Passkey).where(Passkey.user_id == ctx.user.id)
    return list(ctx.session.scalars(query.order_by(Passkey.id)))


def checks(name: str) -> Any:
    """A function of the file beside; its library takes half a second to load, so only who meets a passkey loads it."""
    return load(f"plantops.passkey_checks:{name}")


# --- Actions: each begins with a challenge, which the browser carries sealed until it brings the answer


@anyone("each person adds their own passkey")
def begin(ctx: Context) -> tuple[str, str]:
    """(options for the browser, the note to carry)."""
    factors.need_recent(ctx)
    if reason := checks("why_not_here")(ctx.settings.public_url):
        raise Conflict(say("No passkey can be made here: {reason}.", reason=reason))
    known = list_mine(ctx)
    if len(known) >= MOST_KEYS:
        raise Conflict(say("You have {most_keys} passkeys already. Remove one first.", most_keys=MOST_KEYS))
    challenge = secrets.token_bytes(32)
    handle = known[0].user_handle if known else secrets.token_bytes(32)
    options = checks("registration")(
        ctx.settings.public_url,
        challenge=challenge,
        handle=handle,
        login=ctx.user.login,
        name=ctx.user.name,
        known=[key.credential_id for key in known],
    )
    facts = {"user": ctx.user.id, "challenge": words(challenge), "handle": words(handle)}
    return options, sealing.note(ctx.settings, NEW, facts, ctx.now, CHALLENGE_LASTS)


@anyone("each person adds their own passkey")
def add(ctx: Context, name: str, answer: str, note: str) -> list[str]:
    """The passkey counts from now on; the first factor brings ten recovery codes, which are shown once."""
    factors.need_recent(ctx)
    if reason := factors.why_not_name(name):
        raise Invalid(say("The passkey cannot be added: {reason}.", reason=reason), field="name")
    facts = sealing.read_note(ctx.settings, NEW, note, ctx.now)
    if facts is None or facts["user"] != ctx.user.id:
        raise Conflict(say("Too much time has passed. Begin again."))
    user = factors.own(ctx)
    made = checks("read_new")(ctx.settings.public_url, answer, bytes_of(facts["challenge"]))
    factors.spend(ctx.session, NEW, facts["once"], ctx.now)
    if ctx.session.scalar(sa.select(Passkey.id).where(Passkey.credential_id == made.credential_id)):
        raise Conflict(say("This passkey is known already."))
    row = Passkey(
        user_id=user.id,
        name=name.strip(),
        credential_id=made.credential_id,
        public_key=made.public_key,
        user_handle=bytes_of(facts["handle"]),
        sign_count=made.sign_count,
        is_synced=made.is_synced,
        created_at=ctx.now,
    )
    ctx.session.add(row)
    ctx.session.flush()
    factors.tell(
        ctx, user, say("A passkey was added"), say("The passkey “{name}” now signs in to your account.", name=row.name)
    )
    return [] if factors.mine(ctx).codes_left else authenticators.write_codes(ctx)


@anyone("each person names their own passkeys")
def rename(ctx: Context, id: int, name: str) -> None:
    if reason := factors.why_not_name(name):
        raise Invalid(say("The passkey cannot be called that: {reason}.", reason=reason), field="name")
    query = sa.select(Passkey).where(Passkey.user_id == ctx.user.id, Passkey.id == id)
    get(ctx.session, query, what="passkey", lock=True).name = name.strip()
    ctx.session.flush()


@anyone("each person removes their own passkey")
def remove(ctx: Context, id: int) -> None:
    factors.need_recent(ctx)
    user = factors.own(ctx)
    query = sa.select(Passkey).where(Passkey.user_id == user.id, Passkey.id == id)
    row = get(ctx.session, query, what="passkey", lock=True)
    if reason := factors.why_not_remove_factor(factors.mine(ctx)):
        raise Conflict(say("{name} cannot be removed: {reason}.", name=row.name, reason=reason))
    ctx.session.delete(row)
    ctx.session.flush()
    factors.drop_codes_of_nothing(ctx, user.id)
    factors.tell(
        ctx, user, say("A passkey was removed"), say("The passkey “{name}” no longer signs in.", name=row.name)
    )


# --- At the door: before there is a context


def ask(session: Session, settings: Settings, user_id: int | None, now: datetime) -> tuple[str, str]:
    """(options for the browser, the note to carry); of one person's keys, or of any."""
    challenge = secrets.token_bytes(32)
    allowed: list[bytes] = []
    if user_id is not None:
        allowed = list(session.scalars(sa.select(Passkey.credential_id).where(Passkey.user_id == user_id)))
    options = checks("request")(settings.public_url, challenge=challenge, allowed=allowed)
    return options, sealing.note(settings, SHOW, {"challenge": words(challenge), "user": user_id}, now, CHALLENGE_LASTS)


def use(session: Session, settings: Settings, answer: str, note: str, now: datetime) -> int:
    """Whose passkey this is, proved. Raises Unauthenticated; each challenge is answered once."""
    facts = sealing.read_note(settings, SHOW, note, now)
    if facts is None:
        raise Unauthenticated(say("Too much time has passed. Begin again."))
    refused = Unauthenticated(say("This passkey is not known here, or it was removed."))
    try:
        shown = checks("read_shown")(answer)
        query = sa.select(Passkey).where(Passkey.credential_id == shown.credential_id).with_for_update()
        row = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
        if row is None or facts["user"] not in (None, row.user_id):
            raise refused
        if shown.user_handle is not None and shown.user_handle != row.user_handle:
            raise refused
        challenge = bytes_of(facts["challenge"])
        count, is_synced = checks("check")(
            settings.public_url, answer, challenge, public_key=row.public_key, sign_count=row.sign_count
        )
    except Invalid as error:
        raise Unauthenticated(error.message) from error
    mark_actor(session, row.user_id)
    factors.spend(session, SHOW, facts["once"], now)
    row.sign_count, row.is_synced, row.used_at = count, is_synced, now
    session.flush()
    return row.user_id


def words(value: bytes) -> str:
    return base64.b64encode(value).decode()


def bytes_of(text: str) -> bytes:
    return base64.b64decode(text)
