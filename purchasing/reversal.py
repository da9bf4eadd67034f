"""Taking back what a file brought in: deliveries reversed by documents of their own, orders cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from plantops import bulk, numbers
from plantops.context import Context, within
from plantops.errors import Conflict
from plantops.jobs import tell_or_stop
from plantops.wording import say
from purchasing import history
from purchasing.models import Order, OrderLine, Receipt, ReceiptLine
from purchasing.models.bills import ReceiptKind, ReceiptState
from purchasing.models.orders import LineState, OrderState

IN_ONE_GO = 2000  # orders
LIVE = (OrderState.ISSUED, OrderState.ACKNOWLEDGED, OrderState.CLOSED)


@within("an import of orders is undone")
def undo_orders(ctx: Context, import_id: int, reason: str) -> None:
    """Raises Conflict when somebody has worked on one of the orders since."""
    mine = sa.select(Order.id).where(Order.import_id == import_id)
    ids = ctx.session.scalars(mine.order_by(Order.id).with_for_update()).all()
    _refuse_touched(ctx, import_id)
    for start in range(0, len(ids), IN_ONE_GO):
        some = ids[start : start + IN_ONE_GO]
        _reverse_receipts(ctx, import_id, some, reason)
        _cancel(ctx, some, reason)
        done = start + len(some)
        told = say("{done:,} of {all:,} orders are taken back", done=done, all=len(ids))
        tell_or_stop(ctx, done / len(ids), told)
    _release_money(ctx, import_id)
    ctx.session.expire_all()


def _cancel(ctx: Context, ids: Sequence[int], reason: str) -> None:
    states = list(ctx.session.execute(sa.select(Order.state, Order.id).where(Order.id.in_(ids))))
    ctx.session.execute(
        sa.update(OrderLine)
        .where(OrderLine.order_id.in_(ids))
        .values(state=LineState.CANCELLED, accepted=0, rejected=0, received_on=None)
        .execution_options(synchronize_session=False)
    )
    ctx.session.execute(
        sa.update(Order)
        .where(Order.id.in_(ids))
        .values(state=OrderState.CANCELLED, version=Order.version + 1)
        .execution_options(synchronize_session=False)
    )
    history.steps(
        ctx, Order.__tablename__, [(OrderState.CANCELLED, id) for _, id in states], reason,
        sources={id: str(state) for state, id in states},
    )  # fmt: skip


def _refuse_touched(ctx: Context, import_id: int) -> None:
    """Billed, returned, received or revised here since: that comes first."""
    touched = (
        sa.select(Order.number)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(Order.import_id == import_id)
        .where(
            sa.or_(
                OrderLine.invoiced != OrderLine.credited,
                OrderLine.returned != 0,
                Order.revision > 0,
                sa.exists().where(
                    Receipt.order_id == Order.id, Receipt.import_id.is_distinct_from(import_id),
                    Receipt.state == ReceiptState.POSTED, Receipt.kind == ReceiptKind.DELIVERY,
                ),
            )
        )
        .limit(3)
    )  # fmt: skip
    if found := [str(number) for number in ctx.session.scalars(touched)]:
        raise Conflict(say("{found} went on here since the import. Take that back first.", found=", ".join(found)))


def _reverse_receipts(ctx: Context, import_id: int, orders: Sequence[int], reason: str) -> None:
    posted = sa.select(Receipt).where(Receipt.import_id == import_id, Receipt.state == ReceiptState.POSTED)
    posted = posted.where(Receipt.order_id.in_(orders))
    originals = ctx.session.scalars(posted.where(Receipt.kind == ReceiptKind.DELIVERY).order_by(Receipt.id)).all()
    if not originals:
        return
    heads: list[dict[str, Any]] = [
        {
            "site_id": one.site_id,
            "kind": ReceiptKind.REVERSAL,
            "state": ReceiptState.POSTED,
            "supplier_id": one.supplier_id,
            "order_id": one.order_id,
            "arrived_on": ctx.today,
            "received_by_id": ctx.user.id,
            "posted_at": ctx.now,
            "reverses_id": one.id,
            "import_id": import_id,
            "version": 1,
        }
        for one in originals
    ]
    for site_id in {head["site_id"] for head in heads}:
        mine = [head for head in heads if head["site_id"] == site_id]
        for head, number in zip(mine, numbers.plain_many(ctx, "GR", site_id, len(mine)), strict=True):
            head["number"] = number
    ids = bulk.insert_many(ctx, Receipt, heads)
    taken_back = dict(zip((one.id for one in originals), ids, strict=True))
    lines = ctx.session.scalars(sa.select(ReceiptLine).where(ReceiptLine.receipt_id.in_(taken_back))).all()
    rows = [
        {
            "receipt_id": taken_back[line.receipt_id],
            "order_line_id": line.order_line_id,
            "accepted": -line.accepted,
            "rejected": -line.rejected,
            "reason": line.reason,
        }
        for line in lines
    ]
    bulk.insert_many(ctx, ReceiptLine, rows)
    ctx.session.execute(
        sa.update(Receipt)
        .where(Receipt.id.in_(taken_back))
        .values(state=ReceiptState.REVERSED, version=Receipt.version + 1)
        .execution_options(synchronize_session=False)
    )
    history.steps(ctx, Receipt.__tablename__, [(ReceiptState.REVERSED, id) for id in taken_back], reason,
                  sources=dict.fromkeys(taken_back, "posted"))  # fmt: skip


def _release_money(ctx: Context, import_id: int) -> None:
    """Whatever the orders still had in the ledger is taken out again."""
    ctx.session.execute(
        sa.text(
            "INSERT INTO purchasing_commitment"
            ' (key, site_id, cost_centre_id, year, stage, amount, order_line_id, "on")'
            " SELECT 'undone:' || :import || ':ordered:o' || c.order_line_id, c.site_id, c.cost_centre_id, c.year,"
            " 'ordered', -sum(c.amount), c.order_line_id, :today FROM purchasing_commitment c"
            " JOIN purchasing_order_line l ON l.id = c.order_line_id JOIN purchasing_order o ON o.id = l.order_id"
            " WHERE o.import_id = :import AND c.stage = 'ordered'"
            " GROUP BY c.site_id, c.cost_centre_id, c.year, c.order_line_id HAVING sum(c.amount) <> 0"
        ),
        {"import": import_id, "today": ctx.today},
    )
