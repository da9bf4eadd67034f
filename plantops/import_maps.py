"""Import maps: which column of a stranger's file is which of ours, and how that file writes dates and numbers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from plantops import cells
from plantops.calendar import zone
from plantops.cells import EXAMPLE, BadCell, NumberForm
from plantops.errors import Invalid
from plantops.import_kinds import Column, Holds, ImportKind, Refusal, Row
from plantops.sheets import WHOLE_ROW, Cell, SheetRow, short
from plantops.wording import say, whole_day

JOINED = ", "
KEEP, REFUSE = "keep", "refuse"
REMEMBERED = 4096  # different texts of a column
_TOP = {
    "kind", "encoding", "delimiter", "sheet", "header_row", "site", "zone", "decimal_comma", "thousands", "dates",
    "constants", "columns", "options", "about",
}  # fmt: skip
_COLUMN = {"from", "empty", "empty_like", "values", "others", "default", "dates", "decimal_comma", "thousands"}


@dataclass(frozen=True)
class ColumnMap:
    """How one of our columns is filled: from which columns of the file, and what its words mean."""

    column: Column
    sources: tuple[str, ...]
    empty: Mapping[str, str]
    empty_like: tuple[tuple[re.Pattern[str], str], ...]
    words: Mapping[str, str]
    others: str
    default: str | None
    dates: tuple[str, ...]
    numbers: NumberForm


@dataclass(frozen=True)
class ImportMap:
    """A map that fits its kind: every required column is filled, every name is known."""

    kind: str
    columns: tuple[ColumnMap, ...]
    constants: Mapping[str, Any]
    encoding: str | None
    delimiter: str | None
    sheet: str | None
    header_row: int
    site: str | None
    zone: ZoneInfo | None
    options: Mapping[str, Any]

    @property
    def sources(self) -> list[str]:
        """The columns that the file must have."""
        return list(dict.fromkeys(name for column in self.columns for name in column.sources))


# --- Reading the map


def plain(text: str) -> dict[str, Any]:
    """A TOML text as it stands. Raises Invalid with a sentence when it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(say("The map is not TOML: {error}.", error=error), field="map") from None


def parse(text: str, kind: ImportKind, *, whole: bool = True) -> ImportMap:
    """A TOML text as a map for this kind. Raises Invalid with a sentence that names the wrong key.

    Not `whole`: columns that are needed may still be missing.
    """
    raw = plain(text)
    _known(raw, _TOP, "the map")
    if raw.get("kind", kind.name) != kind.name:
        raise Invalid(
            say("This map is for imports of '{raw}', not of '{name}'.", raw=raw["kind"], name=kind.name), field="map"
        )
    columns = _table(raw, "columns")
    options = _table(raw, "options")
    _known(options, set(kind.options), "[options]")
    tz = zone(_text(raw, "zone")) if "zone" in raw else None
    mapped = tuple(_column(kind.column(name), how, raw) for name, how in columns.items())
    made = ImportMap(
        kind=kind.name,
        columns=mapped,
        constants={name: _constant(kind.column(name), value) for name, value in _table(raw, "constants").items()},
        encoding=raw.get("encoding"),
        delimiter=raw.get("delimiter"),
        sheet=raw.get("sheet"),
        header_row=int(raw.get("header_row", 1)),
        site=raw.get("site"),
        zone=tz,
        options=options,
    )
    _check_whole(kind, made, whole)
    return made


def _check_whole(kind: ImportKind, made: ImportMap, whole: bool) -> None:
    filled = {column.column.name for column in made.columns}
    if twice := filled & set(made.constants):
        raise Invalid(
            say("The map fills '{twice}' from the file and by a constant: keep one of them.", twice=min(twice)),
            field="map",
        )
    for column in kind.columns if whole else ():
        if column.required and column.name not in filled and column.name not in made.constants:
            raise Invalid(
                say(
                    "The map does not say where '{name}' ({title}) comes from: add it to [columns] or [constants].",
                    name=column.name,
                    title=column.title,
                ),
                field=column.name,
            )


