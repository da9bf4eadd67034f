"""For devices that lose the network: who is signed in, so that what waits is sent as nobody else."""

from __future__ import annotations

from fastapi.responses import JSONResponse, Response

from web.page import Context, pages_router, render
from web.visit import this_visit

router = pages_router()
open_router = pages_router(public=True)


@router.get("/offline/who")
def who(ctx: Context) -> Response:
    """Another site cannot read this answer, so the token in it is as safe as in a page."""
    return JSONResponse({"person": ctx.user.id, "csrf": this_visit().csrf})


@open_router.get("/offline")
def no_network(ctx: Context) -> Response:
    return render(ctx, "home/offline.html")
