"""A list put together by one column: how many rows each group has, and what its amounts add up to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from plantops.context import Context, anyone
from plantops.listing import Column, Listing, ListParams
from plantops.listing_pages import group_key, matching

MOST_GROUPS = 200
Sums = dict[str, tuple[tuple[Decimal, str], ...]]
"""By column: an amount for each currency or unit."""


@dataclass(frozen=True)
class Group:
    key: str
    count: int
    sums: Sums


@dataclass(frozen=True)
class Groups:
    groups: tuple[Group, ...]
    is_cut: bool
    """There are more than 200; the totals are of all rows nevertheless."""
    count: int
    sums: Sums


@anyone("the list's own right is asked for first; its rows are those that the person may see")
def read(ctx: Context, listing: Listing[Any], params: ListParams) -> Groups:
    """Counts and subtotals by SQL, amounts of different currencies and units apart."""
    listing.need(ctx)
    added = [column for column in listing.chosen(params.columns) if column.is_added_up]
    units = sorted({column.unit for column in added if column.unit})
    key = group_key(ctx, listing.by_key[params.group]).label("_group")
    wanted: list[sa.Label[Any]] = [listing.by_key[unit].expr.label(unit) for unit in units]
    wanted += [column.expr.label(column.key) for column in added if column.key not in units]
    rows = matching(ctx, listing, params).with_only_columns(key, *wanted).cte("_rows")
    counts = sa.select(rows.c._group, sa.func.count()).group_by(rows.c._group).order_by(rows.c._group)
    found = ctx.session.execute(counts.limit(MOST_GROUPS + 1)).all()
    keys = [row[0] for row in found[:MOST_GROUPS]]
    sums: dict[str | None, Sums] = defaultdict(dict)
    for unit in units:
        _add_up(ctx, rows, unit, [column for column in added if column.unit == unit], keys, sums)
    whole = sum(row[1] for row in found)
    if len(found) > MOST_GROUPS:
        whole = ctx.session.scalar(sa.select(sa.func.count()).select_from(rows)) or 0
    groups = tuple(Group(row[0], row[1], sums.get(row[0], {})) for row in found[:MOST_GROUPS])
    return Groups(groups, len(found) > MOST_GROUPS, whole, sums.get(None, {}))


def _add_up(
    ctx: Context, rows: sa.CTE, unit: str, columns: list[Column], keys: list[str], sums: dict[str | None, Sums]
) -> None:
    """Subtotals of each group and, under None, the totals of all rows."""
    amounts = [sa.func.sum(rows.c[column.key]) for column in columns]
    of_all = sa.select(sa.null(), rows.c[unit], *amounts).group_by(rows.c[unit]).order_by(rows.c[unit])
    by_group = (
        sa.select(rows.c._group, rows.c[unit], *amounts)
        .where(rows.c._group.in_(keys))
        .group_by(rows.c._group, rows.c[unit])
        .order_by(rows.c._group, rows.c[unit])
    )
    for query in (of_all, by_group):
        for group, name, *values in ctx.session.execute(query):
            for column, amount in zip(columns, values, strict=True):
                if amount is not None:
                    known = sums[group].get(column.key, ())
                    sums[group][column.key] = (*known, (amount, name or ""))
