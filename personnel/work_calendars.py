"""Work calendars, shift templates and patterns as a site keeps them, and what they expect of each person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from personnel.calendars import WHOLE_DAY, ExpectedDay, Half, Slot, expected_day, expected_from_spans
from personnel.calendars import WorkCalendar as Calendar
from personnel.models import Assignment, Employee
from personnel.organisation import needed_text
from personnel.permissions import Can
from personnel.shift_patterns import ShiftPattern as Pattern
from personnel.time_models import (
    PlannedShift,
    ShiftPattern,
    ShiftPatternDay,
    ShiftTemplate,
    WorkCalendar,
    WorkCalendarSlot,
)
from plantops import plant_days
from plantops.calendar import PlantCalendar
from plantops.calendar import days as each_day
from plantops.context import Context, requires, within
from plantops.errors import Conflict, Invalid
from plantops.wording import say

NO_HALF: frozenset[Half] = frozenset()
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Kept:
    """A calendar as it is kept: its hours, its crew pattern, and whether holidays are worked."""

    calendar: Calendar
    works_holidays: bool = False
    pattern: Pattern | None = None
    spans: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    """Spans of the day by template id (as text) of the pattern."""


@dataclass(frozen=True)
class Version:
    """The part of an assignment that says when somebody is expected."""

    employee_id: int
    site_id: int
    calendar_id: int
    offset_days: int
    zone: str
    day_minutes: int
    since: date
    until: date | None


@dataclass(frozen=True)
class Duty:
    """What somebody owes on a day, and on which shift; no shift for people with hours of their own."""

    expected: ExpectedDay
    template_id: int | None = None
    spans: tuple[tuple[int, int], ...] = ()
    """Working spans in minutes of the day; none for people with free hours."""

    @property
    def break_minutes(self) -> int:
        """What lies between the first and the last span without being work."""
        if not self.spans:
            return 0
        return self.spans[-1][1] - self.spans[0][0] - sum(end - start for start, end in self.spans)


# --- Rules


def spans_of(start_minute: int, minutes: int, break_minutes: int) -> tuple[tuple[int, int], ...]:
    """A shift with its break in the middle, as spans of work."""
    if not break_minutes:
        return ((start_minute, start_minute + minutes),)
    half = (minutes - break_minutes) // 2
    return (
        (start_minute, start_minute + half),
        (start_minute + half + break_minutes, start_minute + minutes),
    )


def duty_by(kept: Kept, day: date, offset_days: int, holiday: frozenset[Half]) -> Duty:
    """What a kept calendar expects on a day, before planned shifts are looked at."""
    off = frozenset[Half]() if kept.works_holidays else holiday
    if kept.pattern is None:
        spans = tuple(
            sorted(
                (s.start_minute, s.start_minute + s.minutes) for s in kept.calendar.slots if s.weekday == day.weekday()
            )
        )
        return Duty(expected_day(kept.calendar, day, off), spans=spans)
    shift = kept.pattern.shift_on(day, offset_days)
    if shift is None:
        return Duty(expected_from_spans((), off))
    return Duty(expected_from_spans(kept.spans[shift], off), int(shift), kept.spans[shift])


def spans_planned(
    shifts: Iterable[tuple[datetime, datetime, int]], day: date, zone: ZoneInfo
) -> tuple[tuple[int, int], ...]:
    """Planned shifts (start, end, break) of a business date as minutes of that day; lengths are real minutes."""
    spans: list[tuple[int, int]] = []
    for starts_at, ends_at, break_minutes in shifts:
        local = starts_at.astimezone(zone)
        start = (local.date() - day).days * 1440 + local.hour * 60 + local.minute
        spans += spans_of(start, int((ends_at - starts_at).total_seconds() // 60), break_minutes)
    return tuple(sorted(spans))


# --- Questions


@within("plans and counts of a site follow its holidays")
def plant_calendar(ctx: Context, site_id: int) -> PlantCalendar:
    """Zone, public holidays and own days of a site."""
    return plant_days.calendar_of(ctx, site_id)


@within("counts of leave and hours read it under their own right")
def kept_calendars(ctx: Context, ids: Collection[int]) -> dict[int, Kept]:
    calendars = ctx.session.scalars(sa.select(WorkCalendar).where(WorkCalendar.id.in_(ids))).all()
    slots: dict[int, list[Slot]] = {}
    for slot in ctx.session.scalars(sa.select(WorkCalendarSlot).where(WorkCalendarSlot.calendar_id.in_(ids))):
        half = Half(slot.half) if slot.half else None
        slots.setdefault(slot.calendar_id, []).append(Slot(slot.weekday, slot.start_minute, slot.minutes, half))
    patterns = _patterns(ctx, {c.pattern_id for c in calendars if c.pattern_id is not None})
    found = {}
    for one in calendars:
        calendar = Calendar(tuple(slots.get(one.id, ())), tuple(one.flexible_minutes or ()))
        pattern, spans = patterns.get(one.pattern_id or 0, (None, {}))
        found[one.id] = Kept(calendar, one.works_holidays, pattern, spans)
    return found


def _patterns(ctx: Context, ids: Collection[int]) -> dict[int, tuple[Pattern, dict[str, tuple[tuple[int, int], ...]]]]:
    found = {}
    for pattern in ctx.session.scalars(sa.select(ShiftPattern).where(ShiftPattern.id.in_(ids))).all():
        rows = ctx.session.execute(
            sa.select(ShiftPatternDay.day_number, ShiftPatternDay.template_id, ShiftTemplate)
            .outerjoin(ShiftTemplate, ShiftTemplate.id == ShiftPatternDay.template_id)
            .where(ShiftPatternDay.pattern_id == pattern.id)
            .order_by(ShiftPatternDay.day_number)
        ).all()
        days = tuple(str(row.template_id) if row.template_id else None for row in rows)
        spans = {
            str(t.id): spans_of(t.start_minute, t.minutes, t.break_minutes)
            for t in (row.ShiftTemplate for row in rows)
            if t is not None
        }
        found[pattern.id] = (Pattern(days, pattern.anchor, frozenset(pattern.closed_weekdays)), spans)
    return found


@within("counts of leave and hours read it under their own right")
def versions_between(ctx: Context, employee_ids: Collection[int] | None, first: date, last: date) -> list[Version]:
    """Assignments that hold on some day of the range; everybody's when no ids are given."""
    query = (
        sa.select(
            Assignment.employee_id,
            Employee.site_id,
            Assignment.work_calendar_id,
            Assignment.pattern_offset_days,
            Assignment.zone,
            Assignment.day_minutes,
            Assignment.valid_from,
            Assignment.valid_to,
        )
        .join(Employee, Employee.id == Assignment.employee_id)
        .where(
            Assignment.superseded_at.is_(None),
            Assignment.valid_from <= last,
            Assignment.valid_to.is_(None) | (Assignment.valid_to > first),
        )
        .order_by(Assignment.employee_id, Assignment.valid_from)
    )
    if employee_ids is not None:
        query = query.where(Assignment.employee_id.in_(employee_ids))
    return [Version(*row) for row in ctx.session.execute(query)]


