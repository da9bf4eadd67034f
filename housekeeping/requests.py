"""Requests: something is broken, dirty or missing; the desk decides, and says when it is settled."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from housekeeping import clocks
from housekeeping.desk_models import Channel, Pause, PortalUse, Request, RequestState, WorkOrder
from housekeeping.events import RequestRaised, RequestResolved
from housekeeping.permissions import Can
from plantops import files, lifecycle, numbers, places, undo
from plantops.bulk import insert_many
from plantops.calendar import Period
from plantops.context import Context, anyone, requires, within
from plantops.db import bump, get, one_at_a_time
from plantops.errors import Conflict, Invalid, NotFound, Throttled
from plantops.events import WorkWanted
from plantops.places import Place
from plantops.wording import mark, say

CATEGORIES = (
    mark("Cleaning"),
    mark("Heating and cooling"),
    mark("Water and drains"),
    mark("Electricity and light"),
    mark("Doors and locks"),
    mark("Paint, floors and walls"),
    mark("Lifts"),
    mark("Waste and pests"),
    mark("Furniture"),
    mark("IT"),
    mark("Other"),
)
PRIORITIES = (
    (1, mark("1: danger, at once")),
    (2, mark("2: today")),
    (3, mark("3: this week")),
    (4, mark("4: some day")),
)
LONGEST_TEXT = 4000
OPEN = (RequestState.NEW, RequestState.ACCEPTED)
WITHOUT_LOGIN_PER_HOUR = 20
USUAL_PRIORITY = 3
LARGEST_PHOTO = 12 * 1024 * 1024


@dataclass(frozen=True)
class NewRequest:
    """What somebody reports."""

    category: str
    text: str
    place_id: int | None = None
    contact: str = ""
    priority: int = USUAL_PRIORITY


@dataclass(frozen=True)
class RequestRow:
    """One line of the desk's list."""

    id: int
    version: int
    number: str
    category: str
    text: str
    place: str | None
    priority: int
    state: RequestState
    reported_at: datetime
    due_at: datetime
    overdue: bool


@dataclass(frozen=True)
class PublicView:
    """What a person without an account sees of the own report: nothing personal."""

    number: str
    place: str
    category: str
    state: RequestState
    reported_at: datetime
    resolution: str


# --- Rules


def why_not_request(new: NewRequest) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if new.category not in CATEGORIES:
        wrong["category"] = say("Choose one of the categories.")
    if not new.text.strip():
        wrong["text"] = say("Say in a few words what is wrong.")
    elif len(new.text) > LONGEST_TEXT:
        wrong["text"] = say("Keep it under {longest_text:,} characters.", longest_text=LONGEST_TEXT)
    if not 1 <= new.priority <= 4:
        wrong["priority"] = say("The priority is 1 (danger) to 4 (some day).")
    if len(new.contact) > 200:
        wrong["contact"] = say("Keep it under 200 characters.")
    return wrong


def why_not_duplicate(request: Request, original: Request) -> str | None:
    if original.id == request.id:
        return say("it cannot be a duplicate of itself")
    if original.site_id != request.site_id:
        return say("the other one is on another site")
    if original.state is RequestState.DUPLICATE:
        return say("the other one is a duplicate too; name the first of them")
    return None


# --- Questions


def visible(ctx: Context) -> sa.Select[Request]:
    """Who reads requests sees those of the own sites; everybody sees what they reported."""
    sites = ctx.sites(Can.READ_REQUESTS)
    every = sa.select(Request)
    if sites is None:
        return every
    return every.where(sa.or_(Request.site_id.in_(sites), Request.reported_by_id == ctx.user.id))


@requires(Can.READ_REQUESTS, Can.REPORT)
def request(ctx: Context, id: int) -> Request:
    return get(ctx.session, visible(ctx).where(Request.id == id), what="request")


