"""The buyer's list: approved wishes of the whole plant, put together into few orders by supplier."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa

from plantops.context import Context, requires
from plantops.db import bump, get, one_at_a_time
from plantops.errors import Conflict, Invalid
from plantops.parties import Party
from plantops.people import User
from plantops.places import CostCentre
from plantops.wording import say
from purchasing import allocations, catalogue, order_lines, orders, rates, suppliers
from purchasing.allocations import Known, Share
from purchasing.models import Order, OrderLine, Requisition, RequisitionLine, Supplier
from purchasing.models.orders import OrderState
from purchasing.models.orders import RequisitionState as State
from purchasing.order_lines import NewOrderLine
from purchasing.orders import OrderHead
from purchasing.permissions import Can
from purchasing.prices import best
from purchasing.requisitions import visible_scope

Drafts = dict[tuple[int, int, int | None], int]
"""The newest draft by site, supplier and store."""


@dataclass(frozen=True)
class Pick:
    """A requisition line to order, all of it unless a part (in stock units) is named, from this supplier or its own."""

    requisition_line_id: int
    quantity: Decimal | None = None
    supplier_id: int | None = None


@dataclass(frozen=True)
class ToOrderRow:
    """One line of the buyer's list."""

    line_id: int
    requisition_id: int
    requisition: str
    need_by: date
    item_id: int | None
    description: str
    quantity: Decimal
    unit: str
    supplier_id: int | None
    supplier: str
    amount: Decimal
    currency: str
    last_price: Decimal | None
    last_per: int | None
    asked_by: str
    cost_centre: str


@dataclass
class Batch:
    """Lines that go on one order: one site, one supplier, one store."""

    site_id: int
    supplier_id: int
    store_id: int | None
    parts: list[tuple[Requisition, RequisitionLine, Decimal]] = field(default_factory=list)


# --- Questions


def open_quantity() -> sa.ColumnElement[Decimal]:
    """What no order covers yet, in the unit of the requisition line."""
    return RequisitionLine.quantity - RequisitionLine.allocated / RequisitionLine.factor


@requires(Can.BUY)
def list_to_order(ctx: Context, site_id: int | None, *, search: str = "", limit: int = 500) -> list[ToOrderRow]:
    """Approved and on no order, the most urgent first, with what was paid the last time."""
    last = (
        sa.select(OrderLine.price, OrderLine.per, OrderLine.item_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.item_id == RequisitionLine.item_id, Order.ordered_on.is_not(None))
        .where(Order.state != OrderState.CANCELLED, Order.site_id == Requisition.site_id)
        .order_by(Order.ordered_on.desc(), OrderLine.id.desc())
        .limit(1)
        .lateral("last")
    )
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(
            RequisitionLine.id, Requisition.id, Requisition.number, Requisition.need_by, RequisitionLine.item_id,
            RequisitionLine.description, open_quantity(), RequisitionLine.unit, RequisitionLine.supplier_id,
            sa.func.coalesce(Party.name, ""), RequisitionLine.amount, Requisition.currency, last.c.price, last.c.per,
            User.name, CostCentre.code,
        )
        .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
        .join(User, User.id == Requisition.asked_by_id)
        .join(CostCentre, CostCentre.id == Requisition.cost_centre_id)
        .outerjoin(Supplier, Supplier.id == RequisitionLine.supplier_id)
        .outerjoin(Party, Party.id == Supplier.party_id)
        .outerjoin(last, sa.true())
        .where(*visible_lines(ctx, site_id))
        .order_by(Requisition.need_by, RequisitionLine.id)
        .limit(limit)
    )  # fmt: skip
    if search:
        query = query.where(RequisitionLine.description.icontains(search, autoescape=True))
    return [ToOrderRow(*row) for row in ctx.session.execute(query)]


@requires(Can.BUY)
def count_to_order(ctx: Context, site_id: int | None = None) -> int:
    """As many as are listed; without a site at all sites."""
    query = (
        sa.select(sa.func.count())
        .select_from(RequisitionLine)
        .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
        .where(*visible_lines(ctx, site_id))
    )
    return ctx.session.scalar(query) or 0


def visible_lines(ctx: Context, site_id: int | None) -> list[sa.ColumnElement[bool]]:
    here = sa.true() if site_id is None else Requisition.site_id == site_id
    return [visible_scope(ctx), here, Requisition.state == State.APPROVED, ~RequisitionLine.dropped,
            open_quantity() > 0]  # fmt: skip


# --- Actions


@requires(Can.BUY)
def consolidate(ctx: Context, picks: Sequence[Pick]) -> list[Order]:
    """Puts requisition lines on draft orders, one per supplier and store; goes on with a draft that is there.

    Picked twice at once, the second buyer is told: each line goes on one order only.
    """
    if not picks:
        raise Invalid(say("Choose at least one line."), field="picks")
    if len({pick.requisition_line_id for pick in picks}) < len(picks):
        raise Invalid(say("A line was chosen twice."), field="picks")
    drafts = _lock_drafts(ctx)
    known = allocations.lock_requisitions(ctx, [pick.requisition_line_id for pick in picks])
    made: list[Order] = []
    for batch in _batches(ctx, picks, known):
        ctx.need(Can.BUY, site_id=batch.site_id, to="buy for this site")
        order = _draft_for(ctx, batch, drafts)
        _append(ctx, order, batch, known)
        made.append(order)
    return made


