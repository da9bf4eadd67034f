"""Which rounds there are: the way through the zones, on which weekdays, and the rounds of each day made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from housekeeping import rounds
from housekeeping.permissions import Can
from housekeeping.round_models import Round, RoundState, RoundStep, RoundTemplate, RoundTick
from plantops import people, places
from plantops.calendar import at_local, zone
from plantops.context import Context, requires, within
from plantops.db import bump, get, one_at_a_time
from plantops.errors import Invalid
from plantops.jobs import Done
from plantops.people import User
from plantops.places import sort_key
from plantops.wording import plural, say

MOST_STEPS = 400
LONGEST_TASK = 200
WORKDAYS = (0, 1, 2, 3, 4)
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class NewRound:
    """A way through zones; the same tasks in each of them."""

    name: str
    site_id: int
    place_ids: tuple[int, ...]
    tasks: tuple[str, ...]
    starts: time
    due: time
    weekdays: tuple[int, ...] = WORKDAYS
    assigned_to_id: int | None = None


@dataclass(frozen=True)
class TemplateRow:
    id: int
    version: int
    name: str
    weekdays: str
    starts_minute: int
    due_minute: int
    assigned_to: str | None
    zones: int
    steps: int


# --- Rules


def why_not_planned(new: NewRound) -> dict[str, str]:
    """Every field that cannot be, with its sentence."""
    wrong: dict[str, str] = {}
    tasks = [task.strip() for task in new.tasks if task.strip()]
    if not new.name.strip():
        wrong["name"] = say("Give the round a name.")
    if not new.place_ids:
        wrong["place_ids"] = say("Choose at least one zone.")
    elif len(set(new.place_ids)) < len(new.place_ids):
        wrong["place_ids"] = say("A zone stands on the round twice. Take one of them out.")
    if not tasks:
        wrong["tasks"] = say("Say what is done in each zone: one task a line.")
    elif any(len(task) > LONGEST_TASK for task in tasks):
        wrong["tasks"] = say("Keep each task under {longest_task} characters.", longest_task=LONGEST_TASK)
    elif len(tasks) * len(new.place_ids) > MOST_STEPS:
        wrong["tasks"] = say("A round has at most {most_steps} steps. Make two rounds of it.", most_steps=MOST_STEPS)
    if not new.weekdays or not set(new.weekdays) <= set(range(7)):
        wrong["weekdays"] = say("Choose at least one day of the week.")
    return wrong


def minutes_of(starts: time, due: time) -> tuple[int, int]:
    """Minutes after midnight; what is due before it starts is due on the next day."""
    first, last = (one.hour * 60 + one.minute for one in (starts, due))
    return first, last if last > first else last + 1440


# --- Questions


def visible(ctx: Context) -> sa.Select[RoundTemplate]:
    sites = ctx.sites(Can.READ_CLEANING)
    every = sa.select(RoundTemplate).where(~RoundTemplate.archived)
    return every if sites is None else every.where(RoundTemplate.site_id.in_(sites))


@requires(Can.READ_CLEANING)
def list_templates(ctx: Context, site_id: int | None = None) -> list[TemplateRow]:
    zones = sa.func.count(RoundStep.place_id.distinct())
    query = (
        sa.select(
            RoundTemplate.id,
            RoundTemplate.version,
            RoundTemplate.name,
            RoundTemplate.weekdays,
            RoundTemplate.starts_minute,
            RoundTemplate.due_minute,
            User.name.label("assigned_to"),
            zones.label("zones"),
            sa.func.count(RoundStep.id).label("steps"),
        )
        .join(RoundStep, RoundStep.template_id == RoundTemplate.id)
        .outerjoin(User, User.id == RoundTemplate.assigned_to_id)
        .where(RoundTemplate.id.in_(visible(ctx).with_only_columns(RoundTemplate.id)))
        .group_by(RoundTemplate.id, User.name)
        .order_by(RoundTemplate.starts_minute, RoundTemplate.sort_key)
    )
    if site_id is not None:
        query = query.where(RoundTemplate.site_id == site_id)
    return [TemplateRow(**row) for row in ctx.session.execute(query).mappings()]


# --- Actions


@requires(Can.MANAGE_CLEANING)
def add_template(ctx: Context, new: NewRound) -> RoundTemplate:
    ctx.need(Can.MANAGE_CLEANING, site_id=new.site_id)
    if wrong := why_not_planned(new):
        raise Invalid(say("This round cannot be planned yet: see the fields."), fields=wrong)
    rounds.zones_of(ctx, new.site_id, new.place_ids)
    if new.assigned_to_id is not None:
        able = {who for who, _name in people.who_may(ctx, Can.DO_ROUNDS, new.site_id)}
        if new.assigned_to_id not in able:
            raise Invalid(say("This person does no rounds at this site. Choose another."), field="assigned_to_id")
    one_at_a_time(ctx.session, "round templates", new.site_id)
    key = sort_key(new.name)
    same = sa.select(RoundTemplate.id).where(RoundTemplate.site_id == new.site_id, RoundTemplate.sort_key == key)
    if ctx.session.scalar(same):
        raise Invalid(say("There is a round of this name at this site. Choose another name."), field="name")
    starts, due = minutes_of(new.starts, new.due)
    tasks = [task.strip() for task in new.tasks if task.strip()]
    way = [(place_id, task) for place_id in new.place_ids for task in tasks]
    made = RoundTemplate(
        site_id=new.site_id,
        name=new.name.strip(),
        sort_key=key,
        weekdays="".join(str(day) for day in sorted(set(new.weekdays))),
        starts_minute=starts,
        due_minute=due,
        assigned_to_id=new.assigned_to_id,
        steps=[RoundStep(position=n, place_id=place_id, task=task) for n, (place_id, task) in enumerate(way, start=1)],
    )
    ctx.session.add(made)
    ctx.session.flush()
    return made


@requires(Can.MANAGE_CLEANING)
def end_template(ctx: Context, id: int, version: int) -> RoundTemplate:
    """No further rounds are planned of it; those that were stay."""
    ended = get(ctx.session, visible(ctx).where(RoundTemplate.id == id), what="round plan", version=version, lock=True)
    ctx.need(Can.MANAGE_CLEANING, site_id=ended.site_id)
    ended.archived = True
    ended.sort_key = f"{ended.sort_key} {ended.id}"
    bump(ended)
    ctx.session.flush()
    return ended


@requires(Can.MANAGE_CLEANING)
def plan_day(ctx: Context, site_id: int, day: date) -> list[Round]:
    """The rounds of a day, as the plans say; those that are planned already are left as they are."""
    ctx.need(Can.MANAGE_CLEANING, site_id=site_id)
    one_at_a_time(ctx.session, "rounds of a day", site_id)
    there = sa.select(Round.template_id).where(Round.site_id == site_id, Round.day == day)
    found = ctx.session.scalars(
        sa.select(RoundTemplate)
        .options(selectinload(RoundTemplate.steps))
        .where(RoundTemplate.site_id == site_id, ~RoundTemplate.archived, RoundTemplate.id.not_in(there))
        .where(RoundTemplate.weekdays.contains(str(day.weekday())))
        .order_by(RoundTemplate.starts_minute, RoundTemplate.id)
    ).all()
    wall = places.site(ctx, site_id).zone
    made = [_round_of(one, day, wall) for one in found]
    ctx.session.add_all(made)
    ctx.session.flush()
    return made


def _round_of(template: RoundTemplate, day: date, zone_name: str) -> Round:
    starts = moment(day, template.starts_minute, zone_name)
    due = moment(day, template.due_minute, zone_name)
    return Round(
        site_id=template.site_id,
        template_id=template.id,
        name=template.name,
        day=day,
        starts_at=starts,
        due_at=max(due, starts + A_MINUTE),  # in spring, 02:30 comes after 03:00
        assigned_to_id=template.assigned_to_id,
        state=RoundState.PLANNED,
        ticks=[RoundTick(position=step.position, place_id=step.place_id, task=step.task) for step in template.steps],
    )


def moment(day: date, minutes: int, zone_name: str) -> datetime:
    """A minute of the plant's day, by the clock on the wall; past 1440 it is the next day."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return at_local(wall.date(), wall.time(), zone(zone_name))


@within("the schedule of each night")
def plan_today(ctx: Context) -> Done:
    """A job for each site that has plans or open rounds: what goes wrong at one leaves the others their rounds."""
    planned = sa.select(RoundTemplate.site_id).where(~RoundTemplate.archived)
    running = sa.select(Round.site_id).where(Round.state.in_(rounds.OPEN))
    sites: Sequence[int] = ctx.session.scalars(planned.union(running).order_by("site_id")).all()
    for site_id in sites:
        ctx.enqueue("housekeeping.plan_rounds_at", site_id=site_id, lock=f"housekeeping.rounds:{site_id}")
    return Done(plural("Planned for {n} site.", "Planned for {n} sites.", len(sites)), "/housekeeping/rounds")


@within("the schedule of each night, site by site")
def plan_today_at(ctx: Context, site_id: int) -> Done:
    """Today's rounds of a site; those that nobody has finished two days after they were due are closed."""
    rounds.close_missed(ctx, site_id)
    made = len(plan_day(ctx, site_id, ctx.today))
    return Done(
        plural("{n} round is planned for today.", "{n} rounds are planned for today.", made), "/housekeeping/rounds"
    )
