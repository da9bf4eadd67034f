"""Why was this order left out? For each vehicle the constraint that breaks, and by how much."""

import itertools
from collections.abc import Iterator, Sequence

from transport.optimise.day import RELOAD, Day, why_not_serve
from transport.optimise.heuristic import Tour
from transport.optimise.model import Constraint, Order, Reason, Unassigned, Vehicle
from transport.optimise.schedule import (
    DISTANCE,
    DRIVING,
    DURATION,
    HOURS,
    LATE,
    ROAD,
    TOO_MUCH,
    TRIPS,
    Verdict,
    try_route,
)

Assigned = tuple[str, Tour]  # vehicle id, its tour


def insert_what_fits(day: Day, tours: Sequence[Tour]) -> list[Tour]:
    """Put left-out orders, the weightiest first, each where it costs least, until none fits any more."""
    plan = list(tours)
    while True:
        served = {n for _, sequence in plan for n in day.served(sequence)}
        left = [n for n in range(len(day.problem.orders)) if n not in served]
        put_in = 0
        for n in sorted(left, key=lambda n: -int(day.prize[n])):
            options = [(cost, at, tour) for at, tour, cost in _openings(day, plan, n)]
            if options:
                _, at, tour = min(options)
                plan[at : at + 1] = [tour]
                put_in += 1
        if not put_in:
            return plan


def _openings(day: Day, plan: Sequence[Tour], n: int) -> Iterator[tuple[int, Tour, int]]:
    """(place in the plan, tour with order n, extra cost) for each way that holds; idle vehicles at the end."""
    for at, (k, sequence) in enumerate(plan):
        before = try_route(day, k, sequence).cost
        for tried, verdict in _insertions(day, k, sequence, n):
            if verdict.holds:
                yield at, (k, tried), verdict.cost - before
    used = [k for k, _ in plan]
    for k, count in enumerate(day.counts):
        if used.count(k) < count and not day.prefix[k]:
            for tried, verdict in _insertions(day, k, (), n):
                if verdict.holds:
                    yield len(plan), (k, tried), verdict.cost


def _insertions(day: Day, k: int, sequence: tuple[int, ...], n: int) -> Iterator[tuple[tuple[int, ...], Verdict]]:
    """The sequence with order n at each place behind the frozen visits, and what is to be said of it."""
    first = len(day.prefix[k])
    own = day.visits_of[n]
    if not day.arrays.allowed[k, n]:
        return
    for x in range(first, len(sequence) + 1):
        head = (*sequence[:x], own[0], *sequence[x:])
        for y in range(x + 1, len(head) + 1) if len(own) == 2 else [None]:
            tried = head if y is None else (*head[:y], own[1], *head[y:])
            yield tried, try_route(day, k, tried)


def reasons(day: Day, assigned: Sequence[Assigned], left: Sequence[int]) -> tuple[Unassigned, ...]:
    """For each left-out order (by number) one reason per vehicle; idle vehicles with the same are named once."""
    routes = {vehicle: sequence for vehicle, (_, sequence) in assigned}
    vehicles = {vehicle.id: vehicle for vehicle in day.problem.vehicles}
    owner = {name: fixed.vehicle for fixed in day.problem.fixed for name in fixed.orders}
    answers = []
    for n in left:
        order = day.problem.orders[n]
        given = []
        for k, members in enumerate(day.members):
            idle: dict[str | None, str] = {}
            for member in members:
                if member not in routes:
                    idle.setdefault(why_not_serve(vehicles[member], order, owner.get(order.id)), member)
            for member in [m for m in members if m in routes] + list(idle.values()):
                sequence = routes.get(member, day.prefix[k])
                given.append(_reason(day, k, vehicles[member], sequence, n, owner.get(order.id)))
        answers.append(Unassigned(order.id, tuple(given)))
    return tuple(answers)


