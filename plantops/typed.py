"""What somebody typed into a form and has not sent yet: kept for them alone, offered again, forgotten in two weeks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from plantops.context import Context, anyone, within
from plantops.db import Base, unaudited
from plantops.errors import Invalid
from plantops.wording import say

KEPT = timedelta(days=14)
LARGEST = 100_000
MOST = 40
"""So many forms of one person; the oldest goes when there is one more."""
LONGEST_PLACE = 300


class Typed(Base):
    """The fields of one form at one address, as one person left them."""

    __tablename__ = "core_typed"
    __table_args__ = (sa.Index("ix_core_typed_at", "at"), unaudited())

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"), primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    values: Mapped[list[list[str]]] = mapped_column(JSONB)
    """Pairs of a field's name and what stood in it."""
    at: Mapped[datetime]


@dataclass(frozen=True)
class TypedRow:
    place: str
    values: list[list[str]]
    at: datetime

    @property
    def form(self) -> str:
        return self.place.partition("#")[2]


# --- Rules


def why_not_keep(place: str, values: Sequence[Sequence[str]]) -> str | None:
    if not place.startswith("/") or "#" not in place or len(place) > LONGEST_PLACE or not place.isprintable():
        return say("it belongs to no form of this house")
    if any(ch == "\0" or 0xD800 <= ord(ch) <= 0xDFFF for row in values for one in row for ch in one):
        return say("it holds a character that cannot be stored")
    if len(json.dumps(values)) > LARGEST:
        return say("it is too long to be kept")
    return None


# --- Questions


# What this person left in the forms of a page: a part of what every page asks (`desk.mine`).
MINE = """
SELECT jsonb_agg(jsonb_build_array(t.place, t.values, t.at) ORDER BY t.place) FROM core_typed t
WHERE t.user_id = :user AND starts_with(t.place, :path || '#') AND t.at > :kept_since
"""


def rows(found: list[tuple[str, list[list[str]], str]] | None) -> tuple[TypedRow, ...]:
    return tuple(TypedRow(place, values, datetime.fromisoformat(at)) for place, values, at in found or ())


# --- Actions


@anyone("everybody keeps what they typed themselves")
def keep(ctx: Context, place: str, values: list[list[str]]) -> None:
    if why := why_not_keep(place, values):
        raise Invalid(say("What you typed cannot be kept: {why}.", why=why), field="values")
    new = insert(Typed).values(user_id=ctx.user.id, place=place, values=values, at=ctx.now)
    ctx.session.execute(
        new.on_conflict_do_update(
            index_elements=["user_id", "place"], set_={"values": new.excluded["values"], "at": new.excluded.at}
        )
    )
    older = sa.select(Typed.place).where(Typed.user_id == ctx.user.id).order_by(Typed.at.desc()).offset(MOST)
    ctx.session.execute(sa.delete(Typed).where(Typed.user_id == ctx.user.id, Typed.place.in_(older)))


@anyone("everybody throws away what they typed themselves")
def throw_away(ctx: Context, place: str) -> None:
    ctx.session.execute(sa.delete(Typed).where(Typed.user_id == ctx.user.id, Typed.place == place))


@within("a job of the system")
def forget_old(ctx: Context) -> int:
    """What was typed two weeks ago and never sent; returns how many forms."""
    gone = ctx.session.execute(sa.delete(Typed).where(Typed.at < ctx.now - KEPT))
    return int(gone.rowcount)  # type: ignore[attr-defined]
