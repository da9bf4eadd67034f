"""Staged rows set right in place: seen fault by fault, mended cell by cell or many at once, skipped, handed back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from plantops import import_choices, import_files, import_maps, import_rows, imports, tables
from plantops.calendar import zone
from plantops.context import Context, requires
from plantops.errors import Conflict, Invalid, NotFound
from plantops.import_kinds import Column, ImportKind, kind_named
from plantops.import_maps import ImportMap
from plantops.import_rows import CELLS, FAULTS, RESTAGE, ImportRow, RowState
from plantops.imports import Import, State
from plantops.permissions import Can
from plantops.places import Site
from plantops.sheets import WHOLE_ROW, Cell, short, why_not_cell
from plantops.wording import say

PAGE_CELLS, MOST_ROWS, FEWEST_ROWS = 600, 25, 10
MOST_FAULTS, MOST_VALUES = 30, 12
MOST_AT_ONCE = 20_000
AT_ONCE = 2000
MOST_HANDED_BACK = 20_000
MENDABLE = (RowState.READY, RowState.REFUSED, RowState.SKIPPED)
_QUOTED, _COUNTED = re.compile(r"'[^']*'"), re.compile(r"\d[\d.,]*")

FAULTS_BY_COLUMN = sa.text(
    "SELECT p->>'column' AS head, p->>'why' AS why, count(DISTINCT r.number) AS rows FROM core_import_row r,"
    " jsonb_array_elements(r.problems) AS p WHERE r.import_id = :import AND r.state = 'refused'"
    " GROUP BY 1, 2 ORDER BY rows DESC, head, why LIMIT 2000"
)
WRONG_VALUES = sa.text(
    "SELECT p->>'column' AS head, p->>'value' AS value, min(p->>'why') AS why, count(DISTINCT r.number) AS rows"
    " FROM core_import_row r, jsonb_array_elements(r.problems) AS p"
    " WHERE r.import_id = :import AND r.state = 'refused' AND p->>'column' <> :whole"
    " GROUP BY 1, 2 HAVING count(DISTINCT r.number) > 1 ORDER BY rows DESC, head, value LIMIT :most"
)


@dataclass(frozen=True)
class Fault:
    """One kind of fault: where, what, and in how many rows."""

    head: str
    what: str
    rows: int


@dataclass(frozen=True)
class WrongValue:
    """Something that stands wrongly in a column of several rows: one answer sets all of them right."""

    head: str
    value: str
    why: str
    rows: int


@dataclass(frozen=True)
class StagedCell:
    """`why` is what is wrong with it."""

    head: str
    text: str
    why: str
    column: Column | None


@dataclass(frozen=True)
class StagedRow:
    number: int
    state: RowState
    cells: tuple[StagedCell, ...]
    why: str
    """What is wrong with the row as a whole."""


@dataclass(frozen=True)
class StagedPage:
    """Some rows of an import, and how many there are in each state."""

    heads: tuple[tuple[str, str], ...]
    """(head of the file, our title)"""
    rows: tuple[StagedRow, ...]
    after: int | None
    counts: Mapping[RowState, int]


# --- Rules


def what_of(why: str) -> str:
    """A fault without the value that has it, so that equal faults are counted together."""
    return _COUNTED.sub("…", _QUOTED.sub("…", why))


def why_not_mend(run: Import, state: RowState) -> str | None:
    if run.state not in (State.STAGED, State.LOADED):
        return say("its import is {state}", state=run.state)
    if state not in MENDABLE:
        return say("it is {state}", state=state)
    return None


def text_of(cell: Cell) -> str:
    """A cell as a person would type it."""
    return cell if isinstance(cell, str) else str(cell)


# --- Questions


@requires(Can.IMPORT)
def faults(ctx: Context, id: int) -> list[Fault]:
    """What is wrong, the most common first."""
    run = import_files.one(ctx, id)
    imap, _kind = _map_of(ctx, run)
    found: dict[tuple[str, str], int] = {}
    for row in ctx.session.execute(FAULTS_BY_COLUMN, {"import": run.id}):
        key = (_head_of(imap, row.head), what_of(row.why))
        found[key] = found.get(key, 0) + row.rows
    told = [Fault(head, what, rows) for (head, what), rows in found.items()]
    return sorted(told, key=lambda fault: (-fault.rows, fault.head, fault.what))[:MOST_FAULTS]


@requires(Can.IMPORT)
def wrong_values(ctx: Context, id: int) -> list[WrongValue]:
    """Values that are wrong in more than one row."""
    run = import_files.one(ctx, id)
    given = {"import": run.id, "whole": WHOLE_ROW, "most": MOST_VALUES}
    imap, _kind = _map_of(ctx, run)
    found = ctx.session.execute(WRONG_VALUES, given)
    return [WrongValue(_head_of(imap, row.head), row.value, row.why, row.rows) for row in found]


@requires(Can.IMPORT)
def rows(
    ctx: Context, id: int, state: RowState | None = None, *, head: str = "", what: str = "", after: int = 0
) -> StagedPage:
    """Rows in the order of the file behind row `after`; of one state, and with one fault when it is named."""
    run = import_files.one(ctx, id)
    imap, _kind = _map_of(ctx, run)
    limit = max(FEWEST_ROWS, min(MOST_ROWS, PAGE_CELLS // max(len(imap.sources), 1)))
    query = sa.select(ImportRow).where(ImportRow.import_id == run.id, ImportRow.number > after)
    if state is not None:
        query = query.where(ImportRow.state == state)
    if head:
        query = query.where(_has(imap, head))
    found: list[StagedRow] = []
    stream = ctx.session.scalars(query.order_by(ImportRow.number).execution_options(yield_per=200))
    for row in stream:
        if not what or _has_fault(imap, row.problems, head, what):
            found.append(_drawn(row, imap))
        if len(found) > limit:
            break
    stream.close()
    more = found[limit - 1].number if len(found) > limit else None
    heads = tuple((head, title_of(imap, head)) for head in imap.sources)
    return StagedPage(heads, tuple(found[:limit]), more, import_rows.counts(ctx, run.id))


@requires(Can.IMPORT)
def row(ctx: Context, id: int, number: int) -> StagedRow:
    run = import_files.one(ctx, id)
    imap, _kind = _map_of(ctx, run)
    return _drawn(_row(ctx, run, number), imap)


def title_of(imap: ImportMap, head: str) -> str:
    return next((how.column.title for how in imap.columns if head in how.sources), "")


def _drawn(row: ImportRow, imap: ImportMap) -> StagedRow:
    if row.state in (RowState.LOADED, RowState.UNDONE):
        by_head = {how.sources[0]: str(row.cells.get(how.column.name, "")) for how in imap.columns}
    else:
        by_head = {head: text_of(import_rows.unpacked(cell)) for head, cell in row.raw.get(CELLS, {}).items()}
        by_head |= {str(fault[0]): str(fault[1]) for fault in row.raw.get(FAULTS, ())}
    why: dict[str, str] = {}
    for problem in row.problems:
        why.setdefault(_head_of(imap, problem["column"]), problem["why"])
    ours = {head: how.column for how in imap.columns for head in how.sources}
    cells = tuple(StagedCell(head, by_head.get(head, ""), why.pop(head, ""), ours.get(head)) for head in imap.sources)
    return StagedRow(row.number, row.state, cells, "; ".join(dict.fromkeys(why.values())))


def _head_of(imap: ImportMap, column: str) -> str:
    """A fault names the file's column, or ours when it was found while loading."""
    if column in imap.sources:
        return column
    return next((how.sources[0] for how in imap.columns if how.column.name == column), WHOLE_ROW)


