"""Numbers, jobs, schedules, outbox, files and imports"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0003"
down_revision = "core_0002"


# The queue's own schema as procrastinate 3.10.0 ships it: a later version's changes are a later migration.
QUEUE = Path(__file__).parent.parent / "procrastinate_3_10_0.sql"


def upgrade() -> None:
    # Straight to psycopg: the script has many statements and percent signs.
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute(QUEUE.read_text(encoding="utf-8"))
    op.create_table(
        "core_file",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sha256", sa.CHAR(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["core_user.id"], name=op.f("fk_core_file_created_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_file")),
    )
    op.create_index(op.f("ix_core_file_created_by_id"), "core_file", ["created_by_id"], unique=False)
    op.create_index(op.f("ix_core_file_sha256"), "core_file", ["sha256"], unique=False)
    op.create_table(
        "core_gapless",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("last >= 0", name=op.f("ck_core_gapless_counts_up")),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_core_gapless_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_gapless")),
        sa.UniqueConstraint("site_id", "kind", "year", name=op.f("uq_core_gapless_site_id_kind_year")),
        info={"audit": False},
    )
    op.create_table(
        "core_import",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.CHAR(length=64), nullable=False),
        sa.Column("map_text", sa.Text(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "staged", "loaded", "undone", name="import_state", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("loaded", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["core_user.id"], name=op.f("fk_core_import_created_by_id")),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_core_import_site_id")),
        sa.ForeignKeyConstraint(["undone_by_id"], ["core_user.id"], name=op.f("fk_core_import_undone_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_import")),
    )
    op.create_index("ix_core_import_content", "core_import", ["kind", "sha256"], unique=False)
    op.create_table(
        "core_job_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("arguments", postgresql.JSONB(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "running",
                "done",
                "failed",
                "cancelled",
                name="job_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("lock", sa.Text(), nullable=True),
        sa.Column("acts_as_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=False),
        sa.Column("queue_id", sa.BigInteger(), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Numeric(precision=5, scale=4), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("result", postgresql.JSONB(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name=op.f("ck_core_job_run_progress_is_a_share")),
        sa.ForeignKeyConstraint(["acts_as_id"], ["core_user.id"], name=op.f("fk_core_job_run_acts_as_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["core_user.id"], name=op.f("fk_core_job_run_asked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_job_run")),
        info={"audit": False},
    )
    op.create_index("ix_core_job_run_asked_by", "core_job_run", ["asked_by_id", "id"], unique=False)
    op.create_index(
        "ix_core_job_run_open",
        "core_job_run",
        ["state"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_index(
        "uq_core_job_run_lock", "core_job_run", ["lock"], unique=True, postgresql_where=sa.text("state = 'queued'")
    )
    op.create_table(
        "core_outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sent",
                "failed",
                "recalled",
                name="outbox_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("to_address", sa.Text(), nullable=False),
        sa.Column("to_name", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("file_ids", postgresql.JSONB(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["core_user.id"], name=op.f("fk_core_outbox_created_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_outbox")),
        info={"audit": False},
    )
    op.create_index(
        "ix_core_outbox_due",
        "core_outbox",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_core_outbox_origin", "core_outbox", ["origin"], unique=False)
    op.create_table(
        "core_attachment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("added_by_id", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["added_by_id"], ["core_user.id"], name=op.f("fk_core_attachment_added_by_id")),
        sa.ForeignKeyConstraint(["file_id"], ["core_file.id"], name=op.f("fk_core_attachment_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_attachment")),
    )
    op.create_index(op.f("ix_core_attachment_file_id"), "core_attachment", ["file_id"], unique=False)
    op.create_index("ix_core_attachment_origin", "core_attachment", ["origin"], unique=False)
    op.create_table(
        "core_import_row",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "ready",
                "refused",
                "loaded",
                name="import_row_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("cells", postgresql.JSONB(), nullable=False),
        sa.Column("problems", postgresql.JSONB(), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("made_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["core_import.id"], name=op.f("fk_core_import_row_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_import_row")),
        sa.UniqueConstraint("import_id", "number", name=op.f("uq_core_import_row_import_id_number")),
        info={"audit": False},
    )
    op.create_table(
        "core_schedule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("last_date", sa.Date(), nullable=False),
        sa.Column("last_slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["core_job_run.id"], name=op.f("fk_core_schedule_run_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_schedule")),
        sa.UniqueConstraint("key", name=op.f("uq_core_schedule_key")),
        info={"audit": False},
    )
