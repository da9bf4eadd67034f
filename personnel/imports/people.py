"""Employees from a file: numbers, names, seats and managers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import sqlalchemy as sa

from personnel import employees
from personnel.assignments import Seat
from personnel.employees import NewEmployee
from personnel.models import Certificate, Department, Employee, Position
from personnel.permissions import Can
from personnel.time_models import Absence, AttendanceDay, LeaveEntry, LeaveRequest, PlannedShift, WorkCalendar
from plantops.context import Context, within
from plantops.import_kinds import Column, Holds, ImportKind, ImportRun, Loaded, Refusal, Row
from plantops.wording import mark, say

STANDS_ON = (LeaveEntry, LeaveRequest, Absence, AttendanceDay, PlannedShift, Certificate)

UNKNOWN = {
    "position": mark("there is no position with this code on this site"),
    "department": mark("there is no department with this code on this site"),
    "calendar": mark("there is no calendar with this code on this site"),
}


def rule(row: Row) -> Iterator[tuple[str, str]]:
    if row.text("manager_number") == row.text("number"):
        yield "manager_number", say("nobody is their own manager")


@within("an import that the person may run")
def load(ctx: Context, run: ImportRun, rows: Sequence[Row]) -> Loaded:
    """People who are not there yet; a number that is taken is refused, never overwritten."""
    site_id = run.site_id or 0
    departments, positions, calendars = (_codes(ctx, model, site_id) for model in (Department, Position, WorkCalendar))
    known = set(ctx.session.scalars(sa.select(Employee.number).where(Employee.site_id == site_id)))
    numbers = {str(row.text("number")) for row in rows}
    refused, people, lines = [], [], {}
    for row in rows:
        number = str(row.text("number"))
        wrong = _unknown(row, {"department": departments, "position": positions, "calendar": calendars})
        manager = row.text("manager_number")
        if number in known:
            wrong = Refusal(row.number, "number", number, say("this personnel number is taken"))
        elif manager and manager not in known | numbers:
            wrong = Refusal(row.number, "manager_number", manager, say("there is nobody with this number"))
        if wrong:
            refused.append(wrong)
            continue
        known.add(number)
        lines[number] = row.number
        people.append(_person(row, run, site_id, departments, positions, calendars))
    made = employees.hire_many(ctx, people) if people else {}
    return Loaded(refused, {lines[number]: id for number, id in made.items()})


def _codes(ctx: Context, model: type[Department] | type[Position] | type[WorkCalendar], site_id: int) -> dict[str, int]:
    query = sa.select(model.code, model.id).where(model.site_id == site_id, ~model.archived)
    return dict(ctx.session.execute(query).all())


def _unknown(row: Row, known: dict[str, dict[str, int]]) -> Refusal | None:
    for column, codes in known.items():
        value = str(row.text(column))
        if value not in codes:
            return Refusal(row.number, column, value, say(UNKNOWN[column]))
    return None


def _person(
    row: Row,
    run: ImportRun,
    site_id: int,
    departments: dict[str, int],
    positions: dict[str, int],
    calendars: dict[str, int],
) -> NewEmployee:
    weekly = int((row.decimal("weekly_hours") or Decimal(40)) * 60)
    hired_on = row.day("hired_on")
    assert hired_on is not None
    return NewEmployee(
        site_id=site_id,
        number=str(row.text("number")),
        name=str(row.text("name")),
        hired_on=hired_on,
        seat=Seat(
            position_id=positions[str(row.text("position"))],
            department_id=departments[str(row.text("department"))],
            work_calendar_id=calendars[str(row.text("calendar"))],
            weekly_minutes=weekly,
            day_minutes=max(1, weekly // int(row.whole("days_a_week") or 5)),
        ),
        phone=row.text("phone") or "",
        agency=row.text("agency"),
        manager_number=row.text("manager_number"),
        import_id=run.id,
    )


@within("an import that the person may undo")
def undo(ctx: Context, run: ImportRun) -> None:
    """Takes the people back, as long as nothing was recorded of them since."""
    employees.take_back(ctx, run.id, STANDS_ON)


EMPLOYEES = ImportKind(
    name="employees",
    title="Employees",
    lists=("personnel.employees",),
    permission=Can.MANAGE_EMPLOYEES,
    columns=(
        Column(
            "number",
            "Personnel number",
            longest=40,
            also=("employee number", "employee id", "Personalnummer", "Pers.-Nr."),
        ),
        Column("name", "Name", longest=200, also=("full name", "employee", "Mitarbeiter")),
        Column(
            "hired_on", "First day of work", Holds.DAY, also=("hire date", "start date", "Eintritt", "Eintrittsdatum")
        ),
        Column("department", "Department's code", longest=40),
        Column("position", "Position's code", longest=40),
        Column("calendar", "Work calendar's code", longest=40),
        Column(
            "weekly_hours", "Hours a week", Holds.NUMBER, False, decimals=2, at_least=Decimal(1), at_most=Decimal(80)
        ),
        Column("days_a_week", "Days a week", Holds.WHOLE, False, at_least=Decimal(1), at_most=Decimal(7)),
        Column("manager_number", "Manager's personnel number", required=False, longest=40),
        Column("phone", "Phone", required=False, longest=60, also=("telephone", "Telefon", "Tel")),
        Column("agency", "Agency", required=False, longest=200),
    ),
    load=load,
    undo=undo,
    rule=rule,
)
