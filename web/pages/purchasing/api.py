"""Purchasing for programs: the same actions and the same refusals as on the pages."""

from __future__ import annotations

from purchasing import (
    amendments,
    boards,
    catalogue,
    deliveries,
    invoices,
    ordering,
    orders,
    receipts,
    requisition_approval,
    requisitions,
    settlement,
    suppliers,
)
from purchasing.lists import INVOICES, ORDERS, PRICES, RECEIPTS, REQUISITIONS, UNKNOWN
from purchasing.models import (
    BankAccount,
    Hold,
    Invoice,
    InvoiceLine,
    Offer,
    Order,
    OrderLine,
    Receipt,
    ReceiptLine,
    Requisition,
    RequisitionLine,
    Revision,
    Supplier,
    SupplierDocument,
    UnknownDelivery,
)
from web.resources import Routes, many, view

# --- Requisitions

REQUISITION = view(
    Requisition,
    "id version number state title note site_id cost_centre_id place_id store_id need_by asked_by_id origin"
    " total currency over_budget submitted_at approved_at",
    lines=many(
        view(RequisitionLine, "id position item_id description quantity unit supplier_id price per amount dropped")
    ),
)

asking = Routes("requisitions")
asking.lists("/requisitions", REQUISITIONS)
asking("GET /requisitions/{id}", requisitions.read, REQUISITION)
asking("POST /requisitions", requisitions.start, REQUISITION, without=("raised_by",))
asking("PUT /requisitions/{id}", requisitions.change_head, REQUISITION)
asking("POST /requisitions/{id}/lines", requisitions.add_line, REQUISITION)
asking("PUT /requisitions/{id}/lines/{line_id}", requisitions.change_line, REQUISITION)
asking("DELETE /requisitions/{id}/lines/{line_id}", requisitions.remove_line, REQUISITION)
asking.acts(
    "/requisitions/{id}",
    REQUISITION,
    requisition_approval.submit,
    requisition_approval.approve,
    requisition_approval.reject,
    requisition_approval.take_back,
    requisition_approval.cancel,
)

# --- Orders and their revisions

ORDER = view(
    Order,
    "id version number state on_hold hold_reason site_id supplier_id buyer_id cost_centre_id place_id store_id"
    " currency rate rate_on net freight surcharge total terms_days incoterm note supplier_reference revision"
    " ordered_on acknowledged_on chased_on external_number",
    lines=many(
        view(
            OrderLine,
            "id position state item_id description supplier_code quantity unit price per amount cost_centre_id need_by"
            " promised_on accepted rejected returned invoiced credited",
        )
    ),
)
REVISION = view(Revision, "id version order_id number state reason changes total made_by_id made_at")

buying = Routes("orders")
buying.lists("/orders", ORDERS)
buying("GET /orders/to-order", ordering.list_to_order)
buying("POST /orders/to-order", ordering.consolidate, many(ORDER))
buying("GET /orders/{id}", orders.read, ORDER)
buying("POST /orders", orders.start, ORDER)
buying("PUT /orders/{id}", orders.change_head, ORDER)
buying("POST /orders/{id}/lines", orders.add_lines, ORDER)
buying("PUT /orders/{id}/lines/{line_id}", orders.change_line, ORDER)
buying("DELETE /orders/{id}/lines/{line_id}", orders.remove_line, ORDER)
buying("POST /orders/{id}/lines/{line_id}/close-short", amendments.close_short, ORDER)
buying.acts(
    "/orders/{id}",
    ORDER,
    orders.place,
    orders.approve,
    orders.refuse,
    orders.take_back,
    orders.hold,
    orders.free,
    orders.issue,
    amendments.acknowledge,
    amendments.promise,
    amendments.chase,
    amendments.cancel,
)
buying("POST /orders/{id}/revisions", amendments.revise, REVISION)
buying("GET /order-revisions/{id}", boards.revision_sheet, REVISION, part="revision")
buying("POST /order-revisions/{revision_id}/approve", amendments.approve_revision, REVISION)
buying("POST /order-revisions/{revision_id}/refuse", amendments.refuse_revision, REVISION)
buying("POST /order-revisions/{revision_id}/withdraw", amendments.withdraw_revision, REVISION)

# --- Receipts, and deliveries that nobody ordered

RECEIPT = view(
    Receipt,
    "id version number kind state site_id supplier_id order_id delivery_note arrived_on place_id store_id"
    " received_by_id posted_at reverses_id",
    lines=many(view(ReceiptLine, "id order_line_id accepted rejected reason")),
)
UNKNOWN_DELIVERY = view(
    UnknownDelivery,
    "id version state site_id sender text delivery_note place_id arrived_on parked_by_id parked_at receipt_id",
)
EXPECTED = view(
    Order,
    "id version number site_id supplier_id",
    called="ExpectedOrder",
    lines=many(
        view(OrderLine, "id position description quantity unit accepted rejected returned", called="ExpectedLine")
    ),
)

