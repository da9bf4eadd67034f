"""Work orders: who does what, what it took, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from housekeeping import requests
from housekeeping.desk_models import RequestState, WorkKind, WorkOrder, WorkState, WorkTask
from housekeeping.events import WorkOrderDone
from housekeeping.permissions import Can
from plantops import lifecycle, numbers, people, stores, undo
from plantops.context import Context, requires, within
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid
from plantops.people import User
from plantops.places import Place
from plantops.wording import plural, say

OPEN = (WorkState.PLANNED, WorkState.IN_PROGRESS, WorkState.ON_HOLD)
MOST_MINUTES = Decimal(60 * 24 * 30)


@dataclass(frozen=True)
class NewWork:
    """What is to be done."""

    title: str
    kind: WorkKind = WorkKind.CORRECTIVE
    assigned_to_id: int | None = None
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorkRow:
    """One line of the list of work orders."""

    id: int
    version: int
    number: str
    title: str
    place: str | None
    state: WorkState
    assigned_to: str | None
    due_at: datetime | None
    overdue: bool


# --- Rules


def why_not_done(order: WorkOrder, report: str) -> str | None:
    """Why a work order cannot be finished yet."""
    if left := [task.title for task in order.tasks if task.mandatory and task.done_at is None]:
        undone = plural("{n} of its tasks is not done", "{n} of its tasks are not done", len(left))
        return f"{undone}: {', '.join(left[:3])}"
    if not report.strip():
        return say("say in a few words what was done")
    return None


# --- Questions


def visible(ctx: Context) -> sa.Select[WorkOrder]:
    """Who reads requests sees all work of the own sites; who works sees what is theirs or nobody's."""
    every = sa.select(WorkOrder)
    if ctx.may(Can.READ_REQUESTS):
        sites = ctx.sites(Can.READ_REQUESTS)
        return every if sites is None else every.where(WorkOrder.site_id.in_(sites))
    sites = ctx.sites(Can.WORK)
    mine = sa.or_(WorkOrder.assigned_to_id == ctx.user.id, WorkOrder.assigned_to_id.is_(None))
    return every.where(mine) if sites is None else every.where(mine, WorkOrder.site_id.in_(sites))


@requires(Can.READ_REQUESTS, Can.WORK)
def workorder(ctx: Context, id: int) -> WorkOrder:
    """A work order with its tasks."""
    whole = visible(ctx).options(selectinload(WorkOrder.tasks)).where(WorkOrder.id == id)
    return get(ctx.session, whole, what="work order")


@requires(Can.READ_REQUESTS, Can.WORK)
def list_work(
    ctx: Context,
    *,
    site_id: int | None = None,
    states: Sequence[WorkState] = OPEN,
    mine: bool = False,
    limit: int = 100,
) -> list[WorkRow]:
    """What is due first; `mine` is what is given to this person or to nobody yet."""
    query = (
        sa.select(
            WorkOrder.id,
            WorkOrder.version,
            WorkOrder.number,
            WorkOrder.title,
            Place.name.label("place"),
            WorkOrder.state,
            User.name.label("assigned_to"),
            WorkOrder.due_at,
            sa.and_(WorkOrder.state.in_(OPEN), WorkOrder.due_at < ctx.now).label("overdue"),
        )
        .outerjoin(Place, Place.id == WorkOrder.place_id)
        .outerjoin(User, User.id == WorkOrder.assigned_to_id)
        .where(WorkOrder.id.in_(visible(ctx).with_only_columns(WorkOrder.id)), WorkOrder.state.in_(states))
        .order_by(WorkOrder.due_at.nulls_last(), WorkOrder.id)
        .limit(limit)
    )
    if site_id is not None:
        query = query.where(WorkOrder.site_id == site_id)
    if mine:
        query = query.where(sa.or_(WorkOrder.assigned_to_id == ctx.user.id, WorkOrder.assigned_to_id.is_(None)))
    return [WorkRow(**(dict(row) | {"overdue": bool(row["overdue"])})) for row in ctx.session.execute(query).mappings()]


