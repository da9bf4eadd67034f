"""Jobs and what falls due, for programs: how far one's own work is, stopping it, doing it again."""

from __future__ import annotations

from plantops import accounts, due, jobs
from plantops.admin_lists import JOBS
from plantops.jobs import JobRun
from plantops.people import User
from web.resources import Routes, gives, many, view

JOB = view(JobRun, "id name state queued_at run_at started_at finished_at attempts progress message result link error")

running = Routes("jobs")
running.lists("/jobs", JOBS)
running("GET /jobs/mine", jobs.list_runs, many(JOB))
running("GET /jobs/{id}", jobs.one, JOB)
running("POST /jobs/{id}/cancel", jobs.cancel, JOB)
running("POST /jobs/{id}/again", jobs.again, gives("job_id"))
running("GET /due", due.due)
running("POST /account/language", accounts.speak, view(User, "id login name language"))

ROUTERS = (running.router,)
