"""Orders and deliveries of the past, whole files at a time: by the rules of one order, in a few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from plantops import numbers
from plantops.bulk import insert_many
from plantops.context import Context, within
from plantops.errors import Conflict
from plantops.lifecycle import Transition
from plantops.wording import say
from purchasing import allocations, budgets, prices
from purchasing.matching import number_key
from purchasing.models import Order, OrderLine, Receipt, ReceiptLine
from purchasing.models.bills import ReceiptKind, ReceiptState
from purchasing.models.orders import LineState, OrderState

ZERO = Decimal(0)


@dataclass(frozen=True)
class Delivery:
    """What came of a line on one day with one delivery note."""

    on: date
    quantity: Decimal
    note: str = ""
    recorded_on: date | None = None


@dataclass(frozen=True)
class PastLine:
    """A line as it was ordered. A stated amount is authoritative; what it differs from quantity x price is kept."""

    description: str
    quantity: Decimal
    unit: str
    price: Decimal
    need_by: date
    per: int = 1
    amount: Decimal | None = None
    item_id: int | None = None
    factor: Decimal = Decimal(1)
    supplier_code: str = ""
    cost_centre_id: int | None = None
    three_way: bool = True
    over_percent: Decimal = ZERO
    under_percent: Decimal = ZERO
    confirmed_first: date | None = None
    promised_on: date | None = None
    deliveries: tuple[Delivery, ...] = ()
    settled: bool = True
    """Paid and done outside of here: a delivered line is closed. Else it waits for its invoice."""
    billed: bool = False
    """Its invoice is written right after it, for all that came."""
    imported: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class PastOrder:
    site_id: int
    supplier_id: int
    currency: str
    lines: tuple[PastLine, ...]
    ordered_on: date | None
    external_number: str = ""
    rate: Decimal = Decimal(1)
    freight: Decimal = ZERO
    incoterm: str = ""
    terms_days: int = 30
    buyer_id: int | None = None
    acknowledged: bool = True


@dataclass
class Written:
    """The ids of an order that was written, line by line and delivery by delivery."""

    order_id: int
    line_ids: list[int] = field(default_factory=list)
    receipt_lines: dict[int, list[int]] = field(default_factory=dict)
    """Order line id -> its receipt lines in order of delivery."""


# --- Rules


def amount_of(line: PastLine, currency: str) -> tuple[Decimal, Decimal]:
    """What the line costs, and by how much that differs from quantity x price."""
    computed = prices.amount(line.quantity, line.price, line.per, currency)
    return (computed, ZERO) if line.amount is None else (line.amount, line.amount - computed)


def why_not_past(line: PastLine, currency: str) -> str | None:
    """A delivered quantity beyond the tolerance, or an amount that its price does not explain."""
    came = sum((delivery.quantity for delivery in line.deliveries), ZERO)
    if came > line.quantity * (1 + line.over_percent / 100):
        return say("{came:f} came of {quantity:f} that were ordered", came=came, quantity=line.quantity)
    amount, difference = amount_of(line, currency)
    if abs(difference) > max(amount / 100, Decimal(100)):
        computed = amount - difference
        return say(
            "quantity times price is {computed:,.2f}, the line says {amount:,.2f}: more than rounding",
            computed=computed,
            amount=amount,
        )
    return None


def has_come(line: PastLine) -> bool:
    came = sum((delivery.quantity for delivery in line.deliveries), ZERO)
    return came > 0 and came >= line.quantity * (1 - line.under_percent / 100)


def is_closed(line: PastLine) -> bool:
    """Come and paid for in full; of a service, billed in full."""
    if not line.three_way:
        return line.billed
    return has_come(line) and (line.settled or line.billed)


def state_of(order: PastOrder) -> OrderState:
    if all(is_closed(line) for line in order.lines):
        return OrderState.CLOSED
    return OrderState.ACKNOWLEDGED if order.acknowledged else OrderState.ISSUED


# --- Writing


@within("imports and the demo write history")
def write_orders(ctx: Context, orders: Sequence[PastOrder], *, import_id: int, reason: str) -> list[Written]:
    """Orders with their numbers, lines, deliveries, steps and money. Raises Conflict naming what cannot have been."""
    for order in orders:
        for line in order.lines:
            prices.check_line(line.quantity, line.unit, line.price, line.per)
            if why := why_not_past(line, order.currency):
                raise Conflict(
                    say(
                        "{description} of order {external_number} cannot be: {why}.",
                        description=line.description,
                        external_number=order.external_number or "?",
                        why=why,
                    )
                )
    heads = [_head(ctx, order, import_id) for order in orders]
    for site_id in {order.site_id for order in orders}:
        mine = [head for head in heads if head["site_id"] == site_id]
        for head, number in zip(mine, numbers.plain_many(ctx, "PO", site_id, len(mine)), strict=True):
            head["number"] = number
    ids = insert_many(ctx, Order, heads)
    written = [Written(id) for id in ids]
    rows = [
        _line(line, order.currency, id, position)
        for order, id in zip(orders, ids, strict=True)
        for position, line in enumerate(order.lines, start=1)
    ]
    line_ids = iter(insert_many(ctx, OrderLine, rows))
    for order, one in zip(orders, written, strict=True):
        one.line_ids = [next(line_ids) for _ in order.lines]
    steps(ctx, Order.__tablename__, [(head["state"], id) for head, id in zip(heads, ids, strict=True)], reason)
    _write_receipts(ctx, orders, written, import_id)
    _bring_money(ctx, orders, written)
    return written


def _head(ctx: Context, order: PastOrder, import_id: int) -> dict[str, Any]:
    amounts = [amount_of(line, order.currency)[0] for line in order.lines]
    net = sum(amounts, ZERO)
    return {
        "site_id": order.site_id,
        "state": state_of(order),
        "supplier_id": order.supplier_id,
        "buyer_id": order.buyer_id or ctx.user.id,
        "currency": order.currency,
        "rate": order.rate,
        "rate_on": order.ordered_on or ctx.today,
        "net": net,
        "freight": order.freight,
        "total": net + order.freight,
        "approved_total": ((net + order.freight) * order.rate).quantize(prices.PRICE_STEP, ROUND_HALF_UP),
        "terms_days": order.terms_days,
        "incoterm": order.incoterm,
        "ordered_on": order.ordered_on,
        "acknowledged_on": order.ordered_on if order.acknowledged else None,
        "import_id": import_id,
        "external_number": order.external_number,
        "created_at": at_noon(order.ordered_on) or ctx.now,
        "version": 1,
    }


def _line(line: PastLine, currency: str, order_id: int, position: int) -> dict[str, Any]:
    amount, difference = amount_of(line, currency)
    came = sum((delivery.quantity for delivery in line.deliveries), ZERO)
    complete = has_come(line)
    return {
        "order_id": order_id,
        "position": position,
        "state": LineState.CLOSED if is_closed(line) else LineState.OPEN,
        "item_id": line.item_id,
        "description": line.description,
        "supplier_code": line.supplier_code,
        "quantity": line.quantity,
        "unit": line.unit,
        "factor": line.factor,
        "price": line.price,
        "per": line.per,
        "amount": amount,
        "rounding_difference": difference,
        "cost_centre_id": line.cost_centre_id,
        "budget_year": line.need_by.year,
        "three_way": line.three_way,
        "over_percent": line.over_percent,
        "under_percent": line.under_percent,
        "bill_percent": ZERO,
        "need_by": line.need_by,
        "confirmed_first": line.confirmed_first,
        "promised_on": line.promised_on or line.confirmed_first,
        "accepted": came,
        "invoiced": (came if line.three_way else line.quantity) if line.billed else ZERO,
        "received_on": max(delivery.on for delivery in line.deliveries) if complete else None,
        "imported": dict(line.imported) if line.imported else None,
    }


def _write_receipts(ctx: Context, orders: Sequence[PastOrder], written: Sequence[Written], import_id: int) -> None:
    """One receipt per order, day and delivery note."""
    heads: dict[tuple[int, date, str], dict[str, Any]] = {}
    lines: list[tuple[tuple[int, date, str], int, Decimal]] = []
    for order, one in zip(orders, written, strict=True):
        for line, line_id in zip(order.lines, one.line_ids, strict=True):
            for delivery in line.deliveries:
                key = (one.order_id, delivery.on, delivery.note)
                heads.setdefault(key, _receipt(ctx, order, one.order_id, delivery, import_id))
                lines.append((key, line_id, delivery.quantity))
    for site_id in {head["site_id"] for head in heads.values()}:
        mine = [head for head in heads.values() if head["site_id"] == site_id]
        for head, number in zip(mine, numbers.plain_many(ctx, "GR", site_id, len(mine)), strict=True):
            head["number"] = number
    ids = dict(zip(heads, insert_many(ctx, Receipt, list(heads.values())), strict=True))
    rows = [{"receipt_id": ids[key], "order_line_id": line_id, "accepted": q} for key, line_id, q in lines]
    by_order = {one.order_id: one for one in written}
    for (key, line_id, _), id in zip(lines, insert_many(ctx, ReceiptLine, rows), strict=True):
        by_order[key[0]].receipt_lines.setdefault(line_id, []).append(id)


def _receipt(ctx: Context, order: PastOrder, order_id: int, delivery: Delivery, import_id: int) -> dict[str, Any]:
    return {
        "site_id": order.site_id,
        "kind": ReceiptKind.DELIVERY,
        "state": ReceiptState.POSTED,
        "supplier_id": order.supplier_id,
        "order_id": order_id,
        "delivery_note": delivery.note,
        "note_key": number_key(delivery.note) if delivery.note else "",
        "arrived_on": delivery.on,
        "received_by_id": ctx.user.id,
        "posted_at": at_noon(delivery.recorded_on or delivery.on),
        "import_id": import_id,
        "version": 1,
    }


def _bring_money(ctx: Context, orders: Sequence[PastOrder], written: Sequence[Written]) -> None:
    """Open lines with a cost centre are committed, as if they had been ordered here."""
    ids = [
        one.order_id
        for order, one in zip(orders, written, strict=True)
        if any(line.cost_centre_id is not None and not is_closed(line) for line in order.lines)
    ]
    if not ids:
        return
    query = sa.select(Order).where(Order.id.in_(ids)).options(selectinload(Order.lines))
    found = ctx.session.scalars(query.execution_options(populate_existing=True)).all()
    targets = [target for order in found for target in allocations.ordered_targets(order) if target.amount]
    dates = {line.id: order.ordered_on or ctx.today for order in found for line in order.lines}
    budgets.write_first(ctx, "history", [(target, dates[target.order_line_id or 0]) for target in targets])


@within("imports and the demo write history")
def steps(
    ctx: Context,
    kind: str,
    reached: Sequence[tuple[Any, int]],
    reason: str,
    sources: Mapping[int, str] | None = None,
) -> None:
    """One step for each document: from draft, or from where it stood, to the state that it has now."""
    rows = [
        {
            "kind": kind,
            "row_id": id,
            "source": (sources or {}).get(id, "draft"),
            "target": str(state),
            "actor_id": ctx.user.id,
            "on_behalf_of": ctx.on_behalf_of,
            "reason": reason,
            "at": ctx.now,
        }
        for state, id in reached
    ]
    insert_many(ctx, Transition, rows)


def at_noon(day: date | None) -> datetime | None:
    return datetime.combine(day, time(12), UTC) if day else None
