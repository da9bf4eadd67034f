"""Stores: where goods lie, who pays for them, and what is promised from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi.responses import Response

from plantops import links, places, reservations, stock, stores
from plantops.lists import STORES
from plantops.permissions import Can
from plantops.wording import say
from web import chosen
from web.lists import Named, list_page
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()
TABS = (Named("Open", {"closed": "no"}), Named("All"))


@dataclass(frozen=True)
class StoreFacts:
    code: str
    name: str
    place_id: int | None = None
    cost_centre_id: int | None = None
    may_go_negative: bool = False


def to(id: int) -> str:
    return f"/stores/{id}"


@router.get("/stores")
def index(ctx: Context, query: Query) -> Response:
    add = (say("New store"), "/stores/new") if ctx.may(Can.MANAGE_STOCK) else None
    return list_page(ctx, STORES, query, tabs=TABS, add=add)


def choices(ctx: Context, site_id: int) -> dict[str, Any]:
    """What a store of a site may stand at and be paid by."""
    return {
        "places": [(one.id, f"{one.code} {one.name}") for one in places.list_places(ctx, site_id)],
        "centres": [(one.id, f"{one.code} {one.name}") for one in places.list_cost_centres(ctx, site_id)],
    }


@router.get("/stores/new")
def new(ctx: Context, query: Query) -> Response:
    ctx.need(Can.MANAGE_STOCK)
    site, sites = chosen.site(ctx, query), places.list_sites(ctx)
    return render(ctx, "stock/store_edit.html", store=None, sites=sites, site=site, **choices(ctx, site.id))


@router.post("/stores")
def add(ctx: Context, form: Form) -> Response:
    typed = form.into(StoreFacts)
    made = stores.add_store(
        ctx,
        form.number("site_id"),
        typed.code,
        typed.name,
        place_id=typed.place_id,
        cost_centre_id=typed.cost_centre_id,
        may_go_negative=typed.may_go_negative,
    )
    return see(ctx, to(made.id), say("{name} is there.", name=made.name))


@router.get("/stores/{id}")
def show(ctx: Context, id: int) -> Response:
    found = stores.read_store(ctx, id)
    site = places.site(ctx, found.site_id)
    picks = reservations.list_reservations(ctx, id)
    rights = (Can.MOVE_STOCK, Can.COUNT_STOCK, Can.MANAGE_STOCK)
    return render(
        ctx,
        "stock/store.html",
        Can=Can,
        s=found,
        url=to(id),
        site=site,
        place=places.place(ctx, found.place_id).name if found.place_id else "",
        may={right: ctx.may(right, site_id=found.site_id) for right in rights},
        picks=picks,
        named=links.links(ctx, [pick.origin for pick in picks]),
        low=stock.list_stock(ctx, id, low_only=True, limit=20),
        moves=stock.list_moves(ctx, store_id=id, limit=8),
        why_not_close=stock.why_not_close(ctx, id),
        **choices(ctx, found.site_id),
    )


@router.get("/stores/{id}/edit")
def edit(ctx: Context, id: int) -> Response:
    found = stores.read_store(ctx, id)
    ctx.need(Can.MANAGE_STOCK, site_id=found.site_id)
    site = places.site(ctx, found.site_id)
    return render(ctx, "stock/store_edit.html", store=found, sites=[site], site=site, **choices(ctx, site.id))


@router.post("/stores/{id}")
def change(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(StoreFacts)
    stores.change_store(
        ctx,
        id,
        form.version,
        typed.code,
        typed.name,
        place_id=typed.place_id,
        cost_centre_id=typed.cost_centre_id,
        may_go_negative=typed.may_go_negative,
    )
    return see(ctx, to(id), say("Saved."))


@router.post("/stores/{id}/close")
def close(ctx: Context, id: int, form: Form) -> Response:
    stock.close_store(ctx, id, form.version)
    return see(ctx, to(id), say("Closed: nothing is put there any more."))


@router.post("/stores/{id}/open")
def open_again(ctx: Context, id: int, form: Form) -> Response:
    stock.close_store(ctx, id, form.version, closed=False)
    return see(ctx, to(id), say("Open again."))


@router.post("/stores/{id}/pick")
def pick(ctx: Context, id: int, form: Form) -> Response:
    key = f"page:pick:{ctx.user.id}:{form.sending}"
    done = reservations.hand_out(ctx, id, list(form.ids()), key=key)
    return see(ctx, to(id), say("{done} handed out.", done=len(done)))
