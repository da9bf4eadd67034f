"""Orders: one supplier, agreed prices, a yes where the amount asks for one, and then it goes out with a number."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from plantops import approvals, lifecycle, numbers, places, stores, undo
from plantops.approval_records import ApprovalState
from plantops.approval_rules import company_currency
from plantops.context import Context, requires, within
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid
from plantops.lifecycle import spoken
from plantops.units import plain
from plantops.wording import mark, say
from purchasing import allocations, order_lines, prices, rates, suppliers
from purchasing.events import OrderIssued
from purchasing.models import Order, OrderLine, Requisition, Supplier
from purchasing.models.orders import LineState
from purchasing.models.orders import OrderState as State
from purchasing.order_lines import NewOrderLine, Offered
from purchasing.permissions import Can

KIND = Order.__tablename__
MOST_LINES = 2000
OUT = (State.ISSUED, State.ACKNOWLEDGED)
"""Orders that the supplier has."""


@dataclass(frozen=True)
class OrderHead:
    """What a buyer says about an order beside its lines."""

    place_id: int | None = None
    store_id: int | None = None
    cost_centre_id: int | None = None
    freight: Decimal = Decimal(0)
    incoterm: str = ""
    terms_days: int | None = None
    note: str = ""


# --- Rules


def origin(order: Order) -> str:
    return f"{KIND}:{order.id}"


def content_hash(order: Order) -> str:
    """Changes with everything that an approver looked at: supplier, terms, lines and prices."""
    lines = [
        [line.item_id, line.description, plain(line.quantity), line.unit, plain(line.price), line.per,
         plain(line.amount), line.cost_centre_id]
        for line in order.lines if line.state is not LineState.CANCELLED
    ]  # fmt: skip
    head = [
        order.site_id, order.supplier_id, order.currency, plain(order.rate), plain(order.freight),
        plain(order.surcharge), order.terms_days, order.incoterm,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps([head, lines], ensure_ascii=False).encode()).hexdigest()


def add_up(order: Order) -> None:
    """Totals are sums of lines; nobody types them."""
    live = [line for line in order.lines if line.state is not LineState.CANCELLED]
    order.net = sum((line.amount for line in live), Decimal(0))
    order.total = order.net + order.freight + order.surcharge


def why_not_change(order: Order) -> str | None:
    if order.state is State.DRAFT:
        return None
    if order.state in OUT:
        return say("it was issued: write a revision")
    return say("it is {state}: take it back first", state=spoken(order.state))


def why_not_submit(order: Order) -> str | None:
    if order.state is not State.DRAFT:
        return say("it is {state} already", state=spoken(order.state))
    if not order.lines:
        return say("it has no lines")
    if any(line.cost_centre_id is None for line in order.lines):
        return say("a line has no cost centre")
    return None


def why_not_issue(order: Order) -> str | None:
    if order.state is not State.APPROVED:
        return say("it is {state}, not approved", state=spoken(order.state))
    if order.on_hold:
        return say("it is on hold: {hold_reason}", hold_reason=order.hold_reason)
    return None


def why_not_hold(order: Order) -> str | None:
    if order.on_hold:
        return say("it is on hold: {hold_reason}", hold_reason=order.hold_reason)
    if order.state in (State.CLOSED, State.CANCELLED):
        return say("it is {state}", state=spoken(order.state))
    return None


def why_not_take_back(order: Order) -> str | None:
    if order.state not in (State.PENDING, State.APPROVED):
        return say("it is {state}", state=spoken(order.state))
    return None


# --- Questions


def visible_scope(ctx: Context) -> sa.ColumnElement[bool]:
    """Orders of the sites where the person may read orders."""
    sites = ctx.sites(Can.READ_ORDERS)
    return sa.true() if sites is None else Order.site_id.in_(sites)


def visible(ctx: Context) -> sa.Select[Order]:
    return sa.select(Order).options(selectinload(Order.lines)).where(visible_scope(ctx))


@requires(Can.READ_ORDERS, Can.APPROVE_ORDERS)
def read(ctx: Context, id: int) -> Order:
    return get(ctx.session, visible(ctx).where(Order.id == id), what="order")


@within("actions on an order begin with it")
def lock(ctx: Context, id: int, version: int | None) -> Order:
    return get(ctx.session, visible(ctx).where(Order.id == id), what="order", version=version, lock=True)


@within("what a buyer does with an order begins with it")
def to_buy(ctx: Context, id: int, version: int | None) -> Order:
    """Locked, of a site where this person buys."""
    order = lock(ctx, id, version)
    ctx.need(Can.BUY, site_id=order.site_id, to="buy for this site")
    return order


# --- Actions: writing it


@requires(Can.BUY)
def start(
    ctx: Context, site_id: int, supplier_id: int, head: OrderHead | None = None, lines: Sequence[NewOrderLine] = ()
) -> Order:
    """A draft to one supplier, in the supplier's currency."""
    ctx.need(Can.BUY, site_id=site_id, to="buy for this site")
    order = blank(ctx, site_id, supplier_id, head or OrderHead())
    append(ctx, order, lines)
    ctx.session.add(order)
    ctx.session.flush()
    return order


