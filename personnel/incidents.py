"""Incidents: injuries and near misses, and the rates that are made from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa

from personnel import employees
from personnel.models import Employee, Incident, IncidentKind, Outcome
from personnel.permissions import Can
from plantops import numbers
from plantops.context import Context, requires
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid
from plantops.wording import say

RECORDABLE = (Outcome.DEATH, Outcome.DAYS_AWAY, Outcome.RESTRICTED, Outcome.OTHER_RECORDABLE)
LOST_TIME = (Outcome.DEATH, Outcome.DAYS_AWAY)
FULL_TIME_HOURS = Decimal(200_000)  # 100 full-time people x 40 h x 50 weeks (29 CFR 1904)
MOST_DAYS = 180  # days away and restricted are capped (29 CFR 1904.7(b)(3)(vii))


@dataclass(frozen=True)
class NewIncident:
    site_id: int
    kind: IncidentKind
    happened_on: date
    what: str
    employee_id: int | None = None
    place_id: int | None = None
    contractor: str | None = None


# --- Rules


def incident_rate(cases: int, hours: Decimal, per_hours: Decimal = FULL_TIME_HOURS) -> Decimal | None:
    """Cases per so many hours worked, to one digit (TRIR and DART use 200,000); None without hours."""
    return (Decimal(cases) * per_hours / hours).quantize(Decimal("0.1"), ROUND_HALF_UP) if hours else None


def bradford(spells: int, days: int) -> int:
    """S x S x D over 52 weeks. A figure to talk about, never a reason to act on its own."""
    return spells * spells * days


def why_not_class(outcome: Outcome, days_away: int, days_restricted: int) -> str | None:
    if not (0 <= days_away <= MOST_DAYS and 0 <= days_restricted <= MOST_DAYS):
        return say("days lie between 0 and {most_days}", most_days=MOST_DAYS)
    if outcome is Outcome.DAYS_AWAY and not days_away:
        return say("days away from work need their number")
    if outcome in (Outcome.FIRST_AID, Outcome.OTHER_RECORDABLE) and (days_away or days_restricted):
        return say("a case with lost or restricted days is not of this class")
    return None


# --- Questions


@dataclass(frozen=True)
class IncidentRow:
    id: int
    number: str
    kind: IncidentKind
    outcome: Outcome | None
    happened_on: date
    person: str
    what: str
    days_away: int
    days_restricted: int
    version: int


def visible(ctx: Context) -> sa.Select[Incident]:
    """The personnel office sees the cases of its sites; everybody else those that they reported."""
    every = sa.select(Incident)
    if ctx.may(Can.MANAGE_INCIDENTS):
        sites = ctx.sites(Can.MANAGE_INCIDENTS)
        return every if sites is None else every.where(Incident.site_id.in_(sites))
    return every.where(Incident.reported_by_id == ctx.user.id)


@requires(Can.REPORT_INCIDENT, Can.MANAGE_INCIDENTS)
def list_incidents(ctx: Context, first: date | None = None, last: date | None = None) -> list[IncidentRow]:
    """Newest first; privacy cases carry no name."""
    query: sa.Select[*tuple[Any, ...]] = (
        visible(ctx)
        .with_only_columns(Incident, Employee.name)
        .outerjoin(Employee, Employee.id == Incident.employee_id)
        .order_by(Incident.happened_on.desc(), Incident.id.desc())
    )
    if first is not None:
        query = query.where(Incident.happened_on >= first)
    if last is not None:
        query = query.where(Incident.happened_on <= last)
    return [
        IncidentRow(
            one.id,
            one.number,
            IncidentKind(one.kind),
            Outcome(one.outcome) if one.outcome else None,
            one.happened_on,
            say("privacy case") if one.privacy_case else (name or one.contractor or ""),
            one.what,
            one.days_away,
            one.days_restricted,
            one.version,
        )
        for one, name in ctx.session.execute(query)
    ]


@requires(Can.REPORT_INCIDENT, Can.MANAGE_INCIDENTS)
def incident(ctx: Context, id: int) -> Incident:
    return get(ctx.session, visible(ctx).where(Incident.id == id), what="incident")


# --- Actions


@requires(Can.REPORT_INCIDENT, Can.MANAGE_INCIDENTS)
def report(ctx: Context, new: NewIncident) -> Incident:
    """What happened, in the words of who saw it. It is classified later by the personnel office."""
    if not new.what.strip() or len(new.what) > 4000:
        raise Invalid(say("Say in 1 to 4,000 characters what happened."), field="what")
    if new.happened_on > ctx.today:
        raise Invalid(say("It cannot have happened in the future."), field="happened_on")
    if new.employee_id is not None and employees.of_id(ctx, new.employee_id).site_id != new.site_id:
        raise Invalid(say("This person belongs to another site."), field="employee_id")
    made = Incident(
        site_id=new.site_id,
        number=numbers.plain(ctx, "IN", new.site_id, year=new.happened_on.year),
        kind=new.kind,
        happened_on=new.happened_on,
        place_id=new.place_id,
        employee_id=new.employee_id,
        contractor=new.contractor,
        what=new.what.strip(),
        reported_by_id=ctx.user.id,
        reported_at=ctx.now,
    )
    ctx.session.add(made)
    ctx.session.flush()
    return made


@requires(Can.MANAGE_INCIDENTS)
def classify(
    ctx: Context,
    id: int,
    version: int,
    outcome: Outcome,
    *,
    days_away: int = 0,
    days_restricted: int = 0,
    privacy_case: bool = False,
) -> Incident:
    """Exactly one class per case; it may change as the case goes on."""
    found = get(ctx.session, visible(ctx).where(Incident.id == id), what="incident", version=version, lock=True)
    ctx.need(Can.MANAGE_INCIDENTS, site_id=found.site_id)
    if found.kind == IncidentKind.NEAR_MISS:
        raise Conflict(say("A near miss has no class: nobody was hurt."))
    if reason := why_not_class(outcome, days_away, days_restricted):
        raise Invalid(say("Cannot classify {number}: {reason}.", number=found.number, reason=reason), field="days_away")
    found.outcome, found.days_away, found.days_restricted = outcome, days_away, days_restricted
    found.privacy_case = privacy_case
    bump(found)
    ctx.session.flush()
    return found
