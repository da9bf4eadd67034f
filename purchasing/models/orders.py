"""What was asked for and what was ordered: requisitions, orders, and the rows that tie them together."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plantops.db import Base, Currency, Id, Money, Quantity, Rate, Versioned, choice
from plantops.findable import found_by
from plantops.lifecycle import Lifecycle
from purchasing.models.sources import Percent


class RequisitionState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    ORDERED = "ordered"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class OrderState(StrEnum):
    DRAFT = "draft"
    PENDING = "pending_approval"
    APPROVED = "approved"
    ISSUED = "issued"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class LineState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    CLOSED_SHORT = "closed_short"
    CANCELLED = "cancelled"


class RevisionState(StrEnum):
    PENDING = "pending_approval"
    APPROVED = "approved"
    REFUSED = "refused"
    SUPERSEDED = "superseded"


def _may_follow_requisition() -> Lifecycle:
    s = RequisitionState
    return Lifecycle(
        follow={
            s.DRAFT: (s.SUBMITTED, s.CANCELLED),
            s.SUBMITTED: (s.APPROVED, s.DRAFT, s.CANCELLED),
            s.APPROVED: (s.ORDERED, s.CLOSED, s.CANCELLED, s.SUBMITTED),
            s.ORDERED: (s.APPROVED, s.CLOSED),
            s.CLOSED: (s.APPROVED, s.ORDERED),
        },
        reason_for=frozenset({s.CANCELLED}),
        undo=frozenset({(s.DRAFT, s.SUBMITTED), (s.SUBMITTED, s.APPROVED)}),
    )


def _may_follow_order() -> Lifecycle:
    s = OrderState
    return Lifecycle(
        follow={
            s.DRAFT: (s.PENDING, s.APPROVED, s.CANCELLED),
            s.PENDING: (s.APPROVED, s.DRAFT, s.CANCELLED),
            s.APPROVED: (s.ISSUED, s.DRAFT, s.CANCELLED),
            s.ISSUED: (s.ACKNOWLEDGED, s.CLOSED, s.CANCELLED),
            s.ACKNOWLEDGED: (s.CLOSED, s.CANCELLED),
            s.CLOSED: (s.ISSUED, s.ACKNOWLEDGED, s.CANCELLED),
        },
        reason_for=frozenset({s.CANCELLED}),
        undo=frozenset({(s.DRAFT, s.PENDING)}),
    )


class Requisition(Versioned, Base):
    """What somebody in the plant needs, by when, and who pays."""

    __tablename__ = "purchasing_requisition"
    __table_args__ = (
        *found_by("purchasing_requisition", "number", "title"),
        sa.Index("ix_purchasing_requisition_state", "state", "site_id", "id"),
        sa.Index(
            "uq_purchasing_requisition_origin",
            "origin",
            unique=True,
            postgresql_where=sa.text("origin <> '' AND state IN ('draft', 'submitted', 'approved')"),
        ),
        sa.CheckConstraint("(number IS NULL) <= (state IN ('draft', 'cancelled'))", name="numbered_when_submitted"),
    )
    lifecycle: ClassVar[Lifecycle] = _may_follow_requisition()

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    number: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[RequisitionState] = mapped_column(choice(RequisitionState), default=RequisitionState.DRAFT)
    title: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    need_by: Mapped[date]
    cost_centre_id: Mapped[int] = mapped_column(sa.ForeignKey("core_cost_centre.id"), index=True)
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_place.id"))
    store_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_store.id"))
    """Where the goods go into stock; none when they go straight to who asked."""
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"), index=True)
    entered_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    origin: Mapped[str] = mapped_column(default="")
    """What raised it, when no person did: `core.low_stock:17:3`. Only one of an origin is open at a time."""
    currency: Mapped[Currency]
    total: Mapped[Money] = mapped_column(default=Decimal(0))
    content_hash: Mapped[str] = mapped_column(default="")
    over_budget: Mapped[Money] = mapped_column(default=Decimal(0))
    """By how much it went over the budget when it was submitted (rule warn)."""
    approves_itself: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    lines: Mapped[list[RequisitionLine]] = relationship(
        lazy="raise", order_by="RequisitionLine.position", cascade="all, delete-orphan"
    )


class RequisitionLine(Base):
    """One thing that is needed; `allocated` is what orders already cover, in the item's stock unit."""

    __tablename__ = "purchasing_requisition_line"
    __table_args__ = (
        sa.UniqueConstraint("requisition_id", "position", deferrable=True, initially="DEFERRED"),
        sa.CheckConstraint("quantity > 0 AND factor > 0 AND price >= 0 AND amount >= 0", name="asks_for_something"),
        sa.CheckConstraint("allocated >= 0 AND allocated <= quantity * factor", name="allocated_within_requested"),
    )

    id: Mapped[Id]
    requisition_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_requisition.id"), index=True)
    position: Mapped[int] = mapped_column(sa.Integer)
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_item.id"), index=True)
    description: Mapped[str]
    quantity: Mapped[Quantity]
    unit: Mapped[str]
    factor: Mapped[Quantity] = mapped_column(default=Decimal(1))
    """How many of the item's stock unit one `unit` is, as it was when the line was written."""
    supplier_id: Mapped[int | None] = mapped_column(sa.ForeignKey("purchasing_supplier.id"))
    price: Mapped[Money]
    """Expected price per `per` units, in the requisition's currency."""
    per: Mapped[int] = mapped_column(sa.Integer, default=1)
    amount: Mapped[Money]
    from_catalogue: Mapped[bool] = mapped_column(default=False)
    allocated: Mapped[Quantity] = mapped_column(default=Decimal(0))
    dropped: Mapped[bool] = mapped_column(default=False)
    """The rest of the line will not be ordered."""


