"""Every route that could be part of a better plan, when the gap between plan and bound is small.

Baldacci, Christofides and Mingozzi (2008): a route whose reduced cost is not below the gap is in no better
plan. Depth first, cut off by what the rest of a route must cost at least.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from transport.optimise.labelling import DONE, FAR, Half, extend
from transport.optimise.network import Floats, Network
from transport.optimise.pricing import Pricer

LONGEST = 400  # orders in one route


def routes_below(network: Network, prices: Floats, gap: float, most: int, work: int) -> list[tuple[int, ...]] | None:
    """All elementary routes (rows of the network) with a reduced cost of at most `gap`; None when there are
    more than `most` or the work is too much."""
    pricer = Pricer(network)
    ahead, behind = pricer.halves(prices[network.orders])
    whole = (network.horizon, pricer.width, pricer.buckets)
    state, done, labels = extend(behind, *whole, False, pricer.most_labels, work)
    if state != DONE:
        return None
    rest = _rest(labels.cost, labels.head, prices[network.orders])
    limits = (most, max(0, work - done))
    state, sizes, flat = _walk(
        ahead, network.last, network.clock_last, network.horizon, rest, pricer.width, gap, *limits
    )
    if state != DONE:
        return None
    ends = np.cumsum(sizes)
    return [tuple(int(row) for row in flat[end - size : end]) for end, size in zip(ends, sizes, strict=True)]


def _rest(cost: Floats, head: NDArray[np.int32], price: Floats) -> Floats:
    """[order, buckets left]: the least that can follow once the order is served."""
    first = np.where(head >= 0, cost[np.maximum(head, 0)], np.inf) if len(cost) else np.full(head.shape, np.inf)
    return np.ascontiguousarray(np.minimum.accumulate(first, axis=1) + price[:, None])


@njit(cache=True, error_model="numpy")
def _walk(
    half: Half,
    last: Floats,
    clock_last: NDArray[np.int64],
    horizon: int,
    rest: Floats,
    width: int,
    gap: float,
    most: int,
    most_work: int,
) -> tuple[int, NDArray[np.int32], NDArray[np.int16]]:
    """Depth-first search; routes lie one behind the other in a flat array."""
    m, r = half.load.shape
    sizes = np.empty(most, np.int32)
    flat = np.empty(max(1024, most * 30), np.int16)
    path, tried = np.full(LONGEST + 1, -1, np.int64), np.zeros(LONGEST + 1, np.int64)
    clock, cost = np.zeros(LONGEST + 1, np.int64), np.zeros(LONGEST + 1, np.float64)
    load, inside = np.zeros((LONGEST + 1, r), np.int64), np.zeros(m, np.bool_)
    found, filled, work, depth = 0, 0, 0, 0
    while depth >= 0:
        i, j = path[depth], tried[depth]
        if j >= m:
            if depth > 0:
                inside[i] = False
            depth -= 1
            continue
        tried[depth] += 1
        work += 1
        if inside[j]:
            continue
        tick = half.clock_first[j] if depth == 0 else clock[depth] + half.clock[i, j]
        price = half.first[j] if depth == 0 else cost[depth] + half.cost[i, j]
        tick = max(tick, half.opens[j])
        if tick > half.closes[j] or price >= FAR:
            continue
        if price + rest[j, min((horizon - tick) // width, rest.shape[1] - 1)] > gap:
            continue
        if not _carry(half, load, depth, j):
            continue
        if work > most_work or depth + 1 > LONGEST:
            return 1, sizes[:0], flat[:0]
        depth += 1
        path[depth], tried[depth], clock[depth], cost[depth], inside[j] = j, 0, tick, price, True
        if price + last[j] <= gap and tick + clock_last[j] <= horizon:
            if found >= most or filled + depth > len(flat):
                return 1, sizes[:0], flat[:0]
            for step in range(depth):
                flat[filled + step] = path[step + 1]
            sizes[found] = depth
            found, filled = found + 1, filled + depth
    return 0, sizes[:found], flat[:filled]


@njit(cache=True, error_model="numpy")
def _carry(half: Any, load: NDArray[np.int64], depth: int, j: int) -> bool:
    """Fill the load of the next depth; False when it is over capacity."""
    for d in range(load.shape[1]):
        load[depth + 1, d] = load[depth, d] + half.load[j, d]
        if load[depth + 1, d] > half.capacity[d]:
            return False
    return True
