"""Ids taken in advance, so that many rows go in at once and what hangs on them knows them already."""

from __future__ import annotations

import sqlalchemy as sa

from plantops.context import Context, within
from plantops.db import Base


@within("set-wise actions write rows and what hangs on them")
def next_ids(ctx: Context, table: type[Base], count: int) -> list[int]:
    """The next ids of a table, each given out once."""
    taken = ctx.session.scalars(
        sa.text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)"),
        {"table": table.__tablename__, "count": count},
    )
    return list(taken)
