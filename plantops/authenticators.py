"""Authenticator apps and recovery codes: six digits that hold for half a minute, and ten words on paper."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import Session

from plantops import factors, people, sealing
from plantops.context import Context, anyone, within
from plantops.db import get
from plantops.errors import Conflict, Invalid, NotFound
from plantops.factors import Authenticator, RecoveryCode
from plantops.settings import Settings
from plantops.wording import say

STEP_SECONDS = 30  # RFC 6238; what every app takes for granted
WINDOW = 1  # a phone's clock may be one step off in either direction
CODES = 10
CODE_SIGNS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # none that is taken for another when read from paper
MOST_APPS = 5
PURPOSE = "totp"
ISSUER = "plantops"


@dataclass(frozen=True)
class Pending:
    """An app that is being set up: what the picture says, and the same to type."""

    id: int
    name: str
    address: str
    secret: str


# --- Rules


def typed(code: str) -> str:
    """As it was given out: people add spaces and dashes, and type small letters."""
    return re.sub(r"[\s-]", "", code).upper()


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The half minute whose code this is, if it is near enough; every candidate is compared, in the same time."""
    here = int(now.timestamp()) // STEP_SECONDS
    totp, found = pyotp.TOTP(secret), None
    for step in range(here - WINDOW, here + WINDOW + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            found = step
    return found


def looks_like_digits(code: str) -> bool:
    return len(code) == 6 and code.isascii() and code.isdigit()


def new_code() -> str:
    """75 bits, in four groups that can be read aloud."""
    signs = "".join(secrets.choice(CODE_SIGNS) for _ in range(16))
    return "-".join(signs[at : at + 4] for at in range(0, 16, 4))


# --- Questions


@anyone("each person sees their own apps")
def list_mine(ctx: Context) -> list[Authenticator]:
    query = sa.select(Authenticator).where(
        Authenticator.user_id == ctx.user.id, Authenticator.confirmed_at.is_not(None)
    )
    return list(ctx.session.scalars(query.order_by(Authenticator.id)))


@anyone("each person sees the app that they are setting up, and nobody else does")
def pending(ctx: Context) -> Pending | None:
    row = _unconfirmed(ctx)
    if row is None:
        return None
    secret = _secret_of(ctx.settings, row)
    address = pyotp.TOTP(secret).provisioning_uri(name=ctx.user.login, issuer_name=ISSUER)
    return Pending(row.id, row.name, address, secret)


def _unconfirmed(ctx: Context) -> Authenticator | None:
    query = sa.select(Authenticator).where(Authenticator.user_id == ctx.user.id, Authenticator.confirmed_at.is_(None))
    return ctx.session.scalars(
        query.order_by(Authenticator.id.desc()).execution_options(populate_existing=True)
    ).first()


def _secret_of(settings: Settings, row: Authenticator) -> str:
    return sealing.unseal(settings, PURPOSE, row.secret, f"user {row.user_id}").decode()


# --- Actions


@anyone("each person sets up their own app")
def begin(ctx: Context, name: str) -> Authenticator:
    """A new secret, which counts only when a code of it was typed; one at a time."""
    factors.need_recent(ctx)
    if reason := factors.why_not_name(name):
        raise Invalid(say("The app cannot be added: {reason}.", reason=reason), field="name")
    user = factors.own(ctx)
    if len(list_mine(ctx)) >= MOST_APPS:
        raise Conflict(say("You have {most_apps} apps already. Remove one first.", most_apps=MOST_APPS))
    drop_pending(ctx)
    sealed = sealing.seal(ctx.settings, PURPOSE, pyotp.random_base32().encode(), f"user {user.id}")
    row = Authenticator(user_id=user.id, name=name.strip(), secret=sealed, created_at=ctx.now)
    ctx.session.add(row)
    ctx.session.flush()
    return row


@anyone("each person gives up setting up their own app")
def drop_pending(ctx: Context) -> None:
    ctx.session.execute(
        sa.delete(Authenticator).where(Authenticator.user_id == ctx.user.id, Authenticator.confirmed_at.is_(None))
    )


@anyone("each person confirms their own app")
def confirm(ctx: Context, code: str, *, address: str = "") -> list[str]:
    """The app counts from now on; the first factor brings ten recovery codes, which are shown once."""
    factors.need_recent(ctx)
    keys = (f"factor:{ctx.user.id}", f"address:{address}")
    with ctx.aside() as session:
        people.count_try(session, *keys, ctx.now)
    user = factors.own(ctx)
    row = _unconfirmed(ctx)
    if row is None:
        raise NotFound(say("No app is being set up. Begin again."))
    step = step_of(_secret_of(ctx.settings, row), typed(code), ctx.now)
    if step is None:
        raise Invalid(
            say("This is not the code that the app shows now. Wait for the next one and type that."), field="code"
        )
    with ctx.aside() as session:
        session.execute(sa.delete(people.LoginTry).where(people.LoginTry.key == keys[0]))
    row.confirmed_at, row.last_step = ctx.now, step
    ctx.session.flush()
    factors.tell(
        ctx,
        user,
        say("An authenticator app was added"),
        say("The app “{name}” now shows codes for your account.", name=row.name),
    )
    return [] if factors.mine(ctx).codes_left else write_codes(ctx)


@anyone("each person removes their own app")
def remove(ctx: Context, id: int) -> None:
    factors.need_recent(ctx)
    user = factors.own(ctx)
    query = sa.select(Authenticator).where(Authenticator.user_id == user.id, Authenticator.confirmed_at.is_not(None))
    row = get(ctx.session, query.where(Authenticator.id == id), what="app", lock=True)
    if reason := factors.why_not_remove_factor(factors.mine(ctx)):
        raise Conflict(say("{name} cannot be removed: {reason}.", name=row.name, reason=reason))
    ctx.session.delete(row)
    ctx.session.flush()
    factors.drop_codes_of_nothing(ctx, user.id)
    factors.tell(
        ctx, user, say("An authenticator app was removed"), say("The app “{name}” no longer counts.", name=row.name)
    )


@anyone("each person makes their own recovery codes")
def renew_codes(ctx: Context) -> list[str]:
    """Ten new ones, shown once; those given out before are void."""
    factors.need_recent(ctx)
    user = factors.own(ctx)
    if not factors.mine(ctx).has_second:
        raise Conflict(say("Recovery codes stand in for a second factor. Add an app or a passkey first."))
    codes = write_codes(ctx)
    factors.tell(
        ctx, user, say("New recovery codes were made"), say("The recovery codes that you had before are void.")
    )
    return codes


@within("who adds a first factor or asks for new codes has shown who they are")
def write_codes(ctx: Context) -> list[str]:
    ctx.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == ctx.user.id))
    codes = [new_code() for _ in range(CODES)]
    ctx.session.add_all(
        RecoveryCode(user_id=ctx.user.id, code_digest=digest(ctx.settings, ctx.user.id, code), created_at=ctx.now)
        for code in codes
    )
    ctx.session.flush()
    return codes


