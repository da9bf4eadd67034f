"""Shifts: who works when. Rosters and trips publish here, and everybody reads here who is available."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from personnel import certificates, employees
from personnel.assignments import holds_on
from personnel.certificates import Held, is_qualified
from personnel.events import ShiftsPlanned
from personnel.labour import OVERLAPS, LabourRules, presets, why_not_plan
from personnel.models import Assignment, Employee, Employment
from personnel.permissions import Can
from personnel.time_models import Absence, LeaveRequest, LeaveRequestDay, LeaveState, PlannedShift, ShiftTemplate
from plantops import options
from plantops.calendar import Period
from plantops.calendar import days as each_day
from plantops.context import Context, anyone, requires, within
from plantops.errors import Conflict, Invalid
from plantops.wording import say

LONGEST_SHIFT = timedelta(hours=24)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class NewShift:
    """The business date is the local day on which the shift starts."""

    employee_id: int
    business_date: date
    starts_at: datetime
    ends_at: datetime
    template_id: int | None = None
    place_id: int | None = None
    work: str | None = None


@dataclass(frozen=True)
class Problem:
    """Why one shift cannot be planned; no reason of an absence is ever named."""

    employee_id: int
    business_date: date
    sentence: str
    never: bool = False
    """True where no reason can override it."""


@dataclass(frozen=True)
class Known:
    """What is known of a person around the shifts to be planned."""

    available: frozenset[date]
    held: tuple[Held, ...] = ()
    around: tuple[Period, ...] = ()


# --- Rules


def why_not_shift(
    shift: NewShift, known: Known, needed: Mapping[str, frozenset[int]], rules: LabourRules, others: Iterable[Period]
) -> str | None:
    """`needed` gives the certificates by work; `others` are the person's further new shifts."""
    if not timedelta(0) < shift.ends_at - shift.starts_at <= LONGEST_SHIFT:
        return say("a shift lasts more than nothing and at most 24 hours")
    if shift.business_date not in known.available:
        return say("is not available on that day")
    if shift.work and not is_qualified(known.held, needed[shift.work], shift.business_date, shift.ends_at.date()):
        return say("has no valid certificate for {work}", work=shift.work)
    return why_not_plan(Period(shift.starts_at, shift.ends_at), [*known.around, *others], rules)


def problems_of(
    shifts: Sequence[NewShift], known: Mapping[int, Known], needed: Mapping[str, frozenset[int]], rules: LabourRules
) -> list[Problem]:
    """Every shift that cannot be planned together with all the others, and why."""
    by_person: dict[int, list[NewShift]] = {}
    for shift in shifts:
        by_person.setdefault(shift.employee_id, []).append(shift)
    found = []
    for id, own in by_person.items():
        for index, shift in enumerate(own):
            others = [
                Period(other.starts_at, other.ends_at)
                for n, other in enumerate(own)
                if n != index and abs((other.business_date - shift.business_date).days) <= 2
            ]
            if reason := why_not_shift(shift, known[id], needed, rules, others):
                found.append(Problem(id, shift.business_date, reason, never=reason == say(OVERLAPS)))
    return found


# --- Questions


@dataclass(frozen=True)
class ShiftRow:
    id: int
    employee_id: int
    employee: str
    business_date: date
    starts_at: datetime
    ends_at: datetime
    template: str
    place_id: int | None
    work: str | None
    origin: str
    released: bool


@dataclass(frozen=True)
class Roll:
    """Who can be planned on which days of a range."""

    first: date
    last: date
    days: Mapping[int, frozenset[date]] = field(default_factory=dict)


def visible(ctx: Context) -> sa.Select[PlannedShift]:
    """Who plans or leads a site sees all its shifts; everybody sees their own and their team's."""
    every = sa.select(PlannedShift).where(PlannedShift.cancelled_at.is_(None))
    if ctx.may(Can.READ_SHIFTS):
        sites = ctx.sites(Can.READ_SHIFTS)
        return every if sites is None else every.where(PlannedShift.site_id.in_(sites))
    return every.where(PlannedShift.employee_id.in_(employees.visible_ids(ctx)))


