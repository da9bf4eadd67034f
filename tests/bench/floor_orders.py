"""The floor's two forms: wishes onto a draft order, and the order out to the supplier, each in one transaction."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row
from psycopg.types.json import Jsonb

from tests.bench.floor_pages import Person

CENT = Decimal("0.01")
LIMITS = ("purchasing.over_percent", "purchasing.under_percent", "purchasing.bill_percent")
DEFAULTS = {"purchasing.over_percent": 5, "purchasing.under_percent": 0, "purchasing.bill_percent": 0}

WISHES = """
SELECT l.*, r.site_id, r.cost_centre_id, r.store_id, r.place_id, r.state, r.need_by, r.number, r.currency AS money
FROM purchasing_requisition r JOIN purchasing_requisition_line l ON l.requisition_id = r.id
WHERE l.id = ANY(%s) ORDER BY r.id, l.id FOR UPDATE OF r
"""
OFFERS = """
SELECT f.item_id, f.unit, f.price, f.per, f.currency, f.least_quantity, f.pack_quantity, f.supplier_code, i.stock_unit,
    i.kind, i.archived, c.matching, c.over_percent, c.under_percent, coalesce(k.factor, 1) AS factor,
    (SELECT json_agg(json_build_array(b.from_quantity, b.price)) FROM purchasing_offer_break b WHERE b.offer_id = f.id)
        AS breaks
FROM purchasing_offer f JOIN purchasing_supplier s ON s.id = f.supplier_id JOIN core_party p ON p.id = s.party_id
JOIN core_item i ON i.id = f.item_id JOIN core_item_category c ON c.id = i.category_id
LEFT JOIN core_item_pack k ON k.item_id = i.id AND k.unit = f.unit
WHERE f.item_id = ANY(%(items)s) AND f.supplier_id = %(supplier)s AND f.valid_from <= %(today)s
    AND (f.valid_until IS NULL OR f.valid_until >= %(today)s) AND NOT p.blocked AND NOT p.archived
"""
TERMS = """
SELECT s.*, t.currency AS money,
    (SELECT json_agg(json_build_array(o.key, o.value, o.site_id)) FROM core_option o WHERE o.key = ANY(%(keys)s)
        AND (o.site_id IS NULL OR o.site_id = %(site)s)) AS limits,
    (SELECT max(o.id) FROM purchasing_order o WHERE o.state = 'draft' AND o.site_id = %(site)s
        AND o.supplier_id = s.id AND o.store_id IS NOT DISTINCT FROM %(store)s AND o.buyer_id = %(buyer)s) AS draft
FROM purchasing_supplier s, core_site t WHERE s.id = %(supplier)s AND t.id = %(site)s
"""
NEW_ORDER = """
INSERT INTO purchasing_order (site_id, state, on_hold, hold_reason, supplier_id, buyer_id, place_id, store_id, currency,
    rate, rate_on, net, freight, surcharge, total, terms_days, incoterm, note, supplier_reference, revision,
    content_hash, external_number, created_at, version)
VALUES (%s, 'draft', false, '', %s, %s, %s, %s, %s, 1, %s, %s, 0, 0, %s, %s, %s, '', '', 0, '', '', %s, 1) RETURNING id
"""
NEW_LINES = """
INSERT INTO purchasing_order_line (order_id, position, state, item_id, description, supplier_code, quantity, unit,
    factor, price, per, amount, rounding_difference, cost_centre_id, budget_year, three_way, over_percent,
    under_percent, bill_percent, need_by, moved_by_us, accepted, rejected, returned, invoiced, credited)
SELECT %(order)s, n.position, 'open', n.item_id, n.description, n.supplier_code, n.quantity, n.unit, n.factor, n.price,
    n.per, n.amount, 0, n.cost_centre_id, n.budget_year, n.three_way, n.over_percent, n.under_percent, n.bill_percent,
    n.need_by, false, 0, 0, 0, 0, 0
FROM jsonb_to_recordset(%(lines)s) AS n(position int, item_id bigint, description text, supplier_code text,
    quantity numeric, unit text, factor numeric, price numeric, per int, amount numeric, cost_centre_id bigint,
    budget_year int, three_way bool, over_percent numeric, under_percent numeric, bill_percent numeric, need_by date)
ORDER BY n.position RETURNING id
"""
ALLOCATE = """
WITH taken AS (INSERT INTO purchasing_allocation (requisition_line_id, order_line_id, quantity)
    SELECT * FROM unnest(%(wishes)s::bigint[], %(lines)s::bigint[], %(quantities)s::numeric[])
    RETURNING requisition_line_id, quantity)
