"""The work on an import is found without reading all work that there ever was"""

import sqlalchemy as sa
from alembic import op

revision = "core_0023"
down_revision = "core_0022"

OF_IMPORT = "(arguments ->> 'import_id')"


def upgrade() -> None:
    op.create_index(
        "ix_core_job_run_import", "core_job_run", [sa.text(OF_IMPORT)],
        postgresql_where=sa.text(f"{OF_IMPORT} IS NOT NULL"),
    )  # fmt: skip
