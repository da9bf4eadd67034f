"""The lists of the desk: requests and work orders that are new, open, overdue or settled, and rounds by day."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from housekeeping import requests, rounds, workorders
from housekeeping.desk_models import Request, RequestState, WorkKind, WorkOrder, WorkState
from housekeeping.permissions import Can
from housekeeping.round_models import Round, RoundState, RoundTick
from plantops.context import Context, within
from plantops.listing import Ask, Board, BulkAction, Column, Edit, Facet, Kind, Listing, Move, Select
from plantops.lists import site_facet
from plantops.people import User
from plantops.places import Place
from plantops.wording import say


@within("the list of requests, filtered by what the person may see")
def request_rows(ctx: Context) -> Select:
    clock = sa.values(sa.column("now", sa.DateTime(timezone=True)), name="clock").data([(ctx.now,)])
    return (
        sa.select(Request.id)
        .join(clock, sa.true())
        .outerjoin(Place, Place.id == Request.place_id)
        .where(Request.id.in_(requests.visible(ctx).with_only_columns(Request.id)))
    )


NOW: sa.ColumnElement[datetime] = sa.literal_column("clock.now", sa.DateTime(timezone=True))
OVERDUE = sa.and_(Request.state.in_(requests.OPEN), Request.due_at < NOW)


@within("the desk accepts many at once; `accept` checks the right and the version")
def accept_as_reported(ctx: Context, id: int, version: int, _reason: str) -> Request:
    return requests.accept(ctx, id, version, requests.request(ctx, id).priority)


PRIORITY = Edit(
    requests.prioritise,
    (Can.TRIAGE,),
    required=True,
    options=lambda _ctx: [(n, say(words)) for n, words in requests.PRIORITIES],
    choice=int,
)

REQUESTS: Listing[object] = Listing(
    name="housekeeping.requests",
    title="Requests",
    permission=Can.READ_REQUESTS,
    rows=request_rows,
    key=Request.id,
    origin="housekeeping_request",
    sort="due",
    empty="No request fits. Somebody reports one by the code at a place, or by the page.",
    columns=(
        Column("number", "Number", Request.number, never_null=True, place="lead"),
        Column("category", "Category", Request.category, groups=True),
        Column("text", "What", sa.func.left(Request.text, 90, type_=sa.Text()), sortable=False, place="rest"),
        Column("place", "Where", Place.name, sort=Place.sort_key, groups=True),
        Column("priority", "Priority", Request.priority, Kind.NUMBER, edit=PRIORITY),
        Column("state", "State", Request.state, Kind.CHOICE, place="aside"),
        Column("reported", "Reported", Request.reported_at, Kind.TIME, never_null=True, place="rest"),
        Column("due", "Due", Request.due_at, Kind.TIME, never_null=True),
    ),
    facets=(
        Facet("state", "State", Request.state, options=RequestState),
        Facet("overdue", "Overdue", OVERDUE, Kind.YES_NO),
        Facet(
            "category", "Category", Request.category, options=lambda _ctx: [(c, say(c)) for c in requests.CATEGORIES]
        ),
        Facet("priority", "Priority", Request.priority, Kind.NUMBER),
        Facet("reported", "Reported on", Request.reported_at, Kind.DATE),
        site_facet(Request.site_id),
    ),
    search=(Request.number, Request.text, Place.sort_key),
    bulk=(
        BulkAction("accept", "Accept", (Can.TRIAGE,), accept_as_reported, tone="primary", undo=requests.take_step_back),
        BulkAction(
            "refuse",
            "Refuse",
            (Can.TRIAGE,),
            requests.refuse,
            reason="Why are they not done?",
            icon="x",
            undo=requests.take_step_back,
        ),
        BulkAction("resolve", "Resolve", (Can.TRIAGE,), requests.resolve, reason="What was done?", icon="circle-check"),
    ),
    board=Board(
        "state",
        tuple(RequestState),
        (
            Move(
                "accept",
                "Accept",
                RequestState.ACCEPTED,
                (Can.TRIAGE,),
                lambda ctx, id, version: accept_as_reported(ctx, id, version, ""),
                tone="primary",
            ),
            Move(
                "resolve",
                "Resolve",
                RequestState.RESOLVED,
                (Can.TRIAGE,),
                requests.resolve,
                (Ask("resolution", "What was done?"),),
            ),
            Move(
                "duplicate",
                "Mark as reported before",
                RequestState.DUPLICATE,
                (Can.TRIAGE,),
                requests.mark_duplicate,
                (Ask("number", "Number of the first request"),),
            ),
            Move(
                "refuse",
                "Refuse",
                RequestState.REFUSED,
                (Can.TRIAGE,),
                requests.refuse,
                (Ask("reason", "Why is it not done?"),),
            ),
        ),
    ),
)


# --- Work orders


@within("the list of work orders, filtered by what the person may see")
def work_rows(ctx: Context) -> Select:
    reader = sa.values(
        sa.column("now", sa.DateTime(timezone=True)), sa.column("user_id", sa.BigInteger), name="clock"
    ).data([(ctx.now, ctx.user.id)])
    return (
        sa.select(WorkOrder.id)
        .join(reader, sa.true())
        .outerjoin(Place, Place.id == WorkOrder.place_id)
        .outerjoin(User, User.id == WorkOrder.assigned_to_id)
        .where(WorkOrder.id.in_(workorders.visible(ctx).with_only_columns(WorkOrder.id)))
    )


READER: sa.ColumnElement[int] = sa.literal_column("clock.user_id", sa.BigInteger())
FOR_ME = sa.or_(WorkOrder.assigned_to_id == READER, WorkOrder.assigned_to_id.is_(None))
WORK_OPEN = WorkOrder.state.in_(workorders.OPEN)
WORKS = (Can.WORK, Can.MANAGE_WORK)

WORK: Listing[object] = Listing(
    name="housekeeping.work",
    title="Work orders",
    permission=Can.READ_REQUESTS,
    also=(Can.WORK,),
    rows=work_rows,
    key=WorkOrder.id,
    origin="housekeeping_workorder",
    sort="due",
    empty="No work order yet. The desk opens one on the page of a request.",
    columns=(
        Column("number", "Order", WorkOrder.number, never_null=True, place="lead"),
        Column("title", "What", WorkOrder.title),
        Column("place", "Where", Place.name, sort=Place.sort_key, groups=True),
        Column("who", "Who", User.name, sort=User.sort_key, groups=True),
        Column("due", "Due", WorkOrder.due_at, Kind.TIME),
        Column("overdue", "Overdue", sa.and_(WORK_OPEN, WorkOrder.due_at < NOW), Kind.YES_NO, place="rest"),
        Column("state", "State", WorkOrder.state, Kind.CHOICE, place="aside"),
    ),
    facets=(
        Facet("state", "State", WorkOrder.state, options=WorkState),
        Facet("mine", "For me", FOR_ME, Kind.YES_NO),
        Facet("closed", "Done or cancelled", ~WORK_OPEN, Kind.YES_NO),
        Facet("overdue", "Overdue", sa.and_(WORK_OPEN, WorkOrder.due_at < NOW), Kind.YES_NO),
        Facet("kind", "Kind", WorkOrder.kind, options=WorkKind),
        Facet("due", "Due", WorkOrder.due_at, Kind.TIME),
        site_facet(WorkOrder.site_id),
    ),
    search=(WorkOrder.number, WorkOrder.title, Place.sort_key, User.sort_key),
    bulk=(
        BulkAction(
            "cancel",
            "Cancel",
            (Can.MANAGE_WORK,),
            workorders.cancel,
            reason="Why is it not done?",
            icon="x",
            undo=workorders.take_step_back,
        ),
    ),
    board=Board(
        "state",
        tuple(WorkState),
        (
            Move("start", "Begin", WorkState.IN_PROGRESS, WORKS, workorders.start, tone="primary"),
            Move(
                "hold",
                "Put on hold",
                WorkState.ON_HOLD,
                WORKS,
                workorders.hold,
                (Ask("reason", "What is waited for?"),),
            ),
            Move(
                "finish",
                "Done",
                WorkState.DONE,
                WORKS,
                workorders.finish,
                (Ask("report", "What was done?"), Ask("minutes", "Minutes of work", Kind.QUANTITY)),
            ),
            Move(
                "cancel",
                "Cancel",
                WorkState.CANCELLED,
                (Can.MANAGE_WORK,),
                workorders.cancel,
                (Ask("reason", "Why is it not done?"),),
            ),
        ),
    ),
)


@within("the list of rounds, filtered by what the person may see")
def round_rows(ctx: Context) -> Select:
    clock = sa.values(sa.column("now", sa.DateTime(timezone=True)), name="clock").data([(ctx.now,)])
    return (
        sa.select(Round.id)
        .join(clock, sa.true())
        .outerjoin(User, User.id == Round.assigned_to_id)
        .where(Round.id.in_(rounds.visible(ctx).with_only_columns(Round.id)))
    )


LATE = sa.and_(Round.state.in_(rounds.OPEN), Round.due_at < NOW)
STEPS = sa.select(sa.func.count()).where(RoundTick.round_id == Round.id)

ROUNDS: Listing[object] = Listing(
    name="housekeeping.rounds",
    title="All rounds",
    permission=Can.READ_CLEANING,
    rows=round_rows,
    key=Round.id,
    origin="housekeeping_round",
    sort="-starts",
    empty="No round fits. Rounds are planned for each day by the plans of rounds.",
    columns=(
        Column("name", "Round", Round.name, never_null=True, place="lead", groups=True),
        Column("day", "Day", Round.day, Kind.DATE, never_null=True),
        Column("starts", "From", Round.starts_at, Kind.TIME, never_null=True, place="rest"),
        Column("due", "Done by", Round.due_at, Kind.TIME, never_null=True),
        Column("who", "Given to", User.name, sort=User.sort_key, groups=True),
        Column("steps", "Steps", STEPS.scalar_subquery(), Kind.NUMBER, sortable=False, place="rest"),
        Column(
            "left",
            "Steps left",
            STEPS.where(RoundTick.outcome.is_(None)).scalar_subquery(),
            Kind.NUMBER,
            sortable=False,
        ),
        Column("state", "State", Round.state, Kind.CHOICE, place="aside"),
    ),
    facets=(
        Facet("state", "State", Round.state, options=RoundState),
        Facet("late", "Late", LATE, Kind.YES_NO),
        Facet("day", "Day", Round.day, Kind.DATE),
        site_facet(Round.site_id),
    ),
    search=(Round.name,),
    bulk=(
        BulkAction(
            "miss", "Close as missed", (Can.SHARE_ROUNDS,), rounds.miss, reason="Why were they missed?", icon="x"
        ),
    ),
)
