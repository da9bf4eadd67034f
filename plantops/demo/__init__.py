"""The demo plant: Marenfeld Pumps, plant Verrin. Invented, seeded, and made through the product's own actions."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from plantops.calendar import zone
from plantops.core import House
from plantops.module import load

PASSWORD = "marenfeld-demo"  # noqa: S105  the demo's logins are meant to be known
ZONE = "Europe/Luxembourg"
YEARS = 2


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
    kept: dict[str, dict[str, object]] = field(default_factory=dict)
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


def build(house: House, say: Callable[[str], None] = print, *, seed: int = 20261122) -> Demo:
    """The whole demo plant in an initialised, empty database."""
    demo = Demo(house, seed=seed, say=say)
    parts = [module.demo for module in house.registry.modules if module.demo]
    for path in ("plantops.demo.plant:build", *parts, "plantops.demo.week:build"):
        began = time.monotonic()
        load(path)(demo)
        with house.acting() as ctx:
            ctx.session.execute(sa.text("ANALYZE"))  # so much is new that the planner must look at it at once
        say(f"  {path.partition('.')[0]} {time.monotonic() - began:.1f} s")
    return demo
