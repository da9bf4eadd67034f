"""What people type finds records by their names and words"""

import sqlalchemy as sa
from alembic import op

revision = "housekeeping_0002"
down_revision = "housekeeping_0001"

FOUND_BY = {
    "housekeeping_request": "number, text",
    "housekeeping_workorder": "number, title",
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