def _batches(ctx: Context, picks: Sequence[Pick], known: Known) -> list[Batch]:
    batches: dict[tuple[int, int, int | None], Batch] = {}
    homeless: list[str] = []
    chosen = _suppliers(ctx, picks, known)
    for pick in picks:
        if pick.requisition_line_id not in known:
            raise Conflict(say("A requisition line is no longer there. Load the list again."))
        head, line = known[pick.requisition_line_id]
        supplier_id = chosen.get(pick.requisition_line_id)
        if supplier_id is None:
            homeless.append(line.description)
            continue
        key = (head.site_id, supplier_id, head.store_id)
        batch = batches.setdefault(key, Batch(*key))
        left = line.quantity * line.factor - line.allocated
        wanted = left if pick.quantity is None else pick.quantity
        if not wanted.is_finite() or wanted <= 0:
            raise Conflict(
                say("Nothing is left to order of {description}. Load the list again.", description=line.description)
            )
        batch.parts.append((head, line, wanted))
    if homeless:
        raise Invalid(say("Choose a supplier for {homeless}.", homeless=", ".join(homeless[:5])), field="supplier_id")
    return list(batches.values())


def _suppliers(ctx: Context, picks: Sequence[Pick], known: Known) -> dict[int, int]:
    """The supplier of each line: the one picked, the one asked for, or the best quote."""
    chosen: dict[int, int] = {}
    nameless = {pick.requisition_line_id for pick in picks if not pick.supplier_id}
    items = [
        line.item_id for id, (_, line) in known.items() if id in nameless and line.item_id and not line.supplier_id
    ]
    quoted = catalogue.quotes(ctx, items, ctx.today) if items else {}
    for pick in picks:
        if pick.requisition_line_id not in known:
            continue
        head, line = known[pick.requisition_line_id]
        if named := pick.supplier_id or line.supplier_id:
            chosen[line.id] = named
            continue
        quotes = quoted.get(line.item_id or 0, [])
        worth = rates.known_rates(ctx, {quote.currency for quote in quotes}, head.currency, ctx.today)
        if found := best(quotes, line.quantity * line.factor, worth):
            chosen[line.id] = found.supplier_id
    return chosen


def _lock_drafts(ctx: Context) -> Drafts:
    """This buyer's drafts. Everybody locks orders before the requisitions behind them, each by id.

    A buyer's second click waits for the first, and goes on with the draft that it made.
    """
    one_at_a_time(ctx.session, "drafts of", ctx.user.id)
    query = orders.visible(ctx).where(Order.state == OrderState.DRAFT, Order.buyer_id == ctx.user.id)
    columns = query.with_only_columns(Order.site_id, Order.supplier_id, Order.store_id, Order.id)
    rows = ctx.session.execute(columns.order_by(Order.id).with_for_update())
    return {(site_id, supplier_id, store_id): id for site_id, supplier_id, store_id, id in rows}


def _draft_for(ctx: Context, batch: Batch, drafts: Drafts) -> Order:
    """Of this buyer's drafts the newest to that supplier and store, or a new one."""
    id = drafts.get((batch.site_id, batch.supplier_id, batch.store_id))
    if id is not None:
        return get(ctx.session, orders.visible(ctx).where(Order.id == id), what="order", lock=True)
    places = {head.place_id for head, _, _ in batch.parts}
    place_id = places.pop() if len(places) == 1 else None
    return orders.blank(ctx, batch.site_id, batch.supplier_id, OrderHead(place_id=place_id, store_id=batch.store_id))


def _append(ctx: Context, order: Order, batch: Batch, known: Known) -> None:
    """The same item for the same cost centre and year becomes one line; what is described stays apart."""
    together: defaultdict[tuple[Any, ...], list[tuple[Requisition, RequisitionLine, Decimal]]] = defaultdict(list)
    for head, line, wanted in batch.parts:
        alike = (line.item_id, head.cost_centre_id, head.need_by.year)
        together[alike if line.item_id else ("own", line.id)].append((head, line, wanted))
    offered = order_lines.offered(ctx, [line.item_id for _, line, _ in batch.parts if line.item_id])
    wanted_lines = []
    for parts in together.values():
        head, first, _ = parts[0]
        total = sum((wanted for _, _, wanted in parts), Decimal(0))
        quoted = any(q.supplier_id == order.supplier_id for q in offered.quotes.get(first.item_id or 0, []))
        new = NewOrderLine(
            quantity=total if first.item_id else total / first.factor,
            need_by=min(head.need_by for head, _, _ in parts),
            cost_centre_id=head.cost_centre_id,
            item_id=first.item_id,
            description=first.description,
            unit=offered.items[first.item_id].stock_unit if first.item_id else first.unit,
            price=None if quoted else _own_price(ctx, order, head, first),
            per=1 if quoted or first.item_id else first.per,
            round_up=True,
        )
        wanted_lines.append(new)
    made = orders.append(ctx, order, wanted_lines, offered)
    if order.id is None:
        ctx.session.add(order)
    else:
        bump(order)
    ctx.session.flush()
    shares = [
        Share(line.id, order_line.id, wanted)
        for order_line, parts in zip(made, together.values(), strict=True)
        for _, line, wanted in parts
    ]
    allocations.allocate(ctx, shares, known)


def _own_price(ctx: Context, order: Order, head: Requisition, line: RequisitionLine) -> Decimal:
    """The requester's estimate, per stock unit for an item, in the order's currency."""
    rate = rates.rate(ctx, head.currency, order.currency, ctx.today)
    each = line.amount / (line.quantity * line.factor) if line.item_id else line.price
    return (each * rate).quantize(Decimal("0.0001"), ROUND_HALF_UP)


KNOWN = (suppliers,)
