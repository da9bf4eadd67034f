"""A small round to test with: some zones, some tasks in each, planned for today."""

from __future__ import annotations

from datetime import time

from housekeeping import round_plans, rounds
from housekeeping.round_models import Round, RoundTick
from housekeeping.round_plans import NewRound
from plantops import places
from plantops.context import Context
from plantops.places import Kind

EVERY_DAY = tuple(range(7))


def planned(ctx: Context, name: str = "Early, Hall 2", zones: int = 2, tasks: int = 3) -> Round:
    """A round of today for the whole crew, from 6 to 22 o'clock."""
    site_id = places.list_sites(ctx)[0].id
    code = "".join(letter for letter in name if letter.isalnum())[:12]
    ids = tuple(
        places.add_place(ctx, site_id, f"{code}-{n}", f"{name}, zone {n}", Kind.ZONE).id for n in range(1, zones + 1)
    )
    what = tuple(f"Task {n}" for n in range(1, tasks + 1))
    made = round_plans.add_template(ctx, NewRound(name, site_id, ids, what, time(6), time(22), EVERY_DAY))
    return next(one for one in round_plans.plan_day(ctx, site_id, ctx.today) if one.template_id == made.id)


def ticks_of(ctx: Context, round_id: int) -> list[RoundTick]:
    ctx.session.expire_all()
    return list(rounds.whole(ctx, round_id).ticks)
