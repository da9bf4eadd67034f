"""Transport orders: what must get somewhere, by when, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from plantops import bulk, lifecycle, numbers, places, really
from plantops.calendar import at_local, zone
from plantops.context import Context, requires, within
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid
from plantops.wording import say
from transport.events import OrderDelivered
from transport.models import DONE, OPEN, Address, Order, OrderKind, OrderState, Plan, PlanState, Stop, Trip
from transport.permissions import Can

HEAVIEST_KG = Decimal(1_000_000)
LARGEST_M3 = Decimal(10_000)


@dataclass(frozen=True)
class NewOrder:
    """What is asked for. Minutes are of the plant's day; weights in kilogrammes, volumes in cubic metres."""

    site_id: int
    day: date
    address_id: int
    what: str
    weight_kg: Decimal
    volume_m3: Decimal = Decimal(0)
    from_minute: int = 0
    to_minute: int = 1440
    service_minutes: Decimal = Decimal(10)
    kind: OrderKind = OrderKind.DELIVERY
    pallets: Decimal | None = None
    articles: Decimal | None = None
    priority: int = 0
    origin: str = ""


@dataclass(frozen=True)
class Ended:
    """An order of a day gone by, with what became of it."""

    new: NewOrder
    arrived_at: datetime
    outcome: OrderState
    signed_by: str = ""


@dataclass(frozen=True)
class OrderRow:
    """One line of the list of orders."""

    id: int
    version: int
    number: str
    day: date
    address: str
    what: str
    weight_kg: Decimal
    from_minute: int
    to_minute: int
    state: OrderState


# --- Rules


def why_not_order(new: NewOrder) -> dict[str, str]:
    """Every field that cannot be, with its sentence."""
    wrong: dict[str, str] = {}
    if not new.what.strip():
        wrong["what"] = say("Say what is to be moved.")
    if not 0 <= new.weight_kg <= HEAVIEST_KG:
        wrong["weight_kg"] = say("The weight is between 0 and {heaviest_kg:,} kg.", heaviest_kg=HEAVIEST_KG)
    if not 0 <= new.volume_m3 <= LARGEST_M3:
        wrong["volume_m3"] = say("The volume is between 0 and {largest_m3:,} m3.", largest_m3=LARGEST_M3)
    if not 0 <= new.from_minute <= new.to_minute <= 2880:
        wrong["to_minute"] = say("The window must end after it begins.")
    if not 0 <= new.service_minutes <= 1440:
        wrong["service_minutes"] = say("A stop takes between 0 minutes and a day.")
    if not 0 <= new.priority <= 9:
        wrong["priority"] = say("The priority is 0 (plain) to 9 (first).")
    return wrong


# --- Questions


def visible(ctx: Context) -> sa.Select[Order]:
    """All of the sites where one reads orders; else one's own requests and the stops one drives."""
    sites = ctx.sites(Can.READ_ORDERS)
    every = sa.select(Order)
    if sites is None:
        return every
    return every.where(sa.or_(Order.site_id.in_(sites), Order.requested_by_id == ctx.user.id))


@requires(Can.READ_ORDERS, Can.REQUEST)
def order(ctx: Context, id: int) -> Order:
    return get(ctx.session, visible(ctx).where(Order.id == id), what="transport order")


@requires(Can.READ_ORDERS, Can.REQUEST)
def list_orders(ctx: Context, site_id: int, day: date, states: Sequence[OrderState] = ()) -> list[OrderRow]:
    query = (
        visible(ctx)
        .join(Address, Address.id == Order.address_id)
        .with_only_columns(
            Order.id,
            Order.version,
            Order.number,
            Order.day,
            Address.name.label("address"),
            Order.what,
            Order.weight_kg,
            Order.from_minute,
            Order.to_minute,
            Order.state,
        )
        .where(Order.site_id == site_id, Order.day == day)
        .order_by(Order.from_minute, Order.number, Order.id)
    )
    if states:
        query = query.where(Order.state.in_(states))
    return [OrderRow(**row) for row in ctx.session.execute(query).mappings()]


@within("plans take the open orders of a day")
def open_orders(ctx: Context, site_id: int, day: date) -> list[Order]:
    """What is still to be moved on a day, in the order of its numbers."""
    query = sa.select(Order).where(Order.site_id == site_id, Order.day == day, Order.state.in_(OPEN))
    return list(ctx.session.scalars(query.order_by(Order.number, Order.id)))


# --- Actions


@requires(Can.REQUEST)
def request(ctx: Context, new: NewOrder) -> Order:
    """Asks for something to be moved."""
    ctx.need(Can.REQUEST, site_id=new.site_id)
    if wrong := why_not_order(new):
        raise Invalid(say("This transport cannot be asked for yet: see the fields."), fields=wrong)
    if new.day < ctx.today:
        raise Invalid(say("This day is over. Choose today or a later day."), field="day")
    where = get(ctx.session, sa.select(Address).where(Address.id == new.address_id), what="address")
    if where.site_id != new.site_id:
        raise Invalid(say("This address belongs to another site."), field="address_id")
    made = Order(**_row(ctx, new, numbers.plain(ctx, "TO", new.site_id, year=new.day.year)))
    ctx.session.add(made)
    ctx.session.flush()
    return made


