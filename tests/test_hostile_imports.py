"""Every kind of import meets a hostile file: each row loads or is refused in words, and the books stay right."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from plantops import imports, verify
from plantops.context import Context
from plantops.core import everything
from plantops.errors import Invalid
from plantops.import_kinds import Column, Holds, ImportKind

pytestmark = pytest.mark.db

KINDS = {kind.name: kind for module in everything().modules for kind in module.imports}
MACHINE = re.compile(r"psycopg|sqlalchemy|Traceback|DETAIL|violates|constraint|null value|out of range|\bNone\b")
ROWS = 240

PLAIN = {
    Holds.TEXT: ["A1", "A2", "B-7", "Müller & Søn", "EUR", "H1", "1001"],
    Holds.NUMBER: ["1", "2.5", "17", "0.01", "49.6"],
    Holds.WHOLE: ["1", "2", "8", "2010"],
    Holds.DAY: ["2026-11-20", "2026-01-31", "2010-07-01"],
    Holds.MOMENT: ["2026-11-20 07:30", "2026-03-29 02:30", "2010-07-01 23:59"],
    Holds.YES: ["yes", "no"],
}
HOSTILE = [
    "",
    "-5",
    "0",
    "9" * 30,
    "1e400",
    "NaN",
    "Infinity",
    "1,5",
    "1.000,00",
    "0.0000000001",
    "31.02.2026",
    "2026-02-31",
    "0001-01-01",
    "9999-12-31",
    "'; DROP TABLE core_user; --",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "=cmd|' /C calc'!A0",
    "x" * 20_000,
    "a\x00b",
    "\u202eright to left",
    "\U0001f469\u200d\U0001f680" * 50,
    "new\nline",
]


def cell(column: Column, chance: random.Random) -> str:
    if chance.random() < 0.06:
        return chance.choice(HOSTILE)
    return chance.choice(column.choices or PLAIN[column.holds])


def written(kind: ImportKind, path: Path, seed: int) -> tuple[Path, str]:
    """A file of this kind with bad cells everywhere, and the map that names its columns."""
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow([column.name for column in kind.columns])
        table.writerows([[cell(column, chance) for column in kind.columns] for _ in range(ROWS)])
    forms = 'dates = ["%Y-%m-%d", "%Y-%m-%d %H:%M"]\nsite = "VER"\n[columns]\n'
    return path, forms + "".join(f'{column.name} = "{column.name}"\n' for column in kind.columns)


@pytest.mark.parametrize("name", KINDS)
def test_each_row_loads_or_is_refused_in_words(name: str, ctx: Callable[..., Context], tmp_path: Path) -> None:
    path, map_text = written(KINDS[name], tmp_path / f"{name}.csv", seed=7)
    here = ctx()
    report = imports.bring(here, name, path, map_text)
    bad_rows = {refusal.row for refusal in report.refused}
    assert (report.rows, report.loaded + len(bad_rows)) == (ROWS, ROWS)
    assert bad_rows, "a hostile file was taken whole"
    for refusal in report.refused:
        assert refusal.why.strip() and not MACHINE.search(refusal.why), refusal
    assert [one.sentence for one in verify.verify(here).broken] == []


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        ("a\nä".encode("utf-16-be") + b"\x81\xff\x8d", "encoding"),
        (b"only,these\n1,2\n", "column"),
    ],
)
def test_a_file_that_is_none_of_this_kind_loads_nothing(
    name: str, content: bytes, says: str, ctx: Callable[..., Context], tmp_path: Path
) -> None:
    _path, map_text = written(KINDS[name], tmp_path / "good.csv", seed=1)
    bad = tmp_path / "bad.csv"
    bad.write_bytes(content)
    with pytest.raises(Invalid) as met:
        imports.bring(ctx(), name, bad, map_text)
    assert says in met.value.message.lower()
