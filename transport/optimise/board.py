"""A plan as it stands, and what it would cost to put one more order somewhere, or to carry one elsewhere."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from plantops.engines import Outcome, Status, relative_gap
from transport.optimise.admit import admit
from transport.optimise.day import RELOAD, Day, prepare
from transport.optimise.explain import reasons, refusal, what_breaks, what_breaks_in
from transport.optimise.model import BadProblem, Kind, Offer, Plan, Problem, Reason, Route, Vehicle
from transport.optimise.places import Found, find_place, place_at, without
from transport.optimise.schedule import starts, timetable, try_route

Steps = tuple[int, ...]
Stops = Mapping[str, Sequence[tuple[str | None, Kind]]]


@dataclass(frozen=True, eq=False)
class Board:
    """A plan whose routes hold, ready to be asked. `steps` are the visits of each vehicle that drives (RELOAD between
    trips), `cost` whole money of each, `kind` the type of each vehicle, `number` that of each order."""

    day: Day
    steps: Mapping[str, Steps]
    cost: Mapping[str, int]
    kind: Mapping[str, int]
    number: Mapping[str, int]
    owner: Mapping[str, str]

    def carrier(self, order: str) -> str | None:
        """The vehicle that has the order; None when it is left out."""
        own = self.day.visits_of[self._known(order)]
        return next((vehicle for vehicle, steps in self.steps.items() if own[0] in steps), None)

    def _known(self, order: str) -> int:
        if order not in self.number:
            raise BadProblem(f"There is no order {order} in this problem.")
        return self.number[order]


def lay_out(problem: Problem, routes: Stops) -> Board:
    """A board of routes given as (order, what is done there) per vehicle; a reload has no order.

    Raises BadProblem with one sentence when the problem is wrong or a route does not hold.
    """
    admit(problem)
    if problem.docks:
        raise BadProblem("On a day with docks one stop cannot be asked about by itself; plan the day anew.")
    day = prepare(problem)
    kind = {member: k for k, members in enumerate(day.members) for member in members}
    steps = {vehicle: steps for vehicle, steps in _numbered(day, routes) if steps}
    cost = {}
    for vehicle, own in steps.items():
        if vehicle not in kind:
            raise BadProblem(f"Vehicle {vehicle} has a route but is not there.")
        verdict = try_route(day, kind[vehicle], own)
        if not verdict.holds:
            why = what_breaks_in(day, kind[vehicle], _vehicle(problem, vehicle), own, verdict)
            raise BadProblem(f"The plan does not hold as it stands. {why.text}.")
        cost[vehicle] = verdict.cost
    for vehicle, k in kind.items():
        if day.prefix[k] and vehicle not in steps:
            raise BadProblem(f"Vehicle {vehicle} has frozen stops but no route.")
    number = {order.id: n for n, order in enumerate(problem.orders)}
    owner = {name: fixed.vehicle for fixed in problem.fixed for name in fixed.orders}
    return Board(day, steps, cost, kind, number, owner)


def lay_out_plan(problem: Problem, plan: Plan) -> Board:
    """The board of a plan that the planner made."""
    return lay_out(problem, steps_of(plan))


def steps_of(plan: Plan) -> dict[str, list[tuple[str | None, Kind]]]:
    """The routes of a plan as `lay_out` takes them."""
    return {route.vehicle: [(visit.order, visit.kind) for visit in route.visits] for route in plan.routes}


def insert(board: Board, order: str) -> tuple[Offer, ...]:
    """The offer of each vehicle, used or not, for an order that is left out."""
    if carrier := board.carrier(order):
        raise BadProblem(f"Order {order} is on {carrier} already; move it.")
    return tuple(_ask(board, order, None))


def insert_at(board: Board, order: str, vehicle: str, stops: Sequence[int]) -> Offer:
    """The offer of one vehicle for an order that is left out, at these positions of its new route."""
    if carrier := board.carrier(order):
        raise BadProblem(f"Order {order} is on {carrier} already; move it.")
    return _ask_at(board, order, None, vehicle, stops)


def move(board: Board, order: str) -> tuple[Offer, ...]:
    """The offer of each vehicle for an order that a route has; what its removal saves is in the cost. The vehicle that
    has it offers its cheapest place, which may be the one that it has."""
    return tuple(_ask(board, order, _movable(board, order)))


def move_to(board: Board, order: str, vehicle: str, stops: Sequence[int]) -> Offer:
    """The offer of one vehicle for an order that a route has, at these positions of its new route."""
    return _ask_at(board, order, _movable(board, order), vehicle, stops)


def after(board: Board, offer: Offer) -> Plan:
    """The plan with an offer taken: new times of what changes, and reasons for what is left out now."""
    if offer.reason is not None:
        raise BadProblem(f"This does not hold: {offer.reason.text}.")
    return plan_of(board, {**board.steps, **dict(offer.changed)})


def plan_of(board: Board, steps: Mapping[str, Steps]) -> Plan:
    """These visits of each vehicle as a plan without a bound."""
    day = board.day
    routes = tuple(
        timetable(day, board.kind[vehicle.id], vehicle.id, steps[vehicle.id])
        for vehicle in day.problem.vehicles
        if steps.get(vehicle.id)
    )
    served = {n for own in steps.values() for n in day.served(own)}
    left = [n for n in range(len(day.problem.orders)) if n not in served]
    assigned = [(vehicle, (board.kind[vehicle], own)) for vehicle, own in steps.items() if own]
    cost = sum(route.cost for route in routes)
    outcome = Outcome(Status.FEASIBLE, cost, None, relative_gap(cost, None), 0.0, 0.0)
    return Plan(outcome, routes, reasons(day, assigned, left), "")


def new_route(board: Board, offer: Offer) -> Route:
    """The route of the offering vehicle with the order, with all times and slacks."""
    return timetable(board.day, board.kind[offer.vehicle], offer.vehicle, _steps_after(board, offer))


def ask(problem: Problem, routes: Stops, order: str) -> tuple[Offer, ...]:
    """The offers of all vehicles for an order, on these routes or left out, in one call."""
    board = lay_out(problem, routes)
    return move(board, order) if board.carrier(order) else insert(board, order)


def take(
    problem: Problem, routes: Stops, order: str, vehicle: str, stops: Sequence[int] | None
) -> tuple[Offer, Plan | None]:
    """The offer of one vehicle, at these positions of its new route or where it is cheapest, and the plan with it; None
    when it does not hold."""
    board = lay_out(problem, routes)
    carrier = board.carrier(order)
    if stops is not None:
        offer = move_to(board, order, vehicle, stops) if carrier else insert_at(board, order, vehicle, stops)
    else:
        offers = move(board, order) if carrier else insert(board, order)
        offer = next((one for one in offers if one.vehicle == vehicle), None) or _no_vehicle(vehicle)
    return offer, after(board, offer) if offer.reason is None else None


# --- How


def _steps_after(board: Board, offer: Offer) -> Steps:
    return dict(offer.changed).get(offer.vehicle, board.steps.get(offer.vehicle, ()))


def _numbered(day: Day, routes: Stops) -> Iterator[tuple[str, Steps]]:
    visit = {(order.id, kind): at for at, (order, kind, _) in enumerate(day.visits)}
    for vehicle, stops in routes.items():
        for order, kind in stops:
            if order is not None and (order, kind) not in visit:
                raise BadProblem(f"The route of {vehicle} serves order {order}, which is not there.")
        yield vehicle, tuple(RELOAD if order is None else visit[order, kind] for order, kind in stops)


def _vehicle(problem: Problem, name: str) -> Vehicle:
    for vehicle in problem.vehicles:
        if vehicle.id == name:
            return vehicle
    return _no_vehicle(name)


def _no_vehicle(name: str) -> NoReturn:
    raise BadProblem(f"There is no vehicle {name} in this problem.")


def _movable(board: Board, order: str) -> str:
    """The vehicle that has the order."""
    carrier = board.carrier(order)
    if carrier is None:
        raise BadProblem(f"Order {order} is left out; insert it.")
    if set(board.day.visits_of[board.number[order]]) & set(board.day.prefix[board.kind[carrier]]):
        raise BadProblem(f"Order {order} is among the frozen stops of {carrier}; free it before it moves.")
    return carrier


@dataclass(frozen=True)
class _Freed:
    """What is left of the route that an order is taken from: its visits, what that saves, and what it breaks."""

    vehicle: str
    steps: Steps
    saved: int
    reason: Reason | None


def _freed(board: Board, order: str, carrier: str) -> _Freed:
    day, k, n = board.day, board.kind[carrier], board.number[order]
    left = without(day, board.steps[carrier], n)
    if not left:
        return _Freed(carrier, left, board.cost[carrier], None)
    verdict = try_route(day, k, left)
    if verdict.holds:
        return _Freed(carrier, left, board.cost[carrier] - verdict.cost, None)
    vehicle = _vehicle(day.problem, carrier)
    return _Freed(carrier, left, 0, what_breaks_in(day, k, vehicle, left, verdict))


def _ask(board: Board, order: str, carrier: str | None) -> Iterator[Offer]:
    """Idle vehicles of one type are reckoned once."""
    day, n = board.day, board.number[order]
    freed = None if carrier is None else _freed(board, order, carrier)
    known: dict[tuple[int, Steps], Found] = {}
    for vehicle in day.problem.vehicles:
        k = board.kind[vehicle.id]
        refused = refusal(vehicle, day.problem.orders[n], board.owner.get(order))
        if refused is not None:
            yield _no(refused)
            continue
        base = _base(board, vehicle.id, freed)
        if (k, base) not in known:
            known[k, base] = find_place(day, k, base, n)
        yield _offer(board, vehicle, n, base, known[k, base], freed)


def _ask_at(board: Board, order: str, carrier: str | None, name: str, stops: Sequence[int]) -> Offer:
    day, n = board.day, board.number[order]
    vehicle, k = _vehicle(day.problem, name), board.kind.get(name, 0)
    if refused := refusal(vehicle, day.problem.orders[n], board.owner.get(order)):
        return _no(refused)
    freed = None if carrier is None else _freed(board, order, carrier)
    base, own = _base(board, name, freed), day.visits_of[n]
    first, length = len(day.prefix[k]), len(base) + len(own)
    rising = all(a < b for a, b in itertools.pairwise(stops))
    if len(stops) != len(own) or not rising or not all(first <= at < length for at in stops):
        raise BadProblem(
            f"Order {order} can be stop {first + 1} to {length} of {name} "
            f"({len(own)} {'stops' if len(own) > 1 else 'stop'}, the pickup first)."
        )
    return _offer(board, vehicle, n, base, place_at(day, k, base, n, stops), freed)


def _base(board: Board, vehicle: str, freed: _Freed | None) -> Steps:
    """The route into which the order would come."""
    if freed is not None and freed.vehicle == vehicle:
        return freed.steps
    return board.steps.get(vehicle, ())


def _no(reason: Reason) -> Offer:
    return Offer(reason.vehicle, None, (), (), None, None, (), reason)


def _offer(board: Board, vehicle: Vehicle, n: int, base: Steps, found: Found, freed: _Freed | None) -> Offer:
    day, k = board.day, board.kind[vehicle.id]
    if not found.verdict.holds:
        return _no(what_breaks(day, k, vehicle, base, n, found))
    extra = found.verdict.cost - board.cost.get(vehicle.id, 0)
    changed = {vehicle.id: found.sequence}
    if freed is not None and freed.vehicle != vehicle.id:
        if freed.reason is not None:
            return _no(freed.reason)
        extra -= freed.saved
        changed[freed.vehicle] = freed.steps
    stops = tuple(found.sequence.index(visit) for visit in day.visits_of[n])
    when = starts(day, k, found.sequence, found.verdict.leaves)
    return Offer(
        vehicle=vehicle.id,
        extra_cost=day.money(extra),
        stops=stops,
        starts=tuple(int(when[at]) for at in stops),
        leaves=found.verdict.leaves,
        returns=found.verdict.returns,
        changed=tuple((name, steps) for name, steps in changed.items() if steps != board.steps.get(name, ())),
        reason=None,
    )