UPDATE purchasing_requisition_line AS l SET allocated = l.allocated + taken.quantity FROM taken
WHERE l.id = taken.requisition_line_id
"""


class NotNow(Exception):
    """What the product would answer with a conflict."""


def take(connection: psycopg.Connection[Any], person: Person, ids: list[int], today: date, now: datetime) -> int:
    """These wishes on a new draft order; all of one supplier, site and store."""
    read: psycopg.Cursor[Any] = connection.cursor(row_factory=namedtuple_row)
    wishes = read.execute(WISHES, (ids,)).fetchall()
    first = wishes[0]
    for wish in wishes:
        if wish.state != "approved" or wish.dropped or wish.quantity * wish.factor <= wish.allocated:
            raise NotNow
    if len(wishes) != len(ids) or len({(w.supplier_id, w.site_id, w.store_id) for w in wishes}) > 1:
        raise NotNow
    asked = {"items": [w.item_id for w in wishes], "supplier": first.supplier_id, "today": today}
    offers = {offer.item_id: offer for offer in read.execute(OFFERS, asked)}
    known = {"keys": list(LIMITS), "site": first.site_id, "store": first.store_id, "buyer": person.id}
    terms = read.execute(TERMS, {**known, "supplier": first.supplier_id}).fetchone()
    if terms is None or terms.draft is not None or terms.currency != terms.money:
        raise NotNow  # the floor goes on with no draft, and knows no other currency
    limits: dict[str, Any] = dict(DEFAULTS)
    for key, value, _ in sorted(terms.limits or [], key=lambda row: row[2] is not None):
        limits[key] = Decimal(value)
    lines = [line_of(wish, offers[wish.item_id], at, limits) for at, wish in enumerate(wishes, start=1)]
    net = sum((Decimal(line["amount"]) for line in lines), Decimal(0))
    values = (
        first.site_id, first.supplier_id, person.id, first.place_id, first.store_id, terms.currency, today, net, net,
        terms.terms_days, terms.incoterm, now,
    )  # fmt: skip
    (order_id,) = connection.execute(NEW_ORDER, values).fetchone() or (0,)
    made = [id for (id,) in connection.execute(NEW_LINES, {"order": order_id, "lines": Jsonb(lines)}).fetchall()]
    quantities = [wish.quantity * wish.factor - wish.allocated for wish in wishes]
    connection.execute(ALLOCATE, {"wishes": [w.id for w in wishes], "lines": made, "quantities": quantities})
    return int(order_id)


def line_of(wish: Any, offer: Any, position: int, limits: dict[str, Any]) -> dict[str, Any]:
    """In the supplier's unit, whole packs, at the price of that quantity."""
    if offer.archived:
        raise NotNow
    needed = max((wish.quantity * wish.factor - wish.allocated) / offer.factor, offer.least_quantity)
    quantity = -(-needed // offer.pack_quantity) * offer.pack_quantity
    reached = [(Decimal(str(at)), Decimal(str(price))) for at, price in offer.breaks or [] if at <= quantity]
    price = max(reached)[1] if reached else offer.price
    return {
        "position": position,
        "item_id": wish.item_id,
        "description": wish.description,
        "supplier_code": offer.supplier_code,
        "quantity": str(quantity),
        "unit": offer.unit,
        "factor": str(offer.factor),
        "price": str(price),
        "per": offer.per,
        "amount": str((quantity * price / offer.per).quantize(CENT, ROUND_HALF_UP)),
        "cost_centre_id": wish.cost_centre_id,
        "budget_year": wish.need_by.year,
        "three_way": offer.matching == "three_way" and offer.kind != "service",
        "over_percent": str(limits[LIMITS[0]] if offer.over_percent is None else offer.over_percent),
        "under_percent": str(limits[LIMITS[1]] if offer.under_percent is None else offer.under_percent),
        "bill_percent": str(limits[LIMITS[2]]),
        "need_by": wish.need_by.isoformat(),
    }


LOCKED = """
SELECT o.*, p.name AS supplier, p.blocked, p.archived AS gone, s.minimum_rule, s.minimum_value, t.code,
    t.currency AS money, (SELECT count(*) FROM purchasing_supplier_document d WHERE d.supplier_id = s.id
        AND d.replaced_by_id IS NULL AND d.mandatory AND d.valid_until < %(today)s) AS expired
FROM purchasing_order o JOIN purchasing_supplier s ON s.id = o.supplier_id JOIN core_party p ON p.id = s.party_id
JOIN core_site t ON t.id = o.site_id WHERE o.id = %(id)s FOR UPDATE OF o
"""
LINES = "SELECT * FROM purchasing_order_line WHERE order_id = %s ORDER BY position"
BEHIND = """
SELECT l.id, l.requisition_id, l.amount, l.quantity * l.factor AS whole, l.allocated, l.dropped, r.cost_centre_id,
    r.need_by, r.site_id, a.quantity, a.order_line_id
FROM purchasing_allocation a JOIN purchasing_order_line o ON o.id = a.order_line_id
JOIN purchasing_requisition_line l ON l.id = a.requisition_line_id
JOIN purchasing_requisition r ON r.id = l.requisition_id
WHERE o.order_id = %s ORDER BY r.id, l.id FOR UPDATE OF r
"""
STANDING = """
SELECT requisition_line_id, order_line_id, sum(amount) FROM purchasing_commitment
WHERE requisition_line_id = ANY(%(wishes)s) OR order_line_id = ANY(%(lines)s) GROUP BY 1, 2
"""
BUDGET = "SELECT amount, rule FROM purchasing_budget WHERE cost_centre_id = %s AND year = %s FOR UPDATE"
SPENT = "SELECT sum(amount) FROM purchasing_commitment WHERE cost_centre_id = %s AND year = %s"
COMMIT = """
INSERT INTO purchasing_commitment (key, site_id, cost_centre_id, year, stage, amount, requisition_line_id,
    order_line_id, "on")
SELECT n.key, %(site)s, n.centre, n.year, n.stage, n.amount, n.wish, n.line, %(today)s
FROM jsonb_to_recordset(%(entries)s) AS n(key text, centre bigint, year int, stage text, amount numeric, wish bigint,
    line bigint)
"""
RULES = """
SELECT min_amount FROM core_approval_rule WHERE kind = 'purchasing_order' AND NOT archived
    AND (site_id IS NULL OR site_id = %s) ORDER BY level
"""
APPROVE = """
INSERT INTO core_approval (kind, origin, site_id, amount, currency, cost_centre_id, requested_by_id, created_by_id,
    content_hash, state, automatic, asked_at, decided_at, reason, version)
VALUES ('purchasing_order', %s, %s, %s, %s, %s, %s, %s, %s, 'approved', true, %s, %s, %s, 1)
"""
STEPS = """
INSERT INTO core_transition (kind, row_id, source, target, actor_id, reason, at)
SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::timestamptz[])
"""
ISSUE = """
UPDATE purchasing_order SET state = 'issued', number = %s, ordered_on = %s, content_hash = %s, approved_total = %s,
    rate_on = %s, version = version + 3 WHERE id = %s
"""
ORDERED = """
UPDATE purchasing_requisition AS r SET state = 'ordered', version = version + 1 WHERE r.id = ANY(%s)
    AND r.state = 'approved' AND NOT EXISTS (SELECT FROM purchasing_requisition_line l WHERE l.requisition_id = r.id
        AND NOT l.dropped AND l.allocated < l.quantity * l.factor) RETURNING r.id
"""
RUN = """
INSERT INTO core_job_run (name, arguments, state, lock, acts_as_id, asked_by_id, queued_at, attempts, message,
    cancel_asked)
VALUES ('purchasing.send_order', %s, 'queued', %s, %s, %s, %s, 0, '', false) RETURNING id
"""
DEFER = """
UPDATE core_job_run SET queue_id = (SELECT unnest(procrastinate_defer_jobs_v1(ARRAY[ROW('default',
    'purchasing.send_order', 0, %(lock)s, NULL, jsonb_build_object('run_id', %(run)s::bigint), NULL)
    ::procrastinate_job_to_defer_v1]))) WHERE id = %(run)s
"""


def place(
    connection: psycopg.Connection[Any], person: Person, id: int, version: int, today: date, now: datetime
) -> str:
    """Submitted, approved below the limit, numbered and handed to the job that sends it."""
    read: psycopg.Cursor[Any] = connection.cursor(row_factory=namedtuple_row)
    order = read.execute(LOCKED, {"id": id, "today": today}).fetchone()
    if order is None or order.version != version or order.state != "draft" or order.on_hold:
        raise NotNow
    if order.blocked or order.gone or order.expired or order.currency != order.money:
        raise NotNow
    if order.minimum_rule != "none" and order.net < order.minimum_value:
        raise NotNow
    lines = read.execute(LINES, (id,)).fetchall()
    if not lines or any(line.cost_centre_id is None for line in lines):
        raise NotNow
    hashed = content_hash(order, lines)
    behind = read.execute(BEHIND, (id,)).fetchall()
    commit(connection, order, lines, behind, today)
    rules = connection.execute(RULES, (order.site_id,)).fetchall()
    if not rules or any(order.total >= least for (least,) in rules):
        raise NotNow  # the floor asks nobody for approval
    origin = f"purchasing_order:{id}"
    why = "below the limit, nobody was asked"
    connection.execute(
        APPROVE, (origin, order.site_id, order.total, order.money, lines[0].cost_centre_id, order.buyer_id, person.id,
                  hashed, now, now, why),
    )  # fmt: skip
    series = f"core_number_{order.site_id}_po_{today.year}"
    (next_number,) = connection.execute("SELECT nextval(%s::regclass)", (series,)).fetchone() or (0,)
    number = f"PO-{order.code}-{today.year % 100:02d}-{next_number:05d}"
    connection.execute(ISSUE, (number, today, hashed, order.total, today, id))
    ordered = [r for (r,) in connection.execute(ORDERED, ([w.requisition_id for w in behind],)).fetchall()]
    write_steps(connection, person, id, ordered, now)
    lock = f"purchasing.send_order:{id}:0"
    job = (Jsonb({"order_id": id, "revision": 0}), lock, person.id, person.id, now)
    (run_id,) = connection.execute(RUN, job).fetchone() or (0,)
    connection.execute(DEFER, {"lock": lock, "run": run_id})
    return number


def content_hash(order: Any, lines: list[Any]) -> str:
    said = [
        [order.site_id, order.supplier_id, order.currency, str(order.freight), order.terms_days, order.incoterm],
        [[o.item_id, o.description, str(o.quantity), o.unit, str(o.price), o.per, str(o.amount), o.cost_centre_id]
         for o in lines],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def commit(connection: psycopg.Connection[Any], order: Any, lines: list[Any], behind: list[Any], today: date) -> None:
    """Money from asked-for to ordered; each budget that would take more is locked and looked at."""
    known = {"wishes": [w.id for w in behind], "lines": [line.id for line in lines]}
    standing = {(wish, line): amount for wish, line, amount in connection.execute(STANDING, known)}
    cause = f"purchasing_order:{order.id}:v{order.version + 1}"
    entries: list[dict[str, Any]] = []
    more: dict[tuple[int, int], Decimal] = {}
    for line in lines:
        step = line.amount - standing.get((None, line.id), Decimal(0))
        key = (line.cost_centre_id, line.budget_year)
        more[key] = more.get(key, Decimal(0)) + step
        entries.append(entry(f"{cause}:ordered:o{line.id}", key, "ordered", step, None, line.id))
    for wish in behind:
        left = wish.amount * (wish.whole - wish.allocated) / wish.whole
        step = left.quantize(CENT) - standing.get((wish.id, None), Decimal(0))
        key = (wish.cost_centre_id, wish.need_by.year)
        more[key] = more.get(key, Decimal(0)) + step
        entries.append(entry(f"{cause}:reserved:r{wish.id}", key, "reserved", step, wish.id, None))
    for key in sorted(key for key, step in more.items() if step > 0):
        budget = connection.execute(BUDGET, key).fetchone()
        (spent,) = connection.execute(SPENT, key).fetchone() or (0,)
        if budget and budget[1] == "stop" and spent + more[key] > budget[0]:
            raise NotNow
    written = [one for one in entries if one["amount"] != "0"]
    connection.execute(COMMIT, {"site": order.site_id, "today": today, "entries": Jsonb(written)})


def entry(
    key: str, place: tuple[int, int], stage: str, amount: Decimal, wish: int | None, line: int | None
) -> dict[str, Any]:
    return {"key": key, "centre": place[0], "year": place[1], "stage": stage, "amount": str(amount), "wish": wish,
            "line": line}  # fmt: skip


def write_steps(
    connection: psycopg.Connection[Any], person: Person, id: int, ordered: list[int], now: datetime
) -> None:
    way = ("draft", "pending_approval", "approved", "issued")
    steps = [("purchasing_order", id, source, target) for source, target in pairwise(way)]
    steps += [("purchasing_requisition", wish, "approved", "ordered") for wish in ordered]
    columns = [list(column) for column in zip(*steps, strict=True)]
    count = len(steps)
    connection.execute(STEPS, (*columns, [person.id] * count, [""] * count, [now] * count))
