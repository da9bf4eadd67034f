"""Tables from strangers: each fault is named with its cell or its file, and the good rows still come through."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from plantops import sheets, workbook
from plantops.errors import Invalid
from plantops.sheets import MAX_CELL_CHARACTERS, SheetRow, read

Write = Callable[[bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(content: bytes) -> Path:
        path = tmp_path / "table.bin"
        path.write_bytes(content)
        return path

    return make


def rows(path: Path, *required: str) -> list[SheetRow]:
    return list(read(path, required).rows())


def refusal(path: Path, *required: str) -> Invalid:
    with pytest.raises(Invalid) as refused:
        rows(path, *required)
    return refused.value


def xlsx(*lines: list[object], name: str = "Orders") -> bytes:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.title = name
    for line in lines:
        page.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


TABLE = "name;amount\nBüro Größe;1,5\nSchrauben;2\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_each_usual_encoding_is_recognised(write: Write, encoding: str) -> None:
    first, second = rows(write(TABLE.encode(encoding)), "name", "amount")
    assert first.cells == {"name": "Büro Größe", "amount": "1,5"}
    assert (second.number, second.cells["name"]) == (3, "Schrauben")


def test_a_text_of_another_alphabet_is_not_read_as_gibberish(write: Write) -> None:
    refused = refusal(write("имя;сумма\nПодшипник;1\n".encode("cp1251")))
    assert refused.code == "bad_encoding"
    assert "neither UTF-8 nor Windows-1252" in str(refused)
    sheet = read(write("имя;сумма\nПодшипник;1\n".encode("cp1251")), encoding="cp1251")
    assert next(sheet.rows()).cells == {"имя": "Подшипник", "сумма": "1"}


def test_a_stated_encoding_that_is_wrong_names_the_byte_and_the_line(write: Write) -> None:
    with pytest.raises(Invalid, match="not utf-8: the byte fc after line 1") as refused:
        read(write(TABLE.encode("cp1252")), encoding="utf-8")
    assert refused.value.code == "bad_encoding"
    with pytest.raises(Invalid, match="no encoding 'klingon'"):
        read(write(TABLE.encode()), encoding="klingon")


def test_bytes_that_no_encoding_knows_are_refused(write: Write) -> None:
    assert refusal(write(b"name;amount\n\x81\x8d\xff;1\n")).code == "bad_encoding"
    assert refusal(write(b"\xff\xfen\x00a\x00m\x00;\x00\x00\xd8\x00\xd8")).code == "bad_encoding"


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(write: Write, sign: str) -> None:
    content = f'name{sign}note{sign}amount\nA{sign}"one, two; three"{sign}1\nB{sign}{sign}2\n'
    first, second = rows(write(content.encode()), "name", "note", "amount")
    assert first.cells == {"name": "A", "note": "one, two; three", "amount": "1"}
    assert second.cells["note"] == ""


def test_one_column_is_a_table_too(write: Write) -> None:
    assert [row.cells["name"] for row in rows(write(b"name\nA\n\nB\n"), "name")] == ["A", "B"]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"   \n", b";;;\n;;\n"])
def test_an_empty_file_is_refused(write: Write, content: bytes) -> None:
    assert refusal(write(content)).code == "empty_file"


def test_names_without_rows_are_refused(write: Write) -> None:
    assert "no rows" in str(refusal(write(b"name;amount\n")))
    assert refusal(write(xlsx(["name", "amount"]))).code == "empty_file"
    assert refusal(write(xlsx())).code == "empty_file"


def test_a_missing_column_is_named_with_what_is_there(write: Write) -> None:
    refused = refusal(write(TABLE.encode()), "name", "currency", "due")
    assert refused.code == "missing_column"
    assert refused.details == {"missing": ["currency", "due"]}
    assert "lacks the columns 'currency', 'due'. It has 'name', 'amount'." in str(refused)


@pytest.mark.parametrize("second", ["name", " Name ", "NAME"])
def test_a_doubled_column_is_refused(write: Write, second: str) -> None:
    refused = refusal(write(f"name;amount;{second}\nA;1;B\n".encode()))
    assert refused.code == "doubled_column"
    assert "columns 1 and 3" in str(refused)
    assert refusal(write(xlsx(["name", "amount", second], ["A", 1, "B"]))).code == "doubled_column"


def test_a_cell_of_10_mb_is_refused_and_its_neighbours_load(write: Write) -> None:
    content = b"name;amount\nA;1\n" + b"x" * 10 * 1024 * 1024 + b";2\nC;3\n"
    first, giant, third = rows(write(content))
    assert not first.problems
    assert not third.problems
    (problem,) = giant.problems
    assert (problem.column, giant.number) == ("name", 3)
    assert f"10,485,760 characters, at most {MAX_CELL_CHARACTERS:,}" in problem.why
    assert len(problem.value) <= 80


def test_a_quote_that_is_never_closed_is_one_bad_cell(write: Write) -> None:
    content = "name;amount\n" + '"A;1\n' + "B;2\n" * 20_000
    (row,) = rows(write(content.encode()))
    assert any("quotation mark" in problem.why for problem in row.problems)


def test_formulas_are_refused_per_cell(write: Write) -> None:
    line = ['=HYPERLINK("http://x.example")', "=1+1", "+49 170", "-5", "@home"]
    content = "a;b;c;d;e\n" + ";".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in line) + "\n"
    (row,) = rows(write(content.encode()))
    assert [problem.column for problem in row.problems] == ["a", "b"]
    assert all("formula" in problem.why for problem in row.problems)
    assert (row.cells["c"], row.cells["d"], row.cells["e"]) == ("+49 170", "-5", "@home")


def test_formulas_and_errors_of_a_workbook_are_refused_per_cell(write: Write) -> None:
    (row,) = rows(write(xlsx(["a", "b", "c"], ["=SUM(1,2)", "#N/A", 5])))
    assert {problem.column: problem.value for problem in row.problems} == {"a": "=SUM(1,2)", "b": "#N/A"}
    assert row.cells["c"] == Decimal(5)


def test_a_nul_is_refused_in_its_cell(write: Write) -> None:
    first, second = rows(write(b"name;amount\nA\x00B;1\nC;2\n"))
    assert [(problem.column, problem.value) for problem in first.problems] == [("name", "A␀B")]
    assert second.cells["name"] == "C"


def test_rows_that_are_too_long_or_too_short_are_refused_alone(write: Write) -> None:
    good, long, short = rows(write(b"a;b\n1;2\n1;2;3\n1\n"))
    assert not good.problems
    assert "more cells than the 2 columns" in long.problems[0].why
    assert "ends after 1 of 2 cells" in short.problems[0].why


def test_trailing_empty_columns_of_an_export_are_no_fault(write: Write) -> None:
    (row,) = rows(write(b"a;b;;\n1;2;;\n"))
    assert (row.cells, row.problems) == ({"a": "1", "b": "2"}, [])


def test_a_workbook_keeps_its_types(write: Write) -> None:
    content = xlsx(
        ["text", "whole", "broken", "day", "time", "flag", "gap"],
        ["007", 12, 0.1 + 0.2, date(2026, 11, 9), datetime(2026, 11, 9, 6, 30), True, None],  # noqa: DTZ001
        [None, None, None, None, None, None, None],
        ["x", 1, 1, None, None, None, None],
    )
    first, last = rows(write(content))
    assert first.cells == {
        "text": "007",
        "whole": Decimal(12),
        "broken": Decimal("0.3"),
        "day": datetime(2026, 11, 9),  # noqa: DTZ001
        "time": datetime(2026, 11, 9, 6, 30),  # noqa: DTZ001
        "flag": True,
        "gap": "",
    }
    assert (last.number, last.cells["gap"], last.problems) == (4, "", [])


def test_a_sheet_is_chosen_by_name_and_a_header_may_stand_lower(write: Write) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["cover"])
    page = book.create_sheet("Data")
    for line in (["Exported 9 Nov"], ["name", "amount"], ["A", 1]):
        page.append(line)
    out = io.BytesIO()
    book.save(out)
    sheet = read(write(out.getvalue()), ["name"], sheet="Data", header_row=2)
    assert [(row.number, row.cells["name"]) for row in sheet.rows()] == [(3, "A")]
    with pytest.raises(Invalid, match="no sheet 'Dat'; it has Sheet, Data"):
        read(write(out.getvalue()), sheet="Dat")


def repacked(content: bytes, **changes: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, changes.pop(entry.filename, old.read(entry)))
        for name, data in changes.items():
            new.writestr(name, data)
    return out.getvalue()


GOOD = xlsx(["name", "amount"], ["A", 1])
SHEET = "xl/worksheets/sheet1.xml"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(write: Write) -> None:
    bomb = repacked(GOOD, **{SHEET: b" " * 60 * 1024 * 1024})
    assert len(bomb) < 100_000
    refused = refusal(write(bomb))
    assert refused.code == "zip_bomb"
    assert "packed" in str(refused)


def test_a_bomb_of_many_parts_and_one_of_a_large_sum_are_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    many = {f"xl/media/{number}.bin": b"" for number in range(workbook.MAX_ENTRIES)}
    assert "parts, a real one" in str(refusal(write(repacked(GOOD, **many))))
    monkeypatch.setattr(workbook, "MAX_UNPACKED_BYTES", 1000)
    assert "would unpack to" in str(refusal(write(GOOD)))


def test_a_workbook_whose_directory_lies_about_sizes_gives_a_sentence(write: Write) -> None:
    content = bytearray(repacked(GOOD, **{SHEET: b" " * 2_000_000}))
    place = content.rindex(SHEET.encode()) - 46
    content[place + 24 : place + 28] = struct.pack("<L", 100)  # the directory now says: 100 bytes
    assert refusal(write(bytes(content))).code == "bad_workbook"


def test_parts_that_lie_over_each_other_are_refused(write: Write) -> None:
    content = bytearray(repacked(GOOD, **{"xl/media/a.bin": b"a" * 500, "xl/media/b.bin": b"b" * 500}))
    place = content.rindex(b"xl/media/b.bin") - 46
    first = content.rindex(b"xl/media/a.bin") - 46
    content[place + 42 : place + 46] = content[first + 42 : first + 46]
    assert refusal(write(bytes(content))).code == "zip_bomb"


BILLION = b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><s>&b;</s>'


@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "xl/workbook.xml"])
def test_xml_entities_are_refused(write: Write, part: str) -> None:
    assert refusal(write(repacked(GOOD, **{part: BILLION}))).code == "zip_bomb"
    utf_16 = "\ufeff".encode("utf-16-le") + BILLION.decode().encode("utf-16-le")
    assert refusal(write(repacked(GOOD, **{part: utf_16}))).code == "bad_workbook"


def test_a_sheet_that_claims_a_million_columns_is_read_as_what_it_holds(write: Write) -> None:
    with zipfile.ZipFile(io.BytesIO(GOOD)) as book:
        page = book.read(SHEET)
    claimed = page.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"')
    assert claimed != page
    assert [row.cells for row in rows(write(repacked(GOOD, **{SHEET: claimed})))] == [{"name": "A", "amount": 1}]
    far = page.replace(b'r="B2"', b'r="XFD2"')
    assert refusal(write(repacked(GOOD, **{SHEET: far}))).code == "too_many_columns"
    deep = page.replace(b'<row r="2"', b'<row r="99999999"').replace(b'r="A2"', b"").replace(b'r="B2"', b"")
    assert refusal(write(repacked(GOOD, **{SHEET: deep}))).code in ("too_many_rows", "bad_workbook")


def test_damaged_workbooks_give_a_sentence(write: Write) -> None:
    damaged = [GOOD[:200], GOOD[: len(GOOD) // 2], repacked(GOOD, **{SHEET: b"<worksheet><sheetData><row>"})]
    damaged += [repacked(GOOD, **{SHEET: b"not xml"}), repacked(GOOD, **{"xl/workbook.xml": b"<workbook/>"})]
    for content in damaged:
        assert refusal(write(content)).code in ("bad_workbook", "empty_file")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as plain:
        plain.writestr("hello.txt", "hi")
    assert refusal(write(archive.getvalue())).code == "not_a_table"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7 ...", "a PDF"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old .xls"),
        (b"\n<!DOCTYPE html>", "a web page"),
        (b"\x1f\x8b\x08", "unpack it first"),
    ],
)
def test_what_is_no_table_is_named(write: Write, content: bytes, words: str) -> None:
    assert words in str(refusal(write(content)))


def test_files_and_tables_have_a_limit(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_ROWS", 2)
    assert refusal(write(b"a;b\n1;2\n1;2\n1;2\n")).code == "too_many_rows"
    monkeypatch.setattr(sheets, "MAX_COLUMNS", 3)
    assert refusal(write(b"a;b;c;d\n1;2;3;4\n")).code == "too_many_columns"
    monkeypatch.setattr(sheets, "MAX_FILE_BYTES", 10)
    assert refusal(write(b"a;b\n1;2\n1;2\n1;2\n")).code == "file_too_large"
