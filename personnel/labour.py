"""Labour rules: how much rest and work a site allows, as a named preset; numbers never stand in code."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise

from personnel.worked_time import NightWindow, minutes_between
from plantops.calendar import Period
from plantops.wording import mark, say

OVERLAPS = mark("it overlaps a shift that is planned already")


@dataclass(frozen=True, slots=True)
class LabourRules:
    """None: this preset has no such rule."""

    name: str
    daily_rest_hours: int | None = None
    weekly_rest_hours: int | None = None
    break_after_hours: int | None = None
    mean_week_hours: int | None = None
    mean_over_weeks: int | None = None
    night_mean_hours: int | None = None
    night_from_minute: int | None = None
    night_to_minute: int | None = None
    leave_weeks: int | None = None
    workweek_hours: int | None = None
    overtime_factor: str | None = None

    @property
    def night(self) -> NightWindow | None:
        if self.night_from_minute is None or self.night_to_minute is None:
            return None
        return NightWindow(self.night_from_minute, self.night_to_minute)


@cache
def presets() -> Mapping[str, LabourRules]:
    text = files("personnel").joinpath("presets/labour.toml").read_text(encoding="utf-8")
    return {key: LabourRules(**values) for key, values in tomllib.loads(text).items()}


# --- Rules


def rest_broken(shifts: Sequence[Period], rules: LabourRules) -> tuple[tuple[Period, Period, int], ...]:
    """Pairs of following shifts with too little rest between them, and the minutes of rest there are."""
    if rules.daily_rest_hours is None:
        return ()
    ordered = sorted(shifts, key=lambda s: s.start)
    needed = timedelta(hours=rules.daily_rest_hours)
    return tuple(
        (one, two, minutes_between(one.end, two.start))
        for one, two in pairwise(ordered)
        if two.start - one.end < needed
    )


def why_not_plan(new: Period, around: Sequence[Period], rules: LabourRules) -> str | None:
    """Whether a shift fits between those that a person has already."""
    for other in around:
        if new.start < other.end and other.start < new.end:
            return say(OVERLAPS)
    for one, two, rest in rest_broken([*around, new], rules):
        if new in (one, two):
            return say(
                "only {rest:.1f} h of rest remain; {name} asks for {daily_rest_hours} h",
                rest=rest / 60,
                name=rules.name,
                daily_rest_hours=rules.daily_rest_hours,
            )
    return None


def mean_week_minutes(worked: int, days: int, neutral_days: int) -> float:
    """Weekly average of worked minutes over a reference period in which leave and sickness are left out
    (2003/88/EC art. 16 b): 0.0 when nothing but neutral days remains."""
    counted = days - neutral_days
    return worked / counted * 7 if counted > 0 else 0.0
