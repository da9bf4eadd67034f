"""The lists of purchasing: requisitions, orders and invoices, each as the person may see them."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from plantops import items
from plantops.context import Context, within
from plantops.items import Category, Item
from plantops.listing import Ask, Board, BulkAction, Column, Edit, Expression, Facet, Kind, Listing, Move, Select
from plantops.lists import site_facet
from plantops.parties import Party
from plantops.people import User
from plantops.places import CostCentre
from plantops.wording import say
from purchasing import catalogue, deliveries, invoices, orders, receipts, requisition_approval, requisitions, suppliers
from purchasing.models import Hold, Invoice, Offer, Order, OrderLine, Receipt, Requisition, Supplier, UnknownDelivery
from purchasing.models.bills import HoldState, InvoiceKind, InvoiceState, ReceiptKind, ReceiptState, UnknownState
from purchasing.models.orders import LineState, OrderState, RequisitionState
from purchasing.permissions import Can

READER: sa.ColumnElement[int] = sa.literal_column("reader.user_id", sa.BigInteger())
TODAY: sa.ColumnElement[date] = sa.literal_column("reader.today", sa.Date())


def named(number: Expression, id: Expression) -> Expression:
    """A document that has no number yet is called by its draft's id."""
    draft = sa.bindparam("draft", callable_=lambda: say("Draft {id}"), unique=True, type_=sa.Text())
    return sa.func.coalesce(number, sa.func.replace(draft, "{id}", sa.cast(id, sa.Text)), type_=sa.Text())


# The first fifty by name; others are found by the search, or from the supplier's own page.
SUPPLIER_NAMES = (
    sa.select(Supplier.id, Party.name)
    .join(Party, Party.id == Supplier.party_id)
    .where(~Party.archived)
    .order_by(Party.sort_key, Supplier.id)
    .limit(50)
)


def _supplier_names(ctx: Context) -> list[tuple[int, str]]:
    if not ctx.may(Can.READ_SUPPLIERS):
        return []
    return [(row[0], row[1]) for row in ctx.session.execute(SUPPLIER_NAMES)]


def _supplier_name(ctx: Context, id: int) -> str:
    """What an address asks for, as far as the person may read suppliers; others see the number that they typed."""
    seen = suppliers.visible(ctx).where(Supplier.id == id).join(Party, Party.id == Supplier.party_id)
    return ctx.session.scalar(seen.with_only_columns(Party.name)) or ""


def supplier_facet(column: Expression) -> Facet:
    return Facet("supplier", "Supplier", column, options=_supplier_names, value=int, named=_supplier_name)


def _reader(ctx: Context) -> sa.Subquery:
    known = (sa.literal(ctx.user.id, sa.BigInteger()), sa.literal(ctx.today, postgresql.DATE()))
    return sa.select(known[0].label("user_id"), known[1].label("today")).subquery("reader")


@within("the list of requisitions, filtered by what the person may see")
def requisition_rows(ctx: Context) -> Select:
    return (
        sa.select(Requisition.id)
        .join(_reader(ctx), sa.true())
        .join(User, User.id == Requisition.asked_by_id)
        .join(CostCentre, CostCentre.id == Requisition.cost_centre_id)
        .where(requisitions.visible_scope(ctx))
    )


@within("the list of orders, filtered by what the person may see")
def order_rows(ctx: Context) -> Select:
    return (
        sa.select(Order.id)
        .join(_reader(ctx), sa.true())
        .join(Supplier, Supplier.id == Order.supplier_id)
        .join(Party, Party.id == Supplier.party_id)
        .where(orders.visible_scope(ctx))
    )


@within("the list of invoices, filtered by what the person may see")
def invoice_rows(ctx: Context) -> Select:
    return (
        sa.select(Invoice.id)
        .join(Supplier, Supplier.id == Invoice.supplier_id)
        .join(Party, Party.id == Supplier.party_id)
        .where(invoices.visible_scope(ctx))
    )


@within("the list of receipts, filtered by what the person may see")
def receipt_rows(ctx: Context) -> Select:
    return (
        sa.select(Receipt.id)
        .join(Order, Order.id == Receipt.order_id)
        .join(Supplier, Supplier.id == Receipt.supplier_id)
        .join(Party, Party.id == Supplier.party_id)
        .join(User, User.id == Receipt.received_by_id)
        .where(receipts.visible_scope(ctx))
    )


