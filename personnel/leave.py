"""Leave: somebody asks for days off, somebody else says yes, and the account is charged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from personnel import employees, leave_accounts, work_calendars
from personnel.leave_days import Asked, LeaveDay, Portion, counted, total_minutes, why_not_also, why_not_ask
from personnel.ledger import Entry, Kind, balance_minutes, why_not_take
from personnel.models import Employee
from personnel.permissions import Can
from personnel.time_models import (
    LeaveEntitlement,
    LeavePolicy,
    LeaveRequest,
    LeaveRequestDay,
    LeaveState,
    LeaveType,
)
from plantops import numbers
from plantops.context import Context, requires, within
from plantops.db import get
from plantops.errors import Conflict, Invalid, NotFound
from plantops.events import Absent
from plantops.people import User
from plantops.wording import plural, say

LONGEST_DAYS = 400


@dataclass(frozen=True)
class PolicyRow:
    """A policy in the list: days a year, how often they are granted, what of them is carried and until when."""

    id: int
    leave_type: str
    name: str
    year_days: Decimal
    frequency: str
    carry_cap_minutes: int
    carry_expires_after_months: int | None
    people: int


# --- Rules


def hours_in_words(minutes: int) -> str:
    """`16 hours`, `7 hours 12 minutes`."""
    hours, rest = divmod(abs(minutes), 60)
    parts = [plural("{n} hour", "{n} hours", hours)] if hours or not rest else []
    parts += [plural("{n} minute", "{n} minutes", rest)] if rest else []
    told = " ".join(parts)
    return say("minus {hours}", hours=told) if minutes < 0 else told


def is_round(minutes: int, day_minutes: int) -> bool:
    """Whether these are whole, half or quarter days of leave."""
    return minutes * 4 % day_minutes == 0


def in_words(minutes: int, day_minutes: int) -> str:
    """`2.5 days`; where they make no round part of a day, the hours and what a day of leave is for this person."""
    days = minutes / day_minutes
    if is_round(minutes, day_minutes):
        return plural("{n} day", "{n} days", Decimal(f"{days:g}"))
    return say(
        "{minutes} ({days:.1f} days of {day_minutes})",
        minutes=hours_in_words(minutes),
        days=days,
        day_minutes=hours_in_words(day_minutes),
    )


# --- Questions


@dataclass(frozen=True)
class Preview:
    """What a request would take and do, before it is sent."""

    days: tuple[LeaveDay, ...]
    minutes: int
    day_minutes: int
    balance_before: int | None
    balance_after: int | None
    why_not: str | None
    warnings: tuple[str, ...]
    away: tuple[str, ...]

    @property
    def takes(self) -> str:
        """In the person's own days; hours, and on how many days, where these are longer or shorter than a shift."""
        words = in_words(self.minutes, self.day_minutes)
        if is_round(self.minutes, self.day_minutes):
            return words
        return plural("{n} working day: {words}", "{n} working days: {words}", len(self.days), words=words)

    @property
    def left_after(self) -> str | None:
        return None if self.balance_after is None else in_words(self.balance_after, self.day_minutes)


@dataclass(frozen=True)
class RequestRow:
    id: int
    number: str
    employee_id: int
    employee: str
    leave_type: str
    state: LeaveState
    first_day: date
    last_day: date
    minutes: int
    note: str
    asked_at: datetime
    decided_by: str
    version: int


@dataclass(frozen=True)
class AwayRow:
    """Somebody is on leave on a day; what for is not said."""

    employee_id: int
    employee: str
    day: date
    portion: Portion
    approved: bool


def visible(ctx: Context) -> sa.Select[LeaveRequest]:
    """One's own, those of the people one leads or decides for today, and all for the personnel office."""
    every = sa.select(LeaveRequest)
    ways = [LeaveRequest.employee_id.in_(sa.select(Employee.id).where(Employee.user_id == ctx.user.id))]
    if ctx.may(Can.READ_EMPLOYEES):
        sites = ctx.sites(Can.READ_EMPLOYEES)
        if sites is None:
            return every
        ways.append(LeaveRequest.site_id.in_(sites))
    if ctx.may(Can.APPROVE_LEAVE):
        ways.append(LeaveRequest.employee_id.in_(employees.visible_delegated(ctx)))
    return every.where(sa.or_(*ways))


