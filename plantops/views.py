"""Saved views: a list with its filters, columns and order under a name, for oneself or for a team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from plantops import listing_params
from plantops.context import Context, anyone
from plantops.db import Base, Id, Versioned, get, one_at_a_time, unaudited
from plantops.errors import Conflict, Forbidden, Invalid, NotFound
from plantops.listing import Listing
from plantops.people import User
from plantops.permissions import Can
from plantops.wording import say

LONGEST_TITLE = 60
MOST_VIEWS = 50
MOST_SHARED = 50  # with one team, of one list
EVERYBODY = "employee"
"""The role of everybody who signs in."""


class SavedView(Versioned, Base):
    """A list as somebody wants to see it again. With a role it is shown to all who hold that role."""

    __tablename__ = "core_list_view"
    __table_args__ = (
        sa.UniqueConstraint("list", "owner_id", "title"),
        sa.CheckConstraint("role IS NOT NULL OR NOT opens_first", name="only_a_team_has_a_default"),
        sa.Index("ix_core_list_view_owner", "owner_id"),
        unaudited(),
    )

    id: Mapped[Id]
    list: Mapped[str]
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    title: Mapped[str]
    asked: Mapped[dict[str, str]] = mapped_column(JSONB)
    """The parameters of the list's address: search, filters, sort, columns, group."""
    role: Mapped[str | None]
    opens_first: Mapped[bool] = mapped_column(default=False)
    """For all who hold the role and chose nothing else."""
    made_at: Mapped[datetime]


