"""How good can a plan be at best? Column generation over each vehicle type, and a bound that holds.

The bound is Lagrangian: for prices p >= 0 per order no plan is cheaper than
    sum of p + sum over types of (vehicles x cheapest reduced cost, at most 0),
with p at most the order's prize (of an order with a pickup and a delivery each visit has its own price and half of
the prize, and vehicles with several trips count as often; see `relaxing`). A cut (see `subsets`) with price t >= 0
takes t from the sum, and a route that it counts is dearer by t each time. Where loads are limited for the mean of a
type's routes only (see `sweeping`), a second price t >= 0 per such load makes an order cheaper by t x its part of the
capacity and a route dearer by t; a route that holds pays no more than t that way, so the bound stays one. Prices are
rounded to a power of two so that all sums are exact.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from plantops.engines import ShouldStop, Stopwatch
from transport.optimise.columns import Partition, Served, money_unit
from transport.optimise.day import Day
from transport.optimise.network import Floats, Network
from transport.optimise.pool import Column, Pool
from transport.optimise.pricing import Cuts, Found, Offer, Pricer, grain
from transport.optimise.relaxing import always_spent, prizes_of_visits, routes_of
from transport.optimise.subsets import Cut, Route, Subsets, tolls
from transport.optimise.sweeping import Sweeper

OFFERS = 120  # columns per type and round
STEPS_PER_SECOND = 30e6  # first guess, measured while running
STEPS = 2_000_000_000  # limit of one pricing when there is no time limit
CLOSE = 1e-6  # value and bound are equal to this fraction: done
ROUNDS = 1_000
SMOOTH, LEAST_WEIGHT = 0.5, 0.05  # weight of the best bound's prices
ENOUGH = 1e-4  # of the value: so near to its end the linear program is left for cuts
START_COLUMNS = 3_000
FEW = 5  # routes in all, so few that truer prices are due
USED = 1e-4  # a route that is taken to this part is in use


@dataclass(frozen=True)
class Bound:
    """`lower`: no plan (with the prizes of what it leaves out) costs less, None when nothing was proved.
    `complete`: the linear program was solved to its end. `prices`, `tolls` (per cut of `cuts`) and `least` (cheapest
    reduced cost per network) are those that gave `lower`."""

    lower: int | None
    complete: bool
    prices: Floats
    least: tuple[float, ...]
    rounds: int
    cuts: tuple[Cut, ...] = ()
    tolls: Floats = field(default_factory=lambda: np.zeros(0))

    def active(self) -> tuple[list[Cut], Floats]:
        """The cuts that cost anything, and what they cost."""
        at = np.flatnonzero(self.tolls)
        return [self.cuts[c] for c in at], self.tolls[at]


@dataclass
class Generation:
    """A run of column generation; every route without circles that comes up goes to the pool."""

    day: Day
    pool: Pool
    networks: Sequence[Network]
    pricers: Sequence[Pricer | Sweeper]
    watch: Stopwatch
    should_stop: ShouldStop | None = None
    most_work: int | None = None  # steps of labelling in all: a limit that does not depend on the clock
    work: int = 0
    offers: int = OFFERS
    _speed: float = STEPS_PER_SECOND
    best: Bound = field(init=False)
    _ended: bool = False
    drowned: bool = False  # in labels: it can go no further

    def run(self, upper: int) -> Bound:
        """Start from the pool; stop when the bound reaches `upper` (whole money, prizes included)."""
        columns = self._begin()
        self._enter(columns)
        return self._loop(upper) if self._grain else self.best

    def _begin(self) -> Sequence[Column]:
        """An empty linear program; gives the routes to start from."""
        columns = self.pool.columns[-START_COLUMNS:]
        self._prizes, self._spent = prizes_of_visits(self.day), always_spent(self.day)
        size = len(self._prizes)
        self.best = Bound(None, False, np.zeros(size), (), 0)
        self._grain = grain(max(float(self.day.prize.max()), *(float(c.cost) for c in columns), 1.0))
        means, slots = [0] * len(self.day.types), [0] * len(self.day.types)
        for network, pricer in zip(self.networks, self.pricers, strict=True):
            means[network.k], slots[network.k] = pricer.means, network.slots
        self._means = np.cumsum([size, *(pricer.means for pricer in self.pricers)])
        served = Served(self._prizes, tuple(slots), (False,) * len(slots))
        self._unit, self._kept, self._served = money_unit(columns), means, served
        self._partition = self._empty()
        self._known: set[tuple[int, tuple[int, ...]]] = set()
        self._routes: dict[int, Route] = {}
        self._subsets = Subsets(size)
        self.pool.fresh()
        return columns

    def _empty(self) -> Partition:
        return Partition(self.day, self._unit, self._kept, self._served)

    def go_on(self, upper: int, watch: Stopwatch) -> Bound:
        """On from where it ended, with more time."""
        self.watch = watch
        return self._loop(upper)

    @property
    def ended(self) -> bool:
        """Whether the linear program that it had last was solved to its end."""
        return self._ended

    def cut(self) -> bool:
        """Cuts that the last linear program breaks; False when there are none."""
        values = self._partition.master.values
        used = [number for number in self._routes if values[number] > USED]
        new = self._subsets.violated([self._routes[n] for n in used], [float(values[n]) for n in used])
        fresh = Subsets(len(self._prizes))
        for cut in new:
            self._subsets.add(cut)
            fresh.add(cut)
        times: list[list[tuple[int, int]]] = [[] for _ in new]
        for number, route in self._routes.items():
            for at, often in fresh.counts(route):
                times[at].append((number, often))
        for counted in times:
            self._partition.cut(counted)
        return bool(new)

    def _counts(self, k: int, route: Route) -> list[tuple[int, int]]:
        """(cut, how often a new route of this type counts for it)."""
        del k
        return self._subsets.counts(route)

    def _to_pool(self, network: Network, visits: Sequence[int]) -> None:
        """A route of the bound as a tour, which the pool takes when it holds."""
        self.pool.add((network.k, (*self.day.prefix[network.k], *visits)))

    def _enter(self, columns: Sequence[Column]) -> None:
        """Known routes enter at the network's cost, which is never above their own."""
        for network, pricer in zip(self.networks, self.pricers, strict=True):
            row = {int(visit): at for at, visit in enumerate(network.visits)}
            own = [r for c in columns if c.k == network.k for r in routes_of(self.day, c.k, c.sequence)]
            found = [tuple(row[visit] for visit in route) for route in own if all(visit in row for visit in route)]
            self._add(network, pricer, [(pricer.cost(route), route) for route in found if route])

    def _add(self, network: Network, pricer: Pricer | Sweeper, offers: Sequence[Offer]) -> int:
        """New columns for the linear program; gives how many were new."""
        fresh = {route: cost for cost, route in offers if (network.k, route) not in self._known}
        new = [(cost, route) for route, cost in fresh.items()]
        self._known.update((network.k, route) for _, route in new)
        orders = [[int(network.visits[row]) for row in route] for _, route in new]
        shares = [pricer.shares(route) for _, route in new]
        cuts = [self._counts(network.k, tuple(own)) for own in orders]
        numbers = self._partition.add([cost for cost, _ in new], [network.k] * len(new), orders, shares, cuts)
        for number, own in zip(numbers, orders, strict=True):
            self._routes[number] = tuple(own)
            if len(set(own)) == len(own):
                self._to_pool(network, own)
        return len(new)

    def _loop(self, upper: int) -> Bound:
        """Prices are taken between those of the linear program and those of the best bound (Wentges 1997), because
        the former swing. Fast pricing until it finds nothing. It ends a little before its end, because cuts bring
        more."""
        weight, heuristic = SMOOTH, True
        self._ended = False
        centre = self._centre()
        for rounds in range(1, ROUNDS + 1):
            solved = self._solve()
            if solved is None:
                break
            value, target = solved
            smooth = self._mixed(centre, target, weight)
            if heuristic:
                heuristic = self._heuristic_round(smooth) > 0
                if heuristic:
                    continue
            exact = self._exact_round(smooth)
            if exact is None:
                break
            added, lower, least = exact
            if self._improves(lower, smooth, least, rounds, -np.inf):
                centre = None if centre is None else smooth
            complete = value - lower <= CLOSE * abs(value) or (smooth is target and not added)
            self._ended = complete or value - lower <= ENOUGH * abs(value)
            self.best = replace(self.best, complete=self.best.complete or complete, rounds=rounds)
            if self._ended or (self.best.lower is not None and self.best.lower >= upper):
                break
            weight = SMOOTH if added > FEW else weight * 0.4
            heuristic = added > 0
        return self.best

    def _solve(self) -> tuple[float, Floats] | None:
        """(value, prices) of the linear program; None when time is up."""
        solved = self._partition.solve(self.watch, self.should_stop)
        if solved is None:
            return None
        value, prices, others = solved
        return value + self._spent, self._rounded(np.concatenate([prices, -others[len(self.day.types) :]]))

    def _mixed(self, centre: Floats | None, target: Floats, weight: float) -> Floats:
        if centre is None or weight < LEAST_WEIGHT:
            return target
        return self._rounded(weight * centre + (1 - weight) * target)

    def _improves(self, lower: float, prices: Floats, least: tuple[float, ...], rounds: int, worthless: float) -> bool:
        """Take a bound that is better than what was known."""
        if lower <= (worthless if self.best.lower is None else self.best.lower):
            return False
        size, paid = len(self._prizes), prices[int(self._means[-1]) :]
        self.best = Bound(math.ceil(lower), False, prices[:size], least, rounds, tuple(self._subsets.cuts), paid)
        return True

    def _centre(self) -> Floats | None:
        """The prices of the best bound, to begin with after cuts."""
        if self.best.lower is None:
            return None
        others = np.zeros(int(self._means[-1]) - len(self.best.prices) + len(self._subsets.cuts))
        others[len(others) - len(self._subsets.cuts) :][: len(self.best.tolls)] = self.best.tolls
        return np.concatenate([self.best.prices, others])

    def _rounded(self, prices: Floats) -> Floats:
        """Prices that the bound may use: from 0, and to the prize of an order, on the grid."""
        most = np.concatenate([self._prizes, np.full(len(prices) - len(self._prizes), np.inf)])
        return np.asarray(np.floor(np.clip(prices, 0, most) / self._grain) * self._grain)

    def _heuristic_round(self, prices: Floats) -> int:
        """Offers of the fast pricing that are worth a new look at the prices; 0 sends us to the exact one."""
        added = 0
        for at, (network, pricer) in enumerate(zip(self.networks, self.pricers, strict=True)):
            found = self._price(at, prices, heuristic=True)
            if found is None:
                return 0
            added += self._add(network, pricer, found.offers)
        return added

    def _exact_round(self, prices: Floats) -> tuple[int, float, tuple[float, ...]] | None:
        """(new columns, bound, cheapest reduced cost per network); None when a limit was hit."""
        added, least = 0, []
        lower = self._spent + self._certain(prices)
        for at, (network, pricer) in enumerate(zip(self.networks, self.pricers, strict=True)):
            found = self._price(at, prices, heuristic=False)
            if found is None or found.cheapest is None:
                return None
            least.append(found.cheapest)
            lower += min(network.slots, len(self._prizes)) * found.cheapest
            added += self._add(network, pricer, found.offers)
        return added, lower, tuple(least)

    def _certain(self, prices: Floats) -> float:
        """What prices alone prove: those of visits, less what cuts allow."""
        return float(prices[: len(self._prizes)].sum() - prices[int(self._means[-1]) :].sum())

    def _cuts(self, network: Network, paid: Floats) -> Cuts:
        """The cuts at these prices as a network's pricing sees them."""
        return tolls(network, self._subsets.cuts, paid)

    def _price(self, at: int, prices: Floats, heuristic: bool) -> Found | None:
        left = self.watch.left
        if left is not None and left <= 0:
            return None
        if self.should_stop is not None and self.should_stop():
            return None
        steps = STEPS if left is None else int(left * self._speed) + 1
        if self.most_work is not None:
            steps = min(steps, self.most_work - self.work)
        if steps <= 0:
            return None
        watch = Stopwatch(cpu=True)
        size = len(self._prizes)
        means = prices[self._means[at] : self._means[at + 1]]
        cuts = self._cuts(self.networks[at], prices[int(self._means[-1]) :])
        found = self.pricers[at].price(prices[:size], means, cuts, self._grain, heuristic, self.offers, steps)
        self.work += found.work
        self.drowned = self.drowned or found.drowned
        if found.work > 1e6:
            self._speed = 0.5 * self._speed + 0.5 * found.work / max(watch.seconds, 1e-3)
        return found
