"""Lists as pages show them: columns, rows, chips and the next page, from a listing declared in the core."""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup


@dataclass(frozen=True)
class Column:
    """A head of a table. `place` says where its value stands on a phone: lead, aside, small or rest (left out)."""

    key: str
    title: str
    is_number: bool = False
    place: str = "small"
    sort_url: str = ""
    sorted: str = ""
    """`ascending` or `descending` when the list is sorted by this column."""


@dataclass(frozen=True)
class Row:
    """One line: where it leads and what stands in it, a cell for each column."""

    id: int
    url: str
    cells: tuple[Markup | str, ...]
    version: int | None = None


@dataclass(frozen=True)
class Option:
    label: str
    url: str
    is_chosen: bool = False
    count: str = ""


@dataclass(frozen=True)
class Facet:
    """A filter by a few known values, or by a typed value in a small form."""

    key: str
    title: str
    options: tuple[Option, ...] = ()
    kind: str = "choice"
    """choice, date, number or text; the last three are typed in."""
    is_active: bool = False
    low: str = ""
    high: str = ""


@dataclass(frozen=True)
class Chip:
    """A filter that is on; its link takes it off."""

    label: str
    url: str


@dataclass(frozen=True)
class Tab:
    label: str
    url: str
    count: str = ""
    is_current: bool = False


@dataclass(frozen=True)
class Bulk:
    """Something to do with all rows that are picked."""

    label: str
    url: str
    icon: str = "check"
    tone: str = "plain"
    confirm: str = ""


@dataclass(frozen=True)
class Empty:
    """What an empty list says, and the next step."""

    text: str
    url: str = ""
    label: str = ""


@dataclass(frozen=True)
class ListView:
    """Everything that the list macro draws."""

    title: str
    path: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    search: str | None = None
    """The searched words; None where the list cannot be searched."""
    facets: tuple[Facet, ...] = ()
    chips: tuple[Chip, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    """Other parts of the address that a search or a typed filter must keep."""
    tabs: tuple[Tab, ...] = ()
    bulk: tuple[Bulk, ...] = ()
    total: str = ""
    more_url: str = ""
    exports: tuple[tuple[str, str], ...] = ()
    empty: Empty = field(default_factory=lambda: Empty("Nothing here yet."))
    clear_url: str = ""
    id: str = "list"
