"""docs/desk.md names only tests that there are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_row_of_the_desk_is_shown_by_a_test() -> None:
    text = (ROOT / "docs/desk.md").read_text("utf-8")
    heads = ("| ---", "| What", "| Asked")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(heads)]
    unshown = [row for row in rows if not NAMED.search(row) and "`./run bench " not in row]
    assert len(rows) > 50
    assert unshown == []
    gone = [f"{file}::{name}" for file, name in NAMED.findall(text) if name not in functions_of(ROOT / file)]
    assert gone == []


def functions_of(file: Path) -> set[str]:
    if not file.exists():
        return set()
    return {node.name for node in ast.parse(file.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}
