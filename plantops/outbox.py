"""The outbox: mails written in the transaction that they tell of, and posted only after it was committed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from plantops.db import Base, Id, choice, unaudited


class State(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    RECALLED = "recalled"


class OutgoingMail(Base):
    """One mail to one address. At least once: a doubled delivery carries the same Message-ID."""

    __tablename__ = "core_outbox"
    __table_args__ = (
        sa.Index("ix_core_outbox_due", "next_try_at", postgresql_where=sa.text("state = 'waiting'")),
        sa.Index("ix_core_outbox_origin", "origin"),
        unaudited(),
    )

    id: Mapped[Id]
    state: Mapped[State] = mapped_column(choice(State, "outbox_state"), default=State.WAITING)
    to_address: Mapped[str]
    to_name: Mapped[str] = mapped_column(default="")
    reply_to: Mapped[str | None]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str | None]
    file_ids: Mapped[list[int]] = mapped_column(JSONB, default=list)
    origin: Mapped[str]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(sa.Integer, default=0)
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None]
