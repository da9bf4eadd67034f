"""Which site and day an address means."""

from __future__ import annotations

from datetime import date

from plantops import places
from web import forms
from web.page import Context, Query
from web.visit import this_visit


def site(ctx: Context, query: Query) -> int:
    """The site that the address names, else the one of the top bar, else the first."""
    wanted = query.get("site", "") or str(this_visit().site_id or "")
    sites = places.list_sites(ctx)
    return next((one.id for one in sites if str(one.id) == wanted), sites[0].id)


def day(ctx: Context, query: Query, name: str = "day") -> date:
    """The day that the address names, else today."""
    try:
        return forms.day(query.get(name, ""))
    except ValueError:
        return ctx.today
