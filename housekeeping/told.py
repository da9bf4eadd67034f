"""What the pages of requests, work orders, rounds and rosters tell of their changes, and who follows them."""

from __future__ import annotations

from plantops.module import Document, Lines
from plantops.wording import mark

DOCUMENTS = {
    "housekeeping_request": Document(
        {
            "category": mark("Category"),
            "place_id": mark("Place"),
            "text": mark("What is wrong"),
            "priority": mark("Priority"),
            "due_at": mark("Due"),
            "resolution": mark("What was done"),
        },
        owners=("reported_by_id",),
    ),
    "housekeeping_workorder": Document(
        {
            "title": mark("Title"),
            "place_id": mark("Place"),
            "assigned_to_id": mark("Given to"),
            "due_at": mark("Due"),
            "minutes": mark("Minutes"),
            "report": mark("Report"),
        },
        (Lines("housekeeping_work_task", "workorder_id", "title", {"title": mark("Task"), "done_at": mark("Done")}),),
        ("assigned_to_id", "created_by_id"),
    ),
    "housekeeping_round": Document({"assigned_to_id": mark("Given to")}, owners=("assigned_to_id",), title="Round"),
    "housekeeping_roster": Document({"note": mark("Note")}, owners=("made_by_id",), title="Roster"),
}
