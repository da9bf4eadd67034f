"""What a bound may forget of a day, and what it must not: frozen stops, reloads, and orders moved on the way.

Each of these makes real plans dearer or fewer, so leaving part of it out keeps a bound one:
- Frozen stops: a vehicle begins behind its last one, at the earliest clock at which it can be there. What it costs
  to drive them and go home is paid whatever else it does (`spent`).
- Reloads: each trip is a route of its own, with its part of the vehicle's fixed cost; that the trips of a vehicle
  follow one another is left out. Where stops are frozen as well, all trips are one route without loads, on shortest
  ways, because the way by the start is never shorter.
- Pickup and delivery on the way: both visits are served like orders of their own. That they are on one route and in
  their sequence is left out, but not what it means for two visits in a row (Dumas, Desrosiers and Soumis 1991).
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from transport.optimise.day import COLLECT, DELIVER, LOAD, RELOAD, Day, Ints
from transport.optimise.model import NO_ROAD
from transport.optimise.schedule import starts

NO_WAY: int = 1 << 60  # whole money or ticks of a way that is not there


@dataclass(frozen=True, eq=False)
class Begin:
    """Where a route of a type begins. `tick`: the earliest clock there. `spent`: whole money for the frozen stops and
    the way home from the last of them, 0 without any. `aboard`: load taken by frozen deliveries and pickups, 2 x D."""

    place: int
    tick: int
    spent: int
    aboard: Ints


def is_relaxed(day: Day) -> bool:
    """Whether the bound forgets more than single routes' details, so that its routes are not those of a plan."""
    on_the_way = any(len(own) == 2 for own in day.visits_of)
    return on_the_way or int(day.arrays.trips.max(initial=1)) > 1 or any(day.prefix)


def trips_apart(day: Day, k: int) -> int:
    """How many routes of the bound one vehicle of the type may drive."""
    return 1 if day.prefix[k] else int(min(day.arrays.trips[k], max(1, len(day.visits))))


def begin(day: Day, k: int) -> Begin:
    arrays, prefix = day.arrays, day.prefix[k]
    aboard = np.zeros((2, arrays.loads.shape[1]), np.int64)
    if not prefix:
        return Begin(int(arrays.start[k]), int(arrays.leaves[k]), 0, aboard)
    for visit in prefix:
        if arrays.action[visit] in (DELIVER, COLLECT):
            aboard[int(arrays.action[visit] == COLLECT)] += arrays.loads[arrays.order[visit]]
    p, last = arrays.profile[k], prefix[-1]
    tick = int(starts(day, k, prefix, int(arrays.leaves[k]))[-1] + arrays.service[last])
    places = [int(arrays.start[k]), *(int(arrays.place[visit]) for visit in prefix), int(arrays.end[k])]
    metres = sum(int(arrays.distance[p, a, b]) for a, b in itertools.pairwise(places))
    ticks = sum(int(arrays.duration[p, a, b]) for a, b in itertools.pairwise(places))
    ticks += sum(int(arrays.service[visit]) for visit in prefix)
    spent = int(arrays.fixed[k] + arrays.per_metre[k] * metres + arrays.per_tick[k] * ticks)
    return Begin(places[-2], tick, spent, aboard)


def always_spent(day: Day) -> int:
    """Whole money that vehicles with frozen stops cost whatever else they do."""
    return sum(begin(day, k).spent for k, prefix in enumerate(day.prefix) if prefix)


def prizes_of_visits(day: Day) -> NDArray[np.float64]:
    """Whole money, at most, that it costs not to make a visit: an order's prize in equal parts; nothing for frozen
    visits, which are made."""
    frozen = {visit for prefix in day.prefix for visit in prefix}
    prizes = np.zeros(len(day.visits))
    for n, own in enumerate(day.visits_of):
        left = [visit for visit in own if visit not in frozen]
        for visit in left:
            prizes[visit] = int(day.prize[n]) // len(left)
    return prizes


def routes_of(day: Day, k: int, sequence: Sequence[int]) -> list[tuple[int, ...]]:
    """The routes of the bound that a tour of the type is, each as visits without the frozen ones."""
    rest = sequence[len(day.prefix[k]) :]
    if day.prefix[k]:
        return [tuple(visit for visit in rest if visit != RELOAD)]
    trips: list[list[int]] = [[]]
    for visit in rest:
        if visit == RELOAD:
            trips.append([])
        else:
            trips[-1].append(visit)
    return [tuple(trip) for trip in trips if trip]


