"""What waits for people on their home page, and who may see what hangs on a document."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from plantops import approvals, files, links
from plantops.context import Context, within
from plantops.db import Base
from plantops.events import Waiting, WaitingCard
from plantops.permissions import Can as Core
from plantops.stock_ledger import Balance
from purchasing import deliveries, invoices, orders, receipts, requisitions, restock, settlement, suppliers, three_way
from purchasing.models import (
    Hold,
    Invoice,
    Order,
    OrderLine,
    Receipt,
    Requisition,
    RequisitionLine,
    Supplier,
    UnknownDelivery,
)
from purchasing.models.bills import HoldState, InvoiceState, UnknownState
from purchasing.models.orders import LineState, RequisitionState
from purchasing.orders import OUT
from purchasing.permissions import Can

KINDS = (requisitions.KIND, orders.KIND, three_way.KIND)


def _count(ctx: Context, query: sa.Select[Any]) -> int:
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


@within("the home page asks with the reader's rights")
def waiting(ctx: Context, _question: Waiting) -> list[WaitingCard]:
    """Only cards of what the person does; an auditor reads and has nothing waiting."""
    cards = [*_for_approvers(ctx), *_for_askers(ctx), *_for_storekeepers(ctx)]
    if ctx.may(Can.READ_REQUISITIONS) and (ctx.may(Can.BUY) or ctx.may(Can.RECEIVE)):
        cards += _of_the_house(ctx)
    if ctx.may(Can.BUY):
        cards += _for_buyers(ctx)
    if ctx.may(Can.RECEIVE):
        cards += _for_receivers(ctx)
    if ctx.may(Can.SETTLE):
        cards += _for_payers(ctx)
    return [card for card in cards if card.count or card.tone == "plain"]


def _for_approvers(ctx: Context) -> list[WaitingCard]:
    mine = [row for kind in KINDS for row in approvals.waiting_for(ctx, kind)]
    if not mine and not ctx.may(Can.APPROVE):
        return []
    ids = [links.parts(row.origin)[1] for row in mine if row.kind == requisitions.KIND]
    over = _count(ctx, sa.select(Requisition.id).where(Requisition.id.in_(ids), Requisition.over_budget > 0))
    detail = f"{over} over budget" if over else ""
    return [
        WaitingCard("to approve", len(mine), "/purchasing/approvals", "warn" if over else "plain", detail, order=10)
    ]


def _for_askers(ctx: Context) -> list[WaitingCard]:
    """Who asks for things sees what became of them."""
    own = sa.select(Requisition.id).where(Requisition.asked_by_id == ctx.user.id)
    sent_back = own.where(Requisition.state == RequisitionState.DRAFT, Requisition.number.is_not(None))
    arrived = own.where(Requisition.state == RequisitionState.CLOSED, Requisition.submitted_at > ctx.now - RECENT)
    why, home = "read why, then change and send again", "/purchasing/requisitions"
    cards = [
        WaitingCard("sent back to you", _count(ctx, sent_back), f"{home}?state=draft", "warn", why, order=20),
        WaitingCard("of your wishes arrived", _count(ctx, arrived), f"{home}?state=closed", "ok", order=40),
    ]
    return [card for card in cards if card.count]


def _of_the_house(ctx: Context) -> list[WaitingCard]:
    """What the house drafted because stock is low: nothing is bought before somebody sends it off."""
    drafted = sa.select(Requisition.id).where(requisitions.visible_scope(ctx), requisitions.drafted_by_house())
    href, why = "/purchasing/requisitions?drafted=yes", "the stock is low: look over and send off"
    return [WaitingCard("drafted by the house", _count(ctx, drafted), href, "warn", why, order=9)]


def _for_storekeepers(ctx: Context) -> list[WaitingCard]:
    """Who keeps a store names its cost centre: until then nothing is bought for it."""
    if not ctx.may(Core.MANAGE_STOCK) or ctx.may(Core.READ_DUE):
        return []
    low = _count(ctx, restock.visible_unpaid(ctx).with_only_columns(Balance.id))
    why = "their store has no cost centre: name one, then they are asked for"
    return [WaitingCard("items low that nobody can pay for", low, "/stock?low=yes", "bad", why, order=8)] if low else []


def _for_buyers(ctx: Context) -> list[WaitingCard]:
    left = RequisitionLine.quantity * RequisitionLine.factor > RequisitionLine.allocated
    to_order = (
        sa.select(RequisitionLine.id)
        .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
        .where(
            requisitions.visible_scope(ctx),
            Requisition.state == RequisitionState.APPROVED,
            left,
            ~RequisitionLine.dropped,
        )
    )
    out = orders.visible(ctx).with_only_columns(Order.id).where(Order.state.in_(OUT))
    open_line = OrderLine.accepted - OrderLine.returned < OrderLine.quantity * (1 - OrderLine.under_percent / 100)
    late = out.where(
        sa.exists().where(
            OrderLine.order_id == Order.id, OrderLine.state == LineState.OPEN, OrderLine.three_way, open_line,
            sa.func.coalesce(OrderLine.promised_on, OrderLine.need_by) < ctx.today,
        )
    )  # fmt: skip
    asked = settlement.visible_questions(ctx).with_only_columns(Hold.id).where(Hold.asked == "buyer")
    unknown = deliveries.visible(ctx).with_only_columns(UnknownDelivery.id)
    return [
        WaitingCard("lines to order", _count(ctx, to_order), "/purchasing/to-order", order=10),
        WaitingCard("orders late", _count(ctx, late), "/purchasing/orders?late=yes", "warn", order=11),
        WaitingCard("questions about bills", _count(ctx, asked), "/purchasing/questions", "warn", order=12),
        WaitingCard("deliveries that nobody knows",
                    _count(ctx, unknown.where(UnknownDelivery.state == UnknownState.OPEN)),
                    "/purchasing/unknown?state=open", "warn", order=13),
    ]  # fmt: skip


def _for_receivers(ctx: Context) -> list[WaitingCard]:
    due = receipts.visible_expected(ctx).with_only_columns(Order.id).where(
        sa.exists().where(
            OrderLine.order_id == Order.id, OrderLine.state == LineState.OPEN, OrderLine.three_way,
            OrderLine.accepted - OrderLine.returned < OrderLine.quantity * (1 - OrderLine.under_percent / 100),
            sa.func.coalesce(OrderLine.promised_on, OrderLine.need_by) <= ctx.today,
        )
    )  # fmt: skip
    asked = settlement.visible_questions(ctx).with_only_columns(Hold.id).where(Hold.asked == "receiver")
    unknown = deliveries.visible(ctx).with_only_columns(UnknownDelivery.id)
    parked = _count(ctx, unknown.where(UnknownDelivery.state == UnknownState.OPEN))
    return [
        WaitingCard("deliveries expected", _count(ctx, due), "/purchasing/receive", order=10),
        WaitingCard("unknown deliveries parked", parked, "/purchasing/unknown?state=open", "warn", order=11),
        WaitingCard("questions about bills", _count(ctx, asked), "/purchasing/questions", "warn", order=12),
    ]


def _for_payers(ctx: Context) -> list[WaitingCard]:
    mine = invoices.visible(ctx).with_only_columns(Invoice.id)
    held = mine.where(Invoice.state == InvoiceState.EXCEPTION)
    matched = mine.where(Invoice.state == InvoiceState.MATCHED, ~Invoice.in_dispute)
    unpaid = (InvoiceState.CAPTURED, InvoiceState.EXCEPTION, InvoiceState.MATCHED, InvoiceState.APPROVED)
    ending = invoices.visible(ctx).where(Invoice.state.in_(unpaid), Invoice.discount_until == ctx.today)
    lost = sum(settlement.discount_at_risk(one, ctx.today) * one.rate for one in ctx.session.scalars(ending))
    answered = mine.where(
        sa.exists().where(Hold.invoice_id == Invoice.id, Hold.state == HoldState.OPEN, Hold.answer != "")
    )
    cards = [
        WaitingCard("answers to your questions", _count(ctx, answered), "/purchasing/invoices?answered=yes", order=9),
        WaitingCard("bills that differ", _count(ctx, held), "/purchasing/invoices?state=exception", order=10),
        WaitingCard("bills to approve", _count(ctx, matched), "/purchasing/invoices?state=matched", order=11),
    ]
    if lost:
        href = "/purchasing/invoices?state=exception,matched,approved"
        cards.append(WaitingCard("EUR discount ends today", int(lost), href, "bad", order=5))
    return [card for card in cards if card.count or card.title != "answers to your questions"]


RECENT = timedelta(days=28)


# --- Who may see what hangs on a document

SEEN: dict[str, tuple[Callable[[Context], sa.Select[Any]], type[Base]]] = {
    "purchasing_requisition": (requisitions.visible, Requisition),
    "purchasing_order": (orders.visible, Order),
    "purchasing_receipt": (receipts.visible, Receipt),
    "purchasing_invoice": (invoices.visible, Invoice),
    "purchasing_supplier": (suppliers.visible, Supplier),
    "purchasing_unknown_delivery": (deliveries.visible, UnknownDelivery),
}


@within("files and talk ask whether the person may see the document")
def record_seen(ctx: Context, question: files.RecordSeen) -> list[bool]:
    table, id = links.parts(question.origin)
    if table not in SEEN:
        return []
    visible, model = SEEN[table]
    key = model.__table__.c.id
    return [ctx.session.scalar(visible(ctx).with_only_columns(key).where(key == id)) is not None]
