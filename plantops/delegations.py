"""Delegations: who decides for whom while somebody is away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, aliased, mapped_column

from plantops.context import Context, anyone, requires, within
from plantops.db import Base, Id, Versioned, bump, get
from plantops.errors import Conflict, Invalid
from plantops.people import User
from plantops.permissions import Can
from plantops.wording import say

LONGEST_DAYS = 366


class Delegation(Versioned, Base):
    """From one day to another (both included) somebody decides on behalf of somebody else. It is not passed on."""

    __tablename__ = "core_delegation"
    __table_args__ = (
        sa.CheckConstraint("first_day <= last_day", name="days_in_order"),
        sa.CheckConstraint("from_user_id <> to_user_id", name="to_somebody_else"),
    )

    id: Mapped[Id]
    from_user_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"), index=True)
    to_user_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"), index=True)
    kind: Mapped[str | None]
    """Only this kind of document; None is every kind."""
    first_day: Mapped[date]
    last_day: Mapped[date]
    note: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]


@dataclass(frozen=True)
class DelegationRow:
    id: int
    version: int
    from_user_id: int
    from_name: str
    to_user_id: int
    to_name: str
    kind: str | None
    first_day: date
    last_day: date
    note: str


# --- Rules


def why_not_delegate(from_user_id: int, to_user_id: int, first_day: date, last_day: date, today: date) -> str | None:
    if from_user_id == to_user_id:
        return say("it goes to yourself")
    if last_day < first_day:
        return say("the last day is before the first")
    if last_day < today:
        return say("it lies in the past")
    if (last_day - first_day).days >= LONGEST_DAYS:
        return say("it is longer than a year")
    return None


# --- Questions


def visible(ctx: Context) -> sa.Select[Delegation]:
    """One's own, given and received; who manages approvals everywhere sees all."""
    every = sa.select(Delegation)
    if ctx.may_everywhere(Can.MANAGE_APPROVALS):
        return every
    return every.where((Delegation.from_user_id == ctx.user.id) | (Delegation.to_user_id == ctx.user.id))


@within("approvals ask for whom a person may decide today")
def principals(ctx: Context) -> sa.Subquery:
    """The people for whom this person may decide today: themselves (kind null) and those who delegated to them."""
    own = sa.select(sa.literal(ctx.user.id, sa.BigInteger).label("id"), sa.cast(sa.null(), sa.Text).label("kind"))
    given = sa.select(Delegation.from_user_id, Delegation.kind).where(
        Delegation.to_user_id == ctx.user.id,
        Delegation.ended_at.is_(None),
        Delegation.first_day <= ctx.today,
        Delegation.last_day >= ctx.today,
    )
    return own.union_all(given).subquery("principals")


@anyone("everybody sees who decides for them and for whom they decide")
def list_delegations(ctx: Context, *, past: bool = False) -> list[DelegationRow]:
    giver, taker = aliased(User), aliased(User)
    mine = visible(ctx).with_only_columns(Delegation.id)
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(
            Delegation.id,
            Delegation.version,
            Delegation.from_user_id,
            giver.name,
            Delegation.to_user_id,
            taker.name,
            Delegation.kind,
            Delegation.first_day,
            Delegation.last_day,
            Delegation.note,
        )
        .where(Delegation.id.in_(mine))
        .join(giver, giver.id == Delegation.from_user_id)
        .join(taker, taker.id == Delegation.to_user_id)
        .order_by(Delegation.first_day, Delegation.id)
    )
    if not past:
        query = query.where(Delegation.ended_at.is_(None), Delegation.last_day >= ctx.today)
    return [DelegationRow(*row) for row in ctx.session.execute(query)]


# --- Actions


@requires(Can.DELEGATE, Can.MANAGE_APPROVALS)
def delegate(
    ctx: Context,
    to_user_id: int,
    first_day: date,
    last_day: date,
    *,
    kind: str | None = None,
    note: str = "",
    from_user_id: int | None = None,
) -> Delegation:
    """`to_user_id` decides for this person from the first to the last day. For others only who manages approvals."""
    giver = from_user_id or ctx.user.id
    if giver != ctx.user.id:
        ctx.need_everywhere(Can.MANAGE_APPROVALS, to="delegate for somebody else")
    if why := why_not_delegate(giver, to_user_id, first_day, last_day, ctx.today):
        raise Invalid(
            say("This delegation cannot be: {why}.", why=why), field="last_day" if giver != to_user_id else "to_user_id"
        )
    taker = ctx.session.scalar(sa.select(User).where(User.id == to_user_id))
    if taker is None or not taker.active:
        raise Invalid(say("This account does not exist or was closed. Choose somebody else."), field="to_user_id")
    ctx.session.execute(sa.select(User.id).where(User.id == giver).with_for_update())
    clash = ctx.session.scalar(
        sa.select(Delegation.id).where(
            Delegation.from_user_id == giver,
            Delegation.ended_at.is_(None),
            Delegation.kind.is_not_distinct_from(kind),
            Delegation.first_day <= last_day,
            Delegation.last_day >= first_day,
        )
    )
    if clash:
        raise Conflict(say("Somebody else decides on some of these days already. End that delegation first."))
    new = Delegation(
        from_user_id=giver, to_user_id=to_user_id, kind=kind, first_day=first_day, last_day=last_day, note=note.strip()
    )
    ctx.session.add(new)
    ctx.session.flush()
    return new


@requires(Can.DELEGATE, Can.MANAGE_APPROVALS)
def end_delegation(ctx: Context, id: int, version: int) -> Delegation:
    """Back early: from now on the person decides alone. Only the giver, or who manages approvals."""
    query = visible(ctx).where(Delegation.id == id)
    if not ctx.may_everywhere(Can.MANAGE_APPROVALS):
        query = query.where(Delegation.from_user_id == ctx.user.id)
    ended = get(ctx.session, query, what="delegation", version=version, lock=True)
    if ended.ended_at is not None:
        raise Conflict(say("This delegation has ended already."))
    ended.ended_at = ctx.now
    bump(ended)
    ctx.session.flush()
    return ended
