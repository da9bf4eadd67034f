"""How far can a plan be from the best? A bound where one can be had, and the end of the gap where it is small."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from plantops.engines import Limits, Progress, ShouldStop, Stopwatch
from plantops.wording import mark
from transport.optimise.closing import close
from transport.optimise.day import Day, prepare
from transport.optimise.generation import Bound, Generation
from transport.optimise.heuristic import Tour
from transport.optimise.model import Order, Problem, Stop, Vehicle, Window
from transport.optimise.network import Network, networks, why_not_bounded
from transport.optimise.pool import Pool, whole_cost
from transport.optimise.pricing import Pricer
from transport.optimise.sweeping import Sweeper

NEIGHBOURS, LONG_NEIGHBOURS = 8, 6
MOST_ORDERS = 400  # beyond, memory and patience end before the linear program does
WORTH_CLOSING = 5.0  # gap, as a fraction, times orders, up to which all routes are listed

EXACT = mark("Proved: no plan is cheaper.")
COMPLETE = mark("Bound: the linear program over all routes, solved to its end.")
CUT_SHORT = mark("Bound: column generation was cut short, so the true gap is smaller.")
COARSE = mark(
    "Bound: routes may go round in circles and loads are kept on average only, so the true gap is likely far smaller."
)
TOO_LONG = mark("How much cheaper a plan could be is not known: the time was too short to look at all routes.")


@dataclass
class Proof:
    """What is known about the best plan of a day; `lower` in whole money with prizes."""

    day: Day
    lower: int | None = None
    note: str = ""
    networks: Sequence[Network] = ()
    bound: Bound | None = None
    long: bool = False
    _tried_at: int | None = None
    _why_not: str | None = field(init=False)

    def __post_init__(self) -> None:
        self._why_not = why_not_bounded(self.day)
        if self._why_not is None and len(self.day.problem.orders) > MOST_ORDERS:
            self._why_not = f"there are more than {MOST_ORDERS} orders"
        if self._why_not is not None:
            self.note = f"How much cheaper a plan could be is not known: {self._why_not}."

    @property
    def possible(self) -> bool:
        return self._why_not is None

    def generate(
        self,
        pool: Pool,
        upper: int,
        watch: Stopwatch,
        work: int | None,
        should_stop: ShouldStop | None,
        long: bool = False,
    ) -> None:
        """Run column generation; every route that it meets goes to the pool. `long`: routes have so many stops that
        only a coarse bound is to be had."""
        self.long = long
        self.networks = networks(self.day, LONG_NEIGHBOURS if long else NEIGHBOURS)
        pricers = [Sweeper(network) if long else Pricer(network) for network in self.networks]
        self.bound = Generation(self.day, pool, self.networks, pricers, watch, should_stop, most_work=work).run(upper)
        self.note = TOO_LONG
        if self.bound.lower is not None:
            self.lower = self.bound.lower
            self.note = COARSE if long else COMPLETE if self.bound.complete else CUT_SHORT

    def worth_closing(self, upper: int) -> bool:
        """Whether listing all routes in the gap has a chance, and has not been tried on this gap."""
        if self.long or self.bound is None or self.bound.lower is None or self.lower is None or self.lower >= upper:
            return False
        if self._tried_at is not None and upper >= self._tried_at:
            return False
        return (upper - self.lower) * len(self.day.problem.orders) <= WORTH_CLOSING * upper

    def close(self, upper: int, limits: Limits, should_stop: ShouldStop | None) -> list[Tour] | None:
        """Try to end the gap to a plan of cost `upper`; a better plan when one was found."""
        assert self.bound is not None and self.lower is not None
        self._tried_at = upper
        closed = close(self.day, self.networks, self.bound, upper, limits, should_stop)
        if closed is None:
            return None
        self.lower = max(self.lower, closed.lower)
        known = upper if closed.tours is None else whole_cost(self.day, closed.tours)
        if self.lower >= known:
            self.note = EXACT
        return closed.tours


def get_ready(_nothing: None, _limits: Limits, _progress: Progress, _should_stop: ShouldStop) -> None:
    """`compile_ahead` as an engine of its own, which leaves the processor to everybody else."""
    os.nice(10)
    compile_ahead()


def compile_ahead() -> None:
    """Load or make the compiled parts on a problem of three orders, so that no run's clock pays for it."""
    ways = np.array([[0, 5, 6, 7], [5, 0, 3, 9], [6, 3, 0, 4], [7, 9, 4, 0]], np.int64)
    stops = [Stop(place, 1, (Window(0, 100),)) for place in (1, 2, 3)]
    problem = Problem(
        name="three",
        places=("0", "1", "2", "3"),
        vehicles=tuple(Vehicle(str(v), 0, 0, (2,), Window(0, 100), cost_per_km=1.0) for v in range(3)),
        orders=tuple(Order(str(stop.place), (1,), delivery=stop) for stop in stops),
        distance_m=(ways,),
        duration=(ways,),
    )
    day = prepare(problem)
    proof, pool = Proof(day), Pool(day)
    tours: list[Tour] = [(0, (0,)), (0, (1,)), (0, (2,))]
    pool.extend(tours)
    upper = whole_cost(day, tours)
    proof.generate(pool, upper, Stopwatch(), None, None)
    proof.close(upper, Limits(), None)
    Proof(day).generate(pool, upper, Stopwatch(), None, None, long=True)
