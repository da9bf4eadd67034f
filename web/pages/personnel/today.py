"""Today: per shift who is needed, here and missing. Never why."""

from __future__ import annotations

from datetime import timedelta

from fastapi.responses import Response

from personnel import absences, attendance
from personnel.permissions import Can
from web import chosen
from web.page import Context, Query, pages_router, render

router = pages_router()


@router.get("/personnel")
def show(ctx: Context, query: Query) -> Response:
    day = chosen.day(ctx, query)
    return render(
        ctx,
        "personnel/today.html",
        Can=Can,
        day=day,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        away=absences.list_away(ctx, day) if ctx.may(Can.MANAGE_ABSENCES) else [],
        shifts=attendance.board(ctx, chosen.site_id(ctx, query), day),
    )
