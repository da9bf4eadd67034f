"""What the palette finds in purchasing: wishes, orders, receipts, parked deliveries, bills and suppliers."""

from __future__ import annotations

import sqlalchemy as sa

from plantops.context import Context, within
from plantops.findable import Findable, Select
from plantops.parties import Party
from purchasing import deliveries, invoices, orders, receipts, requisitions, suppliers
from purchasing.models import Invoice, Order, Receipt, Requisition, Supplier, UnknownDelivery
from purchasing.permissions import Can


@within("requisitions, filtered by what the person may see")
def requisition_rows(ctx: Context) -> Select:
    return sa.select(Requisition.id).where(requisitions.visible_scope(ctx))


@within("orders, filtered by what the person may see")
def order_rows(ctx: Context) -> Select:
    seen = orders.visible(ctx).with_only_columns(Order.id)
    return seen.join(Supplier, Supplier.id == Order.supplier_id).join(Party, Party.id == Supplier.party_id)


@within("receipts, filtered by what the person may see")
def receipt_rows(ctx: Context) -> Select:
    seen = receipts.visible(ctx).with_only_columns(Receipt.id)
    return seen.join(Supplier, Supplier.id == Receipt.supplier_id).join(Party, Party.id == Supplier.party_id)


@within("parked deliveries, filtered by what the person may see")
def unknown_rows(ctx: Context) -> Select:
    return deliveries.visible(ctx).with_only_columns(UnknownDelivery.id)


@within("bills, filtered by what the person may see")
def invoice_rows(ctx: Context) -> Select:
    seen = invoices.visible(ctx).with_only_columns(Invoice.id)
    return seen.join(Supplier, Supplier.id == Invoice.supplier_id).join(Party, Party.id == Supplier.party_id)


@within("suppliers, filtered by what the person may see")
def supplier_rows(ctx: Context) -> Select:
    return suppliers.visible(ctx).with_only_columns(Supplier.id).join(Party, Party.id == Supplier.party_id)


DRAFT = sa.literal_column("'Draft'", sa.Text())

SEARCH = (
    Findable(
        "Requisition",
        (Can.ASK, Can.READ_REQUISITIONS),
        requisition_rows,
        Requisition.id,
        "purchasing_requisition",
        (Requisition.number, Requisition.title),
        title=sa.func.coalesce(Requisition.number, DRAFT),
        detail=Requisition.title,
        newest_first=True,
    ),
    Findable(
        "Order",
        (Can.READ_ORDERS,),
        order_rows,
        Order.id,
        "purchasing_order",
        (Order.number, Order.supplier_reference),
        title=sa.func.coalesce(Order.number, DRAFT),
        detail=Party.name,
        newest_first=True,
    ),
    Findable(
        "Receipt",
        (Can.READ_RECEIPTS,),
        receipt_rows,
        Receipt.id,
        "purchasing_receipt",
        (Receipt.number, Receipt.delivery_note),
        title=sa.func.coalesce(Receipt.number, DRAFT),
        detail=Party.name,
        newest_first=True,
    ),
    Findable(
        "Parked delivery",
        (Can.READ_RECEIPTS,),
        unknown_rows,
        UnknownDelivery.id,
        "purchasing_unknown_delivery",
        (UnknownDelivery.sender, UnknownDelivery.text, UnknownDelivery.delivery_note),
        detail=UnknownDelivery.text,
    ),
    Findable(
        "Invoice",
        (Can.READ_INVOICES,),
        invoice_rows,
        Invoice.id,
        "purchasing_invoice",
        (Invoice.number, Invoice.supplier_number),
        detail=Party.name,
        newest_first=True,
    ),
    Findable(
        "Supplier",
        (Can.READ_SUPPLIERS,),
        supplier_rows,
        Supplier.id,
        "purchasing_supplier",
        (Party.name, Party.town, Party.vat_id),
        detail=Party.town,
    ),
)
