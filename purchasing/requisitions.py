"""Requisitions: the shop floor asks, a budget holder says yes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from plantops import approvals, lifecycle, links, places, sight, stores
from plantops.context import SYSTEM_ID, Context, requires, within
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid
from plantops.lifecycle import Transition
from plantops.units import plain
from plantops.wording import say
from purchasing.models import Requisition, RequisitionLine
from purchasing.models.orders import RequisitionState as State
from purchasing.permissions import Can
from purchasing.requisition_lines import NewLine, priced

KIND = Requisition.__tablename__
MOST_LINES = 500
LATEST = timedelta(days=730)


@dataclass(frozen=True)
class Head:
    """Who pays, by when, and where it goes."""

    site_id: int
    cost_centre_id: int
    need_by: date
    title: str = ""
    note: str = ""
    place_id: int | None = None
    store_id: int | None = None


# --- Rules


def origin(requisition: Requisition) -> str:
    return f"{KIND}:{requisition.id}"


def base(line: RequisitionLine) -> Decimal:
    """What is asked for, in the item's stock unit."""
    return line.quantity * line.factor


def content_hash(requisition: Requisition) -> str:
    """Changes with everything that an approver looked at."""
    lines = [
        [line.item_id, line.description, plain(line.quantity), line.unit, line.supplier_id, plain(line.amount)]
        for line in requisition.lines
    ]
    content = [
        requisition.site_id,
        requisition.cost_centre_id,
        str(requisition.need_by),
        requisition.place_id,
        requisition.store_id,
        requisition.currency,
        lines,
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def why_not_change(requisition: Requisition, user_id: int) -> str | None:
    if requisition.state is not State.DRAFT:
        return say("it is {spoken}; take it back first", spoken=lifecycle.spoken(requisition.state))
    if user_id not in (requisition.asked_by_id, requisition.entered_by_id) and requisition.asked_by_id != SYSTEM_ID:
        return say("somebody else asked for it")
    return None


def head_of(requisition: Requisition) -> Head:
    return Head(
        requisition.site_id,
        requisition.cost_centre_id,
        requisition.need_by,
        requisition.title,
        requisition.note,
        requisition.place_id,
        requisition.store_id,
    )


# --- Questions


def visible_scope(ctx: Context) -> sa.ColumnElement[bool]:
    """One's own; with the right to read, those of one's sites and cost centres, drafts of the house among them."""
    own = sa.or_(Requisition.asked_by_id == ctx.user.id, Requisition.entered_by_id == ctx.user.id)
    return sa.or_(own, ctx.reaches(Can.READ_REQUISITIONS, Requisition.site_id, Requisition.cost_centre_id))


def drafted_by_house() -> sa.ColumnElement[bool]:
    """Low stock wrote it, and nobody has sent it off yet."""
    return sa.and_(Requisition.state == State.DRAFT, Requisition.asked_by_id == SYSTEM_ID)


def sent_back() -> sa.ColumnElement[bool]:
    """Somebody said no and why: its asker reads it, changes it and sends it off anew. Not what they took back."""
    last = (
        sa.select(Transition.reason)
        .where(Transition.kind == KIND, Transition.row_id == Requisition.id)
        .order_by(Transition.id.desc())
        .limit(1)
        .correlate(Requisition)
        .scalar_subquery()
    )
    return sa.and_(Requisition.state == State.DRAFT, Requisition.number.is_not(None), last != "")


def visible(ctx: Context) -> sa.Select[Requisition]:
    return sa.select(Requisition).options(selectinload(Requisition.lines)).where(visible_scope(ctx))


@requires(Can.ASK, Can.READ_REQUISITIONS)
def read(ctx: Context, id: int) -> Requisition:
    """One requisition with its lines: visible, or waiting for this person's yes."""
    this = sa.select(Requisition).options(selectinload(Requisition.lines)).where(Requisition.id == id)
    found = get(ctx.session, this, what="requisition")
    if not _may_decide(ctx, found):
        return get(ctx.session, visible(ctx).where(Requisition.id == id), what="requisition")
    return found


@within("files and talk ask whether the person may see the requisition")
def who_may_see(ctx: Context, question: sight.RecordSeen) -> list[sight.Sight]:
    """Who may read it sees it: it is visible, or waits for this person's yes."""
    found = ctx.session.get(Requisition, links.parts(question.origin)[1])
    if found is None:
        return []
    seen = sight.answer(ctx, question, OWNED)
    if found.state is not State.SUBMITTED:
        return seen
    asked = question.origin
    return seen + [sight.sees(one).where(approvals.waits_for_me(one, asked)) for one in question.readers]


def _may_decide(ctx: Context, requisition: Requisition) -> bool:
    if requisition.state is not State.SUBMITTED:
        return False
    return bool(approvals.claims_on(ctx, approvals.latest(ctx, origin(requisition))))


OWNED: sight.Owned = {"purchasing_requisition": (None, visible)}


# --- Actions: writing it


@requires(Can.ASK)
def start(ctx: Context, head: Head, lines: tuple[NewLine, ...] = (), *, raised_by: str = "") -> Requisition:
    """A draft. `raised_by` says what asked when no person did; only one of the same is open at a time."""
    ctx.need(Can.ASK, site_id=head.site_id, to="ask for something at this site")
    check_head(ctx, head)
    site = places.site(ctx, head.site_id)
    new = Requisition(
        site_id=head.site_id,
        title="",
        need_by=head.need_by,
        cost_centre_id=head.cost_centre_id,
        asked_by_id=ctx.user.id,
        entered_by_id=ctx.on_behalf_of or ctx.user.id,
        origin=raised_by,
        currency=site.currency,
        created_at=ctx.now,
        lines=[],
    )
    ctx.session.add(new)
    _write_head(new, head)
    _append(ctx, new, lines)
    ctx.session.flush()
    return new


@requires(Can.ASK)
def change_head(ctx: Context, id: int, version: int, head: Head) -> Requisition:
    requisition = draft(ctx, id, version)
    check_head(ctx, replace(head, site_id=requisition.site_id))
    requisition.need_by, requisition.cost_centre_id = head.need_by, head.cost_centre_id
    _write_head(requisition, head)
    bump(requisition)
    ctx.session.flush()
    return requisition


@requires(Can.ASK)
def add_line(ctx: Context, id: int, version: int, line: NewLine) -> Requisition:
    requisition = draft(ctx, id, version)
    _append(ctx, requisition, (line,))
    bump(requisition)
    ctx.session.flush()
    return requisition


@requires(Can.ASK)
def change_line(ctx: Context, id: int, version: int, line_id: int, line: NewLine) -> Requisition:
    requisition = draft(ctx, id, version)
    old = line_of(requisition, line_id)
    (columns,) = priced(ctx, requisition.currency, (line,))
    for field, value in columns.items():
        setattr(old, field, value)
    _add_up(requisition)
    bump(requisition)
    ctx.session.flush()
    return requisition


@requires(Can.ASK)
def remove_line(ctx: Context, id: int, version: int, line_id: int) -> Requisition:
    requisition = draft(ctx, id, version)
    requisition.lines.remove(line_of(requisition, line_id))
    for position, line in enumerate(requisition.lines, start=1):
        line.position = position
    _add_up(requisition)
    bump(requisition)
    ctx.session.flush()
    return requisition


@within("what changes a draft begins with it")
def draft(ctx: Context, id: int, version: int) -> Requisition:
    requisition = get(
        ctx.session, visible(ctx).where(Requisition.id == id), what="requisition", version=version, lock=True
    )
    need_change(ctx, requisition)
    return requisition


@within("the requisition was read by who may see it")
def need_change(ctx: Context, requisition: Requisition) -> None:
    """Raises Conflict when this person cannot change it now."""
    if reason := why_not_change(requisition, ctx.user.id):
        raise Conflict(say("Cannot change this requisition: {reason}.", reason=reason))


def line_of(requisition: Requisition, line_id: int) -> RequisitionLine:
    for line in requisition.lines:
        if line.id == line_id:
            return line
    raise Conflict(say("This line is no longer there. Load the requisition again."))


def _write_head(requisition: Requisition, head: Head) -> None:
    requisition.title, requisition.note = head.title.strip()[:200], head.note.strip()[:4000]
    requisition.place_id, requisition.store_id = head.place_id, head.store_id


@within("the head is checked when it is written and again when it is submitted")
def check_head(ctx: Context, head: Head) -> None:
    wrong = stores.wrong_for_site(
        ctx, head.site_id, place_id=head.place_id, store_id=head.store_id, cost_centre_id=head.cost_centre_id
    )
    if not ctx.today - timedelta(days=1) <= head.need_by <= ctx.today + LATEST:
        wrong["need_by"] = say("Say by when it is needed: a day from today to two years ahead.")
    if wrong:
        raise Invalid(say("Some of what was entered cannot be."), fields=wrong)


def _append(ctx: Context, requisition: Requisition, lines: tuple[NewLine, ...]) -> None:
    if len(requisition.lines) + len(lines) > MOST_LINES:
        raise Invalid(
            say("A requisition has at most {most_lines} lines. Start another one.", most_lines=MOST_LINES),
            field="lines",
        )
    for columns in priced(ctx, requisition.currency, lines):
        requisition.lines.append(
            RequisitionLine(position=len(requisition.lines) + 1, allocated=Decimal(0), dropped=False, **columns)
        )
    _add_up(requisition)


def _add_up(requisition: Requisition) -> None:
    requisition.total = sum((line.amount for line in requisition.lines), Decimal(0))
    if not requisition.title and requisition.lines:
        requisition.title = requisition.lines[0].description[:200]
