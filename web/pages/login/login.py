"""The sign-in page: throttled, the same words for a wrong login and a wrong password, a new session each time."""

from __future__ import annotations

import os
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from plantops import identities, passkeys, people, sessions, signing_in
from plantops.db import let_go
from plantops.errors import Invalid, PlantopsError, Throttled, Unauthenticated, Unavailable
from plantops.identities import Trip
from plantops.module import load
from web.page import Context, Form, Query, pages_router, render, see
from web.pages.login.entry import CHALLENGE, COMPANY, SECOND, went_on
from web.session import (
    door_of,
    drop_note,
    end_session,
    house_of,
    note_of,
    put_note,
    safe_path,
    session_token,
    signed_in,
)
from web.visit import this_visit

router = pages_router(public=True)
leaving = pages_router()


@dataclass(frozen=True)
class Credentials:
    login: str
    password: str
    next: str = "/"


# --- With a password


@router.get("/login")
def show(ctx: Context, query: Query) -> Response:
    return login_page(ctx, safe_path(query.get("next", "/")), {})


@router.post("/login")
def sign_in(ctx: Context, request: Request, form: Form) -> Response:
    try:
        given = form.into(Credentials)
        let_go(ctx.session)  # a shift that signs in together would hold every connection while passwords are checked
        came = signing_in.by_password(ctx, given.login, given.password, door_of(request))
    except (Invalid, Unauthenticated, Throttled) as error:
        return refused(ctx, form, error)
    return went_on(ctx, request, came, given.next)


@leaving.post("/logout")
def sign_out(ctx: Context, request: Request) -> Response:
    """Out of this house; who came by the company's service is told that they are still signed in there."""
    here = session_token(request)
    by_company = people.method_of(ctx.session, here).startswith("company")
    people.sign_out(ctx.session, here, ctx.now)
    response: Response = RedirectResponse("/login/left" if by_company else "/login", status_code=303)
    end_session(response, house_of(request).settings)
    drop_note(response, ctx.settings, SECOND)
    return response


# --- With a passkey


@router.post("/login/passkey/begin")
def ask_for_passkey(ctx: Context) -> Response:
    options, note = passkeys.ask(ctx.session, ctx.settings, None, ctx.now)
    response = Response(options, media_type="application/json")
    put_note(response, ctx.settings, CHALLENGE, note, int(passkeys.CHALLENGE_LASTS.total_seconds()))
    return response


@router.post("/login/passkey")
def by_passkey(ctx: Context, request: Request, form: Form) -> Response:
    try:
        came = signing_in.by_passkey(ctx, form.text("answer"), note_of(request, CHALLENGE), door_of(request))
    except (Invalid, Unauthenticated, Throttled) as error:
        return refused(ctx, form, error)
    return went_on(ctx, request, came, form.text("next"))


# --- With the company's account


@router.get("/login/company")
def to_company(ctx: Context, query: Query) -> Response:
    """A GET, for a form may not lead to another host (content security policy)."""
    next = safe_path(query.get("next", "/"))
    try:
        url, note = identities.leave(ctx, Trip.SIGN_IN, next)
    except Unavailable as error:
        return login_page(ctx, next, {"company": error.message}, status=503)
    response = RedirectResponse(url, status_code=303)
    put_note(response, ctx.settings, COMPANY, note, int(identities.TRIP_LASTS.total_seconds()))
    return response


@router.get("/login/company/back")
def from_company(ctx: Context, request: Request, query: Query) -> Response:
    note = note_of(request, COMPANY)
    try:
        back = identities.come_back(ctx, note, dict(query))
        if back.trip is Trip.SIGN_IN:
            return went_on(ctx, request, signing_in.by_company(ctx, back.told, door_of(request)), back.next)
        person = signed_in(request, ctx.session)
        toast = sessions.finish_trip(person, back, session_token(request))
    except (Unauthenticated, Unavailable, PlantopsError) as error:
        response = login_page(ctx, "/", {"company": error.message}, status=403)
    else:
        response = see(person, safe_path(back.next), toast)
    drop_note(response, ctx.settings, COMPANY)
    return response


@router.get("/login/left")
def left(ctx: Context) -> Response:
    company = identities.company_of(ctx.settings)
    try:
        url = identities.service(ctx.settings).leaving(f"{ctx.settings.public_url}/login", ctx.now)
    except Unavailable:
        url = None
    return render(ctx, "login/left.html", company=company.name, url=url)


# --- The page itself


def refused(ctx: Context, form: Form, error: Invalid | Unauthenticated | Throttled) -> Response:
    """The same page again, or the sentence in the open one."""
    if this_visit().is_partial:
        raise Invalid(error.message, fields=error.fields) from error
    return login_page(ctx, safe_path(form.text("next")), error.fields or {"login": error.message}, form.text("login"))


def login_page(
    ctx: Context, next: str, errors: dict[str, str], login: str = "", *, status: int | None = None
) -> Response:
    company = ctx.settings.company
    return render(
        ctx,
        "login/login.html",
        status=status or (422 if errors else 200),
        values={"login": login},
        errors=errors,
        next=next,
        company=company.name if company else None,
        demo=demo_logins(),
    )


def demo_logins() -> list[tuple[str, str]]:
    """In the demo, whom one can be; nowhere else."""
    return list(load("plantops.demo.plant:ROLE_LOGINS")) if os.environ.get("PLANTOPS_DEMO") == "1" else []
