"""Where we may buy and what for: suppliers, their prices, papers and accounts, and the budgets that pay."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plantops.db import Base, Currency, Id, Money, Quantity, Rate, Versioned, choice, unaudited

Percent = Annotated[Decimal, mapped_column(sa.Numeric(7, 3))]


class MinimumRule(StrEnum):
    """What an order under the supplier's minimum value means."""

    NONE = "none"
    REFUSE = "refuse"
    SURCHARGE = "surcharge"
    FREE_FREIGHT = "free_freight"


class Check(StrEnum):
    """What an exhausted budget does."""

    IGNORE = "ignore"
    WARN = "warn"
    STOP = "stop"


class Stage(StrEnum):
    """Where committed money stands: asked for, ordered, or billed."""

    RESERVED = "reserved"
    ORDERED = "ordered"
    INVOICED = "invoiced"


class AccountState(StrEnum):
    PENDING = "pending"
    VERIFIED = "verified"
    RETIRED = "retired"


class Supplier(Versioned, Base):
    """A party that we buy from: its terms. Name, address and block stand on the party."""

    __tablename__ = "purchasing_supplier"
    __table_args__ = (
        sa.CheckConstraint("minimum_value >= 0 AND charge >= 0", name="amounts_not_negative"),
        sa.CheckConstraint("terms_days BETWEEN 0 AND 365", name="terms_in_days"),
        sa.CheckConstraint("discount_percent BETWEEN 0 AND 100 AND discount_days >= 0", name="discount_possible"),
        sa.CheckConstraint("lead_days BETWEEN 0 AND 1000", name="lead_in_days"),
    )

    id: Mapped[Id]
    party_id: Mapped[int] = mapped_column(sa.ForeignKey("core_party.id"), unique=True)
    currency: Mapped[Currency]
    terms_days: Mapped[int] = mapped_column(sa.Integer, default=30)
    discount_percent: Mapped[Percent] = mapped_column(default=Decimal(0))
    discount_days: Mapped[int] = mapped_column(sa.Integer, default=0)
    incoterm: Mapped[str] = mapped_column(default="DAP")
    lead_days: Mapped[int] = mapped_column(sa.Integer, default=7)
    minimum_rule: Mapped[MinimumRule] = mapped_column(choice(MinimumRule), default=MinimumRule.NONE)
    minimum_value: Mapped[Money] = mapped_column(default=Decimal(0))
    charge: Mapped[Money] = mapped_column(default=Decimal(0))
    """Small-order surcharge, or the freight that a larger order saves."""
    order_email: Mapped[str | None]
    customer_number: Mapped[str] = mapped_column(default="")
    import_id: Mapped[int | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


class SupplierDocument(Versioned, Base):
    """An insurance, certificate or contract; a mandatory one that has expired blocks ordering."""

    __tablename__ = "purchasing_supplier_document"

    id: Mapped[Id]
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_supplier.id"), index=True)
    title: Mapped[str]
    reference: Mapped[str] = mapped_column(default="")
    valid_until: Mapped[date]
    mandatory: Mapped[bool] = mapped_column(default=True)
    file_id: Mapped[int | None]
    replaced_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("purchasing_supplier_document.id"))
    added_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))


class BankAccount(Versioned, Base):
    """Where a supplier is paid. Entered by one person, verified by another."""

    __tablename__ = "purchasing_bank_account"
    __table_args__ = (
        sa.CheckConstraint("verified_by_id IS NULL OR verified_by_id <> edited_by_id", name="two_people"),
        sa.CheckConstraint("(state = 'verified') <= (verified_by_id IS NOT NULL)", name="verified_by_somebody"),
        sa.Index(
            "uq_purchasing_bank_account_verified",
            "supplier_id",
            unique=True,
            postgresql_where=sa.text("state = 'verified'"),
        ),
    )

    id: Mapped[Id]
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_supplier.id"), index=True)
    iban: Mapped[str]
    bic: Mapped[str] = mapped_column(default="")
    holder: Mapped[str]
    state: Mapped[AccountState] = mapped_column(choice(AccountState), default=AccountState.PENDING)
    edited_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    edited_at: Mapped[datetime]
    verified_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"))
    verified_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")


class Offer(Versioned, Base):
    """What a supplier asks for an item: price per 1, 100 or 1,000, least quantity, packs, breaks and validity."""

    __tablename__ = "purchasing_offer"
    __table_args__ = (
        sa.UniqueConstraint("supplier_id", "item_id", "valid_from"),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="validity_in_order"),
        sa.CheckConstraint("per IN (1, 100, 1000)", name="per_known"),
        sa.CheckConstraint("price >= 0 AND least_quantity >= 0 AND pack_quantity > 0", name="quantities_possible"),
        sa.Index(
            "ix_purchasing_offer_before_import",
            sa.text("(before_import ->> 'import')"),
            postgresql_where=sa.text("before_import IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_supplier.id"), index=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("core_item.id"), index=True)
    supplier_code: Mapped[str] = mapped_column(default="")
    currency: Mapped[Currency]
    unit: Mapped[str]
    """The unit that is ordered and priced; the item's packs say how many stock units it holds."""
    price: Mapped[Money]
    per: Mapped[int] = mapped_column(sa.Integer, default=1)
    least_quantity: Mapped[Quantity] = mapped_column(default=Decimal(0))
    pack_quantity: Mapped[Quantity] = mapped_column(default=Decimal(1))
    """Ordered in multiples of this many units."""
    lead_days: Mapped[int | None] = mapped_column(sa.Integer)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    preferred: Mapped[bool] = mapped_column(default=False)
    import_id: Mapped[int | None] = mapped_column(index=True)
    before_import: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """How it was before an import ended it or put it second: by which, until when, and whether it was preferred."""
    breaks: Mapped[list[OfferBreak]] = relationship(
        lazy="raise", order_by="OfferBreak.from_quantity", cascade="all, delete-orphan", passive_deletes=True
    )


