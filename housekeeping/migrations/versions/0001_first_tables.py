"""first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "housekeeping_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "housekeeping_portal_use",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("window", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "window", name=op.f("pk_housekeeping_portal_use")),
        info={"audit": False},
    )
    op.create_table(
        "housekeeping_roster",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "computing",
                "proposed",
                "published",
                "superseded",
                "rejected",
                "failed",
                name="rosterstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("base_id", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds_asked", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("penalty", sa.BigInteger(), nullable=True),
        sa.Column("bound", sa.Numeric(precision=14, scale=3), nullable=True),
        sa.Column("gap", sa.Numeric(precision=12, scale=8), nullable=True),
        sa.Column("seconds", sa.Numeric(precision=10, scale=3), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("clashes", postgresql.JSONB(), nullable=False),
        sa.Column("job_run_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "last_day >= first_day AND last_day < first_day + 63",
            name=op.f("ck_housekeeping_roster_nine_weeks_at_most"),
        ),
        sa.ForeignKeyConstraint(["base_id"], ["housekeeping_roster.id"], name=op.f("fk_housekeeping_roster_base_id")),
        sa.ForeignKeyConstraint(["made_by_id"], ["core_user.id"], name=op.f("fk_housekeeping_roster_made_by_id")),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_housekeeping_roster_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_housekeeping_roster")),
    )
    op.create_index(
        "ix_housekeeping_roster_site_days", "housekeeping_roster", ["site_id", "first_day", "last_day"], unique=False
    )
    op.create_index(
        "uq_housekeeping_roster_published",
        "housekeeping_roster",
        ["site_id", "first_day"],
        unique=True,
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_table(
        "housekeeping_cleaning_task",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Numeric(precision=8, scale=2), nullable=False),
        sa.Column("times_a_week", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "minutes > 0 AND minutes <= 1440", name=op.f("ck_housekeeping_cleaning_task_minutes_of_a_day")
        ),
        sa.CheckConstraint("times_a_week BETWEEN 1 AND 50", name=op.f("ck_housekeeping_cleaning_task_often_enough")),
        sa.ForeignKeyConstraint(["place_id"], ["core_place.id"], name=op.f("fk_housekeeping_cleaning_task_place_id")),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_housekeeping_cleaning_task_site_id")),
        sa.ForeignKeyConstraint(
            ["template_id"], ["personnel_shift_template.id"], name=op.f("fk_housekeeping_cleaning_task_template_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_housekeeping_cleaning_task")),
    )
    op.create_index(
        op.f("ix_housekeeping_cleaning_task_place_id"), "housekeeping_cleaning_task", ["place_id"], unique=False
    )
    op.create_index(
        op.f("ix_housekeeping_cleaning_task_site_id"), "housekeeping_cleaning_task", ["site_id"], unique=False
    )
    op.create_table(
        "housekeeping_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "code",
                "page",
                "import",
                "module",
                name="request_channel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("reported_by_id", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "accepted",
                "resolved",
                "refused",
                "duplicate",
                name="request_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duplicate_of_id", sa.BigInteger(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("photo_id", sa.BigInteger(), nullable=True),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("priority BETWEEN 1 AND 4", name=op.f("ck_housekeeping_request_priority_1_to_4")),
        sa.CheckConstraint(
            "resolved_at IS NULL OR resolved_at >= reported_at",
            name=op.f("ck_housekeeping_request_resolved_after_reported"),
        ),
        sa.ForeignKeyConstraint(
            ["duplicate_of_id"], ["housekeeping_request.id"], name=op.f("fk_housekeeping_request_duplicate_of_id")
        ),
        sa.ForeignKeyConstraint(["photo_id"], ["core_file.id"], name=op.f("fk_housekeeping_request_photo_id")),
        sa.ForeignKeyConstraint(["place_id"], ["core_place.id"], name=op.f("fk_housekeeping_request_place_id")),
        sa.ForeignKeyConstraint(
            ["reported_by_id"], ["core_user.id"], name=op.f("fk_housekeeping_request_reported_by_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_housekeeping_request_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_housekeeping_request")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_housekeeping_request_site_id_number")),
        sa.UniqueConstraint("site_id", "origin", name="uq_housekeeping_request_origin"),
        sa.UniqueConstraint("token", name=op.f("uq_housekeeping_request_token")),
    )
    op.create_index(op.f("ix_housekeeping_request_import_id"), "housekeeping_request", ["import_id"], unique=False)
    op.create_index(op.f("ix_housekeeping_request_place_id"), "housekeeping_request", ["place_id"], unique=False)
    op.create_index(
        "ix_housekeeping_request_site_state", "housekeeping_request", ["site_id", "state", "due_at"], unique=False
    )
    op.create_table(
        "housekeeping_roster_cell",
        sa.Column("roster_id", sa.BigInteger(), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("uncovered", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["personnel_employee.id"], name=op.f("fk_housekeeping_roster_cell_employee_id")
        ),
        sa.ForeignKeyConstraint(
            ["roster_id"], ["housekeeping_roster.id"], name=op.f("fk_housekeeping_roster_cell_roster_id")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["personnel_shift_template.id"], name=op.f("fk_housekeeping_roster_cell_template_id")
        ),
        sa.PrimaryKeyConstraint("roster_id", "employee_id", "day", name=op.f("pk_housekeeping_roster_cell")),
    )
    op.create_table(
        "housekeeping_roster_hole",
        sa.Column("roster_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["roster_id"], ["housekeeping_roster.id"], name=op.f("fk_housekeeping_roster_hole_roster_id")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["personnel_shift_template.id"], name=op.f("fk_housekeeping_roster_hole_template_id")
        ),
        sa.PrimaryKeyConstraint("roster_id", "day", "template_id", "work", name=op.f("pk_housekeeping_roster_hole")),
    )
    op.create_table(
        "housekeeping_staff_need",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "weekday BETWEEN 0 AND 6 AND needed BETWEEN 0 AND 500", name=op.f("ck_housekeeping_staff_need_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["personnel_department.id"], name=op.f("fk_housekeeping_staff_need_department_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_housekeeping_staff_need_site_id")),
        sa.ForeignKeyConstraint(
            ["template_id"], ["personnel_shift_template.id"], name=op.f("fk_housekeeping_staff_need_template_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_housekeeping_staff_need")),
        sa.UniqueConstraint(
            "site_id",
            "weekday",
            "template_id",
            "work",
            name=op.f("uq_housekeeping_staff_need_site_id_weekday_template_id_work"),
        ),
    )
    op.create_table(
        "housekeeping_pause",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "ends_at IS NULL OR ends_at >= starts_at", name=op.f("ck_housekeeping_pause_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["housekeeping_request.id"], name=op.f("fk_housekeeping_pause_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_housekeeping_pause")),
    )
    op.create_index(op.f("ix_housekeeping_pause_request_id"), "housekeeping_pause", ["request_id"], unique=False)
    op.create_table(
        "housekeeping_workorder",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=True),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "corrective",
                "preventive",
                "inspection",
                "cleaning",
                name="work_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "in_progress",
                "on_hold",
                "done",
                "cancelled",
                name="work_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("assigned_to_id", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["assigned_to_id"], ["core_user.id"], name=op.f("fk_housekeeping_workorder_assigned_to_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["core_user.id"], name=op.f("fk_housekeeping_workorder_created_by_id")
        ),
        sa.ForeignKeyConstraint(["place_id"], ["core_place.id"], name=op.f("fk_housekeeping_workorder_place_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["housekeeping_request.id"], name=op.f("fk_housekeeping_workorder_request_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_housekeeping_workorder_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_housekeeping_workorder")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_housekeeping_workorder_site_id_number")),
    )
    op.create_index(
        op.f("ix_housekeeping_workorder_assigned_to_id"), "housekeeping_workorder", ["assigned_to_id"], unique=False
    )
    op.create_index(
        op.f("ix_housekeeping_workorder_request_id"), "housekeeping_workorder", ["request_id"], unique=False
    )
    op.create_index(
        "ix_housekeeping_workorder_site_state", "housekeeping_workorder", ["site_id", "state"], unique=False
    )
    op.create_table(
        "housekeeping_work_task",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("workorder_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("mandatory", sa.Boolean(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["done_by_id"], ["core_user.id"], name=op.f("fk_housekeeping_work_task_done_by_id")),
        sa.ForeignKeyConstraint(
            ["workorder_id"], ["housekeeping_workorder.id"], name=op.f("fk_housekeeping_work_task_workorder_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_housekeeping_work_task")),
    )
    op.create_index(
        op.f("ix_housekeeping_work_task_workorder_id"), "housekeeping_work_task", ["workorder_id"], unique=False
    )
