"""My running work: plans, rosters, imports and reports that the worker makes for me."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from plantops import jobs
from plantops.wording import say
from web import live
from web.page import Context, back, pages_router, render, see

router = pages_router()


@router.get("/jobs")
def index(ctx: Context) -> Response:
    return render(ctx, "home/jobs.html", runs=[live.work_of(ctx, run) for run in jobs.list_runs(ctx)])


@router.get("/jobs/{id}")
def show(ctx: Context, id: int) -> Response:
    run = jobs.one(ctx, id)
    return render(ctx, "home/job.html", run=run, work=live.work_of(ctx, run))


@router.post("/jobs/{id}/cancel")
def cancel(ctx: Context, id: int) -> Response:
    jobs.cancel(ctx, id)
    return back(ctx, f"/jobs/{id}", say("Asked to stop."))


@router.post("/jobs/{id}/again")
def again(ctx: Context, id: int) -> Response:
    return see(ctx, f"/jobs/{jobs.again(ctx, id)}", say("It runs once more."))


streams = APIRouter(include_in_schema=False)


@streams.get("/jobs/{id}/stream")
async def stream(request: Request, id: int) -> Response:
    return await live.stream(request, id, f"/jobs/{id}/cancel")
