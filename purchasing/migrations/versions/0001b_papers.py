"""Requisitions, orders, invoices and receipts"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "purchasing_0001b"
down_revision = "purchasing_0001"


def upgrade() -> None:
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
