"""Leave: my own, the question, and the decision about others'."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from fastapi.responses import Response

from personnel import employees, leave, leave_accounts, leave_decisions, listings, shifts
from personnel.calendars import Half
from personnel.leave_days import Asked
from personnel.permissions import Can
from personnel.time_models import LeaveState
from plantops.errors import NotFound
from plantops.wording import say
from web.lists import Named, list_page
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()

CALENDAR_DAYS = 28


class Part(StrEnum):
    WHOLE = "whole days"
    FIRST = "first half of the first day"
    SECOND = "second half of the last day"


@dataclass(frozen=True)
class Wish:
    leave_type_id: int
    first_day: date
    last_day: date
    part: Part = Part.WHOLE
    note: str = ""

    def asked(self) -> Asked:
        halves = {
            Part.WHOLE: {},
            Part.FIRST: {self.first_day: Half.FIRST},
            Part.SECOND: {self.last_day: Half.SECOND},
        }
        return Asked(self.first_day, self.last_day, halves[self.part])


@router.get("/personnel/leave")
def mine(ctx: Context) -> Response:
    ctx.need(Can.ASK_LEAVE, to="ask for leave")
    return render(ctx, "personnel/my_leave.html", **_mine(ctx))


def _mine(ctx: Context) -> dict[str, Any]:
    me = employees.myself(ctx)
    last = ctx.today + timedelta(days=CALENDAR_DAYS - 1)
    return {
        "Can": Can,
        "me": me,
        "Part": Part,
        "types": [(type.id, type.name) for type in leave_accounts.leave_types(ctx)],
        "balances": leave_accounts.balances(ctx, me.id) if me else [],
        "requests": leave.list_requests(ctx, employee_id=me.id, limit=20) if me else [],
        "shifts": shifts.my_shifts(ctx, ctx.today, ctx.today + timedelta(days=13)),
        "away": leave.away(ctx, ctx.today, last) if me else [],
        "days": [ctx.today + timedelta(days=n) for n in range(CALENDAR_DAYS)],
        "preview": None,
        "wish": None,
    }


@router.post("/personnel/leave/look")
def look(ctx: Context, form: Form) -> Response:
    """What the leave would take, before it is sent."""
    wish = form.into(Wish)
    seen = leave.preview(ctx, _me(ctx), wish.leave_type_id, wish.asked())
    return render(ctx, "personnel/my_leave.html", "preview", **{**_mine(ctx), "preview": seen, "wish": wish})


def _me(ctx: Context) -> int:
    me = employees.myself(ctx)
    if me is None:
        raise NotFound(say("Your account belongs to no employee. Ask the personnel office to connect it."))
    return me.id


@router.post("/personnel/leave")
def ask(ctx: Context, form: Form) -> Response:
    wish = form.into(Wish)
    made = leave.ask(ctx, _me(ctx), wish.leave_type_id, wish.asked(), wish.note)
    return see(ctx, "/personnel/leave", say("{number} is sent to whoever leads you.", number=made.number))


@router.get("/personnel/leave/requests")
def index(ctx: Context, query: Query) -> Response:
    tabs = (
        Named("Asked", {"state": LeaveState.ASKED}),
        Named("Approved", {"state": LeaveState.APPROVED}),
        Named("All"),
    )
    return list_page(ctx, listings.LEAVE_REQUESTS, query, tabs=tabs)


@router.get("/personnel/leave/decide")
def to_decide(ctx: Context) -> Response:
    return render(ctx, "personnel/decide.html", outlooks=leave_decisions.outlooks(ctx))


@router.get("/personnel/leave/{id}")
def show(ctx: Context, id: int) -> Response:
    found = leave.request(ctx, id)
    return render(
        ctx,
        "personnel/leave_request.html",
        Can=Can,
        request=found,
        row=leave.row(ctx, id),
        days=leave.days_of(ctx, id),
        why_not=leave_decisions.why_not_now(ctx, id),
        why_not_cancel=leave_decisions.why_not_call_off(ctx, id),
        states=[LeaveState.ASKED, LeaveState.APPROVED],
        url=f"/personnel/leave/{id}",
    )


@router.post("/personnel/leave/{id}/approve")
def approve(ctx: Context, id: int, form: Form) -> Response:
    found = leave_decisions.approve(ctx, id, form.version)
    return see(ctx, "/personnel/leave/decide", say("{number} is approved.", number=found.number))


@router.post("/personnel/leave/{id}/refuse")
def refuse(ctx: Context, id: int, form: Form) -> Response:
    found = leave_decisions.refuse(ctx, id, form.version, form.text("reason"))
    return see(ctx, "/personnel/leave/decide", say("{number} is refused.", number=found.number))


@router.post("/personnel/leave/{id}/cancel")
def cancel(ctx: Context, id: int, form: Form) -> Response:
    found = leave_decisions.cancel(ctx, id, form.version, form.text("reason"))
    return see(ctx, f"/personnel/leave/{id}", say("{number} is cancelled.", number=found.number))
