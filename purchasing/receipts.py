"""Receipts: what came, counted at the dock, line by line; who receives need not be allowed to buy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from plantops import lifecycle, numbers, stock, stores
from plantops.context import Context, requires, within
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid
from plantops.items import Item, ItemKind
from plantops.parties import Party
from plantops.stock_ledger import Move
from plantops.wording import say, whole_day
from purchasing import allocations, amendments, suppliers
from purchasing.events import GoodsReceived, ReceivedLine
from purchasing.matching import number_key
from purchasing.models import Order, OrderLine, Receipt, ReceiptLine, Requisition, Supplier
from purchasing.models.bills import ReceiptKind as Kind
from purchasing.models.bills import ReceiptState as State
from purchasing.models.orders import LineState
from purchasing.order_lines import is_received, still_open
from purchasing.orders import OUT, line_of
from purchasing.permissions import Can
from purchasing.receipt_rules import (
    Came,
    why_not_arrived,
    why_not_quantities,
    why_not_receive,
    why_not_return,
    why_not_undo,
)

MOST_EXPECTED = 200
ZERO = Decimal(0)


@dataclass(frozen=True)
class NewReceipt:
    order_id: int
    lines: tuple[Came, ...]
    arrived_on: date
    delivery_note: str = ""
    place_id: int | None = None
    store_id: int | None = None
    photo_id: int | None = None


@dataclass(frozen=True)
class ExpectedRow:
    """An order with something still to come. Without prices: a receiver need not know them."""

    order_id: int
    number: str
    supplier: str
    expected_on: date
    open_lines: int
    on_hold: bool


# --- Questions


def visible_scope(ctx: Context) -> sa.ColumnElement[bool]:
    sites = ctx.sites(Can.READ_RECEIPTS)
    return sa.true() if sites is None else Receipt.site_id.in_(sites)


def visible(ctx: Context) -> sa.Select[Receipt]:
    return sa.select(Receipt).options(selectinload(Receipt.lines)).where(visible_scope(ctx))


def visible_expected(ctx: Context) -> sa.Select[Order]:
    """The orders of the sites where the person receives. It takes no right to read or to write orders."""
    query = sa.select(Order).options(selectinload(Order.lines)).where(Order.state.in_(OUT))
    sites = ctx.sites(Can.RECEIVE)
    return query if sites is None else query.where(Order.site_id.in_(sites))


@requires(Can.READ_RECEIPTS)
def read(ctx: Context, id: int) -> Receipt:
    return get(ctx.session, visible(ctx).where(Receipt.id == id), what="receipt")


@requires(Can.RECEIVE)
def expected_order(ctx: Context, order_id: int) -> Order:
    return get(ctx.session, visible_expected(ctx).where(Order.id == order_id), what="order")


@requires(Can.RECEIVE)
def list_expected(
    ctx: Context, site_id: int | None, *, search: str = "", until: date | None = None, limit: int = MOST_EXPECTED
) -> list[ExpectedRow]:
    """What is still to come, the most overdue first; found by order number, supplier or item.

    Without a site at all of them; with `until` only what is due by that day.
    """
    query = visible_rest(ctx, site_id, until, services=bool(search)).order_by(DUE, Order.id).limit(limit)
    if search:
        words = search.strip()
        query = query.having(
            sa.or_(
                Order.number.icontains(words, autoescape=True),
                Party.name.icontains(words, autoescape=True),
                sa.func.bool_or(OrderLine.description.icontains(words, autoescape=True)),
                sa.func.bool_or(OrderLine.supplier_code == words),
            )
        )
    return [ExpectedRow(*row) for row in ctx.session.execute(query)]


@requires(Can.RECEIVE)
def count_expected(ctx: Context, site_id: int | None = None, *, until: date | None = None) -> int:
    """As many as are listed."""
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(visible_rest(ctx, site_id, until).subquery())) or 0


DUE = sa.func.min(sa.func.coalesce(OrderLine.promised_on, OrderLine.need_by))


def visible_rest(
    ctx: Context, site_id: int | None, until: date | None, *, services: bool = False
) -> sa.Select[*tuple[Any, ...]]:
    """One row for each order of which something is still to come. What is paid without a receipt is not waited for."""
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(Order.id, Order.number, Party.name, DUE, sa.func.count(), Order.on_hold)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Supplier, Supplier.id == Order.supplier_id)
        .join(Party, Party.id == Supplier.party_id)
        .where(Order.id.in_(visible_expected(ctx).with_only_columns(Order.id)), OrderLine.state == LineState.OPEN)
        .where(OrderLine.accepted - OrderLine.returned < OrderLine.quantity * (1 - OrderLine.under_percent / 100))
        .group_by(Order.id, Party.id)
    )
    if not services:
        query = query.where(OrderLine.three_way)
    if site_id is not None:
        query = query.where(Order.site_id == site_id)
    return query if until is None else query.having(until >= DUE)


# --- Actions


@requires(Can.RECEIVE)
def start(ctx: Context, new: NewReceipt) -> Receipt:
    """A draft of what came. Nothing counts before it is posted."""
    if reason := why_not_arrived(new.arrived_on, ctx.today):
        raise Invalid(say("Say when it came: {reason}.", reason=reason), field="arrived_on")
    return _draft(ctx, new)


def _draft(ctx: Context, new: NewReceipt) -> Receipt:
    # Locked before the receipt names it: the foreign key's share lock could not be raised by two at once.
    order = get(ctx.session, visible_expected(ctx).where(Order.id == new.order_id), what="order", lock=True)
    _check_head(ctx, order, new)
    receipt = Receipt(
        site_id=order.site_id,
        kind=Kind.DELIVERY,
        state=State.DRAFT,
        supplier_id=order.supplier_id,
        order_id=order.id,
        delivery_note=new.delivery_note.strip()[:60],
        note_key=number_key(new.delivery_note) if new.delivery_note.strip() else "",
        arrived_on=new.arrived_on,
        place_id=new.place_id or order.place_id,
        store_id=new.store_id or order.store_id,
        received_by_id=ctx.user.id,
        photo_id=new.photo_id,
        lines=[],
    )
    for came in new.lines:
        line_of(order, came.order_line_id)
        if reason := why_not_quantities(came):
            raise Invalid(say("This cannot be: {reason}.", reason=reason), field=f"lines.{came.order_line_id}")
        if came.accepted or came.rejected:
            receipt.lines.append(
                ReceiptLine(order_line_id=came.order_line_id, accepted=came.accepted, rejected=came.rejected,
                            reason=came.reason.strip()[:500])
            )  # fmt: skip
    if not receipt.lines:
        raise Invalid(say("Nothing came: enter at least one quantity."), field="lines")
    ctx.session.add(receipt)
    ctx.session.flush()
    return receipt


def _check_head(ctx: Context, order: Order, new: NewReceipt) -> None:
    if len({came.order_line_id for came in new.lines}) < len(new.lines):
        raise Invalid(say("A line stands there twice."), field="lines")
    if wrong := stores.wrong_for_site(ctx, order.site_id, place_id=new.place_id, store_id=new.store_id):
        raise Invalid(say("Some of what was entered cannot be."), fields=wrong)
    key = number_key(new.delivery_note)
    if not key:
        return
    ctx.session.execute(
        sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"note {order.supplier_id} {key}", 0)))
    )
    before = ctx.session.scalar(
        sa.select(Receipt).where(
            Receipt.supplier_id == order.supplier_id, Receipt.note_key == key, Receipt.kind == Kind.DELIVERY,
            Receipt.state != State.REVERSED,
        )
    )  # fmt: skip
    if before is not None:
        raise Conflict(
            say(
                "Delivery note {delivery_note} of {name_of} was received already "
                "as {number} on {arrived_on}. Look whether this is the same delivery.",
                delivery_note=before.delivery_note,
                name_of=suppliers.name_of(ctx, order.supplier_id),
                number=before.number or "a draft",
                arrived_on=whole_day(before.arrived_on),
            ),
            code="note_known",
            field="delivery_note",
        )


@requires(Can.RECEIVE)
def post(ctx: Context, id: int, version: int) -> Receipt:
    """It counts from now on: open quantities, stock and waiting invoices. Under the order's lock, so never twice."""
    order, receipt = _both(ctx, id, version)
    if receipt.state is not State.DRAFT:
        raise Conflict(
            say(
                "{number} is {spoken} already.",
                number=receipt.number or "This receipt",
                spoken=lifecycle.spoken(receipt.state),
            )
        )
    for came in receipt.lines:
        line = line_of(order, came.order_line_id)
        if reason := why_not_receive(order, line, came.accepted):
            raise Conflict(say("Cannot receive this: {reason}.", reason=reason), field=f"lines.{line.id}")
        line.accepted += came.accepted
        line.rejected += came.rejected
        if line.received_on is None and is_received(line):
            line.received_on = receipt.arrived_on
    _book(ctx, receipt)
    _into_stock(ctx, order, receipt)
    _settle(ctx, order, receipt)
    return receipt


