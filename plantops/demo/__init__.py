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
from plantops.demo.together import Part
from plantops.module import load

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
    make(demo, "plantops.demo.plant:build", "core")
    house.database.dispose()  # a connection is not shared with the processes of the parts

    def done(part: Part, kept: object, seconds: float) -> None:
        demo.kept.update(cast("Kept", kept))
        say(f"  {part.name} {seconds:.1f} s")

    together.run(parts_of(demo), done, at_once)
    look_at(demo, "core")
    together.run([Part(name, frozenset(), partial(apart, demo, week)) for name, week in weeks()], done, at_once)
    house.database.dispose()
    return demo


def parts_of(demo: Demo) -> list[Part]:
    """What the modules declare, each with the names of the parts that it waits for."""
    parts: list[Part] = []
    of_module: dict[str, frozenset[str]] = {}
    for module in demo.house.registry.modules:  # in order of dependency
        for one in module.demo_parts:
            needs = frozenset[str]().union(*(of_module.get(name, {name}) for name in one.needs))
            parts.append(Part(one.name, needs, partial(apart, demo, partial(make, path=one.path, name=module.name))))
        below = (of_module.get(name, frozenset()) for name in (*module.depends, *module.after))
        of_module[module.name] = frozenset(one.name for one in module.demo_parts) or frozenset[str]().union(*below)
    made = {part.name for part in parts}
    return [replace(part, needs=part.needs & made) for part in parts]


def weeks() -> list[tuple[str, Callable[[Demo], None]]]:
    """The last two weeks as the plant manager reads them, once everything else is there."""
    build_week = load("plantops.demo.week:build")
    return [("the week before last", partial(build_week, back=2)), ("last week", partial(build_week, back=1))]


def apart(demo: Demo, work: Callable[[Demo], None]) -> Kept:
    """Runs in a process of its own, perhaps: what it leaves for others goes back as its result."""
    demo.house.database.engine.dispose(close=False)
    work(demo)
    demo.house.database.dispose()
    return demo.kept


def make(demo: Demo, path: str, name: str) -> None:
    load(path)(demo)
    look_at(demo, name)


def look_at(demo: Demo, module: str) -> None:
    """So much is new in the tables of a module that the planner of queries must look at them at once."""
    tables = [table for table in Base.metadata.tables if table.startswith(f"{module}_") and table != "core_audit"]
    with demo.house.acting() as ctx:
        ctx.session.execute(sa.text(f"ANALYZE {', '.join(tables)}"))
