"""Lists: declared once with columns, filters and search; pages, API, exports and the command line read the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, make_dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import SQLColumnExpression

from plantops.context import Context, anyone
from plantops.errors import Invalid
from plantops.module import Registry
from plantops.wording import mark, number, say, says

T = TypeVar("T")
Expression = SQLColumnExpression[Any]
Select = sa.Select[*tuple[Any, ...]]
PRESENTATION = ("sort", "columns", "group", "show")
"""What an address says about how a list is shown, not about which rows."""
KNOWN = ("q", "after", "limit", "within", *PRESENTATION)
RESERVED = ("view", "row", "into", *KNOWN)
BOARD = "board"
TOTAL_UP_TO = 1000
NONE = "none"


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    QUANTITY = "quantity"
    DATE = "date"
    TIME = "time"
    CHOICE = "choice"
    YES_NO = "yes_no"


# --- How a list is declared

Choices = Callable[[Context], Sequence[tuple[Any, str]]]


@dataclass(frozen=True, eq=False)
class Edit:
    """A cell that is changed in the list: `act(ctx, id, version, value)` is the action on the row's document.

    It checks its own right and the version, and refuses with a sentence. The column's kind decides the field.
    """

    act: Callable[[Context, int, int, Any], object]
    permissions: tuple[StrEnum, ...]
    """Any one of them makes the cell one that opens."""
    required: bool = False
    options: type[StrEnum] | Choices | None = None
    """What can be chosen."""
    choice: type = str
    """Of a choice: str, or int for ids and numbers."""
    value: Expression | None = None
    """What is changed where the cell shows something else: the id behind a name."""
    version: Expression | None = None
    """Where it is not the version of the row itself; 0 is handed over where there is none yet."""


@says("title")
@dataclass(frozen=True, eq=False)
class Column:
    """A column. `key` is its name in rows, URLs, API and exports."""

    key: str
    title: str
    expr: Expression
    kind: Kind = Kind.TEXT
    sort: Expression | None = None
    """What it is sorted by where that differs: a name by its sort_key."""
    sortable: bool = True
    never_null: bool = False
    """Lets the database walk an index; only where the value is there in every row."""
    unit: str | None = None
    """The key of the column that holds its currency or unit."""
    link: str | None = None
    """What the cell leads to: `core_party` with the id from the column `link_key`."""
    link_key: str = "id"
    width: int | None = None
    place: str = "small"
    """On a phone: lead, aside, small or rest (left out)."""
    hidden: bool = False
    """Selected for links, units and the API, but not shown."""
    groups: bool = False
    """Rows can be put together by it. States, yes or no, and days (by month) always can."""
    edit: Edit | None = None
    """How its cells are changed in the list."""

    @property
    def is_grouping(self) -> bool:
        return not self.hidden and (self.groups or self.kind in (Kind.CHOICE, Kind.YES_NO, Kind.DATE, Kind.TIME))

    @property
    def is_added_up(self) -> bool:
        """Amounts have subtotals, each in its own currency or unit."""
        return not self.hidden and self.unit is not None and self.kind in (Kind.MONEY, Kind.QUANTITY)


@says("title")
@dataclass(frozen=True, eq=False)
class Facet:
    """A filter. In URLs: `state=draft,sent`, `day_from=` and `day_to=` of dates and numbers, `late=yes`, `lot=none`."""

    key: str
    title: str
    expr: Expression
    kind: Kind = Kind.CHOICE
    options: type[StrEnum] | Choices | None = None
    """What can be chosen; without it what is there. A list that gets long (above 1,000 rows) names them."""
    value: type = str
    """Of a choice: str, or int for ids."""
    counted: bool = True
    named: Callable[[Context, Any], str] | None = None
    """What a chosen value is called that is none of the first fifty options."""

    @property
    def is_range(self) -> bool:
        return self.kind in (Kind.NUMBER, Kind.MONEY, Kind.QUANTITY, Kind.DATE, Kind.TIME)

    @property
    def names(self) -> tuple[str, ...]:
        """Its parameters in a URL."""
        return (f"{self.key}_from", f"{self.key}_to") if self.is_range else (self.key,)


@says("label", "reason")
@dataclass(frozen=True, eq=False)
class BulkAction:
    """Something that can be done with many rows: `act(ctx, id, version, reason)` is the action on one of them.

    It checks its own right, sees only what the person may see, and refuses with a sentence.
    """

    key: str
    label: str
    permissions: tuple[StrEnum, ...]
    """Any one of them shows the button."""
    act: Callable[[Context, int, int, str], object]
    reason: str = ""
    """What is asked for, where a reason is needed: "Why are they refused?"."""
    icon: str = "check"
    tone: str = "plain"
    undo: Callable[[Context, int, int], object] | None = None
    """The module's own reverse `(ctx, id, version)`, where nothing has left the house by then: it begins at once and
    can be undone for half a minute after the last row. Without it, it waits half a minute before it begins."""


@says("label")
@dataclass(frozen=True, eq=False)
class Ask:
    """What a move needs to know: a reason, a date, the minutes that it took."""

    key: str
    """The name under which the action takes it."""
    label: str
    kind: Kind = Kind.TEXT
    required: bool = True


@says("label")
@dataclass(frozen=True, eq=False)
class Move:
    """A step from one state to another: `act(ctx, id, version, **answers)` is the action on the row's document."""

    key: str
    label: str
    to: StrEnum
    permissions: tuple[StrEnum, ...]
    """Any one of them offers the move; where it cannot be done now, its reason stands beside it."""
    act: Callable[..., object]
    asks: tuple[Ask, ...] = ()
    tone: str = "plain"