@requires(Can.READ_REQUESTS, Can.REPORT)
def list_requests(
    ctx: Context, *, site_id: int | None = None, states: Sequence[RequestState] = OPEN, limit: int = 100
) -> list[RequestRow]:
    """Open ones first by what is due next."""
    query = (
        sa.select(
            Request.id,
            Request.version,
            Request.number,
            Request.category,
            Request.text,
            Place.name.label("place"),
            Request.priority,
            Request.state,
            Request.reported_at,
            Request.due_at,
            sa.and_(Request.state.in_(OPEN), Request.due_at < ctx.now).label("overdue"),
        )
        .outerjoin(Place, Place.id == Request.place_id)
        .where(Request.id.in_(visible(ctx).with_only_columns(Request.id)), Request.state.in_(states))
        .order_by(Request.due_at, Request.id)
        .limit(limit)
    )
    if site_id is not None:
        query = query.where(Request.site_id == site_id)
    return [RequestRow(**row) for row in ctx.session.execute(query).mappings()]


@requires(Can.TRIAGE)
def similar(ctx: Context, id: int, limit: int = 5) -> list[RequestRow]:
    """Other open requests at the same place or of the same category, the nearest first."""
    this = request(ctx, id)
    rows = [row for row in list_requests(ctx, site_id=this.site_id, limit=400) if row.id != id]
    here = ctx.session.scalar(sa.select(Place.name).where(Place.id == this.place_id)) if this.place_id else None

    def nearness(row: RequestRow) -> int:
        return 2 * (here is not None and row.place == here) + (row.category == this.category)

    return sorted((row for row in rows if nearness(row)), key=nearness, reverse=True)[:limit]


@anyone("who reported without an account holds the random token of the own report")
def by_token(ctx: Context, token: str) -> PublicView:
    found = ctx.session.execute(
        sa.select(Request, Place.name).outerjoin(Place, Place.id == Request.place_id).where(Request.token == token)
    ).first()
    if found is None:
        raise NotFound(say("There is no such report. Check the link."))
    told: Request = found[0]
    return PublicView(told.number, found[1] or "", told.category, told.state, told.reported_at, told.resolution)


# --- Actions


@requires(Can.REPORT)
def report(ctx: Context, site_id: int, new: NewRequest, photo: tuple[str, bytes] | None = None) -> Request:
    """Reports an issue. Its due time follows from its priority."""
    ctx.need(Can.REPORT, site_id=site_id, to="report something at this site")
    return _raise(ctx, site_id, new, Channel.PAGE, photo=photo)


@anyone("the code at a place takes reports without a login, so many an hour and no more")
def report_at(ctx: Context, place_token: str, new: NewRequest, photo: tuple[str, bytes] | None = None) -> Request:
    """A report by the code at a place. Priority is for the desk to raise; the limit is per place."""
    place = places.place_of_token(ctx, place_token)
    _count_use(ctx, f"place:{place.id}")
    plain = NewRequest(new.category, new.text, place.id, new.contact, USUAL_PRIORITY)
    made = _raise(ctx.as_system(), place.site_id, plain, Channel.CODE, photo=photo)
    made.token = secrets.token_urlsafe(16)
    ctx.session.flush()
    return made


def _count_use(ctx: Context, key: str) -> None:
    """Raises Throttled when a place's code was used too often this hour."""
    window = ctx.now.replace(minute=0, second=0, microsecond=0)
    insert = sa.dialects.postgresql.insert(PortalUse).values(key=key, window=window, count=1)
    counted = insert.on_conflict_do_update(
        index_elements=["key", "window"], set_={"count": PortalUse.count + 1}
    ).returning(PortalUse.count)
    if (ctx.session.scalar(counted) or 0) > WITHOUT_LOGIN_PER_HOUR:
        raise Throttled(
            say("Many reports came from this place within an hour. Call the gate if it is urgent, or try again later."),
            details={"wait_seconds": int((window + timedelta(hours=1) - ctx.now).total_seconds())},
        )