def _rows(query: sa.Select[PlannedShift]) -> sa.Select[*tuple[Any, ...]]:
    return (
        query.with_only_columns(
            PlannedShift.id,
            PlannedShift.employee_id,
            Employee.name,
            PlannedShift.business_date,
            PlannedShift.starts_at,
            PlannedShift.ends_at,
            sa.func.coalesce(ShiftTemplate.name, ""),
            PlannedShift.place_id,
            PlannedShift.work,
            PlannedShift.origin,
            PlannedShift.released_at.is_not(None),
        )
        .join(Employee, Employee.id == PlannedShift.employee_id)
        .outerjoin(ShiftTemplate, ShiftTemplate.id == PlannedShift.template_id)
        .order_by(PlannedShift.starts_at, Employee.sort_key, PlannedShift.id)
    )


@requires(Can.READ_SHIFTS, Can.READ_TEAM, Can.READ_OWN)
def list_shifts(
    ctx: Context, first: date, last: date, *, employee_id: int | None = None, limit: int = 1000
) -> list[ShiftRow]:
    query = visible(ctx).where(PlannedShift.business_date.between(first, last))
    if employee_id is not None:
        query = query.where(PlannedShift.employee_id == employee_id)
    return [ShiftRow(*row) for row in ctx.session.execute(_rows(query).limit(limit))]


@anyone("everybody sees their own shifts")
def my_shifts(ctx: Context, first: date, last: date) -> list[ShiftRow]:
    own = sa.select(Employee.id).where(Employee.user_id == ctx.user.id)
    query = sa.select(PlannedShift).where(
        PlannedShift.cancelled_at.is_(None),
        PlannedShift.employee_id.in_(own),
        PlannedShift.business_date.between(first, last),
    )
    return [ShiftRow(*row) for row in ctx.session.execute(_rows(query))]


@within("neighbours ask through the api, under their own right")
def on_shift(ctx: Context, at: datetime, *, site_id: int, work: str | None = None) -> list[ShiftRow]:
    """Who is on a planned shift at that moment and was not released from it."""
    query = sa.select(PlannedShift).where(
        PlannedShift.cancelled_at.is_(None),
        PlannedShift.released_at.is_(None),
        PlannedShift.site_id == site_id,
        PlannedShift.starts_at <= at,
        PlannedShift.ends_at > at,
    )
    if work is not None:
        query = query.where(PlannedShift.work == work)
    return [ShiftRow(*row) for row in ctx.session.execute(_rows(query))]


@within("neighbours ask through the api, under their own right")
def available(ctx: Context, employee_ids: Collection[int], first: date, last: date) -> Roll:
    """Days on which each person is employed and neither on leave nor absent. Never says why not."""
    employed = ctx.session.execute(
        sa.select(Employment.employee_id, Employment.hired_on, Employment.ended_on).where(
            Employment.employee_id.in_(employee_ids),
            Employment.hired_on <= last,
            Employment.ended_on.is_(None) | (Employment.ended_on > first),
        )
    )
    days: dict[int, set[date]] = {id: set() for id in employee_ids}
    for id, hired_on, ended_on in employed:
        here_until = last if ended_on is None else min(last, ended_on - ONE_DAY)
        days[id] |= set(each_day(max(first, hired_on), here_until))
    for id, day in _on_leave(ctx, employee_ids, first, last):
        days[id].discard(day)
    for id, since, until in _absent(ctx, employee_ids, first, last):
        days[id] -= set(each_day(max(first, since), min(last, until or last)))
    return Roll(first, last, {id: frozenset(found) for id, found in days.items()})


def _on_leave(ctx: Context, ids: Collection[int], first: date, last: date) -> list[tuple[int, date]]:
    query = (
        sa.select(LeaveRequestDay.employee_id, LeaveRequestDay.day)
        .join(LeaveRequest, LeaveRequest.id == LeaveRequestDay.request_id)
        .where(
            LeaveRequestDay.employee_id.in_(ids),
            LeaveRequestDay.day.between(first, last),
            LeaveRequestDay.standing,
            LeaveRequest.state == LeaveState.APPROVED,
        )
    )
    return [(row.employee_id, row.day) for row in ctx.session.execute(query)]


