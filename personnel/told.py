"""What the pages of personnel tell of their changes: only what whoever may open the page reads on it anyhow."""

from __future__ import annotations

from plantops.module import Document

DOCUMENTS = {
    "personnel_employee": Document({"name": "Name", "phone": "Phone", "agency": "Employed by"}),
    "personnel_leave_request": Document(),
    "personnel_certificate": Document(
        {"reference": "Number", "issued_on": "Issued on", "expires_on": "Expires on", "withdrawn_on": "Withdrawn on"}
    ),
    "personnel_incident": Document(
        {
            "what": "What happened",
            "outcome": "Class",
            "days_away": "Days away",
            "days_restricted": "Days restricted",
        },
        owners=("reported_by_id",),
    ),
}