@within("counts of leave and hours read it under their own right")
def expected(
    ctx: Context, employee_ids: Collection[int], first: date, last: date
) -> dict[int, dict[date, ExpectedDay]]:
    """What each person owes on each day of the range: every date has an entry."""
    found = duties(ctx, employee_ids, first, last)
    return {id: {day: duty.expected for day, duty in days.items()} for id, days in found.items()}


@within("counts of leave and hours read it under their own right")
def duties(ctx: Context, employee_ids: Collection[int], first: date, last: date) -> dict[int, dict[date, Duty]]:
    """Each person's shift or hours on each day of the range: every date has an entry.

    A week in which shifts are planned for a person counts by those shifts; any other by pattern or calendar of
    the version that holds on the day.
    """
    versions = versions_between(ctx, employee_ids, first, last)
    kept = kept_calendars(ctx, {v.calendar_id for v in versions})
    holidays = {site: _holidays(plant_calendar(ctx, site), first, last) for site in {v.site_id for v in versions}}
    planned = _planned(ctx, employee_ids, first, last)
    days = list(each_day(first, last))
    nothing = dict.fromkeys(days, Duty(expected_day(None, first)))
    found = {id: dict(nothing) for id in employee_ids}
    like: dict[tuple[int, object, bool], Duty] = {}  # one duty serves everybody who has the same shift or weekday
    walks: dict[tuple[int, int, int], list[Duty]] = {}  # and everybody of a crew walks through the same days
    for v in versions:
        own, weeks, free = found[v.employee_id], planned.get(v.employee_id), holidays[v.site_id]
        until = last if v.until is None else min(last, v.until - ONE_DAY)
        walk = walks.get((v.site_id, v.calendar_id, v.offset_days))
        if walk is None:
            walk = [_alike(like, v, kept[v.calendar_id], day, free.get(day, NO_HALF)) for day in days]
            walks[v.site_id, v.calendar_id, v.offset_days] = walk
        theirs = slice(max(0, (v.since - first).days), (until - first).days + 1)
        own.update(zip(days[theirs], walk[theirs], strict=True))
        for day in days[theirs] if weeks else ():
            week = weeks.get(day - timedelta(days=day.weekday())) if weeks else None
            if week is not None:
                own[day] = _planned_duty(week.get(day, []), day, ZoneInfo(v.zone))
    return found


