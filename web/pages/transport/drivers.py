"""Drivers: who may drive on which of the next days, and making somebody a driver."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fastapi.responses import Response

from plantops import places
from plantops.wording import say
from transport import drivers, vehicles
from transport.permissions import Can
from web import chosen
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()
DAYS = 7


@dataclass(frozen=True)
class Enrolled:
    site_id: int
    employee_id: int
    home_vehicle_id: int | None = None


@router.get("/transport/drivers")
def index(ctx: Context, query: Query) -> Response:
    site_id, first = chosen.site_id(ctx, query), chosen.day(ctx, query)
    days = [first + timedelta(days=n) for n in range(DAYS)]
    fleet = vehicles.list_vehicles(ctx, site_id, first) if ctx.may(Can.READ_VEHICLES) else []
    return render(
        ctx,
        "transport/drivers.html",
        sites=places.list_sites(ctx),
        site_id=site_id,
        days=days,
        drivers=drivers.list_drivers(ctx, site_id, first),
        ready=drivers.ready_days(ctx, site_id, first, days[-1]),
        vehicles={one.id: one.name for one in fleet},
        may_change=ctx.may(Can.MANAGE_VEHICLES, site_id=site_id),
    )


@router.post("/transport/drivers")
def enrol(ctx: Context, form: Form) -> Response:
    typed = form.into(Enrolled)
    drivers.enrol(ctx, typed.site_id, typed.employee_id, typed.home_vehicle_id)
    return see(ctx, f"/transport/drivers?site={typed.site_id}", say("Plans may name this driver from now on."))
