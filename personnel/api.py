"""The door for neighbours: who works when, who is available, who is qualified. Never why not."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from personnel import certificates, cover, employees, rostering, shifts
from personnel.certificates import is_qualified
from personnel.cover import NewDemand
from personnel.labour import LabourRules
from personnel.rostering import TemplateRow
from personnel.shifts import NewShift, Problem, Roll, ShiftRow
from plantops.context import Context, within

__all__ = [
    "LabourRules",
    "NewDemand",
    "NewShift",
    "Problem",
    "Roll",
    "ShiftRow",
    "TemplateRow",
    "available",
    "employee_of",
    "names",
    "on_shift",
    "people_of",
    "plan_demand",
    "plan_shifts",
    "qualified",
    "rules_of",
    "shift_problems",
    "templates",
    "told",
    "weekly_minutes",
    "working_at",
]

plan_shifts = shifts.plan
plan_demand = cover.plan_demand
shift_problems = shifts.problems
people_of = shifts.people_of
names = employees.names_of
employee_of = employees.of_user
available = shifts.available
on_shift = shifts.on_shift
rules_of = shifts.rules_of
templates = rostering.templates
told = rostering.told
weekly_minutes = rostering.weekly_minutes
working_at = employees.working_at


@within("neighbours plan under their own right; it says yes or no and never why")
def qualified(ctx: Context, employee_ids: Collection[int], work: str, first: date, last: date) -> frozenset[int]:
    """Who holds, on every day from first to last, what this work needs: a kind of work or a certificate's code."""
    needed = certificates.needed_for(ctx, work)
    held = certificates.held_by(ctx, employee_ids, needed)
    return frozenset(id for id in employee_ids if is_qualified(held[id], needed, first, last))
