"""Two weeks of the demo, each made as it would have been on Monday morning."""

from __future__ import annotations

from plantops import weekly_archive, weekly_report
from plantops.demo import Demo
from plantops.weekly import Span


def build(demo: Demo) -> None:
    """The week before last, then last week, which is read beside it."""
    for back in (2, 1):
        with demo.house.acting() as ctx:
            span = Span.of_day(ctx.today).back(back)
            payload = weekly_report.in_every_language(ctx.as_system(), span)
            weekly_archive.freeze(ctx, span, payload, weekly_report.digest(payload))
