"""The commands of housekeeping: `plantops housekeeping ...`."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from housekeeping import rosters, weeks
from housekeeping.instances import read
from housekeeping.optimise.model import Cell, Plan, Problem
from personnel import api as personnel
from plantops.command import day_of, interrupts, site_named, steps
from plantops.context import Context
from plantops.engines import Limits
from plantops.errors import Invalid
from plantops.module import load

ENGINE = "housekeeping.optimise.roster:solve"
BAD_INPUT = 2


def register(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the group `housekeeping` to the command line."""
    group = commands.add_parser("housekeeping", help="rosters")
    verbs = group.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    solve = verbs.add_parser("solve", help="the roster of a shift scheduling file (Curtois and Qu)")
    solve.add_argument("file", type=Path)
    solve.add_argument("--seconds", type=float, required=True, help="wall time to think")
    solve.add_argument("--seed", type=int, default=0)
    solve.add_argument("--json", action="store_true", help="the whole roster as JSON")
    solve.set_defaults(run=solve_file)
    text = "a roster for the plant's own people and needs; it is kept as a proposal"
    roster = verbs.add_parser("roster", help=text, description=text)
    roster.add_argument("--from", dest="first", required=True, metavar="DAY", help="for example 2026-11-23")
    roster.add_argument("--to", dest="last", required=True, metavar="DAY", help="the last day")
    roster.add_argument("--site", metavar="CODE", help="not needed when the plant has one site")
    roster.add_argument("--seconds", type=float, default=float(rosters.USUAL_SECONDS), help="wall time to think")
    roster.add_argument("--seed", type=int, default=0)
    roster.add_argument("--json", action="store_true", help="the whole roster as JSON")
    roster.add_argument("--as", dest="as_login", metavar="LOGIN", help="act as this person")
    roster.add_argument("--data", type=Path, help="folder of the embedded database and the files")
    roster.set_defaults(run=roster_days)


def solve_file(args: argparse.Namespace) -> int:
    """Read a file, plan it, print the answer. A file that cannot be planned: one sentence on stderr, exit 2."""
    try:
        limits = Limits(seconds=args.seconds, seed=args.seed)
        plan = think(read(args.file), limits)
    except (Invalid, ValueError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    print(json.dumps(as_answer(plan)) if args.json else as_text(plan))
    return 0


def think(problem: Problem, limits: Limits) -> Plan:
    """Run the engine; an interrupt ends it with the best roster so far."""
    with interrupts() as should_stop:
        plan: Plan = load(ENGINE)(problem, limits, None, should_stop)
    return plan


def roster_days(args: argparse.Namespace) -> int:
    """Roster the plant's people for some days, keep the answer as a proposal to be looked at, and print it."""
    first, last = day_of(args.first), day_of(args.last)
    if not math.isfinite(args.seconds):
        raise Invalid("The seconds to think must be a number.")
    seconds = math.ceil(args.seconds)
    with steps(args) as step:
        site_id = step(lambda ctx: site_named(ctx, args.site).id)
        problem = step(lambda ctx: rosters.ask_at_once(ctx, site_id, first, last, seconds))
        answer = think(problem, Limits(seconds=args.seconds, seed=args.seed))
        kept = step(lambda ctx: rosters.keep_at_once(ctx, site_id, first, last, seconds, answer).id)
        codes, names = step(lambda ctx: _words(ctx, site_id, answer))
    spoken = replace(answer, cells={person: _spoken(line, codes) for person, line in answer.cells.items()})
    if args.json:
        print(json.dumps(as_answer(spoken) | {"people": names, "roster_id": kept}))
    else:
        named = replace(spoken, cells={f"{names[person]} ({person})": line for person, line in spoken.cells.items()})
        print(f"{as_text(named)} Kept as proposal {kept}.")
    return 0


def _words(ctx: Context, site_id: int, answer: Plan) -> tuple[dict[int, str], dict[str, str]]:
    """Codes of the shifts by template, and names of the people by the number that the roster has for them."""
    codes = {template.id: template.code for template in personnel.templates(ctx, site_id)}
    names = personnel.names(ctx, [int(person) for person in answer.cells])
    return codes, {str(id): name for id, name in names.items()}


def _spoken(line: tuple[Cell, ...], codes: Mapping[int, str]) -> tuple[Cell, ...]:
    """Cells with the shift's code as people know it: E/clean."""
    shifts = [None if cell is None else weeks.read_shift(cell) for cell in line]
    return tuple(None if shift is None else f"{codes[shift[0]]}/{shift[1]}" for shift in shifts)


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
