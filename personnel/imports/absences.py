"""Absences from a file, by date or, where a file has no dates, by the order of its rows."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from personnel import absences, employees, organisation, work_calendars
from personnel.absences import Hours
from personnel.assignments import Seat
from personnel.calendars import Half, Slot
from personnel.employees import NewEmployee
from personnel.imports.people import STANDS_ON
from personnel.models import Department, Employee, Position
from personnel.permissions import Can
from personnel.time_models import AbsenceKind, WorkCalendar
from plantops.context import Context, within
from plantops.errors import Invalid
from plantops.import_kinds import Column, Holds, ImportKind, ImportRun, Loaded, Refusal, Row
from plantops.imports import ImportRow
from plantops.wording import say

IMPORTED = "IMPORTED"  # code of the department and position of people whom an absence file brought
DAY_MINUTES = 480


@dataclass(frozen=True)
class Told:
    """What a row without a date says of its day: whose it is, the month, and the weekday (Monday is 0)."""

    number: int
    person: str
    month: int
    weekday: int


# --- Rules


def dated(rows: Sequence[Told], first_year: int) -> dict[int, date]:
    """Dates for rows that stand in order of time but have neither year nor day of month.

    A month smaller than the one before begins the next year. The first row of a person for a weekday of a month
    is the first such weekday of that month, the second the second, and after the last one it begins anew.
    """
    found: dict[int, date] = {}
    seen: dict[tuple[str, int, int, int], int] = {}
    year, before = first_year, 0
    for row in sorted(rows, key=lambda told: told.number):
        if row.month < before:
            year += 1
        before = row.month
        key = (row.person, year, row.month, row.weekday)
        found[row.number] = _nth(year, row.month, row.weekday, seen.get(key, 0))
        seen[key] = seen.get(key, 0) + 1
    return found


def _nth(year: int, month: int, weekday: int, index: int) -> date:
    first = 1 + (weekday - date(year, month, 1).weekday()) % 7
    last = monthrange(year, month)[1]
    days = range(first, last + 1, 7)
    return date(year, month, days[index % len(days)])


def rule(row: Row) -> Iterator[tuple[str, str]]:
    month, weekday = row.whole("month"), row.whole("weekday")
    if row.day("first_day") is None and (month is None or weekday is None):
        yield "first_day", say("there is neither a date nor a month and a weekday")
    if month is not None and not 1 <= month <= 12:
        yield "month", say("there is no month {month}", month=month)


# --- Loading


@within("an import that the person may run")
def load(ctx: Context, run: ImportRun, rows: Sequence[Row]) -> Loaded:
    site_id = run.site_id or 0
    dates = _dates(ctx, run)
    known = dict(ctx.session.execute(sa.select(Employee.number, Employee.id).where(Employee.site_id == site_id)).all())
    if run.options.get("add_people"):
        known.update(_add_people(ctx, run, site_id, rows, known, min(dates.values(), default=ctx.today)))
    refused, told, lines = [], [], []
    for row in rows:
        person = str(row.text("employee_number"))
        if person not in known:
            refused.append(Refusal(row.number, "employee_number", person, say("there is nobody with this number")))
            continue
        told.append(_hours(row, known[person], dates[row.number], run))
        lines.append(row.number)
    made = absences.record_hours(ctx, site_id, told, import_id=run.id)
    return Loaded(refused, dict(zip(lines, made, strict=True)))


def _hours(row: Row, employee_id: int, day: date, run: ImportRun) -> Hours:
    return Hours(
        employee_id=employee_id,
        first_day=day,
        minutes=int((row.decimal("hours") or Decimal(0)) * 60),
        kind=AbsenceKind(row.text("kind") or AbsenceKind.SICK),
        reason=row.text("reason") or "",
        origin=run.origin,
    )


def _dates(ctx: Context, run: ImportRun) -> dict[int, date]:
    """The date of every row of the import: from its own cell, or by the place that it has among all others."""
    staged = ctx.session.execute(
        sa.select(ImportRow.number, ImportRow.cells).where(ImportRow.import_id == run.id).order_by(ImportRow.number)
    ).all()
    found = {row.number: date.fromisoformat(row.cells["first_day"]) for row in staged if "first_day" in row.cells}
    monday, first_year = _option(run, "monday", 1), _option(run, "first_year", 0)
    told = [
        Told(row.number, str(row.cells.get("employee_number")), row.cells["month"], (row.cells["weekday"] - monday) % 7)
        for row in staged
        if row.number not in found and _has_month(row.cells)
    ]
    if told and not first_year:
        raise Invalid(
            say("The file has no dates: say in [options] with which first_year it begins."), field="first_year"
        )
    return {**found, **dated(told, first_year)}


def _has_month(cells: Mapping[str, object]) -> bool:
    month, weekday = cells.get("month"), cells.get("weekday")
    return isinstance(month, int) and 1 <= month <= 12 and isinstance(weekday, int)


def _option(run: ImportRun, name: str, default: int) -> int:
    value = run.options.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid(say("The option {name} is a whole number.", name=name), field=name)
    return value


def _add_people(
    ctx: Context, run: ImportRun, site_id: int, rows: Sequence[Row], known: Mapping[str, int], since: date
) -> dict[str, int]:
    """Whoever the file names and nobody knows becomes an employee with a day calendar of eight hours."""
    wanted = sorted({str(row.text("employee_number")) for row in rows} - set(known))
    if not wanted:
        return {}
    seat = _seat(ctx, site_id)
    prefix = str(run.options.get("name_prefix", ""))
    hired_on = date(since.year, 1, 1)
    people = [
        NewEmployee(site_id, number, f"{prefix} {number}".strip(), hired_on, seat, import_id=run.id)
        for number in wanted
    ]
    return employees.hire_many(ctx, people)


def _seat(ctx: Context, site_id: int) -> Seat:
    """The department, position and calendar of imported people; made when the first of them comes."""
    found = []
    for model in (Department, Position, WorkCalendar):
        found.append(ctx.session.scalar(sa.select(model.id).where(model.site_id == site_id, model.code == IMPORTED)))
    department, position, calendar = found
    if department is None:
        department = organisation.add_department(ctx, site_id, IMPORTED, say("Imported people")).id
    if position is None:
        position = organisation.add_position(ctx, site_id, IMPORTED, say("Imported"), headcount=0).id
    if calendar is None:
        slots = [
            slot
            for weekday in range(5)
            for slot in (Slot(weekday, 480, 240, Half.FIRST), Slot(weekday, 780, 240, Half.SECOND))
        ]
        calendar = work_calendars.add_calendar(
            ctx, site_id, IMPORTED, say("Monday to Friday"), slots=slots, works_holidays=True
        ).id
    return Seat(position, department, calendar, weekly_minutes=5 * DAY_MINUTES, day_minutes=DAY_MINUTES)


@within("an import that the person may undo")
def undo(ctx: Context, run: ImportRun) -> None:
    absences.take_back(ctx, run.id)
    employees.take_back(ctx, run.id, STANDS_ON)


ABSENCES = ImportKind(
    name="absences",
    title="Absences",
    permission=Can.MANAGE_ABSENCES,
    columns=(
        Column("employee_number", "Personnel number", longest=40),
        Column("first_day", "First day", Holds.DAY, required=False),
        Column("month", "Month", Holds.WHOLE, required=False),
        Column("weekday", "Weekday", Holds.WHOLE, required=False, at_least=Decimal(0), at_most=Decimal(7)),
        Column("hours", "Hours missed", Holds.NUMBER, decimals=2, at_least=Decimal(0), at_most=Decimal(2000)),
        Column("kind", "Kind", required=False, choices=tuple(AbsenceKind)),
        Column("reason", "Reason (for the personnel office alone)", required=False, longest=200),
    ),
    load=load,
    undo=undo,
    rule=rule,
    options=("first_year", "monday", "add_people", "name_prefix"),
)
