"""Which order line covers which requisition line, and what that does to the money and to the requisition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager
from sqlalchemy.orm.attributes import set_committed_value

from plantops import lifecycle, places, stock
from plantops.context import Context, within
from plantops.errors import Conflict
from plantops.units import plain
from plantops.wording import say
from purchasing import budgets
from purchasing.budgets import Standing, Target
from purchasing.models import Allocation, Order, OrderLine, Requisition, RequisitionLine
from purchasing.models.orders import LineState, OrderState
from purchasing.models.orders import RequisitionState as State
from purchasing.models.sources import Stage

ZERO = Decimal(0)
UNSENT = (OrderState.DRAFT, OrderState.CANCELLED)
"""Orders that have not replaced the reservation (yet, or any more)."""

MISSING = (OrderLine.quantity - OrderLine.accepted + OrderLine.returned) * OrderLine.factor
"""What of an order line has not come, in the item's stock unit."""
UNORDERED = RequisitionLine.quantity * RequisitionLine.factor - RequisitionLine.allocated
"""What of a requisition line stands on no order, in the item's stock unit."""

Known = dict[int, tuple[Requisition, RequisitionLine]]
"""Locked requisition lines with their requisitions, by line."""


def is_wanted() -> sa.ColumnElement[bool]:
    """Of a requisition line: it will be ordered. A draft counts when the house wrote it for a store; what a person has
    not sent off may never be."""
    drafted = sa.and_(Requisition.state == State.DRAFT, Requisition.origin != "")
    return sa.and_(sa.or_(Requisition.state.in_((State.SUBMITTED, State.APPROVED)), drafted), ~RequisitionLine.dropped)


def is_coming() -> sa.ColumnElement[bool]:
    """Of an order line: it will be delivered. On a draft what covers a requisition; the rest a buyer may throw away."""
    covers = sa.exists().where(Allocation.order_line_id == OrderLine.id)
    alive = sa.or_(sa.and_(Order.state == OrderState.DRAFT, covers), Order.state.not_in((*UNSENT, OrderState.CLOSED)))
    return sa.and_(alive, OrderLine.state == LineState.OPEN)


@dataclass(frozen=True)
class Share:
    """So much of a requisition line on this order line, in the item's stock unit."""

    requisition_line_id: int
    order_line_id: int
    quantity: Decimal


ALLOCATE = sa.text(
    """
    WITH taken AS (
        INSERT INTO purchasing_allocation (requisition_line_id, order_line_id, quantity)
        SELECT * FROM unnest(CAST(:wishes AS bigint[]), CAST(:lines AS bigint[]), CAST(:quantities AS numeric[]))
        RETURNING requisition_line_id, quantity
    )
    UPDATE purchasing_requisition_line AS l SET allocated = l.allocated + t.quantity
    FROM (SELECT requisition_line_id, sum(quantity) AS quantity FROM taken GROUP BY 1) AS t
    WHERE l.id = t.requisition_line_id
    """
)


# --- Rules


def why_not_allocate(requisition: Requisition, line: RequisitionLine, quantity: Decimal) -> str | None:
    if requisition.state is not State.APPROVED:
        return say(
            "{number} is {spoken}, not approved",
            number=requisition.number or say("the draft"),
            spoken=lifecycle.spoken(requisition.state),
        )
    if line.dropped:
        return say(
            "line {position} of {number} is not to be ordered any more",
            position=line.position,
            number=requisition.number,
        )
    left = line.quantity * line.factor - line.allocated
    if quantity > left:
        return say(
            "line {position} of {number}: {allocated} of {quantity} are on an order already",
            position=line.position,
            number=requisition.number,
            allocated=plain(line.allocated),
            quantity=plain(line.quantity * line.factor),
        )
    return None


# --- Questions

_HEADS = sa.select(RequisitionLine.requisition_id).where(RequisitionLine.id.in_(sa.bindparam("lines", expanding=True)))
OF_LINES = (
    sa.select(Requisition)
    .join(Requisition.lines)
    .where(Requisition.id.in_(_HEADS))
    .options(contains_eager(Requisition.lines))
    .order_by(Requisition.id, RequisitionLine.position, RequisitionLine.id)
    # The lines too: who waited for the requisition must read what its lines have become meanwhile.
    .with_for_update(of=(Requisition, RequisitionLine))
    .execution_options(populate_existing=True)
)
OF_ORDER = (
    sa.select(Allocation)
    .join(OrderLine, OrderLine.id == Allocation.order_line_id)
    .where(OrderLine.order_id == sa.bindparam("order"))
    .order_by(Allocation.id)
)


