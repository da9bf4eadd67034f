"""Leave from before: what was taken and approved elsewhere comes in with its days and ledger, set-wise."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from personnel import leave, leave_accounts, work_calendars
from personnel.calendars import ExpectedDay
from personnel.leave_days import Asked, LeaveDay, Portion, counted, total_minutes, why_not_also
from personnel.ledger import Entry, Kind, use_of_lots
from personnel.models import Employee
from personnel.permissions import Can
from personnel.time_models import LeaveRequest, LeaveRequestDay, LeaveState, LeaveType
from plantops import numbers
from plantops.bulk import insert_many
from plantops.context import Context, requires
from plantops.errors import Conflict, Invalid
from plantops.wording import say


@dataclass(frozen=True)
class Taken:
    """A leave that was taken, both days included."""

    employee_id: int
    first_day: date
    last_day: date


# --- Rules


def days_taken(
    taken: Sequence[Taken], expected: Mapping[int, Mapping[date, ExpectedDay]], *, counts_holidays: bool
) -> list[tuple[Taken, tuple[LeaveDay, ...]]]:
    """Each leave with the days that it cost; those that cost nothing are left out. Raises Conflict on overlaps."""
    found = []
    standing: dict[int, list[LeaveDay]] = {}
    for one in taken:
        asked = Asked(one.first_day, one.last_day)
        days = counted(asked, expected[one.employee_id], counts_holidays=counts_holidays)
        if not days:
            continue
        own = standing.setdefault(one.employee_id, [])
        if reason := why_not_also(own, days):
            raise Conflict(
                say(
                    "Leave of employee {employee_id} from {first_day}: {reason}.",
                    employee_id=one.employee_id,
                    first_day=one.first_day,
                    reason=reason,
                )
            )
        own += days
        found.append((one, days))
    return found


def overdrawn(entries: Sequence[Entry], days: Iterable[LeaveDay]) -> int:
    """Minutes that the account would lack with these days taken too."""
    takes = [Entry(10**14 + n, Kind.TAKE, -day.minutes, day.day) for n, day in enumerate(days)]
    return use_of_lots([*entries, *takes], date.max).overdrawn_minutes


# --- Actions


@requires(Can.MANAGE_LEAVE)
def record_taken(ctx: Context, site_id: int, leave_type_id: int, taken: Sequence[Taken]) -> int:
    """Past leave of many people: requests that stand as approved, their days, and the ledger's takes.

    Grants must be there already (`leave_accounts.settle`); whoever took more than they had is refused by number.
    """
    ctx.need(Can.MANAGE_LEAVE, site_id=site_id)
    type = leave.type_of(ctx, leave_type_id)
    if not taken:
        return 0
    if future := [one for one in taken if one.last_day >= ctx.today]:
        raise Invalid(
            say("Leave until {last_day} is not over. Ask for it instead.", last_day=future[0].last_day),
            field="last_day",
        )
    ids = {one.employee_id for one in taken}
    ctx.session.execute(sa.select(Employee.id).where(Employee.id.in_(ids)).order_by(Employee.id).with_for_update())
    first, last = min(one.first_day for one in taken), max(one.last_day for one in taken)
    expected = work_calendars.expected(ctx, ids, first, last)
    found = days_taken(taken, expected, counts_holidays=type.counts_holidays)
    if type.needs_balance:
        _refuse_overdrawn(ctx, type, ids, found)
    request_ids = _write_requests(ctx, site_id, type, found)
    _write_days(ctx, type, found, request_ids)
    return len(found)


def _refuse_overdrawn(
    ctx: Context, type: LeaveType, ids: Collection[int], found: Sequence[tuple[Taken, tuple[LeaveDay, ...]]]
) -> None:
    books = leave_accounts.accounts(ctx, ids, type.id)
    by_person: dict[int, list[LeaveDay]] = {}
    for one, days in found:
        by_person.setdefault(one.employee_id, []).extend(days)
    for id, all_days in by_person.items():
        if overdrawn(books[id].entries, all_days) > type.negative_cap_minutes:
            number = ctx.session.scalar(sa.select(Employee.number).where(Employee.id == id))
            raise Conflict(
                say("{number} took more leave than the account had. Correct the balance first.", number=number)
            )


def _write_requests(
    ctx: Context, site_id: int, type: LeaveType, found: Sequence[tuple[Taken, tuple[LeaveDay, ...]]]
) -> list[int]:
    taken_numbers = numbers.plain_many(ctx, "LV", site_id, len(found))
    rows = [
        {
            "number": number,
            "site_id": site_id,
            "employee_id": one.employee_id,
            "leave_type_id": type.id,
            "state": LeaveState.APPROVED,
            "first_day": one.first_day,
            "last_day": one.last_day,
            "minutes": total_minutes(days),
            "note": say("taken before"),
            "warnings": [],
            "asked_by_id": ctx.user.id,
            "asked_at": ctx.now,
        }
        for number, (one, days) in zip(taken_numbers, found, strict=True)
    ]
    return insert_many(ctx, LeaveRequest, rows)


def _write_days(
    ctx: Context,
    type: LeaveType,
    found: Sequence[tuple[Taken, tuple[LeaveDay, ...]]],
    request_ids: Sequence[int],
) -> None:
    each = [(id, one.employee_id, day) for id, (one, days) in zip(request_ids, found, strict=True) for day in days]
    entry_ids: Sequence[int | None] = [None] * len(each)
    if type.needs_balance:
        entry_ids = leave_accounts.write(ctx, [_take(type, *one) for one in each])
    rows = [
        {
            "request_id": request_id,
            "employee_id": employee_id,
            "day": day.day,
            "portion": Portion(day.portion),
            "minutes": day.minutes,
            "from_minute": day.from_minute,
            "to_minute": day.to_minute,
            "standing": True,
            "entry_id": entry_id,
        }
        for (request_id, employee_id, day), entry_id in zip(each, entry_ids, strict=True)
    ]
    insert_many(ctx, LeaveRequestDay, rows)


def _take(type: LeaveType, request_id: int, employee_id: int, day: LeaveDay) -> dict[str, object]:
    return {
        "employee_id": employee_id,
        "leave_type_id": type.id,
        "kind": Kind.TAKE,
        "minutes": -day.minutes,
        "effective_date": day.day,
        "lot": None,
        "expires_on": None,
        "key": f"taken:{request_id}:{day.day}",
        "note": say("taken before"),
    }