@dataclass(frozen=True, eq=False)
class Board:
    """The rows as cards under their states, where people think so."""

    column: str
    """The key of the column with the state."""
    states: Sequence[StrEnum]
    """From left to right."""
    moves: tuple[Move, ...]


@says("title", "empty")
@dataclass(frozen=True, eq=False)
class Listing(Generic[T]):
    """A list. `rows(ctx)` is the joined query, filtered by what the person may see, without loader options."""

    name: str
    """`module.noun`: purchasing.requisitions."""
    title: str
    permission: StrEnum
    rows: Callable[[Context], Select]
    key: SQLColumnExpression[int]
    """Unique; called `id` in rows."""
    columns: tuple[Column, ...]
    facets: tuple[Facet, ...] = ()
    search: tuple[Expression, ...] = ()
    sort: str = "-id"
    """The column that it is sorted by at first, with a minus for downwards."""
    row: type[T] | None = None
    """A frozen dataclass with `id` and a field for each column; made from the columns where there is none."""
    origin: str = ""
    """What a row is, for links: purchasing_requisition."""
    empty: str = mark("Nothing here yet.")
    bulk: tuple[BulkAction, ...] = ()
    """What can be done with all that match; the rows' table has a version."""
    board: Board | None = None
    also: tuple[StrEnum, ...] = ()
    """Other rights that open it, each for what its rows show then."""

    def __post_init__(self) -> None:
        keys = [column.key for column in self.columns]
        if any(column.unit and column.unit not in keys for column in self.columns):
            raise ValueError(f"{self.name} has an amount whose currency or unit is no column.")
        names = [name for facet in self.facets for name in facet.names]
        if len({"id", *keys}) <= len(keys) or len(set(names)) < len(names) or {*names} & {*RESERVED}:
            raise ValueError(f"{self.name} names a column or a filter twice, or by a reserved name.")
        if self.sort.removeprefix("-") not in self.sortable:
            raise ValueError(f"{self.name} cannot be sorted by {self.sort}.")
        if self.row and is_dataclass(self.row) and {each.name for each in fields(self.row)} != {"id", *keys}:
            raise ValueError(f"The fields of {self.row.__name__} are not the columns of {self.name}.")
        changes = self.bulk or self.board or any(column.edit and column.edit.version is None for column in self.columns)
        if changes and not hasattr(getattr(self.key, "class_", None), "version"):
            raise ValueError(f"{self.name} changes its rows, but they have no version.")
        if self.board and (self.board.column not in keys or self.by_key[self.board.column].kind is not Kind.CHOICE):
            raise ValueError(f"{self.name} has a board of {self.board.column}, which is no column of states.")
        for expr, _never_null in self.sortable.values():
            if isinstance(sql_type(expr), sa.types.NullType):
                raise ValueError(f"{self.name} sorts by {expr}, which has no type: give it one.")

    def is_open_to(self, ctx: Context) -> bool:
        return any(ctx.may(right) for right in (self.permission, *self.also))

    def need(self, ctx: Context) -> None:
        """Raises Forbidden for who may not see this list."""
        if not self.is_open_to(ctx):
            ctx.need(self.permission)

    @cached_property
    def sortable(self) -> dict[str, tuple[Expression, bool]]:
        """What it can be sorted by, and whether that is there in every row."""
        found: dict[str, tuple[Expression, bool]] = {"id": (self.key, True)}
        for column in self.columns:
            if column.sortable:
                expr = column.expr if column.sort is None else column.sort
                # An Enum column is compared as the text that it is stored as.
                expr = sa.type_coerce(expr, sa.Text) if isinstance(sql_type(expr), sa.Enum) else expr
                found[column.key] = (expr, column.never_null)
        return found

    @cached_property
    def row_type(self) -> type[T]:
        if self.row is not None:
            return self.row
        made = make_dataclass("Row", [("id", int), *((column.key, object) for column in self.columns)], frozen=True)
        return cast("type[T]", made)

    @cached_property
    def by_key(self) -> dict[str, Column]:
        return {column.key: column for column in self.columns}

    @cached_property
    def shown(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if not column.hidden)

    @cached_property
    def lead(self) -> Column:
        """The column that names a row and leads to it; it is always shown."""
        return next((column for column in self.shown if column.place == "lead"), self.shown[0])

    @cached_property
    def groupings(self) -> tuple[Column, ...]:
        return tuple(column for column in self.shown if column.is_grouping and column is not self.lead)

    def chosen(self, keys: Sequence[str]) -> tuple[Column, ...]:
        """The shown columns of these keys, the lead always; without any, all that are shown."""
        wanted = tuple(self.by_key[key] for key in dict.fromkeys(keys))
        return (wanted if self.lead in wanted else (self.lead, *wanted)) if wanted else self.shown


