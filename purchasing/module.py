"""The manifest of purchasing."""

from __future__ import annotations

from plantops.module import Module

MODULE = Module(name="purchasing", title="Purchasing")
