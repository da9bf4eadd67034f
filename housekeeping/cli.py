"""The commands of housekeeping: `plantops housekeeping ...`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from housekeeping.instances import read
from housekeeping.optimise.model import Plan
from plantops.engines import Limits
from plantops.errors import Invalid
from plantops.module import load

ENGINE = "housekeeping.optimise.roster:solve"
BAD_INPUT = 2


def register(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the group `housekeeping` to the command line."""
    group = commands.add_parser("housekeeping", help="rosters from a file")
    verbs = group.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    solve = verbs.add_parser("solve", help="the roster of a shift scheduling file (Curtois and Qu)")
    solve.add_argument("file", type=Path)
    solve.add_argument("--seconds", type=float, required=True, help="wall time to think")
    solve.add_argument("--seed", type=int, default=0)
    solve.add_argument("--json", action="store_true", help="the whole roster as JSON")
    solve.set_defaults(run=solve_file)


def solve_file(args: argparse.Namespace) -> int:
    """Read a file, plan it, print the answer. A file that cannot be planned: one sentence on stderr, exit 2."""
    try:
        limits = Limits(seconds=args.seconds, seed=args.seed)
        plan = load(ENGINE)(read(args.file), limits)
    except (Invalid, ValueError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    print(json.dumps(as_answer(plan)) if args.json else as_text(plan))
    return 0


def as_answer(plan: Plan) -> dict[str, Any]:
    """A plan in the form that the command line promises."""
    outcome = plan.outcome
    return {
        "status": outcome.status.value,
        "penalty": plan.penalty,
        "bound": outcome.bound,
        "gap": outcome.gap,
        "seconds": round(outcome.seconds, 3),
        "cpu_seconds": round(outcome.cpu_seconds, 3),
        "roster": {
            person: {str(day): cell for day, cell in enumerate(line) if cell is not None}
            for person, line in plan.cells.items()
        },
        "clashes": [
            {"person": clash.person, "rules": [str(rule) for rule in clash.rules], "way_out": list(clash.way_out)}
            for clash in plan.clashes
        ],
    }


def as_text(plan: Plan) -> str:
    """The roster as a person reads it: a line of cells each, then what it costs."""
    wide = max((len(cell) for line in plan.cells.values() for cell in line if cell is not None), default=1)
    rows = [
        f"{person:<8} " + " ".join((cell or "-").rjust(wide) for cell in line) for person, line in plan.cells.items()
    ]
    rows += [f"{clash.person}: {', '.join(clash.rules)} cannot hold together." for clash in plan.clashes]
    outcome = plan.outcome
    gap = "not proved" if outcome.gap is None else f"{100 * outcome.gap:.2f} % at most above the best"
    rows.append(f"{outcome.status.value}: penalty {plan.penalty}, bound {outcome.bound}, {gap}.")
    return "\n".join(rows)
