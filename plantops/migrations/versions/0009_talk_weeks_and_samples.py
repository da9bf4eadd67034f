"""Talk about documents, frozen weeks with their actions, samples of approvals"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0009"
down_revision = "core_0008"


def upgrade() -> None:
    op.create_table(
        "core_activity",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "comment",
                "mention",
                "todo",
                "mail",
                name="activitykind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assigned_to_id", sa.BigInteger(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(kind IN ('mention', 'todo')) = (assigned_to_id IS NOT NULL)",
            name=op.f("ck_core_activity_somebody_is_asked"),
        ),
        sa.ForeignKeyConstraint(["assigned_to_id"], ["core_user.id"], name=op.f("fk_core_activity_assigned_to_id")),
        sa.ForeignKeyConstraint(["author_id"], ["core_user.id"], name=op.f("fk_core_activity_author_id")),
        sa.ForeignKeyConstraint(["done_by_id"], ["core_user.id"], name=op.f("fk_core_activity_done_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_activity")),
    )
    op.create_index(
        "ix_core_activity_open",
        "core_activity",
        ["assigned_to_id"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL AND assigned_to_id IS NOT NULL"),
    )
    op.create_index("ix_core_activity_origin", "core_activity", ["origin", "id"], unique=False)
    op.create_table(
        "core_weekly_action",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "done",
                "dropped",
                name="weekly_action_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("added_by_id", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["added_by_id"], ["core_user.id"], name=op.f("fk_core_weekly_action_added_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["core_user.id"], name=op.f("fk_core_weekly_action_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_weekly_action")),
    )
    op.create_table(
        "core_weekly_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("monday", sa.Date(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["made_by_id"], ["core_user.id"], name=op.f("fk_core_weekly_report_made_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_weekly_report")),
        sa.UniqueConstraint("monday", "revision", name=op.f("uq_core_weekly_report_monday_revision")),
    )
    op.create_table(
        "core_approval_sample",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("approval_id", sa.BigInteger(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("is_right", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("judged_by_id", sa.BigInteger(), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "is_right IS NOT FALSE OR note <> ''", name=op.f("ck_core_approval_sample_wrong_with_a_note")
        ),
        sa.CheckConstraint(
            "(judged_at IS NULL) = (is_right IS NULL)", name=op.f("ck_core_approval_sample_judged_or_not")
        ),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["core_approval.id"], name=op.f("fk_core_approval_sample_approval_id")
        ),
        sa.ForeignKeyConstraint(["judged_by_id"], ["core_user.id"], name=op.f("fk_core_approval_sample_judged_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_approval_sample")),
        sa.UniqueConstraint("approval_id", name=op.f("uq_core_approval_sample_approval_id")),
    )
    op.create_index(op.f("ix_core_approval_sample_week"), "core_approval_sample", ["week"], unique=False)
    op.add_column("core_stock_balance", sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False))
    op.create_unique_constraint(op.f("uq_core_stock_balance_id"), "core_stock_balance", ["id"])