def _absent(ctx: Context, ids: Collection[int], first: date, last: date) -> list[tuple[int, date, date | None]]:
    query = sa.select(Absence.employee_id, Absence.first_day, Absence.last_day).where(
        Absence.employee_id.in_(ids),
        Absence.withdrawn_at.is_(None),
        Absence.first_day <= last,
        Absence.last_day.is_(None) | (Absence.last_day >= first),
    )
    return [(row.employee_id, row.first_day, row.last_day) for row in ctx.session.execute(query)]


@within("plans are checked before they are shown and again when they are published")
def problems(ctx: Context, shifts: Sequence[NewShift], *, instead_of: str | None = None) -> list[Problem]:
    """What stands against these shifts. Shifts with the origin `instead_of` do not count: they will go."""
    if not shifts:
        return []
    ids = {shift.employee_id for shift in shifts}
    first = min(shift.business_date for shift in shifts)
    last = max(shift.business_date for shift in shifts)
    roll = available(ctx, ids, first, last)
    works = {shift.work for shift in shifts if shift.work}
    needed = {work: certificates.needed_for(ctx, work) for work in works}
    held = certificates.held_by(ctx, ids) if works else {}
    around = _around(ctx, ids, first, last, instead_of)
    known = {id: Known(roll.days[id], tuple(held.get(id, ())), tuple(around.get(id, ()))) for id in ids}
    return problems_of(shifts, known, needed, rules_of(ctx, _site_of(ctx, ids)))


def _around(
    ctx: Context, ids: Collection[int], first: date, last: date, instead_of: str | None
) -> dict[int, list[Period]]:
    query = sa.select(PlannedShift.employee_id, PlannedShift.starts_at, PlannedShift.ends_at).where(
        PlannedShift.employee_id.in_(ids),
        PlannedShift.cancelled_at.is_(None),
        PlannedShift.released_at.is_(None),
        PlannedShift.business_date.between(first - 2 * ONE_DAY, last + 2 * ONE_DAY),
    )
    if instead_of is not None:
        kept = (PlannedShift.origin != instead_of) | ~PlannedShift.business_date.between(first, last)
        query = query.where(kept)
    found: dict[int, list[Period]] = {}
    for id, start, end in ctx.session.execute(query):
        found.setdefault(id, []).append(Period(start, end))
    return found


def _site_of(ctx: Context, ids: Collection[int]) -> int:
    sites = set(ctx.session.scalars(sa.select(Employee.site_id).where(Employee.id.in_(ids))))
    if len(sites) != 1:
        raise Invalid(say("Plan shifts for people of one site at a time."), field="employee_id")
    return sites.pop()


@within("rules of a site are read by its plans")
def rules_of(ctx: Context, site_id: int) -> LabourRules:
    """The labour rules that the site has chosen."""
    name = str(options.value(ctx, "personnel.labour_rules", site_id))
    if name not in presets():
        raise Invalid(
            say(
                "There is no set of labour rules '{name}'. Known: {presets}.",
                name=name,
                presets=", ".join(sorted(presets())),
            )
        )
    return presets()[name]


@within("neighbours choose among the people of a department, under their own right")
def people_of(ctx: Context, department_ids: Collection[int], day: date) -> list[tuple[int, str]]:
    """(id, name) of everybody who belongs to these departments on a day."""
    query = (
        sa.select(Employee.id, Employee.name)
        .join(Assignment, sa.and_(Assignment.employee_id == Employee.id, holds_on(day)))
        .where(Assignment.department_id.in_(department_ids))
        .order_by(Employee.sort_key, Employee.id)
    )
    return list(ctx.session.execute(query))


# --- Actions