class Order(Versioned, Base):
    """A purchase order to one supplier, in the supplier's currency at a rate that stays on the document."""

    __tablename__ = "purchasing_order"
    __table_args__ = (
        *found_by("purchasing_order", "number", "supplier_reference"),
        sa.Index("ix_purchasing_order_state", "state", "site_id", "id"),
        sa.Index("ix_purchasing_order_of_supplier", "supplier_id", "id"),
        sa.Index("ix_purchasing_order_supplier_state", "supplier_id", "state", "id"),
        sa.CheckConstraint("rate > 0 AND freight >= 0 AND surcharge >= 0", name="amounts_possible"),
        sa.CheckConstraint(
            "(number IS NULL) <= (state IN ('draft', 'pending_approval', 'approved', 'cancelled'))",
            name="numbered_when_issued",
        ),
    )
    lifecycle: ClassVar[Lifecycle] = _may_follow_order()

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    number: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[OrderState] = mapped_column(choice(OrderState), default=OrderState.DRAFT)
    on_hold: Mapped[bool] = mapped_column(default=False)
    hold_reason: Mapped[str] = mapped_column(default="")
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_supplier.id"))
    buyer_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    cost_centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_cost_centre.id"))
    """Pays freight and surcharge."""
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_place.id"))
    store_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_store.id"))
    currency: Mapped[Currency]
    rate: Mapped[Rate] = mapped_column(default=Decimal(1))
    """One unit of `currency` in the site's currency, fixed when the order was submitted."""
    rate_on: Mapped[date]
    net: Mapped[Money] = mapped_column(default=Decimal(0))
    freight: Mapped[Money] = mapped_column(default=Decimal(0))
    surcharge: Mapped[Money] = mapped_column(default=Decimal(0))
    total: Mapped[Money] = mapped_column(default=Decimal(0))
    terms_days: Mapped[int] = mapped_column(sa.Integer, default=30)
    incoterm: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    supplier_reference: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(sa.Integer, default=0)
    content_hash: Mapped[str] = mapped_column(default="")
    approved_total: Mapped[Money | None]
    """The total that was approved, in the site's currency."""
    ordered_on: Mapped[date | None] = mapped_column(index=True)
    acknowledged_on: Mapped[date | None]
    chased_on: Mapped[date | None]
    file_id: Mapped[int | None]
    import_id: Mapped[int | None] = mapped_column(index=True)
    external_number: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    lines: Mapped[list[OrderLine]] = relationship(
        lazy="raise", order_by="OrderLine.position", cascade="all, delete-orphan"
    )


