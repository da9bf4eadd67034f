"""Vehicles: the fleet, and who stays in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from fastapi.responses import Response

from plantops import places
from plantops.wording import say
from transport import addresses, vehicles
from transport.lists import VEHICLES
from transport.models import VehicleKind
from transport.permissions import Can
from web import chosen
from web.lists import Named, list_page
from web.page import Context, Form, Query, pages_router, render, see
from web.pages.transport.addresses import END_OF_DAY, minute

router = pages_router()


@dataclass(frozen=True)
class Bought:
    site_id: int
    code: str
    name: str
    kind: VehicleKind
    capacity_kg: Decimal
    capacity_m3: Decimal
    cost_per_km: Decimal
    out_from: time
    back_by: time
    cost_fixed: Decimal = Decimal(0)
    licence: str | None = None


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
    add = (say("New vehicle"), "/transport/vehicles/new") if ctx.may(Can.MANAGE_VEHICLES) else None
    return list_page(ctx, VEHICLES, query, tabs=(Named("All"), Named("Stay in today", {"stays_in": "yes"})), add=add)


@router.get("/transport/vehicles/new")
def new(ctx: Context, query: Query) -> Response:
    ctx.need(Can.MANAGE_VEHICLES, to="add a vehicle")
    site_id = chosen.site_id(ctx, query)
    return render(
        ctx,
        "transport/vehicle_new.html",
        sites=places.list_sites(ctx),
        site_id=site_id,
        kinds=VehicleKind,
        currency=places.site(ctx, site_id).currency,
    )


@router.post("/transport/vehicles")
def add(ctx: Context, form: Form) -> Response:
    typed = form.into(Bought)
    entered = vehicles.NewVehicle(
        typed.code,
        typed.name,
        typed.kind,
        typed.capacity_kg,
        typed.capacity_m3,
        typed.cost_per_km,
        typed.cost_fixed,
        from_minute=minute(typed.out_from, 0),
        to_minute=minute(typed.back_by, END_OF_DAY),
        licence=typed.licence,
    )
    made = vehicles.add(ctx, typed.site_id, entered, places.site(ctx, typed.site_id).currency)
    return see(ctx, f"/transport/vehicles/{made.id}", say("{name} can be planned with.", name=made.name))


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
    return see(ctx, f"/transport/vehicles/{id}", say("The vehicle stays in. Plans with it say so."))


@router.post("/transport/vehicles/{id}/back")
def bring_back(ctx: Context, id: int, form: Form) -> Response:
    vehicles.bring_back(ctx, id, form.version)
    return see(ctx, f"/transport/vehicles/{id}", say("The vehicle can be used again."))


@router.post("/transport/vehicles/{id}/papers")
def file_paper(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Paper)
    vehicles.file_document(ctx, id, form.version, typed.title, typed.expires_on)
    return see(ctx, f"/transport/vehicles/{id}", say("{title} is noted.", title=typed.title))


@router.post("/transport/vehicles/{id}/bans")
def ban(ctx: Context, id: int, form: Form) -> Response:
    address = addresses.one(ctx, form.number("address_id"))
    addresses.ban(ctx, id, address.id)
    return see(ctx, f"/transport/vehicles/{id}", say("It is no longer sent to {name}.", name=address.name))
