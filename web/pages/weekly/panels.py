"""The week on the home page of who reads it: what is outside its tolerance, and the actions that are due."""

from __future__ import annotations

from markupsafe import Markup

from plantops import weekly_archive
from plantops.permissions import Can
from plantops.weekly import Span
from plantops.weekly_archive import ActionState
from web.page import Context, drawn


def last_week(ctx: Context) -> Markup | None:
    if not ctx.may(Can.READ_WEEKLY):
        return None
    span = Span.of_day(ctx.today).back(1)
    report = weekly_archive.latest(ctx, span)
    actions = [one for one in weekly_archive.list_actions(ctx, span) if one.state is ActionState.OPEN]
    return drawn(
        ctx, "weekly/panel_week.html", span=span, payload=report.payload if report else None, actions=actions[:5]
    )
