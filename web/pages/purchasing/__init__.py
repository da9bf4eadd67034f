"""Purchasing as a browser sees it."""

from pathlib import Path

from purchasing.permissions import Can
from web.menu import Entry, Pages
from web.pages.purchasing import (
    api,
    approvals,
    bills,
    drafts,
    invoices,
    orders,
    prices,
    questions,
    receive,
    requisitions,
    revisions,
    suppliers,
    to_order,
    unknown,
)

# The menu opens what still wants something done: the oldest of two years would come first.
ORDERS_AT_WORK = "draft,pending_approval,approved,issued,acknowledged"
BILLS_TO_SETTLE = "captured,exception,matched,approved,posted"

PAGES = Pages(
    name="purchasing",
    title="Purchasing",
    routers=(
        requisitions.router,
        approvals.router,
        to_order.router,
        drafts.router,
        orders.router,
        revisions.router,
        receive.router,
        unknown.router,
        questions.router,
        bills.router,
        invoices.router,
        suppliers.router,
        prices.router,
    ),
    api=(api.router,),
    slots={"item.panels": (prices.item_panel,), "party.panels": (prices.party_panel,)},
    templates=Path(__file__).parent / "templates",
    menu=(
        Entry("Requisitions", "/purchasing/requisitions", "clipboard-list", (Can.ASK,)),
        Entry("Approvals", "/purchasing/approvals", "clipboard-check", (Can.APPROVE, Can.APPROVE_ORDERS)),
        Entry("To order", "/purchasing/to-order", "shopping-cart", (Can.BUY,)),
        Entry("Orders", f"/purchasing/orders?state={ORDERS_AT_WORK}", "file-text", (Can.READ_ORDERS,)),
        Entry("Receive", "/purchasing/receive", "package", (Can.RECEIVE,)),
        Entry("Receipts", "/purchasing/receipts", "history", (Can.READ_RECEIPTS,)),
        Entry("Invoices", f"/purchasing/invoices?state={BILLS_TO_SETTLE}", "receipt", (Can.READ_INVOICES,)),
        Entry("Suppliers", "/purchasing/suppliers", "building-factory-2", (Can.READ_SUPPLIERS,)),
        Entry("Catalogue", "/purchasing/catalogue", "list", (Can.READ_CATALOGUE,)),
    ),
    order=20,
)
