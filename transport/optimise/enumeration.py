"""Every route that could be part of a better plan, when the gap between plan and bound is small.

Baldacci, Christofides and Mingozzi (2008): a route whose reduced cost is not below the gap is in no better
plan. Depth first, cut off by what the rest of a route must cost at least.
"""

import numpy as np
from numpy.typing import NDArray

from transport.optimise.labelling import DONE, extend, walk
from transport.optimise.network import Floats, Network
from transport.optimise.pricing import Pricer
from transport.optimise.subsets import Tolls


def routes_below(
    network: Network, prices: Floats, cuts: Tolls, gap: float, most: int, work: int
) -> list[tuple[int, ...]] | None:
    """All elementary routes (rows of the network) with a reduced cost of at most `gap`; None when there are
    more than `most` or the work is too much."""
    pricer = Pricer(network)
    price = prices[network.visits]
    ahead, behind = pricer.halves(price, cuts)
    whole = (network.horizon, pricer.width, pricer.buckets)
    state, done, labels = extend(behind, *whole, False, pricer.most_labels, work)
    if state != DONE:
        return None
    rest = _rest(labels.cost, labels.head, price)
    state, sizes, flat = walk(
        ahead,
        labels,
        price,
        network.last,
        network.clock_last,
        network.horizon,
        rest,
        pricer.width,
        gap,
        most,
        max(0, work - done),
    )
    if state != DONE:
        return None
    ends = np.cumsum(sizes)
    return [tuple(int(row) for row in flat[end - size : end]) for end, size in zip(ends, sizes, strict=True)]


def _rest(cost: Floats, head: NDArray[np.int32], price: Floats) -> Floats:
    """[order, buckets left]: the least that can follow once the order is served."""
    first = np.where(head >= 0, cost[np.maximum(head, 0)], np.inf) if len(cost) else np.full(head.shape, np.inf)
    return np.ascontiguousarray(np.minimum.accumulate(first, axis=1) + price[:, None])