# --- What somebody asks of it


@dataclass(frozen=True)
class Filter:
    """The wanted values of a choice (None among them: empty), or a range, or words."""

    values: tuple[Any, ...] = ()
    low: Any = None
    high: Any = None


@dataclass(frozen=True)
class ListParams:
    """Search, filters, sort and place in a list, as read from a URL by `plantops.listing_params.read`."""

    q: str = ""
    sort: str = ""
    after: str = ""
    limit: int = 50
    filters: Mapping[str, Filter] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    """Search and filters as they stand in the URL, tidied: to build the links of chips, tabs and heads."""
    columns: tuple[str, ...] = ()
    """The columns that somebody chose, in order; none is all that the list shows."""
    group: str = ""
    """The column by which rows are put together."""
    within: str | None = None
    """The one group that is looked into, or the one column of a board."""
    show: str = ""
    """`board` for cards under their states, else rows."""

    @property
    def filtered(self) -> dict[str, str]:
        """What is searched and filtered, without how it is shown."""
        return {name: value for name, value in self.given.items() if name not in PRESENTATION}


@dataclass(frozen=True)
class OptionView:
    value: str
    label: str
    is_chosen: bool
    count: int | None


@dataclass(frozen=True)
class FacetView:
    key: str
    title: str
    kind: Kind
    is_active: bool
    options: tuple[OptionView, ...] = ()
    low: str = ""
    high: str = ""


@dataclass(frozen=True)
class ListPage(Generic[T]):
    rows: tuple[T, ...]
    next_cursor: str | None
    """`after` of the next page; None at the end."""
    total: int | None
    """How many match, up to 1,000; None on later pages."""
    is_capped: bool
    facets: tuple[FacetView, ...]
    sort: str

    @property
    def total_capped(self) -> str:
        if self.total is None:
            return ""
        return f"{number(TOTAL_UP_TO, ',')}+" if self.is_capped else number(self.total, ",")


def sql_type(expr: Expression) -> sa.types.TypeEngine[Any]:
    return cast("sa.ColumnElement[Any]", expr).type


def python_type(expr: Expression) -> type:
    return sql_type(expr).python_type


def listings(registry: Registry) -> dict[str, Listing[Any]]:
    """Every list of the house by its name."""
    return {listing.name: listing for module in registry.modules for listing in module.listings}


@anyone("it tells people only of their own rights")
def may_open(ctx: Context, origin: str) -> bool:
    """Does a list that leads to such records let this person in? Where none does, nothing is said against it."""
    kind = origin.partition(":")[0]
    leading = [listing for listing in listings(ctx.registry).values() if kind and listing.origin == kind]
    return not leading or any(listing.is_open_to(ctx) for listing in leading)


def named(registry: Registry, name: str) -> Listing[Any]:
    """A list by its name, or by the last part of it where only one has it: purchasing.orders, orders."""
    found = listings(registry)
    short = [listing for each, listing in found.items() if each.partition(".")[2] == name]
    if name in found or len(short) == 1:
        return found.get(name) or short[0]
    raise Invalid(
        say("There is no list {name}. Known: {found}.", name=name, found=", ".join(sorted(found))), field="kind"
    )
