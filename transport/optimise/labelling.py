"""Partial routes by the hundred thousand: ng-route labelling over one vehicle type's network.

Baldacci, Mingozzi and Roberti (2011) for the ng relaxation, Righini and Salani (2006) for joining forward and
backward halves. Costs are sums of multiples of one power of two (see `pricing`), so comparing and adding them
is exact and a bound found here is not a matter of rounding.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FAR = 1e14  # costs from here on are ways that are not there
DONE, TOO_MANY, TOO_LONG = 0, 1, 2

# Typed numbers: for bare ones numba compiles every function that takes them once more.
ZERO: Any = np.int64(0)
ONE: Any = np.int64(1)
NOBODY: Any = np.int32(-1)


class Half(NamedTuple):
    """One direction of a network under given prices. `first` is the cost of the way to a label's first order,
    with that order's price taken off; `cost[i, j]` likewise for going on from i to j."""

    cost: Floats  # M x M
    first: Floats  # M
    clock: Ints  # M x M
    clock_first: Ints  # M
    opens: Ints  # M
    closes: Ints  # M
    load: Ints  # M x R
    capacity: Ints  # R
    near: NDArray[np.uint8]  # M x M
    shift: NDArray[np.uint8]  # M x M x bits


class Labels(NamedTuple):
    """Labels in columns. `next` links the labels of one (order, bucket), cheapest first, from `head`."""

    node: NDArray[np.int32]
    clock: Ints
    cost: Floats
    load: Ints  # labels x R
    memory: NDArray[np.uint16]
    before: NDArray[np.int32]
    next: NDArray[np.int32]
    alive: NDArray[np.bool_]
    head: NDArray[np.int32]  # M x buckets


@njit(cache=True, error_model="numpy")
def extend(
    half: Any, stop_at: int, width: int, buckets: int, heuristic: bool, most: int, most_work: int
) -> tuple[int, int, Any]:
    """All undominated labels; those whose clock is beyond `stop_at` are kept but not extended.

    `heuristic`: cost and clock alone decide dominance, so labels may be missing. Gives (DONE, or why it
    stopped early, work done, labels).
    """
    m, r = half.load.shape
    node, before, following = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.int32)
    clock, cost, load = np.empty(most, np.int64), np.empty(most, np.float64), np.empty((most, r), np.int64)
    memory, alive = np.empty(most, np.uint16), np.empty(most, np.bool_)
    grown = np.zeros(most, np.bool_)
    head = np.full((m, buckets), -1, np.int32)
    labels = Labels(node, clock, cost, load, memory, before, following, alive, head)
    count, work, state = ZERO, ZERO, DONE
    carried = np.zeros(r, np.int64)
    for j in range(m):
        tick = max(half.clock_first[j], half.opens[j])
        if tick > half.closes[j] or half.first[j] >= FAR:
            continue
        if _fits(half, carried, j, carried):
            work += _enter(labels, count, j, tick, half.first[j], carried, ONE, NOBODY, width, heuristic)
            count += alive[count]
        for d in range(r):
            carried[d] = 0
    for bucket in range(buckets):
        again = True
        while again:
            again = False
            for i in range(m):
                a = head[i, bucket]
                while a >= 0 and state == DONE:
                    if not grown[a] and clock[a] <= stop_at:
                        grown[a] = again = True
                        for j in range(m):
                            if count >= most or work > most_work:
                                state = TOO_MANY if count >= most else TOO_LONG
                                break
                            work += 1
                            bit = half.near[i, j]
                            if bit != 255 and (memory[a] >> bit) & 1:
                                continue
                            tick = max(clock[a] + half.clock[i, j], half.opens[j])
                            if tick > half.closes[j] or half.cost[i, j] >= FAR:
                                continue
                            if not _fits(half, load[a], j, carried):
                                continue
                            kept = _remember(half, i, j, memory[a])
                            price = cost[a] + half.cost[i, j]
                            work += _enter(labels, count, j, tick, price, carried, kept, a, width, heuristic)
                            count += alive[count]
                    a = following[a]
        if state != DONE:
            break
    return state, work, _cut(labels, count)


@njit(cache=True, error_model="numpy")
def _fits(half: Any, load: Ints, j: int, carried: Ints) -> bool:
    """Put `load` and j's own into `carried`; False when it is over capacity."""
    for d in range(len(load)):
        carried[d] = load[d] + half.load[j, d]
        if carried[d] > half.capacity[d]:
            return False
    return True


@njit(cache=True, error_model="numpy")
def _remember(half: Any, i: int, j: int, memory: int) -> int:
    """i's memory as far as j keeps it, with j itself (bit 0)."""
    kept: int = ONE
    bit = 0
    while memory:
        if memory & 1:
            to = half.shift[i, j, bit]
            if to != 255:
                kept |= 1 << to
        memory >>= 1
        bit += 1
    return kept


