"""Column generation: price a line for everybody, let the master choose, until no line can improve the mixture.

The bound is the Lagrangian one, valid for any duals: sum of dual x required over the cover rows, plus the cheapest
line of each person at those prices (L. Lasdon 1970). It does not need the prices to have settled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from housekeeping.optimise.arrays import NEVER, Arrays, Flags, Floats, LineArray
from housekeeping.optimise.columns import LineMaster, Relaxation
from housekeeping.optimise.kernels import INFINITE
from housekeeping.optimise.lines import LinePricer

SMOOTHING = 0.6  # weight of the duals with the best bound so far (P. Wentges 1997)
CLOSE = 1e-6
Stop = Callable[[], bool]


@dataclass(frozen=True)
class Generated:
    """The last relaxation, the best safe bound (-INFINITE when none was proved) with its duals, and how it ended."""

    relaxation: Relaxation
    bound: float
    duals: Floats
    rounds: int
    finished: bool


class Generation:
    """One column generation over the cells that are `possible` [E, H, S+1]; the master must have been told of them.

    With a `center`, the duals of a related run, the first prices are those.
    """

    def __init__(
        self,
        arrays: Arrays,
        master: LineMaster,
        pricer: LinePricer,
        possible: Flags,
        smoothing: float = SMOOTHING,
        center: Floats | None = None,
    ) -> None:
        self.arrays, self.master, self.pricer, self.smoothing, self.center = arrays, master, pricer, smoothing, center
        self.base = np.where(possible, arrays.base, NEVER)

    def run(
        self, stop: Stop, rounds: int, enough: float = INFINITE, close: float = CLOSE, whole: bool = False
    ) -> Generated:
        """Generate until nothing improves, the bound is within `close` of the value or reaches `enough`, or stop.

        With `whole` it also ends when the bound, rounded up to a whole number, cannot grow any more, and counts more
        limits exactly before it ends below that.
        """
        best, best_duals = -INFINITE, np.zeros(len(self.arrays.required))
        done, finished = 0, False
        relaxation = self.master.solve()
        while done < rounds and not finished and best < enough and not stop():
            done += 1
            weights = (self.smoothing, 0.0) if best > -INFINITE and self.smoothing else (0.0,)
            if done == 1 and self.center is not None:
                best_duals, weights = self.center, (1.0, 0.0)
            for weight in weights:
                duals = weight * best_duals + (1 - weight) * relaxation.cover_duals
                bound, lines = self._price(duals, relaxation, stop)
                if bound > best:
                    best, best_duals = bound, duals
                if lines or best >= enough or stop():
                    break
            if self.master.add(lines):
                relaxation = self.master.solve()
                finished = _met(relaxation.value, best, close, whole)
            else:
                finished = not whole or _met(relaxation.value, best, close, whole) or not self.pricer.sharpen()
        return Generated(relaxation, best, best_duals, done, finished)

    def _price(self, duals: Floats, relaxation: Relaxation, stop: Stop) -> tuple[float, list[tuple[int, LineArray]]]:
        """The bound at these duals (-INFINITE when stopped), and the lines that would improve the mixture."""
        arrays = self.arrays
        bound = float(duals @ arrays.required) + self.master.slack_cost(duals)
        found: list[tuple[int, LineArray]] = []
        for e, line in self.master.settled.items():
            bound += arrays.line_cost(e, line) - float(duals[arrays.rows(e, line)].sum())
        for e in self.master.people:
            if stop():
                return -INFINITE, found
            priced = self.pricer.best(e, self.base[e] - arrays.prices(e, duals))
            bound += priced.bound
            if priced.line is not None:
                rows = arrays.rows(e, priced.line)
                reduced = arrays.line_cost(e, priced.line) - float(relaxation.cover_duals[rows].sum())
                if reduced < relaxation.person_duals[e] - CLOSE:
                    found.append((e, priced.line))
        return bound, found


def _met(value: float, bound: float, close: float, whole: bool) -> bool:
    return value - bound <= close or (whole and bool(np.ceil(bound - CLOSE) >= np.ceil(value - CLOSE)))
