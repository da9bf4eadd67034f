"""Why was this order left out? For each vehicle the constraint that breaks, and by how much."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from transport.optimise.day import RELOAD, Day, why_not_serve
from transport.optimise.heuristic import Tour
from transport.optimise.model import Constraint, Order, Reason, Unassigned, Vehicle
from transport.optimise.places import Found, find_place
from transport.optimise.schedule import (
    DISTANCE,
    DRIVING,
    DURATION,
    FORBIDDEN,
    HOURS,
    LATE,
    ORDER,
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
            options = [(cost, at, tour) for at, tour, cost in openings(day, plan, n)]
            if options:
                _, at, tour = min(options)
                plan[at : at + 1] = [tour]
                put_in += 1
        if not put_in:
            return plan


def openings(day: Day, plan: Sequence[Tour], n: int) -> Iterator[tuple[int, Tour, int]]:
    """(place in the plan, tour with order n, extra cost) for each vehicle that can take it; idle ones at the end."""
    able = day.arrays.allowed[:, n]
    for at, (k, sequence) in enumerate(plan):
        if able[k] and (found := find_place(day, k, sequence, n)).verdict.holds:
            yield at, (k, found.sequence), found.verdict.cost - try_route(day, k, sequence).cost
    used = [k for k, _ in plan]
    for k, count in enumerate(day.counts):
        if able[k] and used.count(k) < count and not day.prefix[k]:
            found = find_place(day, k, (), n)
            if found.verdict.holds:
                yield len(plan), (k, found.sequence), found.verdict.cost


def reasons(day: Day, assigned: Sequence[Assigned], left: Sequence[int]) -> tuple[Unassigned, ...]:
    """For each left-out order (by number) one reason per vehicle that cannot take it; idle vehicles with the same are
    named once."""
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
                if reason := _reason(day, k, vehicles[member], sequence, n, owner.get(order.id)):
                    given.append(reason)
        answers.append(Unassigned(order.id, tuple(given)))
    return tuple(answers)


def _reason(day: Day, k: int, vehicle: Vehicle, sequence: Sequence[int], n: int, owner: str | None) -> Reason | None:
    if refused := refusal(vehicle, day.problem.orders[n], owner):
        return refused
    found = find_place(day, k, sequence, n)
    if found.verdict.holds:
        return _no_dock(day, k, vehicle, sequence, n, found)
    return what_breaks(day, k, vehicle, sequence, n, found)


def _no_dock(day: Day, k: int, vehicle: Vehicle, sequence: Sequence[int], n: int, found: Found) -> Reason | None:
    """The route could take the order if a dock were free; its price is that of the place in the route then."""
    docks = {dock.place for dock in day.problem.docks}
    places = [stop.place for stop in day.problem.orders[n].stops if stop.place in docks]
    if not docks:
        return None
    others = [int(day.arrays.place[visit]) for visit in found.sequence if visit != RELOAD]
    at = day.problem.places[(places or [place for place in others if place in docks])[0]]
    before = try_route(day, k, sequence).cost if sequence else 0
    text = f"{vehicle.id}: no dock of {at} is free when it could be there; with one more it would do"
    return Reason(vehicle.id, Constraint.DOCK, 1, "docks", text, day.money(found.verdict.cost - before))


def refusal(vehicle: Vehicle, order: Order, owner: str | None) -> Reason | None:
    """The reason that speaks against a vehicle whatever else it does; `owner` is the vehicle that the order is fixed
    to."""
    why = why_not_serve(vehicle, order, owner)
    if why is None:
        return None
    kind = Constraint.FORBIDDEN
    if owner is not None and owner != vehicle.id:
        kind = Constraint.FIXED
    elif order.skills - vehicle.skills:
        kind = Constraint.SKILL
    return Reason(vehicle.id, kind, 0, "", f"{vehicle.id}: {why}")


def what_breaks(day: Day, k: int, vehicle: Vehicle, sequence: Sequence[int], n: int, found: Found) -> Reason:
    """The reason why order n cannot be put into a route like this; the price is of the kilometres alone."""
    before = try_route(day, k, sequence).metres if sequence else 0
    extra = (_metres(day, k, found.sequence) - before) * int(day.arrays.per_metre[k])
    if not sequence:
        extra += int(day.arrays.fixed[k])
    price = None if found.verdict.code == ROAD else day.money(extra)
    return _say(day, k, vehicle, day.problem.orders[n], found.sequence, found.verdict, price)


def _metres(day: Day, k: int, sequence: Sequence[int]) -> int:
    arrays = day.arrays
    start = int(arrays.start[k])
    places = [start, *(start if v == RELOAD else int(arrays.place[v]) for v in sequence), int(arrays.end[k])]
    legs = itertools.pairwise(places)
    return sum(int(arrays.distance[arrays.profile[k], a, b]) for a, b in legs)


def what_breaks_in(day: Day, k: int, vehicle: Vehicle, sequence: Sequence[int], verdict: Verdict) -> Reason:
    """The reason why a route does not hold as it stands."""
    if verdict.code == FORBIDDEN:
        order = day.problem.orders[int(day.arrays.order[sequence[verdict.at]])]
        owner = {name: fixed.vehicle for fixed in day.problem.fixed for name in fixed.orders}
        if refused := refusal(vehicle, order, owner.get(order.id)):
            return replace(refused, text=f"{refused.text} (order {order.id})")
    if verdict.code == ORDER:
        text = f"{vehicle.id}: its stops are not in the order that pickups, deliveries and frozen stops ask for"
        return Reason(vehicle.id, Constraint.FIXED, 0, "", text)
    return _say(day, k, vehicle, None, sequence, verdict, None)


def _say(
    day: Day, k: int, vehicle: Vehicle, order: Order | None, route: Sequence[int], verdict: Verdict, price: float | None
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
        whose = "its" if order is not None and late.id == order.id else f"order {late.id}'s"
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
    raise ValueError(f"There are no words for what breaks on {who} (type {k}, code {verdict.code}).")
