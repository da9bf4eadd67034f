"""Vehicles: the fleet, and who stays in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fastapi.responses import Response

from plantops import places
from transport import vehicles
from transport.permissions import Can
from web.page import Context, Form, Query, pages_router, render, see
from web.pages.transport.day import chosen

router = pages_router()


@dataclass(frozen=True)
class Out:
    reason: str
    first_day: date
    last_day: date | None = None


@dataclass(frozen=True)
class Paper:
    title: str
    expires_on: date


@router.get("/transport/vehicles")
def index(ctx: Context, query: Query) -> Response:
    site_id, _day = chosen(ctx, query)
    return render(
        ctx,
        "transport/vehicles.html",
        sites=places.list_sites(ctx),
        site_id=site_id,
        fleet=vehicles.list_vehicles(ctx, site_id, ctx.today),
    )


@router.get("/transport/vehicles/{id}")
def show(ctx: Context, id: int) -> Response:
    vehicle = vehicles.vehicle(ctx, id)
    return render(
        ctx,
        "transport/vehicle.html",
        Can=Can,
        vehicle=vehicle,
        url=f"/transport/vehicles/{id}",
        reason=vehicles.stay_in(ctx, [id], ctx.today).get(id),
        papers=vehicles.list_documents(ctx, id),
        today=ctx.today,
    )


@router.post("/transport/vehicles/{id}/out")
def take_out(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Out)
    vehicles.take_out(ctx, id, form.version, typed.reason, typed.first_day, typed.last_day)
    return see(ctx, f"/transport/vehicles/{id}", "The vehicle stays in. Plans with it say so.")


@router.post("/transport/vehicles/{id}/back")
def bring_back(ctx: Context, id: int, form: Form) -> Response:
    vehicles.bring_back(ctx, id, form.version)
    return see(ctx, f"/transport/vehicles/{id}", "The vehicle can be used again.")


@router.post("/transport/vehicles/{id}/papers")
def file_paper(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Paper)
    vehicles.file_document(ctx, id, typed.title, typed.expires_on)
    return see(ctx, f"/transport/vehicles/{id}", f"{typed.title} is noted.")
