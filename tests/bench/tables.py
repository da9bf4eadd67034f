"""A table of measurements: its rows one by one, kept as they come, written as Markdown and JSON."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from plantops import embedded
from tests.bench.plant import Size

ROOT = Path(__file__).parents[2]
Row = list[dict[str, Any]]
"""The lines that one measurement adds to the table."""


@dataclass(frozen=True)
class Asked:
    """How it is to be measured, and where everything lies."""

    data: Path
    out: Path
    quick: bool = False
    instances: Path | None = None
    """A folder with more days and problems than the project brings."""
    only: str = ""
    """Measure only what has this in its name, and leave the rest to a later run."""
    size: Size = field(default_factory=Size)

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    @contextmanager
    def server(self) -> Iterator[str]:
        """A PostgreSQL in which databases may be made: the one that the variable names, else an embedded one."""
        if named := os.environ.get("PLANTOPS_TEST_DATABASE_URL"):
            yield named
            return
        with embedded.running(self.data) as url:
            yield url


@dataclass(frozen=True)
class Table:
    name: str
    title: str
    columns: tuple[tuple[str, str], ...]
    names: Callable[[Asked], list[str]]
    """The measurements, in order."""
    open: Callable[[Asked], AbstractContextManager[Callable[[str], Row]]]
    """What measures one of them, with all that it needs around it."""
    notes: Callable[[Row], str]
    joined: Callable[[Row], Row] = list
    """The lines as the table shows them, when several measurements make one line together."""


def run(table: Table, asked: Asked) -> str:
    """Measures what an interrupted run has not; the finished table as Markdown."""
    kept = asked.out / f"{table.name}.json"
    done = unfinished(kept, asked)
    names = table.names(asked)
    left = [name for name in names if name not in done and asked.only in name]
    if done:
        asked.say(f"{table.name}: goes on with {', '.join(left) or 'nothing left'}.")
    if left:
        with table.open(asked) as measure:
            for name in left:
                asked.say(f"{table.name}: {name} ...")
                done[name] = measure(name)
                write(kept, table, asked, done, whole=False)
    text = markdown(table, table.joined([line for name in names if name in done for line in done[name]]))
    (asked.out / f"{table.name}.md").write_text(text, encoding="utf-8")
    write(kept, table, asked, done, whole=all(name in done for name in names))
    return text


def unfinished(kept: Path, asked: Asked) -> dict[str, Row]:
    """The rows of a run of the same kind and the same code that was interrupted."""
    try:
        before = json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    same = not before["whole"] and before["quick"] == asked.quick and before["code"] == code()
    return dict(before["rows"]) if same else {}


@cache
def code() -> str:
    """Changes with any line of the program: what was measured of another program is not gone on with."""
    read = hashlib.sha256()
    for package in ("plantops", "purchasing", "transport", "housekeeping", "personnel", "web", "tests/bench"):
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in (".py", ".html", ".sql"):
                read.update(path.read_bytes())
    return read.hexdigest()[:16]


def write(kept: Path, table: Table, asked: Asked, done: dict[str, Row], *, whole: bool) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    found = {
        "table": table.name,
        "whole": whole,
        "quick": asked.quick,
        "code": code(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        "python": platform.python_version(),
        "rows": done,
    }
    fresh = kept.with_suffix(".part")
    fresh.write_text(json.dumps(found, indent=1), encoding="utf-8")
    fresh.replace(kept)


def markdown(table: Table, rows: Row) -> str:
    heads = [title for _, title in table.columns]
    body = [[shown(row.get(key)) for key, _ in table.columns] for row in rows]
    wide = [max(len(line[at]) for line in (heads, *body)) for at in range(len(heads))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, wide, strict=True)) + " |"
        for line in (heads, ["-" * width for width in wide], *body)
    ]
    return f"## {table.title}\n\n" + "\n".join(lines) + f"\n\n{table.notes(rows)}\n"


def shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,g}" if isinstance(value, float) and value >= 1000 else str(value)
