"""Files to import are kept, mapped and mended in the browser; work tells what it has found so far"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0020"
down_revision = "core_0016"

IMPORT_STATES = ("uploaded", "staged", "loaded", "undone")
ROW_STATES = ("ready", "refused", "skipped", "loaded", "undone")


def upgrade() -> None:
    op.create_table(
        "core_import_map",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("heads", sa.CHAR(length=64), nullable=False),
        sa.Column("map_text", sa.Text(), nullable=False),
        sa.Column("saved_by_id", sa.BigInteger(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["saved_by_id"], ["core_user.id"], name=op.f("fk_core_import_map_saved_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_import_map")),
    )
    op.create_index(op.f("ix_core_import_map_saved_by_id"), "core_import_map", ["saved_by_id"], unique=False)
    op.create_index(
        "uq_core_import_map_heads",
        "core_import_map",
        ["kind", "heads"],
        unique=True,
        postgresql_where=sa.text("name = ''"),
    )
    op.create_index(
        "uq_core_import_map_name",
        "core_import_map",
        ["kind", "name"],
        unique=True,
        postgresql_where=sa.text("name <> ''"),
    )
    op.add_column("core_import", sa.Column("file_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_core_import_file_id"), "core_import", "core_file", ["file_id"], ["id"])
    choose_from("core_import", "import_state", IMPORT_STATES)
    op.add_column(
        "core_import_row", sa.Column("raw", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False)
    )
    op.create_index("ix_core_import_row_state", "core_import_row", ["import_id", "state", "number"], unique=False)
    choose_from("core_import_row", "import_row_state", ROW_STATES)
    op.add_column(
        "core_job_run",
        sa.Column("progress_from", sa.Numeric(precision=5, scale=4), server_default="0", nullable=False),
    )
    op.add_column("core_job_run", sa.Column("news", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False))


def choose_from(table: str, name: str, states: tuple[str, ...]) -> None:
    """The check of a state takes these from now on."""
    known = ", ".join(f"'{state}'" for state in states)
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"state IN ({known})")
