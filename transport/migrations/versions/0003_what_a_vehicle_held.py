"""A trip keeps what its vehicle held when it was planned"""

import sqlalchemy as sa
from alembic import op

revision = "transport_0003"
down_revision = "transport_0002"

# What it held back then nobody wrote down: what it holds now, and no less than it carried.
KEEP = """
UPDATE transport_trip t SET capacity_kg = greatest(v.capacity_kg, t.weight_kg),
    capacity_m3 = greatest(v.capacity_m3, t.volume_m3)
FROM transport_vehicle v WHERE v.id = t.vehicle_id
"""


def upgrade() -> None:
    for name in ("capacity_kg", "capacity_m3"):
        op.add_column("transport_trip", sa.Column(name, sa.Numeric(precision=18, scale=6), nullable=True))
    op.execute("SELECT set_config('plantops.actor', '1', true)")
    op.execute(KEEP)
    for name in ("capacity_kg", "capacity_m3"):
        op.alter_column("transport_trip", name, nullable=False)
