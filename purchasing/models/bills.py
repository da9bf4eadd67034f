"""What came in and what was billed: receipts, invoices, matches and holds."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plantops.db import Base, Currency, Id, Money, Quantity, Rate, Versioned, choice, unaudited
from plantops.findable import found_by
from plantops.lifecycle import Lifecycle
from purchasing.models.sources import Percent


class ReceiptKind(StrEnum):
    DELIVERY = "delivery"
    RETURN = "return"
    REVERSAL = "reversal"


class ReceiptState(StrEnum):
    DRAFT = "draft"
    POSTED = "posted"
    REVERSED = "reversed"


class UnknownState(StrEnum):
    OPEN = "open"
    RECEIVED = "received"
    SENT_AWAY = "sent_away"


class InvoiceKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class InvoiceState(StrEnum):
    CAPTURED = "captured"
    MATCHED = "matched"
    EXCEPTION = "exception"
    APPROVED = "approved"
    POSTED = "posted"
    PAID = "paid"
    VOIDED = "voided"


class BillLine(StrEnum):
    GOODS = "goods"
    FREIGHT = "freight"
    SURCHARGE = "surcharge"
    DEPOSIT = "deposit"
    OTHER = "other"


class Code(StrEnum):
    """Why an invoice is held. NOT_RECEIVED is waiting, not an exception."""

    NO_PO = "NO_PO"
    PRICE = "PRICE"
    QTY = "QTY"
    NOT_RECEIVED = "NOT_RECEIVED"
    DUPLICATE = "DUPLICATE"
    TAX = "TAX"
    CURRENCY = "CURRENCY"
    BANK_CHANGED = "BANK_CHANGED"
    CLOSED_PO = "CLOSED_PO"


class HoldState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    RESOLVED = "resolved"


class Receipt(Versioned, Base):
    """A delivery at the dock, a return to the supplier, or the reversal of one of them."""

    __tablename__ = "purchasing_receipt"
    __table_args__ = (
        *found_by("purchasing_receipt", "number", "delivery_note"),
        sa.Index("ix_purchasing_receipt_state", "state", "site_id", "id"),
        sa.Index(
            "uq_purchasing_receipt_note",
            "supplier_id",
            "note_key",
            unique=True,
            postgresql_where=sa.text("kind = 'delivery' AND note_key <> '' AND state <> 'reversed'"),
        ),
        sa.UniqueConstraint("reverses_id"),
        sa.CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reversal_of_something"),
        sa.CheckConstraint("(state = 'draft') = (posted_at IS NULL)", name="posted_at_some_time"),
    )
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        follow={
            ReceiptState.DRAFT: (ReceiptState.POSTED,),
            ReceiptState.POSTED: (ReceiptState.REVERSED,),
        },
        reason_for=frozenset({ReceiptState.REVERSED}),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    number: Mapped[str | None] = mapped_column(unique=True)
    kind: Mapped[ReceiptKind] = mapped_column(choice(ReceiptKind), default=ReceiptKind.DELIVERY)
    state: Mapped[ReceiptState] = mapped_column(choice(ReceiptState), default=ReceiptState.DRAFT)
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_supplier.id"), index=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_order.id"), index=True)
    delivery_note: Mapped[str] = mapped_column(default="")
    note_key: Mapped[str] = mapped_column(default="")
    arrived_on: Mapped[date] = mapped_column(index=True)
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_place.id"))
    """Where the goods lie."""
    store_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_store.id"))
    received_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    posted_at: Mapped[datetime | None]
    reverses_id: Mapped[int | None] = mapped_column(sa.ForeignKey("purchasing_receipt.id"))
    photo_id: Mapped[int | None]
    import_id: Mapped[int | None] = mapped_column(index=True)
    lines: Mapped[list[ReceiptLine]] = relationship(
        lazy="raise", order_by="ReceiptLine.id", cascade="all, delete-orphan"
    )


class ReceiptLine(Base):
    """What came of one order line, in the order line's unit; negative in returns and reversals."""

    __tablename__ = "purchasing_receipt_line"
    __table_args__ = (
        sa.UniqueConstraint("receipt_id", "order_line_id"),
        sa.CheckConstraint("accepted <> 0 OR rejected <> 0", name="something_came"),
        sa.CheckConstraint("rejected = 0 OR reason <> ''", name="rejected_with_a_reason"),
    )

    id: Mapped[Id]
    receipt_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_receipt.id"))
    order_line_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_order_line.id"), index=True)
    accepted: Mapped[Quantity]
    rejected: Mapped[Quantity] = mapped_column(default=Decimal(0))
    reason: Mapped[str] = mapped_column(default="")


