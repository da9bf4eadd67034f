"""Proving that no better roster exists: branch and price on how many people a shift has, and on who works when.

C. Barnhart et al., Branch-and-price (1998). Penalties are whole numbers, so a node is closed as soon as its bound,
rounded up, reaches the limit; cells through which no line can be good enough are dropped (reduced-cost fixing). The
limit is not the best roster but a guess just above the bound, raised when nothing was found below it: a tight limit
closes and drops so much that some rounds with it cost less than one without.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import zip_longest

import numpy as np

from housekeeping.optimise.arrays import NEVER, Flags, Floats
from housekeeping.optimise.columns import LineMaster, Relaxation
from housekeeping.optimise.generation import CLOSE, Generated, Generation
from housekeeping.optimise.kernels import INFINITE
from housekeeping.optimise.search import HALF, Lines, Search

FRACTION = 1e-4
SMOOTHING = 0.3
ROUNDS = 10_000
WIDTH, WIDER = 0.0005, 2.0  # of the first guess above the bound, as a share of it; of each later one
CANDIDATES = 8  # splits of each kind that are tried
MOST_TRYING = 20_000_000  # of the master's work: about a second
LEAST_GAIN, MOST_GAIN = 1e-3, 50.0


@dataclass(frozen=True)
class Node:
    """A part of all rosters: cells that are possible [E, H, S+1], people per cover row [R], its bound and prices."""

    possible: Flags
    least: Floats
    most: Floats
    bound: float
    duals: Floats


@dataclass
class Closing:
    """Open nodes, the most promising first; `lost` is the least bound of nodes that could not be split further.

    Rosters below `guess` are looked for; `bound` is proved.
    """

    search: Search
    master: LineMaster
    root: Generated
    solved: int = 0
    lost: float = INFINITE
    _open: list[tuple[float, int, Node]] = field(default_factory=list)
    _next: Node | None = None
    _pushed: int = 0

    def __post_init__(self) -> None:
        self.width = max(1.0, float(round(WIDTH * self.root.bound)))
        self._begin(np.ceil(self.root.bound - CLOSE))

    def _begin(self, proved: float) -> None:
        rows, people = len(self.search.arrays.required), self.search.arrays.people
        whole = np.zeros(rows), np.full(rows, float(people))
        self.proved, self.guess = proved, proved + self.width
        self._push(Node(self.search.possible, *whole, self.root.bound, self.root.duals))

    @property
    def limit(self) -> float:
        """Only rosters with less than this penalty are looked for."""
        return min(self.guess, self.search.penalty)

    @property
    def bound(self) -> float:
        """No roster costs less: the least of the limit, of what is open and of what was lost."""
        least = min(self.lost, self.limit, *(entry[0] for entry in self._open[:1]))
        return max(self.proved, least if self._next is None else min(least, self._next.bound))

    @property
    def over(self) -> bool:
        """Nothing is left to look at: either the best roster is proved, or a part was lost."""
        return not self._open and self._next is None

    def step(self) -> None:
        """Take one node, solve it, and split it when it can still hold a roster below the limit."""
        node = self._next or heapq.heappop(self._open)[2]
        self._next = None
        if not self._beaten(node.bound):
            self._look_at(node)
        if self.over and self.lost == INFINITE and self.guess < self.search.penalty:
            self.width *= WIDER
            self._begin(self.guess)

    def _look_at(self, node: Node) -> None:
        self.solved += 1
        found = self._solve(node)
        node = replace(node, bound=max(found.bound, node.bound), duals=found.duals)
        if not found.finished and not self._beaten(node.bound):
            self._push(node)
            return
        self.search.offer(self._whole(found.relaxation), "branch and price")
        if self._beaten(node.bound):
            return
        children = self._split(self._fixed(node), found.relaxation)
        if self.search.stop():
            self._push(node)
            return
        if not children:
            self.lost = min(self.lost, node.bound)
            return
        self._next = children[0]
        for child in children[1:]:
            self._push(child)

    def _push(self, node: Node) -> None:
        self._pushed += 1
        heapq.heappush(self._open, (node.bound, -self._pushed, node))

    def _beaten(self, bound: float) -> bool:
        return bool(np.ceil(bound - CLOSE) > self.limit - HALF)

    def _solve(self, node: Node) -> Generated:
        search = self.search
        search.steps += 1
        self.master.allow(node.possible)
        self.master.confine(node.least, node.most)
        generation = Generation(search.arrays, self.master, search.pricer, node.possible, SMOOTHING, node.duals)
        return generation.run(search.stop, ROUNDS, enough=self.limit - 1 + 2 * CLOSE, whole=True)

    def _whole(self, relaxation: Relaxation) -> Lines:
        """The roster that the mixture is, when each person has one line; else nothing."""
        share = self.master.shares(relaxation)
        mixed = (share > FRACTION) & (share < 1 - FRACTION)
        return {} if mixed.any() else self.master.chosen(relaxation)

    def _fixed(self, node: Node) -> Node:
        """The node without cells and numbers that a better roster cannot have, judged at the node's prices."""
        search, arrays, duals = self.search, self.search.arrays, node.duals
        base = np.where(node.possible, arrays.base, NEVER)
        self.master.confine(node.least, node.most)
        total = float(duals @ arrays.required) + self.master.slack_cost(duals)
        above = np.empty_like(base)
        for e in range(arrays.people):
            least, through = search.pricer.through(e, base[e] - arrays.prices(e, duals))
            total += least
            above[e] = through - least
        room = self.limit - 1 + CLOSE - total
        return replace(node, possible=node.possible & (above <= room), bound=max(node.bound, total))

    def _split(self, node: Node, relaxation: Relaxation) -> list[Node]:
        """Two parts, the one to look at first in front; empty when nothing is left to split.

        Of the splits that look good the one whose parts cost most over the lines in hand is taken (strong branching).
        """
        if self._beaten(node.bound):
            return []
        best, parts = -1.0, list[Node]()
        cells, until = self._by_cell(node, self.master.shares(relaxation)), self.master.work + MOST_TRYING
        for pair in _in_turn(self._by_count(node, relaxation), cells):
            if self.search.stop() or (parts and self.master.work > until):
                break
            gains = [max(self._value(part) - relaxation.value, 0.0) for part in pair]
            worth = (min(gains[0], MOST_GAIN) + LEAST_GAIN) * (min(gains[1], MOST_GAIN) + LEAST_GAIN)
            if worth > best:
                best, parts = worth, [part for _, part in sorted(zip(gains, pair, strict=True), key=lambda two: two[0])]
        return parts

    def _value(self, node: Node) -> float:
        self.master.allow(node.possible)
        self.master.confine(node.least, node.most)
        return self.master.solve().value

    def _by_count(self, node: Node, relaxation: Relaxation) -> Iterator[tuple[Node, Node]]:
        """More or fewer people in a cover row that has a fraction of one."""
        count = self.search.arrays.required - relaxation.missing + relaxation.extra
        fraction = count - np.floor(count + FRACTION)
        for row in _largest(np.minimum(fraction, 1 - fraction)):
            low, high = node.most.copy(), node.least.copy()
            low[row], high[row] = np.floor(count[row]), np.floor(count[row]) + 1
            yield replace(node, most=low), replace(node, least=high)

    def _by_cell(self, node: Node, share: Floats) -> Iterator[tuple[Node, Node]]:
        """A cell that is settled or forbidden: a day off first, then a shift."""
        mixed = np.minimum(share, 1 - share)
        cells = [(*divmod(at, share.shape[1]), share.shape[2] - 1) for at in _largest(mixed[:, :, -1].ravel())]
        if not cells:
            whole = _largest(mixed.ravel())
            cells = [tuple(int(n) for n in np.unravel_index(at, mixed.shape)) for at in whole]
        for e, day, s in cells:
            without, only = node.possible.copy(), node.possible.copy()
            without[e, day, s] = False
            only[e, day] = False
            only[e, day, s] = node.possible[e, day, s]
            yield replace(node, possible=only), replace(node, possible=without)


def _in_turn(first: Iterator[tuple[Node, Node]], second: Iterator[tuple[Node, Node]]) -> Iterator[tuple[Node, Node]]:
    for pair in zip_longest(first, second):
        yield from (one for one in pair if one is not None)


def _largest(worth: Floats) -> list[int]:
    """Where the largest values are, of those that count."""
    order = np.argsort(-worth, kind="stable")[:CANDIDATES]
    return [int(at) for at in order if worth[at] > FRACTION]
