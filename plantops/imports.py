"""Imports: a stranger's table becomes documents; bad cells are named, good rows load, all of it can be undone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from plantops import import_maps, jobs, sheets
from plantops.calendar import zone
from plantops.context import Context, requires
from plantops.db import Base, Id, choice, constraint_of, get, one_at_a_time, unaudited
from plantops.errors import Conflict, Invalid, NotFound
from plantops.import_kinds import Column, Holds, ImportKind, ImportRun, Loaded, Refusal, Row, kind_named
from plantops.import_maps import ImportMap, ReadRow
from plantops.module import Invariant
from plantops.permissions import Can
from plantops.places import Site

STAGED_AT_ONCE = 2000

# One statement for some thousands of rows: row by row, 100,000 take three times as long.
STAGE = sa.text(
    "INSERT INTO core_import_row (import_id, number, state, cells, reasons, problems, group_key)"
    " SELECT :import, r.* FROM jsonb_to_recordset(:rows)"
    " AS r(number int, state text, cells jsonb, reasons jsonb, problems jsonb, group_key text)"
).bindparams(sa.bindparam("rows", type_=JSONB))

MARK = sa.text(
    "UPDATE core_import_row AS row SET state = r.state, problems = COALESCE(r.problems, row.problems), made_id = r.made"
    " FROM jsonb_to_recordset(:rows) AS r(number int, state text, problems jsonb, made bigint)"
    " WHERE row.import_id = :import AND row.number = r.number"
).bindparams(sa.bindparam("rows", type_=JSONB))


class State(StrEnum):
    STAGED = "staged"
    LOADED = "loaded"
    UNDONE = "undone"


class RowState(StrEnum):
    READY = "ready"
    REFUSED = "refused"
    LOADED = "loaded"


class Import(Base):
    """One file that was brought in: who, when, which map, and what came of it."""

    __tablename__ = "core_import"
    __table_args__ = (sa.Index("ix_core_import_content", "kind", "sha256"),)

    id: Mapped[Id]
    kind: Mapped[str]
    file_name: Mapped[str]
    sha256: Mapped[str] = mapped_column(sa.CHAR(64))
    map_text: Mapped[str]
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_site.id"))
    state: Mapped[State] = mapped_column(choice(State, "import_state"), default=State.STAGED)
    rows: Mapped[int] = mapped_column(default=0)
    loaded: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(default="")
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    created_at: Mapped[datetime]
    loaded_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"))


class ImportRow(Base):
    """A staged row: its mapped cells as they stood in the file, and what is wrong with them."""

    __tablename__ = "core_import_row"
    __table_args__ = (sa.UniqueConstraint("import_id", "number"), unaudited())

    id: Mapped[Id]
    import_id: Mapped[int] = mapped_column(sa.ForeignKey("core_import.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(sa.Integer)
    state: Mapped[RowState] = mapped_column(choice(RowState, "import_row_state"))
    cells: Mapped[dict[str, Any]] = mapped_column(JSONB)
    problems: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    reasons: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    group_key: Mapped[str] = mapped_column(default="")
    """Rows of one document stay together when they load: its number, say."""
    made_id: Mapped[int | None]


@dataclass(frozen=True)
class Report:
    """What came of an import; `plantops import --json` prints it."""

    kind: str
    rows: int
    loaded: int
    refused: tuple[Refusal, ...]
    import_id: int | None
    note: str = ""


INVARIANTS = (
    Invariant(
        "an import counts its own rows",
        sa.text(
            "SELECT i.id, 'import ' || i.id || ' counts other rows than it has' FROM core_import i"
            " LEFT JOIN core_import_row r ON r.import_id = i.id WHERE i.state <> 'staged' GROUP BY i.id"
            " HAVING i.rows <> count(r.id) OR i.loaded <> count(r.id) FILTER (WHERE r.state = 'loaded')"
            " OR i.refused <> count(r.id) FILTER (WHERE r.state = 'refused') OR i.rows <> i.loaded + i.refused"
        ),
    ),
)


# --- Rules


def why_not_undo(run: Import) -> str | None:
    if run.state is State.UNDONE:
        return "it was undone before"
    if run.state is State.STAGED:
        return "it was never loaded"
    return None


# --- Questions


def visible(ctx: Context) -> sa.Select[Import]:
    """Imports of the sites where the person may import, and the own ones."""
    every = sa.select(Import)
    sites = ctx.sites(Can.IMPORT)
    if sites is None:
        return every
    return every.where(sa.or_(Import.site_id.in_(sites), Import.created_by_id == ctx.user.id))


@requires(Can.IMPORT)
def list_imports(ctx: Context, limit: int = 50) -> list[Import]:
    return list(ctx.session.scalars(visible(ctx).order_by(Import.id.desc()).limit(limit)))


@requires(Can.IMPORT)
def report(ctx: Context, id: int) -> Report:
    """What came of an import, each refused cell included."""
    return _report(ctx, get(ctx.session, visible(ctx).where(Import.id == id), what="import"))


def _report(ctx: Context, run: Import) -> Report:
    rows = ctx.session.execute(
        sa.select(ImportRow.number, ImportRow.problems)
        .where(ImportRow.import_id == run.id, ImportRow.state == RowState.REFUSED)
        .order_by(ImportRow.number)
    )
    refused = tuple(
        Refusal(number, problem["column"], problem["value"], problem["why"])
        for number, problems in rows
        for problem in problems
    )
    return Report(run.kind, run.rows, run.loaded, refused, run.id, run.note)


# --- Actions


@requires(Can.IMPORT)
def bring(
    ctx: Context, kind: str, path: Path, map_text: str, *, site: str | None = None, again: bool = False
) -> Report:
    """Stage a file and load every row that is valid, in this transaction."""
    staged = stage(ctx, kind, path, map_text, site=site, again=again)
    return load(ctx, staged.id)


@requires(Can.IMPORT)
def dry_run(ctx: Context, kind: str, path: Path, map_text: str, *, site: str | None = None) -> Report:
    """Exactly what `bring` would tell, and nothing changed; only plain numbers that were taken stay taken."""
    attempt = ctx.session.begin_nested()
    try:
        found = bring(ctx, kind, path, map_text, site=site, again=True)
    finally:
        attempt.rollback()
    return Report(found.kind, found.rows, found.loaded, found.refused, None, found.note)


@requires(Can.IMPORT)
def stage(
    ctx: Context, kind: str, path: Path, map_text: str, *, site: str | None = None, again: bool = False
) -> Import:
    """
    Read a file by its map and keep each row with what is wrong with it. Nothing is loaded yet.

    Raises Invalid for what concerns the whole file or map, Conflict when the same file is loaded already.
    """
    declared = kind_named(ctx.registry, kind)
    imap = import_maps.parse(map_text, declared)
    place = _site(ctx, declared, site or imap.site)
    ctx.need(declared.permission, site_id=place.id if place else None, to=f"import {declared.title.lower()}")
    sheet = sheets.read(
        path,
        imap.sources,
        encoding=imap.encoding,
        delimiter=imap.delimiter,
        sheet=imap.sheet,
        header_row=imap.header_row,
    )
    content = _sha256(path)
    if not again:
        _refuse_twice(ctx, kind, content)
    run = Import(
        kind=kind,
        file_name=path.name[:200],
        sha256=content,
        map_text=map_text,
        site_id=place.id if place else None,
        note=sheet.note,
        created_by_id=ctx.user.id,
        created_at=ctx.now,
    )
    ctx.session.add(run)
    ctx.session.flush()
    read = import_maps.reader(imap, declared, zone(place.zone) if place else ctx.zone)
    rows = (read(raw) for raw in sheet.rows())
    run.rows, run.refused = _keep(ctx, run.id, declared, rows)
    ctx.session.flush()
    return run


@requires(Can.IMPORT)
def load(ctx: Context, id: int) -> Report:
    """Load every staged row that is valid, chunk by chunk; a chunk that fails loses only its guilty rows."""
    run = get(ctx.session, visible(ctx).where(Import.id == id), what="import", lock=True)
    if run.state is not State.STAGED:
        raise Conflict(f"Import {run.id} cannot be loaded: it is {run.state} already.")
    declared = kind_named(ctx.registry, run.kind)
    ctx.need(declared.permission, site_id=run.site_id, to=f"import {declared.title.lower()}")
    one_at_a_time(ctx.session, "import", run.kind, run.sha256)
    _refuse_twice(ctx, run.kind, run.sha256, since=run.created_at)  # somebody else staged it beside this one
    tell = jobs.reporter(ctx)
    about = _about(ctx, run, import_maps.parse(run.map_text, declared))
    done = 0
    for chunk in _chunks(ctx, run.id, declared):
        _load_chunk(ctx, declared, about, chunk)
        done += len(chunk)
        if not tell.tell(done / max(run.rows - run.refused, 1), f"{done} of {run.rows} rows"):
            raise jobs.Cancelled
    states = sa.select(ImportRow.state, sa.func.count()).where(ImportRow.import_id == run.id)
    counted = {state: count for state, count in ctx.session.execute(states.group_by(ImportRow.state))}  # noqa: C416
    run.loaded, run.refused = counted.get(RowState.LOADED, 0), counted.get(RowState.REFUSED, 0)
    run.state, run.loaded_at = State.LOADED, ctx.now
    ctx.session.flush()
    return _report(ctx, run)


@requires(Can.UNDO_IMPORT)
def undo(ctx: Context, id: int) -> Import:
    """Take back everything that an import made. Numbers that were used stay used, the audit trail stays."""
    run = get(ctx.session, visible(ctx).where(Import.id == id), what="import", lock=True)
    if reason := why_not_undo(run):
        raise Conflict(f"Import {run.id} cannot be undone: {reason}.")
    declared = kind_named(ctx.registry, run.kind)
    ctx.need(declared.permission, site_id=run.site_id, to=f"undo an import of {declared.title.lower()}")
    declared.undo(ctx, _about(ctx, run, import_maps.parse(run.map_text, declared)))
    run.state, run.undone_at, run.undone_by_id = State.UNDONE, ctx.now, ctx.user.id
    ctx.session.flush()
    return run


# --- Staging


def _site(ctx: Context, kind: ImportKind, code: str | None) -> Site | None:
    if code is None:
        if kind.needs_site:
            raise Invalid(f'Imports of {kind.title.lower()} need a site: add site = "CODE" to the map.', field="site")
        return None
    site = ctx.session.scalars(sa.select(Site).where(Site.code == code)).one_or_none()
    if site is None:
        raise NotFound(f"There is no site {code}.")
    return site


def _refuse_twice(ctx: Context, kind: str, content: str, since: datetime | None = None) -> None:
    same = sa.select(Import).where(Import.kind == kind, Import.sha256 == content, Import.state == State.LOADED)
    if since:
        same = same.where(Import.loaded_at > since)
    if before := ctx.session.scalars(same.order_by(Import.id.desc()).limit(1)).first():
        raise Conflict(
            f"This very file was loaded on {before.loaded_at:%Y-%m-%d %H:%M} as import {before.id}: "
            "undo that one first.",
            details={"import_id": before.id},
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _keep(ctx: Context, import_id: int, kind: ImportKind, rows: Iterator[ReadRow]) -> tuple[int, int]:
    """Write the rows down, some thousands at a time; returns how many there are and how many are refused."""
    count = refused = 0
    batch: list[dict[str, Any]] = []
    for read in rows:
        count += 1
        refused += bool(read.problems)
        batch.append(_staged(kind, read))
        if len(batch) == STAGED_AT_ONCE:
            ctx.session.execute(STAGE, {"import": import_id, "rows": batch})
            batch = []
    if batch:
        ctx.session.execute(STAGE, {"import": import_id, "rows": batch})
    return count, refused


def _staged(kind: ImportKind, read: ReadRow) -> dict[str, Any]:
    plain = {name: _plain(value) for name, value in read.row.values.items() if value is not None}
    return {
        "number": read.row.number,
        "state": RowState.REFUSED if read.problems else RowState.READY,
        "cells": plain,
        "reasons": dict(read.row.reasons),
        "problems": [_problem(problem) for problem in read.problems],
        "group_key": "\x1f".join(str(plain.get(name, "")) for name in kind.group_by),
    }


def _problem(problem: Refusal) -> dict[str, str]:
    return {"column": problem.column, "value": problem.value, "why": problem.why}


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


# --- Loading


def _about(ctx: Context, run: Import, imap: ImportMap) -> ImportRun:
    site_zone = ctx.session.scalar(sa.select(Site.zone).where(Site.id == run.site_id)) if run.site_id else None
    tz: ZoneInfo = imap.zone or (zone(site_zone) if site_zone else ctx.zone)
    return ImportRun(run.id, run.kind, run.site_id, tz, run.file_name, imap.options)


def _chunks(ctx: Context, import_id: int, kind: ImportKind) -> Iterator[list[list[Row]]]:
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


def _load_chunk(ctx: Context, kind: ImportKind, run: ImportRun, groups: Sequence[Sequence[Row]]) -> None:
    rows = [row for group in groups for row in group]
    try:
        with ctx.session.begin_nested():
            loaded = kind.load(ctx, run, rows) or Loaded()
            ctx.session.flush()
    except (Invalid, Conflict, NotFound, IntegrityError, DataError) as error:
        if len(groups) == 1:
            _mark(ctx, run.id, rows, Loaded(refused=[_blamed(row, error) for row in rows]))
            return
        middle = len(groups) // 2
        _load_chunk(ctx, kind, run, groups[:middle])
        _load_chunk(ctx, kind, run, groups[middle:])
    else:
        _mark(ctx, run.id, rows, loaded)


def _blamed(row: Row, error: Invalid | Conflict | NotFound | IntegrityError | DataError) -> Refusal:
    if isinstance(error, IntegrityError | DataError):
        rule = constraint_of(error)
        return Refusal(row.number, sheets.WHOLE_ROW, "", f"the database refuses it by its rule {rule or 'of types'}")
    column = next(iter(error.fields), "")
    value = row.values.get(column)
    return Refusal(
        row.number, column or sheets.WHOLE_ROW, "" if value is None else sheets.short(str(value)), str(error)
    )


def _mark(ctx: Context, import_id: int, rows: Sequence[Row], loaded: Loaded) -> None:
    """Note on each staged row what became of it."""
    problems: dict[int, list[dict[str, str]]] = {}
    for refusal in loaded.refused:
        problems.setdefault(refusal.row, []).append(_problem(refusal))
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
