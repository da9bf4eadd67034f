"""Why an imported cell is empty stands beside its row"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0008"
down_revision = "core_0007"


def upgrade() -> None:
    op.add_column(
        "core_import_row",
        sa.Column("reasons", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'")),
    )
    op.alter_column("core_import_row", "reasons", server_default=None)
