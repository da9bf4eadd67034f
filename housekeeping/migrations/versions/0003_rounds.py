"""Rounds: their plans, the rounds of each day, and what was ticked off"""

import sqlalchemy as sa
from alembic import op

revision = "housekeeping_0003"
down_revision = "housekeeping_0002"


def upgrade() -> None:
    op.create_table(
        "housekeeping_round_template",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column("weekdays", sa.Text(), nullable=False),
        sa.Column("starts_minute", sa.Integer(), nullable=False),
        sa.Column("due_minute", sa.Integer(), nullable=False),
        sa.Column("assigned_to_id", sa.BigInteger(), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("weekdays ~ '^[0-6]{1,7}$'", name=op.f("ck_housekeeping_round_template_weekdays_0_to_6")),
        sa.CheckConstraint(
            "starts_minute BETWEEN 0 AND 1439 AND due_minute > starts_minute AND due_minute <= 2160",
            name=op.f("ck_housekeeping_round_template_starts_before_it_is_due"),
        ),
        sa.ForeignKeyConstraint(
            ["assigned_to_id"], ["core_user.id"], name=op.f("fk_housekeeping_round_template_assigned_to_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_housekeeping_round_template_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_housekeeping_round_template")),
        sa.UniqueConstraint("site_id", "sort_key", name=op.f("uq_housekeeping_round_template_site_id_sort_key")),
    )
    op.create_table(
        "housekeeping_round",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assigned_to_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "in_progress",
                "done",
                "missed",
                name="round_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("due_at > starts_at", name=op.f("ck_housekeeping_round_starts_before_it_is_due")),
        sa.ForeignKeyConstraint(
            ["assigned_to_id"], ["core_user.id"], name=op.f("fk_housekeeping_round_assigned_to_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_housekeeping_round_site_id")),
        sa.ForeignKeyConstraint(
            ["template_id"], ["housekeeping_round_template.id"], name=op.f("fk_housekeeping_round_template_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_housekeeping_round")),
        sa.UniqueConstraint("template_id", "day", name=op.f("uq_housekeeping_round_template_id_day")),
    )
    op.create_index(
        op.f("ix_housekeeping_round_assigned_to_id"), "housekeeping_round", ["assigned_to_id"], unique=False
    )
    op.create_index(
        "ix_housekeeping_round_open",
        "housekeeping_round",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('planned','in_progress')"),
    )
    op.create_index("ix_housekeeping_round_site_day", "housekeeping_round", ["site_id", "day"], unique=False)
    op.create_table(
        "housekeeping_round_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["core_place.id"], name=op.f("fk_housekeeping_round_step_place_id")),
        sa.ForeignKeyConstraint(
            ["template_id"], ["housekeeping_round_template.id"], name=op.f("fk_housekeeping_round_step_template_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_housekeeping_round_step")),
        sa.UniqueConstraint("template_id", "position", name=op.f("uq_housekeeping_round_step_template_id_position")),
    )
    op.create_index(op.f("ix_housekeeping_round_step_place_id"), "housekeeping_round_step", ["place_id"], unique=False)
    op.create_table(
        "housekeeping_round_tick",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "done",
                "not_possible",
                "finding",
                name="tick_outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "hindrance",
            sa.Enum(
                "locked",
                "occupied",
                "no_material",
                "no_time",
                name="tick_hindrance",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by_id", sa.BigInteger(), nullable=True),
        sa.Column("request_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(hindrance IS NOT NULL) = (outcome IS NOT DISTINCT FROM 'not_possible')",
            name=op.f("ck_housekeeping_round_tick_says_why"),
        ),
        sa.CheckConstraint(
            "(request_id IS NOT NULL) = (outcome IS NOT DISTINCT FROM 'finding')",
            name=op.f("ck_housekeeping_round_tick_told_the_desk"),
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (done_at IS NULL) AND (outcome IS NULL) = (done_by_id IS NULL)"
            " AND (outcome IS NULL) = (noted_at IS NULL)",
            name=op.f("ck_housekeeping_round_tick_ticked_by_somebody"),
        ),
        sa.ForeignKeyConstraint(["done_by_id"], ["core_user.id"], name=op.f("fk_housekeeping_round_tick_done_by_id")),
        sa.ForeignKeyConstraint(["place_id"], ["core_place.id"], name=op.f("fk_housekeeping_round_tick_place_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["housekeeping_request.id"], name=op.f("fk_housekeeping_round_tick_request_id")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["housekeeping_round.id"], name=op.f("fk_housekeeping_round_tick_round_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_housekeeping_round_tick")),
        sa.UniqueConstraint("round_id", "position", name=op.f("uq_housekeeping_round_tick_round_id_position")),
    )
    op.create_index(op.f("ix_housekeeping_round_tick_place_id"), "housekeeping_round_tick", ["place_id"], unique=False)
