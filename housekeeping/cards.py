"""What waits for the desk, crews and cleaners on their home page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from housekeeping import rosters, rounds
from housekeeping.lists import REQUESTS, WORK
from housekeeping.permissions import Can
from housekeeping.roster_models import Roster, RosterHole, RosterState
from housekeeping.round_models import Round
from plantops import places
from plantops.context import Context, within
from plantops.events import Waiting, WaitingCard
from plantops.listing_pages import card
from plantops.wording import mark


@within("the home page asks with the reader's rights")
def waiting(ctx: Context, _question: Waiting) -> list[WaitingCard]:
    cards = []
    if ctx.may(Can.TRIAGE):
        # Sample data waits for nobody.
        sites = places.list_sites(ctx)
        plants = ",".join(str(site.id) for site in sites if site.in_totals)
        here = "" if all(site.in_totals for site in sites) else f"&site={plants}"
        new, late = f"/housekeeping/requests?state=new{here}", f"/housekeeping/requests?overdue=yes{here}"
        cards.append(card(ctx, REQUESTS, new, mark("requests to triage"), order=10, one=mark("request to triage")))
        overdue = card(ctx, REQUESTS, late, mark("requests overdue"), order=11, one=mark("request overdue"))
        cards.append(replace(overdue, tone="bad" if overdue.count else "plain"))
    if ctx.may(Can.WORK):
        href = "/housekeeping/workorders?mine=yes&closed=no"
        cards.append(card(ctx, WORK, href, mark("work orders for me"), order=12, one=mark("work order for me")))
    if ctx.may(Can.DO_ROUNDS) and ctx.may(Can.READ_CLEANING):
        cards += _round_cards(ctx)
    if ctx.may(Can.PLAN_ROSTERS):
        cards += _roster_cards(ctx)
    return cards


def _round_cards(ctx: Context) -> list[WaitingCard]:
    mine = sa.or_(Round.assigned_to_id.is_(None), Round.assigned_to_id == ctx.user.id)
    todo, late = rounds.count_open(ctx, mine), rounds.count_open(ctx, Round.due_at < ctx.now)
    tone = "bad" if late else "plain"
    return [
        WaitingCard("rounds to do", todo, "/housekeeping/rounds", order=8, one="round to do"),
        WaitingCard("rounds late", late, "/housekeeping/rounds/all?late=yes", tone=tone, order=9, one="round late"),
    ]


def _roster_cards(ctx: Context) -> list[WaitingCard]:
    seen = rosters.visible(ctx).with_only_columns(Roster.id)
    proposed = _count(ctx, Roster, Roster.id.in_(seen), Roster.state == RosterState.PROPOSED)
    holes = ctx.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(RosterHole.missing), 0))
        .join(Roster, Roster.id == RosterHole.roster_id)
        .where(Roster.id.in_(seen), Roster.state == RosterState.PUBLISHED, RosterHole.day >= ctx.today)
    )
    return [
        WaitingCard(
            "roster proposals to look at", proposed, "/housekeeping/rosters", order=20, one="roster proposal to look at"
        ),
        WaitingCard(
            "places not filled on published rosters",
            int(holes or 0),
            "/housekeeping/rosters",
            tone="warn" if holes else "plain",
            order=21,
            one="place not filled on published rosters",
        ),
    ]


def _count(ctx: Context, table: type[Any], *which: sa.ColumnElement[bool]) -> int:
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(table).where(*which)) or 0


ANSWERS: dict[type, tuple[Callable[..., Any], ...]] = {Waiting: (waiting,)}
