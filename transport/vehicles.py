"""Vehicles: what they carry, what they cost, and why one stays in today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa

from plantops.context import Context, requires, within
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid
from plantops.events import DueItem
from plantops.places import sort_key
from plantops.wording import say, whole_day
from transport.events import VehicleTakenOut
from transport.models import Outage, Vehicle, VehicleDocument, VehicleKind
from transport.permissions import Can

REMIND = timedelta(days=60)


@dataclass(frozen=True)
class NewVehicle:
    """What is entered of a vehicle. Hours of use in minutes of the plant's day; money in the site's currency."""

    code: str
    name: str
    kind: VehicleKind
    capacity_kg: Decimal
    capacity_m3: Decimal
    cost_per_km: Decimal
    cost_fixed: Decimal = Decimal(0)
    cost_per_hour: Decimal = Decimal(0)
    capacity_pallets: Decimal | None = None
    from_minute: int = 6 * 60
    to_minute: int = 18 * 60
    licence: str | None = None
    co2_g_per_km: Decimal | None = None


# --- Rules


def why_not_vehicle(new: NewVehicle) -> dict[str, str]:
    """Every field that cannot be, with its sentence."""
    wrong: dict[str, str] = {}
    if not new.code.strip():
        wrong["code"] = say("A vehicle needs a code, for example its plate.")
    for field in ("capacity_kg", "capacity_m3", "cost_per_km", "cost_fixed", "cost_per_hour"):
        if getattr(new, field) < 0:
            wrong[field] = say("This cannot be negative.")
    if not 0 <= new.from_minute < new.to_minute <= 2880:
        wrong["to_minute"] = say("The hours of use must end after they begin.")
    return wrong


def why_not_out(outages: Iterable[Outage], documents: Iterable[VehicleDocument], day: date) -> str | None:
    """Why a vehicle cannot be used on a day; None when it can."""
    for outage in outages:
        if outage.first_day <= day and (outage.last_day is None or day <= outage.last_day):
            return say("it is out of service: {reason}", reason=outage.reason)
    for document in documents:
        if document.expires_on < day:
            return say(
                "its {title} expired on {expires_on}", title=document.title, expires_on=whole_day(document.expires_on)
            )
    return None


# --- Questions


@dataclass(frozen=True)
class VehicleRow:
    id: int
    version: int
    code: str
    name: str
    kind: VehicleKind
    capacity_kg: Decimal
    capacity_m3: Decimal
    cost_per_km: Decimal
    currency: str
    reason: str | None
    """Why it cannot be used on the day asked for; None when it can."""


def visible(ctx: Context) -> sa.Select[Vehicle]:
    sites = ctx.sites(Can.READ_VEHICLES)
    every = sa.select(Vehicle).where(~Vehicle.archived)
    return every if sites is None else every.where(Vehicle.site_id.in_(sites))


@requires(Can.READ_VEHICLES)
def list_vehicles(ctx: Context, site_id: int, day: date) -> list[VehicleRow]:
    """The fleet of a site with who stays in on a day, and why."""
    vehicles = ctx.session.scalars(
        visible(ctx).where(Vehicle.site_id == site_id).order_by(Vehicle.sort_key, Vehicle.id)
    ).all()
    reasons = stay_in(ctx, [vehicle.id for vehicle in vehicles], day)
    return [
        VehicleRow(
            vehicle.id,
            vehicle.version,
            vehicle.code,
            vehicle.name,
            vehicle.kind,
            vehicle.capacity_kg,
            vehicle.capacity_m3,
            vehicle.cost_per_km,
            vehicle.currency,
            reasons.get(vehicle.id),
        )
        for vehicle in vehicles
    ]


@within("plans ask for all vehicles of a day at once")
def stay_in(ctx: Context, ids: Sequence[int], day: date) -> dict[int, str]:
    """Vehicle id -> why it cannot be used on the day. Vehicles that can are not in it."""
    outages = ctx.session.scalars(sa.select(Outage).where(Outage.vehicle_id.in_(ids))).all()
    documents = ctx.session.scalars(sa.select(VehicleDocument).where(VehicleDocument.vehicle_id.in_(ids))).all()
    found: dict[int, str] = {}
    for id in ids:
        why = why_not_out(
            (outage for outage in outages if outage.vehicle_id == id),
            (document for document in documents if document.vehicle_id == id),
            day,
        )
        if why:
            found[id] = why
    return found


@requires(Can.READ_VEHICLES)
def vehicle(ctx: Context, id: int) -> Vehicle:
    return get(ctx.session, visible(ctx).where(Vehicle.id == id), what="vehicle")


@requires(Can.READ_VEHICLES)
def list_documents(ctx: Context, vehicle_id: int) -> list[VehicleDocument]:
    known = visible(ctx).where(Vehicle.id == vehicle_id).with_only_columns(Vehicle.id)
    query = sa.select(VehicleDocument).where(VehicleDocument.vehicle_id.in_(known))
    return list(ctx.session.scalars(query.order_by(VehicleDocument.expires_on)))


@within("the core asks for what falls due with the reader's rights")
def due(ctx: Context, until: date) -> list[DueItem]:
    """Inspections and insurances that end by a day."""
    if not ctx.may(Can.READ_VEHICLES):
        return []
    rows = ctx.session.execute(
        sa.select(VehicleDocument.title, VehicleDocument.expires_on, Vehicle.code, Vehicle.id)
        .join(Vehicle, Vehicle.id == VehicleDocument.vehicle_id)
        .where(Vehicle.id.in_(visible(ctx).with_only_columns(Vehicle.id)), VehicleDocument.expires_on <= until)
        .order_by(VehicleDocument.expires_on)
    )
    return [
        DueItem(
            say("{paper} of {vehicle}", paper=row.title, vehicle=row.code),
            row.expires_on,
            f"/transport/vehicles/{row.id}",
            kind="vehicle document",
        )
        for row in rows
    ]


# --- Actions


@requires(Can.MANAGE_VEHICLES)
def add(ctx: Context, site_id: int, new: NewVehicle, currency: str) -> Vehicle:
    ctx.need(Can.MANAGE_VEHICLES, site_id=site_id)
    if wrong := why_not_vehicle(new):
        raise Invalid(say("This vehicle cannot be added yet: see the fields."), fields=wrong)
    taken = sa.select(Vehicle.id).where(Vehicle.site_id == site_id, Vehicle.code == new.code.strip())
    if ctx.session.scalar(taken):
        raise Conflict(say("There is a vehicle {code} on this site already.", code=new.code), field="code")
    made = Vehicle(
        site_id=site_id,
        code=new.code.strip(),
        name=new.name.strip() or new.code.strip(),
        sort_key=sort_key(new.name or new.code),
        kind=new.kind,
        capacity_kg=new.capacity_kg,
        capacity_m3=new.capacity_m3,
        capacity_pallets=new.capacity_pallets,
        cost_fixed=new.cost_fixed,
        cost_per_km=new.cost_per_km,
        cost_per_hour=new.cost_per_hour,
        currency=currency,
        from_minute=new.from_minute,
        to_minute=new.to_minute,
        licence=new.licence,
        co2_g_per_km=new.co2_g_per_km,
    )
    ctx.session.add(made)
    ctx.session.flush()
    return made


@requires(Can.MANAGE_VEHICLES)
def change(ctx: Context, id: int, version: int, entered: NewVehicle) -> Vehicle:
    """What was entered of it is corrected; plans that are published keep what they were made with."""
    changed = get(ctx.session, visible(ctx).where(Vehicle.id == id), what="vehicle", version=version, lock=True)
    ctx.need(Can.MANAGE_VEHICLES, site_id=changed.site_id)
    if wrong := why_not_vehicle(entered):
        raise Invalid(say("This vehicle cannot be changed like that: see the fields."), fields=wrong)
    same = sa.select(Vehicle.id).where(Vehicle.site_id == changed.site_id, Vehicle.code == entered.code.strip())
    if ctx.session.scalar(same.where(Vehicle.id != id)):
        raise Conflict(say("There is a vehicle {code} on this site already.", code=entered.code), field="code")
    for one in fields(NewVehicle):
        setattr(changed, one.name, getattr(entered, one.name))
    changed.code = entered.code.strip()
    changed.name = entered.name.strip() or changed.code
    changed.sort_key = sort_key(changed.name)
    bump(changed)
    ctx.session.flush()
    return changed


@requires(Can.MANAGE_VEHICLES)
def file_document(ctx: Context, vehicle_id: int, version: int, title: str, expires_on: date) -> VehicleDocument:
    """An inspection or insurance; the newest of the same title replaces the earlier ones."""
    this = visible(ctx).where(Vehicle.id == vehicle_id)
    owner = get(ctx.session, this, what="vehicle", version=version, lock=True)
    ctx.need(Can.MANAGE_VEHICLES, site_id=owner.site_id)
    same = sa.select(VehicleDocument).where(
        VehicleDocument.vehicle_id == vehicle_id, VehicleDocument.title == title.strip()
    )
    for earlier in ctx.session.scalars(same):
        ctx.session.delete(earlier)
    made = VehicleDocument(vehicle_id=vehicle_id, title=title.strip(), expires_on=expires_on)
    ctx.session.add(made)
    bump(owner)
    ctx.session.flush()
    return made


def _need_fleet(ctx: Context, vehicle: Vehicle) -> None:
    """Who manages the vehicles of the site, or plans its days."""
    if not ctx.may(Can.MANAGE_VEHICLES, site_id=vehicle.site_id):
        ctx.need(Can.PLAN, site_id=vehicle.site_id, to="take vehicles of this site out")


@requires(Can.MANAGE_VEHICLES, Can.PLAN)
def take_out(
    ctx: Context, id: int, version: int, reason: str, first_day: date, last_day: date | None = None
) -> Vehicle:
    """The vehicle stays in from a day on, until a day or until it is brought back."""
    taken = get(ctx.session, visible(ctx).where(Vehicle.id == id), what="vehicle", version=version, lock=True)
    _need_fleet(ctx, taken)
    if not reason.strip():
        raise Invalid(say("Say why the vehicle stays in, so that the next shift knows."), field="reason")
    if last_day is not None and last_day < first_day:
        raise Invalid(say("The last day is before the first."), field="last_day")
    ctx.session.add(Outage(vehicle_id=id, first_day=first_day, last_day=last_day, reason=reason.strip()))
    bump(taken)
    ctx.session.flush()
    ctx.emit(VehicleTakenOut(id, first_day, last_day))
    return taken


@requires(Can.MANAGE_VEHICLES, Can.PLAN)
def bring_back(ctx: Context, id: int, version: int) -> Vehicle:
    """The vehicle can be used again from today; outages that lie ahead are dropped."""
    back = get(ctx.session, visible(ctx).where(Vehicle.id == id), what="vehicle", version=version, lock=True)
    _need_fleet(ctx, back)
    running = sa.select(Outage).where(
        Outage.vehicle_id == id, sa.or_(Outage.last_day.is_(None), Outage.last_day >= ctx.today)
    )
    for outage in ctx.session.scalars(running):
        if outage.first_day >= ctx.today:
            ctx.session.delete(outage)
        else:
            outage.last_day = ctx.today - timedelta(days=1)
    bump(back)
    ctx.session.flush()
    return back
