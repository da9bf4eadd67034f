"""The manifest of housekeeping."""

from __future__ import annotations

from plantops.module import Module

MODULE = Module(name="housekeeping", title="Housekeeping")
