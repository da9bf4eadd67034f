"""Who may see a record: each module says it of its own, for one reader or for many in one look."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from plantops.context import Context, anyone, within
from plantops.db import Base
from plantops.events import Question

Sight = sa.Select[int]
"""The ids of people who see a record."""


@dataclass(frozen=True)
class RecordSeen(Question[Sight]):
    """Who of these may see the record `table:id`? Each module answers with queries for those of its own tables."""

    origin: str
    readers: tuple[Context, ...]


Owned = Mapping[str, tuple[StrEnum | None, Callable[[Context], sa.Select[Any]]]]


@anyone("a question about one's own rights")
def may_see(ctx: Context, origin: str) -> bool:
    """May this person see the record?"""
    seen = who_may_see(ctx, origin, (ctx,))
    return seen is not None and ctx.session.scalar(seen) is not None


@within("the house asks with the rights of each of them")
def who_may_see(ctx: Context, origin: str, readers: Sequence[Context]) -> sa.CompoundSelect[int] | None:
    """Asks in one look for the ids of those among the readers who may see the record; None when it is nobody."""
    sights: list[Sight] = ctx.ask(RecordSeen(origin, tuple(readers)))
    return sa.union(*sights) if sights else None


@within("a module answers for the records that it owns")
def answer(_ctx: Context, question: RecordSeen, owned: Owned) -> list[Sight]:
    """Who of the readers may see it, when the record is one of these: kind -> (right, visible)."""
    kind, _, id = question.origin.partition(":")
    if kind not in owned or not id.isdigit() or len(id) > 18:
        return []
    right, visible = owned[kind]
    key, able = Base.metadata.tables[kind].c.id, [one for one in question.readers if right is None or one.may(right)]
    seen = [visible(one).order_by(None).with_only_columns(key).where(key == int(id)) for one in able]
    return [sees(one).where(view.exists()) for one, view in zip(able, seen, strict=True)]


@within("a module narrows it by a condition under which this reader sees the record")
def sees(reader: Context) -> Sight:
    return sa.select(sa.literal(reader.user.id, sa.BigInteger))
