"""Staged rows: what stood in the file, what it means, what is wrong with it, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from plantops import sheets
from plantops.context import Context, within
from plantops.db import Base, Id, choice, unaudited
from plantops.import_kinds import Column, Holds, ImportKind, Kept, Loaded, Refusal, Row
from plantops.import_maps import ReadRow
from plantops.sheets import Cell, CellProblem, SheetRow

STAGED_AT_ONCE = 2000
CELLS, FAULTS = "c", "f"

# One statement for some thousands of rows: row by row, 100,000 take three times as long.
STAGE = sa.text(
    "INSERT INTO core_import_row (import_id, number, state, cells, raw, reasons, problems, group_key)"
    " SELECT :import, r.* FROM jsonb_to_recordset(:rows)"
    " AS r(number int, state text, cells jsonb, raw jsonb, reasons jsonb, problems jsonb, group_key text)"
).bindparams(sa.bindparam("rows", type_=JSONB))

MARK_KEPT = sa.text(
    "UPDATE core_import_row AS row SET state = CASE WHEN k.made_id IS NULL THEN 'undone' ELSE 'loaded' END,"
    " problems = CASE WHEN k.made_id IS NULL THEN '[]' ELSE"
    " jsonb_build_array(jsonb_build_object('column', CAST(:whole_row AS text), 'value', '', 'why', k.why)) END"
    " FROM core_import_row AS mine"
    " LEFT JOIN jsonb_to_recordset(:rows) AS k(made_id bigint, why text) ON k.made_id = mine.made_id"
    " WHERE mine.id = row.id AND mine.import_id = :import AND mine.state = 'loaded'"
).bindparams(sa.bindparam("rows", type_=JSONB))

RESTAGE = sa.text(
    "UPDATE core_import_row AS row SET state = r.state, cells = r.cells, raw = r.raw, reasons = r.reasons,"
    " problems = r.problems, group_key = r.group_key"
    " FROM jsonb_to_recordset(:rows)"
    " AS r(number int, state text, cells jsonb, raw jsonb, reasons jsonb, problems jsonb, group_key text)"
    " WHERE row.import_id = :import AND row.number = r.number"
).bindparams(sa.bindparam("rows", type_=JSONB))

# What was loaded is kept as what was made of it, and not a second time as it stood in the file.
MARK = sa.text(
    "UPDATE core_import_row AS row SET state = r.state, made_id = r.made,"
    " problems = COALESCE(r.problems, row.problems),"
    " raw = CASE WHEN r.state = 'loaded' THEN '{}' ELSE row.raw END"
    " FROM jsonb_to_recordset(:rows) AS r(number int, state text, problems jsonb, made bigint)"
    " WHERE row.import_id = :import AND row.number = r.number"
).bindparams(sa.bindparam("rows", type_=JSONB))


class RowState(StrEnum):
    READY = "ready"
    REFUSED = "refused"
    SKIPPED = "skipped"
    LOADED = "loaded"
    UNDONE = "undone"


class ImportRow(Base):
    """A staged row: its mapped cells as they stood in the file, and what is wrong with them."""

    __tablename__ = "core_import_row"
    __table_args__ = (
        sa.UniqueConstraint("import_id", "number"),
        sa.Index("ix_core_import_row_state", "import_id", "state", "number"),
        unaudited(),
    )

    id: Mapped[Id]
    import_id: Mapped[int] = mapped_column(sa.ForeignKey("core_import.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(sa.Integer)
    state: Mapped[RowState] = mapped_column(choice(RowState, "import_row_state"))
    cells: Mapped[dict[str, Any]] = mapped_column(JSONB)
    raw: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """The mapped cells as they stood in the file, by its own names, until the row is loaded."""
    problems: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    reasons: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    group_key: Mapped[str] = mapped_column(default="")
    """Rows of one document stay together when they load: its number, say."""
    made_id: Mapped[int | None]


# --- As JSON keeps it, and back


def staged(kind: ImportKind, read: ReadRow, raw: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: _plain(value) for name, value in read.row.values.items() if value is not None}
    return {
        "number": read.row.number,
        "state": RowState.REFUSED if read.problems else RowState.READY,
        "cells": plain,
        "raw": raw,
        "reasons": dict(read.row.reasons),
        "problems": [problem_of(problem) for problem in read.problems],
        "group_key": "\x1f".join(str(plain.get(name, "")) for name in kind.group_by),
    }


def problem_of(problem: Refusal) -> dict[str, str]:
    return {"column": problem.column, "value": problem.value, "why": problem.why}


def raw_of(row: SheetRow, sources: Iterable[str]) -> dict[str, Any]:
    """The mapped cells of a row of the file, each in a form from which it comes back as it was."""
    cells = {name: packed(row.cells[name]) for name in sources if row.cells.get(name, "") != ""}
    faults = [[fault.column, fault.value, fault.why] for fault in row.problems]
    return {CELLS: cells, FAULTS: faults} if faults else {CELLS: cells}


def sheet_row(number: int, raw: Mapping[str, Any], sources: Iterable[str]) -> SheetRow:
    """The row of the file again."""
    kept = raw.get(CELLS, {})
    cells = {name: unpacked(kept[name]) if name in kept else "" for name in sources}
    return SheetRow(number, cells, [CellProblem(*fault) for fault in raw.get(FAULTS, ())])


def packed(cell: Cell) -> Any:
    match cell:
        case str() | bool():
            return cell
        case Decimal():
            return {"n": str(cell)}
        case datetime():
            return {"t": cell.isoformat()}
        case date():
            return {"d": cell.isoformat()}
        case time():
            return {"h": cell.isoformat()}


def unpacked(kept: Any) -> Cell:
    if isinstance(kept, str | bool):
        return kept
    ((sign, text),) = kept.items()
    match sign:
        case "n":
            return Decimal(text)
        case "t":
            return datetime.fromisoformat(text)
        case "d":
            return date.fromisoformat(text)
        case _:
            return time.fromisoformat(text)


def _plain(value: object) -> object:
    """As JSON keeps it; `_typed` is the way back."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _typed(column: Column, value: Any) -> Any:
    match column.holds:
        case Holds.NUMBER:
            return Decimal(value)
        case Holds.DAY:
            return date.fromisoformat(value)
        case Holds.MOMENT:
            return datetime.fromisoformat(value)
        case _:
            return value


