"""What the bound's labelling sees of a day: per vehicle type the orders it may serve, costs, clock and loads.

It is a relaxation: everything that a real route must keep and the network does not know (gaps between
windows, waiting time that costs, limits of duration and distance) only makes real routes dearer or fewer. So a
bound found here holds for the real day.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transport.optimise.day import COLLECT, DELIVER, Day, Ints, no_longer_than
from transport.optimise.model import FOREVER, NO_ROAD
from transport.optimise.relaxing import (
    NO_WAY,
    Begin,
    begin,
    blocked,
    cheapest_ways,
    narrow,
    shortest,
    trips_apart,
)
from transport.optimise.schedule import try_route

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]
NOT_NEAR = 255
MAX_NEAR = 16  # ng memory is a 16-bit mask
BLOCKED = 1e15  # cost of a way that is not there


@dataclass(frozen=True, eq=False)
class Network:
    """M visits of one vehicle type; row i of every array is visit `visits[i]` of the day.

    The clock is time, or load where time limits nothing. `cost[i, j]` is whole money from i to j with all that
    is done at j. `slots`: how many routes of the type a plan can have. `near[i, j]` is j's bit in the ng memory kept
    at i, NOT_NEAR when i forgets j.
    """

    k: int
    visits: Ints
    slots: int
    cost: Floats  # M x M
    first: Floats  # M: from the start
    last: Floats  # M: to the end
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


def networks(day: Day, neighbours: int) -> list[Network]:
    """One network per vehicle type that can serve anything beside its frozen stops."""
    found = [_network(day, k, neighbours) for k in range(len(day.types))]
    return [network for network in found if network is not None]


def _network(day: Day, k: int, neighbours: int) -> Network | None:
    arrays, p = day.arrays, day.arrays.profile[k]
    start, short = begin(day, k), shortest(arrays.duration[p])
    able = [n for n in range(len(day.problem.orders)) if _could_serve(day, k, n, start, short)]
    frozen = set(day.prefix[k])
    visits = np.array([visit for n in able for visit in day.visits_of[n] if visit not in frozen], np.int64)
    if not len(visits):
        return None
    opens, closes = hull(day, k, visits, start, short)
    narrow(day, visits, opens, closes, short)
    no = blocked(day, k, visits, opens, closes, short)
    first, cost, last = _prices(day, k, visits, start)
    cost[no.between | np.eye(len(visits), dtype=bool)] = BLOCKED
    first[no.first], last[no.last] = BLOCKED, BLOCKED
    load, capacity = _loads(day, k, visits, start)
    place, service = arrays.place[visits], arrays.service[visits]
    ticks = short if _by_way_of_start(day, k) else arrays.duration[p]
    near, shift = _memory(cost, neighbours)
    network = Network(
        k=k,
        visits=visits,
        slots=day.counts[k] * trips_apart(day, k),
        cost=np.ascontiguousarray(cost),
        first=first,
        last=last,
        clock=np.ascontiguousarray(np.minimum(ticks[np.ix_(place, place)], NO_ROAD) + service[:, None]),
        clock_first=np.minimum(ticks[start.place, place], NO_ROAD) + start.tick,
        clock_last=np.minimum(ticks[place, arrays.end[k]], NO_ROAD) + service,
        opens=opens,
        closes=closes,
        leave=start.tick,
        horizon=int(min(arrays.returns[k], no_longer_than(arrays))),
        load=load,
        capacity=capacity,
        near=near,
        shift=shift,
    )
    limited = arrays.returns[k] < FOREVER or (arrays.closes[arrays.window_at[visits + 1] - 1] < FOREVER).any()
    return network if limited else _by_load(network)


def _by_way_of_start(day: Day, k: int) -> bool:
    """Whether a route may pass the start for a new load between any two visits."""
    return bool(day.prefix[k]) and int(day.arrays.trips[k]) > 1


def _prices(day: Day, k: int, visits: Ints, start: Begin) -> tuple[Floats, Floats, Floats]:
    """(first, cost, last) in whole money, beside what the type's frozen stops cost anyway."""
    arrays, p, end = day.arrays, day.arrays.profile[k], int(day.arrays.end[k])
    place, work = arrays.place[visits], float(arrays.per_tick[k]) * arrays.service[visits]
    metres, ticks = arrays.distance[p], arrays.duration[p]
    if _by_way_of_start(day, k):
        ways = cheapest_ways(metres, ticks, int(arrays.per_metre[k]), int(arrays.per_tick[k])).astype(float)
        ways[ways >= NO_WAY] = BLOCKED
    else:
        ways = float(arrays.per_metre[k]) * metres + float(arrays.per_tick[k]) * ticks
        ways[(metres >= NO_ROAD) | (ticks >= NO_ROAD)] = BLOCKED
    first = ways[start.place, place] + work
    if not day.prefix[k]:
        first += float(arrays.fixed[k] // trips_apart(day, k))
    elif start.place != end:  # the way home from the last frozen stop is paid
        home = float(arrays.per_metre[k] * metres[start.place, end] + arrays.per_tick[k] * ticks[start.place, end])
        first -= home
    return first, ways[np.ix_(place, place)] + work[None, :], ways[place, end]


def _loads(day: Day, k: int, visits: Ints, start: Begin) -> tuple[Ints, Ints]:
    """Loads brought from the start, then loads brought to the end, and what a route has room for; only measures that
    bind."""
    arrays = day.arrays
    load = arrays.loads[arrays.order[visits]]
    out, back = (arrays.action[visits] == action for action in (DELIVER, COLLECT))
    loads = np.concatenate([load * out[:, None], load * back[:, None]], axis=1)
    capacity = (arrays.capacity[k] - start.aboard).ravel()
    binding = loads.sum(axis=0) > capacity
    if _by_way_of_start(day, k):
        binding[:] = False
    return np.ascontiguousarray(loads[:, binding]), capacity[binding]


def _by_load(network: Network) -> Network:
    """Time limits nothing, so the first binding load measures how far a route has come."""
    size = len(network.visits)
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


def _could_serve(day: Day, k: int, order: int, start: Begin, short: Ints) -> bool:
    """False only when no route of this type at all can hold the order."""
    visits = tuple(visit for visit in day.visits_of[order] if visit not in day.prefix[k])
    if try_route(day, k, (*day.prefix[k], *visits)).holds:
        return True
    arrays = day.arrays
    if not arrays.allowed[k, order] or (arrays.loads[order] > arrays.capacity[k]).any():
        return False
    own = np.array(visits, np.int64)
    earliest, latest = hull(day, k, own, start, short)
    narrow(day, own, earliest, latest, short)
    return bool((earliest <= latest).all())


def hull(day: Day, k: int, visits: Ints, start: Begin, short: Ints) -> tuple[Ints, Ints]:
    """First opening and last closing, narrowed by the shortest way from where it begins and to the end."""
    arrays = day.arrays
    place, order = arrays.place[visits], arrays.order[visits]
    leave = np.where(arrays.action[visits] == DELIVER, arrays.ready[order], 0) + short[arrays.start[k], place]
    opens = np.maximum(arrays.opens[arrays.window_at[visits]], start.tick + short[start.place, place])
    home = arrays.service[visits] + short[place, arrays.end[k]]
    closes = np.minimum(arrays.closes[arrays.window_at[visits + 1] - 1], arrays.returns[k] - home)
    return np.maximum(opens, leave).astype(np.int64), closes.astype(np.int64)


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
