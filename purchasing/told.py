"""What the pages of purchasing's documents tell of their changes, and who follows them without asking."""

from __future__ import annotations

from plantops.module import Document, Lines
from plantops.wording import mark

TERMS = {
    "note": mark("Note"),
    "need_by": mark("Needed by"),
    "cost_centre_id": mark("Cost centre"),
    "place_id": mark("Place"),
    "store_id": mark("Store"),
}
LINE = {
    "description": mark("What"),
    "quantity": mark("Quantity"),
    "unit": mark("Unit"),
    "price": mark("Price"),
    "need_by": mark("Needed by"),
    "promised_on": mark("Promised for"),
    "cost_centre_id": mark("Cost centre"),
}

DOCUMENTS = {
    "purchasing_requisition": Document(
        {"title": mark("Title"), **TERMS},
        (
            Lines(
                "purchasing_requisition_line",
                "requisition_id",
                "description",
                {name: LINE[name] for name in ("description", "quantity", "unit", "price")},
            ),
        ),
        ("asked_by_id", "entered_by_id"),
    ),
    "purchasing_order": Document(
        {
            "cost_centre_id": mark("Cost centre of freight"),
            "place_id": mark("Place"),
            "store_id": mark("Store"),
            "freight": mark("Freight"),
            "surcharge": mark("Surcharge"),
            "terms_days": mark("Paid within days"),
            "incoterm": mark("Terms"),
            "note": mark("Note"),
            "supplier_reference": mark("Their reference"),
            "on_hold": mark("On hold"),
            "hold_reason": mark("Why it is held"),
            "buyer_id": mark("Buyer"),
        },
        (Lines("purchasing_order_line", "order_id", "description", LINE),),
        ("buyer_id",),
    ),
    "purchasing_revision": Document({"reason": mark("Reason")}, owners=("made_by_id",), title="Revision"),
    "purchasing_unknown_delivery": Document(
        {
            "sender": mark("Sender"),
            "delivery_note": mark("Delivery note"),
            "text": mark("What it is"),
            "place_id": mark("Place"),
        },
        owners=("parked_by_id",),
    ),
    "purchasing_receipt": Document(
        {"delivery_note": mark("Delivery note"), "arrived_on": mark("Arrived on")}, owners=("received_by_id",)
    ),
    "purchasing_invoice": Document(
        {
            "supplier_number": mark("Their number"),
            "invoice_date": mark("Date of the invoice"),
            "due_on": mark("Due on"),
            "discount_until": mark("Discount until"),
            "net": mark("Net"),
            "tax": mark("Tax"),
            "gross": mark("Gross"),
            "note": mark("Note"),
            "in_dispute": mark("In dispute"),
            "paid_on": mark("Paid on"),
        },
        (
            Lines(
                "purchasing_invoice_line",
                "invoice_id",
                "description",
                {name: LINE[name] for name in ("description", "quantity", "unit", "price", "cost_centre_id")},
            ),
        ),
        ("captured_by_id",),
    ),
    "purchasing_supplier": Document(
        {
            "currency": mark("Currency"),
            "terms_days": mark("Paid within days"),
            "discount_percent": mark("Discount in percent"),
            "discount_days": mark("Discount within days"),
            "incoterm": mark("Terms"),
            "lead_days": mark("Delivers within days"),
            "minimum_value": mark("Minimum order"),
            "charge": mark("Charge below the minimum"),
            "order_email": mark("Orders go to"),
            "customer_number": mark("Our number there"),
        }
    ),
}
