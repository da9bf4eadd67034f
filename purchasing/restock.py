"""Low stock: the house drafts one requisition per item and store, and somebody sends it off."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa

from plantops import items, places, stock, stores
from plantops.context import Context, within
from plantops.events import DueItem, LowStock, OnOrder
from plantops.items import Item
from plantops.permissions import Can as Core
from plantops.places import CostCentre
from plantops.stock_ledger import Balance
from plantops.stores import Level, Store
from plantops.wording import say
from purchasing import catalogue, rates, requisitions
from purchasing.allocations import MISSING, UNORDERED, is_coming, is_wanted
from purchasing.models import Order, OrderLine, Requisition, RequisitionLine
from purchasing.models.orders import RequisitionState as State
from purchasing.prices import best
from purchasing.requisition_lines import NewLine
from purchasing.requisitions import Head

USUAL_LEAD_DAYS = 7


@within("stock tells; the house asks on behalf of whoever moved it")
def draft_requisition(ctx: Context, event: LowStock) -> None:
    """One open requisition per item and store. It is a draft of the house: the storekeeper sends it off."""
    if event.wanted <= 0:
        return
    store = stores.store(ctx, event.store_id)
    raised_by = f"core_stock_balance:{event.item_id}:{event.store_id}"
    open_one = sa.select(Requisition.id).where(
        Requisition.origin == raised_by, Requisition.state.in_((State.DRAFT, State.SUBMITTED, State.APPROVED))
    )
    if ctx.session.scalar(open_one) is not None:
        return
    item = items.item(ctx, event.item_id)
    centre = ctx.session.scalar(sa.select(payer()).where(Store.id == store.id))
    if centre is None or items.why_not_use(item) is not None:
        # Whoever hands goods out cannot mend this: the shortage is told by `due` and on the home page.
        stock.asked(ctx, event.item_id, event.store_id, None)
        return
    quotes = catalogue.quotes(ctx, [item.id], ctx.today).get(item.id, [])
    currency = places.site(ctx, store.site_id).currency
    quote = best(quotes, event.wanted, rates.known_rates(ctx, {q.currency for q in quotes}, currency, ctx.today))
    lead = quote.lead_days if quote else USUAL_LEAD_DAYS
    system = ctx.as_system()
    made = requisitions.start(
        system,
        Head(
            site_id=store.site_id,
            cost_centre_id=centre,
            need_by=ctx.today + timedelta(days=lead + 1),
            title=say("{item} for {store}", item=item.name, store=store.name),
            note=say("Drafted by the house: the stock fell to its minimum."),
            store_id=store.id,
        ),
        (NewLine(event.wanted, item.id, price=None if quote else Decimal(0)),),
        raised_by=raised_by,
    )
    stock.asked(ctx, event.item_id, event.store_id, requisitions.origin(made))


def payer() -> sa.ScalarSelect[int]:
    """The cost centre that pays for what a store lacks: its own while in use, else the first of the site."""
    return (
        sa.select(CostCentre.id)
        .where(CostCentre.site_id == Store.site_id, ~CostCentre.archived)
        .order_by((CostCentre.id == Store.cost_centre_id).desc().nulls_last(), CostCentre.code)
        .limit(1)
        .correlate(Store)
        .scalar_subquery()
    )


# --- Questions: what is low and cannot be asked for


def visible_unpaid(ctx: Context) -> sa.Select[Balance]:
    """Items at or below their minimum in stores for which no cost centre pays."""
    return (
        sa.select(Balance)
        .join(Store, Store.id == Balance.store_id)
        .join(Item, Item.id == Balance.item_id)
        .join(Level, sa.and_(Level.item_id == Balance.item_id, Level.store_id == Balance.store_id))
        .where(Balance.on_hand <= Level.minimum, Balance.asked_origin.is_(None))
        .where(Store.id.in_(stores.visible(ctx).with_only_columns(Store.id)), ~Store.archived, ~Item.archived)
        .where(payer().is_(None))
    )


@within("the core asks for what falls due with the reader's rights")
def due(ctx: Context, _until: date) -> list[DueItem]:
    """Each shortage that cannot be asked for, until somebody names a cost centre."""
    if not ctx.may(Core.READ_STOCK):
        return []
    query = visible_unpaid(ctx).with_only_columns(Item.name, Store.name, Store.id).order_by(Item.sort_key, Store.id)
    return [
        DueItem(
            say(
                "{item} is low in {store} and nobody can pay for it: name a cost centre for the store",
                item=item, store=store,
            ),
            ctx.today, f"/stores/{store_id}", kind="low stock",
        )
        for item, store, store_id in ctx.session.execute(query)
    ]  # fmt: skip


@within("stock asks before it says that something is low")
def on_order(ctx: Context, question: OnOrder) -> list[Decimal]:
    """What is asked for and not yet ordered, and what is ordered and has not come, for this store."""
    asked = (
        sa.select(sa.func.coalesce(sa.func.sum(UNORDERED), 0))
        .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
        .where(RequisitionLine.item_id == question.item_id, Requisition.store_id == question.store_id, is_wanted())
    )
    coming = (
        sa.select(sa.func.coalesce(sa.func.sum(sa.func.greatest(MISSING, 0)), 0))
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.item_id == question.item_id, Order.store_id == question.store_id, is_coming())
    )
    return [Decimal(ctx.session.scalar(asked) or 0), Decimal(ctx.session.scalar(coming) or 0)]