@requires(Can.READ_REQUESTS, Can.WORK)
def list_of_request(ctx: Context, request_id: int) -> list[WorkOrder]:
    return list(ctx.session.scalars(visible(ctx).where(WorkOrder.request_id == request_id).order_by(WorkOrder.id)))


@requires(Can.MANAGE_WORK)
def workers(ctx: Context, site_id: int) -> list[tuple[int, str]]:
    """(id, name) of the accounts that may do work orders of a site."""
    ctx.need(Can.MANAGE_WORK, site_id=site_id)
    return people.who_may(ctx, Can.WORK, site_id)


# --- Actions


@requires(Can.MANAGE_WORK)
def open_for(ctx: Context, request_id: int, new: NewWork) -> WorkOrder:
    """A work order for a request that the desk took on; it is due when the request is."""
    asked = requests.request(ctx, request_id)
    requests.lock(ctx, request_id)  # settled meanwhile it takes no more work
    ctx.need(Can.MANAGE_WORK, site_id=asked.site_id)
    if asked.state not in requests.OPEN:
        raise Conflict(
            say("Request {number} is {state}; take it on again first.", number=asked.number, state=asked.state)
        )
    if asked.state is RequestState.NEW:
        requests.accept(ctx, asked.id, asked.version, asked.priority)
    return _open(ctx, asked.site_id, new, place_id=asked.place_id, request_id=asked.id, due_at=asked.due_at)


@requires(Can.MANAGE_WORK)
def open_work(ctx: Context, site_id: int, new: NewWork, place_id: int | None, due_at: datetime | None) -> WorkOrder:
    """A work order of its own: planned upkeep, an inspection, a round."""
    ctx.need(Can.MANAGE_WORK, site_id=site_id)
    return _open(ctx, site_id, new, place_id=place_id, request_id=None, due_at=due_at)


def _open(
    ctx: Context,
    site_id: int,
    new: NewWork,
    *,
    place_id: int | None,
    request_id: int | None,
    due_at: datetime | None,
) -> WorkOrder:
    if not new.title.strip():
        raise Invalid(say("Say what is to be done."), field="title")
    if len(new.title) > 300:
        raise Invalid(say("Keep it under 300 characters."), field="title")
    if wrong := stores.wrong_for_site(ctx, site_id, place_id=place_id):
        raise Invalid(say("This work cannot be planned: see the fields."), fields=wrong)
    if new.assigned_to_id is not None and new.assigned_to_id not in dict(workers(ctx, site_id)):
        raise Invalid(say("This person does not do work orders of this site."), field="assigned_to_id")
    made = WorkOrder(
        site_id=site_id,
        number=numbers.plain(ctx, "WO", site_id, year=ctx.today.year),
        request_id=request_id,
        place_id=place_id,
        kind=new.kind,
        title=new.title.strip(),
        state=WorkState.PLANNED,
        assigned_to_id=new.assigned_to_id,
        due_at=due_at,
        created_at=ctx.now,
        created_by_id=ctx.user.id,
        tasks=[
            WorkTask(position=n, title=text.strip(), mandatory=True)
            for n, text in enumerate((t for t in new.tasks if t.strip()), start=1)
        ],
    )
    ctx.session.add(made)
    ctx.session.flush()
    return made


def _locked(ctx: Context, id: int, version: int) -> WorkOrder:
    whole = visible(ctx).options(selectinload(WorkOrder.tasks)).where(WorkOrder.id == id)
    found = get(ctx.session, whole, what="work order", version=version, lock=True)
    if not ctx.may(Can.MANAGE_WORK, site_id=found.site_id):
        ctx.need(Can.WORK, site_id=found.site_id)
    return found


@requires(Can.MANAGE_WORK)
def assign(ctx: Context, id: int, version: int, user_id: int) -> WorkOrder:
    given = _locked(ctx, id, version)
    if given.state not in OPEN:
        raise Conflict(say("{number} is {state} already.", number=given.number, state=given.state))
    if user_id not in dict(workers(ctx, given.site_id)):
        raise Invalid(say("This person does not do work orders of this site."), field="user_id")
    given.assigned_to_id = user_id
    bump(given)
    ctx.session.flush()
    return given


