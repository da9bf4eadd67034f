"""Who is at the browser: the cookie, the token against forged forms, and the context that follows from it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from plantops import people, tokens
from plantops.context import SYSTEM_ID, Actor, Context
from plantops.core import House
from plantops.entering import enter
from plantops.errors import Forbidden, Unauthenticated
from plantops.settings import Settings
from plantops.signing_in import Door
from plantops.wording import say

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
FORM_EXPIRED = "form_expired"
NOWHERE = SplitResult("nowhere", "", "", "", "")
COOKIE_SECONDS = int(people.ABSOLUTE.total_seconds())


@dataclass(frozen=True)
class Guest(Actor):
    """Somebody who is not signed in: recorded as the system, but with no right at all."""

    @property
    def is_system(self) -> bool:
        return False


def cookie_name(settings: Settings) -> str:
    """Behind TLS the name itself binds the cookie to this host, this path and TLS."""
    return "__Host-session" if is_secure(settings) else "session"


def is_secure(settings: Settings) -> bool:
    return settings.public_url.startswith("https:")


def session_token(request: Request) -> str:
    return str(request.cookies.get(cookie_name(house_of(request).settings), ""))


def house_of(request: Request) -> House:
    house: House = request.app.state.house
    return house


def csrf_of(token: str) -> str:
    """What every form must bring back; only who knows the session's token can work it out."""
    return hashlib.sha256(b"form:" + token.encode()).hexdigest()[:40] if token else ""


def check_csrf(token: str, given: str) -> None:
    """Raises Forbidden when a changing request does not come from a form that this session was given."""
    expected = csrf_of(token)
    if not expected or not hmac.compare_digest(expected, given):
        raise Forbidden(
            say("This form is out of date. Load the page again, then repeat what you did."), code=FORM_EXPIRED
        )


def signed_in(request: Request, session: Session, *, is_theirs: bool = True) -> Context:
    """The context of the person whose session the cookie names. Raises Unauthenticated.

    `is_theirs` says that they did something: what a page asks by itself keeps no session from ending.
    """
    house, token = house_of(request), session_token(request)
    if not token:
        raise Unauthenticated(say("Sign in first."))
    return enter(
        session,
        token,
        registry=house.registry,
        database=house.database,
        settings=house.settings,
        now=house.clock(),
        request_id=request_id(request),
        address=address_of(request),
        is_theirs=is_theirs,
    )


def guest(request: Request, session: Session) -> Context:
    """The context of somebody who need not sign in: a code at a door, the sign-in page itself."""
    house = house_of(request)
    ctx = house.context(session, SYSTEM_ID, channel="public", request_id=request_id(request))
    ctx.user = Guest(SYSTEM_ID, "guest", "Guest")
    return ctx


def bearer(request: Request, session: Session) -> Context:
    """The context of an API token's owner, narrowed to its scopes. Raises Unauthenticated."""
    house = house_of(request)
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Unauthenticated(say("Send an API token: Authorization: Bearer po_..."))
    shown = tokens.shown(session, token.strip(), house.clock())
    scopes = frozenset(shown.scopes.split())
    ctx = house.context(session, shown.user_id, channel="api", request_id=request_id(request), scopes=scopes)
    tokens.note_use(session, shown, ctx.now)
    return ctx


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def door_of(request: Request) -> Door:
    """Where somebody stands who signs in."""
    return Door(address_of(request), request.headers.get("user-agent", "")[:200])


def request_id(request: Request) -> str:
    return str(request.scope.get("plantops.request_id", ""))


def set_session(response: Response, settings: Settings, token: str) -> None:
    response.set_cookie(
        cookie_name(settings),
        token,
        max_age=COOKIE_SECONDS,
        path="/",
        secure=is_secure(settings),
        httponly=True,
        samesite="lax",
    )


def end_session(response: Response, settings: Settings) -> None:
    response.delete_cookie(cookie_name(settings), path="/", secure=is_secure(settings), httponly=True, samesite="lax")


def put_note(response: Response, settings: Settings, name: str, note: str, seconds: int) -> None:
    """What a browser carries sealed from one step of signing in to the next."""
    response.set_cookie(
        _note_cookie(settings, name),
        note,
        max_age=seconds,
        path="/",
        secure=is_secure(settings),
        httponly=True,
        samesite="lax",
    )


def note_of(request: Request, name: str) -> str:
    return str(request.cookies.get(_note_cookie(house_of(request).settings, name), ""))


def drop_note(response: Response, settings: Settings, name: str) -> None:
    response.delete_cookie(
        _note_cookie(settings, name), path="/", secure=is_secure(settings), httponly=True, samesite="lax"
    )


def _note_cookie(settings: Settings, name: str) -> str:
    return f"__Host-{name}" if is_secure(settings) else name


def taken_apart(address: str) -> SplitResult:
    """What a browser sent as an address; nothing at all where it is none, such as `//[`."""
    try:
        return urlsplit(address)
    except ValueError:
        return NOWHERE


def safe_path(asked: str) -> str:
    """Where to go after signing in: a path of this house, never another address."""
    parts = taken_apart(asked)
    if parts.scheme or parts.netloc or not asked.startswith("/") or asked.startswith(("//", "/\\", "/login")):
        return "/"
    return asked