def digest(settings: Settings, user_id: int, code: str) -> bytes:
    return sealing.keyed_digest(settings, "recovery code", f"{user_id}:{typed(code)}")


# --- At the door: before there is a context


def use(session: Session, settings: Settings, user_id: int, code: str, now: datetime) -> str | None:
    """How the code was right: "app" or "recovery"; None when it is not. Each code is taken once, also at one moment.

    The database decides which of two that come together was first: its row is locked while it is changed.
    """
    plain = typed(code)
    if looks_like_digits(plain):
        return "app" if _use_digits(session, settings, user_id, plain, now) else None
    taken = session.execute(
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id,
            RecoveryCode.code_digest == digest(settings, user_id, plain),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
    ).first()
    return "recovery" if taken else None


def _use_digits(session: Session, settings: Settings, user_id: int, code: str, now: datetime) -> bool:
    query = sa.select(Authenticator).where(Authenticator.user_id == user_id, Authenticator.confirmed_at.is_not(None))
    for row in session.scalars(query.order_by(Authenticator.id)):
        step = step_of(_secret_of(settings, row), code, now)
        if step is None:
            continue
        taken = session.execute(
            sa.update(Authenticator)
            .where(Authenticator.id == row.id, Authenticator.last_step.is_(None) | (Authenticator.last_step < step))
            .values(last_step=step, used_at=now)
            .returning(Authenticator.id)
        ).first()
        if taken:
            return True
    return False
