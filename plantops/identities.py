"""Company accounts: who the company's own sign-in service says somebody is, and which account here that opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from plantops import factors, people, sealing
from plantops.context import SYSTEM_ID, Context, anyone, mark_actor, within
from plantops.db import get, let_go
from plantops.errors import Conflict, NotFound, Unauthenticated
from plantops.factors import Identity
from plantops.module import load
from plantops.people import User
from plantops.settings import CompanyAccounts, Settings
from plantops.wording import say

if TYPE_CHECKING:
    from plantops.oidc import Told

ROLE = "employee"


# --- Rules


def company_of(settings: Settings) -> CompanyAccounts:
    if settings.company is None:
        raise NotFound(say("No company account can be used here: none is set up."))
    return settings.company


def service(settings: Settings) -> Any:
    """The adapter; its library takes half a second to load, so only who uses it loads it."""
    return load("plantops.oidc:service")(company_of(settings))


def why_not_by_mail(company: CompanyAccounts, told: Told) -> str | None:
    """Why an address alone opens no account: whoever may choose an address there could choose anybody's."""
    if not company.links_by_mail:
        return say("accounts are not found by their mail address")
    if told.email is None or not told.email_is_verified:
        return say("the service has not verified the mail address")
    return None


# --- Questions


@anyone("each person sees their own company accounts")
def list_mine(ctx: Context) -> list[Identity]:
    query = sa.select(Identity).where(Identity.user_id == ctx.user.id)
    return list(ctx.session.scalars(query.order_by(Identity.id)))


# --- Actions


@anyone("each person links their own company account")
def link(ctx: Context, told: Told) -> None:
    factors.need_recent(ctx)
    user = factors.own(ctx)
    taken = find(ctx.session, told)
    if taken is not None:
        whose = say("your account") if taken.user_id == user.id else say("another account")
        raise Conflict(say("This company account is linked to {whose} already.", whose=whose))
    ctx.session.add(_row(user.id, told, ctx.now))
    ctx.session.flush()
    factors.tell(ctx, user, say("A company account was linked"), say("A company account now signs in to your account."))


@anyone("each person unlinks their own company account")
def unlink(ctx: Context, id: int) -> None:
    factors.need_recent(ctx)
    user = factors.own(ctx)
    row = get(
        ctx.session, sa.select(Identity).where(Identity.user_id == user.id, Identity.id == id), what="link", lock=True
    )
    if reason := factors.why_not_unlink(factors.mine(ctx)):
        raise Conflict(say("The company account stays linked: {reason}.", reason=reason))
    ctx.session.delete(row)
    ctx.session.flush()
    factors.tell(
        ctx, user, say("A company account was unlinked"), say("The company account no longer signs in to your account.")
    )


# --- At the door: before there is a context


def find(session: Session, told: Told) -> Identity | None:
    query = sa.select(Identity).where(Identity.issuer == told.issuer, Identity.subject == told.subject)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


@within("the company's service has said who it is; the settings say what that opens")
def opened_by(ctx: Context, told: Told) -> int:
    """Whose account it opens. Denied unless it was linked, or the settings let the service's word do more.

    `ctx` is the system's. Raises Unauthenticated.
    """
    company = company_of(ctx.settings)
    row = find(ctx.session, told)
    if row is None:
        user = _by_mail(ctx.session, company, told) or _made(ctx, company, told)
        if user is None:
            raise Unauthenticated(
                say(
                    "No account here is linked to {name} of {login}. Sign in "
                    "with your password and link it under My account, or ask an administrator.",
                    name=company.name,
                    login=told.login or told.email or "this person",
                )
            )
        row = _row(user.id, told, ctx.now)
        ctx.session.add(row)
    else:
        user = ctx.session.get_one(User, row.user_id)
    if not user.active:
        raise Unauthenticated(say("This account was closed. Ask an administrator."))
    mark_actor(ctx.session, user.id)
    row.used_at, row.email = ctx.now, told.email
    ctx.session.flush()
    return user.id


def _by_mail(session: Session, company: CompanyAccounts, told: Told) -> User | None:
    """The one open account with this verified address that has no company account yet."""
    if why_not_by_mail(company, told) or told.email is None:
        return None
    linked = sa.exists().where(Identity.user_id == User.id, Identity.issuer == told.issuer)
    query = sa.select(User).where(sa.func.lower(User.email) == told.email.lower(), User.active, ~linked)
    found = list(session.scalars(query.limit(2)))
    return found[0] if len(found) == 1 and found[0].id != SYSTEM_ID else None


def _made(ctx: Context, company: CompanyAccounts, told: Told) -> User | None:
    """A new account, when the settings say so; never over one that is there already."""
    login = (told.login or told.email or "").strip().lower()
    if not company.makes_accounts or not login or people.by_login(ctx.session, login):
        return None
    user = people.add_user(ctx, login, told.name or login, email=told.email if told.email_is_verified else None)
    people.grant(ctx, user.id, ROLE)
    return user


def _row(user_id: int, told: Told, now: datetime) -> Identity:
    return Identity(user_id=user_id, issuer=told.issuer, subject=told.subject, email=told.email, created_at=now)


# --- There and back: the browser carries sealed what was asked, so nobody can answer another's question

TRIP_LASTS = timedelta(minutes=10)
TRIP = "company account"


class Trip(StrEnum):
    """What somebody goes to the service for."""

    SIGN_IN = "sign in"
    LINK = "link"
    PROVE = "prove"


@dataclass(frozen=True)
class Return:
    """Who came back, and for what they had gone."""

    trip: Trip
    user_id: int | None
    next: str
    told: Told


@anyone("whoever comes to the door may go and ask the company's service")
def leave(ctx: Context, trip: Trip, next: str) -> tuple[str, str]:
    """(where to, the note to carry). No transaction is open while the service is asked."""
    company_of(ctx.settings)
    user_id = None if trip is Trip.SIGN_IN else ctx.user.id
    if trip is Trip.LINK:
        factors.need_recent(ctx)
    let_go(ctx.session)
    going = service(ctx.settings).begin(way_back(ctx.settings), ctx.now, again=trip is Trip.PROVE)
    facts = {"trip": trip, "user": user_id, "next": next, "going": asdict(going)}
    return going.url, sealing.note(ctx.settings, TRIP, facts, ctx.now, TRIP_LASTS)


@anyone("whoever comes to the door shows who they are")
def come_back(ctx: Context, note: str, answer: Mapping[str, str]) -> Return:
    """Raises Unauthenticated when the answer does not fit the question that this browser carries."""
    company_of(ctx.settings)
    facts = sealing.read_note(ctx.settings, TRIP, note, ctx.now)
    if facts is None:
        raise Unauthenticated(
            say("Too much time has passed, or the sign-in was begun in another browser. Begin again.")
        )
    trip, going = Trip(facts["trip"]), load("plantops.oidc:Going")(**facts["going"])
    let_go(ctx.session)
    told = service(ctx.settings).finish(way_back(ctx.settings), answer, going, ctx.now, again=trip is Trip.PROVE)
    factors.spend(ctx.session, TRIP, facts["once"], ctx.now)
    return Return(trip, facts["user"], facts["next"], told)


def way_back(settings: Settings) -> str:
    return f"{settings.public_url}/login/company/back"
