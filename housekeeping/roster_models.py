"""What housekeeping remembers of cleaning tasks, staff needed, and rosters."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plantops.db import Base, Id, Versioned, choice
from plantops.lifecycle import Lifecycle


class RosterState(StrEnum):
    COMPUTING = "computing"
    PROPOSED = "proposed"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"
    FAILED = "failed"


ROSTER_LIFE = Lifecycle(
    follow={
        RosterState.COMPUTING: (RosterState.PROPOSED, RosterState.FAILED),
        RosterState.PROPOSED: (RosterState.PUBLISHED, RosterState.REJECTED, RosterState.SUPERSEDED),
        RosterState.PUBLISHED: (RosterState.SUPERSEDED,),
    },
    reason_for=frozenset({RosterState.REJECTED}),
)


class CleaningTask(Versioned, Base):
    """What is to be cleaned where, how long it takes and how often: the site's own minutes."""

    __tablename__ = "housekeeping_cleaning_task"
    __table_args__ = (
        sa.CheckConstraint("minutes > 0 AND minutes <= 1440", name="minutes_of_a_day"),
        sa.CheckConstraint("times_a_week BETWEEN 1 AND 50", name="often_enough"),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("core_place.id"), index=True)
    title: Mapped[str]
    minutes: Mapped[Decimal] = mapped_column(sa.Numeric(8, 2))
    times_a_week: Mapped[int] = mapped_column(sa.Integer)
    template_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_shift_template.id"))
    """The shift that does it."""
    archived: Mapped[bool] = mapped_column(default=False)


class StaffNeed(Versioned, Base):
    """So many people of a kind of work are needed on a shift, each week on this day (Monday is 0)."""

    __tablename__ = "housekeeping_staff_need"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "weekday", "template_id", "work"),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6 AND needed BETWEEN 0 AND 500", name="in_range"),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"))
    department_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_department.id"))
    weekday: Mapped[int] = mapped_column(sa.Integer)
    template_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_shift_template.id"))
    work: Mapped[str]
    needed: Mapped[int] = mapped_column(sa.Integer)


class Roster(Versioned, Base):
    """Two weeks (or so) of who works when: computed, proposed, published."""

    __tablename__ = "housekeeping_roster"
    __table_args__ = (
        sa.CheckConstraint("last_day >= first_day AND last_day < first_day + 63", name="nine_weeks_at_most"),
        sa.Index("ix_housekeeping_roster_site_days", "site_id", "first_day", "last_day"),
        sa.Index(
            "uq_housekeeping_roster_published",
            "site_id",
            "first_day",
            unique=True,
            postgresql_where=sa.text("state = 'published'"),
        ),
    )
    lifecycle: ClassVar[Lifecycle] = ROSTER_LIFE

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    state: Mapped[RosterState] = mapped_column(choice(RosterState), default=RosterState.COMPUTING)
    base_id: Mapped[int | None] = mapped_column(sa.ForeignKey("housekeeping_roster.id"))
    """The published roster that this one changes as little as it can."""
    why: Mapped[str] = mapped_column(default="")
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    made_at: Mapped[datetime]
    seconds_asked: Mapped[int] = mapped_column(sa.Integer)
    status: Mapped[str | None]
    penalty: Mapped[int | None]
    bound: Mapped[Decimal | None] = mapped_column(sa.Numeric(14, 3))
    gap: Mapped[Decimal | None] = mapped_column(sa.Numeric(12, 8))
    seconds: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 3))
    note: Mapped[str] = mapped_column(default="")
    clashes: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    job_run_id: Mapped[int | None]
    cells: Mapped[list[RosterCell]] = relationship(lazy="raise", cascade="all, delete-orphan")
    holes: Mapped[list[RosterHole]] = relationship(lazy="raise", cascade="all, delete-orphan")


class RosterCell(Base):
    """One person works one shift on one day. Days off have no row."""

    __tablename__ = "housekeeping_roster_cell"

    roster_id: Mapped[int] = mapped_column(sa.ForeignKey("housekeeping_roster.id"), primary_key=True)
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_employee.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    template_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_shift_template.id"))
    work: Mapped[str]
    uncovered: Mapped[bool] = mapped_column(default=False)
    """The person will not come after all: somebody else is needed."""


class RosterHole(Base):
    """Where people are missing in a roster."""

    __tablename__ = "housekeeping_roster_hole"

    roster_id: Mapped[int] = mapped_column(sa.ForeignKey("housekeeping_roster.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    template_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_shift_template.id"), primary_key=True)
    work: Mapped[str] = mapped_column(primary_key=True)
    needed: Mapped[int] = mapped_column(sa.Integer)
    missing: Mapped[int] = mapped_column(sa.Integer)
