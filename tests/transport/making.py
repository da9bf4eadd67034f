"""Small things to test transport with."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from plantops.context import Context
from plantops.places import Site
from transport import addresses, orders, vehicles
from transport.models import Address, Order, Plan, PlanState, Stop, Trip, Vehicle, VehicleKind

DAY = date(2026, 11, 24)


def site_id(ctx: Context) -> int:
    return ctx.session.scalars(sa.select(Site.id).where(Site.code == "VER")).one()


def van(ctx: Context, code: str = "VAN-1", **more: object) -> Vehicle:
    values = {"capacity_kg": Decimal(1000), "capacity_m3": Decimal(5), "cost_per_km": Decimal("0.5")} | more
    new = vehicles.NewVehicle(code=code, name=code, kind=VehicleKind.VAN, **values)  # type: ignore[arg-type]
    return vehicles.add(ctx, site_id(ctx), new, "EUR")


def address(ctx: Context, code: str, latitude: str, longitude: str, *, is_depot: bool = False) -> Address:
    return addresses.add(
        ctx, site_id(ctx), code, f"Address {code}", Decimal(latitude), Decimal(longitude), is_depot=is_depot
    )


def order(ctx: Context, where: Address, kg: str = "100", **more: object) -> Order:
    new = orders.NewOrder(
        site_id=site_id(ctx),
        day=DAY,
        address_id=where.id,
        what="Boxes",
        weight_kg=Decimal(kg),
        **more,  # type: ignore[arg-type]
    )
    return orders.request(ctx, new)


def draft(ctx: Context, vehicle: Vehicle, wanted: list[Order], day: date = DAY) -> Plan:
    """A draft that serves these orders one after the other from eight o'clock."""
    stops = [
        Stop(
            sequence=n,
            order_id=one.id,
            arrives_minute=Decimal(480 + 20 * n),
            starts_minute=Decimal(480 + 20 * n),
            departs_minute=Decimal(490 + 20 * n),
            slack_minutes=Decimal(60),
        )
        for n, one in enumerate(wanted, start=1)
    ]
    trip = Trip(
        vehicle_id=vehicle.id,
        leaves_minute=Decimal(480),
        returns_minute=Decimal(600),
        km=Decimal(30),
        empty_km=Decimal(10),
        cost=Decimal(15),
        weight_kg=sum((one.weight_kg for one in wanted), Decimal(0)),
        volume_m3=Decimal(0),
        capacity_kg=vehicle.capacity_kg,
        capacity_m3=vehicle.capacity_m3,
        stops=stops,
    )
    made = Plan(
        site_id=vehicle.site_id,
        day=day,
        state=PlanState.DRAFT,
        made_by_id=ctx.user.id,
        made_at=ctx.now,
        seconds_asked=5,
        currency="EUR",
        cost=Decimal(15),
        trips=[trip],
        left_out=[],
    )
    ctx.session.add(made)
    ctx.session.flush()
    return made
