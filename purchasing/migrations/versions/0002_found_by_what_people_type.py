"""What people type finds records by their names and words"""

import sqlalchemy as sa
from alembic import op

revision = "purchasing_0002"
down_revision = "purchasing_0001c"

FOUND_BY = {
    "purchasing_requisition": "number, title",
    "purchasing_order": "number, supplier_reference",
    "purchasing_invoice": "number, supplier_number",
    "purchasing_receipt": "number, delivery_note",
    "purchasing_unknown_delivery": "sender, text, delivery_note",
}


def upgrade() -> None:
    for table, columns in FOUND_BY.items():
        first = columns.partition(",")[0]
        op.create_index(f"ix_{table}_begins", table, [sa.text(f"core_begins({first})")])
        op.create_index(
            f"ix_{table}_words",
            table,
            [sa.text(f"core_words({columns})")],
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        )
