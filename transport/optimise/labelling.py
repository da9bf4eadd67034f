"""Partial routes by the hundred thousand: ng-route labelling over one vehicle type's network.

Baldacci, Mingozzi and Roberti (2011) for the ng relaxation, Righini and Salani (2006) for joining forward and
backward halves, Pecin et al. (2017) for cuts of limited memory (see `subsets`). Costs are sums of multiples of one
power of two (see `pricing`), so comparing and adding them is exact and a bound found here is not a matter of rounding.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
FAR = 1e14  # costs from here on are ways that are not there
DONE, TOO_MANY, TOO_LONG = 0, 1, 2
LONGEST = 400  # orders in a route that is walked

# Typed numbers: for bare ones numba compiles every function that takes them once more.
ZERO: Any = np.int64(0)
ONE: Any = np.int64(1)
NOBODY: Any = np.int32(-1)

# Where a word's only bit stands, by the top six bits of its product with this number (de Bruijn).
BRUIJN = 0x03F79D71B4CB0A89
PLACES = np.zeros(64, np.int64)
for _bit in range(64):
    PLACES[((BRUIJN << _bit) & (2**64 - 1)) >> 58] = _bit
TOP: Any = np.uint64(58)
BRUIJN_WORD: Any = np.uint64(BRUIJN)
NOTHING: Any = np.uint64(0)
LAST_BIT: Any = np.uint64(1)


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
    member: Words  # M x words: of which cuts an order is one of the three
    within: Words  # M x words: in the memory of which cuts it is
    toll: Floats  # cuts: what counting costs


class Labels(NamedTuple):
    """Labels in columns. `next` links the labels of one (order, bucket), cheapest first, from `head`."""

    node: NDArray[np.int32]
    clock: Ints
    cost: Floats
    load: Ints  # labels x R
    memory: NDArray[np.uint16]
    half: Words  # labels x words: cuts of which one of the three is remembered
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
    memory, alive, words = np.empty(most, np.uint16), np.empty(most, np.bool_), half.member.shape[1]
    halves, grown = np.empty((most, words), np.uint64), np.zeros(most, np.bool_)
    head = np.full((m, buckets), -1, np.int32)
    labels = Labels(node, clock, cost, load, memory, halves, before, following, alive, head)
    count, work, state = ZERO, ZERO, DONE
    nothing, no_cuts = np.zeros(r, np.int64), np.zeros(words, np.uint64)
    for j in range(m):
        tick = max(half.clock_first[j], half.opens[j])
        if tick > half.closes[j] or half.first[j] >= FAR or count >= most:
            continue
        if _fits(half, nothing, j, load[count]):
            _turn(half, no_cuts, j, halves[count])
            node[count], clock[count], cost[count] = j, tick, half.first[j]
            memory[count], before[count] = ONE, NOBODY
            work += _enter(labels, half.toll, count, width, heuristic)
            count += alive[count]
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
                            if _grow(half, labels, a, i, j, count):
                                work += _enter(labels, half.toll, count, width, heuristic)
                                count += alive[count]
                    a = following[a]
        if state != DONE:
            break
    return state, work, _cut(labels, count)


@njit(cache=True, error_model="numpy")
def _grow(half: Any, labels: Any, a: int, i: int, j: int, new: int) -> bool:
    """Write label `new`: label a, which is at i, going on to j; False when it cannot."""
    bit = half.near[i, j]
    if bit != 255 and (labels.memory[a] >> bit) & 1:
        return False
    tick = max(labels.clock[a] + half.clock[i, j], half.opens[j])
    if tick > half.closes[j] or half.cost[i, j] >= FAR or not _fits(half, labels.load[a], j, labels.load[new]):
        return False
    labels.memory[new] = _remember(half, i, j, labels.memory[a])
    toll = _turn(half, labels.half[a], j, labels.half[new])
    labels.cost[new] = labels.cost[a] + half.cost[i, j] + toll
    labels.node[new], labels.clock[new], labels.before[new] = j, tick, a
    return True


@njit(cache=True, error_model="numpy")
def _turn(half: Any, halves: Words, j: int, turned: Words) -> float:
    """Put into `turned` what is remembered of the cuts behind j; gives what those cost that count there."""
    cost = 0.0
    for w in range(len(halves)):
        kept = halves[w] & half.within[j, w]
        cost += _owed(half.toll, kept & half.member[j, w], w)
        turned[w] = kept ^ half.member[j, w]
    return cost


@njit(cache=True, error_model="numpy")
def _owed(toll: Floats, cuts: Any, w: int) -> float:
    """What the cuts of word w cost."""
    cost = 0.0
    while cuts != NOTHING:
        lowest = cuts & (~cuts + LAST_BIT)
        cost += toll[64 * w + PLACES[(lowest * BRUIJN_WORD) >> TOP]]
        cuts ^= lowest
    return cost


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
def _enter(labels: Any, toll: Floats, new: int, width: int, heuristic: bool) -> int:
    """Let label `new` in unless one at its order is at least as good; drop those that it beats. Gives the work done.

    `alive[new]` says whether it was let in.
    """
    j, tick, price = labels.node[new], labels.clock[new], labels.cost[new]
    work, bucket = 0, tick // width
    labels.alive[new] = False
    at = -1  # the label of its own bucket after which it belongs
    for z in range(bucket + 1):
        a, previous = labels.head[j, z], -1
        while a >= 0 and labels.cost[a] <= price:
            work += 1
            if labels.clock[a] <= tick and (heuristic or _no_worse(labels, toll, a, new)):
                return work
            previous, a = a, labels.next[a]
        at = previous
    labels.alive[new] = True
    if at < 0:
        labels.next[new], labels.head[j, bucket] = labels.head[j, bucket], new
    else:
        labels.next[new], labels.next[at] = labels.next[at], new
    for z in range(bucket, labels.head.shape[1]):
        a, previous = labels.head[j, z], -1
        while a >= 0:
            work += 1
            late = a != new and labels.cost[a] >= price and labels.clock[a] >= tick
            if late and (heuristic or _no_worse(labels, toll, new, a)):
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
def _no_worse(labels: Any, toll: Floats, a: int, b: int) -> bool:
    """Label a, which is no dearer and no later than b, carries and remembers no more, and is not dearer even when
    every cut counts that only a remembers."""
    if labels.memory[a] & ~labels.memory[b]:
        return False
    for d in range(labels.load.shape[1]):
        if labels.load[a, d] > labels.load[b, d]:
            return False
    price = labels.cost[a]
    for w in range(labels.half.shape[1]):
        price += _owed(toll, labels.half[a, w] & ~labels.half[b, w], w)
        if price > labels.cost[b]:
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
        labels.half[:count].copy(),
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
            start, left = ahead.cost[f] + price[j], horizon - ahead.clock[f]  # backward clocks count down
            load, memory, halves = ahead.load[f], ahead.memory[f], ahead.half[f]
            total, back, _ = _partner(half, j, left, start, load, memory, halves, behind, width, below)
        if total < below:
            costs[found], fronts[found], backs[found] = total, f, back
            found += 1
            cheapest = min(cheapest, total)
    return cheapest, costs[:found], fronts[:found], backs[:found]


@njit(cache=True, error_model="numpy")
def _partner(
    half: Any,
    j: int,
    left: int,
    start: float,
    load: Ints,
    memory: int,
    halves: Words,
    behind: Any,
    width: int,
    below: float,
) -> tuple[float, int, int]:
    """The cheapest backward label at j that continues a beginning of cost `start` (j's price taken off once), when
    the sum is under `below`. Both halves have served j: what they paid there for one cut is paid once. The last
    number is the work done."""
    best, at, relief, work = below, NOBODY, _relief(half, halves, j), 0
    for z in range(min(left // width + 1, behind.head.shape[1])):
        b = behind.head[j, z]
        while b >= 0:
            total, work = start + behind.cost[b], work + 1
            if total - relief >= best:
                break
            if behind.clock[b] <= left and (memory & behind.memory[b]) == 1:
                for w in range(len(halves)):
                    total += _owed(half.toll, halves[w] & behind.half[b, w] & ~half.member[j, w], w)
                    total -= _owed(half.toll, half.member[j, w] & ~halves[w] & ~behind.half[b, w], w)
                if total < best and _together(half, load, behind, b, j):
                    best, at = total, b
            b = behind.next[b]
    return best, at, work


@njit(cache=True, error_model="numpy")
def _together(half: Any, load: Ints, behind: Any, b: int, j: int) -> bool:
    """Whether a beginning and backward label b, which both serve j, fit into the vehicle."""
    for d in range(len(load)):  # noqa: SIM110 (compiled: no generators)
        if load[d] + behind.load[b, d] - half.load[j, d] > half.capacity[d]:
            return False
    return True


class Path(NamedTuple):
    """A route as it is walked, by depth; what has been tried there, and which orders it has."""

    node: Ints
    tried: Ints
    clock: Ints
    cost: Floats
    load: Ints  # depth x R
    memory: Ints
    half: Words  # depth x words
    inside: NDArray[np.bool_]


@njit(cache=True, error_model="numpy")
def walk(
    half: Any,
    behind: Any,
    prices: Floats,
    last: Floats,
    clock_last: Ints,
    horizon: int,
    rest: Floats,
    width: int,
    gap: float,
    most: int,
    most_work: int,
) -> tuple[int, NDArray[np.int32], NDArray[np.int16]]:
    """All elementary routes of a reduced cost up to `gap`, depth first, cut off where nothing behind fits; they lie
    one behind the other in a flat array. `rest`: the least that can follow an order, by the time that is left."""
    (m, r), words, deep = half.load.shape, half.member.shape[1], LONGEST + 1
    sizes, flat = np.empty(most, np.int32), np.empty(max(1024, most * 30), np.int16)
    node, tried, clock = np.full(deep, -1, np.int64), np.zeros(deep, np.int64), np.zeros(deep, np.int64)
    cost, load, memory = np.zeros(deep), np.zeros((deep, r), np.int64), np.zeros(deep, np.int64)
    path = Path(node, tried, clock, cost, load, memory, np.zeros((deep, words), np.uint64), np.zeros(m, np.bool_))
    found, filled, work, depth = 0, 0, 0, 0
    while depth >= 0:
        j = tried[depth]
        if j >= m:
            if depth > 0:
                path.inside[node[depth]] = False
            depth -= 1
            continue
        tried[depth] += 1
        work += 1
        if path.inside[j] or not _step(half, path, depth, j):
            continue
        if work > most_work or depth + 2 > LONGEST:
            return TOO_LONG, sizes[:0], flat[:0]
        new, left = depth + 1, horizon - clock[depth + 1]
        if cost[new] + rest[j, min(left // width, rest.shape[1] - 1)] > gap + _relief(half, path.half[new], j):
            continue
        start, halves, above = cost[new] + prices[j], path.half[new], gap + 1.0
        total, _, more = _partner(half, j, left, start, load[new], memory[new], halves, behind, width, above)
        work += more
        if total > gap:
            continue
        depth, node[new], tried[new], path.inside[j] = new, j, 0, True
        if cost[new] + last[j] <= gap and clock[new] + clock_last[j] <= horizon:
            if found >= most or filled + depth > len(flat):
                return TOO_MANY, sizes[:0], flat[:0]
            flat[filled : filled + depth] = node[1 : depth + 1]
            sizes[found] = depth
            found, filled = found + 1, filled + depth
    return DONE, sizes[:found], flat[:filled]


@njit(cache=True, error_model="numpy")
def _step(half: Any, path: Any, depth: int, j: int) -> bool:
    """Write what is one deeper, at j; False when j cannot follow."""
    i, new = path.node[depth], depth + 1
    tick = half.clock_first[j] if depth == 0 else path.clock[depth] + half.clock[i, j]
    price = half.first[j] if depth == 0 else path.cost[depth] + half.cost[i, j]
    path.clock[new] = max(tick, half.opens[j])
    if path.clock[new] > half.closes[j] or price >= FAR or not _fits(half, path.load[depth], j, path.load[new]):
        return False
    path.cost[new] = price + _turn(half, path.half[depth], j, path.half[new])
    path.memory[new] = 1 if depth == 0 else _remember(half, i, j, path.memory[depth])
    return True


@njit(cache=True, error_model="numpy")
def _relief(half: Any, halves: Words, j: int) -> float:
    """What both halves of a route may have paid at j for cuts that count there once at most."""
    cost = 0.0
    for w in range(len(halves)):
        cost += _owed(half.toll, half.member[j, w] & ~halves[w], w)
    return cost
