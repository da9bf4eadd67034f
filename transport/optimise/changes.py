"""What if: one more stop, a vehicle out, another window. Each gives the day as it would be."""

from collections.abc import Sequence
from dataclasses import replace

from transport.optimise.admit import admit
from transport.optimise.model import BadProblem, Fixed, Kind, Order, Plan, Problem, Window


def with_order(problem: Problem, order: Order) -> Problem:
    """One more stop. Its places must be in the travel matrices."""
    return _admitted(replace(problem, orders=(*problem.orders, order)))


def with_windows(problem: Problem, order: str, windows: Sequence[Window], kind: Kind | None = None) -> Problem:
    """Other windows for an order: for its pickup or delivery, or for what it has."""
    if order not in {one.id for one in problem.orders}:
        raise BadProblem(f"There is no order {order} in this problem.")
    return _admitted(
        replace(
            problem,
            orders=tuple(rewindowed(one, tuple(windows), kind) if one.id == order else one for one in problem.orders),
        )
    )


def without_vehicle(problem: Problem, vehicle: str, plan: Plan | None = None, now: int | None = None) -> Problem:
    """A vehicle is out, from the tick `now` on if that is given. What it has done by then stays with it, and what it
    has on board is taken to be back where it was loaded."""
    if vehicle not in {one.id for one in problem.vehicles}:
        raise BadProblem(f"There is no vehicle {vehicle} in this problem.")
    done = () if plan is None or now is None else _done(plan, vehicle, now)
    pairs = {order.id for order in problem.orders if len(order.stops) == 2}
    if aboard := [name for name in done if name in pairs and done.count(name) == 1]:
        raise BadProblem(f"{vehicle} has order {aboard[0]} on board, which it picked up on the way; unload it first.")
    fixed = tuple(one for one in problem.fixed if one.vehicle != vehicle)
    if not done:
        left = tuple(one for one in problem.vehicles if one.id != vehicle)
        return _admitted(replace(problem, vehicles=left, fixed=fixed))
    barred = frozenset(one.id for one in problem.orders) - set(done)
    fleet = tuple(replace(one, forbidden=barred) if one.id == vehicle else one for one in problem.vehicles)
    return _admitted(replace(problem, vehicles=fleet, fixed=(*fixed, Fixed(vehicle, done, frozen=True))))


def _done(plan: Plan, vehicle: str, now: int) -> tuple[str, ...]:
    """The orders of the stops that a vehicle has left behind."""
    visits = [visit for route in plan.routes if route.vehicle == vehicle for visit in route.visits]
    return tuple(visit.order for visit in visits if visit.order is not None and visit.departure <= now)


def _admitted(problem: Problem) -> Problem:
    admit(problem)
    return problem


def rewindowed(order: Order, windows: tuple[Window, ...], kind: Kind | None) -> Order:
    pickup, delivery = order.pickup, order.delivery
    if pickup is not None and kind is not Kind.DELIVERY:
        pickup = replace(pickup, windows=windows)
    if delivery is not None and kind is not Kind.PICKUP:
        delivery = replace(delivery, windows=windows)
    return replace(order, pickup=pickup, delivery=delivery)
