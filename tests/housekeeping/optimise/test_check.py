"""The checker: each hard rule broken once, each penalty counted once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from housekeeping.optimise.check import line_violations, penalty, shortfalls, violations
from housekeeping.optimise.model import OFF, ON, Cover, Line, Person, Problem, Request, Rule, Shift

EARLY = Shift("E", 480, not_after_day_off=frozenset({"N"}))
NIGHT = Shift("N", 600, not_next_day=frozenset({"E"}), not_after_day_off=frozenset({"E"}))
ANYBODY = Person("Ann", frozenset({"E", "N"}))


def broken(person: Person, text: str, **other: int) -> list[tuple[Rule, int | None]]:
    """What a line like "E-NN" breaks."""
    problem = Problem(len(text), (EARLY, NIGHT), (person,), **other)  # type: ignore[arg-type]
    return [(found.rule, found.day) for found in line_violations(problem, person, line(text))]


def line(text: str) -> Line:
    return tuple(None if cell == "-" else cell for cell in text)


@pytest.mark.parametrize(
    ("person", "text", "expected"),
    [
        (ANYBODY, "EENN", []),
        (replace(ANYBODY, days_off=frozenset({1})), "EE--", [(Rule.DAY_OFF, 1)]),
        (replace(ANYBODY, absent=frozenset({0})), "E---", [(Rule.ABSENT, 0)]),
        (replace(ANYBODY, shifts=frozenset({"E"})), "-N--", [(Rule.QUALIFIED, 1)]),
        (replace(ANYBODY, barred=frozenset({(2, "N")})), "--N-", [(Rule.BARRED, 2)]),
        (replace(ANYBODY, frozen={3: "E"}), "----", [(Rule.FROZEN, 3)]),
        (replace(ANYBODY, frozen={3: None}), "---E", [(Rule.FROZEN, 3)]),
        (replace(ANYBODY, max_shifts={"E": 1}), "E--E", [(Rule.MAX_SHIFTS, None)]),
        (replace(ANYBODY, min_minutes=961), "E--E", [(Rule.MIN_MINUTES, None)]),
        (replace(ANYBODY, max_minutes=1079), "E--N", [(Rule.MAX_MINUTES, None)]),
        (replace(ANYBODY, max_minutes=1080), "E--N", []),
        (ANYBODY, "-NE-", [(Rule.REST, 2)]),
        (ANYBODY, "N-E-", [(Rule.REST_DAY_OFF, 2)]),
        (ANYBODY, "N--E", []),
        (replace(ANYBODY, history=("N",)), "E---", [(Rule.REST, 0)]),
        (replace(ANYBODY, history=("N",)), "-E--", [(Rule.REST_DAY_OFF, 1)]),
        (replace(ANYBODY, history=("N", None)), "E---", [(Rule.REST_DAY_OFF, 0)]),
        (replace(ANYBODY, max_consecutive_work=3), "EEEE", [(Rule.MAX_WORK, 0)]),
        (replace(ANYBODY, max_consecutive_work=3, history=("E", "E")), "EE--", [(Rule.MAX_WORK, 0)]),
        (replace(ANYBODY, max_consecutive_work=3, history=("E",) * 4), "----", []),
        (replace(ANYBODY, min_consecutive_work=2), "-E--", [(Rule.MIN_WORK, 1)]),
        (replace(ANYBODY, min_consecutive_work=2), "E--E", []),
        (replace(ANYBODY, min_consecutive_work=2, history=(None,)), "E---", [(Rule.MIN_WORK, 0)]),
        (replace(ANYBODY, min_consecutive_work=2, history=("E",)), "----", []),
        (replace(ANYBODY, min_consecutive_work=2, history=(None, "E")), "----", [(Rule.MIN_WORK, 0)]),
        (replace(ANYBODY, min_consecutive_work=2, absent=frozenset({2})), "-E--", []),
        (replace(ANYBODY, min_consecutive_work=2, absent=frozenset({0})), "-E--", []),
        (replace(ANYBODY, min_consecutive_off=2), "E-EE", [(Rule.MIN_OFF, 1)]),
        (replace(ANYBODY, min_consecutive_off=2), "-EE-", []),
        (replace(ANYBODY, min_consecutive_off=2, history=("E",)), "-EE-", [(Rule.MIN_OFF, 0)]),
        (replace(ANYBODY, min_consecutive_off=2, absent=frozenset({1})), "E-EE", []),
    ],
)
def test_each_rule_is_broken_where_it_is_broken(
    person: Person, text: str, expected: list[tuple[Rule, int | None]]
) -> None:
    assert broken(person, text) == expected


def test_weekends_count_once_and_not_again_across_the_boundary() -> None:
    one = replace(ANYBODY, max_weekends=1)
    assert broken(one, "-----EE") == []
    assert broken(one, "-----EE-----E-") == [(Rule.WEEKENDS, None)]
    none = replace(ANYBODY, max_weekends=0)
    assert broken(none, "E------", first_weekday=6) == [(Rule.WEEKENDS, None)]
    assert broken(replace(none, history=("E",)), "E------", first_weekday=6) == []
    assert broken(replace(none, history=("E",)), "E------", first_weekday=5) == [(Rule.WEEKENDS, None)]


def test_missing_lines_wrong_lengths_and_strangers_are_told() -> None:
    problem = Problem(2, (EARLY,), (ANYBODY, replace(ANYBODY, id="Ben"), replace(ANYBODY, id="Cid")))
    found = violations(problem, {"Ann": ("E",), "Ben": ("X", None), "Zoe": (None, None)})
    assert [(v.person, v.rule) for v in found] == [
        ("Ann", Rule.LENGTH),
        ("Ben", Rule.KNOWN_SHIFT),
        ("Cid", Rule.LENGTH),
        ("Zoe", Rule.LENGTH),
    ]


def test_wishes_cover_and_moves_add_up() -> None:
    skilled = replace(ANYBODY, id="Ben", skills=frozenset({"aid"}))
    cover = (
        Cover(0, frozenset({"E"}), 1, 100, 7, name="too many"),
        Cover(0, frozenset({"E", "N"}), 3, 10, 1, "aid", "first aid"),
        Cover(1, frozenset({"N"}), 0, 100, 1),
    )
    requests = (
        Request("Ann", 0, "E", ON, 1),  # met
        Request("Ann", 0, "N", ON, 2),  # not met
        Request("Ann", 0, "E", OFF, 4),  # not met
        Request("Ben", 1, None, ON, 8),  # not met
        Request("Ben", 1, None, OFF, 16),  # met
        Request("Ben", 0, None, ON, 32),  # met
    )
    problem = Problem(2, (EARLY, NIGHT), (ANYBODY, skilled), cover, requests, {"Ann": ("N", None)}, 1000)
    cells = {"Ann": line("E-"), "Ben": line("E-")}
    assert [(miss.cover.name, miss.missing, miss.extra, miss.penalty) for miss in shortfalls(problem, cells)] == [
        ("too many", 0, 1, 7),
        ("first aid", 2, 0, 20),
    ]
    assert penalty(problem, cells) == 2 + 4 + 8 + 1000 + 7 + 20
