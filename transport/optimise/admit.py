"""A question is let in, or refused in one sentence, before anybody spends time on it."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from transport.optimise.model import (
    FOREVER,
    MAX_BUCKETS,
    MAX_ORDERS,
    NO_ROAD,
    BadProblem,
    Fixed,
    Matrix,
    Order,
    Problem,
    Stop,
    Vehicle,
    Window,
)


def admit(problem: Problem) -> None:
    """Raises BadProblem with the first thing that is wrong."""
    for reason in why_not(problem):
        raise BadProblem(reason)


def why_not(problem: Problem) -> Iterator[str]:
    """Everything that makes the question unanswerable, as sentences."""
    if not problem.orders:
        yield "There are no orders to plan."
    if not problem.vehicles:
        yield "There are no vehicles to plan with."
    if len(problem.orders) > MAX_ORDERS:
        yield (
            f"There are {len(problem.orders)} orders; the planner takes at most {MAX_ORDERS}: "
            "split them by area or by day."
        )
    if problem.ticks_per_minute < 1:
        yield f"A minute must have at least one tick, not {problem.ticks_per_minute}."
    yield from _doubled("vehicle", [v.id for v in problem.vehicles])
    yield from _doubled("order", [o.id for o in problem.orders])
    yield from _matrices(problem)
    for vehicle in problem.vehicles:
        yield from _vehicle(vehicle, problem)
    for order in problem.orders:
        yield from _order(order, problem)
    yield from _fixed(problem)
    yield from _docks(problem)


def _doubled(what: str, ids: Sequence[str]) -> Iterator[str]:
    for name, times in Counter(ids).items():
        if times > 1:
            yield f"The {what} {name} is there {times} times; each needs its own id."


def _matrices(problem: Problem) -> Iterator[str]:
    if not problem.distance_m or len(problem.distance_m) != len(problem.duration):
        yield "Each travel profile needs a matrix of distances and a matrix of durations."
    for name, matrices in (("distances", problem.distance_m), ("durations", problem.duration)):
        for matrix in matrices:
            yield from _matrix(name, matrix, problem.places)


def _matrix(name: str, matrix: Matrix, places: Sequence[str]) -> Iterator[str]:
    size = len(places)
    if matrix.shape != (size, size):
        yield f"The matrix of {name} is {'x'.join(map(str, matrix.shape))}, but there are {size} places."
        return
    if not np.issubdtype(matrix.dtype, np.integer):
        yield f"The matrix of {name} must hold whole numbers (a hole is NO_ROAD), not {matrix.dtype}."
        return
    if len(below := np.argwhere(matrix < 0)):
        a, b = below[0]
        yield f"The matrix of {name} is negative from {places[a]} to {places[b]}."


def _vehicle(vehicle: Vehicle, problem: Problem) -> Iterator[str]:
    who, size = f"Vehicle {vehicle.id}", len(problem.places)
    if not (0 <= vehicle.start < size and 0 <= vehicle.end < size):
        yield f"{who} starts or ends at a place that is not there."
    if not 0 <= vehicle.profile < len(problem.distance_m):
        yield f"{who} travels by profile {vehicle.profile}, which has no matrix."
    if len(vehicle.capacities) != len(problem.measures):
        yield f"{who} has {len(vehicle.capacities)} capacities for {len(problem.measures)} measures of load."
    if any(capacity < 0 for capacity in vehicle.capacities):
        yield f"{who} has a negative capacity."
    for name in ("cost_fixed", "cost_per_km", "cost_per_hour"):
        if not 0 <= getattr(vehicle, name) < float("inf"):
            yield f"{who} has {name} {getattr(vehicle, name)}; it must be 0 or more."
    for name in ("max_duration", "max_distance_m"):
        if (limit := getattr(vehicle, name)) is not None and limit < 0:
            yield f"{who} has a negative {name}."
    breaks = vehicle.breaks
    if breaks and (min(breaks.lasts, breaks.after_driving, breaks.after_work) < 1 or breaks.drives_at_most < 0):
        yield f"{who} has breaks that last no time, or are due after none."
    if vehicle.trips < 1:
        yield f"{who} must be allowed at least one trip."
    yield from _window(who, vehicle.window)


def _window(who: str, window: Window) -> Iterator[str]:
    if window.opens < 0:
        yield f"{who} has a time window that opens before the day begins."
    if window.opens > window.closes:
        yield f"{who} has a time window that closes before it opens."


def _order(order: Order, problem: Problem) -> Iterator[str]:
    who = f"Order {order.id}"
    if not order.stops:
        yield f"{who} has neither a pickup nor a delivery."
    if len(order.loads) != len(problem.measures):
        yield f"{who} has {len(order.loads)} loads for {len(problem.measures)} measures of load."
    if any(load < 0 for load in order.loads):
        yield f"{who} has a negative load."
    if order.priority < 0:
        yield f"{who} has priority {order.priority}; it must be 0 or more."
    if not 0 <= order.ready < FOREVER:
        yield f"{who} is never ready."
    for stop in order.stops:
        yield from _stop(who, stop, problem)
    if len(order.stops) == 2 and any(len(stop.windows) > 1 for stop in order.stops):
        yield (
            f"{who} is picked up and delivered on the way and has several time windows at one end, "
            "which the planner cannot do: give it one window at each end."
        )


def _stop(who: str, stop: Stop, problem: Problem) -> Iterator[str]:
    if not 0 <= stop.place < len(problem.places):
        yield f"{who} is for a place that is not there."
        return
    if stop.service < 0:
        yield f"{who} has a negative service time."
    if not stop.windows:
        yield f"{who} has a stop without a time window."
    for window in stop.windows:
        yield from _window(who, window)
    for before, after in zip(stop.windows, stop.windows[1:], strict=False):
        if before.closes >= after.opens:
            yield f"{who} has time windows that overlap or are out of order."
    yield from _reachable(who, stop.place, problem)


def _reachable(who: str, place: int, problem: Problem) -> Iterator[str]:
    depots = {(v.profile, end) for v in problem.vehicles for end in (v.start, v.end)}
    sane = [(p, d) for p, d in depots if 0 <= p < len(problem.distance_m) and 0 <= d < len(problem.places)]
    square = (len(problem.places),) * 2
    for profile, _ in sane:
        for matrix in (problem.distance_m[profile], problem.duration[profile]):
            if matrix.shape != square:
                return
    if len(problem.places) > 1 and not any(_any_way(problem, profile, place) for profile, _ in sane):
        yield f"{who} is for {problem.places[place]}, to which no road leads."


def _any_way(problem: Problem, profile: int, place: int) -> bool:
    distance, duration = problem.distance_m[profile], problem.duration[profile]
    into = (distance[:, place] < NO_ROAD) & (duration[:, place] < NO_ROAD)
    into[place] = any(v.start == place for v in problem.vehicles)
    return bool(into.any())


def _fixed(problem: Problem) -> Iterator[str]:
    orders = {order.id: order for order in problem.orders}
    vehicles = {vehicle.id for vehicle in problem.vehicles}
    owner: dict[str, str] = {}
    for fixed in problem.fixed:
        if fixed.vehicle not in vehicles:
            yield f"Orders are fixed to vehicle {fixed.vehicle}, which is not there."
        for name in fixed.orders:
            if name not in orders:
                yield f"Order {name} is fixed to vehicle {fixed.vehicle} but is not there."
            elif owner.setdefault(name, fixed.vehicle) != fixed.vehicle:
                yield f"Order {name} is fixed to {owner[name]} and to {fixed.vehicle}."
        yield from _frozen(fixed, orders)
    frozen = Counter(fixed.vehicle for fixed in problem.fixed if fixed.frozen)
    for vehicle, times in frozen.items():
        if times > 1:
            yield f"Vehicle {vehicle} has {times} lists of frozen stops; it can have one."


def _docks(problem: Problem) -> Iterator[str]:
    for place, times in Counter(dock.place for dock in problem.docks).items():
        if not 0 <= place < len(problem.places):
            yield "There are docks at a place that is not there."
        elif times > 1:
            yield f"The docks of {problem.places[place]} are there {times} times; a place has one list."
    for dock in problem.docks:
        who = problem.places[dock.place] if 0 <= dock.place < len(problem.places) else dock.place
        if dock.bucket < 1:
            yield f"The parts of the day of the docks of {who} must last at least one tick, not {dock.bucket}."
        if not 1 <= len(dock.capacity) <= MAX_BUCKETS:
            yield f"The docks of {who} need 1 to {MAX_BUCKETS} parts of the day, not {len(dock.capacity)}."
        if any(capacity < 0 for capacity in dock.capacity):
            yield f"The number of docks of {who} is negative."


def _frozen(fixed: Fixed, orders: dict[str, Order]) -> Iterator[str]:
    if not fixed.frozen:
        return
    for name, times in Counter(fixed.orders).items():
        if name in orders and times > len(orders[name].stops):
            yield f"Order {name} stands {times} times among the frozen stops of {fixed.vehicle}."
