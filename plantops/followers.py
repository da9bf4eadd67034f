"""Who follows a document: they hear in the bell what is said about it and where it goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from plantops import links
from plantops.context import SYSTEM_ID, Context, anyone, within
from plantops.db import Base, unaudited
from plantops.people import User
from plantops.places import sort_key


class Follower(Base):
    """Somebody's own word on one document: it is followed, or no longer."""

    __tablename__ = "core_follower"
    __table_args__ = (sa.Index("ix_core_follower_user_id", "user_id"), unaudited())

    origin: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"), primary_key=True)
    follows: Mapped[bool] = mapped_column(default=True)
    at: Mapped[datetime]


@dataclass(frozen=True)
class FollowerRow:
    user_id: int
    name: str


@within("shown on a document that the person may see")
def following(ctx: Context, origin: str) -> list[FollowerRow]:
    """Who follows a document: who said so, and its owners who did not say no. By name."""
    kind, id = links.parts(origin)
    query = sa.select(Follower.user_id, Follower.follows).where(Follower.origin == origin)
    said = {user_id: follows for user_id, follows in ctx.session.execute(query)}  # noqa: C416
    ids = {user_id for user_id, follows in said.items() if follows}
    ids |= {user_id for user_id in _owners(ctx, kind, id) if user_id not in said}
    if not ids:
        return []
    people = sa.select(User.id, User.name).where(User.id.in_(ids), User.active, User.id != SYSTEM_ID)
    return [FollowerRow(*row) for row in ctx.session.execute(people.order_by(User.sort_key, User.id))]


def _owners(ctx: Context, kind: str, id: int) -> set[int]:
    document, table = ctx.registry.document(kind), Base.metadata.tables.get(kind)
    if document is None or table is None or not document.owners:
        return set()
    named = sa.select(*(table.c[name] for name in document.owners)).where(table.c.id == id)
    return {user_id for row in ctx.session.execute(named) for user_id in row if user_id is not None}


@within("the page has checked that the person may see the document")
def follow(ctx: Context, origin: str, user_id: int, follows: bool = True) -> None:
    """From now on this person hears of the document, or no longer."""
    links.parts(origin)
    values = {"origin": origin, "user_id": user_id, "follows": follows, "at": ctx.now}
    query = insert(Follower).values(**values)
    ctx.session.execute(
        query.on_conflict_do_update(index_elements=["origin", "user_id"], set_={"follows": follows, "at": ctx.now})
    )


@dataclass(frozen=True)
class CalledRow:
    id: int
    name: str
    login: str


@anyone("whom one works with is no secret: name and login of the accounts that are open")
def called(ctx: Context, words: str, limit: int = 8) -> list[CalledRow]:
    """People to call in or to give something to: their name or login begins with what was typed, or holds it."""
    wanted = sort_key(words)
    begins = sa.or_(User.sort_key.startswith(wanted, autoescape=True), User.login.startswith(wanted, autoescape=True))
    holds = sa.or_(User.sort_key.contains(wanted, autoescape=True), User.login.contains(wanted, autoescape=True))
    query = sa.select(User.id, User.name, User.login).where(User.active, User.id != SYSTEM_ID, holds)
    rows = ctx.session.execute(query.order_by(begins.desc(), User.sort_key, User.id).limit(limit))
    return [CalledRow(*row) for row in rows]
