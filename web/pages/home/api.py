"""Jobs, what falls due and files, for programs: how far one's own work is, what hangs on a record."""

from __future__ import annotations

from typing import Any

from fastapi.responses import Response

from plantops import accounts, activity, due, jobs
from plantops.admin_lists import JOBS
from plantops.files import AttachmentRow
from plantops.jobs import JobRun
from plantops.people import User
from web.api import Content, Context
from web.pages.home.files import kept_file
from web.resources import Routes, gives, many, view
from web.security import FILE

JOB = view(JobRun, "id name state queued_at run_at started_at finished_at attempts progress message result link error")

running = Routes("jobs")
running.lists("/jobs", JOBS)
running("GET /jobs/mine", jobs.list_runs, many(JOB))
running("GET /jobs/{id}", jobs.one, JOB)
running("POST /jobs/{id}/cancel", jobs.cancel, JOB)
running("POST /jobs/{id}/again", jobs.again, gives("job_id"))
running("GET /due", due.due)
running("POST /account/language", accounts.speak, view(User, "id login name language"))

# --- Files that hang on records

BYTES: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
SENT: dict[str, Any] = {"requestBody": {"required": True, "content": {FILE: BYTES}}}

papers = Routes("files")
papers("GET /files", activity.files_of)
papers("POST /attachments/{id}/take-off", activity.take_file_off)


@papers.router.get("/files/{id}", response_class=Response, responses={200: {"content": {"*/*": BYTES}}})
def read_file(ctx: Context, id: int) -> Response:
    """The file itself, for who may see a record that it hangs on: pictures, letters, orders as they were sent."""
    return kept_file(ctx, id)


@papers.router.post("/files", status_code=201, openapi_extra=SENT)
def add_file(ctx: Context, origin: str, name: str, content: Content) -> AttachmentRow:
    """Hangs a file on a record (`purchasing_order:17`); the body is the file, as application/octet-stream."""
    return activity.add_file(ctx, origin, name, content)


ROUTERS = (running.router, papers.router)