@within("orders lock the requisitions before they take from them")
def lock_requisitions(ctx: Context, line_ids: Iterable[int]) -> Known:
    """The requisitions of these lines, locked in order of their ids, by line."""
    wanted = set(line_ids)
    locked = ctx.session.scalars(OF_LINES, {"lines": list(wanted)}).unique()
    return {line.id: (head, line) for head in locked for line in head.lines if line.id in wanted}


@within("an order asks what its lines cover")
def of_order(ctx: Context, order_id: int) -> list[Allocation]:
    return list(ctx.session.scalars(OF_ORDER, {"order": order_id}))


# --- Actions


@within("the order's action holds the requisitions' locks")
def allocate(ctx: Context, shares: Sequence[Share], known: Known) -> None:
    """Puts these shares on their order lines, which are in the database already.

    Raises Conflict when somebody else's order covers them meanwhile.
    """
    for part in shares:
        if part.requisition_line_id not in known:
            raise Conflict(say("A requisition line is no longer there. Load the list again."))
        requisition, wanted = known[part.requisition_line_id]
        if reason := why_not_allocate(requisition, wanted, part.quantity):
            raise Conflict(say("Cannot order this: {reason}.", reason=reason))
        set_committed_value(wanted, "allocated", wanted.allocated + part.quantity)  # as ALLOCATE writes it
    ctx.session.execute(
        ALLOCATE,
        {
            "wishes": [part.requisition_line_id for part in shares],
            "lines": [part.order_line_id for part in shares],
            "quantities": [part.quantity for part in shares],
        },
    )


@within("what takes a line off an order, shortens or cancels it gives back what it covered")
def release(ctx: Context, order: Order, keep: dict[int, Decimal], *, reorder: bool = True) -> None:
    """Leaves each order line in `keep` with that much (stock units) allocated; the rest is to be ordered again.

    With `reorder=False` the rest is dropped: the requisition line is done.
    """
    found = [a for a in of_order(ctx, order.id) if a.order_line_id in keep and a.quantity > 0]
    known = lock_requisitions(ctx, [a.requisition_line_id for a in found])
    left = dict(keep)
    for allocation in found:
        stays = min(allocation.quantity, left[allocation.order_line_id])
        left[allocation.order_line_id] -= stays
        _, wanted = known[allocation.requisition_line_id]
        if stays < allocation.quantity:
            wanted.allocated -= allocation.quantity - stays
            wanted.dropped = wanted.dropped or not reorder
            allocation.quantity = stays
    ctx.session.flush()


@within("an order moves money from asked-for to ordered when it is submitted, and back when it is cancelled")
def bring_money(ctx: Context, order: Order, *, check: bool = False) -> dict[int, Requisition]:
    """Brings the ledger to what this order's lines and the requisitions behind them stand for now.

    Those requisitions, locked, by id.
    """
    shares = of_order(ctx, order.id)
    known = lock_requisitions(ctx, [share.requisition_line_id for share in shares])
    targets = [*ordered_targets(order), *_reserved_targets(known, _covered(ctx, order, shares, known))]
    standing = budgets.standing_of(ctx, targets)
    if check:
        _check_budgets(ctx, targets, standing, places.currency_of(ctx, order.site_id))
    budgets.bring(ctx, f"{Order.__tablename__}:{order.id}:v{order.version}", targets, standing=standing)
    return {head.id: head for head, _ in known.values()}


def ordered_targets(order: Order) -> list[Target]:
    """What is ordered and not yet billed, in the site's currency; freight and surcharge go with the first line."""
    live = order.state not in UNSENT
    targets: list[Target] = []
    for number, line in enumerate(order.lines):
        centre = line.cost_centre_id or order.cost_centre_id
        if centre is None:
            continue
        worth = (line.amount + (order.freight + order.surcharge if number == 0 else ZERO)) * order.rate
        left = ZERO
        if live and line.state is LineState.OPEN:
            left = budgets.share(
                worth.quantize(budgets.CENT, ROUND_HALF_UP),
                line.quantity - line.invoiced + line.credited,
                line.quantity,
            )
        targets.append(Target(Stage.ORDERED, left, order.site_id, centre, line.budget_year, order_line_id=line.id))
    return targets


