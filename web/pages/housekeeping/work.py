"""Work orders: the worker's list, and one order with its tasks on a phone."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fastapi.responses import Response

from housekeeping import boards, workorders
from housekeeping.desk_models import WorkState
from housekeeping.lists import WORK
from housekeeping.permissions import Can
from plantops.wording import say
from web.lists import Named, list_page
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()
TONES = {"planned": "plain", "in_progress": "info", "on_hold": "warn", "done": "ok", "cancelled": "plain"}
TABS = (
    Named("For me", {"mine": "yes", "closed": "no"}),
    Named("Open", {"closed": "no"}),
    Named("Done and cancelled", {"closed": "yes"}),
    Named("All"),
)


@dataclass(frozen=True)
class Done:
    report: str
    minutes: Decimal


@router.get("/housekeeping/workorders")
def index(ctx: Context, query: Query) -> Response:
    return list_page(ctx, WORK, query, tabs=TABS, tones=TONES)


@router.get("/housekeeping/workorders/{id}")
def show(ctx: Context, id: int) -> Response:
    sheet = boards.work_sheet(ctx, id)
    order = sheet.order
    manages = ctx.may(Can.MANAGE_WORK, site_id=order.site_id)
    why_not = {
        to: order.lifecycle.why_not(order.state, to)
        for to in (WorkState.IN_PROGRESS, WorkState.ON_HOLD, WorkState.DONE, WorkState.CANCELLED)
    }
    return render(
        ctx,
        "housekeeping/workorder.html",
        Can=Can,
        sheet=sheet,
        order=order,
        is_open=order.state in workorders.OPEN,
        why_not={str(state): why for state, why in why_not.items()},
        left=sum(1 for task in order.tasks if task.mandatory and task.done_at is None),
        may_work=manages or ctx.may(Can.WORK, site_id=order.site_id),
        workers=workorders.workers(ctx, order.site_id) if manages else None,
        main_states=(WorkState.PLANNED, WorkState.IN_PROGRESS, WorkState.DONE),
        tones=TONES,
        url=f"/housekeeping/workorders/{id}",
    )


@router.post("/housekeeping/workorders/{id}/start")
def start(ctx: Context, id: int, form: Form) -> Response:
    order = workorders.start(ctx, id, form.version)
    return see(ctx, f"/housekeeping/workorders/{id}", say("{number} is begun.", number=order.number))


@router.post("/housekeeping/workorders/{id}/hold")
def hold(ctx: Context, id: int, form: Form) -> Response:
    order = workorders.hold(ctx, id, form.version, form.text("reason"))
    return see(ctx, f"/housekeeping/workorders/{id}", say("{number} waits.", number=order.number))


@router.post("/housekeeping/workorders/{id}/tasks/{task_id}")
def tick(ctx: Context, id: int, task_id: int, form: Form) -> Response:
    workorders.tick(ctx, id, form.version, task_id, form.text("done") == "yes")
    return see(ctx, f"/housekeeping/workorders/{id}")


@router.post("/housekeeping/workorders/{id}/assign")
def assign(ctx: Context, id: int, form: Form) -> Response:
    order = workorders.assign(ctx, id, form.version, form.number("user_id"))
    return see(ctx, f"/housekeeping/workorders/{id}", say("{number} is given.", number=order.number))


@router.post("/housekeeping/workorders/{id}/finish")
def finish(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Done)
    order = workorders.finish(ctx, id, form.version, typed.report, typed.minutes)
    return see(ctx, f"/housekeeping/workorders/{id}", say("{number} is done.", number=order.number))


@router.post("/housekeeping/workorders/{id}/cancel")
def cancel(ctx: Context, id: int, form: Form) -> Response:
    order = workorders.cancel(ctx, id, form.version, form.text("reason"))
    return see(ctx, f"/housekeeping/workorders/{id}", say("{number} is cancelled.", number=order.number))