def _reason(day: Day, k: int, vehicle: Vehicle, sequence: tuple[int, ...], n: int, owner: str | None) -> Reason:
    order = day.problem.orders[n]
    if why := why_not_serve(vehicle, order, owner):
        kind = Constraint.FORBIDDEN
        if owner is not None and owner != vehicle.id:
            kind = Constraint.FIXED
        elif order.skills - vehicle.skills:
            kind = Constraint.SKILL
        return Reason(vehicle.id, kind, 0, "", f"{vehicle.id}: {why}")
    tried = list(_insertions(day, k, sequence, n))
    least, (route, verdict) = min(
        ((_how_bad(verdict), at), pair) for at, pair in enumerate(tried) for verdict in [pair[1]]
    )
    del least
    before = try_route(day, k, sequence).metres if sequence else 0
    extra = (_metres(day, k, route) - before) * int(day.arrays.per_metre[k])
    if not sequence:
        extra += int(day.arrays.fixed[k])
    price = None if verdict.code == ROAD else day.money(extra)
    return _say(day, k, vehicle, order, route, verdict, price)


def _how_bad(verdict: Verdict) -> tuple[int, int]:
    """Being late by little is nearer to a plan than being too heavy, and a road that is not there is furthest."""
    rank = {LATE: 0, HOURS: 0, DURATION: 0, DRIVING: 0, DISTANCE: 1, TRIPS: 2, TOO_MUCH: 3, ROAD: 4}
    return rank.get(verdict.code, 5), verdict.by


def _metres(day: Day, k: int, sequence: Sequence[int]) -> int:
    arrays = day.arrays
    start = int(arrays.start[k])
    places = [start, *(start if v == RELOAD else int(arrays.place[v]) for v in sequence), int(arrays.end[k])]
    legs = itertools.pairwise(places)
    return sum(int(arrays.distance[arrays.profile[k], a, b]) for a, b in legs)


def _say(
    day: Day, k: int, vehicle: Vehicle, order: Order, route: Sequence[int], verdict: Verdict, price: float | None
) -> Reason:
    problem, who = day.problem, vehicle.id
    minutes = problem.minutes(verdict.by)
    if verdict.code == TOO_MUCH:
        measure = problem.measures[verdict.at]
        over, most = measure.say(verdict.by), measure.say(vehicle.capacities[verdict.at])
        text = f"{who}: {measure.name} would be {over} over its {most}"
        return Reason(who, Constraint.LOAD, verdict.by / measure.per_unit, measure.unit, text, price)
    if verdict.code == LATE:
        late, _, stop = day.visits[route[verdict.at]]
        whose = "its" if late.id == order.id else f"order {late.id}'s"
        closes = problem.clock(stop.windows[-1].closes)
        text = f"{who}: would come {minutes:.1f} min after {whose} window closes at {closes}"
        return Reason(who, Constraint.WINDOW, minutes, "min", text, price)
    if verdict.code == HOURS:
        text = f"{who}: would be back {minutes:.1f} min after {problem.clock(vehicle.window.closes)}"
        return Reason(who, Constraint.HOURS, minutes, "min", text, price)
    if verdict.code == DURATION:
        text = f"{who}: would be out {minutes:.1f} min longer than it may"
        return Reason(who, Constraint.DURATION, minutes, "min", text, price)
    if verdict.code == DRIVING:
        text = f"{who}: its driver would drive {minutes:.1f} min longer than the rules allow"
        return Reason(who, Constraint.DRIVING, minutes, "min", text, price)
    if verdict.code == DISTANCE:
        text = f"{who}: would drive {verdict.by / 1000:.1f} km further than it may"
        return Reason(who, Constraint.DISTANCE, verdict.by / 1000, "km", text, price)
    if verdict.code == TRIPS:
        return Reason(who, Constraint.TRIPS, verdict.by, "trips", f"{who}: may not leave so often", price)
    if verdict.code == ROAD:
        return Reason(who, Constraint.ROAD, 0, "", f"{who}: no road leads there", price)
    raise ValueError(f"Order {order.id} fits on {who} but was left out (type {k}, code {verdict.code}).")
