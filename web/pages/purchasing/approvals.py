"""What waits for one's own yes: requisitions, orders, changes of orders and bills without an order."""

from __future__ import annotations

from fastapi.responses import Response

from plantops import approvals, links
from purchasing import settlement
from web.page import Context, Form, pages_router, render, see

router = pages_router()


@router.get("/purchasing/approvals")
def index(ctx: Context) -> Response:
    rows = [row for row in approvals.waiting_for(ctx) if row.kind.startswith("purchasing_")]
    names = links.links(ctx, [row.origin for row in rows])
    return render(ctx, "purchasing/approvals.html", rows=rows, names=names)


@router.post("/purchasing/invoices/{id}/spending/approve")
def approve_spending(ctx: Context, id: int, form: Form) -> Response:
    invoice = settlement.approve_spending(ctx, id, form.text("reason"))
    return see(ctx, "/purchasing/approvals", f"{invoice.number} may be spent.")


@router.post("/purchasing/invoices/{id}/spending/refuse")
def refuse_spending(ctx: Context, id: int, form: Form) -> Response:
    invoice = settlement.refuse_spending(ctx, id, form.text("reason", required=True))
    return see(ctx, "/purchasing/approvals", f"{invoice.number} is in dispute with the supplier.")
