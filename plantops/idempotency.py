"""The same thing sent twice is done once: each sending has a key, and the first answer is kept for the second."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from plantops.context import Context, within
from plantops.db import Base, unaudited
from plantops.errors import Conflict
from plantops.wording import say

KEPT = timedelta(days=30)


class Sending(Base):
    """One sending of a form or of an API call, written in the transaction of what it did."""

    __tablename__ = "core_idempotency"
    __table_args__ = (sa.Index("ix_core_idempotency_at", "at"), unaudited())

    actor_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[str]
    body_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    status: Mapped[int | None] = mapped_column(sa.Integer)
    headers: Mapped[list[Any]] = mapped_column(JSONB)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)
    at: Mapped[datetime]


@dataclass(frozen=True)
class Answer:
    """What the first sending was answered."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


@within("every changing request begins with it, before its action checks the right")
def begin(ctx: Context, key: str, route: str, body_hash: bytes) -> Answer | None:
    """None when this is the first sending; else the first one's answer. Waits while the first is still at work.

    Raises Conflict when the key was used for something else.
    """
    claimed = ctx.session.execute(
        sa.text(
            "INSERT INTO core_idempotency (actor_id, key, route, body_hash, headers, body, at)"
            " VALUES (:actor, :key, :route, :hash, '[]', '', :now) ON CONFLICT DO NOTHING RETURNING key"
        ),
        {"actor": ctx.user.id, "key": key, "route": route, "hash": body_hash, "now": ctx.now},
    ).first()
    if claimed:
        return None
    first = ctx.session.execute(
        sa.text(
            "SELECT route, body_hash, status, headers, body FROM core_idempotency"
            " WHERE actor_id = :actor AND key = :key"
        ),
        {"actor": ctx.user.id, "key": key},
    ).one()
    if first.route != route or bytes(first.body_hash) != body_hash:
        raise Conflict(
            say("This was sent before with other contents. Load the page again, then repeat what you did."),
            code="key_used",
        )
    return Answer(first.status, tuple((name, value) for name, value in first.headers), bytes(first.body))


@within("every changing request ends with it")
def finish(ctx: Context, key: str, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
    """Keeps the answer, in the same transaction as what was done."""
    ctx.session.execute(
        sa.text(
            "UPDATE core_idempotency SET status = :status, headers = CAST(:headers AS jsonb), body = :body"
            " WHERE actor_id = :actor AND key = :key"
        ),
        {
            "status": status,
            "headers": json.dumps([list(pair) for pair in headers]),
            "body": body,
            "actor": ctx.user.id,
            "key": key,
        },
    )


@within("a job of the system")
def forget_old(ctx: Context) -> int:
    """Keys older than thirty days; returns how many."""
    gone = ctx.session.execute(sa.text("DELETE FROM core_idempotency WHERE at < :before"), {"before": ctx.now - KEPT})
    return int(gone.rowcount)  # type: ignore[attr-defined]
