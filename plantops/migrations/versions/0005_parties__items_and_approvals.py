"""Parties, items and approvals"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql  # noqa: F401

revision = "core_0005"
down_revision = "core_0004"


def upgrade() -> None:
    op.create_table(
        "core_item_category",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "matching",
            sa.Enum("three_way", "two_way", name="matching", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("inspect", sa.Boolean(), nullable=False),
        sa.Column("approves_itself", sa.Boolean(), nullable=False),
        sa.Column("over_percent", sa.Numeric(precision=7, scale=3), nullable=True),
        sa.Column("under_percent", sa.Numeric(precision=7, scale=3), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "over_percent IS NULL OR over_percent >= 0", name=op.f("ck_core_item_category_over_not_negative")
        ),
        sa.CheckConstraint(
            "under_percent IS NULL OR under_percent BETWEEN 0 AND 100",
            name=op.f("ck_core_item_category_under_in_percent"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_item_category")),
        sa.UniqueConstraint("code", name=op.f("uq_core_item_category_code")),
    )
    op.create_table(
        "core_party",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column("match_key", sa.Text(collation="C"), nullable=False),
        sa.Column("is_supplier", sa.Boolean(), nullable=False),
        sa.Column("is_carrier", sa.Boolean(), nullable=False),
        sa.Column("is_contractor", sa.Boolean(), nullable=False),
        sa.Column("is_one_time", sa.Boolean(), nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("country", sa.CHAR(length=2), nullable=True),
        sa.Column("vat_id", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("blocked_reason", sa.Text(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("NOT blocked OR blocked_reason <> ''", name=op.f("ck_core_party_blocked_with_a_reason")),
        sa.CheckConstraint("is_supplier OR is_carrier OR is_contractor", name=op.f("ck_core_party_is_something")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_party")),
    )
    op.create_index(op.f("ix_core_party_match_key"), "core_party", ["match_key"], unique=False)
    op.create_index(op.f("ix_core_party_sort_key"), "core_party", ["sort_key"], unique=False)
    op.create_index(op.f("ix_core_party_vat_id"), "core_party", ["vat_id"], unique=False)
    op.create_table(
        "core_delegation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("from_user_id", sa.BigInteger(), nullable=False),
        sa.Column("to_user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_core_delegation_days_in_order")),
        sa.CheckConstraint("from_user_id <> to_user_id", name=op.f("ck_core_delegation_to_somebody_else")),
        sa.ForeignKeyConstraint(["from_user_id"], ["core_user.id"], name=op.f("fk_core_delegation_from_user_id")),
        sa.ForeignKeyConstraint(["to_user_id"], ["core_user.id"], name=op.f("fk_core_delegation_to_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_delegation")),
    )
    op.create_index(op.f("ix_core_delegation_from_user_id"), "core_delegation", ["from_user_id"], unique=False)
    op.create_index(op.f("ix_core_delegation_to_user_id"), "core_delegation", ["to_user_id"], unique=False)
    op.create_table(
        "core_item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("category_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("good", "service", name="itemkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("stock_unit", sa.Text(), nullable=False),
        sa.Column("barcode", sa.Text(), nullable=True),
        sa.Column("is_critical", sa.Boolean(), nullable=False),
        sa.Column("shelf_life_days", sa.Integer(), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["core_item_category.id"], name=op.f("fk_core_item_category_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_item")),
        sa.UniqueConstraint("sku", name=op.f("uq_core_item_sku")),
    )
    op.create_index(op.f("ix_core_item_barcode"), "core_item", ["barcode"], unique=False)
    op.create_index(op.f("ix_core_item_category_id"), "core_item", ["category_id"], unique=False)
    op.create_index(op.f("ix_core_item_sort_key"), "core_item", ["sort_key"], unique=False)
    op.create_table(
        "core_approval",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("cost_centre_id", sa.BigInteger(), nullable=True),
        sa.Column("requested_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "approved",
                "refused",
                "void",
                name="approvalstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("open_level", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["cost_centre_id"], ["core_cost_centre.id"], name=op.f("fk_core_approval_cost_centre_id")
        ),
        sa.ForeignKeyConstraint(["created_by_id"], ["core_user.id"], name=op.f("fk_core_approval_created_by_id")),
        sa.ForeignKeyConstraint(["requested_by_id"], ["core_user.id"], name=op.f("fk_core_approval_requested_by_id")),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_core_approval_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_approval")),
    )
    op.create_index("ix_core_approval_origin", "core_approval", ["origin"], unique=False)
    op.create_index(
        "ix_core_approval_waiting",
        "core_approval",
        ["open_level"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "uq_core_approval_live",
        "core_approval",
        ["origin"],
        unique=True,
        postgresql_where=sa.text("state IN ('waiting', 'approved')"),
    )
    op.create_table(
        "core_approval_rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("min_amount", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("cost_centre_id", sa.BigInteger(), nullable=True),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "approver",
            sa.Enum(
                "role", "user", "budget_holder", name="approver", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(approver = 'role') = (role IS NOT NULL) AND (approver = 'user') = (user_id IS NOT NULL)",
            name=op.f("ck_core_approval_rule_one_approver"),
        ),
        sa.CheckConstraint("level BETWEEN 1 AND 9", name=op.f("ck_core_approval_rule_level_1_to_9")),
        sa.CheckConstraint("min_amount >= 0", name=op.f("ck_core_approval_rule_amount_not_negative")),
        sa.CheckConstraint("quorum BETWEEN 1 AND 20", name=op.f("ck_core_approval_rule_quorum_1_to_20")),
        sa.ForeignKeyConstraint(
            ["cost_centre_id"], ["core_cost_centre.id"], name=op.f("fk_core_approval_rule_cost_centre_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_core_approval_rule_site_id")),
        sa.ForeignKeyConstraint(["user_id"], ["core_user.id"], name=op.f("fk_core_approval_rule_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_approval_rule")),
    )
    op.create_index("ix_core_approval_rule_kind", "core_approval_rule", ["kind", "level"], unique=False)
    op.create_table(
        "core_item_pack",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("factor", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("barcode", sa.Text(), nullable=True),
        sa.CheckConstraint("factor > 0", name=op.f("ck_core_item_pack_holds_something")),
        sa.ForeignKeyConstraint(["item_id"], ["core_item.id"], name=op.f("fk_core_item_pack_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_item_pack")),
        sa.UniqueConstraint("item_id", "unit", name=op.f("uq_core_item_pack_item_id_unit")),
    )
    op.create_index(op.f("ix_core_item_pack_barcode"), "core_item_pack", ["barcode"], unique=False)
    op.create_table(
        "core_approval_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("approval_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "approver",
            sa.Enum(
                "role", "user", "budget_holder", name="approver", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["approval_id"], ["core_approval.id"], name=op.f("fk_core_approval_step_approval_id")),
        sa.ForeignKeyConstraint(["rule_id"], ["core_approval_rule.id"], name=op.f("fk_core_approval_step_rule_id")),
        sa.ForeignKeyConstraint(["user_id"], ["core_user.id"], name=op.f("fk_core_approval_step_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_approval_step")),
    )
    op.create_index(op.f("ix_core_approval_step_approval_id"), "core_approval_step", ["approval_id"], unique=False)
    op.create_table(
        "core_approval_decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("step_id", sa.BigInteger(), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=False),
        sa.Column("for_id", sa.BigInteger(), nullable=False),
        sa.Column("yes", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["core_user.id"], name=op.f("fk_core_approval_decision_decided_by_id")
        ),
        sa.ForeignKeyConstraint(["for_id"], ["core_user.id"], name=op.f("fk_core_approval_decision_for_id")),
        sa.ForeignKeyConstraint(["step_id"], ["core_approval_step.id"], name=op.f("fk_core_approval_decision_step_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_approval_decision")),
        sa.UniqueConstraint("step_id", "decided_by_id", name=op.f("uq_core_approval_decision_step_id_decided_by_id")),
        sa.UniqueConstraint("step_id", "for_id", name=op.f("uq_core_approval_decision_step_id_for_id")),
    )
