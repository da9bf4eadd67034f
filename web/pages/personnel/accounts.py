"""Leave accounts: the policies by which leave is earned, and one person's account line by line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fastapi.responses import Response

from personnel import employees, leave, leave_accounts, moves
from personnel.accrual import Frequency, Timing
from personnel.leave_accounts import NewPolicy
from personnel.permissions import Can
from plantops.wording import say, whole_day
from web.page import Context, Form, pages_router, render, see

router = pages_router()
USUAL_DAY = 480


@dataclass(frozen=True)
class NewType:
    code: str
    name: str
    needs_balance: bool = False
    counts_holidays: bool = False


@dataclass(frozen=True)
class Earned:
    leave_type_id: int
    key: str
    name: str
    year_days: Decimal
    frequency: Frequency = Frequency.YEARLY
    timing: Timing = Timing.ADVANCE
    carry_days: Decimal = Decimal(0)
    carry_expires_after_months: int | None = None


@dataclass(frozen=True)
class Entitled:
    policy_id: int
    since: date


@dataclass(frozen=True)
class Corrected:
    leave_type_id: int
    days: Decimal
    on: date
    note: str


@router.get("/personnel/leave/policies")
def index(ctx: Context) -> Response:
    ctx.need(Can.MANAGE_LEAVE, to="see how leave is earned")
    return render(
        ctx,
        "personnel/policies.html",
        types=leave_accounts.leave_types(ctx),
        policies=leave.policies(ctx),
        frequencies=Frequency,
        timings=Timing,
        day=USUAL_DAY,
    )


@router.post("/personnel/leave/types")
def add_type(ctx: Context, form: Form) -> Response:
    new = form.into(NewType)
    made = leave_accounts.add_type(
        ctx, new.code, new.name, needs_balance=new.needs_balance, counts_holidays=new.counts_holidays
    )
    return see(ctx, "/personnel/leave/policies", say("{name} can be asked for.", name=made.name))


@router.post("/personnel/leave/policies")
def add_policy(ctx: Context, form: Form) -> Response:
    new = form.into(Earned)
    policy = NewPolicy(
        new.key,
        new.name,
        new.year_days,
        new.frequency,
        new.timing,
        carry_cap_minutes=int(new.carry_days * USUAL_DAY),
        carry_expires_after_months=new.carry_expires_after_months,
    )
    made = leave_accounts.add_policy(ctx, new.leave_type_id, policy)
    return see(
        ctx, "/personnel/leave/policies", say("{name} is recorded. Give it to people on their pages.", name=made.name)
    )


@router.post("/personnel/leave/settle")
def settle(ctx: Context) -> Response:
    written = leave_accounts.settle(ctx)
    return see(ctx, "/personnel/leave/policies", say("{written} entries were due and are written.", written=written))


@router.get("/personnel/employees/{id}/leave")
def show(ctx: Context, id: int) -> Response:
    person = employees.employee(ctx, id)
    seat = moves.current(ctx, id)
    types = [type for type in leave_accounts.leave_types(ctx) if type.needs_balance]
    manages = ctx.may(Can.MANAGE_LEAVE, site_id=person.site_id)
    return render(
        ctx,
        "personnel/account.html",
        person=person,
        url=f"/personnel/employees/{id}/leave",
        books=[(type.name, leave_accounts.statement(ctx, id, type.id)) for type in types],
        types=types,
        balances=leave_accounts.balances(ctx, id),
        day=seat.day_minutes if seat else USUAL_DAY,
        manages=manages,
        policies=[(row.id, f"{row.leave_type}: {row.name}") for row in leave.policies(ctx)] if manages else [],
        today=ctx.today,
    )


@router.post("/personnel/employees/{id}/leave/policy")
def entitle(ctx: Context, id: int, form: Form) -> Response:
    person, typed = employees.employee(ctx, id), form.into(Entitled)
    ctx.need(Can.MANAGE_LEAVE, site_id=person.site_id)
    leave_accounts.entitle(ctx, typed.policy_id, [(id, typed.since)])
    leave_accounts.settle(ctx, employee_ids=[id])
    return see(ctx, f"/personnel/employees/{id}/leave", say("It holds from {since} on.", since=whole_day(typed.since)))


@router.post("/personnel/employees/{id}/leave/correct")
def correct(ctx: Context, id: int, form: Form) -> Response:
    typed, seat = form.into(Corrected), moves.current(ctx, id)
    minutes = int(typed.days * (seat.day_minutes if seat else USUAL_DAY))
    leave_accounts.adjust(ctx, id, typed.leave_type_id, minutes, typed.on, typed.note, form.sending)
    return see(ctx, f"/personnel/employees/{id}/leave", say("The balance is corrected."))
