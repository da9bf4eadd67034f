"""Rest rules turned into what may not follow what."""

from __future__ import annotations

import pytest

from housekeeping.optimise.labour import EU_2003_88, FLSA, LabourRules, rest_minutes, with_limits, with_rest
from housekeeping.optimise.model import Person, Shift
from plantops.errors import Invalid

EARLY, LATE, NIGHT = Shift("E", 480, 360, 840), Shift("L", 480, 840, 1320), Shift("N", 480, 1320, 1800)


def test_eleven_hours_forbid_short_changes_and_no_others() -> None:
    early, late, night = with_rest(EU_2003_88, [EARLY, LATE, NIGHT])
    assert early.not_next_day == frozenset()
    assert late.not_next_day == {"E"}  # 22 to 6 is 8 h; 22 to 14 is 16 h
    assert night.not_next_day == {"E", "L"}  # 6 to 6 and 6 to 14 of the same morning
    assert rest_minutes(LATE, EARLY, 1) == 8 * 60


def test_a_day_off_is_a_weekly_rest_of_35_hours_or_forbidden() -> None:
    early, late, night = with_rest(EU_2003_88, [EARLY, LATE, NIGHT])
    assert early.not_after_day_off == frozenset()  # 14:00 to 06:00 two days later: 40 h
    assert late.not_after_day_off == {"E"}  # 32 h
    assert night.not_after_day_off == {"E", "L"}  # 24 h and 32 h; night to night is 40 h


def test_exactly_the_least_rest_is_enough() -> None:
    rules = LabourRules("eight hours", daily_rest_minutes=8 * 60)
    assert with_rest(rules, [EARLY, LATE])[1].not_next_day == frozenset()


def test_rules_without_rest_change_nothing_and_need_no_hours() -> None:
    bare = Shift("X", 480, not_next_day=frozenset({"X"}))
    assert with_rest(FLSA, [bare]) == (bare,)
    with pytest.raises(Invalid, match="Shift X has no start and end"):
        with_rest(EU_2003_88, [bare])


def test_the_average_week_and_six_days_limit_a_person_only_where_stricter() -> None:
    person = with_limits(EU_2003_88, Person("Ann", frozenset({"E"}), max_minutes=9000, max_consecutive_work=5), 14)
    assert (person.max_minutes, person.max_consecutive_work) == (2 * 48 * 60, 5)
    assert with_limits(FLSA, Person("Ann", frozenset({"E"})), 14).max_minutes is None
