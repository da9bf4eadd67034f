"""The audit chain after a restore: transaction ids that begin anew are shifted behind those that were brought"""

from alembic import op

from plantops.audit import SHIFT

revision = "core_0011"
down_revision = "core_0010"


def upgrade() -> None:
    op.execute(SHIFT.format(by=0))
    op.execute(
        "ALTER TABLE core_audit ALTER COLUMN txid SET DEFAULT pg_current_xact_id()::text::bigint + core_audit_shift()"
    )
