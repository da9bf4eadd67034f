"""What people type finds records by their names and words"""

import sqlalchemy as sa
from alembic import op

revision = "personnel_0003"
down_revision = "personnel_0002"

FOUND_BY = {
    "personnel_employee": "name, number",
    "personnel_incident": "number, what",
    "personnel_leave_request": "number",
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
