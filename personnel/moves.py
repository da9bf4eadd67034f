"""Moves: somebody changes position, manager or hours; or what was recorded of it was wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa

from personnel.assignments import Led, Seat, seat_on, version_of, why_not_lead, why_not_seat
from personnel.employees import employee, visible
from personnel.models import Assignment, Department, Employee, Position
from personnel.permissions import Can
from plantops.calendar import zone as known_zone
from plantops.context import Context, requires
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid, NotFound
from plantops.wording import say

# --- Questions


@dataclass(frozen=True)
class VersionRow:
    """An assignment version in words, newest first; superseded ones stay readable."""

    id: int
    position: str
    department: str
    manager: str
    weekly_minutes: int
    valid_from: date
    valid_to: date | None
    reason: str
    superseded: bool


@requires(Can.READ_EMPLOYEES, Can.READ_TEAM, Can.READ_OWN)
def versions(ctx: Context, id: int) -> list[VersionRow]:
    """Every assignment of a person, newest first; what was corrected stands below what corrected it."""
    employee(ctx, id)
    manager = sa.orm.aliased(Employee)
    rows = ctx.session.execute(
        sa.select(
            Assignment.id,
            Position.title,
            Department.name,
            sa.func.coalesce(manager.name, ""),
            Assignment.weekly_minutes,
            Assignment.valid_from,
            Assignment.valid_to,
            Assignment.reason,
            Assignment.superseded_at.is_not(None),
        )
        .join(Position, Position.id == Assignment.position_id)
        .join(Department, Department.id == Assignment.department_id)
        .outerjoin(manager, manager.id == Assignment.manager_id)
        .where(Assignment.employee_id == id)
        .order_by(Assignment.valid_from.desc(), Assignment.id.desc())
    )
    return [VersionRow(*row) for row in rows]


@requires(Can.READ_EMPLOYEES, Can.READ_TEAM, Can.READ_OWN)
def current(ctx: Context, id: int) -> Seat | None:
    """Where somebody belongs today; None when they are not here today."""
    employee(ctx, id)
    found = seat_on(ctx, id, ctx.today)
    return None if found is None else Seat(**{name: getattr(found, name) for name in Seat.__dataclass_fields__})


# --- Actions


def _locked(ctx: Context, id: int, version: int) -> Employee:
    found = get(ctx.session, visible(ctx).where(Employee.id == id), what="employee", version=version, lock=True)
    ctx.need(Can.MANAGE_EMPLOYEES, site_id=found.site_id)
    return found


def _check_seat(ctx: Context, employee: Employee, seat: Seat, since: date, until: date | None) -> None:
    if reason := why_not_seat(seat):
        raise Invalid(
            say("Cannot give {name} this seat: {reason}.", name=employee.name, reason=reason), field="weekly_minutes"
        )
    known_zone(seat.zone)
    if seat.manager_id is None:
        return
    # Two changes at once could close a circle that neither sees alone.
    ctx.session.execute(sa.text("LOCK TABLE personnel_assignment IN SHARE ROW EXCLUSIVE MODE"))
    rows = ctx.session.execute(
        sa.select(Assignment.employee_id, Assignment.manager_id, Assignment.valid_from, Assignment.valid_to).where(
            Assignment.superseded_at.is_(None),
            Assignment.manager_id.is_not(None),
            Assignment.employee_id != employee.id,
            Assignment.valid_to.is_(None) | (Assignment.valid_to > since),
        )
    )
    chain = [Led(row.employee_id, row.manager_id, row.valid_from, row.valid_to) for row in rows if row.manager_id]
    if reason := why_not_lead(chain, employee.id, seat.manager_id, since, until):
        raise Conflict(
            say("Cannot put {name} under this manager: {reason}.", name=employee.name, reason=reason),
            field="manager_id",
        )


@requires(Can.MANAGE_EMPLOYEES)
def change_seat(ctx: Context, id: int, version: int, seat: Seat, since: date, reason: str = "") -> Assignment:
    """From a day on something is different. What held before stays as it was; a later version stays too."""
    found = _locked(ctx, id, version)
    now_valid = seat_on(ctx, id, since)
    if now_valid is None:
        raise Conflict(
            say("{name} is not employed on {since}. Choose a day of the employment.", name=found.name, since=since),
            field="since",
        )
    if now_valid.valid_from == since:
        raise Conflict(
            say("A version starts on {since} already. Correct that one instead.", since=since), field="since"
        )
    seat = replace(seat, zone=seat.zone or now_valid.zone)
    _check_seat(ctx, found, seat, since, now_valid.valid_to)
    until, now_valid.valid_to = now_valid.valid_to, since
    ctx.session.flush()
    new = Assignment(**version_of(ctx, id, seat, since, until, reason))
    ctx.session.add(new)
    bump(found)
    ctx.session.flush()
    return new


@requires(Can.MANAGE_EMPLOYEES)
def correct_seat(ctx: Context, id: int, version: int, assignment_id: int, seat: Seat, reason: str) -> Assignment:
    """What was recorded was wrong from its start: the wrong version is kept as superseded, never overwritten."""
    found = _locked(ctx, id, version)
    if not reason.strip():
        raise Invalid(say("Say why this is corrected."), field="reason")
    wrong = ctx.session.scalar(
        sa.select(Assignment).where(
            Assignment.id == assignment_id, Assignment.employee_id == id, Assignment.superseded_at.is_(None)
        )
    )
    if wrong is None:
        raise NotFound(say("There is no such assignment, or it was corrected already."))
    seat = replace(seat, zone=seat.zone or wrong.zone)
    _check_seat(ctx, found, seat, wrong.valid_from, wrong.valid_to)
    wrong.superseded_at = ctx.now
    ctx.session.flush()
    right = Assignment(**version_of(ctx, id, seat, wrong.valid_from, wrong.valid_to, reason.strip()))
    ctx.session.add(right)
    ctx.session.flush()
    wrong.superseded_by_id = right.id
    bump(found)
    ctx.session.flush()
    return right
