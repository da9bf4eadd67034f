"""Assignments: the rules of where a person belongs from one day to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from personnel.models import Assignment
from plantops.context import Context, within
from plantops.wording import say

LONGEST_CHAIN = 50


@dataclass(frozen=True)
class Seat:
    """Where somebody belongs from a day on: what an assignment version says."""

    position_id: int
    department_id: int
    work_calendar_id: int
    weekly_minutes: int
    day_minutes: int
    manager_id: int | None = None
    cost_centre_id: int | None = None
    place_id: int | None = None
    pattern_offset_days: int = 0
    zone: str = ""


@dataclass(frozen=True)
class Led:
    """Who leads whom in [since, until)."""

    employee_id: int
    manager_id: int
    since: date
    until: date | None


# --- Rules


def why_not_lead(
    chain: Sequence[Led], employee_id: int, manager_id: int, since: date, until: date | None
) -> str | None:
    """A manager may not stand below the person on any day of the range; `chain` holds all other versions."""
    starts = {since} | {led.since for led in chain if led.since > since and (until is None or led.since < until)}
    for day in sorted(starts):
        above = {
            led.employee_id: led.manager_id
            for led in chain
            if led.since <= day and (led.until is None or day < led.until)
        }
        boss: int | None = manager_id
        for _ in range(LONGEST_CHAIN):
            if boss is None:
                break
            if boss == employee_id:
                return say("on {day} this manager works under the person", day=day)
            boss = above.get(boss)
    return None


def why_not_seat(seat: Seat) -> str | None:
    if seat.weekly_minutes < 0 or seat.weekly_minutes > 7 * 24 * 60:
        return say("weekly hours lie between 0 and 168")
    if not 0 < seat.day_minutes <= 24 * 60:
        return say("a day has between 1 minute and 24 hours")
    return None


# --- Questions


def holds_on(day: date) -> sa.ColumnElement[bool]:
    """The assignment version that holds on a day."""
    return sa.and_(
        Assignment.superseded_at.is_(None),
        Assignment.valid_from <= day,
        Assignment.valid_to.is_(None) | (Assignment.valid_to > day),
    )


@within("rules read the seat that holds on a day")
def seat_on(ctx: Context, employee_id: int, day: date) -> Assignment | None:
    return ctx.session.scalar(sa.select(Assignment).where(Assignment.employee_id == employee_id, holds_on(day)))


@within("hiring and changing write a version")
def version_of(
    ctx: Context, employee_id: int, seat: Seat, since: date, until: date | None, reason: str
) -> dict[str, Any]:
    return {
        **asdict(seat),
        "employee_id": employee_id,
        "valid_from": since,
        "valid_to": until,
        "reason": reason,
        "recorded_at": ctx.now,
        "recorded_by_id": ctx.user.id,
    }