@within("a draft is begun, by hand or from the buyer's list")
def blank(ctx: Context, site_id: int, supplier_id: int, head: OrderHead) -> Order:
    """A draft before its first line; not in the session yet, so that it is written once, with its lines."""
    supplier = suppliers.supplier(ctx, supplier_id)
    order = Order(
        site_id=site_id,
        supplier_id=supplier.id,
        buyer_id=ctx.user.id,
        currency=supplier.currency,
        rate=rates.rate(ctx, supplier.currency, places.currency_of(ctx, site_id), ctx.today),
        rate_on=ctx.today,
        terms_days=supplier.terms_days,
        incoterm=supplier.incoterm,
        created_at=ctx.now,
        lines=[],
    )
    _write_head(ctx, order, head)
    return order


@requires(Can.BUY)
def change_head(ctx: Context, id: int, version: int, head: OrderHead) -> Order:
    order = draft(ctx, id, version)
    supplier = suppliers.supplier(ctx, order.supplier_id)
    order.terms_days, order.incoterm = supplier.terms_days, supplier.incoterm  # again what holds where nothing is said
    _write_head(ctx, order, head)
    add_up(order)
    bump(order)
    ctx.session.flush()
    return order


@requires(Can.BUY)
def add_lines(ctx: Context, id: int, version: int, lines: Sequence[NewOrderLine]) -> Order:
    """Bought without a requisition: the buyer names the cost centre."""
    order = draft(ctx, id, version)
    append(ctx, order, lines)
    bump(order)
    ctx.session.flush()
    return order


@requires(Can.BUY)
def change_line(ctx: Context, id: int, version: int, line_id: int, changed: NewOrderLine) -> Order:
    """Never less than the requisitions behind the line: take it off and order again for that."""
    order = draft(ctx, id, version)
    line = line_of(order, line_id)
    (columns,) = order_lines.columns(ctx, order, (changed,))
    covered = sum((a.quantity for a in allocations.of_order(ctx, order.id) if a.order_line_id == line.id), Decimal(0))
    if columns["quantity"] * columns["factor"] < covered:
        asked = plain(covered / columns["factor"])
        raise Conflict(
            say("Requisitions ask for {asked} of it: order at least that, or take the line off.", asked=asked)
        )
    for field, value in columns.items():
        setattr(line, field, value)
    add_up(order)
    bump(order)
    ctx.session.flush()
    return order


@requires(Can.BUY)
def remove_line(ctx: Context, id: int, version: int, line_id: int) -> Order:
    """Off this order; what it covered is to be ordered again."""
    order = draft(ctx, id, version)
    line = line_of(order, line_id)
    allocations.release(ctx, order, {line.id: Decimal(0)})
    order.lines.remove(line)
    for position, kept in enumerate(order.lines, start=1):
        kept.position = position
    add_up(order)
    bump(order)
    ctx.session.flush()
    return order


@within("what changes a draft begins with it")
def draft(ctx: Context, id: int, version: int | None) -> Order:
    order = to_buy(ctx, id, version)
    if reason := why_not_change(order):
        raise Conflict(say("Cannot change this order: {reason}.", reason=reason))
    return order


def line_of(order: Order, line_id: int) -> OrderLine:
    for line in order.lines:
        if line.id == line_id:
            return line
    raise Conflict(say("This line is no longer there. Load the order again."))


@within("drafts, consolidation and revisions add lines")
def append(ctx: Context, order: Order, lines: Sequence[NewOrderLine], known: Offered | None = None) -> list[OrderLine]:
    """`known` is what is offered for all items on the lines, when it has been read already."""
    if len(order.lines) + len(lines) > MOST_LINES:
        raise Invalid(
            say("An order has at most {most_lines} lines. Start another one.", most_lines=MOST_LINES), field="lines"
        )
    last = max((line.position for line in order.lines), default=0)
    found = order_lines.columns(ctx, order, lines, known) if lines else []
    made = [
        OrderLine(position=last + step, state=LineState.OPEN, **zeros(), **columns)
        for step, columns in enumerate(found, start=1)
    ]
    order.lines.extend(made)
    add_up(order)
    return made


def zeros() -> dict[str, Decimal]:
    """A new line has neither come nor been billed."""
    names = ("accepted", "rejected", "returned", "invoiced", "credited", "rounding_difference")
    return {name: Decimal(0) for name in names}


