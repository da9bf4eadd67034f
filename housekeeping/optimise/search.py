"""Finding whole rosters: what the search knows, the best-response start, and the dive into a mixture of lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from housekeeping.optimise.arrays import Arrays, Flags, Floats, LineArray
from housekeeping.optimise.columns import LineMaster, Relaxation
from housekeeping.optimise.generation import CLOSE, Generated, Generation, Stop
from housekeeping.optimise.kernels import INFINITE
from housekeeping.optimise.lines import LinePricer

Lines = dict[int, LineArray]
HALF = 0.5  # penalties are whole numbers: less than one better is not better
EVEN = 1e-4
SURE = 0.9
SMOOTHING = 0.3  # little: after each step of a dive the old duals are soon wrong


@dataclass
class Search:
    """The state of one run: tools, the best roster so far and what was proved.

    `improved` is called with each better roster. `lines` is empty until everybody has a line. `duals` are those of
    the first bound, at which later pricing begins.
    """

    arrays: Arrays
    rng: np.random.Generator
    stop: Stop
    improved: Callable[[str], None]
    lines: Lines = field(default_factory=dict)
    penalty: float = float("inf")
    bound: float = float("-inf")
    steps: int = 0
    duals: Floats | None = None

    def __post_init__(self) -> None:
        self.pricer = LinePricer(self.arrays)
        self.master = LineMaster(self.arrays)
        self.possible: Flags = self.arrays.possible

    @property
    def done(self) -> bool:
        """Nothing better can exist: penalties are whole numbers."""
        return self.penalty <= self.bound + CLOSE

    def prove(self, bound: float) -> None:
        """Take note of a proved bound; penalties are whole numbers, so it is rounded up."""
        if bound > -INFINITE:
            self.bound = max(self.bound, float(np.ceil(bound - CLOSE)))

    def offer(self, lines: Lines, how: str) -> bool:
        """Keep a whole roster when it is better than the best so far."""
        if len(lines) < self.arrays.people:
            return False
        penalty = self.arrays.cost(lines)
        if penalty > self.penalty - HALF:
            return False
        self.penalty, self.lines = penalty, dict(lines)
        self.master.add(self.lines.items())
        self.improved(how)
        return True


def respond(search: Search, lines: Lines, rounds: int = 20) -> Lines:
    """Best response: each person in turn takes the best line given all others, until nobody gains.

    `lines` may be partial; the result has a line for everybody who has one there or is met by the pricing.
    """
    arrays, lines = search.arrays, dict(lines)
    present = arrays.present(lines)
    for _ in range(rounds):
        gained = False
        for e in range(arrays.people):
            old = lines.get(e)
            if old is not None:
                np.subtract.at(present, arrays.rows(e, old), 1)
            margin = arrays.margin(present)
            priced = search.pricer.best(e, arrays.base[e] + arrays.prices(e, margin))
            before = np.inf if old is None else arrays.line_cost(e, old) + margin[arrays.rows(e, old)].sum()
            if priced.line is not None and priced.value < before - HALF:
                lines[e] = priced.line
                gained = True
            if e in lines:
                np.add.at(present, arrays.rows(e, lines[e]), 1)
            if search.stop() and len(lines) == arrays.people:
                return lines
        if not gained:
            break
    return lines


def rounded(search: Search, master: LineMaster, relaxation: Relaxation, tries: int) -> None:
    """Offer rosters of lines that the mixture holds, first the largest of each person, then drawn by weight.

    What does not fit together is put right by best response.
    """
    used = np.flatnonzero(relaxation.weights > EVEN)
    own = {e: used[master.owners[used] == e] for e in master.people}
    lines = master.chosen(relaxation)
    for at in range(tries):
        if search.stop():
            return
        search.offer(respond(search, lines), "the mixture rounded" if at == 0 else "the mixture drawn")
        for e, mixed in own.items():
            if len(mixed):
                weights = relaxation.weights[mixed]
                lines[e] = master.lines[search.rng.choice(mixed, p=weights / weights.sum())]


def dive(
    search: Search,
    master: LineMaster,
    possible: Flags,
    target: float,
    rounds: int,
    width: float,
    misses: int,
    sure: float = SURE,
) -> Lines:
    """Settle cells one after the other until the mixture of lines is a roster; empty when that fails.

    Only rosters below `target` are looked for. Each time up to the share `width` of the cells that are still mixed is
    settled, the surest first, but none beside the first whose share is not above `sure`; a set that costs too much is
    taken back and tried by one cell, then that cell is forbidden. After `misses` dead ends the dive gives up.
    """
    possible = possible.copy()
    limit = target - 1 + HALF
    generated = _generate(search, master, possible, rounds, limit, search.duals)
    share_wanted = width
    while not search.stop():
        if generated.relaxation.value > limit:
            return {}
        share = master.shares(generated.relaxation)
        mixed = (share > EVEN) & (share < 1 - EVEN)
        if not mixed.any():
            return master.chosen(generated.relaxation)
        cells = _surest(search, share, mixed, share_wanted, sure)
        trial = possible.copy()
        for e, day, s in cells:
            trial[e, day] = False
            trial[e, day, s] = True
        found = _generate(search, master, trial, rounds, limit)
        if found.relaxation.value <= limit:
            possible, generated, share_wanted = trial, found, min(width, share_wanted * 1.5)
            continue
        if len(cells) > 1:
            share_wanted = share_wanted / 3 if len(cells) > 3 else 0.0
            continue
        misses -= 1
        if misses < 0:
            return {}
        possible[cells[0]] = False
        generated = _generate(search, master, possible, rounds, limit)
    return {}


def _generate(
    search: Search, master: LineMaster, possible: Flags, rounds: int, limit: float, center: Floats | None = None
) -> Generated:
    search.steps += 1
    master.allow(possible)
    generation = Generation(search.arrays, master, search.pricer, possible, SMOOTHING, center)
    return generation.run(search.stop, rounds, enough=limit + EVEN, close=HALF)


def _surest(search: Search, share: Floats, mixed: Flags, width: float, sure: float) -> list[tuple[int, int, int]]:
    """The cells to settle next: the largest shares, a little noise to break ties."""
    worth = np.where(mixed, share + 1e-3 * search.rng.random(share.shape), -1.0)
    count = max(1, int(width * mixed.any(axis=2).sum()))
    order = np.argsort(-worth, axis=None)[:count]
    people, days, shifts = np.unravel_index(order, share.shape)
    cells = list(zip(people.tolist(), days.tolist(), shifts.tolist(), strict=True))
    return [cell for at, cell in enumerate(cells) if worth[cell] >= 0 and (at == 0 or share[cell] > sure)]
