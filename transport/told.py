"""What the pages of transport orders, plans and vehicles tell of their changes, and who follows them without asking."""

from __future__ import annotations

from plantops.module import Document
from plantops.wording import mark

DOCUMENTS = {
    "transport_order": Document(
        {
            "day": mark("Day"),
            "what": mark("What"),
            "address_id": mark("Address"),
            "weight_kg": mark("Weight in kg"),
            "pallets": mark("Pallets"),
            "outcome_note": mark("What happened there"),
            "signed_by": mark("Signed by"),
        },
        owners=("requested_by_id",),
    ),
    "transport_plan": Document({"note": mark("Note")}, owners=("made_by_id",), title="Plan"),
    "transport_vehicle": Document(
        {
            "name": mark("Name"),
            "capacity_kg": mark("Carries kg"),
            "capacity_pallets": mark("Carries pallets"),
            "licence": mark("Licence"),
            "archived": mark("Out of the fleet"),
        }
    ),
}
