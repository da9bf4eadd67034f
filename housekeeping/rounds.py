"""Rounds: somebody goes through the zones, ticks off what is done, and tells what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from housekeeping import requests
from housekeeping.permissions import Can
from housekeeping.requests import NewRequest
from housekeeping.round_models import Hindrance, Outcome, Round, RoundState, RoundTick
from plantops import lifecycle, people, places, really
from plantops.context import Context, requires, within
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid
from plantops.people import User
from plantops.places import Place
from plantops.wording import day_and_month, say

OPEN = (RoundState.PLANNED, RoundState.IN_PROGRESS)
BEFORE_START = timedelta(hours=6)  # who is early may begin
GIVEN_UP = timedelta(days=2)
LONGEST_NOTE = 1000


@dataclass(frozen=True)
class Ticked:
    """What somebody says of some steps of a round. `done_at`: when, where the phone had no network."""

    tick_ids: tuple[int, ...]
    outcome: Outcome = Outcome.DONE
    hindrance: Hindrance | None = None
    note: str = ""
    done_at: datetime | None = None


@dataclass(frozen=True)
class RoundRow:
    """A round on the phone's list."""

    id: int
    name: str
    day: date
    starts_at: datetime
    due_at: datetime
    state: RoundState
    assigned_to: str | None
    steps: int
    ticked: int
    late: bool


@dataclass(frozen=True)
class TickLine:
    id: int
    task: str
    outcome: Outcome | None
    hindrance: Hindrance | None
    note: str
    done_at: datetime | None
    done_by: str | None
    request_id: int | None


@dataclass(frozen=True)
class Zone:
    """One stop of a round: a zone and its tasks."""

    place_id: int
    name: str
    ticks: tuple[TickLine, ...]

    @property
    def left(self) -> tuple[TickLine, ...]:
        return tuple(tick for tick in self.ticks if tick.outcome is None)

    @property
    def choices(self) -> list[tuple[int, str]]:
        """What is left, for choosing one task."""
        return [(tick.id, tick.task) for tick in self.left]


@dataclass(frozen=True)
class RoundSheet:
    round: Round
    assigned_to: str | None
    zones: tuple[Zone, ...]

    @property
    def next_id(self) -> int | None:
        """The place of the zone that comes next."""
        return next((zone.place_id for zone in self.zones if zone.left), None)

    @property
    def steps(self) -> int:
        return sum(len(zone.ticks) for zone in self.zones)

    @property
    def ticked(self) -> int:
        return sum(len(zone.ticks) - len(zone.left) for zone in self.zones)


# --- Rules


def why_not_do(round: Round, user_id: int) -> str | None:
    """Why this person cannot tick off anything of this round."""
    if round.state is RoundState.MISSED:
        return say("it was closed as missed; tell your crew lead what you did")
    if round.assigned_to_id not in (None, user_id):
        return say("it is given to somebody else; ask your crew lead to share it out anew")
    return None


def why_not_ticked(said: Ticked) -> dict[str, str]:
    """Every field that cannot be, with its sentence."""
    wrong: dict[str, str] = {}
    if not said.tick_ids:
        wrong["tick_ids"] = say("Choose at least one task.")
    if (said.outcome is Outcome.NOT_POSSIBLE) != (said.hindrance is not None):
        wrong["hindrance"] = say("Say why it was not possible, and only then.")
    if said.outcome is Outcome.FINDING and not said.note.strip():
        wrong["note"] = say("Say in a few words what you found.")
    if said.outcome is Outcome.FINDING and len(said.tick_ids) > 1:
        wrong["tick_ids"] = say("Choose the one task at which you found it.")
    if len(said.note) > LONGEST_NOTE:
        wrong["note"] = say("Keep it under {longest_note:,} characters.", longest_note=LONGEST_NOTE)
    return wrong


def is_late(round: Round, now: datetime) -> bool:
    return round.state in OPEN and round.due_at < now


# --- Questions


def visible(ctx: Context) -> sa.Select[Round]:
    """Rounds of the sites where the person reads cleaning."""
    sites = ctx.sites(Can.READ_CLEANING)
    every = sa.select(Round)
    return every if sites is None else every.where(Round.site_id.in_(sites))


