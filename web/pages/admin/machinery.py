"""What works behind the pages: jobs and mails, what failed among them, and trying again."""

from __future__ import annotations

from fastapi.responses import Response

from plantops import jobs, outbox
from plantops.admin_lists import JOBS, MAILS
from plantops.wording import say
from web.lists import Named, list_page
from web.page import Context, Query, pages_router, render, see

router = pages_router()

OVERDUE_SECONDS = 300


@router.get("/admin/jobs")
def all_jobs(ctx: Context, query: Query) -> Response:
    tabs = (Named("All"), Named("Failed", {"state": "failed"}), Named("Waiting", {"state": "queued"}))
    return list_page(
        ctx, JOBS, query, template="admin/jobs.html", tabs=tabs, overdue=jobs.overdue(ctx, OVERDUE_SECONDS)
    )


@router.get("/admin/mails")
def mails(ctx: Context, query: Query) -> Response:
    tabs = (Named("All"), Named("Failed", {"state": "failed"}), Named("Waiting", {"state": "waiting"}))
    return list_page(ctx, MAILS, query, template="admin/mails.html", tabs=tabs, count=outbox.count(ctx))


@router.get("/admin/mails/{id}")
def mail(ctx: Context, id: int) -> Response:
    return render(ctx, "admin/mail.html", mail=outbox.one(ctx, id))


@router.post("/admin/mails/{id}/again")
def send_again(ctx: Context, id: int) -> Response:
    letter = outbox.send_again(ctx, id)
    return see(ctx, f"/admin/mails/{id}", say("The mail to {to_address} is tried again.", to_address=letter.to_address))


@router.post("/admin/mails/{id}/recall")
def recall(ctx: Context, id: int) -> Response:
    letter = outbox.recall(ctx, id)
    return see(ctx, f"/admin/mails/{id}", say("The mail to {to_address} is not sent.", to_address=letter.to_address))
