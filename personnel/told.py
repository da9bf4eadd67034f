"""What the pages of personnel tell of their changes: only what whoever may open the page reads on it anyhow."""

from __future__ import annotations

from plantops.module import Document
from plantops.wording import mark

DOCUMENTS = {
    "personnel_employee": Document({"name": mark("Name"), "phone": mark("Phone"), "agency": mark("Employed by")}),
    "personnel_leave_request": Document(),
    "personnel_certificate": Document(
        title="Certificate",
        fields={
            "reference": mark("Number"),
            "issued_on": mark("Issued on"),
            "expires_on": mark("Expires on"),
            "withdrawn_on": mark("Withdrawn on"),
        },
    ),
    "personnel_incident": Document(
        {
            "what": mark("What happened"),
            "outcome": mark("Class"),
            "days_away": mark("Days away"),
            "days_restricted": mark("Days restricted"),
        },
        owners=("reported_by_id",),
    ),
}