class UnknownDelivery(Versioned, Base):
    """Goods that nobody can tie to an order yet: parked at the dock."""

    __tablename__ = "purchasing_unknown_delivery"
    __table_args__ = (*found_by("purchasing_unknown_delivery", "sender", "text", "delivery_note"),)
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        follow={UnknownState.OPEN: (UnknownState.RECEIVED, UnknownState.SENT_AWAY)},
        reason_for=frozenset({UnknownState.SENT_AWAY}),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    state: Mapped[UnknownState] = mapped_column(choice(UnknownState), default=UnknownState.OPEN)
    sender: Mapped[str]
    delivery_note: Mapped[str] = mapped_column(default="")
    text: Mapped[str]
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_place.id"))
    arrived_on: Mapped[date]
    parked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    parked_at: Mapped[datetime]
    receipt_id: Mapped[int | None] = mapped_column(sa.ForeignKey("purchasing_receipt.id"))
    photo_id: Mapped[int | None]


class Invoice(Versioned, Base):
    """A supplier's bill or credit note. Its state follows from the match; posted it is never edited."""

    __tablename__ = "purchasing_invoice"
    __table_args__ = (
        *found_by("purchasing_invoice", "number", "supplier_number"),
        sa.Index("ix_purchasing_invoice_state", "state", "site_id", "id"),
        sa.Index(
            "uq_purchasing_invoice_supplier_number",
            "supplier_id",
            "kind",
            "number_key",
            unique=True,
            postgresql_where=sa.text("duplicate_of_id IS NULL AND state <> 'voided'"),
        ),
        sa.CheckConstraint("gross = net + tax", name="gross_is_net_and_tax"),
        sa.CheckConstraint("rate > 0", name="rate_above_zero"),
        sa.CheckConstraint("number_key <> ''", name="has_a_number"),
        sa.CheckConstraint("(state = 'paid') <= (paid_on IS NOT NULL)", name="paid_on_a_day"),
        sa.CheckConstraint(
            "duplicate_of_id IS NULL OR state NOT IN ('matched', 'approved', 'posted', 'paid')",
            name="duplicate_never_paid",
        ),
    )
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        follow={
            InvoiceState.CAPTURED: (InvoiceState.MATCHED, InvoiceState.EXCEPTION, InvoiceState.VOIDED),
            InvoiceState.EXCEPTION: (InvoiceState.MATCHED, InvoiceState.CAPTURED, InvoiceState.VOIDED),
            InvoiceState.MATCHED: (
                InvoiceState.APPROVED, InvoiceState.EXCEPTION, InvoiceState.CAPTURED, InvoiceState.VOIDED,
            ),
            InvoiceState.APPROVED: (InvoiceState.POSTED,),
            InvoiceState.POSTED: (InvoiceState.PAID,),
        },
        reason_for=frozenset({InvoiceState.VOIDED}),
    )  # fmt: skip

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    number: Mapped[str] = mapped_column(unique=True)
    booking_number: Mapped[str | None] = mapped_column(unique=True)
    """Gapless per site and year, taken when it is posted."""
    kind: Mapped[InvoiceKind] = mapped_column(choice(InvoiceKind), default=InvoiceKind.INVOICE)
    state: Mapped[InvoiceState] = mapped_column(choice(InvoiceState), default=InvoiceState.CAPTURED)
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_supplier.id"), index=True)
    supplier_number: Mapped[str]
    number_key: Mapped[str]
    duplicate_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("purchasing_invoice.id"))
    credits_id: Mapped[int | None] = mapped_column(sa.ForeignKey("purchasing_invoice.id"))
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("purchasing_order.id"), index=True)
    invoice_date: Mapped[date]
    arrived_on: Mapped[date] = mapped_column(index=True)
    due_on: Mapped[date]
    discount_until: Mapped[date | None]
    discount_percent: Mapped[Percent] = mapped_column(default=Decimal(0))
    currency: Mapped[Currency]
    rate: Mapped[Rate] = mapped_column(default=Decimal(1))
    net: Mapped[Money]
    tax: Mapped[Money]
    gross: Mapped[Money]
    stated_gross: Mapped[Money]
    """The total as it is printed on the bill; it must equal ours to the cent."""
    iban: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    in_dispute: Mapped[bool] = mapped_column(default=False)
    captured_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"))
    approved_on: Mapped[date | None] = mapped_column(index=True)
    posted_on: Mapped[date | None]
    paid_on: Mapped[date | None]
    payment_reference: Mapped[str] = mapped_column(default="")
    escalated_on: Mapped[date | None]
    voided_on: Mapped[date | None]
    file_id: Mapped[int | None]
    lines: Mapped[list[InvoiceLine]] = relationship(
        lazy="raise", order_by="InvoiceLine.position", cascade="all, delete-orphan"
    )
    holds: Mapped[list[Hold]] = relationship(lazy="raise", order_by="Hold.id", cascade="all, delete-orphan")


