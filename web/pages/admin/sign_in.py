"""Who shows a second factor: by role."""

from __future__ import annotations

from fastapi.responses import Response

from plantops import factors
from plantops.permissions import Can
from plantops.wording import say
from web.page import Context, Form, pages_router, render, see

router = pages_router()


@router.get("/admin/sign-in")
def show(ctx: Context) -> Response:
    return render(
        ctx,
        "admin/sign_in.html",
        roles=sorted(ctx.registry.role_titles().items(), key=lambda pair: pair[1]),
        asked=factors.strong_roles(ctx),
        without=factors.without_second(ctx),
        may_manage=ctx.may_everywhere(Can.MANAGE_USERS),
    )


@router.post("/admin/sign-in")
def change(ctx: Context, form: Form) -> Response:
    asked = frozenset(role for role in ctx.registry.role_titles() if form.text(f"role_{role}") == "true")
    factors.ask_of_roles(ctx, asked)
    return see(ctx, "/admin/sign-in", say("Saved. Who has no second factor yet sets one up at the next sign-in."))