@requires(Can.WORK, Can.MANAGE_WORK)
def start(ctx: Context, id: int, version: int) -> WorkOrder:
    """Somebody begins; an order that was nobody's becomes theirs."""
    begun = _locked(ctx, id, version)
    begun.assigned_to_id = begun.assigned_to_id or ctx.user.id
    begun.started_at = begun.started_at or ctx.now
    lifecycle.move(ctx, begun, WorkState.IN_PROGRESS)
    return begun


@requires(Can.WORK, Can.MANAGE_WORK)
def hold(ctx: Context, id: int, version: int, reason: str) -> WorkOrder:
    held = _locked(ctx, id, version)
    lifecycle.move(ctx, held, WorkState.ON_HOLD, reason)
    return held


@requires(Can.WORK, Can.MANAGE_WORK)
def tick(ctx: Context, id: int, version: int, task_id: int, done: bool) -> WorkOrder:
    """Ticks a task off, or takes the tick back."""
    order = _locked(ctx, id, version)
    if order.state not in OPEN:
        raise Conflict(say("{number} is {state} already.", number=order.number, state=order.state))
    task = next((one for one in order.tasks if one.id == task_id), None)
    if task is None:
        raise Invalid(say("This task belongs to another work order."), field="task_id")
    task.done_at, task.done_by_id = (ctx.now, ctx.user.id) if done else (None, None)
    bump(order)
    ctx.session.flush()
    return order


@requires(Can.WORK, Can.MANAGE_WORK)
def finish(ctx: Context, id: int, version: int, report: str, minutes: Decimal) -> WorkOrder:
    """The work is done; the request that asked for it is settled with the same words."""
    done = _locked(ctx, id, version)
    if not 0 <= minutes <= MOST_MINUTES:
        raise Invalid(say("The minutes are between 0 and a month."), field="minutes")
    if why := why_not_done(done, report):
        raise Conflict(say("Cannot finish {number}: {why}.", number=done.number, why=why), field="report")
    done.report = report.strip()
    done.minutes = minutes
    done.started_at = done.started_at or ctx.now
    done.done_at = ctx.now
    done.assigned_to_id = done.assigned_to_id or ctx.user.id
    lifecycle.move(ctx, done, WorkState.DONE)
    if done.request_id is not None:
        # Two last orders at once: the second waits here, and then sees that the first is done.
        requests.lock(ctx, done.request_id)
        if not _others_open(ctx, done):
            requests.settle_by_work(ctx.as_system(), done.request_id, report)
    ctx.emit(WorkOrderDone(done.id, done.site_id))
    return done


@within("a request is settled by the last of its work orders")
def _others_open(ctx: Context, order: WorkOrder) -> bool:
    others = sa.select(WorkOrder.id).where(
        WorkOrder.request_id == order.request_id, WorkOrder.id != order.id, WorkOrder.state.in_(OPEN)
    )
    return ctx.session.scalar(others.limit(1)) is not None


@requires(Can.MANAGE_WORK)
def cancel(ctx: Context, id: int, version: int, reason: str) -> WorkOrder:
    dropped = _locked(ctx, id, version)
    lifecycle.move(ctx, dropped, WorkState.CANCELLED, reason)
    return dropped


@requires(Can.WORK, Can.MANAGE_WORK)
def take_step_back(ctx: Context, id: int, version: int) -> WorkOrder:
    """What was begun, held or cancelled a moment ago is as it was."""
    order = _locked(ctx, id, version)
    undo.check(ctx, order)
    if order.state is WorkState.CANCELLED and order.request_id is not None:
        asked = requests.lock(ctx, order.request_id)  # the last of its other orders may settle it just now
        if asked.state not in requests.OPEN:
            why = say("request {number} is {state}", number=asked.number, state=lifecycle.spoken(asked.state))
            raise Conflict(say("This cannot be undone: {why}.", why=why), code="too_late")
    undo.restore(ctx, order)
    return order
