"""Cleaning tasks, and how many people of which work each shift needs because of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

import sqlalchemy as sa

from housekeeping.permissions import Can
from housekeeping.roster_models import CleaningTask, StaffNeed
from plantops.context import Context, requires, within
from plantops.db import bump, get
from plantops.errors import Invalid
from plantops.places import Place

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


# --- Rules


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
        raise Invalid("Say what is to be cleaned.", field="title")
    if not 0 < minutes <= 1440:
        raise Invalid("A task takes more than 0 minutes and at most a day.", field="minutes")
    if not 1 <= times_a_week <= 50:
        raise Invalid("A task is done 1 to 50 times a week.", field="times_a_week")
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
def set_need(
    ctx: Context, site_id: int, department_id: int, weekday: int, template_id: int, work: str, needed: int
) -> StaffNeed:
    """So many people of a work on this shift and weekday; entering it again replaces the number."""
    ctx.need(Can.MANAGE_CLEANING, site_id=site_id)
    if not 0 <= needed <= 500:
        raise Invalid("Between 0 and 500 people can be needed.", field="needed")
    if not 0 <= weekday <= 6:
        raise Invalid("The weekday is 0 (Monday) to 6 (Sunday).", field="weekday")
    same = sa.select(StaffNeed).where(
        StaffNeed.site_id == site_id,
        StaffNeed.weekday == weekday,
        StaffNeed.template_id == template_id,
        StaffNeed.work == work,
    )
    found = ctx.session.scalar(same.with_for_update())
    if found is None:
        found = StaffNeed(
            site_id=site_id, department_id=department_id, weekday=weekday, template_id=template_id, work=work
        )
        found.needed = needed
        ctx.session.add(found)
    elif found.needed != needed:
        found.needed = needed
        bump(found)
    ctx.session.flush()
    return found
