"""Does a plan keep every promise? Written apart from the solver, so that one cannot share the other's mistake."""

import itertools
from collections import Counter
from collections.abc import Iterator

from transport.optimise.model import NO_ROAD, Kind, Order, Plan, Problem, Route, Stop, Vehicle, Visit

CENT = 1e-6  # fraction by which a cost may differ from its recomputation


def broken(problem: Problem, plan: Plan) -> list[str]:
    """Everything that a plan breaks, as sentences; empty for a valid plan.

    Follows each route by its own times: travel, windows, hours, loads, skills, forbidden pairs, fixed orders,
    cost; and over all routes that each order is served once or said to be left out, and each vehicle is used
    at most once. A bound above the cost is broken too.
    """
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    orders = {order.id: order for order in problem.orders}
    found: list[str] = []
    for route in plan.routes:
        if route.vehicle not in vehicles:
            found.append(f"There is no vehicle {route.vehicle}.")
            continue
        vehicle = vehicles[route.vehicle]
        for fault in (_places, _times, _rests, _loads, _permissions, _limits, _frozen):
            found += [f"{route.vehicle}: {text}" for text in fault(problem, vehicle, route, orders)]
    found += _once(plan, orders)
    found += _assigned(problem, plan)
    found += _docks(problem, plan)
    found += _money(plan)
    return found


def _stop(order: Order, kind: Kind) -> Stop | None:
    return order.pickup if kind is Kind.PICKUP else order.delivery


def _places(problem: Problem, vehicle: Vehicle, route: Route, orders: dict[str, Order]) -> Iterator[str]:
    for visit in route.visits:
        if visit.kind is Kind.RELOAD:
            if visit.order is not None or visit.place != vehicle.start:
                yield "it reloads somewhere else than where it starts"
        elif visit.order not in orders:
            yield f"there is no order {visit.order}"
        else:
            stop = _stop(orders[visit.order], visit.kind)
            if stop is None or stop.place != visit.place:
                yield f"order {visit.order} has no {visit.kind} at {problem.places[visit.place]}"


def _times(problem: Problem, vehicle: Vehicle, route: Route, orders: dict[str, Order]) -> Iterator[str]:
    duration = problem.duration[vehicle.profile]
    here, clock = vehicle.start, route.leaves
    if route.leaves < vehicle.window.opens:
        yield f"it leaves at {route.leaves}, before {vehicle.window.opens}"
    yield from _ready(route.visits, route.leaves, orders)
    for at, visit in enumerate(route.visits):
        way = int(duration[here, visit.place])
        if way >= NO_ROAD:
            yield f"no road leads from {problem.places[here]} to {problem.places[visit.place]}"
        if visit.arrival != clock + way + visit.rest or visit.rest < 0:
            yield f"it arrives at stop {at + 1} at {visit.arrival} but left at {clock} for a way of {way}"
        if visit.start < visit.arrival:
            yield f"stop {at + 1} starts before it arrives"
        stop = None if visit.order is None else _stop(orders[visit.order], visit.kind)
        if stop is not None:
            if not any(w.opens <= visit.start <= w.closes for w in stop.windows):
                yield f"order {visit.order} is served at {visit.start}, outside its windows"
            if visit.departure < visit.start + stop.service:
                yield f"it leaves order {visit.order} before the service is done"
        else:
            yield from _ready(route.visits[at + 1 :], visit.departure, orders)
        here, clock = visit.place, visit.departure
    home = int(duration[here, vehicle.end])
    if route.returns < clock + home + route.rest or route.rest < 0:
        yield f"it is back at {route.returns} but left the last stop at {clock} for a way of {home}"
    if route.returns > vehicle.window.closes:
        yield f"it is back at {route.returns}, after {vehicle.window.closes}"