@requires(Can.READ_CLEANING)
def list_rounds(ctx: Context, *, mine: bool = False, limit: int = 60) -> list[RoundRow]:
    """Today's rounds and the open ones of the days before, the next due first; `mine`: those that I may do.

    When there are more than `limit`, it is older ones that are left out.
    """
    steps = sa.select(sa.func.count()).where(RoundTick.round_id == Round.id)
    query = (
        sa.select(
            Round,
            User.name,
            steps.scalar_subquery(),
            steps.where(RoundTick.outcome.is_not(None)).scalar_subquery(),
        )
        .outerjoin(User, User.id == Round.assigned_to_id)
        .where(Round.id.in_(visible(ctx).with_only_columns(Round.id)))
        .where(sa.or_(Round.day == ctx.today, sa.and_(Round.day < ctx.today, Round.state.in_(OPEN))))
        .order_by((Round.day == ctx.today).desc(), Round.state.in_(OPEN).desc(), Round.due_at, Round.id)
        .limit(limit)
    )
    if mine:
        query = query.where(sa.or_(Round.assigned_to_id.is_(None), Round.assigned_to_id == ctx.user.id))
    rows = [
        RoundRow(r.id, r.name, r.day, r.starts_at, r.due_at, r.state, name, total, ticked, is_late(r, ctx.now))
        for r, name, total, ticked in ctx.session.execute(query)
    ]
    return sorted(rows, key=lambda row: (row.state not in OPEN, row.due_at, row.id))


@requires(Can.READ_CLEANING)
def sheet(ctx: Context, id: int) -> RoundSheet:
    """A round with its zones in the order of the way, and who ticked off what."""
    found = get(ctx.session, visible(ctx).where(Round.id == id), what="round")
    rows = ctx.session.execute(
        sa.select(RoundTick, Place.name, User.name)
        .join(Place, Place.id == RoundTick.place_id)
        .outerjoin(User, User.id == RoundTick.done_by_id)
        .where(RoundTick.round_id == id)
        .order_by(RoundTick.position)
    )
    zones: list[tuple[int, str, list[TickLine]]] = []
    for t, place, by in rows:
        if not zones or zones[-1][0] != t.place_id:
            zones.append((t.place_id, place, []))
        zones[-1][2].append(TickLine(t.id, t.task, t.outcome, t.hindrance, t.note, t.done_at, by, t.request_id))
    whom = people.name_of(ctx, found.assigned_to_id) if found.assigned_to_id else None
    return RoundSheet(found, whom, tuple(Zone(id, name, tuple(ticks)) for id, name, ticks in zones))


@requires(Can.READ_CLEANING)
def whole(ctx: Context, id: int) -> Round:
    """A round with its ticks."""
    return get(ctx.session, visible(ctx).where(Round.id == id).options(selectinload(Round.ticks)), what="round")


@requires(Can.SHARE_ROUNDS)
def crew(ctx: Context, site_id: int) -> list[tuple[int, str]]:
    """(id, name) of who may be given a round at a site."""
    ctx.need(Can.SHARE_ROUNDS, site_id=site_id)
    return people.who_may(ctx, Can.DO_ROUNDS, site_id)


# --- Actions


def _locked(ctx: Context, id: int, version: int | None = None) -> Round:
    whole = visible(ctx).where(Round.id == id).options(selectinload(Round.ticks))
    return get(ctx.session, whole, what="round", version=version, lock=True)


@requires(Can.DO_ROUNDS)
def tick(ctx: Context, id: int, said: Ticked, photo: tuple[str, bytes] | None = None) -> Round:
    """Ticks off steps: done, not possible, or a finding that goes to the desk. What was said before stays said.

    It takes no version: who ticks without network saw an older state, and each step is ticked for itself. The same
    again changes nothing; something else about a ticked step is a Conflict that says who was first.
    """
    if wrong := why_not_ticked(said):
        raise Invalid(say("This cannot be ticked off yet: see the fields."), fields=wrong)
    going = _locked(ctx, id)
    ctx.need(Can.DO_ROUNDS, site_id=going.site_id)
    if why := why_not_do(going, ctx.user.id):
        raise Conflict(say("Nothing of {name} can be ticked off: {why}.", name=going.name, why=why))
    at = really.when(said.done_at, ctx.now, going.starts_at - BEFORE_START)
    wanted = [one for one in going.ticks if one.id in said.tick_ids]
    if len(wanted) < len(set(said.tick_ids)):
        raise Invalid(say("One of these tasks is not on this round. Load the round again."), field="tick_ids")
    fresh = [one for one in wanted if _is_new(ctx, one, said)]
    for one in fresh:
        _note(ctx, going, one, said, at, photo)
    if fresh:
        _move_on(ctx, going, at)
    return going


