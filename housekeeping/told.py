"""What the pages of requests, work orders and rosters tell of their changes, and who follows them without asking."""

from __future__ import annotations

from plantops.module import Document, Lines

DOCUMENTS = {
    "housekeeping_request": Document(
        {
            "category": "Category",
            "place_id": "Place",
            "text": "What is wrong",
            "priority": "Priority",
            "due_at": "Due",
            "resolution": "What was done",
        },
        owners=("reported_by_id",),
    ),
    "housekeeping_workorder": Document(
        {
            "title": "Title",
            "place_id": "Place",
            "assigned_to_id": "Given to",
            "due_at": "Due",
            "minutes": "Minutes",
            "report": "Report",
        },
        (Lines("housekeeping_work_task", "workorder_id", "title", {"title": "Task", "done_at": "Done"}),),
        ("assigned_to_id", "created_by_id"),
    ),
    "housekeeping_roster": Document({"note": "Note"}, owners=("made_by_id",)),
}
