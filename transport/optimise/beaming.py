"""Real routes that are worth their price, fast: labelling that keeps a few of the cheapest beginnings only.

Beginnings of routes grow through the parts of the day; of those at one order in one part of the day, with about the
same load, only the `width` cheapest go on. Each keeps its orders, clock and loads exactly, so that what comes home is
a route that holds, and column generation over these has real routes only. It proves nothing: see `labelling` and
`sweeping` for that.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from transport.optimise.day import Ints
from transport.optimise.labelling import FAR, NOBODY, ZERO
from transport.optimise.network import Floats, Network
from transport.optimise.sweeping import WORD, Steps, Words, trace

MOST = 2_000_000  # beginnings
PER_ORDER = 6  # routes of one round in which an order may stand


@dataclass(frozen=True)
class Breadth:
    """How wide a search is: orders that may follow, parts of the day, parts of the load, beginnings kept in each."""

    following: int
    times: int
    loads: int
    width: int


BREADTHS = (Breadth(12, 60, 4, 1), Breadth(20, 80, 4, 2), Breadth(400, 80, 6, 3))


class Priced(NamedTuple):
    """A network under prices; `near` lists, per order, those that may follow, the most rewarding first."""

    cost: Floats
    first: Floats
    last: Floats
    clock: Ints
    clock_first: Ints
    clock_last: Ints
    opens: Ints
    closes: Ints
    load: Ints
    capacity: Ints
    own: Words
    near: Steps


class Begun(NamedTuple):
    """Beginnings in columns; `following` links those of one part of the day."""

    node: Steps
    before: Steps
    following: Steps
    alive: NDArray[np.bool_]
    clock: Ints
    cost: Floats
    total: Floats
    load: Ints
    inside: Words


def rewarding(
    network: Network, prices: Floats, toll: float, breadth: Breadth, offers: int, more: float
) -> list[tuple[int, ...]]:
    """Routes (rows of the network) cheaper than `toll` by more than `more`, cheapest first, no order in too many of
    them. `prices` per order of the day."""
    size = len(network.visits)
    price = prices[network.visits]
    cost = network.cost - price[None, :]
    near = np.argsort(cost, axis=1, kind="stable")[:, : breadth.following].astype(np.int32)
    rows = np.arange(size)
    own = np.zeros((size, (size - 1) // WORD + 1), np.uint64)
    own[rows, rows // WORD] = np.uint64(1) << (rows % WORD).astype(np.uint64)
    priced = Priced(
        cost=cost,
        first=network.first - price,
        last=network.last,
        clock=network.clock,
        clock_first=network.clock_first,
        clock_last=network.clock_last,
        opens=network.opens,
        closes=network.closes,
        load=network.load,
        capacity=network.capacity,
        own=own,
        near=np.ascontiguousarray(near),
    )
    sizes = breadth.times, breadth.loads, breadth.width
    node, before, total = beam(priced, network.leave, network.horizon, *sizes, MOST)
    below = np.flatnonzero(total < toll - more)
    times = np.zeros(size, np.int64)
    chosen: list[tuple[int, ...]] = []
    for at in below[np.argsort(total[below], kind="stable")][: 10 * offers]:
        route = trace(node, before, int(at))
        if times[route].min() >= PER_ORDER:
            continue
        times[route] += 1
        chosen.append(tuple(route.tolist()))
        if len(chosen) >= offers:
            break
    return chosen


@njit(cache=True, error_model="numpy")
def beam(
    net: Any, leave: int, horizon: int, times: int, loads: int, width: int, most: int
) -> tuple[Steps, Steps, Floats]:
    """(node, beginning before, cost with the way home) of every beginning that was looked at."""
    m, r, words = len(net.first), net.load.shape[1], net.own.shape[1]
    node, before, following = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.int32)
    clock, cost, total = np.empty(most, np.int64), np.empty(most), np.empty(most)
    load, inside = np.empty((most, r), np.int64), np.empty((most, words), np.uint64)
    begun = Begun(node, before, following, np.empty(most, np.bool_), clock, cost, total, load, inside)
    cells = np.full((m, times, loads, width), -1, np.int32)
    head, tail = np.full(times, -1, np.int32), np.full(times, -1, np.int32)
    part = (horizon - leave) // times + 1
    count, nothing = ZERO, np.zeros(r, np.int64)
    for j in range(m):
        tick = max(net.clock_first[j], net.opens[j])
        if _fits(net, j, tick, horizon, net.first[j], nothing):
            count = _write(net, begun, count, j, NOBODY, tick, net.first[j], (tick - leave) // part, cells, head, tail)
    for now in range(times):
        a = head[now]
        while a >= 0:
            if begun.alive[a]:
                i = node[a]
                for x in range(net.near.shape[1]):
                    j = net.near[i, x]
                    if begun.inside[a, j // WORD] & net.own[j, j // WORD]:
                        continue
                    tick, price = max(clock[a] + net.clock[i, j], net.opens[j]), cost[a] + net.cost[i, j]
                    if count < most and _fits(net, j, tick, horizon, price, load[a]):
                        then = (tick - leave) // part
                        count = _write(net, begun, count, j, a, tick, price, then, cells, head, tail)
            a = following[a]
    return node[:count], before[:count], total[:count]


@njit(cache=True, error_model="numpy")
def _fits(net: Any, j: int, tick: int, horizon: int, price: float, load: Ints) -> bool:
    if tick > net.closes[j] or tick + net.clock_last[j] > horizon or price >= FAR / 2:
        return False
    for d in range(len(load)):  # noqa: SIM110 (compiled: no generators)
        if load[d] + net.load[j, d] > net.capacity[d]:
            return False
    return True


@njit(cache=True, error_model="numpy")
def _write(
    net: Any,
    begun: Any,
    new: int,
    j: int,
    a: int,
    tick: int,
    price: float,
    then: int,
    cells: NDArray[np.int32],
    head: Steps,
    tail: Steps,
) -> int:
    """Write beginning `new` (a with j behind it) where it is among the cheapest; gives the new count."""
    fullest = 0.0
    for d in range(begun.load.shape[1]):
        begun.load[new, d] = net.load[j, d] + (begun.load[a, d] if a >= 0 else 0)
        fullest = max(fullest, begun.load[new, d] / max(1, net.capacity[d]))
    for w in range(begun.inside.shape[1]):
        begun.inside[new, w] = net.own[j, w] | (begun.inside[a, w] if a >= 0 else np.uint64(0))
    cell = cells[j, then, min(cells.shape[2] - 1, int(fullest * cells.shape[2]))]
    slot = _slot(begun, cell, new, tick, price)
    if slot < 0:
        return new
    if cell[slot] >= 0:
        begun.alive[cell[slot]] = False
    cell[slot] = new
    begun.node[new], begun.before[new], begun.following[new], begun.alive[new] = j, a, -1, True
    begun.clock[new], begun.cost[new], begun.total[new] = tick, price, price + net.last[j]
    if tail[then] < 0:
        head[then] = new
    else:
        begun.following[tail[then]] = new
    tail[then] = new
    return new + 1


@njit(cache=True, error_model="numpy")
def _slot(begun: Any, cell: NDArray[np.int32], new: int, tick: int, price: float) -> int:
    """Where in its cell a beginning belongs: in place of one with the same orders, in a free place, or in place of
    the dearest; -1 when it is not worth one."""
    dearest, at = price, -1
    for s in range(len(cell)):
        other = cell[s]
        if other < 0:
            return s
        same = True
        for w in range(begun.inside.shape[1]):
            same = same and begun.inside[other, w] == begun.inside[new, w]
        if same:
            better = begun.cost[other] > price or (begun.cost[other] == price and begun.clock[other] > tick)
            return s if better else -1
        if begun.cost[other] > dearest:
            dearest, at = begun.cost[other], s
    return at
