"""After the order has gone out: confirmed dates, revisions, closing short, cancelling."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa

from plantops import approvals, lifecycle
from plantops.approval_records import ApprovalState
from plantops.approval_rules import company_currency
from plantops.context import Context, requires, within
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid
from plantops.lifecycle import spoken
from plantops.units import plain
from plantops.wording import mark, say
from purchasing import allocations, order_lines, orders, prices
from purchasing.models import Order, OrderLine, Revision
from purchasing.models.orders import LineState, OrderState, RevisionState
from purchasing.order_lines import NewOrderLine, base, is_received
from purchasing.orders import OUT, line_of
from purchasing.permissions import Can

KIND = Revision.__tablename__


@dataclass(frozen=True)
class LineChange:
    """What a line shall be; None leaves it as it is."""

    line_id: int
    quantity: Decimal | None = None
    price: Decimal | None = None
    need_by: date | None = None


# --- Rules


def origin(revision: Revision) -> str:
    return f"{KIND}:{revision.id}"


def why_not_amend(order: Order) -> str | None:
    if order.state not in OUT:
        return say("it is {state}, not with the supplier", state=spoken(order.state))
    if order.on_hold:
        return say("it is on hold: {hold_reason}", hold_reason=order.hold_reason)
    return None


def why_not_quantity(line: OrderLine, quantity: Decimal) -> str | None:
    """What came or was billed cannot be un-ordered."""
    if line.state is not LineState.OPEN:
        return say("line {position} is {state}", position=line.position, state=spoken(line.state))
    least = max(line.accepted - line.returned, line.invoiced - line.credited)
    if quantity < least:
        return say("of line {position} {least} came or were billed already", position=line.position, least=plain(least))
    return None


def why_not_cancel(order: Order) -> str | None:
    if order.state in (OrderState.CLOSED, OrderState.CANCELLED):
        return say("it is {state}", state=spoken(order.state))
    if any(line.accepted > line.returned for line in order.lines):
        return say("goods came on it: close the open lines short instead")
    if any(line.invoiced > line.credited for line in order.lines):
        return say("it was billed: a credit note comes first")
    return None


def why_not_close_short(order: Order, line: OrderLine) -> str | None:
    if order.state not in OUT:
        return say("the order is {state}", state=spoken(order.state))
    if line.state is not LineState.OPEN:
        return say("line {position} is {state}", position=line.position, state=spoken(line.state))
    if is_received(line):
        return say("line {position} has come in full", position=line.position)
    return None


def is_billed(line: OrderLine) -> bool:
    """Nothing that came is waiting for its invoice."""
    return line.invoiced - line.credited >= line.accepted - line.returned


def is_done(line: OrderLine) -> bool:
    if line.three_way:
        return is_received(line) and is_billed(line)
    return line.invoiced - line.credited >= line.quantity * (1 - line.under_percent / 100)


def needs_a_yes(total: Decimal, approved_total: Decimal | None, new_lines: bool) -> bool:
    """A revision is approved again when it costs more than was approved, or adds a line. In the site's currency."""
    return new_lines or approved_total is None or total > approved_total


# --- Questions


def visible_revisions(ctx: Context) -> sa.Select[Revision]:
    return sa.select(Revision).where(Revision.order_id.in_(orders.visible(ctx).with_only_columns(Order.id)))


@within("a page says whether an approval still fits what is asked")
def hash_now(order: Order, revision: Revision) -> str:
    return _hash(order, revision.changes)


# --- Actions: dates


@requires(Can.BUY)
def acknowledge(
    ctx: Context, id: int, version: int, reference: str = "", promised: Mapping[int, date] | None = None
) -> Order:
    """The supplier confirmed the order, with a date per line or the dates that we asked for."""
    order = orders.to_buy(ctx, id, version)
    if order.state is not OrderState.ISSUED:
        raise Conflict(say("Cannot acknowledge this order: it is {state}.", state=spoken(order.state)))
    order.supplier_reference = reference.strip()[:100]
    order.acknowledged_on = ctx.today
    for line in order.lines:
        _promise(order, line, (promised or {}).get(line.id, line.need_by))
    lifecycle.move(ctx, order, OrderState.ACKNOWLEDGED)
    return order


