"""People who use plantops: users, what they may do where, their sessions and their tokens."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from plantops.context import SYSTEM_ID, Actor, Context, Grant, anyone, mark_actor, requires, within
from plantops.db import Base, Database, Id, SortKey, Versioned, bump, get, one_at_a_time, unaudited
from plantops.errors import Conflict, Invalid, NotFound, Throttled, Unauthenticated
from plantops.findable import found_by
from plantops.module import Registry
from plantops.passwords import hashed, in_line, matches, why_not_password
from plantops.permissions import Can
from plantops.places import Site, sort_key, wrong_reach
from plantops.settings import Settings
from plantops.wording import say

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=7)
TRIES_BEFORE_WAIT = 5
ADDRESS_TRIES_BEFORE_WAIT = 50  # a whole plant stands behind one address: one person's typing must not lock out all
WAIT = timedelta(minutes=1)
ADMINISTRATOR = "administrator"


# --- Tables


class User(Versioned, Base):
    __tablename__ = "core_user"
    __table_args__ = (*found_by("core_user", "name", "login"),)

    id: Mapped[Id]
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    sort_key: Mapped[SortKey]
    email: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en")
    password_hash: Mapped[str | None] = mapped_column(info={"hidden": True})
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    grants: Mapped[list[UserGrant]] = relationship(lazy="raise", cascade="all, delete-orphan")


class UserGrant(Base):
    """A role given to a user, everywhere or for one site and cost centre."""

    __tablename__ = "core_grant"
    __table_args__ = (
        sa.UniqueConstraint("user_id", "role", "site_id", "cost_centre_id", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"), index=True)
    role: Mapped[str]
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_site.id"))
    cost_centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_cost_centre.id"))


class SignIn(Base):
    """A session of a signed-in browser; the cookie's value is kept as a hash only."""

    __tablename__ = "core_session"
    __table_args__ = unaudited()

    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="", server_default="")
    method: Mapped[str] = mapped_column(default="password", server_default="password")
    is_strong: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Two factors were shown: a role that asks for them opens only then."""
    proved_at: Mapped[datetime | None]
    """When the person last showed who they are; None: at the beginning only."""


class Token(Base):
    """An API token: its scopes narrow what its owner may do."""

    __tablename__ = "core_token"

    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, unique=True, info={"hidden": True})
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"), index=True)
    name: Mapped[str] = mapped_column(default="", server_default="")
    scopes: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    used_on: Mapped[date | None]
    """The day of the last call: not the minute, so that a call seldom writes."""


class LoginTry(Base):
    """Failed sign-ins per account and address, for the throttle."""

    __tablename__ = "core_login_try"
    __table_args__ = unaudited()

    key: Mapped[str] = mapped_column(primary_key=True)
    failed: Mapped[int] = mapped_column(sa.Integer)
    last_at: Mapped[datetime]


# --- Rules


def has_ended(sign_in: SignIn, now: datetime) -> bool:
    return sign_in.ended_at is not None or now - sign_in.seen_at > IDLE or now - sign_in.created_at > ABSOLUTE


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def wait_seconds(failed: int, last_at: datetime, now: datetime, allowed: int = TRIES_BEFORE_WAIT) -> int:
    """How long an account waits after too many failed tries: a minute, doubled with each further one, to an hour."""
    if failed < allowed:
        return 0
    wait = min(WAIT * 2 ** min(failed - allowed, 6), timedelta(hours=1))
    return max(0, int((last_at + wait - now).total_seconds()))


# --- Questions


@dataclass(frozen=True)
class UserRow:
    id: int
    login: str
    name: str
    email: str | None
    active: bool
    roles: str


def visible(ctx: Context) -> sa.Select[User]:
    every = sa.select(User)
    return every if ctx.may(Can.READ_USERS) else every.where(User.id == ctx.user.id)


@requires(Can.READ_USERS)
def list_users(ctx: Context, search: str = "") -> list[UserRow]:
    roles = (
        sa.select(sa.func.coalesce(sa.func.string_agg(sa.distinct(UserGrant.role), sa.literal(", ")), ""))
        .where(UserGrant.user_id == User.id)
        .scalar_subquery()
    )
    query = (
        sa.select(User.id, User.login, User.name, User.email, User.active, roles.label("roles"))
        .where(User.id.in_(visible(ctx).with_only_columns(User.id)))
        .order_by(User.sort_key, User.id)
    )
    if search:
        query = query.where(User.sort_key.contains(sort_key(search), autoescape=True))
    return [UserRow(*row) for row in ctx.session.execute(query)]


@anyone("who works here by name is known to everybody who signs in")
def active_names(ctx: Context) -> list[tuple[int, str]]:
    """(id, name) of the open accounts, for choosing somebody."""
    query = sa.select(User.id, User.name).where(User.active, User.id != SYSTEM_ID).order_by(User.sort_key, User.id)
    return [(row.id, row.name) for row in ctx.session.execute(query)]


@within("work is given to who may do it at that site")
def who_may(ctx: Context, permission: StrEnum, site_id: int) -> list[tuple[int, str]]:
    """(id, name) of the open accounts with a role that carries this right at the site, or everywhere."""
    roles = [role for role, rights in ctx.registry.role_permissions().items() if str(permission) in rights]
    able = sa.select(UserGrant.user_id).where(
        UserGrant.role.in_(roles), UserGrant.site_id.is_(None) | (UserGrant.site_id == site_id)
    )
    query = sa.select(User.id, User.name).where(User.active, User.id.in_(able)).order_by(User.sort_key, User.id)
    return [(row.id, row.name) for row in ctx.session.execute(query)]


def actor_of(session: Session, registry: Registry, user: User, scopes: frozenset[str] | None = None) -> Actor:
    """The user with everything that the roles they hold allow."""
    rights = registry.role_permissions()
    rows = session.scalars(sa.select(UserGrant).where(UserGrant.user_id == user.id).order_by(UserGrant.id))
    grants = tuple(Grant(row.role, rights.get(row.role, frozenset()), row.site_id, row.cost_centre_id) for row in rows)
    return Actor(user.id, user.login, user.name, grants, user.language, scopes)


def context_for(
    session: Session,
    user: User | int,
    *,
    registry: Registry,
    database: Database,
    settings: Settings,
    now: datetime,
    scopes: frozenset[str] | None = None,
    on_behalf_of: int | None = None,
    request_id: str = "",
    channel: str = "web",
) -> Context:
    """The context of a person in this transaction; tells the audit trail who it is."""
    if isinstance(user, int):
        found = session.get(User, user)
        if found is None or not found.active:
            raise Unauthenticated(say("This account does not exist or was closed."))
        user = found
    mark_actor(session, user.id, on_behalf_of, request_id)
    zone = session.scalar(sa.select(Site.zone).where(Site.in_totals).order_by(Site.id).limit(1)) or "UTC"
    return Context(
        session=session,
        user=actor_of(session, registry, user, scopes),
        now=now,
        registry=registry,
        database=database,
        settings=settings,
        zone=ZoneInfo(zone),
        on_behalf_of=on_behalf_of,
        request_id=request_id,
        channel=channel,
    )


def by_login(session: Session, login: str) -> User | None:
    return session.scalar(sa.select(User).where(User.login == login.strip().lower()))


# --- Actions


@requires(Can.MANAGE_USERS)
def add_user(
    ctx: Context, login: str, name: str, *, email: str | None = None, password: str | None = None, language: str = "en"
) -> User:
    """A new account; without a password nobody can sign in to it until one is set."""
    ctx.need_everywhere(Can.MANAGE_USERS, to="manage accounts")
    login = login.strip().lower()
    if not login or len(login) > 100 or any(ch.isspace() for ch in login):
        raise Invalid(say("A login is 1 to 100 characters without spaces."), field="login")
    if by_login(ctx.session, login):
        raise Conflict(say("The login {login} is taken. Choose another.", login=login), field="login")
    if password is not None and (reason := why_not_password(password)):
        raise Invalid(say("This password cannot be used: {reason}.", reason=reason), field="password")
    user = User(
        login=login,
        name=name.strip() or login,
        sort_key=sort_key(name or login),
        email=email,
        language=language,
        password_hash=hashed(password) if password else None,
    )
    ctx.session.add(user)
    ctx.session.flush()
    return user


@requires(Can.MANAGE_USERS)
def grant(
    ctx: Context, user_id: int, role: str, *, site_id: int | None = None, cost_centre_id: int | None = None
) -> None:
    """Give a role; giving it twice changes nothing."""
    ctx.need_everywhere(Can.MANAGE_USERS, to="manage accounts")
    titles = ctx.registry.role_titles()
    if role not in titles:
        raise Invalid(
            say("There is no role {role}. Known: {titles}.", role=role, titles=", ".join(sorted(titles))), field="role"
        )
    if wrong := wrong_reach(ctx, site_id, cost_centre_id):
        raise Invalid(say("This role cannot be given there."), fields=wrong)
    user = get(ctx.session, visible(ctx).where(User.id == user_id), what="user", lock=True)
    held = ctx.session.scalar(
        sa.select(UserGrant.id).where(
            UserGrant.user_id == user_id,
            UserGrant.role == role,
            UserGrant.site_id.is_not_distinct_from(site_id),
            UserGrant.cost_centre_id.is_not_distinct_from(cost_centre_id),
        )
    )
    if held is None:
        ctx.session.add(UserGrant(user_id=user_id, role=role, site_id=site_id, cost_centre_id=cost_centre_id))
        bump(user)
        ctx.session.flush()


@within("what takes an administrator away asks it first")
def leave_an_administrator(ctx: Context, user_id: int) -> None:
    """Somebody else is one, everywhere; decided one at a time, for two who shut each other out would leave nobody."""
    one_at_a_time(ctx.session, "administrators")
    administrators = sa.select(UserGrant.user_id).join(User, User.id == UserGrant.user_id)
    everywhere = (UserGrant.site_id.is_(None), UserGrant.cost_centre_id.is_(None))
    left = set(ctx.session.scalars(administrators.where(UserGrant.role == ADMINISTRATOR, User.active, *everywhere)))
    if left == {user_id}:
        raise Conflict(say("This is the last administrator. Make somebody else one first."))


@requires(Can.MANAGE_USERS)
def revoke(ctx: Context, user_id: int, role: str) -> None:
    """Take a role away everywhere. The last administrator stays."""
    ctx.need_everywhere(Can.MANAGE_USERS, to="manage accounts")
    if role == ADMINISTRATOR:
        leave_an_administrator(ctx, user_id)
    user = get(ctx.session, visible(ctx).where(User.id == user_id), what="user", lock=True)
    ctx.session.execute(sa.delete(UserGrant).where(UserGrant.user_id == user_id, UserGrant.role == role))
    bump(user)


@requires(Can.MANAGE_USERS)
def close_account(ctx: Context, user_id: int, version: int) -> User:
    """Nobody signs in with it any more; what it did stays."""
    ctx.need_everywhere(Can.MANAGE_USERS, to="manage accounts")
    leave_an_administrator(ctx, user_id)
    user = get(ctx.session, visible(ctx).where(User.id == user_id), what="user", version=version, lock=True)
    if user.id in (SYSTEM_ID, ctx.user.id):
        raise Conflict(say("You cannot close this account: it is your own or the system's."))
    user.active = False
    bump(user)
    ctx.session.execute(sa.update(SignIn).where(SignIn.user_id == user_id).values(ended_at=ctx.now))
    ctx.session.execute(sa.update(Token).where(Token.user_id == user_id).values(ended_at=ctx.now))
    return user


@anyone("everybody may change their own password, and needs the old one for it")
def change_password(ctx: Context, old: str, new: str, *, here: str = "") -> None:
    """Ends every other session of this person; `here` is the token of the one that goes on.

    Guesses of the old one are counted as those at the door are: whoever finds a browser open guesses no further.
    """
    if reason := why_not_password(new):
        raise Invalid(say("This password cannot be used: {reason}.", reason=reason), field="new")
    key = f"login:{ctx.user.login}"
    stored = ctx.session.scalar(sa.select(User.password_hash).where(User.id == ctx.user.id))
    with in_line(ctx.user.login):
        with ctx.aside() as session:
            count_try(session, key, None, ctx.now)
        if not matches(stored, old):
            raise Invalid(say("The old password is not right."), field="old")
        with ctx.aside() as session:
            session.execute(sa.delete(LoginTry).where(LoginTry.key == key))
        made = hashed(new)
    user = get(ctx.session, sa.select(User).where(User.id == ctx.user.id), what="user", lock=True)
    if user.password_hash != stored:
        raise Conflict(say("Your password was changed meanwhile. Sign in with the new one."))
    user.password_hash = made
    bump(user)
    others = sa.update(SignIn).where(SignIn.user_id == user.id, SignIn.ended_at.is_(None))
    ctx.session.execute(others.where(SignIn.token_hash != digest(here)).values(ended_at=ctx.now))


# --- Signing in: before there is a context


def check_password(database: Database, login: str, password: str, *, address: str, now: datetime) -> int:
    """Whose login and password these are. Throttled per account and per address; opens nothing yet.

    Raises Throttled, or Unauthenticated with the same sentence for an unknown account and a wrong password.
    """
    login = login.strip().lower()[:200]
    keys = (f"login:{login}", f"address:{address}")
    with in_line(login, address):
        with database.transaction(beside=True) as session:
            count_try(session, *keys, now)
            user = by_login(session, login)
        is_right = matches(user.password_hash if user and user.active else None, password)  # no connection meanwhile
    with database.transaction(beside=True) as session:
        if is_right:
            session.execute(sa.delete(LoginTry).where(LoginTry.key == keys[0]))
        else:
            failed_again(session, keys[1], now)
    if not is_right or user is None:
        raise Unauthenticated(say("The login or the password is not right."), field="password")
    return user.id


def open_session(
    session: Session, user_id: int, *, method: str, is_strong: bool, address: str, device: str, now: datetime
) -> str:
    """A new session for who has shown who they are; returns the cookie's value."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            token_hash=digest(token),
            user_id=user_id,
            created_at=now,
            seen_at=now,
            proved_at=now,
            device=device[:200],
            address=address[:100],
            method=method,
            is_strong=is_strong,
        )
    )
    session.flush()
    return token


