"""What the pages of transport orders, plans and vehicles tell of their changes, and who follows them without asking."""

from __future__ import annotations

from plantops.module import Document

DOCUMENTS = {
    "transport_order": Document(
        {
            "day": "Day",
            "what": "What",
            "address_id": "Address",
            "weight_kg": "Weight in kg",
            "pallets": "Pallets",
            "outcome_note": "What happened there",
            "signed_by": "Signed by",
        },
        owners=("requested_by_id",),
    ),
    "transport_plan": Document({"note": "Note"}, owners=("made_by_id",)),
    "transport_vehicle": Document(
        {
            "name": "Name",
            "capacity_kg": "Carries kg",
            "capacity_pallets": "Carries pallets",
            "licence": "Licence",
            "archived": "Out of the fleet",
        }
    ),
}
