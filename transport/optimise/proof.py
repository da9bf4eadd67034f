"""How far can a plan be from the best? A bound where one can be had, and the end of the gap where it is small."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from plantops.engines import Limits, Progress, ShouldStop, Stopwatch
from plantops.wording import mark
from transport.optimise.circling import LongRoutes
from transport.optimise.closing import Closed, close
from transport.optimise.day import Day, prepare
from transport.optimise.generation import Bound, Generation
from transport.optimise.heuristic import Tour
from transport.optimise.model import Order, Problem, Stop, Vehicle, Window
from transport.optimise.network import Network, networks
from transport.optimise.places import find_place
from transport.optimise.pool import Pool, whole_cost
from transport.optimise.pricing import Pricer
from transport.optimise.relaxing import is_relaxed
from transport.optimise.sweeping import Sweeper

NEIGHBOURS, LONG_NEIGHBOURS = 8, 3
TRIAL_SHARE = 0.4  # of the time of a bound of long routes: for labelling that is exact
FEW_LABELS, MOST_LABELS = 400_000, 1_500_000  # more of them are too many, in that trial and else
MOST_VISITS = 400  # beyond, memory and patience end before the linear program does
WORTH_CLOSING = 5.0  # gap, as a fraction, times orders, up to which all routes are listed
SMALLER = 0.8  # of the gap that was tried last, from which it is tried again
LISTING = 0.3  # of the work of the bound, at most, for one try to list all routes ...
LEAST_LISTING, MOST_LISTING = 20_000_000, 2_000_000_000  # ... but so much always, and when nothing else is left

EXACT = mark("Proved: no plan is cheaper.")
COMPLETE = mark("Bound: the linear program over all routes, solved to its end.")
CUT_SHORT = mark("Bound: column generation was cut short, so the true gap is smaller.")
COARSE = mark(
    "Bound: routes may go round in circles and loads are kept on average only, so the true gap is likely far smaller."
)
RELAXED = mark(
    "Bound: it leaves out that loads of one vehicle follow one another and that an order picked up on the way stays on "
    "its vehicle, so the true gap is smaller."
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
    _generation: Generation | None = None
    _tried: int | None = None
    _tightened: bool = False
    _exhausted: bool = False
    relaxed: bool = field(init=False)  # routes of the bound are not those of a plan, so they are not listed

    def __post_init__(self) -> None:
        self.relaxed = is_relaxed(self.day)
        if not self.possible:
            self.note = f"How much cheaper a plan could be is not known: there are more than {MOST_VISITS} visits."

    @property
    def possible(self) -> bool:
        return len(self.day.visits) <= MOST_VISITS

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
        a coarse bound may be all that is to be had, when labelling with exact loads and clocks meets too many."""
        least = None if watch.left is None else TRIAL_SHARE * watch.left
        trial = Stopwatch(least, watch.cpu) if long else watch
        self.long = False
        self.networks = networks(self.day, NEIGHBOURS)
        pricers = [Pricer(network, FEW_LABELS if long else MOST_LABELS) for network in self.networks]
        self._generation = Generation(self.day, pool, self.networks, pricers, trial, should_stop, most_work=work)
        bound = self._generation.run(upper)
        if long and bound.lower is not None and not self._generation.ended:
            bound = self._generation.go_on(upper, watch)
        if long and bound.lower is None:
            self.coarse(pool, upper, watch, work, should_stop)
        else:
            self._take(bound)

    @property
    def unfinished(self) -> bool:
        """Whether there is a bound, and the linear program (where routes are short: before the first cut) has not been
        solved to its end."""
        generation = self._generation
        if generation is None or self.lower is None or self._tightened:
            return False
        return not generation.ended and not generation.drowned

    def go_on(self, upper: int, watch: Stopwatch) -> None:
        """On with the linear program where time ended it."""
        assert self._generation is not None
        self._take(self._generation.go_on(upper, watch))

    def coarse(
        self, pool: Pool, upper: int, watch: Stopwatch, work: int | None, should_stop: ShouldStop | None
    ) -> None:
        """The bound of last resort, where routes are long."""
        self.long = True
        self.networks = networks(self.day, LONG_NEIGHBOURS)
        pricers = [Sweeper(network) for network in self.networks]
        self._generation = LongRoutes(self.day, pool, self.networks, pricers, watch, should_stop, most_work=work)
        self._take(self._generation.run(upper))

    def _take(self, bound: Bound) -> None:
        self.bound, self.note = bound, TOO_LONG
        if bound.lower is not None:
            self.lower = max(bound.lower, self.lower or bound.lower)
            self.note = COARSE if self.long else COMPLETE if bound.complete else CUT_SHORT
            if self.relaxed and not self.long and bound.complete:
                self.note = RELAXED

    def worth_more(self, upper: int) -> bool:
        """Whether more time could close the gap: cuts have begun, or can begin."""
        if self.long or self._generation is None or self.lower is None or self.lower >= upper:
            return False
        return not self._exhausted and (self._generation.ended or self._tightened)

    def tighten(
        self, upper: int, watch: Stopwatch, limits: Limits, should_stop: ShouldStop | None
    ) -> list[Tour] | None:
        """Cuts, and tries to list all routes in the gap to a plan of cost `upper`, in turns; a better plan when one
        was found."""
        generation = self._generation
        assert generation is not None and self.bound is not None and self.lower is not None
        self._tightened = True
        while self.lower < upper and not watch.over:
            if generation.ended:
                self._exhausted = not generation.cut()
            if not self.relaxed and (self._exhausted or self._worth_listing(upper)):
                work = MOST_LISTING if self._exhausted else max(LEAST_LISTING, int(LISTING * generation.work))
                closed = self._list(upper, work, watch.rest(limits), should_stop)
                if closed is not None:
                    return closed.tours
            if self._exhausted:
                break
            self._take(generation.go_on(upper, watch))
            self._exhausted = generation.drowned
            if not generation.ended and not self._exhausted:
                break
        return None

    def _worth_listing(self, upper: int) -> bool:
        """Whether listing all routes in the gap has a chance, and has not been tried on this gap."""
        assert self.lower is not None
        gap = upper - self.lower
        if self._tried is not None and gap > SMALLER * self._tried:
            return False
        return gap * len(self.day.problem.orders) <= WORTH_CLOSING * upper

    def _list(self, upper: int, work: int, limits: Limits, should_stop: ShouldStop | None) -> Closed | None:
        """Try to end the gap; None when there are too many routes in it."""
        assert self.bound is not None and self.lower is not None
        self._tried = upper - self.lower
        closed = close(self.day, self.networks, self.bound, upper, work, limits, should_stop)
        if closed is None:
            return None
        self.lower = max(self.lower, closed.lower)
        known = upper if closed.tours is None else whole_cost(self.day, closed.tours)
        if self.lower >= known:
            self.note = EXACT
        return closed


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
    find_place(day, 0, (0,), 1)
    upper = whole_cost(day, tours)
    proof.generate(pool, upper, Stopwatch(), None, None)
    proof.tighten(upper, Stopwatch(), Limits(), None)
    Proof(day).coarse(pool, upper, Stopwatch(), None, None)
