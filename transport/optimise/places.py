"""Where in a route does one more order cost least, and where none holds, where does it break least?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transport.optimise.day import RELOAD, Day
from transport.optimise.gaps import NOTHING, look
from transport.optimise.schedule import Verdict, try_route


@dataclass(frozen=True)
class Found:
    """A route with the order in it, and what is to be said of it."""

    sequence: tuple[int, ...]
    verdict: Verdict


def find_place(day: Day, k: int, sequence: Sequence[int], n: int) -> Found:
    """The cheapest place for order n behind the frozen visits of a route of type k, also on a load of its own where
    the vehicle may come back for one; where none holds, the one that breaks least. The type must be allowed to
    serve the order."""
    own = day.visits_of[n]
    two = own[1] if len(own) == 2 else NOTHING
    tried, best = np.zeros((2, len(sequence) + 4), np.int32)
    steps: NDArray[np.int32] = np.array(sequence, np.int32)
    length, told = look(day.arrays, k, steps, len(day.prefix[k]), own[0], two, tried, best)
    return Found(tuple(best[:length].tolist()), Verdict(*(int(x) for x in told)))


def place_at(day: Day, k: int, sequence: Sequence[int], n: int, at: Sequence[int]) -> Found:
    """Order n at these positions of the new route (of pickup and delivery, in this order), counting reloads too."""
    route = list(sequence)
    for position, visit in zip(at, day.visits_of[n], strict=True):
        route.insert(position, visit)
    return Found(tuple(route), try_route(day, k, route))


def without(day: Day, sequence: Sequence[int], n: int) -> tuple[int, ...]:
    """The sequence with order n taken out, and with it a reload for which nothing is left to do."""
    left: list[int] = []
    for visit in sequence:
        pointless = visit == RELOAD and (not left or left[-1] == RELOAD)
        if visit not in day.visits_of[n] and not pointless:
            left.append(visit)
    return tuple(left[:-1] if left and left[-1] == RELOAD else left)
