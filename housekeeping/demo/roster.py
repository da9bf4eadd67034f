"""The demo's zones to clean, the people needed because of them, and a published roster of two weeks."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import cast

from housekeeping import needs, rosters
from housekeeping.needs import Wanted
from housekeeping.optimise.roster import solve
from housekeeping.roster_models import Roster, RosterState
from plantops.context import Context
from plantops.demo import Demo
from plantops.engines import Limits

SOLVER_SECONDS = 4
# department, kind of work, shift, people from Monday to Friday, on Saturday and Sunday
NEEDED = (
    ("CLEAN", "clean", "E", 7, 2),
    ("CLEAN", "clean", "L", 4, 0),
    ("TECH", "maintain", "E", 2, 1),
    ("TECH", "maintain", "L", 1, 0),
    ("STORE", "forklift", "E", 3, 0),
    ("STORE", "forklift", "L", 2, 0),
    ("DRIVE", "drive", "E", 3, 0),
    ("GATE", "gate", "E", 1, 1),
    ("GATE", "gate", "L", 1, 0),
)
# area, minutes for a zone, times a week
CLEANING = (
    ("H1", 16, 5), ("H2", 16, 5), ("H3", 20, 5), ("ST", 14, 3), ("DN", 12, 3),
    ("DS", 12, 3), ("OF", 18, 5), ("CA", 30, 10), ("GA", 12, 7), ("YA", 25, 1),
)  # fmt: skip


def build(demo: Demo) -> None:
    staff = demo.kept["personnel"]
    departments = cast("dict[str, int]", staff["departments"])
    shifts = cast("dict[str, int]", staff["shifts"])
    site_id = demo.sites["VER"]
    with demo.house.acting() as ctx:
        add_tasks(demo, ctx, shifts["E"])
        version = needs.table_version(ctx, site_id)
        for department, work, shift, weekdays, weekend in NEEDED:
            for days, needed in ((range(5), weekdays), (range(5, 7), weekend)):
                wanted = Wanted(departments[department], days, shifts[shift], work, needed)
                version = needs.set_need(ctx, site_id, version, wanted)
    with demo.house.acting() as ctx:
        publish(demo, ctx, site_id)


def add_tasks(demo: Demo, ctx: Context, template_id: int) -> None:
    """One task for each of the 120 zones."""
    often = {area: (minutes, times) for area, minutes, times in CLEANING}
    for code, place_id in demo.places.items():
        area, dash, _number = code.partition("-")
        if dash and area in often:
            minutes, times = often[area]
            needs.add_task(ctx, place_id, "Clean the zone", Decimal(minutes), times, template_id)


def publish(demo: Demo, ctx: Context, site_id: int) -> None:
    """This week and the next: computed by the same engine as any other roster, kept and published by its actions."""
    first = demo.today - timedelta(days=demo.today.weekday())
    made = Roster(
        site_id=site_id,
        first_day=first,
        last_day=first + timedelta(days=13),
        state=RosterState.COMPUTING,
        made_by_id=demo.users["facility_manager"],
        made_at=ctx.now,
        seconds_asked=SOLVER_SECONDS,
        clashes=[],
        cells=[],
        holes=[],
    )
    ctx.session.add(made)
    ctx.session.flush()
    problem, seconds, seed = rosters.begin(ctx, made.id)
    reached: list[float | None] = []
    answer = solve(
        problem,
        Limits(seconds=seconds, seed=seed, cpu=True),
        lambda news: reached.append(news.incumbent),
        lambda: reached[-1:] == [0],  # nobody is missing and no wish unmet: better there is none
    )
    kept = rosters.keep(ctx, made.id, answer)
    rosters.publish(ctx, kept.id, kept.version, "the demo's first roster")
