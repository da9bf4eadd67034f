"""The sign-in page: throttled, the same words for a wrong login and a wrong password, a new session each time."""

from __future__ import annotations

import os
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from plantops import people
from plantops.db import let_go
from plantops.errors import Invalid, Throttled, Unauthenticated
from plantops.module import load
from web.page import Context, Form, Query, pages_router, render, see
from web.session import end_session, house_of, safe_path, session_token, set_session
from web.visit import this_visit

router = pages_router(public=True)
leaving = pages_router()


@dataclass(frozen=True)
class Credentials:
    login: str
    password: str
    next: str = "/"


@router.get("/login")
def show(ctx: Context, query: Query) -> Response:
    return login_page(ctx, safe_path(query.get("next", "/")), {})


@router.post("/login")
def sign_in(ctx: Context, request: Request, form: Form) -> Response:
    try:
        given = form.into(Credentials)
        let_go(ctx.session)  # a shift that signs in together would hold every connection while passwords are checked
        token = people.sign_in(
            ctx.database,
            given.login,
            given.password,
            address=request.client.host if request.client else "",
            device=request.headers.get("user-agent", "")[:200],
            now=ctx.now,
        )
    except (Invalid, Unauthenticated, Throttled) as error:
        return refused(ctx, form, error)
    # Whoever was signed in at this browser before is not any more.
    people.sign_out(ctx.session, session_token(request), ctx.now)
    response = see(ctx, safe_path(given.next))
    set_session(response, ctx.settings, token)
    return response


@leaving.post("/logout")
def sign_out(ctx: Context, request: Request) -> Response:
    people.sign_out(ctx.session, session_token(request), ctx.now)
    response: Response = RedirectResponse("/login", status_code=303)
    end_session(response, house_of(request).settings)
    return response


def refused(ctx: Context, form: Form, error: Invalid | Unauthenticated | Throttled) -> Response:
    """The same page again, or the sentence in the open one."""
    if this_visit().is_partial:
        raise Invalid(error.message, fields=error.fields) from error
    return login_page(ctx, safe_path(form.text("next")), error.fields or {"login": error.message}, form.text("login"))


def login_page(ctx: Context, next: str, errors: dict[str, str], login: str = "") -> Response:
    return render(
        ctx,
        "login/login.html",
        status=422 if errors else 200,
        values={"login": login},
        errors=errors,
        next=next,
        demo=demo_logins(),
    )


def demo_logins() -> list[tuple[str, str]]:
    """In the demo, whom one can be; nowhere else."""
    return list(load("plantops.demo.plant:ROLE_LOGINS")) if os.environ.get("PLANTOPS_DEMO") == "1" else []
