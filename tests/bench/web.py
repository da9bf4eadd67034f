"""The pages of purchasing among 100,000 orders, beside the same pages written by hand."""

from __future__ import annotations

import gzip
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import lxml.html
import sqlalchemy as sa

from tests.bench import plant, servers
from tests.bench.load import Clerk, Measured, Work, Wrong, clerk, drive
from tests.bench.servers import Server
from tests.bench.tables import Asked, Row, Table
from web.session import csrf_of

ROUNDS, ROUND_SECONDS = 4, 4.0
QUICK_ROUNDS, QUICK_SECONDS = 2, 1.2
MOST = 150  # of created orders in a round: each uses up a wish
LIST = "/purchasing/orders"
MEASURED_ORDERS = 300
LIST_ROW, ORDER_ROW, CREATE_ROW = "list of 50 orders", "one order, 5 lines", "create and issue, 5 lines"
AIMS = {LIST_ROW: 6.0, ORDER_ROW: 6.0, CREATE_ROW: 4.0}
WORDS_ALIKE = 0.9


@dataclass
class Side:
    """One of the two servers, with the wishes that are left in its database."""

    server: Server
    wishes: Iterator[list[int]]
    version: int = 0
    """What a fresh draft's version is: read from its page once, as a browser would."""
    orders: Iterator[int] = field(default_factory=lambda: iter(()))

    def list(self, one: Clerk) -> None:
        one.get(LIST)

    def order(self, one: Clerk) -> None:
        one.get(f"{LIST}/{next(self.orders)}")

    def take(self, one: Clerk) -> str:
        """A draft with five lines; its address."""
        fields = "".join(f"&ids={id}" for id in next(self.wishes))
        return self.posted(one, "/purchasing/to-order", f"&supplier_id={fields}")

    def create(self, one: Clerk) -> None:
        address = self.take(one)
        self.posted(one, f"{address}/place", f"&_version={self.version}")

    def posted(self, one: Clerk, path: str, fields: str) -> str:
        known = f"_csrf={csrf_of(plant.TOKEN)}&_key={secrets.token_urlsafe(12)}"
        address = one.post(path, known + fields, path.removesuffix("/place")).headers.get("hx-redirect", "")
        if not re.fullmatch(r"/purchasing/orders/\d+", address):
            raise Wrong(f"{self.server.name}: {path} led to {address!r} instead of an order.")
        return address


