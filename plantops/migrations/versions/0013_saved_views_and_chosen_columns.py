"""Saved views of lists, and which columns somebody wants"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0013"
down_revision = "core_0012"


def upgrade() -> None:
    op.create_table(
        "core_list_view",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("asked", postgresql.JSONB(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("opens_first", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "role IS NOT NULL OR NOT opens_first", name=op.f("ck_core_list_view_only_a_team_has_a_default")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["core_user.id"], name=op.f("fk_core_list_view_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_list_view")),
        sa.UniqueConstraint("list", "owner_id", "title", name=op.f("uq_core_list_view_list_owner_id_title")),
        info={"audit": False},
    )
    op.create_index("ix_core_list_view_owner", "core_list_view", ["owner_id"], unique=False)
    op.create_table(
        "core_list_choice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("columns", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("view_id", sa.BigInteger(), nullable=True),
        sa.Column("opens_whole", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["core_user.id"], name=op.f("fk_core_list_choice_user_id")),
        sa.ForeignKeyConstraint(
            ["view_id"], ["core_list_view.id"], name=op.f("fk_core_list_choice_view_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_list_choice")),
        sa.UniqueConstraint("user_id", "list", name=op.f("uq_core_list_choice_user_id_list")),
        info={"audit": False},
    )
    op.create_index("ix_core_list_choice_view", "core_list_choice", ["view_id"], unique=False)
