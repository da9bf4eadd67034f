"""Spreadsheets: numbers add up, dates sort, and no text becomes a formula."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import openpyxl
import pandas as pd
import pytest

from plantops import tables
from plantops.errors import Invalid
from plantops.money import Money
from plantops.tables import Column, Kind, Table, as_csv, as_xlsx, from_frame, safe, sheet_name

ZONE = ZoneInfo("Europe/Luxembourg")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
COLUMNS = (
    Column("Order"),
    Column("Value EUR", Kind.MONEY),
    Column("Share", Kind.SHARE),
    Column("Due", Kind.DAY),
    Column("Sent", Kind.MOMENT),
    Column("Late"),
)
ROW = (
    "PO-1",
    Money.of("1234.56", "EUR"),
    Decimal("0.061"),
    date(2026, 12, 1),
    datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    True,
)


def workbook(*made: Table) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(as_xlsx(made, title="Orders", zone=ZONE, now=NOW)))


def test_a_whole_number_has_no_point_behind_it() -> None:
    rows = [(Decimal(5),), (Decimal("2.5"),), (None,)]
    page = workbook(Table("Weights", [Column("kg", Kind.NUMBER)], rows))["Weights"]
    assert [page.cell(row, 1).number_format for row in (2, 3)] == ["#,##0", "#,##0.######"]


def test_cells_are_what_they_are() -> None:
    book = workbook(Table("Orders", COLUMNS, [ROW, (None,) * 6], notes=["Filter: state = open"]))
    page = book["Orders"]
    assert [cell.value for cell in page[1]] == [column.title for column in COLUMNS]
    assert [cell.value for cell in page[2]] == [
        "PO-1",
        1234.56,
        0.061,
        datetime(2026, 12, 1),  # noqa: DTZ001
        datetime(2026, 11, 23, 10, 30),  # noqa: DTZ001
        True,
    ]
    assert [cell.value for cell in page[3]] == [None] * 6
    assert page["B2"].number_format == "#,##0.00"
    assert page["D2"].is_date
    assert page.freeze_panes == "A2"
    assert page.auto_filter.ref == "A1:F3"
    assert page.column_dimensions["A"].width >= 8
    assert book["About"]["B1"].value == "Filter: state = open"


EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", '=HYPERLINK("http://x")']


@pytest.mark.parametrize("text", EVIL)
def test_no_text_is_a_formula(text: str) -> None:
    made = Table("T", [Column("A")], [[text], ["fine"]])
    page = workbook(made).worksheets[0]
    assert page["A2"].data_type == "s"
    assert page["A2"].value.startswith("'")
    lines = list(csv.reader(io.StringIO(as_csv(made, zone=ZONE).decode("utf-8-sig"), newline="")))
    assert lines[1] == ["'" + text]
    assert lines[2] == ["fine"]


def test_negative_numbers_stay_numbers() -> None:
    made = Table("T", [Column("A", Kind.NUMBER)], [[Decimal("-1.50")], [-2]])
    assert [workbook(made).worksheets[0][f"A{n}"].value for n in (2, 3)] == [-1.5, -2]
    assert as_csv(Table("T", [Column("A")], [[Decimal("-1.50")]]), zone=ZONE).endswith(b"-1.5\r\n")
    assert safe("10-4") == "10-4"


def test_what_a_spreadsheet_would_change_stays_text() -> None:
    values = [Decimal("12345678901234567.89"), "007", date(1890, 1, 1), "x" * 40_000, "a\x01b"]
    page = workbook(Table("T", [Column("A")], [[value] for value in values])).worksheets[0]
    found = [page[f"A{n}"].value for n in range(2, 7)]
    assert found[:3] == ["12345678901234567.89", "007", "1890-01-01"]
    assert len(found[3]) == 32_767
    assert found[3].endswith(" (cut)")
    assert page["A6"].value


def test_sheets_have_names_that_a_workbook_accepts() -> None:
    taken: set[str] = set()
    long = "Requests in time / by zone: all [2026]"
    assert sheet_name(long, taken) == "Requests in time   by zone  all"
    assert sheet_name(long, taken) == "Requests in time   by zone  a 2"
    assert sheet_name("???", taken) == "Sheet"
    assert workbook(Table("a", [Column("A")], []), Table("A", [Column("A")], [])).sheetnames == ["a", "A 2"]


def test_a_table_that_is_too_long_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 3)
    with pytest.raises(Invalid, match="export CSV"):
        workbook(Table("T", [Column("A")], [[n] for n in range(4)]))


def test_a_time_without_zone_and_a_number_that_is_none_are_refused() -> None:
    with pytest.raises(TypeError, match="zone"):
        workbook(Table("T", [Column("A", Kind.MOMENT)], [[datetime(2026, 1, 1)]]))  # noqa: DTZ001
    with pytest.raises(ValueError, match="no number"):
        workbook(Table("T", [Column("A")], [[Decimal("NaN")]]))


def test_csv_is_read_right_by_spreadsheets() -> None:
    made = as_csv(Table("Orders", COLUMNS, [ROW]), zone=ZONE, delimiter=";")
    assert made.startswith(b"\xef\xbb\xbf")
    lines = made.decode("utf-8-sig").splitlines()
    assert lines[1] == "PO-1;1234.56;0.061;2026-12-01;2026-11-23 10:30;yes"


def test_a_frame_becomes_a_table_with_gaps_for_missing_values() -> None:
    frame = pd.DataFrame({"zone": ["H1", "H2"], "hours": [1.5, None]})
    made = from_frame("Zones", frame, [Column("Zone"), Column("Hours", Kind.NUMBER)])
    page = workbook(made).worksheets[0]
    assert [[cell.value for cell in row] for row in page.iter_rows(min_row=2)] == [["H1", 1.5], ["H2", None]]
    with pytest.raises(ValueError, match="2 columns in the frame and 1"):
        from_frame("Zones", frame, [Column("Zone")])
