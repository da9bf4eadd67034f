"""Leave accounts: types, policies, who is entitled to what, and the ledger that balances are read from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import sqlalchemy as sa

from personnel import employees, work_calendars
from personnel.accrual import AccrualRule, Employed, Frequency, Proration, Rounding, Timing, add_months
from personnel.entitlement import Draft, Policy, due_entries
from personnel.ledger import CarryRule, Entry, Kind, use_of_lots
from personnel.models import Employee, Employment
from personnel.organisation import needed_text
from personnel.permissions import Can
from personnel.time_models import LeaveEntitlement, LeaveEntry, LeavePolicy, LeaveType
from plantops import options
from plantops.bulk import insert_many
from plantops.context import Context, anyone, requires, within
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid
from plantops.wording import say

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class NewPolicy:
    key: str
    name: str
    year_days: Decimal
    frequency: Frequency = Frequency.YEARLY
    timing: Timing = Timing.ADVANCE
    proration: Proration = Proration.DAYS
    month_counts_from_days: int | None = None
    rounding: Rounding = Rounding.NEAREST
    rounding_step_minutes: int = 1
    balance_cap_minutes: int | None = None
    carry_cap_minutes: int = 0
    carry_expires_after_months: int | None = None
    year_starts_month: int = 1


@dataclass(frozen=True)
class Account:
    """One person's leave of one type: what is in the ledger and what is still to come by policy."""

    employee_id: int
    leave_type_id: int
    entries: tuple[Entry, ...]
    policies: tuple[Policy, ...]
    employed: tuple[Employed, ...]

    def with_due(self, through: date) -> tuple[Entry, ...]:
        """The ledger as it will stand when every grant, carry-over and expiry up to a day is written."""
        book = list(self.entries)
        for draft in self.due(through):
            book.append(_entry_of(draft, 10**13 + len(book)))
        return tuple(book)

    def due(self, through: date) -> tuple[Draft, ...]:
        book, drafts = list(self.entries), []
        for policy in sorted(self.policies, key=lambda p: p.since):
            for draft in due_entries(policy, self.employed, book, through):
                drafts.append(draft)
                book.append(_entry_of(draft, 10**13 + len(book)))
        return tuple(drafts)


@dataclass(frozen=True)
class Balance:
    """In minutes: what is there on the day, what was taken and is planned this year, what will expire next."""

    leave_type_id: int
    leave_type: str
    day_minutes: int
    minutes: int
    planned_minutes: int
    expiring_minutes: int
    expires_on: date | None

    @property
    def left_minutes(self) -> int:
        """What can still be asked for: without the days that are booked ahead."""
        return self.minutes - self.planned_minutes


@dataclass(frozen=True)
class EntryRow:
    id: int
    kind: str
    minutes: int
    effective_date: date
    expires_on: date | None
    note: str
    running_minutes: int


@dataclass(frozen=True)
class Return:
    """Minutes of one taken day that go back. `key` is unique for ever, so that nothing returns twice."""

    take_id: int
    day: date
    minutes: int
    key: str
    note: str = ""


# --- Rules


def _entry_of(draft: Draft, id: int) -> Entry:
    return Entry(id, draft.kind, draft.minutes, draft.effective_date, draft.lot, draft.expires_on)


def policy_of(row: LeavePolicy, since: date, until: date | None) -> Policy:
    """A stored policy as the rule that the arithmetic knows."""
    rule = AccrualRule(
        key=row.key,
        year_days=Fraction(row.year_days),
        frequency=Frequency(row.frequency),
        timing=Timing(row.timing),
        proration=Proration(row.proration),
        month_counts_from_days=row.month_counts_from_days,
        rounding=Rounding(row.rounding),
        rounding_step_minutes=row.rounding_step_minutes,
        balance_cap_minutes=row.balance_cap_minutes,
        year_starts_month=row.year_starts_month,
    )
    return Policy(rule, CarryRule(row.carry_cap_minutes, row.carry_expires_after_months), since, until)


def why_not_policy(new: NewPolicy) -> str | None:
    if not 0 < new.year_days <= 366:
        return say("a year has between 0 and 366 days of leave")
    if not 1 <= new.year_starts_month <= 12:
        return say("the leave year starts in a month from 1 to 12")
    if new.rounding_step_minutes < 1 or new.carry_cap_minutes < 0:
        return say("rounding steps are at least 1 minute and a carry-over is not negative")
    if new.carry_expires_after_months is not None and not 1 <= new.carry_expires_after_months <= 24:
        return say("carried leave expires after 1 to 24 months")
    return None