def _column(column: Column, how: object, top: Mapping[str, Any]) -> ColumnMap:
    given: Mapping[str, Any] = how if isinstance(how, dict) else {"from": how}
    where = f"[columns.{column.name}]"
    _known(given, _COLUMN, where)
    sources = given.get("from")
    names = (sources,) if isinstance(sources, str) else tuple(sources or ())
    if not names or not all(isinstance(name, str) and name for name in names):
        raise Invalid(say('{where} needs from = "column of the file".', where=where), field="map")
    if len(names) > 1 and column.holds is not Holds.TEXT:
        raise Invalid(say("{where} joins columns, which only a text can do.", where=where), field="map")
    others = given.get("others", KEEP)
    if others not in (KEEP, REFUSE):
        raise Invalid(
            say(
                "{where} others is '{keep}' or '{refuse}', not '{others}'.",
                where=where,
                keep=KEEP,
                refuse=REFUSE,
                others=others,
            ),
            field="map",
        )
    return ColumnMap(
        column=column,
        sources=names,
        empty=_words(given, "empty", where),
        empty_like=tuple((_pattern(text, where), why) for text, why in _words(given, "empty_like", where).items()),
        words=_words(given, "values", where),
        others=others,
        default=None if given.get("default") is None else str(given["default"]),
        dates=_dates(given.get("dates", top.get("dates", ())), column, where),
        numbers=NumberForm(
            "," if given.get("decimal_comma", top.get("decimal_comma", False)) else ".",
            given.get("thousands", top.get("thousands", "")),
        ),
    )


def _dates(given: object, column: Column, where: str) -> tuple[str, ...]:
    forms = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, list | tuple) else ()
    if column.holds not in (Holds.DAY, Holds.MOMENT):
        return ()
    if not forms:
        raise Invalid(
            say('{where} is a date: say how it is written, e.g. dates = ["%d.%m.%Y"].', where=where), field="map"
        )
    for form in forms:
        try:
            read_back = datetime.strptime(EXAMPLE.strftime(form), form)  # noqa: DTZ007
        except (ValueError, TypeError):
            read_back = None
        if read_back is None or read_back.date() != EXAMPLE.date():
            raise Invalid(
                say(
                    "{where} '{form}' is no whole form of a date, such as %d.%m.%Y or %Y-%m-%d.", where=where, form=form
                ),
                field="map",
            )
    return tuple(str(form) for form in forms)


def _constant(column: Column, value: object) -> object:
    if isinstance(value, bool) and column.holds is Holds.YES:
        return value
    if isinstance(value, date) and column.holds is Holds.DAY:
        return value
    try:
        found = _typed(column, str(value), ("%Y-%m-%d",), NumberForm(), cells.EXAMPLE.tzinfo)
        _check(column, found)
    except BadCell as error:
        raise Invalid(
            say("The constant {name} = {value} cannot be: {error}.", name=column.name, value=repr(value), error=error),
            field="map",
        ) from None
    return found


def _known(table: Mapping[str, Any], names: set[str], where: str) -> None:
    if unknown := set(table) - names:
        may = say("It may have {names}.", names=", ".join(sorted(names))) if names else say("It has none.")
        raise Invalid(
            say("'{unknown}' is nothing that {where} can have. {may}", unknown=min(unknown), where=where, may=may),
            field="map",
        )


