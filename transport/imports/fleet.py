"""Vehicles, measured ways and forbidden pairs from files."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from plantops import places
from plantops.context import Context, within
from plantops.import_kinds import Column, Holds, ImportKind, ImportRun, Kept, Loaded, Refusal, Row
from plantops.wording import say
from transport import addresses, vehicles
from transport.models import Address, Banned, Driver, Outage, Road, Trip, Vehicle, VehicleDocument, VehicleKind
from transport.permissions import Can

ZERO = Decimal(0)


def _codes(ctx: Context, run: ImportRun, model: type[Address] | type[Vehicle]) -> dict[str, int]:
    query = sa.select(model.code, model.id).where(model.site_id == run.site_id)
    return {row.code: row.id for row in ctx.session.execute(query)}


# --- Vehicles


@within("an import that the person may run")
def load_vehicles(ctx: Context, run: ImportRun, rows: Sequence[Row]) -> Loaded:
    """Vehicles that are not there yet; one that is there, with the same code, stays as it is."""
    assert run.site_id is not None
    known = _codes(ctx, run, Vehicle)
    currency = places.site(ctx, run.site_id).currency
    made: dict[int, int] = {}
    for row in rows:
        code = str(row.text("code"))
        if code not in known:
            vehicle = vehicles.add(ctx, run.site_id, _vehicle(code, row), currency)
            vehicle.import_id = run.id
            known[code] = vehicle.id
        made[row.number] = known[code]
    return Loaded(made=made)


def _vehicle(code: str, row: Row) -> vehicles.NewVehicle:
    return vehicles.NewVehicle(
        code=code,
        name=row.text("name") or code,
        kind=VehicleKind(row.text("kind") or "van"),
        capacity_kg=row.decimal("capacity_kg") or ZERO,
        capacity_m3=row.decimal("capacity_m3") or ZERO,
        cost_fixed=row.decimal("cost_fixed") or ZERO,
        cost_per_km=row.decimal("cost_per_km") or ZERO,
        from_minute=row.whole("from_minute") or 0,
        to_minute=row.whole("to_minute") or 1440,
    )


@within("an import that the person may undo")
def undo_vehicles(ctx: Context, run: ImportRun) -> list[Kept]:
    """All but those that are in plans, or of which somebody has entered more meanwhile."""
    mine = ctx.session.scalars(sa.select(Vehicle.id).where(Vehicle.import_id == run.id).with_for_update()).all()
    entered: list[Any] = [VehicleDocument.vehicle_id, Outage.vehicle_id, Driver.home_vehicle_id]
    kept: dict[int, str] = {
        id: say("it has papers, days out of service or a driver: archive it instead")
        for column in entered
        for id in ctx.session.scalars(sa.select(column).where(column.in_(mine)))
    }
    planned = ctx.session.scalars(sa.select(Trip.vehicle_id).where(Trip.vehicle_id.in_(mine)))
    kept |= dict.fromkeys(planned, say("it is in plans: archive it instead"))
    unused = [id for id in mine if id not in kept]
    ctx.session.execute(sa.delete(Banned).where(Banned.vehicle_id.in_(unused)))
    ctx.session.execute(sa.delete(Vehicle).where(Vehicle.id.in_(unused)))
    return [Kept(id, why) for id, why in kept.items()]


# --- Measured ways to and from the depot


@within("an import that the person may run")
def load_roads(ctx: Context, run: ImportRun, rows: Sequence[Row]) -> Loaded:
    """Ways between the depot and a customer in the direction that the row names."""
    known = _codes(ctx, run, Address)
    refused, measured = [], {}
    for row in rows:
        depot, customer = str(row.text("depot_code")), str(row.text("address_code"))
        if missing := next((code for code in (depot, customer) if code not in known), None):
            refused.append(Refusal(row.number, "address_code", missing, say("there is no address with this code")))
            continue
        pair = (known[depot], known[customer]) if row.text("direction") == "out" else (known[customer], known[depot])
        measured[pair] = (row.decimal("km") or ZERO, row.decimal("minutes") or ZERO)
    addresses.measure(ctx, [(*pair, km, minutes) for pair, (km, minutes) in measured.items()])
    return Loaded(refused=refused)


@within("an import that the person may undo")
def undo_roads(ctx: Context, run: ImportRun) -> None:
    """The measured ways of the site are forgotten; they are estimated until they are measured again."""
    here = sa.select(Address.id).where(Address.site_id == run.site_id)
    ctx.session.execute(sa.delete(Road).where(Road.from_id.in_(here)))


# --- Forbidden pairs


@within("an import that the person may run")
def load_bans(ctx: Context, run: ImportRun, rows: Sequence[Row]) -> Loaded:
    """Which vehicle may not serve which address. A pair with an address that nobody orders for is refused."""
    known, fleet = _codes(ctx, run, Address), _codes(ctx, run, Vehicle)
    refused = []
    for row in rows:
        address, vehicle = str(row.text("address_code")), str(row.text("vehicle_code"))
        if address not in known:
            refused.append(Refusal(row.number, "address_code", address, say("there is no address with this code")))
        elif vehicle not in fleet:
            refused.append(Refusal(row.number, "vehicle_code", vehicle, say("there is no vehicle with this code")))
        else:
            addresses.ban(ctx, fleet[vehicle], known[address])
    return Loaded(refused=refused)


@within("an import that the person may undo")
def undo_bans(ctx: Context, run: ImportRun) -> None:
    here = sa.select(Vehicle.id).where(Vehicle.site_id == run.site_id)
    ctx.session.execute(sa.delete(Banned).where(Banned.vehicle_id.in_(here)))


def _amount(name: str, title: str, most: int, decimals: int = 4, *, required: bool = True) -> Column:
    return Column(name, title, Holds.NUMBER, required, decimals=decimals, at_least=ZERO, at_most=Decimal(most))


VEHICLES = ImportKind(
    name="vehicles",
    title="Vehicles",
    permission=Can.MANAGE_VEHICLES,
    columns=(
        Column("code", "Code", longest=60),
        Column("name", "Name", required=False, longest=200),
        Column("kind", "Kind", required=False, choices=tuple(VehicleKind)),
        _amount("capacity_kg", "Carries kg", 100_000),
        _amount("capacity_m3", "Carries m3", 1_000),
        _amount("cost_fixed", "Cost per day used", 100_000, required=False),
        _amount("cost_per_km", "Cost per km", 1_000),
        Column("from_minute", "Out from (minute)", Holds.WHOLE, at_least=ZERO, at_most=Decimal(2880)),
        Column("to_minute", "Back by (minute)", Holds.WHOLE, at_least=ZERO, at_most=Decimal(2880)),
    ),
    load=load_vehicles,
    undo=undo_vehicles,
)
ROADS = ImportKind(
    name="roads",
    title="Measured ways",
    permission=Can.MANAGE_ORDERS,
    columns=(
        Column("depot_code", "Depot", longest=60),
        Column("address_code", "Address code", longest=60),
        Column("direction", "Direction", choices=("out", "back")),
        _amount("km", "km", 20_000, 3),
        _amount("minutes", "Minutes", 20_000, 3),
    ),
    load=load_roads,
    undo=undo_roads,
)
BANS = ImportKind(
    name="forbidden-pairs",
    title="Forbidden pairs",
    permission=Can.MANAGE_VEHICLES,
    columns=(
        Column("address_code", "Address code", longest=60),
        Column("vehicle_code", "Vehicle code", longest=60),
    ),
    load=load_bans,
    undo=undo_bans,
)
