"""The plant's own settings"""

import sqlalchemy as sa
from alembic import op

revision = "core_0002"
down_revision = "core_0001"


def upgrade() -> None:
    op.create_table(
        "core_option",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_core_option_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_option")),
        sa.UniqueConstraint(
            "key", "site_id", name=op.f("uq_core_option_key_site_id"), postgresql_nulls_not_distinct=True
        ),
    )