@requires(Can.BUY)
def promise(ctx: Context, id: int, version: int, promised: Mapping[int, date], *, by_us: bool = False) -> Order:
    """New dates. On time is measured against the first confirmed one, unless we moved it (`by_us`)."""
    order = orders.to_buy(ctx, id, version)
    if reason := why_not_amend(order):
        raise Conflict(say("Cannot change dates: {reason}.", reason=reason))
    for line_id, day in promised.items():
        line = line_of(order, line_id)
        _promise(order, line, day)
        line.moved_by_us = line.moved_by_us or by_us
    bump(order)
    ctx.session.flush()
    return order


def _promise(order: Order, line: OrderLine, day: date) -> None:
    if order.ordered_on and day < order.ordered_on:
        raise Invalid(say("The promised day is before the order."), field=f"promised.{line.id}")
    if line.state is LineState.OPEN:
        line.confirmed_first = line.confirmed_first or day
        line.promised_on = day


@requires(Can.BUY)
def chase(ctx: Context, id: int, version: int) -> Order:
    """Asks the supplier by mail where the order is, once a day at most."""
    order = orders.to_buy(ctx, id, version)
    if reason := why_not_amend(order):
        raise Conflict(say("Cannot chase this order: {reason}.", reason=reason))
    if order.chased_on == ctx.today:
        raise Conflict(say("The supplier was asked today already."))
    order.chased_on = ctx.today
    bump(order)
    ctx.enqueue("purchasing.send_reminder", order_id=order.id, lock=f"purchasing.send_reminder:{order.id}")
    ctx.session.flush()
    return order


# --- Actions: revisions


@requires(Can.BUY)
def revise(
    ctx: Context,
    id: int,
    version: int,
    reason: str,
    changes: Sequence[LineChange] = (),
    new_lines: Sequence[NewOrderLine] = (),
) -> Revision:
    """Changes an issued order. Dearer than what was approved, or with a new line, it waits for a yes first."""
    order = orders.to_buy(ctx, id, version)
    if why := why_not_amend(order):
        raise Conflict(say("Cannot revise this order: {why}.", why=why))
    if not reason.strip():
        raise Invalid(say("Say why the order changes: the supplier will read it."), field="reason")
    if ctx.session.scalar(_waiting(order)):
        raise Conflict(say("A revision of this order waits for approval already. Decide that one first."))
    if not changes and not new_lines:
        raise Invalid(say("Nothing would change."), field="changes")
    added = order_lines.columns(ctx, order, new_lines)
    total = _total_after(order, changes, added)
    number = 1 + (ctx.session.scalar(sa.select(sa.func.max(Revision.number)).where(Revision.order_id == order.id)) or 0)
    body = {"lines": [_stored(change) for change in changes], "new": [_plain(columns) for columns in added]}
    revision = Revision(
        order_id=order.id,
        number=number,
        state=RevisionState.PENDING,
        reason=reason.strip()[:1000],
        changes=body,
        before={"total": str(order.total), "lines": [_snapshot(line) for line in order.lines]},
        total=total,
        content_hash=_hash(order, body),
        made_by_id=ctx.user.id,
        made_at=ctx.now,
    )
    ctx.session.add(revision)
    bump(order)
    ctx.session.flush()
    _ask(ctx, order, revision, bool(added))
    return revision


def _ask(ctx: Context, order: Order, revision: Revision, new_lines: bool) -> None:
    company = (revision.total * order.rate).quantize(prices.PRICE_STEP, ROUND_HALF_UP)
    if needs_a_yes(company, order.approved_total, new_lines):
        approval = approvals.request(
            ctx,
            Order.__tablename__,
            origin(revision),
            site_id=order.site_id,
            amount=orders.in_company_currency(ctx, order, revision.total),
            currency=company_currency(ctx),
            cost_centre_id=order.lines[0].cost_centre_id,
            requested_by_id=ctx.user.id,
            content_hash=revision.content_hash,
        )
        if approval.state is not ApprovalState.APPROVED:
            return
    _apply(ctx, order, revision)


@requires(Can.READ_ORDERS, Can.APPROVE_ORDERS)
def read_revision(ctx: Context, revision_id: int) -> tuple[Order, Revision]:
    """A change of an order that the person may see, and the order."""
    revision = get(ctx.session, visible_revisions(ctx).where(Revision.id == revision_id), what="revision")
    return orders.read(ctx, revision.order_id), revision


@requires(Can.BUY)
def withdraw_revision(ctx: Context, revision_id: int, version: int, reason: str) -> Revision:
    """The buyer thinks again before anybody decided: the order stays as it is."""
    order, revision = _to_decide(ctx, revision_id, version)
    ctx.need(Can.BUY, site_id=order.site_id, to="buy for this site")
    approvals.void(ctx, origin(revision), mark("withdrawn"))
    lifecycle.move(ctx, revision, RevisionState.REFUSED, reason.strip() or say("withdrawn by the buyer"))
    bump(order)
    ctx.session.flush()
    return revision


