"""Rosters: who works when for two weeks, proposed by the optimiser, published by a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from housekeeping import needs, weeks
from housekeeping.events import RosterPublished
from housekeeping.optimise.labour import LabourRules
from housekeeping.optimise.model import Plan, Problem
from housekeeping.permissions import Can
from housekeeping.roster_models import Roster, RosterCell, RosterHole, RosterState
from personnel import api as personnel
from personnel.events import AbsenceRecorded, LeaveApproved
from plantops import lifecycle, places
from plantops.calendar import at_local, zone
from plantops.context import Context, requires, within
from plantops.db import get, one_at_a_time
from plantops.errors import Conflict, Invalid
from plantops.events import Absent
from plantops.wording import day_and_month, say, weekday_and_day

ORIGIN = "housekeeping.roster"
SHORTEST, LONGEST, USUAL_SECONDS = 1, 600, 20
MOST_DAYS = 62


@dataclass(frozen=True)
class RosterRow:
    """One line of the list of rosters."""

    id: int
    version: int
    first_day: date
    last_day: date
    state: RosterState
    why: str
    penalty: int | None
    gap: Decimal | None
    missing: int


# --- Rules


def why_not_span(first: date, last: date) -> str | None:
    if last < first:
        return say("The last day is before the first.")
    if (last - first).days >= MOST_DAYS:
        return say("A roster spans at most {most_days} days.", most_days=MOST_DAYS)
    return None


def why_not_publish(roster: Roster) -> str | None:
    if roster.state is not RosterState.PROPOSED:
        return say("it is {state}, not proposed", state=roster.state)
    if roster.clashes:
        return say("rules clash in it; see which, and mend them first")
    return None


def holes_of(wanted: Sequence[weeks.Wanted], cells: Sequence[RosterCell]) -> list[RosterHole]:
    """Where fewer people than needed stand in the cells that are covered."""
    there = Counter((cell.day, cell.template_id, cell.work) for cell in cells if not cell.uncovered)
    return [
        RosterHole(
            day=one.day,
            template_id=one.template_id,
            work=one.work,
            needed=one.needed,
            missing=one.needed - there[one.day, one.template_id, one.work],
        )
        for one in wanted
        if there[one.day, one.template_id, one.work] < one.needed
    ]


# --- Questions


def visible(ctx: Context) -> sa.Select[Roster]:
    sites = ctx.sites(Can.READ_ROSTERS)
    every = sa.select(Roster)
    return every if sites is None else every.where(Roster.site_id.in_(sites))


@requires(Can.READ_ROSTERS)
def roster(ctx: Context, id: int) -> Roster:
    """A roster with its cells and holes."""
    whole = visible(ctx).options(selectinload(Roster.cells), selectinload(Roster.holes))
    return get(ctx.session, whole.where(Roster.id == id), what="roster")


@requires(Can.READ_ROSTERS)
def list_rosters(ctx: Context, site_id: int, limit: int = 50) -> list[RosterRow]:
    missing = (
        sa.select(sa.func.coalesce(sa.func.sum(RosterHole.missing), 0))
        .where(RosterHole.roster_id == Roster.id)
        .scalar_subquery()
    )
    query = (
        sa.select(
            Roster.id,
            Roster.version,
            Roster.first_day,
            Roster.last_day,
            Roster.state,
            Roster.why,
            Roster.penalty,
            Roster.gap,
            missing.label("missing"),
        )
        .where(Roster.id.in_(visible(ctx).with_only_columns(Roster.id)), Roster.site_id == site_id)
        .order_by(Roster.first_day.desc(), Roster.id.desc())
        .limit(limit)
    )
    return [RosterRow(**row) for row in ctx.session.execute(query).mappings()]


@within("proposals and boards read the published roster of a day")
def published(ctx: Context, site_id: int, first: date, last: date) -> list[Roster]:
    query = (
        sa.select(Roster)
        .options(selectinload(Roster.cells), selectinload(Roster.holes))
        .where(
            Roster.site_id == site_id,
            Roster.state == RosterState.PUBLISHED,
            Roster.first_day <= last,
            Roster.last_day >= first,
        )
        .order_by(Roster.first_day)
    )
    return list(ctx.session.scalars(query))


@within("the job and the command line ask for the weeks as they stand")
def question(ctx: Context, site_id: int, first: date, last: date, *, least_change: bool = False) -> Problem:
    """Everything that the optimiser needs for these days. With `least_change` only days from today on may move."""
    days = (last - first).days + 1
    wanted = wanted_of(ctx, site_id, first, last)
    workers = _workers(ctx, site_id, first, last)
    ids = [worker.id for worker in workers]
    told = personnel.told(ctx, ids, first - timedelta(days=weeks.HISTORY_DAYS), last, origin=ORIGIN)
    templates = [
        weeks.Template(t.id, t.code, t.start_minute, t.minutes, t.paid_minutes)
        for t in personnel.templates(ctx, site_id)
    ]
    frozen_until = min(max(ctx.today, first), last + timedelta(days=1)) if least_change else None
    if not least_change:
        told = {key: cell for key, cell in told.items() if key[1] < first}
    return weeks.problem(first, days, templates, workers, wanted, told, _rules(ctx, site_id), frozen_until=frozen_until)


@within("rosters and boards need what is wanted day by day")
def wanted_of(ctx: Context, site_id: int, first: date, last: date) -> list[weeks.Wanted]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    every_week = needs.of_site(ctx, site_id)
    return [
        weeks.Wanted(day, need.template_id, need.work, need.needed)
        for day in days
        for need in every_week
        if need.weekday == day.weekday()
    ]


def _workers(ctx: Context, site_id: int, first: date, last: date) -> list[weeks.Worker]:
    """The people of the departments that are needed, the works that they are qualified for, and their days."""
    works: dict[int, set[str]] = {}
    for need in needs.of_site(ctx, site_id):
        works.setdefault(need.department_id, set()).add(need.work)
    own: dict[int, set[str]] = {}
    for department, found in works.items():
        for id, _name in personnel.people_of(ctx, [department], first):
            own.setdefault(id, set()).update(found)
    ids = sorted(own)
    able = {work: personnel.qualified(ctx, ids, work, first, last) for work in set().union(*works.values())}
    hours = personnel.weekly_minutes(ctx, ids, first)
    here = personnel.available(ctx, ids, first, last).days
    return [
        weeks.Worker(
            id,
            frozenset(work for work in own[id] if id in able[work]),
            here.get(id, frozenset()),
            hours.get(id, 0),
        )
        for id in ids
    ]


def _rules(ctx: Context, site_id: int) -> LabourRules:
    """The site's labour rules as the engine reads them."""
    chosen = personnel.rules_of(ctx, site_id)
    return LabourRules(
        chosen.name,
        daily_rest_minutes=chosen.daily_rest_hours * 60 if chosen.daily_rest_hours else None,
        weekly_rest_minutes=(chosen.weekly_rest_hours or 0) * 60 or None,
        average_week_minutes=chosen.mean_week_hours * 60 if chosen.mean_week_hours else None,
        max_consecutive_work=6 if chosen.weekly_rest_hours else None,
    )


