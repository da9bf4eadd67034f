"""Everybody's own desk: the pages they marked, what they opened last, and what they want of keys and mails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from plantops import typed
from plantops.context import Context, anyone
from plantops.db import Base, unaudited
from plantops.errors import Conflict, Invalid
from plantops.typed import TypedRow
from plantops.wording import say

MOST_MARKED = 30
MOST_OPENED = 10
LONGEST_TITLE = 120
LONGEST_URL = 500


class Desk(Base):
    """What somebody keeps for getting about; made at the first use."""

    __tablename__ = "core_desk"
    __table_args__ = unaudited()

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"), primary_key=True, autoincrement=False)
    marked: Mapped[list[list[str]]] = mapped_column(JSONB, default=list, server_default="[]")
    """Address and title of each favourite, in their order."""
    opened: Mapped[list[list[str]]] = mapped_column(JSONB, default=list, server_default="[]")
    """Address and title of the records opened last, the latest first."""
    single_keys: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    digest: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    digested_on: Mapped[date | None]


@dataclass(frozen=True)
class Place:
    """Somewhere to go to."""

    url: str
    title: str


@dataclass(frozen=True)
class DeskView:
    marked: tuple[Place, ...] = ()
    opened: tuple[Place, ...] = ()
    single_keys: bool = True
    digest: bool = True
    unread: int = 0
    """What the bell counts."""
    working: int = 0
    """Work that the worker does for this person, or will do."""
    typed: tuple[TypedRow, ...] = ()
    """What they typed on the page and never sent."""


# One statement for every page: what is there, and on a record's page the note that it was opened. The note need not
# survive a fall of the server, so nobody waits for the disk.
MINE = f"""
SELECT d.marked, d.opened, d.single_keys, d.digest, (SELECT count(*) FROM (SELECT FROM core_activity
    WHERE assigned_to_id = :user AND done_at IS NULL AND read_at IS NULL LIMIT 100) AS few) AS unread,
    (SELECT count(*) FROM core_job_run WHERE asked_by_id = :user AND state IN ('queued', 'running')
    AND name NOT IN ('core.send_mail', 'core.send_webhook')) AS working, ({typed.MINE}) AS typed
FROM (VALUES (1)) AS one LEFT JOIN core_desk d ON d.user_id = :user
"""  # noqa: S608  text of this program
OPENED = """
WITH noted AS (
    INSERT INTO core_desk AS d (user_id, opened)
    VALUES (:user, jsonb_build_array(jsonb_build_array(CAST(:url AS text), CAST(:title AS text))))
    ON CONFLICT (user_id) DO UPDATE SET opened = (
        SELECT jsonb_agg(one ORDER BY n) FROM (
            SELECT one, n FROM jsonb_array_elements(excluded.opened || d.opened) WITH ORDINALITY AS e (one, n)
            WHERE n = 1 OR one->>0 <> :url ORDER BY n LIMIT :most) AS kept)
    WHERE d.opened->0 IS DISTINCT FROM excluded.opened->0
    RETURNING set_config('synchronous_commit', 'off', true))
"""

LOOKED, LOOKED_AND_NOTED = sa.text(MINE), sa.text(OPENED + MINE)


def why_not_mark(url: str, title: str) -> str | None:
    # To a browser /\ is the beginning of another host's address, as // is.
    if not url.startswith("/") or url.startswith(("//", "/\\")) or len(url) > LONGEST_URL or not url.isprintable():
        return say("it is no page of this house")
    return None if title.strip() else say("it has no title")


def _places(pairs: Any) -> tuple[Place, ...]:
    return tuple(Place(url, title) for url, title in pairs or ())


@anyone("everybody's own desk")
def mine(ctx: Context, path: str = "", title: str | None = None) -> DeskView:
    """What lies on the person's desk on this page; with a title, it is noted as the record opened last."""
    given: dict[str, Any] = {"user": ctx.user.id, "path": path, "kept_since": ctx.now - typed.KEPT}
    if title is not None:
        given |= {"url": path[:LONGEST_URL], "title": title[:LONGEST_TITLE], "most": MOST_OPENED}
    found = ctx.session.execute(LOOKED if title is None else LOOKED_AND_NOTED, given).one()
    others = tuple(place for place in _places(found.opened) if title is None or place.url != path)
    return DeskView(
        marked=_places(found.marked),
        opened=others,
        single_keys=found.single_keys is not False,
        digest=found.digest is not False,
        unread=found.unread,
        working=found.working,
        typed=typed.rows(found.typed),
    )


def _desk(ctx: Context) -> Desk:
    """The person's row, locked."""
    ctx.session.execute(insert(Desk).values(user_id=ctx.user.id).on_conflict_do_nothing())
    query = sa.select(Desk).where(Desk.user_id == ctx.user.id).with_for_update()
    return ctx.session.scalars(query.execution_options(populate_existing=True)).one()


@anyone("everybody marks pages for themselves; each page asks for its own right when it is opened")
def mark(ctx: Context, url: str, title: str) -> None:
    """A favourite for the menu and the palette; marked once more, it takes the new title."""
    if why := why_not_mark(url, title):
        raise Invalid(say("This page cannot be marked: {why}.", why=why), field="url")
    desk = _desk(ctx)
    others = [pair for pair in desk.marked if pair[0] != url]
    if len(others) >= MOST_MARKED:
        raise Conflict(say("You have {most_marked} favourites already. Take one off first.", most_marked=MOST_MARKED))
    desk.marked = [*others, [url, " ".join(title.split())[:LONGEST_TITLE]]]
    ctx.session.flush()


@anyone("everybody's own favourites")
def unmark(ctx: Context, url: str) -> None:
    desk = _desk(ctx)
    desk.marked = [pair for pair in desk.marked if pair[0] != url]
    ctx.session.flush()


@anyone("everybody's own list of what they opened")
def forget_opened(ctx: Context) -> None:
    _desk(ctx).opened = []
    ctx.session.flush()


@anyone("everybody chooses for themselves")
def choose(ctx: Context, *, single_keys: bool | None = None, digest: bool | None = None) -> None:
    """Whether single keys are shortcuts, and whether one mail a day tells what waits."""
    desk = _desk(ctx)
    desk.single_keys = desk.single_keys if single_keys is None else single_keys
    desk.digest = desk.digest if digest is None else digest
    ctx.session.flush()
