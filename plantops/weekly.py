"""The plant manager's week: what a module declares of each of its figures, and which span of days is meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from plantops.errors import Invalid
from plantops.wording import say, says

if TYPE_CHECKING:
    from sqlalchemy import TextClause

    from plantops.context import Context


class Part(StrEnum):
    """Which rows of a figure: what is counted above the line, below it, or left out by its definition."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    EXCLUDED = "excluded"


class Better(StrEnum):
    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True)
class Span:
    """Business dates from `first` up to, and without, `after`."""

    first: date
    after: date

    @classmethod
    def week(cls, text: str) -> Span:
        """The Monday to Sunday of an ISO week such as `2026-W46`."""
        year, _, number = text.upper().partition("-W")
        try:
            first = date.fromisocalendar(int(year), int(number), 1)
        except ValueError as error:
            raise Invalid(say("{text} is no week. Write it like 2026-W46.", text=text), field="week") from error
        return cls(first, first + timedelta(days=7))

    @classmethod
    def of_day(cls, day: date) -> Span:
        first = day - timedelta(days=day.weekday())
        return cls(first, first + timedelta(days=7))

    @property
    def last(self) -> date:
        return self.after - timedelta(days=1)

    @property
    def name(self) -> str:
        year, number, _ = self.first.isocalendar()
        return f"{year}-W{number:02d}"

    def back(self, weeks: int) -> Span:
        return Span(self.first - timedelta(weeks=weeks), self.after - timedelta(weeks=weeks))


@dataclass(frozen=True)
class WeekTotal:
    """A figure's numerator and denominator in the week that begins on `monday` (business dates)."""

    monday: date
    numerator: Decimal
    denominator: Decimal | None = None


@says("title")
@dataclass(frozen=True)
class Column:
    """A column of the rows behind a figure. `origin` columns hold origin texts that become links."""

    key: str
    title: str
    kind: str = "text"
    """text, date, moment, number, hours, money, percent or origin."""


@dataclass(frozen=True)
class Rows:
    """The rows behind one part of a figure; the `amount` column sums to the part's total, exactly."""

    columns: tuple[Column, ...]
    rows: Sequence[Mapping[str, Any]]
    total: Decimal


@dataclass(frozen=True)
class Cause:
    """A contributor to a figure: what it is, and how much of the numerator comes from it."""

    name: str
    amount: Decimal


@says("title", "unit", "definition", "exclusions", "owner")
@dataclass(frozen=True)
class Indicator:
    """One of the figures on the page. All functions take sites with `in_totals` only.

    value = `scale` x numerator / denominator, or the numerator alone when there is no denominator.
    `weeks(ctx, span)` is ONE query grouped by week over a long span; `rows(ctx, span, part, limit)` gives the rows
    behind it; `causes(ctx, span)` the largest contributors; `ledger` is plain SQL with :from, :to (half-open
    business dates) and :today that returns (numerator, denominator) independently of `weeks`, for the line at the foot.
    """

    number: int
    key: str
    title: str
    unit: str
    better: Better
    definition: str
    exclusions: str
    owner: str
    target: Decimal
    tolerance: Decimal
    permission: StrEnum
    weeks: Callable[[Context, Span], list[WeekTotal]]
    rows: Callable[[Context, Span, Part, int], Rows]
    ledger: TextClause
    causes: Callable[[Context, Span], list[Cause]] | None = None
    scale: Decimal = Decimal(1)
    digits: int = 1
    position: int = 1
    """Order among figures with the same number (figure 10 has two)."""
    weekly_sums: bool = True
    """False for a state at the week's end (overdue duties, blocked invoices): weeks do not add up to longer spans."""

    def value(self, total: WeekTotal) -> Decimal | None:
        """None when there is nothing to divide by."""
        if total.denominator is None:
            return self.scale * total.numerator
        return self.scale * total.numerator / total.denominator if total.denominator else None


@says("title")
@dataclass(frozen=True)
class Strip:
    """Further numbers of the page: the money strip, next week's list, completeness in the head.

    `build(ctx, span)` returns (title, value, unit, href) rows. `place` is head, money, next or second_page.
    """

    place: str
    title: str
    order: int
    permission: StrEnum
    build: Callable[[Context, Span], list[tuple[str, Any, str, str]]]
    options: Mapping[str, Any] = field(default_factory=dict)
