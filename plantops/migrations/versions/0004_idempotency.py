"""Answers kept for what is sent twice"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0004"
down_revision = "core_0003"


def upgrade() -> None:
    op.create_table(
        "core_idempotency",
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["core_user.id"], name=op.f("fk_core_idempotency_actor_id")),
        sa.PrimaryKeyConstraint("actor_id", "key", name=op.f("pk_core_idempotency")),
        info={"audit": False},
    )
    op.create_index(op.f("ix_core_idempotency_at"), "core_idempotency", ["at"], unique=False)
