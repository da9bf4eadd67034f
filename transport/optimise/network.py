"""What the bound's labelling sees of a day: per vehicle type the orders it may serve, costs, clock and loads.

It is a relaxation: everything that a real route must keep and the network does not know (gaps between
windows, waiting time that costs, limits of duration and distance) only makes real routes dearer or fewer. So a
bound found here holds for the real day.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from transport.optimise.day import DELIVER, Day, Ints, no_longer_than
from transport.optimise.model import FOREVER, NO_ROAD
from transport.optimise.schedule import try_route

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]
NOT_NEAR = 255
MAX_NEAR = 16  # ng memory is a 16-bit mask
BLOCKED = 1e15  # cost of a way that is not there


@dataclass(frozen=True, eq=False)
class Network:
    """M orders of one vehicle type; row i of every array is order `orders[i]`.

    The clock is time, or load where time limits nothing. `cost[i, j]` is whole money from i to j with all that
    is done at j. `near[i, j]` is j's bit in the ng memory kept at i, NOT_NEAR when i forgets j.
    """

    k: int
    orders: NDArray[np.int32]
    cost: Floats  # M x M
    first: Floats  # M: from the start
    last: Floats  # M: to the end
    empty: float  # cost of a vehicle that serves nothing here (frozen visits only), else 0
    clock: Ints  # M x M: consumption from i's service to j's service
    clock_first: Ints  # M: earliest clock at j straight from the start
    clock_last: Ints  # M: consumption from j's service to the end
    opens: Ints  # M
    closes: Ints  # M
    leave: int  # where the clock begins
    horizon: int
    load: Ints  # M x R
    capacity: Ints  # R
    near: Bytes  # M x M
    shift: Bytes  # M x M x MAX_NEAR: where bit b of i's memory goes in j's memory, NOT_NEAR when forgotten


def why_not_bounded(day: Day) -> str | None:
    """Why no bound can be computed for this day."""
    if any(len(own) == 2 for own in day.visits_of):
        return "orders are picked up and delivered on the way"
    if int(day.arrays.trips.max()) > 1:
        return "vehicles may reload"
    if any(day.prefix):
        return "stops are frozen"
    return None


def networks(day: Day, neighbours: int) -> list[Network]:
    """One network per vehicle type that can serve anything alone. The day must be one that can be bounded."""
    found = [_network(day, k, neighbours) for k in range(len(day.types))]
    return [network for network in found if network is not None]


def _network(day: Day, k: int, neighbours: int) -> Network | None:
    arrays = day.arrays
    p, start, end = int(arrays.profile[k]), int(arrays.start[k]), int(arrays.end[k])
    shortest = _shortest(arrays.duration[p])
    able = [n for n in range(len(day.problem.orders)) if _could_serve(day, k, n, shortest)]
    if not able:
        return None
    orders = np.array(able, np.int32)
    visits = np.array([day.visits_of[n][0] for n in able])
    place = arrays.place[visits]
    service = arrays.service[visits]
    way, ticks = arrays.distance[p], arrays.duration[p]
    per_metre, per_tick = float(arrays.per_metre[k]), float(arrays.per_tick[k])

    def priced(metres: Ints, time: Ints) -> Floats:
        price = per_metre * metres + per_tick * time
        return np.where((metres >= NO_ROAD) | (time >= NO_ROAD), BLOCKED, price)

    between = np.ix_(place, place)
    cost = priced(way[between], ticks[between]) + per_tick * service[None, :]
    np.fill_diagonal(cost, BLOCKED)
    first = float(arrays.fixed[k]) + priced(way[start, place], ticks[start, place]) + per_tick * service
    opens, closes = _hull(day, k, visits, shortest)
    load = np.array([arrays.loads[n] for n in able]).reshape(len(able), -1)
    outward = arrays.action[visits] == DELIVER
    loads = np.concatenate([load * outward[:, None], load * ~outward[:, None]], axis=1)
    capacity = np.concatenate([arrays.capacity[k], arrays.capacity[k]])
    binding = loads.sum(axis=0) > capacity
    near, shift = _memory(cost, neighbours)
    network = Network(
        k=k,
        orders=orders,
        cost=np.ascontiguousarray(cost),
        first=first,
        last=priced(way[place, end], ticks[place, end]),
        empty=0.0,
        clock=np.ascontiguousarray(np.minimum(ticks[between], NO_ROAD) + service[:, None]),
        clock_first=np.minimum(ticks[start, place], NO_ROAD) + arrays.leaves[k],
        clock_last=np.minimum(ticks[place, end], NO_ROAD) + service,
        opens=opens,
        closes=closes,
        leave=int(arrays.leaves[k]),
        horizon=int(min(arrays.returns[k], no_longer_than(arrays))),
        load=np.ascontiguousarray(loads[:, binding]),
        capacity=capacity[binding],
        near=near,
        shift=shift,
    )
    limited = arrays.returns[k] < FOREVER or (arrays.closes[arrays.window_at[visits + 1] - 1] < FOREVER).any()
    return network if limited else _by_load(network)


def _by_load(network: Network) -> Network:
    """Time limits nothing, so the first binding load measures how far a route has come."""
    size = len(network.orders)
    nothing = np.zeros(size, np.int64)
    if network.load.shape[1]:
        own, horizon = network.load[:, 0].copy(), int(network.capacity[0])
        rest, capacity = network.load[:, 1:], network.capacity[1:]
    else:
        own, horizon, rest, capacity = nothing + 1, size, network.load, network.capacity
    return Network(
        **{
            **network.__dict__,
            "clock": np.ascontiguousarray(np.broadcast_to(own, (size, size))),
            "clock_first": own,
            "clock_last": nothing,
            "opens": nothing,
            "closes": nothing + horizon,
            "leave": 0,
            "horizon": horizon,
            "load": np.ascontiguousarray(rest),
            "capacity": capacity,
        }
    )


def _could_serve(day: Day, k: int, order: int, shortest: Ints) -> bool:
    """False only when no route of this type at all can hold the order."""
    visit = day.visits_of[order][0]
    if try_route(day, k, (visit,)).holds:
        return True
    arrays = day.arrays
    if not arrays.allowed[k, order] or (arrays.loads[order] > arrays.capacity[k]).any():
        return False
    earliest, latest = _hull(day, k, np.array([visit]), shortest)
    return bool(earliest[0] <= latest[0])


def _hull(day: Day, k: int, visits: Ints, shortest: Ints) -> tuple[Ints, Ints]:
    """First opening and last closing, narrowed by the shortest way from the start and to the end."""
    arrays = day.arrays
    place, order = arrays.place[visits], arrays.order[visits]
    leave = np.maximum(arrays.leaves[k], np.where(arrays.action[visits] == DELIVER, arrays.ready[order], 0))
    opens = np.maximum(arrays.opens[arrays.window_at[visits]], leave + shortest[arrays.start[k], place])
    home = arrays.service[visits] + shortest[place, arrays.end[k]]
    closes = np.minimum(arrays.closes[arrays.window_at[visits + 1] - 1], arrays.returns[k] - home)
    return opens.astype(np.int64), closes.astype(np.int64)


@njit(cache=True, error_model="numpy")
def _shortest(matrix: NDArray[np.int64]) -> NDArray[np.int64]:
    """All shortest ways (Floyd and Warshall); road matrices need not keep the triangle inequality."""
    short = matrix.copy()
    n = len(short)
    for via in range(n):
        for i in range(n):
            head = short[i, via]
            for j in range(n):
                if head + short[via, j] < short[i, j]:
                    short[i, j] = head + short[via, j]
    return short


def _memory(cost: Floats, neighbours: int) -> tuple[Bytes, Bytes]:
    """ng sets (Baldacci, Mingozzi and Roberti 2011): each order remembers the orders that are cheap to reach."""
    size = len(cost)
    keep = min(neighbours, MAX_NEAR, size)
    near = np.full((size, size), NOT_NEAR, np.uint8)
    both = cost + cost.T
    np.fill_diagonal(both, -1.0)  # itself first
    for i, nearest in enumerate(np.argsort(both, axis=1, kind="stable")[:, :keep]):
        near[i, nearest] = np.arange(keep)
    shift = np.full((size, size, MAX_NEAR), NOT_NEAR, np.uint8)
    for i in range(size):
        members = np.flatnonzero(near[i] != NOT_NEAR)
        shift[i][:, near[i, members]] = near[:, members]
    return near, shift