class ListChoice(Base):
    """How one person wants one list: which columns, and which view opens first."""

    __tablename__ = "core_list_choice"
    __table_args__ = (
        sa.UniqueConstraint("user_id", "list"),
        sa.Index("ix_core_list_choice_view", "view_id"),
        unaudited(),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    columns: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    list: Mapped[str]
    view_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_list_view.id", ondelete="SET NULL"))
    opens_whole: Mapped[bool] = mapped_column(default=False)
    """The whole list opens first, whatever the team's default is."""


@dataclass(frozen=True)
class View:
    id: int
    title: str
    owner_id: int
    owner: str
    role: str | None
    asked: Mapping[str, str]
    opens_first: bool
    version: int
    is_own: bool
    fits: bool
    """Every filter and column of it is still known; else it cannot be opened any more."""


@dataclass(frozen=True)
class Shelf:
    """What one person finds beside a list."""

    views: tuple[View, ...] = ()
    start: View | None = None
    """What is shown to who opens the list without asking for anything."""
    columns: tuple[str, ...] = ()

    def view(self, id: int) -> View:
        found = next((view for view in self.views if view.id == id), None)
        if found is None:
            raise NotFound(say("This view was removed, or it is not shared with you any more."))
        if not found.fits:
            raise Conflict(
                say(
                    "“{title}” names a filter or a column that this list no longer has. Save it anew.",
                    title=found.title,
                )
            )
        return found


# --- Rules


def why_not_share(role: str, roles: Sequence[str], manages_users: bool) -> str | None:
    if role not in roles and not manages_users:
        return say("you are not one of them")
    return None


def why_not_first(role: str | None, manages_users: bool) -> str | None:
    """Why a view cannot open first for others, in place of what opens first for them now."""
    if role is None:
        return say("choose the team, it opens first for a team only")
    if role == EVERYBODY and not manages_users:
        return say("what the whole company sees first is said by who manages its accounts. Choose your team")
    return None


def why_not_change(view: SavedView, user_id: int, manages_users: bool) -> str | None:
    if view.owner_id != user_id and not (view.role and manages_users):
        return say("it is somebody else's")
    return None


def fits(listing: Listing[Any], asked: Mapping[str, str]) -> bool:
    """Does the list still know every part of it?"""
    try:
        listing_params.read(listing, asked)
    except Invalid:
        return False
    return True


# --- Questions


def visible(ctx: Context) -> sa.Select[SavedView]:
    """One's own views, and those shared with a role that one holds."""
    return sa.select(SavedView).where(_seen_by(sa.literal(ctx.user.id), sa.literal(_teams_of(ctx), ARRAY(sa.Text))))


def _teams_of(ctx: Context) -> list[str]:
    return [*ctx.user.roles, EVERYBODY]


def _seen_by(reader: sa.ColumnElement[int], teams: sa.ColumnElement[Sequence[str]]) -> sa.ColumnElement[bool]:
    return sa.or_(SavedView.owner_id == reader, SavedView.role == sa.any_(teams))


def _shelf() -> sa.Select[*tuple[Any, ...]]:
    """What `shelf` asks, put together once: every page of a list asks it."""
    reader, list = sa.bindparam("reader", type_=sa.BigInteger), sa.bindparam("list", type_=sa.Text)
    here = sa.select(list.label("list")).subquery()
    chosen = sa.and_(ListChoice.list == here.c.list, ListChoice.user_id == reader)
    seen = sa.and_(SavedView.list == here.c.list, _seen_by(reader, sa.bindparam("teams", type_=ARRAY(sa.Text))))
    table = SavedView.__table__.c
    return (
        sa.select(ListChoice.columns, ListChoice.view_id, ListChoice.opens_whole, *table, User.name.label("owner"))
        .select_from(here)
        .outerjoin(ListChoice, chosen)
        .outerjoin(SavedView, seen)
        .outerjoin(User, User.id == SavedView.owner_id)
        .order_by(sa.func.lower(SavedView.title), SavedView.id)
    )


SHELF = _shelf()


@anyone("each person sees their own views and their team's; the list's own right is asked for by the list")
def shelf(ctx: Context, listing: Listing[Any]) -> Shelf:
    """The views, the one that opens first, and the chosen columns: one question for each page of a list."""
    rows = ctx.session.execute(SHELF, {"reader": ctx.user.id, "list": listing.name, "teams": _teams_of(ctx)}).all()
    views = tuple(_view(ctx, listing, row) for row in rows if row.id is not None)
    choice = rows[0]
    start = next((view for view in views if view.id == choice.view_id), None)
    if start is None and not choice.opens_whole:
        start = next((view for view in views if view.opens_first), None)
    known = {column.key for column in listing.shown}
    columns = tuple(key for key in choice[0] or () if key in known)
    return Shelf(views, start if start and start.fits else None, columns)


def _view(ctx: Context, listing: Listing[Any], row: sa.Row[Any]) -> View:
    return View(
        id=row.id,
        title=row.title,
        owner_id=row.owner_id,
        owner=row.owner,
        role=row.role,
        asked=row.asked,
        opens_first=row.opens_first,
        version=row.version,
        is_own=row.owner_id == ctx.user.id,
        fits=fits(listing, row.asked),
    )


@anyone("everybody may share with the roles that they hold themselves")
def teams(ctx: Context) -> list[tuple[str, str]]:
    """With whom this person may share: (role, title), everybody first."""
    titles = ctx.registry.role_titles()
    held = titles if may_manage(ctx) else [role for role in ctx.user.roles if role in titles]
    named = sorted((titles[role], role) for role in held if role != EVERYBODY)
    return [(EVERYBODY, say("Everybody")), *((role, title) for title, role in named)]


@anyone("a question about oneself")
def may_manage(ctx: Context) -> bool:
    """May this person take away what others share, and say what all see first?"""
    return ctx.may_everywhere(Can.MANAGE_USERS)


# --- Actions


@anyone("everybody keeps views of the lists that they may see")
def save(
    ctx: Context,
    listing: Listing[Any],
    title: str,
    asked: Mapping[str, str],
    *,
    role: str | None = None,
    for_all: bool = False,
) -> SavedView:
    """Keeps a view; one's own of the same title is replaced. `for_all` opens it first for the whole team."""
    listing.need(ctx)
    title = " ".join(title.split())
    if not title or len(title) > LONGEST_TITLE:
        raise Invalid(
            say("Give the view a name of 1 to {longest_title} letters.", longest_title=LONGEST_TITLE), field="title"
        )
    listing_params.read(listing, asked)
    if role is not None and (reason := why_not_share(role, (*ctx.user.roles, EVERYBODY), may_manage(ctx))):
        raise Invalid(say("You cannot share with them: {reason}.", reason=reason), field="role")
    if for_all and (reason := why_not_first(role, may_manage(ctx))):
        raise Invalid(say("It cannot open first for others: {reason}.", reason=reason), field="for_all")
    own = sa.select(SavedView).where(SavedView.list == listing.name, SavedView.owner_id == ctx.user.id)
    view = ctx.session.scalar(own.where(SavedView.title == title).with_for_update())
    kept = sa.select(sa.func.count()).select_from(own.subquery())
    if view is None and (ctx.session.scalar(kept) or 0) >= MOST_VIEWS:
        raise Conflict(say("You have {most_views} views of this list. Remove one first.", most_views=MOST_VIEWS))
    if role is not None and (view is None or view.role != role):
        _need_room(ctx, listing.name, role)
    if view is None:
        view = SavedView(list=listing.name, owner_id=ctx.user.id, title=title, asked={}, role=None, made_at=ctx.now)
        ctx.session.add(view)
    else:
        view.version += 1
    view.asked, view.role, view.opens_first = dict(asked), role, for_all
    if for_all:
        _only_default(ctx, listing.name, role, title)
    ctx.session.flush()
    return view


def _need_room(ctx: Context, list: str, role: str) -> None:
    """A team's shelf has an end: each page of the list reads all of it."""
    one_at_a_time(ctx.session, "views of", list, role)
    query = sa.select(sa.func.count()).where(SavedView.list == list, SavedView.role == role)
    if (ctx.session.scalar(query) or 0) >= MOST_SHARED:
        raise Conflict(
            say(
                "{most_shared} views of this list are shared with them already. Remove one first, or keep yours "
                "unshared.",
                most_shared=MOST_SHARED,
            ),
            field="role",
        )


def _only_default(ctx: Context, list: str, role: str | None, besides: str) -> None:
    """A team has one default: the newest."""
    others = sa.and_(SavedView.list == list, SavedView.role == role, SavedView.opens_first)
    mine = sa.and_(SavedView.owner_id == ctx.user.id, SavedView.title == besides)
    ctx.session.execute(sa.update(SavedView).where(others, ~mine).values(opens_first=False))


@anyone("one's own views; those of a team also who manages users")
def remove(ctx: Context, id: int) -> SavedView:
    view = get(ctx.session, sa.select(SavedView).where(SavedView.id.in_(_reachable(ctx, id))), what="view", lock=True)
    if reason := why_not_change(view, ctx.user.id, may_manage(ctx)):
        raise Forbidden(say("You cannot remove “{title}”: {reason}.", title=view.title, reason=reason))
    ctx.session.delete(view)
    ctx.session.flush()
    return view


def _reachable(ctx: Context, id: int) -> sa.Select[int]:
    every = sa.select(SavedView.id) if may_manage(ctx) else visible(ctx).with_only_columns(SavedView.id)
    return every.where(SavedView.id == id, sa.or_(SavedView.role.is_not(None), SavedView.owner_id == ctx.user.id))


@anyone("each person says how they want a list")
def open_first(ctx: Context, listing: Listing[Any], view_id: int | None) -> View | None:
    """This view opens first for this person from now on; None is the whole list."""
    listing.need(ctx)
    view = shelf(ctx, listing).view(view_id) if view_id is not None else None
    _choose(ctx, listing, view_id=view_id, opens_whole=view is None)
    return view


@anyone("each person says how they want a list")
def choose_columns(ctx: Context, listing: Listing[Any], keys: Sequence[str]) -> None:
    """The columns that this person wants from now on; none is what the list shows by itself."""
    listing.need(ctx)
    listing_params.read(listing, {"columns": ",".join(keys)})
    every = [column.key for column in listing.shown]
    _choose(ctx, listing, columns=[] if list(keys) == every else list(keys))


def _choose(ctx: Context, listing: Listing[Any], **values: Any) -> None:
    new = {"columns": [], "opens_whole": False, "user_id": ctx.user.id, "list": listing.name, **values}
    adding = insert(ListChoice).values(new)
    ctx.session.execute(adding.on_conflict_do_update(index_elements=["user_id", "list"], set_=values))
