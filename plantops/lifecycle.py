"""Lifecycles: which state may follow which, written as data, and the one way to move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plantops.context import Context, within
from plantops.db import Base, Id, unaudited
from plantops.errors import Conflict, Invalid
from plantops.events import Moved
from plantops.wording import inside, label, say


class Transition(Base):
    """One step of one document: who, on whose behalf, from where to where, and why."""

    __tablename__ = "core_transition"
    __table_args__ = (sa.Index("ix_core_transition_origin", "kind", "row_id", "id"), unaudited())

    id: Mapped[Id]
    kind: Mapped[str]
    row_id: Mapped[int]
    source: Mapped[str]
    target: Mapped[str]
    actor_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    on_behalf_of: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"))
    reason: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


@dataclass(frozen=True)
class Lifecycle:
    """Which states may follow which. `reason_for` names the states that need a reason to be entered.

    `undo` names the steps (source, target) that who took them may take back for half a minute: those of which
    nothing has left the house, and that the module's action in the manifest's `undo` really reverses.
    """

    follow: Mapping[StrEnum, tuple[StrEnum, ...]]
    reason_for: frozenset[StrEnum] = frozenset()
    undo: frozenset[tuple[StrEnum, StrEnum]] = frozenset()

    def why_not(self, source: StrEnum, target: StrEnum) -> str | None:
        """Why a document in `source` cannot become `target`; None when it can."""
        if target not in self.follow.get(source, ()):
            return say(
                "it is {source}, and from there it cannot become {target}", source=spoken(source), target=spoken(target)
            )
        return None


@dataclass(frozen=True)
class TransitionRow:
    at: datetime
    actor: str
    on_behalf_of: str | None
    source: str
    target: str
    reason: str


# Part of the one question that a record's page asks for its log (`dossier`), as those of talk, files and mails are.
STEPS = """
SELECT 'step' AS part, t.id, t.at, u.name AS actor, b.name AS on_behalf_of,
    jsonb_build_object('source', t.source, 'target', t.target, 'reason', t.reason) AS more
FROM core_transition t JOIN core_user u ON u.id = t.actor_id LEFT JOIN core_user b ON b.id = t.on_behalf_of
WHERE t.kind = :kind AND t.row_id = :row
"""


def spoken(state: StrEnum) -> str:
    """A state within a sentence."""
    return inside(label(state))


@within("the document's action has checked the right")
def move(ctx: Context, row: Any, target: StrEnum, reason: str = "", *, at_once: bool = True) -> None:
    """Moves a locked document to a state: checks, stamps the actor, writes the step, makes a new version.

    The class of `row` has `lifecycle: ClassVar[Lifecycle]`, `state` and `version`. Not `at_once`: the caller
    writes it, together with the one that follows right away, and then tells the last of them.
    """
    source = row.state
    name = getattr(row, "number", None) or f"{row.__tablename__} {row.id}"
    if why := row.lifecycle.why_not(source, target):
        raise Conflict(say("Cannot make {name} {target}: {why}.", name=name, target=spoken(target), why=why))
    if target in row.lifecycle.reason_for and not reason.strip():
        raise Invalid(say("Say why {name} becomes {target}.", name=name, target=spoken(target)), field="reason")
    row.state = target
    row.version += 1
    ctx.session.add(
        Transition(
            kind=row.__tablename__,
            row_id=row.id,
            source=str(source),
            target=str(target),
            actor_id=ctx.user.id,
            on_behalf_of=ctx.on_behalf_of,
            reason=reason.strip(),
            at=ctx.now,
        )
    )
    if at_once:
        ctx.session.flush()
        tell(ctx, row)


@within("a step is told once it is written")
def tell(ctx: Context, row: Any) -> None:
    """Who follows the document, and others outside of the house, hear where it is now."""
    ctx.emit(Moved(f"{row.__tablename__}:{row.id}", str(row.state)))


@within("shown on a document that the person may see")
def steps(ctx: Context, row: Any) -> list[TransitionRow]:
    """Every step of a document, oldest first."""
    rows = ctx.session.execute(sa.text(f"{STEPS} ORDER BY id"), {"kind": row.__tablename__, "row": row.id})
    return [step(found) for found in rows]


def step(found: sa.Row[Any]) -> TransitionRow:
    return TransitionRow(found.at, found.actor, found.on_behalf_of, **found.more)
