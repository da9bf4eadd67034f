"""The lists of purchasing: requisitions, orders and invoices, each as the person may see them."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from plantops import places
from plantops.context import Context, within
from plantops.listing import Column, Expression, Facet, Kind, Listing, Select
from plantops.parties import Party
from plantops.people import User
from plantops.places import CostCentre
from purchasing import invoices, orders, requisitions
from purchasing.models import Invoice, Order, OrderLine, Requisition, Supplier
from purchasing.models.bills import InvoiceState
from purchasing.models.orders import LineState, OrderState, RequisitionState
from purchasing.permissions import Can

READER: sa.ColumnElement[int] = sa.literal_column("reader.user_id", sa.BigInteger())
TODAY: sa.ColumnElement[date] = sa.literal_column("reader.today", sa.Date())


def named(number: Expression, id: Expression) -> Expression:
    """A document that has no number yet is called by its draft's id."""
    return sa.func.coalesce(number, sa.func.concat("Draft ", id), type_=sa.Text())


def _reader(ctx: Context) -> sa.Values:
    columns = (sa.column("user_id", sa.BigInteger()), sa.column("today", postgresql.DATE()))
    return sa.values(*columns, name="reader").data([(ctx.user.id, ctx.today)])


@within("the list of requisitions, filtered by what the person may see")
def requisition_rows(ctx: Context) -> Select:
    return (
        sa.select(Requisition.id)
        .join(_reader(ctx), sa.true())
        .join(User, User.id == Requisition.asked_by_id)
        .join(CostCentre, CostCentre.id == Requisition.cost_centre_id)
        .where(Requisition.id.in_(requisitions.visible(ctx).with_only_columns(Requisition.id)))
    )


@within("the list of orders, filtered by what the person may see")
def order_rows(ctx: Context) -> Select:
    return (
        sa.select(Order.id)
        .join(_reader(ctx), sa.true())
        .join(Supplier, Supplier.id == Order.supplier_id)
        .join(Party, Party.id == Supplier.party_id)
        .where(Order.id.in_(orders.visible(ctx).with_only_columns(Order.id)))
    )


@within("the list of invoices, filtered by what the person may see")
def invoice_rows(ctx: Context) -> Select:
    return (
        sa.select(Invoice.id)
        .join(Supplier, Supplier.id == Invoice.supplier_id)
        .join(Party, Party.id == Supplier.party_id)
        .where(Invoice.id.in_(invoices.visible(ctx).with_only_columns(Invoice.id)))
    )


@within("the filter by site")
def site_names(ctx: Context) -> list[tuple[int, str]]:
    return [(site.id, site.name) for site in places.list_sites(ctx)]


LATE = sa.and_(
    Order.state.in_((OrderState.ISSUED, OrderState.ACKNOWLEDGED)),
    sa.exists().where(
        OrderLine.order_id == Order.id,
        OrderLine.state == LineState.OPEN,
        OrderLine.received_on.is_(None),
        sa.func.coalesce(OrderLine.promised_on, OrderLine.need_by) < TODAY,
    ),
)

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
        Column("asked_by", "Asked by", User.name),
        Column("cost_centre", "Cost centre", CostCentre.code, place="rest"),
        Column("need_by", "Needed by", Requisition.need_by, Kind.DATE),
        Column("total", "Total", Requisition.total, Kind.MONEY, unit="currency"),
        Column("currency", "Currency", Requisition.currency, hidden=True),
        Column("state", "State", Requisition.state, Kind.CHOICE, place="aside"),
    ),
    facets=(
        Facet("state", "State", Requisition.state, options=RequisitionState),
        Facet("mine", "Mine", Requisition.asked_by_id == READER, Kind.YES_NO),
        Facet("need_by", "Needed by", Requisition.need_by, Kind.DATE),
        Facet("site", "Site", Requisition.site_id, value=int, options=site_names),
    ),
    search=(Requisition.number, Requisition.title, User.name),
)

ORDERS: Listing[object] = Listing(
    name="purchasing.orders",
    title="Orders",
    permission=Can.READ_ORDERS,
    rows=order_rows,
    key=Order.id,
    origin="purchasing_order",
    empty="No order fits. Orders begin on the list “To order”.",
    columns=(
        Column("number", "Number", named(Order.number, Order.id), place="lead"),
        Column("supplier", "Supplier", Party.name, sort=Party.sort_key),
        Column("ordered_on", "Ordered", Order.ordered_on, Kind.DATE),
        Column("total", "Total", Order.total, Kind.MONEY, unit="currency"),
        Column("currency", "Currency", Order.currency, hidden=True),
        Column("late", "Late", LATE, Kind.YES_NO, place="rest"),
        Column("on_hold", "On hold", Order.on_hold, Kind.YES_NO, place="rest"),
        Column("state", "State", Order.state, Kind.CHOICE, place="aside"),
    ),
    facets=(
        Facet("state", "State", Order.state, options=OrderState),
        Facet("late", "Late", LATE, Kind.YES_NO),
        Facet("held", "On hold", Order.on_hold, Kind.YES_NO),
        Facet("ordered", "Ordered on", Order.ordered_on, Kind.DATE),
        Facet("site", "Site", Order.site_id, value=int, options=site_names),
    ),
    search=(Order.number, Party.sort_key, Order.supplier_reference),
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
        Column("supplier", "Supplier", Party.name, sort=Party.sort_key),
        Column("supplier_number", "Their number", Invoice.supplier_number, never_null=True),
        Column("due_on", "Due", Invoice.due_on, Kind.DATE, never_null=True),
        Column("discount_until", "Discount until", Invoice.discount_until, Kind.DATE, place="rest"),
        Column("gross", "Gross", Invoice.gross, Kind.MONEY, unit="currency"),
        Column("currency", "Currency", Invoice.currency, hidden=True),
        Column("state", "State", Invoice.state, Kind.CHOICE, place="aside"),
    ),
    facets=(
        Facet("state", "State", Invoice.state, options=InvoiceState),
        Facet("due", "Due", Invoice.due_on, Kind.DATE),
        Facet("site", "Site", Invoice.site_id, value=int, options=site_names),
    ),
    search=(Invoice.number, Invoice.supplier_number, Party.sort_key),
)
