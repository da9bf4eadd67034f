"""Which site a page is about."""

from __future__ import annotations

from plantops import places
from plantops.errors import NotFound
from plantops.wording import say
from web.page import Context, Query
from web.visit import this_visit


def chosen(ctx: Context, query: Query) -> places.Site:
    """The site that the address names, else the one of the top bar, else the first."""
    wanted = query.get("site", "") or str(this_visit().site_id or "")
    sites = places.list_sites(ctx)
    if not sites:
        raise NotFound(say("There is no site yet, or you may not see one."))
    return next((site for site in sites if str(site.id) == wanted), sites[0])