def _write_head(ctx: Context, order: Order, head: OrderHead) -> None:
    if wrong := stores.wrong_for_site(
        ctx, order.site_id, place_id=head.place_id, store_id=head.store_id, cost_centre_id=head.cost_centre_id
    ):
        raise Invalid(say("Some of what was entered cannot be."), fields=wrong)
    if not head.freight.is_finite() or not 0 <= head.freight <= prices.LARGEST_PRICE:
        raise Invalid(say("Freight is an amount of 0 or more."), field="freight")
    if head.incoterm and head.incoterm not in suppliers.INCOTERMS:
        raise Invalid(say("Use one of {incoterms}.", incoterms=", ".join(suppliers.INCOTERMS)), field="incoterm")
    if head.terms_days is not None and not 0 <= head.terms_days <= 365:
        raise Invalid(say("Bills are paid within 0 to 365 days."), field="terms_days")
    order.place_id, order.store_id, order.cost_centre_id = head.place_id, head.store_id, head.cost_centre_id
    order.freight, order.note = head.freight, head.note.strip()[:4000]
    order.surcharge = order.surcharge or Decimal(0)
    order.incoterm = head.incoterm or order.incoterm
    order.terms_days = order.terms_days if head.terms_days is None else head.terms_days


# --- Actions: sending it


@requires(Can.BUY)
def submit(ctx: Context, id: int, version: int) -> Order:
    """Fixes the rate, applies the supplier's minimum value, commits the money, asks for a yes above the limit."""
    order = draft(ctx, id, version)
    with ctx.session.no_autoflush:
        _submit(ctx, order)
    ctx.session.flush()
    lifecycle.tell(ctx, order)
    return order


def _submit(ctx: Context, order: Order) -> dict[int, Requisition]:
    """To be flushed by the caller, and told: nothing in between asks the database about it. What lies behind it."""
    supplier, lacking = suppliers.to_order_from(ctx, order.supplier_id)
    if reason := why_not_submit(order) or lacking:
        raise Conflict(say("Cannot order this: {reason}.", reason=reason))
    own = places.currency_of(ctx, order.site_id)
    order.rate, order.rate_on = rates.rate(ctx, order.currency, own, ctx.today), ctx.today
    _apply_minimum(order, supplier)
    add_up(order)
    order.content_hash = content_hash(order)
    lifecycle.move(ctx, order, State.PENDING, at_once=False)
    behind = allocations.bring_money(ctx, order, check=True)
    approval = approvals.request(
        ctx,
        KIND,
        origin(order),
        site_id=order.site_id,
        amount=in_company_currency(ctx, order, order.total),
        currency=company_currency(ctx),
        cost_centre_id=order.lines[0].cost_centre_id,
        requested_by_id=order.buyer_id,
        content_hash=order.content_hash,
        at_once=False,
    )
    if approval.state is ApprovalState.APPROVED:
        _approved(ctx, order, at_once=False)
    return behind


@within("an order is refused by what its supplier lacks")
def suppliers_reason(ctx: Context, order: Order) -> str | None:
    return suppliers.why_not_order(ctx, suppliers.supplier(ctx, order.supplier_id))


@within("limits are compared in the company's currency at the document's rate")
def in_company_currency(ctx: Context, order: Order, amount: Decimal) -> Decimal:
    to_company = rates.rate(ctx, places.currency_of(ctx, order.site_id), company_currency(ctx), order.rate_on)
    return (amount * order.rate * to_company).quantize(prices.PRICE_STEP, ROUND_HALF_UP)


def _apply_minimum(order: Order, supplier: Supplier) -> None:
    net = sum((line.amount for line in order.lines), Decimal(0))
    verdict = prices.minimum(supplier.minimum_rule, net, supplier.minimum_value, supplier.charge, order.currency)
    if verdict.refused:
        raise Conflict(
            say("Cannot order this: {refused}. Add to it, or wait for more.", refused=verdict.refused),
            code="under_minimum",
        )
    order.surcharge = verdict.surcharge
    order.freight = max(order.freight, verdict.freight)


def _approved(ctx: Context, order: Order, *, at_once: bool = True) -> None:
    order.approved_total = (order.total * order.rate).quantize(prices.PRICE_STEP, ROUND_HALF_UP)
    lifecycle.move(ctx, order, State.APPROVED, at_once=at_once)


@requires(Can.APPROVE_ORDERS)
def approve(ctx: Context, id: int, version: int, reason: str = "") -> Order:
    order = _pending(ctx, id, version)
    approval = approvals.decide(ctx, origin(order), True, content_hash(order), reason)
    if approval.state is ApprovalState.APPROVED:
        _approved(ctx, order)
    else:
        bump(order)
        ctx.session.flush()
    return order


