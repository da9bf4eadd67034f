"""Everybody's desk: favourites, what was opened last, keys and the daily mail; what was read in the bell"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0015"
down_revision = "core_0014"


def upgrade() -> None:
    op.create_table(
        "core_desk",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("marked", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("opened", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("single_keys", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("digest", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("digested_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["core_user.id"], name=op.f("fk_core_desk_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_core_desk")),
        info={"audit": False},
    )
    op.add_column("core_activity", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
