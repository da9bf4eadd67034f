"""Files of 100,000 rows through the product's own path, beside a plain COPY and SQLAlchemy's bulk insert."""

from __future__ import annotations

import csv
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from plantops import files, import_files, import_fixes, import_jobs, imports, jobs, people, worker
from plantops.context import Context
from plantops.core import House, everything
from plantops.db import Database
from plantops.import_rows import RowState
from plantops.items import Category, Item
from plantops.jobs import JobRun
from plantops.places import sort_key
from plantops.settings import Settings
from purchasing.models import Offer
from tests.bench import plant
from tests.bench.imports_orders import ORDERS_MAP, order_lines
from tests.bench.load import Wrong
from tests.bench.plant import Size
from tests.bench.servers import scheduled
from tests.bench.tables import Asked, Row, Table
from tests.purchasing import price_list

ROWS, QUICK_ROWS = 100_000, 4_000
BASE = Size(orders=3_060, wishes=60, suppliers=20, centres=2)  # a size of its own: plants are kept by it
ONE_WRONG_IN = 500
LIMIT_SECONDS, LIMIT_MB, LIMIT_FIX_MS = 120.0, 500.0, 100.0
ASKED_EVERY_SECONDS = 0.1
FIXES = 11
MEMORY = re.compile(r"VmHWM:\s+(\d+) kB")
OURS = ("items and prices", "purchase orders")
STOPPED, COPY, BULK = "items and prices, stopped halfway", "COPY of items and prices", "SQLAlchemy bulk insert of them"


# --- A plant, and what is spent in it


@dataclass
class Bench:
    """A copy of the plant with a clerk; its own processor time and that of all database processes that serve it."""

    house: House
    rows: int
    folder: Path
    clerk_id: int = 0
    suppliers: tuple[str, ...] = ()

    def spent(self) -> float:
        with self.house.database.transaction() as session:
            mine = sa.text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
            return time.process_time() + sum(scheduled(pid) for pid in session.scalars(mine))

    def seconds(self, work: Callable[[], None]) -> float:
        before = self.spent()
        work()
        return self.spent() - before

    def act(self, work: Callable[[Context], Any]) -> Any:
        with self.house.acting(self.clerk_id) as ctx:
            return work(ctx)

    def count(self, query: sa.Select[int]) -> int:
        with self.house.acting() as ctx:
            return ctx.session.scalar(query) or 0


@contextmanager
def opened(asked: Asked) -> Iterator[Callable[[str], Row]]:
    rows = QUICK_ROWS if asked.quick else ROWS
    with asked.server() as server_url, ExitStack() as stack:
        template = plant.make(server_url, asked.data, BASE, asked.say)

        def measure(name: str) -> Row:
            with plant.copy(server_url, template, "imports") as url:
                house = House(everything(), Database(url, pool_size=3), Settings.read(asked.data, environ={}))
                stack.callback(house.database.dispose)
                one = Bench(house, rows, asked.data)
                with house.acting() as ctx:
                    one.clerk_id = ctx.session.scalars(sa.select(people.User.id).filter_by(login=plant.CLERK)).one()
                    one.suppliers = tuple(ctx.session.scalars(SUPPLIERS))
                try:
                    return [measured(one, name)]
                finally:
                    house.database.dispose()

        yield measure


SUPPLIERS = sa.text("SELECT p.name FROM core_party p JOIN purchasing_supplier s ON s.party_id = p.id ORDER BY p.id")


