"""The inner loops over all lines that one person could work, compiled with numba.

A state after d days is (k, units, counters): k says what the last days were (which run, how long), `units` is the
working time so far in steps of the greatest common divisor, and the counters (worked weekends, shifts of a limited
kind) are folded into one number with one spare slot each, so that a step is a shift of a contiguous array by a
constant: index = units * width + folded counters. What lands in a spare slot is wiped: that limit would be broken.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

INFINITE = 1e30
IMPOSSIBLE = 1e11  # a cell cost above this marks a cell that cannot be


class Graph(NamedTuple):
    """Who may follow whom, for one person: transitions of state k are at first[k]:first[k+1].

    to / to_if_absent [T]: the next k (the latter on days of absence). shift [T]: local shift, n for a day off.
    need [T]: 0, or the length of a work run that is too short to end, unless it began at the day `opened` or earlier.
    from_off [T]: the day before is a day off. units [n+1], counter [n+1]: what a shift adds to the index.
    weekend, absent [H]: see Arrays, Person. low, high [H+1]: units that can still lead to a valid line.
    spare: folded counters that break a limit. width: counters per unit. start: k before the first day.
    weekend_counter: what a weekend adds to the index, 0 when it is priced instead.
    """

    first: Ints
    to: Ints
    to_if_absent: Ints
    shift: Ints
    need: Ints
    from_off: Ints
    units: Ints
    counter: Ints
    weekend: Ints
    absent: Ints
    low: Ints
    high: Ints
    spare: Ints
    width: int
    start: int
    opened: int
    weekend_counter: int


@njit(cache=True, nogil=True)
def _step(g, t, d, cost, weekend_price):  # type: ignore[no-untyped-def]
    """Cost (INFINITE: forbidden), next k and units and counters added by transition t on day d."""
    s = g.shift[t]
    c = cost[d, s]
    if c > IMPOSSIBLE:
        return INFINITE, 0, 0, 0
    if g.need[t] > 0 and g.absent[d] == 0:
        began = d - g.need[t]
        if began > g.opened and (began <= 0 or g.absent[began - 1] == 0):
            return INFINITE, 0, 0, 0
    to = g.to_if_absent[t] if g.absent[d] == 1 else g.to[t]
    added = g.counter[s]
    if s < g.units.size - 1 and (g.weekend[d] == 1 or (g.weekend[d] == 2 and g.from_off[t] == 1)):
        added += g.weekend_counter
        c += weekend_price
    return c, to, g.units[s], added


@njit(cache=True, nogil=True)
def _wipe(row, low, high, width, spare):  # type: ignore[no-untyped-def]
    for m in range(low, high + 1):
        for j in range(spare.size):
            row[m * width + spare[j]] = INFINITE


@njit(cache=True, nogil=True)
def cost_to_go(g, cost, weekend_price, table):  # type: ignore[no-untyped-def]
    """Fill table[d, k, index] with the least cost of days d.. from that state; returns the cost of the best line.

    cost [H, n+1] per local shift and day off; table [H+1, K, (units + 2) * width].
    """
    days, states, width = cost.shape[0], g.first.size - 1, g.width
    for k in range(states):
        table[days, k, g.low[days] * width : (g.high[days] + 1) * width] = 0.0
        _wipe(table[days, k], g.low[days], g.high[days], width, g.spare)
    for d in range(days - 1, -1, -1):
        for k in range(states):
            row = table[d, k]
            row[g.low[d] * width : (g.high[d] + 1) * width] = INFINITE
            for t in range(g.first[k], g.first[k + 1]):
                c, to, units, added = _step(g, t, d, cost, weekend_price)
                a = max(g.low[d], g.low[d + 1] - units)
                b = min(g.high[d], g.high[d + 1] - units)
                if c >= INFINITE or a > b:
                    continue
                shift = units * width + added
                here = row[a * width : (b + 1) * width]
                there = table[d + 1, to, a * width + shift : (b + 1) * width + shift]
                for i in range(here.size):
                    v = there[i] + c
                    here[i] = v if v < here[i] else here[i]
            _wipe(row, g.low[d], g.high[d], width, g.spare)
    return table[0, g.start, 0]


@njit(cache=True, nogil=True)
def _trace(g, cost, weekend_price, table, slack, seed, line):  # type: ignore[no-untyped-def]
    """Read a line out of a `cost_to_go` table into `line` (local shifts, n for off), at most `slack` above the best.

    With a seed of 0 the best line, ties by the first transition; else a random one within the slack.
    """
    if seed > 0:
        np.random.seed(seed)
    k, at, left = g.start, 0, slack
    for d in range(cost.shape[0]):
        value = table[d, k, at]
        best, best_t, count = INFINITE, -1, 0
        for t in range(g.first[k], g.first[k + 1]):
            c, to, units, added = _step(g, t, d, cost, weekend_price)
            m = at // g.width + units
            if c >= INFINITE or m < g.low[d + 1] or m > g.high[d + 1]:
                continue
            over = table[d + 1, to, at + units * g.width + added] + c - value
            if seed == 0:
                if over < best:
                    best, best_t = over, t
            elif over <= left + 1e-9:
                count += 1
                if np.random.random() * count < 1.0:
                    best, best_t = over, t
        if best_t < 0:
            return False
        c, to, units, added = _step(g, best_t, d, cost, weekend_price)
        line[d] = g.shift[best_t]
        at += units * g.width + added
        k = to
        left -= max(0.0, best)
    return True


@njit(cache=True, nogil=True)
def _count(g, line, worked_before, counts):  # type: ignore[no-untyped-def]
    """Fill counts [n+1] with how often a line has each local shift and, last, how many weekends it works."""
    n = counts.size - 1
    counts[:] = 0
    before = worked_before
    for d in range(line.size):
        works = line[d] < n
        if works:
            counts[line[d]] += 1
            if g.weekend[d] == 1 or (g.weekend[d] == 2 and not before):
                counts[n] += 1
        before = works


@njit(cache=True, nogil=True)
def priced_line(g, own, limits, prices, worked_before, tries, probe, table, best, broken):  # type: ignore[no-untyped-def]
    """The best line when limits outside the states are priced (sub-gradient, M. Held and R. Karp 1971).

    own [H, n+1]: cost of each local cell. limits [n+1]: most of each shift and, last, of weekends; -1 where the states
    count it or there is none. prices [n+1]: the multipliers, updated in place. `best` [H] receives the line and
    `broken` [n+1] what the first one exceeded. Returns (bound, value); the bound is safe for any multipliers, the
    value is INFINITE when no line within the limits was met. With `probe` it ends when the first line breaks a limit.
    """
    days, n = own.shape[0], own.shape[1] - 1
    bound, value, step, largest = -INFINITE, INFINITE, 0.0, 0.0
    cost = own.copy()
    counts = np.zeros(n + 1, np.int64)
    line = np.empty(days, np.int64)
    for d in range(days):
        for s in range(n + 1):
            if own[d, s] < IMPOSSIBLE:
                largest = max(largest, abs(own[d, s]))
    for attempt in range(tries):
        for d in range(days):
            for s in range(n):
                cost[d, s] = own[d, s] + prices[s]
        relaxed = cost_to_go(g, cost, prices[n], table)
        if relaxed > IMPOSSIBLE:
            return INFINITE, INFINITE
        _trace(g, cost, prices[n], table, 0.0, 0, line)
        _count(g, line, worked_before, counts)
        within = True
        for s in range(n + 1):
            over = limits[s] >= 0 and counts[s] > limits[s]
            within = within and not over
            if limits[s] >= 0:
                relaxed -= prices[s] * limits[s]
            if attempt == 0:
                broken[s] = over
        bound = max(bound, relaxed)
        if within:
            total = 0.0
            for d in range(days):
                total += own[d, line[d]]
            if total < value:
                value = total
                best[:] = line
        if value <= bound + 1e-7 or (probe and not within):
            break
        probe = False
        step = 0.75 * step if step > 0.0 else max(1.0, 0.05 * largest)
        for s in range(n + 1):
            if limits[s] >= 0:
                prices[s] = max(0.0, prices[s] + step * np.sign(counts[s] - limits[s]))
    return bound, value


@njit(cache=True, nogil=True)
def through(g, cost, weekend_price, table, now, after, best):  # type: ignore[no-untyped-def]
    """Fill best[d, s] with the least cost of a line that has cell s on day d, from a `cost_to_go` table.

    `now` and `after` [K, index] are scratch of the shape of one day of the table.
    """
    days, states, width = cost.shape[0], g.first.size - 1, g.width
    best[:] = INFINITE
    now[:] = INFINITE
    now[g.start, 0] = 0.0
    for d in range(days):
        after[:] = INFINITE
        for k in range(states):
            for t in range(g.first[k], g.first[k + 1]):
                c, to, units, added = _step(g, t, d, cost, weekend_price)
                a = max(g.low[d], g.low[d + 1] - units)
                b = min(g.high[d], g.high[d + 1] - units)
                if c >= INFINITE or a > b:
                    continue
                shift = units * width + added
                found = best[d, g.shift[t]]
                for i in range(a * width, (b + 1) * width):
                    v = now[k, i] + c
                    if v < after[to, i + shift]:
                        after[to, i + shift] = v
                    total = v + table[d + 1, to, i + shift]
                    found = total if total < found else found
                best[d, g.shift[t]] = found
        for k in range(states):
            _wipe(after[k], g.low[d + 1], g.high[d + 1], width, g.spare)
        now, after = after, now


@njit(cache=True, nogil=True)
def most_units(g, possible, units, before, after):  # type: ignore[no-untyped-def]
    """Fill before[d] and after[d] with the most units that days ..d-1 and d.. can hold, limits left aside.

    possible [H, n+1]: cells that may be. units [n+1]. Returns False when no line exists at all.
    """
    days, states = possible.shape[0], g.first.size - 1
    none = -1
    now = np.full((days + 1, states), none, np.int64)
    now[0, g.start] = 0
    rest = np.full((days + 1, states), none, np.int64)
    rest[days] = 0
    cost = np.where(possible, 0.0, INFINITE)
    for d in range(days):
        back = days - 1 - d
        for k in range(states):
            for t in range(g.first[k], g.first[k + 1]):
                c, to, _, _ = _step(g, t, d, cost, 0.0)
                if c < INFINITE and now[d, k] >= 0:
                    now[d + 1, to] = max(now[d + 1, to], now[d, k] + units[g.shift[t]])
                c, to, _, _ = _step(g, t, back, cost, 0.0)
                if c < INFINITE and rest[back + 1, to] >= 0:
                    rest[back, k] = max(rest[back, k], rest[back + 1, to] + units[g.shift[t]])
    for d in range(days + 1):
        before[d], after[d] = now[d].max(), rest[d].max()
    return rest[0, g.start] >= 0
