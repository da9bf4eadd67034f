"""Purchasing's tables, its default rules of approval, and what keeps posted rows as they are"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "purchasing_0001"
down_revision = None

KEEPERS = """
CREATE FUNCTION purchasing_keep_receipt_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM purchasing_receipt WHERE id = OLD.receipt_id AND state <> 'draft') THEN
        RAISE EXCEPTION 'a posted receipt is never edited: reverse it';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON purchasing_receipt_line
    FOR EACH ROW EXECUTE FUNCTION purchasing_keep_receipt_line();

CREATE FUNCTION purchasing_keep_invoice_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM purchasing_invoice WHERE id = OLD.invoice_id AND state IN ('posted', 'paid')) THEN
        RAISE EXCEPTION 'a posted invoice is never edited: post a credit note';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON purchasing_invoice_line
    FOR EACH ROW EXECUTE FUNCTION purchasing_keep_invoice_line();

CREATE FUNCTION purchasing_keep_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE open text[] := ARRAY['state', 'version', 'paid_on', 'payment_reference', 'booking_number', 'file_id'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an invoice has a number and is never deleted: void it';
    END IF;
    IF OLD.state IN ('posted', 'paid') AND (to_jsonb(NEW) - open <> to_jsonb(OLD) - open
        OR OLD.booking_number IS NOT NULL AND OLD.booking_number IS DISTINCT FROM NEW.booking_number) THEN
        RAISE EXCEPTION 'a posted invoice is never edited: post a credit note';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON purchasing_invoice
    FOR EACH ROW EXECUTE FUNCTION purchasing_keep_invoice();

CREATE FUNCTION purchasing_keep_commitment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the commitment ledger is append-only';
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON purchasing_commitment
    FOR EACH ROW EXECUTE FUNCTION purchasing_keep_commitment();
"""

RULES = """
INSERT INTO core_approval_rule (kind, level, min_amount, approver, role, quorum, archived) VALUES
    ('purchasing_requisition', 1, 0, 'role', 'approver', 1, false),
    ('purchasing_order', 1, 5000, 'role', 'approver', 1, false),
    ('purchasing_invoice', 1, 0, 'role', 'approver', 1, false)
"""


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
    op.create_table(
        "purchasing_order",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "pending_approval",
                "approved",
                "issued",
                "acknowledged",
                "closed",
                "cancelled",
                name="orderstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("on_hold", sa.Boolean(), nullable=False),
        sa.Column("hold_reason", sa.Text(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("buyer_id", sa.BigInteger(), nullable=False),
        sa.Column("cost_centre_id", sa.BigInteger(), nullable=True),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=10), nullable=False),
        sa.Column("rate_on", sa.Date(), nullable=False),
        sa.Column("net", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("freight", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("surcharge", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("total", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("terms_days", sa.Integer(), nullable=False),
        sa.Column("incoterm", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("supplier_reference", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("approved_total", sa.Numeric(precision=19, scale=4), nullable=True),
        sa.Column("ordered_on", sa.Date(), nullable=True),
        sa.Column("acknowledged_on", sa.Date(), nullable=True),
        sa.Column("chased_on", sa.Date(), nullable=True),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("external_number", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(number IS NULL) <= (state IN ('draft', 'pending_approval', 'approved', 'cancelled'))",
            name=op.f("ck_purchasing_order_numbered_when_issued"),
        ),
        sa.CheckConstraint(
            "rate > 0 AND freight >= 0 AND surcharge >= 0", name=op.f("ck_purchasing_order_amounts_possible")
        ),
        sa.ForeignKeyConstraint(["buyer_id"], ["core_user.id"], name=op.f("fk_purchasing_order_buyer_id")),
        sa.ForeignKeyConstraint(
            ["cost_centre_id"], ["core_cost_centre.id"], name=op.f("fk_purchasing_order_cost_centre_id")
        ),
        sa.ForeignKeyConstraint(["place_id"], ["core_place.id"], name=op.f("fk_purchasing_order_place_id")),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_purchasing_order_site_id")),
        sa.ForeignKeyConstraint(["store_id"], ["core_store.id"], name=op.f("fk_purchasing_order_store_id")),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["purchasing_supplier.id"], name=op.f("fk_purchasing_order_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_order")),
        sa.UniqueConstraint("number", name=op.f("uq_purchasing_order_number")),
    )
    op.create_index(op.f("ix_purchasing_order_import_id"), "purchasing_order", ["import_id"], unique=False)
    op.create_index(op.f("ix_purchasing_order_ordered_on"), "purchasing_order", ["ordered_on"], unique=False)
    op.create_index(op.f("ix_purchasing_order_site_id"), "purchasing_order", ["site_id"], unique=False)
    op.create_index("ix_purchasing_order_state", "purchasing_order", ["state", "site_id", "id"], unique=False)
    op.create_index(op.f("ix_purchasing_order_supplier_id"), "purchasing_order", ["supplier_id"], unique=False)
    op.create_table(
        "purchasing_requisition",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "approved",
                "ordered",
                "closed",
                "cancelled",
                name="requisitionstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("need_by", sa.Date(), nullable=False),
        sa.Column("cost_centre_id", sa.BigInteger(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=False),
        sa.Column("entered_by_id", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("total", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("over_budget", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("approves_itself", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(number IS NULL) <= (state IN ('draft', 'cancelled'))",
            name=op.f("ck_purchasing_requisition_numbered_when_submitted"),
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["core_user.id"], name=op.f("fk_purchasing_requisition_asked_by_id")),
        sa.ForeignKeyConstraint(
            ["cost_centre_id"], ["core_cost_centre.id"], name=op.f("fk_purchasing_requisition_cost_centre_id")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["core_user.id"], name=op.f("fk_purchasing_requisition_entered_by_id")
        ),
        sa.ForeignKeyConstraint(["place_id"], ["core_place.id"], name=op.f("fk_purchasing_requisition_place_id")),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_purchasing_requisition_site_id")),
        sa.ForeignKeyConstraint(["store_id"], ["core_store.id"], name=op.f("fk_purchasing_requisition_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_requisition")),
        sa.UniqueConstraint("number", name=op.f("uq_purchasing_requisition_number")),
    )
    op.create_index(
        op.f("ix_purchasing_requisition_asked_by_id"), "purchasing_requisition", ["asked_by_id"], unique=False
    )
    op.create_index(
        op.f("ix_purchasing_requisition_cost_centre_id"), "purchasing_requisition", ["cost_centre_id"], unique=False
    )
    op.create_index(op.f("ix_purchasing_requisition_site_id"), "purchasing_requisition", ["site_id"], unique=False)
    op.create_index(
        "ix_purchasing_requisition_state", "purchasing_requisition", ["state", "site_id", "id"], unique=False
    )
    op.create_index(
        "uq_purchasing_requisition_origin",
        "purchasing_requisition",
        ["origin"],
        unique=True,
        postgresql_where=sa.text("origin <> '' AND state IN ('draft', 'submitted', 'approved')"),
    )
    op.create_table(
        "purchasing_invoice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("booking_number", sa.Text(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum("invoice", "credit_note", name="invoicekind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "captured",
                "matched",
                "exception",
                "approved",
                "posted",
                "paid",
                "voided",
                name="invoicestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_number", sa.Text(), nullable=False),
        sa.Column("number_key", sa.Text(), nullable=False),
        sa.Column("duplicate_of_id", sa.BigInteger(), nullable=True),
        sa.Column("credits_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("invoice_date", sa.Date(), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("discount_until", sa.Date(), nullable=True),
        sa.Column("discount_percent", sa.Numeric(precision=7, scale=3), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=10), nullable=False),
        sa.Column("net", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("tax", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("gross", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("stated_gross", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("iban", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("in_dispute", sa.Boolean(), nullable=False),
        sa.Column("captured_by_id", sa.BigInteger(), nullable=False),
        sa.Column("approved_by_id", sa.BigInteger(), nullable=True),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("posted_on", sa.Date(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("payment_reference", sa.Text(), nullable=False),
        sa.Column("escalated_on", sa.Date(), nullable=True),
        sa.Column("voided_on", sa.Date(), nullable=True),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(state = 'paid') <= (paid_on IS NOT NULL)", name=op.f("ck_purchasing_invoice_paid_on_a_day")
        ),
        sa.CheckConstraint(
            "duplicate_of_id IS NULL OR state NOT IN ('matched', 'approved', 'posted', 'paid')",
            name=op.f("ck_purchasing_invoice_duplicate_never_paid"),
        ),
        sa.CheckConstraint("number_key <> ''", name=op.f("ck_purchasing_invoice_has_a_number")),
        sa.CheckConstraint("gross = net + tax", name=op.f("ck_purchasing_invoice_gross_is_net_and_tax")),
        sa.CheckConstraint("rate > 0", name=op.f("ck_purchasing_invoice_rate_above_zero")),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["core_user.id"], name=op.f("fk_purchasing_invoice_approved_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["captured_by_id"], ["core_user.id"], name=op.f("fk_purchasing_invoice_captured_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["credits_id"], ["purchasing_invoice.id"], name=op.f("fk_purchasing_invoice_credits_id")
        ),
        sa.ForeignKeyConstraint(
            ["duplicate_of_id"], ["purchasing_invoice.id"], name=op.f("fk_purchasing_invoice_duplicate_of_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["purchasing_order.id"], name=op.f("fk_purchasing_invoice_order_id")),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_purchasing_invoice_site_id")),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["purchasing_supplier.id"], name=op.f("fk_purchasing_invoice_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_invoice")),
        sa.UniqueConstraint("booking_number", name=op.f("uq_purchasing_invoice_booking_number")),
        sa.UniqueConstraint("number", name=op.f("uq_purchasing_invoice_number")),
    )
    op.create_index(op.f("ix_purchasing_invoice_approved_on"), "purchasing_invoice", ["approved_on"], unique=False)
    op.create_index(op.f("ix_purchasing_invoice_arrived_on"), "purchasing_invoice", ["arrived_on"], unique=False)
    op.create_index(op.f("ix_purchasing_invoice_order_id"), "purchasing_invoice", ["order_id"], unique=False)
    op.create_index(op.f("ix_purchasing_invoice_site_id"), "purchasing_invoice", ["site_id"], unique=False)
    op.create_index("ix_purchasing_invoice_state", "purchasing_invoice", ["state", "site_id", "id"], unique=False)
    op.create_index(op.f("ix_purchasing_invoice_supplier_id"), "purchasing_invoice", ["supplier_id"], unique=False)
    op.create_index(
        "uq_purchasing_invoice_supplier_number",
        "purchasing_invoice",
        ["supplier_id", "kind", "number_key"],
        unique=True,
        postgresql_where=sa.text("duplicate_of_id IS NULL AND state <> 'voided'"),
    )
    op.create_table(
        "purchasing_order_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "closed",
                "closed_short",
                "cancelled",
                name="linestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("supplier_code", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("factor", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("price", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("per", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("rounding_difference", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("cost_centre_id", sa.BigInteger(), nullable=True),
        sa.Column("budget_year", sa.Integer(), nullable=False),
        sa.Column("three_way", sa.Boolean(), nullable=False),
        sa.Column("over_percent", sa.Numeric(precision=7, scale=3), nullable=False),
        sa.Column("under_percent", sa.Numeric(precision=7, scale=3), nullable=False),
        sa.Column("bill_percent", sa.Numeric(precision=7, scale=3), nullable=False),
        sa.Column("need_by", sa.Date(), nullable=False),
        sa.Column("confirmed_first", sa.Date(), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("moved_by_us", sa.Boolean(), nullable=False),
        sa.Column("accepted", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("rejected", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("returned", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("invoiced", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("credited", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("imported", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint(
            "accepted - returned <= quantity * (1 + over_percent / 100)",
            name=op.f("ck_purchasing_order_line_received_within_ordered"),
        ),
        sa.CheckConstraint(
            "accepted >= 0 AND rejected >= 0 AND returned >= 0 AND returned <= accepted",
            name=op.f("ck_purchasing_order_line_received_possible"),
        ),
        sa.CheckConstraint(
            "invoiced >= 0 AND credited >= 0 AND credited <= invoiced AND invoiced - credited <="
            " (CASE WHEN three_way THEN accepted ELSE quantity END) * (1 + bill_percent / 100)",
            name=op.f("ck_purchasing_order_line_invoiced_within_accepted"),
        ),
        sa.CheckConstraint(
            "quantity > 0 AND factor > 0 AND price >= 0 AND amount >= 0",
            name=op.f("ck_purchasing_order_line_orders_something"),
        ),
        sa.ForeignKeyConstraint(
            ["cost_centre_id"], ["core_cost_centre.id"], name=op.f("fk_purchasing_order_line_cost_centre_id")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["core_item.id"], name=op.f("fk_purchasing_order_line_item_id")),
        sa.ForeignKeyConstraint(["order_id"], ["purchasing_order.id"], name=op.f("fk_purchasing_order_line_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_order_line")),
        sa.UniqueConstraint(
            "order_id",
            "position",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_purchasing_order_line_order_id_position"),
        ),
    )
    op.create_index(op.f("ix_purchasing_order_line_item_id"), "purchasing_order_line", ["item_id"], unique=False)
    op.create_index(op.f("ix_purchasing_order_line_order_id"), "purchasing_order_line", ["order_id"], unique=False)
    op.create_table(
        "purchasing_receipt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "delivery",
                "return",
                "reversal",
                name="receiptkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "draft", "posted", "reversed", name="receiptstate", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_note", sa.Text(), nullable=False),
        sa.Column("note_key", sa.Text(), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("received_by_id", sa.BigInteger(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("photo_id", sa.BigInteger(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(kind = 'reversal') = (reverses_id IS NOT NULL)", name=op.f("ck_purchasing_receipt_reversal_of_something")
        ),
        sa.CheckConstraint(
            "(state = 'draft') = (posted_at IS NULL)", name=op.f("ck_purchasing_receipt_posted_at_some_time")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["purchasing_order.id"], name=op.f("fk_purchasing_receipt_order_id")),
        sa.ForeignKeyConstraint(["place_id"], ["core_place.id"], name=op.f("fk_purchasing_receipt_place_id")),
        sa.ForeignKeyConstraint(
            ["received_by_id"], ["core_user.id"], name=op.f("fk_purchasing_receipt_received_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["purchasing_receipt.id"], name=op.f("fk_purchasing_receipt_reverses_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_purchasing_receipt_site_id")),
        sa.ForeignKeyConstraint(["store_id"], ["core_store.id"], name=op.f("fk_purchasing_receipt_store_id")),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["purchasing_supplier.id"], name=op.f("fk_purchasing_receipt_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_receipt")),
        sa.UniqueConstraint("number", name=op.f("uq_purchasing_receipt_number")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_purchasing_receipt_reverses_id")),
    )
    op.create_index(op.f("ix_purchasing_receipt_arrived_on"), "purchasing_receipt", ["arrived_on"], unique=False)
    op.create_index(op.f("ix_purchasing_receipt_import_id"), "purchasing_receipt", ["import_id"], unique=False)
    op.create_index(op.f("ix_purchasing_receipt_order_id"), "purchasing_receipt", ["order_id"], unique=False)
    op.create_index(op.f("ix_purchasing_receipt_site_id"), "purchasing_receipt", ["site_id"], unique=False)
    op.create_index("ix_purchasing_receipt_state", "purchasing_receipt", ["state", "site_id", "id"], unique=False)
    op.create_index(op.f("ix_purchasing_receipt_supplier_id"), "purchasing_receipt", ["supplier_id"], unique=False)
    op.create_index(
        "uq_purchasing_receipt_note",
        "purchasing_receipt",
        ["supplier_id", "note_key"],
        unique=True,
        postgresql_where=sa.text("kind = 'delivery' AND note_key <> '' AND state <> 'reversed'"),
    )
    op.create_table(
        "purchasing_requisition_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("requisition_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("factor", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("price", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("per", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("from_catalogue", sa.Boolean(), nullable=False),
        sa.Column("allocated", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("dropped", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "allocated >= 0 AND allocated <= quantity * factor",
            name=op.f("ck_purchasing_requisition_line_allocated_within_requested"),
        ),
        sa.CheckConstraint(
            "quantity > 0 AND factor > 0 AND price >= 0 AND amount >= 0",
            name=op.f("ck_purchasing_requisition_line_asks_for_something"),
        ),
        sa.ForeignKeyConstraint(["item_id"], ["core_item.id"], name=op.f("fk_purchasing_requisition_line_item_id")),
        sa.ForeignKeyConstraint(
            ["requisition_id"],
            ["purchasing_requisition.id"],
            name=op.f("fk_purchasing_requisition_line_requisition_id"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["purchasing_supplier.id"], name=op.f("fk_purchasing_requisition_line_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_requisition_line")),
        sa.UniqueConstraint(
            "requisition_id",
            "position",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_purchasing_requisition_line_requisition_id_position"),
        ),
    )
    op.create_index(
        op.f("ix_purchasing_requisition_line_item_id"), "purchasing_requisition_line", ["item_id"], unique=False
    )
    op.create_index(
        op.f("ix_purchasing_requisition_line_requisition_id"),
        "purchasing_requisition_line",
        ["requisition_id"],
        unique=False,
    )
    op.create_table(
        "purchasing_revision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending_approval",
                "approved",
                "refused",
                "superseded",
                name="revisionstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("total", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["made_by_id"], ["core_user.id"], name=op.f("fk_purchasing_revision_made_by_id")),
        sa.ForeignKeyConstraint(["order_id"], ["purchasing_order.id"], name=op.f("fk_purchasing_revision_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_revision")),
        sa.UniqueConstraint("order_id", "number", name=op.f("uq_purchasing_revision_order_id_number")),
    )
    op.create_index(op.f("ix_purchasing_revision_order_id"), "purchasing_revision", ["order_id"], unique=False)
    op.create_table(
        "purchasing_allocation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("requisition_line_id", sa.BigInteger(), nullable=False),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_purchasing_allocation_not_negative")),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["purchasing_order_line.id"],
            name=op.f("fk_purchasing_allocation_order_line_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["requisition_line_id"],
            ["purchasing_requisition_line.id"],
            name=op.f("fk_purchasing_allocation_requisition_line_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_allocation")),
        sa.UniqueConstraint(
            "requisition_line_id",
            "order_line_id",
            name=op.f("uq_purchasing_allocation_requisition_line_id_order_line_id"),
        ),
    )
    op.create_index(
        op.f("ix_purchasing_allocation_order_line_id"), "purchasing_allocation", ["order_line_id"], unique=False
    )
    op.create_index(
        op.f("ix_purchasing_allocation_requisition_line_id"),
        "purchasing_allocation",
        ["requisition_line_id"],
        unique=False,
    )
    op.create_table(
        "purchasing_invoice_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "goods",
                "freight",
                "surcharge",
                "deposit",
                "other",
                name="billline",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("order_line_id", sa.BigInteger(), nullable=True),
        sa.Column("cost_centre_id", sa.BigInteger(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("price", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("per", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("tax_percent", sa.Numeric(precision=7, scale=3), nullable=False),
        sa.CheckConstraint(
            "order_line_id IS NULL OR kind = 'goods'", name=op.f("ck_purchasing_invoice_line_goods_of_an_order")
        ),
        sa.CheckConstraint(
            "quantity > 0 AND tax_percent BETWEEN 0 AND 100", name=op.f("ck_purchasing_invoice_line_bills_something")
        ),
        sa.ForeignKeyConstraint(
            ["cost_centre_id"], ["core_cost_centre.id"], name=op.f("fk_purchasing_invoice_line_cost_centre_id")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["purchasing_invoice.id"], name=op.f("fk_purchasing_invoice_line_invoice_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["purchasing_order_line.id"], name=op.f("fk_purchasing_invoice_line_order_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_invoice_line")),
        sa.UniqueConstraint(
            "invoice_id",
            "position",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_purchasing_invoice_line_invoice_id_position"),
        ),
    )
    op.create_index(
        op.f("ix_purchasing_invoice_line_invoice_id"), "purchasing_invoice_line", ["invoice_id"], unique=False
    )
    op.create_index(
        op.f("ix_purchasing_invoice_line_order_line_id"), "purchasing_invoice_line", ["order_line_id"], unique=False
    )
    op.create_table(
        "purchasing_receipt_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("rejected", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "rejected = 0 OR reason <> ''", name=op.f("ck_purchasing_receipt_line_rejected_with_a_reason")
        ),
        sa.CheckConstraint("accepted <> 0 OR rejected <> 0", name=op.f("ck_purchasing_receipt_line_something_came")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["purchasing_order_line.id"], name=op.f("fk_purchasing_receipt_line_order_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["purchasing_receipt.id"], name=op.f("fk_purchasing_receipt_line_receipt_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_receipt_line")),
        sa.UniqueConstraint(
            "receipt_id", "order_line_id", name=op.f("uq_purchasing_receipt_line_receipt_id_order_line_id")
        ),
    )
    op.create_index(
        op.f("ix_purchasing_receipt_line_order_line_id"), "purchasing_receipt_line", ["order_line_id"], unique=False
    )
    op.create_table(
        "purchasing_unknown_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "received",
                "sent_away",
                name="unknownstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("delivery_note", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("arrived_on", sa.Date(), nullable=False),
        sa.Column("parked_by_id", sa.BigInteger(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=True),
        sa.Column("photo_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["parked_by_id"], ["core_user.id"], name=op.f("fk_purchasing_unknown_delivery_parked_by_id")
        ),
        sa.ForeignKeyConstraint(["place_id"], ["core_place.id"], name=op.f("fk_purchasing_unknown_delivery_place_id")),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["purchasing_receipt.id"], name=op.f("fk_purchasing_unknown_delivery_receipt_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_purchasing_unknown_delivery_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_unknown_delivery")),
    )
    op.create_index(
        op.f("ix_purchasing_unknown_delivery_site_id"), "purchasing_unknown_delivery", ["site_id"], unique=False
    )
    op.create_table(
        "purchasing_hold",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_line_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "code",
            sa.Enum(
                "NO_PO",
                "PRICE",
                "QTY",
                "NOT_RECEIVED",
                "DUPLICATE",
                "TAX",
                "CURRENCY",
                "BANK_CHANGED",
                "CLOSED_PO",
                name="code",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("difference", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open", "accepted", "resolved", name="holdstate", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("settled_by_id", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "state <> 'accepted' OR (settled_by_id IS NOT NULL AND reason <> '')",
            name=op.f("ck_purchasing_hold_accepted_why"),
        ),
        sa.ForeignKeyConstraint(["invoice_id"], ["purchasing_invoice.id"], name=op.f("fk_purchasing_hold_invoice_id")),
        sa.ForeignKeyConstraint(
            ["invoice_line_id"],
            ["purchasing_invoice_line.id"],
            name=op.f("fk_purchasing_hold_invoice_line_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["settled_by_id"], ["core_user.id"], name=op.f("fk_purchasing_hold_settled_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_hold")),
    )
    op.create_index(
        "ix_purchasing_hold_open",
        "purchasing_hold",
        ["invoice_id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "purchasing_match",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("invoice_line_id", sa.BigInteger(), nullable=False),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.Column("receipt_line_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("amount", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_purchasing_match_covers_something")),
        sa.ForeignKeyConstraint(
            ["invoice_line_id"], ["purchasing_invoice_line.id"], name=op.f("fk_purchasing_match_invoice_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["purchasing_order_line.id"], name=op.f("fk_purchasing_match_order_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["receipt_line_id"], ["purchasing_receipt_line.id"], name=op.f("fk_purchasing_match_receipt_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchasing_match")),
        sa.UniqueConstraint(
            "invoice_line_id",
            "receipt_line_id",
            name=op.f("uq_purchasing_match_invoice_line_id_receipt_line_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_purchasing_match_order_line_id"), "purchasing_match", ["order_line_id"], unique=False)
    op.create_index(op.f("ix_purchasing_match_receipt_line_id"), "purchasing_match", ["receipt_line_id"], unique=False)
    op.execute(KEEPERS)
    op.execute(RULES)
