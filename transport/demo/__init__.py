"""Transport of the demo plant: nine vehicles, two years of stops, and four real days on the sample site."""

from __future__ import annotations

from transport.demo.fleet import bring_real_days, build

__all__ = ["bring_real_days", "build"]
