"""A list shows every row once, in order, however it is sorted; filters are typed; nobody sees more than they may."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plantops import listing_pages, listing_params
from plantops.context import Context
from plantops.errors import Forbidden, Invalid
from plantops.listing import Column, Facet, Kind, Listing, ListPage, may_open
from plantops.permissions import Can
from tests.houses import Someone

pytestmark = pytest.mark.db
D = Decimal


class State(StrEnum):
    DRAFT = "draft"
    SENT = "sent"


COLUMNS = (
    sa.column("id", sa.BigInteger),
    sa.column("name", sa.Text(collation="C")),
    sa.column("amount", sa.Numeric(18, 6)),
    sa.column("day", sa.Date),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("state", sa.Text),
    sa.column("late", sa.Boolean),
    sa.column("who", sa.BigInteger),
)
KEYS = [column.key for column in COLUMNS]


def row(id: int, **values: Any) -> tuple[Any, ...]:
    return tuple({"id": id, **values}.get(key) for key in KEYS)


def listed(rows: Sequence[tuple[Any, ...]]) -> Listing[Any]:
    # A first row that is filtered out again tells PostgreSQL the types of columns that are all NULL.
    typed = (0, "", D(0), date(2000, 1, 1), datetime(2000, 1, 1, tzinfo=UTC), "", False, 0)
    data = sa.values(*COLUMNS, name="papers").data([typed, *rows]).alias("t")
    c = data.c
    return Listing(
        name="core.papers",
        title="Papers",
        permission=Can.READ_PARTIES,
        rows=lambda ctx: sa.select(c.id).select_from(data).where(c.id > 0),
        key=c.id,
        columns=(
            Column("name", "Name", c.name),
            Column("amount", "Amount", c.amount, Kind.QUANTITY),
            Column("day", "Day", c.day, Kind.DATE),
            Column("at", "At", c.at, Kind.TIME),
            Column("late", "Late", c.late, Kind.YES_NO, sortable=False),
        ),
        facets=(
            Facet("state", "State", c.state, options=State),
            Facet("who", "Who", c.who, options=lambda ctx: [(1, "Ana"), (2, "Bob")], value=int),
            Facet("kind", "Name", c.name, Kind.TEXT),
            Facet("day", "Day", c.day, Kind.DATE),
            Facet("at", "At", c.at, Kind.TIME),
            Facet("amount", "Amount", c.amount, Kind.QUANTITY),
            Facet("late", "Late", c.late, Kind.YES_NO),
        ),
        search=(c.name, c.amount),
    )


def show(ctx: Context, listing: Listing[Any], **params: Any) -> ListPage[Any]:
    return listing_pages.page(ctx, listing, listing_params.read(listing, params))


def shown(ctx: Context, listing: Listing[Any], **params: Any) -> list[int]:
    return [row.id for row in show(ctx, listing, **params).rows]


# --- Pages


values = st.fixed_dictionaries(
    {
        "name": st.none() | st.sampled_from(["", "a", "A", "b", "ab", "Ärger", "z\n", "'", "%"]),
        "amount": st.none() | st.decimals(-3, 3, places=1, allow_nan=False),
        "day": st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 4)),
        "at": st.none() | st.integers(0, 2).map(lambda n: datetime(2026, 1, 1, 0, 0, 0, n, tzinfo=UTC)),
    }
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(values, max_size=12),
    sort=st.sampled_from(["id", "name", "amount", "day", "at"]),
    down=st.booleans(),
    limit=st.integers(1, 5),
)
def test_walking_all_pages_gives_every_row_once_in_order(
    ctx: Someone, rows: list[dict[str, Any]], sort: str, down: bool, limit: int
) -> None:
    listing = listed([row(number, **values) for number, values in enumerate(rows, 1)])
    asked = {"sort": f"-{sort}" if down else sort, "limit": str(limit)}
    walked: list[int] = []
    after: str | None = ""
    while after is not None:
        page = show(ctx(), listing, **asked, after=after)
        walked += [row.id for row in page.rows]
        after = page.next_cursor
        assert len(walked) <= len(rows)
    there = [(number, each.get(sort, number)) for number, each in enumerate(rows, 1)]
    full = sorted((v, n) for n, v in there if v is not None)
    empty = sorted(n for n, v in there if v is None)
    expected = [n for _, n in (reversed(full) if down else full)] + (empty[::-1] if down else empty)
    assert walked == expected
    params = listing_params.read(listing, asked)
    assert [row.id for row in listing_pages.stream(ctx(), listing, params)] == expected
    assert listing_pages.ids(ctx(), listing, params) == sorted(expected)


def test_a_column_that_is_always_there_walks_the_same(ctx: Someone) -> None:
    old = listed([row(n, name="ab"[n % 2]) for n in range(1, 8)])
    columns = (Column("name", "Name", old.columns[0].expr, never_null=True), *old.columns[1:])
    listing: Listing[Any] = Listing(old.name, old.title, old.permission, old.rows, old.key, columns)
    first = show(ctx(), listing, sort="-name", limit="3")
    second = show(ctx(), listing, sort="-name", limit="3", after=first.next_cursor)
    assert [row.id for row in (*first.rows, *second.rows)] == [7, 5, 3, 1, 6, 4]


def test_rows_hold_the_columns_by_name_and_nothing_else(ctx: Someone) -> None:
    (only,) = show(ctx(), listed([row(1, name="a", amount=D(2), late=True)])).rows
    assert vars(only) == {
        "id": 1,
        "name": "a",
        "amount": D(2),
        "day": None,
        "at": None,
        "late": True,
    }


def test_the_total_is_counted_to_a_thousand_and_on_the_first_page_only(ctx: Someone) -> None:
    few = show(ctx(), listed([row(n) for n in range(1, 8)]), limit="3")
    assert (few.total, few.total_capped) == (7, "7")
    assert show(ctx(), listed([row(n) for n in range(1, 8)]), limit="3", after=few.next_cursor).total is None
    many = show(ctx(), listed([row(n, state="draft") for n in range(1, 1003)]))
    assert (many.total, many.is_capped, many.total_capped) == (1000, True, "1,000+")
    assert [option.count for option in many.facets[0].options] == [None, None]


def test_who_may_not_read_it_sees_neither_page_nor_export_nor_ids(ctx: Someone) -> None:
    listing = listed([row(1)])
    params = listing_params.read(listing, {})
    for look in (listing_pages.page, listing_pages.ids, lambda *a: list(listing_pages.stream(*a))):
        with pytest.raises(Forbidden):
            look(ctx(as_="employee"), listing, params)
    assert len(show(ctx(as_="auditor"), listing).rows) == 1


# --- Filters and search


ROWS = [
    row(1, name="bearing", amount=D(10), day=date(2026, 11, 1), state="draft", late=True, who=1),
    row(2, name="oil 100%", amount=D("2.5"), day=date(2026, 11, 2), state="sent", late=False, who=2),
    row(3, name="oil 20 l", day=date(2026, 11, 3), state="sent", late=True),
    row(4, state="draft"),
]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [4, 3, 2, 1]),
        ({"state": "sent"}, [3, 2]),
        ({"state": "sent,draft"}, [4, 3, 2, 1]),
        ({"state": ["sent", "draft"], "late": "yes"}, [3, 1]),
        ({"late": "no"}, [2]),
        ({"who": "2"}, [2]),
        ({"who": "none"}, [4, 3]),
        ({"who": "1,none"}, [4, 3, 1]),
        ({"day_from": "2026-11-02"}, [3, 2]),
        ({"day_from": "2026-11-02", "day_to": "2026-11-02"}, [2]),
        ({"amount_to": "2.5"}, [2]),
        ({"amount_from": "2.50001"}, [1]),
        ({"kind": "OIL"}, [3, 2]),
        ({"kind": "0%"}, [2]),
        ({"q": "20 oil"}, [3]),
        ({"q": " Bear  "}, [1]),
        ({"q": "_"}, []),
        ({"state": "sent", "q": "bearing"}, []),
        ({"state": " ", "day_from": ""}, [4, 3, 2, 1]),
    ],
)
def test_filters_and_search(ctx: Someone, asked: Mapping[str, Any], expected: list[int]) -> None:
    assert shown(ctx(), listed(ROWS), **asked) == expected


def test_a_day_of_a_moment_is_the_plants_day(ctx: Someone) -> None:
    """25 October 2026 has 25 hours in Luxembourg: from 22:00 UTC the evening before to 23:00 UTC."""
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)
    moments = [
        start - timedelta(seconds=1),
        start,
        start + timedelta(hours=24, minutes=59),
        start + timedelta(hours=25),
    ]
    listing = listed([row(n, at=moment) for n, moment in enumerate(moments, 1)])
    assert shown(ctx(), listing, at_from="2026-10-25", at_to="2026-10-25") == [3, 2]


def test_counts_say_what_a_filter_would_show_beside_the_others(ctx: Someone) -> None:
    facets = {facet.key: facet for facet in show(ctx(), listed(ROWS), state="sent").facets}
    assert [(o.value, o.label, o.is_chosen, o.count) for o in facets["state"].options] == [
        ("draft", "Draft", False, 2),
        ("sent", "Sent", True, 2),
    ]
    assert [(o.value, o.label, o.count) for o in facets["who"].options] == [
        ("1", "Ana", 0),
        ("2", "Bob", 1),
        ("none", "None", 1),
    ]
    assert [(o.value, o.count) for o in facets["late"].options] == [("yes", 1), ("no", 1)]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"state": "gone"}, "state"),
        ({"who": "ana"}, "who"),
        ({"who": "9" * 30}, "who"),
        ({"late": "maybe"}, "late"),
        ({"day_from": "31.02.2026"}, "day_from"),
        ({"day_to": "2026-02-31"}, "day_to"),
        ({"day_from": "2026-11-02", "day_to": "2026-11-01"}, "day_to"),
        ({"amount_from": "NaN"}, "amount_from"),
        ({"amount_from": "1e99"}, "amount_from"),
        ({"sort": "password"}, "sort"),
        ({"sort": "late"}, "sort"),
        ({"limit": "0"}, "limit"),
        ({"limit": "99999999999999"}, "limit"),
        ({"q": "x" * 300}, "q"),
        ({"q": "a\x00b"}, "q"),
        ({"stat": "draft"}, "stat"),
        ({"state": ",".join(["draft"] * 101)}, "state"),
    ],
)
def test_what_cannot_be_asked_names_its_field(asked: Mapping[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        listing_params.read(listed(ROWS), asked)
    assert list(refused.value.fields) == [field]


def packed(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


def test_a_place_of_another_list_or_made_up_is_refused(ctx: Someone) -> None:
    listing = listed(ROWS)
    there = show(ctx(), listing, sort="name", limit="1").next_cursor
    for after, sort in (
        (there, "-name"),
        (there, "amount"),
        (listing_params.cursor("name", D(1), 1), "name"),
        (listing_params.cursor("amount", "x", 1), "amount"),
        (listing_params.cursor("id", 2**70, 1), "id"),
        (listing_params.cursor("id", 1, 2**70), "id"),
        ("", "name"),
        ("%%%", "name"),
        ("bm9uc2Vuc2U", "name"),
        ("W10", "name"),
        ("é", "name"),
        (packed('["name","s","\\ud800",1]'), "name"),
        (packed('["name",["s"],"x",1]'), "name"),
        (packed("[" * 5000), "name"),
    ):
        if after:
            with pytest.raises(Invalid) as refused:
                show(ctx(), listing, sort=sort, after=after)
            assert list(refused.value.fields) == ["after"]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.dictionaries(
        st.sampled_from(
            ["q", "sort", "after", "limit", "state", "who", "kind", "day_from", "at_to", "amount_to", "late"]
        ),
        st.text(max_size=30)
        | st.sampled_from(["name", "-amount", "none", "1", "2026-11-02", "9999-12-31", "0001-01-01"]),
    )
)
def test_whatever_is_asked_is_shown_or_refused_by_field(ctx: Someone, asked: dict[str, str]) -> None:
    try:
        show(ctx(), listed(ROWS), **asked)
    except Invalid as refused:
        assert refused.fields


# --- Declarations


@dataclass(frozen=True)
class Paper:
    id: int
    name: str


def test_a_declaration_that_cannot_work_fails_at_once() -> None:
    good = listed(ROWS)
    name = good.columns[0]

    def declare(**changes: Any) -> Listing[Any]:
        given: dict[str, Any] = {"columns": (name,), "sort": "name", "facets": (), "row": Paper, **changes}
        return Listing("core.papers", "Papers", Can.READ_PARTIES, good.rows, good.key, **given)

    assert declare().row_type is Paper
    untyped = Column("sum", "Sum", sa.func.whatever(name.expr))
    for changes in (
        {"columns": (name, name)},
        {"columns": (Column("id", "Id", good.key),), "sort": "id"},
        {"sort": "nothing"},
        {"facets": (Facet("q", "Q", name.expr),)},
        {"facets": (good.facets[0], good.facets[0])},
        {"columns": good.columns},
        {"columns": (name, untyped), "row": None},
    ):
        with pytest.raises(ValueError, match=r"core\.papers"):
            declare(**changes)


def test_a_link_is_shown_to_who_may_open_it(ctx: Someone) -> None:
    keeper, driver = ctx("buyer"), ctx("employee")
    assert may_open(keeper, "core_party:1") and not may_open(driver, "core_party:1")
    assert not may_open(driver, "core_import:1") and may_open(driver, "") and may_open(driver, "no_such_kind:1")
