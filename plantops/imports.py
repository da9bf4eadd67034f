"""Imports: a stranger's table becomes documents; bad cells are named, good rows load, all of it can be undone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from plantops import files, import_maps, import_rows, jobs, sheets
from plantops.calendar import zone
from plantops.context import Context, requires, within
from plantops.db import TOO_LONG, Base, Id, choice, constraint_of, get, is_too_long, one_at_a_time, tried
from plantops.errors import Conflict, Invalid, NotFound, PlantopsError
from plantops.import_kinds import ImportKind, ImportRun, Loaded, Refusal, Row, kind_named
from plantops.import_maps import ImportMap
from plantops.import_rows import ImportRow as ImportRow
from plantops.import_rows import RowState as RowState
from plantops.module import Invariant
from plantops.permissions import Can
from plantops.places import Site
from plantops.wording import say

LONGEST_NAME = 200


class State(StrEnum):
    UPLOADED = "uploaded"
    STAGED = "staged"
    LOADED = "loaded"
    UNDONE = "undone"


class Import(Base):
    """One file that was brought in: who, when, which map, and what came of it."""

    __tablename__ = "core_import"
    __table_args__ = (sa.Index("ix_core_import_content", "kind", "sha256"),)

    id: Mapped[Id]
    kind: Mapped[str]
    file_name: Mapped[str]
    sha256: Mapped[str] = mapped_column(sa.CHAR(64))
    map_text: Mapped[str]
    file_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_file.id"))
    """The file as it was brought; what the command line brings is not kept."""
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
            " LEFT JOIN core_import_row r ON r.import_id = i.id GROUP BY i.id"
            " HAVING i.rows <> count(r.id) OR i.loaded <> count(r.id) FILTER (WHERE r.state = 'loaded')"
            " OR i.refused <> count(r.id) FILTER (WHERE r.state = 'refused')"
        ),
    ),
)


# --- Rules


def why_not_undo(run: Import) -> str | None:
    if run.state is State.UNDONE:
        return say("it was undone before")
    if run.state is not State.LOADED:
        return say("it was never loaded")
    return None


def why_not_read(run: Import) -> str | None:
    if run.state not in (State.UPLOADED, State.STAGED):
        return say("it is {state} already", state=run.state)
    return None


def why_not_load(run: Import, ready: int) -> str | None:
    if run.state not in (State.STAGED, State.LOADED):
        return say("it is {state}", state=run.state)
    if not ready and run.state is State.LOADED:
        return say("it is loaded already, and no row that was set right waits")
    if not ready:
        return say("no row of it is valid and waits")
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
    """What came of an import, each refused cell included: for who may bring in what it is of."""
    return _report(ctx, one(ctx, id))


@requires(Can.IMPORT)
def one(ctx: Context, id: int) -> Import:
    """An import, for who may bring in what it is of."""
    run = get(ctx.session, visible(ctx).where(Import.id == id), what="import")
    declared = kind_named(ctx.registry, run.kind)
    ctx.need(declared.permission, site_id=run.site_id, to=f"import {declared.title.lower()}")
    return run


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


@requires(Can.UNDO_IMPORT)
def kept(ctx: Context, id: int) -> list[Refusal]:
    """What could not be taken back, by its row, and why."""
    run = one(ctx, id)
    mine = sa.select(ImportRow.number, ImportRow.problems).where(ImportRow.import_id == run.id)
    rows = mine.where(ImportRow.state == RowState.LOADED, ImportRow.problems != sa.text("'[]'::jsonb"))
    found = ctx.session.execute(rows.order_by(ImportRow.number))
    return [Refusal(number, one["column"], one["value"], one["why"]) for number, problems in found for one in problems]


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
    """Exactly what `bring` would tell, and nothing changed."""
    with tried(ctx.session):
        found = bring(ctx, kind, path, map_text, site=site, again=True)
    return Report(found.kind, found.rows, found.loaded, found.refused, None, found.note)


@requires(Can.IMPORT)
def stage(
    ctx: Context, kind: str, path: Path, map_text: str, *, site: str | None = None, again: bool = False
) -> Import:
    """
    Read a file by its map and keep each row with what is wrong with it. Nothing is loaded yet.

    Raises Invalid for what concerns the whole file or map, Conflict when the same file is loaded already.
    """
    import_maps.parse(map_text, kind_named(ctx.registry, kind))
    with ctx.session.begin_nested():
        run = begin(ctx, kind, path.name, _sha256(path))
        run.map_text = map_text
        _read(ctx, run, path, site, again=again)
    return run


@within("the right to a kind is asked for when its file is read")
def begin(ctx: Context, kind: str, file_name: str, sha256: str, file_id: int | None = None) -> Import:
    """An import of which only the file is known."""
    run = Import(
        kind=kind,
        file_name=file_name[:LONGEST_NAME],
        sha256=sha256,
        map_text="",
        file_id=file_id,
        state=State.UPLOADED,
        created_by_id=ctx.user.id,
        created_at=ctx.now,
    )
    ctx.session.add(run)
    ctx.session.flush()
    return run


@requires(Can.IMPORT)
def read(ctx: Context, id: int) -> Import:
    """Read the file of an import by the map that it has, also once more by another map."""
    run = locked(ctx, id)
    if reason := why_not_read(run):
        raise Conflict(say("Import {id} cannot be read: {reason}.", id=run.id, reason=reason))
    if run.file_id is None:
        raise Conflict(say("The file of import {id} is not kept here: bring it again.", id=run.id))
    ctx.session.execute(sa.delete(ImportRow).where(ImportRow.import_id == run.id))
    _read(ctx, run, files.path_of(ctx.settings, run.sha256), None)
    return run


@requires(Can.IMPORT)
def load(ctx: Context, id: int) -> Report:
    """Load every staged row that is valid, chunk by chunk; a chunk that fails loses only its guilty rows.

    What is refused may be set right and loaded later; it is the same import then, and is taken back with it.
    """
    run = locked(ctx, id)
    ready = import_rows.counts(ctx, run.id).get(RowState.READY, 0)
    if (reason := why_not_load(run, ready)) and not (run.state is State.STAGED and not ready):
        raise Conflict(say("Import {id} cannot be loaded: {reason}.", id=run.id, reason=reason))
    one_at_a_time(ctx.session, "import", run.kind, run.sha256)
    _refuse_twice(ctx, run, since=run.created_at)  # somebody else staged it beside this one
    _load_ready(ctx, run, ready)
    run.state, run.loaded_at = State.LOADED, ctx.now
    count(ctx, run)
    return _report(ctx, run)


@requires(Can.UNDO_IMPORT)
def undo(ctx: Context, id: int) -> Import:
    """
    Take back everything that an import made. Numbers that were used stay used, the audit trail stays.

    What is used meanwhile and cannot be taken back stays, and is told with the reason; the rest is gone.
    """
    run = locked(ctx, id, to="undo an import of")
    if reason := why_not_undo(run):
        raise Conflict(say("Import {id} cannot be undone: {reason}.", id=run.id, reason=reason))
    declared = kind_named(ctx.registry, run.kind)
    about = _about(ctx, run, import_maps.parse(run.map_text, declared))
    stays = list(declared.undo(ctx, about) or ())
    if stays or run.undone_at:  # what stayed the first time is told anew
        import_rows.mark_kept(ctx, run.id, stays)
        count(ctx, run)
    if not stays:
        run.state = State.UNDONE
    run.undone_at, run.undone_by_id = ctx.now, ctx.user.id
    ctx.session.flush()
    return run


@within("a step of reading, loading and mending an import")
def locked(ctx: Context, id: int, to: str = "import") -> Import:
    """The import, locked, for who may bring in what it is of."""
    run = get(ctx.session, visible(ctx).where(Import.id == id), what="import", lock=True)
    declared = kind_named(ctx.registry, run.kind)
    ctx.need(declared.permission, site_id=run.site_id, to=f"{to} {declared.title.lower()}")
    return run


@within("a step of reading, loading and mending an import")
def count(ctx: Context, run: Import) -> None:
    """Its own figures are those of its rows."""
    found = import_rows.counts(ctx, run.id)
    run.rows = sum(found.values())
    run.loaded, run.refused = found.get(RowState.LOADED, 0), found.get(RowState.REFUSED, 0)
    ctx.session.flush()


# --- Trying it out


@dataclass(frozen=True)
class Trial:
    """What loading would do: rows that would load, rows that would be refused, and which records it would touch."""

    loads: int
    refused: int
    touched: tuple[tuple[str, str, int], ...]
    """(table, I, U or D, how many records)"""


TOUCHED = sa.text(
    "SELECT table_name, operation, count(DISTINCT row_id) FROM core_audit"
    " WHERE at = now() AND txid = pg_current_xact_id()::text::bigint + core_audit_shift()"
    " AND table_name NOT LIKE 'core\\_import%' GROUP BY table_name, operation ORDER BY table_name, operation"
)
REFUSED_NOW = sa.text(
    "SELECT number, problems FROM core_import_row"
    " WHERE import_id = :import AND state = 'refused' AND number = ANY(:ready)"
)


@requires(Can.IMPORT)
def try_out(ctx: Context, id: int) -> Trial:
    """Load it, look what that did, and take it back; rows that would be refused are known by then, with the reason."""
    run = locked(ctx, id)
    ready = list(
        ctx.session.scalars(
            sa.select(ImportRow.number).where(ImportRow.import_id == run.id, ImportRow.state == RowState.READY)
        )
    )
    if reason := why_not_load(run, len(ready)):
        raise Conflict(say("Import {id} cannot be tried: {reason}.", id=run.id, reason=reason))
    with tried(ctx.session):
        _load_ready(ctx, run, len(ready))
        touched = tuple((row[0], row[1], row[2]) for row in ctx.session.execute(TOUCHED))
        refused = [(r[0], r[1]) for r in ctx.session.execute(REFUSED_NOW, {"import": run.id, "ready": ready})]
    import_rows.refuse(ctx, run.id, refused)
    run = locked(ctx, id)
    count(ctx, run)
    return Trial(len(ready) - len(refused), len(refused), touched)


# --- Staging


def _read(ctx: Context, run: Import, path: Path, site: str | None, *, again: bool = False) -> None:
    """The one way in which a file becomes rows, whoever brings it."""
    declared = kind_named(ctx.registry, run.kind)
    imap = import_maps.parse(run.map_text, declared)
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
    if not again:
        _refuse_twice(ctx, run)
    run.site_id, run.note = place.id if place else None, sheet.note
    understand = import_maps.reader(imap, declared, zone(place.zone) if place else ctx.zone)
    rows = (
        import_rows.staged(declared, understand(raw), import_rows.raw_of(raw, imap.sources)) for raw in sheet.rows()
    )
    run.rows, run.refused = import_rows.keep(ctx, run.id, rows, _telling(ctx, sheet.about_rows()))
    run.state = State.STAGED
    ctx.session.flush()


def _telling(ctx: Context, expected: int) -> Callable[[int], None]:
    def told(count: int) -> None:
        share = min(count / expected, 1.0) if expected else None
        jobs.tell_or_stop(ctx, share, say("{count:,} rows are read", count=count))

    return told


def _site(ctx: Context, kind: ImportKind, code: str | None) -> Site | None:
    if code is None:
        if kind.needs_site:
            raise Invalid(
                say('Imports of {lower} need a site: add site = "CODE" to the map.', lower=kind.title.lower()),
                field="site",
            )
        return None
    site = ctx.session.scalars(sa.select(Site).where(Site.code == code)).one_or_none()
    if site is None:
        raise NotFound(say("There is no site {code}.", code=code))
    return site


def _refuse_twice(ctx: Context, run: Import, since: datetime | None = None) -> None:
    same = sa.select(Import).where(
        Import.kind == run.kind,
        Import.sha256 == run.sha256,
        Import.state == State.LOADED,
        Import.id != run.id,
        Import.undone_at.is_(None),
    )
    if since:
        same = same.where(Import.loaded_at > since)
    if before := ctx.session.scalars(same.order_by(Import.id.desc()).limit(1)).first():
        raise Conflict(
            say(
                "This very file was loaded on {loaded_at:%Y-%m-%d %H:%M} as import {id}: undo that one first.",
                loaded_at=before.loaded_at,
                id=before.id,
            ),
            details={"import_id": before.id},
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- Loading


def _about(ctx: Context, run: Import, imap: ImportMap) -> ImportRun:
    site_zone = ctx.session.scalar(sa.select(Site.zone).where(Site.id == run.site_id)) if run.site_id else None
    tz: ZoneInfo = imap.zone or (zone(site_zone) if site_zone else ctx.zone)
    return ImportRun(run.id, run.kind, run.site_id, tz, run.file_name, imap.options)


def _load_ready(ctx: Context, run: Import, ready: int) -> None:
    declared = kind_named(ctx.registry, run.kind)
    about = _about(ctx, run, import_maps.parse(run.map_text, declared))
    done = 0
    for chunk in import_rows.chunks(ctx, run.id, declared):
        _load_chunk(ctx, declared, about, chunk)
        done += sum(map(len, chunk))
        jobs.tell_or_stop(ctx, done / max(ready, 1), say("{done:,} of {ready:,} rows", done=done, ready=ready))


def _load_chunk(ctx: Context, kind: ImportKind, run: ImportRun, groups: Sequence[Sequence[Row]]) -> None:
    rows = [row for group in groups for row in group]
    try:
        with ctx.session.begin_nested():
            loaded = kind.load(ctx, run, rows) or Loaded()
            ctx.session.flush()
    except (Invalid, Conflict, NotFound, IntegrityError, DataError, OperationalError) as error:
        if isinstance(error, OperationalError) and not is_too_long(error):
            raise
        if len(groups) == 1:
            import_rows.mark(ctx, run.id, rows, Loaded(refused=[_blamed(row, error) for row in rows]))
            return
        middle = len(groups) // 2
        _load_chunk(ctx, kind, run, groups[:middle])
        _load_chunk(ctx, kind, run, groups[middle:])
    else:
        import_rows.mark(ctx, run.id, rows, loaded)


def _blamed(row: Row, error: PlantopsError | DBAPIError) -> Refusal:
    if isinstance(error, OperationalError):
        return Refusal(row.number, sheets.WHOLE_ROW, "", say(TOO_LONG))
    if isinstance(error, DBAPIError):
        rule = constraint_of(error)
        return Refusal(
            row.number, sheets.WHOLE_ROW, "", say("the database refuses it by its rule {rule}", rule=rule or "of types")
        )
    column = next(iter(error.fields), "")
    value = row.values.get(column)
    why = error.fields.get(column) or str(error)
    return Refusal(row.number, column or sheets.WHOLE_ROW, "" if value is None else sheets.short(str(value)), why)