def _table(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = raw.get(name, {})
    if not isinstance(table, dict):
        raise Invalid(say("The map's {name} must be a table: [{name}].", name=name), field="map")
    return table


def _text(raw: Mapping[str, Any], name: str) -> str:
    return str(raw[name])


def _words(given: Mapping[str, Any], name: str, where: str) -> dict[str, str]:
    table = given.get(name, {})
    if not isinstance(table, dict):
        raise Invalid(say("{where} {name} must be a table of words.", where=where, name=name), field="map")
    return {key.casefold() if name != "empty_like" else key: str(value) for key, value in table.items()}


def _pattern(text: str, where: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise Invalid(
            say("{where} '{text}' is no pattern: {error}.", where=where, text=text, error=error), field="map"
        ) from None


# --- Reading a row with the map


@dataclass(frozen=True)
class ReadRow:
    """A row as typed values, why some are empty, and what is wrong."""

    row: Row
    problems: tuple[Refusal, ...]


def understood(how: ColumnMap, cell: Cell, tz: ZoneInfo) -> tuple[Any, str]:
    """What a cell of one column means: its value, or None and why it has none."""
    try:
        return _value(how, cell, tz)
    except BadCell as error:
        return None, str(error)


def spoken(value: Any, tz: ZoneInfo) -> str:
    """A value so that nobody can take it for another: the month as a word, digits with their point."""
    match value:
        case None:
            return "empty"
        case datetime():
            return f"{whole_day(value.astimezone(tz).date())}, {value.astimezone(tz):%H:%M}"
        case date():
            return whole_day(value)
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return f"{value:,f}"
        case _:
            return short(str(value))


def reader(imap: ImportMap, kind: ImportKind, default_zone: ZoneInfo) -> Callable[[SheetRow], ReadRow]:
    """How rows of this file become rows of this kind."""
    tz = imap.zone or default_zone
    used = set(imap.sources)
    columns = [(how, _remembered(how, tz)) for how in imap.columns]

    def read(raw: SheetRow) -> ReadRow:
        problems = [
            Refusal(raw.number, p.column, p.value, p.why)
            for p in raw.problems
            if p.column in used or p.column == WHOLE_ROW
        ]
        # A fault in a column that nobody reads does not refuse the row.
        broken = {problem.column for problem in problems}
        values: dict[str, Any] = dict(imap.constants)
        reasons: dict[str, str] = {}
        for how, value in columns:
            if broken and broken.intersection(how.sources):
                continue
            name = how.column.name
            cell = _cell(raw.cells, how.sources)
            try:
                values[name], why = value(cell)
                if why:
                    reasons[name] = why
            except BadCell as error:
                problems.append(Refusal(raw.number, how.sources[0], short(str(cell)), str(error)))
        row = Row(raw.number, values, reasons)
        if not problems:
            sources = {how.column.name: how.sources[0] for how in imap.columns}
            for column, why in _faults(kind, row):
                source = sources.get(column, column)
                problems.append(Refusal(raw.number, source, short(str(raw.cells.get(source, ""))), why))
        return ReadRow(row, tuple(problems))

    return read


def _remembered(how: ColumnMap, tz: ZoneInfo) -> Callable[[Cell], tuple[Any, str]]:
    """`_value` of one column: a file says the same days, words and numbers again and again."""

    @lru_cache(maxsize=REMEMBERED)
    def of_text(cell: str) -> tuple[Any, str]:
        return _value(how, cell, tz)

    return lambda cell: of_text(cell) if isinstance(cell, str) else _value(how, cell, tz)


def _faults(kind: ImportKind, row: Row) -> Iterator[tuple[str, str]]:
    """What the kind's own rule says; a value that it cannot reckon with is a fault of the row, not of the file."""
    try:
        yield from kind.rule(row)
    except Invalid as error:
        yield next(iter(error.fields), WHOLE_ROW), error.message


def _cell(found: Mapping[str, Cell], sources: Sequence[str]) -> Cell:
    if len(sources) == 1:
        return found[sources[0]]
    return JOINED.join(text for source in sources if (text := str(found[source])))


def _value(how: ColumnMap, cell: Cell, tz: ZoneInfo) -> tuple[Any, str]:
    """The typed value, or None and the reason why it is empty."""
    column = how.column
    if how.words and isinstance(cell, Decimal | bool):
        cell = cells.text(cell, column.longest)
    if isinstance(cell, str):
        word = cell.casefold()
        if why := _placeholder(how, cell, word):
            if column.required:
                raise BadCell(
                    say("'{cell}' stands for an empty cell, and this one must not be empty", cell=short(cell))
                )
            return None, why
        if word in how.words:
            cell = how.words[word]
        elif how.words and how.others == REFUSE and cell:
            raise BadCell(say("the map does not know '{cell}'", cell=short(cell)))
        if cell == "" and how.default is not None:
            cell = how.default
        if cell == "":
            if column.required:
                raise BadCell(say("it is empty"))
            return None, ""
    value = _typed(column, cell, how.dates, how.numbers, tz)
    _check(column, value)
    return value, ""


def _placeholder(how: ColumnMap, cell: str, word: str) -> str:
    if why := how.empty.get(word):
        return why
    return next((why for pattern, why in how.empty_like if pattern.fullmatch(cell)), "")


def _typed(column: Column, cell: Cell, dates: Sequence[str], numbers: NumberForm, tz: Any) -> Any:
    match column.holds:
        case Holds.NUMBER:
            return cells.number(cell, numbers)
        case Holds.WHOLE:
            return cells.whole_number(cell, numbers)
        case Holds.DAY:
            return cells.day(cell, dates)
        case Holds.MOMENT:
            return cells.instant(cell, dates, tz)
        case Holds.YES:
            return cells.yes(cell)
        case Holds.TEXT:
            return cells.text(cell, column.longest)


def _check(column: Column, value: Any) -> None:
    if column.choices and value not in column.choices:
        raise BadCell(say("'{value}' is none of {choices}", value=short(str(value)), choices=", ".join(column.choices)))
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        if column.decimals is not None and isinstance(value, Decimal):
            exponent = value.normalize().as_tuple().exponent
            if isinstance(exponent, int) and -exponent > column.decimals:
                raise BadCell(say("it has more than {decimals} digits after the point", decimals=column.decimals))
        if column.at_least is not None and value < column.at_least:
            raise BadCell(say("it must be at least {at_least}", at_least=column.at_least))
        if column.at_most is not None and value > column.at_most:
            raise BadCell(say("it must be at most {at_most}", at_most=column.at_most))
