"""The demo's crews and desk: a published roster, rounds, two years of requests, this morning's, and real ones."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from housekeeping.demo import desk, roster, rounds
from plantops import imports
from plantops.demo import Demo

HERE = Path(__file__).parent
A_MINUTE = timedelta(minutes=1)  # one after the other: the route planner comes first


def build(demo: Demo) -> None:
    roster.build(demo)
    desk.build(demo)
    rounds.build(demo)
    with demo.house.acting() as ctx:
        ctx.enqueue("housekeeping.get_ready", lock="housekeeping.get_ready", run_at=ctx.now + A_MINUTE)


def load_the_real_file(demo: Demo) -> None:
    """Real requests of citizens go to the sample site, through the product's own import."""
    with demo.house.acting() as ctx:
        text = (HERE / "maps" / "nyc311.toml").read_text(encoding="utf-8")
        imports.bring(ctx, "service-requests", HERE / "data" / "nyc311_requests.csv", text)
