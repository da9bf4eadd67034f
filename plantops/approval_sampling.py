"""The weekly sample: some of what approved itself is looked at by a person afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, aliased, mapped_column

from plantops import options
from plantops.approval_records import Approval
from plantops.context import Context, requires, within
from plantops.db import Base, Id, Versioned, bump, get
from plantops.errors import Conflict, Forbidden, Invalid
from plantops.options import Option
from plantops.people import User
from plantops.permissions import Can
from plantops.wording import say

PERCENT, LEAST = "approval_sample_percent", "approval_sample_least"
SETTINGS = {
    PERCENT: Option(
        Decimal(10), "Share of self-approved documents in the weekly sample", "%", Decimal(0), Decimal(100)
    ),
    LEAST: Option(5, "Fewest self-approved documents in the weekly sample", "documents", Decimal(0)),
}


class Sample(Versioned, Base):
    """A document that approved itself and was drawn to be looked at."""

    __tablename__ = "core_approval_sample"
    __table_args__ = (
        sa.CheckConstraint("(judged_at IS NULL) = (is_right IS NULL)", name="judged_or_not"),
        sa.CheckConstraint("is_right IS NOT FALSE OR note <> ''", name="wrong_with_a_note"),
    )

    id: Mapped[Id]
    approval_id: Mapped[int] = mapped_column(sa.ForeignKey("core_approval.id"), unique=True)
    week: Mapped[date] = mapped_column(index=True)
    """Monday of the week in which it approved itself."""
    is_right: Mapped[bool | None]
    note: Mapped[str] = mapped_column(default="")
    judged_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"))
    judged_at: Mapped[datetime | None]


@dataclass(frozen=True)
class SampleRow:
    id: int
    version: int
    origin: str
    week: date
    amount: Decimal
    currency: str
    requested_by: str
    is_right: bool | None
    note: str
    judged_by: str | None


# --- Rules


def sample_size(there: int, percent: Decimal, least: int) -> int:
    """At least `least`, else the share rounded up, never more than there are."""
    share = int((there * percent / 100).to_integral_value(ROUND_UP))
    return min(there, max(share, least))


# --- Questions


def visible(ctx: Context) -> sa.Select[Sample]:
    every = sa.select(Sample)
    return every if ctx.may(Can.SAMPLE_APPROVALS) else every.where(sa.false())


@requires(Can.SAMPLE_APPROVALS)
def list_samples(ctx: Context, *, open_only: bool = True) -> list[SampleRow]:
    """What is to be looked at, the oldest week first."""
    asker, judge = aliased(User), aliased(User)
    query = (
        sa.select(
            Sample.id,
            Sample.version,
            Approval.origin,
            Sample.week,
            Approval.amount,
            Approval.currency,
            asker.name,
            Sample.is_right,
            Sample.note,
            judge.name,
        )
        .join(Approval, Approval.id == Sample.approval_id)
        .join(asker, asker.id == Approval.requested_by_id)
        .outerjoin(judge, judge.id == Sample.judged_by_id)
        .where(Sample.id.in_(visible(ctx).with_only_columns(Sample.id)))
        .order_by(Sample.week, Sample.id)
    )
    if open_only:
        query = query.where(Sample.judged_at.is_(None))
    rows: list[list[Any]] = [list(row) for row in ctx.session.execute(query)]
    return [SampleRow(*row) for row in rows]


# --- Actions


@within("a job of the system")
def draw(ctx: Context) -> int:
    """Draws last week's sample by lot; returns how many. A week is drawn once."""
    this_monday = ctx.today - timedelta(days=ctx.today.weekday())
    week = this_monday - timedelta(days=7)
    ctx.session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended("approval sample", 0))))
    if ctx.session.scalar(sa.select(sa.func.count()).where(Sample.week == week)):
        return 0
    first, last = (datetime.combine(day, time(), ctx.zone) for day in (week, this_monday))
    pool = sa.select(Approval.id).where(Approval.automatic, Approval.asked_at >= first, Approval.asked_at < last)
    there = ctx.session.scalar(sa.select(sa.func.count()).select_from(pool.subquery())) or 0
    wanted = sample_size(there, options.amount(ctx, f"core.{PERCENT}"), int(options.amount(ctx, f"core.{LEAST}")))
    drawn = ctx.session.scalars(pool.order_by(sa.func.random()).limit(wanted)).all()
    ctx.session.add_all(Sample(approval_id=id, week=week) for id in sorted(drawn))
    ctx.session.flush()
    return len(drawn)


@requires(Can.SAMPLE_APPROVALS)
def judge(ctx: Context, id: int, version: int, *, is_right: bool, note: str = "") -> Sample:
    """Somebody else than the requester looked: it was right, or it was not and why."""
    sample = get(ctx.session, visible(ctx).where(Sample.id == id), what="sample", version=version, lock=True)
    approval = get(ctx.session, sa.select(Approval).where(Approval.id == sample.approval_id), what="approval")
    if ctx.user.id in (approval.requested_by_id, approval.created_by_id):
        raise Forbidden(say("You asked for it yourself. Somebody else has to look at it."))
    if sample.judged_at is not None:
        raise Conflict(say("Somebody has looked at it already."))
    if not is_right and not note.strip():
        raise Invalid(say("Say what was not right: the requester and the buyer will read it."), field="note")
    sample.is_right, sample.note = is_right, note.strip()
    sample.judged_by_id, sample.judged_at = ctx.user.id, ctx.now
    bump(sample)
    ctx.session.flush()
    return sample
