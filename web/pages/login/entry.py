"""What every way in ends with: the session's cookie, or the step that is still missing."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response

from plantops import people, sealing, signing_in
from plantops.signing_in import Opened, Waits
from plantops.wording import say
from web.page import Context, see
from web.session import drop_note, put_note, safe_path, session_token, set_session

CODES, SECOND, CHALLENGE, COMPANY = "codes", "half-way", "challenge", "company"
NOTES = (SECOND, CHALLENGE, COMPANY)


def went_on(ctx: Context, request: Request, came: Opened | Waits, next: str) -> Response:
    """Into the house; or to the second factor."""
    next = safe_path(next)
    if isinstance(came, Waits):
        page = "/login/set-up" if came.enrols else "/login/second"
        response = see(ctx, f"{page}?next={quote(next, safe='')}")
        put_note(response, ctx.settings, SECOND, came.note, int(signing_in.SECOND_LASTS.total_seconds()))
        return response
    # Whoever was signed in at this browser before is not any more.
    people.sign_out(ctx.session, session_token(request), ctx.now)
    if came.codes:
        response = see(ctx, f"/account/recovery-codes?next={quote(next, safe='')}")
        user_id = people.session_user(ctx.session, came.token, ctx.now)
        note = sealing.note(
            ctx.settings, CODES, {"user": user_id, "codes": came.codes}, ctx.now, signing_in.SECOND_LASTS
        )
        put_note(response, ctx.settings, CODES, note, int(signing_in.SECOND_LASTS.total_seconds()))
    elif came.codes_left is not None:
        response = see(
            ctx,
            next,
            say("You used a recovery code; {codes_left} are left. Make new ones in time.", codes_left=came.codes_left),
            "warn",
        )
    else:
        response = see(ctx, next)
    set_session(response, ctx.settings, came.token)
    for name in NOTES:
        drop_note(response, ctx.settings, name)
    return response
