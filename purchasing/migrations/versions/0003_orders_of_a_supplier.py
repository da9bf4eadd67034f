"""The orders of a supplier are found in their order, also those in one state"""

from alembic import op

revision = "purchasing_0003"
down_revision = "purchasing_0002"


def upgrade() -> None:
    op.create_index("ix_purchasing_order_of_supplier", "purchasing_order", ["supplier_id", "id"])
    op.create_index("ix_purchasing_order_supplier_state", "purchasing_order", ["supplier_id", "state", "id"])
    op.drop_index("ix_purchasing_order_supplier_id", "purchasing_order")
