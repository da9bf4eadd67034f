"""Which column of a file is which of ours, and how it writes days and numbers: a good guess, never the last word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal

from plantops import cells
from plantops.catalogues import languages
from plantops.cells import BadCell, NumberForm
from plantops.import_kinds import Column, Holds, ImportKind
from plantops.sheets import Cell
from plantops.wording import speaking

DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "day first", "month first", "year first"
ISO = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
_SPOKEN = ("%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y")


def _with_times(*days: str) -> tuple[str, ...]:
    return tuple(day + time for day in days for time in ("", " %H:%M", " %H:%M:%S"))


ORDERS: Mapping[str, tuple[str, ...]] = {
    DAY_FIRST: (
        *_with_times("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%y", "%d/%m/%y", "%d-%m-%y"), *_SPOKEN, *ISO,
    ),
    MONTH_FIRST: (*_with_times("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y", "%m-%d-%y"), "%b %d, %Y", "%B %d, %Y", *ISO),
    YEAR_FIRST: (*ISO, *_with_times("%Y/%m/%d", "%Y.%m.%d"), "%Y%m%d"),
}  # fmt: skip
"""How days may be written, by what comes first."""

NUMBERS = {
    "1234.5": NumberForm(".", ""),
    "1234,5": NumberForm(",", ""),
    "1.234,5": NumberForm(",", "."),
    "1,234.5": NumberForm(".", ","),
    "1 234,5": NumberForm(",", " "),
    "1'234.5": NumberForm(".", "'"),
}
"""How numbers may be written, by an example."""

CLOSE = 0.5


def simple(head: str) -> str:
    """A head without accents, signs and capitals, so that `Item-No.` is `item no`."""
    flat = unicodedata.normalize("NFKD", head.casefold())
    return " ".join(re.findall(r"[a-z0-9]+", "".join(ch for ch in flat if not unicodedata.combining(ch))))


def names_of(column: Column) -> list[str]:
    """What a file may call it: our name and its other words, and its title in every language of the house."""
    titles = []
    for language in languages():
        with speaking(language):
            titles.append(column.title)
    return list(dict.fromkeys(simple(name) for name in (*titles, column.name, *column.also)))


def columns(kind: ImportKind, heads: Sequence[str], known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Head of the file -> our column. `known` is what heads meant in earlier files, in small letters."""
    found: dict[str, str] = {}
    ours = {column.name: names_of(column) for column in kind.columns}
    for head in heads:
        before = (known or {}).get(head.casefold())
        if before in ours and before not in found.values():
            found[head] = before
    for head in heads:
        exact = next((name for name, names in ours.items() if _joined(head) in map(_joined, names)), None)
        if head not in found and exact and exact not in found.values():
            found[head] = exact
    for score, head, name in _near(ours, heads):
        if score > CLOSE and head not in found and name not in found.values():
            found[head] = name
    return found


def _joined(head: str) -> str:
    """`E-Mail` and `email` are the same head."""
    return simple(head).replace(" ", "")


def _near(ours: Mapping[str, Sequence[str]], heads: Sequence[str]) -> list[tuple[float, str, str]]:
    """(how alike, head, our column), the most alike first."""
    scored = []
    for head in heads:
        words = set(simple(head).split())
        for name, names in ours.items():
            best = max((_share(words, set(other.split())) for other in names if other), default=0.0)
            scored.append((best, head, name))
    return sorted(scored, key=lambda one: -one[0])


def _share(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 0.0


def order_of_days(found: Sequence[Cell]) -> tuple[str, bool]:
    """What comes first in the days of these cells, and whether another order would fit just as well."""
    written = [cell for cell in found if isinstance(cell, str) and cell]
    fits = {order: sum(_is_day(cell, forms) for cell in written) for order, forms in ORDERS.items()}
    best = max(fits, key=lambda order: fits[order])
    unclear = [cell for cell in written if len(_days(cell)) > 1]
    return best, bool(unclear) and fits[DAY_FIRST] == fits[MONTH_FIRST]


def _is_day(cell: str, forms: Sequence[str]) -> bool:
    try:
        cells.moment(cell, forms)
    except BadCell:
        return False
    return True


def _days(cell: str) -> set[str]:
    found = set()
    for forms in ORDERS.values():
        if _is_day(cell, forms):
            found.add(str(cells.day(cell, forms)))
    return found


def form_of_numbers(found: Sequence[Cell]) -> str:
    """How numbers are written in these cells: a key of NUMBERS."""
    written = [cell for cell in found if isinstance(cell, str) and cell]
    return max(NUMBERS, key=lambda form: sum(_is_number(cell, NUMBERS[form]) for cell in written))


def _is_number(cell: str, form: NumberForm) -> bool:
    try:
        cells.number(cell, form)
    except BadCell:
        return False
    return True


def is_numeric(column: Column) -> bool:
    return column.holds in (Holds.NUMBER, Holds.WHOLE)


def is_dated(column: Column) -> bool:
    return column.holds in (Holds.DAY, Holds.MOMENT)


def example_number(form: str) -> Decimal:
    return cells.number(form, NUMBERS[form])
