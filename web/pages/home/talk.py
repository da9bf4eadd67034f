"""The talk about a document: whoever may see it may say something, call somebody in, or be done with a to-do."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi.responses import Response

from plantops import activity, links
from plantops.context import Context
from plantops.errors import NotFound
from plantops.files import RecordSeen
from web.page import Form, back, pages_router

router = pages_router()


@dataclass(frozen=True)
class Said:
    origin: str
    text: str


@router.post("/talk")
def say(ctx: Context, form: Form) -> Response:
    said = form.into(Said)
    need_seen(ctx, said.origin)
    activity.comment(ctx, said.origin, said.text)
    return back(ctx, links.url(ctx.registry, said.origin), "Said.")


@router.post("/talk/{id}/done")
def finish(ctx: Context, id: int) -> Response:
    done = activity.finish(ctx, id)
    return back(ctx, links.url(ctx.registry, done.origin), "Done.")


def need_seen(ctx: Context, origin: str) -> None:
    """A document that one may not see does not exist for one's comments either."""
    links.parts(origin)
    answers: list[bool] = ctx.ask(RecordSeen(origin))
    if not any(answers):
        raise NotFound("There is no such document, or you may not see it.")
