"""A few neighbouring routes at a time, searched apart from the rest: what is too small for the whole day to see."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from plantops.engines import ShouldStop, Stopwatch
from transport.optimise.climbing import Climber, Finding, Keep, Pace, Penalties
from transport.optimise.day import RELOAD
from transport.optimise.heuristic import Search, Tour

TOGETHER = 3  # routes in a part
CLOSE = 5  # neighbours of a route that may be in a part with it
TRIES = 20  # draws of a part that has not been searched yet
PARTS = 8  # before somebody else has a turn
PACE = Pace(100, 300, 1, (0.02,))


@dataclass
class Parts:
    """Searches parts of plans, each of them once."""

    world: Search
    seed: int
    keep: Keep
    _tried: set[frozenset[Tour]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)

    def fit(self, tours: Sequence[Tour]) -> bool:
        """Whether the plan has parts smaller than itself."""
        return self.world.divisible and len(tours) > TOGETHER

    def search(
        self,
        watch: Stopwatch,
        iterations: int | None,
        start: Sequence[Tour],
        learned: Penalties,
        should_stop: ShouldStop | None = None,
    ) -> Finding:
        """Climb in PARTS parts of a plan that holds and serves everything; what got better stays."""
        tours, done = list(start), 0
        for _ in range(PARTS):
            chosen = self._draw(tours)
            if not chosen or watch.over or (iterations is not None and done >= iterations):
                break
            part = [tours[at] for at in chosen]
            rest = [tour for at, tour in enumerate(tours) if at not in chosen]
            climber = Climber(self.world.part(part, self._idle(tours)), self._seed(), self.keep, PACE, learned)
            found = climber.search(watch, None if iterations is None else iterations - done, part, should_stop)
            done += found.iterations
            self._tried.add(frozenset(part))
            if found.tours is not None:
                tours = rest + found.tours
        return Finding(tours, done)

    def _seed(self) -> int:
        return int(self._random.integers(1, 2**31))

    def _idle(self, tours: Sequence[Tour]) -> list[int]:
        return [count - sum(1 for own, _ in tours if own == k) for k, count in enumerate(self.world.day.counts)]

    def _draw(self, tours: Sequence[Tour]) -> list[int]:
        """A route and some of its neighbours that were not searched together yet; nothing when none was drawn."""
        far = self._apart(tours)
        for _ in range(TRIES):
            first = int(self._random.integers(len(tours)))
            near = [int(at) for at in np.argsort(far[first], kind="stable") if at != first][:CLOSE]
            chosen = [first, *(int(at) for at in self._random.permutation(near)[: TOGETHER - 1])]
            if frozenset(tours[at] for at in chosen) not in self._tried:
                return chosen
        return []

    def _apart(self, tours: Sequence[Tour]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """Mean way between the stops of every two routes."""
        arrays = self.world.day.arrays
        places = [arrays.place[[visit for visit in sequence if visit != RELOAD]] for _, sequence in tours]
        ways = arrays.duration[0]
        return np.array([[float(ways[np.ix_(a, b)].mean()) for b in places] for a in places])