receiving = Routes("receipts")
receiving.lists("/receipts", RECEIPTS)
receiving("GET /receipts/expected", receipts.list_expected)
receiving("GET /receipts/expected/{order_id}", receipts.expected_order, EXPECTED)
receiving("GET /receipts/{id}", receipts.read, RECEIPT)
receiving("POST /receipts", receipts.receive, RECEIPT)
receiving("DELETE /receipts/{id}", receipts.discard)
receiving("POST /orders/{order_id}/returns", receipts.send_back, RECEIPT)
receiving.acts("/receipts/{id}", RECEIPT, receipts.post, receipts.reverse)
receiving.lists("/unknown-deliveries", UNKNOWN)
receiving("GET /unknown-deliveries/{id}", deliveries.read, UNKNOWN_DELIVERY)
receiving("POST /unknown-deliveries", deliveries.park, UNKNOWN_DELIVERY)
receiving("POST /unknown-deliveries/{id}/receive", deliveries.receive_parked, RECEIPT)
receiving("POST /unknown-deliveries/{id}/send-away", deliveries.send_away, UNKNOWN_DELIVERY)

# --- Invoices, what holds them up, and paying them

INVOICE = view(
    Invoice,
    "id version number booking_number kind state site_id supplier_id supplier_number duplicate_of_id credits_id"
    " order_id invoice_date arrived_on due_on discount_until discount_percent currency rate net tax gross stated_gross"
    " note in_dispute captured_by_id approved_by_id approved_on posted_on paid_on payment_reference voided_on",
    lines=many(
        view(
            InvoiceLine,
            "id position kind order_line_id cost_centre_id description quantity unit price per amount tax_percent",
        )
    ),
    holds=many(
        view(Hold, "id version code text difference state opened_at asked answer settled_by_id settled_at reason")
    ),
)

paying = Routes("invoices")
paying.lists("/invoices", INVOICES)
paying("GET /invoices/{id}", invoices.read, INVOICE)
paying("POST /invoices", invoices.capture, INVOICE)
paying("PUT /invoices/{id}", invoices.change, INVOICE)
paying.acts(
    "/invoices/{id}",
    INVOICE,
    invoices.void,
    settlement.approve,
    settlement.dispute,
    settlement.post,
    settlement.confirm_payment,
)
paying("GET /orders/{order_id}/lines-to-bill", invoices.open_lines)
paying("GET /orders/{order_id}/lines-to-credit", invoices.creditable_lines)
paying("POST /invoices/{invoice_id}/approve-spending", settlement.approve_spending, INVOICE)
paying("POST /invoices/{invoice_id}/refuse-spending", settlement.refuse_spending, INVOICE)
paying("GET /invoice-questions", settlement.list_questions)
paying("POST /invoice-holds/{hold_id}/accept", settlement.accept, INVOICE)
paying("POST /invoice-holds/{hold_id}/ask", settlement.ask, INVOICE)
paying("POST /invoice-holds/{hold_id}/answer", settlement.answer)

# --- Suppliers, their papers and accounts, and what they quote

SUPPLIER = view(
    Supplier,
    "id version party_id currency terms_days discount_percent discount_days incoterm lead_days minimum_rule"
    " minimum_value charge order_email customer_number",
)
PAPER = view(
    SupplierDocument, "id version supplier_id title reference valid_until mandatory replaced_by_id added_by_id"
)
ACCOUNT = view(
    BankAccount, "id version supplier_id iban bic holder state edited_by_id edited_at verified_by_id verified_at"
)
OFFER = view(
    Offer,
    "id version supplier_id item_id supplier_code currency unit price per least_quantity pack_quantity lead_days"
    " valid_from valid_until preferred",
)

selling = Routes("suppliers")
selling.lists("/suppliers", suppliers.SUPPLIERS)
selling("GET /suppliers/{id}", suppliers.read_supplier, SUPPLIER, part="supplier")
selling("POST /suppliers", suppliers.add_supplier, SUPPLIER)
selling("POST /parties/{party_id}/buy-from", suppliers.buy_from, SUPPLIER)
selling("PUT /suppliers/{id}", suppliers.change_terms, SUPPLIER)
selling("POST /suppliers/{supplier_id}/papers", suppliers.add_paper, PAPER, without=("file_id",))
selling("POST /suppliers/{supplier_id}/accounts", suppliers.enter_account, ACCOUNT)
selling("POST /supplier-accounts/{account_id}/verify", suppliers.verify_account, ACCOUNT)
selling("GET /catalogue", catalogue.list_catalogue)
selling.lists("/offers", PRICES)
selling("POST /offers", catalogue.set_offer, OFFER)
selling("POST /offers/{offer_id}/prefer", catalogue.prefer, OFFER)
selling("POST /offers/{offer_id}/end", catalogue.end_offer, OFFER)

ROUTERS = (asking.router, buying.router, receiving.router, paying.router, selling.router)
