"""Rounds on the phone: the next zone, its tasks, done or why not; without network, too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from fastapi.responses import Response
from starlette.datastructures import UploadFile

from housekeeping import round_plans, rounds
from housekeeping.lists import ROUNDS
from housekeeping.permissions import Can
from housekeeping.round_models import Hindrance, Outcome
from housekeeping.round_plans import NewRound
from housekeeping.rounds import Ticked
from plantops import lifecycle, places
from plantops.wording import plural, say
from web import chosen, formats
from web.lists import Named, list_page
from web.page import Context, Form, Query, kept, pages_router, render, see
from web.pages.housekeeping.door import taken

router = pages_router()
TONES = {"planned": "plain", "in_progress": "info", "done": "ok", "missed": "bad"}
TABS = (
    Named("Open", {"state": "planned,in_progress"}),
    Named("Late", {"late": "yes"}),
    Named("All"),
)


@dataclass(frozen=True)
class Said:
    tick_ids: tuple[int, ...]
    outcome: Outcome = Outcome.DONE
    hindrance: Hindrance | None = None
    note: str = ""
    photo: UploadFile | None = None


@dataclass(frozen=True)
class Planned:
    name: str
    site_id: int
    place_ids: tuple[int, ...]
    tasks: str
    starts: time
    due: time
    weekdays: tuple[int, ...]
    assigned_to_id: int | None = None


# --- On the phone


@router.get("/housekeeping/rounds")
def today(ctx: Context) -> Response:
    rows = rounds.list_rounds(ctx, mine=ctx.may(Can.DO_ROUNDS))
    return kept(render(ctx, "housekeeping/rounds.html", Can=Can, rows=rows, tones=TONES))


@router.get("/housekeeping/rounds/all")
def index(ctx: Context, query: Query) -> Response:
    return list_page(ctx, ROUNDS, query, tabs=TABS, tones=TONES)


# --- Plans


@router.get("/housekeeping/rounds/plans")
def plans(ctx: Context) -> Response:
    return render(
        ctx,
        "housekeeping/round_plans.html",
        Can=Can,
        rows=round_plans.list_templates(ctx),
        days=dict(formats.weekdays("abbreviated")),
    )


@router.get("/housekeeping/rounds/plans/new")
def new_plan(ctx: Context, query: Query) -> Response:
    ctx.need(Can.MANAGE_CLEANING, to="plan rounds")
    site = chosen.site(ctx, query)
    return render(
        ctx,
        "housekeeping/round_plan_new.html",
        sites=places.list_sites(ctx),
        site=site,
        zones=[(row.id, row.name) for row in places.list_places(ctx, site.id)],
        weekdays=formats.weekdays(),
        crew=rounds.crew(ctx, site.id),
    )


@router.post("/housekeeping/rounds/plans")
def add_plan(ctx: Context, form: Form) -> Response:
    typed = form.into(Planned)
    new = NewRound(
        typed.name,
        typed.site_id,
        typed.place_ids,
        tuple(typed.tasks.splitlines()),
        typed.starts,
        typed.due,
        typed.weekdays,
        typed.assigned_to_id,
    )
    made = round_plans.add_template(ctx, new)
    return see(ctx, "/housekeeping/rounds/plans", say("{name} is planned from tomorrow on.", name=made.name))


@router.post("/housekeeping/rounds/plans/today")
def plan_today(ctx: Context) -> Response:
    made = sum(
        len(round_plans.plan_day(ctx, site.id, ctx.today))
        for site in places.list_sites(ctx)
        if ctx.may(Can.MANAGE_CLEANING, site_id=site.id)
    )
    told = plural("{n} round is planned for today.", "{n} rounds are planned for today.", made)
    return see(ctx, "/housekeeping/rounds", told)


@router.post("/housekeeping/rounds/plans/{id}/end")
def end_plan(ctx: Context, id: int, form: Form) -> Response:
    ended = round_plans.end_template(ctx, id, form.version)
    return see(ctx, "/housekeeping/rounds/plans", say("{name} is not planned any more.", name=ended.name))


# --- One round


@router.get("/housekeeping/rounds/{id}")
def show(ctx: Context, id: int) -> Response:
    return kept(shown(ctx, id))


def shown(ctx: Context, id: int, *blocks: str, toast: str = "") -> Response:
    sheet = rounds.sheet(ctx, id)
    leads = ctx.may(Can.SHARE_ROUNDS, site_id=sheet.round.site_id)
    return render(
        ctx,
        "housekeeping/round.html",
        *blocks,
        toast=toast,
        sheet=sheet,
        round=sheet.round,
        late=rounds.is_late(sheet.round, ctx.now),
        is_open=sheet.round.state in rounds.OPEN,
        url=f"/housekeeping/rounds/{id}",
        tones=TONES,
        why_not=rounds.why_not_do(sheet.round, ctx.user.id),
        may_do=ctx.may(Can.DO_ROUNDS, site_id=sheet.round.site_id),
        hindrances=Hindrance,
        crew=rounds.crew(ctx, sheet.round.site_id) if leads else None,
        steps=lifecycle.steps(ctx, sheet.round),
    )


@router.post("/housekeeping/rounds/{id}/ticks")
def tick(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Said)
    said = Ticked(typed.tick_ids, typed.outcome, typed.hindrance, typed.note, form.done_at)
    rounds.tick(ctx, id, said, taken(typed.photo))
    return shown(ctx, id, "way")


@router.post("/housekeeping/rounds/{id}/share")
def share(ctx: Context, id: int, form: Form) -> Response:
    given = rounds.share(ctx, id, form.version, form.number("user_id") if form.text("user_id") else None)
    return see(ctx, f"/housekeeping/rounds/{id}", say("{name} is shared out.", name=given.name))


@router.post("/housekeeping/rounds/{id}/miss")
def miss(ctx: Context, id: int, form: Form) -> Response:
    closed = rounds.miss(ctx, id, form.version, form.text("reason"))
    return see(ctx, f"/housekeeping/rounds/{id}", say("{name} is closed.", name=closed.name))
