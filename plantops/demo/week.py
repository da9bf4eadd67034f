"""A week of the demo, made as it would have been on Monday morning."""

from __future__ import annotations

from plantops.demo import Demo
from plantops.module import load
from plantops.weekly import Span


def build(demo: Demo, back: int) -> None:
    with demo.house.acting() as ctx:
        load("plantops.weekly_book:make")(ctx, Span.of_day(ctx.today).back(back))
