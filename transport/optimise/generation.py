"""How good can a plan be at best? Column generation over each vehicle type, and a bound that holds.

The bound is Lagrangian: for prices p >= 0 per order no plan is cheaper than
    sum of p + sum over types of (vehicles x cheapest reduced cost, at most 0),
with p at most the order's prize. Where loads are limited for the mean of a type's routes only (see `sweeping`), a
second price t >= 0 per such load makes an order cheaper by t x its part of the capacity and a route dearer by t;
a route that holds pays no more than t that way, so the bound stays one. Prices are rounded to a power of two so
that all sums are exact.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from plantops.engines import ShouldStop, Stopwatch
from transport.optimise.columns import Partition, money_unit
from transport.optimise.day import Day
from transport.optimise.network import Floats, Network
from transport.optimise.pool import Column
from transport.optimise.pricing import Found, Offer, Pricer, grain
from transport.optimise.sweeping import Sweeper

OFFERS, LONG_OFFERS = 120, 40  # columns per type and round; of long routes
STEPS_PER_SECOND = 30e6  # first guess, measured while running
STEPS = 2_000_000_000  # limit of one pricing when there is no time limit
CLOSE = 1e-6  # value and bound are equal to this fraction: done
ROUNDS = 1_000
SMOOTH = 0.5  # weight of the best bound's prices
EXACT_EVERY = 3  # rounds, where routes are long


@dataclass(frozen=True)
class Bound:
    """`lower`: no plan (with the prizes of what it leaves out) costs less, None when nothing was proved.
    `complete`: the linear program was solved to its end. `prices` and `least` (cheapest reduced cost per
    network) are those that gave `lower`."""

    lower: int | None
    complete: bool
    prices: Floats
    least: tuple[float, ...]
    rounds: int


@dataclass
class Generation:
    """A run of column generation; `routes` collects every elementary route that came up, as visits."""

    day: Day
    networks: Sequence[Network]
    pricers: Sequence[Pricer | Sweeper]
    watch: Stopwatch
    should_stop: ShouldStop | None = None
    most_work: int | None = None  # steps of labelling in all: a limit that does not depend on the clock
    work: int = 0
    routes: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    _speed: float = STEPS_PER_SECOND
    _best: Bound | None = None

    def run(self, columns: Sequence[Column], upper: int) -> Bound:
        """Start from known columns; stop when the bound reaches `upper` (whole money, prizes included)."""
        size = len(self.day.problem.orders)
        self._best = Bound(None, False, np.zeros(size), (), 0)
        self._grain = grain(max(float(self.day.prize.max()), *(float(c.cost) for c in columns), 1.0))
        if self._grain == 0:
            return self._best
        means = [0] * len(self.day.types)
        for network, pricer in zip(self.networks, self.pricers, strict=True):
            means[network.k] = pricer.means
        self._means = np.cumsum([size, *(pricer.means for pricer in self.pricers)])
        self._partition = Partition(self.day, money_unit(columns), means)
        self._known: set[tuple[int, tuple[int, ...]]] = set()
        self._seed(columns)
        return self._loop(upper)

    def _seed(self, columns: Sequence[Column]) -> None:
        """Known routes enter at the network's cost, which is never above their own."""
        for network, pricer in zip(self.networks, self.pricers, strict=True):
            row = {int(n): at for at, n in enumerate(network.orders)}
            own = [c for c in columns if c.k == network.k and all(n in row for n in c.orders)]
            order = self.day.arrays.order
            found = [tuple(row[int(order[visit])] for visit in c.sequence) for c in own]
            self._add(network, pricer, [(pricer.cost(route), route) for route in found if route])

    def _add(self, network: Network, pricer: Pricer | Sweeper, offers: Sequence[Offer]) -> int:
        """New columns for the linear program; gives how many were new."""
        new = [(cost, route) for cost, route in offers if (network.k, route) not in self._known]
        self._known.update((network.k, route) for _, route in new)
        orders = [[int(network.orders[row]) for row in route] for _, route in new]
        shares = [pricer.shares(route) for _, route in new]
        self._partition.add([cost for cost, _ in new], [network.k] * len(new), orders, shares)
        for own in orders:
            if len(set(own)) == len(own):
                self.routes.append((network.k, tuple(self.day.visits_of[n][0] for n in own)))
        return len(new)

    def _loop(self, upper: int) -> Bound:
        """Prices are taken between those of the linear program and those of the best bound (Wentges 1997), because
        the former swing. Fast pricing until it finds nothing, where routes are long every few rounds only, because
        there the exact one costs little more and the prices swing most."""
        weight, heuristic, since = SMOOTH, True, 0
        long = any(isinstance(pricer, Sweeper) for pricer in self.pricers)
        centre = np.zeros(int(self._means[-1])) if long else None
        worthless = 0.0 if long else -np.inf  # what no prices at all prove
        for rounds in range(1, ROUNDS + 1):
            solved = self._partition.solve(self.watch, self.should_stop)
            if solved is None:
                break
            value, prices, others = solved
            target = self._rounded(np.concatenate([prices, -others[len(self.day.types) :]]))
            smooth = target
            if centre is not None and weight >= 0.05:
                smooth = self._rounded(weight * centre + (1 - weight) * target)
            since += 1
            if heuristic and (not long or since < EXACT_EVERY):
                heuristic = self._heuristic_round(smooth if long else target) > 0
                if heuristic:
                    continue
            since = 0
            exact = self._exact_round(smooth)
            if exact is None:
                break
            added, lower, least = exact
            best = self._best
            assert best is not None
            if lower > (worthless if best.lower is None else best.lower):
                centre = smooth
                best = Bound(math.ceil(lower), False, smooth[: len(prices)], least, rounds)
            complete = value - lower <= CLOSE * abs(value) or (smooth is target and not added)
            self._best = replace(best, complete=complete, rounds=rounds)
            if complete or (best.lower is not None and best.lower >= upper):
                break
            if long and added:
                weight = SMOOTH
            elif not added:
                weight *= 0.4
            heuristic = added > 0
        assert self._best is not None
        return self._best

    def _rounded(self, prices: Floats) -> Floats:
        """Prices that the bound may use: from 0, and to the prize of an order, on the grid."""
        most = np.concatenate([self.day.prize, np.full(len(prices) - len(self.day.prize), np.inf)])
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
        added, lower, least = 0, float(prices[: len(self.day.prize)].sum()), []
        for at, (network, pricer) in enumerate(zip(self.networks, self.pricers, strict=True)):
            found = self._price(at, prices, heuristic=False)
            if found is None or found.cheapest is None:
                return None
            least.append(found.cheapest)
            vehicles = min(self.day.counts[network.k], len(self.day.problem.orders))
            lower += vehicles * found.cheapest
            added += self._add(network, pricer, found.offers)
        return added, lower, tuple(least)

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
        size = len(self.day.problem.orders)
        tolls = prices[self._means[at] : self._means[at + 1]]
        offers = LONG_OFFERS if isinstance(self.pricers[at], Sweeper) else OFFERS
        found = self.pricers[at].price(prices[:size], tolls, self._grain, heuristic, offers, steps)
        self.work += found.work
        if found.work > 1e6:
            self._speed = 0.5 * self._speed + 0.5 * found.work / max(watch.seconds, 1e-3)
        return found
