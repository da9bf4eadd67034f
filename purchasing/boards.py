"""What the pages show beside a document: names, who must say yes, what hangs on it, and why a step cannot be done."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import selectinload

from plantops import approvals, people, places, stores
from plantops.approval_records import Standing
from plantops.context import Context, requires
from plantops.db import get
from plantops.parties import Party
from plantops.people import User
from plantops.places import CostCentre
from plantops.stores import Store
from plantops.wording import say
from purchasing import (
    amendments,
    deciding,
    invoices,
    orders,
    receipt_rules,
    receipts,
    requisition_approval,
    requisitions,
    settlement,
    suppliers,
    three_way,
)
from purchasing.models import (
    Allocation,
    Invoice,
    Order,
    OrderLine,
    Receipt,
    Requisition,
    RequisitionLine,
    Revision,
    Supplier,
)
from purchasing.models.bills import InvoiceState
from purchasing.models.orders import OrderState, RevisionState
from purchasing.permissions import Can


@dataclass(frozen=True)
class Named:
    """Another document, as a link."""

    id: int
    number: str
    state: str


@dataclass(frozen=True)
class RevisionRow:
    id: int
    number: int
    state: str
    reason: str
    made_at: datetime


@dataclass(frozen=True)
class RequisitionSheet:
    requisition: Requisition
    cost_centre: str
    asked_by: str
    store: str
    standing: Standing | None
    suppliers: dict[int, str]
    orders: list[Named]
    is_own: bool
    why_not_submit: str | None
    why_not_decide: str | None
    why_not_take_back: str | None
    why_not_cancel: str | None


@dataclass(frozen=True)
class OrderSheet:
    order: Order
    supplier: str
    buyer: str
    store: str
    standing: Standing | None
    receipts: list[Named]
    invoices: list[Named]
    revisions: list[RevisionRow]
    why_not_submit: str | None
    why_not_issue: str | None
    why_not_decide: str | None
    why_not_take_back: str | None
    why_not_amend: str | None
    why_not_cancel: str | None
    why_not_short: dict[int, str | None]


@dataclass(frozen=True)
class ChangedLine:
    """A line of an order before and after a revision; what stays is the same on both sides."""

    position: int | None
    description: str
    unit: str
    quantity: tuple[Decimal | None, Decimal]
    price: tuple[Decimal | None, Decimal]
    per: int
    need_by: tuple[date | None, date]


@dataclass(frozen=True)
class RevisionSheet:
    revision: Revision
    order: Order
    supplier: str
    made_by: str
    total_before: Decimal
    lines: list[ChangedLine]
    standing: Standing | None
    why_not_decide: str | None


@dataclass(frozen=True)
class ReceiptRow:
    position: int
    description: str
    unit: str
    accepted: Decimal
    rejected: Decimal
    reason: str
    order_line_id: int
    here: Decimal
    """What of the order line came and did not go back, on this receipt or another."""


@dataclass(frozen=True)
class ReceiptSheet:
    receipt: Receipt
    order: str
    supplier: str
    lies: str
    received_by: str
    lines: list[ReceiptRow]
    reverses: Named | None
    reversed_by: Named | None
    why_not_send_back: str | None


@dataclass(frozen=True)
class InvoiceSheet:
    invoice: Invoice
    supplier: str
    order: str
    order_lines: dict[int, OrderLine]
    cost_centres: dict[int, str]
    remarks: list[str]
    standing: Standing | None
    waits_for_me: bool
    look_alikes: list[Named]
    credits: Named | None
    credited_by: list[Named]
    duplicate_of: Named | None
    why_not_approve: str | None
    why_not_accept: dict[int, str | None]


# --- Questions


@requires(Can.ASK, Can.READ_REQUISITIONS)
def requisition_sheet(ctx: Context, id: int) -> RequisitionSheet:
    found = requisitions.read(ctx, id)
    origin = requisitions.origin(found)
    on = (
        sa.select(Order)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Allocation, Allocation.order_line_id == OrderLine.id)
        .join(RequisitionLine, RequisitionLine.id == Allocation.requisition_line_id)
        .where(RequisitionLine.requisition_id == id, Allocation.quantity > 0)
        .distinct()
        .order_by(Order.id)
    )
    return RequisitionSheet(
        requisition=found,
        cost_centre=_centres(ctx, {found.cost_centre_id})[found.cost_centre_id],
        asked_by=people.name_of(ctx, found.asked_by_id),
        store=stores.store(ctx, found.store_id).name if found.store_id else "",
        standing=approvals.state_of(ctx, origin),
        suppliers={key: suppliers.name_of(ctx, key) for line in found.lines if (key := line.supplier_id) is not None},
        orders=[Named(o.id, o.number or say("Draft {id}", id=o.id), o.state) for o in ctx.session.scalars(on)],
        is_own=ctx.user.id in (found.asked_by_id, found.entered_by_id),
        why_not_submit=requisition_approval.why_not_submit(found, ctx.today),
        why_not_decide=deciding.why_not_decide(ctx, origin, requisitions.content_hash(found)),
        why_not_take_back=requisition_approval.why_not_take_back(found, ctx.user.id),
        why_not_cancel=requisition_approval.why_not_cancel(found),
    )


def _listed(*columns: sa.SQLColumnExpression[Any], order: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[Any]:
    """Rows within a row."""
    rows = sa.func.jsonb_agg(aggregate_order_by(sa.func.jsonb_build_array(*columns), order))
    return sa.func.coalesce(rows, sa.literal_column("'[]'"))


# What stands beside an order, in one look: every page of an order asks for it.
BESIDE_ORDER = (
    sa.select(
        Party.name.label("supplier"),
        User.name.label("buyer"),
        Store.name.label("store"),
        sa.select(_listed(Receipt.id, Receipt.number, Receipt.state, order=Receipt.id))
        .where(Receipt.order_id == Order.id)
        .scalar_subquery()
        .label("receipts"),
        sa.select(
            _listed(
                Revision.id,
                Revision.number,
                Revision.state,
                Revision.reason,
                Revision.made_at,
                order=Revision.number.desc(),
            )
        )
        .where(Revision.order_id == Order.id)
        .scalar_subquery()
        .label("revisions"),
        sa.exists().where(Invoice.order_id == Order.id).label("is_billed"),
    )
    .select_from(Order)
    .join(Supplier, Supplier.id == Order.supplier_id)
    .join(Party, Party.id == Supplier.party_id)
    .join(User, User.id == Order.buyer_id)
    .outerjoin(Store, Store.id == Order.store_id)
    .where(Order.id == sa.bindparam("id"))
)


@requires(Can.READ_ORDERS, Can.APPROVE_ORDERS)
def order_sheet(ctx: Context, id: int) -> OrderSheet:
    found = orders.read(ctx, id)
    origin = orders.origin(found)
    waits = found.state is OrderState.PENDING
    beside = ctx.session.execute(BESIDE_ORDER, {"id": id}).one()
    billed: list[Named] = []
    if beside.is_billed and ctx.may(Can.READ_INVOICES, site_id=found.site_id):
        bills = invoices.visible(ctx).where(Invoice.order_id == id).order_by(Invoice.id)
        shown = bills.with_only_columns(Invoice.id, Invoice.number, Invoice.state)
        billed = [Named(one, number, state) for one, number, state in ctx.session.execute(shown)]
    return OrderSheet(
        order=found,
        supplier=beside.supplier,
        buyer=beside.buyer,
        store=beside.store or "",
        standing=approvals.state_of(ctx, origin) if waits else None,
        receipts=[Named(one, number or say("Draft {id}", id=one), state) for one, number, state in beside.receipts],
        invoices=billed,
        revisions=[
            RevisionRow(one, number, state, reason, datetime.fromisoformat(made_at))
            for one, number, state, reason, made_at in beside.revisions
        ],
        why_not_submit=orders.why_not_submit(found),
        why_not_issue=orders.why_not_issue(found),
        why_not_decide=deciding.why_not_decide(ctx, origin, orders.content_hash(found))
        if waits
        else say("it is not waiting"),
        why_not_take_back=orders.why_not_take_back(found),
        why_not_amend=amendments.why_not_amend(found),
        why_not_cancel=amendments.why_not_cancel(found),
        why_not_short={line.id: amendments.why_not_close_short(found, line) for line in found.lines},
    )


@requires(Can.READ_ORDERS, Can.APPROVE_ORDERS)
def revision_sheet(ctx: Context, id: int) -> RevisionSheet:
    """What a revision changes, line by line, and whose yes it waits for."""
    order, revision = amendments.read_revision(ctx, id)
    origin = amendments.origin(revision)
    waits = revision.state is RevisionState.PENDING
    return RevisionSheet(
        revision=revision,
        order=order,
        supplier=suppliers.name_of(ctx, order.supplier_id),
        made_by=people.name_of(ctx, revision.made_by_id),
        total_before=Decimal(revision.before["total"]),
        lines=[*_changed(order, revision), *_added(revision)],
        standing=approvals.state_of(ctx, origin) if waits else None,
        why_not_decide=deciding.why_not_decide(ctx, origin, amendments.hash_now(order, revision)) if waits else None,
    )


def _changed(order: Order, revision: Revision) -> list[ChangedLine]:
    before = {line["line_id"]: line for line in revision.before["lines"]}
    lines = {line.id: line for line in order.lines}
    found: list[ChangedLine] = []
    for change in revision.changes["lines"]:
        line, was = lines[change["line_id"]], before[change["line_id"]]
        quantity, price, need_by = (change[key] or was[key] for key in ("quantity", "price", "need_by"))
        found.append(
            ChangedLine(
                position=line.position,
                description=line.description,
                unit=line.unit,
                quantity=(Decimal(was["quantity"]), Decimal(quantity)),
                price=(Decimal(was["price"]), Decimal(price)),
                per=line.per,
                need_by=(date.fromisoformat(was["need_by"]), date.fromisoformat(need_by)),
            )
        )
    return found


def _added(revision: Revision) -> list[ChangedLine]:
    return [
        ChangedLine(
            position=None,
            description=new["description"],
            unit=new["unit"],
            quantity=(None, Decimal(new["quantity"])),
            price=(None, Decimal(new["price"])),
            per=new["per"],
            need_by=(None, date.fromisoformat(new["need_by"])),
        )
        for new in revision.changes["new"]
    ]


@requires(Can.READ_RECEIPTS)
def receipt_sheet(ctx: Context, id: int) -> ReceiptSheet:
    found = receipts.read(ctx, id)
    order = ctx.session.get_one(Order, found.order_id)
    query = sa.select(OrderLine).where(OrderLine.order_id == found.order_id)
    lines = {line.id: line for line in ctx.session.scalars(query)}
    store = stores.store(ctx, found.store_id).name if found.store_id else ""
    place = places.place(ctx, found.place_id).name if found.place_id else ""
    return ReceiptSheet(
        receipt=found,
        order=order.number or "",
        supplier=suppliers.name_of(ctx, found.supplier_id),
        lies=", ".join(filter(None, (store, place))),
        received_by=people.name_of(ctx, found.received_by_id),
        lines=[
            ReceiptRow(
                line.position, line.description, line.unit, came.accepted, came.rejected, came.reason, line.id,
                line.accepted - line.returned,
            )
            for came in found.lines
            if (line := lines[came.order_line_id])
        ],
        reverses=_receipt(ctx, Receipt.id == found.reverses_id) if found.reverses_id else None,
        reversed_by=_receipt(ctx, Receipt.reverses_id == id),
        why_not_send_back=receipt_rules.why_not_send_back(found, list(lines.values())),
    )  # fmt: skip


def _receipt(ctx: Context, which: sa.ColumnElement[bool]) -> Named | None:
    found = ctx.session.scalar(receipts.visible(ctx).where(which))
    return Named(found.id, found.number or say("Draft {id}", id=found.id), found.state) if found else None


@requires(Can.READ_INVOICES, Can.APPROVE, Can.ASK)
def invoice_sheet(ctx: Context, id: int) -> InvoiceSheet:
    """Seen by who reads invoices, and by the budget holder for whose yes a bill waits."""
    origin = f"{three_way.KIND}:{id}"
    standing = approvals.state_of(ctx, origin)
    waits = standing is not None and bool(approvals.claims_on(ctx, approvals.latest(ctx, origin)))
    every = sa.select(Invoice).options(selectinload(Invoice.lines), selectinload(Invoice.holds))
    found = get(ctx.session, (every if waits else invoices.visible(ctx)).where(Invoice.id == id), what="invoice")
    order = None
    if found.order_id is not None:
        order = ctx.session.scalar(
            sa.select(Order).options(selectinload(Order.lines)).where(Order.id == found.order_id)
        )
    reads = ctx.may(Can.READ_INVOICES, site_id=found.site_id)
    return InvoiceSheet(
        invoice=found,
        supplier=suppliers.name_of(ctx, found.supplier_id),
        order=order.number or "" if order else "",
        order_lines={line.id: line for line in order.lines} if order else {},
        cost_centres=_centres(ctx, {line.cost_centre_id for line in found.lines if line.cost_centre_id}),
        remarks=three_way.remarks(ctx, found, order),
        standing=standing,
        waits_for_me=waits,
        look_alikes=[Named(o.id, o.number, o.state) for o in invoices.look_alikes(ctx, found)] if reads else [],
        credits=next(iter(_bills(ctx, Invoice.id == found.credits_id)), None),
        credited_by=_bills(ctx, Invoice.credits_id == id),
        duplicate_of=next(iter(_bills(ctx, Invoice.id == found.duplicate_of_id)), None),
        why_not_approve=settlement.why_not_approve(found, settlement.received_it(ctx, found)),
        why_not_accept={hold.id: settlement.why_not_accept(hold) for hold in found.holds},
    )


def _bills(ctx: Context, which: sa.ColumnElement[bool]) -> list[Named]:
    """Other bills that hang together with one, as far as the person may see them."""
    seen = invoices.visible(ctx).where(which, Invoice.state != InvoiceState.VOIDED).order_by(Invoice.id)
    return [Named(one.id, one.number, one.state) for one in ctx.session.scalars(seen)]


@requires(Can.CAPTURE)
def order_to_bill(ctx: Context, number: str) -> Order | None:
    """The order whose number stands on the bill."""
    query = sa.select(Order).where(Order.number == number.strip().upper())
    sites = ctx.sites(Can.CAPTURE)
    return ctx.session.scalar(query if sites is None else query.where(Order.site_id.in_(sites)))


def _centres(ctx: Context, ids: Collection[int]) -> dict[int, str]:
    rows = ctx.session.execute(sa.select(CostCentre).where(CostCentre.id.in_(ids))).scalars()
    return {centre.id: f"{centre.code} {centre.name}" for centre in rows}
