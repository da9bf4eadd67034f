"""Entitlement: brings one person's leave ledger up to a day, however many days were missed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from personnel.accrual import (
    AccrualPeriod,
    AccrualRule,
    Employed,
    add_months,
    amount_minutes,
    due_on,
    leave_year_start,
    periods,
    under_cap,
)
from personnel.ledger import CarryRule, Entry, Kind, balance_minutes, carried_minutes, expiries


@dataclass(frozen=True, slots=True)
class Policy:
    """What a person is entitled to for one leave type: [since, until) is how long the policy holds for them."""

    rule: AccrualRule
    carry: CarryRule
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry still to be written. `key` is unique per person and leave type for ever: a second run with
    the same key adds nothing."""

    kind: Kind
    minutes: int
    effective_date: date
    lot: str
    expires_on: date | None
    key: str


def due_entries(
    policy: Policy, employed: tuple[Employed, ...], entries: Sequence[Entry], through: date
) -> tuple[Draft, ...]:
    """Every accrual, carry-over and expiry that should stand in the ledger by `through` and does not.

    Works by date range, never by "is it today?": after a week of downtime, or for somebody entered in May who
    joined in February, it simply finds more. Running it again finds nothing.
    """
    book = list(entries)
    drafts: list[Draft] = []
    grants = sorted(_grants(policy, employed, through), key=lambda grant: grant[0])
    for day in _days_that_matter(policy, grants, entries, through):
        for draft in _at(policy, employed, grants, book, day):
            drafts.append(draft)
            book.append(_as_entry(draft, len(book)))
    return tuple(drafts)


def _as_entry(draft: Draft, count: int) -> Entry:
    # Drafts are younger than anything stored; ids only order takes, so any id beyond the stored ones will do.
    return Entry(10**12 + count, draft.kind, draft.minutes, draft.effective_date, draft.lot, draft.expires_on)


def _grants(policy: Policy, employed: tuple[Employed, ...], through: date) -> Iterator[tuple[date, AccrualPeriod]]:
    stretch = _under_policy(policy, employed)
    if not stretch:
        return
    joined = min(e.since for e in stretch)
    left = None if any(e.until is None for e in stretch) else max(e.until for e in stretch if e.until)
    last = through if left is None else min(through, left - timedelta(days=1))
    if last < joined:
        return
    for period in periods(policy.rule, joined, last):
        day = due_on(policy.rule, period, joined, left)
        if day <= through:
            yield day, period


def _under_policy(policy: Policy, employed: tuple[Employed, ...]) -> tuple[Employed, ...]:
    cut = []
    for stretch in employed:
        since = max(stretch.since, policy.since)
        ends = [day for day in (stretch.until, policy.until) if day is not None]
        until = min(ends) if ends else None
        if until is None or since < until:
            cut.append(replace(stretch, since=since, until=until))
    return tuple(cut)


def _days_that_matter(
    policy: Policy, grants: Sequence[tuple[date, AccrualPeriod]], entries: Sequence[Entry], through: date
) -> list[date]:
    days = {day for day, _ in grants}
    days |= {entry.expires_on for entry in entries if entry.expires_on is not None}
    for _, period in grants:
        year_end = add_months(period.year_start, 12)
        days.add(year_end)
        days.add(_carry_expires_on(policy.carry, year_end))
        # Carried leave without an expiry of its own is looked at again at each later year's end.
        while year_end <= through:
            year_end = add_months(year_end, 12)
            days.add(year_end)
    return sorted(day for day in days if day <= through)


def _at(
    policy: Policy,
    employed: tuple[Employed, ...],
    grants: Sequence[tuple[date, AccrualPeriod]],
    book: list[Entry],
    day: date,
) -> Iterator[Draft]:
    yield from _expire(book, day)
    if _closes_year(policy, day):
        yield from _carry(policy, book, day)
    stretch = _under_policy(policy, employed)
    for due, period in grants:
        if due == day:
            yield from _accrue(policy.rule, period, stretch, book, day)


def _closes_year(policy: Policy, day: date) -> bool:
    """The policy of the year that ends decides what is carried, also when another one starts on that day."""
    holds = policy.since < day and (policy.until is None or day <= policy.until)
    return holds and leave_year_start(day, policy.rule.year_starts_month) == day


def _expire(book: Sequence[Entry], day: date) -> Iterator[Draft]:
    for expiry in expiries(book, day):
        written = sum(1 for entry in book if entry.kind is Kind.EXPIRY and entry.lot == expiry.lot)
        key = f"expiry:{expiry.lot}:{written + 1}"
        yield Draft(Kind.EXPIRY, -expiry.minutes, expiry.expires_on, expiry.lot, None, key)


def _carry(policy: Policy, book: Sequence[Entry], year_end: date) -> Iterator[Draft]:
    lot = f"carry:{year_end}"
    target = carried_minutes(book, year_end, policy.carry)
    standing = [entry for entry in book if entry.kind is Kind.CARRY and entry.lot == lot]
    difference = target - sum(entry.minutes for entry in standing)
    if difference:
        expires_on = _carry_expires_on(policy.carry, year_end)
        yield Draft(Kind.CARRY, difference, year_end, lot, expires_on, f"{lot}:{len(standing) + 1}")


def _carry_expires_on(carry: CarryRule, year_end: date) -> date:
    return add_months(year_end, 12 if carry.expires_after_months is None else carry.expires_after_months)


def _accrue(
    rule: AccrualRule, period: AccrualPeriod, stretch: tuple[Employed, ...], book: Sequence[Entry], day: date
) -> Iterator[Draft]:
    lot = f"accrual:{rule.key}:{period.start}"
    target = amount_minutes(rule, period, stretch)
    standing = [entry for entry in book if entry.lot == lot and entry.kind is not Kind.EXPIRY]
    expires_on = add_months(period.year_start, 12)
    if not standing:
        # A zero is written too: a grant that the cap swallowed must not come back once leave was taken.
        minutes = under_cap(rule, target, balance_minutes(book, day))
        yield Draft(Kind.ACCRUAL, minutes, day, lot, expires_on, f"{lot}:1")
        return
    difference = target - sum(entry.minutes for entry in standing)
    if difference and rule.balance_cap_minutes is None:
        key = f"{lot}:{len(standing) + 1}"
        yield Draft(Kind.ADJUST, difference, max(day, standing[-1].effective_date), lot, expires_on, key)