def next_expiry(entries: Sequence[Entry], as_of: date) -> tuple[int, date | None]:
    """How much of what is there now will expire first, and when, if nothing more is taken than is booked by then."""
    now = use_of_lots(entries, as_of)
    dated = {
        key: lot.expires_on
        for key, lot in now.lots.items()
        if lot.expires_on is not None and now.remaining.get(key, 0) > 0
    }
    for day in sorted(set(dated.values())):
        eve = use_of_lots(entries, day - ONE_DAY)
        if left := sum(eve.remaining.get(key, 0) for key, ends in dated.items() if ends == day):
            return left, day
    return 0, None


# --- Questions


@anyone("the names of leave types are no secret")
def leave_types(ctx: Context) -> list[LeaveType]:
    return list(ctx.session.scalars(sa.select(LeaveType).where(~LeaveType.archived).order_by(LeaveType.id)))


@within("requests and runs read the ledger under their own right")
def account(ctx: Context, employee_id: int, leave_type_id: int) -> Account:
    return accounts(ctx, [employee_id], leave_type_id)[employee_id]


@within("requests and runs read the ledger under their own right")
def accounts(ctx: Context, employee_ids: Collection[int], leave_type_id: int) -> dict[int, Account]:
    """The accounts of many people in four queries."""
    entries: dict[int, list[Entry]] = {id: [] for id in employee_ids}
    for row in ctx.session.execute(
        sa.select(
            LeaveEntry.employee_id,
            LeaveEntry.id,
            LeaveEntry.kind,
            LeaveEntry.minutes,
            LeaveEntry.effective_date,
            LeaveEntry.lot,
            LeaveEntry.expires_on,
            LeaveEntry.reverses_id,
        )
        .where(LeaveEntry.employee_id.in_(employee_ids), LeaveEntry.leave_type_id == leave_type_id)
        .order_by(LeaveEntry.id)
    ):
        entries[row.employee_id].append(Entry(*row[1:]))
    policies: dict[int, list[Policy]] = {id: [] for id in employee_ids}
    for entitlement, policy in ctx.session.execute(
        sa.select(LeaveEntitlement, LeavePolicy)
        .join(LeavePolicy, LeavePolicy.id == LeaveEntitlement.policy_id)
        .where(LeaveEntitlement.employee_id.in_(employee_ids), LeaveEntitlement.leave_type_id == leave_type_id)
    ):
        policies[entitlement.employee_id].append(policy_of(policy, entitlement.valid_from, entitlement.valid_to))
    employed = _employed(ctx, employee_ids)
    return {
        id: Account(id, leave_type_id, tuple(entries[id]), tuple(policies[id]), tuple(employed[id]))
        for id in employee_ids
    }


def _employed(ctx: Context, employee_ids: Collection[int]) -> dict[int, list[Employed]]:
    """Employment cut by assignment: each stretch with the minutes that a day of leave has in it."""
    found: dict[int, list[Employed]] = {id: [] for id in employee_ids}
    spans: dict[int, list[tuple[date, date | None]]] = {id: [] for id in employee_ids}
    for row in ctx.session.execute(
        sa.select(Employment.employee_id, Employment.hired_on, Employment.ended_on).where(
            Employment.employee_id.in_(employee_ids)
        )
    ):
        spans[row.employee_id].append((row.hired_on, row.ended_on))
    for v in work_calendars.versions_between(ctx, employee_ids, date(1900, 1, 1), date(2999, 1, 1)):
        for hired_on, ended_on in spans[v.employee_id]:
            since = max(v.since, hired_on)
            until = min((day for day in (v.until, ended_on) if day is not None), default=None)
            if until is None or since < until:
                found[v.employee_id].append(Employed(since, until, v.day_minutes))
    return found


