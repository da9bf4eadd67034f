"""The first morning: two people missing, three leaves to decide, somebody on leave."""

from __future__ import annotations

from datetime import date, timedelta

from personnel import absences, leave, work_calendars
from personnel.absences import NewAbsence
from personnel.demo.organisation import Plant
from personnel.demo.people import Cast
from personnel.leave_days import Asked
from plantops.context import Context
from plantops.demo import Demo
from plantops.errors import Conflict

ONE_DAY = timedelta(days=1)


def build(demo: Demo, ctx: Context, plant: Plant, cast: Cast) -> None:
    """Hall 2 belongs to the line manager: two of today's people are missing, three asked for leave."""
    hall = [id for crew in "ABCD" for id in cast.by_crew[f"{crew}/H2"]]
    missing = _due_next(demo, ctx, [id for id in hall if id not in cast.by_login.values()])[1:3]
    for id in missing:
        absences.report(ctx, NewAbsence(id, demo.today, reason="Called in at 05:20."))
    asking = [cast.by_login["employee"], *(id for id in reversed(hall) if id not in missing)][:3]
    for n, id in enumerate(asking):
        _ask(ctx, plant, id, demo.today + timedelta(days=14 + 7 * n), "family" if n else "a long weekend")


def _due_next(demo: Demo, ctx: Context, hall: list[int]) -> list[int]:
    """Who works today, or, on a day on which the hall stands still, on the next day on which it runs."""
    duties = work_calendars.duties(ctx, hall, demo.today, demo.today + 20 * ONE_DAY)
    for n in range(21):
        day = demo.today + n * ONE_DAY
        if due := [id for id in hall if duties[id][day].expected.minutes()]:
            return due
    return []


def _ask(ctx: Context, plant: Plant, id: int, since: date, note: str) -> None:
    """The first three days from then on that have work in them and that the account allows."""
    for shift in range(30):
        first = since + timedelta(days=shift)
        asked = Asked(first, first + 2 * ONE_DAY)
        if leave.preview(ctx, id, plant.vacation_id, asked).why_not is None:
            leave.ask(ctx, id, plant.vacation_id, asked, note)
            return
    raise Conflict("Nobody in Hall 2 can take leave: the demo's accounts are empty.")
