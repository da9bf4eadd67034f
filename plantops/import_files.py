"""Files that are to be imported: taken in, looked into, and told which of their columns is which of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from plantops import files, import_choices, import_guess, import_maps, imports, places, sheets
from plantops.calendar import zone
from plantops.context import Context, requires
from plantops.errors import Conflict, Invalid
from plantops.files import File, LaidDown
from plantops.import_choices import Choices
from plantops.import_kinds import Column, ImportKind, kind_named
from plantops.import_rows import ImportRow
from plantops.imports import Import, State, why_not_read
from plantops.permissions import Can
from plantops.sheets import Cell
from plantops.wording import say
from plantops.workbook import check_zip, open_workbook

LARGEST = 24 * 1024 * 1024
"""What a browser may send; a request is a little more than its file."""
LOOKED_AT = 200
SAMPLES = 3
MEDIA = {True: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", False: "text/plain"}


@dataclass(frozen=True)
class Head:
    """A column of the file: its head, some of its cells, which column of ours it is, and what the cells mean there."""

    head: str
    samples: tuple[str, ...]
    target: str
    understood: tuple[tuple[str, bool], ...]
    """What each sample means, or why it means nothing (False)."""


@dataclass(frozen=True)
class FileMapping:
    """Everything that the mapping page shows."""

    run: Import
    kind: ImportKind
    choices: Choices
    heads: tuple[Head, ...]
    sheets: tuple[str, ...]
    missing: tuple[Column, ...]
    """Columns that every row needs, and that nothing fills yet."""
    left: tuple[Column, ...]
    """Columns that could be one value for every row."""
    problem: str
    note: str
    is_known: bool
    """A file with these heads was brought in before."""
    unclear_days: bool
    names: tuple[str, ...]
    """Maps of this kind that have a name."""

    @property
    def asked(self) -> tuple[Column, ...]:
        """Columns for which one value is asked: what every row needs, and what was given one."""
        given = {name for name, value in self.choices.constants.items() if value}
        return tuple(column for column in self.left if column in self.missing or column.name in given)

    @property
    def unasked(self) -> tuple[Column, ...]:
        """Columns that may stay empty."""
        return tuple(column for column in self.left if column not in self.asked)


@dataclass(frozen=True)
class _Look:
    heads: tuple[str, ...] = ()
    rows: tuple[Mapping[str, Cell], ...] = ()
    sheets: tuple[str, ...] = ()
    problem: str = ""
    note: str = ""


# --- Questions


@requires(Can.IMPORT)
def one(ctx: Context, id: int) -> Import:
    return imports.one(ctx, id)


@requires(Can.IMPORT)
def mapping(ctx: Context, id: int, chosen: Choices | None = None, named: str = "") -> FileMapping:
    """The file as it would be read: by what was chosen, by the map of that name, by what is remembered, by a guess."""
    run = one(ctx, id)
    kind = kind_named(ctx.registry, run.kind)
    known = import_choices.named(ctx, run.kind)
    first = known.get(named) or run.map_text
    look = _look(ctx, run, chosen or (import_choices.of_map(first, ()) if first else Choices()))
    before = import_choices.remembered(ctx, run.kind, look.heads) if look.heads else None
    base = first or before or ""
    if chosen is None:
        chosen = _first_choices(ctx, run, kind, look, base)
    return _drawn(ctx, run, kind, chosen, look, before is not None, tuple(known), base)


def _first_choices(ctx: Context, run: Import, kind: ImportKind, look: _Look, base: str) -> Choices:
    if base:
        return _with_site(ctx, kind, import_choices.of_map(base, look.heads))
    targets = import_guess.columns(kind, look.heads, import_choices.heads_known(ctx, run.kind))
    guessed = Choices(targets={head: targets[head] for head in look.heads if head in targets})
    cells = {head: [row[head] for row in look.rows] for head in look.heads}
    ours = {head: kind.column(name) for head, name in guessed.targets.items()}
    dated = [cell for head, column in ours.items() if import_guess.is_dated(column) for cell in cells[head]]
    counted = [cell for head, column in ours.items() if import_guess.is_numeric(column) for cell in cells[head]]
    days, _ = import_guess.order_of_days(dated)
    return _with_site(ctx, kind, replace(guessed, days=days, numbers=import_guess.form_of_numbers(counted)))


def _with_site(ctx: Context, kind: ImportKind, choices: Choices) -> Choices:
    """Where only one site can be meant, it is chosen."""
    possible = sites(ctx, kind)
    if choices.site in possible or not kind.needs_site or len(possible) != 1:
        return choices if choices.site in possible else replace(choices, site="")
    return replace(choices, site=next(iter(possible)))


@requires(Can.IMPORT)
def sites(ctx: Context, kind: ImportKind) -> dict[str, str]:
    """The sites that this person may bring this in for: code and name."""
    return {site.code: site.name for site in places.list_sites(ctx) if ctx.may(kind.permission, site_id=site.id)}


def _path(ctx: Context, run: Import) -> Path:
    if run.file_id is None:
        raise Conflict(say("The file of import {id} is not kept here: bring it again.", id=run.id))
    return files.path_of(ctx.settings, run.sha256)


def _look(ctx: Context, run: Import, choices: Choices) -> _Look:
    """The heads and the first rows; what keeps the file from being read so is told, not raised."""
    path = _path(ctx, run)
    names: tuple[str, ...] = ()
    try:
        names = sheet_names(path)
        sheet = sheets.read(
            path,
            encoding=choices.encoding or None,
            delimiter=choices.delimiter or None,
            sheet=choices.sheet or None,
            header_row=choices.header_row,
        )
        rows = tuple(row.cells for row in islice(sheet.rows(), LOOKED_AT))
    except Invalid as error:
        return _Look(sheets=names, problem=error.message)
    return _Look(sheet.columns, rows, names, note=sheet.note)


def sheet_names(path: Path) -> tuple[str, ...]:
    if not sheets.is_workbook(path):
        return ()
    check_zip(path)
    with open_workbook(path) as book:
        return tuple(book.sheetnames)


def _drawn(
    ctx: Context,
    run: Import,
    kind: ImportKind,
    choices: Choices,
    look: _Look,
    is_known: bool,
    names: tuple[str, ...],
    base: str,
) -> FileMapping:
    targets = {head: name for head, name in choices.targets.items() if head in look.heads}
    choices = replace(choices, targets=targets)
    problem, meant = look.problem, {}
    if look.heads:
        try:
            meant = _meanings(ctx, kind, choices, look, base)
        except Invalid as error:
            problem = error.message
    filled = set(targets.values()) | {name for name, value in choices.constants.items() if value}
    dated = [
        row[head] for head, name in targets.items() if import_guess.is_dated(kind.column(name)) for row in look.rows
    ]
    return FileMapping(
        run=run,
        kind=kind,
        choices=choices,
        heads=tuple(
            Head(head, shown(look.rows, head), targets.get(head, ""), meant.get(head, ())) for head in look.heads
        ),
        sheets=look.sheets,
        missing=tuple(column for column in kind.columns if column.required and column.name not in filled),
        left=tuple(column for column in kind.columns if column.name not in targets.values()),
        problem=problem,
        note=look.note,
        is_known=is_known,
        unclear_days=import_guess.order_of_days(dated)[1] if dated else False,
        names=names,
    )


def sampled(rows: Sequence[Mapping[str, Cell]], head: str) -> list[Cell]:
    """Some different cells of a column that are not empty."""
    found: dict[str, Cell] = {}
    for row in rows:
        if row[head] != "":
            found.setdefault(str(row[head]), row[head])
        if len(found) == SAMPLES:
            break
    return list(found.values())


def shown(rows: Sequence[Mapping[str, Cell]], head: str) -> tuple[str, ...]:
    return tuple(sheets.short(str(cell)) for cell in sampled(rows, head))


def _meanings(
    ctx: Context, kind: ImportKind, choices: Choices, look: _Look, base: str
) -> dict[str, tuple[tuple[str, bool], ...]]:
    imap = import_maps.parse(import_choices.as_map(choices, kind, base), kind, whole=False)
    tz: ZoneInfo = imap.zone or ctx.zone
    if choices.site:
        tz = next((zone(site.zone) for site in places.list_sites(ctx) if site.code == choices.site), tz)
    found: dict[str, tuple[tuple[str, bool], ...]] = {}
    for how in imap.columns:
        for head in how.sources:
            alone = replace(how, sources=(head,))
            told = [import_maps.understood(alone, cell, tz) for cell in sampled(look.rows, head)]
            found[head] = tuple(_told(value, why, tz) for value, why in told)
    return found


def _told(value: Any, why: str, tz: ZoneInfo) -> tuple[str, bool]:
    return (why, False) if value is None and why else (import_maps.spoken(value, tz), True)


# --- Actions


@requires(Can.IMPORT)
def receive(ctx: Context, kind: str, name: str, laid: LaidDown, map_text: str = "") -> Import:
    """A file that lies in the store becomes an import of which nothing is read yet. Raises Invalid for no table."""
    declared = kind_named(ctx.registry, kind)
    ctx.need(declared.permission, to=f"import {declared.title.lower()}")
    if laid.size > LARGEST:
        raise Invalid(say("The file is larger than {largest} MB: split it.", largest=LARGEST // 1024**2), field="file")
    path = files.path_of(ctx.settings, laid.sha256)
    sheets.check_table(path)
    is_workbook = sheets.is_workbook(path)
    if map_text:
        import_maps.parse(map_text, declared, whole=False)
    file = files.keep_laid(ctx, files.clean_name(name, MEDIA[is_workbook]), MEDIA[is_workbook], laid)
    run = imports.begin(ctx, kind, name, laid.sha256, file.id)
    run.map_text = map_text
    return run


@requires(Can.IMPORT)
def choose(ctx: Context, id: int, choices: Choices, name: str = "", named: str = "") -> Import:
    """Keep what was chosen as the map of this import, and remember it for files with the same heads.

    What a map says beyond that, such as what words mean, is taken over from the one of that name, or the last one.
    """
    run = imports.locked(ctx, id)
    if reason := why_not_read(run):
        raise Conflict(say("Import {id} cannot be read: {reason}.", id=run.id, reason=reason))
    kind = kind_named(ctx.registry, run.kind)
    look = _look(ctx, run, choices)
    if look.problem:
        raise Invalid(look.problem)
    if kind.needs_site and not choices.site:
        raise Invalid(say("Say for which site the rows are."), field="site")
    before = import_choices.remembered(ctx, run.kind, look.heads)
    base = import_choices.named(ctx, run.kind).get(named) or run.map_text or before or ""
    text = import_choices.as_map(choices, kind, base)
    import_maps.parse(text, kind)
    run.map_text = text
    import_choices.remember(ctx, run.kind, look.heads, text, name)
    ctx.session.flush()
    return run


@requires(Can.IMPORT)
def discard(ctx: Context, id: int) -> None:
    """Away with a file that was not loaded: its rows, its bytes and all."""
    run = imports.locked(ctx, id)
    if run.state not in (State.UPLOADED, State.STAGED):
        raise Conflict(say("Import {id} cannot be thrown away: it is {state}.", id=run.id, state=run.state))
    ctx.session.execute(sa.delete(ImportRow).where(ImportRow.import_id == run.id))
    file_id = run.file_id
    ctx.session.delete(run)
    ctx.session.flush()
    if file_id is not None and not ctx.session.scalar(sa.select(Import.id).where(Import.file_id == file_id).limit(1)):
        ctx.session.execute(sa.delete(File).where(File.id == file_id))


@requires(Can.IMPORT)
def again(ctx: Context, id: int) -> Import:
    """The same file and map once more, as an import of its own."""
    before = imports.locked(ctx, id)
    _path(ctx, before)
    run = imports.begin(ctx, before.kind, before.file_name, before.sha256, before.file_id)
    run.map_text = before.map_text
    ctx.session.flush()
    return run
