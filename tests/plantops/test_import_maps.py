"""Maps: what they may say, and the sentence for each thing that they may not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plantops import import_maps, sheets
from plantops.errors import Invalid
from plantops.import_kinds import Column, Holds, ImportKind, Row
from plantops.import_maps import ReadRow
from plantops.permissions import Can

TZ = ZoneInfo("Europe/Luxembourg")


def never_early(row: Row) -> Iterator[tuple[str, str]]:
    due, sent = row.day("due"), row.day("sent")
    if due and sent and due < sent:
        yield "due", "it is due before it was sent"


KIND = ImportKind(
    name="parcels",
    title="Parcels",
    permission=Can.IMPORT,
    columns=(
        Column("number", "Number", longest=12),
        Column("weight", "Weight in kg", Holds.NUMBER, decimals=3, at_least=Decimal(0), at_most=Decimal(1000)),
        Column("pieces", "Pieces", Holds.WHOLE, required=False),
        Column("sent", "Sent on", Holds.DAY, required=False),
        Column("due", "Due on", Holds.DAY, required=False),
        Column("seen", "Seen at", Holds.MOMENT, required=False),
        Column("mode", "Mode", required=False, choices=("air", "road")),
        Column("fragile", "Fragile", Holds.YES, required=False),
        Column("freight", "Freight", Holds.NUMBER, required=False),
        Column("currency", "Currency", choices=("EUR", "USD")),
    ),
    load=lambda _ctx, _run, _rows: None,
    undo=lambda _ctx, _run: None,
    rule=never_early,
    options=("year",),
)
MAP = """
dates = ["%d-%b-%y", "%d.%m.%Y"]
[constants]
currency = "USD"
[columns]
number = "No"
weight = "Weight"
[columns.sent]
from = "Sent"
empty = { "Date Not Captured" = "nobody wrote it down" }
[columns.due]
from = "Due"
[columns.freight]
from = "Freight"
empty = { "Included" = "in the price" }
empty_like = { "See .*" = "on another document" }
[columns.mode]
from = "Mode"
values = { "Air Charter" = "air", Truck = "road" }
others = "refuse"
"""
HEADER = "No,Weight,Sent,Due,Freight,Mode,Secret\n"


def read(tmp_path: Path, lines: str, text: str = MAP, header: str = HEADER) -> list[ReadRow]:
    path = tmp_path / "parcels.csv"
    path.write_text(header + lines)
    imap = import_maps.parse(text, KIND)
    one = import_maps.reader(imap, KIND, TZ)
    return [one(raw) for raw in sheets.read(path, imap.sources).rows()]


def test_a_row_becomes_typed_values_and_nothing_that_is_not_mapped(tmp_path: Path) -> None:
    (found,) = read(tmp_path, "A-1,12.500,02-Jun-26,31.12.2026,7,Truck,drinks\n")
    assert found.problems == ()
    assert found.row == Row(
        2,
        {
            "currency": "USD",
            "number": "A-1",
            "weight": Decimal("12.500"),
            "sent": date(2026, 6, 2),
            "due": date(2026, 12, 31),
            "freight": Decimal(7),
            "mode": "road",
        },
        {},
    )


def test_stated_placeholders_are_empty_with_a_reason(tmp_path: Path) -> None:
    first, second = read(tmp_path, "A-1,1,date not captured,,Included,,\nA-2,1,,,See ASN-93 (ID#:1281),,\n")
    assert first.row.values["sent"] is None
    assert first.row.reasons == {"sent": "nobody wrote it down", "freight": "in the price"}
    assert second.row.reasons == {"freight": "on another document"}
    assert second.problems == ()


@pytest.mark.parametrize(
    ("line", "column", "why"),
    [
        (",1,,,,,", "No", "it is empty"),
        ("A-2345678901234,1,,,,,", "No", "at most 12 fit here"),
        ("A,heavy,,,,,", "Weight", "not a number"),
        ("A,-1,,,,,", "Weight", "at least 0"),
        ("A,1001,,,,,", "Weight", "at most 1000"),
        ("A,1.2345,,,,,", "Weight", "more than 3 digits"),
        ("A,1,2026-06-02,,,,", "Sent", "written like '31-Dec-26' or '31.12.2026'"),
        ("A,1,31-Feb-26,,,,", "Sent", "not a date that exists"),
        ("A,1,,,unknown,,", "Freight", "not a number"),
        ("A,1,,,,Ship,", "Mode", "the map does not know 'Ship'"),
        ("A,1,02-Jun-26,01-Jun-26,,,", "Due", "due before it was sent"),
        ("A,1,=NOW(),,,,", "Sent", "formula"),
    ],
)
def test_each_fault_names_the_cell_of_the_file(tmp_path: Path, line: str, column: str, why: str) -> None:
    (found,) = read(tmp_path, line + "\n")
    (problem,) = found.problems
    assert (problem.row, problem.column) == (2, column)
    assert why in problem.why
    assert problem.value in line


def test_a_fault_in_a_column_that_nobody_reads_refuses_nothing(tmp_path: Path) -> None:
    (found,) = read(tmp_path, "A,1,,,,,=EVIL()\n")
    assert found.problems == ()
    (longer,) = read(tmp_path, "A,1,,,,,x,too much\n")
    assert "more cells" in longer.problems[0].why


def test_one_row_can_have_several_faults(tmp_path: Path) -> None:
    (found,) = read(tmp_path, ",x,soon,,,,\n")
    assert [problem.column for problem in found.problems] == ["No", "Weight", "Sent"]


def test_moments_numbers_and_joined_texts_as_the_map_says(tmp_path: Path) -> None:
    text = """
