"""Personnel on the home page: one's own next shifts, and who is missing now."""

from __future__ import annotations

from datetime import timedelta

from markupsafe import Markup

from personnel import attendance, employees, shifts
from personnel.permissions import Can
from plantops import places
from web.page import Context, drawn
from web.visit import this_visit

NEXT = 5


def my_shifts(ctx: Context) -> Markup | None:
    mine = shifts.my_shifts(ctx, ctx.today, ctx.today + timedelta(days=13))
    coming = [one for one in mine if one.ends_at > ctx.now and not one.released][:NEXT]
    return drawn(ctx, "personnel/panel_shifts.html", shifts=coming, now=ctx.now) if coming else None


def doors(ctx: Context) -> Markup | None:
    """What somebody with a personnel number does most, one tap away."""
    if not ctx.may(Can.READ_OWN) or employees.myself(ctx) is None:
        return None
    return drawn(ctx, "personnel/doors.html", Can=Can)


def missing(ctx: Context) -> Markup | None:
    """For who leads people: today's shifts that are short, and whom to call."""
    if not ctx.may(Can.MANAGE_ABSENCES):
        return None
    site_id = this_visit().site_id or next((site.id for site in places.list_sites(ctx)), None)
    board = attendance.board(ctx, site_id, ctx.today) if site_id else []
    gone = {one.employee_id: one for shift in board for one in shift.missing}
    short = [shift for shift in board if shift.short]
    if not gone and not short:
        return None
    return drawn(
        ctx, "personnel/panel_missing.html", gone=list(gone.values())[:NEXT], more=len(gone) - NEXT, short=short
    )
