"""What changed on a document, field by field with old and new, read from the audit trail in people's words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from plantops import audit, links
from plantops.context import Context, within
from plantops.db import Base
from plantops.module import Document, Lines

MOST = 30
NEAR = 200
"""So many rows of the trail before and after a document's own row are looked through for those of its lines."""
NAMES = ("name", "number", "code")

# The document's own rows; asked for together with the rest of its log.
OWN = f"""
SELECT 'change' AS part, a.id, a.at, COALESCE(u.name, '') AS actor, b.name AS on_behalf_of,
    jsonb_build_object('txid', a.txid, 'payload', a.payload) AS more
FROM (SELECT * FROM core_audit WHERE table_name = :kind AND row_id = CAST(:row AS text) AND operation <> 'I'
    ORDER BY id DESC LIMIT {MOST}) a
LEFT JOIN core_user u ON u.id = a.actor_id LEFT JOIN core_user b ON b.id = a.on_behalf_of
"""  # noqa: S608  a number of this program
BESIDE = """
SELECT DISTINCT ON (a.id) a.txid, a.table_name, a.row_id, a.operation, a.payload
FROM unnest(CAST(:ids AS bigint[]), CAST(:ats AS timestamptz[]), CAST(:txids AS bigint[])) AS own (id, at, txid)
JOIN core_audit a ON a.id BETWEEN own.id - :near AND own.id + :near AND a.at = own.at AND a.txid = own.txid
WHERE a.table_name = ANY(:tables) AND a.payload IS NOT NULL ORDER BY a.id
"""


@dataclass(frozen=True)
class FieldChange:
    """One field; `line` is the line that it stands in, empty for the document's own."""

    label: str
    before: object
    after: object
    line: str = ""


@dataclass(frozen=True)
class Change:
    """What one person changed in one go."""

    at: datetime
    actor: str
    on_behalf_of: str | None
    fields: tuple[FieldChange, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass
class _Found:
    fields: list[tuple[str, sa.Column[Any], Any, Any, str]] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


@within("shown on a document that the person may see; only fields that its manifest declares are told")
def told(ctx: Context, origin: str, own: Sequence[sa.Row[Any]]) -> list[Change]:
    """The changes of a document whose rows of the trail were read by `OWN`, newest first."""
    kind, id = links.parts(origin)
    document, table = ctx.registry.document(kind), Base.metadata.tables.get(kind)
    if document is None or table is None or not own:
        return []
    own = sorted(own, key=lambda row: row.id, reverse=True)
    found: dict[int, _Found] = {}
    for row in own:
        one = found.setdefault(row.more["txid"], _Found())
        one.fields += _changed(table, document.fields, _read(row.more["payload"]), "")
    _add_lines(ctx, document, id, own, found)
    names = _Names(
        ctx, [(column, value) for one in found.values() for _, column, *values, _ in one.fields for value in values]
    )
    changes, seen = [], set()
    for row in own:
        txid = row.more["txid"]
        one = found[txid]
        if txid in seen or not (one.fields or one.added or one.removed):
            continue
        seen.add(txid)
        fields = tuple(
            FieldChange(label, names.said(column, before), names.said(column, after), line)
            for label, column, before, after, line in one.fields
        )
        changes.append(Change(row.at, row.actor, row.on_behalf_of, fields, tuple(one.added), tuple(one.removed)))
    return changes


def _read(payload: str | None) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(payload, parse_float=Decimal) if payload else {}
    return read


def _changed(
    table: sa.FromClause, fields: Mapping[str, str], body: Mapping[str, Any], line: str
) -> Iterable[tuple[str, Any, Any, Any, str]]:
    for name, label in fields.items():
        pair = body.get(name)
        if isinstance(pair, list) and len(pair) == 2:
            yield label, table.c[name], pair[0], pair[1], line


def _add_lines(ctx: Context, document: Document, id: int, own: Any, found: dict[int, _Found]) -> None:
    """Lines that were added, changed or taken off together with a change of the document itself."""
    if not document.lines:
        return
    by_table = {lines.table: lines for lines in document.lines}
    given = {
        "ids": [row.id for row in own],
        "ats": [row.at for row in own],
        "txids": [row.more["txid"] for row in own],
        "near": NEAR,
        "tables": list(by_table),
    }
    names = {name: _names_of_lines(ctx, lines, id) for name, lines in by_table.items()}
    for row in ctx.session.execute(sa.text(BESIDE), given):
        lines, one, body = by_table[row.table_name], found[row.txid], _read(row.payload)
        if row.operation == "U":
            called = names[row.table_name].get(row.row_id)
            if called is not None:
                table = Base.metadata.tables[row.table_name]
                one.fields += _changed(table, lines.fields, body, called)
        elif body.get(lines.parent) == id:
            (one.added if row.operation == "I" else one.removed).append(str(body.get(lines.name) or ""))


def _names_of_lines(ctx: Context, lines: Lines, id: int) -> dict[str, str]:
    table = Base.metadata.tables[lines.table]
    query = sa.select(table.c.id, table.c[lines.name]).where(table.c[lines.parent] == id)
    return {str(row[0]): str(row[1] or "") for row in ctx.session.execute(query)}


class _Names:
    """What ids stand for, asked once for each table."""

    def __init__(self, ctx: Context, values: Iterable[tuple[sa.Column[Any], Any]]) -> None:
        wanted: dict[str, set[int]] = {}
        for column, value in values:
            for key in column.foreign_keys:
                if isinstance(value, int):
                    wanted.setdefault(key.column.table.name, set()).add(value)
        self._names: dict[tuple[str, int], str] = {}
        for name, ids in wanted.items():
            table = Base.metadata.tables[name]
            for called in [table.c[one] for one in NAMES if one in table.c][:1]:
                for row in ctx.session.execute(sa.select(table.c.id, called).where(table.c.id.in_(ids))):
                    self._names[name, row[0]] = str(row[1] or "")

    def said(self, column: sa.Column[Any], value: Any) -> object:
        """A value of the trail as Python has it; an id as the name of what it stands for."""
        for key in column.foreign_keys:
            return self._names.get((key.column.table.name, value), "") if value is not None else None
        stored = None if value == "" else audit.as_stored(column, value)
        return stored.normalize() if isinstance(stored, Decimal) else stored
