"""At the door: a password and, where there is one, a second factor; or a passkey; or the company's word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from plantops import authenticators, factors, identities, passkeys, people, sealing
from plantops.context import SYSTEM_ID, Context, anyone, mark_actor, within
from plantops.errors import Unauthenticated
from plantops.people import LoginTry, User
from plantops.wording import say

if TYPE_CHECKING:
    from plantops.oidc import Told

SECOND = "second factor"
SECOND_LASTS = timedelta(minutes=10)
FIRST_APP = "Phone"


@dataclass(frozen=True)
class Door:
    """Where somebody stands: address and device, as the list of sessions shows them."""

    address: str = ""
    device: str = ""


@dataclass(frozen=True)
class Opened:
    """A session; `codes_left` after a recovery code, `codes` when the first factor was just set up."""

    token: str
    codes_left: int | None = None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Waits:
    """Half-way in: the note says for whom, and nothing is open yet."""

    note: str
    enrols: bool


@dataclass(frozen=True)
class Half:
    """Whom a note is about."""

    user: User
    method: str
    enrols: bool
    once: str


# --- First factor


@anyone("whoever comes to the door shows who they are")
def by_password(ctx: Context, login: str, password: str, door: Door) -> Opened | Waits:
    """Raises Throttled, or Unauthenticated with the same sentence for an unknown account and a wrong password."""
    user_id = people.check_password(ctx.database, login, password, address=door.address, now=ctx.now)
    return _go_on(ctx, user_id, "password", door, is_strong=False)


@anyone("whoever comes to the door shows who they are")
def by_company(ctx: Context, told: Told, door: Door) -> Opened | Waits:
    """The company's service has said who it is. Raises Unauthenticated when that opens nothing here."""
    user_id = identities.opened_by(_as_system(ctx), told)
    return _go_on(ctx, user_id, "company account", door, is_strong=told.is_strong)


@anyone("whoever comes to the door shows who they are")
def by_passkey(ctx: Context, answer: str, challenge: str, door: Door, half: Half | None = None) -> Opened:
    """Two factors in one: the key, and the finger, face or PIN that unlocked it. Raises Unauthenticated."""
    with ctx.aside() as session:
        people.check_address(session, f"address:{door.address}", ctx.now)
    try:
        user_id = passkeys.use(ctx.session, ctx.settings, answer, challenge, ctx.now)
        if half is not None and half.user.id != user_id:
            raise Unauthenticated(say("This passkey belongs to another account."))
        user = _open_account(ctx, user_id)
    except Unauthenticated:
        with ctx.aside() as session:
            people.failed_again(session, f"address:{door.address}", ctx.now)
        raise
    if half is not None:
        factors.spend(ctx.session, SECOND, half.once, ctx.now)
    return Opened(_session(ctx, user.id, f"{half.method} and passkey" if half else "passkey", door, is_strong=True))


def _go_on(ctx: Context, user_id: int, method: str, door: Door, *, is_strong: bool) -> Opened | Waits:
    user = _open_account(ctx, user_id)
    held = factors.held_by(ctx.session, user_id)
    if is_strong or not (held.has_second or held.must):
        return Opened(_session(ctx, user_id, method, door, is_strong=is_strong))
    enrols = not held.has_second
    if enrols:
        authenticators.begin(_as(ctx, user_id), FIRST_APP)
    facts = {"user": user_id, "version": user.version, "method": method, "enrols": enrols}
    return Waits(sealing.note(ctx.settings, SECOND, facts, ctx.now, SECOND_LASTS), enrols)


# --- Second factor


@anyone("whoever comes to the door shows who they are")
def half_way(ctx: Context, note: str) -> Half:
    """Raises Unauthenticated when the note is none of ours, too old, or the account was changed since."""
    facts = sealing.read_note(ctx.settings, SECOND, note, ctx.now)
    if facts is None:
        raise Unauthenticated(say("Too much time has passed. Sign in again."))
    user = _open_account(ctx, facts["user"])
    held = factors.held_by(ctx.session, user.id)
    if user.version != facts["version"] or held.has_second == facts["enrols"]:
        raise Unauthenticated(say("This account was changed meanwhile. Sign in again."))
    return Half(user, facts["method"], facts["enrols"], facts["once"])


