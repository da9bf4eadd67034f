"""Reading a list: a page of rows, what the filters offer, everything for an export."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, TypeVar, cast
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa

from plantops.context import Context, anyone, within
from plantops.errors import NotFound
from plantops.events import WaitingCard
from plantops.listing import (
    NONE,
    TOTAL_UP_TO,
    Column,
    Expression,
    Facet,
    FacetView,
    Filter,
    Kind,
    Listing,
    ListPage,
    ListParams,
    OptionView,
    Select,
    python_type,
    sql_type,
)
from plantops.listing_params import cursor, place, read
from plantops.places import sort_key
from plantops.wording import label, say

T = TypeVar("T")
AT_ONCE = 500
MOST_OPTIONS = 50


@anyone("the list's own right is asked for first; its rows are those that the person may see")
def page(ctx: Context, listing: Listing[T], params: ListParams) -> ListPage[T]:
    """One page, with the total and the filters' counts on the first one."""
    listing.need(ctx)
    sort = params.sort or listing.sort
    base = matching(ctx, listing, params)
    shown, next_cursor = _rows_of(ctx, listing, base, params, sort)
    if params.after:
        return ListPage(shown, next_cursor, None, False, (), sort)
    counted = [facet for facet in listing.facets if _is_counted(facet)]
    total, known = _counts(ctx, base, counted, None if next_cursor else len(shown))
    counts: dict[str, dict[str, int] | None] = {**known}
    for facet in listing.facets:
        if facet.key in params.filters and _is_counted(facet):
            # A chosen value is counted beside the others, as if this filter were off.
            others = matching(ctx, listing, params, besides=facet)
            counts[facet.key] = _counts(ctx, others, [facet])[1].get(facet.key)
    return ListPage(
        rows=shown,
        next_cursor=next_cursor,
        total=min(total, TOTAL_UP_TO),
        is_capped=total > TOTAL_UP_TO,
        facets=tuple(_facet(ctx, params, facet, counts.get(facet.key)) for facet in listing.facets),
        sort=sort,
    )


@anyone("the list's own right is asked for first; its rows are those that the person may see")
def some(ctx: Context, listing: Listing[T], params: ListParams) -> tuple[tuple[T, ...], str | None]:
    """The rows of a page and where the next begins, without counting anything."""
    listing.need(ctx)
    return _rows_of(ctx, listing, matching(ctx, listing, params), params, params.sort or listing.sort)


def _rows_of(
    ctx: Context, listing: Listing[T], base: Select, params: ListParams, sort: str
) -> tuple[tuple[T, ...], str | None]:
    expr, never_null, down = _sorting(listing, sort)
    query = _select(listing, base, expr, never_null, down)
    if params.after:
        value, id = place(params.after, sort, python_type(expr))
        query = query.where(_behind(listing, expr, never_null, down, value, id))
    found = ctx.session.execute(query.limit(params.limit + 1)).all()
    rows = found[: params.limit]
    next_cursor = cursor(sort, rows[-1][-1], rows[-1][0]) if len(found) > params.limit else None
    return tuple(_row(listing, row) for row in rows), next_cursor


@anyone("the list's own right is asked for first; its rows are those that the person may see")
def first_rows(ctx: Context, listing: Listing[T], params: ListParams) -> list[T]:
    """The first rows alone, without counting anything: for the search box and home pages."""
    listing.need(ctx)
    expr, never_null, down = _sorting(listing, params.sort or listing.sort)
    query = _select(listing, matching(ctx, listing, params), expr, never_null, down)
    return [_row(listing, row) for row in ctx.session.execute(query.limit(params.limit))]


@anyone("the list's own right is asked for first; its rows are those that the person may see")
def one(ctx: Context, listing: Listing[T], id: int) -> T:
    """One row, whatever is filtered: as it looks after somebody changed it."""
    listing.need(ctx)
    base = listing.rows(ctx).order_by(None).where(listing.key == id)
    found = ctx.session.execute(_select(listing, base, listing.key, True, False)).first()
    if found is None:
        raise NotFound(say("This row is gone, or you may not see it any more. Load the list again."))
    return _row(listing, found)


@anyone("the list's own right is asked for first; its rows are those that the person may see")
def stream(ctx: Context, listing: Listing[T], params: ListParams) -> Iterator[T]:
    """Every row that is filtered, in the list's order: for exports. Read while the transaction is open."""
    listing.need(ctx)
    expr, never_null, down = _sorting(listing, params.sort or listing.sort)
    query = _select(listing, matching(ctx, listing, params), expr, never_null, down)
    for row in ctx.session.execute(query.execution_options(yield_per=AT_ONCE)):
        yield _row(listing, row)


