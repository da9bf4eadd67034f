"""A token says what it is for and when it was used last"""

import sqlalchemy as sa
from alembic import op

revision = "core_0024"
down_revision = "core_0023"


def upgrade() -> None:
    op.add_column("core_token", sa.Column("name", sa.Text(), server_default="", nullable=False))
    op.add_column("core_token", sa.Column("used_on", sa.Date(), nullable=True))
