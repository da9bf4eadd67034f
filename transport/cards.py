"""What waits for dispatchers and drivers on their home page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from personnel import api as personnel
from plantops.context import Context, within
from plantops.events import Waiting, WaitingCard
from plantops.places import Site
from transport import orders
from transport.models import OPEN, Driver, LeftOut, Order, OrderState, Plan, PlanState, Stop, Trip
from transport.permissions import Can


@within("the home page asks with the reader's rights")
def waiting(ctx: Context, _question: Waiting) -> list[WaitingCard]:
    """Today's stops, what the plan leaves out, and the driver's own stops."""
    if not ctx.may(Can.READ_PLANS):
        return []
    day = f"/transport?day={ctx.today}"
    counts = ctx.session.execute(
        sa.select(Order.state, sa.func.count())
        .where(
            Order.id.in_(orders.visible(ctx).with_only_columns(Order.id)),
            Order.day == ctx.today,
            Order.site_id.in_(sa.select(Site.id).where(Site.in_totals)),  # sample data waits for nobody
        )
        .group_by(Order.state)
    )
    found: dict[OrderState, int] = {row[0]: row[1] for row in counts}
    open_now = found.get(OrderState.PLANNED, 0)
    cards = []
    if ctx.may(Can.DRIVE) and not ctx.may(Can.PLAN):
        cards.append(
            WaitingCard(
                "stops to drive today", _own_stops(ctx), "/transport/drive", order=10, one="stop to drive today"
            )
        )
    if ctx.may(Can.PLAN):
        waiting_now = found.get(OrderState.REQUESTED, 0)
        left_out = ctx.session.scalar(
            sa.select(sa.func.count())
            .select_from(LeftOut)
            .join(Plan, Plan.id == LeftOut.plan_id)
            .where(Plan.day == ctx.today, Plan.state == PlanState.PUBLISHED)
        )
        cards.append(WaitingCard("stops today", open_now, day, order=10, one="stop today"))
        tone = "warn" if waiting_now else "plain"
        cards.append(
            WaitingCard(
                "orders not planned today", waiting_now, day, tone=tone, order=11, one="order not planned today"
            )
        )
        cards.append(WaitingCard("left out of today's plan", left_out or 0, day, order=12))
    return cards


def _own_stops(ctx: Context) -> int:
    """Stops of the published trip that this person drives today, those that are not reported yet."""
    query = (
        sa.select(sa.func.count(Stop.id))
        .join(Order, Order.id == Stop.order_id)
        .join(Trip, Trip.id == Stop.trip_id)
        .join(Plan, Plan.id == Trip.plan_id)
        .join(Driver, Driver.id == Trip.driver_id)
        .where(
            Plan.day == ctx.today,
            Plan.state == PlanState.PUBLISHED,
            Order.state.in_(OPEN),
            Driver.employee_id == personnel.employee_of(ctx, ctx.user.id),
        )
    )
    return ctx.session.scalar(query) or 0


ANSWERS: dict[type, tuple[Callable[..., Any], ...]] = {Waiting: (waiting,)}
