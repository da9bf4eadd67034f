"""The manifest of personnel."""

from __future__ import annotations

from personnel import models, time_models
from personnel.permissions import Can
from plantops.module import Module

KNOWN = (models, time_models)  # imported for their tables

MODULE = Module(name="personnel", title="Personnel", permissions=Can)
