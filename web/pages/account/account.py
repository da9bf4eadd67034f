"""What everybody may see and change of themselves: roles, language, password."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi.responses import Response

from plantops import people
from plantops.errors import Invalid
from web.page import Context, Form, pages_router, render, see

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
def change_password(ctx: Context, form: Form) -> Response:
    typed = form.into(NewPassword)
    if typed.new != typed.again:
        raise Invalid("The new password was typed in two different ways.", field="again")
    people.change_password(ctx, typed.old, typed.new)
    return see(ctx, "/account", "Your password is changed.")
