"""Decisions on leave: yes, no, called off, and what goes back when a leave turns out otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from personnel import employees, leave, leave_accounts, shifts, work_calendars
from personnel.events import LeaveApproved, LeaveCancelled
from personnel.leave import RequestRow, book_with_waiting, type_asked, visible
from personnel.leave_accounts import Return
from personnel.leave_days import LeaveDay, Portion, differences
from personnel.ledger import Kind, balance_minutes, why_not_take
from personnel.models import Employee
from personnel.permissions import Can
from personnel.time_models import LeaveEntry, LeaveRequest, LeaveRequestDay, LeaveState, LeaveType
from plantops import lifecycle
from plantops.context import Context, requires, within
from plantops.db import bump, get
from plantops.errors import Conflict, Forbidden, Invalid
from plantops.events import Absent
from plantops.wording import say

# --- Rules


def why_not_decide(
    request: LeaveRequest, employee_user_id: int | None, decider_id: int, may_decide: bool
) -> str | None:
    """Never oneself, and never who asked in the name of somebody else."""
    if employee_user_id == decider_id:
        return say("it is your own leave")
    if request.asked_by_id == decider_id:
        return say("you asked for it yourself")
    if not may_decide:
        return say("you do not lead this person, and nobody who does has delegated to you")
    if request.state != LeaveState.ASKED:
        return say("it is {state} already", state=request.state)
    return None


def why_not_cancel(request: LeaveRequest, today: date, is_office: bool) -> str | None:
    if request.state not in (LeaveState.ASKED, LeaveState.APPROVED):
        return say("it is {state} already", state=request.state)
    if request.state == LeaveState.APPROVED and request.first_day <= today and not is_office:
        return say("it has begun; the personnel office can correct it")
    return None


# --- Questions


@dataclass(frozen=True)
class Outlook:
    """What a yes would do: the balance after it, the holes it makes, and who else is away."""

    request: RequestRow
    balance_after: int | None
    day_minutes: int
    warnings: tuple[str, ...]
    away: tuple[str, ...]

    @property
    def takes(self) -> str:
        return leave.in_words(self.request.minutes, self.day_minutes)

    @property
    def left_after(self) -> str | None:
        return None if self.balance_after is None else leave.in_words(self.balance_after, self.day_minutes)


@requires(Can.APPROVE_LEAVE)
def outlooks(ctx: Context) -> list[Outlook]:
    """Everything that waits for this person, each with what a yes would do."""
    return [outlook(ctx, row) for row in leave.list_to_decide(ctx)]


@within("shown beside a request that the person may see")
def outlook(ctx: Context, row: RequestRow) -> Outlook:
    found = leave.request(ctx, row.id)
    type = type_asked(ctx, found)
    after = None
    if type.needs_balance:
        book = book_with_waiting(ctx, found.employee_id, type.id, found.last_day)
        after = balance_minutes(book, found.last_day)
    seat = work_calendars.versions_between(ctx, [found.employee_id], found.first_day, found.first_day)
    others = {
        one.employee for one in leave.away(ctx, found.first_day, found.last_day) if one.employee_id != row.employee_id
    }
    warnings = tuple(ctx.ask(Absent(found.employee_id, found.first_day, found.last_day)))
    return Outlook(row, after, seat[0].day_minutes if seat else 480, warnings, tuple(sorted(others)))


@requires(Can.ASK_LEAVE, Can.APPROVE_LEAVE, Can.READ_EMPLOYEES)
def why_not_now(ctx: Context, id: int) -> str | None:
    """Why this person cannot say yes or no to a request now; None when they can."""
    found = leave.request(ctx, id)
    person = employees.of_id(ctx, found.employee_id)
    return why_not_decide(found, person.user_id, ctx.user.id, _is_entitled(ctx, found))


@requires(Can.ASK_LEAVE, Can.APPROVE_LEAVE, Can.READ_EMPLOYEES)
def why_not_call_off(ctx: Context, id: int) -> str | None:
    """Why this person cannot cancel a request now; None when they can."""
    found = leave.request(ctx, id)
    is_office = ctx.may(Can.MANAGE_LEAVE, site_id=found.site_id)
    if employees.of_id(ctx, found.employee_id).user_id != ctx.user.id and not is_office:
        return say("only the person or the personnel office can")
    return why_not_cancel(found, ctx.today, is_office)


def _is_entitled(ctx: Context, request: LeaveRequest) -> bool:
    """The personnel office of the site, or who leads the person, or whom that one delegated to."""
    if ctx.may(Can.MANAGE_LEAVE, site_id=request.site_id):
        return True
    if not ctx.may(Can.APPROVE_LEAVE):
        return False
    leads = sa.select(sa.literal(1)).where(sa.literal(request.employee_id).in_(employees.visible_delegated(ctx)))
    return ctx.session.scalar(leads) is not None


# --- Actions


def _to_decide(ctx: Context, id: int, version: int) -> tuple[LeaveRequest, Employee]:
    """The request and its person, both locked, if this person may decide it now."""
    asked = visible(ctx).where(LeaveRequest.id == id)
    found = get(ctx.session, asked, what="leave request", version=version, lock=True)
    person = employees.of_id(ctx, found.employee_id, lock=True)
    if reason := why_not_decide(found, person.user_id, ctx.user.id, _is_entitled(ctx, found)):
        error = Conflict if found.state != LeaveState.ASKED else Forbidden
        raise error(say("You cannot decide {number}: {reason}.", number=found.number, reason=reason))
    return found, person


def _request_days(ctx: Context, request_id: int) -> Sequence[LeaveRequestDay]:
    query = sa.select(LeaveRequestDay).where(LeaveRequestDay.request_id == request_id)
    return ctx.session.scalars(query.order_by(LeaveRequestDay.day, LeaveRequestDay.id)).all()


@requires(Can.APPROVE_LEAVE)
def approve(ctx: Context, id: int, version: int) -> LeaveRequest:
    """Yes: the days are charged, the person's shifts are released, and who plans hears of it."""
    found, person = _to_decide(ctx, id, version)
    type = type_asked(ctx, found)
    days = _request_days(ctx, id)
    if type.needs_balance:
        book = book_with_waiting(ctx, person.id, type.id, found.last_day, without=found.id)
        takes = [(day.day, day.minutes) for day in days]
        if why_not_take(book, takes, type.negative_cap_minutes):
            raise Conflict(
                say(
                    "{number} cannot be approved: the balance of {name} no longer covers it.",
                    number=found.number,
                    name=person.name,
                )
            )
        ids = leave_accounts.write(ctx, [take_of(found, day) for day in days])
        for day, entry_id in zip(days, ids, strict=True):
            day.entry_id = entry_id
    found.warnings = ctx.ask(Absent(person.id, found.first_day, found.last_day))
    found.decided_by_id, found.decided_at = ctx.user.id, ctx.now
    lifecycle.move(ctx, found, LeaveState.APPROVED)
    shifts.release(ctx, person.id, {day.day for day in days})
    ctx.emit(LeaveApproved(found.id, person.id, found.first_day, found.last_day))
    return found


