"""What waits for the desk, crews and cleaners on their home page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from housekeeping import requests, rosters, workorders
from housekeeping.desk_models import Request, RequestState, WorkOrder
from housekeeping.permissions import Can
from housekeeping.roster_models import Roster, RosterHole, RosterState
from plantops.context import Context, within
from plantops.events import Waiting, WaitingCard
from plantops.places import Site


@within("the home page asks with the reader's rights")
def waiting(ctx: Context, _question: Waiting) -> list[WaitingCard]:
    cards = []
    if ctx.may(Can.TRIAGE):
        # Sample data waits for nobody.
        plants = sa.select(Site.id).where(Site.in_totals)
        mine = requests.visible(ctx).with_only_columns(Request.id).where(Request.site_id.in_(plants))
        new = _count(ctx, Request, Request.id.in_(mine), Request.state == RequestState.NEW)
        late = _count(ctx, Request, Request.id.in_(mine), Request.state.in_(requests.OPEN), Request.due_at < ctx.now)
        cards.append(WaitingCard("requests to triage", new, "/housekeeping/requests?state=new", order=10))
        tone = "bad" if late else "plain"
        cards.append(WaitingCard("requests overdue", late, "/housekeeping/requests?overdue=yes", tone, order=11))
    if ctx.may(Can.WORK):
        own = workorders.visible(ctx).with_only_columns(WorkOrder.id)
        todo = _count(
            ctx,
            WorkOrder,
            WorkOrder.id.in_(own),
            WorkOrder.state.in_(workorders.OPEN),
            sa.or_(WorkOrder.assigned_to_id == ctx.user.id, WorkOrder.assigned_to_id.is_(None)),
        )
        cards.append(WaitingCard("work orders for me", todo, "/housekeeping/workorders", order=12))
    if ctx.may(Can.PLAN_ROSTERS):
        cards += _roster_cards(ctx)
    return cards


def _roster_cards(ctx: Context) -> list[WaitingCard]:
    seen = rosters.visible(ctx).with_only_columns(Roster.id)
    proposed = _count(ctx, Roster, Roster.id.in_(seen), Roster.state == RosterState.PROPOSED)
    holes = ctx.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(RosterHole.missing), 0))
        .join(Roster, Roster.id == RosterHole.roster_id)
        .where(Roster.id.in_(seen), Roster.state == RosterState.PUBLISHED, RosterHole.day >= ctx.today)
    )
    return [
        WaitingCard("roster proposals to look at", proposed, "/housekeeping/rosters", order=20),
        WaitingCard(
            "places not filled on published rosters",
            int(holes or 0),
            "/housekeeping/rosters",
            tone="warn" if holes else "plain",
            order=21,
        ),
    ]


def _count(ctx: Context, table: type[Any], *which: sa.ColumnElement[bool]) -> int:
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(table).where(*which)) or 0


ANSWERS: dict[type, tuple[Callable[..., Any], ...]] = {Waiting: (waiting,)}