class OfferBreak(Base):
    """From this quantity on, all units cost this."""

    __tablename__ = "purchasing_offer_break"
    __table_args__ = (
        sa.UniqueConstraint("offer_id", "from_quantity"),
        sa.CheckConstraint("from_quantity > 0 AND price >= 0", name="break_possible"),
    )

    id: Mapped[Id]
    offer_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_offer.id", ondelete="CASCADE"))
    from_quantity: Mapped[Quantity]
    price: Mapped[Money]


class ExchangeRate(Base):
    """What one unit of a currency was worth in another from a day on. Documents keep the rate that they used."""

    __tablename__ = "purchasing_exchange_rate"
    __table_args__ = (
        sa.UniqueConstraint("from_currency", "to_currency", "on"),
        sa.CheckConstraint("rate > 0 AND from_currency <> to_currency", name="rate_possible"),
    )

    id: Mapped[Id]
    from_currency: Mapped[Currency]
    to_currency: Mapped[Currency]
    on: Mapped[date]
    rate: Mapped[Rate]
    source: Mapped[str] = mapped_column(default="")


class Budget(Versioned, Base):
    """What a cost centre may spend in a year."""

    __tablename__ = "purchasing_budget"
    __table_args__ = (
        sa.UniqueConstraint("cost_centre_id", "year"),
        sa.CheckConstraint("amount >= 0", name="amount_not_negative"),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    cost_centre_id: Mapped[int] = mapped_column(sa.ForeignKey("core_cost_centre.id"))
    year: Mapped[int] = mapped_column(sa.Integer)
    amount: Mapped[Money]
    rule: Mapped[Check] = mapped_column(choice(Check), default=Check.WARN)
    months: Mapped[list[BudgetMonth]] = relationship(
        lazy="raise", order_by="BudgetMonth.month", cascade="all, delete-orphan", passive_deletes=True
    )


class BudgetMonth(Base):
    """How the year's budget is planned to be spent."""

    __tablename__ = "purchasing_budget_month"
    __table_args__ = (
        sa.UniqueConstraint("budget_id", "month"),
        sa.CheckConstraint("month BETWEEN 1 AND 12 AND amount >= 0", name="plan_possible"),
    )

    id: Mapped[Id]
    budget_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_budget.id", ondelete="CASCADE"))
    month: Mapped[int] = mapped_column(sa.Integer)
    amount: Mapped[Money]


class Commitment(Base):
    """
    One entry of the commitment ledger, in the site's currency. Never changed; each key once.

    An append-only ledger is its own trail: it keeps none beside it, and `verify` recomputes it from the documents.
    """

    __tablename__ = "purchasing_commitment"
    __table_args__ = (
        sa.CheckConstraint("amount <> 0", name="not_nothing"),
        sa.CheckConstraint("num_nonnulls(requisition_line_id, order_line_id, invoice_line_id) = 1", name="of_one_line"),
        sa.Index("ix_purchasing_commitment_cost_centre_year", "cost_centre_id", "year", "stage"),
        unaudited(),
    )

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"))
    cost_centre_id: Mapped[int] = mapped_column(sa.ForeignKey("core_cost_centre.id"))
    year: Mapped[int] = mapped_column(sa.Integer)
    stage: Mapped[Stage] = mapped_column(choice(Stage))
    amount: Mapped[Money]
    requisition_line_id: Mapped[int | None] = mapped_column(index=True)
    order_line_id: Mapped[int | None] = mapped_column(index=True)
    invoice_line_id: Mapped[int | None] = mapped_column(index=True)
    """No foreign keys: a line of a draft may go, what the ledger said of it stays."""
    on: Mapped[date] = mapped_column(index=True)


class Coding(Versioned, Base):
    """How a supplier's bills without an order are coded: energy, rent, telecom."""

    __tablename__ = "purchasing_coding"
    __table_args__ = (
        sa.UniqueConstraint("supplier_id", "site_id"),
        sa.CheckConstraint("expected >= 0 AND tolerance_percent >= 0", name="expectation_possible"),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("purchasing_supplier.id"))
    cost_centre_id: Mapped[int] = mapped_column(sa.ForeignKey("core_cost_centre.id"))
    text: Mapped[str]
    expected: Mapped[Money]
    """Net amount that comes every month."""
    tolerance_percent: Mapped[Percent] = mapped_column(default=Decimal(10))
    archived: Mapped[bool] = mapped_column(default=False)
