"""What waits for people on their home page, and who may see what hangs on a document."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from plantops import links, sight
from plantops.context import Context, within
from plantops.events import Waiting, WaitingCard
from plantops.listing_pages import card
from plantops.permissions import Can as Core
from plantops.stock_ledger import Balance
from plantops.wording import mark, plural, say
from purchasing import (
    amendments,
    deciding,
    deliveries,
    invoices,
    ordering,
    orders,
    receipts,
    requisitions,
    restock,
    settlement,
    suppliers,
)
from purchasing.lists import INVOICES, ORDERS, REQUISITIONS, UNKNOWN
from purchasing.models import (
    Invoice,
    Requisition,
)
from purchasing.models.bills import InvoiceState
from purchasing.permissions import Can


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
    return [one for one in cards if one.count or one.tone == "plain"]


def _for_approvers(ctx: Context) -> list[WaitingCard]:
    mine = [one.waiting for one in deciding.to_decide(ctx)]
    if not mine and not ctx.may(Can.APPROVE):
        return []
    ids = [links.parts(row.origin)[1] for row in mine if row.kind == requisitions.KIND]
    over = _count(ctx, sa.select(Requisition.id).where(Requisition.id.in_(ids), Requisition.over_budget > 0))
    detail = plural("{n} over budget", "{n} over budget", over) if over else ""
    return [
        WaitingCard("to approve", len(mine), "/purchasing/approvals", "warn" if over else "plain", detail, order=10)
    ]


def _for_askers(ctx: Context) -> list[WaitingCard]:
    """Who asks for things sees what became of them."""
    own, why = "/purchasing/requisitions?mine=yes", say("read why, then change and send again")
    since = (ctx.now - RECENT).astimezone(ctx.zone).date()
    arrived = f"{own}&state=closed&sent_from={since}"
    cards = [
        card(ctx, REQUISITIONS, f"{own}&sent_back=yes", mark("sent back to you"), "warn", why, order=20),
        card(ctx, REQUISITIONS, arrived, mark("of your wishes arrived"), "ok", order=40),
    ]
    return [one for one in cards if one.count]


def _of_the_house(ctx: Context) -> list[WaitingCard]:
    """What the house drafted because stock is low: nothing is bought before somebody sends it off."""
    href, why = "/purchasing/requisitions?drafted=yes", say("the stock is low: look over and send off")
    return [card(ctx, REQUISITIONS, href, mark("drafted by the house"), "warn", why, order=9)]


def _for_storekeepers(ctx: Context) -> list[WaitingCard]:
    """Who keeps a store names its cost centre: until then nothing is bought for it."""
    if not ctx.may(Core.MANAGE_STOCK) or ctx.may(Core.READ_DUE):
        return []
    low = _count(ctx, restock.visible_unpaid(ctx).with_only_columns(Balance.id))
    why = say("their store has no cost centre: name one, then they are asked for")
    return [WaitingCard("items low that nobody can pay for", low, "/stock?low=yes", "bad", why, order=8)] if low else []


def _for_buyers(ctx: Context) -> list[WaitingCard]:
    return [
        WaitingCard(
            "lines to order", ordering.count_to_order(ctx), "/purchasing/to-order?site=all", order=10,
            one="line to order",
        ),
        card(ctx, ORDERS, "/purchasing/orders?late=yes", mark("orders late"), "warn", order=11, one=mark("order late")),
        _questions(ctx),
        _parked(ctx),
    ]  # fmt: skip


def _for_receivers(ctx: Context) -> list[WaitingCard]:
    due = receipts.count_expected(ctx, until=ctx.today)
    return [
        WaitingCard(
            "deliveries due", due, "/purchasing/receive?site=all&due=yes", order=10, one="delivery due",
            detail=say("today or earlier"),
        ),
        _questions(ctx),
        _parked(ctx),
    ]  # fmt: skip


def _questions(ctx: Context) -> WaitingCard:
    """As the page lists them: what is asked of the buyer, of the receiver, or of both where one is both."""
    count = len(settlement.list_questions(ctx))
    return WaitingCard(
        "questions about bills", count, "/purchasing/questions", "warn", order=12, one="question about a bill"
    )


def _parked(ctx: Context) -> WaitingCard:
    href = "/purchasing/unknown?state=open"
    return card(ctx, UNKNOWN, href, mark("parked deliveries"), "warn", order=13, one=mark("parked delivery"))


def _for_payers(ctx: Context) -> list[WaitingCard]:
    bills = "/purchasing/invoices"
    unpaid = (InvoiceState.CAPTURED, InvoiceState.EXCEPTION, InvoiceState.MATCHED, InvoiceState.APPROVED)
    ending = invoices.visible(ctx).where(Invoice.state.in_(unpaid), Invoice.discount_until == ctx.today)
    lost = sum(settlement.discount_at_risk(one, ctx.today) * one.rate for one in ctx.session.scalars(ending))
    href, one = f"{bills}?answered=yes", mark("answer to your questions")
    answered = card(ctx, INVOICES, href, mark("answers to your questions"), order=9, one=one)
    differ, approve = f"{bills}?state=exception", f"{bills}?state=matched&disputed=no"
    cards = [
        card(ctx, INVOICES, differ, mark("bills that differ"), order=10, one=mark("bill that differs")),
        card(ctx, INVOICES, approve, mark("bills to approve"), order=11, one=mark("bill to approve")),
    ]
    if lost:
        href = f"{bills}?state=captured,exception,matched,approved&discount_from={ctx.today}&discount_to={ctx.today}"
        cards.append(WaitingCard("EUR discount ends today", int(lost), href, "bad", order=5))
    return [*cards, answered] if answered.count else cards


RECENT = timedelta(days=28)


# --- Who may see what hangs on a document

SEEN: sight.Owned = {
    "purchasing_order": (None, orders.visible),
    "purchasing_revision": (None, amendments.visible_revisions),
    "purchasing_receipt": (None, receipts.visible),
    "purchasing_invoice": (None, invoices.visible),
    "purchasing_supplier": (None, suppliers.visible),
    "purchasing_unknown_delivery": (None, deliveries.visible),
}


@within("files and talk ask whether the person may see the document")
def record_seen(ctx: Context, question: sight.RecordSeen) -> list[sight.Sight]:
    if links.parts(question.origin)[0] == "purchasing_requisition":
        return requisitions.who_may_see(ctx, question)
    return sight.answer(ctx, question, SEEN)
