"""So many routes must enter this set of visits: cuts that cost the labelling nothing.

k-path cuts (Kohl et al. 1999; with loads the rounded capacity cuts of Laporte, Nobert and Desrochers 1985). Where
routes may go in circles (see `sweeping`), one of the relaxation serves a town twice over and never the next; what it
cannot do is enter both without paying the way. Such a cut only makes the ways into its set cheaper, so it holds for
every route, and pricing sees nothing but other costs (Fukasawa et al. 2006).

The same per vehicle type: its routes enter a set at least as often as they serve any one visit in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from transport.optimise.day import COLLECT, DELIVER, Day, Ints
from transport.optimise.network import Floats, Network, hull
from transport.optimise.relaxing import begin, shortest

VIOLATED = 0.03  # routes that must be missing
AT_ONCE, CIRCLES_AT_ONCE = 40, 120  # new cuts
SPLIT = 1e-9
NO_LIMIT = 1 << 50


@dataclass(frozen=True)
class Gate:
    """At least `least` routes enter these visits of the day. With `of`, one of the visits: routes of type `k` enter
    them at least as often as they serve that one (`least` is 0)."""

    visits: frozenset[int]
    least: int
    k: int = -1
    of: int = -1

    def counts(self, types: Ints, nodes: Ints, begins: Ints, size: int) -> Ints:
        """How often each route counts: route r, of type types[r], serves the visits nodes[begins[r]:begins[r + 1]] of
        `size`."""
        inside = np.zeros(size, np.bool_)
        inside[list(self.visits)] = True
        times = entries(nodes, begins, inside)
        if self.of >= 0:
            which = np.repeat(np.arange(len(types)), np.diff(begins))
            times -= np.bincount(which[nodes == self.of], minlength=len(types))
            times[types != self.k] = 0
        return np.asarray(times)


@dataclass(frozen=True, eq=False)
class Rebates:
    """What gates take off the ways of one network: `between` M x M, `first` M."""

    between: Floats
    first: Floats


@dataclass
class Gates:
    """The cuts of one column generation over V visits, and what is needed to find more.

    Of each visit: `_work`, the least ticks of a service; `_opens` and `_closes`, when it can begin on any vehicle.
    `_ways`: least ticks between two visits. `_loads` V x D and `_room` routes x D: the capacities of the vehicles,
    greatest first and summed, per load.
    """

    day: Day
    networks: Sequence[Network]

    def __post_init__(self) -> None:
        arrays, size = self.day.arrays, len(self.day.visits)
        self.found: list[Gate] = []
        self._known: set[Gate] = set()
        self._members = np.zeros((0, size), np.bool_)
        self._opens, self._closes = np.full(size, NO_LIMIT, np.int64), np.full(size, -NO_LIMIT, np.int64)
        ways = np.full((len(arrays.place), len(arrays.place)), NO_LIMIT, np.int64)
        for network in self.networks:
            at, short = network.visits, shortest(arrays.duration[arrays.profile[network.k]])
            opens, closes = hull(self.day, network.k, at, begin(self.day, network.k), short)
            self._opens[at] = np.minimum(self._opens[at], opens)
            self._closes[at] = np.maximum(self._closes[at], closes)
            ways = np.minimum(ways, short[np.ix_(arrays.place, arrays.place)])
        self._ways = np.ascontiguousarray(np.minimum(ways, ways.T))
        self._work = arrays.service.copy()
        loads, room = self._capacities()
        self._bounds = self._opens, self._closes, self._work, self._ways, loads, room

    def _capacities(self) -> tuple[Ints, Ints]:
        """(V x D, routes x D); D is 0 where a route may load more than once or goods change hands on the way."""
        arrays, size = self.day.arrays, len(self.day.visits)
        slots = np.array([network.k for network in self.networks for _ in range(network.slots)], np.int64)
        if any(self.day.prefix) or not np.isin(arrays.action, (DELIVER, COLLECT)).all():
            return np.zeros((size, 0), np.int64), np.zeros((len(slots), 0), np.int64)
        load = arrays.loads[arrays.order]
        loads = np.concatenate([load * (arrays.action == way)[:, None] for way in (DELIVER, COLLECT)], axis=1)
        room = np.cumsum(np.sort(np.minimum(arrays.capacity[slots], NO_LIMIT // 4096), axis=0)[::-1], axis=0)
        return loads, np.ascontiguousarray(np.concatenate([room, room], axis=1))

    def search(self, flows: Mapping[int, Floats]) -> list[Gate]:
        """New cuts that a flow breaks. `flows`: V + 1 x V + 1 per type, how many routes go from one visit to the next;
        the last row are starts."""
        flow = np.sum(list(flows.values()), axis=0)
        sets, excess = _broken(flow, *self._bounds, VIOLATED)
        broken = [(float(excess[at]), self._gate(sets[at])) for at in range(len(sets))]
        new = self._take(broken, AT_ONCE)
        circles: list[tuple[float, Gate]] = []
        for k, own in flows.items():
            sets, of, excess = _circled(own, VIOLATED / 2)
            circles += [(float(excess[at]), Gate(_visits(sets[at]), 0, k, int(of[at]))) for at in range(len(of))]
        return new + self._take(circles, CIRCLES_AT_ONCE)

    def _take(self, broken: Sequence[tuple[float, Gate]], most: int) -> list[Gate]:
        """The most broken that are new."""
        best = sorted(broken, key=lambda pair: -pair[0])
        new = list(dict.fromkeys(gate for _, gate in best if gate not in self._known))[:most]
        self._known.update(new)
        self.found += new
        return new

    def keep(self, which: NDArray[np.bool_]) -> list[Gate]:
        """Forget all cuts; gives those that are to be kept."""
        kept = [gate for gate, stays in zip(self.found, which, strict=True) if stays]
        self._known = set(kept)
        self.found, self._members = [], self._members[:0]
        return kept

    def counts(self, k: int, route: Sequence[int]) -> Ints:
        """How often a route of a type counts for each cut."""
        times = entries_of(route, self.members())
        for at, gate in enumerate(self.found):
            if gate.of >= 0:
                times[at] = times[at] - sum(v == gate.of for v in route) if gate.k == k else 0
        return times

    def _gate(self, inside: NDArray[np.bool_]) -> Gate:
        return Gate(_visits(inside), int(_fewest(inside, *self._bounds)))

    def members(self) -> NDArray[np.bool_]:
        """Cuts x V."""
        if len(self._members) < len(self.found):
            fresh = np.zeros((len(self.found) - len(self._members), len(self._work)), np.bool_)
            for row, gate in zip(fresh, self.found[len(self._members) :], strict=True):
                row[list(gate.visits)] = True
            self._members = np.concatenate([self._members, fresh])
        return self._members


def rebates(network: Network, gates: Gates, prices: Floats) -> Rebates:
    """What cuts with these prices take off the ways of a network; exact for prices on a grid."""
    mine = np.array([gate.of < 0 or gate.k == network.k for gate in gates.found], np.bool_) & (prices > 0)
    inside = gates.members()[mine][:, network.visits].astype(float)
    paid = prices[mine][:, None] * inside
    first = paid.sum(axis=0)
    between = first[None, :] - inside.T @ paid
    row = {int(v): at for at, v in enumerate(network.visits)}
    for at in np.flatnonzero(mine):
        if gates.found[at].of >= 0:
            first[row[gates.found[at].of]] -= prices[at]
            between[:, row[gates.found[at].of]] -= prices[at]
    return Rebates(between, first)


def _visits(inside: NDArray[np.bool_]) -> frozenset[int]:
    return frozenset(int(visit) for visit in np.flatnonzero(inside))


def entries_of(route: Sequence[int], members: NDArray[np.bool_]) -> Ints:
    """How often a route enters each of C sets (C x V)."""
    inside = members[:, list(route)]
    return np.asarray(inside[:, 0].astype(np.int64) + (inside[:, 1:] & ~inside[:, :-1]).sum(axis=1))


@njit(cache=True, error_model="numpy")
def entries(nodes: Ints, begins: Ints, inside: NDArray[np.bool_]) -> Ints:
    """How often each route enters a set; route r is nodes[begins[r]:begins[r + 1]]."""
    times = np.zeros(len(begins) - 1, np.int64)
    for r in range(len(times)):
        before = False
        for at in range(begins[r], begins[r + 1]):
            here = inside[nodes[at]]
            if here and not before:
                times[r] += 1
            before = here
    return times


@njit(cache=True, error_model="numpy")
def _fewest(
    inside: NDArray[np.bool_], opens: Ints, closes: Ints, work: Ints, ways: Ints, loads: Ints, room: Ints
) -> int:
    """Least m so that m routes have room for all loads of the set, and time: m routes serve it along a forest of m
    trees, all services but the last of each route and all ways lie between its first opening and its last closing."""
    own = np.flatnonzero(inside)
    size, most = len(own), len(room)
    least = 1
    for d in range(loads.shape[1]):
        total = 0
        for v in own:
            total += loads[v, d]
        while least < most and total > room[least - 1, d]:
            least += 1
    opening, closing = opens[own].min(), closes[own].max()
    if size < 2:
        return least
    longest, works = np.sort(_tree(own, ways))[::-1], np.sort(work[own])[::-1]
    needed = longest.sum() + works.sum()
    for m in range(min(size, most)):
        needed -= works[m]
        if m > 0:
            needed -= longest[m - 1]
        if needed <= (m + 1) * (closing - opening):
            return max(least, m + 1)
    return max(least, min(size, most))


@njit(cache=True, error_model="numpy")
def _tree(own: Ints, ways: Ints) -> Ints:
    """The ways of a least spanning tree (Prim)."""
    size = len(own)
    edges, near = np.zeros(size - 1, np.int64), np.full(size, NO_LIMIT, np.int64)
    taken = np.zeros(size, np.bool_)
    here = 0
    for step in range(size - 1):
        taken[here] = True
        best = -1
        for a in range(size):
            if taken[a]:
                continue
            near[a] = min(near[a], ways[own[here], own[a]])
            if best < 0 or near[a] < near[best]:
                best = a
        edges[step] = near[best]
        here = best
    return edges


@njit(cache=True, error_model="numpy")
def _broken(
    flow: Floats, opens: Ints, closes: Ints, work: Ints, ways: Ints, loads: Ints, room: Ints, violated: float
) -> tuple[NDArray[np.bool_], Floats]:
    """(sets, by how many routes too few enter each): least cuts between the starts and each visit, and sets grown
    from each visit along the flow."""
    size = len(flow) - 1
    sets, excess, count = np.zeros((2 * size, size), np.bool_), np.zeros(2 * size), 0
    both = flow + flow.T
    for v in range(size):
        if flow[:, v].sum() < SPLIT:
            continue
        for cut in range(2):
            best, inside = 0.0, np.zeros(size, np.bool_)
            if cut:
                side = _least_cut(flow, v)
                inside[:] = side
                best = _fewest(inside, opens, closes, work, ways, loads, room) - _into(flow, inside)
            else:
                best = _grow(flow, both, v, inside, opens, closes, work, ways, loads, room)
            if best > violated:
                sets[count], excess[count] = inside, best
                count += 1
    return sets[:count], excess[:count]


@njit(cache=True, error_model="numpy")
def _circled(flow: Floats, violated: float) -> tuple[NDArray[np.bool_], Ints, Floats]:
    """(sets, visit of each, by how much more it is served than its set is entered)."""
    size = len(flow) - 1
    sets, of, excess, count = np.zeros((size, size), np.bool_), np.zeros(size, np.int64), np.zeros(size), 0
    for v in range(size):
        served = flow[:, v].sum()
        if served < violated:
            continue
        inside = _least_cut(flow, v)
        missing = served - _into(flow, inside)
        if missing > violated:
            sets[count], of[count], excess[count] = inside, v, missing
            count += 1
    return sets[:count], of[:count], excess[:count]


@njit(cache=True, error_model="numpy")
def _grow(
    flow: Floats,
    both: Floats,
    seed: int,
    best_set: NDArray[np.bool_],
    opens: Ints,
    closes: Ints,
    work: Ints,
    ways: Ints,
    loads: Ints,
    room: Ints,
) -> float:
    """From one visit on always the one that most routes connect with the set; gives by how much the set that is
    most broken is, and fills it in."""
    size = len(flow) - 1
    inside, best, here = np.zeros(size, np.bool_), 0.0, seed
    ties, into = np.zeros(size), 0.0
    for _ in range(size):
        into += flow[:, here].sum()
        inside[here] = True
        for v in range(size):
            if inside[v] and v != here:
                into -= flow[v, here] + flow[here, v]
            ties[v] += both[here, v]
        excess = _fewest(inside, opens, closes, work, ways, loads, room) - into
        if excess > best + SPLIT:
            best = excess
            best_set[:] = inside
        following, most = -1, SPLIT
        for v in range(size):
            if not inside[v] and ties[v] > most:
                following, most = v, ties[v]
        if following < 0:
            break
        here = following
    return best


@njit(cache=True, error_model="numpy")
def _into(flow: Floats, inside: NDArray[np.bool_]) -> float:
    total = 0.0
    for i in range(len(flow)):
        if i < len(inside) and inside[i]:
            continue
        for j in range(len(inside)):
            if inside[j]:
                total += flow[i, j]
    return total


@njit(cache=True, error_model="numpy")
def _least_cut(flow: Floats, sink: int) -> NDArray[np.bool_]:
    """The smallest set with the sink into which the least flow goes from the starts (Edmonds and Karp 1972)."""
    nodes = len(flow)
    source = nodes - 1
    rest = flow.copy()
    before, queue = np.empty(nodes, np.int64), np.empty(nodes, np.int64)
    while True:  # shortest ways from the sink backwards
        before[:] = -1
        before[sink] = sink
        queue[0], head, tail = sink, 0, 1
        while head < tail and before[source] < 0:
            here = queue[head]
            head += 1
            for other in range(nodes):
                if before[other] < 0 and rest[other, here] > SPLIT:
                    before[other] = here
                    queue[tail] = other
                    tail += 1
        if before[source] < 0:
            return before[: nodes - 1] >= 0
        push, at = np.inf, source
        while at != sink:
            push = min(push, rest[at, before[at]])
            at = before[at]
        at = source
        while at != sink:
            rest[at, before[at]] -= push
            rest[before[at], at] += push
            at = before[at]
