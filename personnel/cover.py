"""Cover: how many people a shift needs at least, how many are there, and what is missing when one goes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from personnel import certificates, employees, shifts, work_calendars
from personnel.calendars import instant
from personnel.certificates import Held, covers
from personnel.models import Department
from personnel.permissions import Can
from personnel.time_models import CoverRule, ShiftDemand, ShiftTemplate
from personnel.work_calendars import Duty
from plantops.bulk import insert_many
from plantops.calendar import days as each_day
from plantops.context import Context, requires, within
from plantops.errors import Conflict, Invalid
from plantops.events import Absent
from plantops.wording import say, weekday_and_day

MOST_DAYS = 366


@dataclass(frozen=True)
class Need:
    """At least `needed` people of a department on a shift (None: on any), each with a certificate if named."""

    id: int
    department_id: int
    department: str
    template_id: int | None
    shift: str
    certificate_type_id: int | None
    needed: int


@dataclass(frozen=True)
class Crew:
    """A need on one day: who is due, who of them can come, and who lacks the certificate."""

    need: Need
    day: date
    due: tuple[int, ...]
    here: tuple[int, ...]
    unqualified: tuple[int, ...]

    @property
    def missing(self) -> int:
        return max(0, self.need.needed - len(self.here))


@dataclass(frozen=True)
class NewDemand:
    """So many people of a department are needed from one moment to another."""

    department_id: int
    business_date: date
    starts_at: datetime
    ends_at: datetime
    needed: int
    certificate_type_id: int | None = None


# --- Rules


def crew_of(
    need: Need,
    day: date,
    duties: Mapping[int, Mapping[date, Duty]],
    days_available: Mapping[int, frozenset[date]],
    held: Mapping[int, Sequence[Held]],
) -> Crew:
    """Who stands for a need on a day. Nobody due at all means that the shift does not run on that day."""
    due = tuple(
        id
        for id, own in duties.items()
        if own[day].expected.minutes() > 0 and (need.template_id is None or own[day].template_id == need.template_id)
    )
    able = [id for id in due if day in days_available.get(id, frozenset())]
    qualified = [id for id in able if _qualified(need, held.get(id, ()), day)]
    unqualified = tuple(id for id in able if id not in qualified)
    return Crew(need, day, due, tuple(qualified), unqualified)


def _qualified(need: Need, held: Sequence[Held], day: date) -> bool:
    if need.certificate_type_id is None:
        return True
    return any(h.type_id == need.certificate_type_id and covers(h, day, day) for h in held)


def hole_without(crew: Crew, employee_id: int) -> str | None:
    """What is missing when this person does not come; None when enough others do."""
    if employee_id not in crew.here:
        return None
    left = len(crew.here) - 1
    if left >= crew.need.needed:
        return None
    shift = f", {crew.need.shift}" if crew.need.shift else ""
    return say(
        "{day}{shift} in {department}: {left} of {needed}",
        day=weekday_and_day(crew.day),
        shift=shift,
        department=crew.need.department,
        left=left,
        needed=crew.need.needed,
    )


def why_not_publish(first: date, last: date) -> str | None:
    """Why the needs of these days cannot become demand; None when they can."""
    if last < first:
        return say("the last day is before the first")
    if (last - first).days >= MOST_DAYS:
        return say(
            "it is longer than {most_days} days, and needs change; publish the later days later", most_days=MOST_DAYS
        )
    return None


# --- Questions


def visible(ctx: Context) -> sa.Select[CoverRule]:
    sites = ctx.sites(Can.READ_DIRECTORY)
    every = sa.select(CoverRule)
    return every if sites is None else every.where(CoverRule.site_id.in_(sites))


@within("warnings, the Today page and reports read the needs of a site")
def needs(ctx: Context, site_id: int, department_ids: Collection[int] | None = None) -> list[Need]:
    query = (
        sa.select(
            CoverRule.id,
            CoverRule.department_id,
            Department.name,
            CoverRule.template_id,
            sa.func.coalesce(ShiftTemplate.name, ""),
            CoverRule.certificate_type_id,
            CoverRule.needed,
        )
        .join(Department, Department.id == CoverRule.department_id)
        .outerjoin(ShiftTemplate, ShiftTemplate.id == CoverRule.template_id)
        .where(CoverRule.site_id == site_id)
        .order_by(Department.sort_key, ShiftTemplate.start_minute, CoverRule.id)
    )
    if department_ids is not None:
        query = query.where(CoverRule.department_id.in_(department_ids))
    return [Need(*row) for row in ctx.session.execute(query)]


@within("warnings, the Today page and reports read the crews of a site")
def crews(
    ctx: Context, site_id: int, first: date, last: date, department_ids: Collection[int] | None = None
) -> list[Crew]:
    """Every need of every day on which its shift runs."""
    found: list[Crew] = []
    by_department: dict[int, list[Need]] = {}
    for need in needs(ctx, site_id, department_ids):
        by_department.setdefault(need.department_id, []).append(need)
    for department_id, own in by_department.items():
        ids = [id for id, _ in shifts.people_of(ctx, [department_id], first)]
        duties = work_calendars.duties(ctx, ids, first, last)
        roll = shifts.available(ctx, ids, first, last)
        types = {need.certificate_type_id for need in own if need.certificate_type_id is not None}
        held = certificates.held_by(ctx, ids, types) if types else {}
        for day in each_day(first, last):
            standing = (crew_of(need, day, duties, roll.days, held) for need in own)
            found += [crew for crew in standing if crew.due]
    return found


@within("answers the core's question; it counts people and names nobody")
def warn(ctx: Context, question: Absent) -> list[str]:
    """Which shifts of the person's department would fall under their minimum."""
    person = employees.of_id(ctx, question.employee_id)
    departments = employees.departments_of(ctx, person.id, question.first_day, question.last_day)
    standing = crews(ctx, person.site_id, question.first_day, question.last_day, departments)
    holes = (hole_without(crew, person.id) for crew in standing)
    return [hole for hole in holes if hole]


