"""What programs of one's own call with: API tokens, made once, seen and ended here."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from plantops import passkeys, sealing, tokens
from plantops.tokens import NewToken
from plantops.wording import say
from web.page import Context, Form, pages_router, render, see
from web.session import drop_note, note_of, put_note

router = pages_router()

HERE = "/account/tokens"
NOTE = "token"


@router.get(HERE)
def show(ctx: Context) -> Response:
    return render(
        ctx, "account/tokens.html", tokens=tokens.list_mine(ctx), rooms=tokens.my_rooms(ctx), lasts=tokens.LASTS
    )


@router.post(HERE)
def add(ctx: Context, form: Form) -> Response:
    text = tokens.add_mine(ctx, form.into(NewToken))
    # Sealed on its way to the page that shows it, so that no answer with it is kept anywhere.
    response = see(ctx, f"{HERE}/made", say("The token is made."))
    lasts = passkeys.CHALLENGE_LASTS
    note = sealing.note(ctx.settings, NOTE, {"user": ctx.user.id, "text": text}, ctx.now, lasts)
    put_note(response, ctx.settings, NOTE, note, int(lasts.total_seconds()))
    return response


@router.get(f"{HERE}/made")
def made(ctx: Context, request: Request) -> Response:
    told = sealing.read_note(ctx.settings, NOTE, note_of(request, NOTE), ctx.now)
    if told is None or told["user"] != ctx.user.id:
        return see(ctx, HERE)
    response = render(ctx, "account/token_made.html", text=told["text"])
    drop_note(response, ctx.settings, NOTE)
    return response


@router.post(f"{HERE}/{{id}}/end")
def end(ctx: Context, id: int) -> Response:
    tokens.end_mine(ctx, id)
    return see(ctx, HERE, say("The token has ended. Programs that call with it are refused."))