@within("the list of parked deliveries, filtered by what the person may see")
def unknown_rows(ctx: Context) -> Select:
    return (
        sa.select(UnknownDelivery.id)
        .join(User, User.id == UnknownDelivery.parked_by_id)
        .where(UnknownDelivery.id.in_(deliveries.visible(ctx).with_only_columns(UnknownDelivery.id)))
    )


LATE = sa.and_(
    Order.state.in_((OrderState.ISSUED, OrderState.ACKNOWLEDGED)),
    # OFFSET 0 has each order looked at by itself; else every open line is read to show fifty orders.
    sa.select(OrderLine.id)
    .where(
        OrderLine.order_id == Order.id,
        OrderLine.state == LineState.OPEN,
        OrderLine.three_way,  # what is paid without a receipt is never seen to come
        OrderLine.received_on.is_(None),
        sa.func.coalesce(OrderLine.promised_on, OrderLine.need_by) < TODAY,
    )
    .correlate(Order)
    .offset(sa.literal_column("0"))
    .exists(),
)

ANSWERED = sa.exists().where(Hold.invoice_id == Invoice.id, Hold.state == HoldState.OPEN, Hold.answer != "")

REQUISITIONS: Listing[object] = Listing(
    name="purchasing.requisitions",
    title="Requisitions",
    permission=Can.ASK,
    rows=requisition_rows,
    key=Requisition.id,
    origin="purchasing_requisition",
    empty="No requisition fits. Ask for what you need with “New requisition”.",
    columns=(
        Column("number", "Number", named(Requisition.number, Requisition.id), place="lead"),
        Column("title", "What", sa.func.left(Requisition.title, 80, type_=sa.Text()), sortable=False),
        Column("asked_by", "Asked by", User.name, groups=True),
        Column("cost_centre", "Cost centre", CostCentre.code, place="rest", groups=True),
        Column("need_by", "Needed by", Requisition.need_by, Kind.DATE),
        Column("total", "Total", Requisition.total, Kind.MONEY, unit="currency"),
        Column("currency", "Currency", Requisition.currency, hidden=True),
        Column("state", "State", Requisition.state, Kind.CHOICE, place="aside"),
    ),
    facets=(
        Facet("state", "State", Requisition.state, options=RequisitionState),
        Facet("mine", "Mine", Requisition.asked_by_id == READER, Kind.YES_NO),
        Facet("sent_back", "Sent back", requisitions.sent_back(), Kind.YES_NO),
        Facet("sent", "Sent on", Requisition.submitted_at, Kind.DATE),
        Facet("drafted", "Drafted by the house", requisitions.drafted_by_house(), Kind.YES_NO),
        Facet("need_by", "Needed by", Requisition.need_by, Kind.DATE),
        site_facet(Requisition.site_id),
    ),
    search=(Requisition.number, Requisition.title, User.name),
    bulk=(
        BulkAction(
            "approve",
            "Approve",
            (Can.APPROVE,),
            requisition_approval.approve,
            icon="circle-check",
            tone="primary",
            undo=requisition_approval.take_yes_back,
        ),
        BulkAction(
            "reject", "Reject", (Can.APPROVE,), requisition_approval.reject, reason="Why are they rejected?", icon="x"
        ),
    ),
    board=Board(
        "state",
        tuple(RequisitionState),
        (
            Move(
                "submit", "Submit", RequisitionState.SUBMITTED, (Can.ASK,), requisition_approval.submit, tone="primary"
            ),
            Move(
                "approve",
                "Approve",
                RequisitionState.APPROVED,
                (Can.APPROVE,),
                requisition_approval.approve,
                tone="primary",
            ),
            Move(
                "reject",
                "Reject",
                RequisitionState.DRAFT,
                (Can.APPROVE,),
                requisition_approval.reject,
                (Ask("reason", "Why is it rejected?"),),
            ),
            Move("take_back", "Take back", RequisitionState.DRAFT, (Can.ASK,), requisition_approval.take_back),
            Move(
                "cancel",
                "Cancel",
                RequisitionState.CANCELLED,
                (Can.ASK, Can.BUY),
                requisition_approval.cancel,
                (Ask("reason", "Why is it not needed any more?"),),
            ),
        ),
    ),
)

