"""Employees: who works here, and where each of them belonged on any day."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from personnel.assignments import LONGEST_CHAIN, Seat, holds_on, version_of, why_not_seat
from personnel.models import (
    Assignment,
    Department,
    Employee,
    EmployeePrivate,
    Employment,
    Position,
)
from personnel.organisation import needed_text
from personnel.permissions import Can
from plantops.calendar import zone as known_zone
from plantops.context import Context, anyone, requires, within
from plantops.db import Base, bump, check_seen, get, one_at_a_time
from plantops.delegations import principals
from plantops.errors import Conflict, Invalid
from plantops.events import ManagerOf
from plantops.places import Site, sort_key
from plantops.wording import say

LEAVE = "leave"  # the kind of document that a delegation may be limited to


@dataclass(frozen=True)
class NewEmployee:
    site_id: int
    number: str
    name: str
    hired_on: date
    seat: Seat
    phone: str = ""
    user_id: int | None = None
    agency: str | None = None
    import_id: int | None = None
    manager_number: str | None = None
    """Personnel number of the manager, who may be hired in the same go."""


# --- Questions: who may see whom


def _under(ctx: Context, users: sa.Select[int] | list[int]) -> sa.Select[int]:
    """Ids of everybody who works under these users today, directly or further down."""
    own = sa.select(Employee.id).where(Employee.user_id.in_(users))
    direct = sa.select(Assignment.employee_id).where(holds_on(ctx.today), Assignment.manager_id.in_(own))
    below = direct.cte(recursive=True)
    further = sa.select(Assignment.employee_id).join(below, Assignment.manager_id == below.c.employee_id)
    below = below.union(further.where(holds_on(ctx.today)))
    return sa.select(below.c.employee_id)


def visible_team(ctx: Context) -> sa.Select[int]:
    """Ids of everybody who works under the person who acts."""
    return _under(ctx, [ctx.user.id])


def visible_delegated(ctx: Context) -> sa.Select[int]:
    """Ids of everybody whose leave this person may decide today: the own team, and those of who delegated."""
    behalf = principals(ctx)
    return _under(ctx, sa.select(behalf.c.id).where(behalf.c.kind.is_(None) | (behalf.c.kind == LEAVE)))


def visible(ctx: Context) -> sa.Select[Employee]:
    """The personnel office sees everybody of its sites, a manager the own team, everybody themselves."""
    every = sa.select(Employee)
    ways = [Employee.user_id == ctx.user.id]
    if ctx.may(Can.READ_EMPLOYEES):
        sites = ctx.sites(Can.READ_EMPLOYEES)
        if sites is None:
            return every
        ways.append(Employee.site_id.in_(sites))
    if ctx.may(Can.READ_TEAM):
        ways.append(Employee.id.in_(visible_team(ctx)))
    return every.where(sa.or_(*ways))


def visible_ids(ctx: Context) -> sa.Select[int]:
    return visible(ctx).with_only_columns(Employee.id)


@anyone("everybody may ask which employee they are themselves")
def myself(ctx: Context) -> Employee | None:
    """The employee behind the account, if there is one."""
    return ctx.session.scalar(sa.select(Employee).where(Employee.user_id == ctx.user.id))


@within("rules compare the person who acts with the person concerned")
def is_under(ctx: Context, employee_id: int) -> bool:
    """Does this employee work under the person who acts, today?"""
    found = sa.select(sa.literal(1)).where(sa.literal(employee_id).in_(visible_team(ctx)))
    return ctx.session.scalar(found) is not None


# --- Questions: people


@dataclass(frozen=True)
class EmployeeRow:
    id: int
    number: str
    name: str
    position: str
    department: str
    manager: str
    hired_on: date
    ended_on: date | None
    agency: str | None


@dataclass(frozen=True)
class Page:
    rows: list[EmployeeRow]
    total: int
    next_after: tuple[str, int] | None


def _with_seat(people: sa.Select[Employee], as_of: date) -> sa.Select[*tuple[Any, ...]]:
    manager = aliased(Employee)
    return (
        people.with_only_columns(
            Employee.id,
            Employee.number,
            Employee.name,
            sa.func.coalesce(Position.title, "").label("position"),
            sa.func.coalesce(Department.name, "").label("department"),
            sa.func.coalesce(manager.name, "").label("manager"),
            Employment.hired_on,
            Employment.ended_on,
            Employee.agency,
            Employee.sort_key,
        )
        .join(
            Employment,
            sa.and_(
                Employment.employee_id == Employee.id,
                Employment.hired_on <= as_of,
                Employment.ended_on.is_(None) | (Employment.ended_on > as_of),
            ),
        )
        .outerjoin(Assignment, sa.and_(Assignment.employee_id == Employee.id, holds_on(as_of)))
        .outerjoin(Position, Position.id == Assignment.position_id)
        .outerjoin(Department, Department.id == Assignment.department_id)
        .outerjoin(manager, manager.id == Assignment.manager_id)
    )


@requires(Can.READ_EMPLOYEES, Can.READ_TEAM, Can.READ_OWN)
def list_employees(
    ctx: Context,
    *,
    site_id: int | None = None,
    department_id: int | None = None,
    search: str = "",
    as_of: date | None = None,
    after: tuple[str, int] | None = None,
    limit: int = 50,
) -> Page:
    """People employed on a day, by name; `after` is the last row of the page before (sort key, id)."""
    query = _with_seat(visible(ctx), as_of or ctx.today)
    if site_id is not None:
        query = query.where(Employee.site_id == site_id)
    if department_id is not None:
        query = query.where(Assignment.department_id == department_id)
    if search:
        found = sort_key(search)
        query = query.where(
            Employee.sort_key.contains(found, autoescape=True) | (Employee.number == search.strip().upper())
        )
    total = ctx.session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    if after is not None:
        query = query.where(sa.tuple_(Employee.sort_key, Employee.id) > sa.tuple_(*after))
    found_rows = ctx.session.execute(query.order_by(Employee.sort_key, Employee.id).limit(limit + 1)).all()
    rows = found_rows[:limit]
    more = (rows[-1].sort_key, rows[-1].id) if len(found_rows) > limit else None
    return Page([EmployeeRow(*row[:9]) for row in rows], total, more)


@requires(Can.READ_EMPLOYEES, Can.READ_TEAM, Can.READ_OWN)
def employee(ctx: Context, id: int) -> Employee:
    return get(ctx.session, visible(ctx).where(Employee.id == id), what="employee")


@requires(Can.READ_PRIVATE)
def private(ctx: Context, id: int) -> EmployeePrivate | None:
    employee(ctx, id)
    return ctx.session.scalar(sa.select(EmployeePrivate).where(EmployeePrivate.employee_id == id))


@within("other actions name the employee that they are about and check their own right")
def of_id(ctx: Context, id: int, *, lock: bool = False) -> Employee:
    return get(ctx.session, sa.select(Employee).where(Employee.id == id), what="employee", lock=lock)


@within("neighbours and pages write names beside ids that they were given")
def names_of(ctx: Context, ids: Collection[int]) -> dict[int, str]:
    return dict(ctx.session.execute(sa.select(Employee.id, Employee.name).where(Employee.id.in_(ids))).all())


@within("neighbours name somebody of their own site only")
def working_at(ctx: Context, site_id: int, ids: Collection[int], day: date) -> frozenset[int]:
    """Who of these belongs to the site and has a position there on the day."""
    query = (
        sa.select(Employee.id)
        .join(Assignment, sa.and_(Assignment.employee_id == Employee.id, holds_on(day)))
        .where(Employee.id.in_(ids), Employee.site_id == site_id)
    )
    return frozenset(ctx.session.scalars(query))


@within("neighbours ask which employee stands behind an account")
def of_user(ctx: Context, user_id: int) -> int | None:
    return ctx.session.scalar(sa.select(Employee.id).where(Employee.user_id == user_id))


@within("cover is counted in the departments in which somebody is")
def departments_of(ctx: Context, id: int, first: date, last: date) -> frozenset[int]:
    """Departments that the person belongs to on some day of the range."""
    query = sa.select(Assignment.department_id).where(
        Assignment.employee_id == id,
        Assignment.superseded_at.is_(None),
        Assignment.valid_from <= last,
        Assignment.valid_to.is_(None) | (Assignment.valid_to > first),
    )
    return frozenset(ctx.session.scalars(query))


@within("answers the core's question; who leads somebody is known to all")
def managers_of(ctx: Context, question: ManagerOf) -> list[int]:
    manager = aliased(Employee)
    query = (
        sa.select(manager.user_id)
        .select_from(Employee)
        .join(Assignment, sa.and_(Assignment.employee_id == Employee.id, holds_on(ctx.today)))
        .join(manager, manager.id == Assignment.manager_id)
        .where(Employee.user_id == question.user_id, manager.user_id.is_not(None))
    )
    return [id for id in ctx.session.scalars(query) if id is not None]


# --- Actions


@requires(Can.MANAGE_EMPLOYEES)
def hire(ctx: Context, new: NewEmployee) -> Employee:
    """A person, their employment and their first seat."""
    (employee_id,) = hire_many(ctx, [new]).values()
    return get(ctx.session, sa.select(Employee).where(Employee.id == employee_id), what="employee")


@requires(Can.MANAGE_EMPLOYEES)
def hire_many(ctx: Context, people: Sequence[NewEmployee]) -> dict[str, int]:
    """Many of one site at once, set-wise: personnel number -> employee id. Managers may be among them."""
    (site_id,) = {new.site_id for new in people}
    ctx.need(Can.MANAGE_EMPLOYEES, site_id=site_id)
    known = dict(ctx.session.execute(sa.select(Employee.number, Employee.id).where(Employee.site_id == site_id)).all())
    _check_all(people, known)
    zone = ctx.session.scalar(sa.select(Site.zone).where(Site.id == site_id)) or "UTC"
    ids = ctx.session.scalars(
        sa.insert(Employee).returning(Employee.id, sort_by_parameter_order=True),
        [_row_of(new) for new in people],
    ).all()
    hired = {new.number: id for id, new in zip(ids, people, strict=True)}
    known.update(hired)
    starts = [{"employee_id": hired[new.number], "hired_on": new.hired_on} for new in people]
    ctx.session.execute(sa.insert(Employment), starts)
    seats = []
    for new in people:
        manager = known[new.manager_number] if new.manager_number else new.seat.manager_id
        seat = replace(new.seat, manager_id=manager, zone=new.seat.zone or zone)
        seats.append(version_of(ctx, hired[new.number], seat, new.hired_on, None, "hired"))
    ctx.session.execute(sa.insert(Assignment), seats)
    return hired


def _check_all(people: Sequence[NewEmployee], known: Mapping[str, int]) -> None:
    seen: dict[str, str | None] = {}
    for new in people:
        needed_text(new.number, say("The personnel number"), "number")
        needed_text(new.name, say("The name"), "name")
        if new.number in known or new.number in seen:
            raise Conflict(
                say("The personnel number {number} is taken. Numbers are never used again.", number=new.number),
                field="number",
            )
        if reason := why_not_seat(new.seat):
            raise Invalid(say("Cannot hire {name}: {reason}.", name=new.name, reason=reason), field="weekly_minutes")
        if new.seat.zone:
            known_zone(new.seat.zone)
        seen[new.number] = new.manager_number
    for new in people:
        if new.manager_number and new.manager_number not in known and new.manager_number not in seen:
            raise Invalid(
                say("There is no manager with the number {manager_number}.", manager_number=new.manager_number),
                field="manager",
            )
        _refuse_circle(new.number, seen)


def _refuse_circle(number: str, bosses: Mapping[str, str | None]) -> None:
    boss = bosses.get(number)
    for _ in range(LONGEST_CHAIN):
        if boss is None:
            return
        if boss == number:
            break
        boss = bosses.get(boss)
    raise Conflict(
        say("{number} would work under itself: its managers go in a circle.", number=number), field="manager"
    )


def _row_of(new: NewEmployee) -> dict[str, Any]:
    return {
        "site_id": new.site_id,
        "number": new.number.strip(),
        "user_id": new.user_id,
        "name": new.name.strip(),
        "sort_key": sort_key(new.name),
        "phone": new.phone,
        "agency": new.agency,
        "import_id": new.import_id,
    }


@requires(Can.READ_PRIVATE)
def record_private(
    ctx: Context,
    id: int,
    *,
    birth_date: date | None = None,
    address: str = "",
    emergency_contact: str = "",
    version: int | None = None,
) -> EmployeePrivate:
    """All of it at once; `version` is that of what the personnel office saw, None when nothing was kept yet."""
    employee(ctx, id)
    one_at_a_time(ctx.session, "personnel private", id)  # the first entry has no row to lock
    this = sa.select(EmployeePrivate).where(EmployeePrivate.employee_id == id).with_for_update()
    found = ctx.session.scalar(this.execution_options(populate_existing=True))
    check_seen(found, version, what="private sheet")
    if found is None:
        found = EmployeePrivate(employee_id=id)
        ctx.session.add(found)
    else:
        bump(found)
    found.birth_date, found.address, found.emergency_contact = birth_date, address, emergency_contact
    ctx.session.flush()
    return found


@within("undoing an import, under the right of the import")
def take_back(ctx: Context, import_id: int, stands_on: Sequence[type[Base]]) -> int:
    """People whom an import brought go again, as long as nothing was recorded of them since."""
    ids = list(ctx.session.scalars(sa.select(Employee.id).where(Employee.import_id == import_id).with_for_update()))
    for table in stands_on:
        of = table.__table__.c.employee_id
        name = ctx.session.scalar(
            sa.select(Employee.name).join(table, of == Employee.id).where(Employee.id.in_(ids)).limit(1)
        )
        if name is not None:
            raise Conflict(
                say("Leave, hours or certificates of {name} were recorded since. Undo those first.", name=name)
            )
    for model in (Assignment, Employment, EmployeePrivate):
        ctx.session.execute(sa.delete(model).where(model.employee_id.in_(ids)))
    ctx.session.execute(sa.delete(Employee).where(Employee.id.in_(ids)))
    return len(ids)