def measured(bench: Bench, name: str) -> dict[str, Any]:
    forget_peak()
    match name:
        case "items and prices":
            found = brought(bench, "items", goods(bench, bench.rows // ONE_WRONG_IN), price_list.MAP, spoilt=True)
        case "purchase orders":
            found = brought(bench, "purchase-orders", order_lines(bench.folder, bench.rows), ORDERS_MAP)
        case _ if name == STOPPED:
            found = stopped(bench)
        case _ if name == COPY:
            found = {"load_s": bench.seconds(lambda: copied(bench, goods(bench, 0)))}
        case _:
            found = {"load_s": bench.seconds(lambda: inserted(bench, goods(bench, 0)))}
    together = found.get("read_s", 0.0) + found["load_s"]
    found = {key: round(value, 1) if key.endswith("_s") else value for key, value in found.items()}
    rate = None if name == STOPPED else round(bench.rows / together)
    return {"work": name, "rows": f"{bench.rows:,}", "rows_per_second": rate, "peak_mb": peak_mb()} | found


def goods(bench: Bench, wrong: int) -> Path:
    path = bench.folder / "price_list.csv"
    price_list.write(path, bench.rows, bench.suppliers, price_list.Wrong(units=wrong))
    return path


# --- Through the product, as the worker does it for a clerk


@dataclass
class Watched:
    """What somebody sees who looks at a run meanwhile."""

    shares: list[float] = field(default_factory=list)
    longest_silence: float = 0.0


def worked(bench: Bench, ask: Callable[[Context], int], look: Callable[[int, float], None] | None = None) -> Watched:
    """Asks for a job and does it, while somebody else looks how far it is."""
    run_id: int = bench.act(ask)
    seen, is_over = Watched(), threading.Event()
    thread = threading.Thread(target=watch, args=(bench, run_id, seen, is_over, look))
    thread.start()
    try:
        worker.run(bench.house, run_id)
    finally:
        is_over.set()
        thread.join()
    return seen


def watch(
    bench: Bench, run_id: int, seen: Watched, is_over: threading.Event, look: Callable[[int, float], None] | None
) -> None:
    since = time.monotonic()
    while not is_over.wait(ASKED_EVERY_SECONDS):
        with bench.house.acting() as ctx:
            share = float(ctx.session.scalar(sa.select(JobRun.progress).where(JobRun.id == run_id)) or 0)
        if not seen.shares or share != seen.shares[-1]:
            seen.shares.append(share)
            since = time.monotonic()
        seen.longest_silence = max(seen.longest_silence, time.monotonic() - since)
        if look is not None:
            look(run_id, share)


def received(bench: Bench, kind: str, path: Path, map_text: str) -> int:
    def receive(ctx: Context) -> int:
        with path.open("rb") as source:
            laid = files.lay_down(ctx.settings, source)
        return import_files.receive(ctx, kind, path.name, laid, map_text).id

    return int(bench.act(receive))


def brought(bench: Bench, kind: str, path: Path, map_text: str, *, spoilt: bool = False) -> dict[str, Any]:
    id = received(bench, kind, path, map_text)
    seen: list[Watched] = []
    found: dict[str, Any] = {}

    def step(name: str, ask: Callable[[Context, int], int]) -> None:
        found[name] = bench.seconds(lambda: seen.append(worked(bench, lambda ctx: ask(ctx, id))))

    step("read_s", import_jobs.ask_to_read)
    if spoilt:
        found |= fixed(bench, id)
    step("load_s", import_jobs.ask_to_load)
    check(bench, id, loaded=bench.rows)
    step("undo_s", import_jobs.ask_to_undo)
    check(bench, id, loaded=bench.rows, state=imports.State.UNDONE)
    told = sum(len(one.shares) for one in seen)
    return found | {"told": told, "silence": round(max(one.longest_silence for one in seen), 1)}


def check(bench: Bench, id: int, *, loaded: int, state: imports.State = imports.State.LOADED) -> None:
    run: imports.Import = bench.act(lambda ctx: import_files.one(ctx, id))
    if (run.loaded, run.refused, run.state) != (loaded, 0, state):
        why = bench.act(lambda ctx: imports.report(ctx, id).refused[:3])
        raise Wrong(f"{run.kind}: {run.loaded:,} rows loaded, {run.refused:,} refused, {run.state}: {why}")


def fixed(bench: Bench, id: int) -> dict[str, Any]:
    """Some wrong cells one by one, as the page does it, the others with one answer; processor milliseconds."""
    wrong: import_fixes.StagedPage = bench.act(lambda ctx: import_fixes.rows(ctx, id, RowState.REFUSED))
    spent: list[float] = []
    for row in wrong.rows[: min(FIXES, len(wrong.rows) - 1)]:
        one = bench.seconds(lambda number=row.number: bench.act(lambda ctx: mended(ctx, id, number)))  # type: ignore[misc]
        spent.append(one * 1000)
    many = bench.seconds(
        lambda: bench.act(lambda ctx: import_fixes.replace_all(ctx, id, "Unit", price_list.UNIT, "each"))
    )
    return {"fix_ms": round(sorted(spent)[len(spent) // 2]), "many_ms": round(many * 1000)}


def mended(ctx: Context, id: int, number: int) -> None:
    """What the page asks for when a cell was set right."""
    import_fixes.set_cell(ctx, id, number, "Unit", "each")
    import_fixes.rows(ctx, id, RowState.REFUSED)
    import_fixes.faults(ctx, id)
    import_fixes.wrong_values(ctx, id)


def stopped(bench: Bench) -> dict[str, Any]:
    """Somebody stops it when half of the rows are loaded: nothing of it may stay."""
    before = bench.count(sa.select(sa.func.count(Item.id)))
    id = received(bench, "items", goods(bench, 0), price_list.MAP)
    worked(bench, lambda ctx: import_jobs.ask_to_read(ctx, id))
    asked_at: list[float] = []

    def stop(run_id: int, share: float) -> None:
        if share >= 0.5 and not asked_at:
            bench.act(lambda ctx: jobs.cancel(ctx, run_id))
            asked_at.append(time.monotonic())

    load = bench.seconds(lambda: worked(bench, lambda ctx: import_jobs.ask_to_load(ctx, id), stop) and None)
    if not asked_at:
        raise Wrong("It was done before anybody could stop it.")
    waited = time.monotonic() - asked_at[0]
    run: imports.Import = bench.act(lambda ctx: import_files.one(ctx, id))
    ready: int = bench.act(lambda ctx: import_jobs.ready(ctx, run))
    left = bench.count(sa.select(sa.func.count(Item.id))) - before
    if left or run.state is not imports.State.STAGED or ready != bench.rows:
        raise Wrong(f"Stopped, but {left:,} items are there; the import is {run.state} with {ready:,} rows ready.")
    return {"load_s": load, "stopped_in": round(waited, 1)}


# --- The peers: the same rows into the same two tables, with their keys, checks and audit triggers


def facts(bench: Bench, path: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each row of the file as an item and as a price of it, without any check."""
    with bench.house.acting() as ctx:
        categories = ctx.session.scalars(sa.select(Category.id)).first()
        supplier = dict(ctx.session.execute(sa.text(
            "SELECT p.name, s.id FROM core_party p JOIN purchasing_supplier s ON s.party_id = p.id"
        )).all())  # fmt: skip
        first = (ctx.session.scalar(sa.select(sa.func.max(Item.id))) or 0) + 1
        today = ctx.today
    with path.open(encoding="utf-8", newline="") as file:
        for id, row in enumerate(csv.DictReader(file), first):
            name = row["Description"]
            item = {"id": id, "sku": row["Article"], "name": name, "sort_key": sort_key(name)}
            item |= {"category_id": categories, "stock_unit": row["Unit"], "barcode": row["EAN"], "kind": "good"}
            item |= {"description": "", "is_critical": False, "archived": False, "version": 1}
            offer = {"supplier_id": supplier[row["Supplier"]], "item_id": id, "price": row["Price"], "per": 1}
            offer |= {"unit": row["Unit"], "lead_days": int(row["Lead time"]), "valid_from": today, "currency": "EUR"}
            offer |= {"supplier_code": "", "least_quantity": 0, "pack_quantity": 1, "preferred": False, "version": 1}
            yield item, offer


def copied(bench: Bench, path: Path) -> None:
    pairs = list(facts(bench, path))
    with bench.house.acting() as ctx:
        driver: psycopg.Connection[Any] = ctx.session.connection().connection.driver_connection  # type: ignore[assignment]
        for at, table in enumerate(("core_item", "purchasing_offer")):
            rows = [pair[at] for pair in pairs]
            with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(rows[0])}) FROM STDIN") as copy:  # type: ignore[arg-type]
                for row in rows:
                    copy.write_row(tuple(row.values()))


def inserted(bench: Bench, path: Path) -> None:
    pairs = list(facts(bench, path))
    with bench.house.acting() as ctx:
        ctx.session.execute(sa.insert(Item), [item for item, _ in pairs])
        ctx.session.execute(sa.insert(Offer), [offer for _, offer in pairs])


# --- Memory


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def peak_mb() -> int | None:
    found = MEMORY.search(Path("/proc/self/status").read_text())
    return round(int(found[1]) / 1024) if found else None


# --- The table


def notes(rows: Sequence[Mapping[str, Any]]) -> str:
    ours = [row for row in rows if row["work"] in OURS]
    seconds = max(row["read_s"] + row["load_s"] for row in ours)
    memory = max(row["peak_mb"] or 0 for row in rows)
    fix = max(row["fix_ms"] for row in ours if "fix_ms" in row)
    return (
        f"Limits: read and loaded in {LIMIT_SECONDS:g} CPU s (at most {seconds:.1f} here), {LIMIT_MB:g} MB (at most"
        f" {memory} here), one\ncell set right and its page drawn anew in {LIMIT_FIX_MS:g} CPU ms ({fix} here). CPU"
        " time is that of this process and of all database processes\nof its plant. The peers write the same rows"
        " into the same two tables, with their keys, checks and audit triggers, but look\nat nothing, remember no"
        " file and cannot be taken back."
    )


TABLE = Table(
    name="imports",
    title="Imports",
    columns=(
        ("work", "what"), ("rows", "rows"), ("read_s", "read CPU s"), ("load_s", "load CPU s"),
        ("undo_s", "undo CPU s"),
        ("rows_per_second", "rows per CPU s"), ("peak_mb", "peak MB"), ("fix_ms", "one cell, CPU ms"),
        ("many_ms", "one answer for all, CPU ms"), ("told", "times told how far"), ("silence", "longest silence s"),
        ("stopped_in", "stopped within s"),
    ),
    names=lambda _asked: [*OURS, STOPPED, COPY, BULK],
    open=opened,
    notes=notes,
)  # fmt: skip
