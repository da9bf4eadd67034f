"""Tiny roster problems and their best penalty by trying everything: what the engine is held against."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import strategies as st

from housekeeping.optimise.check import line_violations, penalty, violations
from housekeeping.optimise.model import OFF, ON, Cover, Line, Person, Problem, Request, Shift

SHIFTS = ("a", "b")


@st.composite
def shifts(draw: st.DrawFn) -> tuple[Shift, ...]:
    barred = st.frozensets(st.sampled_from(SHIFTS), max_size=1)
    minutes = st.sampled_from([240, 480, 600])
    return tuple(Shift(name, draw(minutes), None, None, draw(barred), draw(barred)) for name in SHIFTS)


@st.composite
def people(draw: st.DrawFn, name: str, days: int) -> Person:
    cells = st.sampled_from([None, *SHIFTS])
    day_sets = st.frozensets(st.integers(0, days - 1), max_size=2)
    low = draw(st.none() | st.integers(0, 4).map(lambda n: n * 240))
    shortest = draw(st.integers(1, 3))
    return Person(
        name,
        draw(st.frozensets(st.sampled_from(SHIFTS), min_size=1)),
        draw(st.dictionaries(st.sampled_from(SHIFTS), st.integers(0, 3))),
        draw(st.frozensets(st.just("key"))),
        draw(day_sets),
        draw(day_sets),
        draw(st.frozensets(st.tuples(st.integers(0, days - 1), st.sampled_from(SHIFTS)), max_size=1)),
        draw(st.dictionaries(st.integers(0, days - 1), cells, max_size=1)),
        low,
        draw(st.none() | st.integers(0, 4).map(lambda n: (low or 0) + n * 300)),
        draw(st.none() | st.integers(shortest, 4)),
        shortest,
        draw(st.integers(1, 3)),
        draw(st.none() | st.integers(0, 1)),
        tuple(draw(st.lists(cells, max_size=4))),
    )


@st.composite
def problems(draw: st.DrawFn, days: int = 5, persons: int = 3) -> Problem:
    names = [f"p{n}" for n in range(draw(st.integers(1, persons)))]
    day = st.integers(0, days - 1)
    weight = st.integers(0, 9)
    cover = st.builds(
        Cover,
        day,
        st.frozensets(st.sampled_from(SHIFTS), min_size=1),
        st.integers(0, 3),
        st.integers(0, 30),
        st.integers(0, 5),
        st.none() | st.just("key"),
    )
    request = st.builds(
        Request, st.sampled_from(names), day, st.none() | st.sampled_from(SHIFTS), st.sampled_from([ON, OFF]), weight
    )
    line = st.tuples(*[st.sampled_from([None, *SHIFTS])] * days)
    return Problem(
        days,
        draw(shifts()),
        tuple(draw(people(name, days)) for name in names),
        tuple(draw(st.lists(cover, max_size=8))),
        tuple(draw(st.lists(request, max_size=6))),
        draw(st.dictionaries(st.sampled_from(names), line, max_size=2)),
        draw(weight),
        draw(st.integers(0, 6)),
    )


def valid_lines(problem: Problem, person: Person) -> list[Line]:
    """Every line that the checker passes."""
    every = product([None, *(shift.id for shift in problem.shifts)], repeat=problem.days)
    return [line for line in every if not line_violations(problem, person, line)]


def best_penalty(problem: Problem) -> int | None:
    """The least penalty of any valid roster, by trying all of them; None when there is none."""
    own, present = [], []
    for person in problem.people:
        lines = valid_lines(problem, person)
        if not lines:
            return None
        own.append(np.array([_own_penalty(problem, person, line) for line in lines]))
        present.append(np.array([[_counts(person, line, c) for c in problem.cover] for line in lines]))
    required = np.array([c.required for c in problem.cover])
    under, over = (np.array([getattr(c, f"{way}_weight") for c in problem.cover]) for way in ("under", "over"))
    totals, counts = own[0], present[0]
    for more, there in zip(own[1:], present[1:], strict=True):
        totals = (totals[:, None] + more[None, :]).ravel()
        counts = (counts[:, None, :] + there[None, :, :]).reshape(len(totals), -1)
    missing = required - counts
    cover = np.maximum(missing, 0) @ under + np.maximum(-missing, 0) @ over
    return int((totals + cover).min())


def _own_penalty(problem: Problem, person: Person, line: Line) -> int:
    alone = Problem(
        problem.days,
        problem.shifts,
        (person,),
        (),
        tuple(request for request in problem.requests if request.person == person.id),
        {name: told for name, told in problem.published.items() if name == person.id},
        problem.stability_weight,
        problem.first_weekday,
    )
    assert not violations(alone, {person.id: line})
    return penalty(alone, {person.id: line})


def _counts(person: Person, line: Line, cover: Cover) -> int:
    return int(line[cover.day] in cover.shifts and (cover.skill is None or cover.skill in person.skills))