@requires(Can.RECEIVE)
def receive(ctx: Context, new: NewReceipt) -> Receipt:
    """Counted and posted in one go."""
    receipt = start(ctx, new)
    return post(ctx, receipt.id, receipt.version)


@within("a parked delivery knows the day on which it came, however long ago that is")
def receive_on_its_day(ctx: Context, new: NewReceipt) -> Receipt:
    receipt = _draft(ctx, new)
    return post(ctx, receipt.id, receipt.version)


@requires(Can.RECEIVE)
def discard(ctx: Context, id: int, version: int) -> None:
    """A draft has no number and may go."""
    _, receipt = _both(ctx, id, version)
    if receipt.state is not State.DRAFT:
        raise Conflict(say("Only a draft can be discarded. Reverse the receipt instead."))
    ctx.session.delete(receipt)
    ctx.session.flush()


def _both(ctx: Context, id: int, version: int | None) -> tuple[Order, Receipt]:
    """Order first, then receipt: everybody locks in this order."""
    seen = get(ctx.session, visible(ctx).where(Receipt.id == id), what="receipt")
    ctx.need(Can.RECEIVE, site_id=seen.site_id, to="receive goods at this site")
    this = sa.select(Order).options(selectinload(Order.lines)).where(Order.id == seen.order_id)
    order = get(ctx.session, this, what="order", lock=True)
    receipt = get(ctx.session, visible(ctx).where(Receipt.id == id), what="receipt", version=version, lock=True)
    return order, receipt


