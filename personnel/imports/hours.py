"""Hours worked from badge files: first in and last out of each person and day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from personnel import attendance
from personnel.attendance import Badge, why_not_badge
from personnel.models import Employee
from personnel.permissions import Can
from plantops.context import Context, within
from plantops.import_kinds import Column, Holds, ImportKind, ImportRun, Loaded, Refusal, Row
from plantops.wording import say


def _badge(row: Row, employee_id: int) -> Badge:
    day, first_in, last_out = row.day("day"), row.moment("first_in"), row.moment("last_out")
    assert day is not None and first_in is not None and last_out is not None
    return Badge(employee_id, day, first_in, last_out)


def rule(row: Row) -> Iterator[tuple[str, str]]:
    if row.day("day") and row.moment("first_in") and row.moment("last_out") and (why := why_not_badge(_badge(row, 0))):
        yield "last_out", why


@within("an import that the person may run")
def load(ctx: Context, run: ImportRun, rows: Sequence[Row]) -> Loaded:
    """Badge days of known people. A day that is stored already stays, so the same file adds nothing."""
    site_id = run.site_id or 0
    known = dict(ctx.session.execute(sa.select(Employee.number, Employee.id).where(Employee.site_id == site_id)).all())
    refused, badges = [], []
    for row in rows:
        person = str(row.text("employee_number"))
        if person in known:
            badges.append(_badge(row, known[person]))
        else:
            refused.append(Refusal(row.number, "employee_number", person, say("there is nobody with this number")))
    attendance.record(ctx, site_id, badges, import_id=run.id)
    return Loaded(refused)


@within("an import that the person may undo")
def undo(ctx: Context, run: ImportRun) -> None:
    attendance.take_back(ctx, run.id)


HOURS = ImportKind(
    name="hours-worked",
    title="Hours worked",
    permission=Can.RECORD_HOURS,
    columns=(
        Column("employee_number", "Personnel number", longest=40),
        Column("day", "Day on which the shift starts", Holds.DAY),
        Column("first_in", "First in", Holds.MOMENT),
        Column("last_out", "Last out", Holds.MOMENT),
    ),
    load=load,
    undo=undo,
    rule=rule,
)
