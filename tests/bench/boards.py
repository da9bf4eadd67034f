"""One stop put in or moved, and the rest of a day planned anew: milliseconds, seconds, and what it saves."""

from __future__ import annotations

import importlib.metadata
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from plantops.engines import Limits
from tests.bench.routes import BIH
from tests.bench.routes_made import CLOSE, OPEN, made
from tests.bench.tables import Asked, Row, Table
from transport.instances import Format, read
from transport.optimise.board import Board, insert, lay_out_plan, move
from transport.optimise.changes import with_order, with_windows, without_vehicle
from transport.optimise.check import broken
from transport.optimise.day import prepare
from transport.optimise.driving import Rules, under
from transport.optimise.explain import insert_what_fits
from transport.optimise.model import BadProblem, Order, Plan, Problem, Window
from transport.optimise.pool import whole_cost
from transport.optimise.proof import compile_ahead
from transport.optimise.replanning import replan, standing
from transport.optimise.rest import Question, rest_of
from transport.optimise.routes import solve

SEED, FIRST_SECONDS, AGAIN_SECONDS, QUICK_SECONDS = 1, 10.0, 5.0, 2.0
LATER_MINUTES = 120
Given = TypeVar("Given")
DAYS = ("made 9", "made 4, few long routes", "bih 2922001", "made 9, drivers rest", "made 4")


def problem_of(name: str) -> Problem:
    """A day by name: drawn from a seed, the same under EU driving times, the same on few long routes, a real one."""
    if name.startswith("bih"):
        return read(BIH, Format.BIH, name.split()[1])
    day = made(int(name.split(",")[0].split()[1]))
    if "rest" in name:
        return replace(day, vehicles=tuple(under(one, Rules.EU_561, day.ticks_per_minute) for one in day.vehicles))
    if "long" in name:
        free = Window(OPEN, CLOSE + 24 * 60)
        lorries = tuple(replace(one, window=free, capacities=(10**6, 10**4)) for one in day.vehicles[:4])
        fleet = tuple(replace(one, skills=frozenset({"tail lift"})) for one in lorries)
        return replace(day, vehicles=fleet, orders=tuple(_at_any_time(order, free) for order in day.orders))
    return day


def _at_any_time(order: Order, free: Window) -> Order:
    pickup, delivery = (stop and replace(stop, windows=(free,)) for stop in (order.pickup, order.delivery))
    return replace(order, pickup=pickup, delivery=delivery)


@contextmanager
def opened(asked: Asked) -> Iterator[Callable[[str], Row]]:
    compile_ahead()

    def measure(name: str) -> Row:
        problem = problem_of(name)
        plan = solve(problem, Limits(QUICK_SECONDS if asked.quick else FIRST_SECONDS, SEED, cpu=True))
        return [*_asked(name, problem, plan), *_planned(name, problem, plan, asked.quick)]

    yield measure


# --- One stop


def _asked(name: str, problem: Problem, plan: Plan) -> Iterator[dict[str, Any]]:
    """Every fifth order taken out and put in again; every order asked for another vehicle."""
    laid, board = _timed(lambda: lay_out_plan(problem, plan))
    longest = max(len(steps) for steps in board.steps.values())
    size = f"{len(board.day.visits)} stops, {len(board.steps)} of {len(problem.vehicles)} vehicles, longest {longest}"
    puts = []
    for order in sorted(board.number)[::5]:
        if board.carrier(order):
            less = _without(problem, plan, order)
            puts.append(_timed(lambda less=less, order=order: insert(less, order))[0])  # type: ignore[misc]
    moves = [_timed(lambda order=order: move(board, order))[0] for order in board.number if board.carrier(order)]  # type: ignore[misc]
    for what, found in (("one stop put in", puts), ("one stop moved", moves)):
        yield {
            "day": name,
            "question": what,
            "size": size,
            "prepare_ms": _ms(laid),
            "mean_ms": _ms(sum(found) / len(found)),
            "worst_ms": _ms(max(found)),
        }


def _without(problem: Problem, plan: Plan, order: str) -> Board:
    routes = tuple(
        replace(route, visits=tuple(visit for visit in route.visits if visit.order != order)) for route in plan.routes
    )
    return lay_out_plan(problem, replace(plan, routes=routes))


def _timed(ask: Callable[[], Given]) -> tuple[float, Given]:
    began = time.process_time()
    found = ask()
    return time.process_time() - began, found


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)


# --- The rest of the day


