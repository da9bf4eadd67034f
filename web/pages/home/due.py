"""What falls due anywhere: certificates, inspections, contracts, to-dos, the longest overdue first."""

from __future__ import annotations

from datetime import timedelta

from fastapi.responses import Response

from plantops import due
from plantops.wording import mark, say
from web.page import Context, Query, pages_router, render

router = pages_router()
REACH = (
    (30, mark("30 days")),
    (42, mark("6 weeks")),
    (60, mark("60 days")),
    (90, mark("3 months")),
    (366, mark("A year")),
)
MOST_SHOWN = 500


@router.get("/due")
def index(ctx: Context, query: Query) -> Response:
    asked = query.get("days", "")
    days = next((days for days, _label in REACH if str(days) == asked), 90)
    kind = query.get("kind") or None
    wanted = set(kind.split(",")) if kind else None
    every = due.due(ctx, ctx.today + timedelta(days=days))
    return render(
        ctx,
        "home/due.html",
        items=[item for item in every if wanted is None or item.kind in wanted][:MOST_SHOWN],
        kinds=sorted({item.kind for item in every if item.kind}),
        kind=kind,
        days=days,
        reach=[(days, say(label)) for days, label in REACH],
        today=ctx.today,
    )
