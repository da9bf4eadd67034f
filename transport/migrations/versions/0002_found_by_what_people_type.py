"""What people type finds records by their names and words"""

import sqlalchemy as sa
from alembic import op

revision = "transport_0002"
down_revision = "transport_0001"

FOUND_BY = {
    "transport_order": "number, what",
    "transport_vehicle": "name, code, licence",
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
