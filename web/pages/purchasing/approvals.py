"""What waits for one's own yes: requisitions, orders, changes of orders and bills without an order."""

from __future__ import annotations

from fastapi.responses import Response

from plantops.wording import mark, say
from purchasing import deciding, settlement
from web.page import Context, Form, pages_router, render, see

router = pages_router()
KINDS = {
    "purchasing_requisition": mark("Requisition"),
    "purchasing_order": mark("Order"),
    "purchasing_revision": mark("Change of an order"),
    "purchasing_invoice": mark("Bill"),
}


@router.get("/purchasing/approvals")
def index(ctx: Context) -> Response:
    return render(
        ctx,
        "purchasing/approvals.html",
        rows=deciding.to_decide(ctx),
        kinds={kind: say(words) for kind, words in KINDS.items()},
    )


@router.post("/purchasing/invoices/{id}/spending/approve")
def approve_spending(ctx: Context, id: int, form: Form) -> Response:
    invoice = settlement.approve_spending(ctx, id, form.version, form.text("reason"))
    return see(ctx, "/purchasing/approvals", say("{number} may be spent.", number=invoice.number))


@router.post("/purchasing/invoices/{id}/spending/refuse")
def refuse_spending(ctx: Context, id: int, form: Form) -> Response:
    invoice = settlement.refuse_spending(ctx, id, form.version, form.text("reason", required=True))
    return see(ctx, "/purchasing/approvals", say("{number} is in dispute with the supplier.", number=invoice.number))
