"""A price list that is taken back leaves the prices as they were before it"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "purchasing_0004"
down_revision = "purchasing_0003"


def upgrade() -> None:
    op.add_column(
        "purchasing_offer", sa.Column("before_import", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.create_index(
        "ix_purchasing_offer_before_import",
        "purchasing_offer",
        [sa.text("(before_import ->> 'import')")],
        postgresql_where=sa.text("before_import IS NOT NULL"),
    )
