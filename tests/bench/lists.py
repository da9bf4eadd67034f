"""The list of orders at a million of them: what a page costs, beside what it costs at ten thousand."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from plantops import listing_pages, listing_params, people
from plantops.context import Context
from plantops.core import House, everything
from plantops.db import Database
from plantops.listing import ListParams
from plantops.settings import Settings
from purchasing.lists import ORDERS
from tests.bench import plant
from tests.bench.load import Wrong
from tests.bench.plant import Size
from tests.bench.servers import scheduled
from tests.bench.tables import Asked, Row, Table

SMALL, LARGE = 10_000, 1_000_000
QUICK_LARGE = 50_000
BASE = Size(orders=3_040, wishes=60, suppliers=5, centres=2)  # a size of its own: plants are kept by it
FIRST_ID = 10_000_000
LIMIT = 1.2
ROUNDS = 31
LOOKS = {
    "first page": {},
    "next page": {},
    "one supplier": {"supplier": "{supplier}"},
    "one supplier, next page": {"supplier": "{supplier}"},
    "one state": {"state": "acknowledged"},
    "one supplier in one state": {"supplier": "{supplier}", "state": "acknowledged"},
    "one supplier in one state, next page": {"supplier": "{supplier}", "state": "acknowledged"},
}
STATES = ("closed", "closed", "closed", "closed", "closed", "closed", "acknowledged", "issued", "closed", "cancelled")


@contextmanager
def opened(asked: Asked) -> Iterator[Callable[[str], Row]]:
    large = QUICK_LARGE if asked.quick else LARGE
    with asked.server() as server_url, ExitStack() as stack:
        template = plant.make(server_url, asked.data, BASE, asked.say)
        houses = []
        for rows in (SMALL, large):
            url = stack.enter_context(plant.copy(server_url, template, f"lists_{rows}"))
            asked.say(f"lists: {rows:,} orders ...")
            fill(url, rows - BASE.orders)
            house = House(everything(), Database(url), Settings.read(asked.data, environ={}))
            stack.callback(house.database.dispose)
            houses.append(house)
        yield lambda look: [compared(look, large, *measured(houses, look))]


def fill(url: str, rows: int) -> None:
    """Orders by plain SQL, each a copy of one that the product made, of all suppliers and in many states."""
    states = ", ".join(f"'{state}'" for state in STATES)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        connection.execute(
            sa.text(
                "INSERT INTO purchasing_order SELECT made.* FROM"
                " (SELECT o AS one FROM purchasing_order AS o WHERE number IS NOT NULL ORDER BY id LIMIT 1) AS first,"
                " (SELECT array_agg(id ORDER BY id) AS ids FROM purchasing_supplier) AS suppliers,"
                " generate_series(1, :rows) AS n, LATERAL jsonb_populate_record(first.one, jsonb_build_object("
                f" 'id', {FIRST_ID} + n, 'number', 'PO-VER-27-' || lpad(CAST(n AS text), 7, '0'),"
                " 'supplier_reference', 'AB-' || n, 'on_hold', false,"
                " 'supplier_id', suppliers.ids[1 + n % cardinality(suppliers.ids)],"
                f" 'state', (ARRAY[{states}])[1 + (n / cardinality(suppliers.ids)) % {len(STATES)}])) AS made"
            ),
            {"rows": rows},
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))
    engine.dispose()


@dataclass(frozen=True)
class Open:
    """One plant with its clerk at the list, ready to look."""

    ctx: Context
    server: int
    params: ListParams

    def look(self) -> tuple[float, float]:
        """Milliseconds of processor time of this process and of its database process."""
        before = (time.process_time(), scheduled(self.server))
        rows = len(listing_pages.page(self.ctx, ORDERS, self.params).rows)
        after = (time.process_time(), scheduled(self.server))
        if rows != self.params.limit:
            raise Wrong(f"There are {rows} rows on the page instead of {self.params.limit}.")
        return (after[0] - before[0]) * 1000, (after[1] - before[1]) * 1000


def at_the_list(house: House, session: Session, look: str) -> Open:
    user = people.by_login(session, plant.CLERK)
    if user is None:
        raise Wrong("There is no clerk in the measured plant.")
    ctx = house.context(session, user, channel="web")
    server = session.scalar(sa.text("SELECT pg_backend_pid()")) or 0
    supplier = session.scalar(sa.text("SELECT max(id) FROM purchasing_supplier"))
    params = listing_params.read(ORDERS, {k: v.format(supplier=supplier) for k, v in LOOKS[look].items()})
    first = listing_pages.page(ctx, ORDERS, params)
    if "next" in look:
        if first.next_cursor is None:
            raise Wrong(f"{look}: there is no next page.")
        params = replace(params, after=first.next_cursor)
    return Open(ctx, server, params)


def measured(houses: list[House], look: str) -> list[dict[str, float]]:
    """Medians, warm; one plant and the other in turn, so that what else the machine does hits both."""
    with ExitStack() as stack:
        opened = [at_the_list(house, stack.enter_context(house.database.transaction()), look) for house in houses]
        spent: list[list[tuple[float, float]]] = [[] for _ in houses]
        for _ in range(ROUNDS):
            for one, kept in zip(opened, spent, strict=True):
                kept.append(one.look())
    return [
        {"web": statistics.median(web for web, _ in kept), "database": statistics.median(db for _, db in kept)}
        for kept in spent
    ]


def compared(look: str, large: int, few: dict[str, float], many: dict[str, float]) -> dict[str, Any]:
    small, big = sum(few.values()), sum(many.values())
    return {
        "look": look, "orders": f"{large:,}", "small_ms": round(small, 2), "large_ms": round(big, 2),
        "database_small_ms": round(few["database"], 2), "database_large_ms": round(many["database"], 2),
        "ratio": round(big / small, 2),
    }  # fmt: skip


def names(_asked: Asked) -> list[str]:
    return list(LOOKS)


def notes(rows: list[dict[str, Any]]) -> str:
    worst = max(rows, key=lambda row: row["ratio"])
    return (
        f"Worst: {worst['look']!r} costs {worst['ratio']} times what it costs at {SMALL:,}; the limit is {LIMIT}.\n"
        "Medians of processor time of this process and of its database process, warm, in one run: rows, total and\n"
        "the filters' counts, as the page asks for them."
    )


TABLE = Table(
    name="lists",
    title="Lists",
    columns=(
        ("look", "what"), ("orders", "orders"), ("small_ms", "CPU ms at 10,000"), ("large_ms", "CPU ms"),
        ("database_small_ms", "database at 10,000"), ("database_large_ms", "database"), ("ratio", "ratio"),
    ),
    names=names,
    open=opened,
    notes=notes,
)  # fmt: skip
