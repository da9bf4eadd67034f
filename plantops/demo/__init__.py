"""The demo plant: Marenfeld Pumps, plant Verrin. Invented, seeded, and made through the product's own actions."""

from __future__ import annotations

import random
import time
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
    with house.acting() as ctx:
        ctx.session.execute(sa.text("ANALYZE"))
    began = time.monotonic()
    load("plantops.demo.week:build")(demo)
    say(f"  the weekly pages {time.monotonic() - began:.1f} s")
    return demo


def parts_of(demo: Demo) -> list[Part]:
    """A part for each module that has one; it waits for those that its module may use."""
    below: dict[str, frozenset[str]] = {}
    parts = []
    for module in demo.house.registry.modules:  # in order of dependency
        names = [name for name in (*module.depends, *module.after) if name in below]
        below[module.name] = frozenset(names).union(*(below[name] for name in names))
        if module.demo:
            parts.append(Part(module.name, below[module.name], partial(part_of_module, demo, module.demo, module.name)))
    made = {part.name for part in parts}
    return [replace(part, needs=part.needs & made) for part in parts]


def part_of_module(demo: Demo, path: str, name: str) -> Kept:
    """Runs in a process of its own, perhaps: what it leaves for others goes back as its result."""
    demo.house.database.engine.dispose(close=False)
    make(demo, path, name)
    demo.house.database.dispose()
    return demo.kept


def make(demo: Demo, path: str, name: str) -> None:
    load(path)(demo)
    with demo.house.acting() as ctx:
        # So much is new that the planner must look at it at once.
        tables = [table for table in Base.metadata.tables if table.startswith(f"{name}_") and table != "core_audit"]
        ctx.session.execute(sa.text(f"ANALYZE {', '.join(tables)}"))
