"""Every place for one more order in a route, each reckoned from what it changes.

What no place changes is summed up once per route (`Base`): metres, ticks, and what is on board in front of each
position. A place then costs a few sums for its length, one comparison for the load of an order that is carried from
stop to stop, and one drive for the clock, which is made only where the rest could still be the best. (Concatenated
segments, as in Vidal, Crainic, Gendreau and Prins 2014, would save that drive too, but know neither breaks nor several
windows.)
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from transport.optimise.day import DELIVER, LOAD, RELOAD, UNLOAD, Ints
from transport.optimise.model import NO_ROAD
from transport.optimise.schedule import (
    DISTANCE,
    DRIVING,
    DURATION,
    HOLDS,
    HOURS,
    LATE,
    NOWHERE,
    ROAD,
    TOO_MUCH,
    TRIPS,
    ZERO,
    backward,
    forward,
    judge,
    load_over,
    times,
)

WORST = 5
NOTHING = -2  # no second visit
FAR: Any = np.int64(1 << 62)


class Base(NamedTuple):
    """A route of L visits as it stands: `metres`, `ticks` of driving, `service` ticks, `missing` roads, `trips`; in
    front of each position, `open_pairs` (orders picked up and not yet delivered, L + 1) and `aboard` (D x L + 1)."""

    metres: int
    ticks: int
    service: int
    missing: int
    trips: int
    open_pairs: Ints
    aboard: Ints


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
def _place(day: Any, k: int, sequence: Any, x: int) -> int:
    if x < 0:
        return int(day.start[k])
    if x == len(sequence):
        return int(day.end[k])
    return int(day.start[k] if sequence[x] == RELOAD else day.place[sequence[x]])


@njit(cache=True, error_model="numpy")
def _way(day: Any, k: int, i: int, j: int) -> tuple[int, int, int]:
    """(metres, ticks, 0), or (0, 0, 1) where there is no road."""
    metres, ticks = day.distance[day.profile[k], i, j], day.duration[day.profile[k], i, j]
    if metres >= NO_ROAD or ticks >= NO_ROAD:
        return ZERO, ZERO, 1
    return metres, ticks, 0


@njit(cache=True, error_model="numpy")
def _stand(day: Any, k: int, sequence: Any) -> Base:
    size = len(sequence)
    pairs, aboard = np.zeros(size + 1, np.int64), np.zeros((day.loads.shape[1], size + 1), np.int64)
    metres, ticks, service, missing, trips = ZERO, ZERO, ZERO, ZERO, 1
    for x in range(size + 1):
        if x == 0 or sequence[x - 1] == RELOAD:
            trips += x > 0
            for z in range(x, size):
                if sequence[z] == RELOAD:
                    break
                if day.action[sequence[z]] == DELIVER:
                    aboard[:, x] += day.loads[day.order[sequence[z]]]
        else:
            last = sequence[x - 1]
            action = day.action[last]
            sign = -1 if action in (DELIVER, UNLOAD) else 1
            pairs[x] = pairs[x - 1] + (action == LOAD) - (action == UNLOAD)
            aboard[:, x] = aboard[:, x - 1] + sign * day.loads[day.order[last]]
            service += day.service[last]
        way, takes, none = _way(day, k, _place(day, k, sequence, x - 1), _place(day, k, sequence, x))
        metres, ticks, missing = metres + way, ticks + takes, missing + none
    return Base(metres, ticks, service, missing, trips, pairs, aboard)


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
def _no_load(base: Base, sequence: Any, x: int, y: int, loads: int) -> bool:
    """Whether a reload before x or behind y would begin or end a trip without a stop, or part a pickup from its
    delivery."""
    before = loads & 1 and (x == 0 or sequence[x - 1] == RELOAD or base.open_pairs[x] > 0)
    after = loads & 2 and (y == len(sequence) or sequence[y] == RELOAD or base.open_pairs[y] > 0)
    return bool(before or after)


@njit(cache=True, error_model="numpy")
def _longer(
    day: Any, k: int, base: Base, sequence: Any, x: int, one: int, y: int, two: int, loads: int
) -> tuple[int, int, int]:
    """(metres, driving ticks, missing roads) of the whole route with the order at a place."""
    metres, ticks, missing = base.metres, base.ticks, base.missing
    for gap in range(1 if x == y else 2):
        at = x if gap == 0 else y
        here, goal = _place(day, k, sequence, at - 1), _place(day, k, sequence, at)
        way, takes, none = _way(day, k, here, goal)
        metres, ticks, missing = metres - way, ticks - takes, missing - none
        for stop in range(5):  # reload, one, two, reload, on
            there = goal
            if stop == 0 or stop == 3:
                wanted = loads & 1 and gap == 0 if stop == 0 else loads & 2 and at == y
                there = day.start[k]
            elif stop == 1:
                wanted = gap == 0
                there = day.place[one]
            elif stop == 2:
                wanted = at == y and two != NOTHING
                there = day.place[two]
            else:
                wanted = True
            if wanted:
                way, takes, none = _way(day, k, here, there)
                metres, ticks, missing = metres + way, ticks + takes, missing + none
                here = there
    return metres, ticks, missing


@njit(cache=True, error_model="numpy")
def _hours(
    day: Any, k: int, route: Any, metres: int, busy: int, cheapest: int, least: int, starts: Any, waits: Any
) -> tuple[int, int, int]:
    """(code, by how much, cost) of the route's clock. Where it cannot cost less than `cheapest`, or is at least by
    `least` too long, it says no more than that."""
    back, late_at = forward(day, k, route, day.leaves[k], starts, waits, NOWHERE, ZERO)
    if late_at >= 0:
        return LATE, back, ZERO
    if back > day.returns[k]:
        return HOURS, back - day.returns[k], ZERO
    if day.break_lasts[k] > 0:  # finding the latest leave is long work; without breaks it would be later still
        shortest = back - backward(day, k, route, back, starts[: len(route)])
        if shortest - day.max_duration[k] >= least:
            return DURATION, shortest - day.max_duration[k], ZERO
        if day.fixed[k] + day.per_metre[k] * metres + day.per_tick[k] * shortest >= cheapest:
            return HOLDS, ZERO, cheapest
    verdict = times(day, k, route, metres, busy)
    return verdict[0], verdict[1], verdict[3]


@njit(cache=True, error_model="numpy")
def _overload(day: Any, k: int, base: Base, n: int, y: int, over: Any) -> int:
    """What a carried order with its delivery before y is over a capacity where it first is;
    `over` holds that of each measure for the y before, 0 for none."""
    for d in range(len(over)):
        if over[d] == 0:
            over[d] = max(0, base.aboard[d, y] + day.loads[n, d] - day.capacity[k, d])
    for d in range(len(over)):
        if over[d] > 0:
            return int(over[d])
    return 0


@njit(cache=True, error_model="numpy")
def _length_breaks(day: Any, k: int, trips: int, metres: int, ticks: int, missing: int) -> tuple[int, int]:
    if missing > 0:
        return ROAD, ZERO
    if trips > day.trips[k]:
        return TRIPS, trips - day.trips[k]
    if metres > day.max_distance[k]:
        return DISTANCE, metres - day.max_distance[k]
    if ticks > day.drives_at_most[k]:
        return DRIVING, ticks - day.drives_at_most[k]
    return HOLDS, ZERO


@njit(cache=True, error_model="numpy")
def look(
    day: Any, k: int, sequence: Any, first: int, one: int, two: int, tried: Any, best: Any
) -> tuple[int, tuple[int, int, int, int, int, int, int]]:
    """Tries every place from `first` on for an order that the type may serve; no visit of the sequence is forbidden.
    Fills `best`; gives its length and what `judge` says of it."""
    base, n, size = _stand(day, k, sequence), day.order[one], len(sequence)
    service = base.service + day.service[one] + (ZERO if two == NOTHING else day.service[two])
    over = np.zeros(day.loads.shape[1], np.int64)
    starts, waits = np.zeros(len(tried), np.int64), np.zeros(len(tried) + 1, np.int64)
    length, holds, cheapest, least, by = 0, False, ZERO, WORST + 1, ZERO
    for x in range(first, size + 1):
        over[:] = 0
        for y in range(x, size + 1):
            if y > x and (two == NOTHING or sequence[y - 1] == RELOAD):
                break
            carried = 0 if two == NOTHING else _overload(day, k, base, n, y, over)
            for loads in range(4 if day.trips[k] > 1 else 1):
                if loads and _no_load(base, sequence, x, y, loads):
                    continue
                extra = (loads & 1) + (loads >> 1)
                metres, ticks, missing = _longer(day, k, base, sequence, x, one, y, two, loads)
                code, more = _length_breaks(day, k, base.trips + extra, metres, ticks, missing)
                spent = day.fixed[k] + day.per_metre[k] * metres
                if holds and (code != HOLDS or spent + day.per_tick[k] * (ticks + service) >= cheapest):
                    continue
                worse = _rank(code) > least or (_rank(code) == least and more >= by)
                if not holds and code != HOLDS and worse and least < _rank(TOO_MUCH):
                    continue
                put = _put(tried, sequence, x, one, y, two, loads)
                route, cost = tried[:put], ZERO
                weight = carried
                if loads or two == NOTHING:
                    weight = load_over(day, k, route)[0]
                if weight > 0:
                    code, more = TOO_MUCH, weight
                elif code == HOLDS:
                    bar, longest = cheapest if holds else FAR, by if least == 0 and not holds else FAR
                    busy = ticks + service
                    code, more, cost = _hours(day, k, route, metres, busy, bar, longest, starts, waits)
                if code == HOLDS:
                    better = not holds or cost < cheapest
                    holds, cheapest = True, (cost if better else cheapest)
                else:
                    better = not holds and (_rank(code) < least or (_rank(code) == least and more < by))
                    if better:
                        least, by = _rank(code), more
                if better:
                    length = put
                    best[:put] = route
    return length, judge(day, k, best[:length])
