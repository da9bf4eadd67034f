"""Which route is missing? The cheapest routes of a vehicle type when each order has a price."""

import itertools
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from transport.optimise.gates import Rebates
from transport.optimise.labelling import DONE, TOO_MANY, Half, Labels, extend, join
from transport.optimise.network import Floats, Network
from transport.optimise.subsets import Tolls

MOST_BUCKETS = 160
PER_ORDER = 10  # offers of one round in which an order may stand
Cuts = Tolls | Rebates
Offer = tuple[float, tuple[int, ...]]  # cost in whole money, row numbers of the network


@dataclass(frozen=True)
class Found:
    """`cheapest`: the least reduced cost over all ng-routes, None when labels are missing (heuristic, or a
    limit was hit). `offers`: routes under zero, cheapest first. `work`: steps done. `drowned`: there are more
    labels than there is room for."""

    cheapest: float | None
    offers: list[Offer]
    work: int
    drowned: bool = False


@dataclass
class Pricer:
    """Prices one network. Prices must be multiples of `grain(...)`, so that all sums are exact."""

    network: Network
    most_labels: int = 1_500_000
    means: int = 0
    split: int = field(init=False)
    width: int = field(init=False)
    buckets: int = field(init=False)

    def __post_init__(self) -> None:
        network = self.network
        between = network.clock[~np.eye(len(network.visits), dtype=bool)]
        self.width = max(1, int(between.min(initial=network.horizon)), -(-network.horizon // MOST_BUCKETS))
        self.buckets = network.horizon // self.width + 1
        self.split = int(np.median((network.opens + network.closes) // 2))

    def price(
        self,
        prices: Floats,
        means: Floats,
        cuts: Cuts,
        grain: float,
        heuristic: bool,
        offers: int,
        work: int,
    ) -> Found:
        """`prices` per order of the day; `cuts` are tolls. `work` limits the steps (about 10^8 a second)."""
        assert isinstance(cuts, Tolls)
        del means, grain  # nothing is kept by the mean here, and prices are on the grid already
        price = prices[self.network.visits]
        ahead, behind = self.halves(price, cuts)
        state, done, front = extend(ahead, self.split, self.width, self.buckets, heuristic, self.most_labels, work)
        if state != DONE:
            return Found(None, [], done, state == TOO_MANY)
        turn = self.network.horizon - self.split - 1
        state, more, back = extend(
            behind, turn, self.width, self.buckets, heuristic, self.most_labels, max(0, work - done)
        )
        done += more
        if state != DONE:
            return Found(None, [], done, state == TOO_MANY)
        network = self.network
        cheapest, costs, fronts, backs = join(
            ahead, front, back, price, network.last, network.clock_last, network.horizon, self.split, self.width, 0.0
        )
        self._balance(len(front.cost), len(back.cost))
        chosen = self._choose(costs, fronts, backs, front, back, offers)
        return Found(None if heuristic else min(cheapest, 0.0), chosen, done)

    def halves(self, price: Floats, cuts: Tolls) -> tuple[Half, Half]:
        """The network ahead and behind with a price per row taken off."""
        n = self.network
        rest = (n.load, n.capacity, n.near, n.shift, cuts.member, cuts.within, cuts.price)
        ahead = Half(n.cost - price[None, :], n.first - price, n.clock, n.clock_first, n.opens, n.closes, *rest)
        behind = Half(
            np.ascontiguousarray(n.cost.T) - price[None, :],
            n.last - price,
            np.ascontiguousarray(n.clock.T),
            n.clock_last,
            n.horizon - n.closes,
            n.horizon - n.opens,
            *rest,
        )
        return ahead, behind

    def _balance(self, ahead: int, behind: int) -> None:
        """Move the place where halves meet towards the side with more labels."""
        step = max(1, self.network.horizon // 50)
        if ahead > 1.4 * behind:
            self.split = max(0, self.split - step)
        elif behind > 1.4 * ahead:
            self.split = min(self.network.horizon, self.split + step)

    def _choose(
        self,
        costs: Floats,
        fronts: NDArray[np.int32],
        backs: NDArray[np.int32],
        front: Labels,
        back: Labels,
        offers: int,
    ) -> list[Offer]:
        """The cheapest routes, but no order in more than PER_ORDER of them unless it brings a rarer one."""
        chosen: list[Offer] = []
        times = np.zeros(len(self.network.visits), np.int64)
        for at in np.argsort(costs, kind="stable")[: 20 * offers]:
            route = _trace(front, int(fronts[at]))[::-1] + _trace(back, int(backs[at]))[1:]
            if times[route].min() >= PER_ORDER:
                continue
            times[route] += 1
            chosen.append((self.cost(route), tuple(route)))
            if len(chosen) >= offers:
                break
        return chosen

    def cost(self, route: list[int] | tuple[int, ...]) -> float:
        """What a sequence of network rows costs, without prices."""
        network = self.network
        steps = sum(network.cost[i, j] for i, j in itertools.pairwise(route))
        return float(network.first[route[0]] + steps + network.last[route[-1]])

    def shares(self, route: tuple[int, ...]) -> list[float]:
        """Loads are kept by every route, none by the mean."""
        del route
        return []


def _trace(labels: Labels, at: int) -> list[int]:
    """Rows from a label back to where its half began."""
    rows = []
    while at >= 0:
        rows.append(int(labels.node[at]))
        at = int(labels.before[at])
    return rows


def grain(largest: float) -> float:
    """The power of two to whose multiples prices are rounded, so that sums of a thousand numbers of size
    `largest` are exact in double precision. At most 1, because costs are whole; 0 when there is none."""
    exponent = math.ceil(math.log2(max(1.0, largest))) + 10 - 52
    return 2.0**exponent if exponent <= 0 else 0.0
