"""The production calendar: taken whole or not at all."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from plantops.errors import Invalid
from plantops.production_calendar import read


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "production.csv"
    path.write_text(text)
    return path


def test_it_says_when_a_place_stands_still(tmp_path: Path) -> None:
    text = "date;place;runs;note\n2026-12-23;H1;no;tool change\n2026-12-23;H2;yes;\n22.12.2026;H2;no;audit\n"
    calendar = read(written(tmp_path, text))
    assert calendar.runs(date(2026, 12, 23), "H1") is False
    assert calendar.runs(date(2026, 12, 23), "H2") is True
    assert calendar.runs(date(2026, 12, 24), "H2") is None
    stopped = calendar.stopped(date(2026, 12, 1), date(2026, 12, 31))
    assert [(found.place, found.note) for found in stopped] == [("H2", "audit"), ("H1", "tool change")]
    assert calendar.stopped(date(2027, 1, 1), date(2027, 1, 31)) == ()


def test_one_wrong_cell_refuses_the_whole_calendar(tmp_path: Path) -> None:
    text = (
        "date,place,runs\n2026-02-31,H1,yes\n2026-12-23,,no\n2026-12-23,H1,maybe\n2026-12-24,H1,no\n2026-12-24,H1,yes\n"
    )
    with pytest.raises(Invalid, match="4 cells are wrong") as refused:
        read(written(tmp_path, text))
    assert set(refused.value.fields) == {"2", "3", "4", "6.runs"}
    with pytest.raises(Invalid, match="lacks the column 'runs'"):
        read(written(tmp_path, "date,place\n2026-12-23,H1\n"))
    with pytest.raises(Invalid, match="formula"):
        read(written(tmp_path, "date,place,runs\n2026-12-23,=H1,yes\n"))


def test_what_is_said_twice_alike_is_no_fault(tmp_path: Path) -> None:
    text = "date,place,runs\n2026-12-24,H1,no\n2026-12-24,H1,no\n"
    assert len(read(written(tmp_path, text)).days) == 1
