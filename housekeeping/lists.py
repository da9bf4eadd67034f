"""The desk's list of requests: what is new, open, overdue or settled."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from housekeeping import requests
from housekeeping.desk_models import Request, RequestState
from housekeeping.permissions import Can
from plantops.context import Context, within
from plantops.listing import Ask, Board, BulkAction, Column, Edit, Facet, Kind, Listing, Move, Select
from plantops.lists import site_facet
from plantops.places import Place


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
    options=lambda _ctx: [(1, "1: danger, at once"), (2, "2: today"), (3, "3: this week"), (4, "4: some day")],
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
        Facet("category", "Category", Request.category, options=lambda _ctx: [(c, c) for c in requests.CATEGORIES]),
        Facet("priority", "Priority", Request.priority, Kind.NUMBER),
        Facet("reported", "Reported on", Request.reported_at, Kind.DATE),
        site_facet(Request.site_id),
    ),
    search=(Request.number, Request.text, Place.sort_key),
    bulk=(
        BulkAction("accept", "Accept", (Can.TRIAGE,), accept_as_reported, tone="primary"),
        BulkAction("refuse", "Refuse", (Can.TRIAGE,), requests.refuse, reason="Why are they not done?", icon="x"),
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
