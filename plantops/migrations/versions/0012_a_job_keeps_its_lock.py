"""A job that goes back on the queue keeps its lock: only those that never began exclude each other by the index"""

import sqlalchemy as sa
from alembic import op

revision = "core_0012"
down_revision = "core_0011"


def upgrade() -> None:
    op.drop_index("uq_core_job_run_lock", "core_job_run")
    op.create_index(
        "uq_core_job_run_lock",
        "core_job_run",
        ["lock"],
        unique=True,
        postgresql_where=sa.text("state = 'queued' AND started_at IS NULL"),
    )
