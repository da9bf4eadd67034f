"""Where somebody is signed in: the list of it, ending what was left open, and showing again that it is still them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from plantops import factors, identities, passkeys, passwords, people, signing_in
from plantops.context import SYSTEM_ID, Context, anyone, requires
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid, Unauthenticated
from plantops.identities import Return, Trip
from plantops.people import SignIn, User
from plantops.permissions import Can
from plantops.wording import mark, say

if TYPE_CHECKING:
    from plantops.oidc import Told

BROWSERS = (
    (r"Edg(?:A|iOS)?/", "Edge"),
    (r"OPR/", "Opera"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrome/|CriOS/", "Chrome"),
    (r"Safari/", "Safari"),
)
SYSTEMS = (
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"Mac OS X|Macintosh", "Mac"),
    (r"CrOS", "ChromeOS"),
    (r"Linux", "Linux"),
)


METHODS = (
    mark("password"),
    mark("passkey"),
    mark("company account"),
    mark("password and code"),
    mark("password and recovery code"),
    mark("password and passkey"),
    mark("company account and code"),
    mark("company account and recovery code"),
    mark("company account and passkey"),
)
"""How somebody signed in, as sessions keep it."""


@dataclass(frozen=True)
class SessionRow:
    id: int
    device: str
    address: str
    method: str
    began_at: datetime
    seen_at: datetime
    is_here: bool


# --- Rules


def device_name(user_agent: str) -> str:
    """`Firefox on Windows`: what a person knows their device by."""
    browser = next((name for pattern, name in BROWSERS if re.search(pattern, user_agent)), "")
    system = next((name for pattern, name in SYSTEMS if re.search(pattern, user_agent)), "")
    return (
        say("{browser} on {system}", browser=browser, system=system)
        if browser and system
        else browser or system or say("Unknown device")
    )


# --- Questions


@anyone("each person sees their own sessions")
def list_mine(ctx: Context, here: str) -> list[SessionRow]:
    """The open ones of this person, the one at hand first, then the last seen."""
    mark = people.digest(here)
    query = sa.select(SignIn).where(
        SignIn.user_id == ctx.user.id,
        SignIn.ended_at.is_(None),
        SignIn.seen_at >= ctx.now - people.IDLE,
        SignIn.created_at >= ctx.now - people.ABSOLUTE,
    )
    rows = [
        SessionRow(
            row.id,
            device_name(row.device),
            row.address,
            row.method,
            row.created_at,
            row.seen_at,
            row.token_hash == mark,
        )
        for row in ctx.session.scalars(query.order_by(SignIn.seen_at.desc(), SignIn.id.desc()))
    ]
    return sorted(rows, key=lambda row: not row.is_here)


# --- Actions


@anyone("each person ends their own sessions")
def end(ctx: Context, id: int) -> None:
    query = sa.select(SignIn).where(SignIn.id == id, SignIn.user_id == ctx.user.id, SignIn.ended_at.is_(None))
    get(ctx.session, query, what="session", lock=True).ended_at = ctx.now
    ctx.session.flush()


@anyone("each person ends their own sessions")
def end_others(ctx: Context, here: str) -> int:
    """All but the one at hand; returns how many."""
    others = sa.update(SignIn).where(
        SignIn.user_id == ctx.user.id, SignIn.ended_at.is_(None), SignIn.token_hash != people.digest(here)
    )
    return int(ctx.session.execute(others.values(ended_at=ctx.now)).rowcount)  # type: ignore[attr-defined]


@requires(Can.MANAGE_USERS)
def end_all_of(ctx: Context, user_id: int, version: int) -> User:
    """A laptop was stolen: everything that somebody has open ends at once."""
    ctx.need_everywhere(Can.MANAGE_USERS, to="end somebody's sessions")
    user = get(ctx.session, people.visible(ctx).where(User.id == user_id), what="account", version=version, lock=True)
    if user.id == SYSTEM_ID:
        raise Conflict(say("The system has no session."))
    factors.end_sessions(ctx, user_id)
    bump(user)
    return user


# --- Showing again who one is


@anyone("each person shows again who they are")
def prove_by_password(ctx: Context, password: str, here: str, *, address: str = "") -> None:
    """Guesses are counted as those at the door are: whoever finds a browser open guesses no further."""
    keys = (f"login:{ctx.user.login}", f"address:{address}")
    stored = ctx.session.scalar(sa.select(User.password_hash).where(User.id == ctx.user.id))
    if stored is None:
        raise Conflict(say("Your account has no password. Show a passkey, or sign in again."))
    with passwords.in_line(ctx.user.login, address):
        with ctx.aside() as session:
            people.count_try(session, *keys, ctx.now)
        if not passwords.matches(stored, password):
            raise Invalid(say("The password is not right."), field="password")
        with ctx.aside() as session:
            session.execute(sa.delete(people.LoginTry).where(people.LoginTry.key == keys[0]))
    _prove(ctx, here)


@anyone("each person shows again who they are")
def prove_by_code(ctx: Context, code: str, here: str, *, address: str = "") -> None:
    """For who signs in without a password: the app's next code."""
    try:
        signing_in.take_code(ctx, ctx.user.id, code, address)
    except Unauthenticated as error:
        raise Invalid(error.message, field="code") from error
    _prove(ctx, here)


@anyone("each person shows again who they are")
def prove_by_passkey(ctx: Context, answer: str, challenge: str, here: str) -> None:
    try:
        shown_by = passkeys.use(ctx.session, ctx.settings, answer, challenge, ctx.now)
    except Unauthenticated as error:
        raise Invalid(error.message) from error
    if shown_by != ctx.user.id:
        raise Invalid(say("This passkey belongs to another account."))
    _prove(ctx, here)


@anyone("each person shows again who they are")
def prove_by_company(ctx: Context, told: Told, here: str) -> None:
    """The company's service asked the person anew, and named the same one."""
    found = identities.find(ctx.session, told)
    if found is None or found.user_id != ctx.user.id:
        raise Conflict(say("This company account is not linked to your account."))
    _prove(ctx, here)


def _prove(ctx: Context, here: str) -> None:
    """Ten minutes begin, for this browser only."""
    this = sa.select(SignIn).where(SignIn.token_hash == people.digest(here), SignIn.user_id == ctx.user.id)
    get(ctx.session, this, what="session", lock=True).proved_at = ctx.now
    ctx.session.flush()


@anyone("each person finishes what they went to the company's service for")
def finish_trip(ctx: Context, back: Return, here: str) -> str:
    """Links the company account, or shows that it is still them; only in the session in which it was begun."""
    if back.user_id != ctx.user.id:
        raise Unauthenticated(say("This was begun by somebody else at this browser. Begin again."))
    if back.trip is Trip.LINK:
        identities.link(ctx, back.told)
        return say("The company account is linked.")
    prove_by_company(ctx, back.told, here)
    return say("Thank you. You can go on for ten minutes.")
