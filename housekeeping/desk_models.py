"""What the facility desk remembers: requests, work orders, and what a store of consumables gives out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plantops.db import Base, Id, Versioned, choice
from plantops.findable import found_by
from plantops.lifecycle import Lifecycle


class Channel(StrEnum):
    CODE = "code"
    PAGE = "page"
    IMPORT = "import"
    MODULE = "module"


class RequestState(StrEnum):
    NEW = "new"
    ACCEPTED = "accepted"
    RESOLVED = "resolved"
    REFUSED = "refused"
    DUPLICATE = "duplicate"


class WorkState(StrEnum):
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    DONE = "done"
    CANCELLED = "cancelled"


class WorkKind(StrEnum):
    CORRECTIVE = "corrective"
    PREVENTIVE = "preventive"
    INSPECTION = "inspection"
    CLEANING = "cleaning"


REQUEST_LIFE = Lifecycle(
    follow={
        RequestState.NEW: (
            RequestState.ACCEPTED,
            RequestState.REFUSED,
            RequestState.DUPLICATE,
            RequestState.RESOLVED,
        ),
        RequestState.ACCEPTED: (RequestState.RESOLVED, RequestState.REFUSED, RequestState.DUPLICATE),
        RequestState.RESOLVED: (RequestState.ACCEPTED,),
    },
    reason_for=frozenset({RequestState.REFUSED}),
    undo=frozenset(
        {
            (RequestState.NEW, RequestState.ACCEPTED),
            (RequestState.NEW, RequestState.REFUSED),
            (RequestState.ACCEPTED, RequestState.REFUSED),
            (RequestState.NEW, RequestState.DUPLICATE),
            (RequestState.ACCEPTED, RequestState.DUPLICATE),
        }
    ),
)
WORK_LIFE = Lifecycle(
    follow={
        WorkState.PLANNED: (WorkState.IN_PROGRESS, WorkState.DONE, WorkState.CANCELLED),
        WorkState.IN_PROGRESS: (WorkState.ON_HOLD, WorkState.DONE, WorkState.CANCELLED),
        WorkState.ON_HOLD: (WorkState.IN_PROGRESS, WorkState.CANCELLED),
    },
    reason_for=frozenset({WorkState.ON_HOLD, WorkState.CANCELLED}),
    undo=frozenset(
        {
            (WorkState.PLANNED, WorkState.IN_PROGRESS),
            (WorkState.IN_PROGRESS, WorkState.ON_HOLD),
            (WorkState.ON_HOLD, WorkState.IN_PROGRESS),
            (WorkState.PLANNED, WorkState.CANCELLED),
            (WorkState.IN_PROGRESS, WorkState.CANCELLED),
            (WorkState.ON_HOLD, WorkState.CANCELLED),
        }
    ),
)


class Request(Versioned, Base):
    """An issue that somebody reported at a place. Its clocks run in the desk's hours, priority 1 around the clock."""

    __tablename__ = "housekeeping_request"
    __table_args__ = (
        *found_by("housekeeping_request", "number", "text"),
        sa.UniqueConstraint("site_id", "number"),
        sa.UniqueConstraint("site_id", "origin", name="uq_housekeeping_request_origin"),
        sa.CheckConstraint("priority BETWEEN 1 AND 4", name="priority_1_to_4"),
        sa.CheckConstraint("resolved_at IS NULL OR resolved_at >= reported_at", name="resolved_after_reported"),
        sa.Index("ix_housekeeping_request_site_state", "site_id", "state", "due_at"),
    )
    lifecycle: ClassVar[Lifecycle] = REQUEST_LIFE

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"))
    number: Mapped[str]
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_place.id"), index=True)
    category: Mapped[str]
    text: Mapped[str]
    channel: Mapped[Channel] = mapped_column(choice(Channel, "request_channel"))
    contact: Mapped[str] = mapped_column(default="")
    reported_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    reported_at: Mapped[datetime]
    priority: Mapped[int] = mapped_column(sa.Integer)
    state: Mapped[RequestState] = mapped_column(choice(RequestState, "request_state"), default=RequestState.NEW)
    due_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    duplicate_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("housekeeping_request.id"))
    resolution: Mapped[str] = mapped_column(default="")
    origin: Mapped[str | None]
    """What raised it, when it was not a person: `import:3:60879417`, `transport_vehicle:4`."""
    import_id: Mapped[int | None] = mapped_column(index=True)
    photo_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_file.id"))
    token: Mapped[str | None] = mapped_column(unique=True)
    """Random 128 bits with which who reported without an account may look at it."""


class WorkOrder(Versioned, Base):
    """Work to be done by somebody: tasks, minutes, parts, and what it took."""

    __tablename__ = "housekeeping_workorder"
    __table_args__ = (
        *found_by("housekeeping_workorder", "number", "title"),
        sa.UniqueConstraint("site_id", "number"),
        sa.Index("ix_housekeeping_workorder_site_state", "site_id", "state"),
    )
    lifecycle: ClassVar[Lifecycle] = WORK_LIFE

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"))
    number: Mapped[str]
    request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("housekeeping_request.id"), index=True)
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_place.id"))
    kind: Mapped[WorkKind] = mapped_column(choice(WorkKind, "work_kind"), default=WorkKind.CORRECTIVE)
    title: Mapped[str]
    state: Mapped[WorkState] = mapped_column(choice(WorkState, "work_state"), default=WorkState.PLANNED)
    assigned_to_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"), index=True)
    due_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    minutes: Mapped[Decimal] = mapped_column(sa.Numeric(10, 2), default=Decimal(0))
    """Minutes of labour that were booked."""
    report: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    tasks: Mapped[list[WorkTask]] = relationship(
        lazy="raise", order_by="WorkTask.position", cascade="all, delete-orphan"
    )


class WorkTask(Base):
    """One thing to tick off; a mandatory one must be done before the order is."""

    __tablename__ = "housekeeping_work_task"

    id: Mapped[Id]
    workorder_id: Mapped[int] = mapped_column(sa.ForeignKey("housekeeping_workorder.id"), index=True)
    position: Mapped[int] = mapped_column(sa.Integer)
    title: Mapped[str]
    mandatory: Mapped[bool] = mapped_column(default=True)
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"))


class Pause(Base):
    """Time during which a request's clock does not run: waiting for a part, for access. Priority 1 never pauses."""

    __tablename__ = "housekeeping_pause"
    __table_args__ = (sa.CheckConstraint("ends_at IS NULL OR ends_at >= starts_at", name="ends_after_start"),)

    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(sa.ForeignKey("housekeeping_request.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    reason: Mapped[str]


class PortalUse(Base):
    """How often a code at a place was used lately, for the limit on reports without a login."""

    __tablename__ = "housekeeping_portal_use"
    __table_args__ = ({"info": {"audit": False}},)

    key: Mapped[str] = mapped_column(primary_key=True)
    window: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(sa.Integer)
