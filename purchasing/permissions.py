"""What somebody may be allowed to do in purchasing."""

from __future__ import annotations

from enum import StrEnum


class Can(StrEnum):
    ASK = "purchasing.requisition.ask"
    READ_REQUISITIONS = "purchasing.requisition.read"
    APPROVE = "purchasing.requisition.approve"
    READ_ORDERS = "purchasing.order.read"
    BUY = "purchasing.order.buy"
    APPROVE_ORDERS = "purchasing.order.approve"
    READ_PRICES = "purchasing.price.read"
    READ_RECEIPTS = "purchasing.receipt.read"
    RECEIVE = "purchasing.receipt.receive"
    READ_INVOICES = "purchasing.invoice.read"
    CAPTURE = "purchasing.invoice.capture"
    SETTLE = "purchasing.invoice.settle"
    POST = "purchasing.invoice.post"
    READ_SUPPLIERS = "purchasing.supplier.read"
    MANAGE_SUPPLIERS = "purchasing.supplier.manage"
    VERIFY_BANK = "purchasing.bank_account.verify"
    READ_CATALOGUE = "purchasing.catalogue.read"
    MANAGE_CATALOGUE = "purchasing.catalogue.manage"
    READ_BUDGETS = "purchasing.budget.read"
    MANAGE_BUDGETS = "purchasing.budget.manage"