def _alike(
    like: dict[tuple[int, object, bool], Duty], v: Version, kept: Kept, day: date, holiday: frozenset[Half]
) -> Duty:
    kind = kept.pattern.shift_on(day, v.offset_days) if kept.pattern else day.weekday()
    key = (v.calendar_id, kind, bool(holiday))
    if key not in like:
        like[key] = duty_by(kept, day, v.offset_days, holiday)
    return like[key]


def _planned_duty(shifts: Sequence[tuple[datetime, datetime, int, int | None]], day: date, zone: ZoneInfo) -> Duty:
    spans = spans_planned([shift[:3] for shift in shifts], day, zone)
    return Duty(expected_from_spans(spans), shifts[0][3] if shifts else None, spans)


def _holidays(calendar: PlantCalendar, first: date, last: date) -> dict[date, frozenset[Half]]:
    return {day: WHOLE_DAY for day in each_day(first, last) if calendar.holiday(day) or calendar.shutdown(day)}


Weeks = dict[int, dict[date, dict[date, list[tuple[datetime, datetime, int, int | None]]]]]


def _planned(ctx: Context, employee_ids: Collection[int], first: date, last: date) -> Weeks:
    """Employee -> Monday -> business date -> shifts, for whole weeks around the range."""
    monday = first - timedelta(days=first.weekday())
    sunday = last + timedelta(days=6 - last.weekday())
    rows = ctx.session.execute(
        sa.select(
            PlannedShift.employee_id,
            PlannedShift.business_date,
            PlannedShift.starts_at,
            PlannedShift.ends_at,
            sa.func.coalesce(ShiftTemplate.break_minutes, 0),
            PlannedShift.template_id,
        )
        .outerjoin(ShiftTemplate, ShiftTemplate.id == PlannedShift.template_id)
        .where(
            PlannedShift.employee_id.in_(employee_ids),
            PlannedShift.business_date.between(monday, sunday),
            PlannedShift.cancelled_at.is_(None),
        )
    )
    found: Weeks = {}
    for id, day, starts_at, ends_at, break_minutes, template_id in rows:
        week = found.setdefault(id, {}).setdefault(day - timedelta(days=day.weekday()), {})
        week.setdefault(day, []).append((starts_at, ends_at, break_minutes, template_id))
    return found


def visible_templates(ctx: Context) -> sa.Select[ShiftTemplate]:
    sites = ctx.sites(Can.READ_DIRECTORY)
    every = sa.select(ShiftTemplate).where(~ShiftTemplate.archived)
    return every if sites is None else every.where(ShiftTemplate.site_id.in_(sites))


def visible_calendars(ctx: Context) -> sa.Select[WorkCalendar]:
    sites = ctx.sites(Can.READ_DIRECTORY)
    every = sa.select(WorkCalendar).where(~WorkCalendar.archived)
    return every if sites is None else every.where(WorkCalendar.site_id.in_(sites))


@requires(Can.READ_DIRECTORY)
def list_calendars(ctx: Context, site_id: int) -> list[WorkCalendar]:
    query = visible_calendars(ctx).where(WorkCalendar.site_id == site_id)
    return list(ctx.session.scalars(query.order_by(WorkCalendar.name, WorkCalendar.id)))