def count_try(session: Session, login_key: str, address_key: str | None, now: datetime) -> None:
    """Counts a try of the account as failed before the password is looked at: guesses at once are counted too.

    The address counts what did fail only: a shift that signs in together is not taken for a guesser.
    Raises Throttled when the account or the address has to wait. Who is signed in already comes from no address.
    """
    session.execute(insert(LoginTry).values(key=login_key, failed=0, last_at=now).on_conflict_do_nothing())
    this = sa.select(LoginTry).execution_options(populate_existing=True)
    login = session.scalars(this.where(LoginTry.key == login_key).with_for_update()).first()
    address = session.scalars(this.where(LoginTry.key == address_key)).first() if address_key else None
    allowed = ((login, TRIES_BEFORE_WAIT), (address, ADDRESS_TRIES_BEFORE_WAIT))
    if wait := max(wait_seconds(row.failed, row.last_at, now, most) if row else 0 for row, most in allowed):
        raise Throttled(
            say("Too many tries. Wait {wait} seconds, then try again.", wait=wait), details={"wait_seconds": wait}
        )
    failed_again(session, login_key, now)


def check_address(session: Session, key: str, now: datetime) -> None:
    """Raises Throttled when the address has to wait; for what cannot be guessed, and is counted when it failed."""
    row = session.scalars(sa.select(LoginTry).where(LoginTry.key == key)).first()
    if row and (wait := wait_seconds(row.failed, row.last_at, now, ADDRESS_TRIES_BEFORE_WAIT)):
        raise Throttled(
            say("Too many tries. Wait {wait} seconds, then try again.", wait=wait), details={"wait_seconds": wait}
        )


