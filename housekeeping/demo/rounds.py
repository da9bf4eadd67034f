"""The demo's rounds: five ways through the plant, gone yesterday, half gone this morning, one of them late."""

from __future__ import annotations

from datetime import time, timedelta

from housekeeping import round_plans, rounds
from housekeeping.round_models import Hindrance, Outcome
from housekeeping.round_plans import WORKDAYS, NewRound
from housekeeping.rounds import RoundSheet, Ticked
from plantops.context import Context
from plantops.demo import Demo

EVERY_DAY = (*WORKDAYS, 5, 6)
TASKS = ("Empty the bins", "Sweep and mop the floor", "Wipe handles and switches", "Walkways are free")
WASHROOM = ("Refill soap and paper", "Clean basins and toilets", "Mop the floor")
CANTEEN = ("Wipe the tables", "Empty the bins", "Mop the floor")
WAYS = (
    # name, area, zones, tasks, from, until, weekdays
    ("Early, Hall 2", "H2", 14, TASKS, time(6), time(10), WORKDAYS),
    ("Early, Hall 1", "H1", 12, TASKS, time(6), time(11), WORKDAYS),
    ("Washrooms", "OF", 6, WASHROOM, time(7), time(9), EVERY_DAY),
    ("Canteen after lunch", "CA", 5, CANTEEN, time(13), time(15), WORKDAYS),
    ("Fire doors and exits", "H3", 8, ("Door closes by itself", "Way out is free"), time(14), time(21), EVERY_DAY),
)  # fmt: skip
DONE_THIS_MORNING = 5  # zones
LOCKED = 3


def build(demo: Demo) -> None:
    site_id, cleaner = demo.sites["VER"], demo.users["cleaner"]
    yesterday = demo.today - timedelta(days=1)
    with demo.house.acting() as ctx:
        for name, area, zones, tasks, starts, due, weekdays in WAYS:
            way = tuple(demo.places[f"{area}-{n:02d}"] for n in range(1, zones + 1) if f"{area}-{n:02d}" in demo.places)
            round_plans.add_template(ctx, NewRound(name, site_id, way, tasks, starts, due, weekdays))
        gone = [one.id for one in round_plans.plan_day(ctx, site_id, yesterday)]
        today = [one.id for one in round_plans.plan_day(ctx, site_id, demo.today)]
    with demo.house.acting(cleaner) as ctx:
        for id in gone:
            go(ctx, rounds.sheet(ctx, id))
        for id in today[:1]:
            go(ctx, rounds.sheet(ctx, id), DONE_THIS_MORNING)


def go(ctx: Context, sheet: RoundSheet, upto: int | None = None) -> None:
    """Zone after zone, as somebody with a phone does it; one of them is locked."""
    for n, zone in enumerate(sheet.zones[:upto]):
        at = min(sheet.round.starts_at + timedelta(minutes=7 * (n + 1)), ctx.now)
        ids = tuple(tick.id for tick in zone.ticks)
        if n == LOCKED:
            said = Ticked(ids, Outcome.NOT_POSSIBLE, Hindrance.LOCKED, done_at=at)
        else:
            said = Ticked(ids, done_at=at)
        rounds.tick(ctx, sheet.round.id, said)
