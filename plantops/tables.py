"""Tables for spreadsheets: real dates and numbers, one tidy sheet per table, and no cell that runs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import xlsxwriter

from plantops.errors import Invalid
from plantops.money import Money
from plantops.units import Quantity, plain
from plantops.wording import say

if TYPE_CHECKING:
    import pandas as pd
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
MAX_ROWS = 1_048_575  # a sheet's rows without its header
MAX_CELL_CHARACTERS = 32_767
EXACT_DIGITS = 15  # more and a spreadsheet changes the number
FIRST_DATE = date(1900, 3, 1)  # before it Excel's calendar is wrong
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
NARROWEST, WIDEST = 8, 60
SAMPLED_ROWS = 200
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    MONEY = "money"
    SHARE = "share"  # 0.061 is shown as 6.1 %
    DAY = "day"
    MOMENT = "moment"


_FORMATS = {
    Kind.NUMBER: "#,##0.######",
    Kind.WHOLE: "#,##0",
    Kind.MONEY: "#,##0.00",
    Kind.SHARE: "0.0%",
    Kind.DAY: "yyyy-mm-dd",
    Kind.MOMENT: "yyyy-mm-dd hh:mm",
}


@dataclass(frozen=True)
class Column:
    """A column's heading and what its cells are; a unit or currency stands in the heading, never in the cell."""

    title: str
    kind: Kind = Kind.TEXT
    width: int | None = None


@dataclass(frozen=True)
class Table:
    """A name, columns, and rows with one value per column: str, Decimal, int, date, aware datetime, bool or None."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]
    notes: Sequence[str] = field(default_factory=tuple)
    """Lines for the sheet "About": filter, time, definition."""


def from_frame(name: str, frame: pd.DataFrame, columns: Sequence[Column]) -> Table:
    """A DataFrame as a table; the columns are those of the frame in order, missing values are empty cells."""
    if len(columns) != len(frame.columns):
        raise ValueError(f"{name} has {len(frame.columns)} columns in the frame and {len(columns)} described.")
    # NaN and NaT are the only values that are not equal to themselves.
    rows = ([None if value != value else value for value in row] for row in frame.itertuples(index=False))
    return Table(name, columns, rows)


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula: =1+1 becomes '=1+1."""
    return "'" + text if text.lstrip(" ").startswith(STARTS_A_FORMULA) else text


def as_xlsx(tables: Sequence[Table], *, title: str, zone: ZoneInfo, now: datetime) -> bytes:
    """
    A workbook with one sheet per table: bold frozen header, filter, widths, real dates and numbers.

    Times are shown in the plant's zone. Raises Invalid when a table has more rows than a sheet can hold.
    """
    out = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": title, "author": "plantops", "created": now.astimezone(UTC).replace(tzinfo=None)})
    formats = {kind: book.add_format({"num_format": form}) for kind, form in _FORMATS.items()}
    formats[Kind.TEXT] = book.add_format({"num_format": "@", "valign": "top"})
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"})
    taken: set[str] = set()
    notes: list[tuple[str, str]] = []
    for table in tables:
        name = sheet_name(table.name, taken)
        _write_sheet(book.add_worksheet(name), table, formats, head, zone)
        notes += [(name, safe(note)) for note in table.notes]
    if notes:
        about = book.add_worksheet(sheet_name(say("About"), taken))
        for number, note in enumerate(notes):
            about.write_row(number, 0, note)
    book.close()
    return out.getvalue()


def sheet_name(name: str, taken: set[str]) -> str:
    """A name that a workbook accepts: at most 31 characters, no []:*?/\\, each once."""
    base = _NOT_IN_NAMES.sub(" ", name).strip(" '")[:31] or "Sheet"
    found, number = base, 2
    while found.casefold() in taken:
        found = f"{base[: 31 - len(str(number)) - 1]} {number}"
        number += 1
    taken.add(found.casefold())
    return found


def _write_sheet(sheet: Worksheet, table: Table, formats: dict[Kind, Format], head: Format, zone: ZoneInfo) -> None:
    rows = iter(table.rows)
    sample = [row for _, row in zip(range(SAMPLED_ROWS), rows, strict=False)]
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(table.columns):
        shown = [len(column.title), *(len(_shown(row[place])) for row in sample)]
        width = column.width or min(max(NARROWEST, *shown) + 2, WIDEST)
        sheet.set_column(place, place, width, formats[column.kind])
        sheet.write_string(0, place, safe(column.title), head)
    last = 0
    for part in (sample, rows):
        for row in part:
            last += 1
            if last > MAX_ROWS:
                raise Invalid(
                    say(
                        "'{name}' has more than {max_rows:,} rows: filter it, or export CSV.",
                        name=table.name,
                        max_rows=MAX_ROWS,
                    )
                )
            for place, (column, value) in enumerate(zip(table.columns, row, strict=True)):
                _write_cell(sheet, last, place, value, formats[_shown_as(column.kind, value)], zone)
    if table.columns:
        sheet.autofilter(0, 0, max(last, 1), len(table.columns) - 1)


def _shown_as(kind: Kind, value: Any) -> Kind:
    """A whole number has no point behind it, which the format of other numbers would draw."""
    is_whole = kind is Kind.NUMBER and isinstance(value, Decimal | float | int) and value == value // 1
    return Kind.WHOLE if is_whole else kind


def _write_cell(sheet: Worksheet, row: int, place: int, value: Any, form: Format, zone: ZoneInfo) -> None:
    value = _plain(value)
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value, form)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, place, _local(value, zone), form)
    elif isinstance(value, date) and value >= FIRST_DATE:
        sheet.write_datetime(row, place, value, form)
    elif isinstance(value, int | float | Decimal) and len(Decimal(str(value)).as_tuple().digits) <= EXACT_DIGITS:
        sheet.write_number(row, place, value, form)
    else:
        sheet.write_string(row, place, _cut(safe(str(value))), form)


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return value.amount
    if isinstance(value, Quantity):
        return value.value
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError(f"{value} is no number for a table")
    return value.value if isinstance(value, StrEnum) else value


def _local(value: datetime, zone: ZoneInfo) -> datetime:
    if value.tzinfo is None:
        raise TypeError("A time in a table needs its zone.")
    return value.astimezone(zone).replace(tzinfo=None)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_CELL_CHARACTERS else text[: MAX_CELL_CHARACTERS - 6] + " (cut)"


def _shown(value: Any) -> str:
    return max(str(_plain(value)).splitlines() or [""], key=len) if value is not None else ""


def as_csv(table: Table, *, zone: ZoneInfo, delimiter: str = ",") -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheets read the letters right; dates as ISO, times local."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow([safe(column.title) for column in table.columns])
    for row in table.rows:
        writer.writerow([_csv_cell(value, zone) for value in row])
    return out.getvalue().encode("utf-8-sig")


def _csv_cell(value: Any, zone: ZoneInfo) -> str:
    value = _plain(value)
    if value is None:
        return ""
    if isinstance(value, datetime):
        return _local(value, zone).isoformat(sep=" ", timespec="minutes")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, int | float | date):
        return str(value)
    return safe(str(value))