def _rests(problem: Problem, vehicle: Vehicle, route: Route, orders: dict[str, Order]) -> Iterator[str]:
    """Whether the breaks that the route names, and its waiting, are enough for its driver."""
    rules = vehicle.breaks
    if rules is None:
        if route.rest or any(visit.rest for visit in route.visits):
            yield "it rests, but nobody asks for breaks"
        return
    ways = [problem.duration[vehicle.profile][a, b] for a, b in itertools.pairwise(_stations(vehicle, route))]
    if (driven := int(sum(ways))) > rules.drives_at_most:
        yield f"it drives for {driven} ticks of {rules.drives_at_most}"
    since_break, worked = 0, 0
    for at, (way, rest) in enumerate(zip(ways, [*(v.rest for v in route.visits), route.rest], strict=True)):
        stretch, count = min(rules.after_driving, rules.after_work), rest // rules.lasts
        first = max(0, min(rules.after_driving - since_break, rules.after_work - worked))
        if rest % rules.lasts or way > first + count * stretch:
            yield f"its driver rests for {rest} on the way to stop {at + 1}, which does not do for {way} of driving"
        since_last = way if not count else max(0, int(way) - first - (count - 1) * stretch)
        since_break, worked = (0, 0) if count else (since_break, worked)
        since_break, worked = since_break + int(since_last), worked + int(since_last)
        if at == len(route.visits):
            return
        visit = route.visits[at]
        stop = None if visit.order is None else _stop(orders[visit.order], visit.kind)
        service = 0 if stop is None else stop.service
        if visit.departure - service - visit.arrival >= rules.lasts:
            since_break, worked = 0, 0
        if worked and worked + service > rules.after_work:
            yield f"its driver works for {worked + service} of {rules.after_work} at stop {at + 1} without a break"
        worked += service
        if rules.service_rests and service >= rules.lasts:
            since_break = 0


def _stations(vehicle: Vehicle, route: Route) -> list[int]:
    return [vehicle.start, *(visit.place for visit in route.visits), vehicle.end]


def _trip(visits: tuple[Visit, ...]) -> list[Visit]:
    """The visits up to the next reload."""
    trip = []
    for visit in visits:
        if visit.kind is Kind.RELOAD:
            break
        trip.append(visit)
    return trip


def _ready(visits: tuple[Visit, ...], leaves: int, orders: dict[str, Order]) -> Iterator[str]:
    loaded = [orders[v.order] for v in _trip(visits) if v.order in orders and v.kind is Kind.DELIVERY]
    ready = max((order.ready for order in loaded if order.pickup is None), default=0)
    if leaves < ready:
        yield f"it leaves at {leaves} with a load that is ready only at {ready}"


def _loads(problem: Problem, vehicle: Vehicle, route: Route, orders: dict[str, Order]) -> Iterator[str]:
    for d, measure in enumerate(problem.measures):
        start = 0
        while start <= len(route.visits):
            trip = _trip(route.visits[start:])
            yield from _trip_load(measure.name, d, vehicle.capacities[d], trip, orders)
            start += len(trip) + 1


def _trip_load(name: str, d: int, capacity: int, trip: list[Visit], orders: dict[str, Order]) -> Iterator[str]:
    whole = [orders[v.order] for v in trip if v.order in orders and v.kind is Kind.DELIVERY]
    on_board = sum(order.loads[d] for order in whole if order.pickup is None)
    if on_board > capacity:
        yield f"it leaves with {name} {on_board} for a capacity of {capacity}"
    for visit in trip:
        assert visit.order is not None
        on_board += orders[visit.order].loads[d] * (1 if visit.kind is Kind.PICKUP else -1)
        if on_board > capacity:
            yield f"behind order {visit.order} it has {name} {on_board} for a capacity of {capacity}"
        if visit.loads[d] != on_board:
            yield f"behind order {visit.order} the plan says {name} {visit.loads[d]}, but it is {on_board}"


def _permissions(problem: Problem, vehicle: Vehicle, route: Route, orders: dict[str, Order]) -> Iterator[str]:
    owners = {name: fixed.vehicle for fixed in problem.fixed for name in fixed.orders}
    for name in dict.fromkeys(route.orders):
        if name not in orders:
            continue
        if name in vehicle.forbidden:
            yield f"it may not serve order {name}"
        if not orders[name].skills <= vehicle.skills:
            yield f"it lacks a skill for order {name}"
        if owners.get(name, vehicle.id) != vehicle.id:
            yield f"order {name} is fixed to {owners[name]}"


