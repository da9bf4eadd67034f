"""What the palette finds in transport: orders and vehicles."""

from __future__ import annotations

from plantops.context import Context, within
from plantops.findable import Findable, Select
from transport import orders, vehicles
from transport.models import Order, Vehicle
from transport.permissions import Can


@within("transport orders, filtered by what the person may see")
def order_rows(ctx: Context) -> Select:
    return orders.visible(ctx).with_only_columns(Order.id)


@within("vehicles, filtered by what the person may see")
def vehicle_rows(ctx: Context) -> Select:
    return vehicles.visible(ctx).with_only_columns(Vehicle.id)


SEARCH = (
    Findable(
        "Transport",
        (Can.READ_ORDERS, Can.REQUEST),
        order_rows,
        Order.id,
        "transport_order",
        (Order.number, Order.what),
        detail=Order.what,
        newest_first=True,
    ),
    Findable(
        "Vehicle",
        (Can.READ_VEHICLES,),
        vehicle_rows,
        Vehicle.id,
        "transport_vehicle",
        (Vehicle.name, Vehicle.code, Vehicle.licence),
        detail=Vehicle.code,
    ),
)
