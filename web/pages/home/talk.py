"""What hangs on a record: whoever may see it may speak, call people in, leave to-dos and files, and follow it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fastapi.responses import Response
from starlette.datastructures import UploadFile

from plantops import activity, followers, links
from plantops.context import Context
from plantops.errors import Invalid
from plantops.wording import plural, say
from web.page import Form, Query, back, options, pages_router

router = pages_router()


@dataclass(frozen=True)
class Said:
    origin: str
    text: str


@dataclass(frozen=True)
class Asked:
    origin: str
    text: str
    for_id: int | None = None
    due_on: date | None = None
    for_id_text: str = ""


@router.post("/talk")
def speak(ctx: Context, form: Form) -> Response:
    said = form.into(Said)
    activity.need_seen(ctx, said.origin)
    activity.comment(ctx, said.origin, said.text)
    return back(ctx, links.url(ctx.registry, said.origin), say("Said."))


@router.post("/talk/todo")
def ask(ctx: Context, form: Form) -> Response:
    asked = form.into(Asked)
    activity.need_seen(ctx, asked.origin)
    if asked.for_id_text and asked.for_id is None:
        raise Invalid(say("Choose somebody from the list."), field="for_id")
    activity.add_todo(ctx, asked.origin, asked.text, for_id=asked.for_id, due_on=asked.due_on)
    return back(ctx, links.url(ctx.registry, asked.origin), say("Noted."))


@router.post("/talk/follow")
def follow(ctx: Context, form: Form) -> Response:
    origin, on = form.text("origin"), form.text("on") == "yes"
    activity.need_seen(ctx, origin)
    followers.follow(ctx, origin, ctx.user.id, on)
    said = say("You follow this: what happens here rings your bell.") if on else say("You do not follow this any more.")
    return back(ctx, links.url(ctx.registry, origin), said)


@router.post("/talk/files")
def attach(ctx: Context, form: Form) -> Response:
    origin = form.text("origin")
    activity.need_seen(ctx, origin)
    given = [one for name in ("file", "photo") for one in form.data.getlist(name)]
    chosen = [one for one in given if isinstance(one, UploadFile) and one.filename]
    if not chosen:
        raise Invalid(say("Choose a file first."), field="file")
    for one in chosen:
        activity.add_file(ctx, origin, one.filename or "file", one.file.read())
    said = plural("The file is here.", "{n} files are here.", len(chosen))
    return back(ctx, links.url(ctx.registry, origin), said)


@router.post("/talk/files/{id}/remove")
def detach(ctx: Context, id: int, form: Form) -> Response:
    origin = form.text("origin")
    activity.take_file_off(ctx, origin, id)
    return back(ctx, links.url(ctx.registry, origin), say("The file is taken off."))


@router.post("/talk/{id}/done")
def finish(ctx: Context, id: int) -> Response:
    done = activity.finish(ctx, id)
    return back(ctx, links.url(ctx.registry, done.origin), say("Done."))


@router.get("/people/lookup")
def lookup(ctx: Context, query: Query) -> Response:
    return options(
        ctx, [(row.id, row.name, f"@{row.login}") for row in followers.called(ctx, query.get("q", ""))], query
    )