zone = "America/New_York"
decimal_comma = true
thousands = "."
[constants]
currency = "EUR"
pieces = 3
sent = 2026-06-02
[columns]
number = ["A", "B"]
weight = "W"
fragile = "F"
[columns.seen]
from = "S"
dates = "%Y-%m-%dT%H:%M:%S.%f"
[columns.freight]
from = "X"
default = "0"
[options]
year = 2010
"""
    (found,) = read(tmp_path, 'x,,"1.000,0",2024-04-16T03:03:15.000,yes,\n', text, "A,B,W,S,F,X\n")
    assert found.problems == ()
    values = found.row.values
    assert (values["number"], values["weight"], values["fragile"]) == ("x", Decimal("1000.0"), True)
    assert (values["pieces"], values["sent"], values["freight"]) == (3, date(2026, 6, 2), Decimal(0))
    assert values["seen"] == datetime(2024, 4, 16, 7, 3, 15, tzinfo=UTC)
    assert found.row.moment("seen") == values["seen"]
    with pytest.raises(TypeError):
        found.row.day("number")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a = [", "not TOML"),
        ('kind = "orders"', "for imports of 'orders'"),
        ('color = "red"', "'color' is nothing that the map can have"),
        ('columns = "all"', "must be a table"),
        (MAP + "\n[columns.colour]\nfrom = 'x'", "have no column 'colour'"),
        (MAP.replace('number = "No"', ""), "does not say where 'number' (Number) comes from"),
        (MAP + "\n[columns.fragile]\nform = 'F'", "'form' is nothing that [columns.fragile] can have"),
        (MAP + "\n[columns.fragile]\n", "needs from"),
        (MAP + "\n[columns.pieces]\nfrom = ['A', 'B']", "joins columns"),
        (MAP.replace("refuse", "drop"), "others is 'keep' or 'refuse'"),
        (MAP.replace('"%d-%b-%y", "%d.%m.%Y"', '"%d-%b"'), "no whole form of a date"),
        (MAP.replace('dates = ["%d-%b-%y", "%d.%m.%Y"]', ""), "say how it is written"),
        (MAP.replace('currency = "USD"', 'currency = "XXX"'), "none of EUR, USD"),
        (MAP.replace('currency = "USD"', 'currency = "USD"\nweight = 5'), "by a constant"),
        (MAP.replace("See .*", "See (*"), "no pattern"),
        (MAP + "\n[options]\nmonth = 5", "'month' is nothing that [options] can have"),
        ('zone = "Mars"\n' + MAP, "no time zone"),
    ],
)
def test_a_map_that_makes_no_sense_is_refused_with_its_fault(text: str, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        import_maps.parse(text, KIND)
    assert why in str(refused.value)
