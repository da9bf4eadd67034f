"""Companies: whom the plant buys from, who carries for it, who works on its grounds."""

from __future__ import annotations

from typing import Any

from fastapi.responses import Response
from markupsafe import Markup

from plantops import parties
from plantops.lists import PARTIES
from plantops.permissions import Can
from plantops.wording import say
from web.companies import CompanyOfKinds
from web.lists import Named, list_page, worded
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()
TABS = (
    Named("In use", {"archived": "no"}),
    Named("Suppliers", {"supplier": "yes"}),
    Named("Carriers", {"carrier": "yes"}),
    Named("Contractors", {"contractor": "yes"}),
    Named("Blocked", {"blocked": "yes"}),
    Named("All"),
)


def to(id: int) -> str:
    return f"/parties/{id}"


@router.get("/parties")
def index(ctx: Context, query: Query) -> Response:
    add = (say("New company"), "/parties/new") if ctx.may(Can.MANAGE_PARTIES) else None
    return list_page(ctx, PARTIES, query, tabs=TABS, add=add, cells={"blocked": blocked_pill})


def blocked_pill(row: Any) -> Markup:
    return worded("bad", say("Blocked")) if row.blocked else Markup("")


@router.get("/parties/new")
def new(ctx: Context) -> Response:
    ctx.need(Can.MANAGE_PARTIES)
    return render(ctx, "stock/party_edit.html", party=None)


@router.post("/parties")
def add(ctx: Context, form: Form) -> Response:
    typed = form.into(CompanyOfKinds)
    made = parties.add_party(ctx, typed.as_facts(), sure=typed.sure)
    return see(ctx, to(made.id), say("{name} is there.", name=made.name))


@router.get("/parties/{id}")
def show(ctx: Context, id: int) -> Response:
    return render(ctx, "stock/party.html", Can=Can, p=parties.read_party(ctx, id), url=to(id))


@router.get("/parties/{id}/edit")
def edit(ctx: Context, id: int) -> Response:
    ctx.need(Can.MANAGE_PARTIES)
    return render(ctx, "stock/party_edit.html", party=parties.read_party(ctx, id))


@router.post("/parties/{id}")
def change(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(CompanyOfKinds)
    parties.change_party(ctx, id, form.version, typed.as_facts(), sure=typed.sure)
    return see(ctx, to(id), say("Saved."))


@router.post("/parties/{id}/block")
def block(ctx: Context, id: int, form: Form) -> Response:
    parties.block(ctx, id, form.version, form.text("reason", required=True))
    return see(ctx, to(id), say("Blocked: nothing new is ordered from it or given to it."))


@router.post("/parties/{id}/unblock")
def unblock(ctx: Context, id: int, form: Form) -> Response:
    parties.unblock(ctx, id, form.version)
    return see(ctx, to(id), say("It may be used again."))


@router.post("/parties/{id}/archive")
def archive(ctx: Context, id: int, form: Form) -> Response:
    parties.archive(ctx, id, form.version)
    return see(ctx, to(id), say("Out of the lists; every document that names it stays."))


@router.post("/parties/{id}/bring-back")
def bring_back(ctx: Context, id: int, form: Form) -> Response:
    parties.archive(ctx, id, form.version, archived=False)
    return see(ctx, to(id), say("It is in the lists again."))
