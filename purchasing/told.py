"""What the pages of purchasing's documents tell of their changes, and who follows them without asking."""

from __future__ import annotations

from plantops.module import Document, Lines

TERMS = {
    "note": "Note",
    "need_by": "Needed by",
    "cost_centre_id": "Cost centre",
    "place_id": "Place",
    "store_id": "Store",
}
LINE = {
    "description": "What",
    "quantity": "Quantity",
    "unit": "Unit",
    "price": "Price",
    "need_by": "Needed by",
    "promised_on": "Promised for",
    "cost_centre_id": "Cost centre",
}

DOCUMENTS = {
    "purchasing_requisition": Document(
        {"title": "Title", **TERMS},
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
            "cost_centre_id": "Cost centre of freight",
            "place_id": "Place",
            "store_id": "Store",
            "freight": "Freight",
            "surcharge": "Surcharge",
            "terms_days": "Paid within days",
            "incoterm": "Terms",
            "note": "Note",
            "supplier_reference": "Their reference",
            "on_hold": "On hold",
            "hold_reason": "Why it is held",
            "buyer_id": "Buyer",
        },
        (Lines("purchasing_order_line", "order_id", "description", LINE),),
        ("buyer_id",),
    ),
    "purchasing_revision": Document({"reason": "Reason"}, owners=("made_by_id",)),
    "purchasing_unknown_delivery": Document(
        {"sender": "Sender", "delivery_note": "Delivery note", "text": "What it is", "place_id": "Place"},
        owners=("parked_by_id",),
    ),
    "purchasing_receipt": Document(
        {"delivery_note": "Delivery note", "arrived_on": "Arrived on"}, owners=("received_by_id",)
    ),
    "purchasing_invoice": Document(
        {
            "supplier_number": "Their number",
            "invoice_date": "Date of the invoice",
            "due_on": "Due on",
            "discount_until": "Discount until",
            "net": "Net",
            "tax": "Tax",
            "gross": "Gross",
            "note": "Note",
            "in_dispute": "In dispute",
            "paid_on": "Paid on",
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
            "currency": "Currency",
            "terms_days": "Paid within days",
            "discount_percent": "Discount in percent",
            "discount_days": "Discount within days",
            "incoterm": "Terms",
            "lead_days": "Delivers within days",
            "minimum_value": "Minimum order",
            "charge": "Charge below the minimum",
            "order_email": "Orders go to",
            "customer_number": "Our number there",
        }
    ),
}
