"""Orders that no vehicle can serve whatever else it does: they are left out before the search, not found out by it.

An order that fits alone nowhere could still fit on the way of a matrix in which a detour is shorter, so what counts
here are shortest ways over all places, and neither breaks nor waiting: who is out of reach is so in every plan. The
rest of the day can then be searched from its best plan and bounded like any other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from transport.optimise.day import DELIVER, RELOAD, Day, prepare
from transport.optimise.heuristic import Tour
from transport.optimise.model import NO_ROAD, Problem
from transport.optimise.schedule import judge_on_all

NOWHERE = float("inf")
MOST_WORK = 2_000_000_000  # matrix cells to look at; beyond, nobody is called out of reach
Ways = NDArray[np.float64]  # S


@dataclass
class Shortest:
    """Shortest ways in ticks and in metres, from and to single places, each reckoned once."""

    day: Day
    work: int = 0

    def __post_init__(self) -> None:
        self._known: dict[tuple[int, int, bool], tuple[Ways, Ways]] = {}

    def of(self, profile: int, place: int, *, home: bool = False) -> tuple[Ways, Ways]:
        """(ticks, metres) from a place to every place, or with `home` from every place to it."""
        key = (profile, place, home)
        if key not in self._known:
            arrays = self.day.arrays
            gap = (arrays.duration[profile] >= NO_ROAD) | (arrays.distance[profile] >= NO_ROAD)
            ticks, metres = (
                np.where(gap, NOWHERE, matrix[profile].astype(float)) for matrix in (arrays.duration, arrays.distance)
            )
            self._known[key] = (self._from(ticks, place, home), self._from(metres, place, home))
        return self._known[key]

    def _from(self, ways: Ways, place: int, home: bool) -> Ways:
        """Bellman and Ford's sums over all places at once, until none gets shorter."""
        if home:
            ways = ways.T
        best = np.full(len(ways), NOWHERE)
        best[place] = 0.0
        while True:
            self.work += ways.size
            shorter = np.minimum(best, (best[:, None] + ways).min(axis=0))
            if (shorter == best).all():
                return best
            best = shorter


def out_of_reach(day: Day) -> list[int]:
    """Numbers of the orders that no plan serves. None when finding out would take too long."""
    held = {int(day.arrays.order[visit]) for prefix in day.prefix for visit in prefix}
    alone = [np.array(own, np.int32) for own in day.visits_of]
    failing = [n for n, own in enumerate(alone) if n not in held and (judge_on_all(day.arrays, own) < 0).all()]
    shortest, found = Shortest(day), []
    for n in failing:
        if not any(_could(day, k, n, shortest) for k in range(len(day.types)) if day.arrays.allowed[k, n]):
            found.append(n)
        if shortest.work > MOST_WORK:
            return []
    return found


def _could(day: Day, k: int, n: int, shortest: Shortest) -> bool:
    """Whether a vehicle of the type that does nothing else and takes the shortest ways could serve the order."""
    arrays = day.arrays
    if (arrays.loads[n] > arrays.capacity[k]).any():
        return False
    profile, visits = int(arrays.profile[k]), day.visits_of[n]
    clock, here = int(arrays.leaves[k]), int(arrays.start[k])
    if arrays.action[visits[0]] == DELIVER:
        clock = max(clock, int(arrays.ready[n]))
    driven, metres, busy = 0.0, 0.0, 0.0
    for visit in visits:
        ticks, length = (ways[arrays.place[visit]] for ways in shortest.of(profile, here))
        opening = next(_openings(day, visit, clock + ticks), None)
        if opening is None:
            return False
        here, clock = int(arrays.place[visit]), opening + int(arrays.service[visit])
        driven, metres, busy = driven + ticks, metres + length, busy + float(arrays.service[visit])
    ticks, length = (ways[here] for ways in shortest.of(profile, int(arrays.end[k]), home=True))
    driven, metres = driven + ticks, metres + length
    return bool(
        clock + ticks <= arrays.returns[k]
        and driven + busy <= arrays.max_duration[k]
        and driven <= arrays.drives_at_most[k]
        and metres <= arrays.max_distance[k]
    )


def _openings(day: Day, visit: int, tick: float) -> Iterator[int]:
    """When service can start in each window that is not over at this tick."""
    arrays = day.arrays
    for row in range(arrays.window_at[visit], arrays.window_at[visit + 1]):
        if tick <= arrays.closes[row]:
            yield max(int(tick), int(arrays.opens[row]))


def within_reach(day: Day) -> Day:
    """The day without the orders that no plan serves; the day itself where there are none, or no others."""
    gone = {day.problem.orders[n].id for n in out_of_reach(day)}
    if not gone or len(gone) == len(day.problem.orders):
        return day
    return prepare(_without(day.problem, gone))


def _without(problem: Problem, gone: set[str]) -> Problem:
    fixed = tuple(replace(one, orders=tuple(n for n in one.orders if n not in gone)) for one in problem.fixed)
    return replace(problem, orders=tuple(o for o in problem.orders if o.id not in gone), fixed=fixed)


def renumbered(tours: Sequence[Tour], before: Day, after: Day) -> list[Tour]:
    """Tours of one day in the numbers of another with the same vehicles; visits that it does not have are dropped."""
    if before is after:
        return list(tours)
    number = {(order.id, what): at for at, (order, what, _) in enumerate(after.visits)}
    kind = {member: k for k, members in enumerate(after.members) for member in members}
    found = []
    for k, steps in tours:
        there = [RELOAD if v == RELOAD else number.get((before.visits[v][0].id, before.visits[v][1])) for v in steps]
        found.append((kind[before.members[k][0]], tuple(v for v in there if v is not None)))
    return found