# --- Actions


@requires(Can.MANAGE_ORGANISATION)
def add_need(
    ctx: Context,
    site_id: int,
    department_id: int,
    needed: int,
    *,
    template_id: int | None = None,
    certificate_type_id: int | None = None,
) -> CoverRule:
    ctx.need(Can.MANAGE_ORGANISATION, site_id=site_id)
    if not 1 <= needed <= 10_000:
        raise Invalid(say("A shift needs between 1 and 10,000 people."), field="needed")
    taken = visible(ctx).where(
        CoverRule.department_id == department_id,
        CoverRule.template_id.is_not_distinct_from(template_id),
        CoverRule.certificate_type_id.is_not_distinct_from(certificate_type_id),
    )
    if ctx.session.scalar(taken):
        raise Conflict(say("This need is recorded already. Change it instead."), field="needed")
    new = CoverRule(
        site_id=site_id,
        department_id=department_id,
        template_id=template_id,
        certificate_type_id=certificate_type_id,
        needed=needed,
    )
    ctx.session.add(new)
    ctx.session.flush()
    return new


@requires(Can.PLAN_SHIFTS)
def plan_demand(ctx: Context, origin: str, site_id: int, first: date, last: date, demands: Sequence[NewDemand]) -> int:
    """What is needed in a range, said by who plans there: it replaces what this origin said before.

    Cover is measured against it, so days that are over are never replaced.
    """
    ctx.need(Can.PLAN_SHIFTS, site_id=site_id)
    if outside := [demand for demand in demands if not first <= demand.business_date <= last]:
        raise Invalid(
            say("The demand of {business_date} lies outside the plan.", business_date=outside[0].business_date),
            field="business_date",
        )
    if wrong := [demand for demand in demands if demand.needed < 1 or demand.ends_at <= demand.starts_at]:
        raise Invalid(
            say(
                "The demand of {business_date} needs people and an end after its start.",
                business_date=wrong[0].business_date,
            )
        )
    ctx.session.execute(
        sa.update(ShiftDemand)
        .where(
            ShiftDemand.origin == origin,
            ShiftDemand.business_date.between(max(first, ctx.today), last),
            ShiftDemand.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=ctx.now)
    )
    known = set(
        ctx.session.execute(
            sa.select(ShiftDemand.department_id, ShiftDemand.starts_at, ShiftDemand.certificate_type_id).where(
                ShiftDemand.origin == origin,
                ShiftDemand.business_date.between(first, last),
                ShiftDemand.withdrawn_at.is_(None),
            )
        )
    )
    rows = [
        {**vars(demand), "site_id": site_id, "origin": origin}
        for demand in demands
        if (demand.department_id, demand.starts_at, demand.certificate_type_id) not in known
    ]
    return len(insert_many(ctx, ShiftDemand, rows))


@requires(Can.PLAN_SHIFTS)
def publish_needs(ctx: Context, site_id: int, first: date, last: date) -> int:
    """The standing needs of crews become demand, on each day on which their shift runs."""
    if why := why_not_publish(first, last):
        raise Invalid(say("These days cannot be published: {why}.", why=why), field="last")
    zone = ZoneInfo(work_calendars.plant_calendar(ctx, site_id).zone_name)
    templates = {one.id: one for one in work_calendars.list_templates(ctx, site_id)}
    demands = []
    for crew in crews(ctx, site_id, first, last):
        template = templates.get(crew.need.template_id or 0)
        if template is None:
            continue
        start, end = template.start_minute, template.start_minute + template.minutes
        demands.append(
            NewDemand(
                crew.need.department_id,
                crew.day,
                instant(crew.day, start, zone),
                instant(crew.day, end, zone),
                crew.need.needed,
                crew.need.certificate_type_id,
            )
        )
    return plan_demand(ctx, "personnel.needs", site_id, first, last, demands)
