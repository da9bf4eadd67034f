"""Half a minute to take a step back: by who took it, as long as nothing came after, where its lifecycle allows it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from plantops import audit, links
from plantops.context import Context, within
from plantops.db import Base
from plantops.errors import Conflict
from plantops.events import TakenBack
from plantops.lifecycle import Lifecycle, Transition
from plantops.wording import say

SECONDS = 30
SAID = "Undone."

LAST = """
SELECT a.txid, a.actor_id, a.request, a.payload, EXTRACT(epoch FROM clock_timestamp() - a.at) AS age
FROM core_audit a WHERE a.table_name = :table AND a.row_id = :row AND a.operation <> 'I'
ORDER BY a.id DESC LIMIT 10
"""
_IN_TIME: ContextVar[bool] = ContextVar("in_time", default=False)


@dataclass(frozen=True)
class LastChange:
    """All that the last transaction changed of one row: each field's old value and its new one."""

    actor_id: int
    age_seconds: float
    fields: Mapping[str, tuple[Any, Any]]
    request: str = ""
    """Within which request or job."""

    @property
    def step(self) -> tuple[str, str] | None:
        """From which state to which it went; None when the last change was no step."""
        before, after = self.fields.get("state", (None, None))
        return (str(before), str(after)) if before and after else None


@dataclass(frozen=True)
class Offer:
    """A step that can still be taken back."""

    origin: str
    version: int
    seconds: int


# --- Rules


def why_not_undo(last: LastChange | None, lifecycle: Lifecycle, user_id: int) -> str | None:
    if last is None or last.step is None:
        return say("something else was changed since")
    if why := why_not_own(last, user_id):
        return why
    if last.step not in {(str(source), str(target)) for source, target in lifecycle.undo}:
        return say("others were told of it already")
    return None


def why_not_own(last: LastChange | None, user_id: int) -> str | None:
    """The same for a change that is no step, which the document's own action knows to reverse."""
    if last is None:
        return say("something else was changed since")
    if last.actor_id != user_id:
        return say("somebody else did it")
    if last.age_seconds > SECONDS:
        return say("more than {seconds} seconds have passed", seconds=SECONDS)
    return None


# --- Questions


def _last_change(ctx: Context, kind: str, id: int) -> LastChange | None:
    rows = ctx.session.execute(sa.text(LAST), {"table": kind, "row": str(id)}).all()
    of_last = [row for row in rows if row.txid == rows[0].txid and row.payload]
    if not of_last:
        return None
    fields: dict[str, tuple[Any, Any]] = {}
    for row in of_last:  # the newest first: the oldest's old value stays
        for name, pair in json.loads(row.payload, parse_float=Decimal).items():
            before, after = pair if isinstance(pair, list) else (None, None)
            fields[name] = (before, fields[name][1] if name in fields else after)
    age = 0.0 if _IN_TIME.get() else float(of_last[0].age)
    return LastChange(of_last[0].actor_id, age, fields, of_last[0].request)


@contextmanager
def in_time() -> Iterator[None]:
    """For many rows at once: whether it is in time was asked before, by when the last of them was done."""
    token = _IN_TIME.set(True)
    try:
        yield
    finally:
        _IN_TIME.reset(token)


@within("the taking back of one action on many rows")
def why_not_of(ctx: Context, kind: str, id: int, request: str) -> str | None:
    """Why this request or job was not the last to change that row."""
    last = _last_change(ctx, kind, id)
    return None if last and last.request == request else say("something else was changed since")


@within("shown to the person themselves on the page of a record that they see")
def offered(ctx: Context, origin: str) -> Offer | None:
    """What this person did with the record a moment ago and may still take back."""
    kind, id = links.parts(origin)
    if kind not in ctx.registry.undoing():
        return None
    lifecycle = getattr(_entities().get(kind), "lifecycle", None)
    if lifecycle is None or not lifecycle.undo:
        return None
    last = _last_change(ctx, kind, id)
    if last is None or why_not_undo(last, lifecycle, ctx.user.id):
        return None
    table = Base.metadata.tables[kind]
    version = ctx.session.scalar(sa.select(table.c.version).where(table.c.id == id))
    seconds = int(SECONDS - last.age_seconds)
    return Offer(origin, version, seconds) if version and seconds > 0 else None


@within("the document's own action asks it of what is kept beside the document, with a time of its own")
def since(ctx: Context) -> datetime:
    """What was done before it is too old to be taken back."""
    return datetime.min.replace(tzinfo=UTC) if _IN_TIME.get() else ctx.now - timedelta(seconds=SECONDS)


def _entities() -> dict[str, type]:
    return {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}  # type: ignore[attr-defined]


# --- Actions


@within("the document's own action has locked it and checked the right")
def check(ctx: Context, row: Any) -> LastChange:
    """The last step of a locked document, which may be taken back. Raises Conflict when it may not."""
    ctx.session.flush()
    last = _last_change(ctx, row.__tablename__, row.id)
    why = why_not_undo(last, row.lifecycle, ctx.user.id)
    if why or last is None:
        raise Conflict(say("This cannot be undone: {why}.", why=why), code="too_late")
    return last


@within("the document's own action has locked it and checked the right, and knows how to reverse it")
def check_own(ctx: Context, row: Any) -> None:
    """Raises Conflict when the last change of a locked document was somebody else's, or is too long ago."""
    ctx.session.flush()
    if why := why_not_own(_last_change(ctx, row.__tablename__, row.id), ctx.user.id):
        raise Conflict(say("This cannot be undone: {why}.", why=why), code="too_late")


def put_back(row: Any, last: LastChange, *names: str) -> None:
    """These fields as they were before the last change, those of them that it touched."""
    for name in names:
        if name in last.fields:
            setattr(row, name, audit.as_stored(row.__table__.c[name], last.fields[name][0]))


@within("the document's own action has locked it and checked the right")
def restore(ctx: Context, row: Any) -> None:
    """Every field of the row as it was before its last step: for steps that change nothing but the document itself."""
    last = check(ctx, row)
    put_back(row, last, *(name for name in last.fields if name not in ("version", "state")))
    source = row.state
    row.state = type(source)(last.step[0]) if last.step else source
    row.version += 1
    ctx.session.add(
        Transition(
            kind=row.__tablename__,
            row_id=row.id,
            source=str(source),
            target=str(row.state),
            actor_id=ctx.user.id,
            on_behalf_of=ctx.on_behalf_of,
            reason=SAID,
            at=ctx.now,
        )
    )
    ctx.session.flush()
    tell(ctx, row)


@within("the document's own action has taken its last step back")
def tell(ctx: Context, row: Any) -> None:
    """Whoever was told of the step hears no more of it."""
    before = sa.select(sa.func.max(Transition.at)).where(
        Transition.kind == row.__tablename__, Transition.row_id == row.id, Transition.at < ctx.now
    )
    ctx.emit(TakenBack(f"{row.__tablename__}:{row.id}", ctx.session.scalar(before) or ctx.now))
