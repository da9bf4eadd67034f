"""Accounts: who may sign in, and which roles they hold where."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi.responses import Response

from plantops import accounts, factors, people, places, sessions, tokens
from plantops.accounts import AccountFacts
from plantops.admin_lists import USERS
from plantops.catalogues import languages
from plantops.permissions import Can
from plantops.wording import say
from web.lists import Named, list_page
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()


@dataclass(frozen=True)
class NewAccount:
    login: str
    name: str
    email: str | None = None
    language: str = "en"
    password: str | None = None


@dataclass(frozen=True)
class NewGrant:
    role: str
    site_id: int | None = None
    cost_centre_id: int | None = None


@router.get("/admin/users")
def index(ctx: Context, query: Query) -> Response:
    add = (say("New account"), "/admin/users/new") if ctx.may(Can.MANAGE_USERS) else None
    return list_page(ctx, USERS, query, tabs=(Named("All"), Named("Closed", {"active": "no"})), add=add)


@router.get("/admin/users/new")
def new(ctx: Context) -> Response:
    ctx.need(Can.MANAGE_USERS)
    return render(ctx, "admin/user_new.html", languages=languages().items())


@router.post("/admin/users")
def add(ctx: Context, form: Form) -> Response:
    typed = form.into(NewAccount)
    user = accounts.add_user(
        ctx, typed.login, typed.name, email=typed.email, password=typed.password, language=typed.language
    )
    return see(ctx, f"/admin/users/{user.id}", say("{login} is added. Give them a role next.", login=user.login))


@router.get("/admin/users/{id}")
def show(ctx: Context, id: int) -> Response:
    account = accounts.account(ctx, id)
    sites = places.list_sites(ctx) if ctx.may(Can.READ_PLACES) else []
    return render(
        ctx,
        "admin/user.html",
        account=account,
        may_manage=ctx.may(Can.MANAGE_USERS),
        roles=sorted(ctx.registry.role_titles().items(), key=lambda pair: pair[1]),
        sites=sites,
        cost_centres=[
            (centre.id, f"{site.code} {centre.code} {centre.name}")
            for site in sites
            for centre in places.list_cost_centres(ctx, site.id)
        ],
        languages=languages().items(),
        held=factors.of_account(ctx, id),
        tokens=tokens.list_of(ctx, id),
        why_not_close=accounts.why_not_close(account.id, account.active, ctx.user.id),
    )


@router.post("/admin/users/{id}")
def change(ctx: Context, id: int, form: Form) -> Response:
    user = accounts.change(ctx, id, form.version, form.into(AccountFacts))
    return see(ctx, f"/admin/users/{id}", say("{login} is saved.", login=user.login))


@router.post("/admin/users/{id}/password")
def set_password(ctx: Context, id: int, form: Form) -> Response:
    user = accounts.set_password(ctx, id, form.version, form.text("password", required=True))
    return see(ctx, f"/admin/users/{id}", say("{login} has a new password and must sign in again.", login=user.login))


@router.post("/admin/users/{id}/sessions/end")
def end_sessions(ctx: Context, id: int, form: Form) -> Response:
    user = sessions.end_all_of(ctx, id, form.version)
    return see(ctx, f"/admin/users/{id}", say("{login} is signed out everywhere.", login=user.login))


@router.post("/admin/users/{id}/tokens/{token_id}/end")
def end_token(ctx: Context, id: int, token_id: int) -> Response:
    tokens.end(ctx, id, token_id)
    return see(ctx, f"/admin/users/{id}", say("The token has ended. Programs that call with it are refused."))


@router.post("/admin/users/{id}/reset-second-factor")
def reset_second_factor(ctx: Context, id: int, form: Form) -> Response:
    user = factors.reset(ctx, id, form.version)
    return see(
        ctx,
        f"/admin/users/{id}",
        say("{login} has no second factor any more, and is signed out everywhere.", login=user.login),
    )


@router.post("/admin/users/{id}/roles")
def give(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(NewGrant)
    people.grant(ctx, id, typed.role, site_id=typed.site_id, cost_centre_id=typed.cost_centre_id)
    return see(ctx, f"/admin/users/{id}", say("The role is given."))


@router.post("/admin/users/{id}/roles/{grant_id}/back")
def take_back(ctx: Context, id: int, grant_id: int) -> Response:
    accounts.take_back(ctx, id, grant_id)
    return see(ctx, f"/admin/users/{id}", say("The role is taken back."))


@router.post("/admin/users/{id}/close")
def close(ctx: Context, id: int, form: Form) -> Response:
    user = people.close_account(ctx, id, form.version)
    return see(ctx, f"/admin/users/{id}", say("{login} is closed; nobody signs in with it any more.", login=user.login))


@router.post("/admin/users/{id}/open")
def open_again(ctx: Context, id: int, form: Form) -> Response:
    user = accounts.open_again(ctx, id, form.version)
    return see(ctx, f"/admin/users/{id}", say("{login} is open again.", login=user.login))
