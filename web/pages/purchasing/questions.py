"""What accounts payable wants to know of the buyer and the receiver about bills that differ."""

from __future__ import annotations

from fastapi.responses import Response

from plantops.wording import say
from purchasing import settlement
from purchasing.permissions import Can
from web.page import Context, Form, pages_router, render, see

router = pages_router()


@router.get("/purchasing/questions")
def index(ctx: Context) -> Response:
    return render(
        ctx, "purchasing/questions.html", Can=Can, rows=settlement.list_questions(ctx), in_words=settlement.in_words
    )


@router.post("/purchasing/questions/{hold_id}")
def answer(ctx: Context, hold_id: int, form: Form) -> Response:
    settlement.answer(ctx, hold_id, form.version, form.text("text", required=True))
    return see(ctx, "/purchasing/questions", say("Thank you: accounts payable reads it beside the bill."))
