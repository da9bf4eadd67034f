"""The plant's own days: shutdowns, days off that only we have, holidays on which we work; a site's calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from plantops import places
from plantops.calendar import PlantCalendar, Shutdown, days
from plantops.context import Context, requires, within
from plantops.db import Base, Id, Versioned, choice, get
from plantops.errors import Conflict, Invalid
from plantops.events import Event
from plantops.permissions import Can
from plantops.wording import say

LONGEST_DAYS = 366
LONGEST_NAME = 100


class Kind(StrEnum):
    SHUTDOWN = "shutdown"
    DAY_OFF = "day-off"
    WORKED = "worked"  # a public holiday on which this site works


class PlantDays(Versioned, Base):
    """Days of one site that are other than its country's calendar says, both ends included."""

    __tablename__ = "core_plant_days"
    __table_args__ = (
        sa.CheckConstraint("last_day >= first_day", name="runs_forward"),
        # int8range stands for the plain "=", for which the embedded PostgreSQL has no gist operator.
        ExcludeConstraint(
            (sa.text("int8range(site_id, site_id, '[]')"), "&&"),
            (sa.text("daterange(first_day, last_day, '[]')"), "&&"),
            name="ex_core_plant_days_one_meaning",
            using="gist",
        ),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"))
    kind: Mapped[Kind] = mapped_column(choice(Kind, "plant_days_kind"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    name: Mapped[str]


@dataclass(frozen=True)
class PlantDaysChanged(Event):
    """The calendar of a site changed for these days, perhaps in the past: what was counted from it is counted again."""

    site_id: int
    first_day: date
    last_day: date


# --- Rules


def why_not_days(first_day: date, last_day: date, name: str) -> tuple[str, str] | None:
    """The field that is wrong, and why."""
    if last_day < first_day:
        return "last_day", say("they end before they start")
    if (last_day - first_day).days >= LONGEST_DAYS:
        return "last_day", say("they are more than {longest_days} days: check the year", longest_days=LONGEST_DAYS)
    if not name.strip() or len(name) > LONGEST_NAME:
        return "name", say("they need a name of 1 to {longest_name} characters", longest_name=LONGEST_NAME)
    return None


# --- Questions


def visible(ctx: Context) -> sa.Select[PlantDays]:
    """The days of the sites whose places the person may see."""
    every = sa.select(PlantDays)
    sites = ctx.sites(Can.READ_PLACES)
    return every if sites is None else every.where(PlantDays.site_id.in_(sites))


@requires(Can.READ_PLACES)
def list_days(ctx: Context, site_id: int, first: date, last: date) -> list[PlantDays]:
    """The site's own days that touch a range."""
    return list(ctx.session.scalars(_touching(visible(ctx), site_id, first, last).order_by(PlantDays.first_day)))


def _touching(query: sa.Select[PlantDays], site_id: int, first: date, last: date) -> sa.Select[PlantDays]:
    return query.where(PlantDays.site_id == site_id, PlantDays.first_day <= last, PlantDays.last_day >= first)


@within("clocks, plans and counts of a site follow its calendar")
def calendar_of(ctx: Context, site_id: int) -> PlantCalendar:
    """Everything that decides whether a site works on a day: zone, public holidays, its own days."""
    site = places.site(ctx, site_id)
    own = ctx.session.scalars(sa.select(PlantDays).where(PlantDays.site_id == site_id).order_by(PlantDays.first_day))
    shutdowns: list[Shutdown] = []
    off: dict[date, str] = {}
    worked: set[date] = set()
    for row in own:
        if row.kind is Kind.SHUTDOWN:
            shutdowns.append(Shutdown(row.first_day, row.last_day, row.name))
        elif row.kind is Kind.DAY_OFF:
            off.update(dict.fromkeys(days(row.first_day, row.last_day), row.name))
        else:
            worked.update(days(row.first_day, row.last_day))
    return PlantCalendar(
        zone_name=site.zone,
        country=site.country,
        subdivision=site.subdivision,
        extra_holidays=off,
        worked_holidays=frozenset(worked),
        shutdowns=tuple(shutdowns),
    )


# --- Actions


@requires(Can.MANAGE_CALENDAR)
def add(ctx: Context, site_id: int, kind: Kind, first_day: date, last_day: date, name: str) -> PlantDays:
    """Mark days of a site. Raises Conflict when some of them have a meaning already."""
    ctx.need(Can.MANAGE_CALENDAR, site_id=site_id, to="change this site's calendar")
    site = places.site(ctx, site_id)
    if wrong := why_not_days(first_day, last_day, name):
        field, reason = wrong
        raise Invalid(say("These days cannot be entered: {reason}.", reason=reason), field=field)
    # Two people at once: the second waits for the site, then sees the days of the first.
    ctx.session.execute(sa.select(places.Site.id).where(places.Site.id == site.id).with_for_update())
    if other := ctx.session.scalars(_touching(sa.select(PlantDays), site_id, first_day, last_day).limit(1)).first():
        raise Conflict(
            say(
                "{first_day} to {last_day} is '{name}' already: remove that first.",
                first_day=other.first_day,
                last_day=other.last_day,
                name=other.name,
            )
        )
    row = PlantDays(site_id=site_id, kind=kind, first_day=first_day, last_day=last_day, name=name.strip())
    ctx.session.add(row)
    ctx.session.flush()
    ctx.emit(PlantDaysChanged(site_id, first_day, last_day))
    return row


@requires(Can.MANAGE_CALENDAR)
def remove(ctx: Context, id: int, version: int) -> None:
    """The days are again what the country's calendar says; the audit trail keeps what they were."""
    row = get(
        ctx.session, visible(ctx).where(PlantDays.id == id), what="entry of the calendar", version=version, lock=True
    )
    ctx.need(Can.MANAGE_CALENDAR, site_id=row.site_id, to="change this site's calendar")
    ctx.session.delete(row)
    ctx.session.flush()
    ctx.emit(PlantDaysChanged(row.site_id, row.first_day, row.last_day))
