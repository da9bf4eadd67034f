"""What an address means: the site that a page is about, the day, a number."""

from __future__ import annotations

from datetime import date

from plantops import places
from plantops.context import Context
from plantops.errors import NotFound
from plantops.places import Site
from plantops.wording import say
from web import forms
from web.page import Query
from web.visit import this_visit

LONGEST_NUMBER = 18


def site(ctx: Context, query: Query) -> Site:
    """The site that the address names, else the one of the top bar, else the first. Raises NotFound without any."""
    sites = places.list_sites(ctx)
    if not sites:
        raise NotFound(say("There is no site yet, or you may not see one."))
    known = {one.id: one for one in sites}
    wanted = (number(query, "site"), this_visit().site_id)
    return next((known[id] for id in wanted if id in known), sites[0])


def site_id(ctx: Context, query: Query) -> int:
    return site(ctx, query).id


def day(ctx: Context, query: Query, name: str = "day") -> date:
    """The day that the address names, else today."""
    try:
        return forms.day(query.get(name, ""))
    except ValueError:
        return ctx.today


def number(query: Query, name: str) -> int | None:
    """A number that the address names; None where it names none that could be one of a record."""
    return read_number(query.get(name, ""))


def read_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else None
