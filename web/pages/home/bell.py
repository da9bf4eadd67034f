"""The bell: who called me in, what I was asked to do, what is ready."""

from __future__ import annotations

from fastapi.responses import Response

from plantops import bell
from plantops.wording import say
from web.page import Context, pages_router, render, see

router = pages_router()


@router.get("/bell")
def index(ctx: Context) -> Response:
    return render(ctx, "home/bell.html", notices=bell.notices(ctx))


@router.get("/bell/{id}")
def follow(ctx: Context, id: int) -> Response:
    return see(ctx, bell.read(ctx, id) or "/bell")


@router.post("/bell/read")
def read_all(ctx: Context) -> Response:
    return see(ctx, "/bell", say("{read_all} marked as read.", read_all=bell.read_all(ctx)))


@router.post("/bell/{id}/unread")
def unread(ctx: Context, id: int) -> Response:
    bell.unread(ctx, id)
    return see(ctx, "/bell")