@requires(Can.READ_EMPLOYEES, Can.READ_TEAM, Can.READ_OWN)
def balances(ctx: Context, employee_id: int, as_of: date | None = None) -> list[Balance]:
    """What somebody has left on a day, by type; grants due by then count even when the nightly run is late."""
    employees.employee(ctx, employee_id)
    day = as_of or ctx.today
    seat = work_calendars.versions_between(ctx, [employee_id], day, day)
    found = []
    for type in leave_types(ctx):
        if not type.needs_balance:
            continue
        book = account(ctx, employee_id, type.id)
        if not book.entries and not book.policies:
            continue
        entries = book.with_due(day)
        minutes = sum(entry.minutes for entry in entries if entry.effective_date <= day)
        planned = -sum(e.minutes for e in entries if e.effective_date > day and e.kind in (Kind.TAKE, Kind.RETURN))
        expiring, expires_on = next_expiry(entries, day)
        day_minutes = seat[0].day_minutes if seat else 480
        found.append(Balance(type.id, type.name, day_minutes, minutes, planned, expiring, expires_on))
    return found


@requires(Can.READ_EMPLOYEES, Can.READ_TEAM, Can.READ_OWN)
def statement(ctx: Context, employee_id: int, leave_type_id: int) -> list[EntryRow]:
    """The account line by line with the balance after each, newest first."""
    employees.employee(ctx, employee_id)
    running = sa.func.sum(LeaveEntry.minutes).over(order_by=(LeaveEntry.effective_date, LeaveEntry.id))
    rows = ctx.session.execute(
        sa.select(
            LeaveEntry.id,
            LeaveEntry.kind,
            LeaveEntry.minutes,
            LeaveEntry.effective_date,
            LeaveEntry.expires_on,
            LeaveEntry.note,
            running,
        )
        .where(LeaveEntry.employee_id == employee_id, LeaveEntry.leave_type_id == leave_type_id)
        .order_by(LeaveEntry.effective_date.desc(), LeaveEntry.id.desc())
    )
    return [EntryRow(*row) for row in rows]


# --- Actions


@requires(Can.MANAGE_LEAVE)
def add_type(
    ctx: Context,
    code: str,
    name: str,
    *,
    needs_balance: bool = True,
    counts_holidays: bool = False,
    negative_cap_minutes: int = 0,
) -> LeaveType:
    code, name = needed_text(code, say("The code"), "code"), needed_text(name, say("The name"), "name")
    if negative_cap_minutes < 0:
        raise Invalid(say("How far a balance may be overdrawn is not negative."), field="negative_cap_minutes")
    if ctx.session.scalar(sa.select(LeaveType.id).where(LeaveType.code == code)):
        raise Conflict(say("The code {code} is taken. Choose another.", code=code), field="code")
    new = LeaveType(
        code=code,
        name=name,
        needs_balance=needs_balance,
        counts_holidays=counts_holidays,
        negative_cap_minutes=negative_cap_minutes,
    )
    ctx.session.add(new)
    ctx.session.flush()
    return new


@requires(Can.MANAGE_LEAVE)
def add_policy(ctx: Context, leave_type_id: int, new: NewPolicy) -> LeavePolicy:
    if reason := why_not_policy(new):
        raise Invalid(say("Cannot add this policy: {reason}.", reason=reason))
    if ctx.session.scalar(sa.select(LeavePolicy.id).where(LeavePolicy.key == new.key)):
        raise Conflict(say("The key {key} is taken. Choose another.", key=new.key), field="key")
    made = LeavePolicy(leave_type_id=leave_type_id, **vars(new))
    ctx.session.add(made)
    ctx.session.flush()
    return made


@requires(Can.MANAGE_LEAVE)
def entitle(ctx: Context, policy_id: int, people: Iterable[tuple[int, date]]) -> int:
    """From a day on (each person's own) the policy holds for these people; an earlier one of the type ends."""
    policy = get(ctx.session, sa.select(LeavePolicy).where(LeavePolicy.id == policy_id), what="leave policy")
    wanted = dict(people)
    earlier = ctx.session.scalars(
        sa.select(LeaveEntitlement).where(
            LeaveEntitlement.employee_id.in_(wanted), LeaveEntitlement.leave_type_id == policy.leave_type_id
        )
    )
    for one in earlier:
        since = wanted[one.employee_id]
        if one.valid_from < since and (one.valid_to is None or one.valid_to > since):
            one.valid_to = since
            bump(one)
    ctx.session.flush()
    rows = [
        {"employee_id": id, "leave_type_id": policy.leave_type_id, "policy_id": policy.id, "valid_from": since}
        for id, since in wanted.items()
    ]
    if rows:
        ctx.session.execute(sa.insert(LeaveEntitlement), rows)
    return len(rows)