def _raise(
    ctx: Context,
    site_id: int,
    new: NewRequest,
    channel: Channel,
    *,
    photo: tuple[str, bytes] | None = None,
    origin: str | None = None,
) -> Request:
    if wrong := why_not_request(new):
        raise Invalid(say("This report cannot be taken yet: see the fields."), fields=wrong)
    if new.place_id is not None and places.place(ctx, new.place_id).site_id != site_id:
        raise Invalid(say("This place is on another site."), field="place_id")
    if photo is not None and len(photo[1]) > LARGEST_PHOTO:
        raise Invalid(say("The photo is larger than 12 MB. Take a smaller one."), field="photo")
    made = Request(
        site_id=site_id,
        number=numbers.plain(ctx, "RQ", site_id, year=ctx.today.year),
        place_id=new.place_id,
        category=new.category,
        text=new.text.strip(),
        channel=channel,
        contact=new.contact.strip(),
        reported_by_id=ctx.user.id,
        reported_at=ctx.now,
        priority=new.priority,
        state=RequestState.NEW,
        due_at=clocks.due(ctx, site_id, new.priority, ctx.now),
        origin=origin,
        photo_id=files.keep(ctx, photo[0], photo[1]).id if photo else None,
    )
    ctx.session.add(made)
    ctx.session.flush()
    if made.photo_id is not None:
        files.attach(ctx, f"housekeeping_request:{made.id}", made.photo_id)
    ctx.emit(RequestRaised(made.id, site_id))
    return made


@within("another module wants work; asking twice for the same makes one request")
def work_wanted(ctx: Context, event: WorkWanted) -> None:
    origin = event.origin
    one_at_a_time(ctx.session, "request for", origin)
    known = sa.select(Request.id).where(Request.origin == origin, Request.state.in_(OPEN))
    if ctx.session.scalar(known):
        return
    new = NewRequest("Other", f"{event.title}\n{event.text}".strip(), event.place_id)
    _raise(ctx.as_system(), event.site_id, new, Channel.MODULE, origin=origin)


def _locked(ctx: Context, id: int, version: int) -> Request:
    found = get(ctx.session, visible(ctx).where(Request.id == id), what="request", version=version, lock=True)
    ctx.need(Can.TRIAGE, site_id=found.site_id)
    return found


@requires(Can.TRIAGE)
def accept(ctx: Context, id: int, version: int, priority: int) -> Request:
    """The desk takes it on, with the priority that it deserves; the due time follows, pauses are kept."""
    taken = _locked(ctx, id, version)
    if not 1 <= priority <= 4:
        raise Invalid(say("The priority is 1 (danger) to 4 (some day)."), field="priority")
    taken.priority = priority
    taken.due_at = clocks.due(ctx, taken.site_id, priority, taken.reported_at, pauses_of(ctx, id))
    if taken.state is RequestState.ACCEPTED:
        bump(taken)
    else:
        lifecycle.move(ctx, taken, RequestState.ACCEPTED)
    return taken


@requires(Can.TRIAGE)
def prioritise(ctx: Context, id: int, version: int, priority: int) -> Request:
    """Another priority for what is not settled yet; the due time follows, pauses are kept."""
    changed = _locked(ctx, id, version)
    if changed.state not in OPEN:
        raise Conflict(
            say("{number} is {spoken} already.", number=changed.number, spoken=lifecycle.spoken(changed.state)),
            field="priority",
        )
    if not 1 <= priority <= 4:
        raise Invalid(say("The priority is 1 (danger) to 4 (some day)."), field="priority")
    changed.priority = priority
    changed.due_at = clocks.due(ctx, changed.site_id, priority, changed.reported_at, pauses_of(ctx, id))
    bump(changed)
    ctx.session.flush()
    return changed


@requires(Can.TRIAGE)
def refuse(ctx: Context, id: int, version: int, reason: str) -> Request:
    """The desk does not do it, and says why."""
    refused = _locked(ctx, id, version)
    refused.resolution = reason.strip()
    lifecycle.move(ctx, refused, RequestState.REFUSED, reason)
    return refused


@requires(Can.TRIAGE)
def mark_duplicate(ctx: Context, id: int, version: int, number: str) -> Request:
    """The same was reported before."""
    doubled = _locked(ctx, id, version)
    first = ctx.session.scalar(visible(ctx).where(Request.number == number.strip().upper()))
    if first is None:
        raise Invalid(say("There is no request {number}.", number=number), field="number")
    if why := why_not_duplicate(doubled, first):
        raise Conflict(
            say("Cannot mark {number} as a duplicate: {why}.", number=doubled.number, why=why), field="number"
        )
    doubled.duplicate_of_id = first.id
    lifecycle.move(ctx, doubled, RequestState.DUPLICATE, say("the same as {number}", number=first.number))
    return doubled


