"""What rosters need to know of people: the shifts of a site, contract hours, and who was told to work when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from personnel.assignments import holds_on
from personnel.models import Assignment
from personnel.time_models import PlannedShift, ShiftTemplate
from plantops.context import Context, within


@dataclass(frozen=True)
class TemplateRow:
    """A shift of the site. Minutes count from local midnight; a night runs past 1440."""

    id: int
    code: str
    name: str
    start_minute: int
    minutes: int
    break_minutes: int

    @property
    def paid_minutes(self) -> int:
        return self.minutes - self.break_minutes


@within("neighbours plan under their own right")
def templates(ctx: Context, site_id: int) -> list[TemplateRow]:
    """The shifts of a site by their start."""
    query = (
        sa.select(
            ShiftTemplate.id,
            ShiftTemplate.code,
            ShiftTemplate.name,
            ShiftTemplate.start_minute,
            ShiftTemplate.minutes,
            ShiftTemplate.break_minutes,
        )
        .where(ShiftTemplate.site_id == site_id, ~ShiftTemplate.archived)
        .order_by(ShiftTemplate.start_minute, ShiftTemplate.id)
    )
    return [TemplateRow(*row) for row in ctx.session.execute(query)]


@within("neighbours plan under their own right")
def weekly_minutes(ctx: Context, employee_ids: Collection[int], day: date) -> dict[int, int]:
    """Contract minutes a week on a day; people without a seat on that day are not in it."""
    query = sa.select(Assignment.employee_id, Assignment.weekly_minutes).where(
        Assignment.employee_id.in_(employee_ids), holds_on(day)
    )
    return dict(ctx.session.execute(query).all())


@within("neighbours plan under their own right")
def told(
    ctx: Context, employee_ids: Collection[int], first: date, last: date, *, origin: str = ""
) -> dict[tuple[int, date], tuple[int, str]]:
    """(employee, day) -> (template, work) of the planned shifts that stand; those with a template and a work."""
    query = sa.select(
        PlannedShift.employee_id, PlannedShift.business_date, PlannedShift.template_id, PlannedShift.work
    ).where(
        PlannedShift.employee_id.in_(employee_ids),
        PlannedShift.business_date.between(first, last),
        PlannedShift.cancelled_at.is_(None),
        PlannedShift.released_at.is_(None),
        PlannedShift.template_id.is_not(None),
        PlannedShift.work.is_not(None),
    )
    if origin:
        query = query.where(PlannedShift.origin.startswith(origin, autoescape=True))
    rows = ctx.session.execute(query)
    return {(row.employee_id, row.business_date): (row.template_id, row.work) for row in rows}
