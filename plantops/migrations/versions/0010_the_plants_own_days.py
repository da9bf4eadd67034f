"""The plant's own days: shutdowns, days off, worked holidays"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0010"
down_revision = "core_0009"


def upgrade() -> None:
    op.create_table(
        "core_plant_days",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "shutdown",
                "day-off",
                "worked",
                name="plant_days_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(site_id, site_id, '[]')"), "&&"),
            (sa.text("daterange(first_day, last_day, '[]')"), "&&"),
            name="ex_core_plant_days_one_meaning",
            using="gist",
        ),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_core_plant_days_runs_forward")),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_core_plant_days_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_plant_days")),
    )