# --- Questions


@within("the import that they belong to is seen")
def counts(ctx: Context, import_id: int) -> dict[RowState, int]:
    """How many rows are in which state."""
    states = sa.select(ImportRow.state, sa.func.count()).where(ImportRow.import_id == import_id)
    return dict(ctx.session.execute(states.group_by(ImportRow.state)).all())


@within("a step of loading an import")
def chunks(ctx: Context, import_id: int, kind: ImportKind) -> Iterator[list[list[Row]]]:
    """Chunks of groups of rows in the order of the file; a group (the lines of one order) is never cut."""
    first = sa.func.min(ImportRow.number).over(partition_by=ImportRow.group_key)
    order: list[sa.ColumnElement[Any]] = [first] if kind.group_by else []
    ready = sa.select(ImportRow.id, ImportRow.group_key).where(
        ImportRow.import_id == import_id, ImportRow.state == RowState.READY
    )
    found = ctx.session.execute(ready.order_by(*order, ImportRow.number)).all()
    pending: list[list[int]] = []
    for _key, members in groupby(found, key=lambda row: row.group_key if kind.group_by else row.id):
        pending.append([row.id for row in members])
        if sum(map(len, pending)) >= kind.chunk_rows:
            yield _fetched(ctx, kind, pending)
            pending = []
    if pending:
        yield _fetched(ctx, kind, pending)


def _fetched(ctx: Context, kind: ImportKind, groups: Sequence[Sequence[int]]) -> list[list[Row]]:
    wanted = [id for group in groups for id in group]
    columns = {column.name: column for column in kind.columns}
    rows = {
        row.id: Row(
            row.number,
            dict.fromkeys(columns) | {name: _typed(columns[name], value) for name, value in row.cells.items()},
            row.reasons,
        )
        for row in ctx.session.execute(
            sa.select(ImportRow.id, ImportRow.number, ImportRow.cells, ImportRow.reasons).where(
                ImportRow.id.in_(wanted)
            )
        )
    }
    return [[rows[id] for id in group] for group in groups]


# --- Actions


@within("a step of reading a file")
def keep(ctx: Context, import_id: int, rows: Iterator[dict[str, Any]], tell: Callable[[int], None]) -> tuple[int, int]:
    """Write the rows down, some thousands at a time; returns how many there are and how many are refused."""
    count = refused = 0
    batch: list[dict[str, Any]] = []
    for row in rows:
        count += 1
        refused += row["state"] is RowState.REFUSED
        batch.append(row)
        if len(batch) == STAGED_AT_ONCE:
            ctx.session.execute(STAGE, {"import": import_id, "rows": batch})
            batch = []
            tell(count)
    if batch:
        ctx.session.execute(STAGE, {"import": import_id, "rows": batch})
    return count, refused


@within("a step of loading an import")
def mark(ctx: Context, import_id: int, rows: Sequence[Row], loaded: Loaded) -> None:
    """Note on each staged row what became of it."""
    problems: dict[int, list[dict[str, str]]] = {}
    for refusal in loaded.refused:
        problems.setdefault(refusal.row, []).append(problem_of(refusal))
    outcomes = [
        {
            "number": row.number,
            "state": RowState.REFUSED if row.number in problems else RowState.LOADED,
            "problems": problems.get(row.number),
            "made": None if row.number in problems else loaded.made.get(row.number),
        }
        for row in rows
    ]
    ctx.session.execute(MARK, {"import": import_id, "rows": outcomes})


@within("a step of trying an import out")
def refuse(ctx: Context, import_id: int, refused: Sequence[tuple[int, list[dict[str, str]]]]) -> None:
    """These rows do not load, for these reasons."""
    outcomes = [
        {"number": number, "state": RowState.REFUSED, "problems": problems, "made": None}
        for number, problems in refused
    ]
    if outcomes:
        ctx.session.execute(MARK, {"import": import_id, "rows": outcomes})


@within("a step of taking an import back")
def mark_kept(ctx: Context, import_id: int, kept: Sequence[Kept]) -> None:
    """These records stay, with the reason beside their rows; the others are taken back."""
    why = {one.made_id: one.why for one in kept}
    rows = [{"made_id": id, "why": reason} for id, reason in why.items()]
    ctx.session.execute(MARK_KEPT, {"import": import_id, "rows": rows, "whole_row": sheets.WHOLE_ROW})
