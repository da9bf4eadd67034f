"""Undo: the last step that I took with a record, for half a minute."""

from __future__ import annotations

from fastapi.responses import Response

from plantops import links, sight
from plantops.context import Context
from plantops.errors import NotFound
from plantops.wording import say
from web.page import Form, pages_router, see

router = pages_router()


@router.post("/undo")
def take_back(ctx: Context, form: Form) -> Response:
    origin = form.text("origin")
    kind, id = links.parts(origin)
    action = ctx.registry.undoing().get(kind)
    if action is None or not sight.may_see(ctx, origin):
        raise NotFound(say("There is nothing to undo here, or you may not see it."))
    action(ctx, id, form.version)
    return see(ctx, links.url(ctx.registry, origin), say("Undone."))
