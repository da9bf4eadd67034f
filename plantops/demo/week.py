"""The demo's last two weeks, made as they would have been on Monday morning."""

from __future__ import annotations

from plantops.demo import Demo
from plantops.module import load
from plantops.weekly import Span


def build(demo: Demo) -> None:
    with demo.house.acting() as ctx:
        for back in (2, 1):
            load("plantops.weekly_book:make")(ctx, Span.of_day(ctx.today).back(back))
