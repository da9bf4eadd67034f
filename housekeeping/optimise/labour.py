"""Labour rules as data: how long people must rest, and what that forbids in a roster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from housekeeping.optimise.model import Person, Shift
from plantops.errors import Invalid

DAY_MINUTES = 24 * 60
WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class LabourRules:
    """Limits in minutes and days; None means that the rule set says nothing about it."""

    name: str
    daily_rest_minutes: int | None = None
    weekly_rest_minutes: int | None = None
    average_week_minutes: int | None = None
    max_consecutive_work: int | None = None


# Directive 2003/88/EC: art. 3 (11 h daily rest), art. 5 (24 h + 11 h in each seven days), art. 6 (48 h on average).
EU_2003_88 = LabourRules("EU 2003/88", 11 * 60, (24 + 11) * 60, 48 * 60, 6)
# The US Fair Labor Standards Act prices overtime past 40 h but forbids neither short rests nor long weeks.
FLSA = LabourRules("US FLSA")
PLAIN = LabourRules("plain")
PRESETS = {rules.name: rules for rules in (EU_2003_88, FLSA, PLAIN)}


def rest_minutes(before: Shift, after: Shift, days_between: int) -> int | None:
    """Minutes from the end of `before` to the start of `after`, `days_between` calendar days later."""
    if before.end_minute is None or after.start_minute is None:
        return None
    return days_between * DAY_MINUTES + after.start_minute - before.end_minute


def with_rest(rules: LabourRules, shifts: Iterable[Shift]) -> tuple[Shift, ...]:
    """The shifts with the successions that the minimum rests forbid added to their own.

    The daily rest decides what may not follow on the next day. The weekly rest decides what may not follow after a
    single day off, so that each day off is a full weekly rest; with `max_consecutive_work` of six that meets the
    directive in every seven days (it is the stricter reading: the law would let some short ones pass).
    Raises Invalid when a rest is asked for and a shift has no hours.
    """
    known = tuple(shifts)
    if rules.daily_rest_minutes is None and rules.weekly_rest_minutes is None:
        return known
    for shift in known:
        if shift.start_minute is None or shift.end_minute is None:
            raise Invalid(f"Shift {shift.id} has no start and end, which the rest rules of {rules.name} need.")

    def too_soon(before: Shift, days: int, least: int | None) -> frozenset[str]:
        if least is None:
            return frozenset()
        return frozenset(t.id for t in known if (rest_minutes(before, t, days) or 0) < least)

    return tuple(
        replace(
            shift,
            not_next_day=shift.not_next_day | too_soon(shift, 1, rules.daily_rest_minutes),
            not_after_day_off=shift.not_after_day_off | too_soon(shift, 2, rules.weekly_rest_minutes),
        )
        for shift in known
    )


def with_limits(rules: LabourRules, person: Person, days: int) -> Person:
    """The person with the stricter of the own limits and those of the rules, over a horizon of `days` days.

    The average week is applied to the horizon alone; a caller who averages over a longer reference period passes
    what is left of it as the person's own `max_minutes`.
    """

    def least(own: int | None, lawful: int | None) -> int | None:
        both = [value for value in (own, lawful) if value is not None]
        return min(both) if both else None

    average = rules.average_week_minutes
    allowed = None if average is None else average * days // WEEK_DAYS
    return replace(
        person,
        max_minutes=least(person.max_minutes, allowed),
        max_consecutive_work=least(person.max_consecutive_work, rules.max_consecutive_work),
    )
