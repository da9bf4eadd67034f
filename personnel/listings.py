"""The lists of personnel: people, leave requests, certificates and incidents."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from personnel import certificates, employees, incidents, leave, leave_accounts, organisation
from personnel.assignments import holds_on
from personnel.models import (
    Assignment,
    Certificate,
    CertificateType,
    Department,
    Employee,
    Employment,
    Incident,
    IncidentKind,
    Outcome,
    Position,
)
from personnel.permissions import Can
from personnel.time_models import LeaveRequest, LeaveState, LeaveType
from plantops.context import Context
from plantops.db import get
from plantops.findable import Findable
from plantops.listing import Column, Edit, Facet, Kind, Listing, Select
from plantops.lists import site_facet

Manager = aliased(Employee, name="manager")


def _departments(ctx: Context) -> list[tuple[int, str]]:
    if not ctx.may(Can.READ_DIRECTORY):
        return []
    return [(row.id, row.name) for row in organisation.list_departments(ctx)]


def _leave_types(ctx: Context) -> list[tuple[int, str]]:
    return [(type.id, type.name) for type in leave_accounts.leave_types(ctx)]


def _certificate_types(ctx: Context) -> list[tuple[int, str]]:
    return [(type.id, type.name) for type in certificates.certificate_types(ctx)]


# --- People


def _employee_rows(ctx: Context) -> Select:
    """Everybody who is employed today, with the seat of today."""
    here = sa.and_(
        Employment.employee_id == Employee.id,
        Employment.hired_on <= ctx.today,
        Employment.ended_on.is_(None) | (Employment.ended_on > ctx.today),
    )
    return (
        sa.select(Employee.id)
        .join(Employment, here)
        .outerjoin(Assignment, sa.and_(Assignment.employee_id == Employee.id, holds_on(ctx.today)))
        .outerjoin(Position, Position.id == Assignment.position_id)
        .outerjoin(Department, Department.id == Assignment.department_id)
        .outerjoin(Manager, Manager.id == Assignment.manager_id)
        .where(Employee.id.in_(employees.visible_ids(ctx)))
    )


EMPLOYEES: Listing[object] = Listing(
    name="personnel.employees",
    title="Employees",
    permission=Can.READ_OWN,
    rows=_employee_rows,
    key=Employee.id,
    columns=(
        Column("name", "Name", Employee.name, sort=Employee.sort_key, never_null=True, place="lead"),
        Column("number", "Number", Employee.number, place="aside"),
        Column("position", "Position", Position.title, sort=Position.sort_key, groups=True),
        Column("department", "Department", Department.name, sort=Department.sort_key, groups=True),
        Column(
            "manager",
            "Led by",
            Manager.name,
            sort=Manager.sort_key,
            link="personnel_employee",
            link_key="manager_id",
            place="rest",
        ),
        Column("manager_id", "Led by (id)", Assignment.manager_id, hidden=True),
        Column("hired_on", "Here since", Employment.hired_on, Kind.DATE, place="rest"),
        Column("agency", "Agency", Employee.agency, place="rest"),
    ),
    facets=(
        site_facet(Employee.site_id),
        Facet("department", "Department", Assignment.department_id, options=_departments, value=int),
        Facet("hired", "Here since", Employment.hired_on, Kind.DATE),
        Facet("agency", "From an agency", Employee.agency.is_not(None), Kind.YES_NO),
    ),
    search=(Employee.sort_key, Employee.number),
    sort="name",
    origin="personnel_employee",
    empty="Nobody works here yet.",
)


# --- Leave


def _request_rows(ctx: Context) -> Select:
    return (
        sa.select(LeaveRequest.id)
        .join(Employee, Employee.id == LeaveRequest.employee_id)
        .join(LeaveType, LeaveType.id == LeaveRequest.leave_type_id)
        .where(LeaveRequest.id.in_(leave.visible(ctx).with_only_columns(LeaveRequest.id)))
    )


LEAVE_REQUESTS: Listing[object] = Listing(
    name="personnel.leave",
    title="Leave requests",
    permission=Can.READ_OWN,
    rows=_request_rows,
    key=LeaveRequest.id,
    columns=(
        Column("number", "Number", LeaveRequest.number, never_null=True, place="small"),
        Column("employee", "Who", Employee.name, sort=Employee.sort_key, place="lead"),
        Column("type", "Leave", LeaveType.name, groups=True),
        Column("first_day", "From", LeaveRequest.first_day, Kind.DATE, never_null=True),
        Column("last_day", "Until", LeaveRequest.last_day, Kind.DATE),
        Column("hours", "Hours", sa.cast(LeaveRequest.minutes / 60.0, sa.Numeric(10, 2)), Kind.NUMBER, place="rest"),
        Column("state", "State", LeaveRequest.state, Kind.CHOICE, place="aside"),
    ),
    facets=(
        site_facet(LeaveRequest.site_id),
        Facet("state", "State", LeaveRequest.state, options=LeaveState),
        Facet("type", "Leave", LeaveRequest.leave_type_id, options=_leave_types, value=int),
        Facet("first", "From", LeaveRequest.first_day, Kind.DATE),
    ),
    search=(LeaveRequest.number, Employee.sort_key),
    sort="-first_day",
    origin="personnel_leave_request",
    empty="Nobody has asked for leave yet.",
)


# --- Certificates


def _certificate_rows(ctx: Context) -> Select:
    """Papers that count: not replaced by a newer one, of people who are here."""
    here = sa.select(Assignment.employee_id).where(holds_on(ctx.today))
    return (
        sa.select(Certificate.id)
        .join(Employee, Employee.id == Certificate.employee_id)
        .join(CertificateType, CertificateType.id == Certificate.type_id)
        .where(
            Certificate.id.in_(certificates.visible(ctx).with_only_columns(Certificate.id)),
            Certificate.renewed_by_id.is_(None),
            Certificate.employee_id.in_(here),
        )
    )


def _paper(field: str, *, required: bool = False) -> Edit:
    """A cell of a certificate; the rest of it stays as it is."""

    def act(ctx: Context, id: int, version: int, value: Any) -> Certificate:
        seen = certificates.visible(ctx).where(Certificate.id == id)
        now = get(ctx.session, seen, what="certificate")
        facts = {"reference": now.reference, "issued_on": now.issued_on, "expires_on": now.expires_on, field: value}
        return certificates.correct(ctx, id, version, **facts)

    return Edit(act, (Can.MANAGE_CERTIFICATES,), required=required)


CERTIFICATES: Listing[object] = Listing(
    name="personnel.certificates",
    title="Certificates",
    permission=Can.READ_OWN,
    rows=_certificate_rows,
    key=Certificate.id,
    columns=(
        Column(
            "employee",
            "Who",
            Employee.name,
            sort=Employee.sort_key,
            link="personnel_employee",
            link_key="employee_id",
            place="lead",
        ),
        Column("employee_id", "Who (id)", Certificate.employee_id, hidden=True),
        Column("type", "Certificate", CertificateType.name, sort=CertificateType.sort_key, groups=True),
        Column("reference", "Reference", Certificate.reference, place="rest", edit=_paper("reference")),
        Column(
            "issued_on",
            "Issued on",
            Certificate.issued_on,
            Kind.DATE,
            place="rest",
            edit=_paper("issued_on", required=True),
        ),
        Column("expires_on", "Expires on", Certificate.expires_on, Kind.DATE, place="aside", edit=_paper("expires_on")),
        Column("withdrawn_on", "Withdrawn on", Certificate.withdrawn_on, Kind.DATE, place="rest"),
    ),
    facets=(
        site_facet(Employee.site_id),
        Facet("type", "Certificate", Certificate.type_id, options=_certificate_types, value=int),
        Facet("expires", "Expires on", Certificate.expires_on, Kind.DATE),
    ),
    search=(Employee.sort_key, CertificateType.sort_key, Certificate.reference),
    sort="expires_on",
    origin="personnel_certificate",
    empty="Nobody's certificates are recorded yet.",
)


# --- Incidents


def _incident_rows(ctx: Context) -> Select:
    return sa.select(Incident.id).where(Incident.id.in_(incidents.visible(ctx).with_only_columns(Incident.id)))


INCIDENTS: Listing[object] = Listing(
    name="personnel.incidents",
    title="Incidents",
    permission=Can.REPORT_INCIDENT,
    rows=_incident_rows,
    key=Incident.id,
    columns=(
        Column("number", "Case", Incident.number, never_null=True, place="lead"),
        Column("happened_on", "Day", Incident.happened_on, Kind.DATE, never_null=True, place="aside"),
        Column("kind", "Kind", Incident.kind, Kind.CHOICE),
        Column("outcome", "Class", Incident.outcome, Kind.CHOICE),
        Column("what", "What happened", Incident.what, sortable=False),
        Column("days_away", "Days away", Incident.days_away, Kind.NUMBER, place="rest"),
    ),
    facets=(
        site_facet(Incident.site_id),
        Facet("kind", "Kind", Incident.kind, options=IncidentKind),
        Facet("outcome", "Class", Incident.outcome, options=Outcome),
        Facet("happened", "Day", Incident.happened_on, Kind.DATE),
    ),
    search=(Incident.number, Incident.what),
    sort="-happened_on",
    origin="personnel_incident",
    empty="Nothing happened, or nobody told.",
)

LISTINGS = (EMPLOYEES, LEAVE_REQUESTS, CERTIFICATES, INCIDENTS)


SEARCH = (
    Findable(
        "Employee",
        (Can.READ_OWN,),
        lambda ctx: employees.visible(ctx).with_only_columns(Employee.id),
        Employee.id,
        "personnel_employee",
        (Employee.name, Employee.number),
        detail=Employee.number,
    ),
    Findable(
        "Leave",
        (Can.READ_OWN,),
        _request_rows,
        LeaveRequest.id,
        "personnel_leave_request",
        (LeaveRequest.number,),
        detail=Employee.name,
        newest_first=True,
    ),
    Findable(
        "Incident",
        (Can.REPORT_INCIDENT,),
        _incident_rows,
        Incident.id,
        "personnel_incident",
        (Incident.number, Incident.what),
        detail=Incident.what,
        newest_first=True,
    ),
)