# --- Actions


@requires(Can.PLAN_ROSTERS)
def ask(ctx: Context, site_id: int, first: date, last: date, seconds: int = USUAL_SECONDS) -> Roster:
    """Starts a new roster for these days: the worker computes, the proposal appears to be looked at."""
    _need_days(ctx, site_id, first, last, seconds)
    return _start(ctx, site_id, first, last, seconds, "", None)


@requires(Can.PLAN_ROSTERS)
def ask_at_once(ctx: Context, site_id: int, first: date, last: date, seconds: int = USUAL_SECONDS) -> Problem:
    """The weeks as they stand, for who computes them on the spot and brings the answer to `keep_at_once`."""
    _need_days(ctx, site_id, first, last, seconds)
    return question(ctx, site_id, first, last)


@requires(Can.PLAN_ROSTERS)
def keep_at_once(ctx: Context, site_id: int, first: date, last: date, seconds: int, answer: Plan) -> Roster:
    """The answer as a proposal, like one that the worker computed."""
    ctx.need(Can.PLAN_ROSTERS, site_id=site_id)
    return keep(ctx, _computing(ctx, site_id, first, last, seconds, "", None).id, answer)


def _need_days(ctx: Context, site_id: int, first: date, last: date, seconds: int) -> None:
    ctx.need(Can.PLAN_ROSTERS, site_id=site_id)
    if why := why_not_span(first, last):
        raise Invalid(why, field="last_day")
    if not SHORTEST <= seconds <= LONGEST:
        raise Invalid(
            say("The optimiser may think for {shortest} to {longest} seconds.", shortest=SHORTEST, longest=LONGEST),
            field="seconds",
        )
    if not wanted_of(ctx, site_id, first, last):
        raise Conflict(say("Nobody is needed on these days yet. Enter the staff needed first."))


def _start(ctx: Context, site_id: int, first: date, last: date, seconds: int, why: str, base_id: int | None) -> Roster:
    made = _computing(ctx, site_id, first, last, seconds, why, base_id)
    made.job_run_id = ctx.enqueue("housekeeping.propose_roster", roster_id=made.id)
    ctx.session.flush()
    return made


