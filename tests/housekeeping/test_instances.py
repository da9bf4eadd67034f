"""Shift scheduling files: what they say is what is planned; what cannot be read is told by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from housekeeping.instances import parse, read
from housekeeping.optimise.model import OFF, ON, Cover, Request
from plantops.errors import Invalid

FILES = Path(__file__).parents[1] / "data" / "housekeeping"
SMALL = """# comment
SECTION_HORIZON
7

SECTION_SHIFTS
E,480,
L,600,E

SECTION_STAFF
A,E=7|L=0,4320,3360,5,2,3,1
B,E=2|L=7,4320,0,6,1,2,1

SECTION_DAYS_OFF
A,0,3

SECTION_SHIFT_ON_REQUESTS
A,2,E,2

SECTION_SHIFT_OFF_REQUESTS
B,6,L,3

SECTION_COVER
0,E,5,100,1
"""


def test_every_section_is_read() -> None:
    problem = parse(SMALL)
    first, second = problem.people
    assert problem.days == 7
    assert [(s.id, s.minutes, s.not_next_day) for s in problem.shifts] == [
        ("E", 480, frozenset()),
        ("L", 600, frozenset({"E"})),
    ]
    assert (first.shifts, first.max_shifts, first.days_off) == (frozenset({"E"}), {"E": 7}, frozenset({0, 3}))
    assert (first.max_minutes, first.min_minutes, first.max_weekends) == (4320, 3360, 1)
    assert (first.max_consecutive_work, first.min_consecutive_work, first.min_consecutive_off) == (5, 2, 3)
    assert second.max_shifts == {"E": 2, "L": 7}
    assert problem.requests == (Request("A", 2, "E", ON, 2), Request("B", 6, "L", OFF, 3))
    assert problem.cover == (Cover(0, frozenset({"E"}), 5, 100, 1, name="E"),)


@pytest.mark.parametrize("number", range(1, 9))
def test_the_published_files_are_read_whole(number: int) -> None:
    problem = read(FILES / f"Instance{number}.txt")
    assert problem.days in (14, 28)
    assert len(problem.cover) == problem.days * len(problem.shifts)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (SMALL, "", "The file is empty"),
        (SMALL, "hello,world", "Line 1: content before the first SECTION_"),
        (SMALL, "SECTION_HORIZON\n7\n", "There is no SECTION_SHIFTS"),
        ("SECTION_COVER", "SECTION_OTHER", "Line 22: SECTION_OTHER is not a section"),
        ("SECTION_DAYS_OFF", "SECTION_STAFF", "Line 13: SECTION_STAFF stands twice"),
        ("\n7\n", "\n-7\n", "Line 3: '-7' is not a whole number"),
        ("\n7\n", "\n0\n", "Line 3: a horizon of 0 days"),
        ("L,600,E", "L,600,X", "Line 7: there is no shift 'X'"),
        ("L,600,E", "E,600,", "Line 7: shift 'E' stands twice"),
        ("L,600,E", "L", "Line 7: only 1 fields"),
        ("B,E=2|L=7", "B,E=2|N=7", "Line 11: there is no shift 'N'"),
        ("B,E=2|L=7", "B,E=x", "Line 11: 'x' is not a whole number"),
        ("B,E=2", "A,E=2", "Line 11: person 'A' stands twice"),
        ("A,0,3", "A,0,7", "Line 14: day 7 is outside the horizon of 7 days"),
        ("A,2,E,2", "Z,2,E,2", "Line 17: there is no person 'Z'"),
        ("0,E,5,100,1", "0,E,5,100", "Line 23: only 4 fields"),
        ("0,E,5,100,1", "0,E,5,100,1\n0,E,4,100,1", "Line 24: the cover of day 0 and shift 'E' stands twice"),
    ],
)
def test_what_cannot_be_read_is_told_by_line(old: str, new: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(SMALL.replace(old, new, 1))
    assert str(refused.value).startswith(sentence)


def test_a_file_that_is_not_there_or_not_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"Cannot read .*No such file"):
        read(tmp_path / "nothing.txt")
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(Invalid, match="is not a text file in UTF-8"):
        read(tmp_path / "picture.txt")
    with pytest.raises(Invalid, match="Cannot read"):
        read(tmp_path)
