"""People, where they belong, and the calendars and shifts they work by"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "personnel_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "personnel_certificate_type",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column("validity_months", sa.Integer(), nullable=True),
        sa.Column("blocks_assignment", sa.Boolean(), nullable=False),
        sa.Column("remind_days", sa.Integer(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "validity_months IS NULL OR validity_months > 0",
            name=op.f("ck_personnel_certificate_type_validity_positive"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_certificate_type")),
        sa.UniqueConstraint("code", name=op.f("uq_personnel_certificate_type_code")),
    )
    op.create_table(
        "personnel_department",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "parent_id IS NULL OR parent_id <> id", name=op.f("ck_personnel_department_not_its_own_parent")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["personnel_department.id"], name=op.f("fk_personnel_department_parent_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_personnel_department_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_department")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_personnel_department_site_id_code")),
    )
    op.create_index(op.f("ix_personnel_department_parent_id"), "personnel_department", ["parent_id"], unique=False)
    op.create_index(op.f("ix_personnel_department_site_id"), "personnel_department", ["site_id"], unique=False)
    op.create_table(
        "personnel_employee",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_personnel_employee_site_id")),
        sa.ForeignKeyConstraint(["user_id"], ["core_user.id"], name=op.f("fk_personnel_employee_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_employee")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_personnel_employee_site_id_number")),
        sa.UniqueConstraint("user_id", name=op.f("uq_personnel_employee_user_id")),
    )
    op.create_index(op.f("ix_personnel_employee_site_id"), "personnel_employee", ["site_id"], unique=False)
    op.create_index("ix_personnel_employee_sort_key", "personnel_employee", ["sort_key", "id"], unique=False)
    op.create_table(
        "personnel_shift_pattern",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("anchor", sa.Date(), nullable=False),
        sa.Column("closed_weekdays", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_personnel_shift_pattern_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_shift_pattern")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_personnel_shift_pattern_site_id_code")),
    )
    op.create_index(op.f("ix_personnel_shift_pattern_site_id"), "personnel_shift_pattern", ["site_id"], unique=False)
    op.create_table(
        "personnel_shift_template",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("break_minutes", sa.Integer(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "break_minutes >= 0 AND break_minutes < minutes", name=op.f("ck_personnel_shift_template_break_inside")
        ),
        sa.CheckConstraint(
            "start_minute BETWEEN 0 AND 1439 AND minutes BETWEEN 1 AND 1440",
            name=op.f("ck_personnel_shift_template_minutes_of_a_day"),
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_personnel_shift_template_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_shift_template")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_personnel_shift_template_site_id_code")),
    )
    op.create_index(op.f("ix_personnel_shift_template_site_id"), "personnel_shift_template", ["site_id"], unique=False)
    op.create_table(
        "personnel_certificate",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False),
        sa.Column("type_id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("renewed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "expires_on IS NULL OR expires_on > issued_on", name=op.f("ck_personnel_certificate_expires_after_issue")
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["personnel_employee.id"], name=op.f("fk_personnel_certificate_employee_id")
        ),
        sa.ForeignKeyConstraint(
            ["renewed_by_id"], ["personnel_certificate.id"], name=op.f("fk_personnel_certificate_renewed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["type_id"], ["personnel_certificate_type.id"], name=op.f("fk_personnel_certificate_type_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_certificate")),
    )
    op.create_index(
        "ix_personnel_certificate_due",
        "personnel_certificate",
        ["expires_on"],
        unique=False,
        postgresql_where=sa.text("renewed_by_id IS NULL"),
    )
    op.create_index(
        op.f("ix_personnel_certificate_employee_id"), "personnel_certificate", ["employee_id"], unique=False
    )
    op.create_index(op.f("ix_personnel_certificate_type_id"), "personnel_certificate", ["type_id"], unique=False)
    op.create_table(
        "personnel_contract",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "permanent",
                "fixed_term",
                "apprentice",
                "agency",
                name="contractkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("probation_ends_on", sa.Date(), nullable=True),
        sa.Column("probation_decided_on", sa.Date(), nullable=True),
        sa.Column("notice_days", sa.Integer(), nullable=False),
        sa.Column("renewal_of_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(employee_id, employee_id, '[]')"), "&&"),
            (sa.text("daterange(starts_on, ends_on)"), "&&"),
            using="gist",
            name="ex_personnel_contract",
        ),
        sa.CheckConstraint(
            "ends_on IS NULL OR ends_on > starts_on", name=op.f("ck_personnel_contract_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["personnel_employee.id"], name=op.f("fk_personnel_contract_employee_id")
        ),
        sa.ForeignKeyConstraint(
            ["renewal_of_id"], ["personnel_contract.id"], name=op.f("fk_personnel_contract_renewal_of_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_contract")),
        sa.UniqueConstraint("renewal_of_id", name=op.f("uq_personnel_contract_renewal_of_id")),
    )
    op.create_index(op.f("ix_personnel_contract_employee_id"), "personnel_contract", ["employee_id"], unique=False)
    op.create_table(
        "personnel_employee_private",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("emergency_contact", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["personnel_employee.id"], name=op.f("fk_personnel_employee_private_employee_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_employee_private")),
        sa.UniqueConstraint("employee_id", name=op.f("uq_personnel_employee_private_employee_id")),
    )
    op.create_table(
        "personnel_employment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False),
        sa.Column("hired_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column(
            "end_reason",
            sa.Enum(
                "resigned",
                "dismissed",
                "contract_ended",
                "retired",
                "died",
                name="endreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(employee_id, employee_id, '[]')"), "&&"),
            (sa.text("daterange(hired_on, ended_on)"), "&&"),
            using="gist",
            name="ex_personnel_employment",
        ),
        sa.CheckConstraint(
            "(ended_on IS NULL) = (end_reason IS NULL)", name=op.f("ck_personnel_employment_end_has_reason")
        ),
        sa.CheckConstraint(
            "ended_on IS NULL OR ended_on > hired_on", name=op.f("ck_personnel_employment_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["personnel_employee.id"], name=op.f("fk_personnel_employment_employee_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_employment")),
    )
    op.create_index(op.f("ix_personnel_employment_employee_id"), "personnel_employment", ["employee_id"], unique=False)
    op.create_table(
        "personnel_incident",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "injury",
                "near_miss",
                "commuting",
                name="incidentkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "outcome",
            sa.Enum(
                "first_aid",
                "death",
                "days_away",
                "restricted",
                "other_recordable",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("employee_id", sa.BigInteger(), nullable=True),
        sa.Column("contractor", sa.Text(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("days_away", sa.Integer(), nullable=False),
        sa.Column("days_restricted", sa.Integer(), nullable=False),
        sa.Column("privacy_case", sa.Boolean(), nullable=False),
        sa.Column("reported_by_id", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "kind <> 'near_miss' OR outcome IS NULL", name=op.f("ck_personnel_incident_near_miss_has_no_outcome")
        ),
        sa.CheckConstraint(
            "days_away >= 0 AND days_restricted >= 0", name=op.f("ck_personnel_incident_days_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["personnel_employee.id"], name=op.f("fk_personnel_incident_employee_id")
        ),
        sa.ForeignKeyConstraint(["place_id"], ["core_place.id"], name=op.f("fk_personnel_incident_place_id")),
        sa.ForeignKeyConstraint(
            ["reported_by_id"], ["core_user.id"], name=op.f("fk_personnel_incident_reported_by_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_personnel_incident_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_incident")),
        sa.UniqueConstraint("number", name=op.f("uq_personnel_incident_number")),
    )
    op.create_index(op.f("ix_personnel_incident_employee_id"), "personnel_incident", ["employee_id"], unique=False)
    op.create_index(op.f("ix_personnel_incident_happened_on"), "personnel_incident", ["happened_on"], unique=False)
    op.create_index(op.f("ix_personnel_incident_site_id"), "personnel_incident", ["site_id"], unique=False)
    op.create_table(
        "personnel_position",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column("headcount", sa.Integer(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("headcount >= 0", name=op.f("ck_personnel_position_headcount_not_negative")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["personnel_department.id"], name=op.f("fk_personnel_position_department_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_personnel_position_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_position")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_personnel_position_site_id_code")),
    )
    op.create_index(op.f("ix_personnel_position_department_id"), "personnel_position", ["department_id"], unique=False)
    op.create_index(op.f("ix_personnel_position_site_id"), "personnel_position", ["site_id"], unique=False)
    op.create_table(
        "personnel_shift_pattern_day",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("pattern_id", sa.BigInteger(), nullable=False),
        sa.Column("day_number", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("day_number >= 0", name=op.f("ck_personnel_shift_pattern_day_day_number")),
        sa.ForeignKeyConstraint(
            ["pattern_id"], ["personnel_shift_pattern.id"], name=op.f("fk_personnel_shift_pattern_day_pattern_id")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["personnel_shift_template.id"], name=op.f("fk_personnel_shift_pattern_day_template_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_shift_pattern_day")),
        sa.UniqueConstraint(
            "pattern_id", "day_number", name=op.f("uq_personnel_shift_pattern_day_pattern_id_day_number")
        ),
    )
    op.create_index(
        op.f("ix_personnel_shift_pattern_day_pattern_id"), "personnel_shift_pattern_day", ["pattern_id"], unique=False
    )
    op.create_table(
        "personnel_work_calendar",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("flexible_minutes", postgresql.ARRAY(sa.Integer()), nullable=True),
        sa.Column("works_holidays", sa.Boolean(), nullable=False),
        sa.Column("pattern_id", sa.BigInteger(), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["pattern_id"], ["personnel_shift_pattern.id"], name=op.f("fk_personnel_work_calendar_pattern_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_personnel_work_calendar_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_work_calendar")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_personnel_work_calendar_site_id_code")),
    )
    op.create_index(op.f("ix_personnel_work_calendar_site_id"), "personnel_work_calendar", ["site_id"], unique=False)
    op.create_table(
        "personnel_assignment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False),
        sa.Column("position_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("manager_id", sa.BigInteger(), nullable=True),
        sa.Column("cost_centre_id", sa.BigInteger(), nullable=True),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("work_calendar_id", sa.BigInteger(), nullable=False),
        sa.Column("pattern_offset_days", sa.Integer(), nullable=False),
        sa.Column("weekly_minutes", sa.Integer(), nullable=False),
        sa.Column("day_minutes", sa.Integer(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_by_id", sa.BigInteger(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(employee_id, employee_id, '[]')"), "&&"),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            where=sa.text("superseded_at IS NULL"),
            using="gist",
            name="ex_personnel_assignment",
        ),
        sa.CheckConstraint(
            "manager_id IS NULL OR manager_id <> employee_id", name=op.f("ck_personnel_assignment_not_own_manager")
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_personnel_assignment_ends_after_start")
        ),
        sa.CheckConstraint(
            "weekly_minutes >= 0 AND day_minutes > 0", name=op.f("ck_personnel_assignment_minutes_sensible")
        ),
        sa.ForeignKeyConstraint(
            ["cost_centre_id"], ["core_cost_centre.id"], name=op.f("fk_personnel_assignment_cost_centre_id")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["personnel_department.id"], name=op.f("fk_personnel_assignment_department_id")
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["personnel_employee.id"], name=op.f("fk_personnel_assignment_employee_id")
        ),
        sa.ForeignKeyConstraint(
            ["manager_id"], ["personnel_employee.id"], name=op.f("fk_personnel_assignment_manager_id")
        ),
        sa.ForeignKeyConstraint(["place_id"], ["core_place.id"], name=op.f("fk_personnel_assignment_place_id")),
        sa.ForeignKeyConstraint(
            ["position_id"], ["personnel_position.id"], name=op.f("fk_personnel_assignment_position_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["core_user.id"], name=op.f("fk_personnel_assignment_recorded_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"], ["personnel_assignment.id"], name=op.f("fk_personnel_assignment_superseded_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["work_calendar_id"], ["personnel_work_calendar.id"], name=op.f("fk_personnel_assignment_work_calendar_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_assignment")),
    )
    op.create_index(
        op.f("ix_personnel_assignment_department_id"), "personnel_assignment", ["department_id"], unique=False
    )
    op.create_index(op.f("ix_personnel_assignment_employee_id"), "personnel_assignment", ["employee_id"], unique=False)
    op.create_index(op.f("ix_personnel_assignment_manager_id"), "personnel_assignment", ["manager_id"], unique=False)
    op.create_index(op.f("ix_personnel_assignment_position_id"), "personnel_assignment", ["position_id"], unique=False)
    op.create_table(
        "personnel_requirement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("type_id", sa.BigInteger(), nullable=False),
        sa.Column("position_id", sa.BigInteger(), nullable=True),
        sa.Column("work", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(position_id IS NULL) <> (work IS NULL)", name=op.f("ck_personnel_requirement_position_or_work")
        ),
        sa.ForeignKeyConstraint(
            ["position_id"], ["personnel_position.id"], name=op.f("fk_personnel_requirement_position_id")
        ),
        sa.ForeignKeyConstraint(
            ["type_id"], ["personnel_certificate_type.id"], name=op.f("fk_personnel_requirement_type_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_requirement")),
        sa.UniqueConstraint(
            "type_id",
            "position_id",
            "work",
            name=op.f("uq_personnel_requirement_type_id_position_id_work"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "personnel_work_calendar_slot",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("calendar_id", sa.BigInteger(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column(
            "half",
            sa.Enum("first", "second", name="half", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.CheckConstraint(
            "start_minute BETWEEN 0 AND 1439 AND minutes BETWEEN 1 AND 1440",
            name=op.f("ck_personnel_work_calendar_slot_minutes_of_a_day"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_personnel_work_calendar_slot_weekday")),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["personnel_work_calendar.id"], name=op.f("fk_personnel_work_calendar_slot_calendar_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_work_calendar_slot")),
        sa.UniqueConstraint(
            "calendar_id",
            "weekday",
            "start_minute",
            name=op.f("uq_personnel_work_calendar_slot_calendar_id_weekday_start_minute"),
        ),
    )
    op.create_index(
        op.f("ix_personnel_work_calendar_slot_calendar_id"),
        "personnel_work_calendar_slot",
        ["calendar_id"],
        unique=False,
    )