@requires(Can.APPROVE_ORDERS)
def approve_revision(ctx: Context, revision_id: int, version: int, reason: str = "") -> Revision:
    """The hash is that of the order as it stands and the change: what moved underneath voids the question."""
    order, revision = _to_decide(ctx, revision_id, version)
    now = _hash(order, revision.changes)
    approval = approvals.decide(ctx, origin(revision), True, now, reason)
    if approval.state is ApprovalState.APPROVED:
        bump(order)
        _apply(ctx, order, revision)
    else:
        bump(revision)
        ctx.session.flush()
    return revision


@requires(Can.APPROVE_ORDERS)
def refuse_revision(ctx: Context, revision_id: int, version: int, reason: str) -> Revision:
    order, revision = _to_decide(ctx, revision_id, version)
    approvals.decide(ctx, origin(revision), False, _hash(order, revision.changes), reason)
    lifecycle.move(ctx, revision, RevisionState.REFUSED, reason)
    bump(order)
    ctx.session.flush()
    return revision


def _to_decide(ctx: Context, revision_id: int, version: int) -> tuple[Order, Revision]:
    this = sa.select(Revision).where(Revision.id == revision_id)
    order = orders.lock(ctx, get(ctx.session, this, what="revision").order_id, None)
    revision = get(ctx.session, this, what="revision", version=version, lock=True)
    if revision.state is not RevisionState.PENDING:
        raise Conflict(say("Cannot decide this revision: it is {state}.", state=spoken(revision.state)))
    return order, revision


def _apply(ctx: Context, order: Order, revision: Revision) -> None:
    for stored in revision.changes["lines"]:
        line = line_of(order, stored["line_id"])
        quantity = Decimal(stored["quantity"] or line.quantity)
        if why := why_not_quantity(line, quantity):
            raise Conflict(say("This revision no longer fits: {why}.", why=why))
        _write(ctx, order, line, quantity, stored)
    last = max(line.position for line in order.lines)
    for step, columns in enumerate(revision.changes["new"], start=1):
        made = OrderLine(position=last + step, state=LineState.OPEN, **orders.zeros(), **_read(columns))
        order.lines.append(made)
    ctx.session.flush()
    ctx.session.execute(
        sa.update(Revision)
        .where(Revision.order_id == order.id, Revision.state == RevisionState.APPROVED)
        .values(state=RevisionState.SUPERSEDED)
    )
    lifecycle.move(ctx, revision, RevisionState.APPROVED)
    orders.add_up(order)
    order.revision, order.content_hash = revision.number, orders.content_hash(order)
    site_total = (order.total * order.rate).quantize(prices.PRICE_STEP, ROUND_HALF_UP)
    order.approved_total = max(site_total, order.approved_total or Decimal(0))
    allocations.bring_money(ctx, order, check=True)
    allocations.refresh(ctx, allocations.requisitions_of(ctx, [order.id]))
    orders.announce(ctx, order)


def _write(ctx: Context, order: Order, line: OrderLine, quantity: Decimal, stored: Mapping[str, Any]) -> None:
    if quantity < line.quantity:
        allocations.release(ctx, order, {line.id: quantity * line.factor})
    line.quantity = quantity
    line.price = Decimal(stored["price"] or line.price)
    line.amount = prices.amount(line.quantity, line.price, line.per, order.currency)
    line.rounding_difference = Decimal(0)
    if stored["need_by"]:
        line.need_by = date.fromisoformat(stored["need_by"])
        line.moved_by_us = line.confirmed_first is not None


def _total_after(order: Order, changes: Sequence[LineChange], added: Sequence[Mapping[str, Any]]) -> Decimal:
    total = order.total + sum((columns["amount"] for columns in added), Decimal(0))
    for change in changes:
        line = line_of(order, change.line_id)
        quantity = line.quantity if change.quantity is None else change.quantity
        price = line.price if change.price is None else change.price
        prices.check_line(quantity, line.unit, price, line.per, at=f"lines.{line.id}.")
        if why := why_not_quantity(line, quantity):
            raise Conflict(say("Cannot revise this order: {why}.", why=why))
        if change.quantity is not None or change.price is not None:
            total += prices.amount(quantity, price, line.per, order.currency) - line.amount
    return total


