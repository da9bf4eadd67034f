"""Cleaning tasks, and how many people of which work each shift needs because of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

import sqlalchemy as sa

from housekeeping.permissions import Can
from housekeeping.roster_models import CleaningTask, StaffNeed
from personnel import api as personnel
from plantops.context import Context, requires, within
from plantops.db import bump, get, one_at_a_time
from plantops.errors import Invalid, Stale
from plantops.places import Place
from plantops.wording import say

MINUTES_OF_A_CLEANER = Decimal(420)  # a shift of eight hours less break, walking and set-up


@dataclass(frozen=True)
class TaskRow:
    id: int
    version: int
    place: str
    title: str
    minutes: Decimal
    times_a_week: int


@dataclass(frozen=True)
class NeedRow:
    """A line of the table of staff needed."""

    id: int
    version: int
    weekday: int
    template_id: int
    work: str
    needed: int


@dataclass(frozen=True)
class Wanted:
    """So many people of a work on this shift, on each of these weekdays (0 is Monday)."""

    department_id: int
    weekdays: Sequence[int]
    template_id: int
    work: str
    needed: int


# --- Rules


def wrong_need(wanted: Wanted) -> dict[str, str]:
    """Every field that cannot be, with its sentence."""
    wrong: dict[str, str] = {}
    if not 0 <= wanted.needed <= 500:
        wrong["needed"] = say("Between 0 and 500 people can be needed.")
    if not wanted.weekdays or not all(0 <= weekday <= 6 for weekday in wanted.weekdays):
        wrong["weekday"] = say("The weekday is 0 (Monday) to 6 (Sunday).")
    return wrong


def people_for(minutes_a_week: Decimal, days: int = 7, minutes_each: Decimal = MINUTES_OF_A_CLEANER) -> int:
    """People needed on each of `days` days to do so many minutes of cleaning a week, rounded up."""
    if minutes_a_week <= 0:
        return 0
    return int((minutes_a_week / days / minutes_each).to_integral_value(ROUND_CEILING))


# --- Questions


def visible(ctx: Context) -> sa.Select[CleaningTask]:
    sites = ctx.sites(Can.READ_CLEANING)
    every = sa.select(CleaningTask).where(~CleaningTask.archived)
    return every if sites is None else every.where(CleaningTask.site_id.in_(sites))


@requires(Can.READ_CLEANING)
def list_tasks(ctx: Context, site_id: int, limit: int = 500) -> list[TaskRow]:
    query = (
        sa.select(
            CleaningTask.id,
            CleaningTask.version,
            Place.name.label("place"),
            CleaningTask.title,
            CleaningTask.minutes,
            CleaningTask.times_a_week,
        )
        .join(Place, Place.id == CleaningTask.place_id)
        .where(CleaningTask.id.in_(visible(ctx).with_only_columns(CleaningTask.id)), CleaningTask.site_id == site_id)
        .order_by(Place.sort_key, CleaningTask.title, CleaningTask.id)
        .limit(limit)
    )
    return [TaskRow(**row) for row in ctx.session.execute(query).mappings()]


@requires(Can.READ_ROSTERS)
def list_needs(ctx: Context, site_id: int) -> list[NeedRow]:
    """The week's staff needed, if the person reads rosters of the site."""
    sites = ctx.sites(Can.READ_ROSTERS)
    if sites is not None and site_id not in sites:
        return []
    found = ctx.session.scalars(
        sa.select(StaffNeed)
        .where(StaffNeed.site_id == site_id)
        .order_by(StaffNeed.work, StaffNeed.template_id, StaffNeed.weekday)
    )
    return [NeedRow(n.id, n.version, n.weekday, n.template_id, n.work, n.needed) for n in found]


@requires(Can.READ_ROSTERS, Can.MANAGE_CLEANING)
def table_version(ctx: Context, site_id: int) -> int:
    """The site's table changes as a whole: lines never go, and each change makes one newer. 0: nothing entered yet."""
    versions = sa.select(sa.func.sum(StaffNeed.version)).where(StaffNeed.site_id == site_id)
    return int(ctx.session.scalar(versions) or 0)


@within("rosters are made for what is needed")
def of_site(ctx: Context, site_id: int) -> Sequence[StaffNeed]:
    return ctx.session.scalars(
        sa.select(StaffNeed).where(StaffNeed.site_id == site_id, StaffNeed.needed > 0).order_by(StaffNeed.id)
    ).all()


# --- Actions


@requires(Can.MANAGE_CLEANING)
def add_task(
    ctx: Context, place_id: int, title: str, minutes: Decimal, times_a_week: int, template_id: int
) -> CleaningTask:
    place = get(ctx.session, sa.select(Place).where(Place.id == place_id), what="place")
    ctx.need(Can.MANAGE_CLEANING, site_id=place.site_id)
    if not title.strip():
        raise Invalid(say("Say what is to be cleaned."), field="title")
    if not 0 < minutes <= 1440:
        raise Invalid(say("A task takes more than 0 minutes and at most a day."), field="minutes")
    if not 1 <= times_a_week <= 50:
        raise Invalid(say("A task is done 1 to 50 times a week."), field="times_a_week")
    made = CleaningTask(
        site_id=place.site_id,
        place_id=place_id,
        title=title.strip(),
        minutes=minutes,
        times_a_week=times_a_week,
        template_id=template_id,
    )
    ctx.session.add(made)
    ctx.session.flush()
    return made


@requires(Can.MANAGE_CLEANING)
def set_need(ctx: Context, site_id: int, version: int, wanted: Wanted) -> int:
    """Enters it in the site's table as it was seen, in place of what stood there; the table's new version."""
    ctx.need(Can.MANAGE_CLEANING, site_id=site_id)
    if wrong := wrong_need(wanted):
        raise Invalid(say("Some of what was entered cannot be."), fields=wrong)
    if wanted.template_id not in {shift.id for shift in personnel.templates(ctx, site_id)}:
        raise Invalid(say("This shift is not worked at this site. Choose another."), field="template_id")
    one_at_a_time(ctx.session, "staff needed", site_id)
    if (current := table_version(ctx, site_id)) != version:
        raise Stale(
            say("Somebody else changed what is needed here meanwhile. Load it again, then repeat your change."),
            details={"current_version": current, "your_version": version},
        )
    for weekday in wanted.weekdays:
        _enter(ctx, site_id, weekday, wanted)
    return table_version(ctx, site_id)


def _enter(ctx: Context, site_id: int, weekday: int, wanted: Wanted) -> None:
    same = sa.select(StaffNeed).where(
        StaffNeed.site_id == site_id,
        StaffNeed.weekday == weekday,
        StaffNeed.template_id == wanted.template_id,
        StaffNeed.work == wanted.work,
    )
    found = ctx.session.scalar(same.with_for_update().execution_options(populate_existing=True))
    if found is None:
        found = StaffNeed(
            site_id=site_id,
            department_id=wanted.department_id,
            weekday=weekday,
            template_id=wanted.template_id,
            work=wanted.work,
            needed=wanted.needed,
        )
        ctx.session.add(found)
    elif found.needed != wanted.needed:
        found.needed = wanted.needed
        bump(found)
    ctx.session.flush()