def _rows(query: sa.Select[LeaveRequest]) -> sa.Select[*tuple[Any, ...]]:
    decider = aliased(User)
    return (
        query.with_only_columns(
            LeaveRequest.id,
            LeaveRequest.number,
            LeaveRequest.employee_id,
            Employee.name,
            LeaveType.name,
            LeaveRequest.state,
            LeaveRequest.first_day,
            LeaveRequest.last_day,
            LeaveRequest.minutes,
            LeaveRequest.note,
            LeaveRequest.asked_at,
            sa.func.coalesce(decider.name, ""),
            LeaveRequest.version,
        )
        .join(Employee, Employee.id == LeaveRequest.employee_id)
        .join(LeaveType, LeaveType.id == LeaveRequest.leave_type_id)
        .outerjoin(decider, decider.id == LeaveRequest.decided_by_id)
    )


@requires(Can.ASK_LEAVE, Can.APPROVE_LEAVE, Can.READ_EMPLOYEES)
def list_requests(
    ctx: Context,
    *,
    employee_id: int | None = None,
    state: LeaveState | None = None,
    first: date | None = None,
    last: date | None = None,
    limit: int = 200,
) -> list[RequestRow]:
    query = visible(ctx)
    if employee_id is not None:
        query = query.where(LeaveRequest.employee_id == employee_id)
    if state is not None:
        query = query.where(LeaveRequest.state == state)
    if first is not None:
        query = query.where(LeaveRequest.last_day >= first)
    if last is not None:
        query = query.where(LeaveRequest.first_day <= last)
    rows = _rows(query).order_by(LeaveRequest.first_day.desc(), LeaveRequest.id.desc()).limit(limit)
    return [RequestRow(*row) for row in ctx.session.execute(rows)]


@requires(Can.MANAGE_LEAVE, Can.READ_EMPLOYEES)
def policies(ctx: Context) -> list[PolicyRow]:
    """How leave is earned and carried, and for how many people each policy holds today."""
    today = LeaveEntitlement.valid_to.is_(None) | (LeaveEntitlement.valid_to > ctx.today)
    query = (
        sa.select(
            LeavePolicy.id,
            LeaveType.name,
            LeavePolicy.name,
            LeavePolicy.year_days,
            LeavePolicy.frequency,
            LeavePolicy.carry_cap_minutes,
            LeavePolicy.carry_expires_after_months,
            sa.func.count(LeaveEntitlement.id),
        )
        .join(LeaveType, LeaveType.id == LeavePolicy.leave_type_id)
        .outerjoin(
            LeaveEntitlement,
            sa.and_(LeaveEntitlement.policy_id == LeavePolicy.id, LeaveEntitlement.valid_from <= ctx.today, today),
        )
        .group_by(LeavePolicy.id, LeaveType.name)
        .order_by(LeaveType.name, LeavePolicy.name, LeavePolicy.id)
    )
    return [PolicyRow(*row) for row in ctx.session.execute(query)]


@requires(Can.APPROVE_LEAVE)
def list_to_decide(ctx: Context) -> list[RequestRow]:
    """What waits for this person's yes, the earliest leave first. Nobody's own is among them."""
    mine = Employee.user_id == ctx.user.id
    query = visible(ctx).where(LeaveRequest.state == LeaveState.ASKED, LeaveRequest.asked_by_id != ctx.user.id)
    offices = ctx.sites(Can.MANAGE_LEAVE)
    if offices is not None:
        led = LeaveRequest.employee_id.in_(employees.visible_delegated(ctx))
        query = query.where(led | LeaveRequest.site_id.in_(offices))
    rows = _rows(query).where(mine.is_not(True)).order_by(LeaveRequest.first_day, LeaveRequest.id)
    return [RequestRow(*row) for row in ctx.session.execute(rows)]


@requires(Can.ASK_LEAVE, Can.APPROVE_LEAVE, Can.READ_EMPLOYEES)
def request(ctx: Context, id: int) -> LeaveRequest:
    return get(ctx.session, visible(ctx).where(LeaveRequest.id == id), what="leave request")


@requires(Can.ASK_LEAVE, Can.APPROVE_LEAVE, Can.READ_EMPLOYEES)
def row(ctx: Context, id: int) -> RequestRow:
    """A request as lists show it, with names."""
    found = ctx.session.execute(_rows(visible(ctx).where(LeaveRequest.id == id))).first()
    if found is None:
        raise NotFound(say("There is no such leave request, or you may not see it."))
    return RequestRow(*found)