def _stored(change: LineChange) -> dict[str, Any]:
    return {
        "line_id": change.line_id,
        "quantity": None if change.quantity is None else str(change.quantity),
        "price": None if change.price is None else str(change.price),
        "need_by": None if change.need_by is None else change.need_by.isoformat(),
    }


def _snapshot(line: OrderLine) -> dict[str, Any]:
    return {
        "line_id": line.id,
        "quantity": str(line.quantity),
        "price": str(line.price),
        "need_by": line.need_by.isoformat(),
        "amount": str(line.amount),
    }


def _plain(columns: Mapping[str, Any]) -> dict[str, Any]:
    """A new line's columns as JSON."""
    return {name: value if isinstance(value, int | bool | None) else str(value) for name, value in columns.items()}


def _read(columns: Mapping[str, Any]) -> dict[str, Any]:
    """And back: each column in the type that it has on the line."""
    read: dict[str, Any] = {}
    for name, value in columns.items():
        python_type = OrderLine.__table__.columns[name].type.python_type
        try:
            text = isinstance(value, str)
            read[name] = Decimal(value) if text and python_type is Decimal else value
            read[name] = date.fromisoformat(value) if text and python_type is date else read[name]
        except (InvalidOperation, ValueError) as error:
            raise Conflict(say("This revision cannot be read any more. Refuse it and write it again.")) from error
    return read


def _waiting(order: Order) -> sa.Select[int]:
    return sa.select(Revision.id).where(Revision.order_id == order.id, Revision.state == RevisionState.PENDING)


def _hash(order: Order, body: Mapping[str, Any]) -> str:
    content = json.dumps([order.content_hash, body], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


# --- Actions: ending


@requires(Can.BUY)
def close_short(ctx: Context, id: int, version: int, line_id: int, reason: str, *, reorder: bool = False) -> Order:
    """No more of this line will come. What is missing is dropped, or goes back on the buyer's list."""
    order = orders.to_buy(ctx, id, version)
    line = line_of(order, line_id)
    if why := why_not_close_short(order, line):
        raise Conflict(say("Cannot close this line short: {why}.", why=why))
    if not reason.strip():
        raise Invalid(say("Say why no more will come."), field="reason")
    came = (line.accepted - line.returned) * line.factor
    allocations.release(ctx, order, {line.id: min(came, base(line))}, reorder=reorder)
    line.state = LineState.CLOSED_SHORT
    bump(order)
    ctx.session.flush()
    finish(ctx, order, reason)
    allocations.bring_money(ctx, order)
    allocations.refresh(ctx, allocations.requisitions_of(ctx, [order.id]))
    return order


@requires(Can.BUY)
def cancel(ctx: Context, id: int, version: int, reason: str) -> Order:
    """Nothing of it came or was billed: what it covered is to be ordered again."""
    order = orders.to_buy(ctx, id, version)
    if why := why_not_cancel(order):
        raise Conflict(say("Cannot cancel this order: {why}.", why=why))
    was_out = order.state in OUT
    covered = allocations.requisitions_of(ctx, [order.id])
    approvals.void(ctx, orders.origin(order), mark("cancelled"))
    allocations.release(ctx, order, {line.id: Decimal(0) for line in order.lines})
    for line in order.lines:
        line.state = LineState.CANCELLED
    lifecycle.move(ctx, order, OrderState.CANCELLED, reason)
    allocations.bring_money(ctx, order)
    allocations.refresh(ctx, covered)
    if was_out:
        ctx.enqueue("purchasing.send_cancellation", order_id=order.id, lock=f"purchasing.send_cancellation:{order.id}")
    return order


@within("receipts, invoices and closings end an order, or open it again")
def finish(ctx: Context, order: Order, reason: str = "") -> None:
    """A line is closed while it has come and been billed in full; the order while all of its lines are."""
    for line in order.lines:
        if line.state in (LineState.OPEN, LineState.CLOSED):
            line.state = LineState.CLOSED if is_done(line) else LineState.OPEN
    ended = all(line.state is not LineState.OPEN and is_billed(line) for line in order.lines)
    if ended and order.state in OUT:
        lifecycle.move(ctx, order, OrderState.CLOSED, reason)
    elif not ended and order.state is OrderState.CLOSED:
        lifecycle.move(ctx, order, OrderState.ACKNOWLEDGED if order.acknowledged_on else OrderState.ISSUED)
    ctx.session.flush()
