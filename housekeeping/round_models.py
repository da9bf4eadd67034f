"""What rounds remember: the way through the zones, the rounds of a day, and who ticked off what and when."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plantops.db import Base, Id, SortKey, Versioned, choice
from plantops.lifecycle import Lifecycle
from plantops.wording import day_and_month, say


class RoundState(StrEnum):
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    MISSED = "missed"


class Outcome(StrEnum):
    DONE = "done"
    NOT_POSSIBLE = "not_possible"
    FINDING = "finding"


class Hindrance(StrEnum):
    LOCKED = "locked"
    OCCUPIED = "occupied"
    NO_MATERIAL = "no_material"
    NO_TIME = "no_time"


ROUND_LIFE = Lifecycle(
    follow={
        RoundState.PLANNED: (RoundState.IN_PROGRESS, RoundState.MISSED),
        RoundState.IN_PROGRESS: (RoundState.DONE, RoundState.MISSED),
    },
    reason_for=frozenset({RoundState.MISSED}),
)


class RoundTemplate(Versioned, Base):
    """A way through zones that is gone again and again: on which weekdays, from when, and until when it is done."""

    __tablename__ = "housekeeping_round_template"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "sort_key"),
        sa.CheckConstraint(
            "starts_minute BETWEEN 0 AND 1439 AND due_minute > starts_minute AND due_minute <= 2160",
            name="starts_before_it_is_due",
        ),
        sa.CheckConstraint("weekdays ~ '^[0-6]{1,7}$'", name="weekdays_0_to_6"),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"))
    name: Mapped[str]
    sort_key: Mapped[SortKey]
    weekdays: Mapped[str]
    """The days of the week as digits, 0 is Monday: `01234`."""
    starts_minute: Mapped[int] = mapped_column(sa.Integer)
    due_minute: Mapped[int] = mapped_column(sa.Integer)
    """Minutes after midnight; past 1440 it is done on the next day."""
    assigned_to_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"))
    """Who usually does it; nobody: the crew shares it."""
    archived: Mapped[bool] = mapped_column(default=False)
    steps: Mapped[list[RoundStep]] = relationship(
        lazy="raise", order_by="RoundStep.position", cascade="all, delete-orphan"
    )


class RoundStep(Base):
    """One task in one zone, in the order of the way."""

    __tablename__ = "housekeeping_round_step"
    __table_args__ = (sa.UniqueConstraint("template_id", "position"),)

    id: Mapped[Id]
    template_id: Mapped[int] = mapped_column(sa.ForeignKey("housekeeping_round_template.id"))
    position: Mapped[int] = mapped_column(sa.Integer)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("core_place.id"), index=True)
    task: Mapped[str]


class Round(Versioned, Base):
    """A round of a day: as it was planned, whatever becomes of its template."""

    __tablename__ = "housekeeping_round"
    __table_args__ = (
        sa.UniqueConstraint("template_id", "day"),
        sa.CheckConstraint("due_at > starts_at", name="starts_before_it_is_due"),
        sa.Index("ix_housekeeping_round_site_day", "site_id", "day"),
        sa.Index(
            "ix_housekeeping_round_open", "due_at", postgresql_where=sa.text("state IN ('planned','in_progress')")
        ),
    )
    lifecycle: ClassVar[Lifecycle] = ROUND_LIFE

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"))
    template_id: Mapped[int] = mapped_column(sa.ForeignKey("housekeeping_round_template.id"))
    name: Mapped[str]
    day: Mapped[date]
    starts_at: Mapped[datetime]
    due_at: Mapped[datetime]
    assigned_to_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"), index=True)
    state: Mapped[RoundState] = mapped_column(choice(RoundState, "round_state"), default=RoundState.PLANNED)
    started_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    ticks: Mapped[list[RoundTick]] = relationship(
        lazy="raise", order_by="RoundTick.position", cascade="all, delete-orphan"
    )

    @property
    def number(self) -> str:
        """What sentences call it."""
        return say("{name} of {day}", name=self.name, day=day_and_month(self.day))


class RoundTick(Base):
    """One thing to tick off, and what came of it. There is one row for each step from the start, so none is doubled."""

    __tablename__ = "housekeeping_round_tick"
    __table_args__ = (
        sa.UniqueConstraint("round_id", "position"),
        sa.CheckConstraint(
            "(outcome IS NULL) = (done_at IS NULL) AND (outcome IS NULL) = (done_by_id IS NULL)"
            " AND (outcome IS NULL) = (noted_at IS NULL)",
            name="ticked_by_somebody",
        ),
        sa.CheckConstraint("(hindrance IS NOT NULL) = (outcome IS NOT DISTINCT FROM 'not_possible')", name="says_why"),
        sa.CheckConstraint("(request_id IS NOT NULL) = (outcome IS NOT DISTINCT FROM 'finding')", name="told_the_desk"),
    )

    id: Mapped[Id]
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("housekeeping_round.id"))
    position: Mapped[int] = mapped_column(sa.Integer)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("core_place.id"), index=True)
    task: Mapped[str]
    outcome: Mapped[Outcome | None] = mapped_column(choice(Outcome, "tick_outcome"))
    hindrance: Mapped[Hindrance | None] = mapped_column(choice(Hindrance, "tick_hindrance"))
    note: Mapped[str] = mapped_column(default="")
    done_at: Mapped[datetime | None]
    """When it was really done, by the phone's clock where there was no network."""
    noted_at: Mapped[datetime | None]
    """When the server heard of it."""
    done_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"))
    request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("housekeeping_request.id"))
