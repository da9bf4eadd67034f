"""Small tables on a phone: every cell says what it is, because the heads of the columns are out of sight."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup, escape

CELL = re.compile(r"<(tr|td|th)\b([^>]*)>")
SPAN = re.compile(r'\bcolspan="(\d+)"')


def titled(rows: str, columns: Sequence[tuple[str, str]]) -> Markup:
    """The rows of a table, drawn already, with the title of its column on each cell that has none yet."""
    at = 0

    def with_title(found: re.Match[str]) -> str:
        nonlocal at
        tag, given = found.groups()
        if tag == "tr":
            at = 0
            return found[0]
        title = columns[at][0] if at < len(columns) else ""
        span = SPAN.search(given)
        at += int(span[1]) if span else 1
        if not title or span or tag == "th" or "data-title" in given:
            return found[0]
        return f'<{tag}{given} data-title="{escape(title)}">'

    return Markup(CELL.sub(with_title, str(rows)))  # noqa: S704  drawn by a template that escapes
