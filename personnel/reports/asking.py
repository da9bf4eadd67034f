"""Asking a week's figure: one statement, its days half-open, and only days that are over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from plantops.context import Context, within
from plantops.weekly import Column, Part, Rows, Span, WeekTotal


@within("the weekly report checks the right of each figure")
def ask(ctx: Context, span: Span, statement: str, **more: Any) -> Sequence[Mapping[str, Any]]:
    values = {"first": span.first, "after": span.after, "today": ctx.today, **more}
    return [dict(row) for row in ctx.session.execute(sa.text(statement), values).mappings()]


@within("the weekly report checks the right of each figure")
def weeks_of(ctx: Context, span: Span, statement: str) -> list[WeekTotal]:
    """A statement that returns monday, above and below (null: nothing to divide by)."""
    return [
        WeekTotal(row["monday"], Decimal(row["above"] or 0), None if row["below"] is None else Decimal(row["below"]))
        for row in ask(ctx, span, statement)
    ]


@within("the weekly report checks the right of each figure")
def rows_of(
    ctx: Context, span: Span, part: Part, limit: int, columns: tuple[Column, ...], statements: Mapping[Part, str]
) -> Rows:
    """The rows of a part by its statement, whose column `amount` adds up to the part's total."""
    statement = statements.get(part)
    if statement is None:
        return Rows(columns, (), Decimal(0))
    rows = ask(ctx, span, f"{statement} LIMIT :limit", limit=limit)
    total = ask(ctx, span, f"SELECT COALESCE(sum(amount), 0) AS total FROM ({statement}) AS every")  # noqa: S608
    return Rows(columns, rows, Decimal(total[0]["total"]))
