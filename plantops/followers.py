"""Who follows a document: they hear in the bell what is said about it and where it goes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from plantops import links, sight
from plantops.context import SYSTEM_ID, Actor, Context, Grant, anyone, within
from plantops.db import Base, unaudited
from plantops.people import User, UserGrant
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


@anyone("it asks first whether this person may see the document")
def following(ctx: Context, origin: str) -> list[FollowerRow] | None:
    """Who follows a document: who said so, and its owners who did not say no. By name.

    None when this person may not see the document: that is asked in the same look.
    """
    seen = sight.who_may_see(ctx, origin, (ctx,))
    if seen is None:
        return None
    query = sa.select(User.id, User.name).select_from(seen.subquery()).outerjoin(User, _follow(ctx, origin))
    rows = ctx.session.execute(query.order_by(User.sort_key, User.id)).all()
    return [FollowerRow(*row) for row in rows if row.id is not None] if rows else None


@within("the house asks who of them may see the document before it tells them")
def hearers(ctx: Context, origin: str, *, but: Collection[int]) -> list[Context]:
    """Everybody who follows a document beside these, each with their own rights. One look at the database."""
    place = sa.func.json_build_array(UserGrant.role, UserGrant.site_id, UserGrant.cost_centre_id)
    grants = sa.select(sa.func.json_agg(place)).where(UserGrant.user_id == User.id).scalar_subquery()
    people = sa.select(User.id, User.login, User.name, User.language, grants)
    rights = ctx.registry.role_permissions()
    found = []
    rows = ctx.session.execute(people.where(_follow(ctx, origin), User.id.not_in(but)).order_by(User.id))
    for id, login, name, language, held in rows:
        granted = tuple(Grant(role, rights.get(role, frozenset()), site, centre) for role, site, centre in held or ())
        actor = Actor(id, login, name, granted, language)
        found.append(replace(ctx, user=actor, on_behalf_of=None, proved_at=None))
    return found


def _follow(ctx: Context, origin: str) -> sa.ColumnElement[bool]:
    """Open accounts of who said so, and of the document's owners who did not say no."""
    kind, id = links.parts(origin)
    asked = [sa.select(Follower.user_id).where(Follower.origin == origin, Follower.follows)]
    document, table = ctx.registry.document(kind), Base.metadata.tables.get(kind)
    if document is not None and table is not None:
        for owner in (table.c[name] for name in document.owners):
            refused = sa.exists().where(Follower.origin == origin, Follower.user_id == owner, ~Follower.follows)
            asked.append(sa.select(owner).where(table.c.id == id, owner.is_not(None), ~refused))
    return sa.and_(User.id.in_(sa.union(*asked)), User.active, User.id != SYSTEM_ID)


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