def take_of(request: LeaveRequest, day: LeaveRequestDay) -> dict[str, object]:
    """The ledger entry of one day of an approved request."""
    return {
        "employee_id": request.employee_id,
        "leave_type_id": request.leave_type_id,
        "kind": Kind.TAKE,
        "minutes": -day.minutes,
        "effective_date": day.day,
        "lot": None,
        "expires_on": None,
        "key": f"take:{day.id}",
        "note": request.number,
    }


@requires(Can.APPROVE_LEAVE)
def refuse(ctx: Context, id: int, version: int, reason: str) -> LeaveRequest:
    """No, with a reason that the person will read."""
    found, _person = _to_decide(ctx, id, version)
    if not reason.strip():
        raise Invalid(say("Say why: the person who asked will read it."), field="reason")
    found.decided_by_id, found.decided_at = ctx.user.id, ctx.now
    lifecycle.move(ctx, found, LeaveState.REFUSED, reason)
    _free(ctx, found)
    return found


@requires(Can.ASK_LEAVE, Can.MANAGE_LEAVE)
def cancel(ctx: Context, id: int, version: int, reason: str = "") -> LeaveRequest:
    """The leave will not be taken: what was charged goes back, and who plans hears of it."""
    asked = visible(ctx).where(LeaveRequest.id == id)
    found = get(ctx.session, asked, what="leave request", version=version, lock=True)
    person = employees.of_id(ctx, found.employee_id, lock=True)
    is_office = ctx.may(Can.MANAGE_LEAVE, site_id=found.site_id)
    if person.user_id != ctx.user.id and not is_office:
        raise Forbidden(say("Only the person or the personnel office can cancel a leave. Talk to the person."))
    if why_not := why_not_cancel(found, ctx.today, is_office):
        raise Conflict(say("Cannot cancel {number}: {why_not}.", number=found.number, why_not=why_not))
    was_approved = found.state == LeaveState.APPROVED
    lifecycle.move(ctx, found, LeaveState.CANCELLED, reason)
    days = _free(ctx, found)
    if was_approved:
        _return_days(ctx, found, {day: day.minutes for day in days}, "cancelled")
        shifts.restore(ctx, person.id, {day.day for day in days})
        ctx.emit(LeaveCancelled(found.id, person.id, found.first_day, found.last_day))
    return found


def _free(ctx: Context, request: LeaveRequest) -> Sequence[LeaveRequestDay]:
    days = _request_days(ctx, request.id)
    for day in days:
        day.standing = False
    ctx.session.flush()
    return days


