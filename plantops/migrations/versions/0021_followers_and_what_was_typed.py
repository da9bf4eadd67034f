"""Who follows a document; what was typed and not sent; files put there by hand; the trail found by its row"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0021"
down_revision = "core_0020"


def upgrade() -> None:
    op.create_table(
        "core_follower",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("follows", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["core_user.id"], name=op.f("fk_core_follower_user_id")),
        sa.PrimaryKeyConstraint("origin", "user_id", name=op.f("pk_core_follower")),
        info={"audit": False},
    )
    op.create_index("ix_core_follower_user_id", "core_follower", ["user_id"])
    op.create_table(
        "core_typed",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("values", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["core_user.id"], name=op.f("fk_core_typed_user_id")),
        sa.PrimaryKeyConstraint("user_id", "place", name=op.f("pk_core_typed")),
        info={"audit": False},
    )
    op.create_index("ix_core_typed_at", "core_typed", ["at"])
    op.add_column("core_attachment", sa.Column("by_hand", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_core_audit_changed", "core_audit", ["table_name", "row_id", "id"],
        postgresql_where=sa.text("operation <> 'I'"),
    )  # fmt: skip