def _computing(
    ctx: Context, site_id: int, first: date, last: date, seconds: int, why: str, base_id: int | None
) -> Roster:
    made = Roster(
        site_id=site_id,
        first_day=first,
        last_day=last,
        state=RosterState.COMPUTING,
        base_id=base_id,
        why=why,
        made_by_id=ctx.on_behalf_of or ctx.user.id,
        made_at=ctx.now,
        seconds_asked=seconds,
        clashes=[],
    )
    ctx.session.add(made)
    ctx.session.flush()
    return made


@within("the job that computes the roster")
def begin(ctx: Context, roster_id: int) -> tuple[Problem, int, int]:
    """The question of a roster that is to be computed, the seconds to think, and the seed."""
    waiting = get(ctx.session, sa.select(Roster).where(Roster.id == roster_id), what="roster", lock=True)
    if waiting.state is not RosterState.COMPUTING:
        raise Conflict(say("This roster is {state} already.", state=waiting.state))
    asked = question(
        ctx, waiting.site_id, waiting.first_day, waiting.last_day, least_change=waiting.base_id is not None
    )
    return asked, waiting.seconds_asked, waiting.id


@within("the job that could not compute the roster")
def fail(ctx: Context, roster_id: int, why: str) -> None:
    failed = get(ctx.session, sa.select(Roster).where(Roster.id == roster_id), what="roster", lock=True)
    failed.note = why
    lifecycle.move(ctx, failed, RosterState.FAILED)


@within("the job that computed the roster")
def keep(ctx: Context, roster_id: int, answer: Plan) -> Roster:
    """Stores the optimiser's answer as a proposal with its holes."""
    whole = sa.select(Roster).options(selectinload(Roster.cells), selectinload(Roster.holes))
    kept = get(ctx.session, whole.where(Roster.id == roster_id), what="roster", lock=True)
    kept.status = answer.outcome.status.value
    kept.penalty = answer.penalty
    kept.bound = None if answer.outcome.bound is None else Decimal(str(round(answer.outcome.bound, 3)))
    kept.gap = None if answer.outcome.gap is None else Decimal(str(round(answer.outcome.gap, 8)))
    kept.seconds = Decimal(str(round(answer.outcome.seconds, 3)))
    kept.clashes = [
        {"person": clash.person, "rules": [str(rule) for rule in clash.rules], "way_out": list(clash.way_out)}
        for clash in answer.clashes
    ]
    for person, line in answer.cells.items():
        for offset, text in enumerate(line):
            if text is not None:
                template_id, work = weeks.read_shift(text)
                day = kept.first_day + timedelta(days=offset)
                kept.cells.append(
                    RosterCell(employee_id=int(person), day=day, template_id=template_id, work=work, uncovered=False)
                )
    kept.holes.extend(holes_of(wanted_of(ctx, kept.site_id, kept.first_day, kept.last_day), kept.cells))
    lifecycle.move(ctx, kept, RosterState.PROPOSED)
    return kept


@requires(Can.PUBLISH_ROSTERS)
def publish(ctx: Context, id: int, version: int, override_reason: str = "") -> Roster:
    """The proposal becomes what people are told; personnel plans the shifts. The roster before it is superseded.

    Refused by personnel, person by person, where somebody is on leave, not qualified or without rest meanwhile.
    """
    whole = visible(ctx).options(selectinload(Roster.cells), selectinload(Roster.holes)).where(Roster.id == id)
    seen = get(ctx.session, whole, what="roster")
    ctx.need(Can.PUBLISH_ROSTERS, site_id=seen.site_id)
    one_at_a_time(ctx.session, "roster", seen.site_id)
    proposal = get(ctx.session, whole, what="roster", version=version, lock=True)
    if why := why_not_publish(proposal):
        raise Conflict(say("Cannot publish this roster: {why}.", why=why))
    for before in published(ctx, proposal.site_id, proposal.first_day, proposal.last_day):
        lifecycle.move(ctx, before, RosterState.SUPERSEDED)
    first, last = max(proposal.first_day, ctx.today), proposal.last_day
    if first <= last:
        templates = {template.id: template for template in personnel.templates(ctx, proposal.site_id)}
        tz = zone(places.site(ctx, proposal.site_id).zone)
        shifts = [_planned(cell, templates[cell.template_id], tz) for cell in proposal.cells if cell.day >= first]
        personnel.plan_shifts(ctx, _origin(proposal.site_id), first, last, shifts, override_reason=override_reason)
    lifecycle.move(ctx, proposal, RosterState.PUBLISHED)
    ctx.emit(RosterPublished(proposal.id, proposal.site_id, proposal.first_day, proposal.last_day))
    return proposal


