"""XLSX from strangers: refused before it is unpacked when it is a bomb, read cell by cell when it is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook

from plantops.errors import Invalid
from plantops.wording import say

MAX_ENTRIES = 1_000
MAX_UNPACKED_BYTES = 512 * 1024 * 1024
MAX_RATIO = 200  # a real sheet of 100,000 equal rows was seen at 60
RATIO_FROM_BYTES = 8 * 1024 * 1024
PROLOG_BYTES = 4096
EXCEL_DIGITS = 15

# What openpyxl was seen to raise on broken workbooks; XML that cannot be parsed is a SyntaxError.
_DAMAGE = (
    BadZipFile, InvalidFileException, SyntaxError, KeyError, IndexError, ValueError, TypeError, AttributeError,
    OverflowError, OSError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NotReadable:
    """A cell without a value that can be taken: a formula, or an error of the spreadsheet."""

    shown: str
    why: str


def check_zip(path: Path) -> None:
    """Refuse, before anything is unpacked, what would fill the memory or hide XML entities. Raises Invalid."""
    try:
        with ZipFile(path) as archive:
            entries = archive.infolist()
            if reason := why_not_unpack(entries):
                raise Invalid(say("The workbook was not opened: {reason}.", reason=reason), code="zip_bomb")
            names = {entry.filename for entry in entries}
            if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
                raise Invalid(say("The file is a ZIP archive, not an XLSX workbook."), code="not_a_table")
            for entry in entries:
                if entry.filename.endswith((".xml", ".rels")):
                    with archive.open(entry) as part:
                        _check_prolog(entry.filename, part.read(PROLOG_BYTES))
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Invalid(
            say("The workbook is damaged and cannot be opened: {error}.", error=error), code="bad_workbook"
        ) from None


def why_not_unpack(entries: Sequence[ZipInfo]) -> str | None:
    """Why this archive is no honest workbook, judged by its directory alone."""
    if len(entries) > MAX_ENTRIES:
        return say("it has {entries:,} parts, a real one has a few dozen", entries=len(entries))
    if any(entry.flag_bits & 0x1 for entry in entries):
        return say("it is protected by a password; save it without")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_UNPACKED_BYTES:
        return say(
            "it would unpack to {total:,.0f} MB, at most {max_unpacked_bytes} are read",
            total=total / 1024**2,
            max_unpacked_bytes=MAX_UNPACKED_BYTES // 1024**2,
        )
    for entry in entries:
        if entry.file_size > RATIO_FROM_BYTES and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            return say(
                "its part {filename} is packed {file_size:,} to 1",
                filename=entry.filename[:60],
                file_size=entry.file_size // max(entry.compress_size, 1),
            )
    placed = sorted(entries, key=lambda entry: entry.header_offset)
    for one, following in zip(placed, placed[1:], strict=False):  # noqa: RUF007
        if one.header_offset + one.compress_size > following.header_offset:
            return say("its parts lie over each other")
    return None


def _check_prolog(name: str, head: bytes) -> None:
    body = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not body.startswith(b"<"):
        raise Invalid(say("The workbook's part {name} is not XML in UTF-8.", name=name[:60]), code="bad_workbook")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise Invalid(
            say(
                "The workbook was not opened: its part {name} defines XML entities, which no spreadsheet does.",
                name=name[:60],
            ),
            code="zip_bomb",
        )


@contextmanager
def open_workbook(path: Path) -> Iterator[Workbook]:
    """The workbook, read-only; formulas are seen as formulas, links to other files are not followed."""
    with path.open("rb") as file:  # opened here: openpyxl would judge a path by its ending
        try:
            book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
        except _DAMAGE as error:
            raise Invalid(
                say("The workbook is damaged and cannot be opened: {error}.", error=error), code="bad_workbook"
            ) from None
        try:
            yield book
        finally:
            book.close()


def workbook_rows(book: Workbook, sheet: str | None, max_columns: int) -> Iterator[list[object]]:
    """The rows of one sheet, the first unless named, each cell as text, number, date or NotReadable."""
    if sheet is not None and sheet not in book.sheetnames:
        raise Invalid(
            say(
                "The workbook has no sheet '{sheet}'; it has {sheetnames}.",
                sheet=sheet,
                sheetnames=", ".join(book.sheetnames),
            ),
            field="sheet",
        )
    if not book.worksheets:
        raise Invalid(say("The workbook has no sheet with cells."), code="empty_file")
    page = book[sheet] if sheet is not None else book.worksheets[0]
    # A workbook may claim a million columns: take what is there, not what it says.
    page.reset_dimensions()
    try:
        for cells in page.iter_rows():
            if len(cells) > max_columns:
                while cells and cells[-1].value is None:
                    cells = cells[:-1]
            if len(cells) > max_columns:
                raise Invalid(
                    say(
                        "The sheet has {cells:,} columns; at most {max_columns} are read.",
                        cells=len(cells),
                        max_columns=max_columns,
                    ),
                    code="too_many_columns",
                )
            yield [_value(cell.data_type, cell.value) for cell in cells]
    except _DAMAGE as error:
        raise Invalid(
            say("The sheet is damaged and cannot be read: {error}.", error=error), code="bad_workbook"
        ) from None


def _value(data_type: str, value: object) -> object:
    if data_type == "f":
        return NotReadable(
            str(getattr(value, "text", None) or value), say("the cell is a formula: put its value there")
        )
    if data_type == "e":
        return NotReadable(str(value), say("the cell shows an error of the spreadsheet"))
    if value is None or isinstance(value, bool | datetime | date | time):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        # Excel keeps 15 digits and shows no more; what floats have beyond them was never typed.
        return Decimal(f"{value:.{EXCEL_DIGITS}g}")
    return str(value)