ORDERS: Listing[object] = Listing(
    name="purchasing.orders",
    title="Orders",
    permission=Can.READ_ORDERS,
    rows=order_rows,
    key=Order.id,
    origin="purchasing_order",
    empty="No order fits. Orders begin on the list “To order”, or with “New order”.",
    columns=(
        Column("number", "Number", named(Order.number, Order.id), place="lead"),
        Column("supplier", "Supplier", Party.name, sort=Party.sort_key, groups=True),
        Column("ordered_on", "Ordered", Order.ordered_on, Kind.DATE),
        Column("total", "Total", Order.total, Kind.MONEY, unit="currency"),
        Column("currency", "Currency", Order.currency, hidden=True),
        Column("late", "Late", LATE, Kind.YES_NO, place="rest"),
        Column("on_hold", "On hold", Order.on_hold, Kind.YES_NO, place="rest"),
        Column("state", "State", Order.state, Kind.CHOICE, place="aside"),
    ),
    facets=(
        Facet("state", "State", Order.state, options=OrderState),
        supplier_facet(Order.supplier_id),
        Facet("late", "Late", LATE, Kind.YES_NO),
        Facet("held", "On hold", Order.on_hold, Kind.YES_NO),
        Facet("ordered", "Ordered on", Order.ordered_on, Kind.DATE),
        site_facet(Order.site_id),
    ),
    search=(Order.number, Party.sort_key, Order.supplier_reference),
    bulk=(
        BulkAction(
            "issue", "Send", (Can.BUY,), lambda ctx, id, version, _: orders.issue(ctx, id, version), icon="send"
        ),
        BulkAction("hold", "Hold", (Can.BUY,), orders.hold, reason="Why are they held?", icon="lock", undo=orders.free),
        BulkAction("free", "Free", (Can.BUY,), lambda ctx, id, version, _: orders.free(ctx, id, version)),
    ),
)

INVOICES: Listing[object] = Listing(
    name="purchasing.invoices",
    title="Invoices",
    permission=Can.READ_INVOICES,
    rows=invoice_rows,
    key=Invoice.id,
    origin="purchasing_invoice",
    sort="due_on",
    empty="No invoice fits.",
    columns=(
        Column("number", "Number", Invoice.number, never_null=True, place="lead"),
        Column("supplier", "Supplier", Party.name, sort=Party.sort_key, groups=True),
        Column("supplier_number", "Their number", Invoice.supplier_number, never_null=True),
        Column("due_on", "Due", Invoice.due_on, Kind.DATE, never_null=True),
        Column("discount_until", "Discount until", Invoice.discount_until, Kind.DATE, place="rest"),
        Column("gross", "Gross", Invoice.gross, Kind.MONEY, unit="currency"),
        Column("currency", "Currency", Invoice.currency, hidden=True),
        Column("state", "State", Invoice.state, Kind.CHOICE, place="aside"),
    ),
    facets=(
        Facet("state", "State", Invoice.state, options=InvoiceState),
        supplier_facet(Invoice.supplier_id),
        Facet("kind", "Kind", Invoice.kind, options=InvoiceKind),
        Facet("answered", "Answered", ANSWERED, Kind.YES_NO),
        Facet("disputed", "In dispute", Invoice.in_dispute, Kind.YES_NO),
        Facet("due", "Due", Invoice.due_on, Kind.DATE),
        Facet("discount", "Discount until", Invoice.discount_until, Kind.DATE),
        site_facet(Invoice.site_id),
    ),
    search=(Invoice.number, Invoice.supplier_number, Party.sort_key),
)

RECEIPTS: Listing[object] = Listing(
    name="purchasing.receipts",
    title="Receipts",
    permission=Can.READ_RECEIPTS,
    rows=receipt_rows,
    key=Receipt.id,
    origin="purchasing_receipt",
    sort="-arrived_on",
    empty="No receipt fits.",
    columns=(
        Column("number", "Number", named(Receipt.number, Receipt.id), place="lead"),
        Column("kind", "Kind", Receipt.kind, Kind.CHOICE),
        Column("supplier", "Supplier", Party.name, sort=Party.sort_key, groups=True),
        Column("order", "Order", Order.number),
        Column("arrived_on", "Came on", Receipt.arrived_on, Kind.DATE, never_null=True),
        Column("delivery_note", "Delivery note", Receipt.delivery_note, place="rest"),
        Column("received_by", "By", User.name, sort=User.sort_key, place="rest"),
        Column("state", "State", Receipt.state, Kind.CHOICE, place="aside"),
    ),
    facets=(
        Facet("kind", "Kind", Receipt.kind, options=ReceiptKind),
        Facet("state", "State", Receipt.state, options=ReceiptState),
        supplier_facet(Receipt.supplier_id),
        Facet("arrived", "Came on", Receipt.arrived_on, Kind.DATE),
        site_facet(Receipt.site_id),
    ),
    search=(Receipt.number, Receipt.delivery_note, Order.number, Party.sort_key),
)

