"""What falls due: certificates, contracts, inspections and to-dos of all modules in one list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from plantops.context import Context, anyone
from plantops.events import DueItem
from plantops.permissions import Can


@anyone("who may read all that is due sees it, everybody else what is theirs")
def due(ctx: Context, until: date, *, mine: bool = False, kind: str | None = None) -> list[DueItem]:
    """Everything that falls due until a day (inclusive), the longest overdue first.

    Each module's functions answer with the reader's own rights; one that asks for a right the reader lacks is left out.
    """
    only_own = mine or not ctx.may(Can.READ_DUE)
    found: list[DueItem] = []
    for module in ctx.registry.modules:
        for function in module.due:
            if _may_ask(ctx, function):
                items: Sequence[DueItem] = function(ctx, until)
                found += [item for item in items if not only_own or item.owner_id == ctx.user.id]
    chosen = (item for item in found if item.due_on <= until and kind in (None, item.kind))
    return sorted(chosen, key=lambda item: (item.due_on, item.kind, item.title))


def _may_ask(ctx: Context, function: Callable[..., Any]) -> bool:
    rights = getattr(function, "__rights__", ())
    return isinstance(rights, str) or not rights or any(ctx.may(right) for right in rights)
