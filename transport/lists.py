"""The lists of transport: vehicles, addresses and orders, each as the person may see them."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from plantops.context import Context, within
from plantops.listing import Ask, Board, BulkAction, Column, Edit, Facet, Kind, Listing, Move, Select
from plantops.lists import site_facet
from plantops.places import Site
from transport import addresses, orders, vehicles
from transport.models import Address, Order, OrderKind, OrderState, Outage, Vehicle, VehicleDocument, VehicleKind
from transport.permissions import Can
from transport.vehicles import NewVehicle

TODAY: sa.ColumnElement[date] = sa.literal_column("reader.today", sa.Date())


def _reader(ctx: Context) -> sa.Values:
    return sa.values(sa.column("today", sa.Date), sa.column("user_id", sa.BigInteger), name="reader").data(
        [(ctx.today, ctx.user.id)]
    )


def clock(minutes: sa.SQLColumnExpression[int]) -> sa.ColumnElement[str]:
    """Minutes of the plant's day as 07:30."""
    sixty = sa.literal_column("60", sa.Integer())
    hours, rest = sa.cast(minutes // sixty, sa.Text), sa.cast(minutes % sixty, sa.Text)
    return sa.func.concat(sa.func.lpad(hours, 2, "0"), ":", sa.func.lpad(rest, 2, "0"), type_=sa.Text())


def between(first: sa.SQLColumnExpression[int], last: sa.SQLColumnExpression[int]) -> sa.ColumnElement[str]:
    return sa.func.concat(clock(first), sa.literal_column("' to '"), clock(last), type_=sa.Text())


# --- Vehicles


@within("the list of vehicles, filtered by what the person may see")
def vehicle_rows(ctx: Context) -> Select:
    return (
        sa.select(Vehicle.id)
        .join(_reader(ctx), sa.true())
        .join(Site, Site.id == Vehicle.site_id)
        .where(Vehicle.id.in_(vehicles.visible(ctx).with_only_columns(Vehicle.id)))
    )


STAYS_IN = sa.or_(
    sa.exists().where(
        Outage.vehicle_id == Vehicle.id,
        Outage.first_day <= TODAY,
        sa.or_(Outage.last_day.is_(None), Outage.last_day >= TODAY),
    ),
    sa.exists().where(VehicleDocument.vehicle_id == Vehicle.id, VehicleDocument.expires_on < TODAY),
)


def _vehicle(field: str, *, required: bool = True) -> Edit:
    """A cell of a vehicle; the rest of what was entered stays as it is."""

    def act(ctx: Context, id: int, version: int, value: Any) -> Vehicle:
        now = vehicles.vehicle(ctx, id)
        entered = NewVehicle(**{one.name: getattr(now, one.name) for one in fields(NewVehicle)})
        return vehicles.change(ctx, id, version, replace(entered, **{field: value}))

    return Edit(act, (Can.MANAGE_VEHICLES,), required=required)


VEHICLES: Listing[object] = Listing(
    name="transport.vehicles",
    title="Vehicles",
    permission=Can.READ_VEHICLES,
    rows=vehicle_rows,
    key=Vehicle.id,
    origin="transport_vehicle",
    sort="name",
    empty="No vehicle yet. Add the first with “New vehicle”.",
    columns=(
        Column(
            "name", "Vehicle", Vehicle.name, sort=Vehicle.sort_key, never_null=True, place="lead", edit=_vehicle("name")
        ),
        Column("code", "Plate or code", Vehicle.code, never_null=True),
        Column("kind", "Kind", Vehicle.kind, Kind.CHOICE),
        Column("at", "Site", Site.name, place="rest", groups=True),
        Column("capacity_kg", "kg", Vehicle.capacity_kg, Kind.NUMBER, edit=_vehicle("capacity_kg")),
        Column("capacity_m3", "m³", Vehicle.capacity_m3, Kind.NUMBER, edit=_vehicle("capacity_m3")),
        Column("cost_per_km", "Per km", Vehicle.cost_per_km, Kind.MONEY, unit="currency", edit=_vehicle("cost_per_km")),
        Column("licence", "Licence", Vehicle.licence, place="rest", groups=True),
        Column("stays_in", "Stays in today", STAYS_IN, Kind.YES_NO, place="aside"),
        Column("currency", "Currency", Vehicle.currency, hidden=True),
    ),
    facets=(
        Facet("kind", "Kind", Vehicle.kind, options=VehicleKind),
        Facet("stays_in", "Stays in today", STAYS_IN, Kind.YES_NO),
        site_facet(Vehicle.site_id),
    ),
    search=(Vehicle.sort_key, Vehicle.code, Vehicle.licence),
)


# --- Addresses


@within("the list of addresses, filtered by what the person may see")
def address_rows(ctx: Context) -> Select:
    return (
        sa.select(Address.id)
        .join(Site, Site.id == Address.site_id)
        .where(Address.id.in_(addresses.visible(ctx).with_only_columns(Address.id)))
    )


def _address(field: str, *, required: bool = False) -> Edit:
    def act(ctx: Context, id: int, version: int, value: Any) -> Address:
        return addresses.correct(ctx, id, version, **{field: value})

    return Edit(act, (Can.MANAGE_ORDERS,), required=required)


ADDRESSES: Listing[object] = Listing(
    name="transport.addresses",
    title="Addresses",
    permission=Can.READ_ORDERS,
    rows=address_rows,
    key=Address.id,
    sort="name",
    empty="The fleet delivers nowhere yet. Add the first address below, or import a file of them.",
    columns=(
        Column(
            "name",
            "Address",
            Address.name,
            sort=Address.sort_key,
            never_null=True,
            place="lead",
            edit=_address("name", required=True),
        ),
        Column("code", "Code", Address.code, never_null=True),
        Column("at", "Site", Site.name, place="rest", groups=True),
        Column("hours", "Open", between(Address.from_minute, Address.to_minute), sortable=False),
        Column("gate_note", "Gate", Address.gate_note, sortable=False, edit=_address("gate_note")),
        Column("phone", "Phone", Address.phone, edit=_address("phone")),
        Column("depot", "Vehicles stand here", Address.is_depot, Kind.YES_NO, place="rest"),
    ),
    facets=(
        Facet("depot", "Vehicles stand here", Address.is_depot, Kind.YES_NO),
        Facet("gate", "Has a note", Address.gate_note != "", Kind.YES_NO),
        site_facet(Address.site_id),
    ),
    search=(Address.sort_key, Address.code, Address.gate_note, Address.phone),
)


# --- Orders


@within("the list of transport orders, filtered by what the person may see")
def order_rows(ctx: Context) -> Select:
    return (
        sa.select(Order.id)
        .join(_reader(ctx), sa.true())
        .join(Address, Address.id == Order.address_id)
        .where(Order.id.in_(orders.visible(ctx).with_only_columns(Order.id)))
    )


READER: sa.ColumnElement[int] = sa.literal_column("reader.user_id", sa.BigInteger())
CANCELS = (Can.MANAGE_ORDERS, Can.REQUEST)

ORDERS: Listing[object] = Listing(
    name="transport.orders",
    title="Transport orders",
    permission=Can.READ_ORDERS,
    also=(Can.REQUEST,),
    rows=order_rows,
    key=Order.id,
    origin="transport_order",
    sort="-day",
    empty="Nothing is to be moved. Ask for a transport, or import a file of orders.",
    columns=(
        Column("number", "Number", Order.number, never_null=True, place="lead"),
        Column("day", "Day", Order.day, Kind.DATE, never_null=True),
        Column("kind", "Kind", Order.kind, Kind.CHOICE, place="rest"),
        Column("address", "Where", Address.name, sort=Address.sort_key, groups=True),
        Column("what", "What", Order.what, sortable=False),
        Column("weight", "Weight", Order.weight_kg, Kind.QUANTITY, unit="kg"),
        Column("window", "Between", between(Order.from_minute, Order.to_minute), sortable=False, place="rest"),
        Column("kg", "Unit", sa.literal_column("'kg'", sa.Text()), hidden=True, sortable=False),
        Column("state", "State", Order.state, Kind.CHOICE, place="aside"),
    ),
    facets=(
        Facet("state", "State", Order.state, options=OrderState),
        Facet("day", "Day", Order.day, Kind.DATE),
        Facet("kind", "Kind", Order.kind, options=OrderKind),
        Facet("mine", "Asked for by me", Order.requested_by_id == READER, Kind.YES_NO),
        site_facet(Order.site_id),
    ),
    search=(Order.number, Order.what, Address.sort_key),
    bulk=(BulkAction("cancel", "Cancel", CANCELS, orders.cancel, reason="Why is it not needed any more?", icon="x"),),
    board=Board(
        "state",
        tuple(OrderState),
        (
            Move(
                "cancel",
                "Cancel",
                OrderState.CANCELLED,
                CANCELS,
                orders.cancel,
                (Ask("reason", "Why is it not needed any more?"),),
            ),
        ),
    ),
)

LISTINGS = (VEHICLES, ADDRESSES, ORDERS)
