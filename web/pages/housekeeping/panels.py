"""Housekeeping on the home page: the work that is next."""

from __future__ import annotations

from markupsafe import Markup

from housekeeping import workorders
from housekeeping.permissions import Can
from web.page import Context, drawn

NEXT = 5


def doors(ctx: Context) -> Markup | None:
    return drawn(ctx, "housekeeping/doors.html") if ctx.may(Can.REPORT) else None


def my_work(ctx: Context) -> Markup | None:
    if not ctx.may(Can.WORK):
        return None
    rows = workorders.list_work(ctx, states=workorders.OPEN, mine=True, limit=NEXT)
    return drawn(ctx, "housekeeping/panel_work.html", rows=rows) if rows else None
