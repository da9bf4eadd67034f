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
    panels,
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
    api=api.ROUTERS,
    slots={
        "home.doors": (panels.doors,),
        "item.panels": (prices.item_panel,),
        "party.panels": (prices.party_panel,),
    },
    templates=Path(__file__).parent / "templates",
    menu=(
        Entry(
            "Requisitions",
            "/purchasing/requisitions",
            "clipboard-list",
            (Can.ASK,),
            words="wishes buy need request pr",
            key="r",
        ),
        Entry(
            "Approvals",
            "/purchasing/approvals",
            "clipboard-check",
            (Can.APPROVE, Can.APPROVE_ORDERS),
            words="approve decide sign yes",
            key="a",
        ),
        Entry("To order", "/purchasing/to-order", "shopping-cart", (Can.BUY,), words="buyer worklist"),
        Entry(
            "Orders",
            f"/purchasing/orders?state={ORDERS_AT_WORK}&view=menu",
            "file-text",
            (Can.READ_ORDERS,),
            words="po purchase",
            key="o",
        ),
        Entry(
            "Receive", "/purchasing/receive", "package", (Can.RECEIVE,), words="goods in delivery arrived scan", key="e"
        ),
        Entry("Receipts", "/purchasing/receipts", "history", (Can.READ_RECEIPTS,), words="goods received gr"),
        Entry(
            "Invoices",
            f"/purchasing/invoices?state={BILLS_TO_SETTLE}&view=menu",
            "receipt",
            (Can.READ_INVOICES,),
            words="bills accounts payable pay",
            key="i",
        ),
        Entry(
            "Suppliers",
            "/purchasing/suppliers",
            "building-factory-2",
            (Can.READ_SUPPLIERS,),
            words="vendors sellers",
            key="s",
        ),
        Entry(
            "Catalogue",
            "/purchasing/catalogue",
            "list",
            (Can.READ_CATALOGUE,),
            words="articles products",
            key="c",
        ),
        Entry(
            "Prices",
            "/purchasing/prices?running=yes&view=menu",
            "scale",
            (Can.READ_PRICES,),
            words="quotes offers price list",
        ),
    ),
    actions=(
        Entry(
            "New requisition",
            "/purchasing/requisitions/new",
            "clipboard-list",
            (Can.ASK,),
            words="buy order need ask for",
        ),
        Entry("New order", "/purchasing/orders/new", "file-text", (Can.BUY,), words="po buy"),
        Entry("Capture an invoice", "/purchasing/invoices/new", "receipt", (Can.CAPTURE,), words="bill new enter"),
        Entry("Park a delivery", "/purchasing/unknown/new", "package", (Can.RECEIVE,), words="unknown without order"),
        Entry(
            "New supplier", "/purchasing/suppliers/new", "building-factory-2", (Can.MANAGE_SUPPLIERS,), words="vendor"
        ),
    ),
    order=20,
)
