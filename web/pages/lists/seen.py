"""How somebody wants to see a list: views under a name, for oneself or a team, and the columns that are shown."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi.responses import Response

from plantops import views
from plantops.listing import named
from plantops.wording import say
from web.lists import asked_again
from web.page import Context, Form, Query, pages_router, render, see
from web.session import safe_path

router = pages_router()


@dataclass(frozen=True)
class Kept:
    """What was typed when a view was saved."""

    title: str
    asked: str = ""
    path: str = "/"
    role: str | None = None
    mine_first: bool = False
    team_first: bool = False


@router.get("/lists/{name}/views")
def index(ctx: Context, name: str, query: Query) -> Response:
    listing = named(ctx.registry, name)
    listing.need(ctx)
    return render(
        ctx,
        "lists/views.html",
        listing=listing,
        shelf=views.shelf(ctx, listing),
        teams=ctx.registry.role_titles() | {views.EVERYBODY: say("Everybody")},
        may_manage=views.may_manage(ctx),
        url=f"/lists/{listing.name}/views",
        list_url=safe_path(query.get("back", "/")),
    )


@router.post("/lists/{name}/views")
def save(ctx: Context, name: str, form: Form) -> Response:
    listing, kept = named(ctx.registry, name), form.into(Kept)
    asked = {key: ",".join(values) for key, values in asked_again(kept.asked).items()}
    view = views.save(ctx, listing, kept.title, asked, role=kept.role, for_all=kept.team_first)
    if kept.mine_first:
        views.open_first(ctx, listing, view.id)
    return see(ctx, f"{safe_path(kept.path)}?view={view.id}", say("“{title}” is saved.", title=view.title))


@router.post("/lists/{name}/views/first")
def open_first(ctx: Context, name: str, form: Form) -> Response:
    """Which view opens first for this person; without one the whole list."""
    id = form.number("view") if form.text("view") else None
    chosen = views.open_first(ctx, named(ctx.registry, name), id)
    said = (
        say("“{title}” opens first for you.", title=chosen.title)
        if chosen
        else say("The whole list opens first for you.")
    )
    return see(ctx, here(name, form), said)


@router.post("/lists/{name}/views/{id}/remove")
def remove(ctx: Context, name: str, id: int, form: Form) -> Response:
    gone = views.remove(ctx, id)
    return see(ctx, here(name, form), say("“{title}” is removed.", title=gone.title))


@router.post("/lists/{name}/columns")
def choose(ctx: Context, name: str, form: Form) -> Response:
    """These columns from now on; what the address says about columns is taken out of it."""
    listing = named(ctx.registry, name)
    keys = [column.key for column in listing.shown] if form.text("all") else columns_in(form)
    views.choose_columns(ctx, listing, keys)
    asked = {key: ",".join(values) for key, values in asked_again(form.text("asked")).items() if key != "columns"}
    return see(
        ctx, f"{safe_path(form.text('path'))}?{urlencode(asked or {'view': '0'})}", say("Your columns are kept.")
    )


def columns_in(form: Form) -> list[str]:
    return [value for value in form.data.getlist("columns") if isinstance(value, str)]


def here(name: str, form: Form) -> str:
    return f"/lists/{name}/views?{urlencode({'back': safe_path(form.text('back'))})}"
