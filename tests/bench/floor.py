"""The floor: the measured pages by psycopg and format strings under the same web server, as little as is honest.

It checks the sign-in, the rights, forged and repeated forms, locks and versions, and writes all that the product
writes. It knows nothing of other lists, languages, filters or pages.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import psycopg
import uvicorn
from psycopg.rows import namedtuple_row
from psycopg_pool import ConnectionPool
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from plantops.core import everything
from tests.bench import floor_orders, floor_pages
from tests.bench.floor_pages import Person
from web.app import page_packages
from web.security import CONTENT_SECURITY_POLICY

WHO = """
SELECT s.created_at, s.seen_at, s.ended_at, u.id, u.login, u.name, u.active,
    (SELECT json_agg(json_build_array(g.role, g.site_id)) FROM core_grant g WHERE g.user_id = u.id) AS grants,
    (SELECT zone FROM core_site WHERE in_totals ORDER BY id LIMIT 1) AS zone,
    set_config('plantops.actor', u.id::text, true), set_config('plantops.on_behalf_of', '', true),
    set_config('plantops.request', '', true)
FROM core_session s JOIN core_user u ON u.id = s.user_id WHERE s.token_hash = %s
"""
LIST = """
SELECT o.id, coalesce(o.number, 'Draft ' || o.id), p.name, o.ordered_on, o.total, o.currency,
    late.yes IS NOT NULL, o.on_hold, o.state
FROM purchasing_order o JOIN purchasing_supplier s ON s.id = o.supplier_id JOIN core_party p ON p.id = s.party_id
LEFT JOIN LATERAL (SELECT true AS yes FROM purchasing_order_line l WHERE l.order_id = o.id AND l.state = 'open'
    AND o.state IN ('issued', 'acknowledged') AND l.received_on IS NULL
    AND coalesce(l.promised_on, l.need_by) < %(today)s LIMIT 1) AS late ON true
