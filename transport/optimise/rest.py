"""What of a day can still be planned at a given minute: what is done or under way stays as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from transport.optimise.changes import rewindowed
from transport.optimise.model import Fixed, Kind, Order, Plan, Problem, Route, Vehicle, Visit, Window


@dataclass(frozen=True, eq=False)
class Question:
    """A day as it is now, the plan as it stands (perhaps of the day as it was), and the tick it is now: with None
    nothing has begun. `out`: vehicles of the problem that are out from now on."""

    problem: Problem
    plan: Plan
    now: int | None = None
    out: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Rest:
    """What can still be planned, and the routes that nothing can change any more. `missed`: (vehicle, order) where
    the vehicle has left without the goods."""

    problem: Problem
    kept: tuple[Route, ...]
    missed: frozenset[tuple[str, str]]


def rest_of(question: Question) -> Rest:
    """What is under way or done becomes frozen with its times. A vehicle that has left takes no goods that it has not
    got on board, and keeps what it has; one that is on its way home, or that comes back for another load, keeps its
    route as it is."""
    problem, now = question.problem, question.now
    routes = {route.vehicle: route for route in question.plan.routes}
    kept = tuple(route for route in routes.values() if _out_of_reach(problem, route, now))
    gone = {route.vehicle for route in kept}
    over = {name for route in kept for name in route.orders}
    small = replace(
        problem,
        vehicles=tuple(one for one in problem.vehicles if one.id not in gone),
        orders=tuple(order for order in problem.orders if order.id not in over),
        fixed=tuple(
            replace(one, orders=tuple(name for name in one.orders if name not in over))
            for one in problem.fixed
            if one.vehicle not in gone
        ),
    )
    missed: set[tuple[str, str]] = set()
    for route in routes.values():
        if now is not None and route.leaves <= now and route.vehicle in {one.id for one in small.vehicles}:
            small, without_goods = _under_way(small, route, now)
            missed |= {(route.vehicle, name) for name in without_goods}
    if now is not None:
        out = {route.vehicle for route in routes.values() if route.leaves <= now}
        fleet = tuple(one if one.id in out else _not_before(one, now) for one in small.vehicles)
        small = replace(small, vehicles=fleet)
    return Rest(small, kept, frozenset(missed))


def _not_before(vehicle: Vehicle, tick: int) -> Vehicle:
    """It leaves at `tick` at the earliest; one whose day is over by then stays where it is."""
    opens = min(vehicle.window.closes, max(vehicle.window.opens, tick))
    return replace(vehicle, window=replace(vehicle.window, opens=opens))


def _committed(problem: Problem, route: Route, now: int) -> int:
    """How many visits are done or driven to, with all stops up to where nothing that was picked up is on board; the
    frozen ones of the problem at least, and none that the vehicle may not serve (any more)."""
    vehicle = next(one for one in problem.vehicles if one.id == route.vehicle)
    before, count = route.leaves, 0
    for visit in route.visits:
        if before > now or visit.order in vehicle.forbidden:
            break
        before, count = visit.departure, count + 1
    frozen = [len(one.orders) for one in problem.fixed if one.frozen and one.vehicle == route.vehicle]
    count = max(count, *frozen, 0)
    while count < len(route.visits) and _on_board(problem, route.visits[:count]):
        count += 1
    return count


def _on_board(problem: Problem, visits: Sequence[Visit]) -> bool:
    """Whether something that was picked up on the way waits for its delivery."""
    pairs = {order.id for order in problem.orders if len(order.stops) == 2}
    seen = [visit.order for visit in visits if visit.order in pairs]
    return any(seen.count(name) == 1 for name in seen)


def _out_of_reach(problem: Problem, route: Route, now: int | None) -> bool:
    known = {one.id for one in problem.vehicles}
    if now is None or route.leaves > now or route.vehicle not in known:
        return False
    reloads = any(visit.kind is Kind.RELOAD for visit in route.visits)
    return reloads or _committed(problem, route, now) == len(route.visits)


def _under_way(problem: Problem, route: Route, now: int) -> tuple[Problem, frozenset[str]]:
    """The problem with a vehicle that has left, and the orders whose goods it has left without."""
    fixed_now = route.visits[: _committed(problem, route, now)]
    pinned = {(visit.order, visit.kind): visit.start for visit in fixed_now}
    names = tuple(visit.order for visit in fixed_now if visit.order is not None)
    from_start = {order.id for order in problem.orders if order.pickup is None}
    vehicle = next(one for one in problem.vehicles if one.id == route.vehicle)
    aboard = tuple(name for name in route.orders if name in from_start and name not in vehicle.forbidden)
    missed = frozenset(from_start - set(aboard) - vehicle.forbidden)
    out = replace(_not_before(vehicle, route.leaves), trips=1, forbidden=vehicle.forbidden | missed)
    others = tuple(one for one in problem.fixed if not (one.frozen and one.vehicle == route.vehicle))
    mine = (Fixed(route.vehicle, names, frozen=True), Fixed(route.vehicle, aboard))
    return replace(
        problem,
        vehicles=tuple(out if one.id == out.id else one for one in problem.vehicles),
        orders=tuple(_pinned(order, pinned) for order in problem.orders),
        fixed=(*others, *mine),
    ), missed


def _pinned(order: Order, at: Mapping[tuple[str | None, Kind], int]) -> Order:
    """The order with the times of what is done or under way as its only windows."""
    for kind in (Kind.PICKUP, Kind.DELIVERY):
        if (tick := at.get((order.id, kind))) is not None:
            order = rewindowed(order, (Window(tick, tick),), kind)
    return order
