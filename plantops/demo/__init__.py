"""The demo plant: Marenfeld Pumps, plant Verrin. Invented, seeded, and made through the product's own actions."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import cast

import sqlalchemy as sa

from plantops.calendar import zone
from plantops.core import House
from plantops.db import Base
from plantops.demo import together
from plantops.demo.aside import set_aside
from plantops.demo.together import Part
from plantops.module import DemoPart, load

PASSWORD = "marenfeld-demo"  # noqa: S105  the demo's logins are meant to be known
ZONE = "Europe/Luxembourg"
YEARS = 2
Kept = dict[str, dict[str, object]]


@dataclass
class Demo:
    """What the generators share. Each module's `build(demo)` adds its part, in order of dependency.

    `sites` maps codes to ids (VER plant, OST depot, SAM sample data), `places` and `cost_centres` likewise
    within VER, `users` maps logins (= role names for the 17 role logins) to ids. `kept` is where a
    generator leaves ids for those after it, under its module's name.
    """

    house: House
    seed: int = 20261122
    sites: dict[str, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    cost_centres: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    kept: Kept = field(default_factory=dict)
    say: Callable[[str], None] = lambda _text: None

    @property
    def now(self) -> datetime:
        return self.house.clock()

    @property
    def today(self) -> date:
        """Today at the plant, which is tomorrow already when it is late in the evening in Greenwich."""
        return self.now.astimezone(zone(ZONE)).date()

    @property
    def first_day(self) -> date:
        """The Monday two years ago on which the history begins."""
        start = self.today - timedelta(days=365 * YEARS)
        return start - timedelta(days=start.weekday())

    def random(self, subject: str) -> random.Random:
        """A generator of its own per subject, so that parts do not shift each other."""
        return random.Random(f"{self.seed}:{subject}")  # noqa: S311  a demo, not a secret


def build(
    house: House, say: Callable[[str], None] = print, *, seed: int = 20261122, at_once: int = together.AT_ONCE
) -> Demo:
    """The whole demo plant in an initialised, empty database, so many modules' parts at once."""
    demo = Demo(house, seed=seed, say=say)
    make(demo, "plantops.demo.plant:build", tables_of("core"))
    filled = {table for part in declared(demo) for table in part.fills}
    with house.acting() as ctx:
        waiting = set_aside(ctx, filled)
    house.database.dispose()  # a connection is not shared with the processes of the parts

    def done(part: Part, kept: object, seconds: float) -> None:
        demo.kept.update(cast("Kept", kept))
        say(f"  {part.name} {seconds:.1f} s")

    together.run(parts_of(demo), done, at_once)
    with house.acting() as ctx:
        waiting.bring_back(ctx)
    look_at(demo, [table for table in filled if table.startswith("core_")])
    house.database.dispose()
    return demo


def declared(demo: Demo) -> list[DemoPart]:
    return [part for module in demo.house.registry.modules for part in module.demo_parts]


def parts_of(demo: Demo) -> list[Part]:
    """What the modules declare, each with the names of the parts that it waits for, and the weeks made of them."""
    parts: list[Part] = []
    of_module: dict[str, frozenset[str]] = {}
    for module in demo.house.registry.modules:  # in order of dependency
        looked_at = False
        for one in module.demo_parts:
            needs = frozenset[str]().union(*(of_module.get(name, {name}) for name in one.needs))
            tables = list(one.fills) if looked_at else tables_of(module.name)
            parts.append(Part(one.name, needs, partial(apart, demo, partial(make, path=one.path, tables=tables))))
            looked_at = True
        below = (of_module.get(name, frozenset()) for name in (*module.depends, *module.after))
        of_module[module.name] = frozenset(one.name for one in module.demo_parts) or frozenset[str]().union(*below)
    made = {part.name for part in parts}
    counted = frozenset(one.name for one in declared(demo) if one.in_totals)
    weeks = Part(
        "the last two weeks", counted, partial(apart, demo, partial(make, path="plantops.demo.week:build", tables=[]))
    )
    return [*(replace(part, needs=part.needs & made) for part in parts), weeks]


def apart(demo: Demo, work: Callable[[Demo], None]) -> Kept:
    """Runs in a process of its own, perhaps: what it leaves for others goes back as its result."""
    demo.house.database.engine.dispose(close=False)
    work(demo)
    demo.house.database.dispose()
    return demo.kept


def make(demo: Demo, path: str, tables: list[str]) -> None:
    load(path)(demo)
    look_at(demo, tables)


def tables_of(module: str) -> list[str]:
    return [table for table in Base.metadata.tables if table.startswith(f"{module}_") and table != "core_audit"]


def look_at(demo: Demo, tables: list[str]) -> None:
    """So much is new in these tables that the planner of queries must look at them at once."""
    if tables:
        with demo.house.acting() as ctx:
            ctx.session.execute(sa.text(f"ANALYZE {', '.join(tables)}"))
