"""The ledger's arithmetic: cases 14 to 17 and 20 of features/personnel.md, and refusals."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from personnel.leave_accounts import next_expiry
from personnel.leave_days import Asked, counted
from personnel.ledger import (
    CarryRule,
    Entry,
    Kind,
    balance_minutes,
    carried_minutes,
    expiries,
    use_of_lots,
    why_not_take,
)
from tests.personnel.days import full_weeks

DAY = 480
MARCH = date(2023, 3, 1)


def grant(id: int, days: float, on: date, until: date | None, kind: Kind = Kind.GRANT) -> Entry:
    return Entry(id, kind, int(days * DAY), on, f"lot{id}", until)


def take(id: int, days: float, on: date) -> Entry:
    return Entry(id, Kind.TAKE, -int(days * DAY), on)


def with_expiry(entries: list[Entry], through: date) -> list[Entry]:
    found = expiries(entries, through)
    return entries + [Entry(900 + n, Kind.EXPIRY, -e.minutes, e.expires_on, e.lot) for n, e in enumerate(found)]


def sixteen_and_five_carried() -> list[Entry]:
    return [
        grant(1, 16, date(2023, 1, 1), date(2024, 1, 1)),
        grant(2, 5, date(2023, 1, 1), MARCH, Kind.CARRY),
    ]


def test_case_14_carried_days_taken_in_time_leave_the_new_ones_whole() -> None:
    entries = [*sixteen_and_five_carried(), take(3, 5, date(2023, 2, 6))]
    assert balance_minutes(with_expiry(entries, MARCH), MARCH) == 16 * DAY


def test_what_expires_next_is_what_the_booked_days_leave_of_it() -> None:
    entries = sixteen_and_five_carried()
    day = date(2023, 1, 10)
    assert next_expiry(entries, day) == (5 * DAY, MARCH)
    booked = [*entries, take(3, 3, date(2023, 2, 6))]
    assert next_expiry(booked, day) == (2 * DAY, MARCH)
    assert next_expiry([*booked, take(4, 2, MARCH)], day) == (2 * DAY, MARCH), "on the day itself it is too late"
    assert next_expiry([*booked, take(4, 2, date(2023, 2, 28))], day) == (16 * DAY, date(2024, 1, 1))
    assert next_expiry([grant(1, 3, date(2023, 1, 1), None)], day) == (0, None)


def test_case_15_one_leave_across_the_expiry_uses_each_day_from_its_own_lot() -> None:
    asked = Asked(date(2023, 2, 27), date(2023, 3, 3))
    days = counted(asked, full_weeks(asked.first, asked.last))
    entries = sixteen_and_five_carried()
    entries += [Entry(10 + n, Kind.TAKE, -d.minutes, d.day) for n, d in enumerate(days)]
    use = use_of_lots(entries, date(2023, 12, 31))
    taken = [next(iter(lots)) for lots in use.taken_from.values()]
    assert taken == ["lot2", "lot2", "lot1", "lot1", "lot1"]
    assert use.expired["lot2"] == 3 * DAY
    assert balance_minutes(with_expiry(entries, date(2023, 3, 31)), date(2023, 3, 31)) == 13 * DAY


def test_case_16_more_taken_than_carried_expires_nothing_not_minus_one() -> None:
    entries = [
        grant(1, 16, date(2023, 1, 1), date(2024, 1, 1)),
        grant(2, 11, date(2023, 1, 1), MARCH, Kind.CARRY),
        *(take(10 + n, 1, date(2023, 1, 2 + n)) for n in range(12)),
    ]
    assert expiries(entries, MARCH) == ()
    assert use_of_lots(entries, MARCH).remaining["lot1"] == 15 * DAY


def test_case_17_negative_cap_of_two_days_over_three_years() -> None:
    entries = [grant(1, 3, date(2021, 1, 1), None)]
    for id, days, on in [(2, 5, date(2021, 6, 1)), (4, 1, date(2022, 6, 1)), (6, 3, date(2023, 6, 1))]:
        assert why_not_take(entries, [(on, days * DAY)], 2 * DAY) is None
        entries.append(take(id, days, on))
        entries.append(grant(id + 1, 3, date(on.year + 1, 1, 1), None))
    entries.pop()
    last = date(2023, 9, 1)
    assert why_not_take(entries, [(last, DAY)], 2 * DAY) is None
    entries.append(take(8, 1, last))
    assert balance_minutes(entries, last) == -1 * DAY
    assert why_not_take(entries, [(last, 2 * DAY)], 2 * DAY) == "on 1 Sep 2023 480 minutes are missing"


def test_case_20_expiry_of_an_overdrawn_ledger_is_zero() -> None:
    entries = [grant(1, 5, date(2023, 1, 1), MARCH), take(2, 7, date(2023, 2, 1))]
    assert expiries(entries, MARCH) == ()
    assert balance_minutes(with_expiry(entries, MARCH), MARCH) == -2 * DAY


def test_case_26_the_last_half_day_can_be_taken() -> None:
    entries = [grant(1, 0.5, date(2023, 1, 1), None)]
    assert why_not_take(entries, [(date(2023, 5, 2), DAY // 2)]) is None
    assert why_not_take(entries, [(date(2023, 5, 2), DAY // 2 + 1)]) is not None


def test_case_12_days_over_new_year_come_from_two_allocations() -> None:
    asked = Asked(date(2025, 12, 8), date(2026, 1, 3))
    holidays = [date(2026, 1, 1)]
    days = counted(asked, full_weeks(asked.first, asked.last, holidays))
    entries = [
        grant(1, 18, date(2025, 1, 1), date(2026, 1, 1)),
        grant(2, 1, date(2026, 1, 1), date(2027, 1, 1)),
    ]
    assert why_not_take(entries, [(d.day, d.minutes) for d in days]) is None
    entries += [Entry(10 + n, Kind.TAKE, -d.minutes, d.day) for n, d in enumerate(days)]
    use = use_of_lots(entries, date(2026, 12, 31))
    by_lot = {lot: sum(part.get(lot, 0) for part in use.taken_from.values()) for lot in ("lot1", "lot2")}
    assert by_lot == {"lot1": 18 * DAY, "lot2": 1 * DAY}


def test_next_years_leave_cannot_pay_for_days_of_this_year() -> None:
    entries = [grant(1, 1, date(2025, 1, 1), date(2026, 1, 1)), grant(2, 20, date(2026, 1, 1), None)]
    takes = [(date(2025, 12, 29), DAY), (date(2025, 12, 30), DAY)]
    assert why_not_take(entries, takes) == "on 30 Dec 2025 480 minutes are missing"


def test_an_earlier_request_may_not_empty_what_a_later_leave_already_booked() -> None:
    entries = [grant(1, 5, date(2025, 1, 1), None), take(2, 5, date(2025, 8, 1))]
    assert why_not_take(entries, [(date(2025, 3, 3), DAY)]) == "on 1 Aug 2025 480 minutes are missing"


def test_a_cancelled_day_goes_back_into_the_lot_it_came_from() -> None:
    entries = [*sixteen_and_five_carried(), take(3, 1, date(2023, 2, 6))]
    entries.append(Entry(4, Kind.RETURN, DAY, date(2023, 2, 6), reverses_id=3))
    assert use_of_lots(entries, date(2023, 2, 28)).remaining == {"lot1": 16 * DAY, "lot2": 5 * DAY}
    assert [e.minutes for e in expiries(entries, MARCH)] == [5 * DAY]


def test_a_day_entered_late_takes_back_part_of_an_expiry_already_booked() -> None:
    entries = with_expiry(sixteen_and_five_carried(), MARCH)
    entries.append(take(950, 2, date(2023, 2, 20)))
    assert [(e.lot, e.minutes) for e in expiries(entries, MARCH)] == [("lot2", -2 * DAY)]


def test_carry_over_is_capped_and_leaves_out_what_was_carried_before() -> None:
    end = date(2024, 1, 1)
    entries = [grant(1, 16, date(2023, 1, 1), end), grant(2, 2, date(2023, 1, 1), end, Kind.CARRY)]
    entries.append(take(3, 9, date(2023, 7, 3)))
    assert carried_minutes(entries, end, CarryRule(5 * DAY, 3)) == 5 * DAY
    assert carried_minutes(entries, end, CarryRule(20 * DAY, 3)) == 9 * DAY - use_left(entries, end)
    assert carried_minutes(entries, end, CarryRule()) == 0


def use_left(entries: list[Entry], end: date) -> int:
    return use_of_lots(entries, end).expired["lot2"]


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 300), st.integers(1, 200)), max_size=8),
    st.lists(st.tuples(st.integers(1, 10), st.integers(0, 400)), max_size=20),
)
def test_nothing_is_lost_or_made(credits: list[tuple[int, int, int]], takes: list[tuple[int, int]]) -> None:
    start = date(2023, 1, 1).toordinal()
    entries = [
        Entry(n, Kind.GRANT, amount, date.fromordinal(start + on), f"lot{n}", date.fromordinal(start + on + life))
        for n, (amount, on, life) in enumerate(credits)
    ]
    entries += [
        Entry(100 + n, Kind.TAKE, -amount, date.fromordinal(start + on)) for n, (amount, on) in enumerate(takes)
    ]
    end = date.fromordinal(start + 1000)
    use = use_of_lots(entries, end)
    booked = with_expiry(entries, end)
    assert all(minutes >= 0 for minutes in use.expired.values())
    assert balance_minutes(booked, end) == sum(use.remaining.values()) - use.overdrawn_minutes
    assert expiries(booked, end) == ()
