"""What people type finds records by their names and words"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "core_0014"
down_revision = "core_0013"

FUNCTIONS = Path(__file__).parent.parent / "core_0014_findable.sql"
FOUND_BY = {
    "core_item": "name, sku, barcode",
    "core_party": "name, town, vat_id",
    "core_store": "name, code",
    "core_user": "name, login",
}


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection  # straight to psycopg: many statements
    assert driver is not None
    driver.execute(FUNCTIONS.read_text(encoding="utf-8"))
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
