"""An export holds exactly the rows and columns that the list shows, and no cell that runs."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from openpyxl import load_workbook

from plantops import cli, exports, lists
from plantops.context import Context
from plantops.core import House
from plantops.errors import Forbidden, Invalid
from plantops.listing import named
from plantops.parties import PartyFacts, add_party
from tests.houses import Someone
from tests.plantops.stocking import bearing, main_store, put, take

pytestmark = pytest.mark.db


def in_csv(ctx: Context, **asked: str) -> list[list[str]]:
    content = exports.as_file(ctx, lists.MOVES, asked, "csv").content
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_a_csv_holds_what_is_filtered_with_units_beside_amounts(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    put(ctx(), store, item, 4, "20")
    take(ctx(), store, item, 1)
    head, *rows = in_csv(ctx(as_="storekeeper"), kind="issue")
    assert head == [
        "When",
        "Item",
        "Store",
        "Kind",
        "Quantity",
        "Unit",
        "Value",
        "Currency",
        "Cost centre",
        "By",
        "Note",
    ]
    assert rows == [
        [
            "2026-11-23 10:00",
            "Bearing 6204-2RS",
            "Main store",
            "issue",
            "-1",
            "each",
            "-5",
            "EUR",
            "",
            "System",
            "",
        ]
    ]


def test_a_workbook_holds_numbers_and_says_its_filter(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    put(ctx(), store, item, 4, "20")
    made = exports.as_file(ctx(), lists.STOCK, {"low": "no", "q": "bear"}, "xlsx")
    assert made.name == "core-stock-2026-11-23.xlsx"
    book = load_workbook(io.BytesIO(made.content))
    assert book["Stock"].max_row == 1
    made = exports.as_file(ctx(), lists.STOCK, {"q": "bear"}, "xlsx")
    book = load_workbook(io.BytesIO(made.content))
    cells = dict(zip((c.value for c in book["Stock"][1]), (c.value for c in book["Stock"][2]), strict=True))
    assert (cells["Item"], cells["On hand"], cells["Unit"]) == ("Bearing 6204-2RS", 4, "each")
    assert "Filter: q: bear" in [row[0].value for row in book["About"].iter_rows()] + [
        row[1].value for row in book["About"].iter_rows()
    ]


def test_a_name_that_would_run_does_not(ctx: Someone) -> None:
    add_party(ctx(), PartyFacts("=cmd|'/c calc'!A1"))
    content = exports.as_file(ctx(), lists.PARTIES, {}, "csv").content.decode("utf-8-sig")
    assert "\r\n'=cmd" in content


def test_who_may_not_and_what_cannot_be(ctx: Someone) -> None:
    with pytest.raises(Forbidden):
        exports.as_file(ctx(as_="employee"), lists.MOVES, {}, "csv")
    with pytest.raises(Invalid, match="csv or xlsx"):
        exports.as_file(ctx(), lists.MOVES, {}, "pdf")
    with pytest.raises(Invalid):
        exports.as_file(ctx(), lists.MOVES, {"knid": "issue"}, "csv")
    with pytest.raises(Invalid, match=r"Known: .*core\.moves"):
        named(ctx.house.registry, "nothing")
    assert named(ctx.house.registry, "moves") is named(ctx.house.registry, "core.moves") is lists.MOVES


def test_the_command_writes_the_file(
    plant: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with plant.acting() as ctx:
        put(ctx, main_store(ctx), bearing(ctx), 4)
    monkeypatch.setenv("PLANTOPS_DATABASE_URL", plant.database.url)
    out = tmp_path / "moves.csv"
    assert cli.main(["export", "core.moves", "--filter", "kind=receive", "--format", "csv", "--out", str(out)]) == 0
    assert "Bearing 6204-2RS" in out.read_text("utf-8-sig")
    assert str(out) in capsys.readouterr().out
    assert cli.main(["export", "core.moves", "--filter", "kind", "--out", str(out)]) != 0
    assert "no filter" in capsys.readouterr().err
    assert cli.main(["export", "core.moves", "--out", str(tmp_path / "no" / "x.csv")]) != 0


def test_a_grouped_list_has_a_line_with_subtotals_above_the_rows_of_each_group(ctx: Someone) -> None:
    store, item = main_store(ctx()), bearing(ctx())
    put(ctx(), store, item, 4, "20")
    take(ctx(), store, item, 1)
    take(ctx(), store, item, 2)
    head, *rows = in_csv(ctx(as_="storekeeper"), group="kind", columns="item,kind,quantity")
    lead, value = head.index("Item"), head.index("Quantity")
    told = [(row[lead], row[value]) for row in rows]
    assert told == [
        ("Kind: Issue (2)", "-3"),
        ("Bearing 6204-2RS", "-2"),
        ("Bearing 6204-2RS", "-1"),
        ("Kind: Receive (1)", "4"),
        ("Bearing 6204-2RS", "4"),
        ("Total (3)", "1"),
    ]