def _has(imap: ImportMap, head: str, **more: str) -> sa.ColumnElement[bool]:
    """Rows with something wrong in this column of the file, also when it was found while loading, under our name."""
    ours = [how.column.name for how in imap.columns if how.sources[:1] == (head,)]
    return sa.or_(*(ImportRow.problems.contains([{"column": name, **more}]) for name in (head, *ours)))


def _has_fault(imap: ImportMap, problems: Sequence[Mapping[str, str]], head: str, what: str) -> bool:
    return any(_head_of(imap, one["column"]) == head and what_of(one["why"]) == what for one in problems)


def _row(ctx: Context, run: Import, number: int) -> ImportRow:
    found = ctx.session.scalar(
        sa.select(ImportRow)
        .where(ImportRow.import_id == run.id, ImportRow.number == number)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound(say("Import {id} has no row {number}.", id=run.id, number=number))
    return found


def _map_of(ctx: Context, run: Import) -> tuple[ImportMap, ImportKind]:
    kind = kind_named(ctx.registry, run.kind)
    return import_maps.parse(run.map_text, kind, whole=False), kind


@requires(Can.IMPORT)
def handed_back(ctx: Context, id: int) -> bytes:
    """The refused rows as a workbook: as they stand now, and why they are refused."""
    run = import_files.one(ctx, id)
    imap, _kind = _map_of(ctx, run)
    refused = (
        sa.select(ImportRow)
        .where(ImportRow.import_id == run.id, ImportRow.state == RowState.REFUSED)
        .order_by(ImportRow.number)
        .limit(MOST_HANDED_BACK)
    )
    heads = [tables.Column(head) for head in imap.sources]
    rows = (_as_line(_drawn(row, imap)) for row in ctx.session.scalars(refused))
    note = say(
        "At most {most_handed_back:,} rows are here. Set them right and bring this file in as it is.",
        most_handed_back=MOST_HANDED_BACK,
    )
    sheet = tables.Table(say("Refused"), [*heads, tables.Column(say("Why")), tables.Column(say("Row"))], rows, (note,))
    return tables.as_xlsx([sheet], title=run.file_name, zone=ctx.zone, now=ctx.now)


def _as_line(row: StagedRow) -> list[str]:
    told = [f"{cell.head}: {cell.why}" for cell in row.cells if cell.why]
    return [*(cell.text for cell in row.cells), "; ".join([*told, *([row.why] if row.why else [])]), str(row.number)]


# --- Actions


@requires(Can.IMPORT)
def set_cell(ctx: Context, id: int, number: int, head: str, text: str) -> StagedRow:
    """One cell set right; the row is judged anew at once."""
    run = imports.locked(ctx, id)
    imap, kind = _map_of(ctx, run)
    row = _row(ctx, run, number)
    if reason := why_not_mend(run, row.state):
        raise Conflict(say("Row {number} cannot be changed: {reason}.", number=number, reason=reason))
    if head not in imap.sources:
        raise NotFound(say("The rows of this import have no column {head}.", head=short(head)))
    if why := why_not_cell(text):
        raise Invalid(say("This cannot be: {why}.", why=why), field="value")
    # Whoever changes a row by hand has looked at it: that it was too long or too short counts no longer.
    kept = [fault for fault in row.raw.get(FAULTS, ()) if fault[0] not in (head, WHOLE_ROW)]
    cells = {**row.raw.get(CELLS, {}), head: text.strip()}
    before = row.state
    _judge(ctx, run, imap, kind, [(number, {CELLS: cells, FAULTS: kept})])
    row = _row(ctx, run, number)
    # One row of 100,000 is no reason to count them all.
    run.refused += (row.state is RowState.REFUSED) - (before is RowState.REFUSED)
    ctx.session.flush()
    return _drawn(row, imap)


@requires(Can.IMPORT)
def replace_all(ctx: Context, id: int, head: str, old: str, new: str, *, remember: bool = False) -> int:
    """Every cell of a column that has this text, in rows that are not loaded; returns how many rows changed.

    `remember`: the next file with these heads is read so from the beginning.
    """
    run = imports.locked(ctx, id)
    imap, kind = _map_of(ctx, run)
    if run.state not in (State.STAGED, State.LOADED):
        raise Conflict(say("Import {id} cannot be changed: it is {state}.", id=run.id, state=run.state))
    if head not in imap.sources:
        raise Invalid(say("Say in which column."), field="head")
    if why := why_not_cell(new):
        raise Invalid(say("This cannot be: {why}.", why=why), field="new")
    if old.strip() == new.strip():
        raise Invalid(say("That is what stands there already."), field="new")
    changed = _replace(ctx, run, imap, kind, head, old.strip(), new.strip())
    imports.count(ctx, run)
    if remember:
        column = next(how.column.name for how in imap.columns if head in how.sources)
        run.map_text = import_choices.with_word(run.map_text, column, old.strip().casefold(), new.strip())
        import_choices.remember_words(ctx, run.kind, run.map_text)
    ctx.session.flush()
    return changed


def _replace(ctx: Context, run: Import, imap: ImportMap, kind: ImportKind, head: str, old: str, new: str) -> int:
    cell = ImportRow.raw[CELLS][head]
    same = cell.as_string() == old if old else sa.or_(cell.is_(None), cell.as_string() == "")
    shown = sa.func.coalesce(cell["n"].as_string(), cell["t"].as_string(), cell["d"].as_string())
    query = sa.select(ImportRow.number, ImportRow.raw).where(
        ImportRow.import_id == run.id,
        ImportRow.state.in_((RowState.READY, RowState.REFUSED)),
        sa.or_(same, shown == old) if old else same,
    )
    found = ctx.session.execute(query.order_by(ImportRow.number).limit(MOST_AT_ONCE)).all()
    for start in range(0, len(found), AT_ONCE):
        mended = [
            (row.number, {**row.raw, CELLS: {**row.raw.get(CELLS, {}), head: new}})
            for row in found[start : start + AT_ONCE]
        ]
        _judge(ctx, run, imap, kind, mended)
    return len(found)


@requires(Can.IMPORT)
def skip(ctx: Context, id: int, numbers: Sequence[int]) -> int:
    """These rows are left out, until somebody takes them in again."""
    return _turn(ctx, id, numbers, (RowState.READY, RowState.REFUSED), skipped=True)


@requires(Can.IMPORT)
def take_in(ctx: Context, id: int, numbers: Sequence[int]) -> int:
    """Rows that were skipped are judged anew."""
    return _turn(ctx, id, numbers, (RowState.SKIPPED,), skipped=False)


@requires(Can.IMPORT)
def skip_fault(ctx: Context, id: int, head: str, what: str) -> int:
    """Every row with this fault is left out."""
    run = imports.locked(ctx, id)
    imap, _kind = _map_of(ctx, run)
    numbers = [row.number for row in _refused(ctx, run, _has(imap, head)) if _has_fault(imap, row.problems, head, what)]
    return _turn(ctx, id, numbers, (RowState.REFUSED,), skipped=True)


@requires(Can.IMPORT)
def skip_value(ctx: Context, id: int, head: str, value: str) -> int:
    """Every row in which this stands wrongly is left out."""
    run = imports.locked(ctx, id)
    imap, _kind = _map_of(ctx, run)
    numbers = [row.number for row in _refused(ctx, run, _has(imap, head, value=value))]
    return _turn(ctx, id, numbers, (RowState.REFUSED,), skipped=True)


def _refused(ctx: Context, run: Import, where: sa.ColumnElement[bool]) -> Sequence[sa.Row[int, list[dict[str, str]]]]:
    query = sa.select(ImportRow.number, ImportRow.problems).where(ImportRow.import_id == run.id)
    return ctx.session.execute(query.where(ImportRow.state == RowState.REFUSED, where)).all()


def _turn(ctx: Context, id: int, numbers: Sequence[int], states: Sequence[RowState], *, skipped: bool) -> int:
    run = imports.locked(ctx, id)
    if run.state not in (State.STAGED, State.LOADED):
        raise Conflict(say("Import {id} cannot be changed: it is {state}.", id=run.id, state=run.state))
    wanted = sa.literal(list(numbers), ARRAY(sa.BigInteger))  # one value, however many rows there are
    mine = (ImportRow.import_id == run.id, ImportRow.number == sa.any_(wanted), ImportRow.state.in_(states))
    if skipped:
        skip = sa.update(ImportRow).where(*mine).values(state=RowState.SKIPPED).returning(ImportRow.number)
        turned = len(ctx.session.scalars(skip, execution_options={"synchronize_session": False}).all())
    else:
        imap, kind = _map_of(ctx, run)
        found = ctx.session.execute(sa.select(ImportRow.number, ImportRow.raw).where(*mine)).all()
        _judge(ctx, run, imap, kind, [(row.number, row.raw) for row in found])
        turned = len(found)
    imports.count(ctx, run)
    return turned


def _judge(
    ctx: Context, run: Import, imap: ImportMap, kind: ImportKind, rows: Sequence[tuple[int, Mapping[str, Any]]]
) -> None:
    """Reads rows as if they came from the file in this moment."""
    site_zone = ctx.session.scalar(sa.select(Site.zone).where(Site.id == run.site_id)) if run.site_id else None
    understand = import_maps.reader(imap, kind, zone(site_zone) if site_zone else ctx.zone)
    judged = [
        import_rows.staged(kind, understand(import_rows.sheet_row(number, raw, imap.sources)), raw)
        for number, raw in rows
    ]
    ctx.session.execute(RESTAGE, {"import": run.id, "rows": judged})
