"""Improving a whole roster piece by piece: some people's lines, or some days of many people, are planned anew.

Large-neighbourhood search (P. Shaw 1998) whose pieces are solved by column generation and a dive; the relaxation of a
piece says at once when nothing can be gained there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from housekeeping.optimise.arrays import Floats, LineArray
from housekeeping.optimise.columns import LineMaster
from housekeeping.optimise.search import HALF, Lines, Search, dive

FEWEST = 6
FIRST_SHARE = 0.2
MOST_FIRST = 15  # people: with more the first pieces of a large plant take too long
PATIENCE = 4  # pieces without gain before more is freed
GROWTH = 1.2
GUIDED = 0.7  # share of pieces that are chosen around a cover row that is paid for
STRANGER = 0.15  # weight of a person who cannot help that row
KEEP = 200
SHORTEST = 5  # days
AROUND = 5  # days of a repair at a time, and about as many before and after
WIDER = 2  # so many times the cells are freed when they are days of many people
LEAST_SHARE = 0.2  # of the pieces, however little a kind of them gains
FORGET = 0.85
MOST_LINES = 4000
REMEMBER = 400


@dataclass
class Kind:
    """A way to choose pieces: how many cells it frees in person-days, and what pieces of it gained for their work."""

    cells: float
    idle: int = 0
    gained: float = 1.0
    spent: float = 1.0

    def note(self, better: bool, spent: float) -> None:
        self.gained, self.spent = FORGET * self.gained + better, FORGET * self.spent + spent
        self.idle = 0 if better else self.idle + 1


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
    """Frees all days of some people or some days of many, more when nothing is gained any more, and plans them anew.

    The kind of piece that gains more often for its work is chosen more often (S. Ropke and D. Pisinger 2006). `lines`
    is the roster that is improved: the best one, or another start, of which the best roster is told.
    """

    search: Search
    pool: Pool
    work: int = 0
    _everybody: LineMaster | None = None

    def __post_init__(self) -> None:
        people, days = self.search.arrays.people, self.search.arrays.days
        self.fewest = max(FEWEST, min(MOST_FIRST, round(FIRST_SHARE * people))) * days
        self.people, self.windows = Kind(self.fewest), Kind(WIDER * self.fewest)
        self.begin(self.search.lines)

    def begin(self, lines: Lines) -> None:
        """Improve this roster from now on."""
        self.lines, self.penalty = dict(lines), self.search.arrays.cost(lines)

    def _keep(self, found: Lines, how: str) -> bool:
        if not found or self.search.arrays.cost(found) > self.penalty - HALF:
            return False
        self.begin(found)
        self.search.offer(found, how)
        return True

    def step(self) -> bool:
        """Plan one piece; True when the roster got better."""
        search, before = self.search, self.work + self.search.pricer.work
        kind = self._kind()
        row = self._paid_row() if search.rng.random() < GUIDED and len(search.arrays.required) else None
        better = self._days_anew(kind, row) if kind is self.windows else self._people_anew(kind, row)
        kind.note(better, float(self.work + search.pricer.work - before))
        if kind.idle >= PATIENCE:
            kind.idle = 0
            whole = search.arrays.people * search.arrays.days
            kind.cells = kind.cells * GROWTH if kind.cells < whole else self.fewest
        return better

    def _kind(self) -> Kind:
        if self.search.arrays.days <= SHORTEST:
            return self.people
        rate = self.windows.gained / self.windows.spent
        share = rate / (rate + self.people.gained / self.people.spent)
        return self.windows if self.search.rng.random() < min(max(share, LEAST_SHARE), 1 - LEAST_SHARE) else self.people

    def _people_anew(self, kind: Kind, row: int | None) -> bool:
        arrays = self.search.arrays
        return self.replan(self._choose(min(arrays.people, round(kind.cells / arrays.days)), row))

    def _days_anew(self, kind: Kind, row: int | None) -> bool:
        arrays, rng = self.search.arrays, self.search.rng
        length = int(rng.integers(SHORTEST, max(SHORTEST + 1, arrays.days // 2 + 1)))
        start = int(rng.integers(0, arrays.days - length + 1))
        if row is not None:
            start = int(np.clip(arrays.day_of[row] - rng.integers(0, length), 0, arrays.days - length))
        return self.replan_days(self._choose(min(arrays.people, round(kind.cells / length)), row), start, length)

    def mend(self) -> None:
        """Around the days of a roster that are paid for, everybody anew: what a sick call needs, before any bound."""
        search, days = self.search, self.search.arrays.days
        tried = set[int]()
        while not search.stop():
            paid = set(self._paid_days()) - tried
            if not paid:
                return
            first = min(paid)
            tried |= {day for day in paid if day < first + AROUND}
            start = max(0, min(first - AROUND // 2, days - 2 * AROUND))
            self.replan_days(list(range(search.arrays.people)), start, min(days, 2 * AROUND))

    def replan(self, free: list[int]) -> bool:
        search = self.search
        master = LineMaster(search.arrays, {e: line for e, line in self.lines.items() if e not in free})
        master.add((e, line) for e in free for line in [self.lines[e], *self.pool.cheapest(e, 15)])
        found = dive(search, master, search.possible, self.penalty, rounds=20, width=0.2, misses=1)
        self.pool.add(master)
        self.work += master.work
        return self._keep(found, f"{len(free)} people planned anew")

    def replan_days(self, free: list[int], start: int, length: int) -> bool:
        """Plan `length` days in a row of some people anew; their other days stay."""
        search, arrays = self.search, self.search.arrays
        possible = np.zeros_like(search.possible)
        for e, line in self.lines.items():
            possible[e, np.arange(arrays.days), line] = True
        possible[free, start : start + length] = search.possible[free, start : start + length]
        if self._everybody is None or len(self._everybody.owners) > MOST_LINES:
            self._everybody = LineMaster(arrays)
        master, before, priced = self._everybody, self._everybody.work, search.pricer.work
        master.add(self.lines.items())
        found = dive(search, master, possible, self.penalty, rounds=20, width=0.2, misses=1, sure=0.5)
        self.work += master.work - before
        search.pricer.work -= (search.pricer.work - priced) * 3 // 4  # the days that stay cost next to nothing
        return self._keep(found, f"{length} days of {len(free)} people planned anew")

    def _choose(self, count: int, row: int | None) -> list[int]:
        """So many people, rather those who can help a cover row."""
        search, people = self.search, self.search.arrays.people
        weight = np.ones(people) if row is None else np.where(self._can_help(row), 1.0, STRANGER)
        free = search.rng.choice(people, count, replace=False, p=weight / weight.sum())
        return sorted(int(e) for e in free)

    def _paid(self) -> Floats:
        """What each cover row costs above what the bound accounts for."""
        arrays = self.search.arrays
        present = arrays.present(self.lines)
        paid: Floats = np.maximum(arrays.required - present, 0) * (arrays.under - self.pool.duals)
        return paid + np.maximum(present - arrays.required, 0) * (arrays.over + self.pool.duals)

    def _paid_row(self) -> int:
        """A cover row, the likelier the more is paid."""
        paid = self._paid() + 1e-3
        return int(self.search.rng.choice(len(paid), p=paid / paid.sum()))

    def _paid_days(self) -> list[int]:
        return sorted(set(self.search.arrays.day_of[self._paid() > 0].tolist()))

    def _can_help(self, row: int) -> list[bool]:
        arrays = self.search.arrays
        helps = []
        for e in range(arrays.people):
            group = arrays.group[e]
            cells = arrays.cell_of[group][arrays.row_of[group] == row]
            days, shifts = cells // (arrays.off + 1), cells % (arrays.off + 1)
            helps.append(bool(self.search.possible[e, days, shifts].any()))
        return helps
