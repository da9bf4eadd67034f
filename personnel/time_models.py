"""What the database remembers of time: calendars, shifts, leave, absences and hours worked."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from personnel.accrual import Frequency, Proration, Rounding, Timing
from personnel.calendars import Half
from personnel.leave_days import Portion
from personnel.ledger import Kind as EntryKind
from personnel.models import never_twice
from plantops.db import Base, Id, Versioned, choice, unaudited
from plantops.findable import found_by
from plantops.lifecycle import Lifecycle


class LeaveState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class AbsenceKind(StrEnum):
    SICK = "sick"
    UNEXCUSED = "unexcused"
    EXCUSED = "excused"


# --- When people are expected


class WorkCalendar(Versioned, Base):
    """Fixed hours by weekday, free hours by weekday, or a crew's shift pattern."""

    __tablename__ = "personnel_work_calendar"
    __table_args__ = (sa.UniqueConstraint("site_id", "code"),)

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    code: Mapped[str]
    name: Mapped[str]
    flexible_minutes: Mapped[list[int] | None] = mapped_column(ARRAY(sa.Integer))
    """Minutes per weekday, Monday first, when the hours are the person's own choice."""
    works_holidays: Mapped[bool] = mapped_column(default=False)
    pattern_id: Mapped[int | None] = mapped_column(sa.ForeignKey("personnel_shift_pattern.id"))
    archived: Mapped[bool] = mapped_column(default=False)


class WorkCalendarSlot(Base):
    __tablename__ = "personnel_work_calendar_slot"
    __table_args__ = (
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        sa.CheckConstraint("start_minute BETWEEN 0 AND 1439 AND minutes BETWEEN 1 AND 1440", name="minutes_of_a_day"),
        sa.UniqueConstraint("calendar_id", "weekday", "start_minute"),
    )

    id: Mapped[Id]
    calendar_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_work_calendar.id"), index=True)
    weekday: Mapped[int] = mapped_column(sa.Integer)
    start_minute: Mapped[int] = mapped_column(sa.Integer)
    minutes: Mapped[int] = mapped_column(sa.Integer)
    half: Mapped[Half | None] = mapped_column(choice(Half))


class ShiftTemplate(Versioned, Base):
    """A named shift: early, late, night. Its minutes may run past midnight."""

    __tablename__ = "personnel_shift_template"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "code"),
        sa.CheckConstraint("start_minute BETWEEN 0 AND 1439 AND minutes BETWEEN 1 AND 1440", name="minutes_of_a_day"),
        sa.CheckConstraint("break_minutes >= 0 AND break_minutes < minutes", name="break_inside"),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    code: Mapped[str]
    name: Mapped[str]
    start_minute: Mapped[int] = mapped_column(sa.Integer)
    minutes: Mapped[int] = mapped_column(sa.Integer)
    break_minutes: Mapped[int] = mapped_column(sa.Integer, default=0)
    archived: Mapped[bool] = mapped_column(default=False)


class ShiftPattern(Versioned, Base):
    """A cycle of days that crews walk through; `anchor` is day 0 of the crew without offset."""

    __tablename__ = "personnel_shift_pattern"
    __table_args__ = (sa.UniqueConstraint("site_id", "code"),)

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    code: Mapped[str]
    name: Mapped[str]
    anchor: Mapped[date]
    closed_weekdays: Mapped[list[int]] = mapped_column(ARRAY(sa.Integer), default=list)


class ShiftPatternDay(Base):
    """Days of the cycle that are not listed are off."""

    __tablename__ = "personnel_shift_pattern_day"
    __table_args__ = (
        sa.UniqueConstraint("pattern_id", "day_number"),
        sa.CheckConstraint("day_number >= 0", name="day_number"),
    )

    id: Mapped[Id]
    pattern_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_shift_pattern.id"), index=True)
    day_number: Mapped[int] = mapped_column(sa.Integer)
    template_id: Mapped[int | None] = mapped_column(sa.ForeignKey("personnel_shift_template.id"))


