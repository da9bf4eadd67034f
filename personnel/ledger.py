"""The leave ledger: entries are added and never changed; what expires first is used first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from plantops.wording import say


class Kind(StrEnum):
    ACCRUAL = "accrual"
    GRANT = "grant"
    CARRY = "carry"
    EXPIRY = "expiry"
    TAKE = "take"
    RETURN = "return"
    ADJUST = "adjust"
    ENCASH = "encash"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of one person's ledger for one leave type. Credits name their `lot`; a lot can be used from its
    effective_date up to, but not on, expires_on. A return without a lot of its own takes back (part of) the
    take that it names; with a lot it stands as new leave because the old lot has expired meanwhile."""

    id: int
    kind: Kind
    minutes: int
    effective_date: date
    lot: str | None = None
    expires_on: date | None = None
    reverses_id: int | None = None


@dataclass(frozen=True, slots=True)
class Lot:
    key: str
    kind: Kind
    usable_from: date
    expires_on: date | None
    credited_minutes: int


@dataclass(slots=True)
class Use:
    """How the lots were used up: by lot what was taken, and what was left when it expired."""

    lots: dict[str, Lot]
    remaining: dict[str, int] = field(default_factory=dict)
    expired: dict[str, int] = field(default_factory=dict)
    taken_from: dict[int, dict[str, int]] = field(default_factory=dict)
    overdrawn_minutes: int = 0


# --- Rules: balance


def balance_minutes(entries: Iterable[Entry], as_of: date) -> int:
    """The sum of the ledger up to a day: nothing else is a balance."""
    return sum(entry.minutes for entry in entries if entry.effective_date <= as_of)


def _lots(entries: Iterable[Entry]) -> dict[str, Lot]:
    lots: dict[str, Lot] = {}
    for entry in entries:
        if entry.lot is None or entry.kind is Kind.EXPIRY:
            continue
        known = lots.get(entry.lot)
        if known is None:
            lots[entry.lot] = Lot(entry.lot, entry.kind, entry.effective_date, entry.expires_on, entry.minutes)
        else:
            lots[entry.lot] = Lot(
                known.key,
                known.kind,
                min(known.usable_from, entry.effective_date),
                known.expires_on,
                known.credited_minutes + entry.minutes,
            )
    return lots


def _takes(entries: Iterable[Entry]) -> list[tuple[date, int, int]]:
    """(day, entry id, minutes) of everything that uses leave up, less what was given back to the same lot."""
    returned: dict[int, int] = {}
    takes: dict[int, tuple[date, int]] = {}
    for entry in entries:
        if entry.lot is not None or entry.kind is Kind.EXPIRY:
            continue
        if entry.reverses_id is not None:
            returned[entry.reverses_id] = returned.get(entry.reverses_id, 0) + entry.minutes
        else:
            takes[entry.id] = (entry.effective_date, -entry.minutes)
    return sorted((day, id, minutes - returned.get(id, 0)) for id, (day, minutes) in takes.items())


def use_of_lots(entries: Sequence[Entry], through: date) -> Use:
    """Play the ledger day by day: lots expire in the morning, arrive next (and settle what was overdrawn),
    then leave is taken from the lot that expires first. Expiry entries are not read: they are the outcome."""
    lots = _lots(entries)
    use = Use(lots)
    events: list[tuple[date, int, str, int, int]] = []
    for lot in lots.values():
        events.append((lot.usable_from, 1, lot.key, 0, lot.credited_minutes))
        if lot.expires_on is not None:
            events.append((lot.expires_on, 0, lot.key, 0, 0))
    events.extend((day, 2, "", id, minutes) for day, id, minutes in _takes(entries))
    for day, order, key, id, minutes in sorted(events):
        if day > through:
            break
        if order == 0:
            use.expired[key] = use.remaining.pop(key, 0)
        elif order == 1:
            _arrive(use, lots[key], minutes)
        else:
            _take(use, id, minutes)
    return use


def _arrive(use: Use, lot: Lot, minutes: int) -> None:
    settled = min(use.overdrawn_minutes, minutes)
    use.overdrawn_minutes -= settled
    use.remaining[lot.key] = minutes - settled if minutes > 0 else 0


def _take(use: Use, id: int, minutes: int) -> None:
    open_lots = sorted(
        (key for key, left in use.remaining.items() if left > 0),
        key=lambda key: (use.lots[key].expires_on or date.max, use.lots[key].usable_from, key),
    )
    for key in open_lots:
        if minutes <= 0:
            break
        part = min(minutes, use.remaining[key])
        use.remaining[key] -= part
        use.taken_from.setdefault(id, {})[key] = part
        minutes -= part
    use.overdrawn_minutes += max(0, minutes)


# --- Rules: expiry and carry-over


@dataclass(frozen=True, slots=True)
class Expiry:
    """What still has to be booked for a lot on its expiry; negative when too much was booked before."""

    lot: str
    expires_on: date
    minutes: int


def expiries(entries: Sequence[Entry], through: date) -> tuple[Expiry, ...]:
    """Differences between what a lot had left on its expiry and what was booked: an expiry removes only
    what was not used, so it is never negative by itself, and a second run finds nothing."""
    use = use_of_lots(entries, through)
    booked: dict[str, int] = {}
    for entry in entries:
        if entry.kind is Kind.EXPIRY and entry.lot is not None:
            booked[entry.lot] = booked.get(entry.lot, 0) - entry.minutes
    found = []
    for key, minutes in use.expired.items():
        expires_on = use.lots[key].expires_on
        if expires_on is not None and minutes != booked.get(key, 0):
            found.append(Expiry(key, expires_on, minutes - booked.get(key, 0)))
    return tuple(sorted(found, key=lambda e: (e.expires_on, e.lot)))


@dataclass(frozen=True, slots=True)
class CarryRule:
    """At most so much goes into the next leave year, to be used before so many months of it have passed.

    Without an expiry the carried leave lasts one year and may be carried again, always under the same cap.
    """

    cap_minutes: int = 0
    expires_after_months: int | None = None


def carried_minutes(entries: Sequence[Entry], year_end: date, rule: CarryRule) -> int:
    """How much of what ends on `year_end` (first day of the new leave year) lives on."""
    use = use_of_lots(entries, year_end)
    ending = sum(
        minutes
        for key, minutes in use.expired.items()
        if use.lots[key].expires_on == year_end
        and (use.lots[key].kind is not Kind.CARRY or rule.expires_after_months is None)
    )
    return min(ending, rule.cap_minutes)


# --- Rules: may this be taken?


def why_not_take(
    entries: Sequence[Entry], takes: Sequence[tuple[date, int]], negative_cap_minutes: int = 0
) -> str | None:
    """Refuse when the new days (date, minutes) push the overdraft beyond the cap on the day itself or make a
    later day, already booked, do so. Entries may include grants still to come."""
    if not takes:
        return say("nothing is taken")
    next_id = max((entry.id for entry in entries), default=0) + 1
    asked = [Entry(next_id + n, Kind.TAKE, -minutes, day) for n, (day, minutes) in enumerate(sorted(takes))]
    everything = [*entries, *asked]
    first = min(day for day, _ in takes)
    days = sorted({entry.effective_date for entry in everything if entry.effective_date >= first})
    for day in days:
        short = use_of_lots(everything, day).overdrawn_minutes - negative_cap_minutes
        before = use_of_lots(entries, day).overdrawn_minutes - negative_cap_minutes
        if short > max(0, before):
            return say("on {day} {short} minutes are missing", day=day, short=short)
    return None
