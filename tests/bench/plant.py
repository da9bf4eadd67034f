"""The plant that is measured: 100,000 orders of two years and approved wishes enough to order from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from plantops import items, numbers, people, places, stores
from plantops.context import Context
from plantops.core import initialise
from plantops.db import Database
from plantops.items import ItemFacts
from plantops.parties import PartyFacts
from plantops.settings import Settings
from purchasing import budgets, catalogue, suppliers
from purchasing.catalogue import OfferFacts
from purchasing.models.sources import Check
from purchasing.suppliers import Terms
from tests.houses import admin_engine, url_of

ORDERS = 100_000
WISHES = 2_000
LINES = 5
SUPPLIERS, CENTRES = 60, 40
CLERK = "clerk"
TOKEN = "measured-by-the-bench"
WHOLE = "whole"
GOODS = ("gloves", "bearing", "gasket", "filter", "hose", "bolt", "valve", "brush", "lamp", "belt", "seal", "paper")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    orders: int = ORDERS
    wishes: int = WISHES
    suppliers: int = SUPPLIERS
    centres: int = CENTRES


# --- One plant, made once and copied


def make(server_url: str, data: Path, size: Size, say: Say = print) -> str:
    """The name of the template database with this plant; made when it is not there, or was made by other code."""
    name = name_of(size)
    with admin_engine(server_url).connect() as admin:
        if said_of(admin, name) == WHOLE:
            return name
        say(f"Making a plant with {size.orders:,} orders (kept for the next run) ...")
        for old in admin.scalars(
            sa.text("SELECT datname FROM pg_database WHERE datname LIKE :like"),
            {"like": f"plantops\\_bench\\_{size.orders}\\_{size.wishes}\\_%"},
        ).all():
            admin.execute(sa.text(f"DROP DATABASE IF EXISTS {old} WITH (FORCE)"))
        admin.execute(sa.text(f"CREATE DATABASE {name}"))
        url = url_of(server_url, name)
        house = initialise(url, Settings.read(data, environ={}))
        with house.acting() as ctx:
            _sources(ctx, size)
        house.database.dispose()
        _fill(url, size)
        admin.execute(sa.text(f"COMMENT ON DATABASE {name} IS '{WHOLE}'"))
    return name


def name_of(size: Size) -> str:
    return f"plantops_bench_{size.orders}_{size.wishes}_{edition()}"


def said_of(admin: sa.Connection, name: str) -> str | None:
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :name"
    said: str | None = admin.scalar(sa.text(query), {"name": name})
    return said


def edition() -> str:
    """Changes with the tables, with what fills them and with the year."""
    root = Path(__file__).parents[2]
    read = hashlib.sha256(str(date.today().year).encode())  # noqa: DTZ011  the year of this machine, as the server has it
    for path in sorted([*root.glob("*/migrations/versions/*.py"), Path(__file__)]):
        read.update(path.read_bytes())
    return read.hexdigest()[:10]


@contextmanager
def copy(server_url: str, template: str, side: str) -> Iterator[str]:
    """A copy of the plant with the clerk signed in; gone afterwards."""
    name = f"plantops_bench_run_{os.getpid()}_{side}"
    with admin_engine(server_url).connect() as admin:
        admin.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        admin.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        try:
            url = url_of(server_url, name)
            _sign_in(url)
            yield url
        finally:
            admin.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


def _sign_in(url: str) -> None:
    database = Database(url, pool_size=1)
    now = datetime.now(UTC)
    with database.transaction() as session:
        clerk = session.scalar(sa.select(people.User.id).where(people.User.login == CLERK))
        sign_in = people.SignIn(
            token_hash=people.digest(TOKEN), user_id=clerk, created_at=now, seen_at=now, device="bench"
        )
        session.add(sign_in)
        session.execute(sa.text("SELECT core_audit_partition(CAST(:day AS date))"), {"day": now.date()})
    database.dispose()


# --- What is in it


def _sources(ctx: Context, size: Size) -> None:
    """Site, cost centres with budgets, suppliers, items with prices, and the clerk: through the product's actions."""
    site = places.add_site(ctx, "VER", "Plant Verrin", zone="Europe/Luxembourg", currency="EUR", country="LU")
    numbers.plain(ctx, "PO", site.id)  # the year's series is there: neither side makes it
    for number in range(size.centres):
        centre = places.add_cost_centre(ctx, site.id, f"{4000 + number * 10}", f"Workshop {number + 1}")
        budgets.set_budget(ctx, centre.id, ctx.today.year + 1, Decimal(5_000_000), rule=Check.WARN)
        if number == 0:
            stores.add_store(ctx, site.id, "MAIN", "Main store", cost_centre_id=centre.id)
    goods = items.add_category(ctx, "GOODS", "Goods", over_percent=Decimal(0), under_percent=Decimal(0))
    sellers = [
        suppliers.add_supplier(
            ctx, PartyFacts(f"{_name(n)} Supply", email=f"orders{n}@supply.example"), Terms(), sure=True
        )
        for n in range(size.suppliers)
    ]
    since = ctx.today - timedelta(days=400)
    for number in range(size.suppliers * LINES):
        word = GOODS[number % len(GOODS)]
        item = items.add_item(ctx, ItemFacts(f"IT-{number:04d}", f"{word.title()} {_name(number)}", goods.id))
        price = Decimal(150 + number * 7 % 900) / 100
        seller = sellers[number % size.suppliers]
        catalogue.set_offer(ctx, OfferFacts(seller.id, item.id, "each", price, since))
    clerk = people.add_user(ctx, CLERK, "Carla Clerk")
    asker = people.add_user(ctx, "asker", "Ada Asker")
    people.grant(ctx, clerk.id, "buyer")
    people.grant(ctx, clerk.id, "employee")
    people.grant(ctx, asker.id, "requester")


