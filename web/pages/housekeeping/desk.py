"""The facility desk: what was reported, and what is decided about it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi.responses import Response
from starlette.datastructures import UploadFile

from housekeeping import boards, requests, workorders
from housekeeping.desk_models import RequestState, WorkKind
from housekeeping.lists import REQUESTS
from housekeeping.permissions import Can
from housekeeping.requests import NewRequest
from housekeeping.workorders import NewWork
from plantops import places
from plantops.errors import NotFound
from plantops.wording import say
from web import chosen
from web.handing import handed_out
from web.lists import Named, list_page
from web.page import Context, Form, Query, options, pages_router, render, see
from web.pages.housekeeping.door import taken

router = pages_router()
TABS = (
    Named("New", {"state": "new"}),
    Named("Open", {"state": "new,accepted"}),
    Named("Overdue", {"overdue": "yes"}),
    Named("All"),
)
TONES = {"new": "info", "accepted": "info", "resolved": "ok", "refused": "bad", "duplicate": "plain"}
CELLS = {"category": lambda row: say(row.category)}


@dataclass(frozen=True)
class Told:
    site_id: int
    category: str
    text: str
    place_id: int | None = None
    priority: int = requests.USUAL_PRIORITY
    photo: UploadFile | None = None


@dataclass(frozen=True)
class Wanted:
    title: str
    kind: WorkKind = WorkKind.CORRECTIVE
    assigned_to_id: int | None = None
    tasks: str = ""


@router.get("/housekeeping/requests")
def index(ctx: Context, query: Query) -> Response:
    add = (say("Report an issue"), "/housekeeping/requests/new") if ctx.may(Can.REPORT) else None
    return list_page(ctx, REQUESTS, query, tabs=TABS, add=add, tones=TONES, cells=CELLS)


@router.get("/housekeeping/requests/new")
def new(ctx: Context) -> Response:
    ctx.need(Can.REPORT)
    return render(
        ctx,
        "housekeeping/request_new.html",
        Can=Can,
        sites=places.list_sites(ctx),
        categories=[(one, say(one)) for one in requests.CATEGORIES],
        priorities=[(n, say(words)) for n, words in requests.PRIORITIES],
        mine=[] if ctx.may(Can.READ_REQUESTS) else requests.list_requests(ctx, states=tuple(RequestState), limit=20),
        tones=TONES,
    )


@router.get("/housekeeping/places/lookup")
def lookup(ctx: Context, query: Query) -> Response:
    named = chosen.number(query, "site_id")
    sites = [one.id for one in places.list_sites(ctx)] if named is None else [named]
    words = query.get("q", "").casefold().split()
    rows = [row for id in sites for row in places.list_places(ctx, id)]
    found = [row for row in rows if all(word in f"{row.name} {row.code}".casefold() for word in words)]
    return options(ctx, [(row.id, row.name, row.code) for row in found[:20]], query)


@router.post("/housekeeping/requests")
def add(ctx: Context, form: Form) -> Response:
    told = form.into(Told)
    new = NewRequest(told.category, told.text, told.place_id, priority=told.priority)
    made = requests.report(ctx, told.site_id, new, taken(told.photo))
    return see(
        ctx, f"/housekeeping/requests/{made.id}", say("{number} is with the desk. Thank you.", number=made.number)
    )


@router.get("/housekeeping/requests/{id}")
def show(ctx: Context, id: int) -> Response:
    sheet = boards.request_sheet(ctx, id)
    site_id = sheet.request.site_id
    return render(
        ctx,
        "housekeeping/request.html",
        Can=Can,
        sheet=sheet,
        request=sheet.request,
        is_open=sheet.request.state in requests.OPEN,
        overdue=sheet.request.state in requests.OPEN and sheet.request.due_at < ctx.now,
        may_decide=ctx.may(Can.TRIAGE, site_id=site_id),
        url=f"/housekeeping/requests/{id}",
        main_states=(RequestState.NEW, RequestState.ACCEPTED, RequestState.RESOLVED),
        tones=TONES,
        priorities=[(n, say(words)) for n, words in requests.PRIORITIES],
        kinds=WorkKind,
        workers=workorders.workers(ctx, site_id) if ctx.may(Can.MANAGE_WORK, site_id=site_id) else None,
    )


@router.get("/housekeeping/requests/{id}/photo")
def photo(ctx: Context, id: int) -> Response:
    found = boards.photo(ctx, id)
    if found is None:
        raise NotFound(say("No photo hangs on this request."))
    name, media_type, content = found
    return handed_out(content, name, media_type, inline=True)


@router.post("/housekeeping/requests/{id}/accept")
def accept(ctx: Context, id: int, form: Form) -> Response:
    kept = requests.accept(ctx, id, form.version, form.number("priority"))
    return see(
        ctx,
        f"/housekeeping/requests/{id}",
        say("{number} is accepted with priority {priority}.", number=kept.number, priority=kept.priority),
    )


@router.post("/housekeeping/requests/{id}/refuse")
def refuse(ctx: Context, id: int, form: Form) -> Response:
    kept = requests.refuse(ctx, id, form.version, form.text("reason"))
    return see(ctx, f"/housekeeping/requests/{id}", say("{number} is refused.", number=kept.number))


@router.post("/housekeeping/requests/{id}/duplicate")
def duplicate(ctx: Context, id: int, form: Form) -> Response:
    kept = requests.mark_duplicate(ctx, id, form.version, form.text("number"))
    return see(ctx, f"/housekeeping/requests/{id}", say("{number} is a duplicate.", number=kept.number))


@router.post("/housekeeping/requests/{id}/resolve")
def resolve(ctx: Context, id: int, form: Form) -> Response:
    kept = requests.resolve(ctx, id, form.version, form.text("resolution"))
    return see(ctx, f"/housekeeping/requests/{id}", say("{number} is resolved.", number=kept.number))


@router.post("/housekeeping/requests/{id}/pause")
def pause(ctx: Context, id: int, form: Form) -> Response:
    kept = requests.pause(ctx, id, form.version, form.text("reason"))
    return see(ctx, f"/housekeeping/requests/{id}", say("The clock of {number} stands.", number=kept.number))


@router.post("/housekeeping/requests/{id}/resume")
def resume(ctx: Context, id: int, form: Form) -> Response:
    kept = requests.resume(ctx, id, form.version)
    return see(ctx, f"/housekeeping/requests/{id}", say("The clock of {number} runs again.", number=kept.number))


@router.post("/housekeeping/requests/{id}/workorders")
def open_work(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Wanted)
    wanted = NewWork(typed.title, typed.kind, typed.assigned_to_id, tuple(typed.tasks.splitlines()))
    order = workorders.open_for(ctx, id, wanted)
    return see(ctx, f"/housekeeping/workorders/{order.id}", say("{number} is open.", number=order.number))
