"""Cards of a board: where one can go from here, and the step itself."""

from __future__ import annotations

from fastapi.responses import Response

from plantops import links, listing_board
from plantops.lifecycle import spoken
from plantops.listing import named
from plantops.wording import say
from web.list_values import typed
from web.page import Context, Form, pages_router, parts
from web.visit import Toast

router = pages_router()


@router.get("/lists/{name}/moves/{id}")
def menu(ctx: Context, name: str, id: int) -> Response:
    """Every move that this person may make, or its reason why not."""
    listing = named(ctx.registry, name)
    card = listing_board.card(ctx, listing, id)
    title = links.link(ctx, links.origin_of(listing.origin, id)).label
    url = f"/lists/{listing.name}/moves/{id}"
    return parts(ctx, ("#list-moves-panel", "moves", "outerHTML"), card=card, title=title, url=url)


@router.post("/lists/{name}/moves/{id}/{key}")
def make(ctx: Context, name: str, id: int, key: str, form: Form) -> Response:
    """Done; the page asks for the board as it is now."""
    listing = named(ctx.registry, name)
    move = listing_board.move_of(listing, key)
    answers = {ask.key: typed(ctx, ask.kind, form, ask.key) for ask in move.asks}
    listing_board.make(ctx, listing, id, key, form.version, answers)
    title = links.link(ctx, links.origin_of(listing.origin, id)).label
    said = Toast(say("{title} is {to} now.", title=title, to=spoken(move.to)), "ok")
    return parts(ctx, ("#toasts", "toast", "beforeend"), toast=said)
