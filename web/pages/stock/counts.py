"""Counting a store: a sheet by bin that does not say what should be there; the differences are posted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fastapi.responses import Response

from plantops import stock, stores
from plantops.errors import Invalid
from plantops.permissions import Can
from plantops.stock import Counted
from plantops.wording import say
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()
MOST_ROWS = 400
"""A larger store is counted bin by bin."""


@dataclass(frozen=True)
class Found:
    """A row of the sheet; one that is left empty was not counted."""

    item_id: int
    quantity: Decimal | None = None


@dataclass(frozen=True)
class Sheet:
    reason: str
    lines: tuple[Found, ...] = ()


def _reason(day: date, wanted: str) -> str:
    if wanted:
        return say("Count of {day}, bin {bin}", day=day, bin=wanted)
    return say("Count of {day}", day=day)


@router.get("/stores/{id}/count")
def sheet(ctx: Context, id: int, query: Query) -> Response:
    ctx.need(Can.COUNT_STOCK)
    store, wanted = stores.read_store(ctx, id), query.get("bin", "").strip()
    rows = [row for row in stock.count_sheet(ctx, id) if row.bin.lower().startswith(wanted.lower())]
    return render(
        ctx,
        "stock/count.html",
        store=store,
        bin=wanted,
        rows=rows[:MOST_ROWS],
        left_out=max(len(rows) - MOST_ROWS, 0),
        reason=_reason(ctx.today, wanted),
    )


@router.post("/stores/{id}/count")
def post(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Sheet)
    counted = [Counted(one.item_id, one.quantity) for one in typed.lines if one.quantity is not None]
    if not counted:
        raise Invalid(
            say("Nothing was counted: enter at least one quantity, 0 where nothing is there."), field="reason"
        )
    done = stock.adjust(ctx, id, counted, reason=typed.reason, key=f"page:count:{ctx.user.id}:{form.sending}")
    said = say("{counted} counted, {done} set right.", counted=len(counted), done=len(done))
    return see(ctx, f"/stock/moves?store={id}&kind=adjust" if done else f"/stores/{id}", said)
