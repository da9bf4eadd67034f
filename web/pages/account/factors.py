"""How somebody signs in: sessions, authenticator apps, passkeys, recovery codes, the company's account."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from plantops import authenticators, codes, factors, identities, passkeys, sealing, sessions
from plantops.identities import Trip
from plantops.wording import plural, say
from web.page import Context, Form, Query, pages_router, render, see
from web.session import drop_note, note_of, put_note, safe_path, session_token
from web.templates import safe

router = pages_router()

HERE = "/account/sign-in"
CODES, CHALLENGE, COMPANY = "codes", "challenge", "company"


@router.get(HERE)
def show(ctx: Context, request: Request) -> Response:
    held = factors.mine(ctx)
    company = ctx.settings.company
    return render(
        ctx,
        "account/sign_in.html",
        held=held,
        why_not_remove=factors.why_not_remove_factor(held),
        why_not_unlink=factors.why_not_unlink(held),
        sessions=sessions.list_mine(ctx, session_token(request)),
        apps=authenticators.list_mine(ctx),
        passkeys=passkeys.list_mine(ctx),
        identities=identities.list_mine(ctx),
        company=company.name if company else None,
    )


# --- Sessions


@router.post("/account/sessions/others/end")
def end_others(ctx: Context, request: Request) -> Response:
    ended = sessions.end_others(ctx, session_token(request))
    return see(ctx, HERE, plural("{n} other session has ended.", "{n} other sessions have ended.", ended))


@router.post("/account/sessions/{id}/end")
def end(ctx: Context, id: int) -> Response:
    sessions.end(ctx, id)
    return see(ctx, HERE, say("The session has ended."))


# --- Authenticator apps


@router.post("/account/apps")
def begin_app(ctx: Context, form: Form) -> Response:
    authenticators.begin(ctx, form.text("name", required=True))
    return see(ctx, "/account/apps/new")


@router.get("/account/apps/new")
def new_app(ctx: Context) -> Response:
    factors.need_recent(ctx)
    app = authenticators.pending(ctx)
    if app is None:
        return see(ctx, HERE)
    picture = safe(codes.qr_svg(app.address, title=say("Code for the authenticator app")))
    return render(ctx, "account/app_new.html", app=app, picture=picture)


@router.post("/account/apps/confirm")
def confirm_app(ctx: Context, form: Form) -> Response:
    return with_codes(ctx, authenticators.confirm(ctx, form.text("code", required=True)), say("The app is set up."))


@router.post("/account/apps/{id}/remove")
def remove_app(ctx: Context, id: int) -> Response:
    authenticators.remove(ctx, id)
    return see(ctx, HERE, say("The app is removed."))


# --- Passkeys


@router.post("/account/passkeys/begin")
def begin_passkey(ctx: Context) -> Response:
    options, note = passkeys.begin(ctx)
    response = Response(options, media_type="application/json")
    put_note(response, ctx.settings, CHALLENGE, note, int(passkeys.CHALLENGE_LASTS.total_seconds()))
    return response


@router.post("/account/passkeys")
def add_passkey(ctx: Context, request: Request, form: Form) -> Response:
    made = passkeys.add(ctx, form.text("name", required=True), form.text("answer"), note_of(request, CHALLENGE))
    return with_codes(ctx, made, say("The passkey is added."))


@router.post("/account/passkeys/{id}/name")
def rename_passkey(ctx: Context, id: int, form: Form) -> Response:
    passkeys.rename(ctx, id, form.text("name", required=True))
    return see(ctx, HERE, say("The passkey has its new name."))


@router.post("/account/passkeys/{id}/remove")
def remove_passkey(ctx: Context, id: int) -> Response:
    passkeys.remove(ctx, id)
    return see(ctx, HERE, say("The passkey is removed."))


# --- Recovery codes: carried sealed to the page that shows them, so that no answer with them is kept anywhere


@router.post("/account/recovery-codes")
def renew_codes(ctx: Context) -> Response:
    return with_codes(ctx, authenticators.renew_codes(ctx), say("The codes that you had before are void."))


@router.get("/account/recovery-codes")
def show_codes(ctx: Context, request: Request, query: Query) -> Response:
    told = sealing.read_note(ctx.settings, CODES, note_of(request, CODES), ctx.now)
    if told is None or told["user"] != ctx.user.id:
        return see(ctx, HERE)
    next = safe_path(query.get("next", HERE))
    response = render(ctx, "account/recovery_codes.html", codes=told["codes"], next=next)
    drop_note(response, ctx.settings, CODES)
    return response


def with_codes(ctx: Context, made: list[str], toast: str) -> Response:
    if not made:
        return see(ctx, HERE, toast)
    response = see(ctx, "/account/recovery-codes", toast)
    lasts = passkeys.CHALLENGE_LASTS
    note = sealing.note(ctx.settings, CODES, {"user": ctx.user.id, "codes": made}, ctx.now, lasts)
    put_note(response, ctx.settings, CODES, note, int(lasts.total_seconds()))
    return response


# --- The company's account


@router.get("/account/company/link")
def link_company(ctx: Context) -> Response:
    """A GET, for a form may not lead to another host; it changes nothing before the person came back."""
    url, note = identities.leave(ctx, Trip.LINK, HERE)
    response = RedirectResponse(url, status_code=303)
    put_note(response, ctx.settings, COMPANY, note, int(identities.TRIP_LASTS.total_seconds()))
    return response


@router.post("/account/company/{id}/unlink")
def unlink_company(ctx: Context, id: int) -> Response:
    identities.unlink(ctx, id)
    return see(ctx, HERE, say("The company account is unlinked."))