@anyone("the list's own right is asked for first; its rows are those that the person may see")
def ids(ctx: Context, listing: Listing[Any], params: ListParams) -> list[int]:
    """The ids of everything that is filtered: for what is done with all of them."""
    listing.need(ctx)
    query = matching(ctx, listing, params)
    return list(ctx.session.scalars(query.with_only_columns(listing.key).order_by(listing.key)))


# --- The query


def _sorting(listing: Listing[Any], sort: str) -> tuple[Expression, bool, bool]:
    expr, never_null = listing.sortable[sort.removeprefix("-")]
    return expr, never_null, sort.startswith("-")


def _end_of(day: date, ctx: Context) -> datetime:
    """The midnight that ends a plant day; the last day that there is never ends."""
    if day >= date.max - timedelta(days=1):
        return datetime.max.replace(tzinfo=ctx.zone)
    return datetime.combine(day + timedelta(days=1), time(), ctx.zone)


@within("pages, exports, groups and bulk actions ask for the list's own right first")
def matching(ctx: Context, listing: Listing[Any], params: ListParams, *, besides: Facet | None = None) -> Select:
    """The list's rows under the search and the filters (without one of them, to count its options)."""
    query: Select = listing.rows(ctx).order_by(None)
    for word in sort_key(params.q).split():
        query = query.where(sa.or_(*(_holds(expr, word) for expr in listing.search)) if listing.search else sa.false())
    for facet in listing.facets:
        wanted = params.filters.get(facet.key)
        if wanted is not None and facet is not besides:
            query = query.where(_condition(ctx, facet, wanted))
    if params.within is not None:
        query = query.where(_in_group(ctx, listing.by_key[params.group], params.within))
    return query


def _in_group(ctx: Context, column: Column, key: str) -> sa.ColumnElement[bool]:
    """The rows of one group; a state is compared as it is stored, so that an index of it helps."""
    if column.kind is not Kind.CHOICE:
        return group_key(ctx, column) == key
    stored = sa.type_coerce(column.expr, sa.Text)
    return stored.is_(None) if key == NONE else stored == key


@within("a part of the list's query")
def group_key(ctx: Context, column: Column) -> sa.ColumnElement[str]:
    """What the rows of a group have in common, as text: a state, yes or no, a name, a month of the plant."""
    if column.kind in (Kind.DATE, Kind.TIME):
        day = sa.func.timezone(str(ctx.zone), column.expr) if column.kind is Kind.TIME else column.expr
        key: Any = sa.func.to_char(day, "YYYY-MM", type_=sa.Text())
    elif column.kind is Kind.YES_NO:
        # A value that is not there is a no, as in the cells.
        key = sa.case((column.expr, "yes"), else_="no")
    else:
        key = sa.cast(column.expr, sa.Text)
    return cast("sa.ColumnElement[str]", sa.func.coalesce(key, NONE, type_=sa.Text()))


@anyone("the list's own right is asked for first; its rows are those that the person may see")
def how_many(ctx: Context, listing: Listing[Any], params: ListParams, up_to: int) -> int:
    """How many rows match, looking no further than one above `up_to`."""
    listing.need(ctx)
    few = matching(ctx, listing, params).with_only_columns(sa.literal_column("1")).limit(up_to + 1).subquery()
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(few)) or 0


@within("the home page asks with the reader's rights; for who may not see the list nothing waits in it")
def card(
    ctx: Context, listing: Listing[Any], href: str, title: str, tone: str = "plain", detail: str = "", *,
    order: int = 50, one: str = "",
) -> WaitingCard:  # fmt: skip
    """A card that counts the very rows that are shown behind it: `href` is the list's address with its filters."""
    count = 0
    if listing.is_open_to(ctx):
        count = how_many(ctx, listing, read(listing, parse_qs(urlsplit(href).query)), TOTAL_UP_TO)
    return WaitingCard(title, count, href, tone, detail, order, one)


def _holds(expr: Expression, word: str) -> sa.ColumnElement[bool]:
    return sa.func.lower(sa.cast(expr, sa.Text)).contains(word, autoescape=True)


def _condition(ctx: Context, facet: Facet, wanted: Filter) -> sa.ColumnElement[bool]:
    if facet.kind is Kind.TEXT:
        return sa.and_(*(_holds(facet.expr, word) for word in sort_key(wanted.values[0]).split()))
    if facet.kind is Kind.TIME:
        # Days are the plant's: from its midnight to the next, 23 or 25 hours when the clocks change.
        low = None if wanted.low is None else datetime.combine(wanted.low, time(), ctx.zone)
        high = None if wanted.high is None else _end_of(wanted.high, ctx)
        return _between(facet.expr >= low if low else None, facet.expr < high if high else None)
    if facet.is_range:
        return _between(
            facet.expr >= wanted.low if wanted.low is not None else None,
            facet.expr <= wanted.high if wanted.high is not None else None,
        )
    some = [value for value in wanted.values if value is not None]
    return sa.or_(
        facet.expr.in_(some) if some else sa.false(), facet.expr.is_(None) if None in wanted.values else sa.false()
    )


