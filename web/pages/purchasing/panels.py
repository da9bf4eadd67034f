"""Purchasing on the home page: the door for everybody who may ask for goods."""

from __future__ import annotations

from markupsafe import Markup

from purchasing.permissions import Can
from web.page import Context, drawn


def doors(ctx: Context) -> Markup | None:
    return drawn(ctx, "purchasing/doors.html") if ctx.may(Can.ASK) else None