def _book(ctx: Context, receipt: Receipt) -> None:
    receipt.number = numbers.plain(ctx, "GR", receipt.site_id)
    receipt.posted_at = ctx.now
    lifecycle.move(ctx, receipt, State.POSTED)


def _key(receipt: Receipt) -> str:
    return f"{Receipt.__tablename__}:{receipt.id}"


def _stocked(ctx: Context, order: Order, receipt: Receipt) -> list[tuple[OrderLine, ReceiptLine]]:
    """The lines that lie in a store: goods of the catalogue, when the receipt names a store."""
    if receipt.store_id is None:
        return []
    pairs = [(line_of(order, came.order_line_id), came) for came in receipt.lines if came.accepted]
    ids = [line.item_id for line, _ in pairs if line.item_id is not None]
    goods = set(ctx.session.scalars(sa.select(Item.id).where(Item.id.in_(ids), Item.kind == ItemKind.GOOD)))
    return [(line, came) for line, came in pairs if line.item_id in goods]


def _stock_line(order: Order, line: OrderLine, accepted: Decimal) -> stock.Line:
    """In the item's stock unit at the factor of the order, with its value in the site's currency."""
    assert line.item_id is not None
    worth = (line.amount * accepted / line.quantity * order.rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return stock.Line(line.item_id, accepted * line.factor, cost=worth)


def _into_stock(ctx: Context, order: Order, receipt: Receipt) -> None:
    lines = [_stock_line(order, line, came.accepted) for line, came in _stocked(ctx, order, receipt)]
    if lines and receipt.store_id is not None:
        stock.receive(ctx, receipt.store_id, lines, origin=_key(receipt), key=_key(receipt))


def _settle(ctx: Context, order: Order, receipt: Receipt) -> None:
    """What a receipt of any kind does beside the counting: closings, money, requisitions, and the news."""
    for line in order.lines:
        line.received_on = line.received_on if is_received(line) else None
    bump(order)
    ctx.session.flush()
    amendments.finish(ctx, order)
    allocations.bring_money(ctx, order)
    behind = allocations.requisitions_of(ctx, [order.id])
    allocations.refresh(ctx, behind)
    origins = ctx.session.scalars(sa.select(Requisition.origin).where(Requisition.id.in_(behind)))
    ctx.emit(
        GoodsReceived(
            receipt.id,
            order.id,
            order.site_id,
            receipt.arrived_on,
            tuple(_received(line_of(order, came.order_line_id), came, receipt) for came in receipt.lines),
            tuple(sorted({origin for origin in origins if origin})),
        )
    )


def _received(line: OrderLine, came: ReceiptLine, receipt: Receipt) -> ReceivedLine:
    return ReceivedLine(line.id, line.item_id, line.description, came.accepted, line.unit, receipt.store_id)


# --- Actions: taking it back


@requires(Can.RECEIVE)
def reverse(ctx: Context, id: int, version: int, reason: str) -> Receipt:
    """Posted by mistake: a second document takes it back, and both stay."""
    order, receipt = _both(ctx, id, version)
    if receipt.state is not State.POSTED or receipt.kind is Kind.REVERSAL:
        raise Conflict(say("{number} cannot be reversed.", number=receipt.number or "This draft"))
    for came in receipt.lines:
        line = line_of(order, came.order_line_id)
        if receipt.kind is Kind.RETURN:
            line.returned += came.accepted
        elif why := why_not_undo(line, came.accepted):
            raise Conflict(say("Cannot reverse this receipt: {why}.", why=why))
        else:
            line.accepted -= came.accepted
            line.rejected -= came.rejected
    reversal = _document(ctx, order, receipt, Kind.REVERSAL, [(c.order_line_id, -c.accepted, -c.rejected, c.reason)
                                                               for c in receipt.lines])  # fmt: skip
    reversal.reverses_id = receipt.id
    _book(ctx, reversal)
    lifecycle.move(ctx, receipt, State.REVERSED, reason)
    moves = ctx.session.scalars(sa.select(Move).where(Move.batch == _key(receipt)).order_by(Move.id)).all()
    if moves:
        stock.reverse(ctx, moves, reason=reason, key=_key(reversal))
    _settle(ctx, order, reversal)
    return reversal


@requires(Can.RECEIVE)
def send_back(
    ctx: Context, order_id: int, lines: Sequence[Came], reason: str, *, note: str = "", store_id: int | None = None
) -> Receipt:
    """Goods go back to the supplier, out of the store where they lie; open again until the line is closed short."""
    this = sa.select(Order).options(selectinload(Order.lines)).where(Order.id == order_id)
    sites = ctx.sites(Can.RECEIVE)
    if sites is not None:
        this = this.where(Order.site_id.in_(sites))
    order = get(ctx.session, this, what="order", lock=True)
    if not reason.strip():
        raise Invalid(say("Say why it goes back: the supplier will ask."), field="reason")
    if wrong := stores.wrong_for_site(ctx, order.site_id, store_id=store_id):
        raise Invalid(say("Some of what was entered cannot be."), fields=wrong)
    wanted = [came for came in lines if came.accepted]
    if not wanted:
        raise Invalid(say("Say how much goes back."), field="lines")
    for came in wanted:
        line = line_of(order, came.order_line_id)
        if why := why_not_quantities(came) or why_not_return(line, came.accepted):
            raise Conflict(say("Cannot send this back: {why}.", why=why), field=f"lines.{line.id}")
        line.returned += came.accepted
    sent = _document(
        ctx, order, None, Kind.RETURN, [(came.order_line_id, -came.accepted, ZERO, reason.strip()) for came in wanted]
    )
    sent.delivery_note = note.strip()[:60]
    sent.store_id = store_id or sent.store_id
    _book(ctx, sent)
    out = [stock.Line(item_id, -came.accepted * line.factor) for line, came in _stocked(ctx, order, sent)
           if (item_id := line.item_id) is not None]  # fmt: skip
    if out and sent.store_id is not None:
        stock.send_back(ctx, sent.store_id, out, origin=_key(sent), key=_key(sent))
    _settle(ctx, order, sent)
    return sent


def _document(
    ctx: Context,
    order: Order,
    like: Receipt | None,
    kind: Kind,
    lines: Sequence[tuple[int, Decimal, Decimal, str]],
) -> Receipt:
    made = Receipt(
        site_id=order.site_id,
        kind=kind,
        state=State.DRAFT,
        supplier_id=order.supplier_id,
        order_id=order.id,
        arrived_on=ctx.today,
        place_id=like.place_id if like else order.place_id,
        store_id=like.store_id if like else order.store_id,
        received_by_id=ctx.user.id,
        reverses_id=like.id if like else None,
        lines=[
            ReceiptLine(order_line_id=id, accepted=accepted, rejected=rejected, reason=reason)
            for id, accepted, rejected, reason in lines
        ],
    )
    ctx.session.add(made)
    ctx.session.flush()
    return made


@within("the receive page suggests what is still open")
def suggestion(order: Order) -> list[tuple[OrderLine, Decimal]]:
    return [(line, still_open(line)) for line in order.lines if line.state is LineState.OPEN]
