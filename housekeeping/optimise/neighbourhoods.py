"""Improving a whole roster piece by piece: some people's lines, or some days of many people, are planned anew.

Large-neighbourhood search (P. Shaw 1998) whose pieces are solved by column generation and a dive; the relaxation of a
piece says at once when nothing can be gained there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from housekeeping.optimise.arrays import Floats, LineArray
from housekeeping.optimise.columns import LineMaster
from housekeeping.optimise.search import Search, dive

FEWEST = 6
FIRST_SHARE = 0.2
PATIENCE = 6  # pieces without gain before one more person is freed
GUIDED = 0.7  # share of pieces that are chosen around a cover row that is paid for
STRANGER = 0.15  # weight of a person who cannot help that row
KEEP = 200
WINDOWS = 0.5  # share of pieces that are days of many people instead of all days of few
SHORTEST = 5  # days
WIDER = 2  # so many times the cells are freed when they are days of many people
MOST_LINES = 4000
REMEMBER = 400


@dataclass
class Pool:
    """Lines met so far, by person, with their reduced cost at the duals of the first bound; the dearest go."""

    search: Search
    duals: Floats
    _lines: dict[int, dict[bytes, tuple[float, LineArray]]] = field(default_factory=dict)

    def add(self, master: LineMaster) -> None:
        arrays = self.search.arrays
        for e, line in zip(master.owners.tolist(), master.lines, strict=True):
            known, key = self._lines.setdefault(e, {}), line.tobytes()
            if key not in known:
                reduced = arrays.line_cost(e, line) - float(self.duals[arrays.rows(e, line)].sum())
                known[key] = reduced, line
            if len(known) > REMEMBER:
                self._lines[e] = dict(sorted(known.items(), key=lambda item: item[1][0])[:KEEP])

    def cheapest(self, e: int, count: int) -> list[LineArray]:
        """The lines of a person with the least reduced cost."""
        known = sorted(self._lines.get(e, {}).values(), key=lambda pair: pair[0])
        return [line for _, line in known[:count]]


@dataclass
class Neighbourhoods:
    """Frees people, a few at first and more when nothing is gained any more, and plans them anew."""

    search: Search
    pool: Pool
    size: int = 0
    work: int = 0
    _idle: int = 0
    _everybody: LineMaster | None = None

    def __post_init__(self) -> None:
        self.fewest = max(FEWEST, round(FIRST_SHARE * self.search.arrays.people))
        self.size = self.size or self.fewest

    def step(self) -> bool:
        """Plan one piece; True when the roster got better."""
        search = self.search
        people, days = search.arrays.people, search.arrays.days
        if search.rng.random() < WINDOWS and days > SHORTEST:
            length = int(search.rng.integers(SHORTEST, max(SHORTEST + 1, days // 2 + 1)))
            better = self.replan_days(self._choose(min(people, -(-self.size * WIDER * days // length))), length)
        else:
            better = self.replan(self._choose(min(self.size, people)))
        self._idle = 0 if better else self._idle + 1
        if self._idle >= PATIENCE:
            self._idle = 0
            self.size = self.size + 1 if self.size < search.arrays.people else self.fewest
        return better

    def replan(self, free: list[int]) -> bool:
        search = self.search
        master = LineMaster(search.arrays, {e: line for e, line in search.lines.items() if e not in free})
        master.add((e, line) for e in free for line in [search.lines[e], *self.pool.cheapest(e, 15)])
        found = dive(search, master, search.possible, search.penalty, rounds=20, width=0.2, misses=1)
        self.pool.add(master)
        self.work += master.work
        return bool(found) and search.offer(found, f"{len(free)} people planned anew")

    def replan_days(self, free: list[int], length: int) -> bool:
        """Plan `length` days in a row of some people anew; their other days stay."""
        search, arrays = self.search, self.search.arrays
        start = int(search.rng.integers(0, arrays.days - length + 1))
        possible = np.zeros_like(search.possible)
        for e, line in search.lines.items():
            possible[e, np.arange(arrays.days), line] = True
        possible[free, start : start + length] = search.possible[free, start : start + length]
        if self._everybody is None or len(self._everybody.owners) > MOST_LINES:
            self._everybody = LineMaster(arrays)
        master, before, priced = self._everybody, self._everybody.work, search.pricer.work
        master.add(search.lines.items())
        found = dive(search, master, possible, search.penalty, rounds=20, width=0.2, misses=1, sure=0.5)
        self.work += master.work - before
        search.pricer.work -= (search.pricer.work - priced) * 3 // 4  # the days that stay cost next to nothing
        return bool(found) and search.offer(found, f"{length} days of {len(free)} people planned anew")

    def _choose(self, count: int) -> list[int]:
        search, people = self.search, self.search.arrays.people
        weight = np.ones(people)
        if search.rng.random() < GUIDED and len(search.arrays.required):
            weight = np.where(self._can_help(self._paid_row()), 1.0, STRANGER)
        free = search.rng.choice(people, count, replace=False, p=weight / weight.sum())
        return sorted(int(e) for e in free)

    def _paid_row(self) -> int:
        """A cover row, the likelier the more it costs above what the bound accounts for."""
        arrays = self.search.arrays
        present = arrays.present(self.search.lines)
        paid = np.maximum(arrays.required - present, 0) * (arrays.under - self.pool.duals)
        paid += np.maximum(present - arrays.required, 0) * (arrays.over + self.pool.duals) + 1e-3
        return int(self.search.rng.choice(len(paid), p=paid / paid.sum()))

    def _can_help(self, row: int) -> list[bool]:
        arrays = self.search.arrays
        helps = []
        for e in range(arrays.people):
            group = arrays.group[e]
            cells = arrays.cell_of[group][arrays.row_of[group] == row]
            days, shifts = cells // (arrays.off + 1), cells % (arrays.off + 1)
            helps.append(bool(self.search.possible[e, days, shifts].any()))
        return helps