def failed_again(session: Session, key: str, now: datetime) -> None:
    """Counts a failed try; a quiet hour begins anew."""
    session.execute(
        sa.text(
            "INSERT INTO core_login_try (key, failed, last_at) VALUES (:key, 1, :now) ON CONFLICT (key) DO UPDATE SET"
            " failed = CASE WHEN core_login_try.last_at < :quiet THEN 1 ELSE core_login_try.failed + 1 END,"
            " last_at = :now"
        ),
        {"key": key, "now": now, "quiet": now - timedelta(hours=1)},
    )


def session_user(session: Session, token: str, now: datetime) -> int:
    """Whose session it is. Raises Unauthenticated when it has ended."""
    found = session.scalar(sa.select(SignIn).where(SignIn.token_hash == digest(token)))
    if found is None or has_ended(found, now):
        raise Unauthenticated(say("Your session has ended. Sign in again; what you typed is kept."))
    if now - found.seen_at > timedelta(minutes=1):
        found.seen_at = now
    return found.user_id


def method_of(session: Session, token: str) -> str:
    """How this session was begun; empty when there is none."""
    return session.scalar(sa.select(SignIn.method).where(SignIn.token_hash == digest(token))) or ""


def sign_out(session: Session, token: str, now: datetime) -> None:
    session.execute(sa.update(SignIn).where(SignIn.token_hash == digest(token)).values(ended_at=now))


@within("a person's own or an administrator's name for a user id")
def name_of(ctx: Context, user_id: int) -> str:
    name = ctx.session.scalar(sa.select(User.name).where(User.id == user_id))
    if name is None:
        raise NotFound(say("There is no such user."))
    return name
