"""The second factor at the door: a code, a passkey, or setting one up where the role asks for it."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response

from plantops import codes, factors, passkeys, signing_in
from plantops.errors import Conflict, Invalid, Throttled, Unauthenticated
from plantops.signing_in import Half
from plantops.wording import say
from web.page import Context, Form, Query, pages_router, render, see
from web.pages.login.entry import CHALLENGE, SECOND, went_on
from web.session import door_of, drop_note, note_of, put_note, safe_path
from web.templates import safe
from web.visit import this_visit

router = pages_router(public=True)


def half_of(ctx: Context, request: Request) -> Half | None:
    try:
        return signing_in.half_way(ctx, note_of(request, SECOND))
    except Unauthenticated:
        return None


def again(ctx: Context, next: str) -> Response:
    """The note is gone, old or used: from the beginning."""
    response = see(ctx, f"/login?next={quote(next, safe='')}", say("Sign in again: too much time has passed."), "warn")
    drop_note(response, ctx.settings, SECOND)
    return response


def refused(error: Invalid | Conflict | Throttled | Unauthenticated) -> dict[str, str]:
    """What to write at the field; into the open page it goes by itself."""
    if this_visit().is_partial:
        raise Invalid(error.message, fields=error.fields or {"code": error.message}) from error
    return error.fields or {"code": error.message}


# --- A code, or a passkey


@router.get("/login/second")
def show(ctx: Context, request: Request, query: Query) -> Response:
    half, next = half_of(ctx, request), safe_path(query.get("next", "/"))
    return again(ctx, next) if half is None or half.enrols else second_page(ctx, half, next, {})


@router.post("/login/second")
def by_code(ctx: Context, request: Request, form: Form) -> Response:
    half, next = half_of(ctx, request), safe_path(form.text("next"))
    if half is None or half.enrols:
        return again(ctx, next)
    try:
        came = signing_in.by_code(ctx, half, form.text("code", required=True), door_of(request))
    except (Invalid, Conflict, Throttled, Unauthenticated) as error:
        return second_page(ctx, half, next, refused(error))
    return went_on(ctx, request, came, next)


@router.post("/login/second/passkey/begin")
def ask_for_passkey(ctx: Context, request: Request) -> Response:
    half = half_of(ctx, request)
    if half is None:
        raise Conflict(say("Too much time has passed. Sign in again."))
    options, note = passkeys.ask(ctx.session, ctx.settings, half.user.id, ctx.now)
    response = Response(options, media_type="application/json")
    put_note(response, ctx.settings, CHALLENGE, note, int(passkeys.CHALLENGE_LASTS.total_seconds()))
    return response


@router.post("/login/second/passkey")
def by_passkey(ctx: Context, request: Request, form: Form) -> Response:
    half, next = half_of(ctx, request), safe_path(form.text("next"))
    if half is None or half.enrols:
        return again(ctx, next)
    try:
        came = signing_in.by_passkey(ctx, form.text("answer"), note_of(request, CHALLENGE), door_of(request), half)
    except (Throttled, Unauthenticated) as error:
        return second_page(ctx, half, next, refused(error))
    return went_on(ctx, request, came, next)


def second_page(ctx: Context, half: Half, next: str, errors: dict[str, str]) -> Response:
    held = factors.held_by(ctx.session, half.user.id)
    return render(
        ctx, "login/second.html", status=422 if errors else 200, errors=errors, next=next, held=held, values={}
    )


# --- Setting one up


@router.get("/login/set-up")
def set_up(ctx: Context, request: Request, query: Query) -> Response:
    half, next = half_of(ctx, request), safe_path(query.get("next", "/"))
    return again(ctx, next) if half is None or not half.enrols else set_up_page(ctx, half, next, {})


@router.post("/login/set-up")
def by_first_code(ctx: Context, request: Request, form: Form) -> Response:
    half, next = half_of(ctx, request), safe_path(form.text("next"))
    if half is None or not half.enrols:
        return again(ctx, next)
    try:
        came = signing_in.by_first_code(ctx, half, form.text("code", required=True), door_of(request))
    except (Invalid, Throttled, Unauthenticated) as error:
        return set_up_page(ctx, half, next, refused(error))
    return went_on(ctx, request, came, next)


def set_up_page(ctx: Context, half: Half, next: str, errors: dict[str, str]) -> Response:
    app = signing_in.app_of(ctx, half)
    return render(
        ctx,
        "login/set_up.html",
        status=422 if errors else 200,
        errors=errors,
        values={},
        next=next,
        app=app,
        picture=safe(codes.qr_svg(app.address, title=say("Code for the authenticator app"))),
    )
