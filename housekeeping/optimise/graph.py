"""One person's rules as a graph of states: what the last days were, and what may come next."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import takewhile

import numpy as np

from housekeeping.optimise.arrays import NEVER, Arrays, Flags, Ints
from housekeeping.optimise.kernels import Graph, most_units
from housekeeping.optimise.model import Cell, Line, Person

LONG_AGO = -(10**6)


@dataclass
class _States:
    """States in the making.

    First those of days off: `waiting` ones, in which the least number of days off is not reached; one for each kind of
    shift that forbids something after a single day off (`off_kinds`); the rested one, from which anything may begin.
    Then one per kind of last shift and days in a row. A single day off can be enough when one day is the least, or
    when it is an absence.
    """

    person: Person
    bar_next: list[frozenset[int]]
    bar_after_off: list[frozenset[int]]
    longest: int = field(init=False)
    kinds: list[tuple[frozenset[int], frozenset[int]]] = field(init=False)
    off_kinds: list[frozenset[int]] = field(init=False)

    def __post_init__(self) -> None:
        own = self.person
        self.longest = own.max_consecutive_work or max(1, own.min_consecutive_work)
        self.kinds = sorted({self.kind(s) for s in range(len(self.bar_next))}, key=_by_content)
        after = {after for _, after in self.kinds}
        self.off_kinds = sorted(after, key=sorted) if any(after) else []

    def kind(self, shift: int) -> tuple[frozenset[int], frozenset[int]]:
        """What a shift forbids for later days: all that the state must remember of it."""
        single = self.waiting == 0 or bool(self.person.absent)
        return self.bar_next[shift], self.bar_after_off[shift] if single else frozenset()

    @property
    def waiting(self) -> int:
        return self.person.min_consecutive_off - 1

    @property
    def off_count(self) -> int:
        return self.waiting + len(self.off_kinds) + 1

    @property
    def rested(self) -> int:
        """The day-off state from which any work may begin."""
        return self.off_count - 1

    def single_off(self, kind: int) -> int:
        """The state of the first day off after work of a kind, when that one day is enough."""
        return self.waiting + self.off_kinds.index(self.kinds[kind][1]) if self.off_kinds else self.rested

    def first_off(self, kind: int) -> int:
        """The state of the first day off after work of a kind."""
        return 0 if self.waiting else self.single_off(kind)

    def next_off(self, state: int) -> int:
        return state + 1 if state + 1 < self.waiting else self.rested

    def may_start(self, state: int, shift: int) -> bool:
        if state < self.waiting:
            return False
        return state == self.rested or shift not in self.off_kinds[state - self.waiting]

    def work(self, kind: int, length: int) -> int:
        return self.off_count + kind * self.longest + length - 1

    def count(self) -> int:
        return self.off_count + len(self.kinds) * self.longest


def _by_content(kind: tuple[frozenset[int], frozenset[int]]) -> tuple[list[int], list[int]]:
    return sorted(kind[0]), sorted(kind[1])


Transition = tuple[int, int, int, int, int]  # to, to on a day of absence, shift, need, from_off


def _transitions(states: _States, shifts: int) -> list[list[Transition]]:
    """Per state, all that the next day may bring; `shifts` itself stands for a day off."""
    person, found = states.person, []
    for state in range(states.off_count):
        moves = [(states.next_off(state), states.rested, shifts, 0, 1)]
        for s in range(shifts):
            if states.may_start(state, s):
                to = states.work(states.kinds.index(states.kind(s)), 1)
                moves.append((to, to, s, 0, 1))
        found.append(moves)
    for kind in range(len(states.kinds)):
        for length in range(1, states.longest + 1):
            need = length if length < person.min_consecutive_work else 0
            moves = [(states.first_off(kind), states.single_off(kind), shifts, need, 0)]
            longer = length + 1 if length < states.longest else length
            if longer > length or person.max_consecutive_work is None:
                for s in range(shifts):
                    if s not in states.kinds[kind][0]:
                        to = states.work(states.kinds.index(states.kind(s)), longer)
                        moves.append((to, to, s, 0, 0))
            found.append(moves)
    return found


def _start(states: _States, history: Line, known: dict[str, int]) -> tuple[int, int]:
    """The state before the first day, and the day since which a run of work may have been longer than known."""
    if not history:
        return states.rested, 0
    latest = list(reversed(history))
    run = list(takewhile(lambda cell: (cell is None) == (latest[0] is None), latest))
    whole = len(run) == len(history)
    if latest[0] is None:
        if whole or len(run) >= states.person.min_consecutive_off:
            if len(run) == 1 and not whole:
                return states.single_off(_kind_of(states, latest[1], known)), LONG_AGO
            return states.rested, LONG_AGO
        return len(run) - 1, LONG_AGO
    length = min(len(run), states.longest)
    return states.work(_kind_of(states, latest[0], known), length), -len(run) if whole else LONG_AGO


def _kind_of(states: _States, cell: Cell, known: dict[str, int]) -> int:
    return states.kinds.index(states.kind(known[cell or ""]))


@dataclass(frozen=True)
class Counting:
    """Which limits of a person the graph counts exactly: shifts of a limited kind (global numbers), weekends."""

    shifts: tuple[int, ...] = ()
    weekends: bool = False


@dataclass(frozen=True)
class PersonGraph:
    """The graph of one person; `local` are the global numbers of the shifts in it, `counting` what it counts.

    `exists` is False when no line meets the rules that are in the graph.
    """

    graph: Graph
    local: Ints
    counting: Counting
    exists: bool

    @property
    def table_shape(self) -> tuple[int, int, int]:
        """Shape of the table that `cost_to_go` needs: days + 1, states, index."""
        graph = self.graph
        return len(graph.low), len(graph.first) - 1, (int(graph.high.max()) + 2) * graph.width

    @property
    def work(self) -> int:
        """Roughly how many table entries one pass fills."""
        graph = self.graph
        return int((graph.high - graph.low + 1).clip(0).sum()) * (len(graph.first) - 1) * graph.width


def person_graph(arrays: Arrays, e: int, counting: Counting) -> PersonGraph:
    """The state graph of person e; limits that `counting` leaves out are not in it."""
    person, off = arrays.problem.people[e], arrays.off
    possible = arrays.base[e] < NEVER / 2
    local = np.flatnonzero(possible[:, :off].any(axis=0))
    number = {name: at for at, name in enumerate(arrays.shift_ids)}
    remembered = [number[cell] for cell in person.history if cell is not None]
    memory = [*local, *(s for s in dict.fromkeys(remembered) if s not in local)]
    at = {int(s): i for i, s in enumerate(local)}
    states = _States(person, *_bars(arrays, memory, at))
    known = {arrays.shift_ids[s]: i for i, s in enumerate(memory)}
    start, opened = _start(states, person.history, known)
    transitions = _transitions(states, len(local))
    counters = _Counters(arrays, person, counting)
    flat = np.array([(*move, state) for state, moves in enumerate(transitions) for move in moves], np.int64)
    blank = np.zeros(arrays.days + 1, np.int64)
    graph = Graph(
        first=np.cumsum([0, *map(len, transitions)]),
        to=flat[:, 0].copy(),
        to_if_absent=flat[:, 1].copy(),
        shift=flat[:, 2].copy(),
        need=flat[:, 3].copy(),
        from_off=flat[:, 4].copy(),
        units=np.zeros(len(local) + 1, np.int64),
        counter=np.array([*(counters.step(int(s)) for s in local), 0], np.int64),
        weekend=arrays.weekend,
        absent=np.isin(np.arange(arrays.days), sorted(person.absent)).astype(np.int64),
        low=blank,
        high=blank,
        spare=counters.spare,
        width=counters.width,
        start=start,
        opened=opened,
        weekend_counter=counters.weekend_step,
    )
    return _with_units(arrays, person, PersonGraph(graph, local, counting, True), possible[:, [*local, off]])


def _bars(arrays: Arrays, memory: list[int], at: dict[int, int]) -> tuple[list[frozenset[int]], list[frozenset[int]]]:
    """Per remembered shift, which local shifts may not come next, and which not after one day off."""
    return (
        [frozenset(at[int(t)] for t in np.flatnonzero(arrays.not_next[s]) if int(t) in at) for s in memory],
        [frozenset(at[int(t)] for t in np.flatnonzero(arrays.not_after_off[s]) if int(t) in at) for s in memory],
    )


class _Counters:
    """Counters folded into one number, each with a spare slot for "one too many"."""

    def __init__(self, arrays: Arrays, person: Person, counting: Counting) -> None:
        limits = [min(person.max_shifts[arrays.shift_ids[s]], arrays.days) for s in counting.shifts]
        self.shifts = counting.shifts
        self.sizes = [limit + 2 for limit in limits]
        self.weekend_step = 0
        if counting.weekends and person.max_weekends is not None:
            self.sizes.append(min(person.max_weekends, arrays.days) + 2)
            self.weekend_step = 1
        self.width = int(np.prod(self.sizes, dtype=np.int64))
        broken = np.zeros(self.sizes or (1,), bool)
        for axis, size in enumerate(self.sizes):
            np.moveaxis(broken, axis, 0)[size - 1] = True
        self.spare = np.flatnonzero(broken.ravel()).astype(np.int64)

    def step(self, shift: int) -> int:
        if shift not in self.shifts:
            return 0
        return int(np.prod(self.sizes[self.shifts.index(shift) + 1 :], dtype=np.int64))


def _with_units(arrays: Arrays, person: Person, bare: PersonGraph, possible: Flags) -> PersonGraph:
    """The graph with working time in it, as far as the bounds on minutes can bind."""
    days, graph = arrays.days, bare.graph
    minutes = np.array([*arrays.minutes[bare.local], 0], np.int64)
    step = int(np.gcd.reduce(minutes)) or 1
    units = minutes // step
    before, after = np.zeros(days + 1, np.int64), np.zeros(days + 1, np.int64)
    exists = bool(most_units(graph, possible, units, before, after))
    most = int(before[-1])
    least = -(-(person.min_minutes or 0) // step)
    highest = most if person.max_minutes is None else min(most, person.max_minutes // step)
    if not exists or least > highest:
        return PersonGraph(graph, bare.local, bare.counting, False)
    if least == 0 and highest == most:
        return bare
    low = np.maximum(0, least - after)
    high = np.minimum(before, highest)
    low[0] = high[0] = 0
    whole = graph._replace(units=units, low=low, high=high)
    return PersonGraph(whole, bare.local, bare.counting, bool((low <= high).all()))
