"""The audit chain after a restore: transaction ids that begin anew are shifted behind those that were brought"""

from alembic import op

revision = "core_0011"
down_revision = "core_0010"

SHIFT = "CREATE FUNCTION core_audit_shift() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 0::bigint'"


def upgrade() -> None:
    # A restore of an older backup has shifted already; beginning at 0 again would put new rows before its seals.
    op.execute(f"DO $do$ BEGIN IF to_regproc('core_audit_shift') IS NULL THEN {SHIFT}; END IF; END $do$")
    op.execute(
        "ALTER TABLE core_audit ALTER COLUMN txid SET DEFAULT pg_current_xact_id()::text::bigint + core_audit_shift()"
    )
