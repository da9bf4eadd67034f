"""What everybody may see and change of themselves: roles, language, password."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response

from plantops import accounts, people
from plantops.catalogues import languages
from plantops.errors import Invalid
from plantops.wording import say, speaking
from web.page import Context, Form, pages_router, render, see
from web.session import session_token

router = pages_router()


@dataclass(frozen=True)
class NewPassword:
    old: str
    new: str
    again: str


@router.get("/account")
def show(ctx: Context) -> Response:
    return render(ctx, "account/account.html", languages=languages().items())


@router.post("/account/language")
def speak(ctx: Context, form: Form) -> Response:
    spoken = accounts.speak(ctx, form.text("language")).language
    with speaking(spoken):
        return see(ctx, "/account", say("You read plantops in {language} now.", language=languages()[spoken]))


@router.post("/account/password")
def change_password(ctx: Context, form: Form, request: Request) -> Response:
    typed = form.into(NewPassword)
    if typed.new != typed.again:
        raise Invalid(say("The new password was typed in two different ways."), field="again")
    people.change_password(ctx, typed.old, typed.new, here=session_token(request))
    return see(ctx, "/account", say("Your password is changed. Every other session of yours has ended."))
