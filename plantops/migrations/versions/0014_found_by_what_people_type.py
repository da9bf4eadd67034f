"""What people type finds records by their names and words"""

import sqlalchemy as sa
from alembic import op

from plantops.findable import FUNCTIONS

revision = "core_0014"
down_revision = "core_0013"

FOUND_BY = {
    "core_item": "name, sku, barcode",
    "core_party": "name, town, vat_id",
    "core_store": "name, code",
    "core_user": "name, login",
}


def upgrade() -> None:
    op.execute(sa.text(FUNCTIONS))
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