class OrderLine(Base):
    """One line of an order and what became of it. Receipt and invoice states are computed from these."""

    __tablename__ = "purchasing_order_line"
    __table_args__ = (
        sa.UniqueConstraint("order_id", "position", deferrable=True, initially="DEFERRED"),
        sa.CheckConstraint("quantity > 0 AND factor > 0 AND price >= 0 AND amount >= 0", name="orders_something"),
        sa.CheckConstraint(
            "accepted >= 0 AND rejected >= 0 AND returned >= 0 AND returned <= accepted", name="received_possible"
        ),
        sa.CheckConstraint(
            "accepted - returned <= quantity * (1 + over_percent / 100)", name="received_within_ordered"
        ),
        sa.CheckConstraint(
            "invoiced >= 0 AND credited >= 0 AND credited <= invoiced AND invoiced - credited <="
            " (CASE WHEN three_way THEN accepted ELSE quantity END) * (1 + bill_percent / 100)",
            name="invoiced_within_accepted",
        ),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_order.id"), index=True)
    position: Mapped[int] = mapped_column(sa.Integer)
    state: Mapped[LineState] = mapped_column(choice(LineState), default=LineState.OPEN)
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_item.id"), index=True)
    description: Mapped[str]
    supplier_code: Mapped[str] = mapped_column(default="")
    quantity: Mapped[Quantity]
    unit: Mapped[str]
    factor: Mapped[Quantity] = mapped_column(default=Decimal(1))
    price: Mapped[Money]
    per: Mapped[int] = mapped_column(sa.Integer, default=1)
    amount: Mapped[Money]
    """What the line costs. Imported amounts are taken as they are, and the difference is kept beside."""
    rounding_difference: Mapped[Money] = mapped_column(default=Decimal(0))
    cost_centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_cost_centre.id"))
    budget_year: Mapped[int] = mapped_column(sa.Integer)
    three_way: Mapped[bool] = mapped_column(default=True)
    over_percent: Mapped[Percent] = mapped_column(default=Decimal(0))
    under_percent: Mapped[Percent] = mapped_column(default=Decimal(0))
    bill_percent: Mapped[Percent] = mapped_column(default=Decimal(0))
    need_by: Mapped[date]
    confirmed_first: Mapped[date | None]
    """The first date that the supplier promised: on time is measured against it."""
    promised_on: Mapped[date | None]
    moved_by_us: Mapped[bool] = mapped_column(default=False)
    accepted: Mapped[Quantity] = mapped_column(default=Decimal(0))
    rejected: Mapped[Quantity] = mapped_column(default=Decimal(0))
    returned: Mapped[Quantity] = mapped_column(default=Decimal(0))
    invoiced: Mapped[Quantity] = mapped_column(default=Decimal(0))
    credited: Mapped[Quantity] = mapped_column(default=Decimal(0))
    received_on: Mapped[date | None]
    """The day on which it was complete within its tolerance."""
    imported: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """What the imported file said beyond our columns, and why a value is missing."""


class Allocation(Base):
    """This much of that requisition line is covered by this order line, in the item's stock unit."""

    __tablename__ = "purchasing_allocation"
    __table_args__ = (
        sa.UniqueConstraint("requisition_line_id", "order_line_id"),
        sa.CheckConstraint("quantity >= 0", name="not_negative"),
    )

    id: Mapped[Id]
    requisition_line_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_requisition_line.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(
        sa.ForeignKey("purchasing_order_line.id", ondelete="CASCADE"), index=True
    )
    quantity: Mapped[Quantity]
    """Zero once released: the row says that it once was."""


class Revision(Versioned, Base):
    """A change of an order after it was issued: what it was, what it shall be, and who allowed it."""

    __tablename__ = "purchasing_revision"
    __table_args__ = (sa.UniqueConstraint("order_id", "number"),)
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        follow={
            RevisionState.PENDING: (RevisionState.APPROVED, RevisionState.REFUSED),
            RevisionState.APPROVED: (RevisionState.SUPERSEDED,),
        }
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_order.id"), index=True)
    number: Mapped[int] = mapped_column(sa.Integer)
    state: Mapped[RevisionState] = mapped_column(choice(RevisionState), default=RevisionState.PENDING)
    reason: Mapped[str]
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB)
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    total: Mapped[Money]
    content_hash: Mapped[str]
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    made_at: Mapped[datetime]
