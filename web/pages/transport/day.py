"""The day: what is to be moved, with what, and the plans that were made for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from fastapi.responses import Response

from plantops import places
from plantops.wording import say
from transport import boards, orders, plans, vehicles
from transport.permissions import Can
from web import chosen
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()


@dataclass(frozen=True)
class Ask:
    site_id: int
    day: date
    seconds: int = plans.USUAL_SECONDS


@router.get("/transport")
def show(ctx: Context, query: Query) -> Response:
    site_id, day = chosen.site_id(ctx, query), chosen.day(ctx, query)
    return render(
        ctx,
        "transport/day.html",
        Can=Can,
        sites=places.list_sites(ctx),
        site_id=site_id,
        day=day,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        numbers=boards.numbers(ctx, site_id, day),
        orders=orders.list_orders(ctx, site_id, day),
        fleet=vehicles.list_vehicles(ctx, site_id, day),
        plans=plans.list_plans(ctx, site_id, day),
    )


@router.post("/transport/plans")
def ask(ctx: Context, form: Form) -> Response:
    wanted = form.into(Ask)
    plan = plans.ask(ctx, wanted.site_id, wanted.day, wanted.seconds)
    return see(ctx, f"/transport/plans/{plan.id}", say("The optimiser is at work."))
