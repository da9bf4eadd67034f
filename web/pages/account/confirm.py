"""Showing again that it is still you, before what changes how somebody signs in."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from plantops import factors, identities, passkeys, sessions
from plantops.identities import Trip
from plantops.wording import mark, say
from web.page import Context, Form, Query, pages_router, render, see
from web.session import address_of, note_of, put_note, safe_path, session_token

router = pages_router()

CHALLENGE, COMPANY = "challenge", "company"
THANKS = mark("Thank you. You can go on for ten minutes.")


@router.get("/account/confirm")
def show(ctx: Context, query: Query) -> Response:
    company = ctx.settings.company
    return render(
        ctx,
        "account/confirm.html",
        held=factors.mine(ctx),
        next=safe_path(query.get("next", "/account/sign-in")),
        company=company.name if company else None,
    )


@router.post("/account/confirm")
def by_password(ctx: Context, request: Request, form: Form) -> Response:
    password = form.text("password", required=True)
    sessions.prove_by_password(ctx, password, session_token(request), address=address_of(request))
    return see(ctx, safe_path(form.text("next")), say(THANKS))


@router.post("/account/confirm/code")
def by_code(ctx: Context, request: Request, form: Form) -> Response:
    code = form.text("code", required=True)
    sessions.prove_by_code(ctx, code, session_token(request), address=address_of(request))
    return see(ctx, safe_path(form.text("next")), say(THANKS))


@router.post("/account/confirm/passkey/begin")
def ask_for_passkey(ctx: Context) -> Response:
    options, note = passkeys.ask(ctx.session, ctx.settings, ctx.user.id, ctx.now)
    response = Response(options, media_type="application/json")
    put_note(response, ctx.settings, CHALLENGE, note, int(passkeys.CHALLENGE_LASTS.total_seconds()))
    return response


@router.post("/account/confirm/passkey")
def by_passkey(ctx: Context, request: Request, form: Form) -> Response:
    sessions.prove_by_passkey(ctx, form.text("answer"), note_of(request, CHALLENGE), session_token(request))
    return see(ctx, safe_path(form.text("next")), say(THANKS))


@router.get("/account/confirm/company")
def by_company(ctx: Context, query: Query) -> Response:
    url, note = identities.leave(ctx, Trip.PROVE, safe_path(query.get("next", "/account/sign-in")))
    response = RedirectResponse(url, status_code=303)
    put_note(response, ctx.settings, COMPANY, note, int(identities.TRIP_LASTS.total_seconds()))
    return response
