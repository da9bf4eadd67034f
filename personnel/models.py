"""What the database remembers of people: who they are, where they belong, what they may do."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from plantops.db import Base, Id, SortKey, Versioned, choice
from plantops.findable import found_by


def never_twice(name: str, *scalars: str, during: str | tuple[str, ...], where: str | None = None) -> ExcludeConstraint:
    """No two rows with the same ids in `scalars` whose ranges all overlap (btree_gist is not needed)."""
    ranges = (during,) if isinstance(during, str) else during
    elements: list[tuple[Any, str]] = [(sa.text(f"int8range({one}, {one}, '[]')"), "&&") for one in scalars]
    elements += [(sa.text(one), "&&") for one in ranges]
    return ExcludeConstraint(*elements, name=name, using="gist", where=sa.text(where) if where else None)


class EndReason(StrEnum):
    RESIGNED = "resigned"
    DISMISSED = "dismissed"
    CONTRACT_ENDED = "contract_ended"
    RETIRED = "retired"
    DIED = "died"


class ContractKind(StrEnum):
    PERMANENT = "permanent"
    FIXED_TERM = "fixed_term"
    APPRENTICE = "apprentice"
    AGENCY = "agency"


class IncidentKind(StrEnum):
    INJURY = "injury"
    NEAR_MISS = "near_miss"
    COMMUTING = "commuting"


class Outcome(StrEnum):
    """The columns G to J of the log; first aid alone is not recordable."""

    FIRST_AID = "first_aid"
    DEATH = "death"
    DAYS_AWAY = "days_away"
    RESTRICTED = "restricted"
    OTHER_RECORDABLE = "other_recordable"


# --- Where people belong


class Department(Versioned, Base):
    __tablename__ = "personnel_department"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "code"),
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_its_own_parent"),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("personnel_department.id"), index=True)
    code: Mapped[str]
    name: Mapped[str]
    sort_key: Mapped[SortKey]
    archived: Mapped[bool] = mapped_column(default=False)


class Position(Versioned, Base):
    """A kind of job with so many seats; seats without a person are vacancies."""

    __tablename__ = "personnel_position"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "code"),
        sa.CheckConstraint("headcount >= 0", name="headcount_not_negative"),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    department_id: Mapped[int | None] = mapped_column(sa.ForeignKey("personnel_department.id"), index=True)
    code: Mapped[str]
    title: Mapped[str]
    sort_key: Mapped[SortKey]
    headcount: Mapped[int] = mapped_column(sa.Integer, default=0)
    archived: Mapped[bool] = mapped_column(default=False)


# --- People


class Employee(Versioned, Base):
    """One person who works here, employed or from an agency. Everything dated hangs below."""

    __tablename__ = "personnel_employee"
    __table_args__ = (
        *found_by("personnel_employee", "name", "number"),
        sa.UniqueConstraint("site_id", "number"),
        sa.Index("ix_personnel_employee_sort_key", "sort_key", "id"),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    number: Mapped[str]
    """Personnel number: never given to anybody else."""
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"), unique=True)
    name: Mapped[str]
    sort_key: Mapped[SortKey]
    phone: Mapped[str] = mapped_column(default="")
    agency: Mapped[str | None]
    """Name of the agency that employs this person; None for our own people."""
    import_id: Mapped[int | None]


class EmployeePrivate(Versioned, Base):
    """What only the personnel office sees of a person."""

    __tablename__ = "personnel_employee_private"

    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_employee.id"), unique=True)
    birth_date: Mapped[date | None]
    address: Mapped[str] = mapped_column(default="")
    emergency_contact: Mapped[str] = mapped_column(default="")


class Employment(Versioned, Base):
    """From the first day of work up to, not including, the first day on which the person is no longer here."""

    __tablename__ = "personnel_employment"
    __table_args__ = (
        sa.CheckConstraint("ended_on IS NULL OR ended_on > hired_on", name="ends_after_start"),
        sa.CheckConstraint("(ended_on IS NULL) = (end_reason IS NULL)", name="end_has_reason"),
        never_twice("ex_personnel_employment", "employee_id", during="daterange(hired_on, ended_on)"),
    )

    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_employee.id"), index=True)
    hired_on: Mapped[date]
    ended_on: Mapped[date | None]
    end_reason: Mapped[EndReason | None] = mapped_column(choice(EndReason))


class Assignment(Base):
    """Position, department, manager and hours of a person in [valid_from, valid_to).

    A change adds a version; a correction supersedes one of the same start and says why. Superseded rows stay:
    what was believed when is part of the record.
    """

    __tablename__ = "personnel_assignment"
    __table_args__ = (
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="ends_after_start"),
        sa.CheckConstraint("manager_id IS NULL OR manager_id <> employee_id", name="not_own_manager"),
        sa.CheckConstraint("weekly_minutes >= 0 AND day_minutes > 0", name="minutes_sensible"),
        never_twice(
            "ex_personnel_assignment",
            "employee_id",
            during="daterange(valid_from, valid_to)",
            where="superseded_at IS NULL",
        ),
    )

    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_employee.id"), index=True)
    position_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_position.id"), index=True)
    department_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_department.id"), index=True)
    manager_id: Mapped[int | None] = mapped_column(sa.ForeignKey("personnel_employee.id"), index=True)
    cost_centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_cost_centre.id"))
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_place.id"))
    work_calendar_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_work_calendar.id"))
    pattern_offset_days: Mapped[int] = mapped_column(sa.Integer, default=0)
    weekly_minutes: Mapped[int] = mapped_column(sa.Integer)
    day_minutes: Mapped[int] = mapped_column(sa.Integer)
    """Minutes of one day of leave: weekly minutes over days worked a week."""
    zone: Mapped[str]
    """IANA time zone in which this person's days are counted."""
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    reason: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    superseded_at: Mapped[datetime | None]
    superseded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("personnel_assignment.id"))