@requires(Can.ASK_LEAVE, Can.APPROVE_LEAVE, Can.READ_EMPLOYEES)
def days_of(ctx: Context, request_id: int) -> list[LeaveDay]:
    request(ctx, request_id)
    return _days(ctx, LeaveRequestDay.request_id == request_id)


def _days(ctx: Context, *which: sa.SQLColumnExpression[bool]) -> list[LeaveDay]:
    rows = ctx.session.scalars(sa.select(LeaveRequestDay).where(*which).order_by(LeaveRequestDay.day))
    return [LeaveDay(d.day, Portion(d.portion), d.minutes, d.from_minute, d.to_minute) for d in rows]


@requires(Can.READ_TEAM, Can.READ_EMPLOYEES, Can.READ_OWN)
def away(ctx: Context, first: date, last: date) -> list[AwayRow]:
    """The calendar of who is on leave or asked for it, among the people that this person may see."""
    rows = ctx.session.execute(
        sa.select(
            LeaveRequestDay.employee_id,
            Employee.name,
            LeaveRequestDay.day,
            LeaveRequestDay.portion,
            LeaveRequest.state == LeaveState.APPROVED,
        )
        .join(LeaveRequest, LeaveRequest.id == LeaveRequestDay.request_id)
        .join(Employee, Employee.id == LeaveRequestDay.employee_id)
        .where(
            LeaveRequestDay.standing,
            LeaveRequestDay.day.between(first, last),
            LeaveRequest.id.in_(visible(ctx).with_only_columns(LeaveRequest.id)),
        )
        .order_by(Employee.sort_key, LeaveRequestDay.day)
    )
    return [AwayRow(*row) for row in rows]


@requires(Can.ASK_LEAVE, Can.APPROVE_LEAVE, Can.MANAGE_LEAVE)
def preview(ctx: Context, employee_id: int, leave_type_id: int, asked: Asked) -> Preview:
    """Days, balance after, holes and who else is away, or why it cannot be asked."""
    person = _whose(ctx, employee_id)
    type = type_of(ctx, leave_type_id)
    nothing = Preview((), 0, 480, None, None, None, (), ())
    if reason := why_not_ask(asked) or _too_long(asked):
        return Preview(**{**vars(nothing), "why_not": reason})
    days, why_not, day_minutes = _count(ctx, person, type, asked)
    before = after = None
    if type.needs_balance and days:
        book = book_with_waiting(ctx, person.id, type.id, days[-1].day)
        before = balance_minutes(book, days[-1].day)
        after = before - total_minutes(days)
    others = sorted({row.employee for row in _others_away(ctx, person, asked)})
    holes = tuple(warning for warning in ctx.ask(Absent(person.id, asked.first, asked.last)))
    return Preview(days, total_minutes(days), day_minutes, before, after, why_not, holes, tuple(others))


def _others_away(ctx: Context, person: Employee, asked: Asked) -> list[AwayRow]:
    if not (ctx.may(Can.READ_TEAM) or ctx.may(Can.READ_EMPLOYEES)):
        return []
    return [row for row in away(ctx, asked.first, asked.last) if row.employee_id != person.id]


def _too_long(asked: Asked) -> str | None:
    return (
        say("it is longer than {longest_days} days", longest_days=LONGEST_DAYS)
        if (asked.last - asked.first).days >= LONGEST_DAYS
        else None
    )


def _whose(ctx: Context, employee_id: int, *, lock: bool = False) -> Employee:
    """One's own leave, or anybody's for the personnel office of the site."""
    return get(ctx.session, _askable(ctx).where(Employee.id == employee_id), what="employee", lock=lock)


def _askable(ctx: Context) -> sa.Select[Employee]:
    own = Employee.user_id == ctx.user.id
    if ctx.may(Can.MANAGE_LEAVE):
        sites = ctx.sites(Can.MANAGE_LEAVE)
        every = sa.select(Employee)
        return every if sites is None else every.where(own | Employee.site_id.in_(sites))
    return sa.select(Employee).where(own)


@within("what is asked anew is of a type that is still given")
def type_of(ctx: Context, id: int) -> LeaveType:
    return get(ctx.session, sa.select(LeaveType).where(LeaveType.id == id, ~LeaveType.archived), what="leave type")


