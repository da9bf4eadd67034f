"""One route, visit by visit: does it hold, when is it where, and what does it cost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from transport.optimise.day import COLLECT, DELIVER, LOAD, RELOAD, UNLOAD, Day
from transport.optimise.model import NO_ROAD, Kind, Route, Visit

Sequence32 = NDArray[np.int32]

# verdicts of `judge`: what breaks first
HOLDS, FORBIDDEN, ORDER, TOO_MUCH, ROAD, LATE, HOURS, DURATION, DISTANCE, TRIPS, DRIVING = range(11)

ZERO: Any = np.int64(0)  # typed: for a bare 0 numba compiles every function that takes it once more
NOWHERE: Any = np.int64(-1)


@njit(cache=True, error_model="numpy", inline="always")
def _opening(opens: Any, closes: Any, first: int, last: int, tick: int) -> int:
    """The first tick from `tick` on at which service may start in the windows `first` to before `last`; -1 when all
    have closed."""
    found: int = NOWHERE
    for w in range(first, last):
        if tick <= closes[w]:
            found = max(tick, opens[w])
            break
    return found


@njit(cache=True, error_model="numpy", inline="always")
def _closing(opens: Any, closes: Any, first: int, last: int, tick: int) -> int:
    """The last tick up to `tick` at which service may start; -1 when no window has opened."""
    found: int = NOWHERE
    for w in range(last - 1, first - 1, -1):
        if tick >= opens[w]:
            found = min(tick, closes[w])
            break
    return found


@njit(cache=True, error_model="numpy")
def _ready(day: Any, sequence: NDArray[np.int32], at: int) -> int:
    """When the load of the trip that begins at position `at` can leave."""
    action, order, ready = day.action, day.order, day.ready
    latest: int = ZERO
    for x in range(at, len(sequence)):
        visit = sequence[x]
        if visit == RELOAD:
            break
        if action[visit] == DELIVER:
            latest = max(latest, ready[order[visit]])
    return latest


@njit(cache=True, error_model="numpy")
def _travel(
    way: int, clock: int, driven: int, worked: int, lasts: int, most_driven: int, most_worked: int
) -> tuple[int, int, int]:
    """(clock, driven and worked since the last break) behind a way, with a break of `lasts` wherever one is due."""
    free = min(most_driven - driven, most_worked - worked)
    while way > free:
        clock, way = clock + max(0, free) + lasts, way - max(0, free)
        driven, worked, free = ZERO, ZERO, min(most_driven, most_worked)
    return clock + way, driven + way, worked + way


@njit(cache=True, error_model="numpy")
def forward(
    day: Any,
    k: int,
    sequence: NDArray[np.int32],
    leave: int,
    starts: NDArray[np.int64],
    rests: NDArray[np.int64],
    later_at: int,
    later: int,
) -> tuple[int, int]:
    """Drive from `leave` on, as early as possible, but serve visit `later_at` by `later` ticks later. Fills `starts`
    (a reload: when it leaves again) and `rests` (breaks on the way there, the last on the way home) and gives
    (return tick, -1), or (ticks too late, position).

    The arrays are taken out of `day` before the loop: numba counts references at every look into a tuple.
    """
    duration, place, service = day.duration[day.profile[k]], day.place, day.service
    opens, closes, window_at = day.opens, day.closes, day.window_at
    home, here, lasts, service_rests = day.start[k], day.start[k], day.break_lasts[k], day.service_rests[k]
    most_driven, most_worked = day.break_driving[k], day.break_work[k]
    clock, driven, worked = max(leave, _ready(day, sequence, ZERO)), ZERO, ZERO
    for x in range(len(sequence)):
        visit = sequence[x]
        there = home if visit == RELOAD else place[visit]
        left, way = clock, duration[here, there]
        if lasts == 0:
            clock += way
        else:
            clock, driven, worked = _travel(way, clock, driven, worked, lasts, most_driven, most_worked)
        rests[x] = clock - left - way
        if visit == RELOAD:
            start = max(clock, _ready(day, sequence, x + 1))
        else:
            first, last = window_at[visit], window_at[visit + 1]
            start = _opening(opens, closes, first, last, clock)
            if lasts > 0 and worked > 0 and start >= 0 and worked + service[visit] > most_worked:
                start = _opening(opens, closes, first, last, max(start, clock + lasts))
            if start < 0:
                return max(1, clock - closes[last - 1]), x
        if lasts > 0 and start - clock >= lasts:
            driven, worked = ZERO, ZERO
        if x == later_at:
            start += later
            if visit != RELOAD and _opening(opens, closes, window_at[visit], window_at[visit + 1], start) != start:
                return 1, x
        starts[x] = start
        clock = start
        if visit != RELOAD:
            clock, worked = clock + service[visit], worked + service[visit]
            if service_rests and service[visit] >= lasts:
                driven = ZERO
        here = there
    left, way = clock, duration[here, day.end[k]]
    if lasts == 0:
        clock += way
    else:
        clock, driven, worked = _travel(way, clock, driven, worked, lasts, most_driven, most_worked)
    rests[len(sequence)] = clock - left - way
    return clock, -1


@njit(cache=True, error_model="numpy")
def _latest_leave(day: Any, k: int, sequence: NDArray[np.int32], leave: int, back: int, starts: Any, rests: Any) -> int:
    """The latest leave from `leave` on that is back at `back` too, where breaks make the way back from the end long to
    reckon: leaving later never brings it back earlier."""
    low, high = leave, back
    while low < high:
        middle = (low + high + 1) // 2
        when, late_at = forward(day, k, sequence, middle, starts, rests, NOWHERE, ZERO)
        if late_at < 0 and when <= back:
            low = middle
        else:
            high = middle - 1
    return int(max(low, _ready(day, sequence, ZERO)))


@njit(cache=True, error_model="numpy")
def backward(day: Any, k: int, sequence: NDArray[np.int32], back: int, latest: NDArray[np.int64]) -> int:
    """The latest start of each visit that still returns at `back`, and the latest leave (may be too early)."""
    duration, place, service = day.duration[day.profile[k]], day.place, day.service
    opens, closes, window_at, home = day.opens, day.closes, day.window_at, day.start[k]
    there, clock = day.end[k], back
    for x in range(len(sequence) - 1, -1, -1):
        visit = sequence[x]
        here = home if visit == RELOAD else place[visit]
        clock -= duration[here, there]
        if visit != RELOAD:
            clock = _closing(opens, closes, window_at[visit], window_at[visit + 1], clock - service[visit])
        latest[x] = clock
        there = here
    return int(clock - duration[home, there])


@njit(cache=True, error_model="numpy")
def load_over(day: Any, k: int, sequence: NDArray[np.int32]) -> tuple[int, int, int]:
    """(what is over capacity, measure, position) of the first overload; (0, 0, -1) when all fits."""
    action_of, order, loads, capacity = day.action, day.order, day.loads, day.capacity[k]
    for d in range(loads.shape[1]):
        on_board = ZERO
        for x in range(-1, len(sequence)):
            if x < 0 or sequence[x] == RELOAD:
                on_board = ZERO
                for y in range(x + 1, len(sequence)):
                    if sequence[y] == RELOAD:
                        break
                    if action_of[sequence[y]] == DELIVER:
                        on_board += loads[order[sequence[y]], d]
            else:
                load, action = loads[order[sequence[x]], d], action_of[sequence[x]]
                on_board += load if action in (COLLECT, LOAD) else -load
            if on_board > capacity[d]:
                return on_board - capacity[d], d, x
    return 0, 0, -1


@njit(cache=True, error_model="numpy")
def _pairs(day: Any, sequence: NDArray[np.int32]) -> int:
    """Position of a visit that comes twice, is unloaded before it was loaded, or stays on board; -1 if none."""
    action_of, order = day.action, day.order
    for x in range(len(sequence)):
        visit = sequence[x]
        if visit == RELOAD:
            continue
        partner, own, action = -1, order[visit], action_of[visit]
        for y in range(len(sequence)):
            other = sequence[y]
            if other == visit and y != x:
                return x
            if other != RELOAD and other != visit and order[other] == own:
                partner = y
        if (action == LOAD and partner < x) or (action == UNLOAD and (partner < 0 or partner > x)):
            return x
        if action == LOAD:
            for y in range(x, partner):
                if sequence[y] == RELOAD:
                    return y
    return -1


@njit(cache=True, error_model="numpy")
def _broken(code: int, by: int, at: int) -> tuple[int, int, int, int, int, int, int]:
    return code, by, at, 0, 0, 0, 0


@njit(cache=True, error_model="numpy")
def judge(day: Any, k: int, sequence: NDArray[np.int32]) -> tuple[int, int, int, int, int, int, int]:
    """Judge a sequence of visit numbers (RELOAD between trips) on vehicle type k.

    Gives (verdict, by how much, position or load measure, cost, metres, leave tick, return tick). The cost is
    whole money. Leave and return are those of the shortest day that the windows allow, the earliest of
    equals. A verdict other than HOLDS has no cost.
    """
    distance, duration, place = day.distance[day.profile[k]], day.duration[day.profile[k]], day.place
    allowed, order, service, home = day.allowed[k], day.order, day.service, day.start[k]
    for x in range(len(sequence)):
        if sequence[x] != RELOAD and not allowed[order[sequence[x]]]:
            return _broken(FORBIDDEN, 0, x)
    at = _pairs(day, sequence)
    if at >= 0:
        return _broken(ORDER, 0, at)
    over, measure, at = load_over(day, k, sequence)
    if over > 0:
        return _broken(TOO_MUCH, over, measure)
    metres, ticks, driven, trips, here = ZERO, ZERO, ZERO, 1, home
    for x in range(len(sequence) + 1):
        there = day.end[k]
        if x < len(sequence):
            visit = sequence[x]
            there = home if visit == RELOAD else place[visit]
            trips += visit == RELOAD
            ticks += ZERO if visit == RELOAD else service[visit]
        way, travel = distance[here, there], duration[here, there]
        if way >= NO_ROAD or travel >= NO_ROAD:
            return _broken(ROAD, 0, x)
        metres, ticks, driven, here = metres + way, ticks + travel, driven + travel, there
    if trips > day.trips[k]:
        return _broken(TRIPS, trips - day.trips[k], 0)
    if metres > day.max_distance[k]:
        return _broken(DISTANCE, metres - day.max_distance[k], 0)
    if driven > day.drives_at_most[k]:
        return _broken(DRIVING, driven - day.drives_at_most[k], 0)
    return times(day, k, sequence, metres, ticks)


@njit(cache=True, error_model="numpy")
def times(
    day: Any, k: int, sequence: NDArray[np.int32], metres: int, busy: int
) -> tuple[int, int, int, int, int, int, int]:
    """The part of `judge` about the clock; `busy` ticks are driving and service.

    The shortest day: take the earliest return, then the latest leave for it; when the vehicle still stands
    still somewhere, leaving later than that may meet a later window and wait less (not tried where breaks are due).
    """
    ticks, rests = np.zeros(len(sequence), np.int64), np.zeros(len(sequence) + 1, np.int64)
    leave, best_leave, best_return = day.leaves[k], -1, -1
    while True:
        back, late_at = forward(day, k, sequence, leave, ticks, rests, NOWHERE, ZERO)
        if late_at >= 0 or back > day.returns[k]:
            if best_leave >= 0:
                break
            if late_at >= 0:
                return _broken(LATE, back, late_at)
            return _broken(HOURS, back - day.returns[k], 0)
        if day.break_lasts[k] > 0:
            best_leave, best_return = _latest_leave(day, k, sequence, leave, back, ticks, rests), back
            break
        latest = backward(day, k, sequence, back, ticks)
        if best_leave < 0 or back - latest < best_return - best_leave:
            best_leave, best_return = latest, back
        if back - latest == busy:
            break
        leave = latest + 1
    duration = best_return - best_leave
    if duration > day.max_duration[k]:
        return _broken(DURATION, duration - day.max_duration[k], 0)
    cost = day.fixed[k] + day.per_metre[k] * metres + day.per_tick[k] * duration
    return HOLDS, 0, 0, cost, metres, best_leave, best_return


@njit(cache=True, error_model="numpy")
def judge_on_all(day: Any, sequence: NDArray[np.int32]) -> NDArray[np.int64]:
    """The whole cost of a sequence per vehicle type; -1 where it does not hold."""
    costs = np.full(day.allowed.shape[0], -1, np.int64)
    for k in range(len(costs)):
        verdict = judge(day, k, sequence)
        if verdict[0] == HOLDS:
            costs[k] = verdict[3]
    return costs


@dataclass(frozen=True)
class Verdict:
    """`judge` with names. `code` is HOLDS or what breaks; `by` how much; `at` the position or load measure."""

    code: int
    by: int
    at: int
    cost: int
    metres: int
    leaves: int
    returns: int

    @property
    def holds(self) -> bool:
        return self.code == HOLDS


def try_route(day: Day, k: int, sequence: Sequence[int]) -> Verdict:
    """Judge one route in Python; the frozen visits of the type must lead the sequence."""
    if tuple(sequence[: len(day.prefix[k])]) != day.prefix[k]:
        return Verdict(ORDER, 0, 0, 0, 0, 0, 0)
    return Verdict(*(int(x) for x in judge(day.arrays, k, np.array(sequence, np.int32))))


def timetable(day: Day, k: int, vehicle: str, sequence: Sequence[int]) -> Route:
    """The route as people read it. Raises ValueError when it does not hold."""
    verdict = try_route(day, k, sequence)
    if not verdict.holds:
        raise ValueError(f"The route of {vehicle} breaks its constraints (code {verdict.code}).")
    steps = np.array(sequence, np.int32)
    starts, rests = np.zeros(len(steps), np.int64), np.zeros(len(steps) + 1, np.int64)
    forward(day.arrays, k, steps, verdict.leaves, starts, rests, NOWHERE, ZERO)
    slack = _slack(day, k, steps, verdict.leaves, starts)
    visits, here, clock = [], int(day.arrays.start[k]), verdict.leaves
    clock = max(clock, int(_ready(day.arrays, steps, 0)))
    for x in range(len(sequence)):
        visit = _visit(day, k, sequence, x, here, clock + int(rests[x]), int(starts[x]), int(slack[x]))
        visits.append(replace(visit, rest=int(rests[x])))
        here, clock = visit.place, visit.departure
    return Route(
        vehicle=vehicle,
        visits=tuple(visits),
        leaves=verdict.leaves,
        returns=verdict.returns,
        distance_m=verdict.metres,
        cost=day.money(verdict.cost),
        rest=int(rests[-1]),
    )


def starts(day: Day, k: int, sequence: Sequence[int], leaves: int) -> NDArray[np.int64]:
    """The tick at which service begins at each visit of a route that holds and leaves then."""
    steps = np.array(sequence, np.int32)
    found, rests = np.zeros(len(steps), np.int64), np.zeros(len(steps) + 1, np.int64)
    forward(day.arrays, k, steps, leaves, found, rests, NOWHERE, ZERO)
    return found


def _slack(day: Day, k: int, steps: Sequence32, leaves: int, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """By how much each visit may start later; where breaks are due, found by trying."""
    end = min(int(day.arrays.returns[k]), leaves + int(day.arrays.max_duration[k]))
    latest = np.zeros(len(steps), np.int64)
    if not day.arrays.break_lasts[k]:
        backward(day.arrays, k, steps, end, latest)
        return latest - starts
    rests = np.zeros(len(steps) + 1, np.int64)
    for x in range(len(steps)):
        low, high = 0, max(0, end - int(starts[x]))
        while low < high:
            middle = (low + high + 1) // 2
            back, late_at = forward(day.arrays, k, steps, leaves, latest.copy(), rests, x, middle)
            low, high = (middle, high) if late_at < 0 and back <= end else (low, middle - 1)
        latest[x] = low
    return latest


def _visit(day: Day, k: int, sequence: Sequence[int], x: int, here: int, clock: int, start: int, slack: int) -> Visit:
    number = sequence[x]
    arrays = day.arrays
    place = int(arrays.start[k]) if number == RELOAD else int(arrays.place[number])
    arrival = clock + int(arrays.duration[arrays.profile[k], here, place])
    on_board = loads_after(day, sequence, x)
    if number == RELOAD:
        return Visit(None, Kind.RELOAD, place, arrival, start, start, slack, on_board)
    order, kind, stop = day.visits[number]
    return Visit(order.id, kind, place, arrival, start, start + stop.service, slack, on_board)


def loads_after(day: Day, sequence: Sequence[int], x: int) -> tuple[int, ...]:
    """What is on board when the vehicle leaves position x."""
    begin = max((y + 1 for y in range(x + 1) if sequence[y] == RELOAD), default=0)
    end = next((y for y in range(x + 1, len(sequence)) if sequence[y] == RELOAD), len(sequence))
    arrays = day.arrays
    total = np.zeros(arrays.loads.shape[1], np.int64)
    for y in range(begin, end):
        action, load = arrays.action[sequence[y]], arrays.loads[arrays.order[sequence[y]]]
        if (action == DELIVER and y > x) or (action in (COLLECT, LOAD) and y <= x):
            total += load
        elif action == UNLOAD and y <= x:
            total -= load
    return tuple(int(amount) for amount in total)