def _origin(site_id: int) -> str:
    return f"{ORIGIN}:{site_id}"


def _planned(cell: RosterCell, template: personnel.TemplateRow, tz: ZoneInfo) -> personnel.NewShift:
    start = _moment(cell.day, template.start_minute, tz)
    return personnel.NewShift(
        employee_id=cell.employee_id,
        business_date=cell.day,
        starts_at=start,
        ends_at=_moment(cell.day, template.start_minute + template.minutes, tz),
        template_id=cell.template_id,
        work=cell.work,
    )


def _moment(day: date, minute: int, tz: ZoneInfo) -> datetime:
    """A minute of a day at the site as a moment; past 1440 it is the next morning, by the clock on the wall."""
    days, rest = divmod(minute, 1440)
    return at_local(day + timedelta(days=days), time(*divmod(rest, 60)), tz)


@requires(Can.PLAN_ROSTERS)
def reject(ctx: Context, id: int, version: int, reason: str) -> Roster:
    """The proposal is not taken; what was published stays."""
    dropped = get(ctx.session, visible(ctx).where(Roster.id == id), what="roster", version=version, lock=True)
    ctx.need(Can.PLAN_ROSTERS, site_id=dropped.site_id)
    lifecycle.move(ctx, dropped, RosterState.REJECTED, reason)
    return dropped


# --- Somebody will not come


@within("personnel announced a leave; the same transaction marks the holes")
def uncover(ctx: Context, event: LeaveApproved | AbsenceRecorded) -> None:
    """Marks the person's published cells as uncovered and asks for a proposal that changes as little as it can."""
    last = event.last_day or event.first_day + timedelta(days=MOST_DAYS)
    touched = ctx.session.scalars(
        sa.select(Roster)
        .join(RosterCell, RosterCell.roster_id == Roster.id)
        .options(selectinload(Roster.cells), selectinload(Roster.holes))
        .where(
            Roster.state == RosterState.PUBLISHED,
            RosterCell.employee_id == event.employee_id,
            RosterCell.day.between(max(event.first_day, ctx.today), last),
        )
        .order_by(Roster.id)
        .with_for_update(of=Roster)
        .execution_options(populate_existing=True)
    ).unique()
    for roster in touched.all():
        for cell in roster.cells:
            if cell.employee_id == event.employee_id and max(event.first_day, ctx.today) <= cell.day <= last:
                cell.uncovered = True
        roster.holes[:] = []
        ctx.session.flush()
        roster.holes.extend(holes_of(wanted_of(ctx, roster.site_id, roster.first_day, roster.last_day), roster.cells))
        roster.version += 1
        ctx.session.flush()
        why = say(
            "Somebody is away from {first_day} to {last}.",
            first_day=day_and_month(event.first_day),
            last=day_and_month(last),
        )
        _start(ctx.as_system(), roster.site_id, roster.first_day, roster.last_day, USUAL_SECONDS, why, roster.id)


@within("personnel asks before it approves a leave")
def warn_of_absence(ctx: Context, question: Absent) -> list[str]:
    """One sentence for each published shift that would fall under its cover without the person."""
    cells = ctx.session.execute(
        sa.select(RosterCell, Roster.site_id)
        .join(Roster, Roster.id == RosterCell.roster_id)
        .where(
            Roster.state == RosterState.PUBLISHED,
            RosterCell.employee_id == question.employee_id,
            ~RosterCell.uncovered,
            RosterCell.day.between(question.first_day, question.last_day),
        )
        .order_by(RosterCell.day)
    ).all()
    warnings = []
    for cell, site_id in cells:
        there = _covered(ctx, cell)
        for want in wanted_of(ctx, site_id, cell.day, cell.day):
            if (want.template_id, want.work) == (cell.template_id, cell.work) and there - 1 < want.needed:
                warnings.append(
                    say(
                        "{day}: {work} would have {there} of {needed} people on the roster.",
                        day=weekday_and_day(cell.day),
                        work=cell.work,
                        there=there - 1,
                        needed=want.needed,
                    )
                )
    return warnings


def _covered(ctx: Context, cell: RosterCell) -> int:
    """How many people stand in the same shift and work of the same roster."""
    count = sa.select(sa.func.count()).where(
        RosterCell.roster_id == cell.roster_id,
        RosterCell.day == cell.day,
        RosterCell.template_id == cell.template_id,
        RosterCell.work == cell.work,
        ~RosterCell.uncovered,
    )
    return ctx.session.scalar(count) or 0