def _covered(ctx: Context, order: Order, shares: Sequence[Allocation], known: Known) -> dict[int, Decimal]:
    """How much of each requisition line submitted orders cover: this one, as it stands now, and others."""
    here: defaultdict[int, Decimal] = defaultdict(Decimal)
    for one in shares:
        here[one.requisition_line_id] += one.quantity
    covered = defaultdict(Decimal) if order.state in UNSENT else here.copy()
    shared = [id for id, (_, line) in known.items() if line.allocated != here[id]]
    if shared:  # what is allocated beyond this order is on others
        query = (
            sa.select(Allocation.requisition_line_id, sa.func.sum(Allocation.quantity))
            .join(OrderLine, OrderLine.id == Allocation.order_line_id)
            .join(Order, Order.id == OrderLine.order_id)
            .where(Allocation.requisition_line_id.in_(shared), Order.id != order.id, Order.state.not_in(UNSENT))
            .group_by(Allocation.requisition_line_id)
        )
        for id, quantity in ctx.session.execute(query):
            covered[id] += quantity
    return covered


def _reserved_targets(known: Known, covered: Mapping[int, Decimal]) -> list[Target]:
    """What stays reserved: the part of each requisition line that no submitted order covers."""
    targets: list[Target] = []
    for id, (head, line) in known.items():
        whole = line.quantity * line.factor
        stays = head.state in (State.APPROVED, State.ORDERED, State.SUBMITTED) and not line.dropped
        left = budgets.share(line.amount, whole - covered.get(id, ZERO), whole) if stays else ZERO
        targets.append(
            Target(Stage.RESERVED, left, head.site_id, head.cost_centre_id, head.need_by.year, requisition_line_id=id)
        )
    return targets


def _check_budgets(ctx: Context, targets: Sequence[Target], standing: Standing, currency: str) -> None:
    """What the order adds to what is committed already, per budget; locked in one order for everybody."""
    before: defaultdict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for target in targets:
        before[target.cost_centre_id, target.year] += target.amount
    for key in sorted(before):
        more = before[key] - sum((s for (_, _, centre, year), s in standing.items() if (centre, year) == key), ZERO)
        if more <= 0:
            continue
        balance = budgets.balance(ctx, *key, lock=True)
        if reason := budgets.why_not_spend(balance, more, currency):
            raise Conflict(say("Cannot submit this order: {reason}.", reason=reason), code="over_budget")


@within("orders, receipts and closings tell the requisitions where they stand")
def refresh(ctx: Context, requisition_ids: Iterable[int], locked: Mapping[int, Requisition] | None = None) -> None:
    """Moves requisitions to ordered when everything is issued, to closed when everything has come or was dropped.

    `locked` are the requisitions themselves, when this transaction holds them already.
    """
    ids = sorted(set(requisition_ids))
    if not ids:
        return
    rows = ctx.session.execute(_STANDING, {"ids": ids})
    wanted = {
        row.id: State.APPROVED if row.to_order else State.ORDERED if row.to_come else State.CLOSED for row in rows
    }
    query = sa.select(Requisition).where(Requisition.id.in_(ids)).order_by(Requisition.id)
    fresh = query.with_for_update().execution_options(populate_existing=True)
    for head in ctx.session.scalars(fresh) if locked is None else [locked[id] for id in ids]:
        if head.state in (State.APPROVED, State.ORDERED, State.CLOSED) and head.state is not wanted[head.id]:
            lifecycle.move(ctx, head, wanted[head.id])
            if head.state is State.CLOSED and head.store_id is not None:
                stock.no_longer_asked(ctx, f"{Requisition.__tablename__}:{head.id}")


_STANDING = sa.text(
    """
    SELECT l.requisition_id AS id,
        bool_or(NOT l.dropped AND (l.allocated < l.quantity * l.factor OR EXISTS (
            SELECT FROM purchasing_allocation a JOIN purchasing_order_line ol ON ol.id = a.order_line_id
            JOIN purchasing_order o ON o.id = ol.order_id WHERE a.requisition_line_id = l.id AND a.quantity > 0
            AND o.state IN ('draft', 'pending_approval', 'approved')))) AS to_order,
        bool_or(EXISTS (
            SELECT FROM purchasing_allocation a JOIN purchasing_order_line ol ON ol.id = a.order_line_id
            WHERE a.requisition_line_id = l.id AND a.quantity > 0 AND ol.state = 'open' AND ol.three_way
            AND ol.accepted - ol.returned < ol.quantity * (1 - ol.under_percent / 100))) AS to_come
    FROM purchasing_requisition_line l WHERE l.requisition_id = ANY(:ids) GROUP BY l.requisition_id
    """
)


@within("an order names the requisitions that it covers")
def requisitions_of(ctx: Context, order_ids: Iterable[int]) -> list[int]:
    query = (
        sa.select(RequisitionLine.requisition_id)
        .join(Allocation, Allocation.requisition_line_id == RequisitionLine.id)
        .join(OrderLine, OrderLine.id == Allocation.order_line_id)
        .where(OrderLine.order_id.in_(set(order_ids)))
        .distinct()
    )
    return list(ctx.session.scalars(query))