def _name(number: int) -> str:
    first, second = ("Kal", "Mer", "Tor", "Vin", "Bel", "Dor", "Fen", "Gar"), ("den", "lo", "mar", "nik", "sen", "tal")
    return f"{first[number % 8]}{second[number // 8 % 6]} {number + 1}"


def _fill(url: str, size: Size) -> None:
    """The many rows, by plain SQL and without audit rows: they are there to be read beside."""
    engine = sa.create_engine(url)
    values = {"orders": size.orders, "wishes": size.wishes, "lines": LINES}
    with engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for statement in STATEMENTS:
            connection.execute(sa.text(statement), values)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))
    engine.dispose()


ORDERS_SQL = """
INSERT INTO purchasing_order (site_id, number, state, on_hold, hold_reason, supplier_id, buyer_id, currency, rate,
    rate_on, net, freight, surcharge, total, terms_days, incoterm, note, supplier_reference, revision, content_hash,
    approved_total, ordered_on, acknowledged_on, external_number, created_at, version)
SELECT site.id, 'PO-VER-' || to_char(day, 'YY') || '-' || lpad(n::text, 6, '0'),
    CASE WHEN n > :orders - 3000 AND n % 3 = 0 THEN 'issued' WHEN n > :orders - 3000 AND n % 3 = 1 THEN 'acknowledged'
        WHEN n % 50 = 7 THEN 'cancelled' ELSE 'closed' END,
    n % 400 = 9, CASE WHEN n % 400 = 9 THEN 'price is disputed' ELSE '' END,
    supplier.first + n % supplier.count, clerk.id, 'EUR', 1, day, worth, 0, 0, worth, 30, 'DAP', '',
    CASE WHEN n % 3 = 1 THEN 'AB-' || n ELSE '' END, 0, '', worth, day, day + 2, '', day + time '09:00', 4
FROM generate_series(1, :orders) AS n
CROSS JOIN LATERAL (SELECT current_date - 720 + (n::bigint * 715 / :orders)::int AS day,
    CASE WHEN n > :orders - 3000 THEN 162.5 ELSE 57.5 END AS worth) AS d
CROSS JOIN (SELECT id FROM core_site) AS site
CROSS JOIN (SELECT min(id) AS first, count(*) AS count FROM purchasing_supplier) AS supplier
CROSS JOIN (SELECT id FROM core_user WHERE login = 'clerk') AS clerk
"""
LINES_SQL = """
INSERT INTO purchasing_order_line (order_id, position, state, item_id, description, supplier_code, quantity, unit,
    factor, price, per, amount, rounding_difference, cost_centre_id, budget_year, three_way, over_percent,
    under_percent, bill_percent, need_by, promised_on, confirmed_first, moved_by_us, accepted, rejected, returned,
    invoiced, credited, received_on)
SELECT o.id, p, CASE WHEN o.state = 'closed' THEN 'closed' WHEN o.state = 'cancelled' THEN 'cancelled' ELSE 'open' END,
    item.id, item.name, '', 10 + p, 'each', 1, 2.5, 1, (10 + p) * 2.5, 0, centre.first + o.id % centre.count,
    extract(year FROM o.ordered_on), true, 0, 0, 0, o.ordered_on + 14,
    CASE WHEN o.state <> 'issued' THEN o.ordered_on + 14 END, CASE WHEN o.state <> 'issued' THEN o.ordered_on + 14 END,
    false, CASE WHEN o.state = 'closed' THEN 10 + p ELSE 0 END, 0, 0,
    CASE WHEN o.state = 'closed' THEN 10 + p ELSE 0 END, 0, CASE WHEN o.state = 'closed' THEN o.ordered_on + 13 END
FROM purchasing_order AS o
CROSS JOIN LATERAL generate_series(1, CASE WHEN o.id > :orders - 3000 THEN :lines ELSE 2 END) AS p
CROSS JOIN (SELECT min(id) AS first, count(*) AS count FROM core_cost_centre) AS centre
CROSS JOIN (SELECT min(id) AS first, count(*) AS count FROM core_item) AS items
JOIN core_item AS item ON item.id = items.first + (o.id * 7 + p) % items.count
ORDER BY o.id, p
"""
STEPS_SQL = """
INSERT INTO core_transition (kind, row_id, source, target, actor_id, reason, at)
SELECT 'purchasing_order', o.id, s.source, s.target, o.buyer_id, '', o.created_at
FROM purchasing_order AS o CROSS JOIN (VALUES (1, 'draft', 'pending_approval'), (2, 'pending_approval', 'approved'),
    (3, 'approved', 'issued'), (4, 'issued', 'acknowledged')) AS s(n, source, target)
WHERE o.id > :orders - 3000 AND (s.n < 4 OR o.state <> 'issued') ORDER BY o.id, s.n
"""
APPROVALS_SQL = """
INSERT INTO core_approval (kind, origin, site_id, amount, currency, requested_by_id, created_by_id, content_hash,
    state, automatic, asked_at, decided_at, reason, version)
SELECT 'purchasing_order', 'purchasing_order:' || id, site_id, total, 'EUR', buyer_id, buyer_id, '', 'approved', true,
    created_at, created_at, 'below the limit, nobody was asked', 1
FROM purchasing_order WHERE id > :orders - 3000 ORDER BY id
"""
RECEIPTS_SQL = """
INSERT INTO purchasing_receipt (site_id, number, kind, state, supplier_id, order_id, delivery_note, note_key,
    arrived_on, received_by_id, posted_at, version)
SELECT site_id, 'GR' || substr(number, 3), 'delivery', 'posted', supplier_id, id, 'DN-' || id, 'DN' || id,
    ordered_on + 13, buyer_id, created_at + interval '13 days', 1
FROM purchasing_order WHERE state = 'closed' AND id > :orders - 3000 ORDER BY id
"""
WISHES_SQL = """
INSERT INTO purchasing_requisition (site_id, number, state, title, note, need_by, cost_centre_id, asked_by_id,
    entered_by_id, origin, currency, total, content_hash, over_budget, approves_itself, created_at, submitted_at,
    approved_at, version)
SELECT site.id, 'PR-VER-00-' || lpad(n::text, 6, '0'), 'approved', 'Wish ' || n, '',
    make_date(extract(year FROM current_date)::int + 1, 12, 1), centre.first + n % centre.count, asker.id, asker.id, '',
    'EUR', 0, '', 0, true, now(), now(), now(), 3
FROM generate_series(1, :wishes) AS n CROSS JOIN (SELECT id FROM core_site) AS site
CROSS JOIN (SELECT min(id) AS first, count(*) AS count FROM core_cost_centre) AS centre
CROSS JOIN (SELECT id FROM core_user WHERE login = 'asker') AS asker
"""
WISH_LINES_SQL = """
INSERT INTO purchasing_requisition_line (requisition_id, position, item_id, description, quantity, unit, factor,
    supplier_id, price, per, amount, from_catalogue, allocated, dropped)
SELECT r.id, p, item.id, item.name, 10 + p, 'each', 1, offer.supplier_id, offer.price, 1, (10 + p) * offer.price, true,
    0, false
FROM purchasing_requisition AS r CROSS JOIN generate_series(0, :lines - 1) AS p
CROSS JOIN (SELECT min(id) AS first, count(*) AS count FROM core_item) AS items
CROSS JOIN (SELECT count(*) AS count FROM purchasing_supplier) AS sellers
JOIN core_item AS item ON item.id = items.first + (r.id % sellers.count + p * sellers.count) % items.count
JOIN purchasing_offer AS offer ON offer.item_id = item.id
ORDER BY r.id, p
"""
WISH_TOTALS_SQL = """
UPDATE purchasing_requisition AS r SET total = l.total FROM (SELECT requisition_id, sum(amount) AS total
    FROM purchasing_requisition_line GROUP BY requisition_id) AS l WHERE l.requisition_id = r.id
"""
RESERVED_SQL = """
INSERT INTO purchasing_commitment (key, site_id, cost_centre_id, year, stage, amount, requisition_line_id, "on")
SELECT 'bench:' || l.id, r.site_id, r.cost_centre_id, extract(year FROM r.need_by), 'reserved', l.amount, l.id,
    current_date
FROM purchasing_requisition_line AS l JOIN purchasing_requisition AS r ON r.id = l.requisition_id
"""
STATEMENTS = (
    ORDERS_SQL, LINES_SQL, STEPS_SQL, APPROVALS_SQL, RECEIPTS_SQL, WISHES_SQL, WISH_LINES_SQL, WISH_TOTALS_SQL,
    RESERVED_SQL,
)  # fmt: skip
