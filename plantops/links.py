"""Links: what `purchasing_order:17` is called, and the page that shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from plantops.context import Context, within
from plantops.db import Base
from plantops.errors import Invalid
from plantops.module import Registry
from plantops.wording import label, say

NAMED = {"core_party": "name", "core_item": "name", "core_store": "name", "core_place": "name"}
"""Things of the core that have a name and no secret; documents of all modules are called by their number."""


@dataclass(frozen=True)
class Link:
    origin: str
    label: str
    url: str
    """Empty where it has no page of its own."""


# --- Rules


def origin_of(kind: str, id: int) -> str:
    """`kind` is the table's name: `origin_of("purchasing_order", 17)` is `purchasing_order:17`."""
    return f"{kind}:{id}"


def parts(origin: str) -> tuple[str, int]:
    """Kind and id. Raises Invalid when the text is not an origin."""
    kind, _, id = origin.partition(":")
    if not kind or not id.isascii() or not id.isdigit() or len(id) > 18:
        raise Invalid(say("{origin} is not the name of a thing in here.", origin=repr(origin[:60])), field="origin")
    return kind, int(id)


def url(registry: Registry, origin: str) -> str:
    """Where it is shown, as its module's manifest says; empty where it has no page of its own."""
    kind, _, id = origin.partition(":")
    patterns = (module.links[kind] for module in registry.modules if kind in module.links)
    return next(patterns, "").replace("{id}", id) if id.isdigit() else ""


def shown_at(registry: Registry, path: str) -> str:
    """The record that a page shows, by its address: `/purchasing/orders/17` is `purchasing_order:17`; else empty."""
    for module in registry.modules:
        for kind, pattern in module.links.items():
            before, _, after = pattern.partition("{id}")
            id = path[len(before) : len(path) - len(after)]
            if path.startswith(before) and path.endswith(after) and id.isascii() and id.isdigit():
                return origin_of(kind, int(id)) if len(id) <= 18 else ""
    return ""


def spoken(registry: Registry, origin: str) -> str:
    """What it is called without asking the database: `purchasing_order:17` is `Order 17`."""
    kind, _, id = origin.partition(":")
    return f"{noun(registry, kind)} {id}".strip()


def noun(registry: Registry, kind: str) -> str:
    """What one of a kind is called: `purchasing_order` is `Order`."""
    found = [one.kind for module in registry.modules for one in module.search if one.origin == kind]
    for module in registry.modules:
        for of, document in module.documents.items():
            found += [document.title] if of == kind and document.title else []
            if any(lines.table == kind for lines in document.lines):
                found.append(say("Lines: {of}", of=noun(registry, of)))
    return next(iter(found), label(kind.partition("_")[2] or kind))


# --- Questions


@within("shown on a thing that the person may see; a number tells no more than that it exists")
def link(ctx: Context, origin: str) -> Link:
    return links(ctx, [origin])[origin]


@within("shown on things that the person may see; a number tells no more than that it exists")
def links(ctx: Context, origins: Iterable[str]) -> dict[str, Link]:
    """Labels and addresses of many origins, with one query for each kind among them."""
    by_kind: dict[str, set[int]] = defaultdict(set)
    wanted = list(dict.fromkeys(origins))
    for origin in wanted:
        kind, _, id = origin.partition(":")
        if id.isascii() and id.isdigit() and len(id) <= 18:
            by_kind[kind].add(int(id))
    labels: dict[str, str] = {}
    for kind, ids in by_kind.items():
        table = Base.metadata.tables.get(kind)
        if table is None or "id" not in table.c or (name := NAMED.get(kind, "number")) not in table.c:
            continue
        query = sa.select(table.c.id, table.c[name]).where(table.c.id.in_(ids))
        labels |= {origin_of(kind, id): str(label) for id, label in ctx.session.execute(query) if label}
    return {
        origin: Link(origin, labels.get(origin) or spoken(ctx.registry, origin), url(ctx.registry, origin))
        for origin in wanted
    }
