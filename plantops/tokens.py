"""API tokens: what a program shows instead of a password, narrowed to what it needs, seen and ended by its owner."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from plantops import factors, people
from plantops.context import SYSTEM_ID, Context, anyone, in_scopes, requires
from plantops.db import get
from plantops.errors import Conflict, Invalid, Unauthenticated
from plantops.module import Registry
from plantops.people import Token, User, digest
from plantops.permissions import Can
from plantops.wording import right, room_name, say, sentence

PREFIX = "po_"
LONGEST_DAYS = 365
LASTS = (7, 30, 90, LONGEST_DAYS)
"""Days that a token made at a browser may last."""
EVERYTHING = "*"


@dataclass(frozen=True)
class TokenRow:
    id: int
    name: str
    scopes: tuple[str, ...]
    may: tuple[str, ...]
    """The scopes in words."""
    created_at: datetime
    expires_at: datetime | None
    used_on: date | None


@dataclass(frozen=True)
class Room:
    """A module with what somebody may do in it."""

    scope: str
    title: str
    rights: tuple[tuple[str, str], ...]
    """Each as its scope and in words."""


@dataclass(frozen=True)
class NewToken:
    name: str
    days: int
    scopes: tuple[str, ...] = ()


# --- Rules


def spoken(scope: str, registry: Registry) -> str:
    """A scope for people: a right, a module, or everything; what is between the two by its code."""
    if scope == EVERYTHING:
        return say("everything that its owner may do")
    if scope in registry.names:
        return _room_title(scope)
    return sentence(right(scope)) if scope in _rights(registry) else scope


def _rights(registry: Registry) -> frozenset[str]:
    return frozenset(str(right) for module in registry.modules for right in module.permissions or ())


def _room_title(module: str) -> str:
    return say("Basics: accounts, items, stock, companies") if module == "core" else sentence(room_name(module))


def why_not_scopes(scopes: Sequence[str], registry: Registry) -> str | None:
    """Why these cannot be the scopes of a token; None when they can."""
    if not scopes:
        return say("A token needs at least one scope, for example purchasing.requisition.")
    rights = _rights(registry)
    for scope in scopes:
        if scope != EVERYTHING and not any(in_scopes(right, frozenset({scope})) for right in rights):
            return say("There is no scope “{scope}”. Name a module or a right, as in purchasing.order.", scope=scope)
    return None


# --- Questions


@anyone("each person sees their own tokens")
def list_mine(ctx: Context) -> list[TokenRow]:
    return _open_of(ctx, ctx.user.id)


@requires(Can.READ_USERS)
def list_of(ctx: Context, user_id: int) -> list[TokenRow]:
    """What programs of this person may still call with, the newest first."""
    get(ctx.session, people.visible(ctx).where(User.id == user_id), what="account")
    return _open_of(ctx, user_id)


@anyone("each person chooses from their own rights")
def my_rooms(ctx: Context) -> list[Room]:
    """What this person may do, by module: what a token of theirs can be narrowed to."""
    held = {code for grant in ctx.user.grants for code in grant.permissions}
    rooms = []
    for module in ctx.registry.names:
        mine = sorted((sentence(right(code)), code) for code in held if code.partition(".")[0] == module)
        if mine:
            rooms.append(Room(module, _room_title(module), tuple((code, title) for title, code in mine)))
    return rooms


# --- Actions


@anyone("each person lets programs of their own call, with no more than their own rights")
def add_mine(ctx: Context, new: NewToken) -> str:
    """A token of one's own, after showing again who one is. Its text is returned once and kept as a hash only."""
    factors.need_recent(ctx)
    if reason := factors.why_not_name(new.name):
        raise Invalid(say("This cannot be its name: {reason}.", reason=reason), field="name")
    if new.days not in LASTS:
        raise Invalid(say("A token lasts {longest} days at most.", longest=LONGEST_DAYS), field="days")
    text = _add(ctx, ctx.user.id, new)
    user = get(ctx.session, sa.select(User).where(User.id == ctx.user.id), what="account")
    what = say("A program can call with it in your name until it ends: {name}", name=new.name)
    factors.tell(ctx, user, say("An API token was made"), what)
    return text


@requires(Can.MANAGE_USERS)
def add(ctx: Context, user_id: int, scopes: str, *, name: str = "", days: int | None = LONGEST_DAYS) -> str:
    """A token for a person or for a program's own account. Its text is returned once and kept as a hash only."""
    ctx.need_everywhere(Can.MANAGE_USERS, to="manage accounts")
    if user_id == SYSTEM_ID:
        raise Conflict(say("Nobody calls as the system: a token's scopes do not narrow it. Make one for a person."))
    get(ctx.session, people.visible(ctx).where(User.id == user_id), what="account", lock=True)
    return _add(ctx, user_id, NewToken(name, days or 0, tuple(scopes.split())))


@anyone("each person ends their own tokens")
def end_mine(ctx: Context, id: int) -> None:
    """Programs that call with it are refused from now on."""
    _end(ctx, ctx.user.id, id)


@requires(Can.MANAGE_USERS)
def end(ctx: Context, user_id: int, id: int) -> None:
    ctx.need_everywhere(Can.MANAGE_USERS, to="end somebody's tokens")
    get(ctx.session, people.visible(ctx).where(User.id == user_id), what="account")
    _end(ctx, user_id, id)


# --- Calling: before there is a context


def shown(session: Session, text: str, now: datetime) -> Token:
    """The token of this text. Raises Unauthenticated when it is unknown or has ended."""
    found = session.scalar(sa.select(Token).where(Token.token_hash == digest(text)))
    if found is None or found.ended_at or (found.expires_at and found.expires_at <= now):
        raise Unauthenticated(say("This token is unknown or has ended. Make a new one under My account, API tokens."))
    return found


def note_use(session: Session, token: Token, now: datetime) -> None:
    """Keeps the day of the last call."""
    today = now.date()
    if token.used_on is None or token.used_on < today:
        mine = sa.update(Token).where(Token.id == token.id, Token.used_on.is_distinct_from(today))
        session.execute(mine.values(used_on=today))


# --- Inside


def _open_of(ctx: Context, user_id: int) -> list[TokenRow]:
    query = sa.select(Token).where(
        Token.user_id == user_id,
        Token.ended_at.is_(None),
        Token.expires_at.is_(None) | (Token.expires_at > ctx.now),
    )
    return [
        TokenRow(
            row.id,
            row.name,
            tuple(row.scopes.split()),
            tuple(spoken(scope, ctx.registry) for scope in row.scopes.split()),
            row.created_at,
            row.expires_at,
            row.used_on,
        )
        for row in ctx.session.scalars(query.order_by(Token.id.desc()))
    ]


def _add(ctx: Context, user_id: int, new: NewToken) -> str:
    if reason := why_not_scopes(new.scopes, ctx.registry):
        raise Invalid(reason, field="scopes")
    text = PREFIX + secrets.token_urlsafe(32)
    expires = ctx.now + timedelta(days=new.days) if new.days else None
    ctx.session.add(
        Token(
            token_hash=digest(text),
            user_id=user_id,
            name=new.name.strip(),
            scopes=" ".join(new.scopes),
            created_at=ctx.now,
            expires_at=expires,
        )
    )
    ctx.session.flush()
    return text


def _end(ctx: Context, user_id: int, id: int) -> None:
    query = sa.select(Token).where(Token.id == id, Token.user_id == user_id, Token.ended_at.is_(None))
    get(ctx.session, query, what="API token", lock=True).ended_at = ctx.now
    ctx.session.flush()