@requires(Can.READ_DIRECTORY)
def list_templates(ctx: Context, site_id: int) -> list[ShiftTemplate]:
    query = visible_templates(ctx).where(ShiftTemplate.site_id == site_id)
    return list(ctx.session.scalars(query.order_by(ShiftTemplate.start_minute, ShiftTemplate.id)))


# --- Actions


@requires(Can.MANAGE_ORGANISATION)
def add_calendar(
    ctx: Context,
    site_id: int,
    code: str,
    name: str,
    *,
    slots: Sequence[Slot] = (),
    flexible_minutes: Sequence[int] = (),
    pattern_id: int | None = None,
    works_holidays: bool = False,
) -> WorkCalendar:
    """Exactly one of fixed slots, free minutes per weekday, or a crew pattern."""
    ctx.need(Can.MANAGE_ORGANISATION, site_id=site_id)
    if sum(map(bool, (slots, flexible_minutes, pattern_id))) != 1:
        raise Invalid(
            say("A calendar has fixed hours, or free hours, or a shift pattern: one of the three."), field="slots"
        )
    if flexible_minutes and (len(flexible_minutes) != 7 or not all(0 <= m <= 1440 for m in flexible_minutes)):
        raise Invalid(say("Free hours are given for seven weekdays, each at most 24 hours."), field="flexible_minutes")
    _refuse_code(ctx, WorkCalendar, site_id, code)
    new = WorkCalendar(
        site_id=site_id,
        code=needed_text(code, say("The code"), "code"),
        name=needed_text(name, say("The name"), "name"),
        flexible_minutes=list(flexible_minutes) or None,
        pattern_id=pattern_id,
        works_holidays=works_holidays,
    )
    ctx.session.add(new)
    ctx.session.flush()
    ctx.session.add_all(
        WorkCalendarSlot(
            calendar_id=new.id, weekday=s.weekday, start_minute=s.start_minute, minutes=s.minutes, half=s.half
        )
        for s in slots
    )
    ctx.session.flush()
    return new


def _refuse_code(
    ctx: Context, table: type[WorkCalendar] | type[ShiftTemplate] | type[ShiftPattern], site_id: int, code: str
) -> None:
    if ctx.session.scalar(sa.select(table.id).where(table.site_id == site_id, table.code == code)):
        raise Conflict(say("The code {code} is taken on this site. Choose another.", code=code), field="code")


@requires(Can.MANAGE_ORGANISATION)
def add_template(
    ctx: Context, site_id: int, code: str, name: str, *, start_minute: int, minutes: int, break_minutes: int = 0
) -> ShiftTemplate:
    ctx.need(Can.MANAGE_ORGANISATION, site_id=site_id)
    if not (0 <= start_minute < 1440 and 0 <= break_minutes < minutes <= 1440):
        raise Invalid(say("A shift starts within the day, lasts at most 24 hours and is longer than its break."))
    _refuse_code(ctx, ShiftTemplate, site_id, code)
    new = ShiftTemplate(
        site_id=site_id,
        code=needed_text(code, say("The code"), "code"),
        name=needed_text(name, say("The name"), "name"),
        start_minute=start_minute,
        minutes=minutes,
        break_minutes=break_minutes,
    )
    ctx.session.add(new)
    ctx.session.flush()
    return new


@requires(Can.MANAGE_ORGANISATION)
def add_pattern(
    ctx: Context,
    site_id: int,
    code: str,
    name: str,
    *,
    anchor: date,
    templates: Sequence[int | None],
    closed_weekdays: Sequence[int] = (),
) -> ShiftPattern:
    """A cycle of shifts by template id; None is a day off."""
    ctx.need(Can.MANAGE_ORGANISATION, site_id=site_id)
    if not 1 <= len(templates) <= 400:
        raise Invalid(say("A pattern has 1 to 400 days."), field="templates")
    _refuse_code(ctx, ShiftPattern, site_id, code)
    new = ShiftPattern(
        site_id=site_id,
        code=needed_text(code, say("The code"), "code"),
        name=needed_text(name, say("The name"), "name"),
        anchor=anchor,
        closed_weekdays=list(closed_weekdays),
    )
    ctx.session.add(new)
    ctx.session.flush()
    ctx.session.add_all(
        ShiftPatternDay(pattern_id=new.id, day_number=number, template_id=template)
        for number, template in enumerate(templates)
    )
    ctx.session.flush()
    return new
