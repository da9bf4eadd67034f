"""Reading other people's tables, CSV or XLSX, without trusting a byte of them."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import cast

from plantops.errors import Invalid
from plantops.wording import mark, say
from plantops.workbook import NotReadable, check_zip, open_workbook, workbook_rows

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_ROWS = 500_000
MAX_COLUMNS = 500
MAX_CELL_CHARACTERS = 32_767  # what a cell of a spreadsheet can hold
SHOWN_CHARACTERS = 80
SAMPLE_ROWS = 50
WHOLE_ROW = "(row)"  # where a problem is of no single column
DELIMITERS = (",", ";", "\t", "|")
CHUNK_BYTES = 1024 * 1024

Cell = str | Decimal | bool | datetime | date | time

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_NO_TABLES = (
    (b"%PDF", mark("a PDF")),
    (b"\x89PNG", mark("a picture")),
    (b"\xff\xd8\xff", mark("a picture")),
    (b"GIF8", mark("a picture")),
    (b"\x1f\x8b", mark("a packed file: unpack it first")),
    (b"\xd0\xcf\x11\xe0", mark("an old .xls or a protected workbook: save it as .xlsx without a password")),
    (b"<!DOCTYPE", mark("a web page")),
    (b"<html", mark("a web page")),
)
# Western text has at most three accented letters in a row; Cyrillic or Greek read as Windows-1252 has nothing else.
_FOREIGN_RUN = re.compile(r"[^\x00-\x7f]{4}")

# The csv module's own limit is one for the whole process and only a crude error; cells are measured here.
csv.field_size_limit(MAX_FILE_BYTES)


@dataclass(frozen=True, slots=True)
class CellProblem:
    """One cell that cannot be used: where, what stands there, why."""

    column: str
    value: str
    why: str


@dataclass(slots=True)
class SheetRow:
    """One row by column name; `number` is the row as a spreadsheet shows it, with the header as row 1."""

    number: int
    cells: dict[str, Cell]
    problems: list[CellProblem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table that is open for reading: its columns are known and sound, its rows come one by one."""

    path: Path
    columns: tuple[str, ...]
    note: str
    encoding: str | None = None
    delimiter: str = ","
    sheet: str | None = None
    header_row: int = 1

    def rows(self) -> Iterator[SheetRow]:
        """Every row that is not blank. Raises Invalid when there is none, or there are too many."""
        raw = self._workbook() if self.encoding is None else self._text()
        seen = False
        for number, values in enumerate(raw, start=1):
            if number > MAX_ROWS + self.header_row:
                raise Invalid(
                    say("The file has more than {max_rows:,} rows: split it.", max_rows=MAX_ROWS), code="too_many_rows"
                )
            if number <= self.header_row or not any(value not in (None, "") for value in values):
                continue
            seen = True
            yield _row(number, self.columns, values, whole=self.encoding is not None)
        if not seen:
            raise Invalid(say("The file has column names but no rows under them."), code="empty_file")

    def about_rows(self) -> int:
        """How many rows there may be, to tell how far the reading is; 0 when it cannot be told."""
        if self.encoding is None:
            with open_workbook(self.path) as book:
                page = book[self.sheet] if self.sheet is not None else book.worksheets[0]
                return max((page.max_row or 0) - self.header_row, 0)
        with self.path.open("rb") as file:
            lines = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(CHUNK_BYTES), b""))
        return max(lines - self.header_row, 0)

    def _text(self) -> Iterator[Sequence[object]]:
        return _records(self.path, self.encoding or "utf-8", self.delimiter)

    def _workbook(self) -> Iterator[Sequence[object]]:
        with open_workbook(self.path) as book:
            yield from workbook_rows(book, self.sheet, MAX_COLUMNS)


def read(
    path: Path,
    required: Sequence[str] = (),
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    header_row: int = 1,
) -> Sheet:
    """
    Open a table. Its content says what it is, never its name.

    Raises Invalid with a sentence for the whole file: empty, too large, not a table, a zip bomb, an encoding that
    cannot be told, a column that is missing or there twice.
    """
    check_table(path)
    if is_workbook(path):
        return _open_xlsx(path, required, sheet, header_row)
    return _open_csv(path, required, encoding or sniff_encoding(path), delimiter, header_row)