class InvoiceLine(Base):
    __tablename__ = "purchasing_invoice_line"
    __table_args__ = (
        sa.UniqueConstraint("invoice_id", "position", deferrable=True, initially="DEFERRED"),
        sa.CheckConstraint("quantity > 0 AND tax_percent BETWEEN 0 AND 100", name="bills_something"),
        sa.CheckConstraint("order_line_id IS NULL OR kind = 'goods'", name="goods_of_an_order"),
    )

    id: Mapped[Id]
    invoice_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_invoice.id"), index=True)
    position: Mapped[int] = mapped_column(sa.Integer)
    kind: Mapped[BillLine] = mapped_column(choice(BillLine), default=BillLine.GOODS)
    order_line_id: Mapped[int | None] = mapped_column(sa.ForeignKey("purchasing_order_line.id"), index=True)
    cost_centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_cost_centre.id"))
    description: Mapped[str]
    quantity: Mapped[Quantity]
    unit: Mapped[str]
    price: Mapped[Money]
    per: Mapped[int] = mapped_column(sa.Integer, default=1)
    amount: Mapped[Money]
    tax_percent: Mapped[Percent] = mapped_column(default=Decimal(0))


class Match(Base):
    """This much of an invoice line is covered by that receipt line of that order line. Made anew at each match."""

    __tablename__ = "purchasing_match"
    __table_args__ = (
        sa.UniqueConstraint("invoice_line_id", "receipt_line_id", postgresql_nulls_not_distinct=True),
        sa.CheckConstraint("quantity > 0", name="covers_something"),
        unaudited(),
    )

    id: Mapped[Id]
    invoice_line_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_invoice_line.id"))
    order_line_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_order_line.id"), index=True)
    receipt_line_id: Mapped[int | None] = mapped_column(sa.ForeignKey("purchasing_receipt_line.id"), index=True)
    quantity: Mapped[Quantity]
    amount: Mapped[Money]


class Hold(Versioned, Base):
    """Why an invoice is not paid yet, and who let it pass."""

    __tablename__ = "purchasing_hold"
    __table_args__ = (
        sa.Index("ix_purchasing_hold_open", "invoice_id", postgresql_where=sa.text("state = 'open'")),
        sa.CheckConstraint("state <> 'accepted' OR (settled_by_id IS NOT NULL AND reason <> '')", name="accepted_why"),
    )

    id: Mapped[Id]
    invoice_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_invoice.id"))
    invoice_line_id: Mapped[int | None] = mapped_column(sa.ForeignKey("purchasing_invoice_line.id", ondelete="CASCADE"))
    code: Mapped[Code] = mapped_column(choice(Code))
    text: Mapped[str]
    difference: Mapped[Money] = mapped_column(default=Decimal(0))
    fingerprint: Mapped[str]
    """What exactly was seen: an acceptance holds for this and nothing else."""
    state: Mapped[HoldState] = mapped_column(choice(HoldState), default=HoldState.OPEN)
    opened_at: Mapped[datetime]
    asked: Mapped[str] = mapped_column(default="")
    """Who was asked: buyer or receiver."""
    answer: Mapped[str] = mapped_column(default="")
    settled_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"))
    settled_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