class PlannedShift(Versioned, Base):
    """One person on one shift. The business date is the local day on which it starts."""

    __tablename__ = "personnel_planned_shift"
    __table_args__ = (
        sa.CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        never_twice(
            "ex_personnel_planned_shift",
            "employee_id",
            during="tstzrange(starts_at, ends_at)",
            where="cancelled_at IS NULL",
        ),
        sa.Index("ix_personnel_planned_shift_day", "business_date", "employee_id"),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"))
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_employee.id"), index=True)
    business_date: Mapped[date]
    template_id: Mapped[int | None] = mapped_column(sa.ForeignKey("personnel_shift_template.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_place.id"))
    work: Mapped[str | None]
    origin: Mapped[str]
    """Who planned it: `housekeeping.roster:12`, `transport.trip:7`, `personnel.pattern`."""
    override_reason: Mapped[str | None]
    released_at: Mapped[datetime | None]
    """The person is away (leave, sick): still what was expected of them, but somebody else must do it."""
    cancelled_at: Mapped[datetime | None]


class CoverRule(Base):
    """At least so many people of a department on a shift, of whom each holds a certificate where one is named."""

    __tablename__ = "personnel_cover_rule"
    __table_args__ = (
        sa.UniqueConstraint("department_id", "template_id", "certificate_type_id", postgresql_nulls_not_distinct=True),
        sa.CheckConstraint("needed > 0", name="needed_positive"),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    department_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_department.id"), index=True)
    template_id: Mapped[int | None] = mapped_column(sa.ForeignKey("personnel_shift_template.id"))
    certificate_type_id: Mapped[int | None] = mapped_column(sa.ForeignKey("personnel_certificate_type.id"))
    needed: Mapped[int] = mapped_column(sa.Integer)


class ShiftDemand(Base):
    """How many people of a department are needed from one moment to another: what cover is measured against."""

    __tablename__ = "personnel_shift_demand"
    __table_args__ = (
        sa.CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        sa.CheckConstraint("needed > 0", name="needed_positive"),
        sa.Index("ix_personnel_shift_demand_day", "business_date", "site_id"),
        sa.Index("ix_personnel_shift_demand_origin", "origin", "business_date"),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"))
    department_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_department.id"))
    certificate_type_id: Mapped[int | None] = mapped_column(sa.ForeignKey("personnel_certificate_type.id"))
    business_date: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    needed: Mapped[int] = mapped_column(sa.Integer)
    origin: Mapped[str]
    withdrawn_at: Mapped[datetime | None]


# --- Leave


class LeaveType(Versioned, Base):
    __tablename__ = "personnel_leave_type"
    __table_args__ = (sa.CheckConstraint("negative_cap_minutes >= 0", name="negative_cap"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    needs_balance: Mapped[bool] = mapped_column(default=True)
    counts_holidays: Mapped[bool] = mapped_column(default=False)
    negative_cap_minutes: Mapped[int] = mapped_column(sa.Integer, default=0)
    archived: Mapped[bool] = mapped_column(default=False)


class LeavePolicy(Versioned, Base):
    """How leave of a type is earned and carried. `key` stands in every ledger entry that it made."""

    __tablename__ = "personnel_leave_policy"

    id: Mapped[Id]
    leave_type_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_leave_type.id"), index=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    year_days: Mapped[Decimal] = mapped_column(sa.Numeric(7, 3))
    frequency: Mapped[Frequency] = mapped_column(choice(Frequency))
    timing: Mapped[Timing] = mapped_column(choice(Timing))
    proration: Mapped[Proration] = mapped_column(choice(Proration))
    month_counts_from_days: Mapped[int | None] = mapped_column(sa.Integer)
    rounding: Mapped[Rounding] = mapped_column(choice(Rounding))
    rounding_step_minutes: Mapped[int] = mapped_column(sa.Integer, default=1)
    balance_cap_minutes: Mapped[int | None] = mapped_column(sa.Integer)
    carry_cap_minutes: Mapped[int] = mapped_column(sa.Integer, default=0)
    carry_expires_after_months: Mapped[int | None] = mapped_column(sa.Integer)
    year_starts_month: Mapped[int] = mapped_column(sa.Integer, default=1)


class LeaveEntitlement(Versioned, Base):
    """Which policy holds for whom, in [valid_from, valid_to)."""

    __tablename__ = "personnel_leave_entitlement"
    __table_args__ = (
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="ends_after_start"),
        never_twice(
            "ex_personnel_leave_entitlement",
            "employee_id",
            "leave_type_id",
            during="daterange(valid_from, valid_to)",
        ),
    )

    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_employee.id"), index=True)
    leave_type_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_leave_type.id"))
    policy_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_leave_policy.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class LeaveEntry(Base):
    """A line of the leave ledger: written once, never changed, never removed."""

    __tablename__ = "personnel_leave_entry"
    __table_args__ = (
        sa.UniqueConstraint("employee_id", "leave_type_id", "key"),
        sa.CheckConstraint("kind NOT IN ('take', 'encash') OR minutes <= 0", name="takes_are_negative"),
        sa.CheckConstraint("minutes <= 0 OR lot IS NOT NULL OR reverses_id IS NOT NULL", name="credit_has_lot"),
        sa.Index("ix_personnel_leave_entry_person", "employee_id", "leave_type_id", "effective_date"),
    )

    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_employee.id"))
    leave_type_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_leave_type.id"))
    kind: Mapped[EntryKind] = mapped_column(choice(EntryKind, "entry_kind"))
    minutes: Mapped[int] = mapped_column(sa.Integer)
    effective_date: Mapped[date]
    lot: Mapped[str | None]
    expires_on: Mapped[date | None]
    reverses_id: Mapped[int | None] = mapped_column(sa.ForeignKey("personnel_leave_entry.id"), index=True)
    key: Mapped[str]
    """The same key is never written twice: runs and double clicks add nothing."""
    note: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))


LEAVE_LIFECYCLE = Lifecycle(
    follow={
        LeaveState.ASKED: (LeaveState.APPROVED, LeaveState.REFUSED, LeaveState.CANCELLED),
        LeaveState.APPROVED: (LeaveState.CANCELLED,),
    },
    reason_for=frozenset({LeaveState.REFUSED}),
)


class LeaveRequest(Versioned, Base):
    __tablename__ = "personnel_leave_request"
    __table_args__ = (
        *found_by("personnel_leave_request", "number"),
        sa.CheckConstraint("last_day >= first_day", name="ends_after_start"),
        sa.Index("ix_personnel_leave_request_state", "state", "first_day"),
    )
    lifecycle: ClassVar[Lifecycle] = LEAVE_LIFECYCLE

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_employee.id"), index=True)
    leave_type_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_leave_type.id"))
    state: Mapped[LeaveState] = mapped_column(choice(LeaveState))
    first_day: Mapped[date]
    last_day: Mapped[date]
    minutes: Mapped[int] = mapped_column(sa.Integer)
    note: Mapped[str] = mapped_column(default="")
    warnings: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    """What stood on the screen when it was decided."""
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    asked_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"))
    decided_at: Mapped[datetime | None]


class LeaveRequestDay(Base):
    """One day of a request. While it stands it blocks its part of that person's day."""

    __tablename__ = "personnel_leave_request_day"
    __table_args__ = (
        sa.CheckConstraint("minutes >= 0", name="minutes_not_negative"),
        sa.CheckConstraint("to_minute > from_minute", name="ends_after_start"),
        never_twice(
            "ex_personnel_leave_request_day",
            "employee_id",
            during=("daterange(day, day, '[]')", "int4range(from_minute, to_minute)"),
            where="standing",
        ),
        sa.Index("ix_personnel_leave_request_day_day", "day", "employee_id"),
    )

    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_leave_request.id"), index=True)
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_employee.id"), index=True)
    day: Mapped[date]
    portion: Mapped[Portion] = mapped_column(choice(Portion))
    minutes: Mapped[int] = mapped_column(sa.Integer)
    from_minute: Mapped[int] = mapped_column(sa.Integer)
    to_minute: Mapped[int] = mapped_column(sa.Integer)
    standing: Mapped[bool] = mapped_column(default=True)
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("personnel_leave_entry.id"))


# --- Absences and hours


class Absence(Versioned, Base):
    """Somebody was away without having asked before. The reason is for the personnel office alone."""

    __tablename__ = "personnel_absence"
    __table_args__ = (sa.CheckConstraint("last_day IS NULL OR last_day >= first_day", name="ends_after_start"),)

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_employee.id"), index=True)
    kind: Mapped[AbsenceKind] = mapped_column(choice(AbsenceKind))
    reason: Mapped[str] = mapped_column(default="", info={"hidden": True})
    first_day: Mapped[date] = mapped_column(index=True)
    last_day: Mapped[date | None]
    with_note: Mapped[bool] = mapped_column(default=False)
    origin: Mapped[str] = mapped_column(default="")
    import_id: Mapped[int | None] = mapped_column(index=True)
    reported_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    reported_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class AbsenceDay(Base):
    """Minutes missed on one day, against what was scheduled on it."""

    __tablename__ = "personnel_absence_day"
    __table_args__ = (
        sa.CheckConstraint("minutes > 0", name="minutes_positive"),
        sa.Index("ix_personnel_absence_day_day", "day", "employee_id"),
        unaudited(),
    )

    id: Mapped[Id]
    absence_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_absence.id"), index=True)
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_employee.id"))
    day: Mapped[date]
    minutes: Mapped[int] = mapped_column(sa.Integer)


class AttendanceDay(Base):
    """What one person owed and worked on one business date. Read from badge files or recorded by hand."""

    __tablename__ = "personnel_attendance_day"
    __table_args__ = (
        sa.UniqueConstraint("employee_id", "business_date"),
        sa.CheckConstraint(
            "scheduled_minutes >= 0 AND worked_minutes >= 0 AND overtime_minutes BETWEEN 0 AND worked_minutes"
            " AND night_minutes BETWEEN 0 AND worked_minutes",
            name="minutes_sensible",
        ),
        sa.Index("ix_personnel_attendance_day_date", "business_date", "site_id"),
        unaudited(),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"))
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_employee.id"))
    business_date: Mapped[date]
    template_id: Mapped[int | None] = mapped_column(sa.ForeignKey("personnel_shift_template.id"))
    scheduled_minutes: Mapped[int] = mapped_column(sa.Integer)
    worked_minutes: Mapped[int] = mapped_column(sa.Integer)
    overtime_minutes: Mapped[int] = mapped_column(sa.Integer)
    night_minutes: Mapped[int] = mapped_column(sa.Integer, default=0)
    first_in: Mapped[datetime | None]
    last_out: Mapped[datetime | None]
    flags: Mapped[str] = mapped_column(default="")
    import_id: Mapped[int | None] = mapped_column(index=True)
