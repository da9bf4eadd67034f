"""Findable: how a record is found by what people type, by indexes on its own table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR

from plantops.context import Context
from plantops.wording import says

Expression = sa.SQLColumnExpression[Any]
Select = sa.Select[*tuple[Any, ...]]
LONGEST = 120
AFTER_EVERY_LETTER = b"\xff"  # stands in no text
WANTED: sa.BindParameter[str] = sa.bindparam("wanted", type_=sa.Text())
"""What somebody typed."""


@says("kind")
@dataclass(frozen=True, eq=False)
class Findable:
    """Records of one kind that the palette finds. Its model has `found_by(...)` among its `__table_args__`."""

    kind: str
    """As people call one: "Order"."""
    permissions: tuple[StrEnum, ...]
    """Any one of them; which rows, `rows` says."""
    rows: Callable[[Context], Select]
    """The joined query, filtered by what the person may see, without loader options."""
    key: sa.SQLColumnExpression[int]
    origin: str
    words: tuple[Expression, ...]
    """The columns of `found_by` in its order; the first is what a record is called by."""
    title: Expression | None = None
    """What is shown where that differs: a draft has no number yet."""
    detail: Expression | None = None
    newest_first: bool = False
    """Numbers that go up: the newest of many stand first."""

    @cached_property
    def shown(self) -> tuple[sa.Label[Any], ...]:
        """What is told of a record, made once: which kind, its id, what it is called, and a detail."""
        title = self.words[0] if self.title is None else self.title
        detail = sa.literal_column("''") if self.detail is None else self.detail
        return (
            sa.literal_column(f"'{self.origin}'", sa.Text()).label("kind"),
            self.key.label("id"),
            sa.func.left(title, LONGEST, type_=sa.Text()).label("title"),
            sa.func.left(detail, LONGEST, type_=sa.Text()).label("detail"),
        )

    @cached_property
    def name(self) -> sa.Function[bytes]:
        """How it is called, as its index has it."""
        return begins(self.words[0])

    @cached_property
    def is_called(self) -> sa.ColumnElement[bool]:
        return self.name == begins(WANTED)

    @cached_property
    def begins_so(self) -> sa.ColumnElement[bool]:
        low = begins(WANTED)
        return sa.and_(self.name >= low, self.name < low.concat(sa.literal(AFTER_EVERY_LETTER, sa.LargeBinary)))

    @cached_property
    def has_the_words(self) -> sa.ColumnElement[bool]:
        """Every word that was typed begins one of the record's."""
        return words(*self.words).bool_op("@@")(sa.func.core_wanted(WANTED))


def found_by(table: str, *columns: str) -> tuple[sa.Index, sa.Index]:
    """The two indexes of a findable table: how its first column begins, and the words of up to three columns.

    They are indexes and no copy, so they change with the row and need no repair.
    """
    return (
        sa.Index(f"ix_{table}_begins", sa.text(f"core_begins({columns[0]})")),
        sa.Index(
            f"ix_{table}_words",
            sa.text(f"core_words({', '.join(columns)})"),
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},  # else each search reads through what was put off
        ),
    )


def begins(text: sa.ColumnElement[Any] | Expression) -> sa.Function[bytes]:
    return sa.func.core_begins(text, type_=sa.LargeBinary())


def words(*columns: Expression) -> sa.Function[Any]:
    return sa.func.core_words(*columns, type_=TSVECTOR())
