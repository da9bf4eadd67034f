"""The commands of transport: `plantops transport ...`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from plantops.engines import Limits
from plantops.module import load
from transport.optimise.model import BadProblem, Plan, Problem, Route

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


def solve_file(args: argparse.Namespace) -> int:
    """Read a file, plan it, print the answer. A file that cannot be planned: one sentence on stderr, exit 2."""
    try:
        kind = load(FORMAT)(args.format) if args.format else None
        limits = Limits(seconds=args.seconds, seed=args.seed)
        problem: Problem = load(READER)(args.file, kind, args.day, args.customers)
        interrupted = threading.Event()
        before = signal.signal(signal.SIGINT, lambda *_: interrupted.set())
        try:
            plan: Plan = load(ENGINE)(problem, limits, None, interrupted.is_set)
        finally:
            signal.signal(signal.SIGINT, before)
    except (BadProblem, ValueError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    print(json.dumps(as_answer(plan, problem)) if args.json else as_text(plan, problem))
    return 0


def as_answer(plan: Plan, problem: Problem) -> dict[str, Any]:
    """A plan in the form that the command line promises; stops are named as in the file."""
    outcome = plan.outcome
    return {
        "status": outcome.status.value,
        "cost": _rounded(outcome.objective),
        "bound": _rounded(outcome.bound),
        "gap": outcome.gap,
        "seconds": round(outcome.seconds, 3),
        "cpu_seconds": round(outcome.cpu_seconds, 3),
        "routes": [_route(route, problem) for route in plan.routes],
        "unassigned": [
            {"id": left.id, "reasons": [reason.text for reason in left.reasons]} for left in plan.unassigned
        ],
        "note": plan.note,
    }


def _rounded(money: float | None) -> float | None:
    return None if money is None else round(money, 6)


def _route(route: Route, problem: Problem) -> dict[str, Any]:
    return {
        "vehicle": route.vehicle,
        "stops": [problem.places[visit.place] for visit in route.visits],
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


def as_text(plan: Plan, problem: Problem) -> str:
    """The plan as a person reads it: a line per route, what was left out and why, what it costs."""
    lines = []
    for route in plan.routes:
        stops = " ".join(problem.places[visit.place] for visit in route.visits)
        lines.append(f"{route.vehicle}  {route.cost:.2f}  {stops}")
    for left in plan.unassigned:
        lines.append(f"left out: {left.id}")
        lines += [f"    {reason.text}" for reason in left.reasons]
    outcome = plan.outcome
    gap = "no bound" if outcome.gap is None else f"at most {100 * outcome.gap:.2f} % above the best"
    lines.append(f"{outcome.status.value}: cost {outcome.objective:.2f}, {gap}, {outcome.seconds:.1f} s. {plan.note}")
    return "\n".join(lines).rstrip()
