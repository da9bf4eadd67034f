"""A job that moves says so to whoever listens"""

from alembic import op

revision = "core_0006"
down_revision = "core_0005"


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION core_tell_job_run() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('plantops_work', NEW.id::text);
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER core_job_run_tells AFTER UPDATE ON core_job_run"
        " FOR EACH ROW EXECUTE FUNCTION core_tell_job_run()"
    )
