"""The demo's crews and desk: a published roster, two years of requests, this morning's, and real ones."""

from __future__ import annotations

from pathlib import Path

from housekeeping.demo import desk, roster
from plantops import imports
from plantops.demo import Demo

HERE = Path(__file__).parent


def build(demo: Demo) -> None:
    roster.build(demo)
    desk.build(demo)
    with demo.house.acting() as ctx:
        text = (HERE / "maps" / "nyc311.toml").read_text(encoding="utf-8")
        imports.bring(ctx, "service-requests", HERE / "data" / "nyc311_requests.csv", text)