def narrow(day: Day, visits: Ints, opens: Ints, closes: Ints, shortest: Ints) -> None:
    """Windows of orders moved on the way, in place: a delivery comes after its pickup, and that early enough."""
    arrays, row = day.arrays, {int(visit): at for at, visit in enumerate(visits)}
    for own in day.visits_of:
        if len(own) == 2 and own[0] in row and own[1] in row:
            a, b = row[own[0]], row[own[1]]
            way = int(arrays.service[own[0]] + shortest[arrays.place[own[0]], arrays.place[own[1]]])
            opens[b] = max(opens[b], opens[a] + way)
            closes[a] = min(closes[a], closes[b] - way)


@dataclass(frozen=True, eq=False)
class Blocked:
    """Which rows cannot come first, cannot come last, and cannot follow which."""

    first: NDArray[np.bool_]  # M
    last: NDArray[np.bool_]  # M
    between: NDArray[np.bool_]  # M x M


def blocked(day: Day, k: int, visits: Ints, opens: Ints, closes: Ints, shortest: Ints) -> Blocked:
    """What pickup and delivery on the way forbid of two visits in a row. `opens` and `closes` are the narrowed
    windows, `shortest` the shortest ways in ticks between all places."""
    arrays, size = day.arrays, len(visits)
    action, order = arrays.action[visits], arrays.order[visits]
    row = {int(visit): at for at, visit in enumerate(visits)}
    partner = np.full(size, -1, np.int64)
    for own in day.visits_of:
        if len(own) == 2 and own[0] in row and own[1] in row:
            partner[row[own[0]]], partner[row[own[1]]] = row[own[1]], row[own[0]]
    paired, loaded = partner >= 0, action == LOAD
    picks, drops = paired & loaded, paired & ~loaded
    ways = shortest[np.ix_(arrays.place[visits], arrays.place[visits])] + arrays.service[visits][:, None]
    load = arrays.loads[order]
    both = (load[:, None, :] + load[None, :, :] > arrays.capacity[k]).any(axis=2)
    fits = _in_a_row(partner, loaded, both, ways, opens, closes)
    return Blocked(first=drops, last=picks, between=~fits)


@njit(cache=True, error_model="numpy")
def _in_a_row(
    partner: Ints, loaded: NDArray[np.bool_], both: NDArray[np.bool_], ways: Ints, opens: Ints, closes: Ints
) -> NDArray[np.bool_]:
    """Whether j can follow i at once for every two visits of different orders moved on the way; others can."""
    size = len(partner)
    fits = np.ones((size, size), np.bool_)
    line = np.zeros(4, np.int64)
    for i in range(size):
        for j in range(size):
            if i == j or partner[i] < 0 or partner[j] < 0:
                continue
            if partner[i] == j:
                fits[i, j] = loaded[i]
                continue
            a, b = (i if loaded[i] else partner[i]), (j if loaded[j] else partner[j])  # pickups
            if both[i, j] and not (not loaded[i] and loaded[j]):
                fits[i, j] = False
                continue
            held = False
            for swapped in range(2):
                if loaded[i] and loaded[j]:
                    tail = (partner[j], partner[i]) if swapped else (partner[i], partner[j])
                    line[0], line[1], line[2], line[3] = i, j, tail[0], tail[1]
                elif loaded[i]:
                    line[0], line[1], line[2], line[3] = b, i, j, partner[i]
                elif loaded[j]:
                    line[0], line[1], line[2], line[3] = a, i, j, partner[j]
                else:
                    head = (b, a) if swapped else (a, b)
                    line[0], line[1], line[2], line[3] = head[0], head[1], i, j
                held = held or _holds(line, ways, opens, closes)
            fits[i, j] = held
    return fits


@njit(cache=True, error_model="numpy")
def _holds(line: Ints, ways: Ints, opens: Ints, closes: Ints) -> bool:
    clock = opens[line[0]]
    for x in range(4):
        if x > 0:
            clock = max(clock + ways[line[x - 1], line[x]], opens[line[x]])
        if clock > closes[line[x]]:
            return False
    return True


@njit(cache=True, error_model="numpy")
def shortest(matrix: NDArray[np.int64]) -> NDArray[np.int64]:
    """All shortest ways (Floyd and Warshall); road matrices need not keep the triangle inequality."""
    short = matrix.copy()
    n = len(short)
    for via in range(n):
        for i in range(n):
            head = short[i, via]
            for j in range(n):
                if head + short[via, j] < short[i, j]:
                    short[i, j] = head + short[via, j]
    return short


def cheapest_ways(metres: Ints, ticks: Ints, per_metre: int, per_tick: int) -> Ints:
    """Whole money of the cheapest way between any two places, NO_WAY or more where there is none."""
    there = (metres < NO_ROAD) & (ticks < NO_ROAD)
    price = per_metre * np.where(there, metres, 0) + per_tick * np.where(there, ticks, 0)
    return shortest(np.where(there, price, NO_WAY))
