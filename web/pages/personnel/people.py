"""Employees: the list, hiring, and the page of a person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from fastapi.responses import Response

from personnel import (
    absences,
    assignments,
    certificates,
    contracts,
    employees,
    leave_accounts,
    listings,
    moves,
    organisation,
    shifts,
    work_calendars,
)
from personnel.certificates import NewCertificate
from personnel.contracts import NewContract
from personnel.employees import NewEmployee
from personnel.models import ContractKind, EndReason
from personnel.permissions import Can
from plantops.wording import inside, label, say, whole_day
from web import chosen
from web.lists import list_page
from web.page import Context, Form, Query, options, pages_router, render, see

router = pages_router()


@dataclass(frozen=True)
class SeatForm:
    """Where somebody belongs, as a form asks for it."""

    position_id: int
    department_id: int
    work_calendar_id: int
    weekly_hours: Decimal
    manager_id: int | None = None

    def seat(self) -> assignments.Seat:
        weekly = int(self.weekly_hours * 60)
        return assignments.Seat(
            position_id=self.position_id,
            department_id=self.department_id,
            work_calendar_id=self.work_calendar_id,
            weekly_minutes=weekly,
            day_minutes=max(1, weekly // 5),
            manager_id=self.manager_id,
        )


@dataclass(frozen=True)
class Hired:
    site_id: int
    number: str
    name: str
    hired_on: date
    phone: str = ""
    agency: str | None = None


@dataclass(frozen=True)
class Since:
    since: date
    reason: str = ""


@dataclass(frozen=True)
class Ended:
    last_day: date
    reason: EndReason


@dataclass(frozen=True)
class Shown:
    type_id: int
    issued_on: date
    expires_on: date | None = None
    reference: str = ""


@router.get("/personnel/employees")
def index(ctx: Context, query: Query) -> Response:
    add = (say("Hire somebody"), "/personnel/employees/new") if ctx.may(Can.MANAGE_EMPLOYEES) else None
    return list_page(ctx, listings.EMPLOYEES, query, add=add)


@router.get("/personnel/employees/lookup")
def lookup(ctx: Context, query: Query) -> Response:
    found = employees.list_employees(ctx, search=query.get("q", ""), limit=20).rows
    return options(ctx, [(row.id, row.name, f"{row.number}, {row.position}") for row in found], query)


@router.get("/personnel/employees/new")
def new(ctx: Context, query: Query) -> Response:
    ctx.need(Can.MANAGE_EMPLOYEES, to="hire somebody")
    site_id = chosen.site_id(ctx, query)
    return render(ctx, "personnel/hire.html", site_id=site_id, **_choices(ctx, site_id))


def _choices(ctx: Context, site_id: int) -> dict[str, Any]:
    return {
        "departments": [(row.id, row.name) for row in organisation.list_departments(ctx, site_id)],
        "positions": [(row.id, row.title) for row in organisation.list_positions(ctx, site_id)],
        "calendars": [(row.id, row.name) for row in work_calendars.list_calendars(ctx, site_id)],
    }


@router.post("/personnel/employees")
def hire(ctx: Context, form: Form) -> Response:
    person, seat = form.into_both(Hired, SeatForm)
    made = employees.hire(
        ctx,
        NewEmployee(
            site_id=person.site_id,
            number=person.number,
            name=person.name,
            hired_on=person.hired_on,
            seat=seat.seat(),
            phone=person.phone,
            agency=person.agency,
        ),
    )
    return see(ctx, f"/personnel/employees/{made.id}", say("{name} is hired.", name=made.name))


@router.get("/personnel/employees/{id}")
def show(ctx: Context, id: int) -> Response:
    person = employees.employee(ctx, id)
    manages = ctx.may(Can.MANAGE_EMPLOYEES, site_id=person.site_id)
    papers = contracts.list_contracts(ctx, id) if ctx.may(Can.READ_OWN) or ctx.may(Can.READ_EMPLOYEES) else []
    return render(
        ctx,
        "personnel/employee.html",
        Can=Can,
        person=person,
        url=f"/personnel/employees/{id}",
        today=ctx.today,
        seat=moves.current(ctx, id),
        versions=moves.versions(ctx, id),
        papers=certificates.list_certificates(ctx, employee_id=id),
        types=[(type.id, type.name) for type in certificates.certificate_types(ctx)],
        balances=leave_accounts.balances(ctx, id),
        contracts=papers,
        kinds=ContractKind,
        renewable=[
            (one.id, say("{kind} from {day}", kind=inside(label(one.kind)), day=one.starts_on)) for one in papers
        ],
        absences=absences.list_absences(ctx, employee_id=id, limit=10),
        shifts=shifts.list_shifts(ctx, ctx.today, ctx.today + timedelta(days=13), employee_id=id),
        manages=manages,
        **(_choices(ctx, person.site_id) if manages else {}),
    )


@router.post("/personnel/employees/{id}/move")
def move(ctx: Context, id: int, form: Form) -> Response:
    when, typed = form.into_both(Since, SeatForm)
    now = moves.current(ctx, id)
    seat = typed.seat()
    if now is not None:  # what the form does not ask for stays as it is
        seat = replace(seat, cost_centre_id=now.cost_centre_id, place_id=now.place_id)
        seat = replace(seat, pattern_offset_days=now.pattern_offset_days, zone=now.zone)
    moves.change_seat(ctx, id, form.version, seat, when.since, when.reason)
    return see(ctx, f"/personnel/employees/{id}", say("Changed from {since} on.", since=whole_day(when.since)))


@router.post("/personnel/employees/{id}/end")
def end(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Ended)
    contracts.end_employment(ctx, id, form.version, typed.last_day, typed.reason)
    return see(
        ctx, f"/personnel/employees/{id}", say("The last day is {last_day}.", last_day=whole_day(typed.last_day))
    )


@router.post("/personnel/employees/{id}/certificates")
def record(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Shown)
    certificates.record(ctx, NewCertificate(id, typed.type_id, typed.issued_on, typed.expires_on, typed.reference))
    return see(ctx, f"/personnel/employees/{id}", say("The certificate is recorded."))


@router.post("/personnel/employees/{id}/contracts")
def add_contract(ctx: Context, id: int, form: Form) -> Response:
    contracts.add_contract(ctx, id, form.into(NewContract))
    return see(ctx, f"/personnel/employees/{id}", say("The contract is recorded."))


@router.post("/personnel/contracts/{id}/end")
def let_end(ctx: Context, id: int, form: Form) -> Response:
    found = contracts.let_end(ctx, id, form.version)
    return see(ctx, f"/personnel/employees/{found.employee_id}", say("The contract ends as agreed."))


@router.post("/personnel/contracts/{id}/probation")
def passed(ctx: Context, id: int, form: Form) -> Response:
    found = contracts.decide_probation(ctx, id, form.version)
    return see(ctx, f"/personnel/employees/{found.employee_id}", say("The probation is passed."))
