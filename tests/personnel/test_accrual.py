"""Accrual and entitlement: cases 1 to 6 and 14 to 20 of features/personnel.md, and more."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from personnel.accrual import (
    AccrualPeriod,
    AccrualRule,
    Employed,
    Frequency,
    Proration,
    Rounding,
    Timing,
    add_months,
    amount_minutes,
    periods,
    under_cap,
)
from personnel.entitlement import Draft, Policy, due_entries
from personnel.leave_days import in_days
from personnel.ledger import CarryRule, Entry, Kind, balance_minutes

DAY = 480


def rule(days: int, **changes: object) -> AccrualRule:
    return AccrualRule(key="annual", year_days=Fraction(days), **changes)  # type: ignore[arg-type]


def joined(day: date, until: date | None = None) -> tuple[Employed, ...]:
    return (Employed(day, until, DAY),)


def written(drafts: tuple[Draft, ...], start: int = 1) -> list[Entry]:
    return [Entry(start + n, d.kind, d.minutes, d.effective_date, d.lot, d.expires_on) for n, d in enumerate(drafts)]


def earned(drafts: tuple[Draft, ...]) -> Decimal:
    return in_days(sum(d.minutes for d in drafts if d.kind is Kind.ACCRUAL), DAY, "0.01")


def yearly_period(r: AccrualRule, day: date) -> AccrualPeriod:
    return next(iter(periods(r, day, day)))


def test_case_01_joining_month_is_prorated_by_its_days() -> None:
    r = rule(21, frequency=Frequency.MONTHLY)
    january = next(iter(periods(r, date(2023, 1, 24), date(2023, 1, 31))))
    assert in_days(amount_minutes(r, january, joined(date(2023, 1, 24))), DAY, "0.01") == Decimal("0.45")


def test_case_02_only_the_joining_month_is_prorated_when_assigned_late() -> None:
    policy = Policy(rule(30, frequency=Frequency.MONTHLY), CarryRule(), since=date(2023, 1, 1))
    drafts = due_entries(policy, joined(date(2023, 2, 15)), [], through=date(2023, 5, 10))
    assert earned(drafts) == Decimal("8.75")
    assert [d.effective_date for d in drafts] == [
        date(2023, 2, 15),
        date(2023, 3, 1),
        date(2023, 4, 1),
        date(2023, 5, 1),
    ]


@pytest.mark.parametrize("rounding", [Rounding.NEAREST, Rounding.DOWN])
def test_case_03_one_month_of_twelve_days_is_one_day_never_two(rounding: Rounding) -> None:
    r = rule(12, rounding=rounding, rounding_step_minutes=DAY)
    assert amount_minutes(r, yearly_period(r, date(2022, 12, 1)), joined(date(2022, 12, 1))) == 1 * DAY


@pytest.mark.parametrize(
    ("proration", "days"), [(Proration.MONTHS, Decimal("14.58")), (Proration.DAYS, Decimal("14.55"))]
)
def test_case_04_leave_year_from_may_joined_in_october(proration: Proration, days: Decimal) -> None:
    r = rule(25, proration=proration, year_starts_month=5)
    policy = Policy(r, CarryRule(), since=date(2023, 5, 1))
    assert earned(due_entries(policy, joined(date(2023, 10, 1)), [], date(2023, 10, 1))) == days


def test_case_05_in_arrears_nothing_is_earned_in_the_first_week() -> None:
    policy = Policy(rule(21, frequency=Frequency.MONTHLY, timing=Timing.ARREARS), CarryRule(), since=date(2021, 7, 1))
    assert due_entries(policy, joined(date(2021, 7, 1)), [], through=date(2021, 7, 8)) == ()
    assert earned(due_entries(policy, joined(date(2021, 7, 1)), [], date(2021, 7, 31))) == Decimal("1.75")


def test_case_06_assigned_after_the_nightly_run_january_comes_once() -> None:
    policy = Policy(rule(24, frequency=Frequency.MONTHLY, timing=Timing.ARREARS), CarryRule(), since=date(2022, 1, 1))
    person = joined(date(2021, 5, 1))
    first = due_entries(policy, person, [], through=date(2022, 1, 31))
    assert earned(first) == Decimal("2.00")
    assert due_entries(policy, person, written(first), date(2022, 1, 31)) == ()
    assert due_entries(policy, person, written(first), date(2022, 2, 1)) == ()
    february = due_entries(policy, person, written(first), date(2022, 2, 28))
    assert [d.key for d in february] == ["accrual:annual:2022-02-01:1"]


def test_peer_07_a_whole_past_year_assigned_in_january_gives_all_twelve() -> None:
    policy = Policy(rule(12, frequency=Frequency.MONTHLY, timing=Timing.ARREARS), CarryRule(), since=date(2023, 1, 1))
    assert earned(due_entries(policy, joined(date(2020, 1, 1)), [], date(2024, 1, 10))) == Decimal("12.00")


def test_nights_missed_are_caught_up_and_give_what_nightly_runs_give() -> None:
    policy = Policy(rule(21, frequency=Frequency.MONTHLY), CarryRule(5 * DAY, 3), since=date(2022, 1, 1))
    person = joined(date(2022, 3, 17))
    at_once = due_entries(policy, person, [], date(2024, 4, 2))
    book: list[Entry] = []
    for month in range(30):
        book += written(due_entries(policy, person, book, add_months(date(2022, 1, 31), month)), len(book) + 1)
    assert {(d.key, d.minutes) for d in at_once} == {
        (f"{e.lot}:1" if e.kind is not Kind.EXPIRY else f"expiry:{e.lot}:1", e.minutes)
        for e in book
        if e.effective_date <= date(2024, 4, 2)
    }


def test_full_periods_add_up_to_the_year_whatever_the_rounding() -> None:
    for frequency in Frequency:
        r = rule(26, frequency=frequency)
        person = (Employed(date(2020, 1, 1), None, 456),)
        year = periods(r, date(2023, 1, 1), date(2023, 12, 31))
        assert sum(amount_minutes(r, p, person) for p in year) == 26 * 456


def test_someone_who_leaves_in_june_loses_the_rest_of_a_grant_made_in_january() -> None:
    policy = Policy(rule(24), CarryRule(), since=date(2023, 1, 1))
    book = written(due_entries(policy, joined(date(2020, 1, 1)), [], date(2023, 5, 1)))
    assert balance_minutes(book, date(2023, 5, 1)) == 24 * DAY
    leaver = joined(date(2020, 1, 1), until=date(2023, 7, 1))
    drafts = due_entries(policy, leaver, book, date(2023, 5, 2))
    assert [d.kind for d in drafts] == [Kind.ADJUST]
    book += written(drafts, 10)
    # 181 of 365 days of 24 d
    assert in_days(balance_minutes(book, date(2023, 5, 2)), DAY, "0.01") == Decimal("11.90")
    assert due_entries(policy, leaver, book, date(2023, 5, 3)) == ()


def test_a_change_of_hours_inside_the_period_counts_both_contracts_for_their_days() -> None:
    r = rule(24, frequency=Frequency.MONTHLY)
    person = (Employed(date(2020, 1, 1), date(2025, 8, 24), 480), Employed(date(2025, 8, 24), None, 240))
    august = next(iter(periods(r, date(2025, 8, 1), date(2025, 8, 31))))
    assert amount_minutes(r, august, person) == round(2 * (480 * 23 + 240 * 8) / 31)


def test_months_count_from_sixteen_days_where_the_law_says_so() -> None:
    r = rule(24, proration=Proration.MONTHS, month_counts_from_days=16)
    year = yearly_period(r, date(2023, 6, 15))
    assert amount_minutes(r, year, joined(date(2023, 6, 15))) == 7 * 2 * DAY
    assert amount_minutes(r, year, joined(date(2023, 6, 16))) == 6 * 2 * DAY


def test_a_balance_at_its_cap_earns_nothing_and_does_not_catch_up_later() -> None:
    r = rule(24, frequency=Frequency.MONTHLY, balance_cap_minutes=5 * DAY)
    assert under_cap(r, 2 * DAY, 4 * DAY) == 1 * DAY
    policy = Policy(r, CarryRule(), since=date(2023, 1, 1))
    book = written(due_entries(policy, joined(date(2023, 1, 1)), [], date(2023, 4, 30)))
    assert balance_minutes(book, date(2023, 4, 30)) == 5 * DAY
    book.append(Entry(50, Kind.TAKE, -3 * DAY, date(2023, 4, 30)))
    more = due_entries(policy, joined(date(2023, 1, 1)), book, date(2023, 5, 1))
    assert [(d.minutes, d.effective_date) for d in more] == [(2 * DAY, date(2023, 5, 1))]


# --- carry-over and expiry as the nightly run books them


def test_case_18_without_carry_the_new_year_starts_with_its_own_twenty() -> None:
    policy = Policy(rule(20), CarryRule(), since=date(2023, 1, 1))
    book = written(due_entries(policy, joined(date(2022, 1, 1)), [], date(2023, 1, 1)))
    book.append(Entry(90, Kind.TAKE, -10 * DAY, date(2023, 6, 1)))
    book += written(due_entries(policy, joined(date(2022, 1, 1)), book, date(2024, 1, 1)), 100)
    assert balance_minutes(book, date(2024, 1, 1)) == 20 * DAY


def test_case_19_one_hour_a_month_four_carried_makes_five_in_month_thirteen() -> None:
    r = AccrualRule("hourly", year_days=Fraction(12 * 60, DAY), frequency=Frequency.MONTHLY)
    policy = Policy(r, CarryRule(cap_minutes=240), since=date(2025, 1, 1))
    book = written(due_entries(policy, joined(date(2025, 1, 1)), [], date(2026, 1, 15)))
    balance = balance_minutes(book, date(2026, 1, 15))
    assert balance == 5 * 60
    assert in_days(balance, DAY) == Decimal("0.625")


def test_leave_carried_without_expiry_stays_under_the_cap_in_the_third_year_too() -> None:
    r = AccrualRule("hourly", year_days=Fraction(12 * 60, DAY), frequency=Frequency.MONTHLY)
    policy = Policy(r, CarryRule(cap_minutes=240), since=date(2025, 1, 1))
    book = written(due_entries(policy, joined(date(2025, 1, 1)), [], date(2027, 1, 1)))
    assert balance_minutes(book, date(2027, 1, 1)) == 5 * 60


def test_case_20_an_overdrawn_balance_is_not_touched_by_expiry() -> None:
    policy = Policy(rule(10), CarryRule(), since=date(2023, 1, 1), until=date(2024, 1, 1))
    person = joined(date(2020, 1, 1))
    book = written(due_entries(policy, person, [], date(2023, 1, 1)))
    book.append(Entry(90, Kind.TAKE, -12 * DAY, date(2023, 6, 1)))
    assert due_entries(policy, person, book, date(2024, 1, 1)) == ()
    assert balance_minutes(book, date(2024, 1, 1)) == -2 * DAY


def test_peer_23_carried_leave_expires_once_and_is_not_carried_again() -> None:
    years = [(30, 2020), (31, 2021), (32, 2022)]
    person = joined(date(2020, 7, 1))
    book: list[Entry] = []
    for days, year in years:
        r = AccrualRule(f"fy{year}", Fraction(days), year_starts_month=7)
        policy = Policy(r, CarryRule(99 * DAY, 12), since=date(year, 7, 1), until=date(year + 1, 7, 1))
        book += written(due_entries(policy, person, book, date(year, 7, 31)), len(book) + 1)
        book += written(due_entries(policy, person, book, date(year + 1, 7, 1)), len(book) + 1)
    assert balance_minutes(book, date(2022, 8, 31)) == 63 * DAY


def test_a_new_policy_at_new_year_does_not_carry_a_second_time() -> None:
    person = joined(date(2020, 1, 1))
    old = Policy(rule(20), CarryRule(5 * DAY, 3), since=date(2023, 1, 1), until=date(2024, 1, 1))
    new = Policy(AccrualRule("better", Fraction(22)), CarryRule(10 * DAY, 3), since=date(2024, 1, 1), until=None)
    book = written(due_entries(old, person, [], date(2023, 1, 1)))
    for policy in (old, new, old, new):
        book += written(due_entries(policy, person, book, date(2024, 1, 1)), len(book) + 1)
    assert balance_minutes(book, date(2024, 1, 1)) == (5 + 22) * DAY
