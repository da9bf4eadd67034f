"""Many rows at once: by COPY, with every check, key and audit trigger of a single row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, cast

import sqlalchemy as sa
from psycopg import sql
from psycopg.types.json import Jsonb

from plantops.context import Context, within
from plantops.db import Base


@within("imports, the ledger and the demo write many rows")
def insert_many(ctx: Context, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """The new ids in the order of the rows. By COPY: checks, keys and audit triggers hold as for any row."""
    if not rows:
        return []
    table = cast(sa.Table, model.__table__)
    ctx.session.flush()
    taken = sa.text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
    ids = list(ctx.session.scalars(taken, {"table": table.name, "count": len(rows)}))
    names = [column.name for column in table.columns if column.server_default is None and column.name != "id"]
    names += [name for name in rows[0] if name not in names]
    defaults = {column.name: _default(column) for column in table.columns}
    listed = sql.SQL(", ").join(map(sql.Identifier, ("id", *names)))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), listed)
    driver: Any = ctx.session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for id, row in zip(ids, rows, strict=True):
            copy.write_row((id, *(_copied(row.get(name, defaults[name])) for name in names)))
    return ids


def _default(column: sa.Column[Any]) -> Any:
    return column.default.arg if isinstance(column.default, sa.ColumnDefault) else None


def _copied(value: Any) -> Any:
    """A value as COPY wants it."""
    if isinstance(value, StrEnum):
        return value.value
    return Jsonb(value) if isinstance(value, dict) else value
