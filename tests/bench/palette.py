"""The palette at a million records: what a search costs, for who sees everything and for who sees little."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from plantops import people, search
from plantops.core import House, everything
from plantops.db import Database
from plantops.settings import Settings
from tests.bench import plant
from tests.bench.load import Wrong
from tests.bench.plant import Size
from tests.bench.servers import scheduled
from tests.bench.tables import Asked, Row, Table

ROWS = {"purchasing_order": 500_000, "purchasing_requisition": 300_000, "core_item": 100_000, "core_party": 100_000}
QUICK_SHARE = 50
BASE = Size(orders=3_050, wishes=60, suppliers=20, centres=2)
FIRST_ID = 10_000_000
LIMIT_MS = 50
ROUNDS = 15
WHO = {"buyer": plant.CLERK, "requester": "asker"}
TYPED = {
    "buyer": (
        "p", "po", "po-ver-26-0", "po-ver-26-0345678", "ab-345678", "pr-ver-26-00012", "gloves", "gloves 2345",
        "workshop", "works", "ver", "osterby", "0001", "26", "kessling 77", "nothing of this name",
    ),
    "requester": ("pr-ver-26-0", "po-ver", "gloves", "workshop 299", "nothing of this name"),
}  # fmt: skip
GOODS = ", ".join(f"'{word.title()}'" for word in plant.GOODS)
WORD = f"(ARRAY[{GOODS}])[1 + n % {len(plant.GOODS)}]"
NUMBER = "lpad(CAST(n AS text), 7, '0')"
FILLED = {
    "purchasing_order": f"'number', 'PO-VER-26-' || {NUMBER}, 'supplier_reference', 'AB-' || n",
    "purchasing_requisition": f"'number', 'PR-VER-26-' || {NUMBER}, 'title', {WORD} || ' for workshop ' || n,"
    " 'asked_by_id', (SELECT id FROM core_user WHERE login = CASE WHEN n % 1000 = 7 THEN 'asker' ELSE 'clerk' END)",
    "core_item": f"'sku', 'SP-' || {NUMBER}, 'name', {WORD} || ' type ' || n, 'sort_key', 'x' || n, 'barcode', n",
    "core_party": "'name', 'Kessling ' || n || ' ' || md5(CAST(n AS text)), 'town', 'Osterby', 'sort_key', 'k' || n,"
    " 'vat_id', 'LU' || n, 'match_key', 'k' || n",
}


@contextmanager
def opened(asked: Asked) -> Iterator[Callable[[str], Row]]:
    with asked.server() as server_url:
        template = plant.make(server_url, asked.data, BASE, asked.say)
        with plant.copy(server_url, template, "palette") as url:
            fill(url, asked)
            house = House(everything(), Database(url), Settings.read(asked.data, environ={}))
            try:
                yield lambda name: [measured(house, name)]
            finally:
                house.database.dispose()


def fill(url: str, asked: Asked) -> None:
    """The rows by plain SQL, each a copy of one that the product made, with names and numbers of its own."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for table, count in ROWS.items():
            rows = count // (QUICK_SHARE if asked.quick else 1)
            asked.say(f"palette: {rows:,} rows of {table} ...")
            connection.execute(
                sa.text(
                    f"INSERT INTO {table} SELECT made.* FROM (SELECT t AS one FROM {table} AS t ORDER BY id LIMIT 1)"
                    f" AS first, generate_series(1, :rows) AS n, LATERAL jsonb_populate_record(first.one,"
                    f" jsonb_build_object('id', {FIRST_ID} + n, {FILLED[table]})) AS made"
                ),
                {"rows": rows},
            )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))
    engine.dispose()


def measured(house: House, name: str) -> dict[str, Any]:
    who, _, typed = name.partition(": ")
    with house.database.transaction() as session:
        user = people.by_login(session, WHO[who])
        if user is None:
            raise Wrong(f"There is no {who} in the measured plant.")
        ctx = house.context(session, user, channel="web")
        server = session.scalar(sa.text("SELECT pg_backend_pid()")) or 0
        found = search.search(ctx, typed)
        spent: tuple[list[float], ...] = ([], [], [])
        for _ in range(ROUNDS):
            before = (time.process_time(), scheduled(server), time.perf_counter())
            again = search.search(ctx, typed)
            after = (time.process_time(), scheduled(server), time.perf_counter())
            if len(again) != len(found):
                raise Wrong(f"{name}: found {len(found)} at first and {len(again)} then.")
            for kept, start, end in zip(spent, before, after, strict=True):
                kept.append((end - start) * 1000)
    web, database, wall = (statistics.median(kept) for kept in spent)
    return {
        "who": who, "typed": typed, "found": len(found), "cpu_ms": round(web + database, 1), "web_ms": round(web, 1),
        "database_ms": round(database, 1), "p50_ms": round(wall, 1),
    }  # fmt: skip


def names(_asked: Asked) -> list[str]:
    return [f"{who}: {typed}" for who, many in TYPED.items() for typed in many]


def notes(rows: list[dict[str, Any]]) -> str:
    worst = max(rows, key=lambda row: row["cpu_ms"])
    return (
        f"Worst: {worst['typed']!r} for the {worst['who']}, {worst['cpu_ms']} CPU ms; the limit is {LIMIT_MS}.\n"
        f"{sum(ROWS.values()):,} records (a fiftieth of it with --quick): orders, requisitions, items and companies.\n"
        "Medians of processor time of this process and of its database process, warm. The buyer sees all of them, the\n"
        "requester one requisition in a thousand and no order."
    )


TABLE = Table(
    name="palette",
    title="The palette",
    columns=(
        ("who", "who"), ("typed", "typed"), ("found", "found"), ("cpu_ms", "CPU ms"), ("web_ms", "of it web"),
        ("database_ms", "database"), ("p50_ms", "p50 ms"),
    ),
    names=names,
    open=opened,
    notes=notes,
)  # fmt: skip