def sides(product: Server, floor: Server) -> tuple[Side, Side]:
    made = []
    for server in (product, floor):
        engine = sa.create_engine(server.database_url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            query = (
                "SELECT array_agg(id ORDER BY id) FROM purchasing_requisition_line GROUP BY requisition_id ORDER BY 1"
            )
            wishes = [list(ids) for ids in connection.scalars(sa.text(query))]
            query = "SELECT id FROM purchasing_order ORDER BY id DESC LIMIT :count"
            orders = list(connection.scalars(sa.text(query), {"count": MEASURED_ORDERS}))
        engine.dispose()
        made.append(Side(server, iter(wishes), 0, cycle(orders)))
    return made[0], made[1]


# --- Is it the same work?


def page(side: Side, path: str) -> lxml.html.HtmlElement:
    one = clerk(side.server, plant.TOKEN)
    answer = one.get(path)
    one.connection.close()
    packed = answer.headers.get("content-encoding") == "gzip"
    found: lxml.html.HtmlElement = lxml.html.fromstring(
        (gzip.decompress(answer.body) if packed else answer.body).decode()
    )
    return found


def words(found: lxml.html.HtmlElement) -> Counter[str]:
    return Counter(found.text_content().split())


def share_of_words(product: Side, floor: Side, path: str) -> float:
    """How much of what the product's page says the floor's page says too."""
    ours, theirs = words(page(product, path)), words(page(floor, path))
    return sum((ours & theirs).values()) / sum(ours.values())


def rows_of(found: lxml.html.HtmlElement) -> list[list[str]]:
    """The cells of the page's main table, without the dialogs in them."""
    rows = found.xpath("(//main//table)[1]/tbody/tr")
    return [[" ".join((cell.text or cell.text_content()).split()) for cell in row] for row in rows]


COUNTED = (
    "purchasing_order", "purchasing_order_line", "purchasing_allocation", "purchasing_commitment", "core_approval",
    "core_transition", "core_job_run", "procrastinate_jobs", "core_idempotency", "core_audit",
)  # fmt: skip


def written(side: Side) -> dict[str, int]:
    """Rows in each table that ordering writes to."""
    engine = sa.create_engine(side.server.database_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        query = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in COUNTED)
        found = {name: int(count) for name, count in connection.execute(sa.text(query))}
    engine.dispose()
    return found


def check_alike(product: Side, floor: Side) -> float:
    """Both show the same rows and write the same rows, else nothing is compared. The share of equal words."""
    paths = [LIST, *(f"{LIST}/{next(product.orders)}" for _ in range(3))]
    for path in paths:
        if rows_of(page(product, path)) != rows_of(page(floor, path)):
            raise Wrong(f"The floor does not show the rows of {path} as the product does: bring it up to date.")
    share = min(share_of_words(product, floor, path) for path in paths)
    if share < WORDS_ALIKE:
        raise Wrong(f"The floor's pages say only {share:.0%} of the words of the product's: bring them up to date.")
    added = [trial(side) for side in (product, floor)]
    ours, theirs = ({k: n for k, n in one.items() if k != "core_audit"} for one in added)
    if ours != theirs:
        raise Wrong(f"The floor does not write what the product writes: {theirs} instead of {ours}.")
    return share


def trial(side: Side) -> dict[str, int]:
    """One order, and which rows came with it."""
    before = written(side)
    one = clerk(side.server, plant.TOKEN)
    address = side.take(one)
    if side.server.name == "plantops":
        form = page(side, address).xpath("//form[contains(@action, '/place')]//input[@name='_version']")
        side.version = int(form[0].get("value"))
    else:
        side.version = 1
    side.posted(one, f"{address}/place", f"&_version={side.version}")
    one.connection.close()
    after = written(side)
    return {name: after[name] - before[name] for name in after}


# --- The table


def compare(name: str, product: Side, floor: Side, rounds: int, seconds: float) -> Row:
    """Both in turns, so that what else the machine does falls on both."""
    works: dict[str, Callable[[Side], Work]] = {
        LIST_ROW: lambda side: side.list,
        ORDER_ROW: lambda side: side.order,
        CREATE_ROW: lambda side: side.create,
    }
    most = MOST if name == CREATE_ROW else 1_000_000
    totals = {side.server.name: Measured() for side in (product, floor)}
    for side in (product, floor):
        drive(side.server, plant.TOKEN, works[name](side), 0.5, 20)  # plans prepared, templates read
    for _ in range(rounds):
        for side in (product, floor):
            totals[side.server.name].add(drive(side.server, plant.TOKEN, works[name](side), seconds, most))
    ours, theirs = totals["plantops"], totals["floor"]
    ratio = ours.cpu_ms / theirs.cpu_ms if ours.cpu_ms and theirs.cpu_ms else None
    first = {"work": name, "server": "plantops", **ours.as_row()}
    return [
        {**first, "ratio": None if ratio is None else round(ratio, 2), "aim": AIMS[name]},
        {"work": "", "server": "floor", **theirs.as_row(), "ratio": None, "aim": None},
    ]


@contextmanager
def opened(asked: Asked) -> Iterator[Callable[[str], Row]]:
    rounds, seconds = (QUICK_ROUNDS, QUICK_SECONDS) if asked.quick else (ROUNDS, ROUND_SECONDS)
    with asked.server() as server_url:
        template = plant.make(server_url, asked.data, asked.size, asked.say)
        with both(server_url, template, asked.data) as (product, floor):
            share = check_alike(product, floor)
            asked.say(f"Both write the same rows and show the same lists; {share:.0%} of the words are the same.")
            yield lambda name: compare(name, product, floor, rounds, seconds)


@contextmanager
def both(server_url: str, template: str, data: Path) -> Iterator[tuple[Side, Side]]:
    with (
        plant.copy(server_url, template, "product") as here,
        plant.copy(server_url, template, "floor") as there,
        servers.product(here, server_url, data) as ours,
        servers.floor(there, server_url) as theirs,
    ):
        yield sides(ours, theirs)


def names(_asked: Asked) -> list[str]:
    return list(AIMS)


def notes(rows: list[dict[str, Any]]) -> str:
    said = (
        "CPU ms: user and system time of the web process and of its connections' PostgreSQL backends, for one page or\n"
        "one order; background processes of PostgreSQL are left out. The ratio is that of CPU ms. Two connections,\n"
        "gzip, one web process. The floor is psycopg and format strings under the same uvicorn: it checks session,\n"
        "rights, form token, version and repeated forms, shows the same rows and writes the same rows with the same\n"
        "triggers."
    )
    lost = any(row["cpu_ms"] is None for row in rows)
    return said + (" CPU cannot be measured on this machine: it needs /proc and a database beside it." if lost else "")


TABLE = Table(
    name="web",
    title="Pages among 100,000 purchase orders",
    columns=(
        ("work", "work"), ("server", "server"), ("done", "done"), ("per_second", "per second"), ("p50_ms", "p50 ms"),
        ("p95_ms", "p95 ms"), ("web_cpu_ms", "CPU ms web"), ("database_cpu_ms", "CPU ms database"),
        ("cpu_ms", "CPU ms"), ("ratio", "times the floor"), ("aim", "aim"),
    ),
    names=names,
    open=opened,
    notes=notes,
)  # fmt: skip
