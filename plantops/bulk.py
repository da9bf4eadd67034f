"""Many rows at once: by COPY, with every check, key and audit trigger of a single row."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from operator import itemgetter
from types import NoneType
from typing import Any, cast

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.exc import DBAPIError

from plantops.context import Context, within
from plantops.db import Base

AT_ONCE = 1000  # rows that are sent together
NOTHING = "\\N"  # as COPY writes a null
# The regclass is found once: asked for each number, it costs more than the number itself.
TAKE_IDS = sa.text(
    "SELECT array_agg(nextval(ids.sequence)) FROM (SELECT CAST(pg_get_serial_sequence(:table, 'id') AS regclass)"
    " AS sequence OFFSET 0) AS ids, generate_series(1, :count)"
)
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@within("set-wise actions write rows and what hangs on them")
def next_ids(ctx: Context, model: type[Base], count: int) -> list[int]:
    """The next ids of a table, each given out once."""
    return list(ctx.session.scalar(TAKE_IDS, {"table": model.__tablename__, "count": count}) or ())


@within("imports, ledgers and the demo write many rows")
def insert_many(ctx: Context, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """The ids in the order of the rows: those that the rows carry, else new ones. The first row names the columns."""
    if not rows:
        return []
    table = cast(sa.Table, model.__table__)
    ctx.session.flush()
    ids = [row["id"] for row in rows] if "id" in rows[0] else next_ids(ctx, model, len(rows))
    names = [column.name for column in table.columns if column.server_default is None and column.name != "id"]
    names += [name for name in rows[0] if name not in names and name != "id"]
    defaults = {name: _default(table.columns[name]) for name in names}
    special = [(place, cell) for place, name in enumerate(names) if (cell := _cell(table.columns[name].type))]
    pick = itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, ("id", *names)))
    )
    driver: Any = ctx.session.connection().connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for start in range(0, len(rows), AT_ONCE):
                part = zip(ids[start : start + AT_ONCE], rows[start : start + AT_ONCE], strict=True)
                copy.write("".join([_line(id, pick({**defaults, **row}), special) for id, row in part]))
    except psycopg.Error as error:  # told as any other statement's, so that an import finds the guilty row
        said = f"COPY {table.name}"
        raise DBAPIError.instance(said, None, error, psycopg.Error, dialect=ctx.session.connection().dialect) from error
    return ids


def _default(column: sa.Column[Any]) -> Any:
    default = column.default
    if not isinstance(default, sa.ColumnDefault):
        return None
    return cast(Any, default.arg)(None) if default.is_callable else default.arg


def _line(id: int, values: tuple[Any, ...], special: Sequence[tuple[int, Callable[[Any], str]]]) -> str:
    cells = [WRITTEN[type(value)](value) for value in values]
    for place, cell in special:
        cells[place] = cell(values[place])
    return f"{id}\t" + "\t".join(cells) + "\n"


# --- A value as COPY reads it


def _escaped(value: str) -> str:
    return value.translate(ESCAPES)


class _Written(dict[type, Callable[[Any], str]]):
    """How each type is written; what is not named, such as a StrEnum, as its text."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        self[kind] = lambda value: _escaped(str(value))
        return self[kind]


WRITTEN = _Written(
    {
        NoneType: lambda _nothing: NOTHING,
        bool: lambda value: "t" if value else "f",
        int: str,
        Decimal: str,
        date: str,
        datetime: str,
        str: _escaped,
    }
)


def _cell(kind: sa.types.TypeEngine[Any]) -> Callable[[Any], str] | None:
    """How a column is written whose values do not say it themselves."""
    if isinstance(kind, sa.JSON):
        return _json
    return _array if isinstance(kind, sa.ARRAY) else None


def _json(value: Any) -> str:
    return NOTHING if value is None else _escaped(json.dumps(value, ensure_ascii=False, default=str))


def _array(value: Sequence[Any] | None) -> str:
    """A list of texts, numbers or dates, none of them empty places."""
    if value is None:
        return NOTHING
    quoted = ['"' + str(one).replace("\\", "\\\\").replace('"', '\\"') + '"' for one in value]
    return _escaped("{" + ",".join(quoted) + "}")