class Contract(Versioned, Base):
    """The paper behind an employment; a renewal names the contract that it follows."""

    __tablename__ = "personnel_contract"
    __table_args__ = (
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ends_after_start"),
        never_twice("ex_personnel_contract", "employee_id", during="daterange(starts_on, ends_on)"),
    )

    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_employee.id"), index=True)
    kind: Mapped[ContractKind] = mapped_column(choice(ContractKind))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    probation_ends_on: Mapped[date | None]
    probation_decided_on: Mapped[date | None]
    notice_days: Mapped[int] = mapped_column(sa.Integer, default=30)
    renewal_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("personnel_contract.id"), unique=True)
    decided_on: Mapped[date | None]
    """When it was decided whether to renew."""


# --- What people may do


class CertificateType(Versioned, Base):
    __tablename__ = "personnel_certificate_type"
    __table_args__ = (sa.CheckConstraint("validity_months IS NULL OR validity_months > 0", name="validity_positive"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    sort_key: Mapped[SortKey]
    validity_months: Mapped[int | None] = mapped_column(sa.Integer)
    blocks_assignment: Mapped[bool] = mapped_column(default=True)
    """Without a valid one nobody is planned for work that needs it."""
    remind_days: Mapped[int] = mapped_column(sa.Integer, default=60)
    archived: Mapped[bool] = mapped_column(default=False)


class Certificate(Versioned, Base):
    """Valid from issued_on up to, not including, expires_on. A renewal is a new row; the old one names it."""

    __tablename__ = "personnel_certificate"
    __table_args__ = (
        sa.CheckConstraint("expires_on IS NULL OR expires_on > issued_on", name="expires_after_issue"),
        sa.Index("ix_personnel_certificate_due", "expires_on", postgresql_where=sa.text("renewed_by_id IS NULL")),
    )

    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_employee.id"), index=True)
    type_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_certificate_type.id"), index=True)
    reference: Mapped[str] = mapped_column(default="")
    issued_on: Mapped[date]
    expires_on: Mapped[date | None]
    withdrawn_on: Mapped[date | None]
    renewed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("personnel_certificate.id"))


class Requirement(Base):
    """Whoever holds this position, or does this work, needs that certificate."""

    __tablename__ = "personnel_requirement"
    __table_args__ = (
        sa.UniqueConstraint("type_id", "position_id", "work", postgresql_nulls_not_distinct=True),
        sa.CheckConstraint("(position_id IS NULL) <> (work IS NULL)", name="position_or_work"),
    )

    id: Mapped[Id]
    type_id: Mapped[int] = mapped_column(sa.ForeignKey("personnel_certificate_type.id"))
    position_id: Mapped[int | None] = mapped_column(sa.ForeignKey("personnel_position.id"))
    work: Mapped[str | None]
    """A word that neighbours use: `drive`, `forklift`, `height`."""


# --- What went wrong


class Incident(Versioned, Base):
    """An injury or a near miss. What happened to whom is for the personnel office; the count is for everybody."""

    __tablename__ = "personnel_incident"
    __table_args__ = (
        *found_by("personnel_incident", "number", "what"),
        sa.CheckConstraint("kind <> 'near_miss' OR outcome IS NULL", name="near_miss_has_no_outcome"),
        sa.CheckConstraint("days_away >= 0 AND days_restricted >= 0", name="days_not_negative"),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[IncidentKind] = mapped_column(choice(IncidentKind))
    outcome: Mapped[Outcome | None] = mapped_column(choice(Outcome))
    happened_on: Mapped[date] = mapped_column(index=True)
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_place.id"))
    employee_id: Mapped[int | None] = mapped_column(sa.ForeignKey("personnel_employee.id"), index=True)
    contractor: Mapped[str | None]
    """Name of a contractor's firm: counted apart from our own people."""
    what: Mapped[str]
    days_away: Mapped[int] = mapped_column(sa.Integer, default=0)
    days_restricted: Mapped[int] = mapped_column(sa.Integer, default=0)
    privacy_case: Mapped[bool] = mapped_column(default=False)
    reported_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    reported_at: Mapped[datetime]
