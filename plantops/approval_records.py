"""What is kept of an approval: the document as it stood, its levels, who decided; and how pages read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plantops.approval_rules import Approver
from plantops.db import Base, Currency, Id, Money, Versioned, choice


class ApprovalState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    VOID = "void"


LIVE = (ApprovalState.WAITING, ApprovalState.APPROVED)


# --- Tables


class Decision(Base):
    """One person's yes or no at one step, for themselves or on behalf of somebody who is away."""

    __tablename__ = "core_approval_decision"
    __table_args__ = (sa.UniqueConstraint("step_id", "decided_by_id"), sa.UniqueConstraint("step_id", "for_id"))

    id: Mapped[Id]
    step_id: Mapped[int] = mapped_column(sa.ForeignKey("core_approval_step.id"))
    decided_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    for_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    """Whose yes it is: the same person, or the one who delegated."""
    yes: Mapped[bool]
    reason: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class Step(Base):
    """What is needed at one level: so many yeses of a role, of a person or of the budget holder."""

    __tablename__ = "core_approval_step"

    id: Mapped[Id]
    approval_id: Mapped[int] = mapped_column(sa.ForeignKey("core_approval.id"), index=True)
    level: Mapped[int] = mapped_column(sa.Integer)
    rule_id: Mapped[int] = mapped_column(sa.ForeignKey("core_approval_rule.id"))
    approver: Mapped[Approver] = mapped_column(choice(Approver))
    role: Mapped[str | None]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"))
    quorum: Mapped[int] = mapped_column(sa.Integer)
    note: Mapped[str] = mapped_column(default="")
    decisions: Mapped[list[Decision]] = relationship(lazy="raise", order_by=Decision.id)


class Approval(Versioned, Base):
    """The question whether a document, with exactly this content, may go on."""

    __tablename__ = "core_approval"
    __table_args__ = (
        sa.Index(
            "uq_core_approval_live", "origin", unique=True, postgresql_where=sa.text("state IN ('waiting', 'approved')")
        ),
        sa.Index("ix_core_approval_waiting", "open_level", postgresql_where=sa.text("state = 'waiting'")),
        sa.Index("ix_core_approval_origin", "origin"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    origin: Mapped[str]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"))
    amount: Mapped[Money]
    currency: Mapped[Currency]
    category: Mapped[str | None]
    cost_centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_cost_centre.id"))
    requested_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    content_hash: Mapped[str]
    state: Mapped[ApprovalState] = mapped_column(choice(ApprovalState))
    automatic: Mapped[bool] = mapped_column(default=False)
    """Approved below the limit without anybody: drawn from for the weekly sample."""
    open_level: Mapped[int | None] = mapped_column(sa.Integer)
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    steps: Mapped[list[Step]] = relationship(lazy="raise", order_by=(Step.level, Step.id))


@dataclass(frozen=True)
class Claim:
    """An open step that a person may decide, and in whose name."""

    step_id: int
    for_id: int


@dataclass(frozen=True)
class WaitingRow:
    """A document that waits for this person's yes."""

    approval_id: int
    kind: str
    origin: str
    site_id: int
    amount: Decimal
    currency: str
    category: str | None
    requested_by: str
    asked_at: datetime
    level: int
    on_behalf_of: str | None
    approver: Approver
    role: str | None
    cost_centre: str | None
    above: Decimal
    """From this amount on the rule asks for this yes."""


@dataclass(frozen=True)
class DecisionRow:
    level: int
    who: str
    on_behalf_of: str | None
    yes: bool
    reason: str
    at: datetime


@dataclass(frozen=True)
class Standing:
    """Where the approval of a document stands, for its page."""

    state: ApprovalState
    content_hash: str
    automatic: bool
    reason: str
    level: int | None
    levels: int
    waits_for: tuple[str, ...]
    """Names of who may decide now; empty while waiting means that nobody can: tell an administrator."""
    decisions: tuple[DecisionRow, ...]

    def holds_for(self, content_hash: str) -> bool:
        """Approved, and the document is still the one that was approved."""
        return self.state is ApprovalState.APPROVED and self.content_hash == content_hash
