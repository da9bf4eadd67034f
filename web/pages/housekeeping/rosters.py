"""Rosters: asked for, computed, looked at, published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from fastapi.responses import Response

from housekeeping import boards, rosters
from housekeeping.permissions import Can
from housekeeping.roster_models import RosterState
from plantops import jobs, places
from plantops.wording import say
from web import chosen, live
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()
TONES = {"computing": "info", "proposed": "warn", "published": "ok", "superseded": "plain", "rejected": "bad",
         "failed": "bad"}  # fmt: skip


@dataclass(frozen=True)
class Ask:
    site_id: int
    first_day: date
    last_day: date
    seconds: int = rosters.USUAL_SECONDS


@router.get("/housekeeping/rosters")
def index(ctx: Context, query: Query) -> Response:
    site = chosen.site(ctx, query)
    monday = ctx.today + timedelta(days=7 - ctx.today.weekday())
    return render(
        ctx,
        "housekeeping/rosters.html",
        Can=Can,
        sites=places.list_sites(ctx),
        site=site,
        rows=rosters.list_rosters(ctx, site.id),
        tones=TONES,
        first_day=monday,
        last_day=monday + timedelta(days=13),
        usual=rosters.USUAL_SECONDS,
    )


@router.post("/housekeeping/rosters")
def ask(ctx: Context, form: Form) -> Response:
    typed = form.into(Ask)
    made = rosters.ask(ctx, typed.site_id, typed.first_day, typed.last_day, typed.seconds)
    return see(ctx, f"/housekeeping/rosters/{made.id}", say("The optimiser is at work."))


@router.get("/housekeeping/rosters/{id}")
def show(ctx: Context, id: int) -> Response:
    board = boards.roster_board(ctx, id)
    roster = board.roster
    run = roster.job_run_id if roster.state is RosterState.COMPUTING else None
    return render(
        ctx,
        "housekeeping/roster.html",
        board=board,
        roster=roster,
        url=f"/housekeeping/rosters/{id}",
        tones=TONES,
        main_states=(RosterState.COMPUTING, RosterState.PROPOSED, RosterState.PUBLISHED),
        work=live.work_of(ctx, jobs.one(ctx, run)) if run else None,
        may_publish=ctx.may(Can.PUBLISH_ROSTERS, site_id=roster.site_id),
        may_plan=ctx.may(Can.PLAN_ROSTERS, site_id=roster.site_id),
        why_not_publish=rosters.why_not_publish(roster),
        why_not_reject=roster.lifecycle.why_not(roster.state, RosterState.REJECTED),
        in_words=boards.in_words(roster.penalty, roster.bound, roster.gap),
    )


@router.post("/housekeeping/rosters/{id}/publish")
def publish(ctx: Context, id: int, form: Form) -> Response:
    rosters.publish(ctx, id, form.version, form.text("override_reason"))
    return see(ctx, f"/housekeeping/rosters/{id}", say("Published: the shifts are planned."))


@router.post("/housekeeping/rosters/{id}/reject")
def reject(ctx: Context, id: int, form: Form) -> Response:
    rosters.reject(ctx, id, form.version, form.text("reason"))
    return see(ctx, f"/housekeeping/rosters/{id}", say("Rejected. What was published stays."))
