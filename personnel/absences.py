"""Absences: somebody is sick or missing. The reason is for the personnel office; everybody else sees a gap."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from personnel import employees, leave_decisions, shifts, work_calendars
from personnel.calendars import ExpectedDay
from personnel.events import AbsenceRecorded
from personnel.models import Employee
from personnel.permissions import Can
from personnel.time_models import Absence, AbsenceDay, AbsenceKind
from plantops.bulk import insert_many
from plantops.calendar import days as each_day
from plantops.context import Context, requires, within
from plantops.db import bump, get
from plantops.errors import Conflict, Forbidden, Invalid
from plantops.wording import say

ONE_DAY = timedelta(days=1)
LONGEST_DAYS = 800


class Unsaid(StrEnum):
    """The kind, for who may not know more."""

    ABSENT = "absent"


@dataclass(frozen=True)
class NewAbsence:
    """`last_day` None: nobody knows yet when the person comes back."""

    employee_id: int
    first_day: date
    last_day: date | None = None
    kind: AbsenceKind = AbsenceKind.SICK
    reason: str = ""
    with_note: bool = False


@dataclass(frozen=True)
class Hours:
    """An absence told in hours, as a file does: spread over the working days from `first_day` on."""

    employee_id: int
    first_day: date
    minutes: int
    kind: AbsenceKind
    reason: str = ""
    origin: str = ""


# --- Rules


def why_not_absent(new: NewAbsence, today: date) -> str | None:
    if new.last_day is not None and new.last_day < new.first_day:
        return say("it ends before it starts")
    if new.first_day > today + timedelta(days=60):
        return say("it starts more than 60 days ahead; ask for leave instead")
    if new.last_day is not None and (new.last_day - new.first_day).days > LONGEST_DAYS:
        return say("it is longer than {longest_days} days", longest_days=LONGEST_DAYS)
    return None


def spread(minutes: int, first_day: date, room: Iterable[tuple[date, int]], day_minutes: int) -> list[tuple[date, int]]:
    """Hours of an absence over the working days from its first day on, each filled before the next begins.

    `room` says day after day how many minutes each still has (negative: nobody is expected at all); what does not
    fit falls on its last working day. The first day counts as a full day of `day_minutes` when nobody is expected
    on it: the person was missed on that day.
    """
    days: list[tuple[date, int]] = []
    left = minutes
    for day, has in room:
        if left <= 0:
            break
        part = min(left, day_minutes if day == first_day and has < 0 else max(0, has))
        if part > 0:
            days.append((day, part))
            left -= part
    if left > 0:
        last, part = days.pop() if days else (first_day, 0)
        days.append((last, part + left))
    return days


# --- Questions


@dataclass(frozen=True)
class AbsenceRow:
    """`kind` and `reason` say only "absent" and nothing to who may not know more."""

    id: int
    employee_id: int
    employee: str
    kind: str
    reason: str
    first_day: date
    last_day: date | None
    with_note: bool
    minutes: int
    version: int


def visible(ctx: Context) -> sa.Select[Absence]:
    return sa.select(Absence).where(Absence.withdrawn_at.is_(None), Absence.employee_id.in_(employees.visible_ids(ctx)))


@requires(Can.READ_EMPLOYEES, Can.READ_TEAM, Can.READ_OWN)
def list_absences(
    ctx: Context,
    *,
    employee_id: int | None = None,
    first: date | None = None,
    last: date | None = None,
    limit: int = 200,
) -> list[AbsenceRow]:
    minutes = (
        sa.select(sa.func.coalesce(sa.func.sum(AbsenceDay.minutes), 0))
        .where(AbsenceDay.absence_id == Absence.id)
        .scalar_subquery()
    )
    query: sa.Select[*tuple[Any, ...]] = (
        visible(ctx)
        .with_only_columns(Absence, Employee.name, Employee.user_id, minutes)
        .join(Employee, Employee.id == Absence.employee_id)
        .order_by(Absence.first_day.desc(), Absence.id.desc())
        .limit(limit)
    )
    if employee_id is not None:
        query = query.where(Absence.employee_id == employee_id)
    if first is not None:
        query = query.where(Absence.last_day.is_(None) | (Absence.last_day >= first))
    if last is not None:
        query = query.where(Absence.first_day <= last)
    knows = ctx.may(Can.READ_REASONS)
    return [
        AbsenceRow(
            one.id,
            one.employee_id,
            name,
            one.kind if knows or user_id == ctx.user.id else Unsaid.ABSENT,
            one.reason if knows else "",
            one.first_day,
            one.last_day,
            one.with_note,
            int(total),
            one.version,
        )
        for one, name, user_id, total in ctx.session.execute(query)
    ]


# --- Actions


@dataclass(frozen=True)
class Away:
    """Somebody who does not come. Never why."""

    employee_id: int
    name: str
    phone: str
    until: date | None


@requires(Can.MANAGE_ABSENCES)
def list_away(ctx: Context, day: date) -> list[Away]:
    """Who of those that one leads is away on a day, whatever the reason, by name."""
    query = (
        sa.select(Employee.id, Employee.name, Employee.phone, Absence.last_day)
        .join(Absence, Absence.employee_id == Employee.id)
        .where(
            Absence.withdrawn_at.is_(None),
            Absence.first_day <= day,
            Absence.last_day.is_(None) | (Absence.last_day >= day),
            Employee.id.in_(employees.visible_ids(ctx)),
        )
        .order_by(Employee.sort_key, Employee.id, Absence.last_day.desc().nulls_first())
    )
    found: dict[int, Away] = {}
    for row in ctx.session.execute(query):
        found.setdefault(row[0], Away(*row))
    return list(found.values())


def _person(ctx: Context, employee_id: int) -> Employee:
    """One's own sickness may be reported by everybody, others' by who leads them or by the personnel office."""
    visible_person = employees.visible(ctx).where(Employee.id == employee_id)
    person = get(ctx.session, visible_person, what="employee", lock=True)
    if person.user_id != ctx.user.id:
        ctx.need(Can.MANAGE_ABSENCES, site_id=person.site_id, to="report somebody else as absent")
    return person


@requires(Can.REPORT_SICK, Can.MANAGE_ABSENCES)
def report(ctx: Context, new: NewAbsence) -> Absence:
    """Somebody is not there: their shifts are released and who plans hears of it."""
    if reason := why_not_absent(new, ctx.today):
        raise Invalid(say("This absence cannot be recorded: {reason}.", reason=reason), field="first_day")
    person = _person(ctx, new.employee_id)
    if person.user_id == ctx.user.id and not ctx.may(Can.MANAGE_ABSENCES) and new.kind is not AbsenceKind.SICK:
        raise Forbidden(say("You can report yourself as sick. For anything else ask for leave."))
    overlapping = sa.select(Absence.first_day).where(
        Absence.employee_id == person.id,
        Absence.withdrawn_at.is_(None),
        Absence.last_day.is_(None) | (Absence.last_day >= new.first_day),
        Absence.first_day <= (new.last_day or date.max),
    )
    if other := ctx.session.scalar(overlapping):
        raise Conflict(
            say("{name} is reported as absent from {other} already. Change that report.", name=person.name, other=other)
        )
    made = Absence(
        site_id=person.site_id,
        employee_id=person.id,
        kind=new.kind,
        reason=new.reason.strip(),
        first_day=new.first_day,
        last_day=new.last_day,
        with_note=new.with_note,
        reported_by_id=ctx.user.id,
        reported_at=ctx.now,
    )
    ctx.session.add(made)
    ctx.session.flush()
    _follow(ctx, made)
    ctx.emit(AbsenceRecorded(made.id, person.id, made.first_day, made.last_day))
    return made


@requires(Can.REPORT_SICK, Can.MANAGE_ABSENCES)
def close(ctx: Context, id: int, version: int, last_day: date, *, with_note: bool = False) -> Absence:
    """The person is back, or it is known until when they stay away; a note gives leave days back."""
    found = get(ctx.session, visible(ctx).where(Absence.id == id), what="absence", version=version, lock=True)
    _person(ctx, found.employee_id)
    if last_day < found.first_day:
        raise Invalid(say("The last day is before the first."), field="last_day")
    if (last_day - found.first_day).days > LONGEST_DAYS:
        raise Invalid(say("An absence lasts at most {longest_days} days.", longest_days=LONGEST_DAYS), field="last_day")
    before = found.last_day or ctx.today
    found.last_day = last_day
    found.with_note = found.with_note or with_note
    bump(found)
    ctx.session.flush()
    if last_day < before:
        shifts.restore(ctx, found.employee_id, set(each_day(last_day + ONE_DAY, before)))
    _follow(ctx, found)
    ctx.emit(AbsenceRecorded(found.id, found.employee_id, found.first_day, found.last_day))
    return found


@requires(Can.MANAGE_ABSENCES)
def withdraw(ctx: Context, id: int, version: int) -> Absence:
    """The report was wrong: the person was there."""
    found = get(ctx.session, visible(ctx).where(Absence.id == id), what="absence", version=version, lock=True)
    _person(ctx, found.employee_id)
    found.withdrawn_at = ctx.now
    bump(found)
    ctx.session.execute(sa.delete(AbsenceDay).where(AbsenceDay.absence_id == id))
    shifts.restore(ctx, found.employee_id, set(each_day(found.first_day, found.last_day or ctx.today)))
    ctx.session.flush()
    return found


def _follow(ctx: Context, absence: Absence) -> None:
    """What an absence brings with it: leave given back, minutes by day, released shifts."""
    until = absence.last_day or max(ctx.today, absence.first_day)
    on_leave = leave_decisions.standing_days(ctx, absence.employee_id, absence.first_day, until)
    if absence.with_note and absence.kind == AbsenceKind.SICK and on_leave:
        leave_decisions.credit(ctx, {day.id: day.minutes for day in on_leave}, say("sick with a note"))
    left = {day.day: day.minutes for day in on_leave if day.standing}
    expected = work_calendars.expected(ctx, [absence.employee_id], absence.first_day, until)[absence.employee_id]
    rows = [
        {"absence_id": absence.id, "employee_id": absence.employee_id, "day": day, "minutes": missed}
        for day, one in expected.items()
        if (missed := one.minutes() - left.get(day, 0)) > 0
    ]
    ctx.session.execute(sa.delete(AbsenceDay).where(AbsenceDay.absence_id == absence.id))
    if rows:
        ctx.session.execute(sa.insert(AbsenceDay), rows)
    shifts.release(ctx, absence.employee_id, set(expected))


@requires(Can.MANAGE_ABSENCES)
def extend_open(ctx: Context) -> int:
    """Absences without an end grow by another day each night, until somebody says when the person is back."""
    query = sa.select(Absence).where(Absence.last_day.is_(None), Absence.withdrawn_at.is_(None)).order_by(Absence.id)
    found = ctx.session.scalars(query.with_for_update()).all()
    for absence in found:
        _follow(ctx, absence)
    return len(found)


@requires(Can.MANAGE_ABSENCES)
def record_hours(ctx: Context, site_id: int, rows: Sequence[Hours], import_id: int | None = None) -> list[int]:
    """Past absences told in hours, set-wise (imports): ids in the order of the rows. Nothing is announced."""
    ctx.need(Can.MANAGE_ABSENCES, site_id=site_id)
    if not rows:
        return []
    ids = {row.employee_id for row in rows}
    first = min(row.first_day for row in rows)
    longest = max(row.minutes for row in rows) // 60
    last = max(row.first_day for row in rows) + timedelta(days=longest // 2 + 21)
    expected = work_calendars.expected(ctx, ids, first, last)
    seats = {v.employee_id: v.day_minutes for v in work_calendars.versions_between(ctx, ids, first, last)}
    used = _missed_already(ctx, ids, first, last)
    spreads = [_spread_row(row, expected[row.employee_id], used, seats.get(row.employee_id, 480)) for row in rows]
    made = insert_many(
        ctx,
        Absence,
        [
            {
                "site_id": site_id,
                "employee_id": row.employee_id,
                "kind": row.kind,
                "reason": row.reason,
                "first_day": row.first_day,
                "last_day": days[-1][0] if days else row.first_day,
                "origin": row.origin,
                "import_id": import_id,
                "reported_by_id": ctx.user.id,
                "reported_at": ctx.now,
            }
            for row, days in zip(rows, spreads, strict=True)
        ],
    )
    parts = [
        {"absence_id": id, "employee_id": row.employee_id, "day": day, "minutes": minutes}
        for id, row, days in zip(made, rows, spreads, strict=True)
        for day, minutes in days
    ]
    insert_many(ctx, AbsenceDay, parts)
    return made


def _missed_already(ctx: Context, ids: Collection[int], first: date, last: date) -> dict[tuple[int, date], int]:
    rows = ctx.session.execute(
        sa.select(AbsenceDay.employee_id, AbsenceDay.day, sa.func.sum(AbsenceDay.minutes))
        .where(AbsenceDay.employee_id.in_(ids), AbsenceDay.day.between(first, last))
        .group_by(AbsenceDay.employee_id, AbsenceDay.day)
    )
    return {(id, day): int(minutes) for id, day, minutes in rows}


def _spread_row(
    row: Hours, expected: Mapping[date, ExpectedDay], used: dict[tuple[int, date], int], day_minutes: int
) -> list[tuple[date, int]]:
    """The days of one row; `used` remembers what earlier rows took of them."""

    def room() -> Iterator[tuple[date, int]]:
        day = row.first_day
        while day in expected:
            owed, gone = expected[day].minutes(), used.get((row.employee_id, day), 0)
            yield day, owed - gone if owed or gone else -1
            day += ONE_DAY

    days = spread(row.minutes, row.first_day, room(), day_minutes)
    for day, minutes in days:
        used[row.employee_id, day] = used.get((row.employee_id, day), 0) + minutes
    return days


@within("undoing an import, under the right of the import")
def take_back(ctx: Context, import_id: int) -> int:
    """Absences that an import brought go again."""
    mine = sa.select(Absence.id).where(Absence.import_id == import_id)
    ctx.session.execute(sa.delete(AbsenceDay).where(AbsenceDay.absence_id.in_(mine)))
    gone = ctx.session.execute(sa.delete(Absence).where(Absence.import_id == import_id).returning(Absence.id))
    return len(gone.all())