UNKNOWN: Listing[object] = Listing(
    name="purchasing.unknown",
    title="Parked deliveries",
    permission=Can.READ_RECEIPTS,
    rows=unknown_rows,
    key=UnknownDelivery.id,
    origin="purchasing_unknown_delivery",
    sort="arrived_on",
    empty="No delivery is parked: every one found its order.",
    columns=(
        Column("sender", "Sender", UnknownDelivery.sender, place="lead"),
        Column("text", "What it is", sa.func.left(UnknownDelivery.text, 80, type_=sa.Text()), sortable=False),
        Column("arrived_on", "Came on", UnknownDelivery.arrived_on, Kind.DATE, never_null=True),
        Column("delivery_note", "Delivery note", UnknownDelivery.delivery_note),
        Column("parked_by", "Parked by", User.name, sort=User.sort_key, place="rest"),
        Column("state", "State", UnknownDelivery.state, Kind.CHOICE, place="aside"),
    ),
    facets=(
        Facet("state", "State", UnknownDelivery.state, options=UnknownState),
        Facet("arrived", "Came on", UnknownDelivery.arrived_on, Kind.DATE),
        site_facet(UnknownDelivery.site_id),
    ),
    search=(UnknownDelivery.sender, UnknownDelivery.text, UnknownDelivery.delivery_note),
)


# --- Prices


@within("the list of prices, filtered by what the person may see")
def price_rows(ctx: Context) -> Select:
    return (
        sa.select(Offer.id)
        .join(_reader(ctx), sa.true())
        .join(Item, Item.id == Offer.item_id)
        .join(Category, Category.id == Item.category_id)
        .join(Supplier, Supplier.id == Offer.supplier_id)
        .join(Party, Party.id == Supplier.party_id)
        .where(Offer.id.in_(catalogue.visible(ctx).with_only_columns(Offer.id)))
    )


def _item_categories(ctx: Context) -> list[tuple[int, str]]:
    return [(one.id, one.name) for one in items.list_categories(ctx)]


PRICES: Listing[object] = Listing(
    name="purchasing.prices",
    title="Prices",
    permission=Can.READ_PRICES,
    rows=price_rows,
    key=Offer.id,
    sort="item",
    empty="No supplier quotes a price yet. Open a supplier and enter what they quote, or import their price list.",
    columns=(
        Column(
            "item",
            "Item",
            Item.name,
            sort=Item.sort_key,
            never_null=True,
            place="lead",
            link="core_item",
            link_key="item_id",
        ),
        Column("sku", "Number", Item.sku, place="rest"),
        Column("category", "Category", Category.name, sort=Category.sort_key, place="rest", groups=True),
        Column(
            "supplier", "From", Party.name, sort=Party.sort_key, groups=True, link="core_party", link_key="party_id"
        ),
        Column(
            "price",
            "Price",
            Offer.price,
            Kind.MONEY,
            unit="currency",
            place="aside",
            edit=Edit(catalogue.reprice, (Can.MANAGE_CATALOGUE,), required=True),
        ),
        Column("per", "Per", Offer.per, Kind.NUMBER),
        Column("unit", "Unit", Offer.unit),
        Column("valid_from", "From day", Offer.valid_from, Kind.DATE),
        Column("valid_until", "Until", Offer.valid_until, Kind.DATE, place="rest"),
        Column("preferred", "Preferred", Offer.preferred, Kind.YES_NO, place="rest"),
        Column("currency", "Currency", Offer.currency, hidden=True),
        Column("item_id", "Item", Offer.item_id, hidden=True),
        Column("party_id", "Company", Supplier.party_id, hidden=True),
    ),
    facets=(
        Facet("running", "Holds today", catalogue.valid_on(TODAY), Kind.YES_NO),
        supplier_facet(Offer.supplier_id),
        Facet("category", "Category", Item.category_id, options=_item_categories, value=int),
        Facet("preferred", "Preferred", Offer.preferred, Kind.YES_NO),
        Facet("from", "From day", Offer.valid_from, Kind.DATE),
    ),
    search=(Item.sort_key, Item.sku, Party.sort_key, Offer.supplier_code),
)