@njit(cache=True, error_model="numpy")
def _enter(
    labels: Any,
    new: int,
    j: int,
    tick: int,
    price: float,
    load: Ints,
    memory: int,
    before: int,
    width: int,
    heuristic: bool,
) -> int:
    """Write label `new` unless one at j is at least as good; drop those that it beats. Gives the work done.

    `alive[new]` says whether it was let in.
    """
    work, bucket = 0, tick // width
    labels.alive[new] = False
    at = -1  # the label of its own bucket after which it belongs
    for z in range(bucket + 1):
        a, previous = labels.head[j, z], -1
        while a >= 0 and labels.cost[a] <= price:
            work += 1
            if labels.clock[a] <= tick and (heuristic or _within(labels, a, load, memory)):
                return work
            previous, a = a, labels.next[a]
        at = previous
    labels.node[new], labels.clock[new], labels.cost[new] = j, tick, price
    labels.memory[new], labels.before[new], labels.alive[new] = memory, before, True
    for d in range(len(load)):
        labels.load[new, d] = load[d]
    if at < 0:
        labels.next[new], labels.head[j, bucket] = labels.head[j, bucket], new
    else:
        labels.next[new], labels.next[at] = labels.next[at], new
    for z in range(bucket, labels.head.shape[1]):
        a, previous = labels.head[j, z], -1
        while a >= 0:
            work += 1
            beaten = (
                a != new
                and labels.cost[a] >= price
                and labels.clock[a] >= tick
                and (heuristic or _beats(labels, load, memory, a))
            )
            if beaten:
                labels.alive[a] = False
                if previous < 0:
                    labels.head[j, z] = labels.next[a]
                else:
                    labels.next[previous] = labels.next[a]
            else:
                previous = a
            a = labels.next[a]
    return work


@njit(cache=True, error_model="numpy")
def _within(labels: Any, a: int, load: Ints, memory: int) -> bool:
    """Label a carries and remembers no more than a newcomer with this load and memory."""
    if labels.memory[a] & ~memory:
        return False
    for d in range(len(load)):  # noqa: SIM110 (compiled: no generators)
        if labels.load[a, d] > load[d]:
            return False
    return True


@njit(cache=True, error_model="numpy")
def _beats(labels: Any, load: Ints, memory: int, a: int) -> bool:
    """A newcomer with this load and memory carries and remembers no more than label a."""
    if memory & ~labels.memory[a]:
        return False
    for d in range(len(load)):  # noqa: SIM110 (compiled: no generators)
        if load[d] > labels.load[a, d]:
            return False
    return True


@njit(cache=True, error_model="numpy")
def _cut(labels: Any, count: int) -> Any:
    return Labels(
        labels.node[:count].copy(),
        labels.clock[:count].copy(),
        labels.cost[:count].copy(),
        labels.load[:count].copy(),
        labels.memory[:count].copy(),
        labels.before[:count].copy(),
        labels.next[:count].copy(),
        labels.alive[:count].copy(),
        labels.head,
    )


@njit(cache=True, error_model="numpy")
def join(
    half: Any,
    ahead: Any,
    behind: Any,
    price: Floats,
    last: Floats,
    clock_last: Ints,
    horizon: int,
    stop_at: int,
    width: int,
    below: float,
) -> tuple[float, Floats, NDArray[np.int32], NDArray[np.int32]]:
    """Complete routes cheaper than `below`: (cheapest of all or `below`, costs, forward labels, backward labels).

    A forward label up to `stop_at` goes straight to the end (backward label -1); one beyond it is joined with
    the cheapest backward label at the same order that fits. `price` is each order's price, which both halves
    have taken off.
    """
    most = len(ahead.cost)
    costs, fronts, backs = np.empty(most), np.empty(most, np.int32), np.empty(most, np.int32)
    found, cheapest = 0, below
    for f in range(most):
        if not ahead.alive[f]:
            continue
        j, back = ahead.node[f], -1
        total = below
        if ahead.clock[f] <= stop_at:
            if ahead.clock[f] + clock_last[j] <= horizon and last[j] < FAR:
                total = ahead.cost[f] + last[j]
        else:
            total, back = _partner(half, ahead, f, behind, price[j], horizon, width, below)
        if total < below:
            costs[found], fronts[found], backs[found] = total, f, back
            found += 1
            cheapest = min(cheapest, total)
    return cheapest, costs[:found], fronts[:found], backs[:found]


@njit(cache=True, error_model="numpy")
def _partner(
    half: Any, ahead: Any, f: int, behind: Any, price: float, horizon: int, width: int, below: float
) -> tuple[float, int]:
    """The cheapest backward label that continues forward label f, when the sum is under `below`."""
    j, best, partner = ahead.node[f], below, -1
    left = horizon - ahead.clock[f]  # backward clocks count from the horizon down
    for z in range(min(left // width + 1, behind.head.shape[1])):
        b = behind.head[j, z]
        while b >= 0:
            total = ahead.cost[f] + behind.cost[b] + price
            if total >= best:
                break
            if behind.clock[b] <= left and (ahead.memory[f] & behind.memory[b]) == 1:
                fits = True
                for d in range(half.load.shape[1]):
                    if ahead.load[f, d] + behind.load[b, d] - half.load[j, d] > half.capacity[d]:
                        fits = False
                if fits:
                    best, partner = total, b
                    break
            b = behind.next[b]
    return best, partner
