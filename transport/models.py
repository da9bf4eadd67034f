"""What transport remembers: vehicles, drivers, places, orders, plans with trips and stops."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plantops.db import Base, Currency, Id, Money, Quantity, SortKey, Versioned, choice, unaudited
from plantops.findable import found_by
from plantops.lifecycle import Lifecycle

DAY_MINUTES = 1440


class VehicleKind(StrEnum):
    TRUCK = "truck"
    VAN = "van"
    YARD = "yard_truck"
    CAR = "pool_car"


class OrderKind(StrEnum):
    DELIVERY = "delivery"
    PICKUP = "pickup"


class OrderState(StrEnum):
    REQUESTED = "requested"
    PLANNED = "planned"
    DELIVERED = "delivered"
    PARTIAL = "partial"
    REFUSED = "refused"
    NOBODY = "nobody_there"
    CANCELLED = "cancelled"


class PlanState(StrEnum):
    COMPUTING = "computing"
    DRAFT = "draft"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    FAILED = "failed"


DONE = frozenset({OrderState.DELIVERED, OrderState.PARTIAL, OrderState.REFUSED, OrderState.NOBODY})
OPEN = (OrderState.REQUESTED, OrderState.PLANNED)

ORDER_LIFE = Lifecycle(
    follow={
        OrderState.REQUESTED: (OrderState.PLANNED, OrderState.CANCELLED),
        OrderState.PLANNED: (*sorted(DONE), OrderState.REQUESTED, OrderState.CANCELLED),
        # nobody there or refused: it may be tried again another day
        OrderState.NOBODY: (OrderState.REQUESTED,),
        OrderState.REFUSED: (OrderState.REQUESTED,),
    },
    reason_for=frozenset({OrderState.REFUSED, OrderState.PARTIAL, OrderState.CANCELLED}),
)
PLAN_LIFE = Lifecycle(
    follow={
        PlanState.COMPUTING: (PlanState.DRAFT, PlanState.FAILED),
        PlanState.DRAFT: (PlanState.PUBLISHED, PlanState.SUPERSEDED),
        PlanState.PUBLISHED: (PlanState.SUPERSEDED,),
    }
)


class Vehicle(Versioned, Base):
    """A vehicle with what it carries, what it costs, and from when to when it may be out."""

    __tablename__ = "transport_vehicle"
    __table_args__ = (
        *found_by("transport_vehicle", "name", "code", "licence"),
        sa.UniqueConstraint("site_id", "code"),
        sa.CheckConstraint("capacity_kg >= 0 AND capacity_m3 >= 0", name="capacity_not_negative"),
        sa.CheckConstraint("0 <= from_minute AND from_minute < to_minute AND to_minute <= 2880", name="hours_in_order"),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    code: Mapped[str]
    name: Mapped[str]
    sort_key: Mapped[SortKey]
    kind: Mapped[VehicleKind] = mapped_column(choice(VehicleKind))
    capacity_kg: Mapped[Quantity]
    capacity_m3: Mapped[Quantity]
    capacity_pallets: Mapped[Quantity | None]
    cost_fixed: Mapped[Money]
    cost_per_km: Mapped[Money]
    cost_per_hour: Mapped[Money]
    currency: Mapped[Currency]
    from_minute: Mapped[int] = mapped_column(sa.Integer)
    to_minute: Mapped[int] = mapped_column(sa.Integer)
    licence: Mapped[str | None]
    """Code of the certificate that its driver needs, as personnel names it."""
    co2_g_per_km: Mapped[Quantity | None]
    import_id: Mapped[int | None] = mapped_column(index=True)
    archived: Mapped[bool] = mapped_column(default=False)


class VehicleDocument(Base):
    """Inspection, insurance: once expired the vehicle stays in."""

    __tablename__ = "transport_vehicle_document"

    id: Mapped[Id]
    vehicle_id: Mapped[int] = mapped_column(sa.ForeignKey("transport_vehicle.id"), index=True)
    title: Mapped[str]
    expires_on: Mapped[date]


class Outage(Base):
    """Days on which a vehicle cannot be used; open-ended until it is brought back."""

    __tablename__ = "transport_outage"
    __table_args__ = (sa.CheckConstraint("last_day IS NULL OR last_day >= first_day", name="days_in_order"),)

    id: Mapped[Id]
    vehicle_id: Mapped[int] = mapped_column(sa.ForeignKey("transport_vehicle.id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date | None]
    reason: Mapped[str]


class Driver(Versioned, Base):
    """An employee who drives. Whether they may today (licence, leave, shift) personnel answers."""

    __tablename__ = "transport_driver"

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_employee.id"), unique=True)
    home_vehicle_id: Mapped[int | None] = mapped_column(sa.ForeignKey("transport_vehicle.id"))
    archived: Mapped[bool] = mapped_column(default=False)


class Address(Versioned, Base):
    """A place that is driven to: where it is, when it takes goods, how long a stop takes."""

    __tablename__ = "transport_address"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "code"),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="on_earth"),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    code: Mapped[str]
    name: Mapped[str]
    sort_key: Mapped[SortKey]
    latitude: Mapped[Decimal] = mapped_column(sa.Numeric(9, 6))
    longitude: Mapped[Decimal] = mapped_column(sa.Numeric(9, 6))
    gate_note: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    is_depot: Mapped[bool] = mapped_column(default=False)
    import_id: Mapped[int | None] = mapped_column(index=True)
    from_minute: Mapped[int] = mapped_column(sa.Integer, default=0)
    to_minute: Mapped[int] = mapped_column(sa.Integer, default=DAY_MINUTES)


class Road(Base):
    """A measured way between two addresses; what is not here is estimated from these."""

    __tablename__ = "transport_road"
    __table_args__ = (
        sa.UniqueConstraint("from_id", "to_id"),
        sa.CheckConstraint("km >= 0 AND minutes >= 0", name="not_negative"),
        unaudited(),
    )

    id: Mapped[Id]
    from_id: Mapped[int] = mapped_column(sa.ForeignKey("transport_address.id"))
    to_id: Mapped[int] = mapped_column(sa.ForeignKey("transport_address.id"), index=True)
    km: Mapped[Decimal] = mapped_column(sa.Numeric(10, 3))
    minutes: Mapped[Decimal] = mapped_column(sa.Numeric(10, 3))


class Banned(Base):
    """This vehicle may not go there (yard too small, no tail lift)."""

    __tablename__ = "transport_banned"

    vehicle_id: Mapped[int] = mapped_column(sa.ForeignKey("transport_vehicle.id"), primary_key=True)
    address_id: Mapped[int] = mapped_column(sa.ForeignKey("transport_address.id"), primary_key=True)


class Order(Versioned, Base):
    """Something that must get somewhere on a day, within a window."""

    __tablename__ = "transport_order"
    __table_args__ = (
        *found_by("transport_order", "number", "what"),
        sa.UniqueConstraint("site_id", "number"),
        sa.Index("ix_transport_order_site_day", "site_id", "day", "state"),
        sa.CheckConstraint("weight_kg >= 0 AND volume_m3 >= 0", name="load_not_negative"),
        sa.CheckConstraint(
            "0 <= from_minute AND from_minute <= to_minute AND to_minute <= 2880", name="window_in_order"
        ),
        sa.CheckConstraint("service_minutes >= 0", name="service_not_negative"),
    )
    lifecycle: ClassVar[Lifecycle] = ORDER_LIFE

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"))
    number: Mapped[str]
    day: Mapped[date]
    kind: Mapped[OrderKind] = mapped_column(choice(OrderKind))
    address_id: Mapped[int] = mapped_column(sa.ForeignKey("transport_address.id"), index=True)
    what: Mapped[str]
    weight_kg: Mapped[Quantity]
    volume_m3: Mapped[Quantity]
    pallets: Mapped[Quantity | None]
    articles: Mapped[Quantity | None]
    from_minute: Mapped[int] = mapped_column(sa.Integer)
    to_minute: Mapped[int] = mapped_column(sa.Integer)
    service_minutes: Mapped[Decimal] = mapped_column(sa.Numeric(8, 3))
    priority: Mapped[int] = mapped_column(sa.Integer, default=0)
    state: Mapped[OrderState] = mapped_column(choice(OrderState), default=OrderState.REQUESTED)
    requested_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    requested_at: Mapped[datetime]
    origin: Mapped[str] = mapped_column(default="")
    arrived_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    signed_by: Mapped[str] = mapped_column(default="")
    outcome_note: Mapped[str] = mapped_column(default="")
    import_id: Mapped[int | None] = mapped_column(index=True)


class Plan(Versioned, Base):
    """A plan of one day: first computed, then a draft to look at, then published to the drivers."""

    __tablename__ = "transport_plan"
    __table_args__ = (
        sa.Index("ix_transport_plan_site_day", "site_id", "day"),
        sa.Index(
            "uq_transport_plan_one_published",
            "site_id",
            "day",
            unique=True,
            postgresql_where=sa.text("state = 'published'"),
        ),
    )
    lifecycle: ClassVar[Lifecycle] = PLAN_LIFE

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"))
    day: Mapped[date]
    state: Mapped[PlanState] = mapped_column(choice(PlanState), default=PlanState.COMPUTING)
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    made_at: Mapped[datetime]
    seconds_asked: Mapped[int] = mapped_column(sa.Integer)
    status: Mapped[str | None]
    """What the optimiser could prove: optimal, feasible, infeasible."""
    cost: Mapped[Money | None]
    bound: Mapped[Money | None]
    gap: Mapped[Decimal | None] = mapped_column(sa.Numeric(12, 8))
    seconds: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 3))
    currency: Mapped[Currency | None]
    note: Mapped[str] = mapped_column(default="")
    job_run_id: Mapped[int | None]
    trips: Mapped[list[Trip]] = relationship(lazy="raise", order_by="Trip.id", cascade="all, delete-orphan")
    left_out: Mapped[list[LeftOut]] = relationship(lazy="raise", cascade="all, delete-orphan")


class Replan(Base):
    """What a plan was asked to change of another one of its day, its base, as that stood then."""

    __tablename__ = "transport_replan"

    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("transport_plan.id"), primary_key=True)
    base_id: Mapped[int] = mapped_column(sa.ForeignKey("transport_plan.id"), index=True)
    base_version: Mapped[int] = mapped_column(sa.Integer)
    vehicle_out_id: Mapped[int | None] = mapped_column(sa.ForeignKey("transport_vehicle.id"), index=True)
    as_if_minute: Mapped[int | None] = mapped_column(sa.Integer)
    """The minute of the day as which it is planned: what has begun by then stays. None: nothing has begun."""
    others_stay: Mapped[bool]
    """Only orders that lose their vehicle get another one."""


class Trip(Base):
    """One vehicle's round of the day."""

    __tablename__ = "transport_trip"
    __table_args__ = (sa.UniqueConstraint("plan_id", "vehicle_id"),)

    id: Mapped[Id]
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("transport_plan.id"))
    vehicle_id: Mapped[int] = mapped_column(sa.ForeignKey("transport_vehicle.id"), index=True)
    driver_id: Mapped[int | None] = mapped_column(sa.ForeignKey("transport_driver.id"), index=True)
    leaves_minute: Mapped[Decimal] = mapped_column(sa.Numeric(8, 2))
    returns_minute: Mapped[Decimal] = mapped_column(sa.Numeric(8, 2))
    km: Mapped[Decimal] = mapped_column(sa.Numeric(10, 3))
    empty_km: Mapped[Decimal] = mapped_column(sa.Numeric(10, 3))
    cost: Mapped[Money]
    weight_kg: Mapped[Quantity]
    volume_m3: Mapped[Quantity]
    capacity_kg: Mapped[Quantity]
    """What the vehicle held when this was planned, whatever is entered for it later."""
    capacity_m3: Mapped[Quantity]
    stops: Mapped[list[Stop]] = relationship(lazy="raise", order_by="Stop.sequence", cascade="all, delete-orphan")


class Stop(Base):
    """One stop of a trip with its planned times (minutes of the plant's day) and slack."""

    __tablename__ = "transport_stop"
    __table_args__ = (sa.UniqueConstraint("trip_id", "sequence"),)

    id: Mapped[Id]
    trip_id: Mapped[int] = mapped_column(sa.ForeignKey("transport_trip.id"))
    sequence: Mapped[int] = mapped_column(sa.Integer)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("transport_order.id"), index=True)
    arrives_minute: Mapped[Decimal] = mapped_column(sa.Numeric(8, 2))
    starts_minute: Mapped[Decimal] = mapped_column(sa.Numeric(8, 2))
    departs_minute: Mapped[Decimal] = mapped_column(sa.Numeric(8, 2))
    slack_minutes: Mapped[Decimal] = mapped_column(sa.Numeric(8, 2))


class LeftOut(Base):
    """An order that the plan does not serve, with what each vehicle would break."""

    __tablename__ = "transport_left_out"

    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("transport_plan.id"), primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("transport_order.id"), primary_key=True)
    reasons: Mapped[list[Any]] = mapped_column(JSONB)