def _between(*sides: sa.ColumnElement[bool] | None) -> sa.ColumnElement[bool]:
    return sa.and_(sa.true(), *(side for side in sides if side is not None))


def _select(listing: Listing[Any], base: Select, expr: Expression, never_null: bool, down: bool) -> Select:
    columns: list[sa.Label[Any]] = [column.expr.label(column.key) for column in listing.columns]
    query = base.with_only_columns(listing.key.label("id"), *columns, expr.label("_sorted_by"))
    first = expr.desc() if down else expr.asc()
    if down and not never_null:
        first = first.nulls_last()
    return query.order_by(first, listing.key.desc() if down else listing.key.asc())


def _behind(
    listing: Listing[Any], expr: Expression, never_null: bool, down: bool, value: Any, id: int
) -> sa.ColumnElement[bool]:
    """The rows that come after this one; rows without a value come last either way."""
    if value is None:
        later = listing.key < id if down else listing.key > id
        return sa.and_(expr.is_(None), later)
    here = sa.tuple_(sa.literal(value, sql_type(expr)), sa.literal(id, sa.BigInteger))
    pair = sa.tuple_(expr, listing.key)
    behind = pair < here if down else pair > here
    return behind if never_null else sa.or_(behind, expr.is_(None))


def _row(listing: Listing[T], row: sa.Row[*tuple[Any, ...]]) -> T:
    keys = ("id", *(column.key for column in listing.columns))
    return listing.row_type(**dict(zip(keys, row, strict=False)))


# --- What the filters offer


def _is_counted(facet: Facet) -> bool:
    return facet.counted and facet.kind in (Kind.CHOICE, Kind.YES_NO)


def _counts(
    ctx: Context, base: Select, facets: Sequence[Facet], count: int | None = None
) -> tuple[int, dict[str, dict[str, int]]]:
    """How many rows match, looking no further than one row above the cap, and how many have each value.

    Above the cap no value is counted: that would read the whole table at every click.
    """
    if count is None:
        few = base.with_only_columns(sa.literal_column("1")).limit(TOTAL_UP_TO + 1).subquery()
        count = ctx.session.scalar(sa.select(sa.func.count()).select_from(few)) or 0
    if count > TOTAL_UP_TO or not facets:
        return count, {}
    values: list[sa.Label[Any]] = [facet.expr.label(facet.key) for facet in facets]
    rows = ctx.session.execute(base.with_only_columns(sa.literal_column("1"), *values)).all()
    counted = {
        facet.key: Counter(as_text(row[place]) for row in rows).most_common() for place, facet in enumerate(facets, 1)
    }
    return len(rows), {key: dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0]))) for key, pairs in counted.items()}


def _facet(ctx: Context, params: ListParams, facet: Facet, counts: dict[str, int] | None) -> FacetView:
    wanted = params.filters.get(facet.key)
    if facet.kind not in (Kind.CHOICE, Kind.YES_NO):
        low, high = params.given.get(facet.names[0], ""), params.given.get(facet.names[-1], "")
        return FacetView(
            facet.key, facet.title, facet.kind, wanted is not None, (), low, high if facet.is_range else ""
        )
    chosen = {as_text(value) for value in (wanted.values if wanted else ())}
    labels = _labels(ctx, facet)
    if facet.named is not None and wanted is not None:
        unnamed = [one for one in wanted.values if one is not None and as_text(one) not in labels]
        labels |= {as_text(one): name for one in unnamed if (name := facet.named(ctx, one))}
    known = () if facet.named is not None else counts or ()
    for value in (*sorted(chosen), *known):
        labels.setdefault(value, say("None") if value == NONE else spoken(value))
    options = tuple(
        OptionView(value, words, value in chosen, None if counts is None else counts.get(value, 0))
        for value, words in labels.items()
    )
    return FacetView(facet.key, facet.title, facet.kind, wanted is not None, options)


def _labels(ctx: Context, facet: Facet) -> dict[str, str]:
    if facet.kind is Kind.YES_NO:
        return {"yes": say("Yes"), "no": say("No")}
    if facet.options is None:
        return {}
    if isinstance(facet.options, type):
        values = [str(member.value) for member in cast("type[StrEnum]", facet.options)]
        return {value: spoken(value) for value in values}
    return {as_text(value): words for value, words in facet.options(ctx)[:MOST_OPTIONS]}


def as_text(value: Any) -> str:
    """A filter's value as it stands in a URL."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value.value) if isinstance(value, StrEnum) else str(value)


def spoken(value: str) -> str:
    return label(value)
