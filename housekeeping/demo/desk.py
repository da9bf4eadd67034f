"""The demo's desk: two years of requests with a roof that leaks three times, six new ones this morning, open work."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from housekeeping import clocks, requests, workorders
from housekeeping.desk_models import Channel, RequestState
from housekeeping.requests import NewRequest
from housekeeping.workorders import NewWork
from plantops.context import Context
from plantops.demo import Demo
from plantops.opening import BusinessClock

A_WEEK = 45
IN_TIME = 0.88
WORDS = {
    "Cleaning": ("Spilt coolant on the floor", "Washroom needs cleaning", "Coffee on the carpet"),
    "Heating and cooling": ("It is cold here", "The air conditioning blows hot", "Radiator does not get warm"),
    "Water and drains": ("The tap drips", "Drain is blocked", "Toilet keeps running"),
    "Electricity and light": ("Lamp is dark", "Socket without power", "Light flickers"),
    "Doors and locks": ("Door does not close", "Lock is stiff", "Roller gate stops half way"),
    "Paint, floors and walls": ("Tile is loose", "Hole in the floor coating", "Line marking worn off"),
    "Waste and pests": ("Container is full", "Wasps under the roof", "Mixed waste in the metal bin"),
    "Furniture": ("Chair is broken", "Shelf leans over", "Locker does not open"),
    "IT": ("Scanner does not charge", "No network at the desk", "Printer jams"),
    "Other": ("Sign fell off", "Clock stands still"),
}  # fmt: skip
OFTEN = (22, 10, 12, 14, 10, 7, 9, 5, 7, 4)
PRIORITIES = ((1, 2), (2, 18), (3, 58), (4, 22))
LEAKS = (18.2, 18.5, 18.8)  # months after the first
MORNING = (
    ("H2-04", "Water and drains", "Water runs from the ceiling next to line 4.", 35),
    ("H2-05", "Water and drains", "Puddle in the walkway, somebody nearly slipped.", 30),
    ("OF-11", "Heating and cooling", "Meeting room is at 15 degrees.", 26),
    ("DN-02", "Doors and locks", "Roller gate of dock 2 stops half way.", 21),
    ("CA-01", "Cleaning", "Soup spilt at the tray return.", 12),
    ("H1-09", "Electricity and light", "Light above the grinder flickers.", 6),
)


def build(demo: Demo) -> None:
    site_id = demo.sites["VER"]
    with demo.house.acting() as ctx:
        running = {n: clocks.clock(ctx, site_id, n) for n in range(1, 5)}
        targets = {n: clocks.target(ctx, site_id, n) for n in range(1, 5)}
        rows = [*history(demo, ctx, running, targets), *leaks(demo, ctx, running, targets)]
        requests.take_many(ctx, sorted(rows, key=lambda row: str(row["reported_at"])))
    this_morning(demo)


Clocks = dict[int, BusinessClock]
Targets = dict[int, timedelta]


def history(demo: Demo, ctx: Context, running: Clocks, targets: Targets) -> Iterator[dict[str, object]]:
    """So many a week, most by day; settled in time as often as the plant does."""
    dice = demo.random("requests")
    zones = [id for code, id in demo.places.items() if "-" in code]
    weeks = (demo.today - demo.first_day).days // 7
    for week in range(weeks):
        for _ in range(A_WEEK + dice.randrange(-6, 7)):
            day = demo.first_day + timedelta(days=7 * week + dice.choices(range(7), (20, 20, 19, 18, 16, 4, 3))[0])
            hour = min(22.5, max(4.5, dice.gauss(10.5, 3)))
            at = datetime(day.year, day.month, day.day, tzinfo=ctx.zone) + timedelta(hours=hour)
            category = dice.choices(list(WORDS), OFTEN)[0]
            priority = dice.choices([n for n, _ in PRIORITIES], [weight for _, weight in PRIORITIES])[0]
            text = dice.choice(WORDS[category])
            yield row(demo, dice, ctx, at, (category, text, dice.choice(zones), priority), running, targets)


def leaks(demo: Demo, ctx: Context, running: Clocks, targets: Targets) -> Iterator[dict[str, object]]:
    """The roof of Hall 2 leaks three times in month 19; after the third time it is repaired."""
    dice = demo.random("roof")
    for n, month in enumerate(LEAKS, start=1):
        day = demo.first_day + timedelta(days=round(month * 30.44))
        at = datetime(day.year, day.month, day.day, 8, 10 * n, tzinfo=ctx.zone)
        what = ("Water and drains", f"The roof leaks over line 4, time {n}.", demo.places["H2-04"], 2)
        told = row(demo, dice, ctx, at, what, running, targets)
        told["resolution"] = "Bucket and tarpaulin." if n < len(LEAKS) else "The roof is repaired by a contractor."
        yield told


def row(
    demo: Demo,
    dice: random.Random,
    ctx: Context,
    at: datetime,
    what: tuple[str, str, int, int],
    running: Clocks,
    targets: Targets,
) -> dict[str, object]:
    """A request as it stands today: settled early, settled late, or still open."""
    category, text, place_id, priority = what
    due = running[priority].add(at, targets[priority])
    share = dice.uniform(0.1, 0.95) if dice.random() < IN_TIME else dice.uniform(1.05, 2.2)
    settled: datetime | None = running[priority].add(at, targets[priority] * share)
    if settled is not None and settled >= ctx.now:
        settled = None
    state = RequestState.RESOLVED if settled else RequestState.ACCEPTED
    return {
        "site_id": demo.sites["VER"],
        "place_id": place_id,
        "category": category,
        "text": text,
        "channel": Channel.CODE if dice.random() < 0.6 else Channel.PAGE,
        "contact": "",
        "reported_by_id": demo.users["employee"],
        "reported_at": at,
        "priority": priority,
        "state": state,
        "due_at": due,
        "resolved_at": settled,
        "resolution": "Done." if settled else "",
    }


def this_morning(demo: Demo) -> None:
    """Six that nobody looked at yet, and work that is planned, begun and done."""
    site_id = demo.sites["VER"]
    with demo.house.acting(demo.users["employee"]) as ctx:
        for code, category, text, minutes in MORNING:
            made = requests.report(ctx, site_id, NewRequest(category, text, demo.places[code]))
            made.reported_at -= timedelta(minutes=minutes)
    with demo.house.acting(demo.users["facility_manager"]) as ctx:
        waiting = requests.list_requests(ctx, site_id=site_id, states=(RequestState.ACCEPTED,), limit=6)
        orders = [
            workorders.open_for(ctx, row.id, NewWork(row.text, tasks=("Look at it", "Mend it", "Tidy up")))
            for row in waiting
        ]
        if orders:
            workorders.start(ctx, orders[0].id, orders[0].version)
        yearly = NewWork("Yearly check of the fire doors", tasks=("Hall 1", "Hall 2", "Hall 3"))
        done = workorders.open_work(ctx, site_id, yearly, demo.places["OF"], ctx.now + timedelta(days=5))
        for task in done.tasks:
            workorders.tick(ctx, done.id, done.version, task.id, True)
        workorders.finish(ctx, done.id, done.version, "All doors close.", Decimal(95))