@within("requests, sick notes and runs write entries under their own right")
def write(ctx: Context, rows: Sequence[dict[str, object]]) -> list[int]:
    """Entries into the ledger; a key that stands there already is refused by the database."""
    if not rows:
        return []
    stamp = {"reverses_id": None, "recorded_at": ctx.now, "recorded_by_id": ctx.user.id}
    return insert_many(ctx, LeaveEntry, [{**stamp, **row} for row in rows])


@requires(Can.MANAGE_LEAVE)
def settle(ctx: Context, through: date | None = None, employee_ids: Collection[int] | None = None) -> int:
    """Write every grant, carry-over and expiry that is due and missing. Twice in a night adds nothing."""
    day = through or ctx.today
    written = 0
    for type in leave_types(ctx):
        entitled = sa.select(LeaveEntitlement.employee_id).where(LeaveEntitlement.leave_type_id == type.id)
        if employee_ids is not None:
            entitled = entitled.where(LeaveEntitlement.employee_id.in_(employee_ids))
        # The rows of the people are locked in order: a request at the same moment waits, or is waited for.
        locked = sa.select(Employee.id).where(Employee.id.in_(entitled)).order_by(Employee.id).with_for_update()
        ids = list(ctx.session.scalars(locked))
        books = accounts(ctx, ids, type.id)
        written += len(
            write(ctx, [_row_of(draft, id, type.id) for id, book in books.items() for draft in book.due(day)])
        )
    return written


def _row_of(draft: Draft, employee_id: int, leave_type_id: int) -> dict[str, object]:
    return {
        "employee_id": employee_id,
        "leave_type_id": leave_type_id,
        "kind": draft.kind,
        "minutes": draft.minutes,
        "effective_date": draft.effective_date,
        "lot": draft.lot,
        "expires_on": draft.expires_on,
        "key": draft.key,
        "note": "",
    }


@within("cancelling, sickness and late holidays give days back under their own right")
def give_back(ctx: Context, employee_id: int, leave_type_id: int, returns: Sequence[Return]) -> list[int]:
    """Minutes of days that were taken return: into the lots they came from, or, where one of these has expired
    meanwhile, as new leave that can still be used (Directive 2003/88/EC art. 7)."""
    book = account(ctx, employee_id, leave_type_id)
    months = int(options.amount(ctx, "personnel.returned_leave_months"))
    use = use_of_lots(book.entries, date.max)
    rows = []
    for back in returns:
        lots = [use.lots[key] for key in use.taken_from.get(back.take_id, {})]
        gone = any(lot.expires_on is not None and lot.expires_on <= ctx.today for lot in lots)
        rows.append(
            {
                "employee_id": employee_id,
                "leave_type_id": leave_type_id,
                "kind": Kind.RETURN,
                "minutes": back.minutes,
                "effective_date": ctx.today if gone else back.day,
                "lot": back.key if gone else None,
                "expires_on": add_months(ctx.today, months) if gone else None,
                "reverses_id": back.take_id,
                "key": back.key,
                "note": back.note,
            }
        )
    return write(ctx, rows)


@requires(Can.MANAGE_LEAVE)
def adjust(
    ctx: Context, employee_id: int, leave_type_id: int, minutes: int, on: date, note: str, key: str
) -> LeaveEntry:
    """A correction by the personnel office, with a reason. `key` makes a double click harmless."""
    person = get(ctx.session, employees.visible(ctx).where(Employee.id == employee_id), what="employee", lock=True)
    ctx.need(Can.MANAGE_LEAVE, site_id=person.site_id)
    if not minutes:
        raise Invalid(say("Nothing is corrected by zero."), field="minutes")
    if not note.strip():
        raise Invalid(say("Say why the balance is corrected."), field="note")
    standing = ctx.session.scalar(
        sa.select(LeaveEntry).where(
            LeaveEntry.employee_id == employee_id,
            LeaveEntry.leave_type_id == leave_type_id,
            LeaveEntry.key == f"adjust:{key}",
        )
    )
    if standing is not None:
        return standing
    (id,) = write(
        ctx,
        [
            {
                "employee_id": employee_id,
                "leave_type_id": leave_type_id,
                "kind": Kind.ADJUST,
                "minutes": minutes,
                "effective_date": on,
                "lot": f"adjust:{key}" if minutes > 0 else None,
                "expires_on": None,
                "key": f"adjust:{key}",
                "note": note.strip(),
            }
        ],
    )
    return get(ctx.session, sa.select(LeaveEntry).where(LeaveEntry.id == id), what="ledger entry")
