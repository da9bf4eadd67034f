"""Leave with its ledger, absences, planned shifts and hours worked"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "personnel_0002"
down_revision = "personnel_0001"

# The ledger is written once: a mistake is reversed by a further entry.
APPEND_ONLY = """
CREATE FUNCTION personnel_leave_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the leave ledger is append-only: reverse the entry by a further one';
END $$;
CREATE TRIGGER personnel_leave_entry_guard BEFORE UPDATE OR DELETE ON personnel_leave_entry
    FOR EACH ROW EXECUTE FUNCTION personnel_leave_entry_refuse();
CREATE TRIGGER personnel_leave_entry_guard_truncate BEFORE TRUNCATE ON personnel_leave_entry
    FOR EACH STATEMENT EXECUTE FUNCTION personnel_leave_entry_refuse();
"""


def upgrade() -> None:
    op.create_table(
        "personnel_leave_type",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("needs_balance", sa.Boolean(), nullable=False),
        sa.Column("counts_holidays", sa.Boolean(), nullable=False),
        sa.Column("negative_cap_minutes", sa.Integer(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("negative_cap_minutes >= 0", name=op.f("ck_personnel_leave_type_negative_cap")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_leave_type")),
        sa.UniqueConstraint("code", name=op.f("uq_personnel_leave_type_code")),
    )
    op.create_table(
        "personnel_leave_policy",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("leave_type_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("year_days", sa.Numeric(precision=7, scale=3), nullable=False),
        sa.Column(
            "frequency",
            sa.Enum(
                "monthly",
                "quarterly",
                "half_yearly",
                "yearly",
                name="frequency",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "timing",
            sa.Enum("advance", "arrears", name="timing", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "proration",
            sa.Enum("none", "days", "months", name="proration", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("month_counts_from_days", sa.Integer(), nullable=True),
        sa.Column(
            "rounding",
            sa.Enum("nearest", "down", "up", name="rounding", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("rounding_step_minutes", sa.Integer(), nullable=False),
        sa.Column("balance_cap_minutes", sa.Integer(), nullable=True),
        sa.Column("carry_cap_minutes", sa.Integer(), nullable=False),
        sa.Column("carry_expires_after_months", sa.Integer(), nullable=True),
        sa.Column("year_starts_month", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["leave_type_id"], ["personnel_leave_type.id"], name=op.f("fk_personnel_leave_policy_leave_type_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_leave_policy")),
        sa.UniqueConstraint("key", name=op.f("uq_personnel_leave_policy_key")),
    )
    op.create_index(
        op.f("ix_personnel_leave_policy_leave_type_id"), "personnel_leave_policy", ["leave_type_id"], unique=False
    )
    op.create_table(
        "personnel_absence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "sick", "unexcused", "excused", name="absencekind", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("with_note", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("reported_by_id", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "last_day IS NULL OR last_day >= first_day", name=op.f("ck_personnel_absence_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["personnel_employee.id"], name=op.f("fk_personnel_absence_employee_id")
        ),
        sa.ForeignKeyConstraint(["reported_by_id"], ["core_user.id"], name=op.f("fk_personnel_absence_reported_by_id")),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_personnel_absence_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_absence")),
    )
    op.create_index(op.f("ix_personnel_absence_employee_id"), "personnel_absence", ["employee_id"], unique=False)
    op.create_index(op.f("ix_personnel_absence_first_day"), "personnel_absence", ["first_day"], unique=False)
    op.create_index(op.f("ix_personnel_absence_import_id"), "personnel_absence", ["import_id"], unique=False)
    op.create_index(op.f("ix_personnel_absence_site_id"), "personnel_absence", ["site_id"], unique=False)
    op.create_table(
        "personnel_attendance_day",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=True),
        sa.Column("scheduled_minutes", sa.Integer(), nullable=False),
        sa.Column("worked_minutes", sa.Integer(), nullable=False),
        sa.Column("overtime_minutes", sa.Integer(), nullable=False),
        sa.Column("night_minutes", sa.Integer(), nullable=False),
        sa.Column("first_in", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_out", sa.DateTime(timezone=True), nullable=True),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "scheduled_minutes >= 0 AND worked_minutes >= 0 AND overtime_minutes BETWEEN 0 AND worked_minutes"
            " AND night_minutes BETWEEN 0 AND worked_minutes",
            name=op.f("ck_personnel_attendance_day_minutes_sensible"),
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["personnel_employee.id"], name=op.f("fk_personnel_attendance_day_employee_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_personnel_attendance_day_site_id")),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["personnel_shift_template.id"],
            name=op.f("fk_personnel_attendance_day_template_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_attendance_day")),
        sa.UniqueConstraint(
            "employee_id", "business_date", name=op.f("uq_personnel_attendance_day_employee_id_business_date")
        ),
        info={"audit": False},
    )
    op.create_index(
        "ix_personnel_attendance_day_date", "personnel_attendance_day", ["business_date", "site_id"], unique=False
    )
    op.create_index(
        op.f("ix_personnel_attendance_day_import_id"), "personnel_attendance_day", ["import_id"], unique=False
    )
    op.create_table(
        "personnel_cover_rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=True),
        sa.Column("certificate_type_id", sa.BigInteger(), nullable=True),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.CheckConstraint("needed > 0", name=op.f("ck_personnel_cover_rule_needed_positive")),
        sa.ForeignKeyConstraint(
            ["certificate_type_id"],
            ["personnel_certificate_type.id"],
            name=op.f("fk_personnel_cover_rule_certificate_type_id"),
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["personnel_department.id"], name=op.f("fk_personnel_cover_rule_department_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_personnel_cover_rule_site_id")),
        sa.ForeignKeyConstraint(
            ["template_id"], ["personnel_shift_template.id"], name=op.f("fk_personnel_cover_rule_template_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_cover_rule")),
        sa.UniqueConstraint(
            "department_id",
            "template_id",
            "certificate_type_id",
            name=op.f("uq_personnel_cover_rule_department_id_template_id_certificate_type_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        op.f("ix_personnel_cover_rule_department_id"), "personnel_cover_rule", ["department_id"], unique=False
    )
    op.create_index(op.f("ix_personnel_cover_rule_site_id"), "personnel_cover_rule", ["site_id"], unique=False)
    op.create_table(
        "personnel_leave_entitlement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False),
        sa.Column("leave_type_id", sa.BigInteger(), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(employee_id, employee_id, '[]')"), "&&"),
            (sa.text("int8range(leave_type_id, leave_type_id, '[]')"), "&&"),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            using="gist",
            name="ex_personnel_leave_entitlement",
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_personnel_leave_entitlement_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["personnel_employee.id"], name=op.f("fk_personnel_leave_entitlement_employee_id")
        ),
        sa.ForeignKeyConstraint(
            ["leave_type_id"], ["personnel_leave_type.id"], name=op.f("fk_personnel_leave_entitlement_leave_type_id")
        ),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["personnel_leave_policy.id"], name=op.f("fk_personnel_leave_entitlement_policy_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_leave_entitlement")),
    )
    op.create_index(
        op.f("ix_personnel_leave_entitlement_employee_id"), "personnel_leave_entitlement", ["employee_id"], unique=False
    )
    op.create_table(
        "personnel_leave_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False),
        sa.Column("leave_type_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "accrual",
                "grant",
                "carry",
                "expiry",
                "take",
                "return",
                "adjust",
                "encash",
                name="entry_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("effective_date", sa.Date(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind NOT IN ('take', 'encash') OR minutes <= 0", name=op.f("ck_personnel_leave_entry_takes_are_negative")
        ),
        sa.CheckConstraint(
            "minutes <= 0 OR lot IS NOT NULL OR reverses_id IS NOT NULL",
            name=op.f("ck_personnel_leave_entry_credit_has_lot"),
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["personnel_employee.id"], name=op.f("fk_personnel_leave_entry_employee_id")
        ),
        sa.ForeignKeyConstraint(
            ["leave_type_id"], ["personnel_leave_type.id"], name=op.f("fk_personnel_leave_entry_leave_type_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["core_user.id"], name=op.f("fk_personnel_leave_entry_recorded_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["personnel_leave_entry.id"], name=op.f("fk_personnel_leave_entry_reverses_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_leave_entry")),
        sa.UniqueConstraint(
            "employee_id", "leave_type_id", "key", name=op.f("uq_personnel_leave_entry_employee_id_leave_type_id_key")
        ),
    )
    op.create_index(
        op.f("ix_personnel_leave_entry_reverses_id"), "personnel_leave_entry", ["reverses_id"], unique=False
    )
    op.create_index(
        "ix_personnel_leave_entry_person",
        "personnel_leave_entry",
        ["employee_id", "leave_type_id", "effective_date"],
        unique=False,
    )
    op.create_table(
        "personnel_leave_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False),
        sa.Column("leave_type_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "approved",
                "refused",
                "cancelled",
                name="leavestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("warnings", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_personnel_leave_request_ends_after_start")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["core_user.id"], name=op.f("fk_personnel_leave_request_asked_by_id")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["core_user.id"], name=op.f("fk_personnel_leave_request_decided_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["personnel_employee.id"], name=op.f("fk_personnel_leave_request_employee_id")
        ),
        sa.ForeignKeyConstraint(
            ["leave_type_id"], ["personnel_leave_type.id"], name=op.f("fk_personnel_leave_request_leave_type_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_personnel_leave_request_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_leave_request")),
        sa.UniqueConstraint("number", name=op.f("uq_personnel_leave_request_number")),
    )
    op.create_index(
        op.f("ix_personnel_leave_request_employee_id"), "personnel_leave_request", ["employee_id"], unique=False
    )
    op.create_index(op.f("ix_personnel_leave_request_site_id"), "personnel_leave_request", ["site_id"], unique=False)
    op.create_index("ix_personnel_leave_request_state", "personnel_leave_request", ["state", "first_day"], unique=False)
    op.create_table(
        "personnel_planned_shift",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("work", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("override_reason", sa.Text(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(employee_id, employee_id, '[]')"), "&&"),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            where=sa.text("cancelled_at IS NULL"),
            using="gist",
            name="ex_personnel_planned_shift",
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_personnel_planned_shift_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["personnel_employee.id"], name=op.f("fk_personnel_planned_shift_employee_id")
        ),
        sa.ForeignKeyConstraint(["place_id"], ["core_place.id"], name=op.f("fk_personnel_planned_shift_place_id")),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_personnel_planned_shift_site_id")),
        sa.ForeignKeyConstraint(
            ["template_id"], ["personnel_shift_template.id"], name=op.f("fk_personnel_planned_shift_template_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_planned_shift")),
    )
    op.create_index(
        "ix_personnel_planned_shift_day", "personnel_planned_shift", ["business_date", "employee_id"], unique=False
    )
    op.create_index(
        op.f("ix_personnel_planned_shift_employee_id"), "personnel_planned_shift", ["employee_id"], unique=False
    )
    op.create_table(
        "personnel_absence_day",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("absence_id", sa.BigInteger(), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_personnel_absence_day_minutes_positive")),
        sa.ForeignKeyConstraint(
            ["absence_id"], ["personnel_absence.id"], name=op.f("fk_personnel_absence_day_absence_id")
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["personnel_employee.id"], name=op.f("fk_personnel_absence_day_employee_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_absence_day")),
        info={"audit": False},
    )
    op.create_index(op.f("ix_personnel_absence_day_absence_id"), "personnel_absence_day", ["absence_id"], unique=False)
    op.create_index("ix_personnel_absence_day_day", "personnel_absence_day", ["day", "employee_id"], unique=False)
    op.create_table(
        "personnel_leave_request_day",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "portion",
            sa.Enum(
                "full", "first", "second", "hours", name="portion", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("to_minute", sa.Integer(), nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(employee_id, employee_id, '[]')"), "&&"),
            (sa.text("daterange(day, day, '[]')"), "&&"),
            (sa.text("int4range(from_minute, to_minute)"), "&&"),
            where=sa.text("standing"),
            using="gist",
            name="ex_personnel_leave_request_day",
        ),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_personnel_leave_request_day_minutes_not_negative")),
        sa.CheckConstraint("to_minute > from_minute", name=op.f("ck_personnel_leave_request_day_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["personnel_employee.id"], name=op.f("fk_personnel_leave_request_day_employee_id")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["personnel_leave_entry.id"], name=op.f("fk_personnel_leave_request_day_entry_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["personnel_leave_request.id"], name=op.f("fk_personnel_leave_request_day_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_leave_request_day")),
    )
    op.create_index(
        "ix_personnel_leave_request_day_day", "personnel_leave_request_day", ["day", "employee_id"], unique=False
    )
    op.create_index(
        op.f("ix_personnel_leave_request_day_employee_id"), "personnel_leave_request_day", ["employee_id"], unique=False
    )
    op.create_index(
        op.f("ix_personnel_leave_request_day_request_id"), "personnel_leave_request_day", ["request_id"], unique=False
    )
    op.create_table(
        "personnel_shift_demand",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("certificate_type_id", sa.BigInteger(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_personnel_shift_demand_ends_after_start")),
        sa.CheckConstraint("needed > 0", name=op.f("ck_personnel_shift_demand_needed_positive")),
        sa.ForeignKeyConstraint(
            ["certificate_type_id"],
            ["personnel_certificate_type.id"],
            name=op.f("fk_personnel_shift_demand_certificate_type_id"),
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["personnel_department.id"], name=op.f("fk_personnel_shift_demand_department_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_personnel_shift_demand_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_shift_demand")),
    )
    op.create_index(
        "ix_personnel_shift_demand_day", "personnel_shift_demand", ["business_date", "site_id"], unique=False
    )
    op.create_index(
        "ix_personnel_shift_demand_origin", "personnel_shift_demand", ["origin", "business_date"], unique=False
    )
    op.execute(APPEND_ONLY)
