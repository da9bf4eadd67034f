"""Purchasing's rates, suppliers, accounts, budgets and offers"""

import sqlalchemy as sa
from alembic import op

revision = "purchasing_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "purchasing_exchange_rate",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("from_currency", sa.CHAR(length=3), nullable=False),
        sa.Column("to_currency", sa.CHAR(length=3), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=10), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "rate > 0 AND from_currency <> to_currency", name=op.f("ck_purchasing_exchange_rate_rate_possible")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_exchange_rate")),
        sa.UniqueConstraint(
            "from_currency", "to_currency", "on", name=op.f("uq_purchasing_exchange_rate_from_currency_to_currency_on")
        ),
    )
    op.create_table(
        "purchasing_supplier",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("terms_days", sa.Integer(), nullable=False),
        sa.Column("discount_percent", sa.Numeric(precision=7, scale=3), nullable=False),
        sa.Column("discount_days", sa.Integer(), nullable=False),
        sa.Column("incoterm", sa.Text(), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column(
            "minimum_rule",
            sa.Enum(
                "none",
                "refuse",
                "surcharge",
                "free_freight",
                name="minimumrule",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("minimum_value", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("charge", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("order_email", sa.Text(), nullable=True),
        sa.Column("customer_number", sa.Text(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "discount_percent BETWEEN 0 AND 100 AND discount_days >= 0",
            name=op.f("ck_purchasing_supplier_discount_possible"),
        ),
        sa.CheckConstraint("lead_days BETWEEN 0 AND 1000", name=op.f("ck_purchasing_supplier_lead_in_days")),
        sa.CheckConstraint(
            "minimum_value >= 0 AND charge >= 0", name=op.f("ck_purchasing_supplier_amounts_not_negative")
        ),
        sa.CheckConstraint("terms_days BETWEEN 0 AND 365", name=op.f("ck_purchasing_supplier_terms_in_days")),
        sa.ForeignKeyConstraint(["party_id"], ["core_party.id"], name=op.f("fk_purchasing_supplier_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_supplier")),
        sa.UniqueConstraint("party_id", name=op.f("uq_purchasing_supplier_party_id")),
    )
    op.create_index(op.f("ix_purchasing_supplier_import_id"), "purchasing_supplier", ["import_id"], unique=False)
    op.create_table(
        "purchasing_bank_account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=False),
        sa.Column("bic", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "verified",
                "retired",
                name="accountstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("edited_by_id", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_by_id", sa.BigInteger(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(state = 'verified') <= (verified_by_id IS NOT NULL)",
            name=op.f("ck_purchasing_bank_account_verified_by_somebody"),
        ),
        sa.CheckConstraint(
            "verified_by_id IS NULL OR verified_by_id <> edited_by_id",
            name=op.f("ck_purchasing_bank_account_two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["edited_by_id"], ["core_user.id"], name=op.f("fk_purchasing_bank_account_edited_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["purchasing_supplier.id"], name=op.f("fk_purchasing_bank_account_supplier_id")
        ),
        sa.ForeignKeyConstraint(
            ["verified_by_id"], ["core_user.id"], name=op.f("fk_purchasing_bank_account_verified_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_bank_account")),
    )
    op.create_index(
        op.f("ix_purchasing_bank_account_supplier_id"), "purchasing_bank_account", ["supplier_id"], unique=False
    )
    op.create_index(
        "uq_purchasing_bank_account_verified",
        "purchasing_bank_account",
        ["supplier_id"],
        unique=True,
        postgresql_where=sa.text("state = 'verified'"),
    )
    op.create_table(
        "purchasing_budget",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("cost_centre_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column(
            "rule",
            sa.Enum("ignore", "warn", "stop", name="check", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_purchasing_budget_amount_not_negative")),
        sa.ForeignKeyConstraint(
            ["cost_centre_id"], ["core_cost_centre.id"], name=op.f("fk_purchasing_budget_cost_centre_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_purchasing_budget_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_budget")),
        sa.UniqueConstraint("cost_centre_id", "year", name=op.f("uq_purchasing_budget_cost_centre_id_year")),
    )
    op.create_index(op.f("ix_purchasing_budget_site_id"), "purchasing_budget", ["site_id"], unique=False)
    op.create_table(
        "purchasing_coding",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("cost_centre_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("expected", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("tolerance_percent", sa.Numeric(precision=7, scale=3), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "expected >= 0 AND tolerance_percent >= 0", name=op.f("ck_purchasing_coding_expectation_possible")
        ),
        sa.ForeignKeyConstraint(
            ["cost_centre_id"], ["core_cost_centre.id"], name=op.f("fk_purchasing_coding_cost_centre_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_purchasing_coding_site_id")),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["purchasing_supplier.id"], name=op.f("fk_purchasing_coding_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_coding")),
        sa.UniqueConstraint("supplier_id", "site_id", name=op.f("uq_purchasing_coding_supplier_id_site_id")),
    )
    op.create_index(op.f("ix_purchasing_coding_site_id"), "purchasing_coding", ["site_id"], unique=False)
    op.create_table(
        "purchasing_commitment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("cost_centre_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "reserved", "ordered", "invoiced", name="stage", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("requisition_line_id", sa.BigInteger(), nullable=True),
        sa.Column("order_line_id", sa.BigInteger(), nullable=True),
        sa.Column("invoice_line_id", sa.BigInteger(), nullable=True),
        sa.Column("on", sa.Date(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_purchasing_commitment_not_nothing")),
        sa.CheckConstraint(
            "num_nonnulls(requisition_line_id, order_line_id, invoice_line_id) = 1",
            name=op.f("ck_purchasing_commitment_of_one_line"),
        ),
        sa.ForeignKeyConstraint(
            ["cost_centre_id"], ["core_cost_centre.id"], name=op.f("fk_purchasing_commitment_cost_centre_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_purchasing_commitment_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_commitment")),
        sa.UniqueConstraint("key", name=op.f("uq_purchasing_commitment_key")),
    )
    op.create_index(
        "ix_purchasing_commitment_cost_centre_year",
        "purchasing_commitment",
        ["cost_centre_id", "year", "stage"],
        unique=False,
    )
    op.create_index(
        op.f("ix_purchasing_commitment_invoice_line_id"), "purchasing_commitment", ["invoice_line_id"], unique=False
    )
    op.create_index(op.f("ix_purchasing_commitment_on"), "purchasing_commitment", ["on"], unique=False)
    op.create_index(
        op.f("ix_purchasing_commitment_order_line_id"), "purchasing_commitment", ["order_line_id"], unique=False
    )
    op.create_index(
        op.f("ix_purchasing_commitment_requisition_line_id"),
        "purchasing_commitment",
        ["requisition_line_id"],
        unique=False,
    )
    op.create_table(
        "purchasing_offer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_code", sa.Text(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("price", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("per", sa.Integer(), nullable=False),
        sa.Column("least_quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("pack_quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("per IN (1, 100, 1000)", name=op.f("ck_purchasing_offer_per_known")),
        sa.CheckConstraint(
            "price >= 0 AND least_quantity >= 0 AND pack_quantity > 0",
            name=op.f("ck_purchasing_offer_quantities_possible"),
        ),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_purchasing_offer_validity_in_order")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["core_item.id"], name=op.f("fk_purchasing_offer_item_id")),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["purchasing_supplier.id"], name=op.f("fk_purchasing_offer_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_offer")),
        sa.UniqueConstraint(
            "supplier_id", "item_id", "valid_from", name=op.f("uq_purchasing_offer_supplier_id_item_id_valid_from")
        ),
    )
    op.create_index(op.f("ix_purchasing_offer_import_id"), "purchasing_offer", ["import_id"], unique=False)
    op.create_index(op.f("ix_purchasing_offer_item_id"), "purchasing_offer", ["item_id"], unique=False)
    op.create_index(op.f("ix_purchasing_offer_supplier_id"), "purchasing_offer", ["supplier_id"], unique=False)
    op.create_table(
        "purchasing_supplier_document",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("mandatory", sa.Boolean(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("replaced_by_id", sa.BigInteger(), nullable=True),
        sa.Column("added_by_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["core_user.id"], name=op.f("fk_purchasing_supplier_document_added_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"],
            ["purchasing_supplier_document.id"],
            name=op.f("fk_purchasing_supplier_document_replaced_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["purchasing_supplier.id"], name=op.f("fk_purchasing_supplier_document_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_supplier_document")),
    )
    op.create_index(
        op.f("ix_purchasing_supplier_document_supplier_id"),
        "purchasing_supplier_document",
        ["supplier_id"],
        unique=False,
    )
    op.create_table(
        "purchasing_budget_month",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("budget_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.CheckConstraint(
            "month BETWEEN 1 AND 12 AND amount >= 0", name=op.f("ck_purchasing_budget_month_plan_possible")
        ),
        sa.ForeignKeyConstraint(
            ["budget_id"],
            ["purchasing_budget.id"],
            name=op.f("fk_purchasing_budget_month_budget_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_budget_month")),
        sa.UniqueConstraint("budget_id", "month", name=op.f("uq_purchasing_budget_month_budget_id_month")),
    )
    op.create_table(
        "purchasing_offer_break",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("from_quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("price", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.CheckConstraint("from_quantity > 0 AND price >= 0", name=op.f("ck_purchasing_offer_break_break_possible")),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["purchasing_offer.id"], name=op.f("fk_purchasing_offer_break_offer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_offer_break")),
        sa.UniqueConstraint("offer_id", "from_quantity", name=op.f("uq_purchasing_offer_break_offer_id_from_quantity")),
    )