def check_table(path: Path) -> None:
    """Raises Invalid when the content of the file is no table that could be read."""
    size = path.stat().st_size
    if size == 0:
        raise Invalid(say("The file is empty."), code="empty_file")
    if size > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 1024**2
        raise Invalid(
            say("The file has {size:.0f} MB; at most {limit} MB are read.", size=size / 1024**2, limit=limit),
            code="file_too_large",
        )
    with path.open("rb") as file:
        head = file.read(512)
    for magic, what in _NO_TABLES:
        if head.lstrip().startswith(magic):
            raise Invalid(
                say("The file is {what}; a table as CSV or XLSX is needed.", what=say(what)), code="not_a_table"
            )


def is_workbook(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _open_xlsx(path: Path, required: Sequence[str], sheet: str | None, header_row: int) -> Sheet:
    check_zip(path)
    with open_workbook(path) as book:
        header: Sequence[object] = ()
        for number, values in enumerate(workbook_rows(book, sheet, MAX_COLUMNS), start=1):
            if number == header_row:
                header = values
                break
    return Sheet(path, _columns(header, required), say("read as XLSX"), sheet=sheet, header_row=header_row)


def _open_csv(path: Path, required: Sequence[str], encoding: str, delimiter: str | None, header_row: int) -> Sheet:
    _check_decodes(path, encoding)
    sign = delimiter or sniff_delimiter(path, encoding)
    header: Sequence[object] = ()
    for number, values in enumerate(_records(path, encoding, sign), start=1):
        if number == header_row:
            header = values
            break
    shown = {"\t": "tab", " ": "space"}.get(sign, sign)
    note = say("read as CSV in {encoding}, separated by {shown}", encoding=encoding, shown=shown)
    return Sheet(path, _columns(header, required), note, encoding, sign, header_row=header_row)


def sniff_encoding(path: Path) -> str:
    """UTF-8, UTF-16 or, when nothing speaks against it, Windows-1252."""
    with path.open("rb") as file:
        head = file.read(4096)
    for order_mark, name in _BYTE_ORDER_MARKS:
        if head.startswith(order_mark):
            return name
    if len(head) >= 4 and head.count(0) > len(head) // 4:  # half of Western UTF-16 is zeros
        return "utf-16-le" if head[1::2].count(0) > head[0::2].count(0) else "utf-16-be"
    if _decodes(path, "utf-8"):
        return "utf-8"
    if _decodes(path, "cp1252") and not _FOREIGN_RUN.search(path.read_text("cp1252")):
        return "cp1252"
    raise Invalid(
        say(
            "The file's characters are neither UTF-8 nor Windows-1252: save it as 'CSV UTF-8', "
            "or state its encoding in the map."
        ),
        code="bad_encoding",
    )


def _decodes(path: Path, encoding: str) -> bool:
    try:
        _check_decodes(path, encoding)
    except Invalid:
        return False
    return True


def _check_decodes(path: Path, encoding: str) -> None:
    line = 1
    try:
        with path.open(encoding=encoding, newline="") as file:
            while chunk := file.read(CHUNK_BYTES):
                line += chunk.count("\n")
    except (UnicodeDecodeError, UnicodeError) as error:
        byte = getattr(error, "object", b"?")[getattr(error, "start", 0) :][:1].hex()
        raise Invalid(
            say(
                "The file is not {encoding}: the byte {byte} after line {line} is no character of it. "
                "Save it as 'CSV UTF-8', or state its encoding in the map.",
                encoding=encoding,
                byte=byte or "?",
                line=line,
            ),
            code="bad_encoding",
        ) from None
    except LookupError:
        raise Invalid(
            say("There is no encoding '{encoding}'; use one such as utf-8 or cp1252.", encoding=encoding),
            field="encoding",
        ) from None


def sniff_delimiter(path: Path, encoding: str) -> str:
    """The sign that cuts the first rows into the most columns, the same number in each."""
    best, most = ",", 0
    for sign in DELIMITERS:
        widths = []
        for record in _records(path, encoding, sign):
            if record:
                widths.append(len(record))
            if len(widths) == SAMPLE_ROWS:
                break
        if widths and widths[0] > 1:
            steady = sum(width == widths[0] for width in widths) / len(widths)
            score = int(widths[0] * steady * 1000)
            if score > most:
                best, most = sign, score
    return best


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[list[str]]:
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        try:
            yield from reader
        except csv.Error as error:
            raise Invalid(
                say(
                    "Line {line_num} of the file cannot be read as CSV: {error}.", line_num=reader.line_num, error=error
                ),
                code="bad_csv",
            ) from None


def _columns(header: Sequence[object], required: Sequence[str]) -> tuple[str, ...]:
    names = [_name(value) for value in header]
    while names and not names[-1]:
        names.pop()
    if not any(names):
        raise Invalid(say("The file is empty: it has no row of column names."), code="empty_file")
    if len(names) > MAX_COLUMNS:
        raise Invalid(
            say(
                "The file has {names} columns; at most {max_columns} are read.",
                names=len(names),
                max_columns=MAX_COLUMNS,
            ),
            code="too_many_columns",
        )
    seen: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        if name and (first := seen.setdefault(name.casefold(), place)) != place:
            raise Invalid(
                say(
                    "The column '{name}' is there twice, as columns {first} and {place}: rename or remove one.",
                    name=short(name),
                    first=first,
                    place=place,
                ),
                code="doubled_column",
                field=name,
            )
    if missing := [name for name in required if name not in names]:
        raise Invalid(
            say(
                "The file lacks the column{value} {missing}. It has {names}.",
                value="s" * (len(missing) > 1),
                missing=_listed(missing),
                names=_listed(names),
            ),
            code="missing_column",
            details={"missing": missing},
        )
    return tuple(name or f"column {place}" for place, name in enumerate(names, start=1))


def _name(value: object) -> str:
    return unicodedata.normalize("NFC", str(value if value is not None else "")).strip()


def _listed(names: Sequence[str]) -> str:
    shown = [f"'{short(name)}'" for name in names if name]
    return ", ".join(shown[:40]) + (f" and {len(shown) - 40} more" if len(shown) > 40 else "")


def _row(number: int, columns: tuple[str, ...], values: Sequence[object], *, whole: bool) -> SheetRow:
    row = SheetRow(number, {})
    padded = [*values, *([""] * (len(columns) - len(values)))]
    for name, value in zip(columns, padded, strict=False):
        row.cells[name] = ""
        if isinstance(value, NotReadable):
            row.problems.append(CellProblem(name, short(value.shown), value.why))
        elif not isinstance(value, str):
            row.cells[name] = cast(Cell, "" if value is None else value)
        elif why := why_not_cell(value):
            row.problems.append(CellProblem(name, short(value), why))
        else:
            row.cells[name] = value.strip()
    extra = [value for value in values[len(columns) :] if value not in (None, "")]
    if extra:
        why = say(
            "the row has more cells than the {columns} columns: is a comma or semicolon inside a text?",
            columns=len(columns),
        )
        row.problems.append(CellProblem(WHOLE_ROW, short(str(extra[0])), why))
    elif whole and len(values) < len(columns):
        why = say("the row ends after {values} of {columns} cells", values=len(values), columns=len(columns))
        row.problems.append(CellProblem(WHOLE_ROW, "", why))
    return row


def why_not_cell(text: str) -> str | None:
    """Why a text may not come in, whatever its column means; None when it may."""
    if len(text) > MAX_CELL_CHARACTERS:
        return say(
            "the cell has {text:,} characters, at most {max_cell_characters:,} are read: "
            "is a quotation mark not closed?",
            text=len(text),
            max_cell_characters=MAX_CELL_CHARACTERS,
        )
    if "\0" in text:
        return say("the cell holds a NUL character: the file is damaged or not a text")
    if text.lstrip().startswith("="):
        return say("the cell is a formula: put its value there")
    return None


def short(text: str) -> str:
    """A value as it may be shown in an error: on one line, cut, without NUL."""
    clean = " ".join(text[: 10 * SHOWN_CHARACTERS].replace("\0", "␀").split())
    return clean if len(clean) <= SHOWN_CHARACTERS else clean[: SHOWN_CHARACTERS - 1] + "…"