def _is_new(ctx: Context, one: RoundTick, said: Ticked) -> bool:
    """Not ticked off yet. Raises Conflict when somebody said something else of it."""
    if one.outcome is None:
        return True
    if one.outcome is said.outcome and one.hindrance is said.hindrance:
        return False
    who = people.name_of(ctx, one.done_by_id) if one.done_by_id else ""
    when = one.done_at.astimezone(ctx.zone) if one.done_at else ctx.now
    raise Conflict(
        say(
            "“{task}” was noted before as {spoken}, by {who} at {clock} on {day}. "
            "That stays; tell your crew lead if it is wrong.",
            task=one.task,
            spoken=lifecycle.spoken(one.outcome),
            who=who,
            clock=f"{when:%H:%M}",
            day=day_and_month(when),
        )
    )


def _note(
    ctx: Context, going: Round, one: RoundTick, said: Ticked, at: datetime, photo: tuple[str, bytes] | None
) -> None:
    if said.outcome is Outcome.FINDING:
        place = places.place(ctx, one.place_id)
        told = NewRequest("Cleaning", f"{said.note.strip()}\n{going.name}: {one.task}", place.id)
        one.request_id = requests.report(ctx, going.site_id, told, photo).id
    one.outcome, one.hindrance, one.note = said.outcome, said.hindrance, said.note.strip()
    one.done_at, one.noted_at, one.done_by_id = at, ctx.now, ctx.user.id


def _move_on(ctx: Context, going: Round, at: datetime) -> None:
    """Begun with the first tick, done with the last; its times are those at which it was really done."""
    if going.state is RoundState.PLANNED:
        lifecycle.move(ctx, going, RoundState.IN_PROGRESS)
    else:
        bump(going)
    going.started_at = min(going.started_at or at, at)
    if all(one.outcome is not None for one in going.ticks):
        lifecycle.move(ctx, going, RoundState.DONE)
        going.done_at = max(one.done_at for one in going.ticks if one.done_at is not None)
    ctx.session.flush()


@requires(Can.SHARE_ROUNDS)
def share(ctx: Context, id: int, version: int, user_id: int | None) -> Round:
    """The round is given to somebody; to nobody means that the crew shares it."""
    going = _locked(ctx, id, version)
    if user_id is not None and user_id not in {who for who, _name in crew(ctx, going.site_id)}:
        raise Invalid(say("This person does no rounds at this site. Choose another."), field="user_id")
    ctx.need(Can.SHARE_ROUNDS, site_id=going.site_id)
    if going.state not in OPEN:
        raise Conflict(
            say(
                "{name} is {spoken}: there is nothing to share out.",
                name=going.name,
                spoken=lifecycle.spoken(going.state),
            )
        )
    going.assigned_to_id = user_id
    bump(going)
    ctx.session.flush()
    return going


@requires(Can.SHARE_ROUNDS)
def miss(ctx: Context, id: int, version: int, reason: str) -> Round:
    """The round will not be finished; what was ticked off stays."""
    going = _locked(ctx, id, version)
    ctx.need(Can.SHARE_ROUNDS, site_id=going.site_id)
    lifecycle.move(ctx, going, RoundState.MISSED, reason)
    return going


@within("the schedule of each night")
def close_missed(ctx: Context, site_id: int) -> int:
    """What nobody finished within two days of when it was due is closed as missed; what was ticked off stays."""
    late = sa.select(Round).where(Round.site_id == site_id, Round.state.in_(OPEN), Round.due_at < ctx.now - GIVEN_UP)
    locked = late.order_by(Round.id).with_for_update().execution_options(populate_existing=True)
    missed = ctx.session.scalars(locked).all()
    for round in missed:
        lifecycle.move(ctx, round, RoundState.MISSED, say("nobody finished it within two days"))
    return len(missed)


@within("the home page counts with the reader's rights")
def count_open(ctx: Context, *which: sa.ColumnElement[bool]) -> int:
    """Open rounds of today and before that fit."""
    seen = visible(ctx).with_only_columns(Round.id)
    query = sa.select(sa.func.count()).select_from(Round).where(Round.id.in_(seen), Round.state.in_(OPEN), *which)
    return ctx.session.scalar(query.where(Round.day <= ctx.today)) or 0


@within("sequences of places are checked where rounds are planned")
def zones_of(ctx: Context, site_id: int, place_ids: Sequence[int]) -> list[Place]:
    """The places in this order. Raises Invalid for one of another site."""
    found = {one.id: one for one in ctx.session.scalars(sa.select(Place).where(Place.id.in_(place_ids)))}
    if any(id not in found or found[id].site_id != site_id or found[id].archived for id in place_ids):
        raise Invalid(say("One of the zones is not on this site any more. Choose again."), field="place_ids")
    return [found[id] for id in place_ids]
