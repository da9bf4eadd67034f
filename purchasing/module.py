"""The manifest of purchasing."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import text

from plantops.events import LowStock, OnOrder, Waiting
from plantops.module import DemoPart, Figure, Job, Module, Schedule
from plantops.options import Option
from plantops.sight import RecordSeen
from purchasing import (
    api,
    cards,
    cli,
    deliveries,
    jobs,
    models,
    ordering,
    orders,
    requisition_approval,
    restock,
    settlement,
    told,
)
from purchasing.events import BankAccountVerified, GoodsReceived
from purchasing.finding import SEARCH
from purchasing.imports import KINDS
from purchasing.invariants import INVARIANTS
from purchasing.lists import INVOICES, ORDERS, PRICES, RECEIPTS, REQUISITIONS, UNKNOWN
from purchasing.permissions import Can
from purchasing.reports import WEEKLY
from purchasing.roles import ROLES
from purchasing.suppliers import SUPPLIERS

FIGURES = (
    Figure(
        "purchase-value",
        "Value of what was ordered, by site",
        text(
            "SELECT s.code || ' ordered', sum(l.amount), o.currency FROM purchasing_order_line l"
            " JOIN purchasing_order o ON o.id = l.order_id JOIN core_site s ON s.id = o.site_id"
            " WHERE o.state IN ('issued', 'acknowledged', 'closed') AND l.state <> 'cancelled'"
            " AND coalesce(o.ordered_on, l.need_by) >= :from AND coalesce(o.ordered_on, l.need_by) < :to"
            " GROUP BY s.code, o.currency ORDER BY 1, 3"
        ),
    ),
    Figure(
        "committed-money",
        "The commitment ledger by stage, in the site's currency",
        text(
            "SELECT s.code || ' ' || c.stage, sum(c.amount), s.currency FROM purchasing_commitment c"
            ' JOIN core_site s ON s.id = c.site_id WHERE c."on" >= :from AND c."on" < :to'
            " GROUP BY s.code, c.stage, s.currency ORDER BY 1"
        ),
    ),
    Figure(
        "invoice-value",
        "Gross value of invoices by state",
        text(
            "SELECT s.code || ' ' || i.kind || ' ' || i.state, sum(i.gross), i.currency FROM purchasing_invoice i"
            " JOIN core_site s ON s.id = i.site_id WHERE i.arrived_on >= :from AND i.arrived_on < :to"
            " GROUP BY s.code, i.kind, i.state, i.currency ORDER BY 1, 3"
        ),
    ),
)

ZERO, HUNDRED, MANIFOLD = Decimal(0), Decimal(100), Decimal(10_000)

SETTINGS = {
    "approves_itself_up_to": Option(Decimal(250), "Catalogue requisitions up to this approve themselves", "EUR", ZERO),
    "over_percent": Option(Decimal(5), "More may be accepted than was ordered by", "%", ZERO, HUNDRED),
    "under_percent": Option(Decimal(5), "A line counts as complete when no more is missing than", "%", ZERO, HUNDRED),
    "bill_percent": Option(ZERO, "More may be billed than was accepted by", "%", ZERO, HUNDRED),
    "price_hold_least": Option(Decimal(5), "Price differences up to this never hold", "EUR", ZERO),
    "price_hold_percent": Option(Decimal(2), "Above that, differences of more than this hold", "%", ZERO, HUNDRED),
    "price_hold_most": Option(Decimal(100), "And always those of more than", "EUR", ZERO),
    "receiver_may_approve": Option(False, "Who received the goods may approve the invoice"),
    "order_cost": Option(Decimal(25), "An order costs the house, however small", "EUR", ZERO),
    "order_line_cost": Option(Decimal(3), "Each line of an order costs beside that", "EUR", ZERO),
    "holding_percent": Option(Decimal(20), "Keeping stock costs a year, of its value", "%", ZERO, MANIFOLD),
    "missing_percent": Option(Decimal(200), "A week without an item costs, of its value", "%", ZERO, Decimal(10_000)),
    "below_minimum_percent": Option(
        Decimal(20), "A week below its minimum costs, of its value", "%", ZERO, Decimal(10_000)
    ),
}

ORDERED = (
    "core_import_row",
    "core_transition",
    "purchasing_order",
    "purchasing_order_line",
    "purchasing_receipt",
    "purchasing_receipt_line",
)
BILLED = ("purchasing_commitment", "purchasing_invoice", "purchasing_invoice_line", "purchasing_match")
"""What the demo fills with thousands of rows."""

MODULE = Module(
    name="purchasing",
    title="Purchasing",
    demo=(
        DemoPart("purchasing.plant", "purchasing.demo:build", fills=(*ORDERED, *BILLED)),
        DemoPart("purchasing.files", "purchasing.demo:load_the_real_file", fills=ORDERED, in_totals=False),
    ),
    permissions=Can,
    cli=cli.register,
    roles=ROLES,
    listens={
        LowStock: (restock.draft_requisition,),
        GoodsReceived: (settlement.match_after_receipt,),
        BankAccountVerified: (settlement.match_after_verification,),
    },
    answers={OnOrder: (restock.on_order,), Waiting: (cards.waiting,), RecordSeen: (cards.record_seen,)},
    jobs={
        "send_order": Job(jobs.send_order, "Send an order to its supplier"),
        "send_reminder": Job(jobs.send_reminder, "Ask a supplier where an order is"),
        "send_cancellation": Job(jobs.send_cancellation, "Tell a supplier that an order is cancelled"),
        "escalate": Job(settlement.escalate, "Ask where the goods of waiting invoices are"),
    },
    schedules=(Schedule("purchasing.escalate", at="06:20", weekdays=(0, 1, 2, 3, 4)),),
    imports=KINDS,
    listings=(REQUISITIONS, ORDERS, RECEIPTS, UNKNOWN, INVOICES, SUPPLIERS, PRICES),
    search=SEARCH,
    weekly=WEEKLY,
    figures=FIGURES,
    verify=INVARIANTS,
    due=(restock.due,),
    settings=SETTINGS,
    documents=told.DOCUMENTS,
    undo={
        "purchasing_requisition": requisition_approval.take_step_back,
        "purchasing_order": orders.take_step_back,
    },
    links={
        "purchasing_requisition": "/purchasing/requisitions/{id}",
        "purchasing_order": "/purchasing/orders/{id}",
        "purchasing_revision": "/purchasing/revisions/{id}",
        "purchasing_unknown_delivery": "/purchasing/unknown/{id}",
        "purchasing_receipt": "/purchasing/receipts/{id}",
        "purchasing_invoice": "/purchasing/invoices/{id}",
        "purchasing_supplier": "/purchasing/suppliers/{id}",
    },
)

KNOWN = (api, deliveries, models, ordering)
"""Imported for their tables and actions."""