WHERE %(everywhere)s OR o.site_id = ANY(%(sites)s) ORDER BY o.id DESC LIMIT 51
"""
COUNT = """
SELECT count(*) FROM (SELECT FROM purchasing_order WHERE %(everywhere)s OR site_id = ANY(%(sites)s) LIMIT 1001) AS x
"""
SITES = "SELECT id, name FROM core_site WHERE %(everywhere)s OR id = ANY(%(sites)s) ORDER BY name"
SUPPLIERS = """
SELECT s.id, p.name FROM purchasing_supplier s JOIN core_party p ON p.id = s.party_id WHERE NOT p.archived
ORDER BY p.sort_key, s.id LIMIT 50
"""
ORDER = """
SELECT o.*, p.name AS supplier, u.name AS buyer, t.name AS store FROM purchasing_order o
JOIN purchasing_supplier s ON s.id = o.supplier_id JOIN core_party p ON p.id = s.party_id
JOIN core_user u ON u.id = o.buyer_id LEFT JOIN core_store t ON t.id = o.store_id
WHERE o.id = %(id)s AND (%(everywhere)s OR o.site_id = ANY(%(sites)s))
"""
LINES = "SELECT * FROM purchasing_order_line WHERE order_id = %s ORDER BY position"
OTHERS = """
SELECT 'receipts', id, number, state FROM purchasing_receipt WHERE order_id = %(id)s
UNION ALL SELECT 'invoices', id, number, state FROM purchasing_invoice WHERE order_id = %(id)s ORDER BY 1 DESC, 2
"""
STEPS = """
SELECT t.at, u.name, b.name, t.source, t.target, t.reason FROM core_transition t JOIN core_user u ON u.id = t.actor_id
LEFT JOIN core_user b ON b.id = t.on_behalf_of WHERE t.kind = 'purchasing_order' AND t.row_id = %s ORDER BY t.id DESC
"""
FILES = """
SELECT a.file_id, f.name FROM core_attachment a JOIN core_file f ON f.id = a.file_id WHERE a.origin = %s ORDER BY a.id
"""
CLAIM = """
INSERT INTO core_idempotency (actor_id, key, route, body_hash, headers, body, at)
VALUES (%s, %s, %s, %s, '[]', '', %s) ON CONFLICT DO NOTHING RETURNING key
"""
ANSWERED = """
UPDATE core_idempotency SET status = 200, headers = jsonb_build_array(jsonb_build_array('hx-redirect', %s::text))
WHERE actor_id = %s AND key = %s
"""
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
Connection = psycopg.Connection[Any]


class Refused(Exception):
    """A request that may not be done."""


class Floor:
    """The whole application: a pool, what each role may do, and the menu."""

    def __init__(self, url: str) -> None:
        registry = everything()
        self.rights = {role: frozenset(map(str, can)) for role, can in registry.role_permissions().items()}
        self.titles = registry.role_titles()
        self.menu = [
            (pages.title, [(one.title, one.url, one.icon, frozenset(map(str, one.can)), one.key) for one in pages.menu])
            for pages in page_packages(registry)
            if pages.menu
        ]
        self.pool = ConnectionPool(url, min_size=2, max_size=10, open=True, kwargs={"options": "-c timezone=UTC"})

    def person(self, connection: Connection, request: Request) -> Person:
        token = request.cookies.get("session", "")
        found = connection.execute(WHO, (hashlib.sha256(token.encode()).digest(),)).fetchone()
        now = datetime.now(UTC)
        if found is None:
            raise Refused
        created_at, seen_at, ended_at, id, login, name, active, grants, zone = found[:9]
        if ended_at or not active or now - seen_at > timedelta(hours=12) or now - created_at > timedelta(days=7):
            raise Refused
        rights: frozenset[str] = frozenset().union(*(self.rights.get(role, frozenset()) for role, _ in grants))
        readers = [site for role, site in grants if "purchasing.order.read" in self.rights.get(role, ())]
        sites = None if None in readers else tuple(readers)
        titles = ", ".join(dict.fromkeys(self.titles.get(role, role) for role, _ in grants))
        csrf = hashlib.sha256(b"form:" + token.encode()).hexdigest()[:40]
        return Person(id, login, name, titles, rights, sites, ZoneInfo(zone), csrf)

    # --- Pages

    def list(self, request: Request) -> Response:
        with self.pool.connection() as connection:
            person = self.allowed(connection, request, "purchasing.order.read")
            known = {**where(person), "today": today(person)}
            rows = connection.execute(LIST, known).fetchall()
            (count,) = connection.execute(COUNT, known).fetchone() or (0,)
            sites = connection.execute(SITES, known).fetchall()
            suppliers = connection.execute(SUPPLIERS).fetchall()
        page = floor_pages.order_list(person, self.menu, rows, count, sites, suppliers)
        return HTMLResponse(page, headers=HEADERS)

    def order(self, request: Request) -> Response:
        id = request.path_params["id"]
        with self.pool.connection() as connection:
            person = self.allowed(connection, request, "purchasing.order.read")
            read = connection.cursor(row_factory=namedtuple_row)
            order = read.execute(ORDER, {**where(person), "id": id}).fetchone()
            if order is None:
                raise Refused
            lines = read.execute(LINES, (id,)).fetchall()
            others = connection.execute(OTHERS, {"id": id}).fetchall()
            steps = connection.execute(STEPS, (id,)).fetchall()
            files = read.execute(FILES, (f"purchasing_order:{id}",)).fetchall()
        page = floor_pages.order_page(person, self.menu, order, lines, others, steps, files, today(person))
        return HTMLResponse(page, headers=HEADERS)

    # --- Forms

    def take(self, request: Request, form: FormData) -> Response:
        ids = [int(str(value)) for value in form.getlist("ids")]

        def work(connection: Connection, person: Person, now: datetime) -> tuple[str, str]:
            id = floor_orders.take(connection, person, ids, today(person), now)
            return f"/purchasing/orders/{id}", "They are on this draft. Look it over and order."

        return self.done(request, form, work)

    def place(self, request: Request, form: FormData) -> Response:
        id, version = request.path_params["id"], int(str(form["_version"]))

        def work(connection: Connection, person: Person, now: datetime) -> tuple[str, str]:
            number = floor_orders.place(connection, person, id, version, today(person), now)
            return f"/purchasing/orders/{id}", f"{number} goes to the supplier."

        return self.done(request, form, work)

    def done(
        self, request: Request, form: FormData, work: Callable[[Connection, Person, datetime], tuple[str, str]]
    ) -> Response:
        digest = hashlib.sha256(repr([(n, v) for n, v in form.multi_items() if n not in ("_csrf", "_key")]).encode())
        now, key = datetime.now(UTC), str(form["_key"])
        with self.pool.connection() as connection:
            person = self.allowed(connection, request, "purchasing.order.buy")
            if not hmac.compare_digest(person.csrf, str(form["_csrf"])):
                raise Refused
            claim = (person.id, key, request.url.path, digest.digest(), now)
            if connection.execute(CLAIM, claim).fetchone() is None:
                raise Refused
            url, said = work(connection, person, now)
            connection.execute(ANSWERED, (url, person.id, key))
        response = Response(status_code=200, headers={**HEADERS, "HX-Redirect": url})
        response.set_cookie("said", quote(f'[["ok", "{said}"]]'), max_age=60, httponly=True, samesite="lax")
        return response

    def allowed(self, connection: Connection, request: Request, right: str) -> Person:
        person = self.person(connection, request)
        if right not in person.rights:
            raise Refused
        return person


def where(person: Person) -> dict[str, Any]:
    return {"everywhere": person.sites is None, "sites": list(person.sites or ())}


def today(person: Person) -> date:
    return datetime.now(person.zone).date()


def refused(_request: Request, _error: Exception) -> Response:
    return RedirectResponse("/login", 303)


def create(url: str) -> Starlette:
    floor = Floor(url)

    def sent(handle: Callable[[Request, FormData], Response]) -> Callable[[Request], Any]:
        async def read_then_handle(request: Request) -> Response:
            form = await request.form()
            return await run_in_threadpool(handle, request, form)

        return read_then_handle

    def ready(_request: Request) -> Response:
        return Response("ready\n")

    return Starlette(
        routes=[
            Route("/ready", ready),
            Route("/purchasing/orders", floor.list),
            Route("/purchasing/orders/{id:int}", floor.order),
            Route("/purchasing/to-order", sent(floor.take), methods=["POST"]),
            Route("/purchasing/orders/{id:int}/place", sent(floor.place), methods=["POST"]),
        ],
        middleware=[Middleware(GZipMiddleware, minimum_size=1000, compresslevel=4)],
        exception_handlers={Refused: refused, floor_orders.NotNow: refused},
    )


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--port", type=int, required=True)
    port = asked.parse_args().port
    url = os.environ["PLANTOPS_DATABASE_URL"].replace("postgresql+psycopg:", "postgresql:")
    uvicorn.run(create(url), port=port, access_log=False, server_header=False, log_level="warning")


if __name__ == "__main__":
    main()
