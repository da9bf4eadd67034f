"""What a list is made of when it is drawn: heads, rows, filters, chips, tabs, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from markupsafe import Markup, escape

from plantops.wording import say

LINK = Markup('<a href="%s">%s</a>')
EDIT = Markup('<button type="button" class="cell" data-cell="{}" aria-label="{}">{}</button>')
LEAD = "lead"


@dataclass(frozen=True)
class Column:
    """A head of a table. `place` says where its value stands on a phone: lead, aside, small or rest (left out)."""

    key: str
    title: str
    is_number: bool = False
    place: str = "small"
    is_titled: bool = False
    """On a phone the value needs its title before it, as a date or a number often does."""
    sort_url: str = ""
    sorted: str = ""
    """`ascending` or `descending` when the list is sorted by this column."""
    is_time: bool = False
    """A day or a moment, which stands in one line."""

    @property
    def frame(self) -> tuple[str, str]:
        """The tags around each of its cells."""
        if self.place == LEAD:
            return '<th scope="row" class="c-lead">', "</th>\n"
        title = f' data-title="{escape(self.title)}"' if self.is_titled else ""
        kind = " num" if self.is_number else " is-time" if self.is_time else ""
        return f'<td class="c-{self.place}{kind}"{title}>', "</td>\n"


@dataclass(frozen=True)
class Row:
    """One line: where it leads and what stands in it, a cell for each column."""

    id: int
    url: str
    cells: tuple[Markup | str, ...]
    after_lead: Markup | str = ""
    """What changes the name of a row, which itself leads to its page."""


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
    """A view that people switch to with one click."""

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
class Saved:
    """A view under its name."""

    id: int
    title: str
    url: str
    detail: str = ""
    is_current: bool = False
    is_start: bool = False


@dataclass(frozen=True)
class ColumnChoice:
    """A column that can be shown or left out; the one that names the row always stays."""

    key: str
    title: str
    is_shown: bool
    is_fixed: bool = False


@dataclass(frozen=True)
class Tools:
    """How a list is looked at: views, columns, groups; drawn beside its filters."""

    name: str
    asked: str
    """Everything that is asked of the list now, packed for a form."""
    whole_url: str
    is_whole: bool
    opens_whole: bool
    views: tuple[Saved, ...] = ()
    teams: tuple[tuple[str, str], ...] = ()
    columns: tuple[ColumnChoice, ...] = ()
    groupings: tuple[Option, ...] = ()
    ungroup_url: str = ""
    shows: tuple[Option, ...] = ()
    """As rows or as a board, where there is one."""

    @property
    def is_narrowed(self) -> bool:
        return not all(column.is_shown for column in self.columns)


@dataclass(frozen=True)
class Group:
    """Rows with something in common: how many, what they add up to, and where they are."""

    label: Markup | str
    count: str
    url: str
    load_url: str
    cells: tuple[Markup | str, ...]
    """One for each column; empty where nothing adds up."""


@dataclass(frozen=True)
class Lane:
    """A column of a board: a state with its cards."""

    key: str
    label: Markup | str
    count: str
    cards: tuple[Row, ...]
    more_url: str = ""
    """The next cards of this state."""


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
    deeds: tuple[Bulk, ...] = ()
    """What the listing itself can do with many rows, or with all that match."""
    deeds_asked: str = ""
    total: str = ""
    more_url: str = ""
    exports: tuple[Option, ...] = ()
    """Copies of exactly what is filtered."""
    imports: tuple[Option, ...] = ()
    """Files that can be brought in here."""
    tools: Tools | None = None
    groups: tuple[Group, ...] = ()
    totals: tuple[Markup | str, ...] = ()
    group_note: str = ""
    lanes: tuple[Lane, ...] = ()
    moves_url: str = ""
    """Where it stands what can be done with a card."""
    empty: Empty = field(default_factory=lambda: Empty(say("Nothing here yet.")))
    clear_url: str = ""
    here: str = ""
    """The list as it is shown now."""
    cells_url: str = ""
    """Where the cells of a list are opened that this person may change."""
    columns_asked: str = ""
    id: str = "list"

    @cached_property
    def frames(self) -> list[tuple[str, str]]:
        """What stands before and after each cell of a row; the same in every row, so it is made once."""
        return [column.frame for column in self.columns]

    def cells(self, row: Row) -> Markup:
        """The cells of a row. Joined here and not in the template: a list has hundreds of them."""
        parts: list[str] = []
        for (opening, closing), column, cell in zip(self.frames, self.columns, row.cells, strict=True):
            is_link = column.place == LEAD and row.url
            inside = LINK % (row.url, cell) if is_link else escape(cell)
            parts += (opening, inside, row.after_lead if is_link else "", closing)
        return Markup("".join(parts))  # noqa: S704  each part is escaped

    def card(self, row: Row) -> Markup:
        """A card: its name, and below it what else is worth a glance."""
        parts: list[str] = []
        for column, cell in zip(self.columns, row.cells, strict=True):
            if column.place == LEAD:
                parts.insert(0, str(LINK % (row.url, cell) if row.url else escape(cell)))
            elif cell:
                parts.append(f'<span data-title="{escape(column.title)}">{escape(cell)}</span>')
        return Markup("".join(parts))  # noqa: S704  each part is escaped

    @property
    def width(self) -> int:
        """How many cells a row has."""
        return len(self.columns) + self.picks

    @property
    def picks(self) -> bool:
        """Do rows have a box to pick them?"""
        return bool(self.bulk or self.deeds)