@within("a sick note on leave and a holiday that was entered late give days back under their own right")
def credit(ctx: Context, minutes_by_id: Mapping[int, int], why: str) -> int:
    """Minutes of days of approved leave (by the day's id) go back, and the requests shrink by them."""
    rows = ctx.session.execute(
        sa.select(LeaveRequest, LeaveRequestDay)
        .join(LeaveRequestDay, LeaveRequestDay.request_id == LeaveRequest.id)
        .where(LeaveRequest.state == LeaveState.APPROVED, LeaveRequestDay.id.in_(minutes_by_id))
        .order_by(LeaveRequest.id, LeaveRequestDay.day)
    )
    by_request: dict[int, tuple[LeaveRequest, list[LeaveRequestDay]]] = {}
    for request, day in rows:
        by_request.setdefault(request.id, (request, []))[1].append(day)
    total = 0
    for request, days in by_request.values():
        back = {day: min(day.minutes, minutes_by_id[day.id]) for day in days}
        _return_days(ctx, request, back, why)
        for day, minutes in back.items():
            day.minutes -= minutes
            day.standing = day.minutes > 0
            request.minutes -= minutes
            total += minutes
        bump(request)
    ctx.session.flush()
    return total


@within("sickness looks at the leave that it falls into")
def standing_days(ctx: Context, employee_id: int, first: date, last: date) -> Sequence[LeaveRequestDay]:
    """Days of approved leave of a person in a range."""
    query = (
        sa.select(LeaveRequestDay)
        .join(LeaveRequest, LeaveRequest.id == LeaveRequestDay.request_id)
        .where(
            LeaveRequest.state == LeaveState.APPROVED,
            LeaveRequestDay.employee_id == employee_id,
            LeaveRequestDay.standing,
            LeaveRequestDay.day.between(first, last),
        )
        .order_by(LeaveRequestDay.day)
    )
    return ctx.session.scalars(query).all()


def _return_days(ctx: Context, request: LeaveRequest, minutes: Mapping[LeaveRequestDay, int], why: str) -> None:
    """Entries that give days back; a day never returns more than what was taken for it."""
    taken = {day.entry_id: day for day in minutes if day.entry_id is not None}
    if not taken:
        return
    back = ctx.session.execute(
        sa.select(LeaveEntry.reverses_id, sa.func.sum(LeaveEntry.minutes), sa.func.count())
        .where(LeaveEntry.reverses_id.in_(taken))
        .group_by(LeaveEntry.reverses_id)
    )
    given = {row[0]: (int(row[1]), int(row[2])) for row in back}
    charged = dict(
        ctx.session.execute(sa.select(LeaveEntry.id, -LeaveEntry.minutes).where(LeaveEntry.id.in_(taken))).all()
    )
    returns = []
    for entry_id, day in taken.items():
        before, times = given.get(entry_id, (0, 0))
        left = min(minutes[day], charged[entry_id] - before)
        if left > 0:
            returns.append(Return(entry_id, day.day, left, f"return:{day.id}:{times + 1}", f"{request.number} {why}"))
    leave_accounts.give_back(ctx, request.employee_id, request.leave_type_id, returns)


@requires(Can.MANAGE_LEAVE)
def recount(ctx: Context, site_id: int, first: date, last: date) -> int:
    """Approved leave is counted again after a holiday, a contract or a calendar was entered late.

    What costs less now is given back; what costs more stays as it was approved. Returns the minutes.
    """
    ctx.need(Can.MANAGE_LEAVE, site_id=site_id)
    ctx.session.execute(
        sa.select(Employee.id).where(Employee.site_id == site_id).order_by(Employee.id).with_for_update()
    )
    rows = ctx.session.execute(
        sa.select(LeaveRequest.employee_id, LeaveType.counts_holidays, LeaveRequestDay)
        .join(LeaveType, LeaveType.id == LeaveRequest.leave_type_id)
        .join(LeaveRequestDay, LeaveRequestDay.request_id == LeaveRequest.id)
        .where(
            LeaveRequest.site_id == site_id,
            LeaveRequest.state == LeaveState.APPROVED,
            LeaveRequestDay.standing,
            LeaveRequestDay.day.between(first, last),
        )
        .order_by(LeaveRequest.employee_id, LeaveRequestDay.day)
        .execution_options(populate_existing=True)
    )
    found = list(rows)
    ids = {employee_id for employee_id, _, _ in found}
    expected = work_calendars.expected(ctx, ids, first, last)
    less: dict[int, int] = {}
    for employee_id, counts_holidays, d in found:
        booked = LeaveDay(d.day, Portion(d.portion), d.minutes, d.from_minute, d.to_minute)
        for one in differences([booked], expected[employee_id], counts_holidays=counts_holidays):
            if one.minutes > 0:
                less[d.id] = one.minutes
    return credit(ctx, less, say("counted again")) if less else 0
