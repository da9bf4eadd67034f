"""Of any three orders, at most one route of a plan serves two or more: cuts that the search for routes knows.

Subset-row cuts (Jepsen et al. 2008) with limited memory (Pecin et al. 2017): a route forgets one of the three where it
serves an order outside the memory of the cut, so that the cut troubles the labelling only near its orders, and counts
no route more than it must.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numba import njit
from numpy.typing import NDArray

from transport.optimise.network import Floats, Network

VIOLATED = 0.02  # by how much the linear program must break a cut
AT_ONCE = 30  # cuts
PER_ORDER = 6  # new cuts in which an order may stand
TRIPLES = 20_000  # looked at more closely
WORD = 64
Words = NDArray[np.uint64]
Route = tuple[int, ...]  # orders of the day, in their sequence


@dataclass(frozen=True)
class Cut:
    """Three orders of the day, and those at which a route does not forget them (themselves included)."""

    orders: frozenset[int]
    memory: frozenset[int]

    def times(self, route: Route) -> int:
        """How often a route counts: for every second one of the three that it still remembers."""
        half, times = False, 0
        for order in route:
            if order not in self.memory:
                half = False
            elif order in self.orders:
                times += half
                half = not half
        return times


@dataclass(frozen=True, eq=False)
class Tolls:
    """Cuts with a price each (not negative) as one network's labelling sees them: a bit per cut."""

    member: Words  # M x words: the cuts of which an order is one of the three
    within: Words  # M x words: the cuts in whose memory it is
    price: Floats  # cuts


def tolls(network: Network, cuts: Sequence[Cut], prices: Floats) -> Tolls:
    """Only cuts that cost anything."""
    active = [(cut, price) for cut, price in zip(cuts, prices, strict=True) if price > 0]
    row = {int(n): at for at, n in enumerate(network.visits)}
    member = np.zeros((len(row), -(-len(active) // WORD)), np.uint64)
    within = np.zeros_like(member)
    for at, (cut, _) in enumerate(active):
        bit = np.uint64(1) << np.uint64(at % WORD)
        for words, orders in ((member, cut.orders), (within, cut.memory)):
            words[[row[n] for n in orders if n in row], at // WORD] |= bit
    return Tolls(member, within, np.array([price for _, price in active], float))


@dataclass
class Subsets:
    """The cuts of one column generation; a cut never changes, a longer memory makes a new one."""

    size: int
    cuts: list[Cut] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._of: list[list[int]] = [[] for _ in range(self.size)]

    def add(self, cut: Cut) -> None:
        for order in cut.orders:
            self._of[order].append(len(self.cuts))
        self.cuts.append(cut)

    def counts(self, route: Route) -> list[tuple[int, int]]:
        """(cut, times) for every cut that counts this route."""
        visits: dict[int, int] = {}
        for order in route:
            for cut in self._of[order]:
                visits[cut] = visits.get(cut, 0) + 1
        counted = [(cut, self.cuts[cut].times(route)) for cut, often in visits.items() if often >= 2]
        return [(cut, times) for cut, times in counted if times]

    def violated(self, routes: Sequence[Route], values: Sequence[float]) -> list[Cut]:
        """The cuts that routes taken to these parts break most, with the least memory that counts them."""
        visits = np.zeros((len(routes), self.size), np.int64)
        for at, route in enumerate(routes):
            np.add.at(visits[at], list(route), 1)
        triples, excess = _broken(visits, np.array(values, float), VIOLATED, TRIPLES)
        often = np.zeros(self.size, np.int64)
        found: list[Cut] = []
        for triple in triples[np.argsort(-excess, kind="stable")]:
            if often[triple].max() < PER_ORDER:
                often[triple] += 1
                orders = frozenset(int(n) for n in triple)
                found.append(Cut(orders, orders.union(*(_between(orders, route) for route in routes))))
            if len(found) == AT_ONCE:
                break
        return found


def _between(orders: frozenset[int], route: Route) -> frozenset[int]:
    """What a route serves between every first and second of the three, so paired that it is least."""
    stops = [at for at, order in enumerate(route) if order in orders]
    ways = [stops] if len(stops) % 2 == 0 else [stops[:at] + stops[at + 1 :] for at in range(0, len(stops), 2)]
    spans = [[route[a:b] for a, b in zip(way[::2], way[1::2], strict=True)] for way in ways]
    return min((frozenset[int]().union(*parts) for parts in spans), key=len)


@njit(cache=True, error_model="numpy")
def _broken(visits: NDArray[np.int64], values: Floats, violated: float, most: int) -> tuple[NDArray[np.int32], Floats]:
    """Triples of orders that routes with two or more of them serve more than once in sum, and by how much."""
    columns, n = visits.shape
    pairs, alone = np.zeros((n, n)), np.zeros(n)
    for c in range(columns):
        own = np.flatnonzero(visits[c])
        for x in range(len(own)):
            alone[own[x]] += values[c] * (visits[c, own[x]] // 2)
            for y in range(x + 1, len(own)):
                pairs[own[x], own[y]] += values[c] * min(visits[c, own[x]], visits[c, own[y]])
    triples, excess, found = np.zeros((most, 3), np.int32), np.zeros(most), 0
    for i in range(n):
        for j in range(i + 1, n):
            for k in range(j + 1, n):
                at_most = pairs[i, j] + pairs[i, k] + pairs[j, k] + alone[i] + alone[j] + alone[k]
                if at_most <= 1 + violated or found >= most:
                    continue
                together = 0.0
                for c in range(columns):
                    together += values[c] * ((visits[c, i] + visits[c, j] + visits[c, k]) // 2)
                if together > 1 + violated:
                    triples[found, 0], triples[found, 1], triples[found, 2] = i, j, k
                    excess[found] = together - 1
                    found += 1
    return triples[:found], excess[:found]
