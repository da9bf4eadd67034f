"""What purchasing remembers: sources of supply, orders, and what came in and was billed."""

from __future__ import annotations

from purchasing.models.bills import (
    Hold,
    Invoice,
    InvoiceLine,
    Match,
    Receipt,
    ReceiptLine,
    UnknownDelivery,
)
from purchasing.models.orders import Allocation, Order, OrderLine, Requisition, RequisitionLine, Revision
from purchasing.models.sources import (
    BankAccount,
    Budget,
    BudgetMonth,
    Coding,
    Commitment,
    ExchangeRate,
    Offer,
    OfferBreak,
    Supplier,
    SupplierDocument,
)

__all__ = [
    "Allocation",
    "BankAccount",
    "Budget",
    "BudgetMonth",
    "Coding",
    "Commitment",
    "ExchangeRate",
    "Hold",
    "Invoice",
    "InvoiceLine",
    "Match",
    "Offer",
    "OfferBreak",
    "Order",
    "OrderLine",
    "Receipt",
    "ReceiptLine",
    "Requisition",
    "RequisitionLine",
    "Revision",
    "Supplier",
    "SupplierDocument",
    "UnknownDelivery",
]
