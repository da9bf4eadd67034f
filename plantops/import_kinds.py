"""What can be imported: a kind declares its columns, the action that loads its rows, and how that is undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from plantops.errors import Invalid
from plantops.module import Registry
from plantops.wording import say, says

if TYPE_CHECKING:
    from plantops.context import Context

T = TypeVar("T")

CHUNK_ROWS = 1000


class Holds(StrEnum):
    """What a column holds, and so what `Row.values` has: str, Decimal, int, date, aware datetime, bool."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    DAY = "day"
    MOMENT = "moment"
    YES = "yes"


@says("title")
@dataclass(frozen=True)
class Column:
    """One column of a kind, by our name for it. A required one must be mapped and have a value in every row."""

    name: str
    title: str
    holds: Holds = Holds.TEXT
    required: bool = True
    longest: int = 500
    """Characters, for text."""
    decimals: int | None = None
    """How many digits after the point are kept; more are refused, never rounded."""
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    choices: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """Other words that a file may have at its head."""
    example: str = ""
    """What the file to fill in shows; without one, something that its kind allows."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that was read without a fault. `reasons` says why a column is empty where the map knows a placeholder."""

    number: int
    values: Mapping[str, Any]
    reasons: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        return self._of(name, str)

    def decimal(self, name: str) -> Decimal | None:
        return self._of(name, Decimal)

    def whole(self, name: str) -> int | None:
        return self._of(name, int)

    def day(self, name: str) -> date | None:
        return self._of(name, date)

    def moment(self, name: str) -> datetime | None:
        return self._of(name, datetime)

    def _of(self, name: str, kind: type[T]) -> T | None:
        value = self.values.get(name)
        if value is None or isinstance(value, kind):
            return value
        raise TypeError(f"{name} holds {type(value).__name__}, not {kind.__name__}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row does not load: which cell, what stands there, why. `row` as a spreadsheet counts."""

    row: int
    column: str
    value: str
    why: str


@dataclass(frozen=True)
class Loaded:
    """What a kind made of a chunk: rows that it refused after all, and the id of what became of the others."""

    refused: Sequence[Refusal] = ()
    made: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """What undo cannot take back: the id of what a row became (as in `Loaded.made`), and why it stays."""

    made_id: int
    why: str


@dataclass(frozen=True)
class ImportRun:
    """The import that rows belong to. What it makes carries `origin`, so that undo finds it again."""

    id: int
    kind: str
    site_id: int | None
    zone: ZoneInfo
    file_name: str
    options: Mapping[str, Any]
    """The map's table [options], for what only this kind knows."""

    @property
    def origin(self) -> str:
        return f"import:{self.id}"


Load = Callable[["Context", ImportRun, Sequence[Row]], Loaded | None]
Undo = Callable[["Context", ImportRun], Sequence[Kept] | None]


def no_rule(_row: Row) -> Iterator[tuple[str, str]]:
    """No rule beyond those of the columns."""
    yield from ()


@says("title")
@dataclass(frozen=True)
class ImportKind:
    """
    A kind of import. `load` takes a chunk of rows in one savepoint and acts set-wise through the module's actions.

    It may raise Invalid or Conflict: the chunk is then halved until the guilty rows are found and refused with that
    sentence. `rule` looks at one row: (column, why) for each fault. Rows with equal values in `group_by` are loaded
    together (the lines of one order). `undo` takes back everything that carries `run.origin` and returns what stays
    because it is used meanwhile; where nothing can be taken back by itself it raises Conflict.
    """

    name: str
    title: str
    permission: StrEnum
    columns: tuple[Column, ...]
    load: Load
    undo: Undo
    rule: Callable[[Row], Iterator[tuple[str, str]]] = no_rule
    group_by: tuple[str, ...] = ()
    needs_site: bool = True
    options: tuple[str, ...] = ()
    """The names that the map's table [options] may have."""
    lists: tuple[str, ...] = ()
    """The lists that show what it makes, by their names: each of them has a way to this import."""
    chunk_rows: int = CHUNK_ROWS

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        known = ", ".join(column.name for column in self.columns)
        raise Invalid(
            say(
                "Imports of {lower} have no column '{name}'. They have {known}.",
                lower=self.title.lower(),
                name=name,
                known=known,
            ),
            field=name,
        )


def kinds(registry: Registry) -> dict[str, ImportKind]:
    """Every kind of the installed modules by name."""
    return {kind.name: kind for module in registry.modules for kind in module.imports}


def kinds_of(registry: Registry, listing: str) -> list[ImportKind]:
    """What can be imported into a list."""
    return [kind for kind in kinds(registry).values() if listing in kind.lists]


def titles(registry: Registry) -> list[tuple[str, str]]:
    """Every kind by its name and its title, for a filter."""
    return [(name, kind.title) for name, kind in kinds(registry).items()]


def kind_named(registry: Registry, name: str) -> ImportKind:
    known = kinds(registry)
    if name not in known:
        raise Invalid(
            say("There is no import of '{name}'. Known: {known}.", name=name, known=", ".join(sorted(known)) or "none"),
            field="kind",
        )
    return known[name]
