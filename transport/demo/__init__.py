"""Transport of the demo plant: nine vehicles, two years of stops, and four real days on the sample site."""

from __future__ import annotations

from transport.demo.fleet import build

__all__ = ["build"]