@requires(Can.PLAN_SHIFTS)
def plan(
    ctx: Context,
    origin: str,
    first: date,
    last: date,
    shifts: Sequence[NewShift],
    *,
    override_reason: str | None = None,
) -> int:
    """Publish a plan: what this origin planned between the two days is replaced by these shifts.

    Refused with every problem named, unless there is a reason to override them; overlapping shifts are never
    planned. Shifts from which somebody was released stay as a record of what was expected of them.
    """
    if outside := [shift for shift in shifts if not first <= shift.business_date <= last]:
        raise Invalid(
            say("The shift on {business_date} lies outside the plan.", business_date=outside[0].business_date),
            field="business_date",
        )
    ids = {shift.employee_id for shift in shifts}
    ctx.session.execute(sa.select(Employee.id).where(Employee.id.in_(ids)).order_by(Employee.id).with_for_update())
    site_id = _site_of(ctx, ids) if ids else None
    if site_id is not None:
        ctx.need(Can.PLAN_SHIFTS, site_id=site_id)
    found = problems(ctx, shifts, instead_of=origin)
    if any(problem.never for problem in found) or (found and not (override_reason or "").strip()):
        raise Conflict(_in_words(ctx, found), details={"problems": [vars(problem) for problem in found]})
    gone = ctx.session.execute(
        sa.update(PlannedShift)
        .where(
            PlannedShift.origin == origin,
            PlannedShift.business_date.between(first, last),
            PlannedShift.cancelled_at.is_(None),
            PlannedShift.released_at.is_(None),
        )
        .values(cancelled_at=ctx.now, version=PlannedShift.version + 1)
        .returning(PlannedShift.employee_id)
    ).scalars()
    changed = ids | set(gone)
    troubled = {(problem.employee_id, problem.business_date) for problem in found}
    if shifts:
        rows = [_row(shift, site_id, origin, override_reason if _key(shift) in troubled else None) for shift in shifts]
        ctx.session.execute(sa.insert(PlannedShift), rows)
    if changed:
        ctx.emit(ShiftsPlanned(tuple(sorted(changed)), first, last))
    return len(shifts)


def _key(shift: NewShift) -> tuple[int, date]:
    return shift.employee_id, shift.business_date


def _row(shift: NewShift, site_id: int | None, origin: str, override_reason: str | None) -> dict[str, Any]:
    return {**vars(shift), "site_id": site_id, "origin": origin, "override_reason": override_reason}


def _in_words(ctx: Context, found: Sequence[Problem]) -> str:
    ids = {problem.employee_id for problem in found}
    names = dict(ctx.session.execute(sa.select(Employee.id, Employee.name).where(Employee.id.in_(ids))).all())
    told = "; ".join(
        say("{name} on {day}: {problem}", name=names[p.employee_id], day=str(p.business_date), problem=p.sentence)
        for p in found[:5]
    )
    if len(found) > 5:
        return say(
            "This plan cannot be published: {told} and {more} more. Change it, or give a reason to override.",
            told=told,
            more=len(found) - 5,
        )
    return say("This plan cannot be published: {told}. Change it, or give a reason to override.", told=told)


@within("a leave or an absence takes its person out of the plan")
def release(ctx: Context, employee_id: int, days: Collection[date]) -> int:
    """The person will not be there: their shifts of these days stay open for somebody else."""
    return _mark(ctx, employee_id, days, PlannedShift.released_at.is_(None), ctx.now)


@within("a leave that is cancelled puts its person back into the plan")
def restore(ctx: Context, employee_id: int, days: Collection[date]) -> int:
    return _mark(ctx, employee_id, days, PlannedShift.released_at.is_not(None), None)


def _mark(
    ctx: Context, employee_id: int, days: Collection[date], which: sa.ColumnElement[bool], at: datetime | None
) -> int:
    if not days:
        return 0
    marked = ctx.session.execute(
        sa.update(PlannedShift)
        .where(
            PlannedShift.employee_id == employee_id,
            PlannedShift.business_date.in_(days),
            PlannedShift.cancelled_at.is_(None),
            which,
        )
        .values(released_at=at, version=PlannedShift.version + 1)
        .returning(PlannedShift.id)
    ).all()
    if marked:
        ctx.emit(ShiftsPlanned((employee_id,), min(days), max(days)))
    return len(marked)
