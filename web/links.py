"""Where a thing is shown: `purchasing_order:17` is `/purchasing/orders/17`, as its module's manifest says."""

from __future__ import annotations

from plantops.module import Registry


def link(registry: Registry, origin: str) -> str:
    """The address of an origin; empty for what has no page of its own."""
    kind, _, id = origin.partition(":")
    for module in registry.modules:
        if kind in module.links:
            return module.links[kind].replace("{id}", id)
    return ""