@requires(Can.APPROVE_ORDERS)
def refuse(ctx: Context, id: int, version: int, reason: str) -> Order:
    """One no: back to the buyer; the money is only reserved again."""
    order = _pending(ctx, id, version)
    approvals.decide(ctx, origin(order), False, content_hash(order), reason)
    lifecycle.move(ctx, order, State.DRAFT, reason)
    allocations.bring_money(ctx, order)
    return order


def _pending(ctx: Context, id: int, version: int) -> Order:
    order = lock(ctx, id, version)
    if order.state is not State.PENDING:
        raise Conflict(
            say("Cannot decide this order: it is {state}, not waiting for approval.", state=spoken(order.state))
        )
    return order


@requires(Can.BUY)
def take_back(ctx: Context, id: int, version: int) -> Order:
    """Back to draft before it was issued. An approval that was given no longer counts."""
    order = to_buy(ctx, id, version)
    if reason := why_not_take_back(order):
        raise Conflict(say("Cannot take this order back: {reason}.", reason=reason))
    approvals.void(ctx, origin(order), mark("taken back"))
    order.approved_total = None
    lifecycle.move(ctx, order, State.DRAFT)
    allocations.bring_money(ctx, order)
    return order


@requires(Can.BUY)
def take_step_back(ctx: Context, id: int, version: int) -> Order:
    """What was sent for approval a moment ago is a draft again."""
    last = undo.check(ctx, to_buy(ctx, id, version))
    order = take_back(ctx, id, version)
    undo.put_back(order, last, "freight", "surcharge")  # as long as it is no order, more may come on it
    add_up(order)
    ctx.session.flush()
    undo.tell(ctx, order)
    return order


@requires(Can.BUY)
def issue(ctx: Context, id: int, version: int) -> Order:
    """Takes the number and sends the order. Looks once more whether it is what was approved."""
    order = to_buy(ctx, id, version)
    if reason := why_not_issue(order) or suppliers_reason(ctx, order):
        raise Conflict(say("Cannot issue this order: {reason}.", reason=reason))
    standing = approvals.state_of(ctx, origin(order))
    if standing is None or not standing.holds_for(content_hash(order)):
        raise Conflict(
            say("This order is not what was approved. Take it back and submit it again."), code="not_approved"
        )
    return _send_out(ctx, order)


def _send_out(ctx: Context, order: Order, behind: Mapping[int, Requisition] | None = None) -> Order:
    """`behind` are the requisitions that it covers, when they are locked already."""
    with ctx.session.no_autoflush:
        order.number = numbers.plain(ctx, "PO", order.site_id)
    order.ordered_on = ctx.today
    lifecycle.move(ctx, order, State.ISSUED)
    allocations.refresh(ctx, allocations.requisitions_of(ctx, [order.id]) if behind is None else behind, behind)
    announce(ctx, order)
    return order


@within("an issued order or revision goes to the supplier")
def announce(ctx: Context, order: Order) -> None:
    ctx.emit(OrderIssued(order.id, order.site_id, order.supplier_id, order.revision))
    ctx.enqueue(
        "purchasing.send_order",
        order_id=order.id,
        revision=order.revision,
        lock=f"purchasing.send_order:{order.id}:{order.revision}",
    )


@requires(Can.BUY)
def place(ctx: Context, id: int, version: int) -> Order:
    """Submits, and issues at once when nobody needs to be asked."""
    order = draft(ctx, id, version)
    with ctx.session.no_autoflush:
        behind = _submit(ctx, order)
    if order.state is not State.APPROVED:
        ctx.session.flush()
        lifecycle.tell(ctx, order)
        return order
    if reason := why_not_issue(order):
        raise Conflict(say("Cannot issue this order: {reason}.", reason=reason))
    return _send_out(ctx, order, behind)  # approved just now, under the same locks: it is what was approved


@requires(Can.BUY)
def hold(ctx: Context, id: int, version: int, reason: str) -> Order:
    """Nothing is issued, received or paid on it until it is freed. What somebody holds already stays theirs."""
    order = to_buy(ctx, id, version)
    if not reason.strip():
        raise Invalid(say("Say why it is held: the others will read it."), field="reason")
    if why := why_not_hold(order):
        raise Conflict(say("Cannot hold this order: {why}.", why=why))
    order.on_hold, order.hold_reason = True, reason.strip()
    bump(order)
    ctx.session.flush()
    return order


@requires(Can.BUY)
def free(ctx: Context, id: int, version: int) -> Order:
    order = to_buy(ctx, id, version)
    order.on_hold, order.hold_reason = False, ""
    bump(order)
    ctx.session.flush()
    return order
