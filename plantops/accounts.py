"""Accounts: what an administrator sees and changes of other people's: name, roles, password."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from plantops import factors, outbox, people
from plantops.catalogues import languages
from plantops.context import SYSTEM_ID, Context, anyone, requires
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid, NotFound
from plantops.passwords import hashed, why_not_password
from plantops.people import User, UserGrant
from plantops.permissions import Can
from plantops.places import CostCentre, Site, sort_key
from plantops.wording import say


@dataclass(frozen=True)
class AccountFacts:
    name: str
    email: str | None = None
    language: str = "en"


@dataclass(frozen=True)
class GrantRow:
    """A role that somebody holds, and where; None is everywhere."""

    id: int
    role: str
    title: str
    site: str | None
    cost_centre: str | None


@dataclass(frozen=True)
class Account:
    id: int
    login: str
    name: str
    email: str | None
    language: str
    active: bool
    has_password: bool
    version: int
    grants: tuple[GrantRow, ...]


# --- Rules


def why_not_close(user_id: int, active: bool, actor_id: int) -> str | None:
    if user_id == SYSTEM_ID:
        return say("it is the system's own account")
    if user_id == actor_id:
        return say("it is your own account")
    if not active:
        return say("it is closed already")
    return None


# --- Questions


@requires(Can.READ_USERS)
def account(ctx: Context, id: int) -> Account:
    user = get(ctx.session, people.visible(ctx).where(User.id == id), what="account")
    return Account(
        user.id,
        user.login,
        user.name,
        user.email,
        user.language,
        user.active,
        user.password_hash is not None,
        user.version,
        grants_of(ctx, id),
    )


@requires(Can.READ_USERS)
def grants_of(ctx: Context, user_id: int) -> tuple[GrantRow, ...]:
    titles = ctx.registry.role_titles()
    rows = ctx.session.execute(
        sa.select(UserGrant.id, UserGrant.role, Site.name, CostCentre.code)
        .outerjoin(Site, Site.id == UserGrant.site_id)
        .outerjoin(CostCentre, CostCentre.id == UserGrant.cost_centre_id)
        .where(UserGrant.user_id == user_id)
        .order_by(UserGrant.role, UserGrant.id)
    )
    return tuple(GrantRow(id, role, titles.get(role, role), site, centre) for id, role, site, centre in rows)


# --- Actions


@requires(Can.MANAGE_USERS)
def add_user(
    ctx: Context, login: str, name: str, *, email: str | None = None, password: str | None = None, language: str = "en"
) -> User:
    """A new account, in a language that is there, with an address to which mails can go."""
    need_language(language)
    need_address(email)
    return people.add_user(ctx, login, name, email=email, password=password, language=language)


@requires(Can.MANAGE_USERS)
def change(ctx: Context, id: int, version: int, facts: AccountFacts) -> User:
    ctx.need_everywhere(Can.MANAGE_USERS, to="manage accounts")
    if not facts.name.strip():
        raise Invalid(say("An account needs a name."), field="name")
    need_language(facts.language)
    user = get(ctx.session, people.visible(ctx).where(User.id == id), what="account", version=version, lock=True)
    if user.id == SYSTEM_ID:
        raise Conflict(say("The system's own account stays as it is."))
    if facts.email != user.email:
        need_address(facts.email)
        factors.need_recent(ctx)  # a verified address may lead to an account
    user.name, user.email, user.language = facts.name.strip(), facts.email, facts.language
    user.sort_key = sort_key(user.name)
    bump(user)
    return user


@anyone("each person reads in the language of their choice")
def speak(ctx: Context, language: str) -> User:
    """Changes one's own language."""
    need_language(language)
    user = get(ctx.session, sa.select(User).where(User.id == ctx.user.id), what="account", lock=True)
    user.language = language
    bump(user)
    return user


def need_language(language: str) -> None:
    if language not in languages():
        known = ", ".join(languages().values())
        raise Invalid(
            say("This language is not known here. Choose one of {languages}.", languages=known), field="language"
        )


def need_address(email: str | None) -> None:
    if email and (reason := outbox.why_not_address(email)):
        raise Invalid(say("No mail can go there: {reason}.", reason=reason), field="email")


@requires(Can.MANAGE_USERS)
def set_password(ctx: Context, id: int, version: int, password: str) -> User:
    """A first or forgotten password, told to the person by other means; all of their sessions end."""
    ctx.need_everywhere(Can.MANAGE_USERS, to="manage accounts")
    factors.need_recent(ctx)
    if reason := why_not_password(password):
        raise Invalid(say("This password cannot be used: {reason}.", reason=reason), field="password")
    user = get(ctx.session, people.visible(ctx).where(User.id == id), what="account", version=version, lock=True)
    if user.id == SYSTEM_ID:
        raise Conflict(say("Nobody signs in as the system."))
    user.password_hash = hashed(password)
    bump(user)
    factors.end_sessions(ctx, id)
    return user


@requires(Can.MANAGE_USERS)
def open_again(ctx: Context, id: int, version: int) -> User:
    ctx.need_everywhere(Can.MANAGE_USERS, to="manage accounts")
    user = get(ctx.session, people.visible(ctx).where(User.id == id), what="account", version=version, lock=True)
    if user.active:
        raise Conflict(say("The account {login} is open.", login=user.login))
    user.active = True
    bump(user)
    return user


@requires(Can.MANAGE_USERS)
def take_back(ctx: Context, user_id: int, grant_id: int) -> None:
    """One role at one place. The last administrator stays."""
    ctx.need_everywhere(Can.MANAGE_USERS, to="manage accounts")
    this = sa.select(UserGrant).where(UserGrant.id == grant_id, UserGrant.user_id == user_id)
    held = ctx.session.scalar(this)
    if held and held.role == people.ADMINISTRATOR and held.site_id is None and held.cost_centre_id is None:
        people.leave_an_administrator(ctx, user_id)
    user = get(ctx.session, people.visible(ctx).where(User.id == user_id), what="account", lock=True)
    if ctx.session.scalar(this.execution_options(populate_existing=True)) is None or held is None:
        raise NotFound(say("This role was taken back already. Load the page again."))
    ctx.session.delete(held)
    bump(user)
    ctx.session.flush()
