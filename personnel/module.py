"""The manifest of personnel."""

from __future__ import annotations

from plantops.module import Module

MODULE = Module(name="personnel", title="Personnel")