def _planned(name: str, problem: Problem, plan: Plan, quick: bool) -> Iterator[dict[str, Any]]:
    """What-ifs in the morning (nothing has begun) and when a third of the vehicles has left."""
    left = sorted(route.leaves for route in plan.routes)
    for what, now in (("before the day", None), ("a third is out", left[len(left) // 3])):
        for change, question in _changes(problem, plan, now):
            yield _one(f"{change}, {what}", name, question, QUICK_SECONDS if quick else AGAIN_SECONDS)


def _changes(problem: Problem, plan: Plan, now: int | None) -> Iterator[tuple[str, Question]]:
    dice = random.Random(f"{problem.name} {now}")
    later = [route for route in plan.routes if now is None or route.leaves > now] or list(plan.routes)
    one = dice.choice(later).orders[-1]
    order = next(order for order in problem.orders if order.id == one)
    copy = replace(order, id="one more", priority=0)
    yield "one more stop", Question(with_order(problem, copy), plan, now)
    busiest = max(later, key=lambda route: len(route.visits)).vehicle
    yield "a vehicle out", Question(without_vehicle(problem, busiest, plan, now), plan, now)
    windows = tuple(
        Window(window.opens + LATER_MINUTES * problem.ticks_per_minute, window.closes)
        for stop in order.stops[-1:]
        for window in stop.windows
        if window.opens + LATER_MINUTES * problem.ticks_per_minute <= window.closes
    )
    if windows:
        kind = (
            None
            if len(order.stops) == 1
            else next(v.kind for r in plan.routes for v in r.visits[::-1] if v.order == one)
        )
        yield "a later window", Question(with_windows(problem, one, windows, kind), plan, now)


def _one(what: str, name: str, question: Question, seconds: float) -> dict[str, Any]:
    """By the search from the plan in hand, by the search from nothing, and with only what must go put in elsewhere."""
    limits = Limits(seconds, SEED, cpu=True)
    rest = rest_of(question)
    day = prepare(rest.problem)
    kept = sum(route.cost for route in rest.kept)
    greedy = insert_what_fits(day, standing(day, question.plan))
    served = {n for _, steps in greedy for n in day.served(steps)}
    prizes = sum(int(day.prize[n]) for n in range(len(day.prize)) if n not in served)
    began = time.process_time()
    answer = replan(question, limits)
    spent = time.process_time() - began
    try:
        cold = solve(rest.problem, limits)
        from_nothing = _cost(kept + (cold.outcome.objective or 0.0), len(cold.unassigned))
    except BadProblem as error:
        from_nothing = str(error)
    return {
        "day": name,
        "question": what,
        "size": f"{len(rest.problem.orders)} orders free or frozen, {len(rest.kept)} routes kept",
        "cpu_seconds": round(spent, 1),
        "before": f"{question.plan.outcome.objective:.2f}",
        "only": _cost(kept + day.money(whole_cost(day, greedy) - prizes), len(day.prize) - len(served)),
        "planned": _cost(answer.plan.outcome.objective or 0.0, len(answer.plan.unassigned)),
        "cold": from_nothing,
        "moved": len(answer.moved),
        "wrong": len(broken(question.problem, answer.plan)),
    }


def _cost(cost: float, left: int) -> str:
    return f"{cost:.2f}" + (f" ({left} left out)" if left else "")


def notes(rows: Row) -> str:
    worst = max(row["worst_ms"] for row in rows if "worst_ms" in row)
    slowest = max(row["cpu_seconds"] for row in rows if "cpu_seconds" in row)
    wrong = sum(row.get("wrong", 0) for row in rows)
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("pyvrp", "numba", "highspy"))
    return (
        f"Worst of all single questions {worst} CPU ms (limit 50), of all re-plans {slowest} CPU s (limit 5). {wrong} "
        f"faults found by the checker in the re-planned days. One core, seed {SEED}. {versions}."
    )


TABLE = Table(
    name="boards",
    title="One stop put in or moved, and the rest of a day planned anew",
    columns=(
        ("day", "day"), ("question", "question"), ("size", "size"), ("prepare_ms", "prepare ms"),
        ("mean_ms", "mean ms"), ("worst_ms", "worst ms"), ("cpu_seconds", "CPU s"), ("before", "cost before"),
        ("only", "only put in"), ("planned", "re-planned"), ("cold", "from nothing"),
        ("moved", "orders that change vehicle"),
    ),
    names=lambda asked: list(DAYS[:1] if asked.quick else DAYS),
    open=opened,
    notes=notes,
)  # fmt: skip
