"""The lines of papers, the default rules of approval, and what keeps posted rows as they are"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "purchasing_0001c"
down_revision = "purchasing_0001b"

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