@anyone("whoever comes to the door shows who they are")
def by_code(ctx: Context, half: Half, code: str, door: Door) -> Opened:
    """The app's six digits, or a recovery code. Tries are counted for the account, whatever browser they come from.

    Raises Throttled or Unauthenticated.
    """
    if half.enrols:
        raise Unauthenticated(say("Set up your second factor first."))
    how = take_code(ctx, half.user.id, code, door.address)
    factors.spend(ctx.session, SECOND, half.once, ctx.now)
    method = f"{half.method} and {'code' if how == 'app' else 'recovery code'}"
    token = _session(ctx, half.user.id, method, door, is_strong=True)
    if how == "app":
        return Opened(token)
    left = factors.held_by(ctx.session, half.user.id).codes_left
    told = say("A recovery code signed in to your account. {left} are left.", left=left)
    factors.tell(_as(ctx, half.user.id), half.user, say("A recovery code was used"), told)
    return Opened(token, codes_left=left)


@within("the door, and whoever shows again who they are")
def take_code(ctx: Context, user_id: int, code: str, address: str) -> str:
    """How the code was right. Counted before it is looked at, so that guesses at once are counted too."""
    keys = (f"factor:{user_id}", f"address:{address}")
    with ctx.aside() as session:
        people.count_try(session, *keys, ctx.now)
    mark_actor(ctx.session, user_id)
    how = authenticators.use(ctx.session, ctx.settings, user_id, code, ctx.now)
    with ctx.aside() as session:
        if how is None:
            people.failed_again(session, keys[1], ctx.now)
        else:
            session.execute(sa.delete(LoginTry).where(LoginTry.key == keys[0]))
    if how is None:
        raise Unauthenticated(
            say("This code is not right, or it was used before. Wait for the next one."), field="code"
        )
    return how


@anyone("whoever comes to the door sets up what their role asks for")
def app_of(ctx: Context, half: Half) -> authenticators.Pending:
    """The app that is being set up at the door."""
    found = authenticators.pending(_as(ctx, half.user.id)) if half.enrols else None
    if found is None:
        raise Unauthenticated(say("No second factor is being set up. Sign in again."))
    return found


@anyone("whoever comes to the door sets up what their role asks for")
def by_first_code(ctx: Context, half: Half, code: str, door: Door) -> Opened:
    """The first code of a new app: it counts from now on, and the house opens."""
    app_of(ctx, half)
    codes = authenticators.confirm(_as(ctx, half.user.id), code, address=door.address)
    factors.spend(ctx.session, SECOND, half.once, ctx.now)
    token = _session(ctx, half.user.id, f"{half.method} and code", door, is_strong=True)
    return Opened(token, codes=tuple(codes))


# --- Steps


def _open_account(ctx: Context, user_id: int) -> User:
    user = ctx.session.get(User, user_id, populate_existing=True)
    if user is None or not user.active or user.id == SYSTEM_ID:
        raise Unauthenticated(say("This account does not exist or was closed."))
    return user


def _session(ctx: Context, user_id: int, method: str, door: Door, *, is_strong: bool) -> str:
    return people.open_session(
        ctx.session,
        user_id,
        method=method,
        is_strong=is_strong,
        address=door.address,
        device=door.device,
        now=ctx.now,
    )


def _as(ctx: Context, user_id: int) -> Context:
    """The same transaction in the name of who is at the door."""
    return people.context_for(
        ctx.session,
        user_id,
        registry=ctx.registry,
        database=ctx.database,
        settings=ctx.settings,
        now=ctx.now,
        request_id=ctx.request_id,
    )


def _as_system(ctx: Context) -> Context:
    return _as(ctx, SYSTEM_ID)
