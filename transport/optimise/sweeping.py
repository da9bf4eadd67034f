"""Routes of many stops: the clock in coarse parts, and loads that only the mean of all routes must keep.

A relaxation for days on which exact labelling meets too many routes. The labels of one order in one part of the day
are one as soon as one is no dearer and remembers no more, and keep the earlier clock, so every real route fits; the
load of the routes of a type is kept by their mean (a row of the linear program each). The memory is that of ng-routes,
as in `labelling`, but each order's may grow (Roberti and Mingozzi 2014).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from transport.optimise.gates import Rebates
from transport.optimise.labelling import DONE, FAR, NOBODY, TOO_LONG, TOO_MANY, ZERO
from transport.optimise.network import NOT_NEAR, Floats, Network
from transport.optimise.pricing import PER_ORDER, Cuts, Found, Offer

PARTS = 400  # of a day
MOST_LABELS = 2_000_000
FINE = 100_000  # ticks that a day is counted in
FEW = 500  # ticks of a day that are parts of their own
WORD = 64  # orders in one word of memory
Steps = NDArray[np.int32]
Words = NDArray[np.uint64]


class Coarse(NamedTuple):
    """A network in parts, under given prices."""

    cost: Floats  # M x M
    first: Floats  # M
    last: Floats  # M
    step: Steps  # M x M
    step_first: Steps  # M
    step_last: Steps  # M
    opens: Steps  # M
    closes: Steps  # M
    near: Words  # M x words: whom an order remembers
    own: Words  # M x words: the order itself


class Swept(NamedTuple):
    """Labels in columns; `following` links those of one list, `total` is the cost with the way home."""

    node: Steps
    before: Steps
    following: Steps
    clock: Steps
    cost: Floats
    total: Floats
    memory: Words  # labels x words


@dataclass
class Sweeper:
    """Prices one network of long routes; `means` is how many loads are kept by the mean."""

    network: Network
    means: int = field(init=False)

    def __post_init__(self) -> None:
        n = self.network
        self._shares = n.load / np.maximum(n.capacity, 1)
        self.means = self._shares.shape[1]
        size, whole = len(n.visits), max(1, n.horizon - n.leave)

        def fine(ticks: NDArray[np.int64], least: int = 0, more: int = 0) -> Steps:
            counted = np.minimum(ticks, 4 * whole) * FINE // whole
            return np.ascontiguousarray(np.maximum(counted, least) + more, np.int32)

        # every step counts, so that no circle is for nothing; the limits give way by as much
        self._between, self._first, self._last = fine(n.clock, 1), fine(n.clock_first - n.leave, 1), fine(n.clock_last)
        self._opens, self._closes = fine(n.opens - n.leave), fine(n.closes - n.leave, more=size)
        self._budget = FINE + size
        self._width = self._budget // (whole if whole <= FEW else PARTS)
        self._own = np.zeros((size, (size - 1) // WORD + 1), np.uint64)
        rows = np.arange(size)
        self._own[rows, rows // WORD] = np.uint64(1) << (rows % WORD).astype(np.uint64)
        self._near = np.zeros_like(self._own)
        for i in range(size):
            self._near[i] = np.bitwise_or.reduce(self._own[np.flatnonzero(n.near[i] != NOT_NEAR)], axis=0)

    def circles(self, route: tuple[int, ...]) -> Iterable[tuple[int, int]]:
        """(order, order between its two visits) for every shortest circle of a route."""
        last: dict[int, int] = {}
        for at, row in enumerate(route):
            if row in last and len(set(route[last[row] : at])) == at - last[row]:
                yield from ((row, between) for between in route[last[row] + 1 : at])
            last[row] = at

    def remember(self, pairs: Iterable[tuple[int, int]]) -> bool:
        """From now on the second of each pair remembers the first; False when all did already."""
        before = self._near.copy()
        for row, between in pairs:
            self._near[between] |= self._own[row]
        return bool((before != self._near).any())

    def lets_pass(self, route: tuple[int, ...]) -> bool:
        """Whether the memory lets this route pass."""
        memory = self._own[route[0]].copy()
        for row in route[1:]:
            if (memory & self._own[row]).any():
                return False
            memory = (memory & self._near[row]) | self._own[row]
        return True

    def price(
        self,
        prices: Floats,
        tolls: Floats,
        cuts: Cuts,
        grain: float,
        heuristic: bool,
        offers: int,
        work: int,
    ) -> Found:
        """As `Pricer.price`; `cuts` are rebates."""
        assert isinstance(cuts, Rebates)
        coarse, toll = self._under(prices, tolls, cuts, grain), float(tolls.sum())
        state, done, labels = sweep(coarse, self._budget, self._width, heuristic, MOST_LABELS, work)
        if state != DONE:
            return Found(None, [], done)
        node, _, before, total = labels
        below = np.flatnonzero(total < toll)
        cheapest = float(total.min(initial=toll)) - toll
        chosen: list[Offer] = []
        times = np.zeros(len(self.network.visits), np.int64)
        for at in below[np.argsort(total[below], kind="stable")][: 5 * offers]:
            route = trace(node, before, int(at))
            if times[route].min() >= PER_ORDER:
                continue
            times[route] += 1
            chosen.append((self.cost(route), tuple(route.tolist())))
            if len(chosen) >= offers:
                break
        return Found(None if heuristic else cheapest, chosen, done)

    def _under(self, prices: Floats, tolls: Floats, cuts: Rebates, grain: float) -> Coarse:
        """The network under prices, rounded so that a route that holds never seems dearer than it is."""
        n = self.network
        price = prices[n.visits]
        if self.means:
            price = (np.ceil((price - self._shares @ tolls) / grain) + 1) * grain
        times = self._between, self._first, self._last, self._opens, self._closes
        cost, first = n.cost - price[None, :] - cuts.between, n.first - price - cuts.first
        return Coarse(cost, first, n.last, *times, self._near, self._own)

    def cost(self, route: NDArray[np.int64] | tuple[int, ...]) -> float:
        """What a sequence of rows costs, without prices."""
        n, rows = self.network, np.asarray(route)
        return float(n.first[rows[0]] + n.cost[rows[:-1], rows[1:]].sum() + n.last[rows[-1]])

    def shares(self, route: tuple[int, ...]) -> list[float]:
        """How much of each load that is kept by the mean a route takes, as parts of the capacity."""
        return [float(part) for part in self._shares[np.asarray(route)].sum(axis=0)]


@njit(cache=True, error_model="numpy")
def trace(node: Steps, before: Steps, at: int) -> NDArray[np.int64]:
    """Rows up to a label, the first first."""
    size, here = 0, at
    while here >= 0:
        size, here = size + 1, before[here]
    rows = np.empty(size, np.int64)
    while at >= 0:
        size -= 1
        rows[size] = node[at]
        at = before[at]
    return rows


@njit(cache=True, error_model="numpy")
def sweep(
    net: Any, budget: int, width: int, heuristic: bool, most: int, most_work: int
) -> tuple[int, int, tuple[Steps, Floats, Steps, Floats]]:
    """All labels that no other beats, part by part: (DONE or why not, work, (node, cost, label before, cost with
    the way home)). A label waits at its order and part until its turn. `ahead` lists, per order, those whose turn has
    come, cheapest first. `heuristic`: memory is kept but saves no label.
    """
    m, parts, words = len(net.first), budget // width + 1, net.near.shape[1]
    node, before, following = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.int32)
    cost, total, memory = np.empty(most), np.empty(most), np.empty((most, words), np.uint64)
    labels = Swept(node, before, following, np.empty(most, np.int32), cost, total, memory)
    waiting, ahead = np.full((m, parts), -1, np.int32), np.full((m, 1), -1, np.int32)
    kept = np.zeros(words, np.uint64)
    count, work, state = ZERO, ZERO, DONE
    for j in range(m):
        tick = max(net.step_first[j], net.opens[j])
        if tick <= net.closes[j] and tick + net.step_last[j] <= budget and net.first[j] < FAR:
            _set(labels, count, j, NOBODY, tick, net.first[j], net.own[j])
            _put(waiting[j], tick // width, count, labels, heuristic)
            count += 1
    for part in range(parts):
        again = True
        while again and state == DONE:
            again = False
            for i in range(m):
                a = waiting[i, part]
                waiting[i, part] = -1
                while a >= 0 and state == DONE:
                    later = following[a]
                    if _beaten(ahead[i, 0], labels, labels.clock[a], cost[a], memory[a], heuristic) < 0:
                        again = True
                        work += m + _put(ahead[i], 0, a, labels, heuristic)
                        total[a] = cost[a] + net.last[i]
                        if count + m > most or work > most_work:
                            state = TOO_MANY if count + m > most else TOO_LONG
                            break
                        count = _grow(net, a, budget, width, labels, waiting, ahead, kept, heuristic, count)
                    a = later
                if state != DONE:
                    break
        if state != DONE:
            break
    return state, work, (node[:count], cost[:count], before[:count], total[:count])


@njit(cache=True, error_model="numpy")
def _set(labels: Any, at: int, j: int, before: int, tick: int, price: float, memory: Words) -> None:
    labels.node[at], labels.before[at], labels.clock[at] = j, before, tick
    labels.cost[at], labels.total[at] = price, np.inf
    for w in range(len(memory)):
        labels.memory[at, w] = memory[w]


@njit(cache=True, error_model="numpy")
def _within(some: Words, more: Words) -> bool:
    for w in range(len(some)):  # noqa: SIM110 (compiled: no generators)
        if some[w] & ~more[w]:
            return False
    return True


@njit(cache=True, error_model="numpy")
def _beaten(at: int, labels: Any, tick: int, price: float, memory: Words, heuristic: bool) -> int:
    """The first label of the list that is no dearer, no later, and remembers no more; -1 when there is none."""
    while at >= 0 and labels.cost[at] <= price:
        if labels.clock[at] <= tick and (heuristic or _within(labels.memory[at], memory)):
            return int(at)
        at = labels.following[at]
    return -1


@njit(cache=True, error_model="numpy")
def _put(heads: Steps, place: int, a: int, labels: Any, heuristic: bool) -> int:
    """Put label a into a list, cheapest first, and drop those that it beats clocks apart: it takes the earliest of
    theirs where it waits. Gives the work done."""
    before, at, work = -1, heads[place], 0
    price = labels.cost[a]
    while at >= 0 and labels.cost[at] < price:
        before, at, work = at, labels.following[at], work + 1
    labels.following[a] = at
    if before < 0:
        heads[place] = a
    else:
        labels.following[before] = a
    before = a
    while at >= 0:
        work += 1
        if heuristic or _within(labels.memory[a], labels.memory[at]):
            labels.following[before] = labels.following[at]
            if labels.total[at] == np.inf:
                labels.clock[a] = min(labels.clock[a], labels.clock[at])
        else:
            before = at
        at = labels.following[at]
    return work


@njit(cache=True, error_model="numpy")
def _grow(
    net: Any,
    a: int,
    budget: int,
    width: int,
    labels: Any,
    waiting: Steps,
    ahead: Steps,
    kept: Words,
    heuristic: bool,
    count: int,
) -> int:
    """Labels for all that may follow label a; gives the new count of labels."""
    i, words = labels.node[a], len(kept)
    for j in range(len(net.first)):
        if labels.memory[a, j // WORD] & net.own[j, j // WORD]:
            continue
        tick = max(labels.clock[a] + net.step[i, j], net.opens[j])
        if tick > net.closes[j] or tick + net.step_last[j] > budget or net.cost[i, j] >= FAR:
            continue
        price = labels.cost[a] + net.cost[i, j]
        for w in range(words):
            kept[w] = (labels.memory[a, w] & net.near[j, w]) | net.own[j, w]
        if _beaten(ahead[j, 0], labels, tick, price, kept, heuristic) >= 0:
            continue
        same = _beaten(waiting[j, tick // width], labels, budget, price, kept, heuristic)
        if same >= 0:
            labels.clock[same] = min(labels.clock[same], tick)
            continue
        _set(labels, count, j, a, tick, price, kept)
        _put(waiting[j], tick // width, count, labels, heuristic)
        count += 1
    return count