def _row(ctx: Context, new: NewOrder, number: str, import_id: int | None = None) -> dict[str, Any]:
    """The row of a checked order."""
    return {
        "site_id": new.site_id,
        "number": number,
        "day": new.day,
        "kind": new.kind,
        "address_id": new.address_id,
        "what": new.what.strip(),
        "weight_kg": new.weight_kg,
        "volume_m3": new.volume_m3,
        "pallets": new.pallets,
        "articles": new.articles,
        "from_minute": new.from_minute,
        "to_minute": new.to_minute,
        "service_minutes": new.service_minutes,
        "priority": new.priority,
        "state": OrderState.REQUESTED,
        "requested_by_id": ctx.user.id,
        "requested_at": ctx.now,
        "origin": new.origin,
        "import_id": import_id,
    }


@requires(Can.MANAGE_ORDERS)
def request_many(ctx: Context, orders: Sequence[NewOrder], *, import_id: int | None = None) -> list[Order]:
    """Many orders at once, by the same rules, days gone by included (imports, history)."""
    _check_all(orders)
    numbered = zip(orders, _numbers(ctx, orders), strict=True)
    made = [Order(**_row(ctx, new, number, import_id)) for new, number in numbered]
    ctx.session.add_all(made)
    ctx.session.flush()
    return made


@within("the history of days gone by is taken over under the right to publish plans")
def take_over(ctx: Context, ended: Sequence[Ended]) -> list[int]:
    """Orders of days gone by with their end, by the same rules, as one copy; their ids in the same order."""
    orders = [one.new for one in ended]
    _check_all(orders)
    rows = [
        _row(ctx, one.new, number)
        | {"state": one.outcome, "arrived_at": one.arrived_at, "done_at": one.arrived_at, "signed_by": one.signed_by}
        for one, number in zip(ended, _numbers(ctx, orders), strict=True)
    ]
    return bulk.insert_many(ctx, Order, rows)


def _check_all(orders: Sequence[NewOrder]) -> None:
    for position, new in enumerate(orders):
        if wrong := why_not_order(new):
            raise Invalid(
                say("Order {position} cannot be: {values}", position=position + 1, values="; ".join(wrong.values())),
                fields={f"orders.{position}.{field}": sentence for field, sentence in wrong.items()},
            )


def _numbers(ctx: Context, orders: Sequence[NewOrder]) -> list[str]:
    """A number for each of them, by site and year."""
    counts = Counter((new.site_id, new.day.year) for new in orders)
    series = {
        (site_id, year): iter(numbers.plain_many(ctx, "TO", site_id, count, year=year))
        for (site_id, year), count in sorted(counts.items())
    }
    return [next(series[new.site_id, new.day.year]) for new in orders]


@requires(Can.MANAGE_ORDERS, Can.REQUEST)
def cancel(ctx: Context, id: int, version: int, reason: str) -> Order:
    """The order is not needed any more; a plan that holds it says so."""
    dropped = get(ctx.session, visible(ctx).where(Order.id == id), what="transport order", version=version, lock=True)
    if dropped.requested_by_id != ctx.user.id:
        ctx.need(Can.MANAGE_ORDERS, site_id=dropped.site_id)
    lifecycle.move(ctx, dropped, OrderState.CANCELLED, reason)
    return dropped


# --- On the road


def _earliest(ctx: Context, order: Order) -> datetime:
    """Nobody reports a stop before its day."""
    return at_local(order.day, time(), zone(places.site(ctx, order.site_id).zone))


@within("a driver reports only stops of published trips of the own site")
def stop_of(ctx: Context, stop_id: int) -> tuple[Stop, Order]:
    """A stop of a published plan and its order, locked."""
    found = ctx.session.execute(
        sa.select(Stop, Order.id)
        .join(Trip, Trip.id == Stop.trip_id)
        .join(Plan, Plan.id == Trip.plan_id)
        .join(Order, Order.id == Stop.order_id)
        .where(Stop.id == stop_id, Plan.state == PlanState.PUBLISHED)
    ).first()
    if found is None:
        raise Conflict(say("This stop is in no published plan any more. Load your trip again."))
    locked = get(ctx.session, sa.select(Order).where(Order.id == found[1]), what="transport order", lock=True)
    ctx.need(Can.DRIVE, site_id=locked.site_id)
    return found[0], locked


@requires(Can.DRIVE)
def arrive(ctx: Context, stop_id: int, at: datetime | None = None) -> Order:
    """The vehicle is there. A second press keeps the first time; `at` is when, where there was no network."""
    _stop, arrived = stop_of(ctx, stop_id)
    if arrived.arrived_at is None:
        arrived.arrived_at = really.when(at, ctx.now, _earliest(ctx, arrived))
        bump(arrived)
        ctx.session.flush()
    return arrived


@requires(Can.DRIVE)
def finish(
    ctx: Context,
    stop_id: int,
    outcome: OrderState,
    *,
    signed_by: str = "",
    note: str = "",
    at: datetime | None = None,
) -> Order:
    """Delivered, partly, refused or nobody there; the same report again changes nothing."""
    if outcome not in DONE:
        raise Invalid(say("A stop ends as delivered, partial, refused or nobody there."), field="outcome")
    _stop, done = stop_of(ctx, stop_id)
    if done.state == outcome:
        return done
    if outcome is OrderState.DELIVERED and not signed_by.strip():
        raise Invalid(say("Who took the goods? Enter the name that signed."), field="signed_by")
    ended = really.when(at, ctx.now, _earliest(ctx, done))
    done.arrived_at = min(done.arrived_at or ended, ended)
    done.done_at = ended
    done.signed_by = signed_by.strip()
    done.outcome_note = note.strip()
    lifecycle.move(ctx, done, outcome, note)
    if outcome in (OrderState.DELIVERED, OrderState.PARTIAL):
        ctx.emit(OrderDelivered(done.id, done.origin))
    return done
