"""A plan may say which other one it changes, and how"""

import sqlalchemy as sa
from alembic import op

revision = "transport_0004"
down_revision = "transport_0003"


def upgrade() -> None:
    op.create_table(
        "transport_replan",
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("base_id", sa.BigInteger(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("vehicle_out_id", sa.BigInteger(), nullable=True),
        sa.Column("as_if_minute", sa.Integer(), nullable=True),
        sa.Column("others_stay", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["base_id"], ["transport_plan.id"], name=op.f("fk_transport_replan_base_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["transport_plan.id"], name=op.f("fk_transport_replan_plan_id")),
        sa.ForeignKeyConstraint(
            ["vehicle_out_id"], ["transport_vehicle.id"], name=op.f("fk_transport_replan_vehicle_out_id")
        ),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_transport_replan")),
    )
    op.create_index(op.f("ix_transport_replan_base_id"), "transport_replan", ["base_id"])
    op.create_index(op.f("ix_transport_replan_vehicle_out_id"), "transport_replan", ["vehicle_out_id"])
