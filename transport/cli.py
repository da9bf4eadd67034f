"""The commands of transport: `plantops transport ...`."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

from plantops.command import day_of, interrupts, site_named, steps
from plantops.engines import Limits
from plantops.errors import Conflict, Invalid
from plantops.module import load
from transport import plans
from transport.optimise.model import BadProblem, Plan, Problem, Route, Visit

READER = "transport.instances:read"
FORMAT = "transport.instances:Format"
ENGINE = "transport.optimise.routes:solve"
FORMATS = ("solomon", "vrplib", "lilim", "bih")
BAD_INPUT = 2


def register(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the group `transport` to the command line."""
    group = commands.add_parser("transport", help="plans of delivery days")
    verbs = group.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    text = "plan a benchmark file or a real delivery day; interrupt it to get the best plan so far"
    solve = verbs.add_parser("solve", help=text, description=text)
    solve.add_argument("file", type=Path, help="the file; for the format bih the folder")
    solve.add_argument("--format", choices=FORMATS, help="what the file is; guessed when not given")
    solve.add_argument("--day", help="the route_id of the day (bih)")
    solve.add_argument("--customers", type=int, help="only the first N customers (solomon)")
    solve.add_argument("--seconds", type=float, required=True, help="wall time to think")
    solve.add_argument("--seed", type=int, default=0)
    solve.add_argument("--json", action="store_true", help="the whole plan as JSON")
    solve.set_defaults(run=solve_file)
    text = "plan a day of the plant's own orders; the plan is kept as a draft"
    plan = verbs.add_parser("plan", help=text, description=text)
    plan.add_argument("--day", required=True, help="for example 2026-11-23")
    plan.add_argument("--site", metavar="CODE", help="not needed when the plant has one site")
    plan.add_argument("--seconds", type=float, default=float(plans.USUAL_SECONDS), help="wall time to think")
    plan.add_argument("--seed", type=int, default=0)
    plan.add_argument("--json", action="store_true", help="the whole plan as JSON")
    plan.add_argument("--as", dest="as_login", metavar="LOGIN", help="act as this person")
    plan.add_argument("--data", type=Path, help="folder of the embedded database and the files")
    plan.set_defaults(run=plan_day)


def solve_file(args: argparse.Namespace) -> int:
    """Read a file, plan it, print the answer. A file that cannot be planned: one sentence on stderr, exit 2."""
    try:
        kind = load(FORMAT)(args.format) if args.format else None
        limits = Limits(seconds=args.seconds, seed=args.seed)
        problem: Problem = load(READER)(args.file, kind, args.day, args.customers)
        plan = think(problem, limits)
    except (BadProblem, ValueError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    print(json.dumps(as_answer(plan, problem)) if args.json else as_text(plan, problem))
    return 0


def plan_day(args: argparse.Namespace) -> int:
    """Plan the open orders of a day, keep the answer as a draft that the dispatcher sees, and print it."""
    day = day_of(args.day)
    if not math.isfinite(args.seconds):
        raise Invalid("The seconds to think must be a number.")
    seconds = math.ceil(args.seconds)
    with steps(args) as step:
        site_id = step(lambda ctx: site_named(ctx, args.site).id)
        asked = step(lambda ctx: plans.ask_at_once(ctx, site_id, day, seconds))
        try:
            answer = think(asked.problem, Limits(seconds=args.seconds, seed=args.seed))
        except BadProblem as error:
            raise Conflict(f"No plan: {error}") from error
        kept = step(lambda ctx: plans.keep_at_once(ctx, site_id, day, seconds, asked, answer).id)
    if args.json:
        print(json.dumps(as_answer(answer, asked.problem, by_order=True) | {"plan_id": kept}))
    else:
        print(f"{as_text(answer, asked.problem, by_order=True)} Kept as draft {kept}.")
    return 0


def think(problem: Problem, limits: Limits) -> Plan:
    """Run the engine; an interrupt ends it with the best plan so far."""
    with interrupts() as should_stop:
        plan: Plan = load(ENGINE)(problem, limits, None, should_stop)
    return plan


def as_answer(plan: Plan, problem: Problem, *, by_order: bool = False) -> dict[str, Any]:
    """A plan in the form that the command line promises; stops are named by place as in the file, or by order."""
    outcome = plan.outcome
    return {
        "status": outcome.status.value,
        "cost": _rounded(outcome.objective),
        "bound": _rounded(outcome.bound),
        "gap": outcome.gap,
        "seconds": round(outcome.seconds, 3),
        "cpu_seconds": round(outcome.cpu_seconds, 3),
        "routes": [_route(route, problem, by_order) for route in plan.routes],
        "unassigned": [
            {"id": left.id, "reasons": [reason.text for reason in left.reasons]} for left in plan.unassigned
        ],
        "note": plan.note,
    }


def _rounded(money: float | None) -> float | None:
    return None if money is None else round(money, 6)


def _stops(route: Route, problem: Problem, by_order: bool) -> list[str]:
    def name(visit: Visit) -> str:
        return visit.order if by_order and visit.order is not None else problem.places[visit.place]

    return [name(visit) for visit in route.visits]


def _route(route: Route, problem: Problem, by_order: bool) -> dict[str, Any]:
    return {
        "vehicle": route.vehicle,
        "stops": _stops(route, problem, by_order),
        "cost": _rounded(route.cost),
        "leaves": problem.minutes(route.leaves),
        "returns": problem.minutes(route.returns),
        "distance_m": route.distance_m,
        "visits": [
            {
                "order": visit.order,
                "kind": visit.kind.value,
                "arrival": problem.minutes(visit.arrival),
                "start": problem.minutes(visit.start),
                "departure": problem.minutes(visit.departure),
                "slack": problem.minutes(visit.slack),
                "loads": [load / measure.per_unit for load, measure in zip(visit.loads, problem.measures, strict=True)],
            }
            for visit in route.visits
        ],
    }


def as_text(plan: Plan, problem: Problem, *, by_order: bool = False) -> str:
    """The plan as a person reads it: a line per route, what was left out and why, what it costs."""
    lines = []
    for route in plan.routes:
        lines.append(f"{route.vehicle}  {route.cost:.2f}  {' '.join(_stops(route, problem, by_order))}")
    for left in plan.unassigned:
        lines.append(f"left out: {left.id}")
        lines += [f"    {reason.text}" for reason in left.reasons]
    outcome = plan.outcome
    gap = "how much cheaper a plan could be is not known"
    if outcome.gap is not None:
        gap = f"at most {100 * outcome.gap:.2f} % above the best"
    lines.append(f"{outcome.status.value}: cost {outcome.objective:.2f}, {gap}, {outcome.seconds:.1f} s. {plan.note}")
    return "\n".join(lines).rstrip()
