"""Attendance: what everybody owed and worked on each day, read from badge files; and who is here today."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from personnel import cover, employees, shifts, work_calendars
from personnel.labour import LabourRules
from personnel.models import Employee
from personnel.permissions import Can
from personnel.time_models import Absence, AttendanceDay, ShiftTemplate
from personnel.work_calendars import Duty
from personnel.worked_time import minutes_between, night_minutes
from plantops.calendar import Period
from plantops.context import Context, requires, within
from plantops.errors import Invalid
from plantops.places import Site
from plantops.wording import say

ONE_DAY = timedelta(days=1)
CHUNK = 20_000


@dataclass(frozen=True)
class Badge:
    """First in and last out of one person on one business date."""

    employee_id: int
    business_date: date
    first_in: datetime
    last_out: datetime


@dataclass(frozen=True)
class DayCount:
    """One row of attendance as it is stored, in minutes."""

    scheduled: int
    worked: int
    overtime: int
    night: int


# --- Rules


def why_not_badge(badge: Badge) -> str | None:
    if badge.last_out <= badge.first_in:
        return say("the last out is not after the first in")
    if badge.last_out - badge.first_in > timedelta(hours=24):
        return say("more than 24 hours lie between first in and last out")
    return None


def count(badge: Badge, duty: Duty, rules: LabourRules, zone: ZoneInfo) -> DayCount:
    """Worked time without the break of the shift (taken off once the day is long enough to need one), and what
    of it goes beyond the schedule. The break falls into the night only in proportion."""
    there = minutes_between(badge.first_in, badge.last_out)
    needs_break = rules.break_after_hours is not None and there > rules.break_after_hours * 60
    worked = there - duty.break_minutes if needs_break else there
    scheduled = duty.expected.minutes()
    night = night_minutes([Period(badge.first_in, badge.last_out)], rules.night, zone) if rules.night else 0
    return DayCount(scheduled, worked, max(0, worked - scheduled), night * worked // there if there else 0)


# --- Questions


@dataclass(frozen=True)
class DayRow:
    employee_id: int
    employee: str
    business_date: date
    shift: str
    scheduled_minutes: int
    worked_minutes: int
    overtime_minutes: int
    first_in: datetime | None
    last_out: datetime | None


@dataclass(frozen=True)
class Missing:
    employee_id: int
    name: str
    phone: str


@dataclass(frozen=True)
class Board:
    """One shift of one department today: how many are needed, who is there, who is missing. Never why."""

    department: str
    shift: str
    needed: int
    here: int
    missing: tuple[Missing, ...]
    unqualified: int

    @property
    def short(self) -> int:
        return max(0, self.needed - self.here)


def visible(ctx: Context) -> sa.Select[AttendanceDay]:
    return sa.select(AttendanceDay).where(AttendanceDay.employee_id.in_(employees.visible_ids(ctx)))


@requires(Can.READ_EMPLOYEES, Can.READ_TEAM, Can.READ_OWN)
def list_days(
    ctx: Context, first: date, last: date, *, employee_id: int | None = None, limit: int = 500
) -> list[DayRow]:
    query: sa.Select[*tuple[Any, ...]] = (
        visible(ctx)
        .with_only_columns(
            AttendanceDay.employee_id,
            Employee.name,
            AttendanceDay.business_date,
            sa.func.coalesce(ShiftTemplate.name, ""),
            AttendanceDay.scheduled_minutes,
            AttendanceDay.worked_minutes,
            AttendanceDay.overtime_minutes,
            AttendanceDay.first_in,
            AttendanceDay.last_out,
        )
        .join(Employee, Employee.id == AttendanceDay.employee_id)
        .outerjoin(ShiftTemplate, ShiftTemplate.id == AttendanceDay.template_id)
        .where(AttendanceDay.business_date.between(first, last))
        .order_by(AttendanceDay.business_date.desc(), Employee.sort_key)
        .limit(limit)
    )
    if employee_id is not None:
        query = query.where(AttendanceDay.employee_id == employee_id)
    return [DayRow(*row) for row in ctx.session.execute(query)]


@requires(Can.READ_TEAM, Can.READ_EMPLOYEES, Can.READ_SHIFTS)
def board(ctx: Context, site_id: int, day: date) -> list[Board]:
    """Per shift needed, here, missing and unqualified; names only of people whom this person may see."""
    seen = {row.id: row for row in ctx.session.scalars(employees.visible(ctx).where(Employee.site_id == site_id))}
    absent = set(
        ctx.session.scalars(
            sa.select(Absence.employee_id).where(
                Absence.withdrawn_at.is_(None),
                Absence.first_day <= day,
                Absence.last_day.is_(None) | (Absence.last_day >= day),
            )
        )
    )
    found = []
    for crew in cover.crews(ctx, site_id, day, day):
        gone = tuple(
            Missing(id, seen[id].name, seen[id].phone)
            for id in sorted(set(crew.due) & absent & set(seen), key=lambda id: seen[id].sort_key)
        )
        need = crew.need
        found.append(Board(need.department, need.shift, need.needed, len(crew.here), gone, len(crew.unqualified)))
    return found


# --- Actions


@requires(Can.RECORD_HOURS)
def record(ctx: Context, site_id: int, badges: Sequence[Badge], *, import_id: int | None = None) -> int:
    """Badge days become attendance, set-wise. A day that is stored already stays: the same file adds nothing."""
    ctx.need(Can.RECORD_HOURS, site_id=site_id)
    for badge in badges:
        if reason := why_not_badge(badge):
            raise Invalid(
                say(
                    "The day {business_date} cannot be recorded: {reason}.",
                    business_date=badge.business_date,
                    reason=reason,
                ),
                field="last_out",
            )
    written = 0
    for start in range(0, len(badges), CHUNK):
        written += _record_chunk(ctx, site_id, badges[start : start + CHUNK], import_id)
    return written


def _record_chunk(ctx: Context, site_id: int, badges: Sequence[Badge], import_id: int | None) -> int:
    ids = {badge.employee_id for badge in badges}
    first = min(badge.business_date for badge in badges)
    last = max(badge.business_date for badge in badges)
    duties = work_calendars.duties(ctx, ids, first, last)
    rules, zone = shifts.rules_of(ctx, site_id), _zone(ctx, site_id)
    lines = []
    for badge in badges:
        duty = duties[badge.employee_id][badge.business_date]
        counted = count(badge, duty, rules, zone)
        lines.append(_line(site_id, badge.employee_id, badge.business_date, duty, counted, badge, import_id))
    return _insert(ctx, lines)


def _zone(ctx: Context, site_id: int) -> ZoneInfo:
    return ZoneInfo(ctx.session.scalars(sa.select(Site.zone).where(Site.id == site_id)).one())


COLUMNS = (
    "site_id", "employee_id", "business_date", "template_id", "scheduled_minutes", "worked_minutes", "overtime_minutes",
    "night_minutes", "first_in", "last_out", "flags", "import_id",
)  # fmt: skip
NAMES = ", ".join(COLUMNS)
PASSING = sa.text(
    f"CREATE TEMP TABLE badges ON COMMIT DROP AS SELECT {NAMES} FROM personnel_attendance_day LIMIT 0"  # noqa: S608
)
ADDED = sa.text(
    f"INSERT INTO personnel_attendance_day ({NAMES}) SELECT {NAMES} FROM badges ON CONFLICT DO NOTHING"  # noqa: S608
)


NOTHING = "\\N"  # as COPY writes a null


def _line(
    site_id: int, id: int, day: date, duty: Duty, counted: DayCount, badge: Badge | None, import_id: int | None
) -> str:
    """A row as COPY reads it: numbers, dates and moments only; no text from outside ever comes here."""
    first_in, last_out = (badge.first_in, badge.last_out) if badge else (NOTHING, NOTHING)
    return (
        f"{site_id}\t{id}\t{day}\t{duty.template_id or NOTHING}\t{counted.scheduled}\t{counted.worked}"
        f"\t{counted.overtime}\t{counted.night}\t{first_in}\t{last_out}\t\t{import_id or NOTHING}\n"
    )


def _insert(ctx: Context, lines: Sequence[str]) -> int:
    """How many were new. Copied into a passing table first: a hundred thousand badge days go in within seconds."""
    if not lines:
        return 0
    connection = ctx.session.connection()
    connection.execute(PASSING)
    cursor: Any = connection.connection.driver_connection
    with cursor.cursor().copy(f"COPY badges ({NAMES}) FROM STDIN") as copy:
        copy.write("".join(lines))
    made = connection.execute(ADDED)
    connection.execute(sa.text("DROP TABLE badges"))
    return made.rowcount


@requires(Can.RECORD_HOURS)
def close_days(ctx: Context, site_id: int, first: date, last: date, employee_ids: Collection[int] | None = None) -> int:
    """Days on which somebody was expected and no badge was seen: they count as scheduled and not worked.

    Runs over any range and adds only what is missing.
    """
    ctx.need(Can.RECORD_HOURS, site_id=site_id)
    here = sa.select(Employee.id).where(Employee.site_id == site_id)
    if employee_ids is not None:
        here = here.where(Employee.id.in_(employee_ids))
    ids = list(ctx.session.scalars(here))
    stored = ctx.session.execute(
        sa.select(AttendanceDay.employee_id, AttendanceDay.business_date).where(
            AttendanceDay.site_id == site_id, AttendanceDay.business_date.between(first, last)
        )
    )
    known = set(stored)
    duties = work_calendars.duties(ctx, ids, first, last)
    lines = [
        _line(site_id, id, day, duty, DayCount(duty.expected.minutes(), 0, 0, 0), None, None)
        for id, days in duties.items()
        for day, duty in days.items()
        if duty.expected.minutes() > 0 and (id, day) not in known
    ]
    return _insert(ctx, lines)


@within("the nightly job closes what is over")
def close_yesterday(ctx: Context) -> int:
    """Every site's days up to yesterday; after downtime the days since the last stored one are caught up."""
    written = 0
    for site in ctx.session.scalars(sa.select(Site)):
        last_day = ctx.session.scalar(
            sa.select(sa.func.max(AttendanceDay.business_date)).where(AttendanceDay.site_id == site.id)
        )
        if last_day is not None:
            first = min(last_day, ctx.today - ONE_DAY) - 7 * ONE_DAY
            written += close_days(ctx, site.id, first, ctx.today - ONE_DAY)
    return written


@within("undoing an import, under the right of the import")
def take_back(ctx: Context, import_id: int) -> int:
    """Days that a badge file brought go again."""
    mine = AttendanceDay.import_id == import_id
    return len(ctx.session.execute(sa.delete(AttendanceDay).where(mine).returning(AttendanceDay.id)).all())
