"""The rest of a day planned anew: what may change begins from the plan in hand, and the two are set side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from plantops.engines import Limits, Outcome, Progress, ShouldStop, Status, relative_gap
from transport.optimise.admit import admit
from transport.optimise.board import steps_of
from transport.optimise.changes import without_vehicle
from transport.optimise.day import RELOAD, Day, prepare
from transport.optimise.explain import what_breaks_in
from transport.optimise.heuristic import Tour
from transport.optimise.model import BadProblem, Constraint, Plan, Problem, Reason, Route, Unassigned
from transport.optimise.places import without
from transport.optimise.rest import Question, Rest, rest_of
from transport.optimise.routes import solve
from transport.optimise.schedule import LATE, try_route


@dataclass(frozen=True)
class Moved:
    """An order that another vehicle has now; None for none."""

    order: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Answer:
    """The whole day planned anew beside the plan as it stood. `extra_cost` in money, negative when it is cheaper;
    `left_out` the orders that only the new plan leaves out, `served` those that only the old one left out or did not
    know; `moved` those that change vehicles."""

    plan: Plan
    extra_cost: float
    moved: tuple[Moved, ...]
    left_out: tuple[str, ...]
    served: tuple[str, ...]


# --- The plan in hand


def standing(day: Day, plan: Plan) -> list[Tour]:
    """The routes of a plan as far as they hold on this day: an order that is gone or barred is left out, and where a
    route breaks, as few of its free orders as it takes."""
    kind = {member: k for k, members in enumerate(day.members) for member in members}
    visit = {(order.id, what): at for at, (order, what, _) in enumerate(day.visits)}
    tours = []
    for vehicle, stops in steps_of(plan).items():
        if vehicle not in kind:
            continue
        steps = [RELOAD if name is None else visit.get((name, what)) for name, what in stops]
        known = tuple(step for step in steps if step is not None)
        if thin := _thinned(day, kind[vehicle], _tidy(known)):
            tours.append((kind[vehicle], thin))
    driving = {k for k, _ in tours}
    return tours + [(k, prefix) for k, prefix in enumerate(day.prefix) if prefix and k not in driving]


def _tidy(steps: Sequence[int]) -> tuple[int, ...]:
    """Without reloads between which nothing is left to do."""
    left = [x for at, x in enumerate(steps) if x != RELOAD or (at and steps[at - 1] != RELOAD)]
    return tuple(left[:-1] if left and left[-1] == RELOAD else left)


def _thinned(day: Day, k: int, steps: tuple[int, ...]) -> tuple[int, ...]:
    while steps and steps != day.prefix[k]:
        barred = [n for n in day.served(steps) if not day.arrays.allowed[k, n]]
        verdict = try_route(day, k, steps)
        if verdict.holds:
            return steps
        free = [n for n in day.served(steps) if day.visits_of[n][0] not in day.prefix[k]]
        if not free:
            break
        steps = _without_one(day, k, steps, barred or free, verdict.at if verdict.code == LATE else None)
    return day.prefix[k]


def _without_one(day: Day, k: int, steps: tuple[int, ...], free: Sequence[int], late_at: int | None) -> tuple[int, ...]:
    """Without the least weighty order without which the rest holds; else without the one that is late, or the last."""
    for n in sorted(free, key=lambda n: int(day.prize[n])):
        if try_route(day, k, left := without(day, steps, n)).holds:
            return left
    late = None if late_at is None or steps[late_at] == RELOAD else int(day.arrays.order[steps[late_at]])
    return without(day, steps, late if late is not None and late in free else free[-1])


# --- The answer


def replan(
    question: Question,
    limits: Limits,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Answer:
    """Plan the rest of a day within `limits`. Never worse than the plan as it stands where that still holds.

    Raises BadProblem with one sentence when the question itself is wrong, or when what can no longer be changed does
    not hold.
    """
    admit(question.problem)
    for vehicle in question.out:
        less = without_vehicle(question.problem, vehicle, question.plan, question.now)
        question = replace(question, problem=less)
    rest = rest_of(question)
    _refuse_kept(question.problem, rest.kept)
    if rest.problem.orders and rest.problem.vehicles:
        admit(rest.problem)
        start = standing(prepare(rest.problem), question.plan)
        fresh = solve(rest.problem, limits, progress, should_stop, start)
        plan = _whole(question.problem, rest, fresh)
    else:
        plan = _whole(question.problem, rest, None)
    return compare(question.plan, plan)


def compare(before: Plan, after: Plan) -> Answer:
    """Two plans side by side."""
    was, now = _carriers(before), _carriers(after)
    left = tuple(one.id for one in after.unassigned)
    cost = (after.outcome.objective or 0.0) - (before.outcome.objective or 0.0)
    return Answer(
        plan=after,
        extra_cost=cost,
        moved=tuple(Moved(name, was[name], now[name]) for name in now if name in was and was[name] != now[name]),
        left_out=tuple(name for name in left if name in was),
        served=tuple(name for name in now if name not in was),
    )


def _carriers(plan: Plan) -> dict[str, str]:
    return {name: route.vehicle for route in plan.routes for name in route.orders}


def _refuse_kept(problem: Problem, kept: Sequence[Route]) -> None:
    """What can no longer be changed must hold; a changed window or a second load may say otherwise."""
    if not kept:
        return
    day = prepare(problem)
    visit = {(order.id, what): at for at, (order, what, _) in enumerate(day.visits)}
    for route in kept:
        k = next(k for k, members in enumerate(day.members) if route.vehicle in members)
        if gone := [v.order for v in route.visits if v.order is not None and (v.order, v.kind) not in visit]:
            raise BadProblem(f"{route.vehicle} has order {gone[0]}, which is not there, and can no longer be changed.")
        steps = [RELOAD if v.order is None else visit[v.order, v.kind] for v in route.visits]
        verdict = try_route(day, k, steps)
        if not verdict.holds:
            why = what_breaks_in(day, k, day.types[k], steps, verdict).text
            raise BadProblem(
                f"What {route.vehicle} still has to do can no longer be changed, and does not hold. {why}."
            )


def _whole(problem: Problem, rest: Rest, fresh: Plan | None) -> Plan:
    """The plan of the rest with the routes that stayed."""
    routes = [*rest.kept, *(fresh.routes if fresh else ())]
    turn = {vehicle.id: at for at, vehicle in enumerate(problem.vehicles)}
    cost, stays = sum(route.cost for route in routes), sum(route.cost for route in rest.kept)
    served = {name for route in routes for name in route.orders}
    left = (
        tuple(_left(rest, fresh))
        if fresh
        else tuple(Unassigned(order.id, ()) for order in problem.orders if order.id not in served)
    )
    bound = None if fresh is None or fresh.outcome.bound is None else fresh.outcome.bound + stays
    seconds = (fresh.outcome.seconds, fresh.outcome.cpu_seconds) if fresh else (0.0, 0.0)
    status = fresh.outcome.status if fresh and served else Status.FEASIBLE
    outcome = Outcome(status, cost, bound, relative_gap(cost, bound), *seconds)
    routes.sort(key=lambda route: turn[route.vehicle])
    return Plan(outcome, tuple(routes), left, fresh.note if fresh else "")


def _left(rest: Rest, fresh: Plan) -> Iterator[Unassigned]:
    """What is left out, with the right words for goods that stayed behind."""
    for one in fresh.unassigned:
        yield replace(one, reasons=tuple(_worded(reason, one.id, rest) for reason in one.reasons))


def _worded(reason: Reason, order: str, rest: Rest) -> Reason:
    if reason.constraint is Constraint.FORBIDDEN and (reason.vehicle, order) in rest.missed:
        return replace(reason, text=f"{reason.vehicle}: it has left without these goods")
    return reason
