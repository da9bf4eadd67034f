"""Where in a route does one more order cost least, and where none holds, where does it break least?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from transport.optimise.day import RELOAD, Day
from transport.optimise.model import NO_ROAD
from transport.optimise.schedule import (
    DISTANCE,
    DRIVING,
    DURATION,
    HOLDS,
    HOURS,
    LATE,
    ROAD,
    TOO_MUCH,
    TRIPS,
    Verdict,
    judge,
    try_route,
)

WORST = 5
NOTHING = -2  # no second visit


@dataclass(frozen=True)
class Found:
    """A route with the order in it, and what is to be said of it."""

    sequence: tuple[int, ...]
    verdict: Verdict


@njit(cache=True, error_model="numpy")
def _rank(code: int) -> int:
    """Being late by little is nearer to a plan than being too heavy, and a road that is not there is furthest."""
    if code in (LATE, HOURS, DURATION, DRIVING):
        return 0
    if code == DISTANCE:
        return 1
    if code == TRIPS:
        return 2
    if code == TOO_MUCH:
        return 3
    return 4 if code == ROAD else WORST


@njit(cache=True, error_model="numpy")
def _put(into: Any, sequence: Any, x: int, one: int, y: int, two: int, loads: int) -> int:
    """Writes the sequence with `one` before its position x and `two` before its position y; `loads`: 1 a reload before
    them, 2 one behind them, 3 both. Gives the length."""
    length = 0
    for at in range(len(sequence) + 1):
        if at == x:
            if loads & 1:
                into[length] = RELOAD
                length += 1
            into[length] = one
            length += 1
        if at == y:
            if two != NOTHING:
                into[length] = two
                length += 1
            if loads & 2:
                into[length] = RELOAD
                length += 1
        if at < len(sequence):
            into[length] = sequence[at]
            length += 1
    return length


@njit(cache=True, error_model="numpy")
def _at_least(day: Any, k: int, sequence: Any) -> int:
    """What a sequence costs if it never waits; -1 where a road is missing."""
    p, here = day.profile[k], day.start[k]
    cost = day.fixed[k]
    for x in range(len(sequence) + 1):
        there = day.end[k]
        if x < len(sequence):
            there = day.start[k] if sequence[x] == RELOAD else day.place[sequence[x]]
            if sequence[x] != RELOAD:
                cost += day.per_tick[k] * day.service[sequence[x]]
        metres, ticks = day.distance[p, here, there], day.duration[p, here, there]
        if metres >= NO_ROAD or ticks >= NO_ROAD:
            return -1
        cost += day.per_metre[k] * metres + day.per_tick[k] * ticks
        here = there
    return int(cost)


@njit(cache=True, error_model="numpy")
def _idle_load(sequence: Any, x: int, y: int, loads: int) -> bool:
    """Whether a reload before x or behind y would begin or end a trip without a stop."""
    before = loads & 1 and (x == 0 or sequence[x - 1] == RELOAD)
    behind = loads & 2 and (y == len(sequence) or sequence[y] == RELOAD)
    return bool(before or behind)


@njit(cache=True, error_model="numpy")
def _look(day: Any, k: int, sequence: Any, first: int, one: int, two: int, tried: Any, best: Any) -> tuple[int, Any]:
    """Tries every place from `first` on. Fills `best`; gives its length and what `judge` says of it."""
    length, told = 0, (0, 0, 0, 0, 0, 0, 0)
    holds, cheapest, least, by = False, 0, WORST + 1, 0
    most_loads = 4 if day.trips[k] > 1 else 1
    for x in range(first, len(sequence) + 1):
        for y in range(x, len(sequence) + 1):
            if y > x and (two == NOTHING or sequence[y - 1] == RELOAD):
                break
            for loads in range(most_loads):
                if loads and _idle_load(sequence, x, y, loads):
                    continue
                size = _put(tried, sequence, x, one, y, two, loads)
                if holds:
                    floor = _at_least(day, k, tried[:size])
                    if floor < 0 or floor >= cheapest:
                        continue
                verdict = judge(day, k, tried[:size])
                bad = _rank(verdict[0])
                if verdict[0] == HOLDS:
                    better = not holds or verdict[3] < cheapest
                    holds, cheapest = True, (verdict[3] if better else cheapest)
                else:
                    better = not holds and (bad < least or (bad == least and verdict[1] < by))
                    if better:
                        least, by = bad, verdict[1]
                if better:
                    length, told = size, verdict
                    best[:size] = tried[:size]
    return length, told


def find_place(day: Day, k: int, sequence: Sequence[int], n: int) -> Found:
    """The cheapest place for order n behind the frozen visits of a route of type k, also on a load of its own where
    the vehicle may come back for one; where none holds, the one that breaks least. The type must be allowed to
    serve the order."""
    own = day.visits_of[n]
    two = own[1] if len(own) == 2 else NOTHING
    tried, best = np.zeros((2, len(sequence) + 4), np.int32)
    steps: NDArray[np.int32] = np.array(sequence, np.int32)
    length, told = _look(day.arrays, k, steps, len(day.prefix[k]), own[0], two, tried, best)
    return Found(tuple(best[:length].tolist()), Verdict(*(int(x) for x in told)))


def place_at(day: Day, k: int, sequence: Sequence[int], n: int, at: Sequence[int]) -> Found:
    """Order n at these positions of the new route (of pickup and delivery, in this order), counting reloads too."""
    route = list(sequence)
    for position, visit in zip(at, day.visits_of[n], strict=True):
        route.insert(position, visit)
    return Found(tuple(route), try_route(day, k, route))


def without(day: Day, sequence: Sequence[int], n: int) -> tuple[int, ...]:
    """The sequence with order n taken out, and with it a reload for which nothing is left to do."""
    left: list[int] = []
    for visit in sequence:
        pointless = visit == RELOAD and (not left or left[-1] == RELOAD)
        if visit not in day.visits_of[n] and not pointless:
            left.append(visit)
    return tuple(left[:-1] if left and left[-1] == RELOAD else left)