def _limits(problem: Problem, vehicle: Vehicle, route: Route, orders: dict[str, Order]) -> Iterator[str]:
    del orders
    metres = 0
    for a, b in itertools.pairwise(_stations(vehicle, route)):
        metres += int(problem.distance_m[vehicle.profile][a, b])
    ticks = route.returns - route.leaves
    if metres != route.distance_m:
        yield f"the plan says {route.distance_m} m, but it drives {metres}"
    if vehicle.max_distance_m is not None and metres > vehicle.max_distance_m:
        yield f"it drives {metres} m of {vehicle.max_distance_m}"
    if vehicle.max_duration is not None and ticks > vehicle.max_duration:
        yield f"it is out for {ticks} ticks of {vehicle.max_duration}"
    trips = 1 + sum(visit.kind is Kind.RELOAD for visit in route.visits)
    if trips > vehicle.trips:
        yield f"it makes {trips} trips of {vehicle.trips}"
    hours = ticks / (60 * problem.ticks_per_minute)
    cost = vehicle.cost_fixed + vehicle.cost_per_km * metres / 1000 + vehicle.cost_per_hour * hours
    if abs(cost - route.cost) > CENT * max(1.0, cost):
        yield f"the plan says it costs {route.cost}, but it costs {cost}"


def _frozen(problem: Problem, vehicle: Vehicle, route: Route, orders: dict[str, Order]) -> Iterator[str]:
    del orders
    for fixed in problem.fixed:
        if fixed.vehicle == vehicle.id and fixed.frozen and route.orders[: len(fixed.orders)] != fixed.orders:
            yield "it does not begin with its frozen stops"


def _once(plan: Plan, orders: dict[str, Order]) -> Iterator[str]:
    for name, times in Counter(route.vehicle for route in plan.routes).items():
        if times > 1:
            yield f"Vehicle {name} drives {times} routes."
    visited = Counter((visit.order, visit.kind) for r in plan.routes for visit in r.visits if visit.order)
    left = Counter(unassigned.id for unassigned in plan.unassigned)
    for order in orders.values():
        kinds = [kind for kind in (Kind.PICKUP, Kind.DELIVERY) if _stop(order, kind) is not None]
        seen = {visited[order.id, kind] for kind in kinds}
        if seen != {0 if left[order.id] else 1} or left[order.id] > 1:
            yield f"Order {order.id} is visited {sorted(seen)} times and left out {left[order.id]} times."
    for route in plan.routes:
        yield from _pairs(route, orders)


def _pairs(route: Route, orders: dict[str, Order]) -> Iterator[str]:
    """An order with pickup and delivery: both on one trip, the pickup first."""
    trip, picked = 0, {}
    for visit in route.visits:
        trip += visit.kind is Kind.RELOAD
        order = orders.get(visit.order or "")
        if order is None or len(order.stops) < 2:
            continue
        if visit.kind is Kind.PICKUP:
            picked[order.id] = trip
        elif picked.get(order.id) != trip:
            yield f"{route.vehicle}: order {order.id} is delivered but was not picked up on this trip"


def _assigned(problem: Problem, plan: Plan) -> Iterator[str]:
    used = {route.vehicle for route in plan.routes}
    for fixed in problem.fixed:
        if fixed.frozen and fixed.orders and fixed.vehicle not in used:
            yield f"Vehicle {fixed.vehicle} has frozen stops but does not drive."


def _docks(problem: Problem, plan: Plan) -> Iterator[str]:
    """Counts the vehicles at a place whenever one comes or the number of docks changes."""
    for dock in problem.docks:
        stays = [
            (visit.start, visit.departure, route.vehicle)
            for route in plan.routes
            for visit in route.visits
            if visit.place == dock.place and visit.kind is not Kind.RELOAD
        ]
        turns = [part * dock.bucket for part in range(1, len(dock.capacity))]
        for moment in sorted({start for start, _, _ in stays} | set(turns)):
            there = sorted({who for start, end, who in stays if start <= moment < end})
            part = min(moment // dock.bucket, len(dock.capacity) - 1)
            if len(there) > dock.capacity[part]:
                where = problem.places[dock.place]
                yield f"{', '.join(there)} are at {dock.capacity[part]} docks of {where} at {moment}."


def _money(plan: Plan) -> Iterator[str]:
    cost, outcome = sum(route.cost for route in plan.routes), plan.outcome
    if outcome.objective is None or abs(outcome.objective - cost) > CENT * max(1.0, cost):
        yield f"The plan says it costs {outcome.objective}, but its routes cost {cost}."
    elif outcome.bound is not None and outcome.bound > outcome.objective + CENT * max(1.0, cost):
        yield f"The bound {outcome.bound} is above the cost {outcome.objective}."
