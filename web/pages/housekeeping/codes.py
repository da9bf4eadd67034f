"""The codes that hang at the places: looked at one by one, printed all at once."""

from __future__ import annotations

from fastapi.responses import Response

from housekeeping import boards
from plantops import codes, places
from plantops.wording import say
from web import chosen
from web.page import Context, Form, Query, pages_router, render, see
from web.templates import safe

router = pages_router()
SHOWN = 24


@router.get("/housekeeping/codes")
def index(ctx: Context, query: Query) -> Response:
    site = chosen.site(ctx, query)
    words = query.get("q", "").casefold().split()
    doors = boards.door_codes(ctx, site.id)
    found = [door for door in doors if all(word in f"{door.name} {door.code}".casefold() for word in words)]
    return render(
        ctx,
        "housekeeping/codes.html",
        site=site,
        sites=places.list_sites(ctx),
        search=query.get("q", ""),
        found=len(found),
        doors=[
            (door, safe(codes.qr_svg(door.url, scale=3, title=say("Code of {name}", name=door.name))))
            for door in found[:SHOWN]
        ],
    )


@router.post("/housekeeping/codes/print")
def print_all(ctx: Context, form: Form) -> Response:
    return see(ctx, f"/jobs/{boards.ask_codes(ctx, form.number('site_id'))}", say("The sheet is being made."))
