"""What everybody may see and change of themselves: roles, language, password."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response

from plantops import people
from plantops.errors import Invalid
from plantops.wording import say
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
    return render(ctx, "account/account.html")


@router.post("/account/password")
def change_password(ctx: Context, form: Form, request: Request) -> Response:
    typed = form.into(NewPassword)
    if typed.new != typed.again:
        raise Invalid(say("The new password was typed in two different ways."), field="again")
    people.change_password(ctx, typed.old, typed.new, here=session_token(request))
    return see(ctx, "/account", say("Your password is changed. Every other session of yours has ended."))