@within("what was asked while its type was given is decided by its rules, also after it was archived")
def type_asked(ctx: Context, request: LeaveRequest) -> LeaveType:
    return get(ctx.session, sa.select(LeaveType).where(LeaveType.id == request.leave_type_id), what="leave type")


def _count(
    ctx: Context, person: Employee, type: LeaveType, asked: Asked
) -> tuple[tuple[LeaveDay, ...], str | None, int]:
    """The days, why they cannot be had, and the minutes of one day of leave."""
    expected = work_calendars.expected(ctx, [person.id], asked.first, asked.last)[person.id]
    days = counted(asked, expected, counts_holidays=type.counts_holidays)
    seat = work_calendars.versions_between(ctx, [person.id], asked.first, asked.last)
    day_minutes = seat[0].day_minutes if seat else 480
    if not days:
        return days, say("there is no working time in these days"), day_minutes
    standing = _days(
        ctx,
        LeaveRequestDay.employee_id == person.id,
        LeaveRequestDay.standing,
        LeaveRequestDay.day.between(asked.first, asked.last),
    )
    reason = why_not_also(standing, days)
    if reason is None and type.needs_balance:
        book = book_with_waiting(ctx, person.id, type.id, days[-1].day)
        short = why_not_take(book, [(day.day, day.minutes) for day in days], type.negative_cap_minutes)
        reason = _short_in_words(short, book, days, day_minutes)
    return days, reason, day_minutes


def _short_in_words(short: str | None, book: Sequence[Entry], days: Sequence[LeaveDay], day_minutes: int) -> str | None:
    if short is None:
        return None
    left = balance_minutes(book, days[-1].day)
    return say(
        "only {value} are left, {days} were asked",
        value=in_words(max(0, left), day_minutes),
        days=in_words(total_minutes(days), day_minutes),
    )


@within("asking and deciding look at the same account")
def book_with_waiting(
    ctx: Context, employee_id: int, leave_type_id: int, through: date, *, without: int | None = None
) -> tuple[Entry, ...]:
    """The account with what is still to be granted, and with requests that wait counted as taken."""
    book = leave_accounts.account(ctx, employee_id, leave_type_id).with_due(through)
    waiting = ctx.session.execute(
        sa.select(LeaveRequestDay.id, LeaveRequestDay.day, LeaveRequestDay.minutes)
        .join(LeaveRequest, LeaveRequest.id == LeaveRequestDay.request_id)
        .where(
            LeaveRequest.employee_id == employee_id,
            LeaveRequest.leave_type_id == leave_type_id,
            LeaveRequest.state == LeaveState.ASKED,
            LeaveRequest.id != (without or 0),
        )
    )
    return (*book, *(Entry(10**15 + row.id, Kind.TAKE, -row.minutes, row.day) for row in waiting))


# --- Actions


@requires(Can.ASK_LEAVE, Can.MANAGE_LEAVE)
def ask(ctx: Context, employee_id: int, leave_type_id: int, asked: Asked, note: str = "") -> LeaveRequest:
    """Ask for days off: one's own, or (the personnel office) for somebody who cannot."""
    if reason := why_not_ask(asked) or _too_long(asked):
        raise Invalid(say("This leave cannot be asked: {reason}.", reason=reason), field="first_day")
    person = _whose(ctx, employee_id, lock=True)
    type = type_of(ctx, leave_type_id)
    days, reason, _ = _count(ctx, person, type, asked)
    if reason:
        raise Conflict(say("This leave cannot be asked: {reason}.", reason=reason), field="first_day")
    if len(note) > 2000:
        raise Invalid(say("A note has at most 2,000 characters."), field="note")
    new = LeaveRequest(
        number=numbers.plain(ctx, "LV", person.site_id),
        site_id=person.site_id,
        employee_id=person.id,
        leave_type_id=type.id,
        state=LeaveState.ASKED,
        first_day=asked.first,
        last_day=asked.last,
        minutes=total_minutes(days),
        note=note.strip(),
        asked_by_id=ctx.user.id,
        asked_at=ctx.now,
    )
    ctx.session.add(new)
    ctx.session.flush()
    ctx.session.add_all(
        LeaveRequestDay(
            request_id=new.id,
            employee_id=person.id,
            day=day.day,
            portion=day.portion,
            minutes=day.minutes,
            from_minute=day.from_minute,
            to_minute=day.to_minute,
        )
        for day in days
    )
    ctx.session.flush()
    return new
