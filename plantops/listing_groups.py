"""A list put together by one column: how many rows each group has, and what its amounts add up to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from plantops.context import Context, anyone
from plantops.listing import Column, Listing, ListParams
from plantops.listing_pages import group_key, matching

MOST_GROUPS = 200
LONGEST = "15s"
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
    with _in_time(ctx):
        found = ctx.session.execute(_summed(ctx, listing, params, units, added)).mappings().all()
    sums: dict[str | None, Sums] = defaultdict(dict)
    counts: dict[str, int] = {}
    whole, alone = 0, 2 ** len(units) - 1  # bits of the units that a line is not put together by
    for row in found:
        of_all, level = row["_level"] > alone, row["_level"] & alone
        if level == alone:
            whole, counts = (row["_count"], counts) if of_all else (whole, counts | {row["_group"]: row["_count"]})
            continue
        unit = next(unit for place, unit in enumerate(reversed(units)) if not level >> place & 1)
        for column in added:
            if column.unit == unit and row[column.key] is not None:
                of = sums[None if of_all else row["_group"]]
                of[column.key] = (*of.get(column.key, ()), (row[column.key], row[unit] or ""))
    shown = list(counts.items())[:MOST_GROUPS]
    groups = tuple(Group(key, count, sums.get(key, {})) for key, count in shown)
    return Groups(groups, len(counts) > MOST_GROUPS, whole, sums.get(None, {}))


def _summed(
    ctx: Context, listing: Listing[Any], params: ListParams, units: list[str], added: list[Column]
) -> sa.Select[*tuple[Any, ...]]:
    """Groups, groups by currency or unit, and the same of all rows: one look at the table for all of them."""
    key = group_key(ctx, listing.by_key[params.group]).label("_group")
    wanted: list[sa.Label[Any]] = [listing.by_key[unit].expr.label(unit) for unit in units]
    wanted += [column.expr.label(column.key) for column in added if column.key not in units]
    rows = matching(ctx, listing, params).with_only_columns(key, *wanted).subquery("_rows").c
    by = [rows[unit] for unit in units]
    levels: list[Any] = [(rows._group,), *((rows._group, one) for one in by), *((one,) for one in by), ()]
    whole = (
        sa.select(
            rows._group,
            *by,
            *(sa.func.sum(rows[column.key]).label(column.key) for column in added),
            sa.func.count().label("_count"),
            sa.func.grouping(rows._group, *by).label("_level"),
            sa.func.dense_rank().over(order_by=rows._group).label("_place"),
        )
        .group_by(sa.func.grouping_sets(*(sa.tuple_(*level) for level in levels)))
        .subquery("_whole")
    )
    of_all = whole.c._level >= 2 ** len(units)
    few = sa.or_(whole.c._place <= MOST_GROUPS + 1, of_all)
    return sa.select(whole).where(few).order_by(whole.c._place, *(whole.c[unit] for unit in units))


@contextmanager
def _in_time(ctx: Context) -> Iterator[None]:
    """What is not added up in time is stopped by the database: others wait for it too."""
    before = ctx.session.scalar(sa.text("SELECT current_setting('statement_timeout')"))
    change = sa.text("SELECT set_config('statement_timeout', :wait, true)")
    ctx.session.execute(change, {"wait": LONGEST})
    yield
    ctx.session.execute(change, {"wait": before})
