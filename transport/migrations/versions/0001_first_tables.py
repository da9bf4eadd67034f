"""Transport's first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "transport_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "transport_address",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column("latitude", sa.Numeric(precision=9, scale=6), nullable=False),
        sa.Column("longitude", sa.Numeric(precision=9, scale=6), nullable=False),
        sa.Column("gate_note", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("is_depot", sa.Boolean(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("to_minute", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name=op.f("ck_transport_address_on_earth")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_transport_address_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transport_address")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_transport_address_site_id_code")),
    )
    op.create_index(op.f("ix_transport_address_import_id"), "transport_address", ["import_id"], unique=False)
    op.create_index(op.f("ix_transport_address_site_id"), "transport_address", ["site_id"], unique=False)
    op.create_table(
        "transport_plan",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "computing",
                "draft",
                "published",
                "superseded",
                "failed",
                name="planstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("made_by_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds_asked", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("cost", sa.Numeric(precision=19, scale=4), nullable=True),
        sa.Column("bound", sa.Numeric(precision=19, scale=4), nullable=True),
        sa.Column("gap", sa.Numeric(precision=12, scale=8), nullable=True),
        sa.Column("seconds", sa.Numeric(precision=10, scale=3), nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("job_run_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["made_by_id"], ["core_user.id"], name=op.f("fk_transport_plan_made_by_id")),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_transport_plan_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transport_plan")),
    )
    op.create_index("ix_transport_plan_site_day", "transport_plan", ["site_id", "day"], unique=False)
    op.create_index(
        "uq_transport_plan_one_published",
        "transport_plan",
        ["site_id", "day"],
        unique=True,
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_table(
        "transport_vehicle",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "truck",
                "van",
                "yard_truck",
                "pool_car",
                name="vehiclekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("capacity_kg", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("capacity_m3", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("capacity_pallets", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("cost_fixed", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("cost_per_km", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("cost_per_hour", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("to_minute", sa.Integer(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("co2_g_per_km", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "0 <= from_minute AND from_minute < to_minute AND to_minute <= 2880",
            name=op.f("ck_transport_vehicle_hours_in_order"),
        ),
        sa.CheckConstraint(
            "capacity_kg >= 0 AND capacity_m3 >= 0", name=op.f("ck_transport_vehicle_capacity_not_negative")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_transport_vehicle_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transport_vehicle")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_transport_vehicle_site_id_code")),
    )
    op.create_index(op.f("ix_transport_vehicle_import_id"), "transport_vehicle", ["import_id"], unique=False)
    op.create_index(op.f("ix_transport_vehicle_site_id"), "transport_vehicle", ["site_id"], unique=False)
    op.create_table(
        "transport_banned",
        sa.Column("vehicle_id", sa.BigInteger(), nullable=False),
        sa.Column("address_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["transport_address.id"], name=op.f("fk_transport_banned_address_id")),
        sa.ForeignKeyConstraint(["vehicle_id"], ["transport_vehicle.id"], name=op.f("fk_transport_banned_vehicle_id")),
        sa.PrimaryKeyConstraint("vehicle_id", "address_id", name=op.f("pk_transport_banned")),
    )
    op.create_table(
        "transport_driver",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False),
        sa.Column("home_vehicle_id", sa.BigInteger(), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["personnel_employee.id"], name=op.f("fk_transport_driver_employee_id")
        ),
        sa.ForeignKeyConstraint(
            ["home_vehicle_id"], ["transport_vehicle.id"], name=op.f("fk_transport_driver_home_vehicle_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_transport_driver_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transport_driver")),
        sa.UniqueConstraint("employee_id", name=op.f("uq_transport_driver_employee_id")),
    )
    op.create_index(op.f("ix_transport_driver_site_id"), "transport_driver", ["site_id"], unique=False)
    op.create_table(
        "transport_order",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("delivery", "pickup", name="orderkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("address_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("weight_kg", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("volume_m3", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("pallets", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("articles", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("to_minute", sa.Integer(), nullable=False),
        sa.Column("service_minutes", sa.Numeric(precision=8, scale=3), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requested",
                "planned",
                "delivered",
                "partial",
                "refused",
                "nobody_there",
                "cancelled",
                name="orderstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("requested_by_id", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("outcome_note", sa.Text(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "0 <= from_minute AND from_minute <= to_minute AND to_minute <= 2880",
            name=op.f("ck_transport_order_window_in_order"),
        ),
        sa.CheckConstraint("service_minutes >= 0", name=op.f("ck_transport_order_service_not_negative")),
        sa.CheckConstraint("weight_kg >= 0 AND volume_m3 >= 0", name=op.f("ck_transport_order_load_not_negative")),
        sa.ForeignKeyConstraint(["address_id"], ["transport_address.id"], name=op.f("fk_transport_order_address_id")),
        sa.ForeignKeyConstraint(["requested_by_id"], ["core_user.id"], name=op.f("fk_transport_order_requested_by_id")),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_transport_order_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transport_order")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_transport_order_site_id_number")),
    )
    op.create_index(op.f("ix_transport_order_address_id"), "transport_order", ["address_id"], unique=False)
    op.create_index(op.f("ix_transport_order_import_id"), "transport_order", ["import_id"], unique=False)
    op.create_index("ix_transport_order_site_day", "transport_order", ["site_id", "day", "state"], unique=False)
    op.create_table(
        "transport_outage",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("vehicle_id", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("last_day IS NULL OR last_day >= first_day", name=op.f("ck_transport_outage_days_in_order")),
        sa.ForeignKeyConstraint(["vehicle_id"], ["transport_vehicle.id"], name=op.f("fk_transport_outage_vehicle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transport_outage")),
    )
    op.create_index(op.f("ix_transport_outage_vehicle_id"), "transport_outage", ["vehicle_id"], unique=False)
    op.create_table(
        "transport_road",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("to_id", sa.BigInteger(), nullable=False),
        sa.Column("km", sa.Numeric(precision=10, scale=3), nullable=False),
        sa.Column("minutes", sa.Numeric(precision=10, scale=3), nullable=False),
        sa.CheckConstraint("km >= 0 AND minutes >= 0", name=op.f("ck_transport_road_not_negative")),
        sa.ForeignKeyConstraint(["from_id"], ["transport_address.id"], name=op.f("fk_transport_road_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["transport_address.id"], name=op.f("fk_transport_road_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transport_road")),
        sa.UniqueConstraint("from_id", "to_id", name=op.f("uq_transport_road_from_id_to_id")),
        info={"audit": False},
    )
    op.create_index(op.f("ix_transport_road_to_id"), "transport_road", ["to_id"], unique=False)
    op.create_table(
        "transport_vehicle_document",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("vehicle_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vehicle_id"], ["transport_vehicle.id"], name=op.f("fk_transport_vehicle_document_vehicle_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transport_vehicle_document")),
    )
    op.create_index(
        op.f("ix_transport_vehicle_document_vehicle_id"), "transport_vehicle_document", ["vehicle_id"], unique=False
    )
    op.create_table(
        "transport_left_out",
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["transport_order.id"], name=op.f("fk_transport_left_out_order_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["transport_plan.id"], name=op.f("fk_transport_left_out_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "order_id", name=op.f("pk_transport_left_out")),
    )
    op.create_table(
        "transport_trip",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("vehicle_id", sa.BigInteger(), nullable=False),
        sa.Column("driver_id", sa.BigInteger(), nullable=True),
        sa.Column("leaves_minute", sa.Numeric(precision=8, scale=2), nullable=False),
        sa.Column("returns_minute", sa.Numeric(precision=8, scale=2), nullable=False),
        sa.Column("km", sa.Numeric(precision=10, scale=3), nullable=False),
        sa.Column("empty_km", sa.Numeric(precision=10, scale=3), nullable=False),
        sa.Column("cost", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("weight_kg", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("volume_m3", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.ForeignKeyConstraint(["driver_id"], ["transport_driver.id"], name=op.f("fk_transport_trip_driver_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["transport_plan.id"], name=op.f("fk_transport_trip_plan_id")),
        sa.ForeignKeyConstraint(["vehicle_id"], ["transport_vehicle.id"], name=op.f("fk_transport_trip_vehicle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transport_trip")),
        sa.UniqueConstraint("plan_id", "vehicle_id", name=op.f("uq_transport_trip_plan_id_vehicle_id")),
    )
    op.create_index(op.f("ix_transport_trip_driver_id"), "transport_trip", ["driver_id"], unique=False)
    op.create_index(op.f("ix_transport_trip_vehicle_id"), "transport_trip", ["vehicle_id"], unique=False)
    op.create_table(
        "transport_stop",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("trip_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("arrives_minute", sa.Numeric(precision=8, scale=2), nullable=False),
        sa.Column("starts_minute", sa.Numeric(precision=8, scale=2), nullable=False),
        sa.Column("departs_minute", sa.Numeric(precision=8, scale=2), nullable=False),
        sa.Column("slack_minutes", sa.Numeric(precision=8, scale=2), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["transport_order.id"], name=op.f("fk_transport_stop_order_id")),
        sa.ForeignKeyConstraint(["trip_id"], ["transport_trip.id"], name=op.f("fk_transport_stop_trip_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transport_stop")),
        sa.UniqueConstraint("trip_id", "sequence", name=op.f("uq_transport_stop_trip_id_sequence")),
    )
    op.create_index(op.f("ix_transport_stop_order_id"), "transport_stop", ["order_id"], unique=False)
