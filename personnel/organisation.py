"""The organisation: departments in a tree, and positions with so many seats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from personnel.models import Assignment, Department, Employee, Position
from personnel.permissions import Can
from plantops.context import Context, requires, within
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid
from plantops.places import sort_key
from plantops.wording import say

# --- Rules


def why_not_above(parents: Mapping[int, int | None], id: int, parent_id: int | None) -> str | None:
    """Whether `parent_id` may stand above `id`, given who stands above whom now."""
    above = parent_id
    for _ in range(len(parents) + 1):
        if above is None:
            return None
        if above == id:
            return say("it would stand under itself")
        above = parents.get(above)
    return say("the departments above it already go in a circle")


def needed_text(text: str, what: str, field: str) -> str:
    """A short text that a person typed. Raises Invalid when there is nothing in it, or far too much."""
    clean = text.strip()
    if not clean or len(clean) > 200:
        raise Invalid(say("{what} has 1 to 200 characters.", what=what), field=field)
    return clean


# --- Questions


@dataclass(frozen=True)
class DepartmentRow:
    id: int
    parent_id: int | None
    code: str
    name: str
    people: int
    leads: str
    version: int


@dataclass(frozen=True)
class PositionRow:
    id: int
    code: str
    title: str
    department: str
    headcount: int
    filled: int

    @property
    def vacancies(self) -> int:
        return max(0, self.headcount - self.filled)


@dataclass(frozen=True)
class Branch:
    """A department with what hangs below it, for drawing the tree."""

    department: DepartmentRow
    below: tuple[Branch, ...]


def visible(ctx: Context) -> sa.Select[Department]:
    sites = ctx.sites(Can.READ_DIRECTORY)
    every = sa.select(Department).where(~Department.archived)
    return every if sites is None else every.where(Department.site_id.in_(sites))


def visible_positions(ctx: Context) -> sa.Select[Position]:
    sites = ctx.sites(Can.READ_DIRECTORY)
    every = sa.select(Position).where(~Position.archived)
    return every if sites is None else every.where(Position.site_id.in_(sites))


def _seats_today(ctx: Context) -> sa.ColumnElement[bool]:
    """Assignments that hold today."""
    return sa.and_(
        Assignment.superseded_at.is_(None),
        Assignment.valid_from <= ctx.today,
        Assignment.valid_to.is_(None) | (Assignment.valid_to > ctx.today),
    )


@requires(Can.READ_DIRECTORY)
def list_departments(ctx: Context, site_id: int | None = None) -> list[DepartmentRow]:
    """Departments with how many people they have today, and who of them leads others there."""
    people = (
        sa.select(Assignment.department_id, sa.func.count().label("people"))
        .where(_seats_today(ctx))
        .group_by(Assignment.department_id)
        .subquery()
    )
    follower = aliased(Assignment)
    led = sa.select(follower.manager_id).where(
        follower.superseded_at.is_(None),
        follower.valid_from <= ctx.today,
        follower.valid_to.is_(None) | (follower.valid_to > ctx.today),
    )
    leads = (
        sa.select(
            Assignment.department_id,
            sa.func.string_agg(Employee.name, sa.text("', ' ORDER BY personnel_employee.sort_key")).label("leads"),
        )
        .join(Employee, Employee.id == Assignment.employee_id)
        .where(_seats_today(ctx), Employee.id.in_(led))
        .group_by(Assignment.department_id)
        .subquery()
    )
    query = (
        visible(ctx)
        .with_only_columns(
            Department.id,
            Department.parent_id,
            Department.code,
            Department.name,
            sa.func.coalesce(people.c.people, 0),
            sa.func.coalesce(leads.c.leads, ""),
            Department.version,
        )
        .outerjoin(people, people.c.department_id == Department.id)
        .outerjoin(leads, leads.c.department_id == Department.id)
        .order_by(Department.sort_key, Department.id)
    )
    if site_id is not None:
        query = query.where(Department.site_id == site_id)
    return [DepartmentRow(*row) for row in ctx.session.execute(query)]


@requires(Can.READ_DIRECTORY)
def tree(ctx: Context, site_id: int | None = None) -> tuple[Branch, ...]:
    rows = list_departments(ctx, site_id)
    below: dict[int | None, list[DepartmentRow]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)

    def branch(row: DepartmentRow) -> Branch:
        return Branch(row, tuple(branch(child) for child in below.get(row.id, [])))

    return tuple(branch(row) for row in below.get(None, []))


@requires(Can.READ_DIRECTORY)
def list_positions(ctx: Context, site_id: int | None = None) -> list[PositionRow]:
    filled = (
        sa.select(Assignment.position_id, sa.func.count().label("filled"))
        .where(_seats_today(ctx))
        .group_by(Assignment.position_id)
        .subquery()
    )
    query = (
        visible_positions(ctx)
        .with_only_columns(
            Position.id,
            Position.code,
            Position.title,
            sa.func.coalesce(Department.name, ""),
            Position.headcount,
            sa.func.coalesce(filled.c.filled, 0),
        )
        .outerjoin(Department, Department.id == Position.department_id)
        .outerjoin(filled, filled.c.position_id == Position.id)
        .order_by(Position.sort_key, Position.id)
    )
    if site_id is not None:
        query = query.where(Position.site_id == site_id)
    return [PositionRow(*row) for row in ctx.session.execute(query)]


@within("other actions name the department that they are about")
def department(ctx: Context, id: int) -> Department:
    return get(ctx.session, sa.select(Department).where(Department.id == id), what="department")


# --- Actions


@requires(Can.MANAGE_ORGANISATION)
def add_department(ctx: Context, site_id: int, code: str, name: str, parent_id: int | None = None) -> Department:
    ctx.need(Can.MANAGE_ORGANISATION, site_id=site_id)
    code, name = needed_text(code, say("The code"), "code"), needed_text(name, say("The name"), "name")
    if parent_id is not None and department(ctx, parent_id).site_id != site_id:
        raise Invalid(say("The department above is on another site."), field="parent_id")
    taken = sa.select(Department.id).where(Department.site_id == site_id, Department.code == code)
    if ctx.session.scalar(taken):
        raise Conflict(say("The code {code} is taken on this site. Choose another.", code=code), field="code")
    new = Department(site_id=site_id, parent_id=parent_id, code=code, name=name, sort_key=sort_key(name))
    ctx.session.add(new)
    ctx.session.flush()
    return new


@requires(Can.MANAGE_ORGANISATION)
def move_department(ctx: Context, id: int, version: int, parent_id: int | None) -> Department:
    """Hang a department under another one. The table is locked: two moves at once could close a circle."""
    ctx.session.execute(sa.text("LOCK TABLE personnel_department IN SHARE ROW EXCLUSIVE MODE"))
    moved = get(ctx.session, visible(ctx).where(Department.id == id), what="department", version=version, lock=True)
    ctx.need(Can.MANAGE_ORGANISATION, site_id=moved.site_id)
    if parent_id is not None and department(ctx, parent_id).site_id != moved.site_id:
        raise Invalid(say("The department above is on another site."), field="parent_id")
    rows = ctx.session.execute(sa.select(Department.id, Department.parent_id))
    if reason := why_not_above({row.id: row.parent_id for row in rows}, id, parent_id):
        raise Conflict(say("Cannot move {name}: {reason}.", name=moved.name, reason=reason), field="parent_id")
    moved.parent_id = parent_id
    bump(moved)
    ctx.session.flush()
    return moved


@requires(Can.MANAGE_ORGANISATION)
def add_position(
    ctx: Context, site_id: int, code: str, title: str, *, headcount: int, department_id: int | None = None
) -> Position:
    ctx.need(Can.MANAGE_ORGANISATION, site_id=site_id)
    code, title = needed_text(code, say("The code"), "code"), needed_text(title, say("The title"), "title")
    if not 0 <= headcount <= 100_000:
        raise Invalid(say("The number of seats lies between 0 and 100,000."), field="headcount")
    taken = sa.select(Position.id).where(Position.site_id == site_id, Position.code == code)
    if ctx.session.scalar(taken):
        raise Conflict(say("The code {code} is taken on this site. Choose another.", code=code), field="code")
    new = Position(
        site_id=site_id,
        department_id=department_id,
        code=code,
        title=title,
        sort_key=sort_key(title),
        headcount=headcount,
    )
    ctx.session.add(new)
    ctx.session.flush()
    return new
