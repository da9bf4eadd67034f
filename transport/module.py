"""The manifest of transport."""

from __future__ import annotations

from plantops.module import Module

MODULE = Module(name="transport", title="Transport")