@requires(Can.TRIAGE)
def resolve(ctx: Context, id: int, version: int, resolution: str) -> Request:
    """It is settled; what was done is told to who reported it."""
    settled = _locked(ctx, id, version)
    if not resolution.strip():
        raise Invalid(say("Say what was done, for who reported it."), field="resolution")
    _settle(ctx, settled, resolution)
    return settled


def _settle(ctx: Context, settled: Request, resolution: str) -> None:
    settled.resolution = resolution.strip()
    settled.resolved_at = ctx.now
    lifecycle.move(ctx, settled, RequestState.RESOLVED)
    ctx.emit(RequestResolved(settled.id, settled.site_id))


@within("work orders of a request are opened and finished one at a time")
def lock(ctx: Context, id: int) -> Request:
    return get(ctx.session, sa.select(Request).where(Request.id == id), what="request", lock=True)


@within("a work order that is done settles its request in the same step")
def settle_by_work(ctx: Context, id: int, resolution: str) -> None:
    """Nothing happens when the desk settled it already."""
    found = lock(ctx, id)
    if found.state in OPEN:
        _settle(ctx, found, resolution)


@requires(Can.TRIAGE)
def pause(ctx: Context, id: int, version: int, reason: str) -> Request:
    """The clock stops: waiting for a part or for access. Priority 1 never pauses."""
    waiting = _locked(ctx, id, version)
    if waiting.priority == 1:
        raise Conflict(say("Priority 1 runs around the clock and does not pause."))
    if not reason.strip():
        raise Invalid(say("Say what the request waits for."), field="reason")
    if waiting.state not in OPEN:
        raise Conflict(say("This request is {state} already.", state=waiting.state))
    if running_pause(ctx, id) is not None:
        raise Conflict(say("This request is paused already."))
    ctx.session.add(Pause(request_id=id, starts_at=ctx.now, reason=reason.strip()))
    bump(waiting)
    ctx.session.flush()
    return waiting


@requires(Can.TRIAGE)
def resume(ctx: Context, id: int, version: int) -> Request:
    """The clock runs again; the due time moves by the open hours that the pause took."""
    back = _locked(ctx, id, version)
    stopped = running_pause(ctx, id)
    if stopped is None:
        raise Conflict(say("This request is not paused."))
    stopped.ends_at = ctx.now
    ctx.session.flush()
    back.due_at = clocks.due(ctx, back.site_id, back.priority, back.reported_at, pauses_of(ctx, id))
    bump(back)
    ctx.session.flush()
    return back


@requires(Can.TRIAGE)
def take_step_back(ctx: Context, id: int, version: int) -> Request:
    """What was taken on, refused or marked as a duplicate a moment ago is as it was."""
    found = _locked(ctx, id, version)
    last = undo.check(ctx, found)
    was_new = last.step is not None and last.step[0] == RequestState.NEW
    if was_new and ctx.session.scalar(sa.select(WorkOrder.id).where(WorkOrder.request_id == id).limit(1)):
        raise Conflict(say("This cannot be undone: {why}.", why=say("there is a work order for it")), code="too_late")
    undo.restore(ctx, found)
    return found


@within("the request's own actions and page look at its pauses")
def running_pause(ctx: Context, request_id: int) -> Pause | None:
    query = sa.select(Pause).where(Pause.request_id == request_id, Pause.ends_at.is_(None))
    return ctx.session.scalar(query.with_for_update())


@within("the request's own actions and page look at its pauses")
def pauses_of(ctx: Context, request_id: int) -> list[Period]:
    found = ctx.session.scalars(
        sa.select(Pause).where(Pause.request_id == request_id, Pause.ends_at.is_not(None)).order_by(Pause.id)
    )
    return [Period(pause.starts_at, pause.ends_at) for pause in found if pause.ends_at is not None]


@requires(Can.IMPORT)
def take_many(ctx: Context, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Requests with their whole history from a file or another system, set-wise; returns their ids in order."""
    if not rows:
        return []
    by_site: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_site.setdefault(row["site_id"], []).append(row)
    for site_id, found in by_site.items():
        ctx.need(Can.IMPORT, site_id=site_id)
        given = numbers.plain_many(ctx, "RQ", site_id, len(found), year=ctx.today.year)
        for row, number in zip(found, given, strict=True):
            row["number"] = number
    return insert_many(ctx, Request, rows)
